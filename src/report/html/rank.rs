//! The pages of `rank`: of single derivations, and of packages.

use super::cell::{Cell, Kind};
use super::impact::hours_fact;
use super::page::{Fact, Page, Pictured, Section};
use super::picture::{Bars, Measure, Picture};
use super::rebuilt::set_of;
use super::table::{Column, Table};
use crate::query::{
    AttributeOwners, BumpCost, By, PackageRankReport, PackageYear, RankReport, RankedNode, RankedPackage,
};
use crate::report::cost::measured;
use crate::report::table::number;
use crate::report::units::{duration, size};

/// How many bars are drawn.
const DRAWN: usize = 25;

/// What a bump costs.
const COSTS: [Column; 3] = [
    Column::new("hours", "time", Kind::Hours),
    Column::new("critical_path_hours", "longest chain", Kind::Hours),
    Column::new("bytes", "bytes", Kind::Bytes),
];

/// What is empty where costs, or sizes, are not known.
const OF_COSTS: [&str; 6] =
    ["hours", "critical_path_hours", "bytes", "hours_per_year", "critical_path_hours_per_year", "bytes_per_year"];

fn costs(cost: Option<&BumpCost>) -> [Cell; 3] {
    let Some(cost) = cost else { return [Cell::None, Cell::None, Cell::None] };
    let hours = cost.all.hours;
    let time = if hours.measured_share == 0.0 { Cell::Estimate(hours.total) } else { Cell::Number(hours.total) };
    [time, Cell::Number(cost.critical_path_hours), cost.all.bytes.map_or(Cell::None, Cell::count)]
}

/// The figures of the whole closure, at `closure`.
fn closure_facts(closure: &BumpCost) -> Vec<Fact> {
    let hours = &closure.all.hours;
    let mut facts = vec![
        hours_fact(
            "closure.hours.total",
            "the whole closure",
            hours.total,
            measured(hours.measured_share, hours.total),
        ),
        hours_fact(
            "closure.critical_path_hours",
            "its longest chain",
            closure.critical_path_hours,
            "whatever the number of machines".to_owned(),
        ),
    ];
    if let Some(bytes) = closure.all.bytes {
        let note = closure.all.bytes_known().unwrap_or_default();
        facts.push(Fact {
            key: "closure.bytes",
            label: "bytes of the whole closure",
            value: bytes as f64,
            text: size(bytes),
            note,
        });
    }
    facts
}

/// Measures in the order in which they are to be offered: what was asked for first. O(measures).
fn ordered(mut measures: Vec<(By, Measure)>, by: By, table: &Table) -> Vec<Measure> {
    measures.retain(|(_, measure)| measure.series.iter().all(|series| table.has(series.column)));
    // stable: the others stay in order
    measures.sort_by_key(|(what, _)| *what != by);
    measures.into_iter().map(|(_, measure)| measure).collect()
}

/// How many of how many are told.
fn lead(what: &str, shown: usize, total: u64) -> String {
    match shown as u64 == total {
        true => format!("All {} {what}.", number(total)),
        false => format!("The first {} of {} {what}; --top and --all tell more.", number(shown as u64), number(total)),
    }
}

/// A rank, and whom its nodes concern.
#[derive(Debug, Clone, Copy)]
pub struct RankPage<'r> {
    /// What is shown.
    pub report: &'r RankReport,
    /// Whom attributes concern.
    pub owners: &'r AttributeOwners,
}

impl Pictured for RankPage<'_> {
    fn page(&self) -> Page {
        let Self { report, owners } = *self;
        let by = report.by.unwrap_or_default();
        let columns = [
            Column::new("drv", "bump", Kind::Path),
            Column::facet("system", "system", Kind::Text),
            Column::facet("set", "package set", Kind::Text),
            Column::new("attributes", "attributes", Kind::Names),
            Column::facet("owner", "owner", Kind::Names),
            Column::new("dependents", "rebuilds", Kind::Count),
        ];
        let columns = columns.into_iter().chain(COSTS).collect();
        let table = Table { columns, rows: report.nodes.iter().map(|node| node_row(node, owners)).collect() }
            .without_empty(&OF_COSTS)
            .without_empty(&["owner"]);
        let measures = vec![
            (By::Builds, Measure::one("builds", "builds", "dependents")),
            (By::Hours, Measure::one("hours", "machine time", "hours")),
            (By::CriticalPath, Measure::one("critical-path", "longest chain", "critical_path_hours")),
            (By::Bytes, Measure::one("bytes", "bytes", "bytes")),
        ];
        let picture = Picture::Bars(Bars {
            label: "What one bump of each rebuilds".to_owned(),
            of: vec!["drv"],
            measures: ordered(measures, by, &table),
            longest: true,
            limit: DRAWN,
        });
        let first = report.nodes.first();
        Page {
            command: "rank",
            title: "Which bumps rebuild the most".to_owned(),
            headline: first.map(|first| first.sentence()).into_iter().collect(),
            facts: std::iter::once(nodes_fact(report.total))
                .chain(report.closure.iter().flat_map(closure_facts))
                .collect(),
            notes: Vec::new(),
            sections: vec![Section {
                id: "nodes",
                title: "Bumps".to_owned(),
                lead: lead("derivations and input sources", report.nodes.len(), report.total),
                picture: Some(picture),
                table,
            }],
        }
    }
}

