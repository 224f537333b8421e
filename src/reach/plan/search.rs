//! The frontier where units are many: sequences, their best cuts, and moves.

use rayon::prelude::*;

use super::cuts::cuts;
use super::improve::Moves;
use super::keys::Keys;
use super::limits::Limits;
use super::merge::{Score, merged};
use super::price::Plan;
use super::problem::Problem;
use super::sequence::{heavy_first, joined, swap_neighbours};

/// How many words of classes all moves together may look at.
const STEPS: u64 = 1 << 31;
/// How often the waves of a plan are gone through to be swapped.
const PASSES: usize = 8;

/// The best plans found so far, each with the sequence that it was cut from.
struct Best<'p, K: Keys> {
    problem: &'p Problem,
    limits: &'p Limits,
    keys: K,
    /// That of `k` waves is at `k - 1`.
    plans: Vec<Option<(Plan, usize)>>,
    sequences: Vec<Vec<u32>>,
}

type Cut = Vec<Option<Plan>>;

/// For each number of waves the best plan found.
pub(super) fn search<K: Keys>(problem: &Problem, limits: &Limits, keys: K) -> Vec<Plan> {
    let units = problem.units();
    let mut best = Best { problem, limits, keys, plans: vec![None; units], sequences: Vec::new() };
    let mut starts: Vec<Vec<u32>> = [Some(Score::Saved), Some(Score::Share), Some(Score::Contained), None]
        .into_par_iter()
        .map(|score| score.map_or_else(|| heavy_first(problem), |score| merged(problem, limits, score)))
        .collect();
    starts.push(problem.order.topological().to_vec());
    let found: Vec<(Vec<u32>, Cut)> =
        starts.into_par_iter().map(|sequence| (sequence.clone(), best.cut(&sequence, units))).collect();
    found.into_iter().for_each(|(sequence, plans)| best.take(sequence, plans));

    for round in 0..3 {
        let found: Vec<(Vec<u32>, Cut)> = numbers(units, round)
            .into_par_iter()
            .filter_map(|waves| {
                let (plan, sequence) = best.plans[waves - 1].as_ref()?;
                let improved = best.improved(plan, STEPS / 64);
                let sequence = joined(&improved, &best.sequences[*sequence]);
                let plans = best.cut(&sequence, (waves * 2 + 2).min(units));
                Some((sequence, plans))
            })
            .collect();
        found.into_iter().for_each(|(sequence, plans)| best.take(sequence, plans));
    }
    best.finish()
}

/// Numbers of waves to improve: all of few, ever fewer of many.
fn numbers(units: usize, round: usize) -> Vec<usize> {
    let mut numbers = Vec::new();
    let mut at = 2;
    while at < units {
        numbers.push(at);
        at += 1 + (at + round) / 8;
    }
    numbers
}

impl<K: Keys> Best<'_, K> {
    fn cut(&self, sequence: &[u32], most: usize) -> Cut {
        let plans = cuts(self.problem, self.limits, self.keys, sequence, most);
        plans.into_iter().map(|plan| plan.map(|waves| Plan::of(self.problem, waves))).collect()
    }

    fn take(&mut self, sequence: Vec<u32>, plans: Cut) {
        let number = self.sequences.len();
        self.sequences.push(sequence);
        for (best, plan) in self.plans.iter_mut().zip(plans) {
            if let Some(plan) = plan
                && best.as_ref().is_none_or(|(best, _)| plan.rank() < best.rank())
            {
                *best = Some((plan, number));
            }
        }
    }

    fn improved(&self, plan: &Plan, mut steps: u64) -> Vec<Vec<u32>> {
        let mut moves = Moves::new(self.problem, self.limits, false, plan.waves.clone());
        moves.improve(&mut steps);
        let mut waves = moves.into_waves();
        swap_neighbours(self.problem, &mut waves, PASSES);
        waves
    }

    /// Improves all plans a last time, and makes of each the next that has a wave less.
    fn finish(self) -> Vec<Plan> {
        let steps = STEPS / self.plans.len().max(1) as u64;
        let improved = |best: &Option<(Plan, usize)>| {
            let (plan, _) = best.as_ref()?;
            let improved = Plan::of(self.problem, self.improved(plan, steps));
            Some(if improved.rank() < plan.rank() { improved } else { plan.clone() })
        };
        let mut plans: Vec<Option<Plan>> = self.plans.par_iter().map(improved).collect();
        for at in (1..plans.len()).rev() {
            let Some(plan) = &plans[at] else { continue };
            if let Some(merged) = self.with_neighbours_merged(plan)
                && plans[at - 1].as_ref().is_none_or(|plan| merged.rank() < plan.rank())
            {
                plans[at - 1] = Some(merged);
            }
        }
        plans.into_iter().flatten().collect()
    }

    /// The plan with the two neighbouring waves as one that saves most cost, where limits allow any.
    fn with_neighbours_merged(&self, plan: &Plan) -> Option<Plan> {
        let classes = &self.problem.classes;
        let cover = |wave: &Vec<u32>| {
            let mut cover = classes.none();
            wave.iter().for_each(|&unit| classes.cover(&mut cover, unit));
            cover
        };
        let covers: Vec<Vec<u64>> = plan.waves.iter().map(cover).collect();
        let mut saved: Vec<(u64, usize)> =
            covers.windows(2).zip(0..).map(|(two, at)| (classes.costs.shared(&two[0], &two[1]), at)).collect();
        saved.sort_unstable_by_key(|&(saved, at)| (std::cmp::Reverse(saved), at));
        let allowed = |at: usize| self.limits.allow_wave(self.problem, &plan.waves[at..at + 2].concat());
        let (_, at) = saved.into_iter().find(|&(_, at)| allowed(at))?;
        let mut waves = plan.waves.clone();
        let second = waves.remove(at + 1);
        waves[at].extend(second);
        Some(Plan::of(self.problem, waves))
    }
}
