//! A year of bumps.

use std::collections::BTreeMap;

use super::rates::BumpRates;
use crate::cost::Costs;
use crate::graph::{Graph, NodeId};
use crate::nix::called;
use crate::query::bump_sums::BumpSums;
use crate::query::expense::Expense;
use crate::reach::BumpGroup;

/// The derivations that are built, by what is bumped together: what they are [`called`].
///
/// Overestimates what moves together: unrelated packages of one pname (`hook`) are one bump.
/// Underestimates it: what has one source under several pnames is several.
pub(in crate::query) fn by_pname(graph: &Graph) -> BTreeMap<String, Vec<NodeId>> {
    let mut found: BTreeMap<String, Vec<NodeId>> = BTreeMap::new();
    for node in graph.nodes().filter(|&node| is_built(graph, node)) {
        found.entry(called(graph.pname(node))).or_default().push(node);
    }
    found
}

/// Whether a change of an input can have it built.
pub(super) fn is_built(graph: &Graph, node: NodeId) -> bool {
    graph.is_derivation(node) && !graph.is_fixed(node) && !graph.is_missing(node)
}

/// Each package, as often as it is bumped.
pub(super) fn year(packages: &BTreeMap<String, Vec<NodeId>>, rates: &BumpRates) -> Vec<BumpGroup> {
    packages.iter().map(|(pname, nodes)| BumpGroup { rate: rates.of(pname), nodes: nodes.clone() }).collect()
}

/// How many full builds these bumps make, and what these cost. O(sums of all bumps).
pub(in crate::query) fn year_makes(
    graph: &Graph,
    bumps: &[BumpGroup],
    costs: Option<&Costs>,
) -> (f64, Option<Expense>) {
    let nodes: Vec<Vec<NodeId>> = bumps.iter().map(|bump| bump.nodes.clone()).collect();
    let sums = BumpSums::of_bumps(graph, costs, &nodes);
    let rates = || bumps.iter().map(|bump| bump.rate);
    // in one order, so that it is rounded in one way
    let builds = rates().zip(&sums.nodes).map(|(rate, &built)| rate * built as f64).sum();
    (builds, costs.map(|costs| Expense::of(costs, rates().zip(sums.costs.iter().copied()))))
}
