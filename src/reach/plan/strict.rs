//! Plans in which each unit finds those before it locked.

use super::bits::ones;
use super::exact::Exact;
use super::keys::{Keys, Packed, Unpacked};
use super::limits::Limits;
use super::price::Plan;
use super::problem::Problem;

/// The best strict plan found with as few waves as limits allow (the number of levels without
/// limits): of two units, one before the other, the first is in an earlier wave. `None` where there
/// is no unit.
#[must_use]
pub fn strict(problem: &Problem, limits: &Limits) -> Option<Plan> {
    match Packed::of(problem) {
        Some(keys) => best(problem, limits, keys),
        None => best(problem, limits, Unpacked),
    }
}

fn best<K: Keys>(problem: &Problem, limits: &Limits, keys: K) -> Option<Plan> {
    if let Some(waves) = Exact::of(problem, limits, keys).and_then(|exact| exact.strict()) {
        return Some(Plan { optimal: true, ..Plan::of(problem, waves) });
    }
    let waves = filled(problem, limits);
    (!waves.is_empty()).then(|| Plan::of(problem, waves))
}

/// Each unit in the first wave that has room.
fn filled(problem: &Problem, limits: &Limits) -> Vec<Vec<u32>> {
    let mut wave_of = vec![0usize; problem.units()];
    let mut waves: Vec<Vec<u32>> = Vec::new();
    for &unit in problem.order.topological() {
        let first = ones(problem.order.before(unit)).map(|before| wave_of[before] + 1).max().unwrap_or(0);
        let fits = |wave: &Vec<u32>| {
            let mut with = wave.clone();
            with.push(unit);
            limits.allow_wave(problem, &with)
        };
        let wave = (first..waves.len()).find(|&wave| fits(&waves[wave])).unwrap_or(waves.len());
        wave_of[unit as usize] = wave;
        waves.resize_with(waves.len().max(wave + 1), Vec::new);
        waves[wave].push(unit);
    }
    waves
}
