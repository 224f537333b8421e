//! The edits, and what each of them reaches.

use std::collections::{BTreeMap, BTreeSet};

use petgraph::unionfind::UnionFind;
use rustc_hash::{FxHashMap, FxHashSet};

use super::answer::CauseKind;
use super::compared::Compared;
use super::matching::NONE;
use crate::graph::{AttributeId, Graph, NodeId};
use crate::nix::Digest;
use crate::reach::{Influence, Unit};

/// What begins an edit.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub(super) enum Origin {
    /// An old node that is another one now.
    Edited(NodeId),
    /// A new node without counterpart.
    Added(NodeId),
    /// A new attribute for a derivation that was there.
    Named(AttributeId),
}

/// An edit: all its instances, the principal one first.
#[derive(Debug)]
pub(super) struct Edit {
    pub(super) kind: CauseKind,
    pub(super) origins: Vec<Origin>,
}

/// All edits, and what they reach.
#[derive(Debug)]
pub(super) struct Edits {
    pub(super) edits: Vec<Edit>,
    /// The vertices are changed nodes: old ones first, then new ones without counterpart.
    pub(super) influence: Influence,
    /// Vertex of an old node, or [`NONE`].
    old_vertex: Vec<u32>,
    /// Vertex of a new node without counterpart, or [`NONE`].
    new_vertex: Vec<u32>,
    /// The edit of each attribute that is one.
    named: FxHashMap<AttributeId, u32>,
}

impl Edits {
    /// Finds the edits of two closures; `rebuilt` are the attributes that are rebuilt.
    ///
    /// What an edit reaches is found over the *old* edges: undoing an edit gives the recipe its old inputs
    /// again. A fetch or source that changed is told with the recipes that use it and changed themselves,
    /// and reaches the others on its own. A new node is there because of who takes it up, unless an
    /// attribute names it. Linear in nodes and edges.
    pub(super) fn of(compared: &Compared<'_>, rebuilt: &[AttributeId]) -> Self {
        let finder = Finder { compared, rebuilt: rebuilt.iter().copied().collect() };
        let mut origins: Vec<(CauseKind, Origin)> = Vec::new();
        for at in compared.edited.ones() {
            let node = NodeId(at as u32);
            if finder.is_cause(node) {
                origins.push((finder.kind_of(node), Origin::Edited(node)));
            }
        }
        let added = finder.added();
        origins.extend(
            added.iter().filter(|node| finder.is_named(**node)).map(|&node| (CauseKind::Added, Origin::Added(node))),
        );
        // what nothing takes up that has an effect has no other cause than itself
        let alone =
            |node: &&NodeId| !finder.is_named(**node) && !finder.takers(**node).any(|taker| finder.introduces(taker));
        origins.extend(added.iter().filter(alone).map(|&node| (CauseKind::Added, Origin::Added(node))));
        for &attribute in rebuilt {
            if finder.is_naming(attribute) {
                origins.push((CauseKind::Named, Origin::Named(attribute)));
            }
        }
        let edits = group(compared, origins);
        let mut found = Self {
            edits,
            influence: Influence::new(),
            old_vertex: vec![NONE; compared.old.node_count()],
            new_vertex: vec![NONE; compared.new.node_count()],
            named: FxHashMap::default(),
        };
        found.connect(&finder, &added);
        found
    }

