//! A plan and what it costs.

use super::problem::Problem;

/// Units in waves. Plans compare by cost, then settling, then urgency.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Plan {
    /// The waves in their order, each with its units, ascending.
    pub waves: Vec<Vec<u32>>,
    /// What all waves make, a node once for each wave that makes it.
    pub cost: u128,
    /// The cost of the most costly wave.
    pub peak: u64,
    /// Milliseconds of each node × the number (from 1) of the last wave that makes it, summed.
    pub settling: u128,
    /// Urgency of each unit × the number (from 1) of its wave, summed.
    pub urgency: u128,
    /// Whether it is proven that none with as many waves is better.
    pub optimal: bool,
}

impl Plan {
    /// Prices these waves. O(units × classes / 64 + waves × classes).
    pub(super) fn of(problem: &Problem, mut waves: Vec<Vec<u32>>) -> Self {
        waves.iter_mut().for_each(|wave| wave.sort_unstable());
        let classes = &problem.classes;
        let (mut cost, mut peak, mut settling, mut urgency) = (0, 0, 0, 0);
        // a node settles after wave t when a wave after t makes it: all suffixes together
        let mut suffix = classes.none();
        let (mut late, mut waiting) = (0u64, 0u64);
        for wave in waves.iter().rev() {
            let mut cover = classes.none();
            for &unit in wave {
                classes.cover(&mut cover, unit);
                late += classes.extend(&mut suffix, unit).1;
                waiting += problem.urgency[unit as usize];
            }
            let own = classes.cost(&cover);
            cost += u128::from(own);
            peak = peak.max(own);
            settling += u128::from(late);
            urgency += u128::from(waiting);
        }
        Self { waves, cost, peak, settling, urgency, optimal: false }
    }

    /// What plans are compared by.
    pub(super) fn rank(&self) -> (u128, u128, u128) {
        (self.cost, self.settling, self.urgency)
    }
}
