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

    /// Moves units with all that the order ties to them: forward to a wave with what is after it in
    /// earlier ones, back with what is before it in later ones; the first such move that saves cost, again
    /// and again while there is one and steps are left. No wave is left empty. Not for strict plans.
    pub(super) fn improve_tied(&mut self, steps: &mut u64) {
        let mut unchanged = 0;
        for unit in (0..self.problem.units() as u32).cycle() {
            if unchanged >= self.problem.units() || *steps == 0 {
                break;
            }
            unchanged += 1;
            for to in 0..self.waves.len() {
                let from = self.wave_of[unit as usize];
                let tied = self.tied(unit, to);
                // a unit alone was moved where that is best
                if tied.len() > 1 && self.saves(&tied, from.min(to), from.max(to), to, steps) {
                    tied.iter().for_each(|&unit| self.shift(unit, to));
                    unchanged = 0;
                }
            }
        }
    }

    /// Has two units of different waves change places where the order leaves both that and it saves cost,
    /// again and again while that is so and steps are left.
    pub(super) fn exchange(&mut self, steps: &mut u64) {
        let units = self.problem.units() as u32;
        let mut changed = true;
        while changed && *steps > 0 {
            changed = false;
            for a in 0..units {
                for b in a + 1..units {
                    changed |= *steps > 0 && self.exchanged(a, b, steps);
                }
            }
        }
    }

    fn exchanged(&mut self, a: u32, b: u32, steps: &mut u64) -> bool {
        let (from, to) = (self.wave_of[a as usize], self.wave_of[b as usize]);
        let order = &self.problem.order;
        let within = |(first, last): (usize, usize), wave: usize| first <= wave && wave <= last;
        if from == to
            || order.is_before(a, b)
            || order.is_before(b, a)
            || !within(self.window(a), to)
            || !within(self.window(b), from)
        {
            return false;
        }
        let classes = &self.problem.classes;
        let with = |wave: usize, out: u32, into: u32| -> Vec<u32> {
            self.waves[wave].iter().copied().filter(|&unit| unit != out).chain([into]).collect()
        };
        let (left, right) = (with(from, a, b), with(to, b, a));
        *steps = steps.saturating_sub((left.len() + right.len() + 16) as u64 * classes.words() as u64 + 1);
        let cost = |wave: &[u32]| {
            let mut cover = classes.none();
            wave.iter().for_each(|&unit| classes.cover(&mut cover, unit));
            classes.cost(&cover)
        };
        let now = classes.cost(self.cover.row(from)) + classes.cost(self.cover.row(to));
        let saves = cost(&left) + cost(&right) < now
            && self.limits.allow_wave(self.problem, &left)
            && self.limits.allow_wave(self.problem, &right);
        if saves {
            (self.wave_of[a as usize], self.wave_of[b as usize]) = (to, from);
            (self.waves[from], self.waves[to]) = (left, right);
            self.cover_again(from);
            self.cover_again(to);
        }
        saves
    }

    /// A unit and what must move with it to a wave.
    fn tied(&self, unit: u32, to: usize) -> Vec<u32> {
        let order = &self.problem.order;
        let forward = self.wave_of[unit as usize] <= to;
        let row = if forward { order.after(unit) } else { order.before(unit) };
        let mut tied = vec![unit];
        tied.extend(ones(row).map(|other| other as u32).filter(|&other| {
            let wave = self.wave_of[other as usize];
            if forward { wave < to } else { wave > to }
        }));
        if self.wave_of[unit as usize] == to { Vec::new() } else { tied }
    }

    /// Whether it saves cost to move these units, all between two waves, to one of them.
    fn saves(&self, units: &[u32], first: usize, last: usize, to: usize, steps: &mut u64) -> bool {
        let classes = &self.problem.classes;
        let (mut saved, mut cost) = (0u64, 0u64);
        for wave in first..=last {
            let stays = |unit: &&u32| wave == to || !units.contains(unit);
            let goes = |unit: &u32| self.wave_of[*unit as usize] == wave;
            if wave != to && !units.iter().any(goes) {
                continue;
            }
            let mut cover = classes.none();
            let mut left = 0;
            for &unit in self.waves[wave].iter().filter(stays).chain(units.iter().filter(|_| wave == to)) {
                classes.cover(&mut cover, unit);
                left += 1;
            }
            *steps = steps.saturating_sub((left + 8) * classes.words() as u64);
            if left == 0 {
                return false;
            }
            saved += classes.cost(self.cover.row(wave));
            cost += classes.cost(&cover);
        }
        let with = || [&self.waves[to], units].concat();
        cost < saved && self.limits.allow_wave(self.problem, &with())
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
