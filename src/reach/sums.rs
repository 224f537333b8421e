//! Weighted sums for 512 bumps at once.

/// Words of a block: 512 bumps.
pub(super) const WORDS: usize = 8;

/// A bit for each bump.
pub(super) type Block = [u64; WORDS];

/// Sums of one weight for 512 bumps. That of bump `64 · w + 8 · b + r` is `[w][r][b]`.
type Column = [[[u64; 8]; 8]; WORDS];

/// For each bump of a block and each weight, the sum over the nodes whose mask has the bump's bit.
///
/// Eight nodes are taken at a time. Their masks are transposed, so that the eight bits of a bump come
/// together in a byte, which is looked up in a table of the 256 sums that their weights can make. That is
/// one addition for eight nodes, whatever the weights are: 200 elementary steps a node for 512 bumps and one weight.
pub(super) struct Sums<'w> {
    weights: &'w [&'w [u64]],
    masks: [Block; 8],
    nodes: [u32; 8],
    held: usize,
    columns: Vec<Column>,
}

impl<'w> Sums<'w> {
    /// `weights`: of each kind one for each node; all of a kind together fit into `u64`.
    pub(super) fn new(weights: &'w [&'w [u64]]) -> Self {
        let columns = vec![[[[0; 8]; 8]; WORDS]; weights.len()];
        Self { weights, masks: [[0; WORDS]; 8], nodes: [0; 8], held: 0, columns }
    }

    /// Adds a node's weights for the bumps whose bits are set.
    #[inline]
    pub(super) fn add(&mut self, node: u32, mask: &Block) {
        self.masks[self.held] = *mask;
        self.nodes[self.held] = node;
        self.held += 1;
        if self.held == 8 {
            self.add_held();
        }
    }

    #[inline(never)]
    fn add_held(&mut self) {
        // masks that are left from before count for nothing
        self.masks[self.held..].fill([0; WORDS]);
        self.held = 0;
        transpose(&mut self.masks);
        for (column, weights) in self.columns.iter_mut().zip(self.weights) {
            let mut table = [0u64; 256];
            for (bit, &node) in self.nodes.iter().enumerate() {
                let (without, with) = table.split_at_mut(1 << bit);
                let weight = weights[node as usize];
                // a node of an unused place may be that of another, its bit is never set
                with.iter_mut().zip(without).for_each(|(with, without)| *with = without.wrapping_add(weight));
            }
            for (row, mask) in self.masks.iter().enumerate() {
                for (word, column) in mask.iter().zip(column.iter_mut()) {
                    for (sum, byte) in column[row].iter_mut().zip(word.to_le_bytes()) {
                        *sum += table[usize::from(byte)];
                    }
                }
            }
        }
    }

    /// The sums of the first `count` bumps, for each a row of all weights; all are zero afterwards.
    pub(super) fn take(&mut self, count: usize) -> Vec<u64> {
        if self.held > 0 {
            self.add_held();
        }
        let places = (0..count).map(|bump| (bump / 64, bump % 8, bump % 64 / 8));
        let rows = places.flat_map(|(word, row, byte)| self.columns.iter().map(move |column| column[word][row][byte]));
        let rows = rows.collect();
        self.columns.fill([[[0; 8]; 8]; WORDS]);
        rows
    }
}

/// Makes byte `b` of word `w` of mask `r` of the bits `8 · b + r` of word `w` of all eight masks.
fn transpose(masks: &mut [Block; 8]) {
    for (step, keep) in [(4, 0x0f0f_0f0f_0f0f_0f0f), (2, 0x3333_3333_3333_3333), (1, 0x5555_5555_5555_5555_u64)] {
        for row in (0..8).filter(|row| row & step == 0) {
            let (upper, lower) = masks.split_at_mut(row + step);
            for (one, other) in upper[row].iter_mut().zip(&mut lower[0]) {
                let swapped = ((*one >> step) ^ *other) & keep;
                *one ^= swapped << step;
                *other ^= swapped;
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn equals_adding_one_by_one() {
        let weights: Vec<u64> = (0..100).map(|node: u64| node.pow(5) % 1_000_003).collect();
        let ones = vec![1; 100];
        let all = [weights.as_slice(), &ones];
        let mut sums = Sums::new(&all);
        let mut state = 1u64;
        // twice: nothing is left of the first
        for nodes in [100, 13, 0, 8] {
            let mut expected = vec![[0u64; 2]; 512];
            for node in 0..nodes {
                let mask: Block = std::array::from_fn(|_| {
                    state = state.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
                    state ^ (state >> 31)
                });
                sums.add(node, &mask);
                for (bump, expected) in expected.iter_mut().enumerate() {
                    if mask[bump / 64] >> (bump % 64) & 1 == 1 {
                        expected[0] += weights[node as usize];
                        expected[1] += 1;
                    }
                }
            }
            assert_eq!(sums.take(509), expected[..509].concat(), "{nodes} nodes");
        }
    }
}
