//! Edited rebuild sets and savings, against graphs that are edited literally.

use std::collections::{BTreeMap, BTreeSet};

use nix_ripple::graph::{BuildOptions, EdgeId, Graph, NodeId};
use nix_ripple::reach::{
    EdgeRemedy, EditedRebuild, Edits, RebuildSet, Savings, Treatment, Weights, rebuild_edited, savings,
    savings_of_edges,
};
use petgraph::graph::{DiGraph, NodeIndex};
use petgraph::visit::{Bfs, Walker};

use crate::graph_traits::some;
use crate::support::{self, Chance};
use crate::truth::nixpkgs;
use crate::weights::{Loads, total};

const TREATMENTS: [Treatment; 3] = [Treatment::Drop, Treatment::Detach, Treatment::Split];

/// Small closures with attributes on two systems, and with holes.
pub(crate) fn random_graphs(seed: u64, count: usize) -> impl Iterator<Item = (Graph, Chance)> {
    let mut chance = Chance(seed);
    (0..count).map(move |_| {
        let size = 2 + chance.below(30);
        let mut recipes = support::random_recipes(&mut chance, size);
        let mut attributes = BTreeMap::new();
        for recipe in &recipes {
            for system in ["aarch64-linux", "x86_64-linux"] {
                if chance.below(3) == 0 {
                    let name = format!("a{}.{system}", chance.below(size));
                    attributes.insert(name, BTreeMap::from([("out", recipe.output_path("out"))]));
                }
            }
        }
        recipes.retain(|recipe| !recipe.inputs.is_empty() || chance.below(8) > 0);
        let folder = support::folder(&recipes);
        let file = folder.path().join("attributes.json");
        std::fs::write(&file, serde_json::to_vec(&attributes).unwrap()).unwrap();
        let paths = if attributes.is_empty() { vec![folder.path()] } else { vec![folder.path(), &file] };
        let graph = support::closure(&paths, BuildOptions { allow_missing: true, ..BuildOptions::default() });
        (graph.unwrap_or_else(|error| panic!("{error}")), chance.clone())
    })
}

/// Edits, as a list that the oracle can read.
#[derive(Debug, Default)]
struct Script {
    treated: Vec<(EdgeId, Treatment)>,
    added: Vec<(NodeId, NodeId)>,
    cut_off: Vec<EdgeId>,
}

impl Script {
    fn random(graph: &Graph, chance: &mut Chance) -> Self {
        let mut script = Self::default();
        let share = 2 + chance.below(8);
        for edge in (0..graph.edge_count() as u32).map(EdgeId) {
            // now and then several on one edge
            for _ in 0..2 {
                if chance.below(share * 2) == 0 {
                    script.treated.push((edge, *chance.pick(&TREATMENTS)));
                }
            }
            if chance.below(share * 2) == 0 {
                script.cut_off.push(edge);
            }
        }
        for _ in 0..chance.below(5) {
            script.added.push((some(graph, chance, 1)[0], some(graph, chance, 1)[0]));
        }
        // edges that the graph lacks
        script.treated.push((EdgeId(u32::MAX), Treatment::Split));
        script.added.push((NodeId(0), NodeId(u32::MAX)));
        script
    }

    fn edits(&self) -> Edits {
        let mut edits = Edits::default();
        self.treated.iter().for_each(|&(edge, treatment)| edits.treat(edge, treatment));
        self.added.iter().for_each(|&(input, consumer)| edits.add(input, consumer));
        self.cut_off.iter().for_each(|&edge| edits.cut_off(edge));
        edits
    }

    fn treatment(&self, edge: EdgeId) -> Option<Treatment> {
        self.treated.iter().filter(|(treated, _)| *treated == edge).map(|&(_, treatment)| treatment).min()
    }
}

/// A node of the edited graph.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
enum Part {
    /// The output of the node itself (inside its wrapper, where it has one).
    Inner(NodeId),
    /// The run of its build, on which nothing depends.
    Run(NodeId),
    Wrapper(NodeId),
    Test(NodeId),
}

