//! For each number of waves the best plan found.

use super::exact::Exact;
use super::keys::{Keys, Packed, Unpacked};
use super::limits::Limits;
use super::price::Plan;
use super::problem::Problem;
use super::search::search;

/// For each number of waves the best plan found, from one wave up to one wave a unit; without those
/// that limits rule out.
#[must_use]
pub fn frontier(problem: &Problem, limits: &Limits) -> Vec<Plan> {
    match Packed::new(problem) {
        Some(keys) => best(problem, limits, keys),
        None => best(problem, limits, Unpacked),
    }
}

fn best<K: Keys>(problem: &Problem, limits: &Limits, keys: K) -> Vec<Plan> {
    if let Some(found) = Exact::of(problem, limits, keys).and_then(|exact| exact.frontier()) {
        let proven = |waves| Plan { optimal: true, ..Plan::of(problem, waves) };
        return found.into_iter().flatten().map(proven).collect();
    }
    let mut plans = search(problem, limits, keys);
    // there is but one plan of one wave
    plans.iter_mut().for_each(|plan| plan.optimal = plan.waves.len() == 1);
    plans
}
