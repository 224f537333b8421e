//! What a page of `waves` tells of the chosen plan alone, or whatever the plan.

use super::cell::{Cell, Kind};
use super::farm::{Farm, FarmTime};
use super::page::Section;
use super::picture::Picture;
use super::table::{Column, Table};
use crate::query::FarmRuns;
use crate::query::waves::{BackEdge, Before, MajorStep, SecurityBump, WavesReport, Way};
use crate::report::table::counted;
use crate::report::waves::plan::{listed, path};

impl WavesReport {
    pub(super) fn farm_section(&self) -> Option<Section> {
        let runs = &self.pictures.as_ref()?.runs;
        let columns = vec![
            Column::facet("wave", "wave", Kind::Count),
            Column::new("machine", "machine", Kind::Text),
            Column::new("slots", "slots in use", Kind::Count),
            Column::new("builds", "builds and downloads", Kind::Count),
            Column::new("busy", "building", Kind::Hours),
            Column::new("makespan", "wave takes", Kind::Hours),
            Column::new("share", "of their time", Kind::Share),
        ];
        let farms = runs.iter().zip(&self.waves).map(|(runs, wave)| {
            FarmTime::of(runs, wave.number.to_string(), format!("Wave {}: {}", wave.number, listed(&wave.names())))
        });
        (!runs.is_empty()).then(|| Section {
            id: "farm",
            title: "The farm".to_owned(),
            lead: "What each slot builds when. The longest builds are drawn by themselves (of equally long ones the first \
                   by name), all others as shades. Where nothing is drawn, a slot waits."
                .to_owned(),
            picture: Some(Picture::Farm(Farm {
                label: "Builds of a wave on the farm".to_owned(),
                farms: farms.collect(),
                part: Some("wave"),
                machines: "machine",
            })),
            table: Table {
                columns,
                rows: runs.iter().zip(&self.waves).flat_map(|(runs, wave)| machines(runs, wave.number)).collect(),
            },
        })
    }

    pub(super) fn precedence_section(&self) -> Option<Section> {
        let columns = vec![
            Column::new("before", "bump", Kind::Names),
            Column::new("after", "comes before", Kind::Names),
            Column::new("reason", "why", Kind::Text),
            Column::new("path", "path", Kind::Text),
        ];
        let row = |before: &Before| {
            vec![
                Cell::Names(before.before.clone()),
                Cell::Names(before.after.clone()),
                Cell::text(before.reason),
                Cell::text(path(&before.path)),
            ]
        };
        (!self.precedence.is_empty()).then(|| Section {
            id: "precedence",
            title: "What comes before what".to_owned(),
            lead: "Without what follows from others.".to_owned(),
            picture: None,
            table: Table { columns, rows: self.precedence.iter().map(row).collect() }.without_empty(&["path"]),
        })
    }

    pub(super) fn back_section(&self) -> Option<Section> {
        let columns = vec![
            Column::new("to", "rebuilt again", Kind::Names),
            Column::new("locked_in", "locked in wave", Kind::Count),
            Column::new("from", "by", Kind::Names),
            Column::new("rebuilt_in", "in wave", Kind::Count),
            Column::new("builds", "builds", Kind::Count),
            Column::new("hours", "time", Kind::Hours),
            Column::new("path", "path", Kind::Text),
        ];
        let row = |back: &BackEdge| {
            vec![
                Cell::Names(back.to.clone()),
                Cell::count(back.locked_in as u64),
                Cell::Names(back.from.clone()),
                Cell::count(back.rebuilt_in as u64),
                Cell::count(back.again.derivations),
                Cell::Number(back.again.hours),
                Cell::text(path(&back.path)),
            ]
        };
        let more = match self.more_back_edges {
            0 => String::new(),
            more => format!(" {} cost less and are not told.", counted(more, "more pair")),
        };
        (!self.back_edges.is_empty()).then(|| Section {
            id: "back",
            title: "Rebuilt although locked".to_owned(),
            lead: format!("Other instances of a later bump rebuild what an earlier wave has locked.{more}"),
            picture: None,
            table: Table { columns, rows: self.back_edges.iter().map(row).collect() },
        })
    }

