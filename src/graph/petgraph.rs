//! petgraph's visit traits for [`Graph`], so that its algorithms run on a closure directly.
//!
//! Edges lead from inputs to consumers, all of them (also those into fixed-output derivations);
//! `petgraph::visit::EdgeFiltered` with [`Graph::propagates`] gives the edges that a rebuild follows.

use petgraph::Direction as Way;
use petgraph::visit::{
    Data, EdgeCount, EdgeIndexable, EdgeRef, GraphBase, GraphProp, IntoEdgeReferences, IntoEdges, IntoEdgesDirected,
    IntoNeighbors, IntoNeighborsDirected, IntoNodeIdentifiers, IntoNodeReferences, NodeCompactIndexable, NodeCount,
    NodeIndexable, VisitMap, Visitable,
};

use super::graph::Graph;
use super::ids::{Direction, EdgeId, NodeId};

/// An edge as petgraph sees it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct EdgeReference {
    /// The input.
    pub input: NodeId,
    /// The consumer.
    pub consumer: NodeId,
    /// The edge.
    pub id: EdgeId,
}

impl EdgeRef for EdgeReference {
    type NodeId = NodeId;
    type EdgeId = EdgeId;
    type Weight = ();
    fn source(&self) -> NodeId {
        self.input
    }
    fn target(&self) -> NodeId {
        self.consumer
    }
    fn weight(&self) -> &() {
        &()
    }
    fn id(&self) -> EdgeId {
        self.id
    }
}

impl Graph {
    /// Whether a rebuild of the edge's input rebuilds its consumer: not when the consumer is
    /// fixed-output.
    #[must_use]
    pub fn propagates(&self, edge: EdgeReference) -> bool {
        !self.is_fixed(edge.consumer)
    }
}

/// Which nodes were visited.
#[derive(Debug, Clone, Default)]
pub struct Visited(Vec<bool>);

impl VisitMap<NodeId> for Visited {
    fn visit(&mut self, node: NodeId) -> bool {
        !std::mem::replace(&mut self.0[node.index()], true)
    }
    fn is_visited(&self, node: &NodeId) -> bool {
        self.0[node.index()]
    }
    fn unvisit(&mut self, node: NodeId) -> bool {
        std::mem::replace(&mut self.0[node.index()], false)
    }
}

impl GraphBase for Graph {
    type NodeId = NodeId;
    type EdgeId = EdgeId;
}

impl Data for Graph {
    type NodeWeight = ();
    type EdgeWeight = ();
}

impl GraphProp for Graph {
    type EdgeType = petgraph::Directed;
}

impl NodeCount for Graph {
    fn node_count(&self) -> usize {
        Self::node_count(self)
    }
}

impl EdgeCount for Graph {
    fn edge_count(&self) -> usize {
        Self::edge_count(self)
    }
}

impl NodeIndexable for Graph {
    fn node_bound(&self) -> usize {
        Self::node_count(self)
    }
    fn to_index(&self, node: NodeId) -> usize {
        node.index()
    }
    fn from_index(&self, index: usize) -> NodeId {
        NodeId(index as u32)
    }
}

impl NodeCompactIndexable for Graph {}

impl EdgeIndexable for Graph {
    fn edge_bound(&self) -> usize {
        Self::edge_count(self)
    }
    fn to_index(&self, edge: EdgeId) -> usize {
        edge.index()
    }
    fn from_index(&self, index: usize) -> EdgeId {
        EdgeId(index as u32)
    }
}

impl Visitable for Graph {
    type Map = Visited;
    fn visit_map(&self) -> Visited {
        Visited(vec![false; Self::node_count(self)])
    }
    fn reset_map(&self, map: &mut Visited) {
        map.0.clear();
        map.0.resize(Self::node_count(self), false);
    }
}

/// Neighbours of a node.
pub type Neighbors<'g> = std::iter::Map<std::iter::Copied<std::slice::Iter<'g, u32>>, fn(u32) -> NodeId>;

fn neighbors(graph: &Graph, node: NodeId, direction: Direction) -> Neighbors<'_> {
    graph.adjacency(direction).of(node.0).iter().copied().map(NodeId)
}

impl<'g> IntoNeighbors for &'g Graph {
    type Neighbors = Neighbors<'g>;
    fn neighbors(self, node: NodeId) -> Neighbors<'g> {
        neighbors(self, node, Direction::Consumers)
    }
}

impl<'g> IntoNeighborsDirected for &'g Graph {
    type NeighborsDirected = Neighbors<'g>;
    fn neighbors_directed(self, node: NodeId, way: Way) -> Neighbors<'g> {
        neighbors(self, node, direction(way))
    }
}

fn direction(way: Way) -> Direction {
    match way {
        Way::Outgoing => Direction::Consumers,
        Way::Incoming => Direction::Inputs,
    }
}

/// Edges of a node, one way.
pub type Edges<'g> = Box<dyn Iterator<Item = EdgeReference> + 'g>;

fn edges(graph: &Graph, node: NodeId, direction: Direction) -> Edges<'_> {
    match direction {
        Direction::Consumers => {
            Box::new(graph.consumer_edges(node).map(move |(id, consumer)| EdgeReference { input: node, consumer, id }))
        }
        Direction::Inputs => {
            Box::new(graph.input_edges(node).map(move |(id, input)| EdgeReference { input, consumer: node, id }))
        }
    }
}

impl<'g> IntoEdgeReferences for &'g Graph {
    type EdgeRef = EdgeReference;
    type EdgeReferences = Edges<'g>;
    fn edge_references(self) -> Edges<'g> {
        Box::new(self.nodes().flat_map(move |node| edges(self, node, Direction::Inputs)))
    }
}

impl<'g> IntoEdges for &'g Graph {
    type Edges = Edges<'g>;
    fn edges(self, node: NodeId) -> Edges<'g> {
        edges(self, node, Direction::Consumers)
    }
}

impl<'g> IntoEdgesDirected for &'g Graph {
    type EdgesDirected = Edges<'g>;
    fn edges_directed(self, node: NodeId, way: Way) -> Edges<'g> {
        edges(self, node, direction(way))
    }
}

/// All nodes.
pub type Nodes = std::iter::Map<std::ops::Range<u32>, fn(u32) -> NodeId>;

impl IntoNodeIdentifiers for &Graph {
    type NodeIdentifiers = Nodes;
    fn node_identifiers(self) -> Nodes {
        (0..self.node_count() as u32).map(NodeId)
    }
}

/// All nodes, each with the weight that petgraph wants.
pub type NodeReferences<'g> = std::iter::Map<std::ops::Range<u32>, fn(u32) -> (NodeId, &'g ())>;

impl<'g> IntoNodeReferences for &'g Graph {
    type NodeRef = (NodeId, &'g ());
    type NodeReferences = NodeReferences<'g>;
    fn node_references(self) -> NodeReferences<'g> {
        (0..self.node_count() as u32).map(|node| (NodeId(node), &()))
    }
}
