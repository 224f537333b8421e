//! Sequences of units that keep the order, and waves as such.

use super::bits::{Rows, include, meet, ones};
use super::problem::Problem;

/// How often the waves of a plan are gone through to be swapped.
pub(super) const PASSES: usize = 8;

/// What a sequence that is made from its end has so far.
pub(super) struct Latest<'p> {
    problem: &'p Problem,
    pub(super) cover: Vec<u64>,
}

impl<'p> Latest<'p> {
    pub(super) fn new(problem: &'p Problem) -> Self {
        Self { problem, cover: problem.classes.none() }
    }

    /// The milliseconds that would settle later if this came before the rest.
    pub(super) fn added(&self, cover: &[u64]) -> u64 {
        self.problem.classes.times.beyond(cover, &self.cover)
    }
}

/// All units, from the last to the first the one that adds least time to what is after it.
/// O(units² × classes / 8).
pub(super) fn heavy_first(problem: &Problem) -> Vec<u32> {
    let units = problem.units();
    let mut latest = Latest::new(problem);
    let mut waiting: Vec<usize> = (0..units as u32).map(|unit| ones(problem.order.after(unit)).count()).collect();
    let mut free: Vec<u32> = (0..units as u32).filter(|&unit| waiting[unit as usize] == 0).collect();
    let mut reversed = Vec::with_capacity(units);
    loop {
        let rank = |(at, &unit): (usize, &u32)| {
            let urgency = problem.urgency[unit as usize];
            (latest.added(problem.classes.of(unit)), urgency, std::cmp::Reverse(unit), at)
        };
        let Some((_, _, _, at)) = free.iter().enumerate().map(rank).min() else { break };
        let unit = free.swap_remove(at);
        include(&mut latest.cover, problem.classes.of(unit));
        reversed.push(unit);
        for before in ones(problem.order.before(unit)) {
            waiting[before] -= 1;
            if waiting[before] == 0 {
                free.push(before as u32);
            }
        }
    }
    reversed.reverse();
    reversed
}

/// From all units in one, again and again the unit that adds least cost where it leaves the rest, to go
/// ahead of it or to follow it. O(units² × classes / 8).
pub(super) fn peeled(problem: &Problem) -> Vec<u32> {
    let units = problem.units();
    let classes = &problem.classes;
    let mut rest = Rows::new(1, units);
    (0..units).for_each(|unit| rest.insert(0, unit));
    let (mut ahead, mut behind) = (Vec::new(), Vec::new());
    let (mut cover, mut twice) = (classes.none(), classes.none());
    for _ in 0..units {
        cover.fill(0);
        twice.fill(0);
        for unit in ones(rest.row(0)) {
            for ((cover, twice), &own) in cover.iter_mut().zip(&mut twice).zip(classes.of(unit as u32)) {
                *twice |= own & *cover;
                *cover |= own;
            }
        }
        let ways = |unit: u32| {
            let first = !meet(problem.order.before(unit), rest.row(0));
            let last = !meet(problem.order.after(unit), rest.row(0));
            (first || last).then(|| (classes.costs.shared(classes.of(unit), &twice), first, unit))
        };
        let Some((_, first, unit)) = ones(rest.row(0)).filter_map(|unit| ways(unit as u32)).min() else { break };
        rest.remove(0, unit as usize);
        if first { ahead.push(unit) } else { behind.push(unit) }
    }
    ahead.extend(behind.into_iter().rev());
    ahead
}

/// The units of the waves as a sequence, those of a wave in the order of another sequence.
pub(super) fn joined(waves: &[Vec<u32>], sequence: &[u32]) -> Vec<u32> {
    let mut place = vec![0u32; sequence.len()];
    sequence.iter().zip(0..).for_each(|(&unit, at)| place[unit as usize] = at);
    let mut joined = Vec::with_capacity(sequence.len());
    for wave in waves {
        let start = joined.len();
        joined.extend(wave);
        joined[start..].sort_unstable_by_key(|&unit| place[unit as usize]);
    }
    joined
}

/// Swaps neighbouring waves that have no unit before one of the other, as long as that has more settle
/// early; at most `passes` times through all. The cost stays. O(passes × waves × classes / 8).
pub(super) fn swap_neighbours(problem: &Problem, waves: &mut [Vec<u32>], passes: usize) {
    let (count, units) = (waves.len(), problem.units());
    let classes = &problem.classes;
    let mut cover = Rows::new(count, classes.len());
    let (mut members, mut after) = (Rows::new(count, units), Rows::new(count, units));
    let mut urgency = vec![0u64; count];
    for (at, wave) in waves.iter().enumerate() {
        for &unit in wave {
            classes.cover(cover.row_mut(at), unit);
            members.insert(at, unit as usize);
            include(after.row_mut(at), problem.order.after(unit));
            urgency[at] += problem.urgency[unit as usize];
        }
    }
    let mut order: Vec<usize> = (0..count).collect();
    for _ in 0..passes {
        let mut latest = Latest::new(problem);
        let mut swapped = false;
        for at in (1..count).rev() {
            let (a, b) = (order[at - 1], order[at]);
            if !meet(after.row(a), members.row(b)) {
                let late = |wave: usize| (latest.added(cover.row(wave)), urgency[wave]);
                if late(a) < late(b) {
                    order.swap(at - 1, at);
                    swapped = true;
                }
            }
            include(&mut latest.cover, cover.row(order[at]));
        }
        if !swapped {
            break;
        }
    }
    let mut taken: Vec<Vec<u32>> = waves.iter_mut().map(std::mem::take).collect();
    waves.iter_mut().zip(order).for_each(|(wave, from)| *wave = std::mem::take(&mut taken[from]));
}
