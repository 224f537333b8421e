//! What must be built to have something, where a part is there already.

use fixedbitset::FixedBitSet;

use crate::graph::{EdgeId, Graph, NodeId};

/// What must be done to have some derivations. Each list ascends; no node stands in two of them.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct ToBuild {
    /// Derivations to build.
    pub builds: Vec<NodeId>,
    /// Fixed-output derivations to fetch.
    pub fetches: Vec<NodeId>,
    /// Derivations of which somebody needs an output, and every one that is needed is there.
    pub there: Vec<NodeId>,
    /// Holes of the closure that are needed and not there: nobody knows what they need in turn.
    pub unknown: Vec<NodeId>,
}

/// What must be done to have all outputs of `wanted`: what is wanted or used by something that must be built, and
/// is not there. `is_there` says of a derivation whether what is asked of it is there: the outputs that an edge's
/// consumer uses, or all outputs for what is wanted. As Nix plans it: a derivation is made if one output that
/// somebody needs is missing, and what only others need that are there is not looked at.
///
/// Derivations that share their output path (one source, fetched in several ways) are each in the lists, as in
/// Nix's dry run; the build makes one of them. `is_there` is asked once for each edge at most; O(nodes + edges).
///
/// # Panics
/// When a node is of another graph.
#[must_use]
pub fn to_build(graph: &Graph, wanted: &[NodeId], mut is_there: impl FnMut(NodeId, Option<EdgeId>) -> bool) -> ToBuild {
    let mut made = FixedBitSet::with_capacity(graph.node_count());
    let mut needed = FixedBitSet::with_capacity(graph.node_count());
    let mut open: Vec<NodeId> = Vec::new();
    let mut ask = |node: NodeId, edge: Option<EdgeId>, open: &mut Vec<NodeId>| {
        if graph.is_derivation(node) && !made.contains(node.index()) {
            needed.insert(node.index());
            if !is_there(node, edge) {
                made.insert(node.index());
                open.push(node);
            }
        }
    };
    for &node in wanted {
        ask(node, None, &mut open);
    }
    while let Some(node) = open.pop() {
        for (edge, input) in graph.input_edges(node) {
            ask(input, Some(edge), &mut open);
        }
    }
    let mut found = ToBuild::default();
    for node in needed.ones().map(|index| NodeId(index as u32)) {
        let list = match node {
            node if !made.contains(node.index()) => &mut found.there,
            node if graph.is_missing(node) => &mut found.unknown,
            node if graph.is_fixed(node) => &mut found.fetches,
            _ => &mut found.builds,
        };
        list.push(node);
    }
    found
}
