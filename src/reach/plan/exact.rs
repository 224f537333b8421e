//! The best plans where units are few, proved by going through all.

use rayon::prelude::*;

use super::ideals::{Ideals, units};
use super::keys::{Key, Keys};
use super::limits::{Limits, Load};
use super::problem::Problem;

/// How many steps an exact search may take: a step is an ideal, a part that can be the last wave of
/// it, and a number of waves. About a second.
const STEPS: usize = 1 << 28;
/// How many ideals it may keep.
const IDEALS: usize = 1 << 18;
/// How many units have tables over all sets of them.
const TABLED: usize = 20;

/// All ideals of a small problem and what the rest costs.
pub(super) struct Exact<'p, K: Keys> {
    problem: &'p Problem,
    limits: &'p Limits,
    keys: K,
    ideals: Ideals,
    /// By set of units what it costs, and its milliseconds; empty where there are too many sets.
    cost: Vec<u64>,
    millis: Vec<u64>,
    /// By ideal what its following wave adds to settling and urgency: all that is not done.
    late: Vec<K::Key>,
}

impl<'p, K: Keys> Exact<'p, K> {
    /// Where there are few enough units to go through all plans.
    pub(super) fn of(problem: &'p Problem, limits: &'p Limits, keys: K) -> Option<Self> {
        let ideals = Ideals::of(&problem.order, IDEALS)?;
        let mut exact = Self { problem, limits, keys, ideals, cost: Vec::new(), millis: Vec::new(), late: Vec::new() };
        if problem.units() <= TABLED {
            (exact.cost, exact.millis) = exact.tables();
        }
        let all = exact.all();
        exact.late = (exact.ideals.masks.par_iter())
            .map(|&done| {
                let rest = exact.load(all & !done);
                let waiting = units(all & !done).map(|at| problem.urgency[exact.unit(at) as usize]).sum();
                keys.key(0, rest.millis, waiting)
            })
            .collect();
        Some(exact)
    }

    fn all(&self) -> u64 {
        self.ideals.masks.last().copied().unwrap_or(0)
    }

    fn unit(&self, at: usize) -> u32 {
        self.problem.order.topological()[at]
    }

    fn wave(&self, mask: u64) -> Vec<u32> {
        units(mask).map(|at| self.unit(at)).collect()
    }

    /// A set costs all but the classes that the others make alone.
    fn tables(&self) -> (Vec<u64>, Vec<u64>) {
        let size = 1usize << self.problem.units();
        let (mut cost, mut millis) = (vec![0; size], vec![0; size]);
        for (makers, own) in self.problem.classes.makers(self.problem.order.topological()) {
            cost[makers as usize] += own.0;
            millis[makers as usize] += own.1;
        }
        for table in [&mut cost, &mut millis] {
            for at in 0..self.problem.units() {
                for mask in (0..size).filter(|mask| mask >> at & 1 == 1) {
                    table[mask] += table[mask ^ 1 << at];
                }
            }
            let all = table[size - 1];
            // alone[s] is now what only units of s make
            let alone = table.clone();
            table.iter_mut().zip(alone.iter().rev()).for_each(|(cost, &others)| *cost = all - others);
        }
        (cost, millis)
    }

    #[inline]
    fn load(&self, set: u64) -> Load {
        if self.cost.is_empty() {
            return Load::of(self.problem, &self.wave(set));
        }
        let bumps = match self.limits.bumps {
            Some(_) => units(set).map(|at| u64::from(self.problem.bumps[self.unit(at) as usize])).sum(),
            None => 0,
        };
        Load { bumps, cost: self.cost[set as usize], millis: self.millis[set as usize] }
    }

    /// The key of a wave that is done after `done`, where limits allow it.
    #[inline]
    fn step(&self, done: usize, wave: u64) -> Option<K::Key> {
        let load = self.load(wave);
        let allowed = self.limits.allow(wave.count_ones() as usize, load);
        allowed.then(|| self.late[done] + self.keys.key(load.cost, 0, 0))
    }

    /// Whether going through so many pairs, which `count` counts until told to stop, is worth it.
    fn affordable(&self, factor: usize, mut count: impl FnMut(u64, &mut dyn FnMut() -> bool)) -> bool {
        // without a table each set is priced anew
        let price = if self.cost.is_empty() { 32 + self.problem.classes.len() / 4 } else { 0 };
        let mut left = STEPS / (factor + price);
        for &ideal in &self.ideals.masks {
            count(ideal, &mut || {
                left = left.saturating_sub(1);
                left > 0
            });
            if left == 0 {
                return false;
            }
        }
        true
    }

