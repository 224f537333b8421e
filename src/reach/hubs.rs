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
    let direct: Vec<u32> = rebuilt
        .nodes
        .iter()
        .zip(&rebuilt.distances)
        .filter(|(_, distance)| **distance == 1)
        .map(|(node, _)| node.0)
        .collect();
    let counts = dependents_of(propagation, &direct);
    // through what reaches nothing, nothing is reached
    let (direct, reaches): (Vec<u32>, Vec<u32>) =
        direct.into_iter().zip(counts).filter(|(_, count)| *count > 0).unzip();
    // the bumped derivations are in the set already
    let mut covered = FixedBitSet::with_capacity(propagation.node_count());
    for (node, &distance) in rebuilt.nodes.iter().zip(&rebuilt.distances) {
        if distance == 0 {
            covered.insert(node.index());
        }
    }
    // largest bound first, then smallest id; a bound is exact when it was found in this round
    let mut candidates: BinaryHeap<(u32, std::cmp::Reverse<u32>, usize)> =
        direct.iter().enumerate().map(|(at, &node)| (reaches[at] + 1, std::cmp::Reverse(node), at)).collect();
    let mut hubs = Vec::new();
    let mut gained = Vec::new();
    while hubs.len() < limit {
        let Some((_, std::cmp::Reverse(node), at)) = candidates.pop() else { break };
        gain(propagation, node, &covered, &mut gained);
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
        hubs.push(Hub { node: NodeId(node), reaches: reaches[at] + 1, adds });
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
