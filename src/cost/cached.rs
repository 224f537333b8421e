//! What is built already, in a binary cache or a store.

mod error;
mod files;

use fixedbitset::FixedBitSet;
use rustc_hash::FxHashSet;

pub use error::CachedError;

use crate::graph::{EdgeId, Graph, NodeId};
use crate::nix::Digest;
use crate::reach::{ToBuild, to_build};

/// Which store paths are built already, as files tell.
///
/// **Overestimates** what is there: a derivation may forbid that its outputs are substituted (`allowSubstitutes`),
/// a cache may have an output and not what that refers to, and it may not be one that is trusted.
/// **Underestimates** it: a file tells of the caches that somebody asked, at the time when they asked.
#[derive(Debug, Clone, Default)]
pub struct Cached {
    paths: FxHashSet<Digest>,
    /// Derivations all of whose outputs are there, which may have no known paths.
    derivations: FxHashSet<Digest>,
    files: Vec<CachedFile>,
    notes: Vec<String>,
}

/// What a file tells.
#[derive(Debug, Clone, Default)]
struct CachedFile {
    shown: String,
    /// Paths that are there.
    paths: Vec<Digest>,
    /// Derivations whose outputs are.
    derivations: Vec<Digest>,
}

impl Cached {
    /// Reads files, each recognised by its content: a list of store paths, their hashes or the names of narinfo
    /// files, one a line; what `nix path-info --json` or `nix-eval-jobs --check-cache-status` prints; a narinfo file;
    /// Nix's store database. And folders of narinfo files. What any of them tells to be there is there.
    ///
    /// # Errors
    /// When a file cannot be read, is none of them, or is damaged.
    pub fn read<P: AsRef<std::path::Path>>(paths: &[P]) -> Result<Self, CachedError> {
        let mut cached = Self::default();
        for path in paths {
            let (file, note) = files::read(path.as_ref())?;
            cached.notes.extend(note);
            cached.paths.extend(&file.paths);
            cached.derivations.extend(&file.derivations);
            cached.files.push(file);
        }
        Ok(cached)
    }

    /// Whether a store path is there.
    #[must_use]
    pub fn has(&self, digest: Digest) -> bool {
        self.paths.contains(&digest)
    }

    /// Whether every output of a derivation is there.
    ///
    /// # Panics
    /// When the node is of another graph.
    #[must_use]
    pub fn has_all(&self, graph: &Graph, node: NodeId) -> bool {
        let mut outputs = graph.outputs(node).map(|(_, digest)| digest).peekable();
        self.derivations.contains(&graph.digest(node))
            || (outputs.peek().is_some() && outputs.all(|digest| self.has(digest)))
    }

    /// Whether those outputs of a derivation are there that the consumer at an edge uses.
    ///
    /// # Panics
    /// When the edge is of another graph.
    #[must_use]
    pub fn has_used(&self, graph: &Graph, edge: EdgeId) -> bool {
        let input = graph.edge_input(edge);
        let has = |used: &str| graph.outputs(input).any(|(output, digest)| output == used && self.has(digest));
        let mut used = graph.used_outputs(edge).peekable();
        self.has_all(graph, input) || (used.peek().is_some() && used.all(has))
    }

    /// What must be built and fetched to have all outputs of some derivations; see [`to_build`].
    ///
    /// # Panics
    /// When a node is of another graph.
    #[must_use]
    pub fn to_build(&self, graph: &Graph, wanted: &[NodeId]) -> ToBuild {
        to_build(graph, wanted, |node, edge| self.is_there(graph, node, edge))
    }

    /// What a rebuild needs beside itself: of `touched`, which all get new paths and so are nowhere yet, nothing is
    /// taken to be there; what they use and is there ends the search. The lists are without `touched`.
    ///
    /// # Panics
    /// When a node is of another graph.
    #[must_use]
    pub fn beside(&self, graph: &Graph, touched: &[NodeId]) -> ToBuild {
        let mut new = FixedBitSet::with_capacity(graph.node_count());
        new.extend(touched.iter().map(|node| node.index()));
        let is_new = |node: NodeId| new.contains(node.index());
        let mut found = to_build(graph, touched, |node, edge| !is_new(node) && self.is_there(graph, node, edge));
        for list in [&mut found.builds, &mut found.fetches, &mut found.there, &mut found.unknown] {
            list.retain(|&node| !is_new(node));
        }
        found
    }

    fn is_there(&self, graph: &Graph, node: NodeId, edge: Option<EdgeId>) -> bool {
        edge.map_or_else(|| self.has_all(graph, node), |edge| self.has_used(graph, edge))
    }

    /// Of each file, how many paths it tells to be there, and how many of these are outputs of the graph.
    #[must_use]
    pub fn uses(&self, graph: &Graph) -> Vec<(String, u64, u64)> {
        let derivations = || graph.nodes().filter(|&node| graph.is_derivation(node));
        let known: FxHashSet<Digest> = derivations()
            .flat_map(|node| graph.outputs(node).map(|(_, digest)| digest).chain([graph.digest(node)]))
            .filter(Digest::is_some)
            .collect();
        let all = |file: &CachedFile| file.paths.len() + file.derivations.len();
        let here = |file: &CachedFile| {
            let told = file.paths.iter().chain(&file.derivations);
            told.filter(|digest| known.contains(digest)).count()
        };
        self.files.iter().map(|file| (file.shown.clone(), all(file) as u64, here(file) as u64)).collect()
    }

    /// What somebody should know who reads the answer.
    #[must_use]
    pub fn notes(&self) -> &[String] {
        &self.notes
    }
}
