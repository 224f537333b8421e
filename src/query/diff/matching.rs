//! Which derivation of the one side is which of the other.

use hashbrown::HashTable;
use rustc_hash::{FxBuildHasher, FxHashMap};
use std::hash::BuildHasher;

use super::label::Label;
use crate::graph::{AttributeId, EdgeId, Graph, NodeId};
use crate::ingest::raw::flag;
use crate::nix::Digest;

/// Stands for "no counterpart".
pub(super) const NONE: u32 = u32::MAX;

/// Consumers of a node that are asked for its counterpart: a compiler has thousands, and the first few
/// say it.
const ASKED: usize = 64;

/// Passes over what is not matched yet; real closures are done after two.
const PASSES: usize = 8;

/// Each node's counterpart on the other side. One to one.
#[derive(Debug)]
pub(super) struct Matching {
    /// Old node → new node, or [`NONE`].
    pub(super) new_of: Vec<u32>,
    /// New node → old node, or [`NONE`].
    pub(super) old_of: Vec<u32>,
    /// The keys and outputs by which each list of mentions names an input, as a number that is the same
    /// on both sides.
    keys: [Vec<u64>; 2],
    /// See [`Matching::shapes_of`]; of use while counterparts are looked for.
    shapes: [Vec<u64>; 2],
    /// What open nodes are called; likewise.
    labels: [Vec<Label>; 2],
}

impl Matching {
    /// Finds the counterparts. In this order, each for what is left: the same derivation (path); the same
    /// output paths; the same attribute, where several ask for one node the one with the same name, then
    /// with the most attributes; the same recipe but for the paths in it, where only one node of each side has
    /// that; the same position, which is an input of consumers that are counterparts
    /// of each other, under the same keys, of the same name or pname; a name (then a pname) that only one
    /// node of each side has.
    ///
    /// An attribute's counterpart may be another package altogether; that is what an attribute means.
    /// Of several inputs of one pname that all changed their versions at once, position may take one for
    /// another. Linear in the nodes, and in the inputs of consumers of what changed.
    pub(super) fn of(old: &Graph, new: &Graph) -> Self {
        let mut matching = Self {
            new_of: vec![NONE; old.node_count()],
            old_of: vec![NONE; new.node_count()],
            keys: [mention_keys(old), mention_keys(new)],
            shapes: [Vec::new(), Vec::new()],
            labels: [Vec::new(), Vec::new()],
        };
        matching.by_path(old, new);
        matching.by_outputs(old, new);
        matching.by_attribute(old, new);
        matching.by_unique_text(old, new);
        for _ in 0..PASSES {
            let before = matching.count();
            matching.by_position(old, new);
            matching.by_unique_name(old, new);
            if matching.count() == before {
                break;
            }
        }
        matching.shapes = [Vec::new(), Vec::new()];
        matching.labels = [Vec::new(), Vec::new()];
        matching
    }

    /// The counterpart of a new node.
    pub(super) fn was(&self, new: NodeId) -> Option<NodeId> {
        Some(self.old_of[new.index()]).filter(|&old| old != NONE).map(NodeId)
    }

    /// The counterpart of an old node.
    pub(super) fn now(&self, old: NodeId) -> Option<NodeId> {
        Some(self.new_of[old.index()]).filter(|&new| new != NONE).map(NodeId)
    }

    /// By which keys and outputs the consumer of an old edge names its input.
    pub(super) fn old_keys(&self, graph: &Graph, edge: EdgeId) -> u64 {
        self.keys[0][graph.mention_list(edge) as usize]
    }

    /// The same of a new edge.
    pub(super) fn new_keys(&self, graph: &Graph, edge: EdgeId) -> u64 {
        self.keys[1][graph.mention_list(edge) as usize]
    }

    fn count(&self) -> usize {
        self.new_of.iter().filter(|&&new| new != NONE).count()
    }

    fn join(&mut self, old: NodeId, new: NodeId) {
        self.new_of[old.index()] = new.0;
        self.old_of[new.index()] = old.0;
    }

    fn is_open(&self, old: NodeId, new: NodeId) -> bool {
        self.new_of[old.index()] == NONE && self.old_of[new.index()] == NONE
    }

    fn open_old<'g>(&'g self, graph: &'g Graph) -> impl DoubleEndedIterator<Item = NodeId> + 'g {
        graph.nodes().filter(|node| self.new_of[node.index()] == NONE)
    }

    fn open_new<'g>(&'g self, graph: &'g Graph) -> impl DoubleEndedIterator<Item = NodeId> + 'g {
        graph.nodes().filter(|node| self.old_of[node.index()] == NONE)
    }

