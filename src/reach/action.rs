//! Remedies that are applied together.

use super::savings::EdgeRemedy;
use super::what_if::{Treatment, is_built};
use crate::graph::{EdgeId, Graph, NodeId};

/// Remedies that are applied together: indices into a slice of [`EdgeRemedy`], ascending.
///
/// As with [`super::Edits`], of several treatments of one edge the first in the order of [`Treatment`]
/// holds, and the treatment of an edge into a fixed-output derivation does nothing. Nor does an
/// index that the slice lacks.
#[derive(Debug, Clone, Default, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Action(pub Vec<u32>);

/// An edge that is treated. It does not lead into a fixed-output derivation.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(super) struct Treated {
    pub(super) edge: EdgeId,
    pub(super) treatment: Treatment,
    pub(super) input: u32,
    pub(super) consumer: u32,
}

/// What an action does to the graph.
#[derive(Debug, Clone, Default)]
pub(super) struct Plan {
    /// Ascending, each edge once. So those of a consumer stand together, for edges are numbered by
    /// consumer.
    pub(super) edges: Vec<Treated>,
    /// Direct edges from an input to a receiver that it can have built; ascending, each once.
    pub(super) added: Vec<(u32, u32)>,
}

impl Plan {
    /// # Panics
    /// When an edge is of another graph.
    pub(super) fn new<'r>(graph: &Graph, remedies: impl IntoIterator<Item = &'r EdgeRemedy>) -> Self {
        let mut plan = Self::default();
        for &EdgeRemedy { edge, treatment, ref receivers } in remedies {
            let (input, consumer) = (graph.edge_input(edge), graph.edge_consumer(edge));
            if !graph.is_fixed(consumer) {
                plan.edges.push(Treated { edge, treatment, input: input.0, consumer: consumer.0 });
            }
            let receivers = receivers.iter().filter(|&&receiver| receiver > input && is_built(graph, receiver));
            plan.added.extend(receivers.map(|receiver| (input.0, receiver.0)));
        }
        plan.edges.sort_unstable();
        plan.edges.dedup_by_key(|treated| treated.edge);
        plan.added.sort_unstable();
        plan.added.dedup();
        plan
    }

    pub(super) fn of(graph: &Graph, remedies: &[EdgeRemedy], action: &Action) -> Self {
        Self::new(graph, action.0.iter().filter_map(|&at| remedies.get(at as usize)))
    }

    /// The treated edges of a consumer.
    pub(super) fn edges_of(&self, consumer: u32) -> &[Treated] {
        let start = self.edges.partition_point(|treated| treated.consumer < consumer);
        let count = self.edges[start..].partition_point(|treated| treated.consumer == consumer);
        &self.edges[start..start + count]
    }

    /// The consumers, each with its treated edges.
    pub(super) fn consumers(&self) -> impl Iterator<Item = (u32, &[Treated])> {
        self.edges.chunk_by(|one, next| one.consumer == next.consumer).map(|own| (own[0].consumer, own))
    }

    /// Who gets a direct edge from an input.
    pub(super) fn added_to(&self, input: u32) -> impl Iterator<Item = u32> {
        let start = self.added.partition_point(|&(from, _)| from < input);
        self.added[start..].iter().take_while(move |&&(from, _)| from == input).map(|&(_, receiver)| receiver)
    }
}

/// Whether some of a consumer's edges are treated in this way.
pub(super) fn any(own: &[Treated], treatment: Treatment) -> bool {
    own.iter().any(|treated| treated.treatment == treatment)
}

/// What is done to the graph already when plans are tried.
#[derive(Debug, Clone)]
pub(super) struct Base {
    /// By edge.
    treatments: Vec<Option<Treatment>>,
    /// By node: whether an edge to it is treated.
    consumers: Vec<bool>,
    /// By node: whom it has an added edge to. Empty where nothing is added at all.
    added: Vec<Vec<u32>>,
    plain: bool,
}

impl Base {
    /// The graph as it is.
    pub(super) fn none(graph: &Graph) -> Self {
        Self {
            treatments: vec![None; graph.edge_count()],
            consumers: vec![false; graph.node_count()],
            added: Vec::new(),
            plain: true,
        }
    }

    pub(super) fn extend(&mut self, plan: &Plan) {
        self.plain = false;
        for treated in &plan.edges {
            let kept = &mut self.treatments[treated.edge.index()];
            *kept = stronger(*kept, treated.treatment);
            self.consumers[treated.consumer as usize] = true;
        }
        if self.added.is_empty() && !plan.added.is_empty() {
            self.added.resize(self.consumers.len(), Vec::new());
        }
        for &(input, receiver) in &plan.added {
            let known = &mut self.added[input as usize];
            if !known.contains(&receiver) {
                known.push(receiver);
            }
        }
    }

    /// Whether nothing is done.
    pub(super) const fn is_plain(&self) -> bool {
        self.plain
    }

    pub(super) fn treatment(&self, edge: EdgeId) -> Option<Treatment> {
        self.treatments[edge.index()]
    }

    pub(super) fn treats(&self, consumer: u32) -> bool {
        self.consumers[consumer as usize]
    }

    pub(super) fn added_to(&self, input: u32) -> &[u32] {
        self.added.get(input as usize).map_or(&[], Vec::as_slice)
    }
}

/// The treatment that holds of two on one edge.
pub(super) fn stronger(one: Option<Treatment>, other: Treatment) -> Option<Treatment> {
    Some(one.map_or(other, |one| one.min(other)))
}

/// The nodes of a bump, each once.
pub(super) fn distinct(nodes: &[NodeId]) -> Vec<NodeId> {
    let mut nodes = nodes.to_vec();
    nodes.sort_unstable();
    nodes.dedup();
    nodes
}
