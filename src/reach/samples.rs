//! Random graphs for the tests.

use std::ops::Range;

use fixedbitset::FixedBitSet;
use proptest::prelude::*;

/// The consumers of each node of a random graph, in topological order.
pub(super) fn consumers(nodes: Range<usize>, degree: Range<usize>) -> impl Strategy<Value = Vec<Vec<u32>>> {
    (nodes, degree, any::<u64>()).prop_map(|(n, degree, seed)| {
        let mut state = seed;
        let mut random = move || {
            state = state.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
            (state >> 33) as usize
        };
        let mut consumers = vec![Vec::new(); n];
        for node in 1..n {
            for _ in 0..random() % (degree + 1) {
                // some inputs are near, some are the first few, as toolchains are
                let input = if random() % 3 == 0 { random() % node.min(20) } else { random() % node };
                consumers[input].push(node as u32);
            }
        }
        for list in &mut consumers {
            list.sort_unstable();
            list.dedup();
        }
        consumers
    })
}

/// Some of the nodes.
pub(super) fn members(nodes: usize, seed: u64) -> FixedBitSet {
    let chosen = |node: &usize| (seed ^ (*node as u64 + 1)).wrapping_mul(0x9e37_79b9_7f4a_7c15) >> 40 & 3 < 2;
    (0..nodes).filter(chosen).collect()
}
