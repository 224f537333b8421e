//! The shortest way from some nodes to others.

use rustc_hash::FxHashMap;

use crate::graph::{EdgeId, Graph, NodeId};

/// A shortest path over propagating edges that `passes` lets through, from any of `from` to any of `to`, both ends with
/// it; none where there is no path. Of equally short ones that which is found first, inputs ascending.
///
/// Searched breadth first from the end, whose inputs are fewer than what depends on the start: O(nodes + edges) of
/// what `to` is built with, and no more than is as near as the nearest start.
#[must_use]
pub fn nearest_path(graph: &Graph, from: &[NodeId], to: &[NodeId], passes: impl Fn(EdgeId) -> bool) -> Vec<NodeId> {
    let mut starts = from.to_vec();
    starts.sort_unstable();
    let lowest = starts.first().copied();
    let mut next: FxHashMap<NodeId, NodeId> = to.iter().map(|&node| (node, node)).collect();
    let mut queue: Vec<NodeId> = to.to_vec();
    queue.sort_unstable();
    let mut at = 0;
    while at < queue.len() {
        let node = queue[at];
        at += 1;
        if starts.binary_search(&node).is_ok() {
            let mut path = vec![node];
            let mut last = node;
            while let Some(&consumer) = next.get(&last)
                && consumer != last
            {
                path.push(consumer);
                last = consumer;
            }
            return path;
        }
        // nothing propagates into what is fixed-output, and inputs stand before consumers
        if graph.is_fixed(node) {
            continue;
        }
        for (edge, input) in graph.input_edges(node) {
            if Some(input) >= lowest && !next.contains_key(&input) && passes(edge) {
                next.insert(input, node);
                queue.push(input);
            }
        }
    }
    Vec::new()
}
