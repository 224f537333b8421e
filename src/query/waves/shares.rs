//! What two units both make.

use std::sync::OnceLock;

use super::plan::Planned;
use crate::query::expense::CostSum;

/// Machine time of what two units both make, in milliseconds: each pair is looked at once, when it is asked for.
pub(super) struct Shares {
    /// The pairs with unit n as the larger begin at n × (n − 1) / 2.
    millis: Vec<OnceLock<u64>>,
}

impl Shares {
    pub(super) fn new(units: usize) -> Self {
        let pairs = units * units.saturating_sub(1) / 2;
        Self { millis: (0..pairs).map(|_| OnceLock::new()).collect() }
    }

    /// Of two different units. O(nodes / 64 and what both make) the first time.
    pub(super) fn millis(&self, planned: &Planned<'_>, one: u32, other: u32) -> u64 {
        let (small, large) = (one.min(other) as usize, one.max(other) as usize);
        let find = || CostSum::of(planned.params.costs, &planned.waves.shared(one, other)).millis;
        *self.millis[large * large.saturating_sub(1) / 2 + small].get_or_init(find)
    }
}