    pub(super) fn security_section(&self) -> Option<Section> {
        let columns = vec![
            Column::new("bump", "bump", Kind::Text),
            Column::new("way", "way", Kind::Text),
            Column::new("target", "fixed after", Kind::Hours),
            Column::new("green", "all built after", Kind::Hours),
            Column::new("builds", "builds now", Kind::Count),
            Column::new("hours", "time now", Kind::Hours),
            Column::new("again", "of them locked", Kind::Count),
            Column::new("later", "added to later waves", Kind::Count),
            Column::new("later_wave", "to wave", Kind::Count),
            Column::new("all", "time in all", Kind::Hours),
        ];
        let row = |bump: &SecurityBump, way: &Way| {
            vec![
                Cell::text(bump.bump.clone()),
                Cell::text(way.way.as_str()),
                Cell::Number(way.target_hours),
                way.green_hours.map_or(Cell::None, Cell::Number),
                Cell::count(way.now.derivations),
                Cell::Number(way.now.hours),
                way.again.map_or(Cell::None, |again| Cell::count(again.derivations)),
                way.later.map_or(Cell::None, |later| Cell::count(later.rebuilds.derivations)),
                way.later.and_then(|later| later.wave).map_or(Cell::None, |wave| Cell::count(wave as u64)),
                Cell::Number(way.hours),
            ]
        };
        let rows = self.security.iter().flat_map(|bump| bump.report.ways.iter().map(move |way| row(bump, way)));
        (!self.security.is_empty()).then(|| Section {
            id: "security",
            title: "Security".to_owned(),
            lead: "Four ways to bring in each bump that mends a security hole, upon the plan without it.".to_owned(),
            picture: None,
            table: Table { columns, rows: rows.collect() },
        })
    }

    pub(super) fn major_section(&self) -> Option<Section> {
        let major = self.major.as_ref()?;
        let columns = vec![
            Column::new("step", "step", Kind::Count),
            Column::new("begins", "begins", Kind::Hours),
            Column::new("takes", "takes", Kind::Hours),
            Column::new("builds", "builds", Kind::Count),
            Column::new("busy", "building", Kind::Hours),
            Column::new("share", "of the farm's time", Kind::Share),
            Column::new("runs", "waves", Kind::Text),
        ];
        let row = |step: &MajorStep| {
            let runs: Vec<String> =
                step.runs.iter().map(|run| format!("wave {} of major wave {}", run.wave, run.major)).collect();
            vec![
                Cell::count(step.number),
                Cell::Number(step.start_hours),
                Cell::Number(step.hours),
                Cell::count(step.builds),
                Cell::Number(step.busy_hours),
                Cell::Number(step.utilisation),
                Cell::text(runs.join(", ")),
            ]
        };
        Some(Section {
            id: "major",
            title: "Several major waves".to_owned(),
            lead: format!("{}, staggered on the farm.", counted(u64::from(major.major_waves), "major wave")),
            picture: None,
            table: Table { columns, rows: major.steps.iter().map(row).collect() },
        })
    }
}

/// What the machines of each kind do in a wave.
fn machines(runs: &FarmRuns, wave: usize) -> Vec<Vec<Cell>> {
    let kinds = runs.lanes.chunk_by(|one, other| one.kind == other.kind);
    let row = |lanes: &[crate::query::FarmLane]| {
        let busy: f64 = lanes.iter().map(|lane| lane.busy_hours).sum();
        let all = runs.hours * lanes.len() as f64;
        vec![
            Cell::count(wave as u64),
            Cell::text(lanes.first().map(|lane| lane.kind.clone()).unwrap_or_default()),
            Cell::count(lanes.len() as u64),
            Cell::count(lanes.iter().map(|lane| lane.builds).sum::<u64>()),
            Cell::Number(busy),
            Cell::Number(runs.hours),
            if all > 0.0 { Cell::Number(busy / all) } else { Cell::None },
        ]
    };
    kinds.map(row).collect()
}
