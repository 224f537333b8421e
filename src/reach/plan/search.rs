//! The frontier where units are many: sequences, their best cuts, and moves.

use rayon::prelude::*;

use super::cuts::cuts;
use super::improve::Moves;
use super::keys::Keys;
use super::limits::Limits;
use super::merge::{Score, merged};
use super::price::Plan;
use super::problem::Problem;
use super::reshape::{split, unite};
use super::sequence::{heavy_first, joined, peeled, swap_neighbours};

/// How many words of classes all moves together may look at.
const STEPS: u64 = 1 << 31;
/// How often the plans are changed and cut anew, if that still finds better ones.
const ROUNDS: usize = 4;
/// So many units are few enough to try all changes.
const FEW: usize = 256;
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

/// What is done to a plan before its units are moved.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Change {
    Move,
    Split,
    Unite,
    SplitUnite,
    UniteSplit,
}

const CHANGES: [Change; 5] = [Change::Move, Change::Split, Change::Unite, Change::SplitUnite, Change::UniteSplit];

type Cut = Vec<Option<Plan>>;

/// For each number of waves the best plan found.
pub(super) fn search<K: Keys>(problem: &Problem, limits: &Limits, keys: K) -> Vec<Plan> {
    let units = problem.units();
    let mut best = Best { problem, limits, keys, plans: vec![None; units], sequences: Vec::new() };
    let starts: Vec<Box<dyn Fn() -> Vec<u32> + Sync>> = vec![
        Box::new(|| merged(problem, limits, Score::Saved)),
        Box::new(|| merged(problem, limits, Score::Share)),
        Box::new(|| merged(problem, limits, Score::Contained)),
        Box::new(|| peeled(problem)),
        Box::new(|| heavy_first(problem)),
        Box::new(|| problem.order.topological().to_vec()),
    ];
    let cut = |start: &Box<dyn Fn() -> Vec<u32> + Sync>| {
        let sequence = start();
        let plans = best.cut(&sequence, units);
        (sequence, plans)
    };
    let found: Vec<(Vec<u32>, Cut)> = starts.par_iter().map(cut).collect();
    found.into_iter().for_each(|(sequence, plans)| best.take(sequence, plans));

    for round in 0..ROUNDS {
        let before: Vec<_> = best.plans.iter().flatten().map(|(plan, _)| plan.rank()).collect();
        let changed: Vec<(usize, Change)> =
            numbers(units, round).into_iter().flat_map(|waves| CHANGES.map(|change| (waves, change))).collect();
        let changed = changed.into_par_iter().filter(|(_, change)| units <= FEW || *change == Change::Move);
        let found: Vec<(Vec<u32>, Cut)> = changed
            .filter_map(|(waves, change)| {
                let (plan, sequence) = best.plans[waves - 1].as_ref()?;
                let improved = best.improved(best.changed(&plan.waves, change)?, STEPS / 64);
                let sequence = joined(&improved, &best.sequences[*sequence]);
                let plans = best.cut(&sequence, (waves * 2 + 2).min(units));
                Some((sequence, plans))
            })
            .collect();
        found.into_iter().for_each(|(sequence, plans)| best.take(sequence, plans));
        if best.plans.iter().flatten().map(|(plan, _)| plan.rank()).eq(before) {
            break;
        }
    }
    best.finish()
}

/// Numbers of waves to improve: all of few, ever fewer of many.
fn numbers(units: usize, round: usize) -> Vec<usize> {
    let mut numbers = Vec::new();
    let mut at = 1;
    while at <= units {
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

    fn changed(&self, waves: &[Vec<u32>], change: Change) -> Option<Vec<Vec<u32>>> {
        let split = |waves: &[Vec<u32>]| split(self.problem, waves);
        let unite = |waves: &[Vec<u32>]| unite(self.problem, self.limits, waves);
        match change {
            Change::Move => Some(waves.to_vec()),
            Change::Split => split(waves),
            Change::Unite => unite(waves),
            Change::SplitUnite => unite(&split(waves)?),
            Change::UniteSplit => split(&unite(waves)?),
        }
    }

    fn improved(&self, waves: Vec<Vec<u32>>, mut steps: u64) -> Vec<Vec<u32>> {
        let mut moves = Moves::new(self.problem, self.limits, false, waves);
        moves.improve(&mut steps);
        moves.improve_tied(&mut steps);
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
            let improved = Plan::of(self.problem, self.improved(plan.waves.clone(), steps));
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
