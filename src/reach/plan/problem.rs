//! What is to be planned.

use super::classes::Classes;
use super::order::Order;
use crate::graph::NodeId;

/// Units with what they make, what that costs, and which goes before which.
#[derive(Debug, Clone)]
pub struct Problem {
    pub(super) order: Order,
    pub(super) classes: Classes,
    pub(super) urgency: Vec<u64>,
    pub(super) bumps: Vec<u32>,
}

impl Problem {
    /// `sets[u]`: the nodes (ascending, each once) that unit `u` has made. `cost` and `millis` by node
    /// index, 0 where they end; `urgency` and `bumps` by unit. O(all nodes of all sets).
    ///
    /// Sums end at 2^64: weights beyond count as nothing.
    ///
    /// # Panics
    /// When `sets`, `urgency`, `bumps` and `order` are not of as many units.
    #[must_use]
    pub fn new(
        sets: &[Vec<NodeId>],
        cost: &[u64],
        millis: &[u64],
        urgency: &[u64],
        bumps: &[u32],
        order: Order,
    ) -> Self {
        let units = order.units();
        assert!(sets.len() == units && urgency.len() == units && bumps.len() == units, "not of as many units");
        let mut left = u64::MAX;
        let held = |&weight: &u64| {
            let weight = weight.min(left);
            left -= weight;
            weight
        };
        let urgency = urgency.iter().map(held).collect();
        Self { order, classes: Classes::new(sets, cost, millis), urgency, bumps: bumps.to_vec() }
    }

    /// Which unit goes before which.
    #[must_use]
    pub fn order(&self) -> &Order {
        &self.order
    }

    /// Number of units.
    #[must_use]
    pub fn units(&self) -> usize {
        self.order.units()
    }
}