    fn by_path(&mut self, old: &Graph, new: &Graph) {
        let hash = |digest: Digest| FxBuildHasher.hash_one(digest);
        let mut table: HashTable<u32> = HashTable::with_capacity(old.node_count());
        for node in old.nodes() {
            table.insert_unique(hash(old.digest(node)), node.0, |&node| hash(old.digest(NodeId(node))));
        }
        for node in new.nodes() {
            let digest = new.digest(node);
            let same = |&other: &u32| {
                let other = NodeId(other);
                old.digest(other) == digest && old.is_derivation(other) == new.is_derivation(node)
            };
            if let Some(&other) = table.find(hash(digest), same)
                && self.is_open(NodeId(other), node)
            {
                self.join(NodeId(other), node);
            }
        }
    }

    fn by_outputs(&mut self, old: &Graph, new: &Graph) {
        let first = |graph: &Graph, node| graph.outputs(node).next().map(|(_, digest)| digest).filter(Digest::is_some);
        let mut makers: FxHashMap<Digest, Vec<NodeId>> = FxHashMap::default();
        for node in self.open_old(old) {
            if let Some(digest) = first(old, node) {
                makers.entry(digest).or_default().push(node);
            }
        }
        let open: Vec<NodeId> = self.open_new(new).collect();
        for node in open {
            let Some(makers) = first(new, node).and_then(|digest| makers.get(&digest)) else { continue };
            let same = |other: &&NodeId| self.is_open(**other, node) && old.outputs(**other).eq(new.outputs(node));
            if let Some(&other) = makers.iter().find(same) {
                self.join(other, node);
            }
        }
    }

    fn by_attribute(&mut self, old: &Graph, new: &Graph) {
        let mut votes: FxHashMap<(NodeId, NodeId), u32> = FxHashMap::default();
        for (before, after) in common_attributes(old, new) {
            if let (Some(before), Some(after)) = (old.attribute_node(before), new.attribute_node(after))
                && self.is_open(before, after)
            {
                *votes.entry((before, after)).or_default() += 1;
            }
        }
        let mut votes: Vec<((NodeId, NodeId), u32)> = votes.into_iter().collect();
        votes.sort_unstable_by_key(|&((before, after), count)| {
            let same_name = old.name(before) == new.name(after);
            let same_pname = old.pname(before) == new.pname(after);
            (!same_pname, !same_name, std::cmp::Reverse(count), before, after)
        });
        for ((before, after), _) in votes {
            if self.is_open(before, after) {
                self.join(before, after);
            }
        }
    }

    /// What fetches the same has one path, so that consumers may say the wrong one of two messages or scripts
    /// that differ in their texts alone.
    fn by_unique_text(&mut self, old: &Graph, new: &Graph) {
        let key = |graph: &Graph, node: NodeId| {
            let text = graph.recipe_text(node).filter(|_| !graph.is_fixed(node))?;
            Some((text.bare, graph.name(node).to_owned(), graph.system(node).to_owned()))
        };
        let mut groups: FxHashMap<_, [Vec<NodeId>; 2]> = FxHashMap::default();
        for node in self.open_old(old) {
            if let Some(key) = key(old, node) {
                groups.entry(key).or_default()[0].push(node);
            }
        }
        for node in self.open_new(new) {
            if let Some(group) = key(new, node).and_then(|key| groups.get_mut(&key)) {
                group[1].push(node);
            }
        }
        for group in groups.into_values() {
            if let ([before], [after]) = (group[0].as_slice(), group[1].as_slice()) {
                self.join(*before, *after);
            }
        }
    }

    /// From consumers to inputs, so that what is found in a pass is of use in it.
    fn by_position(&mut self, old: &Graph, new: &Graph) {
        self.shapes = [self.shapes_of(old, 0), self.shapes_of(new, 1)];
        self.labels = [self.labels_of(old, 0), self.labels_of(new, 1)];
        let open: Vec<NodeId> = self.open_new(new).rev().collect();
        for node in open {
            let Some(other) = self.best_old(old, new, node) else { continue };
            if self.best_new(old, new, other) == Some(node) {
                self.join(other, node);
            }
        }
    }

