//! Search, facets, sorting, zoom, and the state in the address: by hand, by keyboard, by link.

use serde_json::{Value, json};

use super::opened::{Opened, Row};
use super::pages::{compare, opened};

/// Whether a row passes: every word is in one of its texts.
fn found(row: &Row, words: &str) -> bool {
    let mut texts = Vec::new();
    for value in row.values() {
        match value {
            Value::String(text) => texts.push(text.to_lowercase()),
            Value::Array(names) => texts.extend(names.iter().map(|name| name.as_str().unwrap().to_lowercase())),
            _ => {}
        }
    }
    words.to_lowercase().split_whitespace().all(|word| texts.iter().any(|text| text.contains(word)))
}

/// Whether a row has this value in a facet.
fn has(row: &Row, facet: &str, value: &str) -> bool {
    match &row[facet] {
        Value::Null => value == "(none)",
        Value::Array(names) if names.is_empty() => value == "(none)",
        Value::Array(names) => names.contains(&json!(value)),
        // a facet's values are texts
        Value::Number(number) => number.as_f64().unwrap().to_string() == value,
        one => *one == json!(value),
    }
}

/// All tables of a page without a filter: the page's own rows, which are held to the report elsewhere.
type Tables = Vec<(String, Vec<String>, Vec<Row>)>;

fn tables(page: &mut Opened) -> Tables {
    let sections = page.sections();
    sections
        .into_iter()
        .map(|section| {
            let (columns, rows) = (page.columns(&section), page.rows(&section));
            (section, columns, rows)
        })
        .collect()
}

/// Compares all tables with what must pass; tells how many rows that is, and of how many.
fn check(page: &mut Opened, all: &Tables, words: &str, facets: &[(&str, &str)]) -> (usize, usize) {
    let mut counts = (0, 0);
    for (section, columns, rows) in all {
        let passes = |row: &&Row| {
            let mut held = facets.iter().filter(|(facet, _)| columns.iter().any(|column| column == facet));
            found(row, words) && held.all(|(facet, value)| has(row, facet, value))
        };
        let passing: Vec<Row> = rows.iter().filter(passes).cloned().collect();
        let what = format!("{section}, '{words}' {facets:?}");
        compare(&page.rows(section), &passing, &[], &what);
        assert_eq!(page.said(section), (passing.len() as u64, rows.len() as u64), "{what}");
        counts = (counts.0 + passing.len(), counts.1 + rows.len());
    }
    counts
}

/// Picks a value of a facet with keys, once the facet has the focus.
fn pick(page: &mut Opened, facet: &str, value: &str) {
    let at = format!("document.querySelector('select[data-filter=\"{facet}\"]').value");
    page.tab.key("Home");
    for _ in 0..2_000 {
        if page.tab.text(&at) == value {
            return;
        }
        page.tab.key("ArrowDown");
    }
    panic!("no arrow comes to '{value}' of {facet}");
}

fn filters(name: &str, words: &str) {
    let Some(mut page) = opened(name) else { return };
    let all = &tables(&mut page);

    // words, by hand
    page.tab.click("[data-search]");
    page.tab.write(words);
    page.tab.until(&format!("new URLSearchParams(location.hash.slice(1)).get('q') === {}", json!(words)));
    page.tab.settle();
    let (passed, of) = check(&mut page, all, words, &[]);
    assert!(0 < passed && passed < of, "{name}: '{words}' tells nothing apart: {passed} of {of}");
    page.tab.click("[data-clear]");
    check(&mut page, all, "", &[]);

    // and by keyboard alone; the slash goes there at once
    page.tab.tab_to("[data-search]");
    page.tab.write(words);
    page.tab.key("Enter");
    check(&mut page, all, words, &[]);
    page.reload("");
    page.tab.key("/");
    page.tab.write("no such thing");
    page.tab.key("Enter");
    assert_eq!(check(&mut page, all, "no such thing", &[]).0, 0);

    // each facet: its first value by keyboard, its last by hand, together with words
    page.reload("");
    for (facet, values) in page.facets() {
        let (first, last) = (values.first().unwrap(), values.last().unwrap());
        let select = format!("select[data-filter=\"{facet}\"]");
        page.tab.tab_to(&select);
        pick(&mut page, &facet, first);
        let (passed, of) = check(&mut page, all, "", &[(&facet, first)]);
        assert!(0 < passed && passed < of, "{name}: {facet}={first}: {passed} of {of}");
        // a click opens the list; keys go about in it
        page.tab.click(&select);
        page.tab.key("End");
        page.tab.key("Enter");
        check(&mut page, all, "", &[(&facet, last)]);
        let hash = page.tab.text("location.hash");
        page.tab.click("[data-search]");
        page.tab.write(words);
        page.tab.key("Enter");
        check(&mut page, all, words, &[(&facet, last)]);
        // back, as often as something was picked
        page.tab.eval("history.back()");
        page.tab.until(&format!("location.hash === {}", json!(hash)));
        page.tab.settle();
        check(&mut page, all, "", &[(&facet, last)]);
        // a link opens the same
        let hash = format!("q={}&{facet}={}", words.replace(' ', "+"), urlencoded(last));
        page.reload(&hash);
        check(&mut page, all, words, &[(&facet, last)]);
        assert_eq!(page.tab.text("document.querySelector('[data-search]').value"), words);
        page.reload("");
    }
    page.tab.calm();
}

