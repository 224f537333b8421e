//! The longest chain of builds that each bump starts: what no number of machines shortens.

use super::rebuild::Propagation;

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
        fn equals_every_path(consumers in consumers(1..25, 0..4), weights in prop::collection::vec(0u64..5, 25)) {
            let propagation = Propagation::from_consumers(&consumers);
            let weights = &weights[..consumers.len()];
            let expected: Vec<u64> =
                (0..consumers.len() as u32).map(|node| naive(&propagation, weights, node)).collect();
            prop_assert_eq!(longest(&propagation, weights), expected);
        }
    }

    #[test]
    fn by_hand() {
        // 0 -> 1 -> 3, 0 -> 2 -> 3, 3 -> 4
        let propagation = Propagation::from_consumers(&[vec![1, 2], vec![3], vec![3], vec![4], vec![]]);
        assert_eq!(longest(&propagation, &[1, 2, 5, 1, 1]), [8, 4, 7, 2, 1]);
        assert_eq!(longest(&propagation, &[0; 5]), [0; 5]);
    }

    #[test]
    fn what_is_too_heavy_to_tell_is_the_most() {
        let propagation = Propagation::from_consumers(&[vec![1], vec![2], vec![]]);
        assert_eq!(longest(&propagation, &[1, u64::MAX, 7]), [u64::MAX, u64::MAX, 7]);
    }
}
