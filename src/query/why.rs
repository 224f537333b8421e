//! How a bump reaches a derivation.

use serde::Serialize;

use super::REPORT_VERSION;
use super::cut::CutReport;
use super::path_node::{PathNode, path_node, path_nodes};
use crate::graph::{Direction, Graph, NodeId};
use crate::reach::{Propagation, paths};

/// What to report.
#[derive(Debug, Clone, Copy)]
pub struct WhyParams {
    /// How many of the shortest paths are listed.
    pub paths: usize,
}

impl Default for WhyParams {
    fn default() -> Self {
        Self { paths: 5 }
    }
}

/// The answer.
#[derive(Debug, Clone, Serialize)]
pub struct WhyReport {
    /// Version of this shape.
    pub version: u32,
    /// What was asked from.
    pub from: Vec<PathNode>,
    /// What was asked to.
    pub to: Vec<PathNode>,
    /// The shortest paths, as many as were asked for, each from the bump to the target.
    pub paths: Vec<Vec<PathNode>>,
    /// How many shortest paths there are (at most 2^64 - 1).
    pub path_count: u64,
    /// How many paths there are of any length: exact up to 2^53, then rounded.
    #[serde(serialize_with = "count")]
    pub all_path_count: f64,
    /// The derivations that every path passes, in order; start and end among them where there is
    /// one of each.
    pub dominators: Vec<PathNode>,
    /// How many derivations lie on any path.
    pub nodes_between: usize,
    /// What it takes to cut them, where that is asked.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub cut: Option<CutReport>,
    /// What to know where there is no path.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub note: Option<String>,
}

/// A count as a whole number while it is exact.
fn count<S: serde::Serializer>(count: &f64, serializer: S) -> Result<S::Ok, S::Error> {
    if *count < 9_007_199_254_740_992.0 {
        serializer.serialize_u64(*count as u64)
    } else {
        serializer.serialize_f64(*count)
    }
}

/// The paths over which a bump of `from` rebuilds any of `to`.
#[must_use]
pub fn why(graph: &Graph, from: &[NodeId], to: &[NodeId], params: &WhyParams) -> WhyReport {
    let found = paths(&Propagation::new(graph), from, to, params.paths);
    let plain = |nodes: &[NodeId]| nodes.iter().map(|&node| path_node(graph, node, None)).collect();
    let note = (found.shortest_count == 0).then(|| no_path(graph, from, to));
    WhyReport {
        version: REPORT_VERSION,
        from: plain(from),
        to: plain(to),
        paths: found.shortest.iter().map(|path| path_nodes(graph, path)).collect(),
        path_count: found.shortest_count,
        all_path_count: found.all_count,
        dominators: plain(&found.dominators),
        nodes_between: found.nodes_between,
        cut: None,
        note,
    }
}

/// Why there is no path: whether only fixed-output derivations lie between.
fn no_path(graph: &Graph, from: &[NodeId], to: &[NodeId]) -> String {
    let consumers = graph.adjacency(Direction::Consumers);
    let mut seen = vec![false; graph.node_count()];
    let mut stack: Vec<u32> = from.iter().map(|node| node.0).collect();
    while let Some(node) = stack.pop() {
        if std::mem::replace(&mut seen[node as usize], true) {
            continue;
        }
        stack.extend(consumers.of(node));
    }
    if to.iter().any(|node| seen[node.index()]) {
        "it is needed, but only through fixed-output derivations (fetches), whose results it cannot change".to_owned()
    } else {
        "it is not needed, neither directly nor indirectly".to_owned()
    }
}
