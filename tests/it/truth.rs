//! The nixpkgs of May 2018, and what Nix itself said of bumps in it (`../shared/data`).

use std::collections::BTreeSet;
use std::sync::OnceLock;

use nix_ripple::graph::{Direction, Graph, NodeId};
use nix_ripple::query::{ImpactParams, ImpactReport, RankParams, Selector, impact, rank, resolve};
use nix_ripple::reach::{Propagation, dependents_of_all};
use serde_json::Value;

use crate::needs;
use crate::support::{self, Chance};

/// The closure with its attributes, read once; `None` where there is none.
pub(crate) fn nixpkgs() -> Option<&'static Graph> {
    static GRAPH: OnceLock<Graph> = OnceLock::new();
    let data = needs::shared()?;
    let files = ["nixpkgs-2018.json.zst", "nixpkgs-2018-attrs.json.zst"].map(|file| data.join(file));
    Some(GRAPH.get_or_init(|| support::graph(&files)))
}

/// The bumps of which Nix said what they change, and the word that a user would write. Some bare
/// words also bump derivations whose recipe was not edited, for they have the same source.
const BUMPS: [(&str, &[&str]); 8] = [
    ("alsa-lib", &[]),
    ("cmake", &[]),
    ("curl", &[]),
    ("fontconfig", &[]),
    ("pillow", &[]),
    ("pyyaml", &[]),
    ("unzip", &[]),
    // minizip is made from zlib's source by a file of its own
    ("zlib", &["minizip-1.2.11"]),
];

/// `bumped` and `changed_attributes` of `truth/bump-<name>.json`.
fn truth(name: &str) -> (BTreeSet<String>, BTreeSet<String>) {
    let file = needs::shared().unwrap().join(format!("truth/bump-{name}.json"));
    let truth: Value = serde_json::from_slice(&std::fs::read(file).unwrap()).unwrap();
    let strings = |key: &str| -> BTreeSet<String> {
        let list = truth[key].as_array().unwrap();
        let set: BTreeSet<String> = list.iter().map(|item| item.as_str().unwrap().to_owned()).collect();
        assert_eq!(set.len(), list.len(), "{name}: {key} has some twice");
        set
    };
    (strings("bumped"), strings("changed_attributes"))
}

fn report(graph: &Graph, selectors: &[impl AsRef<str>], only: bool) -> ImpactReport {
    let texts: Vec<String> = selectors.iter().map(|selector| selector.as_ref().to_owned()).collect();
    let selectors = Selector::expand(&texts).unwrap();
    let bumps = resolve(graph, &selectors, only).unwrap_or_else(|error| panic!("{error}"));
    impact(graph, &bumps, &ImpactParams { list: true, ..ImpactParams::default() })
}

fn bumped(report: &ImpactReport) -> BTreeSet<String> {
    report.bump.derivations.iter().map(|bumped| bumped.drv.clone()).collect()
}

/// Names of attributes; here they are unique without their systems.
fn attributes(report: &ImpactReport) -> BTreeSet<String> {
    let listed = report.list.iter().flatten().flat_map(|listed| &listed.attributes);
    listed.cloned().collect()
}

fn check_attributes(name: &str, report: &ImpactReport, expected: &BTreeSet<String>) {
    let found = attributes(report);
    let first = |some: std::collections::btree_set::Difference<'_, String>| Vec::from_iter(some.take(10).cloned());
    let more = first(found.difference(expected));
    let less = first(expected.difference(&found));
    assert!(more.is_empty() && less.is_empty(), "{name}: only in impact {more:?} …, only in Nix's {less:?} …");
    assert_eq!(report.attributes.total, expected.len() as u64, "{name}");
}

#[test]
fn every_bump_is_in_the_table() {
    let Some(data) = needs::shared() else { return };
    let entries = std::fs::read_dir(data.join("truth")).unwrap();
    let names: BTreeSet<String> = entries
        .map(|entry| entry.unwrap().file_name().into_string().unwrap())
        .filter_map(|file| Some(file.strip_prefix("bump-")?.strip_suffix(".json")?.to_owned()))
        .collect();
    assert!(names.iter().eq(BUMPS.iter().map(|(name, _)| name)), "{names:?}");
}

#[test]
fn edited_derivations_change_what_nix_changes() {
    let Some(graph) = nixpkgs() else { return };
    for (name, _) in BUMPS {
        let (edited, changed) = truth(name);
        let report = report(graph, &Vec::from_iter(&edited), false);
        assert_eq!(bumped(&report), edited, "{name}");
        check_attributes(name, &report, &changed);
    }
}

#[test]
fn bare_words_mean_the_edited_derivations() {
    let Some(graph) = nixpkgs() else { return };
    for (name, more) in BUMPS {
        let (edited, changed) = truth(name);
        let report = report(graph, &[name], false);
        let found = bumped(&report);
        assert!(found.is_superset(&edited), "{name}: {:?}", edited.difference(&found));
        let others: Vec<&str> = report
            .bump
            .derivations
            .iter()
            .filter(|derivation| !edited.contains(&derivation.drv))
            .map(|derivation| derivation.name.as_str())
            .collect();
        assert_eq!(others, more, "{name}");
        check_attributes(name, &report, &changed);
    }
}

