//! Which plans can matter to a bump.

use rayon::prelude::*;

use super::action::{Plan, Treated};
use super::spread::{Ground, Spread};
use super::what_if::Treatment;
use super::workers::share_out;
use crate::graph::{EdgeId, NodeId};

/// An edge that some plan treats.
#[derive(Debug, Clone, Copy)]
struct Slot {
    edge: EdgeId,
    input: u32,
}

/// The edges that plans treat, and the plans of each.
#[derive(Debug)]
pub(super) struct Remedied {
    /// Those of consumer `i` are `slots[offsets[i]..offsets[i + 1]]`, ascending.
    offsets: Vec<u32>,
    slots: Vec<Slot>,
    /// The plans that treat slot `i` are `plans[plan_offsets[i]..plan_offsets[i + 1]]`, ascending.
    plan_offsets: Vec<u32>,
    plans: Vec<u32>,
    /// The edges that plans add. Those from input `i` are `added[added_offsets[i]..added_offsets[i + 1]]`.
    added_offsets: Vec<u32>,
    added: Vec<Added>,
    /// Those that lead to what a bump of their input does not rebuild as it is. There are none where
    /// receivers are what gets the input by way of the treated edge.
    strange: Vec<Added>,
}

/// An edge that a plan adds.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
struct Added {
    input: u32,
    receiver: u32,
    plan: u32,
}

impl Remedied {
    /// O(a log a + what the inputs with added edges rebuild), with a treated and added edges in all.
    /// `ground` is the graph as it is.
    pub(super) fn new(ground: Ground<'_>, plans: &[Plan]) -> Self {
        let numbered = || plans.iter().zip(0u32..);
        let mut treated: Vec<(EdgeId, u32, Treated)> = numbered()
            .flat_map(|(plan, number)| plan.edges.iter().map(move |treated| (treated.edge, number, *treated)))
            .collect();
        treated.par_sort_unstable_by_key(|&(edge, plan, _)| (edge, plan));
        let added = added(plans);
        let mut found = Self {
            offsets: vec![0],
            slots: Vec::new(),
            plan_offsets: vec![0],
            plans: Vec::with_capacity(treated.len()),
            added_offsets: vec![0],
            strange: strange(ground, &added),
            added: Vec::new(),
        };
        for same in treated.chunk_by(|one, next| one.0 == next.0) {
            let Treated { edge, input, consumer, .. } = same[0].2;
            found.offsets.resize(consumer as usize + 1, found.slots.len() as u32);
            found.slots.push(Slot { edge, input });
            found.plans.extend(same.iter().map(|&(_, plan, _)| plan));
            found.plan_offsets.push(found.plans.len() as u32);
        }
        found.offsets.resize(ground.graph.node_count() + 1, found.slots.len() as u32);
        for (added, at) in added.iter().zip(0..) {
            found.added_offsets.resize(found.added_offsets.len().max(added.input as usize + 1), at);
        }
        found.added_offsets.resize(ground.graph.node_count() + 1, added.len() as u32);
        found.added = added;
        found
    }

    /// How many edges to a consumer some plan treats.
    #[inline]
    pub(super) fn count(&self, consumer: u32) -> u32 {
        self.offsets[consumer as usize + 1] - self.offsets[consumer as usize]
    }

    fn slots_of(&self, consumer: u32) -> impl Iterator<Item = (usize, Slot)> {
        let range = self.offsets[consumer as usize] as usize..self.offsets[consumer as usize + 1] as usize;
        range.clone().zip(self.slots[range].iter().copied())
    }

    fn plans_of(&self, slot: usize) -> &[u32] {
        &self.plans[self.plan_offsets[slot] as usize..self.plan_offsets[slot + 1] as usize]
    }

    fn added_to(&self, input: u32) -> &[Added] {
        &self.added[self.added_offsets[input as usize] as usize..self.added_offsets[input as usize + 1] as usize]
    }

    /// A plan that drops every edge that some plan treats and whose input changes, and adds nothing: no
    /// plans together lose more builds.
    pub(super) fn everything(&self, spread: &Spread<'_>) -> Plan {
        let mut edges = Vec::new();
        for &consumer in &spread.set {
            let changed = self.slots_of(consumer).filter(|(_, slot)| spread.changes(slot.input));
            edges.extend(changed.map(|(_, Slot { edge, input })| Treated {
                edge,
                treatment: Treatment::Drop,
                input,
                consumer,
            }));
        }
        Plan { edges, added: Vec::new() }
    }
}

