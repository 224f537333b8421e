//! The smallest cut, against trying all sets of edges.

use std::collections::BTreeSet;

use nix_ripple::graph::{EdgeId, Graph, NodeId};
use nix_ripple::query::{Selector, resolve};
use nix_ripple::reach::{Cut, cut};

use crate::graph_traits::{random_graphs, some};
use crate::support::{self, Chance, testdata};
use crate::truth::nixpkgs;

/// What is reached from `from` over propagating edges that are kept.
fn reached(graph: &Graph, from: &[NodeId], kept: impl Fn(EdgeId) -> bool) -> BTreeSet<NodeId> {
    let mut reached: BTreeSet<NodeId> = from.iter().copied().collect();
    let mut queue = from.to_vec();
    while let Some(node) = queue.pop() {
        for (edge, consumer) in graph.consumer_edges(node) {
            if !graph.is_fixed(consumer) && kept(edge) && reached.insert(consumer) {
                queue.push(consumer);
            }
        }
    }
    reached
}

fn connected(graph: &Graph, from: &[NodeId], to: &[NodeId], kept: impl Fn(EdgeId) -> bool) -> bool {
    let reached = reached(graph, from, kept);
    to.iter().any(|node| reached.contains(node))
}

/// The edge between two nodes.
fn edge(graph: &Graph, input: NodeId, consumer: NodeId) -> EdgeId {
    graph.consumer_edges(input).find(|&(_, other)| other == consumer).expect("an edge").0
}

/// What must hold of any answer; the size of the cut.
fn check(graph: &Graph, from: &[NodeId], to: &[NodeId], allowed: &dyn Fn(EdgeId) -> bool) -> Option<usize> {
    match cut(graph, from, to, allowed) {
        Cut::Apart => {
            assert!(!connected(graph, from, to, |_| true));
            None
        }
        Cut::Edges(edges) => {
            assert!(!edges.is_empty() && edges.is_sorted() && edges.iter().all(|&edge| allowed(edge)));
            assert!(!connected(graph, from, to, |edge| !edges.contains(&edge)), "{edges:?} do not free");
            // none is there for nothing
            for spared in &edges {
                assert!(connected(graph, from, to, |edge| edge == *spared || !edges.contains(&edge)));
            }
            Some(edges.len())
        }
        Cut::Impossible(path) => {
            assert!(from.contains(&path[0]) && to.contains(&path[path.len() - 1]));
            for pair in path.windows(2) {
                assert!(!allowed(edge(graph, pair[0], pair[1])) && !graph.is_fixed(pair[1]));
            }
            // the shortest: in fewer steps nothing leads there
            let mut near: BTreeSet<NodeId> = from.iter().copied().collect();
            for _ in 1..path.len() {
                assert!(!to.iter().any(|node| near.contains(node)), "{path:?} is not shortest");
                let steps = near.iter().flat_map(|&node| graph.consumer_edges(node));
                let steps = steps.filter(|&(edge, consumer)| !allowed(edge) && !graph.is_fixed(consumer));
                near = steps.map(|(_, consumer)| consumer).collect();
            }
            None
        }
    }
}

/// All smallest cuts, by trying all sets of allowed edges, the small ones first.
fn smallest(graph: &Graph, from: &[NodeId], to: &[NodeId], allowed: &[EdgeId]) -> Vec<BTreeSet<EdgeId>> {
    if connected(graph, from, to, |edge| !allowed.contains(&edge)) {
        return Vec::new();
    }
    let mut sets: Vec<Vec<EdgeId>> = vec![Vec::new()];
    loop {
        let frees = |set: &Vec<EdgeId>| !connected(graph, from, to, |edge| !set.contains(&edge));
        let found: Vec<BTreeSet<EdgeId>> =
            sets.iter().filter(|set| frees(set)).map(|set| set.iter().copied().collect()).collect();
        if !found.is_empty() {
            return found;
        }
        let larger = |set: &Vec<EdgeId>| {
            let after = allowed.iter().filter(|edge| set.last().is_none_or(|last| *edge > last));
            after.map(|&edge| [set.as_slice(), &[edge]].concat()).collect::<Vec<_>>()
        };
        sets = sets.iter().flat_map(larger).collect();
    }
}