/// The edited graph, node by node and edge by edge, searched by petgraph.
fn literally(graph: &Graph, bumped: &[NodeId], script: &Script) -> EditedRebuild {
    let mut edited: DiGraph<Part, ()> = DiGraph::new();
    let mut place: BTreeMap<Part, NodeIndex> = BTreeMap::new();
    let mut add = |part| {
        place.entry(part).or_insert_with(|| edited.add_node(part));
    };
    let built = |node: NodeId| !graph.is_fixed(node) && graph.is_derivation(node) && !graph.is_missing(node);
    for node in graph.nodes() {
        add(Part::Inner(node));
        if built(node) {
            add(Part::Run(node));
            for (edge, _) in graph.input_edges(node) {
                match script.treatment(edge) {
                    Some(Treatment::Split) => add(Part::Wrapper(node)),
                    Some(Treatment::Detach) => add(Part::Test(node)),
                    _ => {}
                }
            }
        }
    }
    let output = |node| place.get(&Part::Wrapper(node)).copied().unwrap_or_else(|| place[&Part::Inner(node)]);
    let mut edges = BTreeSet::new();
    for node in graph.nodes().filter(|&node| built(node)) {
        edges.insert((place[&Part::Inner(node)], place[&Part::Run(node)]));
        edges.insert((place[&Part::Inner(node)], output(node)));
        if let Some(&test) = place.get(&Part::Test(node)) {
            edges.insert((output(node), test));
        }
        for (edge, input) in graph.input_edges(node) {
            let part = match script.treatment(edge) {
                Some(Treatment::Drop) => continue,
                Some(Treatment::Detach) => Part::Test(node),
                Some(Treatment::Split) => Part::Wrapper(node),
                None if script.cut_off.contains(&edge) => Part::Run(node),
                None => Part::Inner(node),
            };
            edges.insert((output(input), place[&part]));
        }
    }
    for &(input, consumer) in &script.added {
        if input < consumer && consumer.index() < graph.node_count() && built(consumer) {
            edges.insert((output(input), place[&Part::Inner(consumer)]));
        }
    }
    for (from, to) in edges.into_iter().filter(|(from, to)| from != to) {
        edited.add_edge(from, to, ());
    }
    let mut reached: BTreeSet<Part> = BTreeSet::new();
    for &node in bumped {
        let start = place[&Part::Inner(node)];
        reached.extend(Bfs::new(&edited, start).iter(&edited).map(|at| edited[at]));
    }
    let all = |part: fn(NodeId) -> Part| graph.nodes().filter(|&node| reached.contains(&part(node))).collect();
    let changed = graph.nodes().filter(|&node| reached.contains(&edited[output(node)])).collect();
    EditedRebuild { builds: all(Part::Run), wrappers: all(Part::Wrapper), tests: all(Part::Test), changed }
}

#[test]
fn edited_rebuilds() {
    let mut told = [0; 4];
    for (graph, mut chance) in random_graphs(11, 400) {
        let bumped = some(&graph, &mut chance, 3);
        let script = Script::random(&graph, &mut chance);
        let found = rebuild_edited(&graph, &bumped, &script.edits());
        assert_eq!(found, literally(&graph, &bumped, &script), "{bumped:?} {script:?}");
        for (told, list) in told.iter_mut().zip([&found.builds, &found.wrappers, &found.tests, &found.changed]) {
            *told += list.len();
        }
        let built: BTreeSet<_> = found.builds.iter().collect();
        told[3] -= found.changed.iter().filter(|node| built.contains(node)).count();
    }
    assert!(told.iter().all(|&count| count > 100), "too little to tell: {told:?}");
}

#[test]
fn no_edits_are_the_rebuild_set() {
    for (graph, mut chance) in random_graphs(12, 150) {
        assert!(Edits::default().is_empty());
        let bumped = some(&graph, &mut chance, 4);
        let found = rebuild_edited(&graph, &bumped, &Edits::default());
        let expected = RebuildSet::of(&graph, &bumped);
        assert_eq!(found.builds, expected.nodes);
        let mut changed: BTreeSet<NodeId> = expected.nodes.into_iter().collect();
        changed.extend(&bumped);
        assert!(found.changed.iter().eq(&changed));
        assert!(found.wrappers.is_empty() && found.tests.is_empty());
    }
}

