//! What a bump costs.

use std::cmp::Reverse;
use std::collections::{BTreeMap, BTreeSet};

use serde::Serialize;

use super::expense::{CostSum, Expense, MachineTime};
use super::impact::ImpactReport;
use super::remaining::Remaining;
use super::resolve::Bump;
use crate::cost::{Cached, Costs, Farm, Schedule, Scheduler, Work, schedule};
use crate::graph::{Graph, NodeId};
use crate::reach::{RebuildSet, heaviest_chain, hours};

/// What a set of builds and downloads costs.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct CostReport {
    /// Machine time.
    pub hours: Hours,
    /// Bytes that are written: the NARs of all outputs. None where no sizes are given.
    pub bytes: Option<u64>,
    /// Those of them that a record says; the rest is estimated.
    pub bytes_measured: Option<u64>,
    /// What users download for them, packed as caches have it, measured or estimated; where a record tells of any
    /// download.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub download_bytes: Option<u64>,
    /// The chain that no number of machines shortens.
    pub critical_path: CriticalPath,
    /// When a farm is done with it, where one is given that can build it all.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub makespan: Option<Makespan>,
    /// What no machine of the farm builds.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub unbuildable: Vec<UnbuildableReport>,
    /// What must really be built, where it is told what is built already.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub to_build: Option<Box<Remaining>>,
    /// The builds that take longest, and their part of the whole.
    pub heavyweights: Vec<Heavyweight>,
}

/// Machine time, on machines of speed 1.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Hours {
    /// In all.
    #[serde(flatten)]
    pub time: MachineTime,
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
    /// How many builds and downloads they do.
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

/// What to price, and how.
#[derive(Debug, Clone, Copy)]
pub struct CostParams<'p> {
    /// What each derivation costs.
    pub costs: &'p Costs,
    /// How many heavyweights to tell.
    pub heavyweights: usize,
    /// The machines that build, and in which order.
    pub farm: Option<(&'p Farm, Scheduler)>,
    /// What is built already.
    pub cached: Option<&'p Cached>,
}

/// Prices what the bumps rebuild and fetch, together and each, in an impact report of theirs; in its list, too.
///
/// A bumped fixed-output derivation costs its download. What the bump touches gets new paths, so nothing of it can
/// be built already; what is needed beside it can. O(nodes + edges) for each bump, and the time of the schedules.
pub fn price(graph: &Graph, bumps: &[Bump], params: CostParams<'_>, report: &mut ImpactReport) {
    let costs = params.costs;
    let all: BTreeSet<NodeId> = bumps.iter().flat_map(|bump| bump.nodes.iter().copied()).collect();
    let all: Vec<NodeId> = all.into_iter().collect();
    let made = made_again(graph, &all);
    let mut cost = CostReport::of(graph, &made, params);
    cost.to_build = params.cached.map(|cached| {
        let beside = cached.beside(graph, &made);
        Box::new(Remaining::with_all(graph, &made, beside, params))
    });
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
    for (share, set) in report.each.iter_mut().zip(&sets) {
        let exclusive = set.iter().filter(|node| times.get(node) == Some(&1));
        share.hours = Some(hours(CostSum::of(costs, set).millis as f64));
        share.exclusive_hours = Some(hours(CostSum::of(costs, exclusive).millis as f64));
    }
}

impl CostReport {
    /// What these nodes (ascending, each once) cost together. O(nodes of the graph + edges), and the time of the
    /// schedules.
    pub(super) fn of(graph: &Graph, nodes: &[NodeId], params: CostParams<'_>) -> Self {
        let costs = params.costs;
        let mut systems: BTreeMap<&str, Vec<NodeId>> = BTreeMap::new();
        for &node in nodes {
            systems.entry(system_of(graph, node)).or_default().push(node);
        }
        let by_system = systems
            .into_iter()
            .map(|(system, nodes)| (system.to_owned(), hours(CostSum::of(costs, &nodes).millis as f64)));
        let all = Expense::of(costs, [(1.0, CostSum::of(costs, nodes))]);
        let mut report = Self {
            hours: Hours { time: all.hours, by_system: by_system.collect() },
            bytes: all.bytes,
            bytes_measured: all.bytes_measured,
            download_bytes: all.download_bytes,
            critical_path: CriticalPath::of(graph, costs, nodes),
            makespan: None,
            unbuildable: Vec::new(),
            to_build: None,
            heavyweights: heavyweights(graph, costs, nodes, params.heavyweights),
        };
        if let Some((farm, scheduler)) = params.farm {
            report.built_by(graph, costs, nodes, farm, scheduler);
        }
        report
    }

