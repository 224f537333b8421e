//! A derivation on a path, and how it names the one before it.

use serde::Serialize;

use crate::graph::{Graph, NodeId};

/// A derivation on a path.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct PathNode {
    /// Its path.
    pub drv: String,
    /// Its name.
    pub name: String,
    /// The system that it is built on; empty for a source.
    pub system: String,
    /// The keys under which it names the node before it on the path; empty for the first and
    /// outside of paths.
    pub keys: Vec<String>,
}

/// The nodes of a path, each with the keys under which it names the one before.
pub(super) fn path_nodes(graph: &Graph, path: &[NodeId]) -> Vec<PathNode> {
    let before = std::iter::once(None).chain(path.iter().copied().map(Some));
    path.iter().zip(before).map(|(&node, before)| path_node(graph, node, before)).collect()
}

/// A node with the keys under which it names the one before it, if there is one.
pub(super) fn path_node(graph: &Graph, node: NodeId, before: Option<NodeId>) -> PathNode {
    let edge = before.and_then(|before| graph.input_edges(node).find(|(_, input)| *input == before));
    let keys = edge.map(|(edge, _)| graph.mentions(edge).map(str::to_owned).collect()).unwrap_or_default();
    PathNode { drv: graph.path(node), name: graph.name(node).to_owned(), system: graph.system(node).to_owned(), keys }
}
