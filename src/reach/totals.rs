//! What bumps weigh, for all nodes or many sets of them and for several weights at once, exactly.
//!
//! Most nodes reach few others, and a few thousand reach nearly everything. So the light bumps are
//! added up by a breadth-first search each, which is given up at [`LIGHT`] nodes; the heavy ones, 512
//! at a time, by one sweep over all nodes in topological order that carries a bit for each bump (see
//! [`Sums`]). A node whose bump is that of one of its consumers and nothing more is not searched at all.

use std::slice;
use std::sync::atomic::{AtomicBool, Ordering};

use fixedbitset::FixedBitSet;
use rayon::prelude::*;

use super::rebuild::Propagation;
use super::sums::{Block, Sums, WORDS};
use crate::graph::NodeId;

/// A bump that reaches more nodes than this is heavy. Between 100 and 400 the time hardly differs.
const LIGHT: usize = 200;

/// For each of the weights and every node, the sum over what a bump of the node changes: itself and all
/// that it reaches. A sum that is more than `u64` can tell is `u64::MAX`.
///
/// Time O(n · edges of 200 nodes + h/512 · (edges + n · weights)) with h nodes that reach more than 200;
/// memory 64 bytes a node and thread.
///
/// # Panics
/// When there is not one weight for each node.
#[must_use]
pub fn totals_of_all(propagation: &Propagation, weights: &[&[u64]]) -> Vec<Vec<u64>> {
    let all: Vec<NodeId> = (0..propagation.node_count() as u32).map(NodeId).collect();
    totals_of(propagation, &all, weights)
}

/// As [`totals_of_all`], for the given nodes, in their order.
///
/// # Panics
/// When there is not one weight for each node, or a node is of another graph.
#[must_use]
pub fn totals_of(propagation: &Propagation, nodes: &[NodeId], weights: &[&[u64]]) -> Vec<Vec<u64>> {
    saturating(propagation, weights, |weights| each(propagation, nodes, weights))
}

/// The same for bumps of several nodes at once, each node counted once; in their order.
///
/// # Panics
/// When there is not one weight for each node, or a node is of another graph.
#[must_use]
pub fn totals(propagation: &Propagation, bumps: &[Vec<NodeId>], weights: &[&[u64]]) -> Vec<Vec<u64>> {
    saturating(propagation, weights, |weights| searched(propagation, bumps.len(), |at| &bumps[at], weights))
}

/// Sums that cannot overflow: where the weights of all nodes together are too much for `u64`, their
/// halves are added up apart. `sums` gives rows of one sum for each weight.
fn saturating(propagation: &Propagation, weights: &[&[u64]], sums: impl Fn(&[&[u64]]) -> Vec<u64>) -> Vec<Vec<u64>> {
    assert!(weights.iter().all(|weights| weights.len() == propagation.node_count()), "a weight for each node");
    let columns = |rows: &[u64], width: usize, column: usize| -> Vec<u64> {
        rows.iter().skip(column).step_by(width).copied().collect()
    };
    let fits = |weights: &&[u64]| weights.iter().try_fold(0u64, |sum, &weight| sum.checked_add(weight)).is_some();
    if weights.iter().all(fits) {
        let rows = if weights.is_empty() { Vec::new() } else { sums(weights) };
        return (0..weights.len()).map(|at| columns(&rows, weights.len(), at)).collect();
    }
    let half = |part: fn(u64) -> u64| weights.iter().map(move |all| all.iter().map(|&w| part(w)).collect::<Vec<u64>>());
    let halves: Vec<Vec<u64>> = half(|weight| weight >> 32).chain(half(|weight| weight & 0xffff_ffff)).collect();
    let rows = sums(&halves.iter().map(Vec::as_slice).collect::<Vec<_>>());
    let whole = |(high, low): (u64, u64)| {
        let sum = (u128::from(high) << 32) + u128::from(low);
        u64::try_from(sum).unwrap_or(u64::MAX)
    };
    let (width, k) = (halves.len(), weights.len());
    (0..k)
        .map(|at| columns(&rows, width, at).into_iter().zip(columns(&rows, width, k + at)).map(whole).collect())
        .collect()
}

