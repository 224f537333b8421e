//! What a bump rebuilds after an edit of the graph.

use fixedbitset::FixedBitSet;
use rustc_hash::{FxHashMap, FxHashSet};
use serde::Serialize;

use super::rebuild::fixed;
use crate::graph::{EdgeId, Graph, NodeId};

/// What becomes of an edge: the remedy, as files and reports name it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum Treatment {
    /// The consumer no longer has the input.
    Drop,
    /// The input moves to a test build of its own, which also depends on the consumer.
    Detach,
    /// The input moves to a light wrapper around the consumer; what depends on the consumer depends
    /// on the wrapper.
    Split,
}

impl Treatment {
    /// As it stands in files and reports.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Drop => "drop",
            Self::Detach => "detach",
            Self::Split => "split",
        }
    }
}

/// Edits of a graph's edges. An edit of an edge that the graph lacks, or that leads into a
/// fixed-output derivation (whose path no input can change), does nothing.
///
/// Only looked up, never listed, so that no hash order shows.
#[derive(Debug, Clone, Default)]
pub struct Edits {
    treatments: FxHashMap<EdgeId, Treatment>,
    cut_off: FxHashSet<EdgeId>,
    added: Vec<(NodeId, NodeId)>,
}

impl Edits {
    /// Treats an edge. Of several treatments of one edge the first in the order of [`Treatment`]
    /// holds.
    pub fn treat(&mut self, edge: EdgeId, treatment: Treatment) {
        let kept = self.treatments.entry(edge).or_insert(treatment);
        *kept = treatment.min(*kept);
    }

    /// Adds a direct edge, which a receiver of a propagated input gets instead. Ignored unless
    /// `input` is less than `consumer` (else it could close a cycle) and `consumer` is built at all.
    pub fn add(&mut self, input: NodeId, consumer: NodeId) {
        if input < consumer {
            self.added.push((input, consumer));
        }
    }

    /// Early cutoff (content addressing): a change of this input has the consumer built again, but
    /// cannot change its output. Ignored where the edge is treated too, for a treated input no
    /// longer is one of the consumer's build.
    pub fn cut_off(&mut self, edge: EdgeId) {
        self.cut_off.insert(edge);
    }

    /// Whether nothing is edited.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.treatments.is_empty() && self.cut_off.is_empty() && self.added.is_empty()
    }

    /// How an edge is treated.
    #[must_use]
    pub fn treatment(&self, edge: EdgeId) -> Option<Treatment> {
        self.treatments.get(&edge).copied()
    }

    fn way(&self, edge: EdgeId) -> Way {
        match self.treatments.get(&edge) {
            Some(Treatment::Drop) => Way::Nowhere,
            Some(Treatment::Detach) => Way::Test,
            Some(Treatment::Split) => Way::Wrapper,
            None if self.cut_off.contains(&edge) => Way::BuildAlone,
            None => Way::Build,
        }
    }
}

/// Where a change of an input arrives.
#[derive(Debug, Clone, Copy)]
enum Way {
    Nowhere,
    /// In the build, whose output may change.
    Build,
    /// In the build, whose output stays the same.
    BuildAlone,
    Test,
    Wrapper,
}

/// What a bump rebuilds in an edited graph. All lists ascend.
///
/// Cheap nodes that a treatment makes are told by the consumer that they belong to.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct EditedRebuild {
    /// Full builds; a bumped derivation that is not fixed-output is always among them.
    pub builds: Vec<NodeId>,
    /// Consumers whose wrapper is made again: a moved input changed, or the output of the build
    /// inside did. There is a wrapper for each consumer with a [`Treatment::Split`] edge.
    pub wrappers: Vec<NodeId>,
    /// Consumers whose detached test build runs again: a detached input changed, or the consumer
    /// (its wrapper, where it has one) did. There is a test build for each consumer with a
    /// [`Treatment::Detach`] edge.
    pub tests: Vec<NodeId>,
    /// Nodes whose outputs change for those who depend on them, so that their attributes change too:
    /// builds that are not cut off, wrappers, and all that is bumped, also what is not built
    /// (fixed-output derivations, sources, holes).
    pub changed: Vec<NodeId>,
}

