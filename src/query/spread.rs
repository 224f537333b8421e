//! Through what a bump spreads, level by level.

use super::impact::HubReport;
use super::resolve::Bump;
use crate::graph::{Graph, NodeId};
use crate::reach::{HubTree, Propagation, RebuildSet, hub_tree};

/// A hub, and the hubs within what it adds.
#[derive(Debug, Clone)]
pub struct Spread {
    /// The hub; those of the first level are the report's own.
    pub hub: HubReport,
    /// Through which of its direct consumers most of what it adds is reached, the greatest first; they add less
    /// together, for it counts itself.
    pub within: Vec<Spread>,
}

impl Spread {
    fn of(graph: &Graph, tree: HubTree) -> Self {
        let within = tree.within.into_iter().map(|tree| Self::of(graph, tree));
        Self { hub: HubReport::of(graph, tree.hub), within: within.collect() }
    }
}

/// The hubs of the bumps together, so many at each level as `limits` say. See [`hub_tree`].
#[must_use]
pub fn spread(graph: &Graph, bumps: &[Bump], limits: &[usize]) -> Vec<Spread> {
    let nodes: Vec<NodeId> = bumps.iter().flat_map(|bump| bump.nodes.iter().copied()).collect();
    let trees = hub_tree(&Propagation::new(graph), &RebuildSet::of(graph, &nodes), limits);
    trees.into_iter().map(|tree| Spread::of(graph, tree)).collect()
}
