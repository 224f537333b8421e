//! For each number of waves the best plan found.

use super::cuts::cuts;
use super::keys::{Keys, Packed, Unpacked};
use super::limits::Limits;
use super::price::Plan;
use super::problem::Problem;

/// For each number of waves the best plan found, from one wave up to one wave a unit; without those
/// that limits rule out.
#[must_use]
pub fn frontier(problem: &Problem, limits: &Limits) -> Vec<Plan> {
    match Packed::of(problem) {
        Some(keys) => best(problem, limits, keys),
        None => best(problem, limits, Unpacked),
    }
}

fn best<K: Keys>(problem: &Problem, limits: &Limits, keys: K) -> Vec<Plan> {
    let found = cuts(problem, limits, keys, problem.order.topological());
    found.into_iter().flatten().map(|waves| Plan::of(problem, waves)).collect()
}
