//! How far one wave is.

use std::collections::{BTreeMap, BTreeSet};

use rustc_hash::FxHashSet;

use super::answer::{Abandoned, BuildStatus, Called, Doubtful, Failure, MendStep, Part, WaveState, WaveStatus};
use super::concerned::maintainers_of;
use super::telling::{Last, OfWave, name_of};
use crate::cost::Costs;
use crate::graph::{Graph, NodeId};
use crate::ingest::Maintainers;
use crate::reach::{HeldBack, Propagation, State, Told, hours, settle};

/// What a wave makes.
#[derive(Debug, Clone)]
pub(super) struct Wave {
    pub(super) number: usize,
    pub(super) bumps: Vec<String>,
    /// Ascending.
    pub(super) nodes: Vec<u32>,
}

/// How far its builds are.
pub(super) struct Progress<'a> {
    graph: &'a Graph,
    propagation: &'a Propagation,
    wave: &'a Wave,
    told: &'a OfWave,
    /// By place among the wave's nodes.
    pub(super) states: Vec<State>,
    /// Whether an attribute needs it, or anything is told of it.
    needed: Vec<bool>,
}

/// What is told beside results.
#[derive(Clone, Copy)]
pub(super) struct Beside<'a> {
    pub(super) costs: Option<&'a Costs>,
    pub(super) maintainers: &'a Maintainers,
    pub(super) list: bool,
}

impl Wave {
    pub(super) fn progress<'a>(
        &'a self,
        graph: &'a Graph,
        propagation: &'a Propagation,
        told: &'a OfWave,
    ) -> Progress<'a> {
        let of_nodes: Vec<Option<Told>> =
            self.nodes.iter().map(|node| told.last.get(node).and_then(|last| last.outcome.told())).collect();
        let states = settle(propagation, &self.nodes, &of_nodes);
        let needed = needed(graph, propagation, &self.nodes, &states, told);
        Progress { graph, propagation, wave: self, told, states, needed }
    }

    pub(super) fn is_green(&self, graph: &Graph, propagation: &Propagation, told: &OfWave) -> bool {
        self.progress(graph, propagation, told).is_green()
    }
}

/// What an attribute of the wave needs, what results tell of, and, where the wave has no attribute, everything: by
/// place. What only given up builds need is not needed.
///
/// A closure has builds that no attribute needs to be built again, such as the curl that fetches sources which are there
/// already. Tools that build attributes never tell of them.
fn needed(graph: &Graph, propagation: &Propagation, nodes: &[u32], states: &[State], told: &OfWave) -> Vec<bool> {
    let is_named = |node: u32| graph.attributes_of(NodeId(node)).len() > 0;
    let named = nodes.iter().any(|&node| is_named(node));
    let mut needing: FxHashSet<u32> = FxHashSet::default();
    let mut needed = vec![false; nodes.len()];
    // consumers are larger than their inputs
    for (at, &node) in nodes.iter().enumerate().rev() {
        let by_consumers = || propagation.consumers(node).iter().any(|consumer| needing.contains(consumer));
        let is_told = || told.last.contains_key(&node);
        // where nothing is named, what nothing in the wave needs is what it is for
        let is_end = || !propagation.consumers(node).iter().any(|consumer| nodes.binary_search(consumer).is_ok());
        if is_named(node) || is_told() || by_consumers() || (!named && is_end()) {
            needed[at] = true;
            if !matches!(states[at], State::GivenUp | State::WithGivenUp) {
                needing.insert(node);
            }
        }
    }
    needed
}

/// The parts of a wave, worst first: an attribute's name counts in the first that it stands in.
const ORDER: [State; 6] =
    [State::Failed, State::Blocked, State::Waiting, State::WithGivenUp, State::GivenUp, State::Built];

fn part_of(state: State) -> usize {
    let state = if state == State::Untold { State::Blocked } else { state };
    ORDER.iter().position(|other| *other == state).unwrap_or(0)
}

fn word(state: State) -> &'static str {
    match state {
        State::Built => "built",
        State::Failed => "failed",
        State::Blocked | State::Untold => "blocked",
        State::Waiting => "waiting",
        State::GivenUp => "given-up",
        State::WithGivenUp => "with-given-up",
    }
}

