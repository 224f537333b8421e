//! What a build really sees: its own inputs, and what they propagate.

use std::collections::{BTreeMap, BTreeSet};

use fixedbitset::FixedBitSet;
use hashbrown::HashSet;
use rustc_hash::FxBuildHasher;

use super::list::{DependencyList, Offsets};
use super::roles::Role;
use crate::graph::{EdgeId, Graph, NodeId};
use crate::ingest::raw::flag;

/// An input as a build of its consumer sees it: an output at offsets.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct EffectiveInput<'g> {
    /// The derivation or input source.
    pub node: NodeId,
    /// The output; empty for a source.
    pub output: &'g str,
    /// Where it runs and what it makes things for, seen from the consumer.
    pub offsets: Offsets,
    /// The shortest chain of inputs that carries it, nearest to the consumer first; empty where the
    /// consumer lists it itself.
    pub chain: Vec<NodeId>,
}

/// The effective inputs of every node, found on demand.
///
/// A package's propagated lists are written into the `nix-support` of its `dev` output (else `out`);
/// a consumer that lists this output gets what stands there as if it listed it itself, at shifted
/// offsets, transitively (`findInputs` in stdenv's `setup.sh`). A package with several outputs
/// propagates those that hold its programs and libraries, too (`multiple-outputs.sh`). What the
/// environment itself brings along (the compiler) comes under the role `stdenv`, not here.
///
/// Making it costs O(edges) time and memory for the propagated lists alone; nothing is kept a pair.
///
/// Over-estimates: a derivation with a `buildCommand` is taken to write its lists, as set-up hooks
/// do. Under-estimates: what a script writes into `nix-support` by itself (the hooks of the nixpkgs
/// of 2018 did), `propagatedBuildOutputs`, and `outputDev` where it is none of `dev` and `out`.
#[derive(Debug)]
pub struct EffectiveInputs<'g> {
    graph: &'g Graph,
    /// For each list of mentions, the dependency lists in it, with the outputs named.
    listed: Vec<Vec<(DependencyList, &'g str)>>,
    /// Nodes that the standard environment builds.
    in_stdenv: FixedBitSet,
    /// What node `i` propagates: `propagated[offsets[i]..offsets[i + 1]]`.
    offsets: Vec<u32>,
    propagated: Vec<Propagated>,
}

#[derive(Debug, Clone, Copy)]
struct Propagated {
    /// The edge from what is propagated.
    edge: EdgeId,
    input: NodeId,
    list: DependencyList,
    /// Index among the outputs of the input.
    output: Output,
}

/// The index of an output among those of its node, as [`Graph::outputs`] gives them.
type Output = u16;

/// Stands for a source, and for the file of a derivation.
const NO_OUTPUT: Output = Output::MAX;

/// Something that a build sees.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
struct Seen {
    node: NodeId,
    output: Output,
    offsets: Offsets,
}

/// What a search has found, in the order found.
struct Found {
    seen: Vec<Seen>,
    /// Index of what carries it; `u32::MAX` where the consumer lists it.
    carriers: Vec<u32>,
    /// Every pair of carrier and carried, as nodes.
    links: HashSet<(NodeId, NodeId), FxBuildHasher>,
}

