//! The list of what is rebuilt, as a section of a page.

use super::cell::{Cell, Kind};
use super::page::Section;
use super::picture::{Area, Picture, Treemap};
use super::table::{Column, Table};
use crate::query::Listed;

/// What is rebuilt: a row each, and a treemap. None where nothing is.
pub(super) fn rebuilt_section(list: &[Listed]) -> Option<Section> {
    if list.is_empty() {
        return None;
    }
    let columns = vec![
        Column::new("drv", "derivation", Kind::Path),
        Column::new("attributes", "attributes", Kind::Names),
        Column::facet("system", "system", Kind::Text),
        Column::facet("set", "package set", Kind::Text),
        Column::new("package", "package", Kind::Text),
        Column::new("distance", "distance", Kind::Count),
        Column::facet("owner", "owner", Kind::Names),
        Column::new("hours", "time", Kind::Hours),
        Column::facet("grade", "needless", Kind::Grade),
        Column::facet("after", "after remedies", Kind::Text),
    ];
    let rows = list.iter().map(listed_row).collect();
    let table = Table { columns, rows }.without_empty(&["attributes", "owner", "hours", "grade", "after"]);
    let mut areas = vec![Area { key: "builds", title: "builds", column: None }];
    if table.has("hours") {
        areas.insert(0, Area { key: "hours", title: "machine time", column: Some("hours") });
    }
    let picture = Picture::Treemap(Treemap {
        label: "What is rebuilt, by package set and package".to_owned(),
        path: vec!["set", "package"],
        areas,
        grade: table.has("grade").then_some("grade"),
    });
    Some(Section {
        id: "rebuilt",
        title: "What is rebuilt".to_owned(),
        lead: String::new(),
        picture: Some(picture),
        table,
    })
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

fn listed_row(listed: &Listed) -> Vec<Cell> {
    let price = listed.price.map_or(Cell::None, |price| match price.measured {
        true => Cell::Number(price.hours),
        false => Cell::Estimate(price.hours),
    });
    vec![
        Cell::Path { path: listed.drv.clone(), name: listed.name.clone() },
        Cell::Names(listed.attributes.clone()),
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
