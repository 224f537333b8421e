//! How members of a set depend on one another, through whatever lies between.

use fixedbitset::FixedBitSet;
use rayon::prelude::*;

use super::rebuild::Propagation;

/// Words of a row of bits: so many members are followed at once.
const WORDS: usize = 8;

/// A bit for each member that is followed.
type Row = [u64; WORDS];

/// The pairs of members, input and consumer, with a path of propagating edges that passes no other member: where all
/// are members, the edges themselves. Ascending.
///
/// O(members · (nodes + edges) / 64), on all cores; each takes 64 bytes a node.
#[must_use]
pub fn adjacent(propagation: &Propagation, members: &FixedBitSet) -> Vec<(u32, u32)> {
    pairs(members, |block| {
        let mut rows: Vec<Row> = vec![[0; WORDS]; propagation.node_count()];
        for node in block.first()..propagation.node_count() as u32 {
            let own = match members.contains(node as usize) {
                true => block.bit(node),
                false => rows[node as usize],
            };
            push(propagation, node, own, &mut rows);
        }
        rows
    })
}

/// The pairs of members, input and consumer, of which one reaches the other over propagating edges and no third stands
/// between them on any path: the fewest that tell everything (the transitive reduction). Ascending.
///
/// O(members · (nodes + edges) / 64), on all cores; each takes 128 bytes a node.
#[must_use]
pub fn covers(propagation: &Propagation, members: &FixedBitSet) -> Vec<(u32, u32)> {
    pairs(members, |block| {
        let mut reached: Vec<Row> = vec![[0; WORDS]; propagation.node_count()];
        let mut around: Vec<Row> = reached.clone();
        for node in block.first()..propagation.node_count() as u32 {
            let (mut own, mut longer) = (reached[node as usize], around[node as usize]);
            if members.contains(node as usize) {
                // from here on it stands between
                longer = or(longer, own);
                own = or(own, block.bit(node));
            }
            push(propagation, node, own, &mut reached);
            push(propagation, node, longer, &mut around);
        }
        reached.iter_mut().zip(around).for_each(|(own, around)| {
            own.iter_mut().zip(around).for_each(|(own, around)| *own &= !around);
        });
        reached
    })
}

/// Members that are followed together, ascending.
struct Block<'m>(&'m [u32]);

impl Block<'_> {
    fn first(&self) -> u32 {
        self.0.first().copied().unwrap_or(u32::MAX)
    }

    /// Its bit, if it is among them.
    fn bit(&self, node: u32) -> Row {
        let mut row = [0; WORDS];
        if let Ok(at) = self.0.binary_search(&node) {
            row[at / 64] = 1 << (at % 64);
        }
        row
    }
}

/// The pairs that the rows of each block tell.
fn pairs(members: &FixedBitSet, rows: impl Fn(&Block<'_>) -> Vec<Row> + Sync) -> Vec<(u32, u32)> {
    let all: Vec<u32> = members.ones().map(|node| node as u32).collect();
    let of_block = |ids: &[u32]| -> Vec<(u32, u32)> {
        let rows = rows(&Block(ids));
        let mut found = Vec::new();
        for &consumer in &all[all.partition_point(|member| Some(member) < ids.first())..] {
            for (at, mut word) in rows[consumer as usize].into_iter().enumerate() {
                while word != 0 {
                    found.push((ids[at * 64 + word.trailing_zeros() as usize], consumer));
                    word &= word - 1;
                }
            }
        }
        found
    };
    let mut found: Vec<(u32, u32)> = all.par_chunks(WORDS * 64).flat_map_iter(of_block).collect();
    found.par_sort_unstable();
    found
}

fn push(propagation: &Propagation, node: u32, row: Row, rows: &mut [Row]) {
    if row != [0; WORDS] {
        for &consumer in propagation.consumers(node) {
            let known = &mut rows[consumer as usize];
            *known = or(*known, row);
        }
    }
}

fn or(mut one: Row, other: Row) -> Row {
    one.iter_mut().zip(other).for_each(|(one, other)| *one |= other);
    one
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::reach::samples::{consumers, members};
    use proptest::prelude::*;

    /// What is reached from a node; with `stop`, members are not passed.
    fn reached(propagation: &Propagation, from: u32, stop: Option<&FixedBitSet>) -> FixedBitSet {
        let mut seen = FixedBitSet::with_capacity(propagation.node_count());
        let mut stack = vec![from];
        while let Some(node) = stack.pop() {
            if node != from && stop.is_some_and(|members| members.contains(node as usize)) {
                continue;
            }
            for &consumer in propagation.consumers(node) {
                if !seen.put(consumer as usize) {
                    stack.push(consumer);
                }
            }
        }
        seen
    }

    fn check(propagation: &Propagation, members: &FixedBitSet) {
        let all: Vec<u32> = members.ones().map(|node| node as u32).collect();
        let mut expected = Vec::new();
        let mut direct = Vec::new();
        for &input in &all {
            let (after, next) = (reached(propagation, input, None), reached(propagation, input, Some(members)));
            let between: Vec<FixedBitSet> = all
                .iter()
                .filter(|&&third| after.contains(third as usize))
                .map(|&third| reached(propagation, third, None))
                .collect();
            for &consumer in all.iter().filter(|&&consumer| after.contains(consumer as usize)) {
                if !between.iter().any(|of_third| of_third.contains(consumer as usize)) {
                    expected.push((input, consumer));
                }
            }
            direct.extend(all.iter().filter(|&&node| next.contains(node as usize)).map(|&node| (input, node)));
        }
        assert_eq!(covers(propagation, members), expected);
        assert_eq!(adjacent(propagation, members), direct);
    }

    proptest! {
        #![proptest_config(ProptestConfig::with_cases(64))]
        #[test]
        fn equal_a_search_from_each(consumers in consumers(1..60, 0..5), seed: u64) {
            check(&Propagation::from_consumers(&consumers), &members(consumers.len(), seed));
        }

        #[test]
        fn all_are_members(consumers in consumers(1..40, 0..5)) {
            let propagation = Propagation::from_consumers(&consumers);
            let mut all = FixedBitSet::with_capacity(consumers.len());
            all.insert_range(..);
            check(&propagation, &all);
            prop_assert_eq!(adjacent(&propagation, &all).len(), propagation.edge_count());
        }
    }

    /// More than one block.
    #[test]
    fn many_members() {
        let count = 3 * WORDS * 64 + 17;
        let to = |node: usize| [node + 1, node + 2, node + 700].into_iter().filter(move |&to| to < count);
        let consumers: Vec<Vec<u32>> = (0..count).map(|node| to(node).map(|to| to as u32).collect()).collect();
        let propagation = Propagation::from_consumers(&consumers);
        let members: FixedBitSet = (0..count).filter(|node| node % 3 != 1).collect();
        let pairs = covers(&propagation, &members);
        let ids: Vec<usize> = members.ones().collect();
        // a line: each after the one before it
        let line: Vec<(u32, u32)> = ids.windows(2).map(|pair| (pair[0] as u32, pair[1] as u32)).collect();
        assert_eq!(pairs, line);
        let mut all = FixedBitSet::with_capacity(count);
        all.insert_range(..);
        assert_eq!(adjacent(&propagation, &all).len(), propagation.edge_count());
    }
}
