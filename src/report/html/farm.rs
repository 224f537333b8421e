//! What machines build when.

use std::collections::BTreeSet;

use serde::Serialize;

use crate::query::{FarmLane, FarmRuns};
use crate::report::table::printable;

const MILLIS: f64 = 3_600_000.0;

/// Lanes over time, one for each slot that builds anything.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Farm {
    /// What it shows, in words.
    pub label: String,
    /// Pictures of which one is shown at a time.
    pub farms: Vec<FarmTime>,
    /// The column that names a picture, where only those of rows that pass are shown.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub part: Option<&'static str>,
    /// The column that names machines; slots of others than those of rows that pass are dimmed.
    pub machines: &'static str,
}

/// What a farm does with one set of builds. Times are in milliseconds, lists by run.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct FarmTime {
    /// Names it in links.
    key: String,
    /// In words.
    title: String,
    /// From the first start to the last end, in hours.
    hours: f64,
    builds: u64,
    /// Slots that never build anything.
    idle: u64,
    lanes: Vec<Lane>,
    names: Vec<String>,
    /// Empty where all are of one system.
    systems: Vec<String>,
    lane: Vec<usize>,
    start: Vec<u64>,
    long: Vec<u64>,
}

#[derive(Debug, Clone, PartialEq, Serialize)]
struct Lane {
    name: String,
    kind: String,
    /// Starts and ends of times in which it does other builds than those that are told.
    others: Vec<[u64; 2]>,
}

impl FarmTime {
    /// What a farm does, as a picture of this key and title.
    #[must_use]
    pub fn of(runs: &FarmRuns, key: String, title: String) -> Self {
        let millis = |hours: f64| (hours * MILLIS).round() as u64;
        let lanes = runs.lanes.iter().map(|lane| Lane {
            name: name_of(lane, &runs.lanes),
            kind: printable(&lane.kind).into_owned(),
            others: lane.others.iter().map(|&(start, end)| [millis(start), millis(end)]).collect(),
        });
        let systems: BTreeSet<&str> = runs.runs.iter().map(|run| run.system.as_str()).collect();
        let told = |system: &String| printable(system).into_owned();
        Self {
            key,
            title,
            hours: runs.hours,
            builds: runs.builds,
            idle: runs.idle,
            lanes: lanes.collect(),
            names: runs.runs.iter().map(|run| printable(&run.name).into_owned()).collect(),
            systems: if systems.len() > 1 {
                runs.runs.iter().map(|run| told(&run.system)).collect()
            } else {
                Vec::new()
            },
            lane: runs.runs.iter().map(|run| run.lane).collect(),
            start: runs.runs.iter().map(|run| millis(run.start_hours)).collect(),
            long: runs.runs.iter().map(|run| millis(run.end_hours) - millis(run.start_hours)).collect(),
        }
    }
}

/// `big 3.2`: the third machine, its second slot; as much of it as tells it from others.
fn name_of(lane: &FarmLane, all: &[FarmLane]) -> String {
    let same = || all.iter().filter(|other| other.kind == lane.kind);
    let kind = printable(&lane.kind);
    match (same().any(|other| other.machine > 1), same().any(|other| other.slot > 1)) {
        (false, false) => kind.into_owned(),
        (true, false) => format!("{kind} {}", lane.machine),
        (false, true) => format!("{kind} {}", lane.slot),
        (true, true) => format!("{kind} {}.{}", lane.machine, lane.slot),
    }
}
