//! What a bump rebuilds once remedies are applied.

use std::collections::{BTreeMap, BTreeSet};

use serde::Serialize;

use super::impact::{After, ImpactReport};
use super::inputs::Link;
use super::what_if::{Remedies, Remedy};
use crate::cost::Costs;
use crate::graph::{Graph, NodeId};
use crate::reach::{EditedRebuild, Edits, Savings, Treatment, hours, rebuild_edited, savings};
use crate::role::DependencyList;
use crate::verdict::{Grade, Verdict, Verdicts};

/// What remedies change about a bump.
#[derive(Debug, Clone, Serialize)]
pub struct RemediedReport {
    /// How many edges are treated.
    pub treated: u64,
    /// What is done to those whose input the bump changes, bumped inputs first; what is done elsewhere
    /// saves nothing here.
    pub remedies: Vec<TreatedEdge>,
    /// Consumers that name an input themselves then, which came along before; without fixed-output ones,
    /// which are not rebuilt whatever they name.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub receivers: Vec<ReceiverRow>,
    /// With content addressing: edges over which no change of an output comes.
    pub cut_off: u64,
    /// What the bump rebuilds then.
    pub after: AfterCounts,
    /// The difference.
    pub savings: Savings,
    /// Consumers that are rebuilt all the same, and through what.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub kept: Vec<Kept>,
}

/// An edge, and what is done to it.
#[derive(Debug, Clone, Serialize)]
pub struct TreatedEdge {
    /// What.
    pub remedy: Treatment,
    /// The input.
    pub input: Link,
    /// The consumer.
    pub consumer: Link,
    /// The keys under which the consumer names it.
    pub keys: Vec<String>,
    /// What evidence says of it.
    pub verdict: Verdict,
    /// How strongly.
    pub grade: Option<Grade>,
}

/// A consumer that gets a direct edge.
#[derive(Debug, Clone, Serialize)]
pub struct ReceiverRow {
    /// The input.
    pub input: Link,
    /// The consumer.
    pub consumer: Link,
    /// The list that names it then.
    pub list: DependencyList,
}

/// What is rebuilt after the remedies.
#[derive(Debug, Clone, Copy, PartialEq, Serialize)]
pub struct AfterCounts {
    /// Full builds.
    pub builds: u64,
    /// Wrappers.
    pub wrappers: u64,
    /// Detached test builds.
    pub test_builds: u64,
    /// Machine time of the full builds and of what is fetched again, where costs are asked for.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub hours: Option<f64>,
    /// Bytes of these, where sizes are given.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub bytes: Option<u64>,
}

impl AfterCounts {
    fn of(graph: &Graph, bumped: &[NodeId], after: &EditedRebuild, costs: Option<&Costs>) -> Self {
        let bumped: BTreeSet<NodeId> = bumped.iter().copied().collect();
        let fetched: Vec<NodeId> = bumped.into_iter().filter(|&node| graph.is_fixed(node)).collect();
        let sum = |weights: &[u64]| {
            let made = after.builds.iter().chain(&fetched).filter_map(|node| weights.get(node.index()));
            made.fold(0u64, |sum, &weight| sum.saturating_add(weight))
        };
        Self {
            builds: after.builds.len() as u64,
            wrappers: after.wrappers.len() as u64,
            test_builds: after.tests.len() as u64,
            hours: costs.map(|costs| hours(sum(costs.millis()) as f64)),
            bytes: costs.and_then(Costs::bytes).map(sum),
        }
    }
}

/// A consumer that a remedy does not spare.
#[derive(Debug, Clone, Serialize)]
pub struct Kept {
    /// The consumer.
    pub consumer: Link,
    /// Whether it is bumped itself.
    pub bumped: bool,
    /// Its other inputs that change all the same: the first five.
    pub by: Vec<Link>,
    /// How many more there are.
    pub more: u64,
}

/// How many builds are named that insist on an input.
const WARNINGS: usize = 10;

/// How many inputs of a consumer are named that keep it.
const KEPT_BY: usize = 5;

/// What to note of the systems on which something is rebuilt (and how much) and of which no evidence speaks.
#[must_use]
pub fn systems_without_evidence(graph: &Graph, verdicts: &Verdicts, rebuilt: &BTreeMap<String, u64>) -> Option<String> {
    let covered: BTreeSet<&str> = verdicts
        .edges()
        .filter(|(_, judgement)| judgement.verdict != Verdict::Unknown && judgement.shown)
        .map(|(edge, _)| graph.system(graph.edge_consumer(edge)))
        .collect();
    let missing: Vec<&str> = rebuilt.keys().map(String::as_str).filter(|system| !covered.contains(system)).collect();
    let then = match verdicts.rules().all().is_empty() {
        true => "what is needless there is not counted",
        false => "rules alone tell what is needless there",
    };
    (!covered.is_empty() && !missing.is_empty())
        .then(|| format!("no evidence speaks of {}: {then}", missing.join(", ")))
}

