//! Several pieces of work on one farm at the same time.

use std::collections::BTreeSet;

use super::jobs::{Jobs, Net};
use super::pool::Pool;
use super::simulation::{self, simulate};
use super::{Farm, Schedule, Scheduler, Unbuildable, Work};
use crate::graph::{Graph, NodeId};

/// Schedules several sets of derivations at the same time on one farm, what the longest chain waits for first; of
/// equally long chains that of the earlier set. `sets` are ascending, `millis` as in [`Work`]. Nothing of one set
/// waits for another, and what is in several is built for each: they are builds of other versions.
///
/// Gives the schedule of each set; all begin at the same time. O((n + e) log n) for n nodes and e edges of all sets
/// together, times the kinds of machines.
///
/// # Errors
/// As of [`super::schedule`].
///
/// # Panics
/// As of [`super::schedule`].
pub fn schedule_together(
    graph: &Graph,
    sets: &[&[NodeId]],
    millis: &[u64],
    farm: &Farm,
) -> Result<Vec<Schedule>, Vec<Unbuildable>> {
    let all: BTreeSet<NodeId> = sets.iter().flat_map(|set| set.iter().copied()).collect();
    let all: Vec<NodeId> = all.into_iter().collect();
    let jobs = Jobs::new(&Work { graph, nodes: &all, millis, asked: None }, farm, Scheduler::Longest)?;
    let mut net = Net::new(Vec::new(), Vec::new(), std::iter::empty());
    let mut rank: Vec<u32> = Vec::new();
    let mut parts: Vec<Vec<NodeId>> = Vec::with_capacity(sets.len());
    for set in sets {
        let first = rank.len() as u32;
        let members: Vec<u32> = set.iter().filter_map(|&node| jobs.goal(node)).collect();
        let copy = |job: u32| members.binary_search(&job).ok().map(|at| first + at as u32);
        for &job in &members {
            net.add(&jobs.net, job, jobs.net.waiting(job).iter().filter_map(|&next| copy(next)));
        }
        let mut order: Vec<u32> = (0..members.len() as u32).collect();
        order.sort_unstable_by_key(|&at| jobs.rank[members[at as usize] as usize]);
        rank.extend(super::keys::places(&order).into_iter().map(|place| first + place));
        parts.push(members.iter().map(|&job| jobs.nodes[job as usize]).collect());
    }
    let placed =
        simulate(&net, &net.by_longest_path(&rank), simulation::Policy::Longest, &mut Pool::new(farm, &jobs.classes));
    let mut rest = placed.as_slice();
    let schedules = parts.iter().map(|nodes| {
        let (own, others) = rest.split_at(nodes.len());
        rest = others;
        Schedule::of(nodes, farm, own)
    });
    Ok(schedules.collect())
}
