//! What scripts are told of a page: columns and pictures. The values stand in the tables themselves.

use std::borrow::Cow;

use serde::Serialize;

use super::page::Page;
use super::picture::Picture;
use super::table::Column;
use crate::report::table::printable;

#[derive(Serialize)]
struct PageData<'p> {
    command: &'static str,
    sections: Vec<SectionData<'p>>,
}

#[derive(Serialize)]
struct SectionData<'p> {
    id: &'static str,
    title: Cow<'p, str>,
    columns: Vec<ColumnData>,
    rows: usize,
    #[serde(skip_serializing_if = "Option::is_none")]
    picture: Option<&'p Picture>,
}

#[derive(Serialize)]
struct ColumnData {
    key: &'static str,
    title: &'static str,
    kind: &'static str,
    filter: bool,
}

impl From<&Column> for ColumnData {
    fn from(column: &Column) -> Self {
        Self { key: column.key, title: column.title, kind: column.kind.as_str(), filter: column.filter }
    }
}

/// As JSON that cannot end a script.
pub(super) fn json(page: &Page) -> serde_json::Result<String> {
    let sections = page.sections.iter().map(|section| SectionData {
        id: section.id,
        title: printable(&section.title),
        columns: section.table.columns.iter().map(ColumnData::from).collect(),
        rows: section.table.rows.len(),
        picture: section.picture.as_ref(),
    });
    let data = PageData { command: page.command, sections: sections.collect() };
    Ok(serde_json::to_string(&data)?.replace('<', "\\u003c"))
}
