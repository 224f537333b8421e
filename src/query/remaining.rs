//! What is left to build where a part is built already.

use serde::Serialize;

use super::cost_report::{CostParams, CostReport};
use crate::graph::{Graph, NodeId};
use crate::reach::ToBuild;

/// What is left to build and to fetch, and what it costs.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Remaining {
    /// Derivations to build.
    pub builds: u64,
    /// Those of them that no change touches: they are needed, and not built yet. None where nothing is changed.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub untouched: Option<u64>,
    /// Fixed-output derivations to fetch.
    pub fetches: u64,
    /// Derivations of which all that is needed is built already.
    pub cached: u64,
    /// Holes of the closure: needed, not built, and nobody knows what they need in turn.
    pub unknown: u64,
    /// What the builds and downloads cost.
    #[serde(flatten)]
    pub cost: CostReport,
}

impl Remaining {
    /// Counts and prices what is left. O(nodes of the graph + edges), and the time of the schedules.
    #[must_use]
    pub fn of(graph: &Graph, left: &ToBuild, params: CostParams<'_>) -> Self {
        let mut made = [left.builds.as_slice(), &left.fetches].concat();
        made.sort_unstable();
        Self {
            builds: left.builds.len() as u64,
            untouched: None,
            fetches: left.fetches.len() as u64,
            cached: left.there.len() as u64,
            unknown: left.unknown.len() as u64,
            cost: CostReport::of(graph, &made, params),
        }
    }

    /// The same, where a change touches some derivations (ascending).
    pub(super) fn of_change(graph: &Graph, touched: &[NodeId], left: &ToBuild, params: CostParams<'_>) -> Self {
        let untouched = left.builds.iter().filter(|node| touched.binary_search(node).is_err()).count();
        Self { untouched: Some(untouched as u64), ..Self::of(graph, left, params) }
    }

    /// Of all that a change touches, and what is left `beside` it.
    pub(super) fn with_all(graph: &Graph, touched: &[NodeId], mut beside: ToBuild, params: CostParams<'_>) -> Self {
        let (fetched, built): (Vec<NodeId>, Vec<NodeId>) = touched.iter().partition(|&&node| graph.is_fixed(node));
        beside.builds.extend(built);
        beside.fetches.extend(fetched);
        Self::of_change(graph, touched, &beside, params)
    }
}
