//! What plans are compared by, as one number where that fits.

use std::ops::Add;

use super::problem::Problem;

/// A sum of (cost, settling, urgency), compared in this order.
pub(super) trait Key: Copy + Ord + Add<Output = Self> + Send + Sync {
    const ZERO: Self;
    /// More than any sum of what there is; twice it can be added.
    const NONE: Self;
}

impl Key for u128 {
    const ZERO: Self = 0;
    const NONE: Self = 1 << 126;
}

/// The three numbers apart.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(super) struct Apart(u128, u128, u128);

impl Add for Apart {
    type Output = Self;

    fn add(self, other: Self) -> Self {
        Self(self.0 + other.0, self.1 + other.1, self.2 + other.2)
    }
}

impl Key for Apart {
    const ZERO: Self = Self(0, 0, 0);
    const NONE: Self = Self(1 << 126, 0, 0);
}

/// How keys are made.
pub(super) trait Keys: Copy + Send + Sync {
    type Key: Key;
    /// Of a part of a plan.
    #[inline]
    fn key(&self, cost: u64, settling: u64, urgency: u64) -> Self::Key {
        self.of((cost.into(), settling.into(), urgency.into()))
    }

    /// Of cost, settling and urgency.
    fn of(&self, rank: (u128, u128, u128)) -> Self::Key;
}

/// One number: the cost in the high bits, the urgency in the low ones.
#[derive(Debug, Clone, Copy)]
pub(super) struct Packed {
    cost: u32,
    settling: u32,
}

impl Packed {
    /// Where no plan's sums can need more than 126 bits.
    pub(super) fn new(problem: &Problem) -> Option<Self> {
        let units = problem.units() as u128;
        let classes = &problem.classes;
        let mut all = classes.none();
        (0..problem.units() as u32).for_each(|unit| classes.cover(&mut all, unit));
        let bits = |most: u128| u128::BITS - most.leading_zeros();
        let most = |sum: u64| bits(units * u128::from(sum));
        let (settling, urgency) = (most(classes.millis(&all)), most(problem.urgency.iter().sum()));
        let fits = most(classes.cost(&all)) + settling + urgency < u128::BITS - 1;
        fits.then_some(Self { cost: settling + urgency, settling: urgency })
    }
}

impl Keys for Packed {
    type Key = u128;

    #[inline]
    fn of(&self, (cost, settling, urgency): (u128, u128, u128)) -> u128 {
        (cost << self.cost) + (settling << self.settling) + urgency
    }
}

/// Three numbers, for weights that are too large for one.
#[derive(Debug, Clone, Copy)]
pub(super) struct Unpacked;

impl Keys for Unpacked {
    type Key = Apart;

    #[inline]
    fn of(&self, (cost, settling, urgency): (u128, u128, u128)) -> Apart {
        Apart(cost, settling, urgency)
    }
}
