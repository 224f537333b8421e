//! A package, and the same with its checks off: what is there for the checks alone.

use std::collections::BTreeMap;

use rustc_hash::FxHashMap;

use super::differences::{differing_keys, switches_checks};
use super::texts::Texts;
use crate::graph::{Graph, NodeId};
use crate::nix::{Derivation, Digest, StorePath, parse_drv_name};
use crate::role::Role;
use crate::verdict::{CheckOnly, InputRef, PackageRef};

/// Finds the nodes of a graph by the digests of their paths.
#[derive(Debug)]
pub struct Index(FxHashMap<Digest, NodeId>);

impl Index {
    /// Of all nodes. Linear.
    #[must_use]
    pub fn new(graph: &Graph) -> Self {
        Self(graph.nodes().map(|node| (graph.digest(node), node)).collect())
    }

    /// The node at a store path.
    #[must_use]
    pub fn find(&self, path: &str) -> Option<NodeId> {
        self.0.get(&digest_of(path)?).copied()
    }
}

/// The digest of an absolute store path.
pub(super) fn digest_of(path: &str) -> Option<Digest> {
    StorePath::from_absolute(path.as_bytes()).ok().map(|(_, path)| path.digest)
}

/// The derivation of a package with its checks off.
#[derive(Debug, Clone, Copy)]
pub enum Without<'w> {
    /// A node of a graph.
    Node(&'w Graph, NodeId),
    /// A text, and the path that it has.
    Text(&'w str, &'w Derivation<'static>),
}

/// A package both ways.
#[derive(Debug, Clone)]
pub struct Package<'p> {
    /// The attribute; empty where there is none.
    pub attribute: String,
    /// The closure of the package.
    pub graph: &'p Graph,
    /// The package in it.
    pub base: NodeId,
    /// The same with its checks off.
    pub without: Without<'p>,
}

impl Package<'_> {
    /// The paths of both derivations.
    #[must_use]
    pub fn paths(&self) -> [String; 2] {
        let without = match self.without {
            Without::Node(graph, node) => graph.path(node),
            Without::Text(path, _) => path.to_owned(),
        };
        [self.graph.path(self.base), without]
    }

    /// What vanishes with the checks, and what appears without them; by path. An input in whose place
    /// another of its pname appears has not vanished: it is made otherwise without checks. What the package
    /// is made of (its source, patches, builder, environment) is no input of its checks, though it differ.
    #[must_use]
    pub fn inputs(&self) -> (Vec<InputRef>, Vec<InputRef>) {
        let base = inputs_of_node(self.graph, self.base);
        let without = match self.without {
            Without::Node(graph, node) => inputs_of_node(graph, node),
            Without::Text(_, derivation) => inputs_of_text(derivation),
        };
        let only = |one: &BTreeMap<Digest, InputRef>, other: &BTreeMap<Digest, InputRef>| {
            one.iter().filter(|(path, _)| !other.contains_key(path)).map(|(_, input)| input.clone()).collect()
        };
        let (mut vanished, appeared): (Vec<InputRef>, Vec<InputRef>) = (only(&base, &without), only(&without, &base));
        vanished.retain(|input| !appeared.iter().any(|other| is_remade(input, other)) && !is_what_is_built(input));
        (vanished, appeared)
    }

    /// Whether its checks are on in the one and off in the other; `None` where `texts` has not both.
    #[must_use]
    pub fn switches_checks(&self, texts: &[&Texts]) -> Option<bool> {
        self.both(texts).map(|(base, without)| switches_checks(base, without))
    }

    /// The texts of both derivations.
    fn both<'t>(&'t self, texts: &[&'t Texts]) -> Option<(&'t Derivation<'static>, &'t Derivation<'static>)> {
        let [base, without] = self.paths();
        let text = |path: &str| texts.iter().find_map(|texts| texts.get(path));
        let without = match self.without {
            Without::Node(..) => text(&without),
            Without::Text(_, derivation) => Some(derivation),
        };
        text(&base).zip(without)
    }

    /// The evidence, if anything vanishes. Where `texts` has not both derivations, what else differs is
    /// not known. Linear in the inputs and the texts.
    #[must_use]
    pub fn compare(&self, texts: &[&Texts]) -> Option<CheckOnly> {
        let (inputs, appeared) = self.inputs();
        if inputs.is_empty() {
            return None;
        }
        let differing_keys = self.both(texts).map(|(base, without)| differing_keys(base, without));
        let [base, _] = self.paths();
        let grade = CheckOnly::grade_of(&appeared, differing_keys.as_deref());
        let name = self.graph.name(self.base).to_owned();
        let package = PackageRef { attribute: self.attribute.clone(), drv: base, name };
        Some(CheckOnly { package, recipe: self.graph.recipe(self.base), inputs, appeared, differing_keys, grade })
    }
}

/// Whether an input is another by pname or by name without version: a text tells no other pname than that
/// of the name.
fn is_remade(input: &InputRef, other: &InputRef) -> bool {
    input.pname == other.pname || parse_drv_name(&input.name).0 == parse_drv_name(&other.name).0
}

/// Whether a key tells that the input is what is built, or builds it.
fn is_what_is_built(input: &InputRef) -> bool {
    input.keys.iter().any(|key| matches!(Role::of_key(key), Role::Source | Role::Builder | Role::Stdenv))
}

fn inputs_of_node(graph: &Graph, node: NodeId) -> BTreeMap<Digest, InputRef> {
    let input = |(edge, input): (_, NodeId)| {
        let reference = InputRef {
            drv: graph.path(input),
            name: graph.name(input).to_owned(),
            pname: InputRef::pname_of(graph, input).to_owned(),
            outputs: graph.used_outputs(edge).map(str::to_owned).collect(),
            keys: graph.mentions(edge).map(str::to_owned).collect(),
        };
        (graph.digest(input), reference)
    };
    graph.input_edges(node).map(input).collect()
}

/// The inputs of a text: without the keys that name them, for the paths of their outputs are not known,
/// and with the pname that their name tells.
fn inputs_of_text(derivation: &Derivation<'_>) -> BTreeMap<Digest, InputRef> {
    let reference = |path: &[u8], outputs: Vec<String>| {
        let (_, store_path) = StorePath::from_absolute(path).ok()?;
        let name = store_path.name.strip_suffix(".drv");
        let reference = InputRef {
            drv: String::from_utf8_lossy(path).into_owned(),
            name: name.unwrap_or(store_path.name).to_owned(),
            pname: name.map_or(store_path.name, |name| parse_drv_name(name).0).to_owned(),
            outputs,
            keys: Vec::new(),
        };
        Some((store_path.digest, reference))
    };
    let derivations = derivation.input_derivations.iter().filter_map(|(path, used)| {
        let mut outputs: Vec<String> =
            used.names.iter().map(|name| String::from_utf8_lossy(name).into_owned()).collect();
        outputs.sort_unstable();
        reference(path, outputs)
    });
    derivations.chain(derivation.input_sources.iter().filter_map(|path| reference(path, Vec::new()))).collect()
}
