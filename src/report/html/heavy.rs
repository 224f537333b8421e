//! The builds that take longest, as a section of a page.

use super::cell::{Cell, Kind};
use super::page::Section;
use super::picture::{Bars, Measure, Picture};
use super::table::{Column, Table};
use crate::query::CostReport;
use crate::report::cost::known;

/// A row and a bar for each heavyweight. None where there are none.
pub(super) fn heavyweights_section(cost: &CostReport) -> Option<Section> {
    let columns = vec![
        Column::new("drv", "derivation", Kind::Path),
        Column::facet("system", "system", Kind::Text),
        Column::new("hours", "time", Kind::Hours),
        Column::new("share", "share of all", Kind::Share),
        Column::new("bytes", "bytes", Kind::Bytes),
        Column::new("known", "known", Kind::Text),
    ];
    let rows: Vec<Vec<Cell>> = cost
        .heavyweights
        .iter()
        .map(|heavy| {
            vec![
                Cell::Path { path: heavy.drv.clone(), name: heavy.name.clone() },
                Cell::text(heavy.system.clone()),
                if heavy.measured { Cell::Number(heavy.hours) } else { Cell::Estimate(heavy.hours) },
                Cell::Number(heavy.share),
                heavy.bytes.map_or(Cell::None, Cell::count),
                Cell::Text(known(heavy.measured).to_owned()),
            ]
        })
        .collect();
    let picture = Picture::Bars(Bars {
        label: "Machine time of the builds that take longest".to_owned(),
        of: vec!["drv"],
        measures: vec![Measure::one("hours", "machine time", "hours")],
        longest: false,
        limit: rows.len(),
    });
    (!rows.is_empty()).then(|| Section {
        id: "heavyweights",
        title: "What takes longest".to_owned(),
        lead: String::new(),
        picture: Some(picture),
        table: Table { columns, rows }.without_empty(&["bytes"]),
    })
}