    /// A number for what each open node is made of, down to what has a counterpart: the same on both sides
    /// for what differs in versions and texts alone. Others have none.
    fn shapes_of(&self, graph: &Graph, side: usize) -> Vec<u64> {
        let mut shapes = vec![0; graph.node_count()];
        for node in graph.nodes() {
            let pair = if side == 0 { self.new_of[node.index()] } else { self.old_of[node.index()] };
            shapes[node.index()] = match (pair, side) {
                (NONE, _) => {
                    let mut inputs: Vec<u64> =
                        graph.input_edges(node).map(|(_, input)| shapes[input.index()]).collect();
                    inputs.sort_unstable();
                    let name = if graph.is_derivation(node) { graph.pname(node) } else { graph.name(node) };
                    FxBuildHasher.hash_one((name, graph.system(node), graph.is_fixed(node), inputs))
                }
                (new, 0) => FxBuildHasher.hash_one(new),
                _ => FxBuildHasher.hash_one(node.0),
            };
        }
        shapes
    }

    fn labels_of(&self, graph: &Graph, side: usize) -> Vec<Label> {
        let counterparts = if side == 0 { &self.new_of } else { &self.old_of };
        let label =
            |node: NodeId| if counterparts[node.index()] == NONE { Label::of(graph, node) } else { Label::default() };
        graph.nodes().map(label).collect()
    }

    /// How many inputs of two nodes have the same shape.
    fn common_inputs(&self, old: &Graph, before: NodeId, new: &Graph, after: NodeId) -> u32 {
        let sorted = |graph: &Graph, node, side: usize| {
            let mut shapes: Vec<u64> =
                graph.input_edges(node).map(|(_, input)| self.shapes[side][input.index()]).collect();
            shapes.sort_unstable();
            shapes
        };
        let (one, other) = (sorted(old, before, 0), sorted(new, after, 1));
        let mut other = other.into_iter().peekable();
        let mut common = 0;
        for shape in one {
            while other.next_if(|&next| next < shape).is_some() {}
            common += u32::from(other.next_if_eq(&shape).is_some());
        }
        common
    }

    /// The old node that stands most likely where a new one stands. Of equals the last.
    fn best_old(&self, old: &Graph, new: &Graph, node: NodeId) -> Option<NodeId> {
        let mut found: FxHashMap<NodeId, Score> = FxHashMap::default();
        let consumers =
            new.consumer_edges(node).filter_map(|(edge, consumer)| Some((edge, self.was(consumer)?, consumer)));
        for (edge, before, after) in consumers.take(ASKED) {
            let keys = self.new_keys(new, edge);
            let only = self.only_fetch(new, 1, after, keys).filter(|&only| only == node);
            let only = only.and_then(|_| self.only_fetch(old, 0, before, keys));
            for (other_edge, other) in old.input_edges(before) {
                if self.new_of[other.index()] == NONE {
                    let same_keys = self.old_keys(old, other_edge) == keys;
                    let is_only = only == Some(other);
                    self.vote(old, new, (other, node), (same_keys, is_only), &mut found, other);
                }
            }
        }
        best(found)
    }

    /// The new node that stands most likely where an old one stood.
    fn best_new(&self, old: &Graph, new: &Graph, node: NodeId) -> Option<NodeId> {
        let mut found: FxHashMap<NodeId, Score> = FxHashMap::default();
        let consumers =
            old.consumer_edges(node).filter_map(|(edge, consumer)| Some((edge, consumer, self.now(consumer)?)));
        for (edge, before, after) in consumers.take(ASKED) {
            let keys = self.old_keys(old, edge);
            let only = self.only_fetch(old, 0, before, keys).filter(|&only| only == node);
            let only = only.and_then(|_| self.only_fetch(new, 1, after, keys));
            for (other_edge, other) in new.input_edges(after) {
                if self.old_of[other.index()] == NONE {
                    let same_keys = self.new_keys(new, other_edge) == keys;
                    let is_only = only == Some(other);
                    self.vote(old, new, (node, other), (same_keys, is_only), &mut found, other);
                }
            }
        }
        best(found)
    }

    /// Adds what a pair of consumers says of a pair of inputs, if that says anything; under `candidate`.
    fn vote(
        &self,
        old: &Graph,
        new: &Graph,
        (before, after): (NodeId, NodeId),
        (same_keys, is_only_fetch): (bool, bool),
        found: &mut FxHashMap<NodeId, Score>,
        candidate: NodeId,
    ) {
        let likeness = self.labels[0][before.index()].likeness(&self.labels[1][after.index()]);
        if likeness == 0 && !is_only_fetch {
            return;
        }
        let score = found.entry(candidate).or_insert_with(|| {
            // a source by another name is the same one where nothing else can be
            if likeness == 0 {
                return Score { likeness: 1, ..Score::default() };
            }
            let common_inputs = self.common_inputs(old, before, new, after);
            Score { likeness, common_inputs, same_text: same_text(old, before, new, after), votes: 0 }
        });
        score.votes += if same_keys { ASKED as u32 } else { 1 };
    }

