//! Which bumps rebuild the most.

use serde::Serialize;

use super::REPORT_VERSION;
use crate::graph::{Graph, NodeId};
use crate::reach::{Propagation, dependents_of_all};

/// What to report.
#[derive(Debug, Clone, Copy, Default)]
pub struct RankParams {
    /// The first so many; all when `None`.
    pub top: Option<usize>,
}

/// The answer.
#[derive(Debug, Clone, Serialize)]
pub struct RankReport {
    /// Version of this shape.
    pub version: u32,
    /// Nodes by falling number of dependents, then by name and path.
    pub nodes: Vec<RankedNode>,
}

/// A node as a bump.
#[derive(Debug, Clone, Serialize)]
pub struct RankedNode {
    /// The path of the derivation, or of the input source.
    pub drv: String,
    /// Its name.
    pub name: String,
    /// Derivations that its bump rebuilds, itself not counted.
    pub dependents: u32,
}

/// The exact number of rebuilds of every node as a bump: derivations, fixed-output ones (a new
/// hash) and input sources.
#[must_use]
pub fn rank(graph: &Graph, params: RankParams) -> RankReport {
    let counts = dependents_of_all(&Propagation::new(graph));
    let mut order: Vec<NodeId> = graph.nodes().collect();
    let key = |node: &NodeId| (std::cmp::Reverse(counts[node.index()]), graph.name(*node), graph.digest(*node));
    let top = params.top.unwrap_or(order.len()).min(order.len());
    if top < order.len() && top > 0 {
        order.select_nth_unstable_by(top - 1, |a, b| key(a).cmp(&key(b)));
    }
    order.truncate(top);
    order.sort_unstable_by(|a, b| key(a).cmp(&key(b)));
    let nodes = order
        .into_iter()
        .map(|node| RankedNode {
            drv: graph.path(node),
            name: graph.name(node).to_owned(),
            dependents: counts[node.index()],
        })
        .collect();
    RankReport { version: REPORT_VERSION, nodes }
}
