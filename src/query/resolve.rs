//! From selectors to the derivations they name.

use std::collections::{BTreeSet, HashSet};

use super::selector::{Form, Selector};
use super::suggest;
use crate::graph::{EdgeId, Graph, NodeId};
use crate::ingest::is_system;
use crate::nix::name::strip_interpreter;
use crate::nix::{Digest, normalise_pname};

/// What a selector names.
#[derive(Debug, Clone)]
pub struct Bump {
    /// As the user wrote it.
    pub selector: String,
    /// What the selector itself found, ascending.
    pub named: Vec<NodeId>,
    /// With all instances, ascending: what changes together.
    pub nodes: Vec<NodeId>,
}

/// A selector that names nothing.
#[derive(Debug, thiserror::Error)]
#[error("{}", message(.selectors))]
pub struct ResolveError {
    /// Every selector that matches nothing, with the nearest names.
    pub selectors: Vec<(String, Vec<String>)>,
}

fn message(selectors: &[(String, Vec<String>)]) -> String {
    let lines: Vec<String> = selectors
        .iter()
        .map(|(selector, nearest)| match nearest.as_slice() {
            [] => format!("'{selector}' matches nothing in this closure"),
            names => format!("'{selector}' matches nothing in this closure; did you mean {}?", names.join(", ")),
        })
        .collect();
    lines.join("\n")
}

/// Finds what each selector names.
///
/// A bare word is looked up as an exact attribute, else as the last part of attributes, else as a
/// pname, compared without case and without an interpreter prefix; unless `only`, what it finds is
/// extended to all instances: the derivations with the same source output, or, where there is no
/// source, the same normalised pname and version; of a fixed-output derivation, those that fetch the
/// same output path. Explicit forms are never extended.
///
/// What has neither source nor version is compared by pname and input sources (its own scripts):
/// nixpkgs calls dozens of unrelated set-up hooks just `hook`. A wrapper without a source and the
/// package that it wraps are two packages, also where their names and versions are the same.
///
/// Over-estimates: packages that share a monorepo's source are instances of one another.
/// Under-estimates: two sources of one version (a tarball and a git checkout) are not.
///
/// # Errors
/// With every selector that matches nothing, and the nearest names for each.
pub fn resolve(graph: &Graph, selectors: &[Selector], only: bool) -> Result<Vec<Bump>, ResolveError> {
    let mut bumps = Vec::with_capacity(selectors.len());
    let mut unmatched = Vec::new();
    for selector in selectors {
        let mut named = named(graph, &selector.form);
        named.sort_unstable();
        named.dedup();
        if named.is_empty() {
            let word = selector.text.split_once(':').map_or(selector.text.as_str(), |(_, value)| value);
            let word = if matches!(selector.form, Form::Path(_) | Form::SourcePath(_)) {
                word.rsplit('/').next().and_then(|name| name.split_once('-')).map_or(word, |(_, name)| name)
            } else {
                word
            };
            unmatched.push((selector.text.clone(), suggest::nearest(graph, word)));
            continue;
        }
        let nodes = if selector.is_bare_word() && !only { instances(graph, &named) } else { named.clone() };
        bumps.push(Bump { selector: selector.text.clone(), named, nodes });
    }
    if unmatched.is_empty() { Ok(bumps) } else { Err(ResolveError { selectors: unmatched }) }
}

fn derivations(graph: &Graph) -> impl Iterator<Item = NodeId> {
    graph.nodes().filter(|&node| graph.is_derivation(node))
}

