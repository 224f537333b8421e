//! What became of each derivation: the same, changed itself, or changed because of an input.

use std::hash::BuildHasher;

use fixedbitset::FixedBitSet;
use rustc_hash::{FxBuildHasher, FxHashMap, FxHashSet};

use super::matching::{Matching, NONE, is_bare};
use crate::graph::{EdgeId, Graph, NodeId};
use crate::nix::Digest;

/// Two closures, node by node.
#[derive(Debug)]
pub(super) struct Compared<'g> {
    pub(super) old: &'g Graph,
    pub(super) new: &'g Graph,
    pub(super) matching: Matching,
    /// New nodes that the old side does not have: an output path (of a source, its own) is new.
    pub(super) is_new: FixedBitSet,
    /// Old nodes whose counterpart's recipe is another one, with an effect. Of sources and fetches:
    /// whose content is another one.
    pub(super) edited: FixedBitSet,
    /// Edited old nodes of which the graph does not tell what changed.
    pub(super) unexplained: FixedBitSet,
    /// One number for all derivations that make one path, on both sides (a source fetched in two ways, and
    /// what is built from it); else the new node's number, or that of the old node behind all new ones.
    identity: [Vec<u32>; 2],
}

impl<'g> Compared<'g> {
    /// Compares two closures. Linear in nodes, edges and mentions of what changed.
    pub(super) fn of(old: &'g Graph, new: &'g Graph) -> Self {
        let matching = Matching::of(old, new);
        let identity = identities(old, new, &matching);
        let mut compared = Self {
            old,
            new,
            is_new: FixedBitSet::with_capacity(new.node_count()),
            edited: FixedBitSet::with_capacity(old.node_count()),
            unexplained: FixedBitSet::with_capacity(old.node_count()),
            matching,
            identity,
        };
        compared.find_new();
        compared.find_edited();
        compared
    }

    /// Whether an old node's counterpart is another one now: its output paths differ, or, where these are
    /// not known before the build, it is reached by an edit.
    pub(super) fn is_changed(&self, old: NodeId) -> bool {
        self.matching.now(old).is_some_and(|new| self.is_new.contains(new.index()))
    }

    fn find_new(&mut self) {
        let (old, new) = (self.old, self.new);
        let known = |graph: &'g Graph, node| graph.outputs(node).map(|(_, digest)| digest).filter(Digest::is_some);
        // few are asked for: what is the same derivation makes the same paths
        let is_open = |node: &NodeId| !self.matching.was(*node).is_some_and(|before| self.is_same(before));
        let mut absent: FxHashSet<Digest> = new.nodes().filter(is_open).flat_map(|node| known(new, node)).collect();
        for digest in old.nodes().flat_map(|node| known(old, node)) {
            absent.remove(&digest);
        }
        for node in self.new.nodes() {
            let same = self.matching.was(node).is_some_and(|old| self.is_same(old));
            if same || self.new.is_missing(node) {
                continue;
            }
            let is_new = if self.new.is_derivation(node) {
                // those without a known path are decided when it is known what reaches them
                known(new, node).any(|digest| absent.contains(&digest))
            } else {
                true
            };
            self.is_new.set(node.index(), is_new);
        }
    }

    /// Whether an old node is on the new side as it was.
    fn is_same(&self, old: NodeId) -> bool {
        self.matching.now(old).is_some_and(|new| self.new.digest(new) == self.old.digest(old))
    }

    /// Inputs first, so that it is known of each node whether a change reaches it.
    fn find_edited(&mut self) {
        let mut reached = FixedBitSet::with_capacity(self.old.node_count());
        for node in self.old.nodes() {
            let by_input = !self.old.is_fixed(node)
                && self.old.input_edges(node).any(|(_, input)| reached.contains(input.index()));
            let Some(new) = self.matching.now(node) else {
                // gone; but who used it would see what changes in its inputs, were it still there
                reached.set(node.index(), by_input);
                continue;
            };
            if self.is_same(node) {
                continue;
            }
            let floating = self.old.is_derivation(node)
                && self.new.outputs(new).chain(self.old.outputs(node)).any(|(_, digest)| !digest.is_some());
            if !floating && !self.is_new.contains(new.index()) {
                continue;
            }
            let difference = self.difference(node, new);
            // an order may follow from the paths: sets are sorted by them
            let edited = difference == Difference::Recipe || (difference == Difference::Order && !by_input);
            // it is another one, so something must have made it so
            let unexplained = !edited && !by_input && !floating;
            if edited || unexplained {
                self.edited.insert(node.index());
                self.unexplained.set(node.index(), unexplained);
            }
            let is_reached = edited || unexplained || by_input;
            reached.set(node.index(), is_reached);
            if floating && is_reached {
                self.is_new.insert(new.index());
            }
        }
        // without a counterpart and without a known path, it is new
        for node in self.new.nodes() {
            if self.matching.was(node).is_none() && self.new.outputs(node).any(|(_, digest)| !digest.is_some()) {
                self.is_new.insert(node.index());
            }
        }
    }

