//! Which bumps rebuild the most.

use std::cmp::Reverse;

use serde::Serialize;

use super::REPORT_VERSION;
use super::bump_sums::BumpSums;
use super::expense::{CostSum, Expense};
use crate::cost::Costs;
use crate::graph::{Graph, NodeId};
use crate::reach::hours;

/// What comes first.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum By {
    /// What rebuilds the most derivations.
    #[default]
    Builds,
    /// What takes the most machine time.
    Hours,
    /// What writes the most bytes: the NARs of all outputs.
    Bytes,
    /// What takes longest however many machines there are.
    CriticalPath,
}

/// Why there is no order.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum RankError {
    /// By costs, without any.
    #[error("no costs are given, by which to rank")]
    NoCosts,
    /// By bytes, without sizes.
    #[error("no sizes are known, by which to rank")]
    NoSizes,
}

/// What to report.
#[derive(Debug, Clone, Copy, Default)]
pub struct RankParams<'c> {
    /// The first so many; all when `None`.
    pub top: Option<usize>,
    /// What comes first.
    pub by: By,
    /// What builds cost, to tell it and to go by it.
    pub costs: Option<&'c Costs>,
}

/// The answer.
#[derive(Debug, Clone, Serialize)]
pub struct RankReport {
    /// Version of this shape.
    pub version: u32,
    /// What comes first; with costs.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub by: Option<By>,
    /// What the whole closure costs; with costs.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub closure: Option<BumpCost>,
    /// How many nodes there are.
    pub total: u64,
    /// Nodes by what was asked for, the most first, then by name and path.
    pub nodes: Vec<RankedNode>,
}

/// A node as a bump.
#[derive(Debug, Clone, Serialize)]
pub struct RankedNode {
    /// The path of the derivation, or of the input source.
    pub drv: String,
    /// Its name.
    pub name: String,
    /// What it is built on; empty for an input source.
    pub system: String,
    /// The attributes that name it, without systems, each once.
    pub attributes: Vec<String>,
    /// Derivations that its bump rebuilds, itself not counted.
    pub dependents: u32,
    /// What its bump costs: its own build or download, and those rebuilds; with costs.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub cost: Option<BumpCost>,
}

/// What a bump costs.
#[derive(Debug, Clone, Copy, PartialEq, Serialize)]
pub struct BumpCost {
    /// All of it.
    #[serde(flatten)]
    pub all: Expense,
    /// Machine time of its longest chain of builds, which no number of machines shortens.
    pub critical_path_hours: f64,
}

impl BumpCost {
    pub(super) fn new(costs: &Costs, sum: CostSum, critical: u64) -> Self {
        Self { all: Expense::of(costs, [(1.0, sum)]), critical_path_hours: hours(critical as f64) }
    }

    /// Of everything.
    pub(super) fn of_closure(graph: &Graph, costs: &Costs, critical: u64) -> Self {
        let all: Vec<NodeId> = graph.nodes().collect();
        Self::new(costs, CostSum::of(costs, &all), critical)
    }
}

impl BumpSums {
    /// By what bumps are put in order: derivations, milliseconds or bytes.
    pub(super) fn keys(&self, by: By) -> Vec<u64> {
        let of = |key: fn(&CostSum) -> u64| self.costs.iter().map(key).collect();
        match by {
            By::Builds => self.nodes.clone(),
            By::Hours => of(|sum| sum.millis),
            By::CriticalPath => self.critical.clone(),
            By::Bytes => of(|sum| sum.bytes),
        }
    }
}

impl By {
    /// Whether it is known by what to go.
    pub(super) fn check(self, costs: Option<&Costs>) -> Result<(), RankError> {
        match (self, costs) {
            (Self::Builds, _) => Ok(()),
            (_, None) => Err(RankError::NoCosts),
            (Self::Bytes, Some(costs)) if costs.bytes().is_none() => Err(RankError::NoSizes),
            (_, Some(_)) => Ok(()),
        }
    }
}

/// What every node's bump rebuilds and costs, exactly: of derivations, of fixed-output ones (a new
/// hash) and of input sources.
///
/// Time and memory are those of [`crate::reach::totals_of_all`].
///
/// # Errors
/// When it is to go by what is not known.
pub fn rank(graph: &Graph, params: RankParams<'_>) -> Result<RankReport, RankError> {
    params.by.check(params.costs)?;
    let sums = BumpSums::of_all(graph, params.costs);
    let keys = sums.keys(params.by);
    let mut order: Vec<NodeId> = graph.nodes().collect();
    let key = |node: &NodeId| (Reverse(keys[node.index()]), graph.name(*node), graph.digest(*node));
    let total = order.len();
    let top = params.top.unwrap_or(order.len()).min(order.len());
    if top < order.len() && top > 0 {
        order.select_nth_unstable_by(top - 1, |a, b| key(a).cmp(&key(b)));
    }
    order.truncate(top);
    order.sort_unstable_by(|a, b| key(a).cmp(&key(b)));
    let ranked = |node: NodeId| {
        let at = node.index();
        RankedNode {
            drv: graph.path(node),
            name: graph.name(node).to_owned(),
            system: graph.system(node).to_owned(),
            attributes: attributes_of(graph, node),
            dependents: (sums.nodes[at] - 1) as u32,
            cost: params.costs.map(|costs| BumpCost::new(costs, sums.costs[at], sums.critical[at])),
        }
    };
    Ok(RankReport {
        version: REPORT_VERSION,
        by: params.costs.map(|_| params.by),
        closure: params.costs.map(|costs| BumpCost::of_closure(graph, costs, sums.longest)),
        total: total as u64,
        nodes: order.into_iter().map(ranked).collect(),
    })
}

/// The attributes that name a node, without systems, each once.
fn attributes_of(graph: &Graph, node: NodeId) -> Vec<String> {
    let mut names: Vec<&str> = graph.attributes_of(node).map(|attribute| graph.attribute_name(attribute)).collect();
    names.sort_unstable();
    names.dedup();
    names.into_iter().map(str::to_owned).collect()
}
