//! A security bump while waves are under way: four ways to bring it in, side by side.

mod answer;
mod run_time;

use std::collections::BTreeSet;

use fixedbitset::FixedBitSet;

use super::report::Rebuilds;
use crate::cost::{Costs, Farm, Scheduler, Work, schedule};
use crate::graph::{Graph, NodeId};
use crate::proof::outputs::{Metadata, MetadataError};
use crate::query::REPORT_VERSION;
use crate::query::cost_report::made_again;
use crate::reach::{heaviest_chain, hours};
use run_time::RunTime;

pub use answer::{Joins, Rewrites, SecurityReport, Way, WayKind};

/// Time to copy a store path with other hashes in it, on the user's machine: an assumption.
const MILLIS_PER_PATH: u64 = 1_000;

/// Bytes that are copied so in a millisecond: 100 MB a second, an assumption.
const BYTES_PER_MILLI: u64 = 100_000;

/// So many names are told.
const NAMED: usize = 10;

/// What is known beside the graph.
#[derive(Debug, Clone, Copy)]
pub struct SecurityParams<'p> {
    /// What builds cost.
    pub costs: &'p Costs,
    /// The machines that build, and in which order; without any, everything takes as long as its longest chain.
    pub farm: Option<(&'p Farm, Scheduler)>,
    /// What outputs refer to; where they do not say, every input that a build uses counts.
    pub references: &'p [Metadata],
    /// What the bump makes, ascending, where pins or remedies make that less than its rebuild set.
    pub made: Option<&'p [NodeId]>,
    /// What each wave of the plan makes without this bump, ascending.
    pub waves: &'p [Vec<NodeId>],
    /// The number of the wave that is under way, from 1: what the waves before it make is locked. Above the last, all
    /// waves are done.
    pub current: usize,
}

/// Prices four ways to bring a bump in, and tells when each gives a fixed target.
///
/// - *graft*: the patched package alone is built, and the target's run-time closure rewritten to refer to it, as
///   nixpkgs' `replaceDependency` does, on the machine of whoever wants it;
/// - *current wave*: the wave that is under way takes it, and what is locked is rebuilt there;
/// - *parallel wave*: it is rebuilt on a branch of its own, upon what users have;
/// - *overlay*: whoever wants it rebuilds what the target needs.
///
/// By all but the second the waves take it later: that after the current one which costs least more by it, else one of
/// its own at the end. Times to the fixed target begin now, with an idle farm that builds for the target first; of the
/// current wave nothing counts as done. What users build is built one after another on a machine of speed 1.
///
/// Overestimates what is rewritten: where references are not known, everything that the target's builds use counts
/// (said in the answer), and all outputs of the target count as wanted. Underestimates it: where an output with
/// unknown references refers to what it got by way of an input with known ones. Underestimates what a graft leaves
/// open: what has the package's code in it and no reference is listed as possible, and what the patch changes in
/// consumers beyond that is not seen.
///
/// O(waves × nodes + edges), the schedules, and one look-up of references for each output that the target needs.
///
/// # Errors
/// When references cannot be read.
pub fn security_ways(
    graph: &Graph,
    bumped: &[NodeId],
    target: &[NodeId],
    params: SecurityParams<'_>,
) -> Result<SecurityReport, MetadataError> {
    let pricer = Pricer { graph, params };
    let made = params.made.map_or_else(|| made_again(graph, bumped), <[NodeId]>::to_vec);
    let upstream = upstream(graph, target);
    let needed = pricer.only(&made, &upstream);
    let affected = target.iter().any(|node| made.binary_search(node).is_ok());
    let locked = params.waves.iter().take(params.current.saturating_sub(1)).flatten();
    let locked: BTreeSet<NodeId> = locked.copied().collect();
    let wave = params.waves.get(params.current.saturating_sub(1)).map(Vec::as_slice).unwrap_or_default();
    let joins = pricer.joins(&made);
    let run_time = RunTime::of(graph, &needed, bumped, target, params.references)?;
    let later = |way: WayKind, now: &[NodeId]| {
        let now = pricer.rebuilds(now);
        Way { hours: now.hours + joins.rebuilds.hours, later: Some(joins), ..Way::new(way, now) }
    };

    let patched = pricer.with_fetches(&run_time.patched, bumped);
    let graft = Way {
        target_hours: hours((pricer.long(&patched) + rewriting(graph, params.costs, &run_time)) as f64),
        rewrites: Some(rewrites(graph, params.costs, &run_time)),
        ..later(WayKind::Graft, &patched)
    };

    let together = union(wave, &made);
    let more: Vec<NodeId> = made.iter().copied().filter(|node| wave.binary_search(node).is_err()).collect();
    let again: Vec<NodeId> = more.iter().copied().filter(|node| locked.contains(node)).collect();
    let rebuilt = pricer.rebuilds(&more);
    let to_target = if affected { pricer.long(&pricer.only(&together, &upstream)) } else { 0 };
    let current = Way {
        hours: rebuilt.hours,
        again: Some(pricer.rebuilds(&again)),
        target_hours: hours(to_target as f64),
        green_hours: Some(hours(pricer.long(&together) as f64)),
        ..Way::new(WayKind::CurrentWave, rebuilt)
    };

    let parallel = Way {
        target_hours: hours(pricer.long(&needed) as f64),
        green_hours: Some(hours(pricer.long(&made) as f64)),
        ..later(WayKind::ParallelWave, &made)
    };

    let of_user = pricer.rebuilds(&needed);
    let overlay = Way { target_hours: of_user.hours, user: Some(of_user), ..later(WayKind::Overlay, &[]) };

    Ok(SecurityReport {
        version: REPORT_VERSION,
        bumped: names(graph, bumped),
        target: names(graph, target),
        affected,
        current: params.current,
        rebuilds: pricer.rebuilds(&made),
        target_rebuilds: of_user,
        ways: vec![graft, current, parallel, overlay],
        notes: notes(&pricer, affected, &made, &run_time),
    })
}

