//! What each page must hold, told from the JSON report alone.

use serde_json::{Value, json};

use super::opened::{Row, member, plain};

/// The figure that a key names: a member, or how many a list has (`LIST.length`).
pub(crate) fn fact(report: &Value, key: &str) -> Option<f64> {
    match key.strip_suffix(".length") {
        Some(list) => member(report, list).as_array().map(|list| list.len() as f64),
        None => member(report, key).as_f64(),
    }
}

/// The rows of a list of the report: each column's key, and the path of its member in an item.
fn list(report: &Value, path: &str, columns: &[(&str, &str)]) -> Vec<Row> {
    let items = member(report, path).as_array().unwrap_or_else(|| panic!("{path} is no list")).iter();
    let row = |item| columns.iter().map(|&(key, path)| (key.to_owned(), plain(member(item, path)))).collect();
    items.map(row).collect()
}

/// The same, where columns have the names of their members.
fn same(report: &Value, path: &str, columns: &[&str]) -> Vec<Row> {
    let columns: Vec<(&str, &str)> = columns.iter().map(|&key| (key, key)).collect();
    list(report, path, &columns)
}

/// The rows that a section of a page must have, in order.
pub(crate) fn rows(command: &str, section: &str, report: &Value) -> Vec<Row> {
    match (command, section) {
        ("impact", "rebuilt") => rebuilt(report, "list"),
        ("impact", "hubs") => same(report, "hubs", &["drv", "system", "reaches", "adds"]),
        ("impact", "bumped") => {
            let mut rows = same(report, "bump.derivations", &["drv", "system", "fixed_output", "extended"]);
            for row in &mut rows {
                let found = if row["extended"] == json!(true) { "another instance" } else { "named" };
                let fetched = if row["fixed_output"] == json!(true) { ", fetched again" } else { "" };
                row.insert("found".to_owned(), json!(format!("{found}{fetched}")));
            }
            rows
        }
        ("impact", "each") => {
            let counts = ["bumped", "derivations", "attributes", "exclusive"];
            same(report, "each", &[&counts[..], &["selector", "hours", "exclusive_hours"]].concat())
        }
        ("impact", "distances") => same(report, "by_distance", &["distance", "derivations"]),
        (_, "heavyweights") => {
            let mut rows = same(report, "cost.heavyweights", &["drv", "system", "hours", "share", "bytes", "measured"]);
            for row in &mut rows {
                let measured = row["measured"] == json!(true);
                row.insert("measured".to_owned(), json!(if measured { "measured" } else { "estimated" }));
            }
            rows
        }
        _ => panic!("nobody says what table '{section}' of {command} must hold"),
    }
}

/// The rows of a list of derivations.
fn rebuilt(report: &Value, path: &str) -> Vec<Row> {
    let columns = [
        ("drv", "drv"),
        ("package", "package"),
        ("attributes", "attributes"),
        ("system", "system"),
        ("distance", "distance"),
        ("hours", "hours"),
        ("grade", "needless"),
        ("owner", "owners"),
    ];
    let mut rows = list(report, path, &columns);
    for row in &mut rows {
        let attribute = row["attributes"][0].as_str().map(str::to_owned);
        row.insert("set".to_owned(), json!(set(attribute.as_deref())));
    }
    rows
}

/// The path before the last part. The names of the small distribution have no quotes.
fn set(attribute: Option<&str>) -> &str {
    match attribute {
        None => "(no attribute)",
        Some(attribute) => attribute.rsplit_once('.').map_or("(top level)", |(set, _)| set),
    }
}
