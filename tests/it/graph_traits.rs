//! petgraph's algorithms run on a graph as it is, and say what ours say.

use std::collections::BTreeSet;

use fixedbitset::FixedBitSet;
use nix_ripple::graph::petgraph::EdgeReference;
use nix_ripple::graph::{Graph, NodeId};
use nix_ripple::reach::{Propagation, RebuildSet, dependents_of_all, hubs, paths};
use petgraph::algo::{all_simple_paths, dominators::simple_fast, is_cyclic_directed, toposort};
use petgraph::visit::{Bfs, DfsPostOrder, EdgeFiltered, EdgeRef, IntoEdgeReferences, NodeIndexable, Walker};

use crate::support::{self, Chance, testdata};

fn minipkgs() -> Graph {
    support::graph(&[testdata("minipkgs/drvs")])
}

/// Small closures at random.
pub(crate) fn random_graphs(seed: u64, count: usize, size: usize) -> impl Iterator<Item = (Graph, Chance)> {
    let mut chance = Chance(seed);
    (0..count).map(move |_| {
        let size = 1 + chance.below(size);
        let recipes = support::random_recipes(&mut chance, size);
        let folder = support::folder(&recipes);
        (support::graph(&[folder.path()]), chance.clone())
    })
}

/// Some nodes at random, ascending.
pub(crate) fn some(graph: &Graph, chance: &mut Chance, most: usize) -> Vec<NodeId> {
    let count = 1 + chance.below(most);
    let nodes: BTreeSet<NodeId> = (0..count).map(|_| NodeId(chance.below(graph.node_count()) as u32)).collect();
    nodes.into_iter().collect()
}

fn check_order(graph: &Graph) {
    assert!(!is_cyclic_directed(graph));
    let order = toposort(graph, None).unwrap();
    assert_eq!(order.len(), graph.node_count());
    let mut place = vec![0; graph.node_count()];
    for (at, node) in order.iter().enumerate() {
        place[graph.to_index(*node)] = at;
    }
    let mut edges = 0;
    for edge in graph.edge_references() {
        assert!(place[edge.source().index()] < place[edge.target().index()]);
        assert!(edge.source() < edge.target(), "ids ascend along edges");
        assert_eq!((graph.edge_input(edge.id()), graph.edge_consumer(edge.id())), (edge.source(), edge.target()));
        edges += 1;
    }
    assert_eq!(edges, graph.edge_count());
}

#[test]
fn orders() {
    check_order(&minipkgs());
    random_graphs(1, 60, 40).for_each(|(graph, _)| check_order(&graph));
}

/// What a bump of `start` rebuilds, by petgraph.
fn reached(graph: &Graph, start: NodeId) -> BTreeSet<NodeId> {
    reached_around(graph, start, &[])
}

/// As [`reached`], without passing `around`.
fn reached_around(graph: &Graph, start: NodeId, around: &[NodeId]) -> BTreeSet<NodeId> {
    let keep = |edge: EdgeReference| graph.propagates(edge) && !around.contains(&edge.target());
    let filtered = EdgeFiltered::from_fn(graph, keep);
    let depth: BTreeSet<NodeId> = DfsPostOrder::new(&filtered, start).iter(&filtered).collect();
    let breadth: BTreeSet<NodeId> = Bfs::new(&filtered, start).iter(&filtered).collect();
    assert_eq!(depth, breadth);
    depth
}

fn check_reach(graph: &Graph, nodes: impl Iterator<Item = NodeId>) {
    let counts = dependents_of_all(&Propagation::new(graph));
    for node in nodes {
        let mut expected = reached(graph, node);
        assert_eq!(counts[node.index()] as usize, expected.len() - 1, "{}", graph.path(node));
        // what is bumped itself is rebuilt only if it is built at all
        if graph.is_fixed(node) || !graph.is_derivation(node) {
            expected.remove(&node);
        }
        let set = RebuildSet::of(graph, &[node]);
        assert!(set.nodes.iter().eq(&expected), "{}", graph.path(node));
        assert_eq!(set.fetched, if graph.is_fixed(node) { vec![node] } else { Vec::new() });
    }
}

