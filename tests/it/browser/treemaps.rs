//! The treemap is drawn from the rows that pass: its boxes sum up to them, and can be gone into.

use serde_json::json;

use super::opened::Opened;
use super::pages::opened;

const FIGURE: &str = "figure[data-picture=treemap]";

/// The sums of what the boxes say: their areas' values, and their rows.
fn boxes(page: &mut Opened) -> (f64, f64) {
    let sum = |what: &str| {
        format!(
            "[...document.querySelectorAll('{FIGURE} svg [data-key]')].reduce((sum, mark) => sum + Number(mark.dataset.{what}), 0)"
        )
    };
    (page.tab.number(&sum("v")), page.tab.number(&sum("rows")))
}

fn sums_up(page: &mut Opened, what: &str) {
    let mut rows = page.rows("rebuilt");
    rows.retain(|row| row.get("done") != Some(&json!("fetched")));
    let hours: f64 = rows.iter().filter_map(|row| row["hours"].as_f64()).sum();
    let (value, count) = boxes(page);
    assert!((value - hours).abs() < 1e-6 * hours.max(1e-3), "{what}: boxes of {value} hours for rows of {hours}");
    assert_eq!(count, rows.len() as f64, "{what}");
}

#[test]
fn boxes_sum_up_to_the_rows() {
    let Some(mut page) = opened("impact") else { return };
    sums_up(&mut page, "all");
    for hash in ["q=python3", "system=x86_64-linux", "q=linux&system=aarch64-linux", "set=python311Packages"] {
        page.reload(hash);
        sums_up(&mut page, hash);
    }
    page.reload("");
    // every time is estimated here, and so is their sum
    let sum = format!("document.querySelector('{FIGURE} .crumbs .quiet').textContent");
    assert!(page.tab.text(&sum).starts_with('~'));
    let labels = format!("[...document.querySelectorAll('{FIGURE} text.quiet')].map(text => text.textContent)");
    let labels = page.tab.eval(&labels);
    let labels = labels.as_array().unwrap();
    assert!(!labels.is_empty() && labels.iter().all(|label| label.as_str().unwrap().starts_with('~')), "{labels:?}");
    page.tab.click(&format!("{FIGURE} [data-choice=builds]"));
    assert!(!page.tab.text(&sum).contains('~'));
    let rows = page.rows("rebuilt").len() as f64;
    assert_eq!(boxes(&mut page), (rows, rows));
    page.tab.calm();
}

#[test]
fn boxes_are_builds() {
    let Some(mut page) = opened("diff") else { return };
    let told = |page: &Opened, key: &str| page.json["derivations"][key].as_f64().unwrap();
    assert!(told(&page, "fetched") > 0.0);
    assert_eq!(page.rows("rebuilt").len() as f64, told(&page, "total") + told(&page, "fetched"));
    sums_up(&mut page, "all");
    assert_eq!(boxes(&mut page).1, told(&page, "total"));
    page.reload("done=fetched");
    assert_eq!(boxes(&mut page), (0.0, 0.0));
    assert!(page.tab.text("document.querySelector('#rebuilt .empty').innerText").ends_with("none of these is built."));
    page.tab.calm();
}

#[test]
fn boxes_are_gone_into() {
    let Some(mut page) = opened("impact") else { return };
    let all = boxes(&mut page);
    // by hand
    page.tab.click(&format!("{FIGURE} svg [role=button]"));
    let inside = boxes(&mut page);
    assert!(inside.1 < all.1, "{inside:?} of {all:?}");
    assert!(page.tab.text("location.hash").contains("zoom="));
    page.tab.eval("history.back()");
    page.tab.until("!location.hash.includes('zoom=')");
    page.tab.settle();
    assert_eq!(boxes(&mut page), all);
    // by keyboard: in, about, and out
    page.tab.tab_to(&format!("{FIGURE} svg [data-key]"));
    assert_eq!(page.tab.eval("document.querySelector('[role=tooltip]').hidden"), json!(false));
    page.tab.key("Enter");
    assert_eq!(boxes(&mut page), inside);
    let first = page.tab.eval("document.activeElement.dataset.key");
    assert!(first.is_string(), "the focus is lost: {first}");
    page.tab.key("ArrowDown");
    page.tab.key("ArrowRight");
    assert_ne!(page.tab.eval("document.activeElement.dataset.key"), first, "arrows go nowhere");
    page.tab.key("Escape");
    assert_eq!(boxes(&mut page), all);
    // the mouse over a box tells of it
    page.tab.hover(&format!("{FIGURE} svg [data-key]"));
    let told = page.tab.text("document.querySelector('[role=tooltip]').innerText");
    assert!(told.chars().any(|c| c.is_ascii_digit()), "{told}");
    page.tab.calm();
}
