//! Levels: which builds wait for which, counted in steps.

use fixedbitset::FixedBitSet;

use super::rebuild::Propagation;

/// The level of each node among `members`: the most members that a path of propagating edges to it passes, itself not
/// counted.
///
/// So a member that no other reaches has level 0, every other member is above all that reach it, and each has one
/// right below it among them. Nodes that are no members have levels, too, and are passed through. O(nodes + edges).
#[must_use]
pub fn levels(propagation: &Propagation, members: &FixedBitSet) -> Vec<u32> {
    let mut levels = vec![0; propagation.node_count()];
    // consumers have larger numbers than their inputs
    for node in 0..propagation.node_count() as u32 {
        let above = levels[node as usize] + u32::from(members.contains(node as usize));
        for &consumer in propagation.consumers(node) {
            let own = &mut levels[consumer as usize];
            *own = above.max(*own);
        }
    }
    levels
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::reach::samples::{consumers, members};
    use proptest::prelude::*;

    /// Every path to a node, one by one.
    fn naive(propagation: &Propagation, members: &FixedBitSet, node: u32) -> u32 {
        let inputs = (0..node).filter(|&input| propagation.consumers(input).contains(&node));
        let through = |input: u32| naive(propagation, members, input) + u32::from(members.contains(input as usize));
        inputs.map(through).max().unwrap_or(0)
    }

    proptest! {
        #[test]
        fn equal_every_path(consumers in consumers(1..25, 0..4), seed: u64) {
            let propagation = Propagation::from_consumers(&consumers);
            let members = members(consumers.len(), seed);
            let expected: Vec<u32> =
                (0..consumers.len() as u32).map(|node| naive(&propagation, &members, node)).collect();
            prop_assert_eq!(levels(&propagation, &members), expected);
        }
    }

    #[test]
    fn by_hand() {
        // 0 -> 1 -> 2 -> 3, 0 -> 3, 4
        let propagation = Propagation::from_consumers(&[vec![1, 3], vec![2], vec![3], vec![], vec![]]);
        let of = |ids: &[usize]| levels(&propagation, &ids.iter().copied().collect());
        assert_eq!(of(&[0, 1, 2, 3, 4]), [0, 1, 2, 3, 0]);
        assert_eq!(of(&[0, 3, 4]), [0, 1, 1, 1, 0]);
        assert_eq!(of(&[]), [0; 5]);
    }
}
