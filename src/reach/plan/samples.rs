//! Random problems for the tests, and plans of them by definition alone.

use proptest::prelude::*;

use super::{Limits, Order, Plan, Problem};
use crate::graph::NodeId;

/// A problem as its parts.
#[derive(Debug, Clone)]
pub(super) struct Sample {
    pub(super) sets: Vec<Vec<NodeId>>,
    pub(super) cost: Vec<u64>,
    pub(super) millis: Vec<u64>,
    pub(super) urgency: Vec<u64>,
    pub(super) bumps: Vec<u32>,
    pub(super) pairs: Vec<(u32, u32)>,
}

/// A generator of numbers.
pub(super) struct Dice(pub(super) u64);

impl Dice {
    pub(super) fn below(&mut self, end: u64) -> u64 {
        self.0 = self.0.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        (self.0 >> 33) % end
    }

    /// Most are small, some are very large, as build times are.
    fn weight(&mut self) -> u64 {
        let size = self.below(11);
        self.below(1 << size)
    }
}

/// Of what kind the sets and the order are.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Shape {
    /// What is reached in a random graph, as in real ones.
    Nested,
    /// Random nodes, a random order.
    Independent,
    /// Random nodes, no order.
    Flat,
}

pub(super) const SHAPES: [Shape; 3] = [Shape::Nested, Shape::Independent, Shape::Flat];

impl Sample {
    pub(super) fn of(shape: Shape, units: usize, nodes: usize, seed: u64) -> Self {
        let mut dice = Dice(seed);
        let weights = |dice: &mut Dice| (0..nodes).map(|_| dice.weight()).collect::<Vec<u64>>();
        let (cost, millis) = (weights(&mut dice), weights(&mut dice));
        let urgency = (0..units).map(|_| dice.below(4)).collect();
        let bumps = (0..units).map(|_| 1 + dice.below(3) as u32).collect();
        let (mut sets, mut pairs) = (Vec::new(), Vec::new());
        if shape == Shape::Nested {
            let mut inputs: Vec<Vec<usize>> = vec![Vec::new(); nodes];
            for (node, inputs) in inputs.iter_mut().enumerate().skip(1) {
                for _ in 0..dice.below(4) {
                    let near = if dice.below(3) == 0 { node.min(12) } else { node };
                    inputs.push(dice.below(near as u64) as usize);
                }
            }
            let mut principals: Vec<usize> = Vec::new();
            while principals.len() < units {
                let bound = if dice.below(2) == 0 { nodes } else { nodes.div_ceil(3).max(units) };
                let node = dice.below(bound as u64) as usize;
                if !principals.contains(&node) {
                    principals.push(node);
                }
            }
            let mut reached = vec![vec![false; nodes]; units];
            for (reached, &principal) in reached.iter_mut().zip(&principals) {
                reached[principal] = true;
                for node in principal + 1..nodes {
                    reached[node] = inputs[node].iter().any(|&input| reached[input]);
                }
            }
            for (a, reached) in reached.iter().enumerate() {
                let after = (0..units).filter(|&b| a != b && reached[principals[b]]);
                pairs.extend(after.map(|b| (a as u32, b as u32)));
            }
            let ids = 0..nodes as u32;
            sets.extend(
                reached.iter().map(|reached| ids.clone().map(NodeId).filter(|id| reached[id.index()]).collect()),
            );
        } else {
            for _ in 0..units {
                let share = 1 + dice.below(8);
                sets.push((0..nodes as u32).filter(|_| dice.below(10) < share).map(NodeId).collect());
            }
            let mut place: Vec<u64> = (0..units as u64).collect();
            (1..units).for_each(|at| place.swap(at, dice.below(at as u64 + 1) as usize));
            let dense = 1 + dice.below(6);
            for a in 0..units {
                for b in 0..units {
                    if shape == Shape::Independent && place[a] < place[b] && dice.below(10) < dense {
                        pairs.push((a as u32, b as u32));
                    }
                }
            }
        }
        Self { sets, cost, millis, urgency, bumps, pairs }
    }

    pub(super) fn problem(&self) -> Problem {
        let order = Order::new(self.sets.len(), self.pairs.iter().copied()).unwrap();
        Problem::new(&self.sets, &self.cost, &self.millis, &self.urgency, &self.bumps, order)
    }

    fn weight(&self, nodes: &[bool], weights: &[u64]) -> u64 {
        (0..nodes.len()).filter(|&node| nodes[node]).map(|node| weights[node]).sum()
    }

    fn union(&self, units: impl IntoIterator<Item = usize>) -> Vec<bool> {
        let mut all = vec![false; self.cost.len()];
        units.into_iter().for_each(|unit| self.sets[unit].iter().for_each(|node| all[node.index()] = true));
        all
    }

    /// Cost, peak, settling and urgency, by their definitions.
    pub(super) fn price(&self, waves: &[Vec<u32>]) -> (u128, u64, u128, u128) {
        let (mut cost, mut peak, mut urgency) = (0, 0, 0);
        let mut settles = vec![0u64; self.cost.len()];
        for (wave, number) in waves.iter().zip(1..) {
            let made = self.union(wave.iter().map(|&unit| unit as usize));
            let own = self.weight(&made, &self.cost);
            cost += u128::from(own);
            peak = peak.max(own);
            settles.iter_mut().zip(made).filter(|(_, made)| *made).for_each(|(settles, _)| *settles = number);
            urgency += wave.iter().map(|&unit| u128::from(self.urgency[unit as usize] * number)).sum::<u128>();
        }
        let settling = settles.iter().zip(&self.millis).map(|(&wave, &millis)| u128::from(wave * millis)).sum();
        (cost, peak, settling, urgency)
    }

