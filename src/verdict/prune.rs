//! What an evidence file can do without.

use std::collections::{BTreeMap, BTreeSet};

use super::claims::Claims;
use super::evidence::Evidence;
use super::experiment::{Experiment, ExperimentKind};
use super::file::{EvidenceFile, Reading};
use super::finder::{Standing, standings};
use crate::graph::{Graph, RecipeDigest};

/// What to remove.
#[derive(Debug, Clone, Copy, Default)]
pub struct PruneParams<'g> {
    /// Also what is stale in this closure; what it does not have at all stays.
    pub closure: Option<&'g Graph>,
    /// Also what was shown to matter, where its recipe is gone.
    pub refuted: bool,
}

/// What was kept and removed.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Pruned {
    /// What is left.
    pub file: EvidenceFile,
    /// How many of what were removed, and why: nothing that is zero.
    pub removed: Vec<(usize, &'static str)>,
    /// How many stale records stay because they show that an input matters.
    pub refuting: usize,
}

/// Removes damaged lines, what stands there more than once, failures of attributes that there is evidence
/// of now, and experiments that say nothing that another one does not say as strongly. Experiments that
/// contradict each other both stay: the more careful claim wins. What was shown to matter stays, unless
/// its recipe is gone and it is asked for.
#[must_use]
pub fn prune(reading: Reading, params: PruneParams<'_>) -> Pruned {
    let Reading { mut file, damaged, repeated, .. } = reading;
    let mut refuting = 0;
    let mut stale = 0;
    if let Some(graph) = params.closure {
        let recipes: BTreeSet<RecipeDigest> = graph.nodes().map(|node| graph.recipe(node)).collect();
        let standings = standings(graph, &file.evidence);
        let is_stale = |(evidence, standings): (&Evidence, &Vec<Standing>)| {
            let all = standings.iter().all(|&standing| standing == Standing::Stale) && !standings.is_empty();
            let gone = !recipes.contains(&evidence.recipe());
            let stays = evidence.claims().refutes() && !(params.refuted && gone);
            refuting += usize::from(all && stays);
            all && !stays
        };
        let remove: Vec<bool> = file.evidence.iter().zip(&standings).map(is_stale).collect();
        stale = retain(&mut file.evidence, &remove);
    }
    let superseded = superseded(&file.evidence);
    let superseded = retain(&mut file.evidence, &superseded);
    let known: BTreeSet<&str> = file.evidence.iter().map(|evidence| evidence.package().attribute.as_str()).collect();
    let failed = |attribute: &str| !attribute.is_empty() && known.contains(attribute);
    let remove: Vec<bool> = file.failures.iter().map(|failure| failed(&failure.attribute)).collect();
    let failures = retain(&mut file.failures, &remove);
    let removed = [
        (damaged, "damaged: its writer was ended halfway"),
        (repeated, "there more than once"),
        (failures, "a failure of what there is evidence of now"),
        (superseded, "an experiment of which another says the same, at least as strongly"),
        (stale, "stale: of another recipe, or of an input that is gone"),
    ];
    Pruned { file, removed: removed.into_iter().filter(|(count, _)| *count > 0).collect(), refuting }
}

/// Takes out what is marked; tells how many.
fn retain<T>(list: &mut Vec<T>, remove: &[bool]) -> usize {
    let before = list.len();
    let mut marks = remove.iter();
    list.retain(|_| marks.next() != Some(&true));
    before - list.len()
}

/// What an experiment was on: recipe, input, and what was done.
type Subject<'e> = (RecipeDigest, &'e str, &'e [String], &'e [String], ExperimentKind, bool, Option<&'e str>);

/// Marks the experiments of which another on the same subject says as much: the same outcome and claims
/// that are no weaker. Of equals the first in the file's order stays.
fn superseded(evidence: &[Evidence]) -> Vec<bool> {
    let mut kept: BTreeMap<Subject<'_>, Vec<usize>> = BTreeMap::new();
    let mut marks = vec![false; evidence.len()];
    for (at, evidence_at) in evidence.iter().enumerate() {
        let Evidence::Experiment(experiment) = evidence_at else { continue };
        let input = &experiment.input;
        let subject = (
            experiment.recipe,
            input.pname.as_str(),
            input.keys.as_slice(),
            input.outputs.as_slice(),
            experiment.experiment,
            experiment.poisoned,
            experiment.against.as_deref(),
        );
        let others = kept.entry(subject).or_default();
        let of = |other: usize| match evidence.get(other) {
            Some(Evidence::Experiment(other)) => Some(other),
            _ => None,
        };
        if others.iter().any(|&other| of(other).is_some_and(|other| says_as_much(other, experiment))) {
            if let Some(mark) = marks.get_mut(at) {
                *mark = true;
            }
            continue;
        }
        others.retain(|&other| {
            let weaker = of(other).is_some_and(|other| says_as_much(experiment, other));
            if weaker && let Some(mark) = marks.get_mut(other) {
                *mark = true;
            }
            !weaker
        });
        others.push(at);
    }
    marks
}

/// Whether `one` says all that `other` says.
fn says_as_much(one: &Experiment, other: &Experiment) -> bool {
    let shape = |experiment: &Experiment| {
        (experiment.outcome, experiment.compared, experiment.checks, experiment.phase.clone(), experiment.referenced)
    };
    let Claims { output, checks } = one.claims();
    let known = other.claims();
    let as_strong = output.map(|(_, grade)| grade) >= known.output.map(|(_, grade)| grade)
        && checks.map(|(_, grade)| grade) >= known.checks.map(|(_, grade)| grade);
    // two inputs of one package that have a pname in common
    let apart = one.package.drv == other.package.drv && one.input.drv != other.input.drv;
    shape(one) == shape(other) && as_strong && !apart
}