#[test]
fn rebuild_sets() {
    let graph = minipkgs();
    check_reach(&graph, graph.nodes().filter(|node| node.0 % 7 == 0));
    random_graphs(2, 80, 40).for_each(|(graph, _)| check_reach(&graph, graph.nodes()));
}

#[test]
fn rebuild_sets_of_several() {
    for (graph, mut chance) in random_graphs(3, 80, 30) {
        let bumped = some(&graph, &mut chance, 4);
        let set = RebuildSet::of(&graph, &bumped);
        let mut expected: BTreeSet<NodeId> = bumped.iter().flat_map(|&node| reached(&graph, node)).collect();
        // a fixed-output derivation is fetched; nothing can reach it
        expected.retain(|&node| !graph.is_fixed(node) && graph.is_derivation(node));
        assert!(set.nodes.iter().eq(&expected));
        for (node, distance) in set.nodes.iter().zip(&set.distances) {
            assert_eq!(*distance == 0, bumped.contains(node));
        }
    }
}

/// The propagating part with one node before all starts and one behind all ends.
fn framed(graph: &Graph, from: &[NodeId], to: &[NodeId]) -> (petgraph::graph::DiGraph<(), ()>, [u32; 2]) {
    let n = graph.node_count() as u32;
    let edges = graph.edge_references().filter(|&edge| graph.propagates(edge));
    let mut framed = petgraph::graph::DiGraph::from_edges(edges.map(|edge| (edge.source().0, edge.target().0)));
    while framed.node_count() < n as usize + 2 {
        framed.add_node(());
    }
    for node in from {
        framed.add_edge(n.into(), node.0.into(), ());
    }
    for node in to {
        framed.add_edge(node.0.into(), (n + 1).into(), ());
    }
    (framed, [n, n + 1])
}

fn check_dominators(graph: &Graph, from: &[NodeId], to: &[NodeId]) -> usize {
    let found = paths(&Propagation::new(graph), from, to, 0);
    let (framed, [first, last]) = framed(graph, from, to);
    let dominators = simple_fast(&framed, first.into());
    let mut expected: Vec<NodeId> = dominators
        .dominators(last.into())
        .map(|all| all.map(|node| NodeId(node.index() as u32)).filter(|node| node.0 < first).collect())
        .unwrap_or_default();
    expected.reverse();
    assert_eq!(found.dominators, expected, "from {from:?} to {to:?}");
    expected.len()
}

#[test]
fn dominators() {
    // one start and one end, on the graph itself
    for (graph, mut chance) in random_graphs(4, 80, 30) {
        let from = NodeId(chance.below(graph.node_count()) as u32);
        let filtered = EdgeFiltered::from_fn(&graph, |edge| graph.propagates(edge));
        let tree = simple_fast(&filtered, from);
        for to in graph.nodes() {
            let mut expected: Vec<NodeId> = tree.dominators(to).map(Iterator::collect).unwrap_or_default();
            expected.reverse();
            let found = paths(&Propagation::new(&graph), &[from], &[to], 0);
            assert_eq!(found.dominators, expected);
        }
    }
    // several
    let mut told = 0;
    for (graph, mut chance) in random_graphs(5, 300, 30) {
        let (from, to) = (some(&graph, &mut chance, 3), some(&graph, &mut chance, 3));
        told += check_dominators(&graph, &from, &to);
    }
    assert!(told > 50, "only {told} dominators");
    let graph = minipkgs();
    let mut chance = Chance(6);
    for _ in 0..20 {
        let (from, to) = (some(&graph, &mut chance, 4), some(&graph, &mut chance, 4));
        check_dominators(&graph, &from, &to);
    }
}