fn urlencoded(text: &str) -> String {
    text.bytes()
        .map(|byte| if byte.is_ascii_alphanumeric() { (byte as char).to_string() } else { format!("%{byte:02X}") })
        .collect()
}

/// Sorts by a column of every table, by hand and by keyboard: rows with a number are in its order, those without
/// come last, and rows with the same are in the order of the report.
fn sorts(name: &str) {
    let Some(mut page) = opened(name) else { return };
    for section in page.sections() {
        let mut columns = page.columns(&section);
        // what no row has anything in is not shown
        columns.retain(|column| {
            let head = format!("table[data-table=\"{section}\"] th[data-column=\"{column}\"]");
            page.tab.eval(&format!("document.querySelector('{head}').hidden")) == json!(false)
        });
        let unsorted = page.rows(&section);
        for (at, column) in columns.iter().enumerate() {
            let head = format!("table[data-table=\"{section}\"] th[data-column=\"{column}\"]");
            let numbers = unsorted.iter().all(|row| row[column].is_number() || row[column].is_null())
                && unsorted.iter().any(|row| row[column].is_number());
            let press = |page: &mut Opened| {
                if at % 2 == 0 {
                    page.tab.click(&format!("{head} button"));
                } else {
                    // one column's button is come to by Tab, and with it all
                    if at == 1 {
                        page.tab.tab_to(&format!("{head} button"));
                    }
                    page.tab.eval(&format!("document.querySelector('{head} button').focus()"));
                    page.tab.key("Enter");
                }
            };
            press(&mut page);
            let first = page.tab.text(&format!("document.querySelector('{head}').ariaSort"));
            press(&mut page);
            let second = page.tab.text(&format!("document.querySelector('{head}').ariaSort"));
            assert_ne!(first, second, "{name}, {section}, {column}");
            let sorted = page.rows(&section);
            if numbers {
                assert_eq!(second, "ascending", "{name}, {section}, {column}: the largest come first");
                let mut expect = unsorted.clone();
                let key = |row: &Row| row[column].as_f64().unwrap_or(f64::INFINITY);
                expect.sort_by(|a, b| key(a).total_cmp(&key(b)));
                compare(&sorted, &expect, &[], &format!("{name}, {section} by {column}"));
            } else {
                let texts = |rows: &[Row]| {
                    let mut texts: Vec<String> = rows.iter().map(|row| format!("{row:?}")).collect();
                    texts.sort();
                    texts
                };
                assert_eq!(texts(&sorted).len(), texts(&unsorted).len(), "{name}, {section}, {column}");
                assert!(page.tab.text("location.hash").contains(&urlencoded(&format!("{section}:{column}:"))));
            }
            press(&mut page);
            compare(&page.rows(&section), &unsorted, &[], &format!("{name}, {section}: as it was"));
        }
    }
    page.tab.calm();
}

/// Light, dark and as the system has it; kept in the address.
fn themes(name: &str) {
    let Some(mut page) = opened(name) else { return };
    let ground = "getComputedStyle(document.body).backgroundColor";
    let light = page.tab.text(ground);
    page.tab.colours("dark");
    let dark = page.tab.text(ground);
    assert_ne!(light, dark);
    page.tab.click("[data-theme-toggle]");
    assert_eq!(page.tab.text(ground), light, "picked light on a dark system");
    page.tab.tab_to("[data-theme-toggle]");
    page.tab.key("Enter");
    page.tab.colours("light");
    assert_eq!(page.tab.text(ground), dark, "picked dark on a light system");
    assert!(page.tab.text("location.hash").contains("theme=dark"));
    page.reload("theme=dark");
    assert_eq!(page.tab.text(ground), dark);
    page.tab.click("[data-theme-toggle]");
    assert_eq!(page.tab.text(ground), light);
    assert!(!page.tab.text("location.hash").contains("theme"));
    page.tab.calm();
}

#[test]
fn impact_filters() {
    filters("impact", "python3 linux");
}

#[test]
fn diff_filters() {
    filters("diff", "python3 linux");
}

#[test]
fn spurious_filters() {
    filters("spurious", "python3 detach");
}

#[test]
fn waves_filter() {
    filters("waves", "glibc");
}

#[test]
fn impact_sorts() {
    sorts("impact");
}

#[test]
fn waves_sort() {
    sorts("waves");
}

#[test]
fn a_theme_is_picked() {
    themes("impact");
}

/// A link to a section forgets nothing of the filter, and takes the focus along.
#[test]
fn a_link_to_a_section_keeps_the_filter() {
    let Some(mut page) = opened("impact") else { return };
    page.reload("q=python3&system=x86_64-linux");
    let passing = page.said("rebuilt");
    page.tab.click("nav a[href='#hubs']");
    let hash = page.tab.text("location.hash");
    assert_eq!(hash, "#q=python3&section=hubs&system=x86_64-linux");
    assert_eq!(page.tab.text("document.activeElement.id"), "hubs");
    page.tab.until("Math.abs(document.getElementById('hubs').getBoundingClientRect().top) < 300");
    page.reload(&hash[1..]);
    assert_eq!(page.said("rebuilt"), passing);
    page.tab.until("Math.abs(document.getElementById('hubs').getBoundingClientRect().top) < 300");
    // by keyboard, to the answer
    page.reload("q=python3");
    page.tab.key("Tab");
    page.tab.key("Enter");
    assert_eq!(page.tab.text("document.activeElement.id"), "sections");
    assert_eq!(page.tab.text("location.hash"), "#q=python3&section=sections");
    page.tab.calm();
}
