//! How many derivations each node rebuilds, for all nodes at once, exactly.

use super::rebuild::Propagation;
use super::totals::totals_of;
use crate::graph::NodeId;

/// For every node, the number of derivations that its bump rebuilds, itself not counted.
///
/// Exact. Time and memory are those of [`super::totals_of_all`] with one weight.
#[must_use]
pub fn dependents_of_all(propagation: &Propagation) -> Vec<u32> {
    let all: Vec<u32> = (0..propagation.node_count() as u32).collect();
    dependents_of(propagation, &all)
}

/// As [`dependents_of_all`], for the given nodes, in their order.
///
/// # Panics
/// When a node is of another graph.
#[must_use]
pub fn dependents_of(propagation: &Propagation, nodes: &[u32]) -> Vec<u32> {
    let nodes: Vec<NodeId> = nodes.iter().copied().map(NodeId).collect();
    let ones = vec![1; propagation.node_count()];
    let counts = totals_of(propagation, &nodes, &[&ones]);
    // each has counted itself
    counts.into_iter().flatten().map(|count| count as u32 - 1).collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::reach::samples::consumers;
    use proptest::prelude::*;

    /// One search a node, nothing clever.
    fn naive(propagation: &Propagation) -> Vec<u32> {
        (0..propagation.node_count() as u32)
            .map(|source| {
                let mut seen = vec![false; propagation.node_count()];
                let mut stack = vec![source];
                let mut count = 0;
                while let Some(node) = stack.pop() {
                    for &consumer in propagation.consumers(node) {
                        if !std::mem::replace(&mut seen[consumer as usize], true) {
                            count += 1;
                            stack.push(consumer);
                        }
                    }
                }
                count
            })
            .collect()
    }

    proptest! {
        #![proptest_config(ProptestConfig::with_cases(64))]
        #[test]
        fn equals_one_search_a_node(consumers in consumers(1..1500, 0..6)) {
            let propagation = Propagation::from_consumers(&consumers);
            prop_assert_eq!(dependents_of_all(&propagation), naive(&propagation));
        }

        #[test]
        fn a_part_equals_the_whole(consumers in consumers(1..1500, 0..6), step in 1usize..50) {
            let propagation = Propagation::from_consumers(&consumers);
            let all = dependents_of_all(&propagation);
            let some: Vec<u32> = (0..consumers.len() as u32).step_by(step).collect();
            let expected: Vec<u32> = some.iter().map(|&node| all[node as usize]).collect();
            prop_assert_eq!(dependents_of(&propagation, &some), expected);
        }
    }

    #[test]
    fn does_not_depend_on_threads() {
        let consumers: Vec<Vec<u32>> = (0..3000u32).map(|i| ((i + 1)..(i + 4).min(3000)).collect()).collect();
        let propagation = Propagation::from_consumers(&consumers);
        let expected: Vec<u32> = (0..3000u32).map(|i| 2999 - i).collect();
        for threads in [1, 2, 5] {
            let pool = rayon::ThreadPoolBuilder::new().num_threads(threads).build().unwrap();
            assert_eq!(pool.install(|| dependents_of_all(&propagation)), expected, "{threads} threads");
        }
    }
}