#[test]
fn the_first_treatment_holds() {
    let mut edits = Edits::default();
    let edge = EdgeId(7);
    assert_eq!(edits.treatment(edge), None);
    for (treatment, holds) in [
        (Treatment::Split, Treatment::Split),
        (Treatment::Detach, Treatment::Detach),
        (Treatment::Split, Treatment::Detach),
        (Treatment::Drop, Treatment::Drop),
        (Treatment::Detach, Treatment::Drop),
    ] {
        edits.treat(edge, treatment);
        assert_eq!(edits.treatment(edge), Some(holds));
    }
    assert!(!edits.is_empty());
}

/// Edits the graph literally and counts again.
fn recounted(graph: &Graph, bumped: &[NodeId], script: &Script, weights: Option<Weights<'_>>) -> Savings {
    let names = |changed: &[NodeId]| {
        let attributes = changed.iter().flat_map(|&node| graph.attributes_of(node));
        attributes.map(|attribute| graph.attribute_name(attribute)).collect::<BTreeSet<_>>().len() as i64
    };
    let before = literally(graph, bumped, &Script::default());
    let after = literally(graph, bumped, script);
    let spared = |weights: &[u64]| total(weights, &before.builds) - total(weights, &after.builds);
    Savings {
        builds: before.builds.len() as i64 - after.builds.len() as i64,
        attributes: names(&before.changed) - names(&after.changed),
        wrappers_added: after.wrappers.len() as u64,
        test_builds_added: after.tests.len() as u64,
        millis: weights.map(|weights| spared(weights.millis)),
        bytes: weights.and_then(|weights| weights.bytes).map(spared),
    }
}

#[test]
fn savings_are_what_is_counted_after_editing() {
    let (mut told, mut against) = (0, 0);
    for (graph, mut chance) in random_graphs(13, 300) {
        let bumped = some(&graph, &mut chance, 3);
        let script = Script::random(&graph, &mut chance);
        let loads = Loads::some(&graph, &chance);
        let found = savings(&graph, &bumped, &script.edits(), None);
        assert_eq!(found, recounted(&graph, &bumped, &script, None), "{bumped:?} {script:?}");
        let weighed = savings(&graph, &bumped, &script.edits(), Some(loads.weights()));
        let expected = recounted(&graph, &bumped, &script, Some(loads.weights()));
        assert_eq!(weighed, expected, "{bumped:?} {script:?} {loads:?}");
        assert_eq!(Savings { millis: None, bytes: None, ..weighed }, found);
        // a few heavy builds may be spared where more light ones come
        against += usize::from(weighed.millis.unwrap().signum() * found.builds < 0);
        told += usize::from(found.builds != found.attributes && found.attributes != 0);
    }
    assert!(told > 50, "only {told} tell attributes from builds");
    assert!(against > 0, "none saves time and costs builds, or the other way round");
}

/// Every treatment of an edge, each with receivers at random.
fn remedies(graph: &Graph, chance: &mut Chance, edge: EdgeId, receivers: &[NodeId]) -> Vec<EdgeRemedy> {
    let mut all = Vec::new();
    for treatment in TREATMENTS {
        all.push(EdgeRemedy { edge, treatment, receivers: Vec::new() });
        let mut some: Vec<NodeId> = (0..1 + chance.below(3)).map(|_| *chance.pick(receivers)).collect();
        // the consumer itself may be one
        if chance.below(5) == 0 {
            some.push(graph.edge_consumer(edge));
        }
        all.push(EdgeRemedy { edge, treatment, receivers: some });
    }
    all
}