/// All edges that plans add, by input.
fn added(plans: &[Plan]) -> Vec<Added> {
    let of = |(plan, number): (&Plan, u32)| {
        let added = plan.added.iter().map(move |&(input, receiver)| Added { input, receiver, plan: number });
        added.collect::<Vec<_>>()
    };
    let mut all: Vec<Added> = plans.iter().zip(0..).flat_map(of).collect();
    all.par_sort_unstable();
    all
}

/// See [`Remedied::strange`].
fn strange(ground: Ground<'_>, added: &[Added]) -> Vec<Added> {
    let inputs: Vec<&[Added]> = added.chunk_by(|one, next| one.input == next.input).collect();
    let worker = || (Spread::new(ground), Vec::new());
    let workers = share_out(inputs.len(), worker, |(spread, found), number| {
        spread.bump(&[NodeId(inputs[number][0].input)]);
        found.extend(inputs[number].iter().copied().filter(|added| !spread.changes(added.receiver)));
        spread.forget();
    });
    let mut found: Vec<Added> = workers.into_iter().flat_map(|(_, found)| found).collect();
    found.sort_unstable();
    found
}

/// Finds the plans that can change what a spread has built. Every array is empty or zero between uses.
pub(super) struct Candidates {
    /// In no order, each once.
    pub(super) plans: Vec<u32>,
    is_found: Vec<bool>,
    /// For each plan, how many of some edges it treats.
    tally: Vec<u32>,
    tallied: Vec<u32>,
}

/// Why a bump may leave more or less to build.
#[derive(Debug, Clone, Copy, Default)]
pub(super) struct Chances {
    /// Some build has nothing arrive but by edges that plans treat.
    pub(super) losing: bool,
    /// A plan may add an edge to what the bump does not change.
    pub(super) strange: bool,
}

impl Candidates {
    pub(super) fn new(plans: usize) -> Self {
        Self { plans: Vec::new(), is_found: vec![false; plans], tally: vec![0; plans], tallied: Vec::new() }
    }

    /// Finds them all, and few others.
    ///
    /// The first node (inputs stand before consumers) whose build or output a plan spares has all its
    /// inputs change as before. So the plan treats all edges by which something arrives at its build; or,
    /// where there are none, one by which something arrives at its wrapper. Or else the plan adds an edge
    /// to what is not built; in the graph as it is only a strange one leads there. O(set + edges that plans
    /// treat or add there).
    pub(super) fn find(&mut self, remedied: &Remedied, spread: &Spread<'_>) -> Chances {
        let base = spread.ground.base;
        let mut chances = Chances::default();
        for &consumer in &spread.set {
            let builds = spread.builds[consumer as usize];
            let count = remedied.count(consumer);
            if count == 0 || builds > count {
                continue;
            }
            let arriving = |way: Option<Treatment>| {
                let slots = remedied.slots_of(consumer);
                slots.filter(move |(_, slot)| spread.changes(slot.input) && base.treatment(slot.edge) == way)
            };
            if arriving(None).count() != builds as usize {
                continue;
            }
            chances.losing = true;
            match builds {
                0 => arriving(Some(Treatment::Split)).for_each(|(slot, _)| self.add_all(remedied.plans_of(slot))),
                1 => arriving(None).for_each(|(slot, _)| self.add_all(remedied.plans_of(slot))),
                _ => {
                    arriving(None).for_each(|(slot, _)| self.count(remedied.plans_of(slot)));
                    self.add_counted(builds);
                }
            }
        }
        for added in remedied.strange.iter().filter(|added| spread.changes(added.input)) {
            chances.strange = true;
            self.add_all(&[added.plan]);
        }
        if !base.is_plain() {
            for added in spread.set.iter().flat_map(|&input| remedied.added_to(input)) {
                if spread.builds[added.receiver as usize] == 0 {
                    self.add_all(&[added.plan]);
                }
            }
        }
        chances
    }

    fn add_all(&mut self, plans: &[u32]) {
        for &plan in plans {
            if !std::mem::replace(&mut self.is_found[plan as usize], true) {
                self.plans.push(plan);
            }
        }
    }

    fn count(&mut self, plans: &[u32]) {
        for &plan in plans {
            self.tally[plan as usize] += 1;
            self.tallied.push(plan);
        }
    }

    /// Adds those that were counted so often.
    fn add_counted(&mut self, times: u32) {
        let mut tallied = std::mem::take(&mut self.tallied);
        for plan in tallied.drain(..) {
            if std::mem::take(&mut self.tally[plan as usize]) == times {
                self.add_all(&[plan]);
            }
        }
        self.tallied = tallied;
    }

    pub(super) fn forget(&mut self) {
        for plan in self.plans.drain(..) {
            self.is_found[plan as usize] = false;
        }
    }
}
