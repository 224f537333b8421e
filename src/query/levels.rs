//! Levels of a closure or a package set: what waits for what.

mod attributes;
mod repositories;
mod repository_map;

use std::cmp::Reverse;
use std::collections::BTreeMap;

use fixedbitset::FixedBitSet;
use serde::Serialize;

use super::REPORT_VERSION;
use super::expense::{CostSum, Expense};
use super::resolve::{ResolveError, resolve};
use super::selector::Selector;
use crate::cost::Costs;
use crate::graph::{Graph, NodeId};
use crate::reach::{Propagation, adjacent, covers, dependents_of, hours, levels as levels_among};
use attributes::{AttributeGroups, names};
pub use repositories::{RepositoriesReport, Repository, RepositoryCycle, RepositoryEdge};
pub use repository_map::{RepositoryMap, UnknownPackage};

/// How many members of a level are named.
const FIRST: usize = 3;

/// What to report.
#[derive(Debug, Clone, Copy, Default)]
pub struct LevelsParams<'p> {
    /// List every member.
    pub list: bool,
    /// Tell what depends on what: of members that are listed, else of levels.
    pub edges: bool,
    /// What builds cost.
    pub costs: Option<&'p Costs>,
    /// Which repository has which package, and whether bare words there mean only what they name.
    pub repositories: Option<(&'p RepositoryMap, bool)>,
}

/// The answer.
#[derive(Debug, Clone, Serialize)]
pub struct LevelsReport {
    /// Version of this shape.
    pub version: u32,
    /// The package set; none for all that is built.
    pub selectors: Vec<String>,
    /// Members: derivations that are built.
    pub derivations: u64,
    /// Distinct names that evaluations have for them.
    pub attributes: u64,
    /// Named by the selectors, but never built: fixed-output derivations, input sources, holes.
    pub left_out: u64,
    /// What they cost together.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub cost: Option<Expense>,
    /// From the roots, without a gap.
    pub levels: Vec<Level>,
    /// Every member, by level, name and path.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub members: Option<Vec<LevelMember>>,
    /// Of listed members, by their places in the list: input and consumer, only where no third stands between.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub member_edges: Vec<[usize; 2]>,
    /// Of levels, where members are not listed.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub level_edges: Vec<LevelEdge>,
    /// The same for repositories.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub repositories: Option<RepositoriesReport>,
}

/// Members of which none waits for another.
#[derive(Debug, Clone, Serialize)]
pub struct Level {
    /// The most members on a path to one of these.
    pub level: u32,
    /// How many they are.
    pub derivations: u64,
    /// Distinct attributes; one with several systems stands in the last level that it has one in.
    pub attributes: u64,
    /// What they cost together.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub cost: Option<Expense>,
    /// The first few by time, where costs are told, else by what they rebuild; each name once.
    pub first: Vec<LevelMember>,
}

/// A member.
#[derive(Debug, Clone, Serialize)]
pub struct LevelMember {
    /// The path of the derivation.
    pub drv: String,
    /// Its name.
    pub name: String,
    /// The system that it is built on.
    pub system: String,
    /// The most members on a path to it.
    pub level: u32,
    /// Its attributes, bare names, each once.
    pub attributes: Vec<String>,
    /// Derivations that its bump rebuilds, also outside of the set, itself not counted.
    pub dependents: u32,
    /// Machine time of its build.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub hours: Option<f64>,
    /// Whether a record says so.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub measured: Option<bool>,
    /// The repository that it is in; none where the map does not say.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub repository: Option<String>,
}

/// Dependencies between two levels.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
pub struct LevelEdge {
    /// The inputs' level.
    pub from: u32,
    /// The consumers' level.
    pub to: u32,
    /// Pairs of an input and a consumer that needs it, with no other member between.
    pub pairs: u64,
}

/// Why there are no levels.
#[derive(Debug, thiserror::Error)]
pub enum LevelsError {
    /// A selector, or all packages of a map, name nothing.
    #[error(transparent)]
    Resolve(#[from] ResolveError),
    /// The set has no member.
    #[error("'{0}' names nothing that is built, only fixed-output derivations and input sources")]
    NothingBuilt(String),
}

/// The members of a package set, with levels and costs.
struct Members<'g> {
    graph: &'g Graph,
    propagation: Propagation,
    set: FixedBitSet,
    ids: Vec<NodeId>,
    levels: Vec<u32>,
    /// By place in `ids`.
    dependents: Vec<u32>,
}

/// The levels of a package set (as named, never extended), or of everything that is built, where no selector is given.
///
/// O(nodes + edges) and the counts of dependents ([`crate::reach::totals_of_all`]); edges and repositories besides
/// O(members · (nodes + edges) / 64).
///
/// # Errors
/// With all selectors that match nothing, or when there is no member.
pub fn levels(graph: &Graph, selectors: &[Selector], params: LevelsParams<'_>) -> Result<LevelsReport, LevelsError> {
    let (ids, left_out) = members(graph, selectors)?;
    let propagation = Propagation::new(graph);
    let set: FixedBitSet = ids.iter().map(|node| node.index()).collect();
    let mut padded = set;
    padded.grow(graph.node_count());
    let levels = levels_among(&propagation, &padded);
    let plain: Vec<u32> = ids.iter().map(|node| node.0).collect();
    let dependents = dependents_of(&propagation, &plain);
    let members = Members { graph, propagation, set: padded, ids, levels, dependents };
    let assigned = params.repositories.map(|(map, only)| map.assign(graph, only)).transpose()?;
    let repository = |node: NodeId| assigned.as_ref().and_then(|assigned| assigned.name_of(node)).map(str::to_owned);
    let mut report = LevelsReport {
        version: REPORT_VERSION,
        selectors: selectors.iter().map(|selector| selector.text.clone()).collect(),
        derivations: members.ids.len() as u64,
        attributes: 0,
        left_out,
        cost: params.costs.map(|costs| Expense::of(costs, [(1.0, CostSum::of(costs, &members.ids))])),
        levels: members.by_level(params.costs),
        members: None,
        member_edges: Vec::new(),
        level_edges: Vec::new(),
        repositories: assigned.as_ref().map(|assigned| RepositoriesReport::of(&members, assigned, params.costs)),
    };
    report.attributes = report.levels.iter().map(|level| level.attributes).sum();
    if params.list {
        let mut order: Vec<usize> = (0..members.ids.len()).collect();
        order.sort_by_key(|&at| members.key(at));
        let told =
            |at: &usize| LevelMember { repository: repository(members.ids[*at]), ..members.told(*at, params.costs) };
        report.members = Some(order.iter().map(told).collect());
        if params.edges {
            report.member_edges = members.edges(&order);
        }
    } else if params.edges {
        report.level_edges = members.level_edges();
    }
    Ok(report)
}

