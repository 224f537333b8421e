//! What is left to build where a part is built already.

use serde::Serialize;

use super::cost_report::{CostReport, priced};
use crate::cost::Costs;
use crate::graph::{Graph, NodeId};
use crate::reach::ToBuild;

/// What is left to build and to fetch, and what it costs.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Remaining {
    /// Derivations to build.
    pub builds: u64,
    /// Fixed-output derivations to fetch.
    pub downloads: u64,
    /// Derivations of which all that is needed is there.
    pub there: u64,
    /// Holes of the closure: needed, not there, and nobody knows what they need in turn.
    pub unknown: u64,
    /// What the builds and downloads cost.
    #[serde(flatten)]
    pub cost: CostReport,
}

impl Remaining {
    /// Counts and prices, with the `top` of both that take longest. O(nodes + edges).
    #[must_use]
    pub fn of(graph: &Graph, costs: &Costs, left: &ToBuild, top: usize) -> Self {
        let mut made: Vec<NodeId> = left.builds.iter().chain(&left.fetches).copied().collect();
        made.sort_unstable();
        Self {
            builds: left.builds.len() as u64,
            downloads: left.fetches.len() as u64,
            there: left.there.len() as u64,
            unknown: left.unknown.len() as u64,
            cost: priced(graph, costs, &made, top),
        }
    }
}
