//! How far a bump spreads, and how often it arrives.

use super::action::Base;
use super::rebuild::Propagation;
use super::what_if::Treatment;
use crate::graph::{Adjacency, Direction, EdgeId, Graph, NodeId};

/// What does not change from one bump to the next: the graph, and what is done to it already.
#[derive(Clone, Copy)]
pub(super) struct Ground<'g> {
    pub(super) graph: &'g Graph,
    pub(super) propagation: &'g Propagation,
    pub(super) base: &'g Base,
    inputs: Adjacency<'g>,
}

impl<'g> Ground<'g> {
    pub(super) fn new(graph: &'g Graph, propagation: &'g Propagation, base: &'g Base) -> Self {
        Self { graph, propagation, base, inputs: graph.adjacency(Direction::Inputs) }
    }

    /// The edge from an input to its consumer. Binary search in the consumer's inputs.
    pub(super) fn edge(&self, input: u32, consumer: u32) -> Option<EdgeId> {
        let at = self.inputs.of(consumer).binary_search(&input).ok()?;
        Some(EdgeId((self.inputs.range(consumer).start + at) as u32))
    }

    /// How the base treats the edge from an input to its consumer.
    fn treatment(&self, input: u32, consumer: u32) -> Option<Treatment> {
        if !self.base.treats(consumer) {
            return None;
        }
        self.edge(input, consumer).and_then(|edge| self.base.treatment(edge))
    }
}

/// What changes on a bump. Every array is zero between uses, and cleaned by going over the set.
pub(super) struct Spread<'g> {
    pub(super) ground: Ground<'g>,
    /// What changes, the bumped nodes first, each after one through which it does; by distance where
    /// the base is plain.
    pub(super) set: Vec<u32>,
    /// For each node, how many of its inputs change that its build depends on; for a bumped one, one
    /// more. What is above zero is built, if it can be.
    pub(super) builds: Vec<u32>,
    /// For each node, how many of its inputs change that the base has moved to its wrapper.
    pub(super) wraps: Vec<u32>,
}

impl<'g> Spread<'g> {
    pub(super) fn new(ground: Ground<'g>) -> Self {
        let nodes = ground.graph.node_count();
        Self { ground, set: Vec::new(), builds: vec![0; nodes], wraps: vec![0; nodes] }
    }

    /// Finds what a bump changes. O(set and the edges from it).
    ///
    /// # Panics
    /// When a node is of another graph.
    pub(super) fn bump(&mut self, bumped: &[NodeId]) {
        for &NodeId(node) in bumped {
            self.arrive(node);
        }
        let plain = self.ground.base.is_plain();
        let mut next = 0;
        while let Some(&node) = self.set.get(next) {
            next += 1;
            if !plain {
                self.pass_on(node);
                continue;
            }
            for &consumer in self.ground.propagation.consumers(node) {
                let arrived = &mut self.builds[consumer as usize];
                if *arrived == 0 {
                    self.set.push(consumer);
                }
                *arrived += 1;
            }
        }
    }

    /// In the graph as the base makes it.
    fn pass_on(&mut self, node: u32) {
        let ground = self.ground;
        for &consumer in ground.propagation.consumers(node) {
            match ground.treatment(node, consumer) {
                None => self.arrive(consumer),
                Some(Treatment::Split) => self.arrive_at_wrapper(consumer),
                Some(Treatment::Drop | Treatment::Detach) => {}
            }
        }
        ground.base.added_to(node).iter().for_each(|&receiver| self.arrive(receiver));
    }

    fn arrive(&mut self, node: u32) {
        if !self.changes(node) {
            self.set.push(node);
        }
        self.builds[node as usize] += 1;
    }

    fn arrive_at_wrapper(&mut self, node: u32) {
        if !self.changes(node) {
            self.set.push(node);
        }
        self.wraps[node as usize] += 1;
    }

    /// Whether a node's output changes for those who depend on it.
    #[inline]
    pub(super) fn changes(&self, node: u32) -> bool {
        let at = node as usize;
        self.builds[at] > 0 || !self.ground.base.is_plain() && self.wraps[at] > 0
    }

    pub(super) fn forget(&mut self) {
        if !self.ground.base.is_plain() {
            self.set.iter().for_each(|&node| self.wraps[node as usize] = 0);
        }
        self.set.drain(..).for_each(|node| self.builds[node as usize] = 0);
    }
}
