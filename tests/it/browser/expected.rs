//! What the tables of each page must hold, told from the JSON report alone.

use serde_json::{Value, json};

use super::opened::{Row, member, plain};

/// The rows of a list of the report: each column's key, and the path of its member in an item.
fn list(report: &Value, path: &str, columns: &[(&str, &str)]) -> Vec<Row> {
    let items = member(report, path).as_array().unwrap_or_else(|| panic!("{path} is no list")).iter();
    let row = |item| columns.iter().map(|&(key, path)| (key.to_owned(), plain(member(item, path)))).collect();
    items.map(row).collect()
}

/// The rows that a section of a page must have, in order.
pub(crate) fn rows(command: &str, section: &str, report: &Value) -> Vec<Row> {
    match (command, section) {
        ("impact", "rebuilt") => rebuilt(report, "list"),
        ("impact", "hubs") => list(
            report,
            "hubs",
            &[("drv", "drv"), ("system", "system"), ("reaches", "reaches"), ("adds", "adds")],
        ),
        _ => panic!("nobody says what table '{section}' of {command} must hold"),
    }
}

/// The rows of a list of derivations.
fn rebuilt(report: &Value, path: &str) -> Vec<Row> {
    let columns = [
        ("drv", "drv"),
        ("attributes", "attributes"),
        ("system", "system"),
        ("distance", "distance"),
        ("hours", "hours"),
        ("needless", "needless"),
        ("owners", "owners"),
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
