//! The rebuild set of a bump.

use fixedbitset::FixedBitSet;

use crate::graph::{Adjacency, Direction, Graph, NodeId};

/// The edges that a rebuild follows: all but those into fixed-output derivations, whose paths no
/// input can change.
///
/// A copy of the consumer lists without those edges, for traversals that visit everything many
/// times. `offsets.len() == n + 1`; the consumers of `i` are `targets[offsets[i]..offsets[i + 1]]`,
/// ascending, each larger than `i`.
#[derive(Debug, Clone)]
pub struct Propagation {
    offsets: Vec<u32>,
    targets: Vec<u32>,
}

impl Propagation {
    /// The propagating edges of a graph. O(nodes + edges).
    #[must_use]
    pub fn new(graph: &Graph) -> Self {
        let all = graph.adjacency(Direction::Consumers);
        let mut offsets = Vec::with_capacity(graph.node_count() + 1);
        let mut targets = Vec::with_capacity(graph.edge_count());
        offsets.push(0);
        let fixed = fixed(graph);
        for node in 0..graph.node_count() as u32 {
            targets.extend(all.of(node).iter().filter(|&&consumer| !fixed.contains(consumer as usize)));
            offsets.push(targets.len() as u32);
        }
        Self { offsets, targets }
    }

    /// From edges given as lists of consumers; for tests and generated graphs.
    ///
    /// # Panics
    /// When a consumer is not larger than its input, or out of bounds.
    #[must_use]
    pub fn from_consumers(consumers: &[Vec<u32>]) -> Self {
        let mut offsets = vec![0];
        let mut targets = Vec::new();
        for (node, list) in consumers.iter().enumerate() {
            assert!(list.iter().all(|&consumer| consumer as usize > node && (consumer as usize) < consumers.len()));
            targets.extend_from_slice(list);
            offsets.push(targets.len() as u32);
        }
        Self { offsets, targets }
    }

    /// Number of nodes.
    #[must_use]
    pub fn node_count(&self) -> usize {
        self.offsets.len() - 1
    }

    /// Number of edges.
    #[must_use]
    pub fn edge_count(&self) -> usize {
        self.targets.len()
    }

    /// The consumers that a rebuild of `node` rebuilds directly.
    #[inline]
    #[must_use]
    pub fn consumers(&self, node: u32) -> &[u32] {
        &self.targets[self.offsets[node as usize] as usize..self.offsets[node as usize + 1] as usize]
    }
}

/// The fixed-output derivations as a set.
pub(super) fn fixed(graph: &Graph) -> FixedBitSet {
    let mut set = FixedBitSet::with_capacity(graph.node_count());
    for (node, flags) in graph.all_flags().iter().enumerate() {
        if flags & crate::ingest::raw::flag::FIXED != 0 {
            set.insert(node);
        }
    }
    set
}

/// What a bump rebuilds.
#[derive(Debug, Clone)]
pub struct RebuildSet {
    /// The rebuilt derivations, ascending: the bumped ones that are not fixed-output, and all that
    /// is reached from the bump over propagating edges.
    pub nodes: Vec<NodeId>,
    /// For each of them, how many edges away from the bump; 0 for what is bumped itself.
    pub distances: Vec<u32>,
    /// Bumped fixed-output derivations: fetched again, not rebuilt.
    pub fetched: Vec<NodeId>,
}

impl RebuildSet {
    /// The rebuild set of `bumped`. Breadth first, O(nodes + edges).
    #[must_use]
    pub fn of(graph: &Graph, bumped: &[NodeId]) -> Self {
        let consumers: Adjacency<'_> = graph.adjacency(Direction::Consumers);
        let fixed = fixed(graph);
        // fixed-output derivations count as seen, so that nothing goes through them
        let mut seen = fixed.clone();
        let mut start: Vec<u32> = bumped.iter().map(|node| node.0).collect();
        start.sort_unstable();
        start.dedup();
        let mut found: Vec<(u32, u32)> = Vec::new();
        let mut fetched = Vec::new();
        for &node in &start {
            seen.insert(node as usize);
            if fixed.contains(node as usize) {
                fetched.push(NodeId(node));
            } else if graph.is_derivation(NodeId(node)) && !graph.is_missing(NodeId(node)) {
                found.push((node, 0));
            }
        }
        let mut frontier = start;
        let mut distance = 0;
        while !frontier.is_empty() {
            distance += 1;
            let mut next = Vec::new();
            for node in frontier {
                for &consumer in consumers.of(node) {
                    if !seen.put(consumer as usize) {
                        next.push(consumer);
                        found.push((consumer, distance));
                    }
                }
            }
            frontier = next;
        }
        found.sort_unstable();
        let (nodes, distances) = found.into_iter().map(|(node, distance)| (NodeId(node), distance)).unzip();
        Self { nodes, distances, fetched }
    }

    /// Whether a node is rebuilt. Binary search.
    #[must_use]
    pub fn contains(&self, node: NodeId) -> bool {
        self.nodes.binary_search(&node).is_ok()
    }
}
