//! A plan of waves on a page: the chosen one, or another.

use std::collections::BTreeMap;

use super::cell::{Cell, Kind};
use super::frontier::Frontier;
use super::gantt::Gantt;
use super::page::Section;
use super::picture::Picture;
use super::table::{Column, Table};
use crate::query::waves::{BumpRow, FrontierPoint, HeavyBuild, Merge, PlanRow, WaveRow, WavesReport};
use crate::report::table::counted;
use crate::report::units::duration;
use crate::report::waves::plan::listed;

/// The key of the chosen plan where it is none of the frontier, and that of the next safer one where that is none.
const CHOSEN: &str = "chosen";
pub(super) const SAFER: &str = "safer";

/// Sections that are told of the chosen plan alone.
pub(super) const OWN: [&str; 4] = ["farm", "back", "security", "major"];

/// What plans of the frontier are called in links.
pub(super) struct PlanKeys {
    pub(super) chosen: String,
    /// By number of waves, of those that the page has.
    frontier: Vec<usize>,
    safer: bool,
}

impl PlanKeys {
    pub(super) fn new(report: &WavesReport) -> Self {
        let plans = report.pictures.iter().flat_map(|pictures| &pictures.plans);
        let own = plans.clone().find(|plan| plan.is_chosen).map(|plan| plan.point.waves.to_string());
        Self {
            chosen: own.unwrap_or_else(|| CHOSEN.to_owned()),
            frontier: plans.map(|plan| plan.point.waves).collect(),
            safer: report.pictures.as_ref().is_some_and(|pictures| pictures.safer.is_some()),
        }
    }
}

/// What a page tells of one plan.
pub(super) struct Shown<'r> {
    report: &'r WavesReport,
    waves: &'r [WaveRow],
    heavy: &'r [HeavyBuild],
    merges: &'r [Merge],
    /// The wave of each bump, and why.
    places: BTreeMap<&'r str, (usize, &'r str)>,
}

impl<'r> Shown<'r> {
    pub(super) fn chosen(report: &'r WavesReport) -> Self {
        Self::new(report, &report.waves, &report.heavy_builds, &report.merges)
    }

    pub(super) fn plan(report: &'r WavesReport, plan: &'r PlanRow) -> Self {
        Self::new(report, &plan.waves, &plan.heavy_builds, &plan.merges)
    }

    fn new(report: &'r WavesReport, waves: &'r [WaveRow], heavy: &'r [HeavyBuild], merges: &'r [Merge]) -> Self {
        let places = waves.iter().flat_map(|wave| {
            wave.bumps.iter().map(move |bump| (bump.name.as_str(), (wave.number, bump.reason.as_str())))
        });
        Self { report, waves, heavy, merges, places: places.collect() }
    }

    pub(super) fn wave_rows(&self) -> Vec<Vec<Cell>> {
        let row = |wave: &WaveRow| {
            let stages: Vec<String> = wave.stages.iter().map(|stage| listed(stage)).collect();
            vec![
                Cell::count(wave.number as u64),
                Cell::Names(wave.names()),
                if stages.len() > 1 { Cell::text(stages.join(" › ")) } else { Cell::None },
                Cell::count(wave.derivations),
                Cell::count(wave.attributes),
                Cell::Number(wave.hours),
                wave.start_hours.map_or(Cell::None, Cell::Number),
                wave.overlapping_start_hours.map_or(Cell::None, Cell::Number),
                Cell::Number(wave.waits()),
                Cell::Number(wave.settles.hours),
                Cell::Names(wave.settling.clone()),
                Cell::count(wave.at_stake.maintained),
            ]
        };
        let kept = self.report.wave_columns();
        self.waves.iter().map(|wave| those(row(wave), &kept)).collect()
    }