    fn connect(&mut self, finder: &Finder<'_, '_>, added: &[NodeId]) {
        let compared = finder.compared;
        let mut edit_of: FxHashMap<Origin, u32> = FxHashMap::default();
        for (at, edit) in self.edits.iter().enumerate() {
            for &origin in &edit.origins {
                edit_of.insert(origin, at as u32);
                if let Origin::Named(attribute) = origin {
                    self.named.insert(attribute, at as u32);
                }
            }
        }
        for node in compared.old.nodes() {
            let gone = compared.matching.now(node).is_none();
            if !gone && !compared.is_changed(node) {
                continue;
            }
            let from: Vec<u32> = if compared.old.is_fixed(node) {
                Vec::new()
            } else {
                let inputs = compared.old.input_edges(node).map(|(_, input)| input);
                inputs
                    .filter(|&input| !finder.is_told_with(input, node))
                    .map(|input| self.old_vertex[input.index()])
                    .filter(|&vertex| vertex != NONE)
                    .collect()
            };
            let own = edit_of.get(&Origin::Edited(node)).copied();
            if gone && from.is_empty() && own.is_none() {
                continue;
            }
            self.old_vertex[node.index()] = self.influence.push(from, own);
        }
        // consumers first
        for &node in added.iter().rev() {
            let own = edit_of.get(&Origin::Added(node)).copied();
            let mut from = BTreeSet::new();
            let mut causes: BTreeSet<u32> = own.into_iter().collect();
            if own.is_none() {
                for taker in finder.takers(node) {
                    match taker {
                        Taker::Edited(old) => {
                            causes.extend(finder.edits_of(old).filter_map(|old| edit_of.get(&Origin::Edited(old))));
                        }
                        Taker::Changed(old) => _ = from.insert(self.old_vertex[old.index()]),
                        Taker::Added(new) => _ = from.insert(self.new_vertex[new.index()]),
                    }
                }
                from.remove(&NONE);
            }
            self.new_vertex[node.index()] = self.influence.push(from, causes);
        }
    }

    /// The vertices and own causes of a rebuilt attribute.
    fn add_attribute(&self, compared: &Compared<'_>, attribute: AttributeId, unit: &mut Unit) {
        match (self.named.get(&attribute), compared.new.attribute_node(attribute)) {
            (Some(&edit), _) => unit.own.push(edit),
            (None, Some(node)) => unit.vertices.extend(self.vertex(compared, node)),
            (None, None) => {}
        }
    }

    /// The vertex of a changed new node.
    fn vertex(&self, compared: &Compared<'_>, node: NodeId) -> Option<u32> {
        let vertex = match compared.matching.was(node) {
            Some(old) => self.old_vertex[old.index()],
            None => self.new_vertex[node.index()],
        };
        (vertex != NONE).then_some(vertex)
    }

    /// Rebuilt attributes by name, each with what its systems have.
    pub(super) fn attribute_units(&self, compared: &Compared<'_>, rebuilt: &[AttributeId]) -> Vec<Unit> {
        let mut units: BTreeMap<&str, Unit> = BTreeMap::new();
        for &attribute in rebuilt {
            let unit = units.entry(compared.new.attribute_name(attribute)).or_default();
            self.add_attribute(compared, attribute, unit);
        }
        units.into_values().collect()
    }

    /// Built derivations.
    pub(super) fn derivation_units(&self, compared: &Compared<'_>, built: &[NodeId]) -> Vec<Unit> {
        built
            .iter()
            .map(|&node| Unit { vertices: self.vertex(compared, node).into_iter().collect(), own: Vec::new() })
            .collect()
    }

    /// The vertices of an edit's instances.
    pub(super) fn starts(&self, compared: &Compared<'_>, edit: &Edit) -> Vec<u32> {
        let vertex = |origin: &Origin| match *origin {
            Origin::Edited(old) => Some(self.old_vertex[old.index()]).filter(|&vertex| vertex != NONE),
            Origin::Added(new) => self.vertex(compared, new),
            Origin::Named(_) => None,
        };
        edit.origins.iter().filter_map(vertex).collect()
    }

    /// The new node of each vertex that is a derivation to be built, by vertex.
    pub(super) fn built_vertices(&self, compared: &Compared<'_>, built: &[NodeId]) -> FxHashSet<u32> {
        built.iter().filter_map(|&node| self.vertex(compared, node)).collect()
    }
}

/// Who takes up a node that is new.
#[derive(Debug, Clone, Copy)]
enum Taker {
    /// An old node whose recipe changed.
    Edited(NodeId),
    /// An old node that changed, though its recipe did not: where recipes are not known.
    Changed(NodeId),
    /// A new node without counterpart.
    Added(NodeId),
}

