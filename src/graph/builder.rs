//! From what was read to the graph: paths are resolved, holes and cycles found, ids given.
//!
//! Nothing that depends on timing reaches the result: strings are numbered by their bytes, nodes by
//! level, name and digest, attributes by name and system. So the same inputs give the same bytes,
//! whatever the number of threads that read them.

mod attributes;
mod edges;
mod error;
mod gather;
mod order;
mod recipes;
mod resolve;
mod texts;
mod write;

use super::graph::Graph;
use super::snapshot::Backing;
use crate::ingest::Problem;
use crate::ingest::raw::{Chunk, PathIndex, Paths, RawClosure, RawDerivation, Strings, Symbol};

pub use error::BuildError;

/// What to take over, and how to treat what is not whole.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct BuildOptions {
    /// Take a closure with holes; they become nodes marked missing.
    pub allow_missing: bool,
    /// Take over the texts of derivations, where the closure was read with them.
    pub keep_texts: bool,
    /// Take a closure without anything in it: an evaluation can come to that.
    pub allow_empty: bool,
}

/// Makes the graph of a closure.
///
/// Time is O(n log n) for names and linear for the rest.
///
/// # Errors
/// See [`BuildError`].
pub fn build(closure: &RawClosure, options: BuildOptions) -> Result<(Graph, Vec<Problem>), BuildError> {
    let mut builder = Builder::gather(closure)?;
    let nothing = |chunk: &Chunk| chunk.attributes.is_empty() && chunk.failures.is_empty();
    if !options.allow_empty && builder.nodes.is_empty() && closure.chunks.iter().all(nothing) {
        return Err(BuildError::Empty);
    }
    builder.resolve_inputs(options)?;
    builder.order()?;
    let words = builder.write(options)?;
    let mut problems = builder.problems;
    problems.sort();
    match Graph::from_backing(Backing::Owned(words), "the graph", false) {
        Ok(graph) => Ok((graph, problems)),
        Err(error) => unreachable!("the builder keeps the invariants of a graph: {error}"),
    }
}

const NONE: u32 = u32::MAX;

/// What stands behind a node until it has its id.
#[derive(Debug, Clone, Copy)]
enum Content {
    /// Chunk and index in it.
    Derivation(u32, u32),
    Source,
    Missing,
}

struct Node {
    path: PathIndex,
    content: Content,
    level: u32,
}

struct Edge {
    /// Provisional node, later the final one.
    input: u32,
    /// List of outputs (an interned text with commas); [`NONE`] for a source.
    outputs: u32,
}

struct Builder<'c> {
    closure: &'c RawClosure,
    strings: Strings,
    paths: Paths,
    /// Chunk's symbol → own symbol.
    symbols: Vec<Vec<Symbol>>,
    /// Chunk's path → own path.
    path_maps: Vec<Vec<PathIndex>>,
    nodes: Vec<Node>,
    /// Path → provisional node.
    node_of_path: Vec<u32>,
    /// Inputs of the provisional nodes: `edges[edge_offsets[i]..edge_offsets[i + 1]]`.
    edges: Vec<Edge>,
    edge_offsets: Vec<u32>,
    /// Provisional nodes in final order, and back.
    order: Vec<u32>,
    rank: Vec<u32>,
    problems: Vec<Problem>,
}

impl<'c> Builder<'c> {
    fn shown(&self, node: u32) -> String {
        self.shown_path(self.nodes[node as usize].path)
    }

    fn shown_path(&self, path: PathIndex) -> String {
        let name = String::from_utf8_lossy(self.strings.get(self.paths.name(path))).into_owned();
        format!("{}/{}-{name}", self.closure.store_dir, self.paths.digest(path).as_str())
    }

    fn derivation(&self, node: u32) -> Option<(usize, &'c Chunk, &'c RawDerivation)> {
        match self.nodes[node as usize].content {
            Content::Derivation(chunk, index) => {
                let c = chunk as usize;
                Some((c, &self.closure.chunks[c], &self.closure.chunks[c].derivations[index as usize]))
            }
            Content::Source | Content::Missing => None,
        }
    }

    fn inputs(&self, node: u32) -> &[Edge] {
        &self.edges[self.edge_offsets[node as usize] as usize..self.edge_offsets[node as usize + 1] as usize]
    }
}

fn slice<'s, T>(items: &'s [T], range: &std::ops::Range<u32>) -> &'s [T] {
    &items[range.start as usize..range.end as usize]
}
