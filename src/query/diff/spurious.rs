//! The spurious inputs that a change adds and removes.

use std::cmp::Reverse;
use std::collections::{BTreeMap, BTreeSet};

use serde::Serialize;

use super::Diff;
use super::compared::Compared;
use crate::cost::Costs;
use crate::graph::{EdgeId, Graph, NodeId};
use crate::nix::module_pname;
use crate::query::Named;
use crate::query::what_if::edge_remedy;
use crate::reach::{EdgeRemedy, Savings, Treatment, savings_of_edges};
use crate::role::EffectiveInputs;
use crate::verdict::{Grade, InputRef, Judgement, Verdict, Verdicts};

/// The weakest grade that counts: what is weaker is no claim.
const LEAST: Grade = Grade::Inferred;

/// What a change makes of inputs that cannot change what is built.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize)]
pub struct SpuriousChanges {
    /// Flagged now and not before, those that cost most first.
    pub added: Vec<SpuriousInput>,
    /// Flagged before and not now, likewise.
    pub removed: Vec<SpuriousInput>,
    /// Inputs of both sides of which evidence speaks on one side alone, because it is of the recipe there:
    /// neither added nor removed.
    pub open: u64,
}

/// An input that cannot change what is built of a consumer whose recipe changed, is new or is gone.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct SpuriousInput {
    /// The input.
    pub input: Named,
    /// The consumer.
    pub consumer: Named,
    /// The keys under which the consumer names it.
    pub keys: Vec<String>,
    /// What a change of the input can change.
    pub verdict: Verdict,
    /// How strongly that is known.
    pub grade: Option<Grade>,
    /// The id of the rule that it stands on; none where it is evidence.
    pub rule: Option<String>,
    /// What spares the rebuild.
    pub remedy: Option<Treatment>,
    /// What that saves on one bump of the input, on the side that has it.
    pub saves: Option<Savings>,
}

/// What is known of the inputs of one side.
#[derive(Debug, Clone, Copy)]
pub struct Judged<'g> {
    /// Which inputs each build sees.
    pub effective: &'g EffectiveInputs<'g>,
    /// What each can change.
    pub verdicts: &'g Verdicts,
    /// What each build costs, where that is asked for.
    pub costs: Option<&'g Costs>,
}

impl Diff<'_> {
    /// The spurious inputs of changed, new and gone recipes, by what is known of the old side and of the new.
    ///
    /// Inputs are compared by pname, without their interpreter: a bump of one adds and removes nothing.
    /// Consumers are compared with their counterparts; those that have none, with those of the other
    /// side that have none and have the same pname. Linear in their inputs; the savings beside cost what
    /// [`savings_of_edges`] costs.
    #[must_use]
    pub fn spurious(&self, old: Judged<'_>, new: Judged<'_>) -> SpuriousChanges {
        let compared = &self.compared;
        let sides = [Flagged::new(compared.old, old.verdicts), Flagged::new(compared.new, new.verdicts)];
        let mut changes = Changes::default();
        for before in compared.edited.ones().map(|at| NodeId(at as u32)) {
            if let Some(after) = compared.matching.now(before) {
                changes.compare(&sides, [&[before], &[after]]);
            }
        }
        let (gone, fresh) = (without_counterpart(compared, 0), without_counterpart(compared, 1));
        let none = Vec::new();
        for pname in gone.keys().chain(fresh.keys()).collect::<BTreeSet<_>>() {
            changes.compare(&sides, [gone.get(pname).unwrap_or(&none), fresh.get(pname).unwrap_or(&none)]);
        }
        let [removed, added] = changes.edges;
        SpuriousChanges {
            added: rows(compared.new, new, added),
            removed: rows(compared.old, old, removed),
            open: changes.open,
        }
    }
}

/// The derivations of a side that have no counterpart, by pname.
fn without_counterpart(compared: &Compared<'_>, side: usize) -> BTreeMap<String, Vec<NodeId>> {
    let (graph, matching) = (if side == 0 { compared.old } else { compared.new }, &compared.matching);
    let alone = |&node: &NodeId| match side {
        0 => matching.now(node).is_none(),
        _ => matching.was(node).is_none(),
    };
    let mut found: BTreeMap<String, Vec<NodeId>> = BTreeMap::new();
    for node in graph.nodes().filter(alone) {
        if graph.is_derivation(node) && !graph.is_missing(node) {
            found.entry(module_pname(graph.pname(node))).or_default().push(node);
        }
    }
    found
}