/// What the remedies change about a bump; notes it in the report's list as well, if there is one.
pub fn remedied(graph: &Graph, bumped: &[NodeId], all: &Remedies, costs: Option<&Costs>, report: &mut ImpactReport) {
    let edits = all.edits();
    let before = rebuild_edited(graph, bumped, &Edits::default());
    let after = rebuild_edited(graph, bumped, &edits);
    for listed in report.list.iter_mut().flatten() {
        listed.after = Some(After::of(listed.node, &after));
    }
    if all.content_addressed && all.cut_off.is_empty() {
        report.notes.push(
            "no evidence says of any input that it cannot change an output, so nothing is known to stop early"
                .to_owned(),
        );
    }
    report.notes.extend(warnings(graph, &before, all));
    let keys = |edge| graph.mentions(edge).map(str::to_owned).collect();
    let is_bumped: BTreeSet<NodeId> = bumped.iter().copied().collect();
    let reached = |remedy: &&Remedy| before.changed.binary_search(&remedy.input).is_ok();
    let mut treated: Vec<&Remedy> = all.remedies.iter().filter(reached).collect();
    treated.sort_by_key(|remedy| !is_bumped.contains(&remedy.input));
    report.what_if = Some(RemediedReport {
        treated: all.remedies.len() as u64,
        remedies: treated
            .into_iter()
            .map(|remedy| TreatedEdge {
                remedy: remedy.treatment,
                input: Link::of(graph, remedy.input),
                consumer: Link::of(graph, remedy.consumer),
                keys: keys(remedy.edge),
                verdict: remedy.verdict,
                grade: remedy.grade,
            })
            .collect(),
        receivers: all
            .receivers
            .iter()
            .filter(|receiver| !graph.is_fixed(receiver.node))
            .map(|receiver| ReceiverRow {
                input: Link::of(graph, receiver.input),
                consumer: Link::of(graph, receiver.node),
                list: receiver.list,
            })
            .collect(),
        cut_off: all.cut_off.len() as u64,
        after: AfterCounts::of(graph, bumped, &after, costs),
        savings: savings(graph, bumped, &edits, costs.map(Costs::weights)),
        kept: kept(graph, bumped, all, &after),
    });
}

/// What to note of builds that insist on an input whose edge is treated, where the bump changes the input:
/// the first of them, by name.
fn warnings(graph: &Graph, before: &EditedRebuild, all: &Remedies) -> Vec<String> {
    let reached = |remedy: &&Remedy| before.changed.binary_search(&remedy.input).is_ok();
    let found: BTreeSet<String> =
        all.remedies.iter().filter(reached).filter_map(|remedy| remedy.warning(graph)).collect();
    let more = found.len().saturating_sub(WARNINGS);
    let mut shown: Vec<String> = found.into_iter().take(WARNINGS).collect();
    if more > 0 {
        shown.push(format!("so it is with {more} more inputs that are treated"));
    }
    shown
}

/// The consumers that are built although an input that would have them rebuilt is treated. Linear in
/// the inputs of these consumers.
fn kept(graph: &Graph, bumped: &[NodeId], all: &Remedies, after: &EditedRebuild) -> Vec<Kept> {
    let changed = |node: NodeId| after.changed.binary_search(&node).is_ok();
    let treated: BTreeSet<_> = all.remedies.iter().map(|remedy| remedy.edge).collect();
    let bumped: BTreeSet<NodeId> = bumped.iter().copied().collect();
    let mut received: BTreeMap<NodeId, Vec<NodeId>> = BTreeMap::new();
    for receiver in &all.receivers {
        received.entry(receiver.node).or_default().push(receiver.input);
    }
    let consumers: BTreeSet<NodeId> = all
        .remedies
        .iter()
        .filter(|remedy| changed(remedy.input) && after.builds.binary_search(&remedy.consumer).is_ok())
        .map(|remedy| remedy.consumer)
        .collect();
    let kept = |consumer: NodeId| {
        let own = graph.input_edges(consumer).filter(|(edge, _)| !treated.contains(edge)).map(|(_, input)| input);
        let received = received.get(&consumer).into_iter().flatten().copied();
        let by: BTreeSet<NodeId> = own.chain(received).filter(|&input| changed(input)).collect();
        Kept {
            consumer: Link::of(graph, consumer),
            bumped: bumped.contains(&consumer),
            more: by.len().saturating_sub(KEPT_BY) as u64,
            by: by.into_iter().take(KEPT_BY).map(|input| Link::of(graph, input)).collect(),
        }
    };
    consumers.into_iter().map(kept).collect()
}
