//! The costs of all nodes of a graph.

use std::path::{Path, PathBuf};

use fixedbitset::FixedBitSet;

use super::Sizes;
use super::times::{Estimated, Measured, NONE, TimeReason, Times, matching, model};
use crate::graph::{Graph, NodeId};

/// What each node of a graph costs: machine time, and the bytes of its outputs.
///
/// A derivation costs its build, a fixed-output one its download; input sources and holes cost nothing.
#[derive(Debug, Clone)]
pub struct Costs {
    millis: Vec<u64>,
    measured: FixedBitSet,
    times: TimeReasons,
    sizes: Option<Sizes>,
}

/// Why each node takes so long.
#[derive(Debug, Clone)]
struct TimeReasons {
    /// Index into `measured`, where a node is measured, else into `estimated`; [`NONE`] of what costs nothing.
    of_node: Vec<u32>,
    measured: Vec<Measured>,
    estimated: Vec<Estimated>,
    files: Vec<PathBuf>,
    file_lists: Vec<Vec<u32>>,
    unmatched: Vec<Unmatched>,
}

/// Records of a file that nothing in the closure is called by.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Unmatched {
    /// The file.
    pub file: PathBuf,
    /// How many.
    pub count: u64,
    /// Of so many records that tell of a build.
    pub of: u64,
    /// What the first of them is of.
    pub first: String,
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
    /// By records where there are any, estimated by a model that learns from them elsewhere. Every derivation costs a
    /// millisecond at least. O(nodes + edges + records).
    #[must_use]
    pub fn new(graph: &Graph, times: &Times) -> Self {
        let matching = matching(graph, times);
        let model = model(graph, &matching);
        let mut measured = FixedBitSet::with_capacity(graph.node_count());
        let mut millis = Vec::with_capacity(graph.node_count());
        let mut of_node = matching.of_node;
        for (node, (reason, &estimate)) in of_node.iter_mut().zip(&model.of_node).enumerate() {
            if let Some(found) = matching.measured.get(*reason as usize) {
                measured.insert(node);
                millis.push(found.spread.median);
            } else {
                *reason = estimate;
                millis.push(model.estimated.get(estimate as usize).map_or(0, |estimated| estimated.millis));
            }
        }
        let kept = |at: usize| times.files.get(at).map_or(0, |file| file.records - file.left_out.iter().sum::<u64>());
        let unmatched = matching.unmatched.into_iter().zip(&times.files).enumerate();
        let unmatched = unmatched
            .filter(|(_, ((count, _), _))| *count > 0)
            .map(|(at, ((count, first), file))| Unmatched { file: file.path.clone(), count, of: kept(at), first })
            .collect();
        let times = TimeReasons {
            of_node,
            measured: matching.measured,
            estimated: model.estimated,
            files: times.files.iter().map(|file| file.path.clone()).collect(),
            file_lists: matching.file_lists,
            unmatched,
        };
        Self { millis, measured, times, sizes: None }
    }

    /// By the model alone, without any record.
    #[must_use]
    pub fn estimated(graph: &Graph) -> Self {
        Self::new(graph, &Times::default())
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

    /// Why a node takes so long.
    ///
    /// # Panics
    /// When the node is of another graph.
    #[must_use]
    pub fn time_reason(&self, node: NodeId) -> TimeReason<'_> {
        let reason = self.times.of_node[node.index()];
        if reason == NONE {
            TimeReason::Nothing
        } else if self.measured.contains(node.index()) {
            TimeReason::Measured(&self.times.measured[reason as usize])
        } else {
            TimeReason::Estimated(&self.times.estimated[reason as usize])
        }
    }

    /// The files that the records of a reason stand in.
    pub fn time_files(&self, reason: &Measured) -> impl Iterator<Item = &Path> {
        let files = self.times.file_lists.get(reason.files as usize).map(Vec::as_slice).unwrap_or_default();
        files.iter().filter_map(|&file| self.times.files.get(file as usize)).map(PathBuf::as_path)
    }

    /// Records that nothing here is called by, of each file that has some.
    #[must_use]
    pub fn unmatched_times(&self) -> &[Unmatched] {
        &self.times.unmatched
    }
}
