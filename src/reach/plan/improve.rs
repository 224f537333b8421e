//! Moves of single units to other waves.

use super::bits::{Rows, ones};
use super::limits::{Limits, Load};
use super::problem::Problem;

/// Waves while units are moved between them.
pub(super) struct Moves<'p> {
    problem: &'p Problem,
    limits: &'p Limits,
    /// Whether a unit must be after those before it, and not only with them.
    strict: bool,
    waves: Vec<Vec<u32>>,
    wave_of: Vec<usize>,
    /// By wave, the classes that a unit of it makes, and those that no other of it makes.
    cover: Rows,
    once: Rows,
    load: Vec<Load>,
}

impl<'p> Moves<'p> {
    pub(super) fn new(problem: &'p Problem, limits: &'p Limits, strict: bool, waves: Vec<Vec<u32>>) -> Self {
        let rows = || Rows::new(waves.len(), problem.classes.len());
        let mut moves = Self {
            problem,
            limits,
            strict,
            wave_of: vec![0; problem.units()],
            cover: rows(),
            once: rows(),
            load: vec![Load::default(); waves.len()],
            waves,
        };
        for wave in 0..moves.waves.len() {
            moves.waves[wave].iter().for_each(|&unit| moves.wave_of[unit as usize] = wave);
            moves.cover_again(wave);
        }
        moves
    }

    fn cover_again(&mut self, wave: usize) {
        let (cover, once) = (self.cover.row_mut(wave), self.once.row_mut(wave));
        cover.fill(0);
        once.fill(0);
        for &unit in &self.waves[wave] {
            for ((cover, once), &own) in cover.iter_mut().zip(once.iter_mut()).zip(self.problem.classes.of(unit)) {
                *once = *once & !own | own & !*cover;
                *cover |= own;
            }
        }
        if !self.limits.none() {
            self.load[wave] = Load::of(self.problem, &self.waves[wave]);
        }
    }

    /// The first and the last wave that the order leaves a unit.
    fn window(&self, unit: u32) -> (usize, usize) {
        let order = &self.problem.order;
        let apart = usize::from(self.strict);
        let first = ones(order.before(unit)).map(|before| self.wave_of[before] + apart).max();
        let last = ones(order.after(unit)).map(|after| self.wave_of[after] - apart).min();
        (first.unwrap_or(0), last.unwrap_or(self.waves.len() - 1))
    }

    fn allowed(&self, unit: u32, wave: usize, added: u64) -> bool {
        if self.limits.none() {
            return true;
        }
        let classes = &self.problem.classes;
        let load = self.load[wave];
        let with = Load {
            bumps: load.bumps + u64::from(self.problem.bumps[unit as usize]),
            cost: load.cost + added,
            millis: load.millis + classes.times.beyond(classes.of(unit), self.cover.row(wave)),
        };
        self.limits.allow(self.waves[wave].len() + 1, with)
    }

    /// Moves each unit to the wave where it adds least, again and again while that saves cost and steps
    /// are left; no wave is left empty. A step is a word of classes that is looked at.
    pub(super) fn improve(&mut self, steps: &mut u64) {
        let classes = &self.problem.classes;
        let words = classes.words() as u64 + 1;
        let mut unchanged = 0;
        for unit in (0..self.problem.units() as u32).cycle() {
            if unchanged >= self.problem.units() || *steps < words {
                break;
            }
            unchanged += 1;
            let from = self.wave_of[unit as usize];
            if self.waves[from].len() == 1 {
                continue;
            }
            *steps -= words;
            let own = classes.of(unit);
            let freed = classes.costs.shared(own, self.once.row(from));
            let (first, last) = self.window(unit);
            let mut best = (freed, from);
            for wave in (first..=last).filter(|&wave| wave != from && freed > 0) {
                *steps = steps.saturating_sub(words);
                let added = classes.costs.beyond(own, self.cover.row(wave));
                if added < best.0 && self.allowed(unit, wave, added) {
                    best = (added, wave);
                }
            }
            if best.1 != from {
                self.shift(unit, best.1);
                unchanged = 0;
            }
        }
    }

    fn shift(&mut self, unit: u32, to: usize) {
        let from = std::mem::replace(&mut self.wave_of[unit as usize], to);
        self.waves[from].retain(|&other| other != unit);
        self.waves[to].push(unit);
        self.cover_again(from);
        self.cover_again(to);
    }

    pub(super) fn into_waves(self) -> Vec<Vec<u32>> {
        self.waves
    }
}
