//! The page of `spurious`.

use super::cell::{Cell, Kind, figure};
use super::impact::{count_fact, hours_fact};
use super::page::{Fact, Page, Pictured, Section};
use super::picture::{Bars, Measure, Picture, Series};
use super::table::{Column, Table};
use crate::query::{AttributeOwners, BlockedBy, Group, GroupBy, Saves, SpuriousEdge, SpuriousReport, Step};
use crate::reach::Yearly;
use crate::report::cost::measured;
use crate::report::spurious::remedy;

/// How many bars are drawn.
const DRAWN: usize = 25;

/// A spurious report, and whom its consumers concern.
#[derive(Debug, Clone, Copy)]
pub struct SpuriousPage<'r> {
    /// What is shown.
    pub report: &'r SpuriousReport,
    /// Whom attributes concern.
    pub owners: &'r AttributeOwners,
}

impl Pictured for SpuriousPage<'_> {
    fn page(&self) -> Page {
        let report = self.report;
        let sections = [
            report.steps_section(),
            report.groups_section(&PAIRS),
            report.groups_section(&INPUTS),
            report.groups_section(&PRICES),
            report.edges_section(self.owners),
        ];
        Page {
            command: "spurious",
            title: "Inputs that cannot change what is built".to_owned(),
            headline: report.sentences(),
            facts: report.facts(),
            notes: report
                .stale_ignores
                .iter()
                .map(|stale| format!("--ignore: nothing needs {}", stale.line()))
                .collect(),
            sections: sections.into_iter().flatten().collect(),
        }
    }
}

/// A section of groups.
struct Kinds {
    id: &'static str,
    title: &'static str,
    lead: &'static str,
    by: GroupBy,
    /// Of those that have a remedy, or of those that have none.
    remedied: bool,
    label: &'static str,
}

const PAIRS: Kinds = Kinds {
    id: "pairs",
    title: "Builds saved, by pair of packages",
    lead: "What the remedy saves on all edges from the one to the other together.",
    by: GroupBy::Pair,
    remedied: true,
    label: "What the remedies of a pair save in a year",
};

const INPUTS: Kinds = Kinds {
    id: "inputs",
    title: "Builds saved, by input",
    lead: "What it saves to treat an input wherever it is flagged.",
    by: GroupBy::Input,
    remedied: true,
    label: "What the remedies of an input save in a year",
};

const PRICES: Kinds = Kinds {
    id: "prices",
    title: "No cheap remedy",
    lead: "What would be saved in a year if the input were not there.",
    by: GroupBy::Pair,
    remedied: false,
    label: "What there would be to save in a year",
};