struct Finder<'c, 'g> {
    compared: &'c Compared<'g>,
    rebuilt: FxHashSet<AttributeId>,
}

impl Finder<'_, '_> {
    /// Whether a node is a fetch or a source: what a recipe is made of.
    fn is_material(&self, old: NodeId) -> bool {
        !self.compared.old.is_derivation(old) || self.compared.old.is_fixed(old)
    }

    /// Whether the change of `input` is told with that of its consumer.
    fn is_told_with(&self, input: NodeId, consumer: NodeId) -> bool {
        self.compared.edited.contains(input.index())
            && self.compared.edited.contains(consumer.index())
            && self.compared.is_changed(consumer)
            && self.is_material(input)
    }

    /// Whether an edited old node is a cause of its own.
    fn is_cause(&self, node: NodeId) -> bool {
        let compared = self.compared;
        if !compared.is_changed(node) {
            return false;
        }
        if !self.is_material(node) {
            return true;
        }
        let rebuilt = |new: NodeId| compared.new.attributes_of(new).any(|attribute| self.rebuilt.contains(&attribute));
        compared.matching.now(node).is_some_and(rebuilt)
            || compared.old.consumer_edges(node).any(|(_, consumer)| {
                !compared.old.is_fixed(consumer)
                    && compared.is_changed(consumer)
                    && !compared.edited.contains(consumer.index())
            })
    }

    /// The nodes with whose edits that of a node is told: itself, where it is a cause of its own, and the
    /// recipes that it is told with.
    fn edits_of(&self, node: NodeId) -> impl Iterator<Item = NodeId> {
        let consumers = self.compared.old.consumer_edges(node).map(|(_, consumer)| consumer);
        consumers.filter(move |&consumer| self.is_told_with(node, consumer)).chain([node])
    }

    fn kind_of(&self, node: NodeId) -> CauseKind {
        if !self.compared.old.is_derivation(node) {
            CauseKind::Source
        } else if self.compared.matching.now(node).is_some_and(|new| self.compared.new.is_fixed(new)) {
            CauseKind::Fetch
        } else {
            CauseKind::Recipe
        }
    }

    /// New derivations and sources without counterpart.
    fn added(&self) -> Vec<NodeId> {
        let compared = self.compared;
        compared
            .new
            .nodes()
            .filter(|&node| compared.matching.was(node).is_none() && compared.is_new.contains(node.index()))
            .collect()
    }

    fn is_named(&self, new: NodeId) -> bool {
        self.compared.new.attributes_of(new).len() > 0
    }

    fn takers(&self, node: NodeId) -> impl Iterator<Item = Taker> {
        let compared = self.compared;
        compared.new.consumer_edges(node).filter_map(|(_, consumer)| match compared.matching.was(consumer) {
            Some(old) if compared.edited.contains(old.index()) => Some(Taker::Edited(old)),
            Some(old) if compared.is_changed(old) => Some(Taker::Changed(old)),
            Some(_) => None,
            None => Some(Taker::Added(consumer)),
        })
    }

    /// Whether something that takes up a node brings causes along.
    fn introduces(&self, taker: Taker) -> bool {
        match taker {
            Taker::Edited(old) => self.edits_of(old).any(|node| self.is_cause(node)),
            Taker::Changed(_) | Taker::Added(_) => true,
        }
    }

    /// Whether a rebuilt attribute is so because it is new itself: its derivation is as it was, or no
    /// attribute of the system named it.
    fn is_naming(&self, attribute: AttributeId) -> bool {
        let compared = self.compared;
        let Some(node) = compared.new.attribute_node(attribute) else { return false };
        if !compared.is_new.contains(node.index()) {
            return true;
        }
        let system = compared.new.attribute_system(attribute);
        compared.matching.was(node).is_some_and(|old| {
            !compared.old.attributes_of(old).any(|attribute| compared.old.attribute_system(attribute) == system)
        })
    }
}

