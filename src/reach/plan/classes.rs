//! Nodes that the same units make, as one.

use super::bits::{Rows, include, ones, ones_of};
use super::sums::Sums;
use crate::graph::NodeId;

/// Classes of nodes: all nodes that exactly the same units make are one, with summed weights.
///
/// Sums of weights end at 2^64 milliseconds (584 million years): the weights beyond count as nothing.
#[derive(Debug, Clone)]
pub(super) struct Classes {
    /// Row `u`: the classes that unit `u` makes.
    units: Rows,
    cost: Vec<u64>,
    millis: Vec<u64>,
    pub(super) costs: Sums,
    pub(super) times: Sums,
}

impl Classes {
    /// Of the nodes that each unit makes. O(all nodes of all sets).
    pub(super) fn new(sets: &[Vec<NodeId>], cost: &[u64], millis: &[u64]) -> Self {
        let nodes = sets.iter().flatten().map(|node| node.index() + 1).max().unwrap_or(0);
        // a class is split by each unit that makes some of its nodes and not all; class 0 is made by none
        let mut class = vec![0u32; nodes];
        let mut size = vec![nodes as u32];
        let mut made: Vec<(u32, u32)> = vec![(0, 0)];
        for set in sets {
            let mut touched = Vec::new();
            for node in set {
                let at = class[node.index()];
                let count = &mut made[at as usize].0;
                if *count == 0 {
                    touched.push(at);
                }
                *count += 1;
            }
            for &at in &touched {
                let count = made[at as usize].0;
                let into = if count == size[at as usize] && at != 0 { at } else { size.len() as u32 };
                if into != at {
                    size[at as usize] -= count;
                    size.push(count);
                    made.push((0, 0));
                }
                made[at as usize].1 = into;
            }
            set.iter().for_each(|node| class[node.index()] = made[class[node.index()] as usize].1);
            touched.iter().for_each(|&at| made[at as usize].0 = 0);
        }
        // numbered in the order of nodes; those without any weight are left out
        let weight = |weights: &[u64], node: usize| weights.get(node).copied().unwrap_or(0);
        let mut number = vec![u32::MAX; size.len()];
        let (mut costs, mut times): (Vec<u64>, Vec<u64>) = (Vec::new(), Vec::new());
        let (mut cost_left, mut millis_left) = (u64::MAX, u64::MAX);
        for (node, &at) in class.iter().enumerate().filter(|(_, at)| **at != 0) {
            let cost = weight(cost, node).min(cost_left);
            let millis = weight(millis, node).min(millis_left);
            if cost == 0 && millis == 0 {
                continue;
            }
            cost_left -= cost;
            millis_left -= millis;
            let number = &mut number[at as usize];
            if *number == u32::MAX {
                *number = costs.len() as u32;
                costs.push(0);
                times.push(0);
            }
            costs[*number as usize] += cost;
            times[*number as usize] += millis;
        }
        let mut units = Rows::new(sets.len(), costs.len());
        for (unit, set) in sets.iter().enumerate() {
            for node in set {
                let class = number[class[node.index()] as usize];
                if class != u32::MAX {
                    units.insert(unit, class as usize);
                }
            }
        }
        Self { units, costs: Sums::of(&costs), times: Sums::of(&times), cost: costs, millis: times }
    }

    /// How many there are.
    pub(super) fn len(&self) -> usize {
        self.cost.len()
    }

    /// How many words a set of classes has.
    pub(super) fn words(&self) -> usize {
        self.units.words
    }

    /// The classes of a unit.
    #[inline]
    pub(super) fn of(&self, unit: u32) -> &[u64] {
        self.units.row(unit as usize)
    }

    /// No class.
    pub(super) fn none(&self) -> Vec<u64> {
        vec![0; self.units.words]
    }

    /// Adds the classes of a unit.
    #[inline]
    pub(super) fn cover(&self, cover: &mut [u64], unit: u32) {
        include(cover, self.of(unit));
    }

    /// Adds the classes of a unit; the cost and the milliseconds that come with it.
    pub(super) fn extend(&self, cover: &mut [u64], unit: u32) -> (u64, u64) {
        let (mut cost, mut millis) = (0, 0);
        for (at, (cover, &own)) in cover.iter_mut().zip(self.of(unit)).enumerate() {
            let new = own & !*cover;
            *cover |= own;
            for bit in ones_of(new) {
                cost += self.cost[at * 64 + bit];
                millis += self.millis[at * 64 + bit];
            }
        }
        (cost, millis)
    }

    /// Of each class which of these units (64 at most) make it, as a mask, with its cost and its
    /// milliseconds.
    pub(super) fn makers(&self, units: &[u32]) -> Vec<(u64, (u64, u64))> {
        let mut makers: Vec<(u64, (u64, u64))> =
            self.cost.iter().zip(&self.millis).map(|(&cost, &millis)| (0, (cost, millis))).collect();
        for (at, &unit) in units.iter().enumerate() {
            ones(self.of(unit)).for_each(|class| makers[class].0 |= 1 << at);
        }
        makers
    }

    /// What these classes cost together.
    pub(super) fn cost(&self, cover: &[u64]) -> u64 {
        self.costs.sum(cover.iter().copied())
    }

    /// The milliseconds of these classes together.
    pub(super) fn millis(&self, cover: &[u64]) -> u64 {
        self.times.sum(cover.iter().copied())
    }
}
