//! Through what a bump spreads, as a section of a page.

use super::cell::{Cell, Kind};
use super::page::Section;
use super::picture::{Icicle, Picture, Slice};
use super::table::{Column, Table};
use crate::query::{ImpactReport, Spread};
use crate::report::table::{number, printable};

/// The hubs, and an icicle of what each adds. None where there are none.
pub(super) fn hubs_section(report: &ImpactReport) -> Option<Section> {
    let columns = vec![
        Column::new("drv", "reached through", Kind::Path),
        Column::facet("system", "system", Kind::Text),
        Column::new("reaches", "reaches", Kind::Count),
        Column::new("adds", "adds", Kind::Count),
    ];
    let rows: Vec<Vec<Cell>> = report
        .hubs
        .iter()
        .map(|hub| {
            vec![
                Cell::Path { path: hub.drv.clone(), name: hub.name.clone() },
                Cell::text(hub.system.clone()),
                Cell::count(hub.reaches),
                Cell::count(hub.adds),
            ]
        })
        .collect();
    let picture = (!report.spread.is_empty()).then(|| {
        Picture::Icicle(Icicle {
            label: "What is reached through which direct consumer, and through what within that".to_owned(),
            row: "drv",
            unit: "derivation",
            root: whole(report),
        })
    });
    (!rows.is_empty()).then(|| Section {
        id: "hubs",
        title: "How it spreads".to_owned(),
        lead: "The direct consumers through which most is reached: how many rebuilt derivations each reaches, \
               and how many of them no consumer before it does."
            .to_owned(),
        picture,
        table: Table { columns, rows },
    })
}

/// All that is rebuilt: what is bumped, the hubs, and what they do not reach.
fn whole(report: &ImpactReport) -> Slice {
    let bumped: u64 =
        report.by_distance.iter().filter(|count| count.distance == 0).map(|count| count.derivations).sum();
    let added: u64 = report.spread.iter().map(|spread| u64::from(spread.hub.adds)).sum();
    let others = report.derivations.total.saturating_sub(bumped).saturating_sub(added);
    let rest = |key: &str, name: &str, value| Slice {
        key: key.to_owned(),
        name: name.to_owned(),
        value,
        rest: true,
        ..Slice::default()
    };
    let mut parts: Vec<Slice> =
        report.spread.iter().map(|spread| slice(spread, printable(&spread.hub.drv).into_owned())).collect();
    let left = [rest("others", "others", others), rest("bumped", "bumped itself", bumped)];
    parts.extend(left.into_iter().filter(|part| part.value > 0));
    let name = report.bump.selectors.join(", ");
    Slice {
        key: "all".to_owned(),
        name: printable(&name).into_owned(),
        value: report.derivations.total,
        parts,
        ..Slice::default()
    }
}

/// A hub. Those of the first level go by their paths, those within by their places.
fn slice(spread: &Spread, key: String) -> Slice {
    let hub = &spread.hub;
    let within = spread.within.iter().enumerate();
    Slice {
        name: printable(&hub.name).into_owned(),
        value: hub.adds.into(),
        note: format!("{}, reaches {} in all", printable(&hub.system), number(hub.reaches.into())),
        rest: false,
        parts: within.map(|(at, within)| slice(within, format!("{key} {}", at + 1))).collect(),
        key,
    }
}
