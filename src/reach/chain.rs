//! The heaviest chain in a set of derivations: what no number of machines shortens.

use crate::graph::{Graph, NodeId};

/// The derivations of the heaviest chain in which each needs the one before, first to last, and what all of it
/// weighs (`u64::MAX` where that is too much to tell).
///
/// `nodes` ascend. Every input among them counts, also that of what is fetched: it must be there first. What weighs
/// nothing is left out at both ends. Of equally heavy chains it is that whose nodes come first in the graph, from
/// the last one on. O(nodes of the graph + edges of `nodes`).
///
/// # Panics
/// When a node is of another graph, or there is not one weight for each of its nodes.
#[must_use]
pub fn heaviest_chain(graph: &Graph, nodes: &[NodeId], weights: &[u64]) -> (Vec<NodeId>, u64) {
    assert_eq!(weights.len(), graph.node_count(), "a weight for each node");
    // by node: the heaviest chain that ends with it, and its last but one; no chain weighs less than nothing
    let mut ending: Vec<Option<(u64, Option<NodeId>)>> = vec![None; graph.node_count()];
    let mut best: Option<(u64, NodeId)> = None;
    for &node in nodes {
        let mut before: Option<(u64, NodeId)> = None;
        for (_, input) in graph.input_edges(node) {
            if let Some((weight, _)) = ending[input.index()]
                && weight > before.map_or(0, |(most, _)| most)
            {
                before = Some((weight, input));
            }
        }
        let weight = weights[node.index()].saturating_add(before.map_or(0, |(weight, _)| weight));
        ending[node.index()] = Some((weight, before.map(|(_, input)| input)));
        if weight > best.map_or(0, |(most, _)| most) {
            best = Some((weight, node));
        }
    }
    let Some((total, last)) = best else { return (Vec::new(), 0) };
    let mut chain = vec![last];
    let mut node = last;
    while let Some(before) = ending[node.index()].and_then(|(_, before)| before) {
        chain.push(before);
        node = before;
    }
    chain.reverse();
    (chain, total)
}
