//! Which bumps come before which.

use std::cmp::Reverse;
use std::collections::BTreeMap;

use fixedbitset::FixedBitSet;
use rayon::prelude::*;

use super::bumps::PlannedBump;
use super::made::{Changes, Made};
use super::units::Unit;
use crate::graph::{Graph, NodeId};
use crate::reach::plan::Order;

/// Which units come before which.
pub(super) struct Precedence {
    /// A strict partial order: what is upstream, and what was asked for.
    pub(super) order: Order,
    /// For each unit those whose principals a bump of it would rebuild although it does not come before them,
    /// ascending: what its other instances, or contradictory principals, make.
    pub(super) back: Vec<Vec<u32>>,
}

/// Bumps that cannot be put in an order.
#[derive(Debug, thiserror::Error)]
#[error("no order keeps all of this; take back an 'after': {}", .0.join(", "))]
pub struct Contradiction(
    /// Each step of a circle: which bump before which, and why.
    pub Vec<String>,
);

impl Precedence {
    /// A unit comes before another when one of its principals reaches one of the other's, over propagating edges.
    ///
    /// Where several principals contradict one another, the first ones (by [`first`]) and what was asked for hold;
    /// of the other pairs, in the order of units, those that close no cycle.
    ///
    /// `made` is what a bump of each unit has made, ascending, all instances counted. O(units × (nodes + edges)),
    /// in parallel.
    pub(super) fn new(
        graph: &Graph,
        bumps: &[PlannedBump],
        units: &[Unit],
        changes: &Changes<'_>,
        made: &[Made],
    ) -> Result<Self, Contradiction> {
        let principals = Principals::new(graph, units);
        let unit_of: Vec<u32> = unit_of(bumps.len(), units);
        let asked = bumps.iter().enumerate().flat_map(|(at, bump)| bump.after.iter().map(move |&before| (before, at)));
        let asked: Vec<(u32, u32)> = asked
            .map(|(before, after)| (unit_of[before], unit_of[after]))
            .filter(|(before, after)| before != after)
            .collect();
        let reached: Vec<Reached> =
            (0..units.len()).into_par_iter().map(|at| principals.reached(changes, units, at)).collect();
        let certain = reached.iter().enumerate().flat_map(|(at, reached)| pairs(at, &reached.first));
        let mut sure: Vec<(u32, u32)> = certain.chain(asked.iter().copied()).collect();
        let name = |unit: u32| bumps[units[unit as usize].bumps[0]].wish.name.as_str();
        let told = |cycle: Vec<u32>| {
            let next = cycle.iter().cycle().skip(1);
            let step = |(&before, &after): (&u32, &u32)| {
                let why = if asked.contains(&(before, after)) { "asked for" } else { "upstream" };
                format!("{} before {} ({why})", name(before), name(after))
            };
            Contradiction(cycle.iter().zip(next).map(step).collect())
        };
        let order = |pairs: &[(u32, u32)]| Order::new(units.len(), pairs.iter().copied());
        let base = order(&sure).map_err(told)?;
        // all at once where nothing contradicts
        let others: Vec<(u32, u32)> = reached.iter().enumerate().flat_map(|(at, own)| pairs(at, &own.any)).collect();
        let all: Vec<(u32, u32)> = sure.iter().chain(&others).copied().collect();
        let order = match order(&all) {
            Ok(order) => order,
            Err(_) => {
                let mut growing = Growing::new(&base, units.len());
                sure.extend(others.into_iter().filter(|&(before, after)| growing.take(before, after)));
                order(&sure).map_err(told)?
            }
        };
        let back = made.par_iter().enumerate().map(|(at, made)| {
            let others = principals.units_in(&without(&made.nodes, &units[at].nodes)).into_iter();
            others.filter(|&other| other as usize != at && !order.is_before(at as u32, other)).collect()
        });
        let back = back.collect();
        Ok(Self { order, back })
    }
}

/// The unit of each bump.
pub(super) fn unit_of(bumps: usize, units: &[Unit]) -> Vec<u32> {
    let mut unit_of = vec![0; bumps];
    for (number, unit) in (0u32..).zip(units) {
        for &bump in &unit.bumps {
            unit_of[bump] = number;
        }
    }
    unit_of
}

/// Nodes without others; both ascend.
fn without(nodes: &[NodeId], others: &[NodeId]) -> Vec<NodeId> {
    nodes.iter().copied().filter(|node| others.binary_search(node).is_err()).collect()
}

