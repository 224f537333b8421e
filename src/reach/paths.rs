//! How one node reaches another.

use fixedbitset::FixedBitSet;

use super::rebuild::Propagation;
use crate::graph::NodeId;

/// The paths from a set of nodes to another.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Paths {
    /// The shortest paths, in the order of their ids, as many as were asked for.
    pub shortest: Vec<Vec<NodeId>>,
    /// How many shortest paths there are; `u64::MAX` stands for that many or more.
    pub shortest_count: u64,
    /// How many paths there are of any length: exact up to 2^53, then rounded.
    pub all_count: f64,
    /// The nodes that every path passes, from the first to the last; with one start and one end
    /// they are among them.
    pub dominators: Vec<NodeId>,
    /// Number of nodes that lie on any path.
    pub nodes_between: usize,
}

/// The paths from any of `from` to any of `to` over propagating edges (see [`Propagation`]); a node
/// that is in both is a path of its own. At most `limit` shortest ones are listed.
///
/// Ids ascend along every edge, so one pass up and one down find what lies between, and a node is
/// on every path exactly when no edge of what lies between passes over its id: each edge is on some
/// path, and a path that does not meet a node must pass over it. O(nodes + edges + listed).
#[must_use]
pub fn paths(propagation: &Propagation, from: &[NodeId], to: &[NodeId], limit: usize) -> Paths {
    let n = propagation.node_count();
    let mut starts = FixedBitSet::with_capacity(n);
    starts.extend(from.iter().map(|node| node.index()));
    let mut ends = FixedBitSet::with_capacity(n);
    ends.extend(to.iter().map(|node| node.index()));

    // forward: what is reached from a start
    let mut reached = starts.clone();
    let first = from.iter().min().map_or(n, |node| node.index());
    let last = to.iter().max().map_or(0, |node| node.index());
    for node in first..=last.min(n.saturating_sub(1)) {
        if reached.contains(node) {
            reached.extend(propagation.consumers(node as u32).iter().map(|&consumer| consumer as usize));
        }
    }
    // backward: what of that reaches an end; with the number of shortest paths and of all
    let mut between = FixedBitSet::with_capacity(n);
    let mut distance = vec![u32::MAX; n];
    let mut shortest = vec![0u64; n];
    let mut all = vec![0f64; n];
    for node in (first..=last.min(n.saturating_sub(1))).rev() {
        if !reached.contains(node) {
            continue;
        }
        let (mut best, mut ways, mut total) = if ends.contains(node) { (0, 1u64, 1.0) } else { (u32::MAX, 0, 0.0) };
        for &consumer in propagation.consumers(node as u32) {
            let consumer = consumer as usize;
            if !between.contains(consumer) {
                continue;
            }
            total += all[consumer];
            let via = distance[consumer] + 1;
            if via < best {
                (best, ways) = (via, shortest[consumer]);
            } else if via == best {
                ways = ways.saturating_add(shortest[consumer]);
            }
        }
        if best != u32::MAX {
            between.insert(node);
            (distance[node], shortest[node], all[node]) = (best, ways, total);
        }
    }

    let mut found = Paths { nodes_between: between.count_ones(..), ..Paths::default() };
    let sources: Vec<usize> = starts.ones().filter(|&node| between.contains(node)).collect();
    let Some(least) = sources.iter().map(|&node| distance[node]).min() else { return found };
    for &source in &sources {
        found.all_count += all[source];
        if distance[source] == least {
            found.shortest_count = found.shortest_count.saturating_add(shortest[source]);
        }
    }
    for &source in sources.iter().filter(|&&source| distance[source] == least) {
        list(propagation, source, &between, &distance, limit, &mut found.shortest);
    }
    found.dominators = on_every_path(propagation, &sources, &between, &ends);
    found
}

/// The shortest paths from `source` in the order of ids, until `limit` are listed. The stack holds
/// one iterator a node of the path, so depth is no recursion.
fn list(
    propagation: &Propagation,
    source: usize,
    between: &FixedBitSet,
    distance: &[u32],
    limit: usize,
    out: &mut Vec<Vec<NodeId>>,
) {
    let mut path = vec![NodeId(source as u32)];
    let mut stack = vec![0usize];
    while let (Some(&node), Some(at)) = (path.last(), stack.last_mut()) {
        if out.len() >= limit {
            return;
        }
        if distance[node.index()] == 0 {
            out.push(path.clone());
            path.pop();
            stack.pop();
            continue;
        }
        let consumers = propagation.consumers(node.0);
        let next = consumers[*at..].iter().position(|&consumer| {
            between.contains(consumer as usize) && distance[consumer as usize] + 1 == distance[node.index()]
        });
        match next {
            Some(step) => {
                let consumer = consumers[*at + step];
                *at += step + 1;
                path.push(NodeId(consumer));
                stack.push(0);
            }
            None => {
                path.pop();
                stack.pop();
            }
        }
    }
}

/// Sweeps over the ids and keeps how far the edges seen so far reach: a node beyond which none of
/// them reaches is on every path. Starting anywhere counts as an edge from before the first node,
/// ending anywhere as an edge beyond the last.
fn on_every_path(
    propagation: &Propagation,
    sources: &[usize],
    between: &FixedBitSet,
    ends: &FixedBitSet,
) -> Vec<NodeId> {
    let mut dominators = Vec::new();
    let mut far = sources.last().copied().unwrap_or(0);
    let mut ended = false;
    for node in between.ones() {
        if far <= node && !ended {
            dominators.push(NodeId(node as u32));
        }
        ended |= ends.contains(node);
        let farthest =
            propagation.consumers(node as u32).iter().rev().find(|&&consumer| between.contains(consumer as usize));
        far = far.max(farthest.map_or(0, |&consumer| consumer as usize));
    }
    dominators
}
