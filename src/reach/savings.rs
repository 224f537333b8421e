//! What edits save: the difference between two exact rebuild sets.

use serde::Serialize;

use super::action::{Action, Base, Plan, any, distinct};
use super::names::{Names, numbered};
use super::rebuild::Propagation;
use super::spread::{Ground, Spread};
use super::trial::Trial;
use super::weights::{Weights, held, hours, sum, whole_as_hours};
use super::what_if::{EditedRebuild, Edits, Treatment, rebuild_edited};
use super::workers::share_out;
use crate::graph::{AttributeId, EdgeId, Graph, NodeId};

/// What edits save on a bump, and what they cost there. Negative where they rebuild more.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize)]
pub struct Savings {
    /// Full builds spared.
    pub builds: i64,
    /// Distinct attribute names, of all systems, whose outputs no longer change.
    pub attributes: i64,
    /// Wrappers that the bump makes again. Trivial builds; the unedited graph has none.
    pub wrappers_added: u64,
    /// Detached test builds that the bump runs again. The unedited graph has none.
    pub test_builds_added: u64,
    /// Milliseconds of the full builds spared, where weights are given; told in hours. What is added beside
    /// is not taken off.
    #[serde(rename = "hours", serialize_with = "whole_as_hours", skip_serializing_if = "Option::is_none")]
    pub millis: Option<i64>,
    /// Bytes that they write, where sizes are given.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub bytes: Option<i64>,
}

impl Savings {
    /// What is saved where nothing is edited.
    #[must_use]
    pub fn nothing(weights: Option<Weights<'_>>) -> Self {
        let zero = |_: &[u64]| 0;
        Self {
            millis: weights.map(|weights| weights.millis).map(zero),
            bytes: weights.and_then(|weights| weights.bytes).map(zero),
            ..Self::default()
        }
    }

    /// What is saved by rebuilding `after` in place of `before`. O(n log n) for n nodes of both.
    #[must_use]
    pub fn between(graph: &Graph, before: &EditedRebuild, after: &EditedRebuild, weights: Option<Weights<'_>>) -> Self {
        let weigh = |weights: &[u64], builds: &[NodeId]| sum(weights, builds.iter().map(|node| node.0));
        let spared = |weights: &[u64]| held(weigh(weights, &before.builds) - weigh(weights, &after.builds));
        Self {
            builds: before.builds.len() as i64 - after.builds.len() as i64,
            attributes: attribute_names(graph, &before.changed) - attribute_names(graph, &after.changed),
            wrappers_added: after.wrappers.len() as u64,
            test_builds_added: after.tests.len() as u64,
            millis: weights.map(|weights| spared(weights.millis)),
            bytes: weights.and_then(|weights| weights.bytes).map(spared),
        }
    }

    /// Whether nothing is saved and nothing added.
    #[must_use]
    pub fn is_nothing(&self) -> bool {
        let costs = self.millis.unwrap_or_default() == 0 && self.bytes.unwrap_or_default() == 0;
        costs && Self { millis: None, bytes: None, ..*self } == Self::default()
    }

    /// Machine hours of the full builds spared, where weights are given.
    #[must_use]
    pub fn hours(&self) -> Option<f64> {
        self.millis.map(|millis| hours(millis as f64))
    }
}

/// What the edits save on a bump of `bumped`. O(nodes + edges).
#[must_use]
pub fn savings(graph: &Graph, bumped: &[NodeId], edits: &Edits, weights: Option<Weights<'_>>) -> Savings {
    let before = rebuild_edited(graph, bumped, &Edits::default());
    Savings::between(graph, &before, &rebuild_edited(graph, bumped, edits), weights)
}

/// How many distinct names the attributes of these nodes have.
fn attribute_names(graph: &Graph, nodes: &[NodeId]) -> i64 {
    let mut attributes: Vec<AttributeId> = nodes.iter().flat_map(|&node| graph.attributes_of(node)).collect();
    attributes.sort_unstable();
    // they ascend by name
    attributes.dedup_by_key(|attribute| graph.attribute_name_id(*attribute));
    attributes.len() as i64
}