    /// The bumps by wave, then as they were given.
    pub(super) fn bump_rows(&self) -> Vec<Vec<Cell>> {
        let mut bumps: Vec<(&BumpRow, usize, &str)> = self
            .report
            .bumps
            .iter()
            .filter_map(|bump| self.places.get(bump.name.as_str()).map(|&(wave, why)| (bump, wave, why)))
            .collect();
        bumps.sort_by_key(|&(_, wave, _)| wave);
        let row = |(bump, wave, why): (&BumpRow, usize, &str)| {
            vec![
                Cell::text(bump.name.clone()),
                Cell::text(bump.versions().trim()),
                Cell::count(wave as u64),
                Cell::text(why),
                Cell::count(bump.rebuilds.derivations),
                Cell::Number(bump.rebuilds.hours),
                Cell::count(bump.instances),
                Cell::Names(bump.owners.clone()),
                Cell::count(bump.at_stake.maintained),
                if bump.security { Cell::text("yes") } else { Cell::None },
            ]
        };
        let kept = self.report.bump_columns();
        bumps.into_iter().map(|bump| those(row(bump), &kept)).collect()
    }

    pub(super) fn heavy_rows(&self) -> Vec<Vec<Cell>> {
        let row = |heavy: &HeavyBuild| {
            vec![
                Cell::Path { path: heavy.drv.clone(), name: heavy.name.clone() },
                Cell::text(heavy.system.clone()),
                if heavy.measured { Cell::Number(heavy.hours) } else { Cell::Estimate(heavy.hours) },
                Cell::Names(heavy.waves.iter().map(usize::to_string).collect()),
                Cell::Names(heavy.held_by.clone()),
            ]
        };
        self.heavy.iter().map(row).collect()
    }

    pub(super) fn merge_rows(&self) -> Vec<Vec<Cell>> {
        let row = |merge: &Merge| {
            let [first, second] = merge.waves;
            vec![
                Cell::text(format!("{first} and {second}")),
                Cell::Number(merge.saves.hours),
                Cell::count(merge.saves.derivations),
            ]
        };
        self.merges.iter().map(row).collect()
    }
}

/// The members that are kept.
fn those<T>(all: Vec<T>, kept: &[bool]) -> Vec<T> {
    all.into_iter().zip(kept).filter(|(_, kept)| **kept).map(|(one, _)| one).collect()
}

impl WavesReport {
    /// Whether it holds of any wave of any plan that the page has: all have rows for the same columns.
    fn is_in_any_plan(&self, holds: impl Fn(&WaveRow) -> bool) -> bool {
        let pictures = self.pictures.iter().flat_map(|pictures| pictures.plans.iter().chain(&pictures.safer));
        self.waves.iter().chain(pictures.flat_map(|plan| &plan.waves)).any(holds)
    }

    /// Whether waves of any plan can overlap.
    pub(super) fn overlaps(&self) -> bool {
        self.is_in_any_plan(|wave| wave.start_hours != wave.overlapping_start_hours)
    }

    /// The columns of waves in which there is something to tell.
    fn wave_columns(&self) -> [bool; 12] {
        let mut kept = [true; 12];
        kept[2] = self.is_in_any_plan(|wave| wave.stages.len() > 1);
        kept[6] = self.is_in_any_plan(|wave| wave.start_hours.is_some());
        kept[7] = self.overlaps();
        kept[10] = self.tells_heavy_builds();
        kept[11] = self.knows_maintainers();
        kept
    }

    /// The columns of bumps in which there is something to tell.
    fn bump_columns(&self) -> [bool; 10] {
        let any = |tells: fn(&BumpRow) -> bool| self.bumps.iter().any(tells);
        let mut kept = [true; 10];
        kept[1] = any(|bump| bump.from.is_some() || bump.to.is_some());
        kept[7] = any(|bump| !bump.owners.is_empty());
        kept[8] = self.knows_maintainers();
        kept[9] = any(|bump| bump.security);
        kept
    }

