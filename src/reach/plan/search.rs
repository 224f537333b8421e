//! The frontier where units are many: sequences, their best cuts, and moves.
//!
//! Not proven to be the best. Measured against the exact search, over all numbers of waves of 2,000
//! random problems of 4 to 11 units of each kind (15,000 plans a kind), by how much they cost more:
//!
//! | sets and order | as cheap as the best | 95 % | 99 % | most |
//! |---|---|---|---|---|
//! | what is reached in a random graph | all | 0 | 0 | 0 |
//! | random sets, a random order | over 99 % | 0 | 0 | 11.4 % |
//! | random sets, no order | over 99 % | 0 | 0 | 0.4 % |
//!
//! Of 2,000 random choices of 10 bumps of nixpkgs of 2018 (their real rebuild sets, with made-up times, and
//! precedence by who is in whose set) all 20,000 plans are as cheap as the best, and 19,986 as good in
//! settling and urgency, too; the best cuts of one topological sequence alone
//! cost up to twice as much.

use rayon::prelude::*;

use super::cuts::{Cut, cuts};
use super::improve::Moves;
use super::keys::{Key, Keys};
use super::limits::Limits;
use super::merge::{Score, merged};
use super::price::Plan;
use super::problem::Problem;
use super::reshape::{split, unite};
use super::sequence::{PASSES, heavy_first, joined, peeled, swap_neighbours};

/// How many words of classes the moves of a round may look at: so many, and so many more for each unit.
const STEPS: u64 = 1 << 25;
const STEPS_PER_UNIT: u64 = 1 << 18;
/// How often the plans are changed and cut anew, if that still finds better ones.
const ROUNDS: usize = 4;
/// How often those of many units are: on real sets that finds nothing better.
const ROUNDS_OF_MANY: usize = 1;
/// So few units are no work at all.
const SMALL: usize = 40;
/// So many units are few enough to try all changes.
const FEW: usize = 256;

/// The best plans found so far, each with the sequence that it was cut from.
struct Best<'p, K: Keys> {
    problem: &'p Problem,
    limits: &'p Limits,
    keys: K,
    /// That of `k` waves is at `k - 1`.
    plans: Vec<Option<Known>>,
    known: Vec<K::Key>,
    sequences: Vec<Vec<u32>>,
}

#[derive(Clone)]
struct Known {
    waves: Vec<Vec<u32>>,
    sequence: usize,
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

type Cuts<K> = Vec<Option<Cut<<K as Keys>::Key>>>;

/// For each number of waves the best plan found.
pub(super) fn search<K: Keys>(problem: &Problem, limits: &Limits, keys: K) -> Vec<Plan> {
    let units = problem.units();
    let (plans, known) = (vec![None; units], vec![K::Key::NONE; units]);
    let mut best = Best { problem, limits, keys, plans, known, sequences: Vec::new() };
    let starts: [&(dyn Fn() -> Vec<u32> + Sync); 6] = [
        &|| merged(problem, limits, Score::Saved),
        &|| merged(problem, limits, Score::Share),
        &|| merged(problem, limits, Score::Contained),
        &|| peeled(problem),
        &|| heavy_first(problem),
        &|| problem.order.topological().to_vec(),
    ];
    let cut = |start: &&(dyn Fn() -> Vec<u32> + Sync)| {
        let sequence = start();
        let plans = best.cut(&sequence, units);
        (sequence, plans)
    };
    let found: Vec<(Vec<u32>, Cuts<K>)> = starts.par_iter().map(cut).collect();
    found.into_iter().for_each(|(sequence, plans)| best.take(sequence, plans));

    for round in 0..if units <= FEW { ROUNDS } else { ROUNDS_OF_MANY } {
        let before = best.known.clone();
        let changed: Vec<(usize, Change)> =
            numbers(units, round).into_iter().flat_map(|waves| CHANGES.map(|change| (waves, change))).collect();
        let changed: Vec<_> =
            changed.into_iter().filter(|(_, change)| units <= FEW || *change == Change::Move).collect();
        let steps = (STEPS + STEPS_PER_UNIT * units as u64) / changed.len().max(1) as u64;
        let found: Vec<(Vec<u32>, Cuts<K>)> = changed
            .into_par_iter()
            .filter_map(|(waves, change)| {
                let plan = best.plans[waves - 1].as_ref()?;
                let improved = best.improved(best.changed(&plan.waves, change)?, steps);
                // what is not better where it was found is not better elsewhere, but for luck
                if units > SMALL && best.key(&improved) >= best.known[improved.len() - 1] {
                    return None;
                }
                let sequence = joined(&improved, &best.sequences[plan.sequence]);
                let plans = best.cut(&sequence, (waves * 2 + 2).min(units));
                Some((sequence, plans))
            })
            .collect();
        found.into_iter().for_each(|(sequence, plans)| best.take(sequence, plans));
        if best.known == before {
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
        at += 1 + (at + round) / if units <= FEW { 8 } else { 3 };
    }
    numbers
}

impl<K: Keys> Best<'_, K> {
    fn key(&self, waves: &[Vec<u32>]) -> K::Key {
        self.keys.of(Plan::of(self.problem, waves.to_vec()).rank())
    }

    fn cut(&self, sequence: &[u32], most: usize) -> Cuts<K> {
        cuts(self.problem, self.limits, self.keys, sequence, &self.known[..most])
    }

    fn take(&mut self, sequence: Vec<u32>, plans: Cuts<K>) {
        let number = self.sequences.len();
        self.sequences.push(sequence);
        for (waves, plan) in plans.into_iter().enumerate() {
            if let Some((plan, key)) = plan
                && key < self.known[waves]
            {
                self.known[waves] = key;
                self.plans[waves] = Some(Known { waves: plan, sequence: number });
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
        if self.problem.units() <= FEW {
            moves.improve_tied(&mut steps);
            moves.exchange(&mut steps);
            moves.improve(&mut steps);
        }
        let mut waves = moves.into_waves();
        swap_neighbours(self.problem, &mut waves, PASSES);
        waves
    }

    /// Improves all plans a last time, and makes of each the next that has a wave less.
    fn finish(self) -> Vec<Plan> {
        let units = self.problem.units() as u64;
        let steps = (STEPS + STEPS_PER_UNIT * units) / units.max(1);
        let improved = |known: &Option<Known>| {
            let waves = &known.as_ref()?.waves;
            let plan = Plan::of(self.problem, waves.clone());
            let improved = Plan::of(self.problem, self.improved(waves.clone(), steps));
            Some(if improved.rank() < plan.rank() { improved } else { plan })
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
