//! Weights and costs by chance, and what they add up to.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

use nix_ripple::cost::{Costs, SizeRecords, Sizes, Times};
use nix_ripple::graph::{Graph, NodeId};
use nix_ripple::reach::Weights;
use serde_json::{Value, json};

use crate::support::Chance;

/// What the nodes of a graph weigh.
#[derive(Debug, Clone)]
pub(crate) struct Loads {
    pub(crate) millis: Vec<u64>,
    pub(crate) bytes: Option<Vec<u64>>,
}

impl Loads {
    /// Few of equal weight, some of none; with bytes or without. Draws nothing from `chance`.
    pub(crate) fn some(graph: &Graph, chance: &Chance) -> Self {
        let mut chance = Chance(chance.0 ^ 7);
        let wide = chance.below(2) == 0;
        let mut weigh = || -> Vec<u64> {
            let mut weight = || match chance.below(6) {
                0 => 0,
                1 if wide => chance.below(1 << 31) as u64,
                _ => chance.below(100) as u64,
            };
            (0..graph.node_count()).map(|_| weight()).collect()
        };
        let (millis, bytes) = (weigh(), weigh());
        Self { millis, bytes: (chance.below(3) > 0).then_some(bytes) }
    }

    pub(crate) fn weights(&self) -> Weights<'_> {
        Weights { millis: &self.millis, bytes: self.bytes.as_deref() }
    }
}

/// What these nodes weigh, one by one.
pub(crate) fn total(weights: &[u64], nodes: &[NodeId]) -> i64 {
    nodes.iter().map(|node| weights[node.index()] as i64).sum()
}

/// Files of times and sizes of most of a graph's builds: few take long, and few are large.
pub(crate) fn records(graph: &Graph, folder: &Path) -> [PathBuf; 2] {
    let mut chance = Chance(11);
    let mut few = |most: usize| if chance.below(9) == 0 { most + chance.below(most) } else { 1 + chance.below(90) };
    let mut times: BTreeMap<&str, usize> = BTreeMap::new();
    let mut sizes: Vec<Value> = Vec::new();
    for node in graph.nodes().filter(|&node| graph.is_derivation(node)) {
        times.entry(graph.name(node)).or_insert_with(|| few(20_000));
        for (output, digest) in graph.outputs(node).filter(|(_, digest)| digest.is_some()) {
            let path = graph.output_path(node, output, digest);
            sizes.push(json!({"path": path, "narSize": few(1 << 30), "references": []}));
        }
    }
    times.retain(|name, _| name.len() % 3 > 0);
    sizes.truncate(sizes.len() * 3 / 4);
    let files = ["times.json", "sizes.json"].map(|name| folder.join(name));
    std::fs::write(&files[0], serde_json::to_vec(&times).unwrap()).unwrap();
    std::fs::write(&files[1], serde_json::to_vec(&sizes).unwrap()).unwrap();
    files
}

/// The costs that these files tell of.
pub(crate) fn costs(graph: &Graph, [times, sizes]: &[PathBuf; 2]) -> Costs {
    let times = Times::read(std::slice::from_ref(times)).unwrap();
    let sizes = SizeRecords::read(&[sizes]).unwrap();
    Costs::new(graph, &times).with_sizes(Sizes::new(graph, sizes))
}
