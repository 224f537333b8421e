//! The builds of a wave, in the order for a farm.

use std::cmp::Reverse;

use super::plan::WavesParams;
use super::report::WaveBuild;
use crate::cost::{Work, schedule};
use crate::graph::{Graph, NodeId};
use crate::query::cost_report::heaviest;
use crate::reach::hours;

/// What a wave builds.
pub(super) struct Builds<'a, S: Fn(NodeId) -> bool> {
    pub(super) graph: &'a Graph,
    pub(super) params: WavesParams<'a>,
    /// Ascending.
    pub(super) nodes: &'a [NodeId],
    /// Whether no later wave makes it.
    pub(super) settles: S,
}

impl<S: Fn(NodeId) -> bool> Builds<'_, S> {
    /// In the order in which a farm begins them; of those that begin at once the longest remaining chain first, then
    /// by name and path. Without a farm each begins when its inputs are there. O((nodes + edges) log nodes).
    pub(super) fn rows(&self) -> Vec<WaveBuild> {
        let Builds { graph, params, nodes, settles } = self;
        let millis = params.costs.millis();
        let at = |node: NodeId| nodes.binary_search(&node).ok();
        let mut starts = vec![0u64; nodes.len()];
        for (place, &node) in nodes.iter().enumerate() {
            let inputs = graph.input_edges(node).filter_map(|(_, input)| at(input).map(|before| (before, input)));
            let ready = inputs.map(|(before, input)| starts[before].saturating_add(millis[input.index()])).max();
            starts[place] = ready.unwrap_or_default();
        }
        if let Some((farm, scheduler)) = params.farm {
            let work = Work { graph, nodes, millis, asked: None };
            if let Ok(schedule) = schedule(&work, farm, scheduler) {
                for run in &schedule.runs {
                    if let Some(place) = at(run.node) {
                        starts[place] = run.start;
                    }
                }
            }
        }
        let mut remaining = vec![0u64; nodes.len()];
        for (place, &node) in nodes.iter().enumerate().rev() {
            let after = graph.consumer_edges(node).filter_map(|(_, consumer)| at(consumer));
            let longest = after.map(|after| remaining[after]).max().unwrap_or_default();
            remaining[place] = longest.saturating_add(millis[node.index()]);
        }
        let heavy = heaviest(graph, params.costs, nodes, params.heaviest);
        let mut order: Vec<usize> = (0..nodes.len()).collect();
        order.sort_by_key(|&place| {
            let node = nodes[place];
            (starts[place], Reverse(remaining[place]), graph.name(node), graph.digest(node))
        });
        let row = |place: usize| {
            let node = nodes[place];
            WaveBuild {
                drv: graph.path(node),
                name: graph.name(node).to_owned(),
                system: graph.system(node).to_owned(),
                hours: hours(millis[node.index()] as f64),
                start_hours: hours(starts[place] as f64),
                remaining_hours: hours(remaining[place] as f64),
                heavy: heavy.contains(&node),
                fetched: graph.is_fixed(node),
                settles: settles(node),
            }
        };
        order.into_iter().map(row).collect()
    }
}
