//! The page of `impact`.

use super::cell::{Cell, Kind, figure};
use super::page::{Fact, Page, Pictured, Section};
use super::rebuilt::rebuilt_section;
use super::table::{Column, Table};
use crate::query::{CostReport, ImpactReport};
use crate::report::table::{counted, number};
use crate::report::words::{share_of, verdict};

impl Pictured for ImpactReport {
    fn page(&self) -> Page {
        let sections =
            [rebuilt_section(self.list.as_deref().unwrap_or_default()), self.hubs_section(), self.bumped_section()];
        Page {
            command: "impact",
            title: format!("What a bump of {} rebuilds", self.bump.selectors.join(", ")),
            headline: self.page_headline(),
            facts: self.facts(),
            notes: self.notes.clone(),
            sections: sections.into_iter().flatten().collect(),
            variants: None,
        }
    }
}

impl ImpactReport {
    fn page_headline(&self) -> Vec<String> {
        let mut lines = Vec::new();
        if let Some(branch) = self.branch {
            lines.push(format!("Branch: {}", verdict(branch)));
        }
        if !self.labels.is_empty() {
            lines.push(format!("Labels: {}", self.labels.join(", ")));
        }
        lines
    }

    fn facts(&self) -> Vec<Fact> {
        let mut facts = vec![count_fact(
            "derivations.total",
            "derivations rebuilt",
            self.derivations.total,
            share_of(self.derivations.total, self.derivations.of),
        )];
        if self.attributes.of > 0 {
            facts.push(count_fact(
                "attributes.total",
                "attributes",
                self.attributes.total,
                share_of(self.attributes.total, self.attributes.of),
            ));
        }
        facts.extend(self.cost.iter().flat_map(cost_facts));
        facts
    }

    fn hubs_section(&self) -> Option<Section> {
        let columns = vec![
            Column::new("drv", "reached through", Kind::Path),
            Column::facet("system", "system", Kind::Text),
            Column::new("reaches", "reaches", Kind::Count),
            Column::new("adds", "adds", Kind::Count),
        ];
        let rows: Vec<Vec<Cell>> = self
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
        (!rows.is_empty()).then(|| Section {
            id: "hubs",
            title: "How it spreads".to_owned(),
            lead: "Direct consumers of what is bumped, and how many rebuilt derivations each reaches and adds to those before it."
                .to_owned(),
            picture: None,
            table: Table { columns, rows },
        })
    }

    fn bumped_section(&self) -> Option<Section> {
        let columns = vec![
            Column::new("drv", "derivation", Kind::Path),
            Column::facet("system", "system", Kind::Text),
            Column::new("found", "how found", Kind::Text),
        ];
        let rows: Vec<Vec<Cell>> = self
            .bump
            .derivations
            .iter()
            .map(|bumped| {
                let found = if bumped.extended { "another instance" } else { "named" };
                let fetched = if bumped.fixed_output { ", fetched again" } else { "" };
                vec![
                    Cell::Path { path: bumped.drv.clone(), name: bumped.name.clone() },
                    Cell::text(bumped.system.clone()),
                    Cell::Text(format!("{found}{fetched}")),
                ]
            })
            .collect();
        (!rows.is_empty()).then(|| Section {
            id: "bumped",
            title: "What is bumped".to_owned(),
            lead: counted(rows.len() as u64, "derivation"),
            picture: None,
            table: Table { columns, rows },
        })
    }
}

pub(super) fn count_fact(key: &'static str, label: &'static str, count: u64, note: String) -> Fact {
    Fact { key, label, value: count as f64, text: number(count), note }
}

pub(super) fn hours_fact(key: &'static str, label: &'static str, hours: f64, note: String) -> Fact {
    Fact { key, label, value: hours, text: figure(Kind::Hours, hours), note }
}

/// The figures of a cost report at `cost`.
pub(super) fn cost_facts(cost: &CostReport) -> Vec<Fact> {
    let time = &cost.hours.time;
    let measured = format!("{} measured", figure(Kind::Share, time.measured_share));
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
