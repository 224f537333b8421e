//! What something costs, as parts of a page.

use super::cell::{Cell, Kind};
use super::impact::hours_fact;
use super::page::{Fact, Section};
use super::table::{Column, Table};
use crate::query::CostReport;
use crate::report::cost::{known, measured};
use crate::report::table::{counted, number};

/// The figures of a cost report at `cost`.
pub(super) fn cost_facts(cost: &CostReport) -> Vec<Fact> {
    let time = &cost.hours.time;
    let measured = measured(time.measured_share, time.total);
    let mut facts = vec![
        hours_fact("cost.hours.total", "machine time", time.total, measured),
        hours_fact(
            "cost.critical_path.hours",
            "longest chain",
            cost.critical_path.hours,
            counted(cost.critical_path.chain.len() as u64, "build"),
        ),
    ];
    if let Some(makespan) = &cost.makespan {
        let note = format!("{} at a time", number(makespan.builders));
        facts.push(hours_fact("cost.makespan.hours", "on the farm", makespan.hours, note));
    }
    facts
}

/// The builds that take longest. None where no costs are told.
pub(super) fn heavyweights_section(cost: Option<&CostReport>) -> Option<Section> {
    let heavyweights = &cost?.heavyweights;
    let columns = vec![
        Column::new("drv", "derivation", Kind::Path),
        Column::facet("system", "system", Kind::Text),
        Column::new("hours", "time", Kind::Hours),
        Column::new("share", "of all", Kind::Share),
        Column::new("bytes", "size", Kind::Bytes),
        Column::new("measured", "known", Kind::Text),
    ];
    let rows = heavyweights.iter().map(|build| {
        vec![
            Cell::Path { path: build.drv.clone(), name: build.name.clone() },
            Cell::text(build.system.clone()),
            Cell::Number(build.hours),
            Cell::Number(build.share),
            build.bytes.map_or(Cell::None, Cell::count),
            Cell::text(known(build.measured)),
        ]
    });
    let table = Table { columns, rows: rows.collect() }.without_empty(&["bytes"]);
    (!heavyweights.is_empty()).then(|| Section {
        id: "heavyweights",
        title: "What takes longest".to_owned(),
        lead: String::new(),
        picture: None,
        table,
    })
}