/// Brings the instances of an edit together: of derivations those with the same names before and after
/// (without a version, those that use the same scripts, too) or with an attribute and versions in common; of fetches
/// those of the same path; of attributes those of the same name.
fn group(compared: &Compared<'_>, origins: Vec<(CauseKind, Origin)>) -> Vec<Edit> {
    let mut sets: UnionFind<u32> = UnionFind::new(origins.len());
    let mut first: FxHashMap<Key<'_>, u32> = FxHashMap::default();
    for (at, (kind, origin)) in origins.iter().enumerate() {
        for key in keys(compared, *kind, *origin) {
            let other = *first.entry(key).or_insert(at as u32);
            sets.union(at as u32, other);
        }
    }
    let mut groups: BTreeMap<u32, Vec<(CauseKind, Origin)>> = BTreeMap::new();
    for (at, origin) in origins.into_iter().enumerate() {
        groups.entry(sets.find(at as u32)).or_default().push(origin);
    }
    groups
        .into_values()
        .map(|mut group| {
            group.sort_by_cached_key(|(_, origin)| importance(compared, *origin));
            let kind = group.first().map_or(CauseKind::Recipe, |(kind, _)| *kind);
            Edit { kind, origins: group.into_iter().map(|(_, origin)| origin).collect() }
        })
        .collect()
}

/// By what instances of an edit are found.
#[derive(PartialEq, Eq, Hash)]
enum Key<'g> {
    Names(CauseKind, &'g str, &'g str, Vec<Digest>),
    /// With the versions before and after.
    Attribute(CauseKind, &'g str, &'g str, &'g str),
    Path(Digest, Digest),
}

fn keys<'g>(compared: &Compared<'g>, kind: CauseKind, origin: Origin) -> Vec<Key<'g>> {
    let (old, new) = (compared.old, compared.new);
    let path = |graph: &Graph, node: NodeId| match graph.outputs(node).next() {
        Some((_, digest)) => digest,
        None => graph.digest(node),
    };
    let attributes = |node: NodeId| new.attributes_of(node).map(|attribute| new.attribute_name(attribute));
    // dozens of scripts are called hook or builder
    let scripts = |node: NodeId| -> Option<Vec<Digest>> {
        if !new.version(node).is_empty() {
            return Some(Vec::new());
        }
        let sources = new.input_edges(node).map(|(_, input)| input).filter(|&input| !new.is_derivation(input));
        let digests: Vec<Digest> = sources.map(|input| new.digest(input)).collect();
        (!digests.is_empty()).then_some(digests)
    };
    let mut found = Vec::new();
    match origin {
        Origin::Named(attribute) => found.push(Key::Attribute(kind, new.attribute_name(attribute), "", "")),
        Origin::Added(node) => {
            found.extend(scripts(node).map(|scripts| Key::Names(kind, "", new.name(node), scripts)));
            found.extend(attributes(node).map(|name| Key::Attribute(kind, name, "", new.version(node))));
        }
        Origin::Edited(node) => {
            let Some(now) = compared.matching.now(node) else { return found };
            if kind != CauseKind::Recipe {
                found.push(Key::Path(path(old, node), path(new, now)));
            } else {
                found.extend(scripts(now).map(|scripts| Key::Names(kind, old.name(node), new.name(now), scripts)));
            }
            let versions = (old.version(node), new.version(now));
            found.extend(attributes(now).map(|name| Key::Attribute(kind, name, versions.0, versions.1)));
        }
    }
    found
}

/// The order of instances: what has the shortest attribute path, on the most usual system, first.
fn importance(compared: &Compared<'_>, origin: Origin) -> (bool, bool, Option<(usize, String)>, String, String) {
    let new = compared.new;
    let node = match origin {
        Origin::Edited(old) => compared.matching.now(old),
        Origin::Added(new) => Some(new),
        Origin::Named(attribute) => new.attribute_node(attribute),
    };
    let Some(node) = node else { return (true, true, None, String::new(), String::new()) };
    let names = new.attributes_of(node).map(|attribute| new.attribute_name(attribute));
    let name = names.map(|name| (name.matches('.').count(), name.to_owned())).min();
    let system = new.system(node);
    (name.is_none(), system != "x86_64-linux", name, system.to_owned(), new.path(node))
}