    pub(super) fn waves_section(&self, shown: &Shown<'_>) -> Section {
        let farm = self.waves.iter().any(|wave| wave.makespan_hours.is_some());
        let overlaps = self.overlaps();
        let kept = self.wave_columns();
        let picture = Gantt {
            label: "Waves over time".to_owned(),
            clock: if farm { "on the farm" } else { "with builders enough" },
            row: "wave",
            names: "bumps",
            stages: "stages",
            start: "begins",
            overlapping: overlaps.then_some("overlapping"),
            long: "waits",
            builds: "builds",
            hours: "hours",
            settles: "settles",
            heavy: "settling",
        };
        let columns = vec![
            Column::facet("wave", "wave", Kind::Count),
            Column::new("bumps", "bumps", Kind::Names),
            Column::new("stages", "in stages", Kind::Text),
            Column::new("builds", "builds", Kind::Count),
            Column::new("attributes", "attributes", Kind::Count),
            Column::new("hours", "time", Kind::Hours),
            Column::new("begins", "begins", Kind::Hours),
            Column::new("overlapping", "begins, overlapping", Kind::Hours),
            Column::new("waits", "waits", Kind::Hours),
            Column::new("settles", "settles", Kind::Hours),
            Column::new("settling", "heaviest that settle", Kind::Names),
            Column::new("maintained", "maintained packages", Kind::Count),
        ];
        let waits = if farm { "how long the farm takes" } else { "how long its longest chain takes" };
        Section {
            id: "waves",
            title: "Waves".to_owned(),
            lead: format!(
                "Each wave rebuilds and tests what its bumps change, and is locked when all is green. Waits: {waits}."
            ),
            picture: Some(Picture::Gantt(picture)),
            table: Table { columns: those(columns, &kept), rows: shown.wave_rows() },
        }
    }

    pub(super) fn bumps_section(&self, shown: &Shown<'_>) -> Section {
        let columns = vec![
            Column::new("bump", "bump", Kind::Text),
            Column::new("versions", "version", Kind::Text),
            Column::facet("wave", "wave", Kind::Count),
            Column::new("reason", "why there", Kind::Text),
            Column::new("builds", "builds alone", Kind::Count),
            Column::new("hours", "time alone", Kind::Hours),
            Column::new("instances", "derivations bumped", Kind::Count),
            Column::facet("owner", "owner", Kind::Names),
            Column::new("maintained", "maintained packages", Kind::Count),
            Column::new("security", "security", Kind::Text),
        ];
        Section {
            id: "bumps",
            title: "Bumps".to_owned(),
            lead: "What each bump rebuilds alone, and why it is in its wave.".to_owned(),
            picture: None,
            table: Table { columns: those(columns, &self.bump_columns()), rows: shown.bump_rows() },
        }
    }

    pub(super) fn heavy_section(&self, shown: &Shown<'_>) -> Option<Section> {
        let columns = vec![
            Column::new("drv", "heavy build", Kind::Path),
            Column::facet("system", "system", Kind::Text),
            Column::new("hours", "time", Kind::Hours),
            Column::facet("wave", "built in waves", Kind::Names),
            Column::new("held_by", "held by", Kind::Names),
        ];
        self.tells_heavy_builds().then(|| Section {
            id: "heavy",
            title: "Heavy builds".to_owned(),
            lead: "The builds that take longest: in which waves each is built, and which bumps keep it from settling \
                   earlier."
                .to_owned(),
            picture: None,
            table: Table { columns, rows: shown.heavy_rows() },
        })
    }

    pub(super) fn merges_section(&self, shown: &Shown<'_>) -> Option<Section> {
        let columns = vec![
            Column::new("waves", "waves", Kind::Text),
            Column::new("hours", "less time", Kind::Hours),
            Column::new("builds", "fewer builds", Kind::Count),
        ];
        let pictures = self.pictures.iter().flat_map(|pictures| &pictures.plans);
        let any = !self.merges.is_empty() || pictures.into_iter().any(|plan| !plan.merges.is_empty());
        any.then(|| Section {
            id: "merges",
            title: "Neighbours as one".to_owned(),
            lead: "What two waves that follow one another would save as one: what both build.".to_owned(),
            picture: None,
            table: Table { columns, rows: shown.merge_rows() },
        })
    }

