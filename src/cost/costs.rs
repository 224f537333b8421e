//! The costs of all nodes of a graph.

use fixedbitset::FixedBitSet;

use super::Sizes;
use crate::graph::{Graph, NodeId};

/// What each node of a graph costs: machine time, and the bytes of its outputs.
///
/// A derivation costs its build, a fixed-output one its download; input sources and holes cost nothing.
#[derive(Debug, Clone)]
pub struct Costs {
    millis: Vec<u64>,
    measured: FixedBitSet,
    sizes: Option<Sizes>,
}

/// The time of a build on a machine of speed 1.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Time {
    /// Milliseconds.
    pub millis: u64,
    /// Whether a record says so; estimated otherwise.
    pub measured: bool,
}

/// The size of what a build writes, or of what is downloaded for it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Bytes {
    /// Bytes of all its outputs together.
    pub bytes: u64,
    /// Whether a record says so of every output; estimated otherwise.
    pub measured: bool,
}

impl Costs {
    /// By the model alone, without any record.
    #[must_use]
    pub fn estimated(graph: &Graph) -> Self {
        let guess = |node: NodeId| match node {
            node if !graph.is_derivation(node) || graph.is_missing(node) => 0,
            node if graph.is_fixed(node) => 5_000,
            node if graph.features(node).any(|feature| feature == "big-parallel") => 3_600_000,
            node if graph.prefers_local(node) => 1_000,
            _ => 60_000,
        };
        Self {
            millis: graph.nodes().map(guess).collect(),
            measured: FixedBitSet::with_capacity(graph.node_count()),
            sizes: None,
        }
    }

    /// The same with sizes.
    #[must_use]
    pub fn with_sizes(self, sizes: Option<Sizes>) -> Self {
        Self { sizes, ..self }
    }

    /// The sizes, and how they were found; `None` where none are known at all.
    #[must_use]
    pub fn sizes(&self) -> Option<&Sizes> {
        self.sizes.as_ref()
    }

    /// Milliseconds of every node, by its index.
    #[must_use]
    pub fn millis(&self) -> &[u64] {
        &self.millis
    }

    /// Bytes of every node, by its index; `None` where no sizes are known at all.
    #[must_use]
    pub fn bytes(&self) -> Option<&[u64]> {
        self.sizes.as_ref().map(Sizes::bytes)
    }

    /// What is downloaded for every node, by its index; `None` where no record tells of any download.
    #[must_use]
    pub fn downloads(&self) -> Option<&[u64]> {
        self.sizes.as_ref().and_then(Sizes::downloads)
    }

    /// What a node takes.
    ///
    /// # Panics
    /// When the node is of another graph.
    #[must_use]
    pub fn time(&self, node: NodeId) -> Time {
        Time { millis: self.millis[node.index()], measured: self.measured.contains(node.index()) }
    }

    /// What a node writes; `None` where no sizes are known at all.
    ///
    /// # Panics
    /// When the node is of another graph.
    #[must_use]
    pub fn size(&self, node: NodeId) -> Option<Bytes> {
        self.sizes.as_ref().map(|sizes| sizes.size(node))
    }

    /// What is downloaded for a node; `None` where no record tells of any download.
    ///
    /// # Panics
    /// When the node is of another graph.
    #[must_use]
    pub fn download(&self, node: NodeId) -> Option<Bytes> {
        self.sizes.as_ref().and_then(|sizes| sizes.download(node))
    }
}
