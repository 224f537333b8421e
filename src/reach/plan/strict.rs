//! Plans in which each unit finds those before it locked.
//!
//! Where units are many, not proven to be the best. Measured as in `search`, over 2,000 problems of
//! each kind: without limits what is reached in a graph, and what has no order, is always as cheap as
//! the best, random sets in a random order in 95 % (99 %: 7.6 % more; most: 39 %). With at most four
//! bumps a wave 95 % to 98 % are as cheap (99 %: 6.2 %; most: 40 %), and 1 % of the problems get a wave
//! more than the fewest.

use rayon::prelude::*;

use super::bits::ones;
use super::exact::Exact;
use super::improve::Moves;
use super::keys::{Keys, Packed, Unpacked};
use super::limits::Limits;
use super::price::Plan;
use super::problem::Problem;
use super::sequence::{PASSES, heavy_first, peeled, swap_neighbours};

/// The best strict plan found with as few waves as limits allow (the number of levels without
/// limits): of two units, one before the other, the first is in an earlier wave. `None` where there
/// is no unit.
#[must_use]
pub fn strict(problem: &Problem, limits: &Limits) -> Option<Plan> {
    match Packed::new(problem) {
        Some(keys) => best(problem, limits, keys),
        None => best(problem, limits, Unpacked),
    }
}

fn best<K: Keys>(problem: &Problem, limits: &Limits, keys: K) -> Option<Plan> {
    if let Some(waves) = Exact::of(problem, limits, keys).and_then(|exact| exact.strict()) {
        return Some(Plan { optimal: true, ..Plan::of(problem, waves) });
    }
    filled_and_moved(problem, limits)
}

/// How many words of classes the moves of a plan may look at.
const STEPS: u64 = 1 << 27;

/// Of several orders, forward from the first wave and back from the last: each unit in the nearest wave
/// that has room; then moved while that saves cost. The fewest waves, of those the best.
pub(super) fn filled_and_moved(problem: &Problem, limits: &Limits) -> Option<Plan> {
    let mut by_height = problem.order.topological().to_vec();
    let heights = heights(problem);
    by_height.sort_by_key(|&unit| (std::cmp::Reverse(heights[unit as usize]), unit));
    let starts = [problem.order.topological().to_vec(), by_height, heavy_first(problem), peeled(problem)];
    let plans =
        starts.iter().flat_map(|start| [filled(problem, limits, start, false), filled(problem, limits, start, true)]);
    let mut plans: Vec<Vec<Vec<u32>>> = plans.filter(|waves| !waves.is_empty()).collect();
    let fewest = plans.iter().map(Vec::len).min()?;
    plans.retain(|waves| waves.len() == fewest);
    let moved = |waves: Vec<Vec<u32>>| {
        let mut moves = Moves::new(problem, limits, true, waves);
        let mut steps = STEPS;
        moves.improve(&mut steps);
        moves.exchange(&mut steps);
        moves.improve(&mut steps);
        let mut waves = moves.into_waves();
        swap_neighbours(problem, &mut waves, PASSES);
        Plan::of(problem, waves)
    };
    plans.into_par_iter().map(moved).collect::<Vec<Plan>>().into_iter().min_by_key(Plan::rank)
}

/// The longest chain that starts at a unit.
fn heights(problem: &Problem) -> Vec<u32> {
    let order = &problem.order;
    let mut heights = vec![0; problem.units()];
    for &unit in order.topological().iter().rev() {
        heights[unit as usize] = ones(order.after(unit)).map(|after| heights[after] + 1).max().unwrap_or(0);
    }
    heights
}

/// Each unit of a sequence in the first wave that the order leaves it and that has room; or, back from
/// the end, in the last.
fn filled(problem: &Problem, limits: &Limits, sequence: &[u32], back: bool) -> Vec<Vec<u32>> {
    let order = &problem.order;
    let mut wave_of = vec![0usize; problem.units()];
    let mut waves: Vec<Vec<u32>> = Vec::new();
    let mut sequence = sequence.to_vec();
    if back {
        sequence.reverse();
    }
    for unit in sequence {
        let row = if back { order.after(unit) } else { order.before(unit) };
        let first = ones(row).map(|other| wave_of[other] + 1).max().unwrap_or(0);
        let fits = |wave: &Vec<u32>| limits.allow_wave(problem, &[&wave[..], &[unit]].concat());
        let wave = (first..waves.len()).find(|&wave| fits(&waves[wave])).unwrap_or(waves.len().max(first));
        wave_of[unit as usize] = wave;
        waves.resize_with(waves.len().max(wave + 1), Vec::new);
        waves[wave].push(unit);
    }
    if back {
        waves.reverse();
    }
    waves
}