    /// The fetch without counterpart that a consumer names by these keys, if it is the only one.
    fn only_fetch(&self, graph: &Graph, side: usize, consumer: NodeId, keys: u64) -> Option<NodeId> {
        let counterparts = if side == 0 { &self.new_of } else { &self.old_of };
        let named = |edge| self.keys[side][graph.mention_list(edge) as usize] == keys;
        let mut fetches = graph
            .input_edges(consumer)
            .filter(|&(edge, input)| counterparts[input.index()] == NONE && named(edge) && graph.is_fixed(input));
        let (_, only) = fetches.next()?;
        fetches.next().is_none().then_some(only)
    }

    fn by_unique_name(&mut self, old: &Graph, new: &Graph) {
        // names first: a pname is a guess
        for pnames in [false, true] {
            let key = |graph: &'_ Graph, node: NodeId| -> Option<(String, String, bool)> {
                let name = if pnames { graph.pname(node) } else { graph.name(node) };
                (graph.is_derivation(node) && !name.is_empty())
                    .then(|| (name.to_owned(), graph.system(node).to_owned(), graph.is_fixed(node)))
            };
            let mut groups: FxHashMap<(String, String, bool), [Vec<NodeId>; 2]> = FxHashMap::default();
            for node in self.open_old(old) {
                if let Some(key) = key(old, node) {
                    groups.entry(key).or_default()[0].push(node);
                }
            }
            for node in self.open_new(new) {
                if let Some(key) = key(new, node) {
                    groups.entry(key).or_default()[1].push(node);
                }
            }
            let pair = |[before, after]: &[Vec<NodeId>; 2]| match (before.as_slice(), after.as_slice()) {
                (&[before], &[after]) => Some((before, after)),
                _ => None,
            };
            let mut pairs: Vec<(NodeId, NodeId)> = groups.values().filter_map(pair).collect();
            pairs.sort_unstable();
            for (before, after) in pairs {
                let named = |graph: &Graph, node| graph.attributes_of(node).len() > 0;
                let accept = if pnames {
                    // a package that an attribute names, and another one that another attribute names, are two
                    !(named(old, before) && named(new, after))
                } else {
                    // dozens of scripts are called hook or builder
                    !old.version(before).is_empty()
                        || same_text(old, before, new, after)
                        || (old.consumer_edges(before).len() == 0 && new.consumer_edges(after).len() == 0)
                };
                if accept {
                    self.join(before, after);
                }
            }
        }
    }
}

/// How much speaks for a pair.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, PartialOrd, Ord)]
struct Score {
    /// 4: one name, 3: one pname, 2: one but for the interpreter, 1: nothing else can be, 0: none.
    likeness: u8,
    /// Inputs that are the same, as far as that is known.
    common_inputs: u32,
    same_text: bool,
    votes: u32,
}

fn best(found: FxHashMap<NodeId, Score>) -> Option<NodeId> {
    found
        .into_iter()
        .filter(|(_, score)| score.likeness > 0)
        .max_by_key(|&(node, score)| (score, node))
        .map(|(node, _)| node)
}

fn same_text(old: &Graph, before: NodeId, new: &Graph, after: NodeId) -> bool {
    match (old.recipe_text(before), new.recipe_text(after)) {
        (Some(before), Some(after)) => before.bare == after.bare,
        _ => false,
    }
}

/// A number for the content of each list of mentions. Collisions of 64 bits are not looked for.
fn mention_keys(graph: &Graph) -> Vec<u64> {
    (0..graph.list_count() as u32)
        .map(|list| {
            let pairs: Vec<(&str, &str)> = graph.mention_list_pairs(list).collect();
            FxBuildHasher.hash_one(&pairs)
        })
        .collect()
}

/// The attributes that both sides have, by name and system.
pub(super) fn common_attributes<'g>(
    old: &'g Graph,
    new: &'g Graph,
) -> impl Iterator<Item = (AttributeId, AttributeId)> + 'g {
    let key = |graph: &'g Graph, attribute| (graph.attribute_name(attribute), graph.attribute_system(attribute));
    let mut before = old.attributes().peekable();
    new.attributes().filter_map(move |after| {
        let wanted = key(new, after);
        while before.next_if(|&before| key(old, before) < wanted).is_some() {}
        before.next_if(|&before| key(old, before) == wanted).map(|before| (before, after))
    })
}

/// Whether nothing of a derivation is known but its name and inputs.
pub(super) fn is_bare(graph: &Graph, node: NodeId) -> bool {
    graph.flags(node) & (flag::NO_RECIPE | flag::MISSING) != 0
}
