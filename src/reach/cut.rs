//! The smallest set of edges that keeps one node from another.

use fixedbitset::FixedBitSet;
use petgraph::algo::dinics;
use petgraph::graph::{DiGraph, NodeIndex};
use petgraph::visit::EdgeRef;

use super::rebuild::fixed;
use crate::graph::{EdgeId, Graph, NodeId};

/// What it takes to free some nodes from others.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Cut {
    /// No path leads from the ones to the others.
    Apart,
    /// The smallest set of allowed edges that, removed together, leaves no path; ascending. Of several
    /// as small the one nearest to the end.
    Edges(Vec<EdgeId>),
    /// A path that no allowed edge is on, from a start to an end; a shortest such path, and a single
    /// node where one is both. It stays whatever allowed edges are removed.
    Impossible(Vec<NodeId>),
}

/// The smallest set of `allowed` edges whose removal leaves no path from any of `from` to any of `to`
/// over propagating edges (those that do not lead into a fixed-output derivation).
///
/// Minimum cut by maximum flow (petgraph's Dinic): an allowed edge has capacity 1, any other one more
/// than all allowed together. Of all smallest cuts the one nearest to `to` is given: behind it lies
/// what still reaches `to` in the residual graph, which is the same for every maximum flow, so the
/// answer does not depend on the flow found. O(nodes + edges) to find what lies between, then at most
/// O(f · edges there) with a cut of f edges.
#[must_use]
pub fn cut(graph: &Graph, from: &[NodeId], to: &[NodeId], allowed: impl Fn(EdgeId) -> bool) -> Cut {
    let between = Between::new(graph, from, to, allowed);
    if between.nodes.is_empty() {
        return Cut::Apart;
    }
    if let Some(path) = between.forced() {
        return Cut::Impossible(path);
    }
    Cut::Edges(between.smallest())
}

/// What lies on any path, with nodes numbered from 0 in the order of ids.
struct Between {
    nodes: Vec<NodeId>,
    starts: Vec<usize>,
    ends: Vec<usize>,
    edges: Vec<Edge>,
}

struct Edge {
    input: usize,
    consumer: usize,
    /// The edge, where it may be removed.
    allowed: Option<EdgeId>,
}

impl Between {
    fn new(graph: &Graph, from: &[NodeId], to: &[NodeId], allowed: impl Fn(EdgeId) -> bool) -> Self {
        let n = graph.node_count();
        let fixed = fixed(graph);
        let set = |nodes: &[NodeId]| {
            let mut set = FixedBitSet::with_capacity(n);
            nodes.iter().for_each(|node| set.insert(node.index()));
            set
        };
        let (starts, ends) = (set(from), set(to));
        let propagating = |node: usize| {
            let edges = graph.consumer_edges(NodeId(node as u32));
            edges.filter(|(_, consumer)| !fixed.contains(consumer.index()))
        };
        // ids ascend along edges, so one pass up finds what is reached, one down what of it leads to
        // an end
        let mut reached = starts.clone();
        for node in starts.minimum().unwrap_or(n)..n {
            if reached.contains(node) {
                propagating(node).for_each(|(_, consumer)| reached.insert(consumer.index()));
            }
        }
        let mut inside = ends;
        inside.intersect_with(&reached);
        let ends: Vec<usize> = inside.ones().collect();
        for node in (0..inside.maximum().unwrap_or(0)).rev() {
            if reached.contains(node) && propagating(node).any(|(_, consumer)| inside.contains(consumer.index())) {
                inside.insert(node);
            }
        }
        let nodes: Vec<NodeId> = inside.ones().map(|node| NodeId(node as u32)).collect();
        let mut numbers = vec![usize::MAX; n];
        nodes.iter().enumerate().for_each(|(number, node)| numbers[node.index()] = number);
        let mut edges = Vec::new();
        for (input, node) in nodes.iter().enumerate() {
            for (edge, consumer) in propagating(node.index()).filter(|(_, consumer)| inside.contains(consumer.index()))
            {
                let consumer = numbers[consumer.index()];
                edges.push(Edge { input, consumer, allowed: allowed(edge).then_some(edge) });
            }
        }
        let starts = starts.ones().filter(|&node| inside.contains(node)).map(|node| numbers[node]).collect();
        Self { nodes, starts, ends: ends.into_iter().map(|node| numbers[node]).collect(), edges }
    }

    /// A shortest path without allowed edges; of several the one whose last nodes are least.
    fn forced(&self) -> Option<Vec<NodeId>> {
        const START: usize = usize::MAX;
        // how far each node is from a start over such edges, and from which node that is; edges come
        // in the order of their inputs, so the distance of an input is final when they do
        let mut best: Vec<Option<(usize, usize)>> = vec![None; self.nodes.len()];
        self.starts.iter().for_each(|&start| best[start] = Some((0, START)));
        for edge in self.edges.iter().filter(|edge| edge.allowed.is_none()) {
            let Some((distance, _)) = best[edge.input] else { continue };
            let way = (distance + 1, edge.input);
            if best[edge.consumer].is_none_or(|known| way < known) {
                best[edge.consumer] = Some(way);
            }
        }
        let reached = self.ends.iter().filter_map(|&end| best[end].map(|(distance, _)| (distance, end)));
        let (_, mut node) = reached.min()?;
        let mut path = vec![self.nodes[node]];
        while let Some((_, before)) = best[node].filter(|&(_, before)| before != START) {
            path.push(self.nodes[before]);
            node = before;
        }
        path.reverse();
        Some(path)
    }

    /// The smallest cut. There is one of allowed edges.
    fn smallest(&self) -> Vec<EdgeId> {
        let allowed = self.edges.iter().filter(|edge| edge.allowed.is_some()).count();
        // no flow is larger than the cut of all allowed edges
        let endless = allowed as u32 + 1;
        let mut network: DiGraph<(), u32> = DiGraph::with_capacity(self.nodes.len() + 2, self.edges.len());
        for _ in 0..self.nodes.len() + 2 {
            network.add_node(());
        }
        let [source, sink] = [self.nodes.len(), self.nodes.len() + 1].map(NodeIndex::new);
        for edge in &self.edges {
            let capacity = if edge.allowed.is_some() { 1 } else { endless };
            network.add_edge(NodeIndex::new(edge.input), NodeIndex::new(edge.consumer), capacity);
        }
        for &start in &self.starts {
            network.add_edge(source, NodeIndex::new(start), endless);
        }
        for &end in &self.ends {
            network.add_edge(NodeIndex::new(end), sink, endless);
        }
        let (_, flows) = dinics(&network, source, sink);
        // what can still send flow to the sink
        let mut behind = FixedBitSet::with_capacity(network.node_count());
        behind.insert(sink.index());
        let mut queue = vec![sink];
        while let Some(node) = queue.pop() {
            let inputs = network.edges_directed(node, petgraph::Direction::Incoming);
            let open = inputs.filter(|edge| flows[edge.id().index()] < *edge.weight()).map(|edge| edge.source());
            let outputs = network.edges_directed(node, petgraph::Direction::Outgoing);
            let back = outputs.filter(|edge| flows[edge.id().index()] > 0).map(|edge| edge.target());
            queue.extend(open.chain(back).filter(|next| !behind.put(next.index())));
        }
        let mut cut: Vec<EdgeId> = self
            .edges
            .iter()
            .filter(|edge| !behind.contains(edge.input) && behind.contains(edge.consumer))
            .filter_map(|edge| edge.allowed)
            .collect();
        cut.sort_unstable();
        cut
    }
}
