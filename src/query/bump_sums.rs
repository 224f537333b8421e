//! What many bumps change, each by itself.

use super::expense::CostSum;
use crate::cost::Costs;
use crate::graph::{Graph, NodeId};
use crate::reach::{Propagation, heaviest_chain, longest, totals, totals_of_all};

/// What each of many bumps changes, in their order.
pub(super) struct BumpSums {
    /// Nodes: what is bumped, and all that it has built.
    pub(super) nodes: Vec<u64>,
    /// What they cost; nothing without costs.
    pub(super) costs: Vec<CostSum>,
    /// Milliseconds of the longest chain among them; nothing without costs.
    pub(super) critical: Vec<u64>,
    /// Milliseconds of the longest chain of the closure.
    pub(super) longest: u64,
}

impl BumpSums {
    /// Of every node by itself.
    pub(super) fn of_all(graph: &Graph, costs: Option<&Costs>) -> Self {
        let propagation = Propagation::new(graph);
        let sums = Self::of(graph, costs, |weights| totals_of_all(&propagation, weights));
        sums.with_chains(graph, &propagation, costs, |longest| longest)
    }

    /// Of bumps of several nodes, none of them fixed-output.
    pub(super) fn of_bumps(graph: &Graph, costs: Option<&Costs>, bumps: &[Vec<NodeId>]) -> Self {
        let propagation = Propagation::new(graph);
        let sums = Self::of(graph, costs, |weights| totals(&propagation, bumps, weights));
        sums.with_chains(graph, &propagation, costs, |longest| {
            let most = |bump: &Vec<NodeId>| bump.iter().map(|node| longest[node.index()]).max().unwrap_or_default();
            bumps.iter().map(most).collect()
        })
    }

    /// Adds the chains; `of_bumps` gives those of the bumps out of those of all nodes.
    fn with_chains(
        self,
        graph: &Graph,
        propagation: &Propagation,
        costs: Option<&Costs>,
        of_bumps: impl FnOnce(Vec<u64>) -> Vec<u64>,
    ) -> Self {
        let Some(costs) = costs else { return self };
        let all = longest(propagation, costs.millis());
        // of everything, a download waits for what fetches it
        let nodes: Vec<NodeId> = graph.nodes().collect();
        let (_, longest) = heaviest_chain(graph, &nodes, costs.millis());
        Self { longest, critical: of_bumps(all), ..self }
    }

    /// All but the chains: everything in one pass.
    fn of(graph: &Graph, costs: Option<&Costs>, totals: impl Fn(&[&[u64]]) -> Vec<Vec<u64>>) -> Self {
        let ones = vec![1; graph.node_count()];
        let Some(costs) = costs else {
            let nodes = totals(&[&ones]).into_iter().flatten().collect();
            return Self { nodes, costs: Vec::new(), critical: Vec::new(), longest: 0 };
        };
        let time = |node: NodeId| Some(costs.time(node)).filter(|time| time.measured).map_or(0, |time| time.millis);
        let size = |node: NodeId| costs.size(node).filter(|size| size.measured).map_or(0, |size| size.bytes);
        let times: Vec<u64> = graph.nodes().map(time).collect();
        let sizes: Vec<u64> = graph.nodes().map(size).collect();
        let (bytes, downloads) = (costs.bytes().unwrap_or_default(), costs.downloads().unwrap_or_default());
        let kinds = [&ones, costs.millis(), &times, bytes, &sizes, downloads];
        // what is nothing anywhere need not be added up
        let kinds = kinds.map(|weights| Some(weights).filter(|weights| weights.iter().any(|&weight| weight > 0)));
        let given: Vec<&[u64]> = kinds.iter().flatten().copied().collect();
        let mut found = totals(&given).into_iter();
        let [nodes, millis, millis_measured, bytes, bytes_measured, download_bytes] =
            kinds.map(|weights| weights.and_then(|_| found.next()).unwrap_or_default());
        let at = |sums: &[u64], at: usize| sums.get(at).copied().unwrap_or_default();
        let cost = |bump: usize| CostSum {
            millis: at(&millis, bump),
            millis_measured: at(&millis_measured, bump),
            bytes: at(&bytes, bump),
            bytes_measured: at(&bytes_measured, bump),
            download_bytes: at(&download_bytes, bump),
        };
        let costs = (0..nodes.len()).map(cost).collect();
        Self { nodes, costs, critical: Vec::new(), longest: 0 }
    }
}
