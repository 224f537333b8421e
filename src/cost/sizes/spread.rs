//! How a set of figures is spread.

/// The least, the middle and the largest of some figures.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Spread {
    /// How many there are; at least one.
    pub count: u32,
    /// The least.
    pub min: u64,
    /// The one in the middle; of an even count the mean of the middle two, rounded down.
    pub median: u64,
    /// The largest.
    pub max: u64,
}

impl Spread {
    /// Of figures in any order; `None` where there are none. O(n log n).
    #[must_use]
    pub fn of(mut figures: Vec<u64>) -> Option<Self> {
        figures.sort_unstable();
        let (&min, &max) = (figures.first()?, figures.last()?);
        let at = |index: usize| figures.get(index).copied().unwrap_or(max);
        let (low, high) = (at((figures.len() - 1) / 2), at(figures.len() / 2));
        Some(Self { count: figures.len() as u32, min, median: low + (high - low) / 2, max })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn middles() {
        let check = |figures: &[u64], expected: Option<(u32, u64, u64, u64)>| {
            let spread = Spread::of(figures.to_vec()).map(|s| (s.count, s.min, s.median, s.max));
            assert_eq!(spread, expected, "{figures:?}");
        };
        check(&[], None);
        check(&[7], Some((1, 7, 7, 7)));
        check(&[9, 2], Some((2, 2, 5, 9)));
        check(&[3, 100, 1], Some((3, 1, 3, 100)));
        check(&[4, 1, 100, 2], Some((4, 1, 3, 100)));
        check(&[u64::MAX, u64::MAX - 2], Some((2, u64::MAX - 2, u64::MAX - 1, u64::MAX)));
    }
}