/// What is flagged on one side.
struct Flagged<'g> {
    graph: &'g Graph,
    verdicts: &'g Verdicts,
}

/// An input of consumers that are compared, by the edges that are flagged.
#[derive(Default)]
struct Input {
    flagged: Vec<EdgeId>,
    /// A consumer of which evidence speaks no more, or not yet.
    stale: bool,
    /// Whether what flags it is evidence of the recipe.
    by_evidence: bool,
}

impl<'g> Flagged<'g> {
    const fn new(graph: &'g Graph, verdicts: &'g Verdicts) -> Self {
        Self { graph, verdicts }
    }

    /// The inputs of these consumers, by pname.
    fn inputs(&self, consumers: &[NodeId]) -> BTreeMap<String, Input> {
        let mut inputs: BTreeMap<String, Input> = BTreeMap::new();
        let graph = self.graph;
        for &consumer in consumers.iter().filter(|&&consumer| !graph.is_fixed(consumer)) {
            for (edge, node) in graph.input_edges(consumer) {
                let input = inputs.entry(module_pname(InputRef::pname_of(graph, node))).or_default();
                let judgement = self.verdicts.of(edge);
                if is_spurious(&judgement) {
                    input.flagged.push(edge);
                    input.by_evidence |= !judgement.evidence.is_empty();
                }
                input.stale |= self.verdicts.stale(graph, consumer, node).is_some();
            }
        }
        inputs
    }
}

fn is_spurious(judgement: &Judgement) -> bool {
    judgement.verdict.is_spurious() && judgement.is_at_least(Some(LEAST))
}

#[derive(Default)]
struct Changes {
    /// Of the old side, and of the new one.
    edges: [Vec<EdgeId>; 2],
    open: u64,
}

impl Changes {
    fn compare(&mut self, sides: &[Flagged<'_>; 2], consumers: [&[NodeId]; 2]) {
        let [before, after] = [sides[0].inputs(consumers[0]), sides[1].inputs(consumers[1])];
        for (side, (own, other)) in [(&before, &after), (&after, &before)].into_iter().enumerate() {
            for (pname, input) in own.iter().filter(|(_, input)| !input.flagged.is_empty()) {
                match other.get(pname) {
                    Some(other) if !other.flagged.is_empty() => {}
                    // evidence of one recipe says nothing of the other
                    Some(other) if input.by_evidence && other.stale => self.open += 1,
                    _ => self.edges[side].extend(&input.flagged),
                }
            }
        }
    }
}

fn rows(graph: &Graph, judged: Judged<'_>, mut edges: Vec<EdgeId>) -> Vec<SpuriousInput> {
    edges.sort_unstable();
    let remedy = |&edge: &EdgeId| edge_remedy(graph, judged.effective, judged.verdicts, edge);
    let remedies: Vec<EdgeRemedy> = edges.iter().filter_map(remedy).collect();
    let saves: BTreeMap<EdgeId, Savings> = remedies
        .iter()
        .map(|remedy| remedy.edge)
        .zip(savings_of_edges(graph, &remedies, judged.costs.map(Costs::weights)))
        .collect();
    let row = |edge: EdgeId| {
        let judgement = judged.verdicts.of(edge);
        let rule = judged.verdicts.rule_of(&judgement);
        SpuriousInput {
            input: Named::of(graph, graph.edge_input(edge)),
            consumer: Named::of(graph, graph.edge_consumer(edge)),
            keys: graph.mentions(edge).map(str::to_owned).collect(),
            verdict: judgement.verdict,
            grade: judgement.grade,
            rule: rule.map(|rule| rule.id.clone()),
            remedy: judgement.remedy,
            saves: saves.get(&edge).copied(),
        }
    };
    let mut rows: Vec<SpuriousInput> = edges.into_iter().map(row).collect();
    rows.sort_by_cached_key(|row| {
        let (time, builds) = (row.saves.and_then(|saves| saves.millis), row.saves.map(|saves| saves.builds));
        (Reverse(time), Reverse(builds), row.consumer.name.clone(), row.input.name.clone(), row.consumer.drv.clone())
    });
    rows
}
