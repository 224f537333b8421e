//! Weights by chance, and what they add up to.

use nix_ripple::graph::{Graph, NodeId};
use nix_ripple::reach::Weights;

use crate::support::Chance;

/// What the nodes of a graph weigh.
#[derive(Debug, Clone)]
pub(crate) struct Loads {
    pub(crate) millis: Vec<u64>,
    pub(crate) bytes: Option<Vec<u64>>,
}

impl Loads {
    /// Few of equal weight, some of none; with bytes or without. Draws nothing from `chance`.
    pub(crate) fn some(graph: &Graph, chance: &Chance) -> Self {
        let mut chance = Chance(chance.0 ^ 7);
        let wide = chance.below(2) == 0;
        let mut weigh = || -> Vec<u64> {
            let mut weight = || match chance.below(6) {
                0 => 0,
                1 if wide => chance.below(1 << 31) as u64,
                _ => chance.below(100) as u64,
            };
            (0..graph.node_count()).map(|_| weight()).collect()
        };
        let (millis, bytes) = (weigh(), weigh());
        Self { millis, bytes: (chance.below(3) > 0).then_some(bytes) }
    }

    pub(crate) fn weights(&self) -> Weights<'_> {
        Weights { millis: &self.millis, bytes: self.bytes.as_deref() }
    }
}

/// What these nodes weigh, one by one.
pub(crate) fn total(weights: &[u64], nodes: &[NodeId]) -> i64 {
    nodes.iter().map(|node| weights[node.index()] as i64).sum()
}
