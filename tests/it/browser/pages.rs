//! Each page opens in silence and tells what the JSON tells, row by row and figure by figure.

use std::path::PathBuf;

use serde_json::{Value, json};

use super::expected;
use super::opened::{Opened, Row, member};
use crate::cli::program::{Program, minipkgs};
use crate::support::testdata;

/// The pages that are looked at: a name, and the command.
pub(crate) const PAGES: [(&str, &str); 6] = [
    ("impact", "impact hypothesis pillow --list --cost --builders 8 --maintainers people.json -c CLOSURE"),
    (
        "diff",
        "diff DRVS DATA/pull-request-derivations.json.zst --old-with DATA/outpaths.json --new-with \
         DATA/pull-request-outpaths.json.zst --cost",
    ),
    ("spurious", "spurious --cost -c CLOSURE"),
    ("rank", "rank --cost --all -c CLOSURE"),
    ("packages", "rank --packages --cost --all -c CLOSURE"),
    ("waves", "waves --bumps BUMPS --builders 8 --cost -c CLOSURE"),
];

/// The words of a page's command.
fn words(name: &str) -> Vec<String> {
    let (_, command) = PAGES.iter().find(|(known, _)| *known == name).unwrap_or_else(|| panic!("no page '{name}'"));
    let data = testdata("minipkgs");
    let fill = |word: &str| {
        let text = |path: PathBuf| path.to_str().unwrap().to_owned();
        match word {
            "CLOSURE" => text(minipkgs().to_path_buf()),
            "DRVS" => text(data.join("drvs")),
            "BUMPS" => text(testdata("waves/four.toml")),
            _ => word.replace("DATA", data.to_str().unwrap()),
        }
    };
    command.split_whitespace().map(fill).collect()
}

/// Whose some attributes are.
const PEOPLE: &str = r#"{"python311Packages.pillow": ["@ada"], "inkscape": ["@bob", "@ada"], "python311Packages.hypothesis":
    {"maintainers": ["@cleo"], "teams": ["Py"]}, "python27Packages.matplotlib": ["@dan"]}"#;

/// The page of that name.
pub(crate) fn opened(name: &str) -> Option<Opened> {
    with(name, &[])
}

/// The page of that name, of a command with some more options.
pub(crate) fn with(name: &str, more: &[&str]) -> Option<Opened> {
    let program = Program::new();
    program.write("people.json", PEOPLE);
    let words = words(name);
    let words: Vec<&str> = words.iter().map(String::as_str).chain(more.iter().copied()).collect();
    Opened::on(&words, program)
}

/// What a table of that page must hold.
pub(crate) fn wanted(name: &str, section: &str, report: &Value) -> Vec<Row> {
    expected::rows(words(name)[0].as_str(), section, report)
}

/// Whether a page's value is the report's; an empty list may be told as nothing.
pub(crate) fn alike(page: &Value, report: &Value) -> bool {
    let nothing = |value: &Value| value.is_null() || *value == json!([]);
    match (page.as_f64(), report.as_f64()) {
        // reading the report as JSON may miss a number's last bit
        (Some(page), Some(report)) => (page - report).abs() <= 4.0 * f64::EPSILON * report.abs(),
        _ => page == report || nothing(page) && nothing(report),
    }
}

/// Fails where rows of a page are not those that are wanted; columns that are put into words are passed over.
pub(crate) fn compare(found: &[Row], wanted: &[Row], words: &[&str], what: &str) {
    assert_eq!(found.len(), wanted.len(), "{what}: rows");
    for (at, (found, wanted)) in found.iter().zip(wanted).enumerate() {
        for (key, value) in found.iter().filter(|(key, _)| !words.contains(&key.as_str())) {
            let expect = wanted.get(key).unwrap_or_else(|| panic!("{what}: nobody says what column '{key}' must hold"));
            assert!(alike(value, expect), "{what}, row {at}, {key}: {value} and not {expect}");
        }
    }
}

