//! What could be proven: flagged inputs by recipe.

use std::collections::{BTreeMap, BTreeSet};

use rustc_hash::FxHashMap;

use crate::graph::{EdgeId, Graph, NodeId, RecipeDigest};
use crate::proof::experiment::is_settled;
use crate::query::inputs::principal_first;
use crate::query::what_if::receivers;
use crate::reach::{EdgeRemedy, Treatment};
use crate::role::EffectiveInputs;
use crate::verdict::{Evidence, Experiment, Grade, InputRef, Outcome, Verdict, Verdicts};

/// An input of a recipe, wherever that is.
#[derive(Debug, Clone)]
pub(super) struct Group {
    recipe: RecipeDigest,
    pub(super) pname: String,
    /// What is claimed: of several edges the most careful of the weakest.
    pub(super) verdict: Verdict,
    pub(super) grade: Grade,
    pub(super) rule: Option<u16>,
    pub(super) remedy: Treatment,
    edges: BTreeMap<EdgeId, Treatment>,
    /// The derivation to build: one with an attribute, if there is one.
    pub(super) consumer: NodeId,
    pub(super) attribute: Option<String>,
    /// Its inputs that are meant.
    pub(super) inputs: Vec<NodeId>,
    /// How many derivations have the recipe.
    pub(super) instances: u64,
}

/// All flagged inputs below `proven`, by consumer and input. With a scope those of recipes that are in it;
/// instances elsewhere count all the same.
pub(super) fn found(graph: &Graph, verdicts: &Verdicts, scope: Option<&BTreeSet<NodeId>>) -> Vec<Group> {
    let mut edges: FxHashMap<(RecipeDigest, &str), Vec<EdgeId>> = FxHashMap::default();
    for (edge, judgement) in verdicts.edges() {
        let consumer = graph.edge_consumer(edge);
        let recipe = graph.recipe(consumer);
        let unproven = judgement.remedy.is_some() && judgement.grade.is_some_and(|grade| grade < Grade::Proven);
        if unproven && recipe.is_some() && !graph.is_fixed(consumer) {
            edges.entry((recipe, InputRef::pname_of(graph, graph.edge_input(edge)))).or_default().push(edge);
        }
    }
    let in_scope = |edges: &[EdgeId]| {
        scope.is_none_or(|scope| edges.iter().any(|&edge| scope.contains(&graph.edge_consumer(edge))))
    };
    let groups = edges.into_iter().filter(|(_, edges)| in_scope(edges));
    let mut groups: Vec<Group> =
        groups.filter_map(|((recipe, pname), edges)| Group::of(graph, verdicts, recipe, pname, &edges)).collect();
    groups.sort_by_cached_key(|group| {
        (graph.name(group.consumer).to_owned(), group.pname.clone(), graph.path(group.consumer))
    });
    groups
}

impl Group {
    fn of(graph: &Graph, verdicts: &Verdicts, recipe: RecipeDigest, pname: &str, edges: &[EdgeId]) -> Option<Self> {
        let judged = edges.iter().map(|&edge| (edge, verdicts.of(edge)));
        let treated: BTreeMap<EdgeId, Treatment> =
            judged.clone().filter_map(|(edge, judgement)| Some((edge, judgement.remedy?))).collect();
        let (edge, weakest) = judged.min_by_key(|(edge, judgement)| (judgement.grade, judgement.verdict, *edge))?;
        let consumers: BTreeSet<NodeId> = edges.iter().map(|&edge| graph.edge_consumer(edge)).collect();
        let consumers: Vec<NodeId> = consumers.into_iter().collect();
        let instances = consumers.len() as u64;
        let consumer = principal_first(graph, consumers).into_iter().next()?;
        let attribute = graph.attributes_of(consumer).map(|attribute| graph.attribute_name(attribute));
        let of_consumer = edges.iter().filter(|&&edge| graph.edge_consumer(edge) == consumer);
        Some(Self {
            recipe,
            pname: pname.to_owned(),
            verdict: weakest.verdict,
            grade: weakest.grade?,
            rule: weakest.rule,
            remedy: treated.get(&edge).copied()?,
            edges: treated,
            consumer,
            attribute: attribute.min_by_key(|name| (name.matches('.').count(), *name)).map(str::to_owned),
            inputs: of_consumer.map(|&edge| graph.edge_input(edge)).collect(),
            instances,
        })
    }

    /// The remedies of all its edges, applied together.
    pub(super) fn remedies(
        &self,
        graph: &Graph,
        effective: &EffectiveInputs<'_>,
        verdicts: &Verdicts,
    ) -> Vec<EdgeRemedy> {
        let mut wanting: BTreeMap<NodeId, Vec<NodeId>> = BTreeMap::new();
        for receiver in receivers(graph, effective, verdicts, &self.edges, None) {
            wanting.entry(receiver.input).or_default().push(receiver.node);
        }
        let remedy = |(&edge, &treatment): (&EdgeId, &Treatment)| {
            // once for each input is enough, for they are applied together
            let receivers = wanting.remove(&graph.edge_input(edge)).unwrap_or_default();
            EdgeRemedy { edge, treatment, receivers }
        };
        self.edges.iter().map(remedy).collect()
    }
}

/// Which inputs of which recipes experiments have been made with, so that more of them show no more.
pub(super) struct Tried {
    settled: BTreeSet<(RecipeDigest, String)>,
    /// Recipes that do not build the same twice.
    nondeterministic: BTreeSet<RecipeDigest>,
}

impl Tried {
    pub(super) fn of(evidence: &[Evidence]) -> Self {
        let mut made: BTreeMap<(RecipeDigest, &str), Vec<Experiment>> = BTreeMap::new();
        let mut nondeterministic = BTreeSet::new();
        for record in evidence {
            if let Evidence::Experiment(shown) = record
                && shown.sandboxed
            {
                made.entry((shown.recipe, &shown.input.pname)).or_default().push(shown.clone());
                if shown.outcome == Outcome::Nondeterministic {
                    nondeterministic.insert(shown.recipe);
                }
            }
        }
        let settled = made.into_iter().filter(|(_, experiments)| is_settled(experiments));
        Self { settled: settled.map(|((recipe, pname), _)| (recipe, pname.to_owned())).collect(), nondeterministic }
    }

    pub(super) fn has(&self, group: &Group) -> bool {
        self.nondeterministic.contains(&group.recipe) || self.settled.contains(&(group.recipe, group.pname.clone()))
    }
}
