//! The page of `impact`.

use super::cell::{Cell, Kind, figure};
use super::cost::cost_facts;
use super::farm::{Farm, FarmTime};
use super::heavy::heavyweights_section;
use super::hubs::hubs_section;
use super::page::{Fact, Page, Pictured, Section};
use super::picture::{Bars, Measure, Picture};
use super::rebuilt::rebuilt_section;
use super::table::{Column, Table};
use crate::query::{ImpactReport, RemediedReport};
use crate::report::inputs::counted_signed;
use crate::report::table::{counted, fraction, number};
use crate::report::words::{share_of, verdict};
use crate::verdict::Grade;

impl Pictured for ImpactReport {
    fn page(&self) -> Page {
        let sections = [
            rebuilt_section(self.list.as_deref().unwrap_or_default()),
            hubs_section(self),
            self.distances_section(),
            self.cost.as_ref().and_then(heavyweights_section),
            self.farm_section(),
            self.each_section(),
            self.remedies_section(),
            self.bumped_section(),
        ];
        Page {
            command: "impact",
            title: format!("What a bump of {} rebuilds", self.bump.selectors.join(", ")),
            headline: self.page_headline(),
            facts: self.facts(),
            notes: self.notes.clone(),
            sections: sections.into_iter().flatten().collect(),
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
        lines.extend(self.what_if.iter().map(RemediedReport::headline));
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
        facts.extend(self.what_if.iter().map(|remedied| {
            let saved = format!("saves {}", counted_signed(remedied.savings.builds, "build"));
            count_fact("what_if.after.builds", "rebuilt with remedies", remedied.after.builds, saved)
        }));
        facts.extend(self.cost.iter().flat_map(cost_facts));
        facts.extend(self.needless_facts());
        facts
    }

    /// How many builds are needless at each grade; a grade that adds nothing to the stronger ones is not told.
    fn needless_facts(&self) -> impl Iterator<Item = Fact> {
        const KEYS: [&str; 4] = ["needless.0.builds", "needless.1.builds", "needless.2.builds", "needless.3.builds"];
        let before = std::iter::once(0).chain(self.needless.iter().map(|needless| needless.savings.builds));
        let told = self
            .needless
            .iter()
            .zip(before)
            .zip(KEYS)
            .filter(|((needless, before), _)| needless.savings.builds != *before);
        told.map(|((needless, _), key)| Fact {
            key,
            label: match needless.grade {
                Grade::Proven => "builds needless, proven",
                Grade::Observed => "builds needless, observed",
                Grade::Inferred => "builds needless, inferred",
                Grade::Suspected => "builds needless, suspected",
            },
            value: needless.savings.builds as f64,
            text: figure(Kind::Count, needless.savings.builds as f64),
            note: match needless.savings.hours() {
                Some(hours) => figure(Kind::Hours, hours),
                None => fraction(needless.savings.builds as f64, self.derivations.total),
            },
        })
    }

    /// What a farm does with it.
    fn farm_section(&self) -> Option<Section> {
        let makespan = self.cost.as_ref()?.makespan.as_ref()?;
        let columns = vec![
            Column::new("name", "machines", Kind::Text),
            Column::new("slots", "builds at a time", Kind::Count),
            Column::new("builds", "builds", Kind::Count),
            Column::new("busy_hours", "time", Kind::Hours),
        ];
        let rows = makespan.machines.iter().map(|machines| {
            vec![
                Cell::text(machines.name.clone()),
                Cell::count(machines.slots),
                Cell::count(machines.builds),
                Cell::Number(machines.busy_hours),
            ]
        });
        let picture = self.farm.as_ref().map(|runs| {
            let farm = FarmTime::of(runs, "all".to_owned(), self.bump.selectors.join(", "));
            Picture::Farm(Farm {
                label: "What each machine builds when".to_owned(),
                farms: vec![farm],
                part: None,
                machines: "name",
            })
        });
        Some(Section {
            id: "farm",
            title: "On the farm".to_owned(),
            lead: format!(
                "Done in {}; the machines build in {} of that time. Where nothing is drawn, a slot waits.",
                figure(Kind::Hours, makespan.hours),
                figure(Kind::Share, makespan.utilisation)
            ),
            picture,
            table: Table { columns, rows: rows.collect() },
        })
    }

    /// How far away what is rebuilt is.
    fn distances_section(&self) -> Option<Section> {
        let columns = vec![
            Column::new("distance", "distance", Kind::Count),
            Column::new("derivations", "derivations", Kind::Count),
        ];
        let rows =
            self.by_distance.iter().map(|count| vec![Cell::count(count.distance), Cell::count(count.derivations)]);
        let picture = Picture::Bars(Bars {
            label: "Rebuilt derivations by distance".to_owned(),
            of: vec!["distance"],
            measures: vec![Measure::one("builds", "builds", "derivations")],
            longest: false,
            limit: self.by_distance.len(),
        });
        (self.by_distance.len() > 1).then(|| Section {
            id: "distances",
            title: "How far away".to_owned(),
            lead: "Steps from what is bumped, along the shortest way: 0 is the bump itself, 1 its direct consumers."
                .to_owned(),
            picture: Some(picture),
            table: Table { columns, rows: rows.collect() },
        })
    }

    /// Each of several bumps.
    /// What the remedies that were asked for do, edge by edge.
    fn remedies_section(&self) -> Option<Section> {
        let remedied = self.what_if.as_ref().filter(|remedied| remedied.treated > 0)?;
        let columns = vec![
            Column::new("remedy", "remedy", Kind::Text),
            Column::new("input", "input", Kind::Path),
            Column::new("consumer", "consumer", Kind::Path),
            Column::new("keys", "named in", Kind::Names),
            Column::new("verdict", "verdict", Kind::Text),
        ];
        let rows = remedied.remedies.iter().map(|edge| {
            let [remedy, .., verdict] = edge.row();
            vec![
                Cell::text(remedy),
                Cell::Path { path: edge.input.drv.clone(), name: edge.input.name.clone() },
                Cell::Path { path: edge.consumer.drv.clone(), name: edge.consumer.name.clone() },
                Cell::Names(edge.keys.clone()),
                Cell::text(verdict),
            ]
        });
        Some(Section {
            id: "remedies",
            title: "Remedies".to_owned(),
            lead: remedied.lines().join(". "),
            picture: None,
            table: Table { columns, rows: rows.collect() },
        })
    }

    fn each_section(&self) -> Option<Section> {
        let columns = vec![
            Column::new("selector", "bump", Kind::Text),
            Column::new("bumped", "bumped", Kind::Count),
            Column::new("derivations", "derivations", Kind::Count),
            Column::new("attributes", "attributes", Kind::Count),
            Column::new("exclusive", "only by it", Kind::Count),
            Column::new("hours", "time", Kind::Hours),
            Column::new("exclusive_hours", "time only by it", Kind::Hours),
        ];
        let rows = self.each.iter().map(|share| {
            let hours = |hours: Option<f64>| hours.map_or(Cell::None, Cell::Number);
            vec![
                Cell::text(share.selector.clone()),
                Cell::count(share.bumped),
                Cell::count(share.derivations),
                Cell::count(share.attributes),
                Cell::count(share.exclusive),
                hours(share.hours),
                hours(share.exclusive_hours),
            ]
        });
        let overlap = |overlap| format!("Rebuilt by more than one of them: {}.", counted(overlap, "derivation"));
        let table = Table { columns, rows: rows.collect() }.without_empty(&["hours", "exclusive_hours"]);
        (!self.each.is_empty()).then(|| Section {
            id: "each",
            title: "Each bump".to_owned(),
            lead: self.overlap.map(overlap).unwrap_or_default(),
            picture: None,
            table,
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
