//! What is built and fetched, one by one.

use std::collections::BTreeMap;

use super::Diff;
use crate::cost::Costs;
use crate::graph::NodeId;
use crate::query::{Listed, Price};
use crate::reach::RebuildSet;

impl Diff<'_> {
    /// The derivations of the new side that are built and those that are fetched, nearest to an edit first, with
    /// their edges from it; with prices where costs are given. O(nodes + edges), and sorting.
    #[must_use]
    pub fn list(&self, costs: Option<&Costs>) -> Vec<Listed> {
        let new = self.compared.new;
        let reached = RebuildSet::of(new, &self.bumped());
        let distances: BTreeMap<NodeId, u32> = reached.nodes.iter().copied().zip(reached.distances).collect();
        let listed = |(&node, fetched): (&NodeId, bool)| {
            let distance = distances.get(&node).copied().unwrap_or_default();
            Listed { price: costs.map(|costs| Price::of(costs, node)), ..Listed::new(new, node, distance, fetched) }
        };
        let made = self.built.iter().map(|node| (node, false)).chain(self.fetched.iter().map(|node| (node, true)));
        let mut list: Vec<Listed> = made.map(listed).collect();
        Listed::sort(&mut list);
        list
    }
}
