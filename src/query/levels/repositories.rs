//! Levels, edges and cycles of the repositories that packages are in.

use std::collections::{BTreeMap, BTreeSet, VecDeque};

use fixedbitset::FixedBitSet;
use serde::Serialize;

use super::Members;
use super::attributes::AttributeGroups;
use super::repository_map::{Assigned, UnknownPackage};
use crate::cost::Costs;
use crate::graph::{Graph, NodeId};
use crate::nix::called;
use crate::query::expense::{CostSum, Expense};
use crate::reach::{Link, adjacent, condense};

/// How repositories depend on one another.
#[derive(Debug, Clone, Serialize)]
pub struct RepositoriesReport {
    /// By level and name; last what the map does not name, called `-`.
    pub repositories: Vec<Repository>,
    /// Dependencies between them, by their names. What the map does not name is passed through.
    pub edges: Vec<RepositoryEdge>,
    /// Repositories of which each needs each, by their names.
    pub cycles: Vec<RepositoryCycle>,
    /// Packages of the map that are not there.
    pub unknown: Vec<UnknownPackage>,
    /// What to know of the map.
    pub notes: Vec<String>,
}

/// A repository.
#[derive(Debug, Clone, Serialize)]
pub struct Repository {
    /// As the map calls it; `-` for what the map does not name.
    pub name: String,
    /// The longest path of dependencies to it, a cycle counted as one; none for `-`.
    pub level: Option<u32>,
    /// The cycle that it is in, by its place among them.
    pub cycle: Option<usize>,
    /// Members that it has.
    pub derivations: u64,
    /// Distinct packages, as pnames tell.
    pub packages: u64,
    /// Distinct attributes.
    pub attributes: u64,
    /// What they cost together.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub cost: Option<Expense>,
}

/// What one repository needs of another.
#[derive(Debug, Clone, Serialize)]
pub struct RepositoryEdge {
    /// What is needed.
    pub from: String,
    /// Who needs it.
    pub to: String,
    /// Distinct packages, as pnames tell, that need something.
    pub packages: u64,
    /// Pairs of an input and a consumer, with no other package of any repository between.
    pub pairs: u64,
    /// Names on one such path, the input first; of three or more only where no consumer names an input itself.
    pub example: Vec<String>,
    /// Whether it is among the lightest to cut.
    pub cut: bool,
}

/// Repositories of which each needs each.
#[derive(Debug, Clone, Serialize)]
pub struct RepositoryCycle {
    /// Their names.
    pub repositories: Vec<String>,
    /// Places in the list of edges: those with the fewest packages whose removal leaves no cycle among them.
    pub cut: Vec<usize>,
    /// Packages that would have to do without.
    pub packages: u64,
    /// Whether it is known that no others have fewer.
    pub optimal: bool,
}

/// What is found of an edge.
#[derive(Default)]
struct Found {
    pairs: u64,
    consumers: BTreeSet<u32>,
    example: Option<(u32, u32)>,
}