impl<'g> EffectiveInputs<'g> {
    /// Reads the propagated lists of all nodes. O(edges).
    #[must_use]
    pub fn new(graph: &'g Graph) -> Self {
        let mut listed: Vec<Option<Vec<(DependencyList, &'g str)>>> = vec![None; graph.list_count()];
        let mut names_stdenv: Vec<bool> = vec![false; graph.list_count()];
        let mut in_stdenv = FixedBitSet::with_capacity(graph.node_count());
        let mut offsets = Vec::with_capacity(graph.node_count() + 1);
        let mut propagated = Vec::new();
        offsets.push(0);
        for node in graph.nodes() {
            let start = propagated.len();
            for (edge, input) in graph.input_edges(node) {
                let number = graph.mention_list(edge) as usize;
                let lists = listed[number].get_or_insert_with(|| {
                    let pairs = || graph.mention_list_pairs(number as u32);
                    names_stdenv[number] = pairs().any(|(key, _)| Role::of_key(key) == Role::Stdenv);
                    pairs().filter_map(|(key, output)| Some((DependencyList::of_key(key)?, output))).collect()
                });
                if names_stdenv[number] {
                    in_stdenv.insert(node.index());
                }
                for &(list, output) in lists.iter().filter(|(list, _)| list.is_propagated()) {
                    propagated.push(Propagated { edge, input, list, output: output_index(graph, input, output) });
                }
            }
            // a fixed output can refer to nothing
            if !in_stdenv.contains(node.index()) || graph.flags(node) & (flag::NO_FIXUP | flag::FIXED) != 0 {
                propagated.truncate(start);
            }
            offsets.push(propagated.len() as u32);
        }
        let listed = listed.into_iter().map(Option::unwrap_or_default).collect();
        Self { graph, listed, in_stdenv, offsets, propagated }
    }

    /// The dependency lists in which a consumer names the input of this edge, each with the output
    /// named; sorted.
    #[must_use]
    pub fn lists(&self, edge: EdgeId) -> &[(DependencyList, &'g str)] {
        &self.listed[self.graph.mention_list(edge) as usize]
    }

    /// Everything that a build of `consumer` sees, its own lists first, then by the length of the
    /// chain. Time is linear in what is found and what that propagates.
    #[must_use]
    pub fn of(&self, consumer: NodeId) -> Vec<EffectiveInput<'g>> {
        let found = self.search(consumer);
        let chain = |mut at: u32| {
            let mut chain = Vec::new();
            while at != u32::MAX {
                let carrier = found.seen[at as usize].node;
                // an output that a sibling carries comes with the same package
                if chain.last() != Some(&carrier) {
                    chain.push(carrier);
                }
                at = found.carriers[at as usize];
            }
            chain.reverse();
            chain
        };
        let input = |(seen, &carrier): (&Seen, &u32)| {
            let mut chain = chain(carrier);
            if chain.last() == Some(&seen.node) {
                chain.pop();
            }
            EffectiveInput {
                node: seen.node,
                output: self.graph.outputs(seen.node).nth(seen.output.into()).map_or("", |(name, _)| name),
                offsets: seen.offsets,
                chain,
            }
        };
        found.seen.iter().zip(&found.carriers).map(input).collect()
    }

    /// What a build of `consumer` would see without its own inputs of these edges, and without what
    /// they carry.
    #[must_use]
    pub fn nodes_without(&self, consumer: NodeId, edges: &BTreeSet<EdgeId>) -> BTreeSet<NodeId> {
        let own = self.graph.input_edges(consumer).filter(|(edge, _)| !edges.contains(edge));
        self.search_from(own, &BTreeSet::new()).seen.into_iter().map(|seen| seen.node).collect()
    }

    /// The packages that carry each propagated input straight to `consumer`: every pair (carrier,
    /// carried) on any chain. Sorted.
    #[must_use]
    pub fn links(&self, consumer: NodeId) -> BTreeSet<(NodeId, NodeId)> {
        self.search(consumer).links.into_iter().collect()
    }

    /// The consumers that no longer see an output of an input when the consumers of these edges no longer
    /// propagate theirs: input, receiver, and the plain list that would name it instead. Sorted; edges
    /// that are in no propagated list have none. What comes to a consumer only with one of its own inputs
    /// that is among these edges it does not miss: who has no use for the carrier has none for its load.
    ///
    /// Time is linear in what the possible receivers see (those that list the consumer of such an edge,
    /// or something that propagates it), and in their number for each consumer.
    #[must_use]
    pub fn receivers(&self, edges: &BTreeSet<EdgeId>) -> BTreeSet<(NodeId, NodeId, DependencyList)> {
        let mut carried: BTreeMap<NodeId, BTreeSet<NodeId>> = BTreeMap::new();
        for &edge in edges {
            let carrier = self.graph.edge_consumer(edge);
            if self.of_node(carrier).iter().any(|propagated| propagated.edge == edge) {
                carried.entry(carrier).or_default().insert(self.graph.edge_input(edge));
            }
        }
        let mut carriers: BTreeMap<NodeId, Vec<NodeId>> = BTreeMap::new();
        for &carrier in carried.keys() {
            for receiver in self.possible_receivers(carrier) {
                carriers.entry(receiver).or_default().push(carrier);
            }
        }
        let mut receivers = BTreeSet::new();
        for (receiver, carriers) in carriers {
            let own = || self.graph.input_edges(receiver).filter(|(edge, _)| !edges.contains(edge));
            let before = self.search_from(own(), &BTreeSet::new());
            // what one of the edges really brings here, in one way or another
            let pairs = carriers.iter().flat_map(|carrier| carried[carrier].iter().map(|&input| (*carrier, input)));
            let brought: BTreeSet<NodeId> =
                pairs.filter(|pair| before.links.contains(pair)).map(|(_, input)| input).collect();
            if brought.is_empty() {
                continue;
            }
            let after: HashSet<Seen, FxBuildHasher> = self.search_from(own(), edges).seen.into_iter().collect();
            for lost in before.seen.iter().filter(|seen| brought.contains(&seen.node) && !after.contains(*seen)) {
                receivers.extend(DependencyList::plain(lost.offsets).map(|list| (lost.node, receiver, list)));
            }
        }
        receivers
    }

    /// The consumers that list `carrier`, or something that propagates it. Ascending.
    fn possible_receivers(&self, carrier: NodeId) -> BTreeSet<NodeId> {
        let mut receivers = BTreeSet::new();
        let mut spreading = BTreeSet::from([carrier]);
        let mut waiting = vec![carrier];
        while let Some(node) = waiting.pop() {
            for (edge, consumer) in self.graph.consumer_edges(node) {
                if self.lists(edge).is_empty() {
                    continue;
                }
                receivers.insert(consumer);
                let spreads = self.of_node(consumer).iter().any(|propagated| propagated.edge == edge);
                if spreads && spreading.insert(consumer) {
                    waiting.push(consumer);
                }
            }
        }
        receivers
    }

    fn of_node(&self, node: NodeId) -> &[Propagated] {
        &self.propagated[self.offsets[node.index()] as usize..self.offsets[node.index() + 1] as usize]
    }

    fn search(&self, consumer: NodeId) -> Found {
        self.search_from(self.graph.input_edges(consumer), &BTreeSet::new())
    }

    /// What a consumer sees that has these inputs alone. Breadth first, so that the first chain found is a
    /// shortest one. The edges `without` are left out of what their consumers propagate.
    fn search_from(&self, edges: impl Iterator<Item = (EdgeId, NodeId)>, without: &BTreeSet<EdgeId>) -> Found {
        let mut found = Found { seen: Vec::new(), carriers: Vec::new(), links: HashSet::default() };
        let mut known: HashSet<Seen, FxBuildHasher> = HashSet::default();
        let mut own: Vec<(DependencyList, Seen)> = Vec::new();
        for (edge, input) in edges {
            for &(list, output) in self.lists(edge) {
                let output = output_index(self.graph, input, output);
                own.push((list, Seen { node: input, output, offsets: list.offsets() }));
            }
        }
        own.sort_by_key(|(list, seen)| (*list, seen.node, seen.output));
        for (_, seen) in own {
            if known.insert(seen) {
                found.seen.push(seen);
                found.carriers.push(u32::MAX);
            }
        }
        let mut at = 0;
        while let Some(&seen) = found.seen.get(at) {
            let mut carry = |node: NodeId, output: Output, inner: Offsets| {
                let Some(offsets) = seen.offsets.of_propagated(inner) else { return };
                if node != seen.node {
                    found.links.insert((seen.node, node));
                }
                let next = Seen { node, output, offsets };
                if known.insert(next) {
                    found.seen.push(next);
                    found.carriers.push(at as u32);
                }
            };
            if let Some(siblings) = self.siblings(seen) {
                for propagated in self.of_node(seen.node) {
                    if !without.contains(&propagated.edge) {
                        carry(propagated.input, propagated.output, propagated.list.offsets());
                    }
                }
                for sibling in siblings {
                    carry(seen.node, sibling, DependencyList::PropagatedBuildInputs.offsets());
                }
            }
            at += 1;
        }
        found
    }

    /// The other outputs that come along with this one, if it is the one that propagates.
    fn siblings(&self, seen: Seen) -> Option<Vec<Output>> {
        let node = seen.node;
        if seen.output == NO_OUTPUT || self.graph.flags(node) & (flag::NO_FIXUP | flag::FIXED) != 0 {
            return None;
        }
        let names: Vec<&str> = self.graph.outputs(node).map(|(name, _)| name).collect();
        let first = |wanted: &[&str]| {
            let found = wanted.iter().find_map(|wanted| names.iter().position(|name| name == wanted));
            found.unwrap_or(0) as Output
        };
        let dev = first(&["dev", "out"]);
        if seen.output != dev {
            return None;
        }
        if names.len() == 1 || !self.in_stdenv.contains(node.index()) {
            return Some(Vec::new());
        }
        let mut siblings = vec![first(&["bin", "out"]), first(&["lib", "out"])];
        siblings.dedup();
        siblings.retain(|&sibling| sibling != dev);
        Some(siblings)
    }
}

/// The index of an output by its name.
fn output_index(graph: &Graph, node: NodeId, output: &str) -> Output {
    if output.is_empty() {
        return NO_OUTPUT;
    }
    graph.outputs(node).position(|(name, _)| name == output).map_or(NO_OUTPUT, |at| at as Output)
}
