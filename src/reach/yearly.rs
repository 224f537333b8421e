//! What remedies save over a year of bumps.

use std::ops::{AddAssign, Sub};

use serde::Serialize;

use super::action::{Action, Base, Plan, any, distinct};
use super::rebuild::Propagation;
use super::remedied::{Candidates, Remedied};
use super::savings::EdgeRemedy;
use super::spread::{Ground, Spread};
use super::trial::Trial;
use super::what_if::Treatment;
use super::workers::share_out;
use crate::graph::{Graph, NodeId};

/// What is bumped together, and how often.
#[derive(Debug, Clone, PartialEq)]
pub struct BumpGroup {
    /// The nodes.
    pub nodes: Vec<NodeId>,
    /// Bumps a year. What is negative or no number counts as none. Taken to the nearest multiple of
    /// 2^-40 (one bump in a billion centuries), so that sums are exact and do not depend on their order.
    pub rate: f64,
}

impl BumpGroup {
    /// In units of 2^-40.
    fn weight(&self) -> i128 {
        // the cast saturates, and makes what is negative or no number 0
        i128::from((self.rate * UNIT).round() as u64)
    }
}

const UNIT: f64 = (1u64 << 40) as f64;

/// What remedies save over a year of bumps, and what they cost. Negative where they rebuild more.
#[derive(Debug, Clone, Copy, Default, PartialEq, Serialize)]
pub struct Yearly {
    /// Full builds spared.
    pub builds: f64,
    /// Wrappers that are made again.
    pub wrappers_added: f64,
    /// Detached test builds that run again.
    pub test_builds_added: f64,
}

/// The same, exactly, in units of 2^-40 builds.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub(super) struct Sums {
    pub(super) builds: i128,
    pub(super) wrappers: i128,
    pub(super) tests: i128,
}

impl Sums {
    pub(super) fn yearly(self) -> Yearly {
        let number = |sum: i128| sum as f64 / UNIT;
        Yearly {
            builds: number(self.builds),
            wrappers_added: number(self.wrappers),
            test_builds_added: number(self.tests),
        }
    }
}

impl AddAssign for Sums {
    fn add_assign(&mut self, other: Self) {
        self.builds += other.builds;
        self.wrappers += other.wrappers;
        self.tests += other.tests;
    }
}

impl Sub for Sums {
    type Output = Self;

    fn sub(self, other: Self) -> Self {
        Self {
            builds: self.builds - other.builds,
            wrappers: self.wrappers - other.wrappers,
            tests: self.tests - other.tests,
        }
    }
}

/// The bumps with their weights; without those that never happen.
pub(super) fn weighted(bumps: &[BumpGroup]) -> Vec<(Vec<NodeId>, i128)> {
    let all = bumps.iter().map(|bump| (distinct(&bump.nodes), bump.weight()));
    all.filter(|(_, weight)| *weight > 0).collect()
}

/// What each action saves over a year of these bumps, in the order given: over all bumps, the rate times
/// what [`super::savings()`] says of all its remedies at once.
///
/// Every bump is spread once. Most actions spare it nothing, for most builds have another input
/// change; only those are tried that treat all edges by which something arrives at some build.
/// O(what all bumps rebuild + edges and losses of what is tried). Memory O(nodes + edges + actions) for
/// each thread.
///
/// # Panics
/// When an edge or a node is of another graph.
#[must_use]
pub fn yearly_savings(graph: &Graph, remedies: &[EdgeRemedy], actions: &[Action], bumps: &[BumpGroup]) -> Vec<Yearly> {
    let plans: Vec<Plan> = actions.iter().map(|action| Plan::of(graph, remedies, action)).collect();
    sums(graph, &plans, &weighted(bumps)).into_iter().map(Sums::yearly).collect()
}

/// What each plan saves over all bumps.
pub(super) fn sums(graph: &Graph, plans: &[Plan], bumps: &[(Vec<NodeId>, i128)]) -> Vec<Sums> {
    let propagation = Propagation::new(graph);
    let base = Base::none(graph);
    let ground = Ground::new(graph, &propagation, &base);
    let remedied = Remedied::new(ground, plans);
    let workers = share_out(
        bumps.len(),
        || Worker::new(ground, plans.len()),
        |worker, at| worker.bump(&remedied, plans, &bumps[at]),
    );
    let mut all = vec![Sums::default(); plans.len()];
    for worker in &workers {
        all.iter_mut().zip(&worker.sums).for_each(|(all, &own)| *all += own);
    }
    for (all, plan) in all.iter_mut().zip(plans) {
        for (consumer, own) in plan.consumers() {
            let changes: i128 = workers.iter().map(|worker| worker.changes[consumer as usize]).sum();
            all.wrappers += if any(own, Treatment::Split) { changes } else { 0 };
            all.tests += if any(own, Treatment::Detach) { changes } else { 0 };
        }
    }
    all
}

struct Worker<'g> {
    trial: Trial<'g>,
    candidates: Candidates,
    /// By plan; of wrappers and tests only how many more there are than consumers that change.
    sums: Vec<Sums>,
    /// By node, for consumers of treated edges: how often it changes.
    changes: Vec<i128>,
}

impl<'g> Worker<'g> {
    fn new(ground: Ground<'g>, plans: usize) -> Self {
        Self {
            trial: Trial::new(Spread::new(ground)),
            candidates: Candidates::new(plans),
            sums: vec![Sums::default(); plans],
            changes: vec![0; ground.graph.node_count()],
        }
    }

    fn bump(&mut self, remedied: &Remedied, plans: &[Plan], (bumped, weight): &(Vec<NodeId>, i128)) {
        self.trial.spread.bump(bumped);
        for &node in &self.trial.spread.set {
            if remedied.count(node) > 0 {
                self.changes[node as usize] += weight;
            }
        }
        self.candidates.find(remedied, &self.trial.spread);
        for &number in &self.candidates.plans {
            let plan = &plans[number as usize];
            self.trial.apply(plan);
            let cheap = self.trial.cheap(plan);
            self.sums[number as usize] += Sums {
                builds: weight * i128::from(self.trial.builds()),
                wrappers: weight * i128::from(cheap.wrappers),
                tests: weight * i128::from(cheap.tests),
            };
            self.trial.undo(plan);
        }
        self.candidates.forget();
        self.trial.spread.forget();
    }
}