/// What is built of what the selectors name, ascending, and how much of it never is.
fn members(graph: &Graph, selectors: &[Selector]) -> Result<(Vec<NodeId>, u64), LevelsError> {
    let is_built = |&node: &NodeId| graph.is_derivation(node) && !graph.is_fixed(node) && !graph.is_missing(node);
    let mut named: Vec<NodeId> = match selectors {
        [] => graph.nodes().filter(is_built).collect(),
        _ => resolve(graph, selectors, true)?.into_iter().flat_map(|bump| bump.nodes).collect(),
    };
    named.sort_unstable();
    named.dedup();
    let all = named.len();
    named.retain(is_built);
    if named.is_empty() {
        let words: Vec<&str> = selectors.iter().map(|selector| selector.text.as_str()).collect();
        return Err(LevelsError::NothingBuilt(if words.is_empty() {
            "the closure".to_owned()
        } else {
            words.join(" ")
        }));
    }
    let left_out = all - named.len();
    Ok((named, left_out as u64))
}

impl Members<'_> {
    fn level(&self, at: usize) -> u32 {
        self.levels[self.ids[at].index()]
    }

    /// Level, name, path.
    fn key(&self, at: usize) -> (u32, &str, crate::nix::Digest) {
        (self.level(at), self.graph.name(self.ids[at]), self.graph.digest(self.ids[at]))
    }

    fn told(&self, at: usize, costs: Option<&Costs>) -> LevelMember {
        let node = self.ids[at];
        let time = costs.map(|costs| costs.time(node));
        LevelMember {
            drv: self.graph.path(node),
            name: self.graph.name(node).to_owned(),
            system: self.graph.system(node).to_owned(),
            level: self.level(at),
            attributes: names(self.graph, node),
            dependents: self.dependents[at],
            hours: time.map(|time| hours(time.millis as f64)),
            measured: time.map(|time| time.measured),
            repository: None,
        }
    }

    fn by_level(&self, costs: Option<&Costs>) -> Vec<Level> {
        let mut by_level: BTreeMap<u32, Vec<usize>> = BTreeMap::new();
        (0..self.ids.len()).for_each(|at| by_level.entry(self.level(at)).or_default().push(at));
        let level_of = |node: NodeId| self.set.contains(node.index()).then(|| self.levels[node.index()]);
        let attributes = AttributeGroups::new(self.graph, level_of);
        let level = |(level, places): (u32, Vec<usize>)| {
            let nodes = places.iter().map(|&at| &self.ids[at]);
            Level {
                level,
                derivations: places.len() as u64,
                attributes: attributes.count(level),
                cost: costs.map(|costs| Expense::of(costs, [(1.0, CostSum::of(costs, nodes))])),
                first: self.first(places, costs),
            }
        };
        by_level.into_iter().map(level).collect()
    }

    /// The first few of a level, each name once.
    fn first(&self, mut places: Vec<usize>, costs: Option<&Costs>) -> Vec<LevelMember> {
        let weight = |at: usize| match costs {
            Some(costs) => costs.time(self.ids[at]).millis,
            None => self.dependents[at].into(),
        };
        places.sort_by_cached_key(|&at| (Reverse(weight(at)), self.key(at)));
        let mut first: Vec<usize> = Vec::with_capacity(FIRST);
        for at in places {
            if first.len() == FIRST {
                break;
            }
            if first.iter().all(|&known| self.graph.name_id(self.ids[known]) != self.graph.name_id(self.ids[at])) {
                first.push(at);
            }
        }
        first.into_iter().map(|at| self.told(at, costs)).collect()
    }

    /// The edges that tell everything, by places in an order.
    fn edges(&self, order: &[usize]) -> Vec<[usize; 2]> {
        let mut place = vec![0; self.graph.node_count()];
        order.iter().enumerate().for_each(|(at, &member)| place[self.ids[member].index()] = at);
        let mut edges: Vec<[usize; 2]> = covers(&self.propagation, &self.set)
            .into_iter()
            .map(|(input, consumer)| [place[input as usize], place[consumer as usize]])
            .collect();
        edges.sort_unstable();
        edges
    }

    fn level_edges(&self) -> Vec<LevelEdge> {
        let mut counts: BTreeMap<(u32, u32), u64> = BTreeMap::new();
        for (input, consumer) in adjacent(&self.propagation, &self.set) {
            *counts.entry((self.levels[input as usize], self.levels[consumer as usize])).or_default() += 1;
        }
        counts.into_iter().map(|((from, to), pairs)| LevelEdge { from, to, pairs }).collect()
    }
}