/// A consumer that alone passes on all that a bump of `node` changes.
///
/// The first one, where it is the only one or the others are consumers of its own: it stands before
/// all it reaches. What is missed (a consumer that reaches the others by a longer way) only takes time.
fn heir(propagation: &Propagation, node: u32) -> Option<u32> {
    let (&first, others) = propagation.consumers(node).split_first()?;
    let own = propagation.consumers(first);
    let all = others.len() <= own.len() && others.iter().all(|consumer| own.binary_search(consumer).is_ok());
    all.then_some(first)
}

/// A row of sums for each node.
fn each(propagation: &Propagation, nodes: &[NodeId], weights: &[&[u64]]) -> Vec<u64> {
    let (n, width) = (propagation.node_count(), weights.len());
    let mut needed = FixedBitSet::with_capacity(n);
    needed.extend(nodes.iter().map(|node| node.index()));
    let (mut apart, mut heirs): (Vec<NodeId>, Vec<(u32, u32)>) = (Vec::new(), Vec::new());
    for node in 0..n as u32 {
        if needed.contains(node as usize) {
            match heir(propagation, node) {
                Some(heir) => {
                    needed.insert(heir as usize);
                    heirs.push((node, heir));
                }
                None => apart.push(NodeId(node)),
            }
        }
    }
    let found = searched(propagation, apart.len(), |at| slice::from_ref(&apart[at]), weights);
    let mut rows = vec![0; n * width];
    let row = |node: usize| node * width..(node + 1) * width;
    for (node, sums) in apart.iter().zip(found.chunks_exact(width)) {
        rows[row(node.index())].copy_from_slice(sums);
    }
    // an heir has a larger number, so that it is done
    for &(node, heir) in heirs.iter().rev() {
        for (at, weights) in weights.iter().enumerate() {
            rows[node as usize * width + at] = weights[node as usize] + rows[heir as usize * width + at];
        }
    }
    nodes.iter().flat_map(|node| &rows[row(node.index())]).copied().collect()
}

/// A row of sums for each bump.
fn searched<'b>(
    propagation: &Propagation,
    count: usize,
    bump: impl Fn(usize) -> &'b [NodeId] + Sync,
    weights: &[&[u64]],
) -> Vec<u64> {
    let (n, width) = (propagation.node_count(), weights.len());
    let heavy: Vec<AtomicBool> = (0..n).map(|_| AtomicBool::new(false)).collect();
    let mut rows = vec![0; count * width];
    let mut given_up = vec![false; count];
    let chunk = count.div_ceil(rayon::current_num_threads() * 16).clamp(1, 4096);
    // the last come first: a heavy consumer makes its inputs heavy at a glance. The result does not
    // depend on it, for what has a heavy consumer is heavy
    rows.par_rchunks_mut(chunk * width).zip(given_up.par_rchunks_mut(chunk)).enumerate().for_each_init(
        || Search::new(n),
        |search, (index, (rows, given_up))| {
            let first = count - index * chunk - given_up.len();
            for (at, (row, given_up)) in rows.chunks_exact_mut(width).zip(given_up).enumerate().rev() {
                let nodes = bump(first + at);
                match search.reached(propagation, nodes, &heavy) {
                    Some(reached) => {
                        for (sum, weights) in row.iter_mut().zip(weights) {
                            *sum = reached.iter().map(|&node| weights[node as usize]).sum();
                        }
                    }
                    None => {
                        *given_up = true;
                        if let [node] = nodes {
                            heavy[node.index()].store(true, Ordering::Relaxed);
                        }
                    }
                }
            }
        },
    );

    // a sweep starts at the first node of all its bumps
    let mut left: Vec<(Option<&NodeId>, usize)> =
        (0..count).filter(|&at| given_up[at]).map(|at| (bump(at).iter().min(), at)).collect();
    left.sort_unstable();
    let swept: Vec<Vec<u64>> = left
        .par_chunks(WORDS * 64)
        .map_init(
            || (vec![[0; WORDS]; n], Sums::new(weights)),
            |(masks, sums), block| sweep(propagation, block.iter().map(|&(_, at)| bump(at)), masks, sums),
        )
        .collect();
    for (&(_, at), sums) in left.iter().zip(swept.iter().flat_map(|sums| sums.chunks_exact(width))) {
        rows[at * width..(at + 1) * width].copy_from_slice(sums);
    }
    rows
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

    /// What a bump changes, itself included.
    fn reached(&mut self, propagation: &Propagation, bump: &[NodeId], heavy: &[AtomicBool]) -> Option<&[u32]> {
        if self.number == u32::MAX {
            self.seen.fill(0);
            self.number = 0;
        }
        self.number += 1;
        self.queue.clear();
        for node in bump {
            if self.seen[node.index()] != self.number {
                self.seen[node.index()] = self.number;
                self.queue.push(node.0);
            }
        }
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
        Some(&self.queue)
    }
}

