//! What must be built to have something now.

use serde::Serialize;

use super::cost_report::{CostParams, CostReport};
use crate::cost::Cached;
use crate::graph::{Graph, NodeId};

/// What must be built and fetched to have all outputs of some derivations, and what that costs.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct ToHave {
    /// Derivations to build.
    pub builds: u64,
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

impl ToHave {
    /// Where nothing is told to be built already, nothing is. O(nodes + edges), and the time of the schedules.
    pub(super) fn of(graph: &Graph, wanted: &[NodeId], params: CostParams<'_>) -> Self {
        let nothing = Cached::default();
        let left = params.cached.unwrap_or(&nothing).to_build(graph, wanted);
        let mut made = [left.builds.as_slice(), &left.fetches].concat();
        made.sort_unstable();
        Self {
            builds: left.builds.len() as u64,
            fetches: left.fetches.len() as u64,
            cached: left.there.len() as u64,
            unknown: left.unknown.len() as u64,
            cost: CostReport::of(graph, &made, params),
        }
    }
}