    /// Whether the limits allow this wave.
    pub(super) fn allowed(&self, limits: &Limits, wave: &[u32]) -> bool {
        let made = self.union(wave.iter().map(|&unit| unit as usize));
        wave.len() == 1
            || (limits.bumps.is_none_or(|most| wave.iter().map(|&unit| self.bumps[unit as usize]).sum::<u32>() <= most)
                && limits.cost.is_none_or(|most| self.weight(&made, &self.cost) <= most)
                && limits.millis.is_none_or(|most| self.weight(&made, &self.millis) <= most))
    }

    /// For each number of waves the best (cost, settling, urgency) of all ordered partitions.
    pub(super) fn best(&self, limits: &Limits, strict: bool) -> Vec<Option<(u64, u64, u64)>> {
        let units = self.sets.len();
        let members = |mask: usize| (0..units).filter(move |unit| mask >> unit & 1 == 1);
        let of = |mask: usize, weights: &[u64]| self.weight(&self.union(members(mask)), weights);
        let all = (1 << units) - 1;
        let total = of(all, &self.millis);
        let mut before = vec![0usize; units];
        // by hand, for the pairs need not be transitive
        for _ in 0..units {
            self.pairs.iter().for_each(|&(a, b)| before[b as usize] |= before[a as usize] | 1 << a);
        }
        let search = Search {
            cost: (0..=all).map(|mask| of(mask, &self.cost)).collect(),
            settled: (0..=all).map(|mask| total - of(all & !mask, &self.millis)).collect(),
            urgency: (0..=all).map(|mask| members(mask).map(|unit| self.urgency[unit]).sum()).collect(),
            allowed: (0..=all)
                .map(|mask| {
                    mask != 0 && self.allowed(limits, &members(mask).map(|unit| unit as u32).collect::<Vec<_>>())
                })
                .collect(),
            before,
            all,
            strict,
        };
        let mut best = vec![None; units];
        search.go(0, 0, (0, 0, 0), &mut best);
        best
    }
}

struct Search {
    cost: Vec<u64>,
    settled: Vec<u64>,
    urgency: Vec<u64>,
    allowed: Vec<bool>,
    before: Vec<usize>,
    all: usize,
    strict: bool,
}

impl Search {
    fn go(&self, done: usize, waves: usize, sum: (u64, u64, u64), best: &mut [Option<(u64, u64, u64)>]) {
        if done == self.all {
            let best = &mut best[waves - 1];
            *best = Some(best.map_or(sum, |best| best.min(sum)));
            return;
        }
        let left = self.all & !done;
        let number = waves as u64 + 1;
        let mut wave = left;
        while wave != 0 {
            let there = if self.strict { done } else { done | wave };
            let kept = |unit: usize| wave >> unit & 1 == 0 || self.before[unit] & !there == 0;
            if self.allowed[wave] && (0..self.before.len()).all(kept) {
                let settles = self.settled[done | wave] - self.settled[done];
                let sum = (sum.0 + self.cost[wave], sum.1 + number * settles, sum.2 + number * self.urgency[wave]);
                self.go(done | wave, waves + 1, sum, best);
            }
            wave = (wave - 1) & left;
        }
    }
}

/// Problems of a few units, of all shapes.
pub(super) fn small(units: std::ops::RangeInclusive<usize>) -> impl Strategy<Value = Sample> {
    (0..SHAPES.len(), units, 0usize..30, any::<u64>())
        .prop_map(|(shape, units, more, seed)| Sample::of(SHAPES[shape], units, units + more, seed))
}

/// Limits of all kinds, of which some are so low that single units are over them.
pub(super) fn limits() -> impl Strategy<Value = Limits> {
    let millis = || proptest::option::of(0u64..6000);
    (proptest::option::of(1u32..12), millis(), millis()).prop_map(|(bumps, cost, millis)| Limits {
        bumps,
        cost,
        millis,
    })
}

/// What every plan keeps: each unit once, precedence, limits, and its own figures.
pub(super) fn check(sample: &Sample, limits: &Limits, plan: &Plan, strict: bool) {
    let mut wave_of = vec![usize::MAX; sample.sets.len()];
    for (number, wave) in plan.waves.iter().enumerate() {
        assert!(!wave.is_empty() && wave.is_sorted(), "{:?}", plan.waves);
        assert!(sample.allowed(limits, wave), "{limits:?} {wave:?}");
        for &unit in wave {
            assert_eq!(wave_of[unit as usize], usize::MAX, "{unit} twice");
            wave_of[unit as usize] = number;
        }
    }
    assert!(wave_of.iter().all(|&wave| wave != usize::MAX), "{:?}", plan.waves);
    for &(a, b) in &sample.pairs {
        let (a, b) = (wave_of[a as usize], wave_of[b as usize]);
        assert!(a < b || (!strict && a == b), "{:?}", plan.waves);
    }
    assert_eq!((plan.cost, plan.peak, plan.settling, plan.urgency), sample.price(&plan.waves));
}
