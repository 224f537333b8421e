//! What a bump costs.

use std::cmp::Reverse;
use std::collections::{BTreeMap, BTreeSet};

use serde::Serialize;

use super::impact::ImpactReport;
use super::resolve::Bump;
use crate::cost::{Costs, Farm, Schedule, Scheduler, Work, schedule};
use crate::graph::{Graph, NodeId};
use crate::reach::{RebuildSet, heaviest_chain};

/// What a set of builds and downloads costs.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct CostReport {
    /// Machine time.
    pub hours: Hours,
    /// Bytes that are written, and that every user downloads again: the NARs of all outputs. None where no sizes are
    /// given.
    pub bytes: Option<u64>,
    /// Those of them that a record says; the rest is estimated.
    pub bytes_measured: Option<u64>,
    /// The chain that no number of machines shortens.
    pub critical_path: CriticalPath,
    /// When a farm is done with it, where one is given that can build it all.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub makespan: Option<Makespan>,
    /// What no machine of the farm builds.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub unbuildable: Vec<UnbuildableReport>,
    /// The builds that take longest, and their part of the whole.
    pub heavyweights: Vec<Heavyweight>,
}

/// Machine time, on machines of speed 1.
#[derive(Debug, Clone, Default, PartialEq, Serialize)]
pub struct Hours {
    /// All.
    pub total: f64,
    /// What records say.
    pub measured: f64,
    /// What is estimated.
    pub estimated: f64,
    /// The measured part of the total, from 0 to 1; 1 where nothing is built.
    pub measured_share: f64,
    /// By the system that is built on.
    pub by_system: BTreeMap<String, f64>,
}

/// A build that takes long.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Heavyweight {
    /// Its path.
    pub drv: String,
    /// Its name.
    pub name: String,
    /// What it is built on.
    pub system: String,
    /// Machine time.
    pub hours: f64,
    /// Of the total, from 0 to 1.
    pub share: f64,
    /// Whether a record says so; estimated otherwise.
    pub measured: bool,
    /// Bytes of its outputs, where sizes are given.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub bytes: Option<u64>,
}

/// Builds each of which needs the one before; no other chain takes longer.
#[derive(Debug, Clone, Default, PartialEq, Serialize)]
pub struct CriticalPath {
    /// Machine time of them all.
    pub hours: f64,
    /// In the order in which they are built.
    pub chain: Vec<TimedBuild>,
}

/// A build and what it takes.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct TimedBuild {
    /// Its path.
    pub drv: String,
    /// Its name.
    pub name: String,
    /// What it is built on.
    pub system: String,
    /// Machine time.
    pub hours: f64,
    /// Whether a record says so; estimated otherwise.
    pub measured: bool,
}

/// How long a farm works.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Makespan {
    /// From the first start to the last end.
    pub hours: f64,
    /// Builds at a time.
    pub builders: u64,
    /// The order: `longest` or `nix`.
    pub scheduler: &'static str,
    /// The same in the order that starts first what the longest chain waits for.
    pub attainable_hours: f64,
    /// The share of its time in which the farm builds, from 0 to 1.
    pub utilisation: f64,
    /// What each kind of machine does.
    pub machines: Vec<MachineUse>,
}

/// What the machines of a kind do.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct MachineUse {
    /// What they are called.
    pub name: String,
    /// Builds at a time, of all of them.
    pub slots: u64,
    /// How many builds they do.
    pub builds: u64,
    /// Time that they build, in all.
    pub busy_hours: f64,
}

/// What no machine of a farm builds.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct UnbuildableReport {
    /// For which system.
    pub system: String,
    /// What it requires of a machine.
    pub features: Vec<String>,
    /// How many derivations.
    pub builds: u64,
    /// The first of them.
    pub first: String,
}

/// What one build or download costs.
#[derive(Debug, Clone, Copy, PartialEq, Serialize)]
pub struct Price {
    /// Machine time.
    pub hours: f64,
    /// Whether a record says so; estimated otherwise.
    pub measured: bool,
    /// Bytes of its outputs, where sizes are given.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub bytes: Option<u64>,
}

