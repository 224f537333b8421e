//! A package whose inputs are put to the proof.

use std::collections::{BTreeMap, BTreeSet};

use super::error::ExperimentError;
use super::recipe::Recipe;
use super::stand_in::digest_of;
use crate::graph::{Graph, NodeId, RecipeDigest};
use crate::nix::{Derivation, Digest, OutputKind};
use crate::role::{EffectiveInputs, Role, RoleSet};
use crate::verdict::{InputRef, PackageRef};

/// A package, its recipe, and the inputs that its build sees.
#[derive(Debug, Clone)]
pub struct Consumer {
    /// What it is called.
    pub package: PackageRef,
    /// Its recipe's digest, of which evidence speaks.
    pub digest: RecipeDigest,
    pub(super) recipe: Recipe,
    /// Its inputs by their derivation's or their own path, with the digests of their outputs.
    pub(super) inputs: BTreeMap<String, BTreeSet<Digest>>,
    /// The inputs that its lists bring, and that its phases and variables name; by path.
    pub candidates: Vec<Candidate>,
}

/// An input that can be put to the proof.
#[derive(Debug, Clone)]
pub struct Candidate {
    /// What it is called; without keys where the package does not name it, but sees it.
    pub input: InputRef,
    /// The names of what carries it, nearest to the package first.
    pub chain: Vec<String>,
    /// Every output of it: name and path; of a source the path alone.
    pub outputs: Vec<(String, String)>,
    /// The node, in the graph that it was found in.
    pub node: NodeId,
    /// How it is made; nothing where it is a source.
    pub(super) recipe: Option<Recipe>,
}

impl Candidate {
    /// The digests of its outputs.
    pub(super) fn digests(&self) -> BTreeSet<Digest> {
        self.outputs.iter().filter_map(|(_, path)| digest_of(path)).collect()
    }
}

impl Consumer {
    /// The package at a node of a graph, with the derivation's full text.
    ///
    /// # Errors
    /// When it is fixed-output or content-addressed, so that there is nothing to prove, or cannot be
    /// written as an expression.
    pub fn of(
        graph: &Graph,
        effective: &EffectiveInputs<'_>,
        node: NodeId,
        attribute: &str,
        text: Derivation<'static>,
    ) -> Result<Self, ExperimentError> {
        let name = graph.name(node).to_owned();
        let unfit = |reason| ExperimentError::Unfit { name: name.clone(), reason };
        if text.is_fixed_output() {
            return Err(unfit(
                "its output is fixed by a hash, so that no input can change it: there is nothing to prove",
            ));
        }
        if text.outputs.iter().any(|output| output.kind() != Some(OutputKind::InputAddressed)) {
            return Err(unfit(
                "its outputs are content-addressed or depend on such, so that Nix itself stops where nothing changed",
            ));
        }
        let digests = |input: NodeId| -> BTreeSet<Digest> {
            if graph.is_derivation(input) {
                graph.outputs(input).map(|(_, digest)| digest).collect()
            } else {
                [graph.digest(input)].into()
            }
        };
        let inputs = graph.input_edges(node).map(|(_, input)| (graph.path(input), digests(input))).collect();
        Ok(Self {
            package: PackageRef { attribute: attribute.to_owned(), drv: graph.path(node), name },
            digest: graph.recipe(node),
            inputs,
            candidates: candidates(graph, effective, node),
            recipe: Recipe::of(text, graph.name(node))?,
        })
    }

    /// Gives candidates the text of their derivation, by its path, so that they can be made again.
    ///
    /// # Errors
    /// When one cannot be written as an expression.
    pub fn with_texts(
        &mut self,
        mut text: impl FnMut(&str) -> Option<Derivation<'static>>,
    ) -> Result<(), ExperimentError> {
        for candidate in &mut self.candidates {
            let found = text(&candidate.input.drv);
            candidate.recipe = found.map(|text| Recipe::of(text, &candidate.input.name)).transpose()?;
        }
        Ok(())
    }

    /// The derivations that the build needs, each output as `….drv!out`, and sources.
    pub(super) fn needs(&self) -> Vec<String> {
        let text = |bytes: &[u8]| String::from_utf8_lossy(bytes).into_owned();
        let inputs = self.recipe.derivation.input_derivations.iter();
        let derivations =
            inputs.flat_map(|(path, used)| used.names.iter().map(move |name| format!("{}!{}", text(path), text(name))));
        derivations.collect()
    }
}

fn candidates(graph: &Graph, effective: &EffectiveInputs<'_>, consumer: NodeId) -> Vec<Candidate> {
    let mut found: BTreeMap<NodeId, (Vec<NodeId>, BTreeSet<String>)> = BTreeMap::new();
    for input in effective.of(consumer) {
        // the shortest chain comes first
        let (_, outputs) = found.entry(input.node).or_insert_with(|| (input.chain.clone(), BTreeSet::new()));
        if !input.output.is_empty() {
            outputs.insert(input.output.to_owned());
        }
    }
    // what phases and variables name is an input as well; not what is built, and with what
    for (edge, input) in graph.input_edges(consumer) {
        let own = |role: &Role| !matches!(role, Role::Builder | Role::Stdenv | Role::Source | Role::Unattributed);
        if RoleSet::of_edge(graph, edge).0.iter().any(own) {
            found.entry(input).or_default();
        }
    }
    let edges: BTreeMap<NodeId, _> = graph.input_edges(consumer).map(|(edge, input)| (input, edge)).collect();
    let candidate = |(node, (chain, seen)): (NodeId, (Vec<NodeId>, BTreeSet<String>))| {
        let edge = edges.get(&node);
        let keys = edge.map(|&edge| graph.mentions(edge).map(str::to_owned).collect::<BTreeSet<_>>());
        let used = edge.map(|&edge| graph.used_outputs(edge).map(str::to_owned).collect::<BTreeSet<_>>());
        let outputs: Vec<(String, String)> = if graph.is_derivation(node) {
            let all = graph.outputs(node);
            all.map(|(name, digest)| (name.to_owned(), graph.output_path(node, name, digest))).collect()
        } else {
            vec![(String::new(), graph.path(node))]
        };
        Candidate {
            input: InputRef {
                drv: graph.path(node),
                name: graph.name(node).to_owned(),
                pname: InputRef::pname_of(graph, node).to_owned(),
                outputs: used.unwrap_or(seen).into_iter().collect(),
                keys: keys.unwrap_or_default().into_iter().collect(),
            },
            chain: chain.iter().map(|&node| graph.name(node).to_owned()).collect(),
            outputs,
            node,
            recipe: None,
        }
    };
    let mut all: Vec<Candidate> = found.into_iter().map(candidate).collect();
    // by name, for people look for it; what comes along is behind what is listed
    all.sort_by(|a, b| {
        let key = |candidate: &Candidate| !candidate.chain.is_empty();
        (key(a), &a.input.name, &a.input, &a.chain).cmp(&(key(b), &b.input.name, &b.input, &b.chain))
    });
    all
}