fn pairs(at: usize, others: &[u32]) -> impl Iterator<Item = (u32, u32)> {
    others.iter().map(move |&other| (at as u32, other))
}

/// The units whose principals a unit's reach, ascending, without itself.
struct Reached {
    /// From first principal to first principal.
    first: Vec<u32>,
    /// From any to any.
    any: Vec<u32>,
}

/// The principals of all units, to be found by node.
struct Principals {
    /// Ascending by node; a principal of several units is there several times.
    of: Vec<(NodeId, u32)>,
    /// None where nothing is built: a source that nothing uses.
    first: Vec<Option<NodeId>>,
}

impl Principals {
    fn new(graph: &Graph, units: &[Unit]) -> Self {
        let all = (0u32..).zip(units).flat_map(|(at, unit)| unit.principals.iter().map(move |&node| (node, at)));
        let mut of: Vec<(NodeId, u32)> = all.collect();
        of.sort_unstable();
        let systems = systems(graph);
        let first = units.iter().map(|unit| first(graph, &unit.principals, &systems));
        Self { of, first: first.collect() }
    }

    /// The units of which these nodes (ascending) hold a principal, ascending.
    fn units_in(&self, nodes: &[NodeId]) -> Vec<u32> {
        let mut found: Vec<u32> =
            self.of.iter().filter(|(node, _)| nodes.binary_search(node).is_ok()).map(|&(_, unit)| unit).collect();
        found.sort_unstable();
        found.dedup();
        found
    }

    fn reached(&self, changes: &Changes<'_>, units: &[Unit], at: usize) -> Reached {
        let others = |mut found: Vec<u32>| {
            found.retain(|&unit| unit as usize != at);
            found
        };
        let Some(own) = self.first[at] else { return Reached { first: Vec::new(), any: Vec::new() } };
        let of_all = changes.rebuilt(&units[at], &units[at].named);
        let of_first = if units[at].named == [own] { of_all.clone() } else { changes.rebuilt(&units[at], &[own]) };
        // what is built from a source comes after it, and not before it, though it stands for it
        let any = others(self.units_in(&without(&of_all, &units[at].named)));
        // where a source and what is built from it have one first principal, that says nothing
        let is_reached = |unit: &u32| {
            let other = self.first[*unit as usize];
            other.is_some_and(|other| other != own && of_first.binary_search(&other).is_ok())
        };
        Reached { first: any.iter().copied().filter(is_reached).collect(), any }
    }
}

/// The principal that decides where several contradict one another: on the system with the most derivations, with the shortest attribute name; then by name and path. The same choice for every bump, so
/// that one set of packages decides.
fn first(graph: &Graph, named: &[NodeId], systems: &BTreeMap<&str, usize>) -> Option<NodeId> {
    let key = |&node: &NodeId| {
        let attributes = graph.attributes_of(node).map(|attribute| graph.attribute_name(attribute));
        let attribute = attributes.map(|name| (name.len(), name)).min();
        let system = systems.get(graph.system(node)).copied().unwrap_or_default();
        (Reverse(system), attribute.is_none(), attribute, graph.name(node), graph.digest(node))
    };
    named.iter().copied().min_by_key(key)
}

/// How many derivations are built on each system.
fn systems(graph: &Graph) -> BTreeMap<&str, usize> {
    let mut systems = BTreeMap::new();
    for node in graph.nodes().filter(|&node| graph.is_derivation(node) && !graph.is_fixed(node)) {
        *systems.entry(graph.system(node)).or_default() += 1;
    }
    systems
}

/// Pairs that are taken one by one where they close no cycle.
struct Growing {
    /// For each unit those that come after it.
    after: Vec<FixedBitSet>,
}

impl Growing {
    fn new(order: &Order, units: usize) -> Self {
        let all = (0..units as u32).map(|at| {
            let mut set = FixedBitSet::with_capacity(units);
            set.extend((0..units).filter(|&other| order.is_before(at, other as u32)));
            set
        });
        Self { after: all.collect() }
    }

    /// Whether the pair was taken. O(units² / 64).
    fn take(&mut self, before: u32, after: u32) -> bool {
        let (before, after) = (before as usize, after as usize);
        if before == after || self.after[after].contains(before) {
            return false;
        }
        if !self.after[before].contains(after) {
            let mut more = self.after[after].clone();
            more.insert(after);
            for (at, set) in self.after.iter_mut().enumerate() {
                if at == before || set.contains(before) {
                    set.union_with(&more);
                }
            }
        }
        true
    }
}