/// What a selector itself finds; in no order, some more than once.
pub(super) fn named(graph: &Graph, form: &Form) -> Vec<NodeId> {
    match form {
        Form::Word(word) => {
            let exact = attribute(graph, word);
            if !exact.is_empty() {
                return exact;
            }
            let last: Vec<NodeId> = graph
                .attributes()
                .filter(|&attribute| graph.attribute_name(attribute).rsplit('.').next() == Some(word))
                .filter_map(|attribute| graph.attribute_node(attribute))
                .collect();
            if !last.is_empty() {
                return last;
            }
            by_pname(graph, word)
        }
        Form::Attribute(pattern) => match pattern {
            super::selector::Pattern::Exact(name) => attribute(graph, name),
            glob @ super::selector::Pattern::Glob(_) => graph
                .attributes()
                .filter(|&attribute| glob.matches(graph.attribute_name(attribute)))
                .filter_map(|attribute| graph.attribute_node(attribute))
                .collect(),
        },
        Form::Pname(pname) => by_pname(graph, pname),
        Form::Name(pattern) => derivations(graph).filter(|&node| pattern.matches(graph.name(node))).collect(),
        Form::SourcePath(digest) => {
            let mut sources = source_outputs_of_path(graph, *digest);
            sources.insert(*digest);
            built_from(graph, &sources)
        }
        Form::SourceName(pattern) => {
            let sources: BTreeSet<Digest> = graph
                .nodes()
                .filter(|&node| pattern.matches(graph.name(node)))
                .flat_map(|node| own_paths(graph, node))
                .collect();
            built_from(graph, &sources)
        }
        Form::File(file) => graph
            .attributes()
            .filter(|&attribute| position_matches(graph.attribute_position(attribute), file))
            .filter_map(|attribute| graph.attribute_node(attribute))
            .collect(),
        Form::Path(digest) => {
            graph.nodes().filter(|&node| own_paths(graph, node).any(|path| path == *digest)).collect()
        }
    }
}

/// The derivations with this pname. Fixed-output ones only where there are no others: the source
/// of curl is called curl too, and is not what is meant.
fn by_pname(graph: &Graph, pname: &str) -> Vec<NodeId> {
    let wanted = strip_interpreter(pname);
    let mut nodes: Vec<NodeId> =
        derivations(graph).filter(|&node| strip_interpreter(graph.pname(node)).eq_ignore_ascii_case(wanted)).collect();
    if nodes.iter().any(|&node| !graph.is_fixed(node)) {
        nodes.retain(|&node| !graph.is_fixed(node));
    }
    nodes
}

/// The nodes of an attribute: on all systems, or on the one that stands at its end.
fn attribute(graph: &Graph, name: &str) -> Vec<NodeId> {
    let nodes = |name: &str, system: Option<&str>| -> Vec<NodeId> {
        graph
            .attributes()
            .skip(graph.find_attribute(name).start)
            .take(graph.find_attribute(name).len())
            .filter(|&attribute| system.is_none_or(|system| graph.attribute_system(attribute) == system))
            .filter_map(|attribute| graph.attribute_node(attribute))
            .collect()
    };
    let found = nodes(name, None);
    match name.rsplit_once('.') {
        Some((name, system)) if found.is_empty() && is_system(system) => nodes(name, Some(system)),
        _ => found,
    }
}

/// `pkgs/x.nix` matches `/any/where/pkgs/x.nix:12`, and `pkgs/x.nix:12` only that line.
fn position_matches(position: &str, file: &str) -> bool {
    if position.is_empty() {
        return false;
    }
    let path_of = |text: &str| match text.rsplit_once(':') {
        Some((path, line)) if !line.is_empty() && line.bytes().all(|b| b.is_ascii_digit()) => path.to_owned(),
        _ => text.to_owned(),
    };
    let position = if path_of(file) == file { path_of(position) } else { position.to_owned() };
    position == file || position.strip_suffix(file).is_some_and(|before| before.ends_with('/') || file.starts_with('/'))
}

/// The node's own path and those of its outputs.
fn own_paths(graph: &Graph, node: NodeId) -> impl Iterator<Item = Digest> {
    std::iter::once(graph.digest(node)).chain(graph.outputs(node).map(|(_, digest)| digest).filter(Digest::is_some))
}

/// The output paths of the derivation with this path (its own or an output's).
fn source_outputs_of_path(graph: &Graph, digest: Digest) -> BTreeSet<Digest> {
    graph
        .nodes()
        .filter(|&node| own_paths(graph, node).any(|path| path == digest))
        .flat_map(|node| own_paths(graph, node))
        .collect()
}

/// The keys whose mention makes an input the source of its consumer.
fn is_source_key(key: &str) -> bool {
    matches!(key, "src" | "srcs" | "__json.src" | "__json.srcs")
}

/// The lists of mentions that hold a source key, as a set of their numbers.
pub(super) struct SourceLists(Vec<Option<bool>>);

impl SourceLists {
    pub(super) fn new() -> Self {
        Self(Vec::new())
    }

    fn contains(&mut self, graph: &Graph, edge: EdgeId) -> bool {
        let list = graph.mention_list(edge) as usize;
        if list >= self.0.len() {
            self.0.resize(list + 1, None);
        }
        *self.0[list].get_or_insert_with(|| graph.mentions(edge).any(is_source_key))
    }
}