impl Progress<'_> {
    fn is_green(&self) -> bool {
        self.states.iter().zip(&self.needed).all(|(state, needed)| !needed || state.is_settled())
    }

    /// The builds that count, each with its state.
    pub(super) fn counted(&self) -> impl Iterator<Item = (NodeId, State)> {
        let all = self.wave.nodes.iter().zip(&self.states).zip(&self.needed);
        all.filter(|(_, needed)| **needed).map(|((&node, &state), _)| (NodeId(node), state))
    }

    fn part(&self, costs: Option<&Costs>, nodes: impl IntoIterator<Item = NodeId>) -> Part {
        let mut names = BTreeSet::new();
        let mut part = Part { hours: costs.map(|_| 0.0), ..Part::default() };
        let mut millis = 0_u64;
        for node in nodes {
            part.derivations += u64::from(!self.graph.is_fixed(node));
            names.extend(self.graph.attributes_of(node).map(|attribute| self.graph.attribute_name_id(attribute)));
            millis += costs.map_or(0, |costs| costs.time(node).millis);
        }
        part.attributes = names.len() as u64;
        part.hours = costs.map(|_| hours(millis as f64));
        part
    }

    /// By [`ORDER`].
    fn parts(&self, costs: Option<&Costs>) -> [Part; 6] {
        let mut nodes: [Vec<NodeId>; 6] = Default::default();
        let mut worst: BTreeMap<u32, usize> = BTreeMap::new();
        for (node, state) in self.counted() {
            let at = part_of(state);
            nodes[at].push(node);
            for attribute in self.graph.attributes_of(node) {
                let known = worst.entry(self.graph.attribute_name_id(attribute).0).or_insert(at);
                *known = at.min(*known);
            }
        }
        let mut parts = nodes.map(|nodes| self.part(costs, nodes));
        for (at, part) in parts.iter_mut().enumerate() {
            part.attributes = worst.values().filter(|worst| **worst == at).count() as u64;
        }
        parts
    }

    fn called(&self, node: u32) -> Called {
        let id = NodeId(node);
        let attributes: BTreeSet<&str> =
            self.graph.attributes_of(id).map(|attribute| self.graph.attribute_name(attribute)).collect();
        Called {
            drv: self.graph.path(id),
            name: self.graph.name(id).to_owned(),
            system: self.graph.system(id).to_owned(),
            attributes: attributes.into_iter().map(str::to_owned).collect(),
        }
    }

    /// The row of the wave; `blocked_by` is the first wave before it that is not green.
    pub(super) fn status(&self, blocked_by: Option<usize>, beside: Beside<'_>) -> WaveStatus {
        let costs = beside.costs;
        let [failed, blocked, waiting, with_given_up, given_up, built] = self.parts(costs);
        let bad = |state: &State| state.is_root() || *state == State::Blocked;
        let state = if blocked_by.is_some() {
            WaveState::Blocked
        } else if self.counted().any(|(_, state)| bad(&state)) {
            WaveState::Failing
        } else if self.is_green() {
            WaveState::Green
        } else {
            WaveState::Waiting
        };
        let held = HeldBack::of(self.propagation, &self.wave.nodes, &self.states);
        let (failures, mend) = self.failures(&held, beside);
        WaveStatus {
            number: self.wave.number,
            bumps: self.wave.bumps.clone(),
            state,
            blocked_by,
            all: self.part(costs, self.counted().map(|(node, _)| node)),
            built,
            failed,
            blocked,
            waiting,
            given_up,
            with_given_up,
            unneeded: self.needed.iter().filter(|needed| !**needed).count() as u64,
            failures,
            mend,
            abandoned: self.abandoned(beside),
            fixes: self.told.fixes.clone(),
            retried: self.told.retried(|node| name_of(self.graph, node)),
            doubtful: self.doubtful(),
            builds: beside.list.then(|| self.builds()),
        }
    }

    fn last(&self, node: u32) -> Option<&Last> {
        self.told.last.get(&node)
    }

    fn failures(&self, held: &HeldBack, beside: Beside<'_>) -> (Vec<Failure>, Vec<MendStep>) {
        let costs = beside.costs;
        let needed: FxHashSet<u32> = self.counted().map(|(node, _)| node.0).collect();
        let members = |nodes: &[u32]| -> Vec<NodeId> {
            nodes.iter().filter(|node| needed.contains(node)).map(|&node| NodeId(node)).collect()
        };
        let classes: Vec<Vec<NodeId>> = held.classes.iter().map(|class| members(&class.nodes)).collect();
        let weigh = |nodes: &Vec<NodeId>| -> u64 {
            nodes
                .iter()
                .map(|&node| costs.map_or(u64::from(!self.graph.is_fixed(node)), |costs| costs.time(node).millis))
                .sum()
        };
        let weights: Vec<u64> = classes.iter().map(weigh).collect();
        let all: u64 = weights.iter().sum();
        let mut failures: Vec<(u64, Failure)> = Vec::new();
        for (number, &node) in held.failures.iter().enumerate() {
            let Some(last) = self.last(node) else { continue };
            let of = |alone: bool| {
                let classes = held.classes.iter().zip(&classes).zip(&weights);
                let own = classes.filter(move |((class, _), _)| {
                    class.failures.contains(number) && (!alone || class.failures.count_ones(..) == 1)
                });
                own.map(|((_, nodes), weight)| (nodes, *weight))
            };
            let part = |alone: bool| self.part(costs, of(alone).flat_map(|(nodes, _)| nodes.iter().copied()));
            let failure = Failure {
                build: self.called(node),
                status: last.outcome,
                note: last.note.clone(),
                told_by: last.told_by.clone(),
                holds: part(false),
                alone: part(true),
                maintainers: maintainers_of(self.graph, NodeId(node), beside.maintainers),
            };
            failures.push((of(false).map(|(_, weight)| weight).sum(), failure));
        }
        failures.sort_by(|(a, one), (b, other)| {
            b.cmp(a).then_with(|| one.build.name.cmp(&other.build.name)).then_with(|| one.build.cmp(&other.build))
        });
        let mut steps = Vec::new();
        let mut before: BTreeSet<u32> = BTreeSet::new();
        for step in held.to_mend(&weights) {
            let now: BTreeSet<u32> = step.failures.iter().copied().collect();
            let called = |numbers: Vec<u32>| -> Vec<Called> {
                let nodes = numbers.into_iter().filter_map(|number| held.failures.get(number as usize));
                nodes.map(|&node| self.called(node)).collect()
            };
            let free = held.classes.iter().zip(&classes);
            let free = free.filter(|(class, _)| class.failures.ones().all(|failure| now.contains(&(failure as u32))));
            steps.push(MendStep {
                mended: now.len() as u64,
                mend: called(now.difference(&before).copied().collect()),
                instead_of: called(before.difference(&now).copied().collect()),
                freed: self.part(costs, free.flat_map(|(_, nodes)| nodes.iter().copied())),
                share: if all == 0 { 1.0 } else { step.freed as f64 / all as f64 },
                optimal: step.optimal,
            });
            before = now;
        }
        (failures.into_iter().map(|(_, failure)| failure).collect(), steps)
    }

    /// What is given up, each with what needs it and is settled with it.
    fn abandoned(&self, beside: Beside<'_>) -> Vec<Abandoned> {
        let settled: FxHashSet<u32> =
            self.counted().filter(|(_, state)| *state == State::WithGivenUp).map(|(node, _)| node.0).collect();
        let mut rows: Vec<Abandoned> = Vec::new();
        for (node, _) in self.counted().filter(|(_, state)| *state == State::GivenUp) {
            let Some(last) = self.last(node.0) else { continue };
            let mut reached: BTreeSet<u32> = BTreeSet::new();
            let mut open = vec![node.0];
            while let Some(at) = open.pop() {
                let consumers = self.propagation.consumers(at).iter().copied();
                open.extend(consumers.filter(|consumer| settled.contains(consumer) && reached.insert(*consumer)));
            }
            rows.push(Abandoned {
                build: self.called(node.0),
                status: last.outcome,
                note: last.note.clone(),
                told_by: last.told_by.clone(),
                with: self.part(beside.costs, reached.into_iter().map(NodeId)),
            });
        }
        rows.sort_by(|a, b| {
            b.with
                .derivations
                .cmp(&a.with.derivations)
                .then_with(|| a.build.name.cmp(&b.build.name))
                .then_with(|| a.build.cmp(&b.build))
        });
        rows
    }

    /// Failures below which something was built.
    fn doubtful(&self) -> Vec<Doubtful> {
        let built: FxHashSet<u32> =
            self.counted().filter(|(_, state)| *state == State::Built).map(|(node, _)| node.0).collect();
        let failed = self.counted().filter(|(_, state)| *state == State::Failed);
        let pairs = failed.filter_map(|(node, _)| {
            let consumer = self.propagation.consumers(node.0).iter().find(|consumer| built.contains(consumer))?;
            Some(Doubtful { name: name_of(self.graph, node.0), built: name_of(self.graph, *consumer) })
        });
        pairs.collect()
    }

    fn builds(&self) -> Vec<BuildStatus> {
        let all = self.wave.nodes.iter().zip(&self.states).zip(&self.needed);
        let mut builds: Vec<BuildStatus> = all
            .map(|((&node, &state), needed)| BuildStatus {
                build: self.called(node),
                state: if *needed { word(state) } else { "unneeded" },
                status: self.last(node).map(|last| last.outcome),
            })
            .collect();
        builds.sort_by(|a, b| {
            (&a.build.name, &a.build.system, &a.build.drv).cmp(&(&b.build.name, &b.build.system, &b.build.drv))
        });
        builds
    }
}
