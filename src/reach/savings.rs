//! What edits save: the difference between two exact rebuild sets.

use rayon::prelude::*;
use serde::Serialize;

use super::rebuild::Propagation;
use super::what_if::{Edits, Treatment, is_built, rebuild_edited};
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
}

/// What the edits save on a bump of `bumped`. O(nodes + edges).
#[must_use]
pub fn savings(graph: &Graph, bumped: &[NodeId], edits: &Edits) -> Savings {
    let before = rebuild_edited(graph, bumped, &Edits::default());
    let after = rebuild_edited(graph, bumped, edits);
    Savings {
        builds: before.builds.len() as i64 - after.builds.len() as i64,
        attributes: attribute_names(graph, &before.changed) - attribute_names(graph, &after.changed),
        wrappers_added: after.wrappers.len() as u64,
        test_builds_added: after.tests.len() as u64,
    }
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
/// Removing an edge A→B loses what it dominates in the rebuild set of A: nothing where B has another
/// input in the set, else B, and then every node all of whose inputs in the set are lost. What the
/// receivers reach is built all the same. For one A the losses of different edges do not overlap, so they
/// cost no more than finding the set: O(set of A) for each distinct input, and O(loss + what
/// receivers add) for each remedy. Memory O(nodes + attributes) for each thread.
///
/// # Panics
/// When an edge is of another graph.
#[must_use]
pub fn savings_of_edges(graph: &Graph, remedies: &[EdgeRemedy]) -> Vec<Savings> {
    let mut order: Vec<(NodeId, usize)> =
        remedies.iter().enumerate().map(|(at, remedy)| (graph.edge_input(remedy.edge), at)).collect();
    order.sort_unstable();
    let groups: Vec<&[(NodeId, usize)]> = order.chunk_by(|one, next| one.0 == next.0).collect();
    let propagation = Propagation::new(graph);
    let names = names_of_attributes(graph);
    let chunk = groups.len().div_ceil(rayon::current_num_threads() * 16).max(1);
    let found: Vec<Vec<Savings>> = groups
        .par_chunks(chunk)
        .map_init(
            || Scratch::new(graph, &propagation, &names),
            |scratch, groups| {
                let mut found = Vec::new();
                for group in groups {
                    let input = group[0].0;
                    scratch.rebuild(input);
                    found.extend(group.iter().map(|&(_, at)| scratch.savings(input, &remedies[at])));
                    scratch.forget(input);
                }
                found
            },
        )
        .collect();
    let mut all = vec![Savings::default(); remedies.len()];
    for (&(_, at), savings) in order.iter().zip(found.into_iter().flatten()) {
        all[at] = savings;
    }
    all
}

/// The number of each attribute's name, from 0 up without gaps.
fn names_of_attributes(graph: &Graph) -> Vec<u32> {
    let mut last = None;
    let mut count = 0;
    let number = |attribute| {
        let name = graph.attribute_name_id(attribute);
        count += u32::from(last.is_some_and(|last| last != name));
        last = Some(name);
        count
    };
    graph.attributes().map(number).collect()
}

/// The rebuild set of one input, and what a remedy takes from it. Every array is zero between uses,
/// and cleaned by going over what was touched.
struct Scratch<'g> {
    graph: &'g Graph,
    propagation: &'g Propagation,
    names: &'g [u32],
    /// What is rebuilt.
    set: Vec<u32>,
    /// For each node of the set, how many of its inputs are in it or are the bumped one; else 0.
    inputs: Vec<u32>,
    /// For each attribute name, how many attributes with that name change.
    changes: Vec<u32>,
    /// How many inputs of a node are lost; all of them where it is lost itself.
    lost_inputs: Vec<u32>,
    /// Nodes with lost inputs, to clean up.
    touched: Vec<u32>,
    /// What is lost with the edge.
    lost: Vec<u32>,
    /// What receivers have built all the same: of what is lost, and outside the set.
    brought: Vec<u32>,
    is_brought: Vec<bool>,
    /// For each attribute name, how many more or fewer attributes change.
    difference: Vec<i32>,
    touched_names: Vec<u32>,
}

impl<'g> Scratch<'g> {
    fn new(graph: &'g Graph, propagation: &'g Propagation, names: &'g [u32]) -> Self {
        let nodes = graph.node_count();
        let count = names.last().map_or(0, |&last| last as usize + 1);
        Self {
            graph,
            propagation,
            names,
            set: Vec::new(),
            inputs: vec![0; nodes],
            changes: vec![0; count],
            lost_inputs: vec![0; nodes],
            touched: Vec::new(),
            lost: Vec::new(),
            brought: Vec::new(),
            is_brought: vec![false; nodes],
            difference: vec![0; count],
            touched_names: Vec::new(),
        }
    }

