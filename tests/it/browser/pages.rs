//! Each page: opens in silence, tells what the JSON tells, and serves everybody.

use std::path::{Path, PathBuf};

use serde_json::{Value, json};

use super::expected;
use super::opened::{Opened, Row, member};

/// The pages that are looked at: a name, the command, and what the terminal's report calls it.
const PAGES: [(&str, &[&str]); 1] =
    [("impact", &["impact", "numpy", "--list", "--cost", "--builders", "8", "--maintainers", MAINTAINERS])];

fn opened(name: &str) -> Option<Opened> {
    let (_, command) = PAGES.iter().find(|(known, _)| *known == name).unwrap();
    Opened::new(command)
}

fn same(found: &[Row], wanted: &[Row], what: &str) {
    assert_eq!(found.len(), wanted.len(), "{what}: rows");
    for (at, (found, wanted)) in found.iter().zip(wanted).enumerate() {
        for (key, value) in found {
            let expect = wanted.get(key).unwrap_or_else(|| panic!("{what}: nobody says what column '{key}' must hold"));
            assert!(alike(value, expect), "{what}, row {at}, {key}: {value} and not {expect}");
        }
    }
}

/// Whether a page's value is the report's; an empty list may be told as nothing.
fn alike(page: &Value, report: &Value) -> bool {
    let nothing = |value: &Value| value.is_null() || *value == json!([]);
    page == report || nothing(page) && nothing(report)
}

fn tells_the_report(name: &str) {
    let Some(mut page) = opened(name) else { return };
    page.tab.calm();
    let facts = page.tab.eval("[...document.querySelectorAll('[data-fact]')].map(fact => [fact.dataset.fact, Number(fact.dataset.v), fact.innerText])");
    let facts = facts.as_array().unwrap();
    assert!(facts.len() >= 2, "{name}: {facts:?}");
    for fact in facts {
        let key = fact[0].as_str().unwrap();
        let wanted = expected::fact(&page.json, key);
        assert_eq!(fact[1].as_f64(), wanted, "{name}: the figure {key}");
        assert!(fact[2].as_str().unwrap().chars().any(|c| c.is_ascii_digit()), "{name}: {fact}");
    }
    let sections = page.sections();
    assert!(!sections.is_empty());
    for section in sections {
        let wanted = expected::rows(PAGES.iter().find(|(known, _)| *known == name).unwrap().1[0], &section, &page.json);
        let found = page.rows(&section);
        same(&found, &wanted, &format!("{name}, {section}"));
        let all = wanted.len() as u64;
        assert_eq!(page.said(&section), (all, all), "{name}, {section}");
    }
    page.tab.calm();
}