/// The same for a table of that page, all of whose rows are shown.
pub(crate) fn tells(page: &mut Opened, name: &str, section: &str) {
    let mut found = page.rows(section);
    let what = format!("{name}, {section}");
    let words = expected::in_words(&command(name), section);
    if (name, section) == ("diff", "rebuilt") {
        return as_many_as_told(page, &found);
    }
    let mut wanted = wanted(name, section, &page.json);
    if (name, section) == ("diff", "attributes") {
        let name = |row: &Row| row["attribute"].as_str().unwrap().to_owned();
        found.sort_by_key(name);
        wanted.sort_by_key(name);
    }
    compare(&found, &wanted, words, &what);
    let all = wanted.len() as u64;
    assert_eq!(page.said(section), (all, all), "{what}");
}

/// What is rebuilt is on the page of `diff` alone; its report tells how much that is: builds of each system, what is
/// fetched, hours.
fn as_many_as_told(page: &mut Opened, found: &[Row]) {
    let told = |path: &str| member(&page.json, path).as_f64().unwrap();
    let done = |what: &str| found.iter().filter(|row| row["done"] == json!(what)).collect::<Vec<_>>();
    for (system, count) in member(&page.json, "derivations.by_system").as_object().unwrap() {
        let rows = done("built").iter().filter(|row| row["system"] == json!(system)).count() as f64;
        assert_eq!(Some(rows), count.as_f64(), "{system}");
    }
    assert_eq!(done("fetched").len() as f64, told("derivations.fetched"));
    let rows = told("derivations.total") + told("derivations.fetched");
    assert_eq!(found.len() as f64, rows);
    let hours: f64 = found.iter().filter_map(|row| row["hours"].as_f64()).sum();
    assert!((hours - told("cost.hours.total")).abs() < 1e-9 * hours, "{hours} hours");
    assert_eq!(page.said("rebuilt"), (rows as u64, rows as u64));
}

fn command(name: &str) -> String {
    words(name).swap_remove(0)
}

const FACTS: &str = "[...document.querySelectorAll('[data-fact]')].map(fact =>
    [fact.dataset.fact, Number(fact.dataset.v), fact.innerText])";

fn tells_the_report(name: &str) {
    let Some(mut page) = opened(name) else { return };
    page.tab.calm();
    let facts = page.tab.eval(FACTS);
    let facts = facts.as_array().unwrap();
    assert!(facts.len() >= 2, "{name}: {facts:?}");
    for fact in facts {
        let key = fact[0].as_str().unwrap();
        let wanted = expected::fact(&page.json, key);
        assert!(wanted.is_some(), "{name}: the report has no figure {key}");
        assert!(alike(&fact[1], &json!(wanted)), "{name}: the figure {key}: {} and not {wanted:?}", fact[1]);
        assert!(fact[2].as_str().unwrap().contains(|c: char| c.is_ascii_digit()), "{name}: {fact}");
    }
    let sections = page.sections();
    assert!(!sections.is_empty(), "{name}");
    for section in sections {
        tells(&mut page, name, &section);
    }
    let pictures = page.tab.eval(
        "[...document.querySelectorAll('figure[data-picture]')].filter(figure =>
            figure.hidden || figure.getBoundingClientRect().height < 50 || !figure.querySelector('svg [data-key]'))
            .map(figure => figure.dataset.picture)",
    );
    assert_eq!(pictures, json!([]), "{name}: pictures without marks");
    page.tab.calm();
}

#[test]
fn impact() {
    tells_the_report("impact");
}

#[test]
fn diff() {
    tells_the_report("diff");
}

#[test]
fn spurious() {
    tells_the_report("spurious");
}

#[test]
fn rank() {
    tells_the_report("rank");
}

#[test]
fn packages() {
    tells_the_report("packages");
}

#[test]
fn waves() {
    tells_the_report("waves");
}