/// What a year's figures are in.
fn measures(series: impl Fn(&'static str) -> Vec<Series>, table: &Table) -> Vec<Measure> {
    let all = [
        Measure { key: "hours", title: "machine time", series: series("hours") },
        Measure { key: "builds", title: "builds", series: series("builds") },
    ];
    all.into_iter().filter(|measure| measure.series.iter().all(|series| table.has(series.column))).collect()
}

fn hours(year: &Yearly) -> Cell {
    year.hours().map_or(Cell::None, Cell::Number)
}

fn bytes(year: &Yearly) -> Cell {
    year.bytes.map_or(Cell::None, |bytes| Cell::Number(bytes.round()))
}

fn words<S: AsRef<str>>(words: impl IntoIterator<Item = S>) -> Cell {
    Cell::Names(words.into_iter().map(|word| word.as_ref().to_owned()).collect())
}

fn kept_by(by: Option<&BlockedBy>) -> Cell {
    by.map_or(Cell::None, |by| Cell::Text(by.text()))
}

/// What stands in columns where something new is told.
fn new(new: Option<bool>) -> Cell {
    new.map_or(Cell::None, |new| Cell::Text(if new { "new" } else { "known" }.to_owned()))
}

impl SpuriousReport {
    fn facts(&self) -> Vec<Fact> {
        let totals = &self.totals;
        let saves = &totals.saves_per_year;
        let count = |value: f64| figure(Kind::Count, value);
        let mut facts = vec![
            count_fact("totals.edges", "spurious inputs", totals.edges, format!("{} and stronger", self.min_grade)),
            count_fact("totals.pairs", "pairs of packages", totals.pairs, String::new()),
            count_fact("totals.consumers", "consumers", totals.consumers, String::new()),
            Fact {
                key: "totals.saves_per_year.builds",
                label: "builds a year that all remedies save",
                value: saves.builds,
                text: count(saves.builds),
                note: format!("of {}", count(totals.builds_per_year)),
            },
        ];
        if let (Some(saved), Some(cost)) = (saves.hours(), totals.cost_per_year) {
            let hours = cost.hours;
            let note =
                format!("of {} ({})", figure(Kind::Hours, hours.total), measured(hours.measured_share, hours.total));
            facts.push(hours_fact("totals.saves_per_year.hours", "machine time a year", saved, note));
        }
        if totals.without_remedy > 0 {
            let note = String::new();
            facts.push(count_fact("totals.without_remedy", "without a cheap remedy", totals.without_remedy, note));
        }
        facts
    }

    fn steps_section(&self) -> Option<Section> {
        let columns = vec![
            Column::new("step", "step", Kind::Count),
            Column::new("what", "what to do", Kind::Text),
            Column::facet("remedy", "remedy", Kind::Text),
            Column::new("edges", "edges", Kind::Count),
            Column::new("builds", "builds a year", Kind::Count),
            Column::new("hours", "time a year", Kind::Hours),
            Column::new("bytes", "bytes a year", Kind::Bytes),
            Column::new("wrappers", "wrappers added", Kind::Count),
            Column::new("tests", "tests added", Kind::Count),
            Column::new("builds_before", "builds before it", Kind::Count),
            Column::new("builds_so_far", "builds so far", Kind::Count),
            Column::new("hours_before", "time before it", Kind::Hours),
            Column::new("hours_so_far", "time so far", Kind::Hours),
        ];
        let mut before = Yearly::default();
        let row = |step: &Step| {
            let earlier = std::mem::replace(&mut before, step.total);
            let gain = &step.gain;
            // of the first there is nothing before, but the unit is known
            let hours_before = gain.hours().map(|_| Cell::Number(earlier.hours().unwrap_or_default()));
            vec![
                Cell::count(step.step),
                Cell::Text(format!("{} {}", step.remedy.as_str(), step.input)),
                Cell::Text(step.remedy.as_str().to_owned()),
                Cell::count(step.edges),
                Cell::Number(gain.builds),
                hours(gain),
                bytes(gain),
                Cell::Number(gain.wrappers_added),
                Cell::Number(gain.test_builds_added),
                Cell::Number(earlier.builds),
                Cell::Number(step.total.builds),
                hours_before.unwrap_or(Cell::None),
                hours(&step.total),
            ]
        };
        let rows: Vec<Vec<Cell>> = self.first.iter().map(row).collect();
        let empty = ["hours", "bytes", "hours_before", "hours_so_far"];
        let table = Table { columns, rows }.without_empty(&empty);
        let series = |of: &'static str| {
            let (before, gain) = if of == "hours" { ("hours_before", "hours") } else { ("builds_before", "builds") };
            vec![
                Series { column: before, title: "saved by the steps before", tone: "plain" },
                Series { column: gain, title: "saved by this step", tone: "accent" },
            ]
        };
        let picture = Picture::Bars(Bars {
            label: "What is saved in a year, step by step".to_owned(),
            of: vec!["what"],
            measures: measures(series, &table),
            longest: false,
            limit: self.first.len(),
        });
        (!self.first.is_empty()).then(|| Section {
            id: "steps",
            title: "What to do first".to_owned(),
            lead: "The order in which it pays to act: each step saves what it says given those before it.".to_owned(),
            picture: Some(picture),
            table,
        })
    }

    fn groups_section(&self, kinds: &Kinds) -> Option<Section> {
        let columns = vec![
            Column::new("input", "input", Kind::Text),
            Column::new("consumer", "consumer", Kind::Text),
            Column::facet("remedy", "remedy", Kind::Text),
            Column::facet("verdict", "verdict", Kind::Names),
            Column::facet("grade", "grade", Kind::Grade),
            Column::new("rule", "rules", Kind::Names),
            Column::new("edges", "edges", Kind::Count),
            Column::new("instances", "consumers", Kind::Count),
            Column::new("one_bump", "builds, one bump", Kind::Count),
            Column::new("builds", "builds a year", Kind::Count),
            Column::new("hours", "time a year", Kind::Hours),
            Column::new("bytes", "bytes a year", Kind::Bytes),
            Column::new("wrappers", "wrappers added", Kind::Count),
            Column::new("tests", "tests added", Kind::Count),
            Column::new("kept_by", "kept by", Kind::Text),
            Column::facet("new", "since the baseline", Kind::Text),
        ];
        let of_kind = |group: &&Group| group.by == kinds.by && group.remedy.is_some() == kinds.remedied;
        let rows: Vec<Vec<Cell>> = self.groups.iter().filter(of_kind).map(group_row).collect();
        let empty = ["consumer", "rule", "hours", "bytes", "kept_by", "new"];
        let table = Table { columns, rows }.without_empty(&empty);
        let of = if kinds.by == GroupBy::Input { vec!["input"] } else { vec!["input", "consumer"] };
        let series = |column: &'static str| vec![Series { column, title: "saved in a year", tone: "accent" }];
        let picture = Picture::Bars(Bars {
            label: kinds.label.to_owned(),
            of,
            measures: measures(series, &table),
            longest: true,
            limit: DRAWN,
        });
        (!table.rows.is_empty()).then(|| Section {
            id: kinds.id,
            title: kinds.title.to_owned(),
            lead: kinds.lead.to_owned(),
            picture: Some(picture),
            table,
        })
    }

    fn edges_section(&self, owners: &AttributeOwners) -> Option<Section> {
        let columns = vec![
            Column::new("input", "input", Kind::Path),
            Column::new("consumer", "consumer", Kind::Path),
            Column::new("attributes", "attributes", Kind::Names),
            Column::facet("owner", "owner", Kind::Names),
            Column::new("keys", "named in", Kind::Names),
            Column::facet("verdict", "verdict", Kind::Text),
            Column::facet("grade", "grade", Kind::Grade),
            Column::facet("rule", "rule", Kind::Text),
            Column::new("evidence", "evidence", Kind::Text),
            Column::facet("remedy", "remedy", Kind::Text),
            Column::new("one_bump", "builds, one bump", Kind::Count),
            Column::new("builds", "builds a year", Kind::Count),
            Column::new("hours", "time a year", Kind::Hours),
            Column::new("would_save", "would save a year", Kind::Count),
            Column::new("kept_by", "kept by", Kind::Text),
            Column::new("comes_with", "comes with", Kind::Names),
            Column::facet("new", "since the baseline", Kind::Text),
        ];
        let rows: Vec<Vec<Cell>> = self.edges.iter().map(|edge| edge_row(edge, owners)).collect();
        let empty = ["attributes", "owner", "rule", "evidence", "hours", "would_save", "kept_by", "comes_with", "new"];
        (!rows.is_empty()).then(|| Section {
            id: "edges",
            title: "One by one, with the evidence".to_owned(),
            lead: "Every flagged input of every derivation, on what grounds, and what its remedy alone saves."
                .to_owned(),
            picture: None,
            table: Table { columns, rows }.without_empty(&empty),
        })
    }
}

