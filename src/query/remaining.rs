//! What must really be built, where a part is built already.

use serde::Serialize;

use super::cost_report::CostParams;
use super::expense::CostSum;
use crate::cost::{Work, schedule};
use crate::graph::{Graph, NodeId};
use crate::reach::{ToBuild, heaviest_chain, hours};

/// What must really be built and fetched to have everything that a bump touches.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Remaining {
    /// Derivations to build.
    pub builds: u64,
    /// Those of them that the bump does not touch: they are needed, and not built yet.
    pub beside: u64,
    /// Fixed-output derivations to fetch.
    pub fetches: u64,
    /// Derivations of which somebody needs an output, and all that is needed is built already.
    pub cached: u64,
    /// Holes of the closure that are needed and not built: nobody knows what they need in turn.
    #[serde(skip_serializing_if = "is_zero")]
    pub unknown: u64,
    /// Machine time of the builds and downloads.
    pub hours: f64,
    /// The longest chain of them.
    pub critical_path_hours: f64,
    /// When the farm is done with them, where one is given that can build them.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub makespan_hours: Option<f64>,
}

#[expect(clippy::trivially_copy_pass_by_ref, reason = "serde hands a reference")]
fn is_zero(count: &u64) -> bool {
    *count == 0
}

impl Remaining {
    /// Of what a bump touches all, and what is needed beside it.
    pub(super) fn beside(graph: &Graph, touched: &[NodeId], beside: &ToBuild, params: CostParams<'_>) -> Self {
        let (fetched, built): (Vec<NodeId>, Vec<NodeId>) = touched.iter().partition(|&&node| graph.is_fixed(node));
        let all = ToBuild {
            builds: [built, beside.builds.clone()].concat(),
            fetches: [fetched, beside.fetches.clone()].concat(),
            there: beside.there.clone(),
            unknown: beside.unknown.clone(),
        };
        Self::of(graph, touched, &all, params)
    }

    /// Of what is to build, with what a bump touches (ascending). O(nodes of the graph + edges), and the time of the
    /// schedule.
    pub(super) fn of(graph: &Graph, touched: &[NodeId], all: &ToBuild, params: CostParams<'_>) -> Self {
        let mut made = [all.builds.as_slice(), &all.fetches].concat();
        made.sort_unstable();
        let millis = params.costs.millis();
        let makespan = params.farm.and_then(|(farm, scheduler)| {
            let work = Work { graph, nodes: &made, millis, asked: None };
            schedule(&work, farm, scheduler).ok().map(|schedule| schedule.makespan)
        });
        Self {
            builds: all.builds.len() as u64,
            beside: all.builds.iter().filter(|node| touched.binary_search(node).is_err()).count() as u64,
            fetches: all.fetches.len() as u64,
            cached: all.there.len() as u64,
            unknown: all.unknown.len() as u64,
            hours: hours(CostSum::of(params.costs, &made).millis as f64),
            critical_path_hours: hours(heaviest_chain(graph, &made, millis).1 as f64),
            makespan_hours: makespan.map(|makespan| hours(makespan as f64)),
        }
    }
}
