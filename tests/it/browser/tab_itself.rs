//! That the browser hears what it must: a page with each fault is caught.

use std::time::{Duration, Instant};

use serde_json::json;

use super::client::PATIENCE;
use super::tab::Tab;

const PAGE: &str = "<!DOCTYPE html><html lang=en><meta charset=utf-8><title>t</title>\
    <style>@media (prefers-color-scheme: dark) { body { color: rgb(1, 2, 3) } }</style>\
    <noscript>plain</noscript><button id=a>one</button><input id=b aria-label=b><p id=c></p><script>\
    document.querySelector('#a').addEventListener('click', () => document.querySelector('#c').textContent += 'x')\
    </script>";

fn page(extra: &str) -> (tempfile::TempDir, std::path::PathBuf) {
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("page.html");
    std::fs::write(&file, format!("{PAGE}{extra}")).unwrap();
    (folder, file)
}

#[test]
fn faults_are_heard() {
    let Some(mut tab) = Tab::open() else { return };
    for (fault, told) in [
        ("<script>console.log('hear me')</script>", "hear me"),
        ("<script>setTimeout(() => { throw new Error('thrown') })</script>", "thrown"),
        ("<script>Promise.reject(new Error('rejected'))</script>", "rejected"),
        ("<img src='http://127.0.0.1:1/picture.png'>", "request: http://127.0.0.1:1/picture.png"),
        ("<link rel=stylesheet href=style.css>", "style.css"),
        ("<script>fetch('http://127.0.0.1:1/x').catch(() => 0)</script>", "request: http://127.0.0.1:1/x"),
        (
            "<meta http-equiv=Content-Security-Policy content=\"img-src 'none'\"><img src='http://127.0.0.1:1/'>",
            "Content Security Policy",
        ),
        ("<p onclick='(' id=x></p><script>document.querySelector('#x').click()</script>", "SyntaxError"),
    ] {
        let (_folder, file) = page(fault);
        tab.load(&file, "");
        let began = Instant::now();
        let mut wrongs = tab.wrongs();
        while !wrongs.iter().any(|wrong| wrong.contains(told)) {
            assert!(began.elapsed() < PATIENCE, "{fault}: {wrongs:?}");
            std::thread::sleep(Duration::from_millis(10));
            wrongs.extend(tab.wrongs());
        }
    }
    let (_folder, file) = page("");
    tab.load(&file, "");
    tab.calm();
}

#[test]
fn a_hand_and_an_eye() {
    let Some(mut tab) = Tab::open() else { return };
    let (_folder, file) = page("");
    tab.load(&file, "deep=link");
    assert_eq!(tab.text("location.hash"), "#deep=link");
    tab.click("#a");
    tab.tab_to("#a");
    tab.key("Enter");
    tab.key(" ");
    assert_eq!(tab.text("document.querySelector('#c').textContent"), "xxx");
    tab.key("Tab");
    tab.write("a b");
    assert_eq!(tab.text("document.querySelector('#b').value"), "a b");
    tab.shift("Tab");
    assert_eq!(tab.text("document.activeElement.id"), "a");
    let colour = "getComputedStyle(document.body).color";
    assert_eq!(tab.text(colour), "rgb(0, 0, 0)");
    tab.colours("dark");
    assert_eq!(tab.text(colour), "rgb(1, 2, 3)");
    tab.size(420, 800);
    assert_eq!(tab.number("document.documentElement.clientWidth"), 980.0, "a telephone, and no viewport said");
    assert!(tab.screenshot().starts_with(b"\x89PNG"));
    assert!(tab.pdf().starts_with(b"%PDF"));
    let began = Instant::now();
    assert_eq!(tab.eval("new Promise(done => setTimeout(() => done([1, 'two']), 30))"), json!([1, "two"]));
    assert!(began.elapsed().as_millis() >= 30);
    tab.scripts(false);
    tab.load(&file, "");
    tab.click("#a");
    assert_eq!(tab.text("document.querySelector('#c').textContent"), "");
    assert!(tab.text("document.body.innerText").starts_with("plain"));
    tab.calm();
}

#[test]
fn what_is_covered_cannot_be_clicked() {
    let Some(mut tab) = Tab::open() else { return };
    let (_folder, file) = page("<div style='position:fixed;inset:0;background:white' id=over></div>");
    tab.load(&file, "");
    let told = std::panic::catch_unwind(std::panic::AssertUnwindSafe(|| tab.click("#a"))).unwrap_err();
    let told = told.downcast_ref::<String>().unwrap();
    assert!(told.contains("#a cannot be pointed at") && told.contains("id=\\\"over"), "{told}");
}