    fn names_of(&self, node: u32) -> impl Iterator<Item = usize> + use<'g> {
        let names = self.names;
        self.graph.attributes_of(NodeId(node)).map(move |attribute| names[attribute.index()] as usize)
    }

    /// Finds what a bump of `input` rebuilds.
    fn rebuild(&mut self, input: NodeId) {
        let mut node = input.0;
        let mut next = 0;
        loop {
            for &consumer in self.propagation.consumers(node) {
                if self.inputs[consumer as usize] == 0 {
                    self.set.push(consumer);
                }
                self.inputs[consumer as usize] += 1;
            }
            for name in self.names_of(node) {
                self.changes[name] += 1;
            }
            let Some(&following) = self.set.get(next) else { break };
            node = following;
            next += 1;
        }
    }

    fn forget(&mut self, input: NodeId) {
        for node in std::iter::once(input.0).chain(self.set.iter().copied()) {
            self.inputs[node as usize] = 0;
            for name in self.names_of(node) {
                self.changes[name] = 0;
            }
        }
        self.set.clear();
    }

    fn savings(&mut self, input: NodeId, remedy: &EdgeRemedy) -> Savings {
        let consumer = self.graph.edge_consumer(remedy.edge);
        let mut savings = Savings::default();
        if !self.graph.is_fixed(consumer) {
            self.lose(consumer.0, remedy.treatment);
            match remedy.treatment {
                Treatment::Drop => {}
                Treatment::Detach => savings.test_builds_added = 1,
                Treatment::Split => savings.wrappers_added = 1,
            }
        }
        self.bring(input, &remedy.receivers);
        let lost = std::mem::take(&mut self.lost);
        let brought = std::mem::take(&mut self.brought);
        savings.builds = lost.len() as i64 - brought.len() as i64;
        // behind a split build stands its wrapper, which changes all the same
        if remedy.treatment != Treatment::Split {
            lost.iter().for_each(|&node| self.count_names(node, -1));
        }
        brought.iter().for_each(|&node| self.count_names(node, 1));
        savings.attributes = self.names_spared();
        brought.iter().for_each(|&node| self.is_brought[node as usize] = false);
        self.touched.drain(..).for_each(|node| self.lost_inputs[node as usize] = 0);
        (self.lost, self.brought) = (lost, brought);
        self.lost.clear();
        self.brought.clear();
        savings
    }

    /// Loses an edge to `consumer`, and what hangs on it alone.
    fn lose(&mut self, consumer: u32, treatment: Treatment) {
        self.lose_input(consumer);
        // a split consumer changes through its wrapper, so what depends on it is built
        if treatment == Treatment::Split {
            return;
        }
        let mut next = 0;
        while let Some(&node) = self.lost.get(next) {
            next += 1;
            let propagation = self.propagation;
            for &consumer in propagation.consumers(node) {
                self.lose_input(consumer);
            }
        }
    }

    fn lose_input(&mut self, node: u32) {
        let at = node as usize;
        if self.lost_inputs[at] == 0 {
            self.touched.push(node);
        }
        self.lost_inputs[at] += 1;
        if self.lost_inputs[at] == self.inputs[at] {
            self.lost.push(node);
        }
    }

    /// Finds what direct edges from `input` to the receivers have built that else is not: what they
    /// reach of what is lost or not in the set at all.
    fn bring(&mut self, input: NodeId, receivers: &[NodeId]) {
        for &receiver in receivers.iter().filter(|&&receiver| receiver > input && is_built(self.graph, receiver)) {
            self.bring_one(receiver.0);
        }
        let mut next = 0;
        while let Some(&node) = self.brought.get(next) {
            next += 1;
            let propagation = self.propagation;
            for &consumer in propagation.consumers(node) {
                self.bring_one(consumer);
            }
        }
    }

    fn bring_one(&mut self, node: u32) {
        let at = node as usize;
        // a node outside the set has no inputs in it and none that are lost
        let built = self.inputs[at] != self.lost_inputs[at];
        if !built && !std::mem::replace(&mut self.is_brought[at], true) {
            self.brought.push(node);
        }
    }

    fn count_names(&mut self, node: u32, by: i32) {
        for name in self.names_of(node) {
            self.touched_names.push(name as u32);
            self.difference[name] += by;
        }
    }

    /// How many names fewer change. Clears the differences.
    fn names_spared(&mut self) -> i64 {
        let mut spared = 0;
        for name in self.touched_names.drain(..) {
            let difference = std::mem::take(&mut self.difference[name as usize]);
            let before = self.changes[name as usize];
            let after = i64::from(before) + i64::from(difference);
            spared += i64::from(before > 0) - i64::from(after > 0);
        }
        spared
    }
}