/// What a bump of `bumped` rebuilds once the graph is edited. Without edits `builds` are
/// [`super::RebuildSet::of`]'s.
///
/// Exact for the edited graph. Over-estimates where a remedy lets more come out the same than was
/// said: without [`Edits::cut_off`] every build is taken to change its output. Under-estimates where
/// an edit is wrong, say where a dropped input was needed.
///
/// One sweep in the order of ids, in which inputs stand before consumers, so every node is settled
/// before it is passed on. O(nodes + edges + a log a), with a added edges.
#[must_use]
pub fn rebuild_edited(graph: &Graph, bumped: &[NodeId], edits: &Edits) -> EditedRebuild {
    let mut sweep = Sweep::new(graph, bumped, edits);
    let mut found = EditedRebuild { builds: Vec::new(), wrappers: Vec::new(), tests: Vec::new(), changed: Vec::new() };
    let mut added = edits.added.clone();
    added.sort_unstable();
    let first = bumped.iter().min().map_or(graph.node_count(), |node| node.index());
    for node in (first as u32..graph.node_count() as u32).map(NodeId) {
        if sweep.reached.contains(node.index()) && sweep.settle(graph, node, &mut found) {
            let start = added.partition_point(|&(input, _)| input < node);
            let own = added[start..].iter().take_while(|&&(input, _)| input == node);
            for &(_, consumer) in own.filter(|(_, consumer)| is_built(graph, *consumer)) {
                sweep.arrive(consumer, Way::Build);
            }
            for (edge, consumer) in graph.consumer_edges(node) {
                let way = if edits.is_empty() { Way::Build } else { edits.way(edge) };
                sweep.arrive(consumer, way);
            }
        }
    }
    found
}

/// Whether a change of an input can have the node built: not where there is no such node, or where
/// it is fixed-output, a source or a hole.
pub(super) fn is_built(graph: &Graph, node: NodeId) -> bool {
    node.index() < graph.node_count() && graph.is_derivation(node) && !graph.is_fixed(node) && !graph.is_missing(node)
}

/// What has arrived at each node so far.
struct Sweep {
    fixed: FixedBitSet,
    bumped: FixedBitSet,
    /// Is bumped, or an input changed.
    reached: FixedBitSet,
    /// Has a wrapper, has a test build.
    wrapped: FixedBitSet,
    tested: FixedBitSet,
    /// An input changed that the build, its output, the wrapper, the test build depends on.
    build: FixedBitSet,
    output: FixedBitSet,
    wrapper: FixedBitSet,
    test: FixedBitSet,
}

impl Sweep {
    fn new(graph: &Graph, bumped: &[NodeId], edits: &Edits) -> Self {
        let none = FixedBitSet::with_capacity(graph.node_count());
        let mut sweep = Self {
            fixed: fixed(graph),
            bumped: none.clone(),
            reached: none.clone(),
            wrapped: none.clone(),
            tested: none.clone(),
            build: none.clone(),
            output: none.clone(),
            wrapper: none.clone(),
            test: none,
        };
        for node in bumped {
            sweep.bumped.insert(node.index());
            sweep.reached.insert(node.index());
        }
        for (&edge, treatment) in &edits.treatments {
            let set = match treatment {
                Treatment::Drop => continue,
                Treatment::Detach => &mut sweep.tested,
                Treatment::Split => &mut sweep.wrapped,
            };
            if edge.index() < graph.edge_count() {
                set.insert(graph.edge_consumer(edge).index());
            }
        }
        // nothing arrives at a fixed-output derivation, and nothing is moved out of it
        sweep.tested.difference_with(&sweep.fixed);
        sweep.wrapped.difference_with(&sweep.fixed);
        sweep
    }

    /// An input of `consumer` changed.
    fn arrive(&mut self, consumer: NodeId, way: Way) {
        let at = consumer.index();
        if self.fixed.contains(at) {
            return;
        }
        self.reached.insert(at);
        match way {
            Way::Nowhere => {}
            Way::Build => {
                self.build.insert(at);
                self.output.insert(at);
            }
            Way::BuildAlone => self.build.insert(at),
            Way::Wrapper => self.wrapper.insert(at),
            Way::Test => self.test.insert(at),
        }
    }

    /// Notes what is rebuilt of a node when all its inputs are settled; tells whether those who
    /// depend on it see a change.
    fn settle(&mut self, graph: &Graph, node: NodeId, found: &mut EditedRebuild) -> bool {
        let at = node.index();
        let bumped = self.bumped.contains(at);
        if self.build.contains(at) || bumped && is_built(graph, node) {
            found.builds.push(node);
        }
        let mut changed = bumped || self.output.contains(at);
        if self.wrapped.contains(at) && (changed || self.wrapper.contains(at)) {
            found.wrappers.push(node);
            changed = true;
        }
        if self.tested.contains(at) && (changed || self.test.contains(at)) {
            found.tests.push(node);
        }
        if changed {
            found.changed.push(node);
        }
        changed
    }
}