#[test]
fn figures_of_curl() {
    let Some(graph) = nixpkgs() else { return };
    let all = report(graph, &["curl"], false);
    assert_eq!((all.bump.derivations.len(), all.derivations.total, all.attributes.total), (5, 7_527, 6_708));
    let only = report(graph, &["curl"], true);
    assert_eq!((only.bump.derivations.len(), only.attributes.total), (1, 6_671));
}

#[test]
fn figures_of_the_closure() {
    let Some(graph) = nixpkgs() else { return };
    let derivations = graph.nodes().filter(|&node| graph.is_derivation(node)).count();
    let fixed = graph.nodes().filter(|&node| graph.is_fixed(node)).count();
    assert_eq!((derivations, fixed, graph.attribute_count()), (44_640, 24_726, 16_155));
    let (mut between, mut from_sources) = (0, 0);
    for consumer in graph.nodes() {
        for (edge, input) in graph.input_edges(consumer) {
            *(if graph.is_derivation(input) { &mut between } else { &mut from_sources }) += 1;
            let mentioned = graph.mention_pairs(edge).len() > 0 && graph.mentions(edge).all(|key| !key.is_empty());
            assert!(mentioned, "{} nowhere mentions {}", graph.path(consumer), graph.path(input));
        }
    }
    assert_eq!((between, from_sources), (295_124, 60_302));
}

#[test]
fn words_that_are_no_attribute() {
    let Some(graph) = nixpkgs() else { return };
    let names = |word: &str| -> Vec<String> {
        report(graph, &[word], false).bump.derivations.into_iter().map(|bumped| bumped.name).collect()
    };
    assert_eq!(names("pillow"), ["python2.7-Pillow-5.1.0", "python3.6-Pillow-5.1.0"]);
    // its derivations are called after the patch that they hold
    assert_eq!(names("libpng"), ["libpng-apng-1.6.34", "libpng-apng-1.6.34"]);
    let error = resolve(graph, &Selector::expand(&["pilow".to_owned()]).unwrap(), false).unwrap_err();
    let nearest = &error.selectors[0].1;
    assert!(nearest.iter().any(|name| name.eq_ignore_ascii_case("pillow")), "{nearest:?}");
}

/// What is reached from `start`, itself counted; with `through_fixed`, over all edges.
fn reached(graph: &Graph, start: &[NodeId], through_fixed: bool) -> usize {
    let consumers = graph.adjacency(Direction::Consumers);
    let mut seen: Vec<bool> = vec![false; graph.node_count()];
    let mut queue: Vec<u32> = start.iter().map(|node| node.0).collect();
    queue.iter().for_each(|&node| seen[node as usize] = true);
    let mut next = 0;
    while next < queue.len() {
        for &consumer in consumers.of(queue[next]) {
            if !seen[consumer as usize] && (through_fixed || !graph.is_fixed(NodeId(consumer))) {
                seen[consumer as usize] = true;
                queue.push(consumer);
            }
        }
        next += 1;
    }
    queue.len()
}

/// What `nix-store --query --referrers-closure` counts: fetchers use curl, and every source is
/// fetched.
#[test]
fn following_every_edge_counts_several_times_too_much() {
    let Some(graph) = nixpkgs() else { return };
    let curl = &resolve(graph, &Selector::expand(&["curl".to_owned()]).unwrap(), false).unwrap()[0];
    assert_eq!(reached(graph, &curl.nodes, false), 7_527);
    assert_eq!(reached(graph, &curl.nodes, true), 43_877);
    // The attribute's curl alone, the only start that comes near the 42,260 that are told of this
    // nixpkgs. That figure goes with 46,723 derivations; there are 44,640 here.
    assert_eq!(curl.named.len(), 1);
    assert_eq!(reached(graph, &curl.named, false), 7_347);
    assert_eq!(reached(graph, &curl.named, true), 42_239);
}

#[test]
fn ranks_are_those_of_one_search_a_node() {
    let Some(graph) = nixpkgs() else { return };
    let counts = dependents_of_all(&Propagation::new(graph));
    let top = rank(graph, RankParams { top: Some(50), ..RankParams::default() }).unwrap().nodes;
    assert_eq!(top.len(), 50);
    assert!(top.is_sorted_by_key(|ranked| std::cmp::Reverse(ranked.dependents)));
    let mut chance = Chance(2018);
    let random = (0..200).map(|_| NodeId(chance.below(graph.node_count()) as u32));
    let best: Vec<NodeId> = top
        .iter()
        .map(|ranked| {
            let node = graph.nodes().find(|&node| ranked.drv.contains(graph.digest(node).as_str()));
            assert_eq!(ranked.dependents, counts[node.unwrap().index()]);
            node.unwrap()
        })
        .collect();
    for node in best.into_iter().chain(random) {
        assert_eq!(counts[node.index()] as usize, reached(graph, &[node], false) - 1, "{}", graph.path(node));
    }
    // none is above the fiftieth but the first fifty
    let least = top[49].dependents;
    assert!(counts.iter().filter(|&&count| count > least).count() < 50);
}
