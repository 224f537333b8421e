//! What each bump has built and fetched again.

use std::collections::BTreeSet;

use rayon::prelude::*;

use super::bumps::PlannedBump;
use super::units::Unit;
use crate::graph::{EdgeId, Graph, NodeId};
use crate::ingest::Progress;
use crate::reach::{Edits, RebuildSet, Treatment, nearest_path, rebuild_edited};

/// What is made again. All lists ascend, each node once.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(super) struct Made {
    /// Full builds, and the bumped fixed-output derivations, which are fetched again.
    pub(super) nodes: Vec<NodeId>,
    /// Consumers whose wrapper is made again, after remedies.
    pub(super) wrappers: Vec<NodeId>,
    /// Consumers whose detached tests run again, after remedies.
    pub(super) tests: Vec<NodeId>,
}

impl Made {
    /// By one bump, in the edited graph.
    fn of(graph: &Graph, bumped: &[NodeId], edits: &Edits) -> Self {
        let (mut nodes, fetched, wrappers, tests) = if edits.is_empty() {
            let rebuilt = RebuildSet::of(graph, bumped);
            (rebuilt.nodes, rebuilt.fetched, Vec::new(), Vec::new())
        } else {
            let rebuilt = rebuild_edited(graph, bumped, edits);
            let fetched = bumped.iter().copied().filter(|&node| graph.is_fixed(node)).collect();
            (rebuilt.builds, fetched, rebuilt.wrappers, rebuilt.tests)
        };
        nodes.extend(fetched);
        nodes.sort_unstable();
        nodes.dedup();
        Self { nodes, wrappers, tests }
    }

    /// By each unit, from what its bumps make alone.
    pub(super) fn of_units(units: &[Unit], alone: &[Self]) -> Vec<Self> {
        let of = |unit: &Unit| match unit.bumps.as_slice() {
            [one] => alone[*one].clone(),
            several => Self::together(several.iter().map(|&bump| &alone[bump])),
        };
        units.iter().map(of).collect()
    }

    /// By several, each on its own.
    pub(super) fn together<'m>(all: impl IntoIterator<Item = &'m Self> + Clone) -> Self {
        let union = |of: fn(&Self) -> &[NodeId]| -> Vec<NodeId> {
            let nodes: BTreeSet<NodeId> = all.clone().into_iter().flat_map(|made| of(made).iter().copied()).collect();
            nodes.into_iter().collect()
        };
        Self {
            nodes: union(|made| &made.nodes),
            wrappers: union(|made| &made.wrappers),
            tests: union(|made| &made.tests),
        }
    }
}

/// How changes come through the graph, where packages pin what they build with.
pub(super) struct Changes<'a> {
    graph: &'a Graph,
    bumps: &'a [PlannedBump],
    /// What is treated, whatever is bumped.
    remedies: &'a Edits,
    /// For each bump the edges over which it does not come: from what it changes to who pins it.
    cut: Vec<Vec<EdgeId>>,
}

impl<'a> Changes<'a> {
    /// A pin cuts the edges from what a bump changes to what the pinning bump changes: there the old version goes on
    /// being an input. It cuts nothing else: where the new version comes by way of a third package, it comes.
    /// O(inputs of what pins).
    pub(super) fn new(graph: &'a Graph, bumps: &'a [PlannedBump], remedies: &'a Edits) -> Self {
        let mut cut = vec![Vec::new(); bumps.len()];
        for bump in bumps {
            for &pinned in &bump.pins {
                let inputs = bump.nodes.iter().flat_map(|&node| graph.input_edges(node));
                let own = inputs.filter(|(_, input)| bumps[pinned].nodes.binary_search(input).is_ok());
                cut[pinned].extend(own.map(|(edge, _)| edge));
            }
        }
        Self { graph, bumps, remedies, cut }
    }

    fn edits(&self, bump: usize, base: &Edits) -> Edits {
        let mut edits = base.clone();
        for &edge in &self.cut[bump] {
            edits.treat(edge, Treatment::Drop);
        }
        edits
    }

    /// What each bump has made again, with the remedies. O(bumps × (nodes + edges)), in parallel.
    pub(super) fn made(&self) -> Vec<Made> {
        self.made_counting(&Progress::default())
    }

    /// The same, each bump counted.
    pub(super) fn made_counting(&self, progress: &Progress) -> Vec<Made> {
        let made = self.bumps.par_iter().enumerate();
        let made = made.map(|(at, bump)| {
            let made = match self.cut[at].as_slice() {
                [] => Made::of(self.graph, &bump.nodes, self.remedies),
                _ => Made::of(self.graph, &bump.nodes, &self.edits(at, self.remedies)),
            };
            progress.add(1);
            made
        });
        made.collect()
    }

    /// What a change of some of a unit's nodes would have built, whatever remedies spare; ascending.
    pub(super) fn rebuilt(&self, unit: &Unit, nodes: &[NodeId]) -> Vec<NodeId> {
        if unit.bumps.iter().all(|&bump| self.cut[bump].is_empty()) {
            return RebuildSet::of(self.graph, nodes).nodes;
        }
        let mut all = Vec::new();
        for &bump in &unit.bumps {
            // what is built from a source stands for it, and is no node of the bump
            let is_own = |node: &NodeId| {
                self.bumps[bump].nodes.binary_search(node).is_ok() || unit.nodes.binary_search(node).is_err()
            };
            let own: Vec<NodeId> = nodes.iter().copied().filter(is_own).collect();
            all.extend(rebuild_edited(self.graph, &own, &self.edits(bump, &Edits::default())).builds);
        }
        all.sort_unstable();
        all.dedup();
        all
    }

    /// A shortest way on which a change of any of a unit's nodes has one of `to` rebuilt; none where there is none.
    pub(super) fn way(&self, unit: &Unit, from: &[NodeId], to: &[NodeId]) -> Vec<NodeId> {
        let of_bump = |&bump: &usize| -> Vec<NodeId> {
            let passes = |edge: EdgeId| !self.cut[bump].contains(&edge);
            let own = from.iter().copied().filter(|node| self.bumps[bump].nodes.binary_search(node).is_ok());
            nearest_path(self.graph, &own.collect::<Vec<_>>(), to, passes)
        };
        let ways = unit.bumps.iter().map(of_bump).filter(|way| !way.is_empty());
        ways.min_by_key(Vec::len).unwrap_or_default()
    }

    /// Whether a bump's pin cuts any edge from what another changes.
    pub(super) fn cuts(&self, pinned: usize, by: usize) -> bool {
        let consumers = self.cut[pinned].iter().map(|&edge| self.graph.edge_consumer(edge));
        let mut own = consumers.filter(|node| self.bumps[by].nodes.binary_search(node).is_ok());
        own.next().is_some()
    }
}