    pub(super) fn frontier_section(&self, keys: &PlanKeys) -> Section {
        let chosen = &self.chosen.point;
        let columns = vec![
            Column::new("plan", "plan", Kind::Text),
            Column::new("waves", "waves", Kind::Count),
            Column::new("builds", "builds", Kind::Count),
            Column::new("hours", "time", Kind::Hours),
            Column::new("peak", "heaviest wave", Kind::Hours),
            Column::new("settling", "settling", Kind::Hours),
            Column::new("latency", "waits", Kind::Hours),
            Column::new("overlapping", "overlapping", Kind::Hours),
            Column::new("locked", "upstreams locked", Kind::Text),
            Column::new("proof", "proven", Kind::Text),
        ];
        let mut points: Vec<(Option<String>, FrontierPoint, &str)> = Vec::new();
        if keys.chosen == CHOSEN {
            points.push((Some(CHOSEN.to_owned()), *chosen, "chosen"));
        }
        let word = |point: &FrontierPoint| {
            let is = |other: &Option<crate::query::waves::Alternative>| {
                other.as_ref().is_some_and(|other| other.point == *point)
            };
            let words = [
                (keys.chosen == point.waves.to_string(), "chosen"),
                (is(&self.alternatives.cheaper), "next cheaper"),
                (is(&self.alternatives.safer) && !keys.safer, "next safer"),
            ];
            words.into_iter().find(|(holds, _)| *holds).map_or("", |(_, word)| word)
        };
        for point in &self.frontier {
            let key = keys.frontier.contains(&point.waves).then(|| point.waves.to_string());
            points.push((key, *point, word(point)));
        }
        if let Some(safer) = self.pictures.as_ref().and_then(|pictures| pictures.safer.as_ref()) {
            points.push((Some(SAFER.to_owned()), safer.point, "next safer"));
        }
        points.sort_by_key(|(_, point, _)| point.waves);
        let row = |(_, point, word): &(Option<String>, FrontierPoint, &str)| {
            let time = |hours: Option<f64>| hours.map_or(Cell::None, Cell::Number);
            let yes = |holds: bool| if holds { Cell::text("yes") } else { Cell::None };
            vec![
                Cell::text(*word),
                Cell::count(point.waves as u64),
                Cell::count(point.derivations),
                Cell::Number(point.hours),
                Cell::Number(point.peak_hours),
                Cell::Number(point.settling_hours),
                time(point.latency_hours),
                time(point.overlapping_hours),
                yes(point.strict),
                yes(point.optimal),
            ]
        };
        let limits = self.pictures.as_ref().map(|pictures| pictures.limits).unwrap_or_default();
        Section {
            id: "frontier",
            title: "Other plans".to_owned(),
            lead: self.frontier_lead(&points, limits.hours, limits.bumps),
            picture: Some(Picture::Frontier(Frontier {
                label: "Plans by their number of waves and their machine time".to_owned(),
                x: "waves",
                y: "hours",
                tells: vec!["builds", "peak", "settling", "latency", "overlapping"],
                plans: points.iter().map(|(key, ..)| key.clone()).collect(),
                locked: points.iter().map(|(_, point, _)| point.strict).collect(),
                proven: points.iter().map(|(_, point, _)| point.optimal).collect(),
                chosen: keys.chosen.clone(),
                variants: None,
                most: limits.waves,
            })),
            table: Table { columns, rows: points.iter().map(row).collect() },
        }
    }

    fn frontier_lead(
        &self,
        points: &[(Option<String>, FrontierPoint, &str)],
        hours: Option<f64>,
        bumps: Option<u32>,
    ) -> String {
        let mut words =
            vec!["The best plan that was found for each number of waves. Pick a point to see its waves.".to_owned()];
        let missing = points.iter().filter(|(key, ..)| key.is_none()).count() as u64;
        if missing > 0 {
            words.push(format!("{} are not on this page; --waves tells each.", counted(missing, "plan")));
        }
        if let Some(hours) = hours {
            words.push(format!(
                "A wave takes at most {} of machine time, but for a bump that takes more alone.",
                duration(hours)
            ));
        }
        if let Some(bumps) = bumps {
            words.push(format!("A wave has at most {}.", counted(u64::from(bumps), "bump")));
        }
        words.join(" ")
    }
}
