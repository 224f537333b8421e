//! The page of `waves`.

use super::impact::{count_fact, hours_fact};
use super::page::{Fact, Page, Pictured, Section};
use super::picture::Picture;
use super::variants::{Variant, Variants};
use super::waves_plan::{OWN, PlanKeys, Shown};
use crate::query::waves::{FrontierPoint, PlanRow, WavesReport};
use crate::report::table::{counted, number};
use crate::report::units::duration;

impl Pictured for WavesReport {
    fn page(&self) -> Page {
        let keys = PlanKeys::new(self);
        let shown = Shown::chosen(self);
        let sections = [
            Some(self.waves_section(&shown)),
            Some(self.frontier_section(&keys)),
            self.farm_section(),
            Some(self.bumps_section(&shown)),
            self.heavy_section(&shown),
            self.merges_section(&shown),
            self.precedence_section(),
            self.back_section(),
            self.security_section(),
            self.major_section(),
        ];
        let mut sections: Vec<Section> = sections.into_iter().flatten().collect();
        let variants = self.variants(&keys, &sections);
        for section in &mut sections {
            if let Some(Picture::Frontier(frontier)) = &mut section.picture {
                frontier.variants.clone_from(&variants);
            }
        }
        Page {
            command: "waves",
            title: match self.bumps.len() {
                1 => "When one bump goes in".to_owned(),
                bumps => format!("In what order {} bumps go in", number(bumps as u64)),
            },
            headline: [vec![self.headline()], self.reasons()].concat(),
            facts: facts(&self.chosen.point, self.overlaps()),
            notes: self.findings().iter().map(|line| line.strip_prefix("note: ").unwrap_or(line).to_owned()).collect(),
            sections,
        }
    }
}

/// Figures of a plan, by their members in the JSON report of a run that chooses it.
fn facts(point: &FrontierPoint, overlaps: bool) -> Vec<Fact> {
    let mut facts = vec![
        count_fact("chosen.waves", "waves", point.waves as u64, String::new()),
        count_fact("chosen.derivations", "builds", point.derivations, String::new()),
        hours_fact("chosen.hours", "machine time", point.hours, String::new()),
        hours_fact("chosen.peak_hours", "heaviest wave", point.peak_hours, String::new()),
        hours_fact("chosen.settling_hours", "settling: time × last wave", point.settling_hours, String::new()),
    ];
    let waits = [
        ("chosen.latency_hours", "waiting, wave after wave", point.latency_hours),
        ("chosen.overlapping_hours", "waiting, overlapping", point.overlapping_hours.filter(|_| overlaps)),
    ];
    facts.extend(
        waits.into_iter().filter_map(|(key, label, hours)| Some(hours_fact(key, label, hours?, String::new()))),
    );
    facts
}

impl WavesReport {
    fn variants(&self, keys: &PlanKeys, sections: &[Section]) -> Option<Variants> {
        let pictures = self.pictures.as_ref()?;
        let has = |id: &str| sections.iter().any(|section| section.id == id);
        let variant = |(key, plan): (String, &PlanRow)| {
            let shown = Shown::plan(self, plan);
            let mut tables =
                vec![("waves", shown.wave_rows()), ("bumps", shown.bump_rows()), ("heavy", shown.heavy_rows())];
            tables.push(("merges", shown.merge_rows()));
            tables.retain(|(id, _)| has(id));
            Variant { headline: self.other(&key, &plan.point), key, facts: facts(&plan.point, self.overlaps()), tables }
        };
        let others =
            pictures.plans.iter().filter(|plan| !plan.is_chosen).map(|plan| (plan.point.waves.to_string(), plan));
        let safer = pictures.safer.iter().map(|plan| (super::waves_plan::SAFER.to_owned(), plan));
        let all: Vec<Variant> = others.chain(safer).map(variant).collect();
        (!all.is_empty()).then(|| Variants {
            key: "waves",
            own: keys.chosen.clone(),
            all,
            only: OWN.iter().copied().filter(|id| has(id)).collect(),
            instead: "Told of the chosen plan alone: choose the other one with --waves and --html.".to_owned(),
        })
    }

    /// What is said of a plan that is not the chosen one.
    fn other(&self, key: &str, point: &FrontierPoint) -> Vec<String> {
        let more = point.hours - self.chosen.point.hours;
        let (more, word) = if more < 0.0 { (-more, "less") } else { (more, "more") };
        let mut lines = vec![
            format!(
                "{} in {}: {}, {}",
                counted(self.bumps.len() as u64, "bump"),
                counted(point.waves as u64, "wave"),
                counted(point.derivations, "build"),
                duration(point.hours)
            ),
            format!(
                "not the chosen plan of {}: {} {word}",
                counted(self.chosen.point.waves as u64, "wave"),
                duration(more)
            ),
        ];
        lines.push(match key.parse::<usize>() {
            Ok(waves) => format!("all of it: waves --waves {waves}"),
            Err(_) => "the chosen plan with one bump set apart".to_owned(),
        });
        lines
    }
}
