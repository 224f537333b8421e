//! The few derivations through which most of a rebuild set is reached.

use std::collections::BinaryHeap;

use fixedbitset::FixedBitSet;

use super::counts::dependents_of;
use super::rebuild::{Propagation, RebuildSet};
use crate::graph::NodeId;

/// A derivation through which much of a rebuild set is reached.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Hub {
    /// The derivation: a direct consumer of the bump.
    pub node: NodeId,
    /// Rebuilt derivations that are reached through it, itself included.
    pub reaches: u32,
    /// Those of them, itself included, that no earlier hub adds; what lies behind another bumped
    /// derivation is not counted, for that one reaches it whatever becomes of this.
    pub adds: u32,
}

/// The direct consumers of the bump that together reach the most, up to `limit`: each is the one
/// that adds the most to those before it (greedy cover; equal ones by id).
///
/// Direct consumers that nothing depends on are left out. What a hub covers is closed under reaching, so a later search stops at it:
/// all searches together are O(edges) for what they add, and a glance for what they do not.
#[must_use]
pub fn hubs(propagation: &Propagation, rebuilt: &RebuildSet, limit: usize) -> Vec<Hub> {
    let (direct, mut covered) = start(propagation, rebuilt);
    cover(propagation, direct, &mut covered, limit).into_iter().map(|(hub, _)| hub).collect()
}

/// A hub, and through what most of what it adds is reached from it.
#[derive(Debug, Clone)]
pub struct HubTree {
    /// The hub.
    pub hub: Hub,
    /// Its direct consumers among what it adds, as hubs of that: `adds` of all of them together are less than
    /// what the hub adds, for that counts itself.
    pub within: Vec<HubTree>,
}

/// The hubs, as [`hubs`] tells them, the hubs within what each of them adds, and so on: so many at each level as
/// `limits` say. The time of [`hubs`] for each of them.
#[must_use]
pub fn hub_tree(propagation: &Propagation, rebuilt: &RebuildSet, limits: &[usize]) -> Vec<HubTree> {
    let Some((&limit, deeper)) = limits.split_first() else { return Vec::new() };
    let (direct, mut covered) = start(propagation, rebuilt);
    let found = cover(propagation, direct, &mut covered, limit);
    found.into_iter().map(|(hub, added)| within(propagation, hub, &added, deeper)).collect()
}

/// A hub with those within what it adds. Goes as deep as there are limits.
fn within(propagation: &Propagation, hub: Hub, added: &[u32], limits: &[usize]) -> HubTree {
    let Some((&limit, deeper)) = limits.split_first() else { return HubTree { hub, within: Vec::new() } };
    let mut covered = FixedBitSet::with_capacity(propagation.node_count());
    covered.insert_range(..);
    for &node in added {
        covered.remove(node as usize);
    }
    covered.insert(hub.node.index());
    let consumers = propagation.consumers(hub.node.0).iter().copied();
    let direct: Vec<u32> = consumers.filter(|&consumer| !covered.contains(consumer as usize)).collect();
    let found = cover(propagation, direct, &mut covered, limit);
    HubTree { hub, within: found.into_iter().map(|(hub, added)| within(propagation, hub, &added, deeper)).collect() }
}

/// The direct consumers of a bump, and what is bumped.
fn start(propagation: &Propagation, rebuilt: &RebuildSet) -> (Vec<u32>, FixedBitSet) {
    let at = |wanted: u32| {
        let all = rebuilt.nodes.iter().zip(&rebuilt.distances);
        all.filter(move |(_, distance)| **distance == wanted).map(|(node, _)| node.0)
    };
    let mut covered = FixedBitSet::with_capacity(propagation.node_count());
    // the bumped derivations are in the set already
    covered.extend(at(0).map(|node| node as usize));
    (at(1).collect(), covered)
}