#[test]
fn cuts_are_smallest_and_nearest_to_the_end() {
    let (mut apart, mut impossible, mut single, mut several, mut choice) = (0, 0, 0, 0, 0);
    for (graph, mut chance) in random_graphs(21, 1500, 16) {
        let (from, to) = (some(&graph, &mut chance, 3), some(&graph, &mut chance, 2));
        let share = chance.below(5);
        let allowed: Vec<EdgeId> =
            (0..graph.edge_count() as u32).map(EdgeId).filter(|_| chance.below(4) >= share).collect();
        let size = check(&graph, &from, &to, &|edge| allowed.contains(&edge));
        let all = smallest(&graph, &from, &to, &allowed);
        match cut(&graph, &from, &to, |edge| allowed.contains(&edge)) {
            Cut::Apart => {
                assert_eq!(all, [BTreeSet::new()]);
                apart += 1;
            }
            Cut::Impossible(_) => {
                assert!(all.is_empty());
                impossible += 1;
            }
            Cut::Edges(edges) => {
                assert_eq!(size, Some(edges.len()));
                assert_eq!(all[0].len(), edges.len(), "not the smallest");
                // with it removed, least can still reach the end
                let behind = |set: &BTreeSet<EdgeId>| {
                    let leads = |node| connected(&graph, &[node], &to, |edge| !set.contains(&edge));
                    graph.nodes().filter(|&node| leads(node)).collect::<BTreeSet<_>>()
                };
                let nearest = behind(&edges.iter().copied().collect());
                let from_starts = reached(&graph, &from, |_| true);
                for other in &all {
                    assert!(nearest.intersection(&from_starts).all(|node| behind(other).contains(node)));
                }
                single += usize::from(edges.len() == 1);
                several += usize::from(edges.len() > 1);
                choice += usize::from(all.len() > 1);
            }
        }
    }
    let told = [apart, impossible, single, several, choice];
    assert!(told.iter().all(|&count| count > 20), "too little to tell: {told:?}");
}

#[test]
fn starts_that_are_ends_and_none_at_all() {
    let graph = support::graph(&[testdata("minipkgs/drvs")]);
    let node = NodeId(graph.node_count() as u32 / 2);
    assert_eq!(cut(&graph, &[node], &[NodeId(0), node], |_| true), Cut::Impossible(vec![node]));
    assert_eq!(cut(&graph, &[], &[node], |_| true), Cut::Apart);
    assert_eq!(cut(&graph, &[node], &[], |_| true), Cut::Apart);
}

fn named(graph: &Graph, word: &str) -> Vec<NodeId> {
    let selectors = Selector::expand(&[word.to_owned()]).unwrap();
    resolve(graph, &selectors, false).unwrap_or_else(|error| panic!("{error}")).remove(0).nodes
}

#[test]
fn cuts_of_nixpkgs() {
    let Some(graph) = nixpkgs() else { return };
    let (glibc, firefox) = (named(graph, "glibc"), named(graph, "firefox"));
    let size = check(graph, &glibc, &firefox, &|_| true);
    assert!(size.is_some());
    // with a part of the edges by chance, and from others
    let mut chance = Chance(22);
    let mut found = 0;
    for word in ["glibc", "curl", "pillow", "fontconfig", "zlib"] {
        let from = named(graph, word);
        for share in [2, 20] {
            let forbidden: BTreeSet<EdgeId> =
                (0..graph.edge_count() as u32).map(EdgeId).filter(|_| chance.below(share) == 0).collect();
            found += usize::from(check(graph, &from, &firefox, &|edge| !forbidden.contains(&edge)).is_some());
        }
    }
    assert!(found > 0);
}