fn group_row(group: &Group) -> Vec<Cell> {
    let price: Saves = group.would_save.unwrap_or(group.saves);
    let year = &price.per_year;
    // a group of which one edge saves something is not kept
    let kept = group.blocked_by.as_ref().filter(|_| price.one_bump.builds <= 0);
    vec![
        Cell::Text(group.input.clone()),
        Cell::text(group.consumer.clone().unwrap_or_default()),
        Cell::Text(remedy(group.remedy)),
        words(group.verdicts.iter().map(|verdict| verdict.as_str())),
        Cell::Text(group.grade.as_str().to_owned()),
        words(&group.rules),
        Cell::count(group.edges),
        Cell::count(group.instances),
        Cell::Number(price.one_bump.builds as f64),
        Cell::Number(year.builds),
        hours(year),
        bytes(year),
        Cell::Number(year.wrappers_added),
        Cell::Number(year.test_builds_added),
        kept_by(kept),
        new(group.new),
    ]
}

fn edge_row(edge: &SpuriousEdge, owners: &AttributeOwners) -> Vec<Cell> {
    let year = &edge.saves.per_year;
    vec![
        Cell::Path { path: edge.input.drv.clone(), name: edge.input.name.clone() },
        Cell::Path { path: edge.consumer.named.drv.clone(), name: edge.consumer.named.name.clone() },
        words(&edge.consumer.attributes),
        Cell::Names(owners.of(&edge.consumer.attributes)),
        words(&edge.keys),
        Cell::Text(edge.verdict.as_str().to_owned()),
        Cell::Text(edge.grade.as_str().to_owned()),
        Cell::text(edge.rule.clone().unwrap_or_default()),
        Cell::text(edge.evidence.join("; ")),
        Cell::Text(remedy(edge.remedy)),
        Cell::Number(edge.saves.one_bump.builds as f64),
        Cell::Number(year.builds),
        hours(year),
        edge.would_save.map_or(Cell::None, |saves| Cell::Number(saves.per_year.builds)),
        kept_by(edge.blocked_by.as_ref()),
        words(edge.comes_with.iter().map(|link| &link.name)),
        new(edge.new),
    ]
}