/// Those of `direct` that together reach the most outside `covered`, with what each adds; covers it.
fn cover(propagation: &Propagation, direct: Vec<u32>, covered: &mut FixedBitSet, limit: usize) -> Vec<(Hub, Vec<u32>)> {
    let counts = dependents_of(propagation, &direct);
    // through what reaches nothing, nothing is reached
    let (direct, reaches): (Vec<u32>, Vec<u32>) =
        direct.into_iter().zip(counts).filter(|(_, count)| *count > 0).unzip();
    // largest bound first, then smallest id; a bound is exact when it was found in this round
    let mut candidates: BinaryHeap<(u32, std::cmp::Reverse<u32>, usize)> =
        direct.iter().enumerate().map(|(at, &node)| (reaches[at] + 1, std::cmp::Reverse(node), at)).collect();
    let mut hubs = Vec::new();
    let mut gained = Vec::new();
    while hubs.len() < limit {
        let Some((_, std::cmp::Reverse(node), at)) = candidates.pop() else { break };
        gain(propagation, node, covered, &mut gained);
        let adds = gained.len() as u32;
        if adds == 0 {
            continue;
        }
        let best = (adds, std::cmp::Reverse(node), at);
        if candidates.peek().is_some_and(|next| *next > best) {
            candidates.push(best);
            continue;
        }
        for &node in &gained {
            covered.insert(node as usize);
        }
        hubs.push((Hub { node: NodeId(node), reaches: reaches[at] + 1, adds }, gained.clone()));
    }
    hubs
}

/// What `node` has and reaches outside `covered`. A bumped derivation is covered without what it
/// reaches being so; that is reached by the direct consumers all the same.
fn gain(propagation: &Propagation, node: u32, covered: &FixedBitSet, gained: &mut Vec<u32>) {
    gained.clear();
    if covered.contains(node as usize) {
        return;
    }
    let mut seen = rustc_hash::FxHashSet::default();
    seen.insert(node);
    gained.push(node);
    let mut next = 0;
    while let Some(&node) = gained.get(next) {
        next += 1;
        for &consumer in propagation.consumers(node) {
            if !covered.contains(consumer as usize) && seen.insert(consumer) {
                gained.push(consumer);
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check(consumers: &[Vec<u32>], bumped: u32, limits: &[usize], expect: &str) {
        let propagation = Propagation::from_consumers(consumers);
        let mut distances = vec![u32::MAX; consumers.len()];
        distances[bumped as usize] = 0;
        for (node, consumers) in consumers.iter().enumerate() {
            let Some(next) = distances[node].checked_add(1) else { continue };
            for &consumer in consumers {
                distances[consumer as usize] = distances[consumer as usize].min(next);
            }
        }
        let reached = || (0u32..).zip(&distances).filter(|(_, distance)| **distance != u32::MAX);
        let rebuilt = RebuildSet {
            nodes: reached().map(|(node, _)| NodeId(node)).collect(),
            distances: reached().map(|(_, &distance)| distance).collect(),
            fetched: Vec::new(),
        };
        let tree = hub_tree(&propagation, &rebuilt, limits);
        assert_eq!(tree.iter().map(shown).collect::<Vec<_>>().join(" "), expect);
        // the first level is what is told without a tree
        let flat = hubs(&propagation, &rebuilt, limits[0]);
        let first = |hub: &Hub| (hub.node, hub.reaches, hub.adds);
        assert_eq!(
            tree.iter().map(|tree| first(&tree.hub)).collect::<Vec<_>>(),
            flat.iter().map(first).collect::<Vec<_>>()
        );
    }

    /// `node:adds(within)`.
    fn shown(tree: &HubTree) -> String {
        let within: Vec<String> = tree.within.iter().map(shown).collect();
        let within = if within.is_empty() { String::new() } else { format!("({})", within.join(" ")) };
        format!("{}:{}{within}", tree.hub.node.0, tree.hub.adds)
    }

    #[test]
    fn hubs_within_hubs() {
        // 0 -> 1, 2; 1 -> 3, 4; 3 -> 5, 6; 4 -> 6; 2 -> 6, 7
        let consumers = [vec![1, 2], vec![3, 4], vec![6, 7], vec![5, 6], vec![6], vec![], vec![], vec![]];
        check(&consumers, 0, &[9], "1:5 2:2");
        // what 2 reaches and 1 has already is not within 2
        check(&consumers, 0, &[9, 9], "1:5(3:3 4:1) 2:2");
        check(&consumers, 0, &[9, 1, 9], "1:5(3:3) 2:2");
        check(&consumers, 0, &[1, 9], "1:5(3:3 4:1)");
    }
}
