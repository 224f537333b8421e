//! Input paths turned into edges; what is named only as an input becomes a node.

use super::{BuildError, BuildOptions, Builder, Content, Edge, NONE, Node, slice};
use crate::ingest::Problem;
use crate::ingest::raw::{PathIndex, Symbol, flag};

impl Builder<'_> {
    /// Turns input paths into edges; what is named only as input becomes a node.
    pub(super) fn resolve_inputs(&mut self, options: BuildOptions) -> Result<(), BuildError> {
        let derivations = self.nodes.len() as u32;
        // each hole with its consumer that sorts first
        let mut holes: Vec<(String, String)> = Vec::new();
        let mut hole_count = 0;
        let mut bare = 0;
        let mut merged: Vec<(u32, u32)> = Vec::new();
        for node in 0..derivations {
            let Some((c, chunk, derivation)) = self.derivation(node) else { continue };
            bare += usize::from(derivation.flags & flag::NO_RECIPE != 0);
            merged.clear();
            for input in slice(&chunk.inputs, &derivation.inputs) {
                let path = self.path_maps[c][input.path.0 as usize];
                let mut target = self.node_of_path[path.0 as usize];
                if target == NONE {
                    target = self.add(path, Content::Missing);
                    hole_count += 1;
                }
                if matches!(self.nodes[target as usize].content, Content::Missing) && !options.allow_missing {
                    holes.push((self.shown(target), self.shown(node)));
                }
                merged.push((target, self.symbols[c][input.outputs.0 as usize].0));
            }
            for &source in slice(&chunk.sources, &derivation.sources) {
                let path = self.path_maps[c][source.0 as usize];
                let mut target = self.node_of_path[path.0 as usize];
                if target == NONE {
                    target = self.add(path, Content::Source);
                }
                merged.push((target, NONE));
            }
            merged.sort_unstable();
            for same in merged.chunk_by(|one, other| one.0 == other.0) {
                let outputs = if let [(_, outputs)] = same { *outputs } else { self.joined_outputs(same) };
                self.edges.push(Edge { input: same[0].0, outputs });
            }
            self.edge_offsets.push(self.edges.len() as u32);
        }
        if !holes.is_empty() {
            holes.sort_unstable();
            holes.dedup_by(|a, b| a.0 == b.0);
            let first = holes.iter().take(5).map(|(hole, consumer)| format!("{hole} (needed by {consumer})")).collect();
            return Err(BuildError::Holes { count: hole_count, first });
        }
        if hole_count > 0 {
            self.problems.push(Problem::new(
                "closure-with-holes",
                format!("{hole_count} derivations are missing; what lies behind them is not counted"),
            ));
        }
        if bare > 0 {
            self.problems.push(Problem::new(
                "derivations-without-recipe",
                format!(
                    "{bare} derivations are known only by name and inputs (nix-eval-jobs); whether they are fixed-output is \
                     not, so rebuild sets may be too large"
                ),
            ));
        }
        // sources and holes have no inputs
        self.edge_offsets.resize(self.nodes.len() + 1, self.edges.len() as u32);
        if self.edges.len() >= NONE as usize || self.nodes.len() >= NONE as usize {
            return Err(BuildError::TooLarge("more than 4 billion edges"));
        }
        Ok(())
    }

    pub(super) fn add(&mut self, path: PathIndex, content: Content) -> u32 {
        let node = self.nodes.len() as u32;
        self.node_of_path[path.0 as usize] = node;
        self.nodes.push(Node { path, content, level: 0 });
        node
    }

    /// The outputs used of one input that stands there more than once (Nix never writes that).
    pub(super) fn joined_outputs(&mut self, same: &[(u32, u32)]) -> u32 {
        let lists: Vec<String> = same
            .iter()
            .filter(|(_, outputs)| *outputs != NONE)
            .map(|&(_, outputs)| String::from_utf8_lossy(self.strings.get(Symbol(outputs))).into_owned())
            .collect();
        if lists.is_empty() {
            return NONE;
        }
        let mut names: Vec<&str> = lists.iter().flat_map(|list| list.split(',')).collect();
        names.sort_unstable();
        names.dedup();
        self.strings.intern(names.join(",").as_bytes()).0
    }
}
