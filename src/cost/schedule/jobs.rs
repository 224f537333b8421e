//! Work as numbers: builds, what waits for what, and which machines will do.

use std::cmp::Reverse;
use std::collections::BTreeMap;

use super::keys::{places, ranks};
use super::{Scheduler, Unbuildable, Work};
use crate::cost::farm::Farm;
use crate::graph::{Direction, NodeId};

/// Where a node is no goal.
const NONE: u32 = u32::MAX;

/// Builds that wait for each other, numbered from 0, inputs before consumers.
#[derive(Debug, Clone)]
pub(super) struct Net {
    /// Milliseconds of each on a machine of speed 1.
    pub(super) millis: Vec<u64>,
    /// The class of each: by what it can be built.
    pub(super) class: Vec<u32>,
    /// What waits for job `i` is `targets[offsets[i]..offsets[i + 1]]`, each larger than `i`.
    offsets: Vec<u32>,
    targets: Vec<u32>,
}

impl Net {
    /// From lists of what waits for each.
    pub(super) fn new(millis: Vec<u64>, class: Vec<u32>, waiting: impl Iterator<Item = Vec<u32>>) -> Self {
        let mut net = Self { millis, class, offsets: vec![0], targets: Vec::new() };
        for list in waiting {
            net.push(list.into_iter());
        }
        net
    }

    fn push(&mut self, waiting: impl Iterator<Item = u32>) {
        self.targets.extend(waiting);
        self.offsets.push(self.targets.len() as u32);
    }

    /// Appends a job like one of another net; `waiting` are jobs of this net, larger than it.
    pub(super) fn add(&mut self, like: &Self, job: u32, waiting: impl Iterator<Item = u32>) {
        self.millis.push(like.millis[job as usize]);
        self.class.push(like.class[job as usize]);
        self.push(waiting);
    }

    pub(super) fn len(&self) -> usize {
        self.millis.len()
    }

    /// What waits for a job.
    pub(super) fn waiting(&self, job: u32) -> &[u32] {
        &self.targets[self.offsets[job as usize] as usize..self.offsets[job as usize + 1] as usize]
    }

    /// For how many jobs each waits.
    pub(super) fn missing(&self) -> Vec<u32> {
        let mut missing = vec![0; self.len()];
        self.targets.iter().for_each(|&job| missing[job as usize] += 1);
        missing
    }

    /// Milliseconds of the longest chain that begins with each job. O(n + e).
    pub(super) fn longest_paths(&self) -> Vec<u64> {
        let mut remaining = self.millis.clone();
        for job in (0..self.len() as u32).rev() {
            let behind = self.waiting(job).iter().map(|&next| remaining[next as usize]).max();
            remaining[job as usize] = remaining[job as usize].saturating_add(behind.unwrap_or_default());
        }
        remaining
    }

    /// The place of each in the order of the longest chains, among equals by rank.
    pub(super) fn by_longest_path(&self, rank: &[u32]) -> Vec<u32> {
        let remaining = self.longest_paths();
        let mut order: Vec<u32> = (0..self.len() as u32).collect();
        order.sort_unstable_by_key(|&job| (Reverse(remaining[job as usize]), rank[job as usize]));
        places(&order)
    }
}

/// The jobs of a piece of work.
pub(super) struct Jobs {
    /// The node of each, ascending.
    pub(super) nodes: Vec<NodeId>,
    /// Which goal each node of the graph is: a job, or one of `outside`, counted on from the jobs.
    goal: Vec<u32>,
    /// Derivations beside the jobs that jobs have as inputs; for Nix alone, which looks at them.
    pub(super) outside: usize,
    /// The place of each goal in the order of Nix's keys.
    pub(super) rank: Vec<u32>,
    pub(super) net: Net,
    /// For each class the kinds of machines that can build it, ascending; never none.
    pub(super) classes: Vec<Vec<u32>>,
}

