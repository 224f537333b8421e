//! What remedies save over a year of bumps.

use std::ops::{AddAssign, Sub};

use serde::Serialize;

use super::action::{Action, Base, Plan, any, distinct};
use super::rebuild::Propagation;
use super::remedied::{Candidates, Remedied};
use super::savings::EdgeRemedy;
use super::spread::{Ground, Spread};
use super::trial::Trial;
use super::weights::{Weights, as_hours, hours};
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
    /// Milliseconds of the full builds spared, where weights are given; told in hours. What is added beside
    /// is not taken off.
    #[serde(rename = "hours", serialize_with = "as_hours", skip_serializing_if = "Option::is_none")]
    pub millis: Option<f64>,
    /// Bytes that they write, where sizes are given.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub bytes: Option<f64>,
}

impl Yearly {
    /// What is saved where nothing is edited.
    #[must_use]
    pub fn nothing(weights: Option<Weights<'_>>) -> Self {
        Sums::default().yearly(weights)
    }

    /// Machine hours of the full builds spared, where weights are given.
    #[must_use]
    pub fn hours(&self) -> Option<f64> {
        self.millis.map(hours)
    }
}

impl AddAssign for Yearly {
    /// Costs are known of the sum where they are known of either.
    fn add_assign(&mut self, other: Self) {
        let joined = |own: Option<f64>, more: Option<f64>| match (own, more) {
            (Some(own), Some(more)) => Some(own + more),
            (one, other) => one.or(other),
        };
        self.builds += other.builds;
        self.wrappers_added += other.wrappers_added;
        self.test_builds_added += other.test_builds_added;
        self.millis = joined(self.millis, other.millis);
        self.bytes = joined(self.bytes, other.bytes);
    }
}

/// The same, exactly, in units of 2^-40 (builds, milliseconds, bytes). Costs end at 2^127 of these: 10^15 years of
/// machine time a year.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub(super) struct Sums {
    pub(super) builds: i128,
    pub(super) wrappers: i128,
    pub(super) tests: i128,
    /// Without weights 0.
    pub(super) millis: i128,
    /// Without sizes 0.
    pub(super) bytes: i128,
}

impl Sums {
    pub(super) fn yearly(self, weights: Option<Weights<'_>>) -> Yearly {
        let number = |sum: i128| sum as f64 / UNIT;
        Yearly {
            builds: number(self.builds),
            wrappers_added: number(self.wrappers),
            test_builds_added: number(self.tests),
            millis: weights.map(|_| number(self.millis)),
            bytes: weights.and_then(|weights| weights.bytes).map(|_| number(self.bytes)),
        }
    }
}

impl AddAssign for Sums {
    fn add_assign(&mut self, other: Self) {
        self.builds += other.builds;
        self.wrappers += other.wrappers;
        self.tests += other.tests;
        self.millis = self.millis.saturating_add(other.millis);
        self.bytes = self.bytes.saturating_add(other.bytes);
    }
}

impl Sub for Sums {
    type Output = Self;

    fn sub(self, other: Self) -> Self {
        Self {
            builds: self.builds - other.builds,
            wrappers: self.wrappers - other.wrappers,
            tests: self.tests - other.tests,
            millis: self.millis.saturating_sub(other.millis),
            bytes: self.bytes.saturating_sub(other.bytes),
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
pub fn yearly_savings(
    graph: &Graph,
    remedies: &[EdgeRemedy],
    actions: &[Action],
    bumps: &[BumpGroup],
    weights: Option<Weights<'_>>,
) -> Vec<Yearly> {
    let plans: Vec<Plan> = actions.iter().map(|action| Plan::of(graph, remedies, action)).collect();
    sums(graph, &plans, &weighted(bumps), weights).into_iter().map(|sums| sums.yearly(weights)).collect()
}

/// What each plan saves over all bumps.
pub(super) fn sums(
    graph: &Graph,
    plans: &[Plan],
    bumps: &[(Vec<NodeId>, i128)],
    weights: Option<Weights<'_>>,
) -> Vec<Sums> {
    let propagation = Propagation::new(graph);
    let base = Base::none(graph);
    let ground = Ground::new(graph, &propagation, &base);
    let remedied = Remedied::new(ground, plans);
    let workers = share_out(
        bumps.len(),
        || Worker::new(ground, plans.len(), weights),
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
    weights: Option<Weights<'g>>,
    /// By plan; of wrappers and tests only how many more there are than consumers that change.
    sums: Vec<Sums>,
    /// By node, for consumers of treated edges: how often it changes.
    changes: Vec<i128>,
}

impl<'g> Worker<'g> {
    fn new(ground: Ground<'g>, plans: usize, weights: Option<Weights<'g>>) -> Self {
        Self {
            trial: Trial::new(Spread::new(ground)),
            candidates: Candidates::new(plans),
            weights,
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
            let spared = |weights: Option<&[u64]>| {
                weights.map_or(0, |weights| weight.saturating_mul(self.trial.spared(weights)))
            };
            self.sums[number as usize] += Sums {
                builds: weight * i128::from(self.trial.builds()),
                wrappers: weight * i128::from(cheap.wrappers),
                tests: weight * i128::from(cheap.tests),
                millis: spared(self.weights.map(|weights| weights.millis)),
                bytes: spared(self.weights.and_then(|weights| weights.bytes)),
            };
            self.trial.undo(plan);
        }
        self.candidates.forget();
        self.trial.spread.forget();
    }
}
