//! The list of what is rebuilt, as a section of a page.

use super::cell::{Cell, Kind};
use super::page::Section;
use super::picture::{Area, Picture, Treemap};
use super::table::{Column, Table};
use crate::query::Listed;
use crate::report::table::counted;
use crate::report::units::duration;

/// What is done with a row.
const BUILT: &str = "built";
const FETCHED: &str = "fetched";

/// What is rebuilt and what is fetched again: a row each, and a treemap of the builds. None where there is neither.
pub(super) fn rebuilt_section(list: &[Listed]) -> Option<Section> {
    if list.is_empty() {
        return None;
    }
    let columns = vec![
        Column::new("drv", "derivation", Kind::Path),
        Column::new("attributes", "attributes", Kind::Names),
        Column::facet("done", "action", Kind::Text),
        Column::facet("system", "system", Kind::Text),
        Column::facet("set", "package set", Kind::Text),
        Column::new("package", "package", Kind::Text),
        Column::new("distance", "distance", Kind::Count),
        Column::facet("owner", "owner", Kind::Names),
        Column::new("hours", "time", Kind::Hours),
        Column::facet("grade", "needless", Kind::Grade),
        Column::facet("after", "after remedies", Kind::Text),
    ];
    let fetches = list.iter().any(|listed| listed.fetched);
    let rows = list.iter().map(|listed| listed_row(listed, fetches)).collect();
    let table = Table { columns, rows }.without_empty(&["attributes", "done", "owner", "hours", "grade", "after"]);
    let mut areas = vec![Area { key: "builds", title: "builds", column: None }];
    if table.has("hours") {
        areas.insert(0, Area { key: "hours", title: "machine time", column: Some("hours") });
    }
    let picture = Picture::Treemap(Treemap {
        label: "What is rebuilt, by package set and package".to_owned(),
        path: vec!["set", "package"],
        areas,
        only: table.has("done").then_some(("done", BUILT)),
        grade: table.has("grade").then_some("grade"),
    });
    Some(Section {
        id: "rebuilt",
        title: "What is rebuilt".to_owned(),
        lead: if fetches { lead(list) } else { String::new() },
        picture: Some(picture),
        table,
    })
}

/// How many are built, and how many fetched.
fn lead(list: &[Listed]) -> String {
    let count = |fetched| list.iter().filter(|listed| listed.fetched == fetched).count() as u64;
    let prices = list.iter().filter(|listed| listed.fetched).filter_map(|listed| listed.price);
    let time: f64 = prices.map(|price| price.hours).sum();
    let time = if time > 0.0 { format!(" of {}", duration(time)) } else { String::new() };
    format!(
        "{}. The table has {}{time}, too: they are fetched again, not built, and the picture leaves them out.",
        counted(count(false), "build"),
        counted(count(true), "download")
    )
}

/// The package set of an attribute: its path before its last part, in which dots within quotes are none.
pub(super) fn set_of(attribute: Option<&str>) -> String {
    let Some(attribute) = attribute else { return "(no attribute)".to_owned() };
    let mut quoted = false;
    let mut last = None;
    for (at, c) in attribute.char_indices() {
        match c {
            '"' => quoted = !quoted,
            '.' if !quoted => last = Some(at),
            _ => {}
        }
    }
    last.and_then(|at| attribute.get(..at)).unwrap_or("(top level)").to_owned()
}

fn listed_row(listed: &Listed, fetches: bool) -> Vec<Cell> {
    let price = listed.price.map_or(Cell::None, |price| match price.measured {
        true => Cell::Number(price.hours),
        false => Cell::Estimate(price.hours),
    });
    vec![
        Cell::Path { path: listed.drv.clone(), name: listed.name.clone() },
        Cell::Names(listed.attributes.clone()),
        match (fetches, listed.fetched) {
            (false, _) => Cell::None,
            (true, false) => Cell::Text(BUILT.to_owned()),
            (true, true) => Cell::Text(FETCHED.to_owned()),
        },
        Cell::text(listed.system.clone()),
        Cell::Text(set_of(listed.attributes.first().map(String::as_str))),
        Cell::text(listed.package.clone()),
        Cell::count(listed.distance),
        Cell::Names(listed.owners.clone()),
        price,
        listed.needless.map_or(Cell::None, |grade| Cell::Text(grade.to_string())),
        Cell::text(listed.after_text()),
    ]
}