fn nodes_fact(total: u64) -> Fact {
    Fact {
        key: "total",
        label: "derivations and sources, each a bump",
        value: total as f64,
        text: number(total),
        note: String::new(),
    }
}

impl RankedNode {
    fn sentence(&self) -> String {
        let cost = self.cost.as_ref();
        let cost = cost.map_or(String::new(), |cost| format!(", {} of machine time", duration(cost.all.hours.total)));
        format!(
            "A bump of {} comes first: it rebuilds {} derivations{cost}.",
            self.name,
            number(self.dependents.into())
        )
    }
}

fn node_row(node: &RankedNode, owners: &AttributeOwners) -> Vec<Cell> {
    let own = [
        Cell::Path { path: node.drv.clone(), name: node.name.clone() },
        Cell::text(node.system.clone()),
        Cell::Text(set_of(node.attributes.first().map(String::as_str))),
        Cell::Names(node.attributes.clone()),
        Cell::Names(owners.of(&node.attributes)),
        Cell::count(node.dependents),
    ];
    own.into_iter().chain(costs(node.cost.as_ref())).collect()
}

impl Pictured for PackageRankReport {
    fn page(&self) -> Page {
        let columns = [
            Column::new("package", "package", Kind::Text),
            Column::new("instances", "instances", Kind::Count),
            Column::new("bumps_per_year", "bumps a year", Kind::Count),
            Column::new("builds", "one bump", Kind::Count),
        ];
        let year = [
            Column::new("builds_per_year", "builds a year", Kind::Count),
            Column::new("hours_per_year", "time a year", Kind::Hours),
            Column::new("critical_path_hours_per_year", "waiting a year", Kind::Hours),
            Column::new("bytes_per_year", "bytes a year", Kind::Bytes),
            Column::new("share", "share", Kind::Share),
        ];
        let columns = columns.into_iter().chain(COSTS).chain(year).collect();
        let table = Table { columns, rows: self.packages.iter().map(package_row).collect() }.without_empty(&OF_COSTS);
        let measures = vec![
            (By::Builds, Measure::one("builds", "builds a year", "builds_per_year")),
            (By::Hours, Measure::one("hours", "machine time a year", "hours_per_year")),
            (By::CriticalPath, Measure::one("critical-path", "waiting a year", "critical_path_hours_per_year")),
            (By::Bytes, Measure::one("bytes", "bytes a year", "bytes_per_year")),
        ];
        let picture = Picture::Bars(Bars {
            label: "What the bumps of a year of each package take".to_owned(),
            of: vec!["package"],
            measures: ordered(measures, self.by, &table),
            longest: true,
            limit: DRAWN,
        });
        Page {
            command: "rank",
            title: "Which packages' bumps take the most in a year".to_owned(),
            headline: self.lines(),
            facts: self.facts(),
            notes: Vec::new(),
            sections: vec![Section {
                id: "packages",
                title: "Packages".to_owned(),
                lead: lead("packages", self.packages.len(), self.total),
                picture: Some(picture),
                table,
            }],
        }
    }
}

impl PackageRankReport {
    fn facts(&self) -> Vec<Fact> {
        let count = |key, label, value: f64| Fact {
            key,
            label,
            value,
            text: super::cell::figure(Kind::Count, value),
            note: String::new(),
        };
        let mut facts = vec![
            count("total", "packages", self.total as f64),
            count("bumps_per_year", "bumps a year", self.bumps_per_year),
            count("per_year.builds", "builds a year", self.per_year.builds),
        ];
        let PackageYear { hours, .. } = self.per_year;
        facts.extend(hours.map(|hours| hours_fact("per_year.hours", "machine time a year", hours, String::new())));
        facts.extend(self.closure.iter().flat_map(closure_facts));
        facts
    }
}

fn package_row(package: &RankedPackage) -> Vec<Cell> {
    let PackageYear { builds, hours, bytes, critical_path_hours } = package.per_year;
    let known = |figure: Option<f64>| figure.map_or(Cell::None, Cell::Number);
    let own = [
        Cell::Text(package.package.clone()),
        Cell::count(package.instances),
        Cell::Number(package.bumps_per_year),
        Cell::count(package.builds),
    ];
    let year = [
        Cell::Number(builds),
        known(hours),
        known(critical_path_hours),
        bytes.map_or(Cell::None, Cell::count),
        Cell::Number(package.share),
    ];
    own.into_iter().chain(costs(package.cost.as_ref())).chain(year).collect()
}