#[test]
fn numbers_of_paths() {
    let mut several = 0;
    for (graph, mut chance) in random_graphs(7, 150, 18) {
        let (from, to) = (some(&graph, &mut chance, 2), some(&graph, &mut chance, 2));
        let filtered = EdgeFiltered::from_fn(&graph, |edge| graph.propagates(edge));
        let mut all: Vec<Vec<NodeId>> = Vec::new();
        for &start in &from {
            for &end in &to {
                if start == end {
                    all.push(vec![start]);
                } else {
                    all.extend(all_simple_paths::<Vec<NodeId>, _, std::hash::RandomState>(
                        &filtered, start, end, 0, None,
                    ));
                }
            }
        }
        let found = paths(&Propagation::new(&graph), &from, &to, usize::MAX);
        assert_eq!(found.all_count, all.len() as f64);
        let least = all.iter().map(Vec::len).min().unwrap_or(0);
        let mut shortest: Vec<Vec<NodeId>> = all.iter().filter(|path| path.len() == least).cloned().collect();
        shortest.sort();
        assert_eq!(found.shortest, shortest);
        assert_eq!(found.shortest_count, shortest.len() as u64);
        let between: BTreeSet<NodeId> = all.iter().flatten().copied().collect();
        assert_eq!(found.nodes_between, between.len());
        several += usize::from(all.len() > 2);
        // a limit cuts the list and nothing else
        let few = paths(&Propagation::new(&graph), &from, &to, 1);
        assert_eq!(few.shortest, shortest.into_iter().take(1).collect::<Vec<_>>());
        assert_eq!((few.shortest_count, few.all_count), (found.shortest_count, found.all_count));
    }
    assert!(several > 5, "only {several} with several paths");
}

/// The direct consumer that adds the most, again and again. What lies behind a bumped derivation is
/// that one's.
fn greedy(graph: &Graph, bumped: &[NodeId], limit: usize) -> Vec<(NodeId, u32, u32)> {
    let rebuilt = RebuildSet::of(graph, bumped);
    let distances = || rebuilt.nodes.iter().zip(&rebuilt.distances);
    let mut covered = FixedBitSet::with_capacity(graph.node_count());
    covered.extend(distances().filter(|(_, distance)| **distance == 0).map(|(node, _)| node.index()));
    let direct = distances().filter(|(_, distance)| **distance == 1).map(|(node, _)| *node);
    // through what reaches nothing, nothing is reached
    let direct: Vec<NodeId> = direct.filter(|&node| reached(graph, node).len() > 1).collect();
    let mut found = Vec::new();
    while found.len() < limit {
        let gains = direct.iter().map(|&node| {
            let reaches = reached_around(graph, node, bumped);
            let adds = reaches.iter().filter(|node| !covered.contains(node.index())).count() as u32;
            (adds, std::cmp::Reverse(node), reaches)
        });
        // a hub that is covered is none
        let open = gains.filter(|(_, node, _)| !covered.contains(node.0.index()));
        let Some((adds, node, reaches)) = open.max_by(|a, b| (a.0, a.1).cmp(&(b.0, b.1))) else { break };
        covered.extend(reaches.iter().map(|node| node.index()));
        found.push((node.0, reached(graph, node.0).len() as u32, adds));
    }
    found
}

#[test]
fn hubs_are_the_greedy_ones() {
    let mut told = 0;
    for (graph, mut chance) in random_graphs(8, 150, 40) {
        let bumped = some(&graph, &mut chance, 3);
        for limit in [1, 2, usize::MAX] {
            let found = hubs(&Propagation::new(&graph), &RebuildSet::of(&graph, &bumped), limit);
            let found: Vec<_> = found.iter().map(|hub| (hub.node, hub.reaches, hub.adds)).collect();
            assert_eq!(found, greedy(&graph, &bumped, limit), "{bumped:?}");
            told += found.len();
        }
    }
    assert!(told > 100, "only {told} hubs");
    let graph = minipkgs();
    let zlib =
        graph.nodes().find(|&node| graph.name(node) == "zlib-1.2.13" && graph.system(node) == "x86_64-linux").unwrap();
    let found = hubs(&Propagation::new(&graph), &RebuildSet::of(&graph, &[zlib]), 3);
    let found: Vec<_> = found.iter().map(|hub| (hub.node, hub.reaches, hub.adds)).collect();
    assert_eq!(found, greedy(&graph, &[zlib], 3));
}