/// What a derivation is built from: the paths of its sources, as `src` or `srcs` name them.
pub(super) fn sources(graph: &Graph, node: NodeId, lists: &mut SourceLists) -> BTreeSet<Digest> {
    let mut found = BTreeSet::new();
    for (edge, input) in graph.input_edges(node) {
        if !lists.contains(graph, edge) {
            continue;
        }
        if graph.is_derivation(input) {
            let used: Vec<&str> = graph.used_outputs(edge).collect();
            found.extend(
                graph
                    .outputs(input)
                    .filter(|(name, _)| used.contains(name))
                    // what has no path yet is told apart by its derivation
                    .map(|(_, digest)| if digest.is_some() { digest } else { graph.digest(input) }),
            );
        } else {
            found.insert(graph.digest(input));
        }
    }
    found
}

fn built_from(graph: &Graph, wanted: &BTreeSet<Digest>) -> Vec<NodeId> {
    let mut lists = SourceLists::new();
    derivations(graph).filter(|&node| !sources(graph, node, &mut lists).is_disjoint(wanted)).collect()
}

/// What makes a derivation without a source the instance of a package.
#[derive(PartialEq, Eq, Hash)]
enum Identity<'g> {
    /// Normalised pname and version.
    Version(String, &'g str),
    /// Where there is no version: normalised pname and the input sources, the package's own scripts
    /// (nixpkgs calls dozens of unrelated set-up hooks just `hook`).
    Scripts(String, Vec<NodeId>),
}

/// The identity of a derivation without a source; `None` where nothing shows one.
fn identity(graph: &Graph, node: NodeId) -> Option<Identity<'_>> {
    let pname = normalise_pname(graph.pname(node));
    let version = graph.version(node);
    if !version.is_empty() {
        return Some(Identity::Version(pname, version));
    }
    let scripts: Vec<NodeId> =
        graph.input_edges(node).map(|(_, input)| input).filter(|&input| !graph.is_derivation(input)).collect();
    (!scripts.is_empty()).then_some(Identity::Scripts(pname, scripts))
}

/// `named` and all other instances of the same packages.
pub(super) fn instances(graph: &Graph, named: &[NodeId]) -> Vec<NodeId> {
    let mut lists = SourceLists::new();
    let mut wanted_sources = BTreeSet::new();
    let mut wanted_outputs = BTreeSet::new();
    let mut wanted: HashSet<Identity<'_>> = HashSet::new();
    for &node in named {
        if graph.is_fixed(node) {
            wanted_outputs.extend(graph.outputs(node).map(|(_, digest)| digest));
            continue;
        }
        let own = sources(graph, node, &mut lists);
        if own.is_empty() {
            wanted.extend(identity(graph, node));
        }
        wanted_sources.extend(own);
    }
    let mut nodes: BTreeSet<NodeId> = named.iter().copied().collect();
    if !wanted_sources.is_empty() {
        // found from the sources' side: their consumers are few
        for source in graph.nodes().filter(|&node| own_paths(graph, node).any(|path| wanted_sources.contains(&path))) {
            for (edge, consumer) in graph.consumer_edges(source) {
                if lists.contains(graph, edge) && !sources(graph, consumer, &mut lists).is_disjoint(&wanted_sources) {
                    nodes.insert(consumer);
                }
            }
        }
    }
    if !wanted_outputs.is_empty() {
        nodes.extend(derivations(graph).filter(|&node| {
            graph.is_fixed(node) && graph.outputs(node).any(|(_, digest)| wanted_outputs.contains(&digest))
        }));
    }
    if !wanted.is_empty() {
        // the cheap comparison first: identities are made only for what has a name that is wanted
        let names: HashSet<&str> =
            wanted.iter().map(|(Identity::Version(pname, _) | Identity::Scripts(pname, _))| pname.as_str()).collect();
        let same_name = |node: NodeId| {
            let pname = strip_interpreter(graph.pname(node));
            names.iter().any(|name| name.eq_ignore_ascii_case(pname))
        };
        let found: Vec<NodeId> = derivations(graph)
            .filter(|&node| !graph.is_fixed(node) && same_name(node))
            .filter(|&node| identity(graph, node).is_some_and(|identity| wanted.contains(&identity)))
            .collect();
        nodes.extend(found.into_iter().filter(|&node| sources(graph, node, &mut lists).is_empty()));
    }
    nodes.into_iter().collect()
}