/// Prices sets of nodes.
struct Pricer<'a> {
    graph: &'a Graph,
    params: SecurityParams<'a>,
}

impl Pricer<'_> {
    fn millis(&self, nodes: &[NodeId]) -> u64 {
        nodes.iter().map(|node| self.params.costs.time(*node).millis).fold(0, u64::saturating_add)
    }

    fn rebuilds(&self, nodes: &[NodeId]) -> Rebuilds {
        let derivations = nodes.iter().filter(|&&node| !self.graph.is_fixed(node)).count() as u64;
        Rebuilds { derivations, hours: hours(self.millis(nodes) as f64) }
    }

    /// How long they take: on the farm, or where none is given or can build them, their longest chain.
    fn long(&self, nodes: &[NodeId]) -> u64 {
        let millis = self.params.costs.millis();
        let work = Work { graph: self.graph, nodes, millis, asked: None };
        let on_farm = self.params.farm.and_then(|(farm, scheduler)| schedule(&work, farm, scheduler).ok());
        on_farm.map_or_else(|| heaviest_chain(self.graph, nodes, millis).1, |schedule| schedule.makespan)
    }

    fn only(&self, nodes: &[NodeId], wanted: &FixedBitSet) -> Vec<NodeId> {
        nodes.iter().copied().filter(|node| wanted.contains(node.index())).collect()
    }

    /// With the bumped fetches that they build from.
    fn with_fetches(&self, nodes: &[NodeId], bumped: &[NodeId]) -> Vec<NodeId> {
        let inputs = nodes.iter().flat_map(|&node| self.graph.input_edges(node).map(|(_, input)| input));
        let fetched: Vec<NodeId> =
            inputs.filter(|input| self.graph.is_fixed(*input) && bumped.contains(input)).collect();
        union(nodes, &union(&fetched, &[]))
    }

    /// The wave after the current one that costs least more with these nodes, the first of equals; one of its own at
    /// the end, where there is none.
    fn joins(&self, made: &[NodeId]) -> Joins {
        let after = self.params.waves.iter().enumerate().skip(self.params.current.max(1));
        let more = |wave: &[NodeId]| -> Vec<NodeId> {
            made.iter().copied().filter(|node| wave.binary_search(node).is_err()).collect()
        };
        let priced = after.map(|(at, wave)| (at + 1, more(wave)));
        let best = priced.min_by_key(|(number, more)| (self.millis(more), *number));
        match best {
            Some((number, more)) => Joins { wave: Some(number), rebuilds: self.rebuilds(&more) },
            None => Joins { wave: None, rebuilds: self.rebuilds(made) },
        }
    }
}

