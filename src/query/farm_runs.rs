//! What the machines of a farm build when.

use std::cmp::Reverse;

use super::cost_report::{CostParams, made_again};
use super::resolve::Bump;
use crate::cost::{Farm, Run, Schedule, Work, schedule};
use crate::graph::{Graph, NodeId};
use crate::reach::hours;

/// The times of shorter builds of a slot that lie no further apart than this part of the whole are told as one.
const GAP: u64 = 1_000;

/// What shorter than this part of the whole is never told by itself: no picture would show it.
const SHORT: u64 = 2_000;

/// What a farm does with a set of builds: the longest of them each, the others as the times in which a slot builds.
#[derive(Debug, Clone, PartialEq)]
pub struct FarmRuns {
    /// From the first start to the last end.
    pub hours: f64,
    /// Builds and downloads in all.
    pub builds: u64,
    /// The slots on which any is built, in the farm's order.
    pub lanes: Vec<FarmLane>,
    /// How many other slots there are.
    pub idle: u64,
    /// The longest builds, by start.
    pub runs: Vec<FarmRun>,
}

/// A slot of a machine.
#[derive(Debug, Clone, PartialEq)]
pub struct FarmLane {
    /// The kind of machine.
    pub kind: String,
    /// Which machine of this kind, from 1.
    pub machine: u32,
    /// Which slot of it, from 1.
    pub slot: u32,
    /// How many builds and downloads it does.
    pub builds: u64,
    /// Hours that it builds.
    pub busy_hours: f64,
    /// Start and end, in hours, of times in which it does other builds than the longest; with gaps too short to see.
    pub others: Vec<(f64, f64)>,
}

/// A build on a slot.
#[derive(Debug, Clone, PartialEq)]
pub struct FarmRun {
    /// Its path.
    pub drv: String,
    /// Its name.
    pub name: String,
    /// What it is built on.
    pub system: String,
    /// The slot, an index into [`FarmRuns::lanes`].
    pub lane: usize,
    /// When it begins.
    pub start_hours: f64,
    /// When it ends.
    pub end_hours: f64,
    /// Whether it is fetched, not built.
    pub fetched: bool,
}

impl FarmRuns {
    /// Of a schedule on this farm, with at most so many builds told by themselves; of equally long ones the first by
    /// name and path. O(n log n).
    #[must_use]
    pub fn of(graph: &Graph, schedule: &Schedule, farm: &Farm, most: usize) -> Self {
        let took = |run: &Run| run.end - run.start;
        let mut longest: Vec<&Run> =
            schedule.runs.iter().filter(|run| took(run) > 0 && took(run) >= schedule.makespan / SHORT).collect();
        let key = |run: &&Run| (Reverse(took(run)), graph.name(run.node), graph.digest(run.node));
        longest.sort_by(|one, other| key(one).cmp(&key(other)));
        longest.truncate(most);
        let mut told: Vec<NodeId> = longest.iter().map(|run| run.node).collect();
        told.sort_unstable();

        let mut by_slot: Vec<&Run> = schedule.runs.iter().collect();
        by_slot.sort_by_key(|run| (run.kind, run.slot, run.start, run.end, run.node));
        let mut lanes: Vec<FarmLane> = Vec::new();
        let mut slots: Vec<(u32, u32)> = Vec::new();
        for runs in by_slot.chunk_by(|one, other| (one.kind, one.slot) == (other.kind, other.slot)) {
            let Some(first) = runs.first() else { continue };
            let Some(kind) = farm.machines().get(first.kind as usize) else { continue };
            let others = runs.iter().filter(|run| took(run) > 0 && told.binary_search(&run.node).is_err());
            slots.push((first.kind, first.slot));
            lanes.push(FarmLane {
                kind: kind.name.clone(),
                machine: first.slot / kind.slots.max(1) + 1,
                slot: first.slot % kind.slots.max(1) + 1,
                builds: runs.len() as u64,
                busy_hours: hours(runs.iter().map(|run| took(run)).sum::<u64>() as f64),
                others: joined(others.map(|run| (run.start, run.end)), schedule.makespan / GAP),
            });
        }
        longest.sort_by_key(|run| (run.start, run.kind, run.slot, run.node));
        let runs = longest.into_iter().filter_map(|run| {
            Some(FarmRun {
                drv: graph.path(run.node),
                name: graph.name(run.node).to_owned(),
                system: graph.system(run.node).to_owned(),
                lane: slots.binary_search(&(run.kind, run.slot)).ok()?,
                start_hours: hours(run.start as f64),
                end_hours: hours(run.end as f64),
                fetched: graph.is_fixed(run.node),
            })
        });
        Self {
            hours: hours(schedule.makespan as f64),
            builds: schedule.runs.len() as u64,
            idle: farm.slots().saturating_sub(lanes.len() as u64),
            runs: runs.collect(),
            lanes,
        }
    }
}

/// Times in hours, those together that have at most `gap` between them. They come by start, and do not overlap.
fn joined(times: impl Iterator<Item = (u64, u64)>, gap: u64) -> Vec<(f64, f64)> {
    let mut all: Vec<(u64, u64)> = Vec::new();
    for (start, end) in times {
        match all.last_mut() {
            Some(last) if start - last.1 <= gap => last.1 = end,
            _ => all.push((start, end)),
        }
    }
    all.into_iter().map(|(start, end)| (hours(start as f64), hours(end as f64))).collect()
}
/// What the farm does with what the bumps rebuild and fetch, in its order; none where there is no farm, or it cannot
/// build all of that. The time of a schedule.
#[must_use]
pub fn farm_runs(graph: &Graph, bumps: &[Bump], params: CostParams<'_>, most: usize) -> Option<FarmRuns> {
    let (farm, scheduler) = params.farm?;
    let nodes: Vec<NodeId> = bumps.iter().flat_map(|bump| bump.nodes.iter().copied()).collect();
    let work = Work { graph, nodes: &made_again(graph, &nodes), millis: params.costs.millis(), asked: None };
    schedule(&work, farm, scheduler).ok().map(|schedule| FarmRuns::of(graph, &schedule, farm, most))
}
