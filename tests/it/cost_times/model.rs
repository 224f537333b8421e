//! What is estimated.

use std::collections::{BTreeMap, BTreeSet};

use nix_ripple::cost::{Basis, TimeReason};
use nix_ripple::graph::{Graph, NodeId};

use super::naive::{found, median};
use super::random::Case;

/// What a derivation is like, for the model.
#[derive(Debug, PartialEq, Eq, Clone, Copy)]
struct Kind {
    download: bool,
    big: bool,
    local: bool,
    module: bool,
    stdenv: bool,
}

fn kind(graph: &Graph, node: NodeId) -> Kind {
    Kind {
        download: graph.is_fixed(node),
        big: graph.features(node).any(|feature| feature == "big-parallel"),
        local: graph.prefers_local(node),
        module: language(graph.name(node)).is_some(),
        stdenv: graph.input_edges(node).any(|(edge, _)| graph.mentions(edge).any(|key| key == "stdenv")),
    }
}

fn language(name: &str) -> Option<&'static str> {
    let prefixes = [("python3.6-", "python"), ("perl5.30-", "perl"), ("perl-", "perl")];
    let is_module = |prefix: &str| {
        name.strip_prefix(prefix).is_some_and(|rest| rest.starts_with(|c: char| c.is_ascii_alphabetic()))
    };
    prefixes.into_iter().find(|(prefix, _)| is_module(prefix)).map(|(_, language)| language)
}

fn set(graph: &Graph, node: NodeId) -> String {
    if let Some(language) = language(graph.name(node)) {
        return language.to_owned();
    }
    let sets = graph.attributes_of(node).map(|attribute| match graph.attribute_name(attribute) {
        "a.curl" => "a",
        "b.x" => "b",
        "c.d.hook" => "d",
        _ => "",
    });
    let sets: BTreeSet<&str> = sets.collect();
    if sets.contains("") { String::new() } else { sets.first().copied().unwrap_or_default().to_owned() }
}

fn built_in(kind: Kind) -> u64 {
    match kind {
        Kind { download: true, .. } => 5_000,
        Kind { big: true, .. } => 3_600_000,
        Kind { local: true, .. } => 1_000,
        Kind { module: true, .. } => 6_000,
        Kind { stdenv: true, .. } => 60_000,
        _ => 5_000,
    }
}

/// Every estimate, by looking through all that is measured.
#[test]
fn estimates_as_a_search_through_all_that_is_measured() {
    let mut seen: BTreeMap<Basis, usize> = BTreeMap::new();
    for seed in 1_000..1_060 {
        let case = Case::new(seed, 60, seed as usize % 61);
        let graph = &case.graph;
        let found = found(&case.nodes, &case.records, &case.knowns);
        // what is measured, of which the same records count once
        let measured = |wanted: &dyn Fn(NodeId) -> bool| -> Vec<u64> {
            let mut sources: Vec<&Vec<usize>> = Vec::new();
            for (node, found) in case.nodes.iter().zip(&found) {
                if let Some((_, with)) = found
                    && wanted(node.id)
                    && !sources.contains(&with)
                {
                    sources.push(with);
                }
            }
            sources.iter().map(|with| median(with.iter().map(|&at| case.records[at].millis).collect())).collect()
        };
        for (node, own_found) in case.nodes.iter().zip(&found) {
            if own_found.is_some() {
                continue;
            }
            let own = kind(graph, node.id);
            let own_set = set(graph, node.id);
            let like = |other: NodeId| kind(graph, other) == own;
            let machine = |other: NodeId| {
                let other = kind(graph, other);
                !other.download && (other.big, other.local) == (own.big, own.local)
            };
            let classes: Vec<(Basis, Vec<u64>)> = if own.download {
                vec![(Basis::Kind, measured(&|other| graph.is_fixed(other)))]
            } else {
                vec![
                    (Basis::Set, measured(&|other| like(other) && set(graph, other) == own_set)),
                    (Basis::Kind, measured(&like)),
                    (Basis::Machine, measured(&machine)),
                ]
            };
            let (basis, millis, of) = match classes.into_iter().find(|(_, values)| values.len() >= 5) {
                Some((basis, values)) => (basis, median(values.clone()), values.len() as u32),
                None => {
                    let mut ratios: Vec<f64> = Vec::new();
                    let mut sources: Vec<&Vec<usize>> = Vec::new();
                    for (node, found) in case.nodes.iter().zip(&found) {
                        let other = kind(graph, node.id);
                        if let Some((_, with)) = found
                            && !other.download
                            && !other.local
                            && !sources.contains(&with)
                        {
                            sources.push(with);
                            let taken = median(with.iter().map(|&at| case.records[at].millis).collect());
                            ratios.push(taken as f64 / built_in(other) as f64);
                        }
                    }
                    ratios.sort_by(f64::total_cmp);
                    if ratios.len() >= 5 && !own.download {
                        let millis = (built_in(own) as f64 * ratios[ratios.len() / 2]).round() as u64;
                        (Basis::Scaled, millis.max(1), ratios.len() as u32)
                    } else {
                        (Basis::BuiltIn, built_in(own), 0)
                    }
                }
            };
            let TimeReason::Estimated(estimated) = case.costs.time_reason(node.id) else {
                panic!("{seed}: {node:?}: {:?}", case.costs.time_reason(node.id))
            };
            assert_eq!(
                (estimated.basis, estimated.millis, estimated.of),
                (basis, millis, of),
                "{seed}: {node:?} {own:?} {own_set}"
            );
            assert_eq!(case.costs.time(node.id).millis, millis);
            *seen.entry(basis).or_default() += 1;
        }
    }
    assert!(seen.len() == 5 && seen.values().all(|&count| count >= 20), "{seen:?}");
}
