//! What waves cost: exact, each set of units once.

use std::collections::BTreeMap;

use fixedbitset::FixedBitSet;
use rayon::prelude::*;

use super::made::Made;
use crate::cost::{Costs, Farm, Scheduler, Unbuildable, Work, schedule};
use crate::graph::{Graph, NodeId};
use crate::query::expense::CostSum;
use crate::reach::heaviest_chain;
use crate::reach::plan::{Order, Plan};

/// What a wave costs.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub(super) struct WaveSum {
    /// Full builds.
    pub(super) derivations: u64,
    /// Machine time and bytes of these and of what is fetched again.
    pub(super) cost: CostSum,
    /// How long it takes: on the farm, or without one its longest chain.
    pub(super) millis_long: u64,
}

/// When a wave begins, in milliseconds.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub(super) struct Start {
    /// One after the other.
    pub(super) in_turn: u64,
    /// Where waves that do not touch overlap.
    pub(super) overlapping: u64,
}

/// The waves of plans, and what they cost.
pub(super) struct Waves<'a> {
    graph: &'a Graph,
    costs: &'a Costs,
    farm: Option<(&'a Farm, Scheduler)>,
    /// Whether it is known how long waves take: not where a farm cannot build them.
    timed: bool,
    /// What each unit makes.
    made: Vec<FixedBitSet>,
    /// For each unit those that make something that it makes, or that must come before or after it.
    touching: Vec<FixedBitSet>,
    known: BTreeMap<Vec<u32>, WaveSum>,
}

impl<'a> Waves<'a> {
    /// O(units² × nodes / 64), in parallel.
    pub(super) fn new(
        graph: &'a Graph,
        costs: &'a Costs,
        farm: Option<(&'a Farm, Scheduler)>,
        made: &[Made],
        order: &Order,
    ) -> Self {
        let sets: Vec<FixedBitSet> = made
            .par_iter()
            .map(|made| {
                let mut set = FixedBitSet::with_capacity(graph.node_count());
                set.extend(made.nodes.iter().map(|node| node.index()));
                set
            })
            .collect();
        let related = |a: u32, b: u32| order.is_before(a, b) || order.is_before(b, a);
        let touching = (0..sets.len()).into_par_iter().map(|at| {
            let mut touching = FixedBitSet::with_capacity(sets.len());
            let touches = |&other: &usize| related(at as u32, other as u32) || !sets[at].is_disjoint(&sets[other]);
            touching.extend((0..sets.len()).filter(touches));
            touching
        });
        let touching = touching.collect();
        Self { graph, costs, farm, timed: true, made: sets, touching, known: BTreeMap::new() }
    }

    /// What a wave of these units makes, ascending.
    pub(super) fn nodes(&self, units: &[u32]) -> Vec<NodeId> {
        let mut all = FixedBitSet::with_capacity(self.graph.node_count());
        units.iter().for_each(|&unit| all.union_with(&self.made[unit as usize]));
        all.ones().map(|node| NodeId(node as u32)).collect()
    }

    /// What two units both make, ascending.
    pub(super) fn shared(&self, one: u32, other: u32) -> Vec<NodeId> {
        let shared = self.made[one as usize].intersection(&self.made[other as usize]);
        shared.map(|node| NodeId(node as u32)).collect()
    }

    /// Whether a farm says how long a wave takes.
    pub(super) fn has_farm(&self) -> bool {
        self.farm.is_some()
    }

    /// Whether it is known how long waves take.
    pub(super) fn is_timed(&self) -> bool {
        self.timed
    }

    /// Whether a unit makes a node.
    pub(super) fn makes(&self, unit: u32, node: NodeId) -> bool {
        self.made[unit as usize].contains(node.index())
    }

    /// What no machine of the farm builds of all that is made; then the farm tells nothing.
    pub(super) fn unbuildable(&mut self) -> Vec<Unbuildable> {
        let Some((farm, scheduler)) = self.farm else { return Vec::new() };
        let all: Vec<u32> = (0..self.made.len() as u32).collect();
        let nodes = self.nodes(&all);
        let work = Work { graph: self.graph, nodes: &nodes, millis: self.costs.millis(), asked: None };
        match schedule(&work, farm, scheduler) {
            Ok(_) => Vec::new(),
            Err(kinds) => {
                self.farm = None;
                self.timed = false;
                kinds
            }
        }
    }

    /// Prices the waves of these plans that are not known yet, in parallel.
    pub(super) fn price<'p>(&mut self, plans: impl IntoIterator<Item = &'p Plan>) {
        let waves = plans.into_iter().flat_map(|plan| &plan.waves);
        let mut new: Vec<&Vec<u32>> = waves.filter(|wave| !self.known.contains_key(*wave)).collect();
        new.sort_unstable();
        new.dedup();
        let sums: Vec<WaveSum> = new.par_iter().map(|wave| self.sum(&self.nodes(wave))).collect();
        let new: Vec<Vec<u32>> = new.into_iter().cloned().collect();
        self.known.extend(new.into_iter().zip(sums));
    }

    /// What a wave costs; nothing where it was not priced.
    pub(super) fn of(&self, wave: &[u32]) -> WaveSum {
        self.known.get(wave).copied().unwrap_or_default()
    }

    fn sum(&self, nodes: &[NodeId]) -> WaveSum {
        let work = Work { graph: self.graph, nodes, millis: self.costs.millis(), asked: None };
        let built = self.farm.and_then(|(farm, scheduler)| schedule(&work, farm, scheduler).ok());
        let long = built
            .map_or_else(|| heaviest_chain(self.graph, nodes, self.costs.millis()).1, |schedule| schedule.makespan);
        let built = nodes.iter().filter(|&&node| !self.graph.is_fixed(node));
        WaveSum { derivations: built.count() as u64, cost: CostSum::of(self.costs, nodes), millis_long: long }
    }

    /// How long the waves take, one after the other; and where those that do not touch overlap.
    pub(super) fn latency(&self, plan: &Plan) -> (u64, u64) {
        let long = |wave: &Vec<u32>| self.of(wave).millis_long;
        let ends = plan.waves.iter().zip(self.starts(plan)).map(|(wave, start)| {
            (start.in_turn.saturating_add(long(wave)), start.overlapping.saturating_add(long(wave)))
        });
        ends.fold((0, 0), |(in_turn, overlapping), end| (in_turn.max(end.0), overlapping.max(end.1)))
    }

    /// When each wave begins. Where those that do not touch overlap, each does when all earlier ones are done that
    /// make something it makes, or that hold what must come before. That is when it begins at the earliest, for the
    /// farm is not shared out.
    pub(super) fn starts(&self, plan: &Plan) -> Vec<Start> {
        let mut done: Vec<u64> = Vec::with_capacity(plan.waves.len());
        let mut starts = Vec::with_capacity(plan.waves.len());
        let mut in_turn = 0u64;
        for (at, wave) in plan.waves.iter().enumerate() {
            let mut touching = FixedBitSet::with_capacity(self.made.len());
            wave.iter().for_each(|&unit| touching.union_with(&self.touching[unit as usize]));
            let before = plan.waves[..at].iter().zip(&done);
            let touched = before.filter(|(wave, _)| wave.iter().any(|&unit| touching.contains(unit as usize)));
            let overlapping = touched.map(|(_, &done)| done).max().unwrap_or_default();
            let long = self.of(wave).millis_long;
            starts.push(Start { in_turn, overlapping });
            done.push(overlapping.saturating_add(long));
            in_turn = in_turn.saturating_add(long);
        }
        starts
    }
}
