//! How many derivations each node rebuilds, for all nodes at once, exactly.
//!
//! Most nodes reach few others, and a few hundred reach nearly everything. So the light ones are
//! counted by a breadth-first search each, which is given up at [`LIGHT`] nodes; the heavy ones, 512
//! at a time, by one sweep over all nodes in topological order that carries a bit for each source,
//! the bits being counted in vertical counters (plane `k` holds bit `k` of 512 counters).

use std::sync::atomic::{AtomicBool, Ordering};

use rayon::prelude::*;

use super::rebuild::Propagation;

/// A node that reaches more than this many is heavy. Between 100 and 400 the time hardly differs.
const LIGHT: usize = 200;

/// Words of a block: 512 sources.
const WORDS: usize = 8;

type Block = [u64; WORDS];

/// For every node, the number of derivations that its bump rebuilds, itself not counted.
///
/// Exact. Time O(n · edges of 200 nodes + h/512 · edges) with h nodes that reach more than 200;
/// memory 64 bytes a node and thread.
#[must_use]
pub fn dependents_of_all(propagation: &Propagation) -> Vec<u32> {
    let all: Vec<u32> = (0..propagation.node_count() as u32).collect();
    dependents_of(propagation, &all)
}

/// As [`dependents_of_all`], for the given nodes (ascending, each once), in their order.
#[must_use]
pub fn dependents_of(propagation: &Propagation, sources: &[u32]) -> Vec<u32> {
    let n = propagation.node_count();
    let heavy: Vec<AtomicBool> = (0..n).map(|_| AtomicBool::new(false)).collect();
    // consumers before inputs, so that a heavy consumer makes its inputs heavy at a glance; the
    // result does not depend on it, for what has a heavy consumer is heavy
    let mut counts: Vec<u32> = vec![0; sources.len()];
    let chunk = sources.len().div_ceil(rayon::current_num_threads() * 16).clamp(1, 4096);
    counts.par_rchunks_mut(chunk).enumerate().for_each_init(
        || Search::new(n),
        |search, (index, counts)| {
            let end = sources.len() - index * chunk;
            let sources = &sources[end - counts.len()..end];
            for (count, &source) in counts.iter_mut().zip(sources).rev() {
                match search.count(propagation, source, &heavy) {
                    Some(light) => *count = light,
                    None => {
                        heavy[source as usize].store(true, Ordering::Relaxed);
                        *count = u32::MAX;
                    }
                }
            }
        },
    );

    let heavy: Vec<(usize, u32)> =
        counts.iter().enumerate().filter(|(_, count)| **count == u32::MAX).map(|(at, _)| (at, sources[at])).collect();
    let blocks: Vec<Vec<u32>> = heavy
        .par_chunks(WORDS * 64)
        .map_init(
            || vec![[0; WORDS]; n],
            |masks, block| sweep(propagation, block.iter().map(|&(_, source)| source), masks),
        )
        .collect();
    for (&(at, _), count) in heavy.iter().zip(blocks.into_iter().flatten()) {
        counts[at] = count;
    }
    counts
}

/// A search that is given up when it has found more than [`LIGHT`] nodes.
struct Search {
    /// The number of the search that saw the node last.
    seen: Vec<u32>,
    number: u32,
    queue: Vec<u32>,
}

impl Search {
    fn new(n: usize) -> Self {
        Self { seen: vec![0; n], number: 0, queue: Vec::with_capacity(LIGHT * 2) }
    }

    fn count(&mut self, propagation: &Propagation, source: u32, heavy: &[AtomicBool]) -> Option<u32> {
        if self.number == u32::MAX {
            self.seen.fill(0);
            self.number = 0;
        }
        self.number += 1;
        self.queue.clear();
        self.queue.push(source);
        let mut next = 0;
        while let Some(&node) = self.queue.get(next) {
            next += 1;
            let consumers = propagation.consumers(node);
            if consumers.len() > LIGHT {
                return None;
            }
            for &consumer in consumers {
                if self.seen[consumer as usize] != self.number {
                    if heavy[consumer as usize].load(Ordering::Relaxed) {
                        return None;
                    }
                    self.seen[consumer as usize] = self.number;
                    self.queue.push(consumer);
                }
            }
            if self.queue.len() > LIGHT + 1 {
                return None;
            }
        }
        Some(self.queue.len() as u32 - 1)
    }
}

/// Counts for up to 512 sources (ascending) in one pass. `masks` is zero before and after.
fn sweep(
    propagation: &Propagation,
    sources: impl ExactSizeIterator<Item = u32> + Clone,
    masks: &mut [Block],
) -> Vec<u32> {
    let count = sources.len();
    let Some(first) = sources.clone().next() else { return Vec::new() };
    for (bit, source) in sources.enumerate() {
        masks[source as usize][bit / 64] |= 1 << (bit % 64);
    }
    let mut counters = Counters::default();
    for node in first..masks.len() as u32 {
        let mask = masks[node as usize];
        if mask == [0; WORDS] {
            continue;
        }
        masks[node as usize] = [0; WORDS];
        counters.add(mask);
        for &consumer in propagation.consumers(node) {
            let target = &mut masks[consumer as usize];
            for (word, bits) in target.iter_mut().zip(mask) {
                *word |= bits;
            }
        }
    }
    // each source has counted itself
    (0..count).map(|bit| counters.get(bit) - 1).collect()
}

/// 512 counters; plane `k` holds bit `k` of each. Adding carries into about two planes on average.
#[derive(Default)]
struct Counters {
    planes: [Block; 32],
}

impl Counters {
    #[inline]
    fn add(&mut self, mut carry: Block) {
        for plane in &mut self.planes {
            let mut any = 0;
            for (word, carry) in plane.iter_mut().zip(&mut carry) {
                let both = *word & *carry;
                *word ^= *carry;
                *carry = both;
                any |= both;
            }
            if any == 0 {
                return;
            }
        }
    }

    fn get(&self, bit: usize) -> u32 {
        let (word, shift) = (bit / 64, bit % 64);
        self.planes.iter().enumerate().map(|(k, plane)| ((plane[word] >> shift & 1) as u32) << k).sum()
    }
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
