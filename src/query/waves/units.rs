//! Bumps that must move together.

use std::collections::{BTreeMap, BTreeSet};

use serde::Serialize;

use super::bumps::PlannedBump;
use crate::graph::{Graph, NodeId};
use crate::nix::name::is_interpreter;
use crate::nix::{Digest, called};
use crate::query::resolve::{SourceLists, sources};

/// Bumps that move in one wave.
#[derive(Debug, Clone)]
pub(super) struct Unit {
    /// Their numbers, ascending.
    pub(super) bumps: Vec<usize>,
    /// What their selectors name, ascending.
    pub(super) named: Vec<NodeId>,
    /// Their principals, ascending: what of it is built, and for a source or a fetch what is built from it.
    pub(super) principals: Vec<NodeId>,
    /// All that they change, ascending.
    pub(super) nodes: Vec<NodeId>,
}

/// Bumps that move together, and why.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Together {
    /// Their names.
    pub bumps: Vec<String>,
    /// Why: each reason once.
    pub reasons: Vec<String>,
}

/// Units, and what made those of more than one bump.
#[derive(Debug)]
pub(super) struct Units {
    /// By their first bump.
    pub(super) units: Vec<Unit>,
    /// Those of more than one bump.
    pub(super) together: Vec<Together>,
}

impl Units {
    /// Joins the bumps that must move together: those that change the same derivation, build from the same source
    /// (a derivation's output, or a path of the tree), or are of one group. O(edges of the bumped derivations).
    pub(super) fn new(graph: &Graph, bumps: &[PlannedBump]) -> Self {
        let mut joined = Joined { parents: (0..bumps.len()).collect(), reasons: Vec::new() };
        let mut nodes: BTreeMap<NodeId, usize> = BTreeMap::new();
        let mut built: BTreeMap<Digest, (usize, NodeId)> = BTreeMap::new();
        let mut groups: BTreeMap<&str, usize> = BTreeMap::new();
        let mut lists = SourceLists::new();
        for (at, bump) in bumps.iter().enumerate() {
            for &node in &bump.nodes {
                match nodes.get(&node) {
                    Some(&other) => joined.join(other, at, || format!("both change {}", graph.name(node))),
                    None => {
                        nodes.insert(node, at);
                    }
                }
                for source in own_sources(graph, node, &mut lists) {
                    match built.get(&source) {
                        Some(&(other, first)) if other != at => {
                            joined.join(other, at, || {
                                format!("{} and {} have one source", graph.name(first), graph.name(node))
                            });
                        }
                        Some(_) => {}
                        None => {
                            built.insert(source, (at, node));
                        }
                    }
                }
            }
            if let Some(group) = &bump.wish.group {
                match groups.get(group.as_str()) {
                    Some(&other) => joined.join(other, at, || format!("asked for: group '{group}'")),
                    None => {
                        groups.insert(group, at);
                    }
                }
            }
        }
        joined.units(graph, bumps)
    }
}

/// What stands for a bump among others: the derivations that it names and that are built, and for each source and
/// fetch those that are built from it.
fn principals(graph: &Graph, named: &[NodeId]) -> Vec<NodeId> {
    let is_built = |&node: &NodeId| graph.is_derivation(node) && !graph.is_fixed(node);
    let of = |&node: &NodeId| -> Vec<NodeId> {
        if is_built(&node) {
            return vec![node];
        }
        graph.consumer_edges(node).map(|(_, consumer)| consumer).filter(is_built).collect()
    };
    let all: BTreeSet<NodeId> = named.iter().flat_map(of).collect();
    all.into_iter().collect()
}

/// The paths of what a node is built from, or its own where it is a source or a fetch.
fn own_sources(graph: &Graph, node: NodeId, lists: &mut SourceLists) -> Vec<Digest> {
    if graph.is_fixed(node) || !graph.is_derivation(node) {
        let outputs = graph.outputs(node).map(|(_, digest)| digest).filter(Digest::is_some);
        return outputs.chain([graph.digest(node)]).collect();
    }
    sources(graph, node, lists).into_iter().collect()
}

/// Sets of bumps, by a parent that each has.
struct Joined {
    parents: Vec<usize>,
    /// One of the two that it joins, and why.
    reasons: Vec<(usize, String)>,
}

impl Joined {
    fn root(&mut self, mut at: usize) -> usize {
        while self.parents[at] != at {
            self.parents[at] = self.parents[self.parents[at]];
            at = self.parents[at];
        }
        at
    }

