//! Each page opens in silence and tells what the JSON tells, row by row and figure by figure.

use serde_json::{Value, json};

use super::expected;
use super::opened::{Opened, Row};
use crate::cli::program::{Program, minipkgs};

/// The pages that are looked at: a name, and the command.
pub(crate) const PAGES: [(&str, &[&str]); 1] = [(
    "impact",
    &["impact", "hypothesis", "pillow", "--list", "--cost", "--builders", "8", "--maintainers", "people.json"],
)];

/// Whose some attributes are.
const PEOPLE: &str = r#"{"python311Packages.pillow": ["@ada"], "inkscape": ["@bob", "@ada"], "python311Packages.hypothesis":
    {"maintainers": ["@cleo"], "teams": ["Py"]}, "python27Packages.matplotlib": ["@dan"]}"#;

/// The page of that name.
pub(crate) fn opened(name: &str) -> Option<Opened> {
    let program = Program::new();
    program.write("people.json", PEOPLE);
    let mut words = command(name).to_vec();
    words.extend(["-c", minipkgs().to_str().unwrap()]);
    Opened::on(&words, program)
}

/// The command of that page.
pub(crate) fn command(name: &str) -> &'static [&'static str] {
    PAGES.iter().find(|(known, _)| *known == name).unwrap_or_else(|| panic!("no page '{name}'")).1
}

/// What a table of that page must hold.
pub(crate) fn wanted(name: &str, section: &str, report: &Value) -> Vec<Row> {
    expected::rows(command(name)[0], section, report)
}

/// Whether a page's value is the report's; an empty list may be told as nothing.
pub(crate) fn alike(page: &Value, report: &Value) -> bool {
    let nothing = |value: &Value| value.is_null() || *value == json!([]);
    page == report || nothing(page) && nothing(report)
}

/// Fails where rows of a page are not those that the report has.
pub(crate) fn compare(found: &[Row], wanted: &[Row], what: &str) {
    assert_eq!(found.len(), wanted.len(), "{what}: rows");
    for (at, (found, wanted)) in found.iter().zip(wanted).enumerate() {
        for (key, value) in found {
            let expect = wanted.get(key).unwrap_or_else(|| panic!("{what}: nobody says what column '{key}' must hold"));
            assert!(alike(value, expect), "{what}, row {at}, {key}: {value} and not {expect}");
        }
    }
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
        assert_eq!(fact[1].as_f64(), wanted, "{name}: the figure {key}");
        assert!(fact[2].as_str().unwrap().contains(|c: char| c.is_ascii_digit()), "{name}: {fact}");
    }
    let sections = page.sections();
    assert!(!sections.is_empty(), "{name}");
    for section in sections {
        let wanted = wanted(name, &section, &page.json);
        compare(&page.rows(&section), &wanted, &format!("{name}, {section}"));
        let all = wanted.len() as u64;
        assert_eq!(page.said(&section), (all, all), "{name}, {section}");
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