/// Rows of sums for up to 512 bumps in one pass. `masks` is zero before and after.
fn sweep<'b>(
    propagation: &Propagation,
    bumps: impl Iterator<Item = &'b [NodeId]>,
    masks: &mut [Block],
    sums: &mut Sums<'_>,
) -> Vec<u64> {
    let (mut count, mut first) = (0, masks.len() as u32);
    for (bit, nodes) in bumps.enumerate() {
        for node in nodes {
            masks[node.index()][bit / 64] |= 1 << (bit % 64);
            first = first.min(node.0);
        }
        count += 1;
    }
    for node in first..masks.len() as u32 {
        let mask = masks[node as usize];
        // not a comparison of arrays: that is a call of memcmp, which took a fifth of the time
        if mask.iter().fold(0, |any, word| any | word) == 0 {
            continue;
        }
        masks[node as usize] = [0; WORDS];
        sums.add(node, &mask);
        for &consumer in propagation.consumers(node) {
            let target = &mut masks[consumer as usize];
            for (word, bits) in target.iter_mut().zip(mask) {
                *word |= bits;
            }
        }
    }
    sums.take(count)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::reach::samples::consumers;
    use proptest::prelude::*;

    /// One search, nothing clever.
    fn naive(consumers: &[Vec<u32>], bump: &[NodeId], weights: &[u64]) -> u128 {
        let mut seen = vec![false; consumers.len()];
        let mut stack: Vec<u32> = bump.iter().map(|node| node.0).collect();
        let mut sum = 0;
        while let Some(node) = stack.pop() {
            if !std::mem::replace(&mut seen[node as usize], true) {
                sum += u128::from(weights[node as usize]);
                stack.extend(&consumers[node as usize]);
            }
        }
        sum
    }

    /// Weights by chance: nothing, one, whole seconds, and what fills 40 bits.
    fn weights(n: usize, seed: u64) -> Vec<u64> {
        let mut state = seed | 1;
        let random = |_| {
            state ^= state << 13;
            state ^= state >> 7;
            state ^= state << 17;
            match state % 8 {
                0 => 0,
                1 => 1,
                2..6 => state / 8 % 20_000 * 1_000,
                _ => state >> 24,
            }
        };
        (0..n).map(random).collect()
    }

    proptest! {
        #![proptest_config(ProptestConfig::with_cases(64))]
        #[test]
        fn all_equal_one_search_a_node(consumers in consumers(1..1500, 0..6), seed: u64) {
            let propagation = Propagation::from_consumers(&consumers);
            let (one, other) = (weights(consumers.len(), seed), weights(consumers.len(), !seed));
            let found = totals_of_all(&propagation, &[&one, &other]);
            for (found, weights) in found.iter().zip([&one, &other]) {
                let expect = |node| naive(&consumers, &[NodeId(node)], weights) as u64;
                prop_assert_eq!(found, &(0..consumers.len() as u32).map(expect).collect::<Vec<_>>());
            }
        }

        #[test]
        fn bumps_equal_one_search_each(
            consumers in consumers(1..1500, 0..6),
            picks in prop::collection::vec(prop::collection::vec(any::<prop::sample::Index>(), 0..5), 0..1200),
            seed: u64,
        ) {
            let propagation = Propagation::from_consumers(&consumers);
            let weights = weights(consumers.len(), seed);
            let node = |pick: &prop::sample::Index| NodeId(pick.index(consumers.len()) as u32);
            let bumps: Vec<Vec<NodeId>> = picks.iter().map(|picks| picks.iter().map(node).collect()).collect();
            let expected: Vec<u64> = bumps.iter().map(|bump| naive(&consumers, bump, &weights) as u64).collect();
            prop_assert_eq!(totals(&propagation, &bumps, &[&weights]), [expected]);
        }

        #[test]
        fn a_sum_that_does_not_fit_is_the_most(consumers in consumers(1..600, 0..6), seed: u64, shift in 0u32..24) {
            let propagation = Propagation::from_consumers(&consumers);
            let weights: Vec<u64> = weights(consumers.len(), seed).iter().map(|weight| weight << shift).collect();
            let small = vec![3; consumers.len()];
            let found = totals_of_all(&propagation, &[&small, &weights]);
            for (found, weights) in found.iter().zip([&small, &weights]) {
                let sum = |node| naive(&consumers, &[NodeId(node)], weights);
                let expected: Vec<u64> =
                    (0..consumers.len() as u32).map(|node| u64::try_from(sum(node)).unwrap_or(u64::MAX)).collect();
                prop_assert_eq!(found, &expected);
            }
        }
    }

    #[test]
    fn the_largest_weights() {
        let propagation = Propagation::from_consumers(&[vec![2], vec![2], vec![]]);
        let of = |weights: [u64; 3]| totals_of_all(&propagation, &[&weights]).remove(0);
        assert_eq!(of([0, 1, u64::MAX - 1]), [u64::MAX - 1, u64::MAX, u64::MAX - 1]);
        assert_eq!(of([2, 1, u64::MAX - 1]), [u64::MAX, u64::MAX, u64::MAX - 1]);
        assert_eq!(of([u64::MAX; 3]), [u64::MAX; 3]);
        let bumps = [vec![NodeId(0), NodeId(1)], vec![]];
        assert_eq!(totals(&propagation, &bumps, &[&[7 << 32, 1 << 63, 5]]), [[(1 << 63) + (7 << 32) + 5, 0]]);
    }

    #[test]
    fn no_weights_no_sums() {
        let propagation = Propagation::from_consumers(&[vec![1], vec![]]);
        assert!(totals_of_all(&propagation, &[]).is_empty());
        assert_eq!(totals(&propagation, &[], &[&[1, 1]]), [[0u64; 0]]);
        let none = Propagation::from_consumers(&[]);
        assert_eq!(totals_of_all(&none, &[&[]]), [[0u64; 0]]);
    }

    #[test]
    fn heirs() {
        // 0 -> 1, 2; 1 -> 2, 3: all of 0's is 1's. 4 -> 5, 6 that have nothing in common.
        let propagation =
            Propagation::from_consumers(&[vec![1, 2], vec![2, 3], vec![3], vec![], vec![5, 6], vec![], vec![]]);
        let found: Vec<Option<u32>> = (0..7).map(|node| heir(&propagation, node)).collect();
        assert_eq!(found, [Some(1), Some(2), Some(3), None, None, None, None]);
    }

    #[test]
    fn do_not_depend_on_threads() {
        let consumers: Vec<Vec<u32>> =
            (0..3000u32).map(|i| [i + 1, i + 3, i + 7].into_iter().filter(|&to| to < 3000).collect()).collect();
        let propagation = Propagation::from_consumers(&consumers);
        let weights = weights(3000, 7);
        let bumps: Vec<Vec<NodeId>> = (0..1500).map(|i| vec![NodeId(2999 - i), NodeId(i)]).collect();
        let expect = |bump: &[NodeId]| naive(&consumers, bump, &weights) as u64;
        let all: Vec<u64> = (0..3000).map(|node| expect(&[NodeId(node)])).collect();
        let of_bumps: Vec<u64> = bumps.iter().map(|bump| expect(bump)).collect();
        for threads in [1, 2, 5] {
            let pool = rayon::ThreadPoolBuilder::new().num_threads(threads).build().unwrap();
            let found = pool.install(|| totals_of_all(&propagation, &[&weights]));
            assert_eq!(found, [all.as_slice()], "{threads} threads");
            let found = pool.install(|| totals(&propagation, &bumps, &[&weights]));
            assert_eq!(found, [of_bumps.as_slice()], "{threads} threads");
        }
    }
}