fn script(graph: &Graph, remedy: &EdgeRemedy) -> (NodeId, Script) {
    let input = graph.edge_input(remedy.edge);
    let added = remedy.receivers.iter().map(|&receiver| (input, receiver)).collect();
    (input, Script { treated: vec![(remedy.edge, remedy.treatment)], added, cut_off: Vec::new() })
}

#[test]
fn savings_of_edges_are_those_of_each_alone() {
    let (mut nothing, mut some, mut more) = (0, 0, 0);
    for (graph, mut chance) in random_graphs(14, 120) {
        let nodes: Vec<NodeId> = graph.nodes().chain([NodeId(u32::MAX)]).collect();
        let edges = (0..graph.edge_count() as u32).map(EdgeId);
        let mut all: Vec<EdgeRemedy> = edges.flat_map(|edge| remedies(&graph, &mut chance, edge, &nodes)).collect();
        // in no order
        for at in (1..all.len()).rev() {
            all.swap(at, chance.below(at + 1));
        }
        let loads = Loads::some(&graph, &chance);
        let found = savings_of_edges(&graph, &all, None);
        let weighed = savings_of_edges(&graph, &all, Some(loads.weights()));
        assert_eq!((found.len(), weighed.len()), (all.len(), all.len()));
        for ((remedy, found), weighed) in all.iter().zip(found).zip(weighed) {
            let (input, script) = script(&graph, remedy);
            assert_eq!(found, recounted(&graph, &[input], &script, None), "{remedy:?}");
            let expected = recounted(&graph, &[input], &script, Some(loads.weights()));
            assert_eq!(weighed, expected, "{remedy:?} {loads:?}");
            let fixed = graph.is_fixed(graph.edge_consumer(remedy.edge));
            assert!(!fixed || !remedy.receivers.is_empty() || found == Savings::default());
            match found.builds {
                0 => nothing += 1,
                1.. => some += 1,
                _ => more += 1,
            }
        }
    }
    assert!(nothing > 100 && some > 100 && more > 100, "{nothing} save nothing, {some} some, {more} cost builds");
}

/// On the real nixpkgs, 500 edges by chance, each treated in a way by chance; receivers are consumers
/// of the edge's consumer, as those of a propagated input are, and now and then any node.
#[test]
fn savings_of_edges_of_nixpkgs() {
    let Some(graph) = nixpkgs() else { return };
    let mut chance = Chance(500);
    let mut all = Vec::new();
    while all.len() < 500 {
        let edge = EdgeId(chance.below(graph.edge_count()) as u32);
        let consumer = graph.edge_consumer(edge);
        // two of three lead to a fixed-output derivation: few of them tell enough
        if graph.is_fixed(consumer) && chance.below(10) > 0 {
            continue;
        }
        let consumers: Vec<NodeId> = graph.consumer_edges(consumer).map(|(_, consumer)| consumer).collect();
        let receivers = match chance.below(4) {
            0 if !consumers.is_empty() => (0..3).map(|_| *chance.pick(&consumers)).collect(),
            1 => vec![NodeId(chance.below(graph.node_count()) as u32)],
            _ => Vec::new(),
        };
        all.push(EdgeRemedy { edge, treatment: *chance.pick(&TREATMENTS), receivers });
    }
    let loads = Loads::some(graph, &chance);
    let found = savings_of_edges(graph, &all, Some(loads.weights()));
    let (mut large, mut less) = (0, 0);
    for (remedy, &found) in all.iter().zip(&found) {
        let (input, script) = script(graph, remedy);
        assert_eq!(found, savings(graph, &[input], &script.edits(), Some(loads.weights())), "{remedy:?}");
        large += usize::from(found.builds > 10);
        less += usize::from(found.builds < 0);
    }
    assert!(large > 5 && less > 5, "{large} save more than ten builds, {less} cost some");
    for threads in [1, 3] {
        let pool = rayon::ThreadPoolBuilder::new().num_threads(threads).build().unwrap();
        let again = pool.install(|| savings_of_edges(graph, &all, Some(loads.weights())));
        assert_eq!(again, found, "{threads} threads");
    }
}