    /// For each number of waves the best plan, `None` where limits rule all out; nothing at all where
    /// that would take too long. Number `k` is at `k - 1`.
    ///
    /// f(D, k), the best of an ideal D in k waves, is the least over the up-sets W of D of
    /// f(D - W, k - 1) + W. O(pairs of ideals, one within the other, × waves).
    pub(super) fn frontier(&self) -> Option<Vec<Option<Vec<Vec<u32>>>>> {
        let count = self.problem.units();
        let ideals = &self.ideals;
        let pairs = |ideal, go: &mut dyn FnMut() -> bool| {
            ideals.for_each_removal(ideal, |_| go());
        };
        if count == 0 || !self.affordable(count.div_ceil(3), pairs) {
            return None;
        }
        // the best of an ideal of s units: one of no wave for the empty one, else one for 1 to s waves
        let start = |size: usize| if size == 0 { 0 } else { 1 + (1..size).map(|s| s * self.count(s)).sum::<usize>() };
        let starts: Vec<usize> = (0..=count + 1).map(start).collect();
        let mut best = vec![K::Key::NONE; starts[count + 1]];
        best[0] = K::Key::ZERO;
        let place = |at: usize, size: usize| starts[size] + (at - ideals.sizes[size]) * size.max(1);
        for size in 1..=count {
            let (smaller, own) = best[..starts[size + 1]].split_at_mut(starts[size]);
            let masks = &ideals.masks[ideals.sizes[size]..ideals.sizes[size + 1]];
            own.par_chunks_mut(size).zip(masks).for_each(|(own, &ideal)| {
                ideals.for_each_removal(ideal, |wave| {
                    let done = ideal & !wave;
                    let at = ideals.at(done);
                    if wave != 0
                        && let Some(step) = self.step(at, wave)
                    {
                        let left = done.count_ones() as usize;
                        let from = place(at, left);
                        // what is in one wave has nothing before it
                        let own = &mut own[usize::from(left > 0)..];
                        for (own, &before) in own.iter_mut().zip(&smaller[from..from + left.max(1)]) {
                            if before != K::Key::NONE {
                                *own = (*own).min(before + step);
                            }
                        }
                    }
                    true
                });
            });
        }
        let plan = |waves: usize| {
            let (mut ideal, mut found) = (self.all(), Vec::with_capacity(waves));
            for waves in (1..=waves).rev() {
                let size = ideal.count_ones() as usize;
                let least = best[place(ideals.at(ideal), size) + waves - 1];
                if least == K::Key::NONE {
                    return None;
                }
                let mut last = 0;
                ideals.for_each_removal(ideal, |wave| {
                    let done = ideal & !wave;
                    let left = done.count_ones() as usize;
                    let fits = if waves == 1 { left == 0 } else { left >= waves - 1 };
                    if wave == 0 || !fits {
                        return true;
                    }
                    let at = ideals.at(done);
                    let before = best[place(at, left) + waves.saturating_sub(2)];
                    let same = before != K::Key::NONE && self.step(at, wave).is_some_and(|step| before + step == least);
                    if same {
                        last = wave;
                    }
                    !same
                });
                found.push(self.wave(last));
                ideal &= !last;
            }
            found.reverse();
            Some(found)
        };
        Some((1..=count).map(plan).collect())
    }

    fn count(&self, size: usize) -> usize {
        self.ideals.sizes[size + 1] - self.ideals.sizes[size]
    }

    /// The best strict plan of the fewest waves; nothing where that would take too long.
    ///
    /// As in [`Self::frontier`], but the last wave of an ideal is a set of its maximal units, and fewer
    /// waves are better than anything: a part of the best plan then has the fewest waves, too.
    pub(super) fn strict(&self) -> Option<Vec<Vec<u32>>> {
        let ideals = &self.ideals;
        let pairs = |ideal, go: &mut dyn FnMut() -> bool| {
            for_each_part(ideals.maximal(ideal), |_| go());
        };
        if self.problem.units() == 0 || !self.affordable(1, pairs) {
            return None;
        }
        // the fewest waves, their key, and the last of them
        let mut best = vec![(0u32, K::Key::ZERO, 0u64)];
        for size in 1..=self.problem.units() {
            let masks = &ideals.masks[ideals.sizes[size]..ideals.sizes[size + 1]];
            let found: Vec<_> = (masks.par_iter())
                .map(|&ideal| {
                    let mut least = (u32::MAX, K::Key::NONE, 0);
                    for_each_part(ideals.maximal(ideal), |wave| {
                        let at = ideals.at(ideal & !wave);
                        let (waves, key, _) = best[at];
                        if let Some(step) = self.step(at, wave) {
                            least = least.min((waves + 1, key + step, wave));
                        }
                        true
                    });
                    least
                })
                .collect();
            best.extend(found);
        }
        let (mut ideal, mut waves) = (self.all(), Vec::new());
        while ideal != 0 {
            let last = best[ideals.at(ideal)].2;
            waves.push(self.wave(last));
            ideal &= !last;
        }
        waves.reverse();
        Some(waves)
    }
}

/// Calls `f` with each part of a set but the empty one, until it says no.
fn for_each_part(set: u64, mut f: impl FnMut(u64) -> bool) {
    let mut part = set;
    while part != 0 && f(part) {
        part = (part - 1) & set;
    }
}