/// An edge and what may be done about it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct EdgeRemedy {
    /// The edge.
    pub edge: EdgeId,
    /// What becomes of it.
    pub treatment: Treatment,
    /// Nodes that get a direct edge from the edge's input instead (see [`Edits::add`]).
    pub receivers: Vec<NodeId>,
}

/// What each remedy saves alone when the edge's input is bumped alone, in the order given: what
/// [`savings`] says of it, much faster.
///
/// For one input the losses of different edges do not overlap, so they cost no more than finding what
/// the bump rebuilds: O(that set) for each distinct input, and O(loss + what receivers add) for each
/// remedy. Memory O(nodes + edges + attributes) for each thread.
///
/// # Panics
/// When an edge is of another graph.
#[must_use]
pub fn savings_of_edges(graph: &Graph, remedies: &[EdgeRemedy], weights: Option<Weights<'_>>) -> Vec<Savings> {
    let bumps = remedies.iter().map(|remedy| [graph.edge_input(remedy.edge)]);
    savings_of_plans(graph, weights, bumps, |at| Plan::new(graph, [&remedies[at]]))
}

/// What each action saves when its nodes are bumped together, in the order given: what [`savings`] says
/// of all its remedies at once, much faster.
///
/// O(what the bump rebuilds) for each distinct bump, and O(edges of the action + loss + what receivers
/// add) for each action. Memory O(nodes + edges + attributes) for each thread.
///
/// # Panics
/// When an edge or a node is of another graph.
#[must_use]
pub fn savings_of_actions(
    graph: &Graph,
    remedies: &[EdgeRemedy],
    actions: &[(Action, Vec<NodeId>)],
    weights: Option<Weights<'_>>,
) -> Vec<Savings> {
    let bumps = actions.iter().map(|(_, bumped)| distinct(bumped));
    savings_of_plans(graph, weights, bumps, |at| Plan::of(graph, remedies, &actions[at].0))
}

/// What each plan saves on its bump.
fn savings_of_plans<B: AsRef<[NodeId]> + Ord + Send + Sync>(
    graph: &Graph,
    weights: Option<Weights<'_>>,
    bumps: impl ExactSizeIterator<Item = B>,
    plan: impl Fn(usize) -> Plan + Sync,
) -> Vec<Savings> {
    let mut all = vec![Savings::default(); bumps.len()];
    let mut order: Vec<(B, usize)> = bumps.zip(0..).collect();
    order.sort_unstable();
    let bumps: Vec<&[(B, usize)]> = order.chunk_by(|one, next| one.0 == next.0).collect();
    let propagation = Propagation::new(graph);
    let base = Base::none(graph);
    let ground = Ground::new(graph, &propagation, &base);
    let numbers = numbered(graph);
    let worker = || (Trial::new(Spread::new(ground)), Names::new(graph, &numbers), Vec::new());
    let workers = share_out(bumps.len(), worker, |(trial, names, found), number| {
        let bump = bumps[number];
        trial.spread.bump(bump[0].0.as_ref());
        names.change(&trial.spread.set);
        found.extend(bump.iter().map(|&(_, at)| (at, tried(trial, names, &plan(at), weights))));
        names.forget(&trial.spread.set);
        trial.spread.forget();
    });
    for (at, savings) in workers.into_iter().flat_map(|(_, _, found)| found) {
        all[at] = savings;
    }
    all
}

fn tried(trial: &mut Trial<'_>, names: &mut Names<'_>, plan: &Plan, weights: Option<Weights<'_>>) -> Savings {
    trial.apply(plan);
    let mut cheap = trial.cheap(plan);
    for (_, own) in plan.consumers().filter(|&(consumer, _)| trial.spread.changes(consumer)) {
        cheap.wrappers += i64::from(any(own, Treatment::Split));
        cheap.tests += i64::from(any(own, Treatment::Detach));
    }
    let savings = Savings {
        builds: trial.builds(),
        attributes: names.spared(&trial.unchanged, &trial.changed),
        wrappers_added: cheap.wrappers as u64,
        test_builds_added: cheap.tests as u64,
        millis: weights.map(|weights| held(trial.spared(weights.millis))),
        bytes: weights.and_then(|weights| weights.bytes).map(|bytes| held(trial.spared(bytes))),
    };
    trial.undo(plan);
    savings
}