/// Milliseconds as hours.
#[must_use]
pub fn hours(millis: u64) -> f64 {
    millis as f64 / 3_600_000.0
}

/// What these nodes cost together, and which `top` of them most. O(nodes), each counted once.
pub(super) fn priced(graph: &Graph, costs: &Costs, nodes: &[NodeId], top: usize) -> CostReport {
    let (mut total, mut measured) = (0u64, 0u64);
    let mut by_system: BTreeMap<&str, u64> = BTreeMap::new();
    let (mut bytes, mut bytes_measured) = (0u64, 0u64);
    for &node in nodes {
        let time = costs.time(node);
        total = total.saturating_add(time.millis);
        measured = measured.saturating_add(if time.measured { time.millis } else { 0 });
        let system = by_system.entry(system_of(graph, node)).or_default();
        *system = system.saturating_add(time.millis);
        if let Some(size) = costs.size(node) {
            bytes = bytes.saturating_add(size.bytes);
            bytes_measured = bytes_measured.saturating_add(if size.measured { size.bytes } else { 0 });
        }
    }
    let share = |millis: u64| if total == 0 { 0.0 } else { millis as f64 / total as f64 };
    let mut order: Vec<NodeId> = nodes.iter().copied().filter(|&node| costs.time(node).millis > 0).collect();
    let key = |node: &NodeId| (Reverse(costs.time(*node).millis), graph.name(*node), graph.digest(*node));
    if top < order.len() && top > 0 {
        order.select_nth_unstable_by(top - 1, |a, b| key(a).cmp(&key(b)));
    }
    order.truncate(top);
    order.sort_unstable_by(|a, b| key(a).cmp(&key(b)));
    let heavyweight = |node: NodeId| {
        let time = costs.time(node);
        Heavyweight {
            drv: graph.path(node),
            name: graph.name(node).to_owned(),
            system: graph.system(node).to_owned(),
            hours: hours(time.millis),
            share: share(time.millis),
            measured: time.measured,
            bytes: costs.size(node).map(|size| size.bytes),
        }
    };
    CostReport {
        hours: Hours {
            total: hours(total),
            measured: hours(measured),
            estimated: hours(total - measured),
            measured_share: if total == 0 { 1.0 } else { share(measured) },
            by_system: by_system.into_iter().map(|(system, millis)| (system.to_owned(), hours(millis))).collect(),
        },
        bytes: costs.bytes().map(|_| bytes),
        bytes_measured: costs.bytes().map(|_| bytes_measured),
        critical_path: CriticalPath::of(graph, costs, nodes),
        makespan: None,
        unbuildable: Vec::new(),
        heavyweights: order.into_iter().map(heavyweight).collect(),
    }
}

/// The system that a node is built on, as reports name it.
fn system_of(graph: &Graph, node: NodeId) -> &str {
    match graph.system(node) {
        "" => "unknown",
        system => system,
    }
}

