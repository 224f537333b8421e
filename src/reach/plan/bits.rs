//! Sets of small numbers, many of them of one size.

/// Rows of bits. Row `i` is `data[i * words..(i + 1) * words]`.
#[derive(Debug, Clone)]
pub(super) struct Rows {
    pub(super) words: usize,
    data: Vec<u64>,
}

impl Rows {
    /// Empty rows that hold numbers below `width`.
    pub(super) fn new(rows: usize, width: usize) -> Self {
        let words = width.div_ceil(64);
        Self { words, data: vec![0; rows * words] }
    }

    #[inline]
    pub(super) fn row(&self, row: usize) -> &[u64] {
        &self.data[row * self.words..(row + 1) * self.words]
    }

    #[inline]
    pub(super) fn row_mut(&mut self, row: usize) -> &mut [u64] {
        &mut self.data[row * self.words..(row + 1) * self.words]
    }

    pub(super) fn insert(&mut self, row: usize, bit: usize) {
        self.row_mut(row)[bit / 64] |= 1 << (bit % 64);
    }

    pub(super) fn remove(&mut self, row: usize, bit: usize) {
        self.row_mut(row)[bit / 64] &= !(1 << (bit % 64));
    }

    #[inline]
    pub(super) fn contains(&self, row: usize, bit: usize) -> bool {
        self.row(row)[bit / 64] >> (bit % 64) & 1 == 1
    }

    /// Row `to` gets what row `from` has.
    pub(super) fn include(&mut self, to: usize, from: usize) {
        for word in 0..self.words {
            self.data[to * self.words + word] |= self.data[from * self.words + word];
        }
    }
}

/// The numbers in a row, ascending.
pub(super) fn ones(row: &[u64]) -> impl Iterator<Item = usize> + '_ {
    row.iter().enumerate().flat_map(|(at, &word)| ones_of(word).map(move |bit| at * 64 + bit))
}

/// The bits of a word, ascending.
#[inline]
pub(super) fn ones_of(word: u64) -> impl Iterator<Item = usize> {
    let mut left = word;
    std::iter::from_fn(move || {
        let bit = left.trailing_zeros() as usize;
        left &= left.wrapping_sub(1);
        (bit < 64).then_some(bit)
    })
}

/// `to` gets what `from` has.
#[inline]
pub(super) fn include(to: &mut [u64], from: &[u64]) {
    to.iter_mut().zip(from).for_each(|(to, from)| *to |= from);
}

/// Whether two rows have a number in common.
#[inline]
pub(super) fn meet(a: &[u64], b: &[u64]) -> bool {
    a.iter().zip(b).any(|(a, b)| a & b != 0)
}