    fn join(&mut self, one: usize, other: usize, reason: impl FnOnce() -> String) {
        let (a, b) = (self.root(one), self.root(other));
        if a != b {
            self.parents[a.max(b)] = a.min(b);
            self.reasons.push((one, reason()));
        }
    }

    fn units(mut self, graph: &Graph, bumps: &[PlannedBump]) -> Units {
        let mut members: BTreeMap<usize, Vec<usize>> = BTreeMap::new();
        for at in 0..bumps.len() {
            members.entry(self.root(at)).or_default().push(at);
        }
        let mut reasons: BTreeMap<usize, BTreeSet<String>> = BTreeMap::new();
        for (at, reason) in std::mem::take(&mut self.reasons) {
            reasons.entry(self.root(at)).or_default().insert(reason);
        }
        let together = reasons.into_iter().map(|(root, reasons)| Together {
            bumps: members.get(&root).into_iter().flatten().map(|&at| bumps[at].wish.name.clone()).collect(),
            reasons: reasons.into_iter().collect(),
        });
        let together = together.collect();
        let units = members.into_values().map(|members| {
            let named: BTreeSet<NodeId> = members.iter().flat_map(|&at| bumps[at].named.iter().copied()).collect();
            let nodes: BTreeSet<NodeId> = members.iter().flat_map(|&at| bumps[at].nodes.iter().copied()).collect();
            let named: Vec<NodeId> = named.into_iter().collect();
            Unit { bumps: members, principals: principals(graph, &named), named, nodes: nodes.into_iter().collect() }
        });
        Units { units: units.collect(), together }
    }
}

/// The fewest letters of a family name.
const STEM: usize = 3;

/// The fewest attributes of a set that moves as one.
const SET: usize = 3;

/// Bumps that may belong together, for the planner to say: of different units, at one version now, and of one family
/// name (`gst-plugins-base`, `gst-plugins-good`), or attributes of one set of which most are at this version
/// (`qt5.qtbase`, `qt5.qtsvg`).
///
/// A guess by names: two packages of one version may have nothing to do with each other. O(attributes).
pub(super) fn suggested(graph: &Graph, bumps: &[PlannedBump], units: &[Unit]) -> Vec<Together> {
    let sets = sets_at_one_version(graph);
    let mut families: BTreeMap<String, BTreeSet<usize>> = BTreeMap::new();
    for (number, unit) in units.iter().enumerate() {
        for &node in &unit.named {
            let version = graph.version(node);
            if graph.is_fixed(node) || !version.contains('.') {
                continue;
            }
            let mut add = |reason: String| families.entry(reason).or_default().insert(number);
            let pname = called(graph.pname(node));
            let stem = pname.split(|letter: char| !letter.is_ascii_alphabetic()).next().unwrap_or_default();
            if stem.len() >= STEM && !is_interpreter(stem) {
                add(format!("all at {version}, and called {stem}"));
            }
            for attribute in graph.attributes_of(node) {
                if let Some((set, _)) = graph.attribute_name(attribute).rsplit_once('.')
                    && sets.get(set) == Some(&version)
                {
                    add(format!("all at {version}, as most of {set}"));
                }
            }
        }
    }
    let mut told: BTreeMap<BTreeSet<usize>, Vec<String>> = BTreeMap::new();
    for (reason, numbers) in families.into_iter().filter(|(_, numbers)| numbers.len() > 1) {
        told.entry(numbers).or_default().push(reason);
    }
    let members = |numbers: BTreeSet<usize>| numbers.into_iter().flat_map(|number| &units[number].bumps);
    let together = told.into_iter().map(|(numbers, reasons)| Together {
        bumps: members(numbers).map(|&at| bumps[at].wish.name.clone()).collect(),
        reasons,
    });
    together.collect()
}

/// The sets of attributes more than half of which are at one version, and this version.
fn sets_at_one_version(graph: &Graph) -> BTreeMap<&str, &str> {
    let mut counts: BTreeMap<&str, BTreeMap<&str, usize>> = BTreeMap::new();
    for attribute in graph.attributes() {
        if let (Some((set, _)), Some(node)) =
            (graph.attribute_name(attribute).rsplit_once('.'), graph.attribute_node(attribute))
        {
            *counts.entry(set).or_default().entry(graph.version(node)).or_default() += 1;
        }
    }
    let most = counts.into_iter().filter_map(|(set, versions)| {
        let all: usize = versions.values().sum();
        let (version, count) = versions.into_iter().max_by_key(|&(_, count)| count)?;
        (all >= SET && count * 2 > all).then_some((set, version))
    });
    most.collect()
}
