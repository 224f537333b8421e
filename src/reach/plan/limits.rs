//! What a wave may hold.

use super::problem::Problem;

/// What a wave may hold at most. A unit that is over a limit by itself gets a wave of its own.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Limits {
    /// Bumps.
    pub bumps: Option<u32>,
    /// Cost of what it makes.
    pub cost: Option<u64>,
    /// Milliseconds of what it makes.
    pub millis: Option<u64>,
}

impl Limits {
    /// Whether there are none.
    pub(super) fn none(&self) -> bool {
        *self == Self::default()
    }

    /// Whether a wave of so many units may hold this.
    pub(super) fn allow(&self, units: usize, load: Load) -> bool {
        units <= 1
            || (self.bumps.is_none_or(|most| load.bumps <= u64::from(most))
                && self.cost.is_none_or(|most| load.cost <= most)
                && self.millis.is_none_or(|most| load.millis <= most))
    }

    /// Whether a wave of these units may be.
    pub(super) fn allow_wave(&self, problem: &Problem, wave: &[u32]) -> bool {
        self.none() || self.allow(wave.len(), Load::of(problem, wave))
    }
}

/// What a wave holds.
#[derive(Debug, Clone, Copy, Default)]
pub(super) struct Load {
    pub(super) bumps: u64,
    pub(super) cost: u64,
    pub(super) millis: u64,
}

impl Load {
    pub(super) fn of(problem: &Problem, wave: &[u32]) -> Self {
        let mut cover = problem.classes.none();
        let mut load = Self::default();
        for &unit in wave {
            load.bumps += u64::from(problem.bumps[unit as usize]);
            problem.classes.cover(&mut cover, unit);
        }
        load.cost = problem.classes.cost(&cover);
        load.millis = problem.classes.millis(&cover);
        load
    }
}
