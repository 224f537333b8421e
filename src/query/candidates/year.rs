//! A year in which everything is bumped once.

use std::collections::BTreeMap;

use crate::graph::{Graph, NodeId};
use crate::nix::normalise_pname;
use crate::reach::BumpGroup;

/// Each package once: the derivations of one pname, whatever its interpreter, together.
#[must_use]
pub fn a_year(graph: &Graph) -> Vec<BumpGroup> {
    let mut found: BTreeMap<String, Vec<NodeId>> = BTreeMap::new();
    let built = |&node: &NodeId| graph.is_derivation(node) && !graph.is_fixed(node) && !graph.is_missing(node);
    for node in graph.nodes().filter(built) {
        found.entry(normalise_pname(graph.pname(node))).or_default().push(node);
    }
    found.into_values().map(|nodes| BumpGroup { nodes, rate: 1.0 }).collect()
}
