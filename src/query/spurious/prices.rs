//! What remedies save, alone and together.

use std::collections::{BTreeMap, BTreeSet};

use rayon::prelude::*;

use super::answer::Saves;
use super::flagged::Flagged;
use crate::graph::{EdgeId, Graph, NodeId};
use crate::query::what_if::receivers;
use crate::reach::{
    Action, BumpGroup, EdgeRemedy, Treatment, Weights, Yearly, blockers, greedy, savings_of_actions, savings_of_edges,
    yearly_savings,
};
use crate::role::EffectiveInputs;
use crate::verdict::{Grade, Verdicts};

/// What is asked of.
#[derive(Debug, Clone, Copy)]
pub(super) struct Asked<'q> {
    pub(super) graph: &'q Graph,
    pub(super) effective: &'q EffectiveInputs<'q>,
    pub(super) verdicts: &'q Verdicts,
    pub(super) least: Grade,
    pub(super) flagged: &'q [Flagged],
    /// What nodes cost, where that is asked for.
    pub(super) weights: Option<Weights<'q>>,
}

impl Asked<'_> {
    /// Who loses what comes along when these flagged edges are treated together, and needs it.
    fn receivers(&self, members: impl Iterator<Item = usize>) -> BTreeMap<NodeId, Vec<NodeId>> {
        let flagged = members.filter_map(|at| self.flagged.get(at));
        let treated: BTreeMap<EdgeId, Treatment> = flagged.map(|own| (own.edge, own.treatment())).collect();
        let mut found: BTreeMap<NodeId, Vec<NodeId>> = BTreeMap::new();
        for receiver in receivers(self.graph, self.effective, self.verdicts, &treated, Some(self.least)) {
            found.entry(receiver.input).or_default().push(receiver.node);
        }
        found
    }
}

/// Remedies, and sets of them to ask for.
#[derive(Debug)]
pub(super) struct Prices<'q> {
    asked: Asked<'q>,
    /// First each flagged edge alone, then copies of them with the receivers of sets.
    remedies: Vec<EdgeRemedy>,
    /// First each flagged edge alone, then sets, the latter with what is bumped for one bump of them.
    actions: Vec<Action>,
    sets: Vec<(Action, Vec<NodeId>)>,
}

impl<'q> Prices<'q> {
    /// Each flagged edge alone.
    pub(super) fn new(asked: Asked<'q>) -> Self {
        let alone = |(at, own): (usize, &Flagged)| EdgeRemedy {
            edge: own.edge,
            treatment: own.treatment(),
            receivers: asked.receivers(std::iter::once(at)).remove(&own.input).unwrap_or_default(),
        };
        let remedies: Vec<EdgeRemedy> = asked.flagged.par_iter().enumerate().map(alone).collect();
        let actions = (0..remedies.len() as u32).map(|at| Action(vec![at])).collect();
        Self { asked, remedies, actions, sets: Vec::new() }
    }

    /// Flagged edges (ascending places) that are treated together; the number to ask for. `with` are all that
    /// count where it is asked who loses what comes along: who gets it by another way that is treated as well,
    /// later, lists it at once. `bumped` is what one bump changes.
    pub(super) fn together(&mut self, members: &[usize], with: &[usize], bumped: Vec<NodeId>) -> usize {
        let receivers = self.asked.receivers(with.iter().copied());
        let action = match self.are_alike(members, &receivers) {
            true => Action(members.iter().map(|&at| at as u32).collect()),
            false => self.copies(members, &receivers),
        };
        self.actions.push(action.clone());
        self.sets.push((action, bumped));
        self.actions.len() - 1
    }

    /// Whether nobody receives anything, neither of each alone nor of all.
    fn are_alike(&self, members: &[usize], receivers: &BTreeMap<NodeId, Vec<NodeId>>) -> bool {
        receivers.is_empty()
            && members.iter().all(|&at| self.remedies.get(at).is_none_or(|known| known.receivers.is_empty()))
    }

    fn copies(&mut self, members: &[usize], receivers: &BTreeMap<NodeId, Vec<NodeId>>) -> Action {
        let first = self.remedies.len() as u32;
        let mut given: BTreeSet<NodeId> = BTreeSet::new();
        for own in members.iter().filter_map(|&at| self.asked.flagged.get(at)) {
            // once for each input is enough: they are applied together
            let receives = own.treatment() != Treatment::Split && given.insert(own.input);
            let receivers = receivers.get(&own.input).filter(|_| receives).cloned().unwrap_or_default();
            self.remedies.push(EdgeRemedy { edge: own.edge, treatment: own.treatment(), receivers });
        }
        Action((first..self.remedies.len() as u32).collect())
    }

    /// What each saves, in the order of their numbers.
    pub(super) fn saves(&self, bumps: &[BumpGroup]) -> Vec<Saves> {
        let Asked { graph, weights, .. } = self.asked;
        let alone = self.asked.flagged.len();
        let of_edges = savings_of_edges(graph, self.remedies.get(..alone).unwrap_or_default(), weights);
        let one_bump = of_edges.into_iter().chain(savings_of_actions(graph, &self.remedies, &self.sets, weights));
        let per_year = yearly_savings(graph, &self.remedies, &self.actions, bumps, weights);
        one_bump.zip(per_year).map(|(one_bump, per_year)| Saves { one_bump, per_year }).collect()
    }

    /// What keeps the consumer of each flagged edge.
    pub(super) fn blockers(&self) -> Vec<Option<(EdgeId, u32)>> {
        blockers(self.asked.graph, self.remedies.get(..self.asked.flagged.len()).unwrap_or_default())
    }

    /// Which of these numbers to do first, second, third, and what each saves given those before.
    pub(super) fn first(&self, numbers: &[usize], bumps: &[BumpGroup], steps: usize) -> Vec<(usize, Yearly)> {
        let actions: Vec<Action> = numbers.iter().filter_map(|&number| self.actions.get(number)).cloned().collect();
        let found = greedy(self.asked.graph, &self.remedies, &actions, bumps, steps, self.asked.weights);
        found.into_iter().map(|(at, gain)| (at as usize, gain)).collect()
    }
}