    /// How a recipe differs other than in the paths of its inputs.
    fn difference(&self, before: NodeId, after: NodeId) -> Difference {
        let differs = |differs: bool| if differs { Difference::Recipe } else { Difference::None };
        let (old, new) = (self.old, self.new);
        if is_bare(old, before) || is_bare(new, after) {
            // by which keys an input is named is known of one side at most
            let inputs =
                |side, node| self.named_inputs(side, node).into_iter().map(|(input, _)| input).collect::<Vec<_>>();
            return differs(old.name(before) != new.name(after) || inputs(0, before) != inputs(1, after));
        }
        if !old.is_derivation(before) || old.is_fixed(before) || new.is_fixed(after) {
            // its path is another one, and no input can have made it so
            return Difference::Recipe;
        }
        let outputs = |graph: &'g Graph, node| graph.outputs(node).map(|(name, _)| name);
        if old.flags(before) != new.flags(after)
            || old.system(before) != new.system(after)
            || !outputs(old, before).eq(outputs(new, after))
            || self.named_inputs(0, before) != self.named_inputs(1, after)
        {
            return Difference::Recipe;
        }
        match (old.recipe_text(before), new.recipe_text(after)) {
            (Some(one), Some(other)) if one.bare != other.bare => Difference::Recipe,
            // with the same inputs under the same keys, other names in the text are another order of the
            // inputs, unless an input has another name now
            (Some(one), Some(other)) if one.names != other.names && !self.renames_input(before) => Difference::Order,
            (Some(_), Some(_)) => Difference::None,
            _ => differs(old.name(before) != new.name(after)),
        }
    }

    /// Whether an input of an old node has another pname now (or a source another name).
    fn renames_input(&self, before: NodeId) -> bool {
        self.old.input_edges(before).any(|(_, input)| {
            self.matching.now(input).is_some_and(|now| {
                self.old.pname(input) != self.new.pname(now)
                    || (!self.old.is_derivation(input) && self.old.name(input) != self.new.name(now))
            })
        })
    }

    /// The inputs of a node on one side (0: old, 1: new), each with the keys that name it. Sorted.
    fn named_inputs(&self, side: usize, node: NodeId) -> Vec<(u32, u64)> {
        let graph = if side == 0 { self.old } else { self.new };
        let mut named: Vec<(u32, u64)> = graph
            .input_edges(node)
            .map(|(edge, input)| (self.identity[side][input.index()], self.keys(side, edge)))
            .collect();
        named.sort_unstable();
        named
    }

    /// By which keys and outputs an edge of one side (0: old, 1: new) is named; the same number for the same.
    pub(super) fn keys(&self, side: usize, edge: EdgeId) -> u64 {
        let graph = if side == 0 { self.old } else { self.new };
        if graph.mention_pairs(edge).len() == 0 {
            // an input that no text mentions is there for its outputs
            return FxBuildHasher.hash_one(graph.used_outputs(edge).collect::<Vec<_>>());
        }
        if side == 0 { self.matching.old_keys(graph, edge) } else { self.matching.new_keys(graph, edge) }
    }

    /// The old inputs of an old node that the new one no longer has, and the new ones that it did not have,
    /// each with its edge; and those of both whose keys differ. By identity.
    pub(super) fn input_changes(&self, before: NodeId, after: NodeId) -> InputChanges {
        let mut found = InputChanges::default();
        let mut others: FxHashMap<u32, Vec<EdgeId>> = FxHashMap::default();
        for (edge, input) in self.new.input_edges(after) {
            others.entry(self.identity[1][input.index()]).or_default().push(edge);
        }
        for (edge, input) in self.old.input_edges(before) {
            let Some(same) = others.get_mut(&self.identity[0][input.index()]).filter(|same| !same.is_empty()) else {
                found.removed.push(edge);
                continue;
            };
            let keys = self.keys(0, edge);
            let at = same.iter().position(|&other| self.keys(1, other) == keys);
            let other = same.remove(at.unwrap_or_default());
            if at.is_none() {
                found.moved.push((edge, other));
            }
        }
        found.added = others.into_values().flatten().collect();
        found.added.sort_unstable();
        found
    }

    /// The identity of a node of one side (0: old, 1: new): the same number for what is the same.
    pub(super) fn identity(&self, side: usize, node: NodeId) -> u32 {
        self.identity[side][node.index()]
    }
}

/// How a recipe differs from its counterpart.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Difference {
    /// In the paths of its inputs at most.
    None,
    /// In the order of its inputs.
    Order,
    /// In anything else.
    Recipe,
}

/// How the inputs of a recipe changed.
#[derive(Debug, Default)]
pub(super) struct InputChanges {
    /// Old edges.
    pub(super) removed: Vec<EdgeId>,
    /// New edges.
    pub(super) added: Vec<EdgeId>,
    /// Old and new edges of one input under other keys.
    pub(super) moved: Vec<(EdgeId, EdgeId)>,
}

/// The numbers by which inputs are compared. Of several old nodes of one path those without a counterpart
/// keep a number of their own where the path is another one now: who takes them counts as edited.
fn identities(old: &Graph, new: &Graph, matching: &Matching) -> [Vec<u32>; 2] {
    let made = |graph: &Graph, node: NodeId| {
        let digest = graph.outputs(node).next().map(|(_, digest)| digest);
        digest.filter(Digest::is_some)
    };
    let mut makers: FxHashMap<Digest, u32> = FxHashMap::default();
    let after: Vec<u32> = new
        .nodes()
        .map(|node| match made(new, node) {
            Some(digest) => *makers.entry(digest).or_insert(node.0),
            None => node.0,
        })
        .collect();
    let before = old
        .nodes()
        .map(|node| match matching.new_of[node.index()] {
            NONE => match made(old, node) {
                Some(digest) => *makers.entry(digest).or_insert(new.node_count() as u32 + node.0),
                None => new.node_count() as u32 + node.0,
            },
            counterpart => after[counterpart as usize],
        })
        .collect();
    [before, after]
}