    /// Without systems and builds.
    #[must_use]
    pub fn expense(&self) -> Expense {
        Expense {
            hours: self.hours.time,
            bytes: self.bytes,
            bytes_measured: self.bytes_measured,
            download_bytes: self.download_bytes,
        }
    }
}

/// The builds that take longest, and their part of what all of these take.
pub(super) fn heavyweights(graph: &Graph, costs: &Costs, nodes: &[NodeId], top: usize) -> Vec<Heavyweight> {
    let total = CostSum::of(costs, nodes).millis;
    let heavyweight = |node: NodeId| {
        let TimedBuild { drv, name, system, hours, measured } = TimedBuild::of(graph, costs, node);
        let share = costs.time(node).millis as f64 / total as f64;
        Heavyweight { drv, name, system, hours, share, measured, bytes: costs.size(node).map(|size| size.bytes) }
    };
    heaviest(graph, costs, nodes, top).into_iter().map(heavyweight).collect()
}

/// The nodes that take longest, the longest first; then by name and path.
pub(super) fn heaviest(graph: &Graph, costs: &Costs, nodes: &[NodeId], top: usize) -> Vec<NodeId> {
    let mut order: Vec<NodeId> = nodes.iter().copied().filter(|&node| costs.time(node).millis > 0).collect();
    let key = |node: &NodeId| (Reverse(costs.time(*node).millis), graph.name(*node), graph.digest(*node));
    if top < order.len() && top > 0 {
        order.select_nth_unstable_by(top - 1, |a, b| key(a).cmp(&key(b)));
    }
    order.truncate(top);
    order.sort_unstable_by(|a, b| key(a).cmp(&key(b)));
    order
}

/// The system that a node is built on, as reports name it.
fn system_of(graph: &Graph, node: NodeId) -> &str {
    match graph.system(node) {
        "" => "unknown",
        system => system,
    }
}

impl TimedBuild {
    pub(super) fn of(graph: &Graph, costs: &Costs, node: NodeId) -> Self {
        let time = costs.time(node);
        Self {
            drv: graph.path(node),
            name: graph.name(node).to_owned(),
            system: graph.system(node).to_owned(),
            hours: hours(time.millis as f64),
            measured: time.measured,
        }
    }
}

impl CriticalPath {
    fn of(graph: &Graph, costs: &Costs, nodes: &[NodeId]) -> Self {
        let (chain, total) = heaviest_chain(graph, nodes, costs.millis());
        let build = |node: NodeId| TimedBuild::of(graph, costs, node);
        Self { hours: hours(total as f64), chain: chain.into_iter().map(build).collect() }
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
            busy_hours: hours(kind.busy as f64),
        });
        Self {
            hours: hours(schedule.makespan as f64),
            builders: farm.slots(),
            scheduler: match scheduler {
                Scheduler::Longest => "longest",
                Scheduler::Nix => "nix",
            },
            attainable_hours: hours(attainable as f64),
            utilisation: schedule.utilisation(),
            machines: machines.collect(),
        }
    }
}

impl Price {
    pub(super) fn of(costs: &Costs, node: NodeId) -> Self {
        let time = costs.time(node);
        Self {
            hours: hours(time.millis as f64),
            measured: time.measured,
            bytes: costs.size(node).map(|size| size.bytes),
        }
    }
}

/// What a bump has built or fetched again, ascending.
pub(super) fn made_again(graph: &Graph, bumped: &[NodeId]) -> Vec<NodeId> {
    let rebuilt = RebuildSet::of(graph, bumped);
    let mut all = [rebuilt.nodes, rebuilt.fetched].concat();
    all.sort_unstable();
    all
}