impl Jobs {
    pub(super) fn new(work: &Work<'_>, farm: &Farm, order: Scheduler) -> Result<Self, Vec<Unbuildable>> {
        let graph = work.graph;
        let is_built = |node: &NodeId| graph.is_derivation(*node) && !graph.is_missing(*node);
        let nodes: Vec<NodeId> = work.nodes.iter().copied().filter(is_built).collect();
        let mut goal = vec![NONE; graph.node_count()];
        for (job, node) in nodes.iter().enumerate() {
            goal[node.index()] = job as u32;
        }
        let Classed { class, classes } = Classed::new(work, &nodes, farm)?;
        let millis = nodes.iter().map(|node| work.millis[node.index()]).collect();
        let mut net = Net::new(millis, class, std::iter::empty());
        let consumers = graph.adjacency(Direction::Consumers);
        for node in &nodes {
            net.push(consumers.of(node.0).iter().map(|&consumer| goal[consumer as usize]).filter(|&job| job != NONE));
        }
        let mut goals = nodes.clone();
        if order == Scheduler::Nix {
            let inputs = graph.adjacency(Direction::Inputs);
            for &input in nodes.iter().flat_map(|node| inputs.of(node.0)) {
                if goal[input as usize] == NONE && graph.is_derivation(NodeId(input)) {
                    goal[input as usize] = goals.len() as u32;
                    goals.push(NodeId(input));
                }
            }
        }
        let rank = ranks(graph, &goals);
        Ok(Self { outside: goals.len() - nodes.len(), nodes, goal, rank, net, classes })
    }

    /// The goal that a node is.
    pub(super) fn goal(&self, node: NodeId) -> Option<u32> {
        self.goal.get(node.index()).copied().filter(|&goal| goal != NONE)
    }
}

/// Jobs by what can build them.
struct Classed {
    /// The class of each job.
    class: Vec<u32>,
    /// The kinds of machines that can build each class.
    classes: Vec<Vec<u32>>,
}

impl Classed {
    fn new(work: &Work<'_>, nodes: &[NodeId], farm: &Farm) -> Result<Self, Vec<Unbuildable>> {
        let graph = work.graph;
        let mut demands: BTreeMap<(&str, Vec<&str>), u32> = BTreeMap::new();
        let demand_of: Vec<u32> = nodes
            .iter()
            .map(|&node| {
                let next = demands.len() as u32;
                *demands.entry((graph.system(node), graph.features(node).collect())).or_insert(next)
            })
            .collect();
        let mut class_of = vec![NONE; demands.len()];
        let mut known: BTreeMap<Vec<u32>, u32> = BTreeMap::new();
        let mut lacking = BTreeMap::new();
        for ((system, features), &demand) in &demands {
            let kinds = (0..).zip(farm.machines()).filter(|(_, kind)| kind.builds(system, features));
            let kinds: Vec<u32> = kinds.map(|(kind, _)| kind).collect();
            if kinds.is_empty() {
                lacking.insert(demand, (*system, features.as_slice()));
            } else {
                let next = known.len() as u32;
                class_of[demand as usize] = *known.entry(kinds).or_insert(next);
            }
        }
        if !lacking.is_empty() {
            return Err(unbuildable(work, nodes, &demand_of, &lacking));
        }
        let mut classes = vec![Vec::new(); known.len()];
        for (kinds, class) in known {
            classes[class as usize] = kinds;
        }
        Ok(Self { class: demand_of.into_iter().map(|demand| class_of[demand as usize]).collect(), classes })
    }
}

fn unbuildable(
    work: &Work<'_>,
    nodes: &[NodeId],
    demand_of: &[u32],
    lacking: &BTreeMap<u32, (&str, &[&str])>,
) -> Vec<Unbuildable> {
    let mut found: BTreeMap<u32, Vec<NodeId>> = BTreeMap::new();
    for (&node, demand) in nodes.iter().zip(demand_of).filter(|(_, demand)| lacking.contains_key(demand)) {
        found.entry(*demand).or_default().push(node);
    }
    let key = |node: &NodeId| (work.graph.name(*node), work.graph.digest(*node));
    let mut all: Vec<Unbuildable> = found
        .into_iter()
        .filter_map(|(demand, nodes)| {
            let (system, features) = lacking.get(&demand)?;
            let first = *nodes.iter().min_by_key(|&node| key(node))?;
            let features = features.iter().map(|&feature| feature.to_owned()).collect();
            Some(Unbuildable { system: (*system).to_owned(), features, builds: nodes.len() as u64, first })
        })
        .collect();
    all.sort_by(|a, b| (&a.system, &a.features).cmp(&(&b.system, &b.features)));
    all
}
