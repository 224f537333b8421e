//! Sums of weights over sets of classes, by table.

/// For each byte of a row of classes the sum of the weights of every value of it.
#[derive(Debug, Clone)]
pub(super) struct Sums(Vec<u64>);

const BYTE: usize = 256;
const WORD: usize = 8 * BYTE;

impl Sums {
    /// Of the weights of the classes. O(256 × classes / 8).
    pub(super) fn of(weights: &[u64]) -> Self {
        let mut sums = vec![0; weights.len().div_ceil(64) * WORD];
        for (weights, sums) in weights.chunks(8).zip(sums.chunks_mut(BYTE)) {
            for value in 1..BYTE {
                let lowest = value.trailing_zeros() as usize;
                sums[value] = sums[value & (value - 1)] + weights.get(lowest).copied().unwrap_or(0);
            }
        }
        Self(sums)
    }

    /// The sum over these classes.
    #[inline]
    pub(super) fn sum(&self, words: impl Iterator<Item = u64>) -> u64 {
        let mut sum = 0;
        for (word, sums) in words.zip(self.0.chunks_exact(WORD)) {
            if word != 0 {
                for (byte, sums) in word.to_le_bytes().into_iter().zip(sums.chunks_exact(BYTE)) {
                    sum += sums[usize::from(byte)];
                }
            }
        }
        sum
    }

    /// The sum over the classes that two rows share.
    #[inline]
    pub(super) fn shared(&self, a: &[u64], b: &[u64]) -> u64 {
        self.sum(a.iter().zip(b).map(|(a, b)| a & b))
    }

    /// The sum over the classes of a row that another lacks.
    #[inline]
    pub(super) fn beyond(&self, a: &[u64], b: &[u64]) -> u64 {
        self.sum(a.iter().zip(b).map(|(a, b)| a & !b))
    }
}