/// All that rebuilds of the target pass, itself included. O(nodes + edges).
fn upstream(graph: &Graph, target: &[NodeId]) -> FixedBitSet {
    let mut seen = FixedBitSet::with_capacity(graph.node_count());
    let mut stack: Vec<NodeId> = target.to_vec();
    while let Some(node) = stack.pop() {
        if !seen.put(node.index()) && !graph.is_fixed(node) {
            stack.extend(graph.input_edges(node).map(|(_, input)| input));
        }
    }
    seen
}

fn union(one: &[NodeId], other: &[NodeId]) -> Vec<NodeId> {
    let mut all = [one, other].concat();
    all.sort_unstable();
    all.dedup();
    all
}

/// Bytes of an output, where sizes are known.
fn bytes(graph: &Graph, costs: &Costs, node: NodeId, output: &str) -> u64 {
    let sizes = costs.sizes().into_iter().flat_map(|sizes| sizes.outputs(graph, node));
    sizes.filter(|size| size.output == output).map(|size| size.bytes).sum()
}

fn rewritten_bytes(graph: &Graph, costs: &Costs, run_time: &RunTime<'_>) -> u64 {
    run_time.rewritten.iter().map(|&(node, output)| bytes(graph, costs, node, output)).fold(0, u64::saturating_add)
}

/// Milliseconds that the rewriting takes: one path after another.
fn rewriting(graph: &Graph, costs: &Costs, run_time: &RunTime<'_>) -> u64 {
    let copying = rewritten_bytes(graph, costs, run_time) / BYTES_PER_MILLI;
    copying.saturating_add(MILLIS_PER_PATH.saturating_mul(run_time.rewritten.len() as u64))
}

fn rewrites(graph: &Graph, costs: &Costs, run_time: &RunTime<'_>) -> Rewrites {
    Rewrites {
        paths: run_time.rewritten.len() as u64,
        bytes: costs.sizes().map(|_| rewritten_bytes(graph, costs, run_time)),
        hours: hours(rewriting(graph, costs, run_time) as f64),
        known: run_time.known,
        assumed: run_time.assumed,
        built_in: run_time.built_in.len() as u64,
        built_in_names: names(graph, &run_time.built_in),
    }
}

/// Distinct names, the first of them.
fn names(graph: &Graph, nodes: &[NodeId]) -> Vec<String> {
    let names: BTreeSet<&str> = nodes.iter().map(|&node| graph.name(node)).collect();
    names.into_iter().take(NAMED).map(str::to_owned).collect()
}

fn notes(pricer: &Pricer<'_>, affected: bool, made: &[NodeId], run_time: &RunTime<'_>) -> Vec<String> {
    let mut notes = Vec::new();
    if !affected {
        notes.push("the target is not rebuilt by this bump: it does not depend on it".to_owned());
    } else if run_time.patched.is_empty() {
        notes.push(
            "nothing that the target needs at run time refers to what is bumped: a graft changes nothing".to_owned(),
        );
    }
    if let Some((farm, scheduler)) = pricer.params.farm {
        let work = Work { graph: pricer.graph, nodes: made, millis: pricer.params.costs.millis(), asked: None };
        if let Err(unbuildable) = schedule(&work, farm, scheduler) {
            let kinds: Vec<String> = unbuildable.iter().map(ToString::to_string).collect();
            notes.push(format!("no machine builds for {}: times are those of the longest chains", kinds.join("; ")));
        }
    }
    notes
}