impl RepositoriesReport {
    /// Of members, by what the map says of each.
    pub(super) fn of(members: &Members<'_>, assigned: &Assigned, costs: Option<&Costs>) -> Self {
        let graph = members.graph;
        let count = assigned.names.len();
        // the last is what the map does not name
        let place = |node: NodeId| assigned.of_node[node.index()].map_or(count, |at| at as usize);
        let mut nodes: Vec<Vec<NodeId>> = vec![Vec::new(); count + 1];
        members.ids.iter().for_each(|&node| nodes[place(node)].push(node));
        let mapped: FixedBitSet =
            members.ids.iter().filter(|&&node| place(node) < count).map(|node| node.index()).collect();
        let mut padded = mapped;
        padded.grow(graph.node_count());
        let found = edges(members, assigned, &padded);
        let packages = |found: &Found| distinct(graph, found.consumers.iter().map(|&node| NodeId(node)));
        let weighed: Vec<(u64, u64)> = found.values().map(|found| (packages(found), found.pairs)).collect();
        let links: Vec<Link> = found
            .keys()
            .zip(&weighed)
            .map(|(&(from, to), &(packages, pairs))| Link {
                from,
                to,
                weight: u128::from(packages) << 64 | u128::from(pairs),
            })
            .collect();
        let condensed = condense(count, &links);
        let name = |at: u32| assigned.names[at as usize].clone();
        let cycle_of = |at: usize| condensed.cycles.iter().position(|cycle| cycle.groups.contains(&(at as u32)));
        let group = |node: NodeId| members.set.contains(node.index()).then(|| place(node) as u32);
        let attributes = AttributeGroups::new(graph, group);
        let mut repositories: Vec<Repository> = nodes
            .iter()
            .enumerate()
            .filter(|(_, nodes)| !nodes.is_empty())
            .map(|(at, nodes)| Repository {
                name: assigned.names.get(at).map_or("-", String::as_str).to_owned(),
                level: condensed.levels.get(at).copied(),
                cycle: cycle_of(at),
                derivations: nodes.len() as u64,
                packages: distinct(graph, nodes.iter().copied()),
                attributes: attributes.count(at as u32),
                cost: costs.map(|costs| Expense::of(costs, [(1.0, CostSum::of(costs, nodes))])),
            })
            .collect();
        repositories.sort_by(|a, b| (a.level.is_none(), a.level, &a.name).cmp(&(b.level.is_none(), b.level, &b.name)));
        let cut: BTreeSet<usize> = condensed.cycles.iter().flat_map(|cycle| cycle.cut.iter().copied()).collect();
        let mut edges = Vec::with_capacity(found.len());
        for (at, ((&(from, to), found), &(packages, pairs))) in found.iter().zip(&weighed).enumerate() {
            let example = found.example.map(|(input, consumer)| path(graph, &padded, input, consumer));
            let example = example.into_iter().flatten().map(|node| graph.name(node).to_owned()).collect();
            let cut = cut.contains(&at);
            edges.push(RepositoryEdge { from: name(from), to: name(to), packages, pairs, example, cut });
        }
        let all: Vec<&Found> = found.values().collect();
        let cycles = condensed.cycles.into_iter().map(|cycle| RepositoryCycle {
            repositories: cycle.groups.into_iter().map(name).collect(),
            packages: distinct(graph, cycle.cut.iter().flat_map(|&at| &all[at].consumers).map(|&node| NodeId(node))),
            cut: cycle.cut,
            optimal: cycle.optimal,
        });
        Self {
            repositories,
            edges,
            cycles: cycles.collect(),
            unknown: assigned.unknown.clone(),
            notes: assigned.notes.clone(),
        }
    }
}

/// The edges between repositories, by their places: names ascend.
fn edges(members: &Members<'_>, assigned: &Assigned, mapped: &FixedBitSet) -> BTreeMap<(u32, u32), Found> {
    let graph = members.graph;
    let mut found: BTreeMap<(u32, u32), Found> = BTreeMap::new();
    let of = |node: u32| assigned.of_node[node as usize];
    for (input, consumer) in adjacent(&members.propagation, mapped) {
        let (Some(from), Some(to)) = (of(input), of(consumer)) else { continue };
        if from == to {
            continue;
        }
        let edge = found.entry((from, to)).or_default();
        edge.pairs += 1;
        edge.consumers.insert(consumer);
        // the plainest: named by the consumer itself, then by names
        let key = |(input, consumer): (u32, u32)| {
            let direct = members.propagation.consumers(input).binary_search(&consumer).is_ok();
            (!direct, graph.name_id(NodeId(input)), graph.name_id(NodeId(consumer)), input, consumer)
        };
        if edge.example.is_none_or(|known| key((input, consumer)) < key(known)) {
            edge.example = Some((input, consumer));
        }
    }
    found
}

/// Distinct packages, as pnames tell.
fn distinct(graph: &Graph, nodes: impl Iterator<Item = NodeId>) -> u64 {
    let ids: BTreeSet<_> = nodes.map(|node| graph.pname_id(node)).collect();
    ids.into_iter().map(|id| called(graph.string(id))).collect::<BTreeSet<String>>().len() as u64
}

/// The shortest path from an input to a consumer on which nothing else is mapped. O(nodes + edges) before the consumer.
fn path(graph: &Graph, mapped: &FixedBitSet, input: u32, consumer: u32) -> Vec<NodeId> {
    let mut after: BTreeMap<NodeId, NodeId> = BTreeMap::new();
    let mut queue = VecDeque::from([NodeId(consumer)]);
    while let Some(node) = queue.pop_front() {
        if node == NodeId(input) {
            break;
        }
        let passed = node == NodeId(consumer) || !mapped.contains(node.index());
        if !passed || graph.is_fixed(node) {
            continue;
        }
        for (_, before) in graph.input_edges(node).filter(|(_, before)| before.0 >= input) {
            after.entry(before).or_insert_with(|| {
                queue.push_back(before);
                node
            });
        }
    }
    let mut path = vec![NodeId(input)];
    let mut node = NodeId(input);
    while let Some(&next) = after.get(&node) {
        path.push(next);
        node = next;
    }
    path
}
