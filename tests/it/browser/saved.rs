//! Pictures as files: what the page's button saves, and those that the README shows.

use std::path::Path;
use std::time::Duration;

use serde_json::json;

use super::opened::Opened;
use super::pages::opened;
use crate::cli::program::Program;
use crate::support::testdata;

/// The pictures of the README: a file, the figure, and the command, run where the repository is.
const PICTURES: [(&str, &str, &str); 4] = [
    (
        "diff-causes.svg",
        "figure[data-of=causes]",
        "diff testdata/minipkgs/drvs testdata/minipkgs/pull-request-derivations.json.zst --old-with \
         testdata/minipkgs/outpaths.json --new-with testdata/minipkgs/pull-request-outpaths.json.zst --cost",
    ),
    (
        "impact-hypothesis.svg",
        "figure[data-picture=treemap]",
        "impact hypothesis -c testdata/minipkgs/drvs -c testdata/minipkgs/outpaths.json",
    ),
    (
        "waves-gantt.svg",
        "figure[data-picture=gantt]",
        "waves --bumps testdata/waves/four.toml -c testdata/minipkgs/drvs -c testdata/minipkgs/outpaths.json",
    ),
    (
        "waves-frontier.svg",
        "figure[data-picture=frontier]",
        "waves --bumps testdata/waves/four.toml -c testdata/minipkgs/drvs -c testdata/minipkgs/outpaths.json",
    ),
];

#[test]
fn pictures_of_the_readme_are_current() {
    let root = Path::new(env!("CARGO_MANIFEST_DIR"));
    let mut stale = Vec::new();
    for (name, figure, command) in PICTURES {
        let words: Vec<String> = command
            .split_whitespace()
            .map(|word| match word.strip_prefix("testdata/") {
                Some(_) => root.join(word).to_str().unwrap().to_owned(),
                None => word.to_owned(),
            })
            .collect();
        let words: Vec<&str> = words.iter().map(String::as_str).collect();
        let Some(mut page) = Opened::on(&words, Program::new()) else { return };
        page.tab.size(1000, 900);
        page.reload("");
        let picture = page.tab.text(&format!("ripple.svg(document.querySelector({}))", json!(figure)));
        page.tab.calm();
        assert!(picture.contains("prefers-color-scheme") && !picture.contains("<script"), "{name}");
        let file = testdata("pictures").join(name);
        if std::fs::read_to_string(&file).ok().as_ref() != Some(&picture) {
            if std::env::var("NIX_RIPPLE_UPDATE").is_ok_and(|update| update == "1") {
                std::fs::create_dir_all(testdata("pictures")).unwrap();
                std::fs::write(&file, picture).unwrap();
            } else {
                stale.push(name);
            }
        }
    }
    assert!(stale.is_empty(), "testdata/pictures has others of {stale:?}: NIX_RIPPLE_UPDATE=1 makes them anew");
}

#[test]
fn the_button_saves_the_picture() {
    let Some(mut page) = opened("impact") else { return };
    let folder = tempfile::tempdir().unwrap();
    page.tab.downloads(folder.path());
    page.tab.click("figure[data-picture=treemap] [data-save-svg]");
    let file = (0..500).find_map(|_| {
        std::thread::sleep(Duration::from_millis(20));
        let files = std::fs::read_dir(folder.path()).unwrap().map(|entry| entry.unwrap().path());
        files.into_iter().find(|file| file.extension().is_some_and(|end| end == "svg"))
    });
    let saved = std::fs::read_to_string(file.expect("no file is saved within ten seconds")).unwrap();
    assert_eq!(saved, page.tab.text("ripple.svg(document.querySelector('figure[data-picture=treemap]'))"));
    // as a picture of its own, nothing is asked for, and both colours are there
    let file = folder.path().join("alone.svg");
    std::fs::write(&file, saved).unwrap();
    page.tab.calm();
    page.tab.load(&file, "");
    let fill = "getComputedStyle(document.querySelector('rect.tone')).fill";
    let light = page.tab.text(fill);
    page.tab.colours("dark");
    assert_ne!(page.tab.text(fill), light);
    page.tab.calm();
}