/// What to tell of costs.
#[derive(Debug, Clone, Copy)]
pub struct CostParams<'p> {
    /// How many heavyweights.
    pub heavyweights: usize,
    /// The machines that build, and in which order.
    pub farm: Option<(&'p Farm, Scheduler)>,
}
/// Prices what the bumps rebuild and fetch, together and each, in an impact report of theirs; in its list, too.
///
/// A bumped fixed-output derivation costs its download. O(nodes + edges) for each bump.
pub fn price(graph: &Graph, bumps: &[Bump], costs: &Costs, params: CostParams<'_>, report: &mut ImpactReport) {
    let all: BTreeSet<NodeId> = bumps.iter().flat_map(|bump| bump.nodes.iter().copied()).collect();
    let all: Vec<NodeId> = all.into_iter().collect();
    let made = made_again(graph, &all);
    let mut cost = priced(graph, costs, &made, params.heavyweights);
    if let Some((farm, scheduler)) = params.farm {
        cost.built_by(graph, costs, &made, farm, scheduler);
    }
    report.cost = Some(cost);
    for listed in report.list.iter_mut().flatten() {
        listed.price = Some(Price::of(costs, listed.node));
    }
    if report.each.is_empty() {
        return;
    }
    let sets: Vec<Vec<NodeId>> = bumps.iter().map(|bump| made_again(graph, &bump.nodes)).collect();
    let mut times: BTreeMap<NodeId, u32> = BTreeMap::new();
    sets.iter().flatten().for_each(|&node| *times.entry(node).or_default() += 1);
    let sum = |nodes: &mut dyn Iterator<Item = &NodeId>| {
        hours(nodes.fold(0u64, |sum, &node| sum.saturating_add(costs.time(node).millis)))
    };
    for (share, set) in report.each.iter_mut().zip(&sets) {
        share.hours = Some(sum(&mut set.iter()));
        share.exclusive_hours = Some(sum(&mut set.iter().filter(|node| times.get(node) == Some(&1))));
    }
}

impl CriticalPath {
    fn of(graph: &Graph, costs: &Costs, nodes: &[NodeId]) -> Self {
        let (chain, total) = heaviest_chain(graph, nodes, costs.millis());
        let build = |node: NodeId| {
            let time = costs.time(node);
            TimedBuild {
                drv: graph.path(node),
                name: graph.name(node).to_owned(),
                system: graph.system(node).to_owned(),
                hours: hours(time.millis),
                measured: time.measured,
            }
        };
        Self { hours: hours(total), chain: chain.into_iter().map(build).collect() }
    }
}

impl CostReport {
    /// Adds when a farm is done with these nodes.
    fn built_by(&mut self, graph: &Graph, costs: &Costs, nodes: &[NodeId], farm: &Farm, scheduler: Scheduler) {
        let work = Work { graph, nodes, millis: costs.millis(), asked: None };
        let schedules = schedule(&work, farm, scheduler).and_then(|own| match scheduler {
            Scheduler::Longest => Ok((own.makespan, own)),
            Scheduler::Nix => Ok((schedule(&work, farm, Scheduler::Longest)?.makespan, own)),
        });
        match schedules {
            Ok((attainable, own)) => self.makespan = Some(Makespan::of(&own, attainable, farm, scheduler)),
            Err(unbuildable) => {
                let told = unbuildable.into_iter().map(|kind| UnbuildableReport {
                    system: kind.system,
                    features: kind.features,
                    builds: kind.builds,
                    first: graph.path(kind.first),
                });
                self.unbuildable = told.collect();
            }
        }
    }
}

impl Makespan {
    fn of(schedule: &Schedule, attainable: u64, farm: &Farm, scheduler: Scheduler) -> Self {
        let machines = schedule.machines.iter().map(|kind| MachineUse {
            name: kind.name.clone(),
            slots: kind.slots,
            builds: kind.builds,
            busy_hours: hours(kind.busy),
        });
        Self {
            hours: hours(schedule.makespan),
            builders: farm.slots(),
            scheduler: match scheduler {
                Scheduler::Longest => "longest",
                Scheduler::Nix => "nix",
            },
            attainable_hours: hours(attainable),
            utilisation: schedule.utilisation(),
            machines: machines.collect(),
        }
    }
}

impl Price {
    fn of(costs: &Costs, node: NodeId) -> Self {
        let time = costs.time(node);
        Self { hours: hours(time.millis), measured: time.measured, bytes: costs.size(node).map(|size| size.bytes) }
    }
}

/// What a bump has built or fetched again, ascending.
fn made_again(graph: &Graph, bumped: &[NodeId]) -> Vec<NodeId> {
    let rebuilt = RebuildSet::of(graph, bumped);
    let mut all = [rebuilt.nodes, rebuilt.fetched].concat();
    all.sort_unstable();
    all
}
