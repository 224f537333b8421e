//! The longest chain of builds that a bump starts: what no number of machines shortens.

use super::rebuild::Propagation;
use crate::graph::NodeId;

/// A chain of builds, each of which waits for the one before.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Chain {
    /// What all of it takes, in the unit of the weights.
    pub total: u64,
    /// From what is bumped on. What follows without any weight is left out.
    pub nodes: Vec<NodeId>,
}

/// For every node, the heaviest chain that its bump starts, itself included, in the unit of the weights.
///
/// A chain that is heavier than `u64` can tell is told as `u64::MAX`. O(nodes + edges).
///
/// # Panics
/// When there is not one weight for each node.
#[must_use]
pub fn longest(propagation: &Propagation, weights: &[u64]) -> Vec<u64> {
    assert_eq!(weights.len(), propagation.node_count(), "a weight for each node");
    let mut longest = weights.to_vec();
    // consumers have larger numbers than their inputs
    for node in (0..propagation.node_count() as u32).rev() {
        let after = propagation.consumers(node).iter().map(|&consumer| longest[consumer as usize]).max();
        let own = &mut longest[node as usize];
        *own = own.saturating_add(after.unwrap_or(0));
    }
    longest
}

/// The heaviest chain that a bump of these nodes starts; `None` when nothing is bumped.
///
/// `longest` is what [`longest()`] gives. Of equally heavy chains it is one whose nodes come first in the
/// graph. O(bumped + edges of the chain).
///
/// # Panics
/// When a node is of another graph, or `longest` is not of this one.
#[must_use]
pub fn chain(propagation: &Propagation, longest: &[u64], bumped: &[NodeId]) -> Option<Chain> {
    let heaviest = |nodes: &mut dyn Iterator<Item = u32>| nodes.max_by_key(|&n| (longest[n as usize], !n));
    let mut next = heaviest(&mut bumped.iter().map(|node| node.0))?;
    let mut chain = Chain { total: longest[next as usize], nodes: vec![NodeId(next)] };
    while let Some(consumer) = heaviest(&mut propagation.consumers(next).iter().copied()) {
        if longest[consumer as usize] == 0 {
            break;
        }
        chain.nodes.push(NodeId(consumer));
        next = consumer;
    }
    Some(chain)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::reach::samples::consumers;
    use proptest::prelude::*;

    /// Every path, one by one.
    fn naive(propagation: &Propagation, weights: &[u64], node: u32) -> u64 {
        let after = propagation.consumers(node).iter().map(|&consumer| naive(propagation, weights, consumer)).max();
        weights[node as usize] + after.unwrap_or(0)
    }

    proptest! {
        #[test]
        fn equals_every_path(consumers in consumers(1..25, 0..4), weights in prop::collection::vec(0u64..5, 25), step in 1usize..7) {
            let propagation = Propagation::from_consumers(&consumers);
            let weights = &weights[..consumers.len()];
            let all = longest(&propagation, weights);
            for node in 0..consumers.len() as u32 {
                prop_assert_eq!(all[node as usize], naive(&propagation, weights, node));
            }
            let bumped: Vec<NodeId> = (0..consumers.len() as u32).step_by(step).map(NodeId).collect();
            let chain = chain(&propagation, &all, &bumped).unwrap();
            prop_assert_eq!(Some(chain.total), bumped.iter().map(|node| all[node.index()]).max());
            // it is a path, from what is bumped on, and weighs what is told
            prop_assert!(bumped.contains(&chain.nodes[0]));
            prop_assert!(chain.nodes.windows(2).all(|pair| consumers[pair[0].index()].contains(&pair[1].0)));
            prop_assert_eq!(chain.nodes.iter().map(|node| weights[node.index()]).sum::<u64>(), chain.total);
            let last = chain.nodes[chain.nodes.len() - 1];
            prop_assert!(chain.nodes.len() == 1 || weights[last.index()] > 0);
        }
    }

    #[test]
    fn a_chain_by_hand() {
        // 0 -> 1 -> 3, 0 -> 2 -> 3, 3 -> 4
        let propagation = Propagation::from_consumers(&[vec![1, 2], vec![3], vec![3], vec![4], vec![]]);
        let of = |weights: [u64; 5], bumped: &[u32]| {
            let bumped: Vec<NodeId> = bumped.iter().map(|&node| NodeId(node)).collect();
            let chain = chain(&propagation, &longest(&propagation, &weights), &bumped)?;
            Some((chain.total, chain.nodes.into_iter().map(|node| node.0).collect::<Vec<_>>()))
        };
        assert_eq!(of([1, 2, 5, 1, 1], &[0]), Some((8, vec![0, 2, 3, 4])));
        assert_eq!(of([1, 5, 5, 1, 0], &[0]), Some((7, vec![0, 1, 3])));
        assert_eq!(of([0, 0, 0, 0, 0], &[2, 0]), Some((0, vec![0])));
        assert_eq!(of([1, 2, 5, 1, 1], &[4, 1]), Some((4, vec![1, 3, 4])));
        assert_eq!(of([1, 2, 5, 1, 1], &[]), None);
    }

    #[test]
    fn what_is_too_heavy_to_tell_is_the_most() {
        let propagation = Propagation::from_consumers(&[vec![1], vec![2], vec![]]);
        let longest = longest(&propagation, &[1, u64::MAX, 7]);
        assert_eq!(longest, [u64::MAX, u64::MAX, 7]);
        assert_eq!(chain(&propagation, &longest, &[NodeId(0)]).unwrap().nodes, [NodeId(0), NodeId(1), NodeId(2)]);
    }
}
