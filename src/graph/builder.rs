//! From what was read to the graph: paths are resolved, holes and cycles found, ids given.
//!
//! Nothing that depends on timing reaches the result: strings are numbered by their bytes, nodes by
//! level, name and digest, attributes by name and system. So the same inputs give the same bytes,
//! whatever the number of threads that read them.

use std::collections::HashMap;
use std::hash::BuildHasher;

use hashbrown::HashTable;
use rayon::slice::ParallelSliceMut;
use rustc_hash::FxBuildHasher;

use super::graph::Graph;
use super::snapshot::{Backing, Section, Writer};
use crate::ingest::raw::{
    Chunk, Fingerprint, Origin, PathIndex, Paths, RawClosure, RawDerivation, Strings, Symbol, flag, hash_name,
};
use crate::ingest::{Problem, is_system};
use crate::nix::store_path::DIGEST_LEN;
use crate::nix::{Digest, hash, parse_drv_name};

/// How to treat what is not whole.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct BuildOptions {
    /// Take a closure with holes; they become nodes marked missing.
    pub allow_missing: bool,
}

/// Why no graph can be made.
#[derive(Debug, thiserror::Error)]
pub enum BuildError {
    /// Nothing was read.
    #[error("no derivation was read; give a closure as well (nix derivation show -r, or the .drv files)")]
    Empty,
    /// Derivations are named as inputs, but are not there.
    #[error("the closure has holes: {count} derivations are missing, first {}; give their derivations too, or use --allow-missing", first.join(", "))]
    Holes {
        /// How many are missing.
        count: usize,
        /// The first of them, each with a consumer.
        first: Vec<String>,
    },
    /// Derivations that need one another: no Nix made them.
    #[error("the inputs go in a circle: {}", path.join(" -> "))]
    Cycle {
        /// The derivations of the circle, the first again at the end.
        path: Vec<String>,
    },
    /// One path, two contents.
    #[error(
        "{path} was read twice with different content ({what}): {first} and {second}; one of them is not what Nix wrote"
    )]
    Conflict {
        /// The path.
        path: String,
        /// What differs.
        what: &'static str,
        /// Where one was read.
        first: String,
        /// Where the other was read.
        second: String,
    },
    /// One hash part, two names.
    #[error("the hash {digest} stands before two names, '{}' and '{}'; one of them is not what Nix wrote", names[0], names[1])]
    TwoNames {
        /// The hash part.
        digest: String,
        /// The names.
        names: [String; 2],
    },
    /// One path twice in one input: each stands once in what Nix prints.
    #[error("{path} stands twice in {input}, at byte {first} and at byte {second}; no Nix wrote that")]
    Twice {
        /// The path.
        path: String,
        /// What was read.
        input: String,
        /// Where it stands first.
        first: u64,
        /// Where it stands again.
        second: u64,
    },
    /// A consumer names an output that its input does not have.
    #[error("{consumer} uses output '{output}' of {input}, which has no such output; one of them is damaged")]
    UnknownOutput {
        /// The consumer.
        consumer: String,
        /// The input.
        input: String,
        /// The output.
        output: String,
    },
    /// More than ids can number.
    #[error("the closure is too large: {0}")]
    TooLarge(&'static str),
}

/// Makes the graph of a closure.
///
/// Time is O(n log n) for names and linear for the rest.
///
/// # Errors
/// See [`BuildError`].
pub fn build(closure: &RawClosure, options: BuildOptions) -> Result<(Graph, Vec<Problem>), BuildError> {
    let mut builder = Builder::gather(closure)?;
    builder.resolve_inputs(options)?;
    builder.order()?;
    let words = builder.write()?;
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
    /// Brings the chunks' strings and paths together and finds the derivations.
    fn gather(closure: &'c RawClosure) -> Result<Self, BuildError> {
        let mut strings = Strings::default();
        let mut paths = Paths::default();
        let mut symbols = Vec::with_capacity(closure.chunks.len());
        let mut path_maps = Vec::with_capacity(closure.chunks.len());
        let mut two_names: Option<(Digest, PathIndex, Symbol)> = None;
        for chunk in &closure.chunks {
            let map: Vec<Symbol> = chunk.strings.iter().map(|text| intern_utf8(&mut strings, text)).collect();
            let path_map: Vec<PathIndex> = (0..chunk.paths.len() as u32)
                .map(|i| {
                    let own = PathIndex(i);
                    let name = map[chunk.paths.name(own).0 as usize];
                    let name_hash = hash_name(strings.get(name));
                    let digest = chunk.paths.digest(own);
                    let (path, same_name) = match paths.find(&digest, name_hash) {
                        Some(known) => known,
                        None => (paths.add(digest, name, name_hash), true),
                    };
                    if !same_name && two_names.is_none_or(|(least, ..)| digest < least) {
                        two_names = Some((digest, path, name));
                    }
                    path
                })
                .collect();
            symbols.push(map);
            path_maps.push(path_map);
        }
        let node_of_path = vec![NONE; paths.len()];
        let mut builder = Self {
            closure,
            strings,
            paths,
            symbols,
            path_maps,
            nodes: Vec::new(),
            node_of_path,
            edges: Vec::new(),
            edge_offsets: vec![0],
            order: Vec::new(),
            rank: Vec::new(),
            problems: Vec::new(),
        };
        if let Some((_, path, other)) = two_names {
            let text = |symbol| String::from_utf8_lossy(builder.strings.get(symbol)).into_owned();
            let mut names = [text(builder.paths.name(path)), text(other)];
            names.sort();
            return Err(BuildError::TwoNames { digest: builder.paths.digest(path).as_str().to_owned(), names });
        }
        builder.derivations()?;
        Ok(builder)
    }

    fn derivations(&mut self) -> Result<(), BuildError> {
        // of several errors that of the smallest digest is told, whatever the workers' timing
        let mut first: Option<(Digest, BuildError)> = None;
        for (c, chunk) in self.closure.chunks.iter().enumerate() {
            for (d, derivation) in chunk.derivations.iter().enumerate() {
                let path = self.path_maps[c][derivation.path.0 as usize];
                let known = self.node_of_path[path.0 as usize];
                let content = Content::Derivation(c as u32, d as u32);
                if known == NONE {
                    self.node_of_path[path.0 as usize] = self.nodes.len() as u32;
                    self.nodes.push(Node { path, content, level: 0 });
                } else {
                    let digest = self.paths.digest(path);
                    match self.merge(known, (c, derivation)) {
                        Ok(true) => self.nodes[known as usize].content = content,
                        Ok(false) => {}
                        Err(error) if first.as_ref().is_none_or(|(least, _)| digest < *least) => {
                            first = Some((digest, error));
                        }
                        Err(_) => {}
                    }
                }
            }
        }
        if let Some((_, error)) = first {
            return Err(error);
        }
        if self.nodes.is_empty() {
            return Err(BuildError::Empty);
        }
        Ok(())
    }

    /// A derivation that was read before: whether the new one is to take its place.
    fn merge(&mut self, known: u32, (c, new): (usize, &RawDerivation)) -> Result<bool, BuildError> {
        let Content::Derivation(old_chunk, old_index) = self.nodes[known as usize].content else { return Ok(true) };
        let old = &self.closure.chunks[old_chunk as usize].derivations[old_index as usize];
        let bare = |derivation: &RawDerivation| derivation.flags & flag::NO_RECIPE != 0;
        if bare(old) != bare(new) {
            return Ok(bare(old));
        }
        if !bare(new) && old.origin.input == new.origin.input && old.origin != new.origin {
            return Err(BuildError::Twice {
                path: self.shown(known),
                input: self.closure.origins.get(new.origin.input as usize).cloned().unwrap_or_default(),
                first: old.origin.offset.min(new.origin.offset),
                second: old.origin.offset.max(new.origin.offset),
            });
        }
        let what = self.difference((old_chunk as usize, old), (c, new));
        if let Some(what) = what {
            let mut places = [old.origin, new.origin];
            places.sort();
            let place = |origin: Origin| {
                let name = self.closure.origins.get(origin.input as usize).map_or("?", String::as_str);
                format!("{name} at byte {}", origin.offset)
            };
            return Err(BuildError::Conflict {
                path: self.shown(known),
                what,
                first: place(places[0]),
                second: place(places[1]),
            });
        }
        // same content: the one that was named first is kept, whatever the timing
        Ok(new.origin < old.origin)
    }

    /// In what two readings of a derivation differ, as far as the graph is concerned.
    fn difference(&self, old: (usize, &RawDerivation), new: (usize, &RawDerivation)) -> Option<&'static str> {
        let chunk = |side: (usize, &RawDerivation)| -> &'c Chunk { &self.closure.chunks[side.0] };
        let outputs = |side: (usize, &RawDerivation)| {
            let mut all: Vec<(Symbol, Digest)> = slice(&chunk(side).outputs, &side.1.outputs)
                .iter()
                .map(|output| (self.symbols[side.0][output.name.0 as usize], output.digest))
                .collect();
            all.sort_unstable();
            all
        };
        let inputs = |side: (usize, &RawDerivation)| {
            let mut all: Vec<(PathIndex, Symbol)> = slice(&chunk(side).inputs, &side.1.inputs)
                .iter()
                .map(|input| {
                    (self.path_maps[side.0][input.path.0 as usize], self.symbols[side.0][input.outputs.0 as usize])
                })
                .collect();
            all.sort_unstable();
            all
        };
        let sources = |side: (usize, &RawDerivation)| {
            let mut all: Vec<PathIndex> = slice(&chunk(side).sources, &side.1.sources)
                .iter()
                .map(|path| self.path_maps[side.0][path.0 as usize])
                .collect();
            all.sort_unstable();
            all
        };
        if outputs(old) != outputs(new) || old.1.flags != new.1.flags {
            return Some("the outputs differ");
        }
        if inputs(old) != inputs(new) {
            return Some("the input derivations differ");
        }
        if sources(old) != sources(new) {
            return Some("the input sources differ");
        }
        let facts = |side: (usize, &RawDerivation)| {
            [side.1.system, side.1.pname, side.1.version].map(|symbol| match symbol {
                Symbol::NONE => Symbol::NONE,
                symbol => self.symbols[side.0][symbol.0 as usize],
            })
        };
        let mentions = |side: (usize, &RawDerivation)| {
            let mut all: Vec<(Symbol, Fingerprint)> = slice(&chunk(side).mentions, &side.1.mentions)
                .iter()
                .map(|mention| (self.symbols[side.0][mention.key.0 as usize], mention.path))
                .collect();
            all.sort_unstable();
            all.dedup();
            all
        };
        (facts(old) != facts(new) || mentions(old) != mentions(new)).then_some("the environments differ")
    }

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

    /// Turns input paths into edges; what is named only as input becomes a node.
    fn resolve_inputs(&mut self, options: BuildOptions) -> Result<(), BuildError> {
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

    fn add(&mut self, path: PathIndex, content: Content) -> u32 {
        let node = self.nodes.len() as u32;
        self.node_of_path[path.0 as usize] = node;
        self.nodes.push(Node { path, content, level: 0 });
        node
    }

    /// The outputs used of one input that stands there more than once (Nix never writes that).
    fn joined_outputs(&mut self, same: &[(u32, u32)]) -> u32 {
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

    fn inputs(&self, node: u32) -> &[Edge] {
        &self.edges[self.edge_offsets[node as usize] as usize..self.edge_offsets[node as usize + 1] as usize]
    }

    /// Levels by Kahn's algorithm, then the final order: level, name, digest.
    fn order(&mut self) -> Result<(), BuildError> {
        let n = self.nodes.len();
        let mut waits: Vec<u32> = (0..n as u32).map(|node| self.inputs(node).len() as u32).collect();
        let mut offsets = vec![0u32; n + 1];
        for edge in &self.edges {
            offsets[edge.input as usize + 1] += 1;
        }
        for i in 0..n {
            offsets[i + 1] += offsets[i];
        }
        let mut consumers = vec![0u32; self.edges.len()];
        let mut fill = offsets.clone();
        for node in 0..n as u32 {
            for edge in self.edge_offsets[node as usize]..self.edge_offsets[node as usize + 1] {
                let at = &mut fill[self.edges[edge as usize].input as usize];
                consumers[*at as usize] = node;
                *at += 1;
            }
        }
        let mut ready: Vec<u32> = (0..n as u32).filter(|&node| waits[node as usize] == 0).collect();
        let mut next = 0;
        while let Some(&node) = ready.get(next) {
            next += 1;
            let level = self.nodes[node as usize].level + 1;
            for &consumer in &consumers[offsets[node as usize] as usize..offsets[node as usize + 1] as usize] {
                let consumer = consumer as usize;
                self.nodes[consumer].level = self.nodes[consumer].level.max(level);
                waits[consumer] -= 1;
                if waits[consumer] == 0 {
                    ready.push(consumer as u32);
                }
            }
        }
        if ready.len() < n {
            return Err(self.cycle(&waits));
        }
        let mut order = ready;
        let key = |&node: &u32| {
            let node = &self.nodes[node as usize];
            (node.level, self.strings.get(self.paths.name(node.path)), self.paths.digest(node.path))
        };
        order.par_sort_unstable_by(|a, b| key(a).cmp(&key(b)));
        let mut rank = vec![0u32; n];
        for (id, &node) in order.iter().enumerate() {
            rank[node as usize] = id as u32;
        }
        self.order = order;
        self.rank = rank;
        Ok(())
    }

    /// A circle among the nodes that still wait: following inputs that wait must come back.
    fn cycle(&self, waits: &[u32]) -> BuildError {
        let waiting = |node: u32| waits[node as usize] > 0;
        let start = (0..self.nodes.len() as u32)
            .filter(|&node| waiting(node))
            .min_by_key(|&node| self.paths.digest(self.nodes[node as usize].path));
        let mut path: Vec<u32> = Vec::new();
        let mut place = vec![NONE; self.nodes.len()];
        let mut at = start;
        while let Some(node) = at {
            if place[node as usize] != NONE {
                path.drain(..place[node as usize] as usize);
                break;
            }
            place[node as usize] = path.len() as u32;
            path.push(node);
            let digest = |&input: &u32| self.paths.digest(self.nodes[input as usize].path);
            at = self.inputs(node).iter().map(|edge| edge.input).filter(|&input| waiting(input)).min_by_key(digest);
        }
        // the circle is told from its smallest path on, so that it reads the same every time
        let smallest =
            (0..path.len()).min_by_key(|&i| self.paths.digest(self.nodes[path[i] as usize].path)).unwrap_or(0);
        path.rotate_left(smallest);
        let more = path.len().saturating_sub(20);
        path.truncate(20);
        let mut path: Vec<String> = path.into_iter().map(|node| self.shown(node)).collect();
        if more > 0 {
            path.push(format!("… ({more} more)"));
        }
        path.extend(path.first().cloned());
        BuildError::Cycle { path }
    }

    /// Numbers everything and writes the arrays.
    fn write(&mut self) -> Result<Vec<u64>, BuildError> {
        let n = self.nodes.len();
        let empty = self.strings.intern(b"");
        let store_dir = self.strings.intern(self.closure.store_dir.as_bytes());

        // names and versions may be new strings, so they come before strings are numbered
        let mut names = Vec::with_capacity(n);
        let mut pnames = Vec::with_capacity(n);
        let mut versions = Vec::with_capacity(n);
        let mut systems = Vec::with_capacity(n);
        let mut flags = Vec::with_capacity(n);
        for &node in &self.order {
            let content = self.nodes[node as usize].content;
            let path_name =
                String::from_utf8_lossy(self.strings.get(self.paths.name(self.nodes[node as usize].path))).into_owned();
            let name = match content {
                Content::Source => path_name.as_str(),
                _ => path_name.strip_suffix(".drv").unwrap_or(&path_name),
            };
            names.push(self.strings.intern(name.as_bytes()));
            let (parsed_pname, parsed_version) =
                if matches!(content, Content::Source) { ("", "") } else { parse_drv_name(name) };
            let stated = self.derivation(node).map(|(c, _, derivation)| {
                let symbol =
                    |symbol: Symbol| if symbol == Symbol::NONE { empty } else { self.symbols[c][symbol.0 as usize] };
                (symbol(derivation.pname), symbol(derivation.version), symbol(derivation.system), derivation.flags)
            });
            let (pname, version, system, flag) = stated.unwrap_or((
                empty,
                empty,
                empty,
                if matches!(content, Content::Source) { flag::SOURCE } else { flag::MISSING },
            ));
            pnames.push(if pname == empty { self.strings.intern(parsed_pname.as_bytes()) } else { pname });
            versions.push(if version == empty { self.strings.intern(parsed_version.as_bytes()) } else { version });
            systems.push(system);
            flags.push(flag);
        }
        self.intern_used_outputs();
        let NumberedStrings { numbers, offsets: string_offsets, bytes: string_bytes } = self.number_strings()?;
        let number = |symbol: Symbol| numbers[symbol.0 as usize];
        let all = |symbols: &[Symbol]| symbols.iter().map(|&symbol| number(symbol)).collect::<Vec<u32>>();

        let mut writer = Writer::new();
        let mut add = |section: Section, words: &[u32]| writer.add(section, bytemuck::cast_slice(words));
        add(Section::StringOffsets, &string_offsets);
        writer.add(Section::StringBytes, &string_bytes);
        let digests: Vec<[u8; DIGEST_LEN]> =
            self.order.iter().map(|&node| self.paths.digest(self.nodes[node as usize].path).0).collect();
        writer.add(Section::NodeDigest, bytemuck::cast_slice(&digests));
        let mut add = |section: Section, words: &[u32]| writer.add(section, bytemuck::cast_slice(words));
        add(Section::NodeName, &all(&names));
        add(Section::NodePname, &all(&pnames));
        add(Section::NodeVersion, &all(&versions));
        add(Section::NodeSystem, &all(&systems));
        add(Section::NodeFlags, &flags);
        add(Section::NodeLevel, &self.order.iter().map(|&node| self.nodes[node as usize].level).collect::<Vec<u32>>());

        let outputs = self.outputs(&names, &numbers);
        add(Section::OutputOffsets, &outputs.offsets);
        add(Section::OutputName, &outputs.names);
        writer.add(Section::OutputDigest, bytemuck::cast_slice(&outputs.digests));

        let mut lists = Lists::default();
        let inputs = self.inputs_of_all(&outputs, &numbers, &mut lists)?;
        let mut add = |section: Section, words: &[u32]| writer.add(section, bytemuck::cast_slice(words));
        add(Section::InputOffsets, &inputs.offsets);
        add(Section::InputTarget, &inputs.targets);
        add(Section::InputOutputs, &inputs.outputs);
        add(Section::InputMentions, &inputs.mentions);
        let (consumer_offsets, targets, edges) = transpose(n, &inputs.offsets, &inputs.targets);
        add(Section::ConsumerOffsets, &consumer_offsets);
        add(Section::ConsumerTarget, &targets);
        add(Section::ConsumerEdge, &edges);
        add(Section::ListOffsets, &lists.offsets);
        add(Section::ListItems, &lists.items);

        let attributes = self.attributes(&outputs, &numbers, empty, &consumer_offsets);
        add(Section::AttributeName, &attributes.iter().map(|a| a.name).collect::<Vec<u32>>());
        add(Section::AttributeSystem, &attributes.iter().map(|a| a.system).collect::<Vec<u32>>());
        add(Section::AttributeNode, &attributes.iter().map(|a| a.node).collect::<Vec<u32>>());
        add(Section::AttributePosition, &attributes.iter().map(|a| a.position).collect::<Vec<u32>>());
        let mut by_node: Vec<(u32, u32)> =
            attributes.iter().enumerate().filter(|(_, a)| a.node != NONE).map(|(i, a)| (a.node, i as u32)).collect();
        by_node.sort_unstable();
        let mut offsets = vec![0u32; n + 1];
        for &(node, _) in &by_node {
            offsets[node as usize + 1] += 1;
        }
        for i in 0..n {
            offsets[i + 1] += offsets[i];
        }
        add(Section::NodeAttributeOffsets, &offsets);
        add(Section::NodeAttributes, &by_node.iter().map(|&(_, attribute)| attribute).collect::<Vec<u32>>());
        add(Section::Facts, &[number(store_dir)]);
        Ok(writer.finish())
    }

    /// The names in the lists of used outputs as strings of their own: one that its input does not
    /// have stands nowhere else.
    fn intern_used_outputs(&mut self) {
        let mut lists: Vec<u32> = self.edges.iter().map(|edge| edge.outputs).filter(|&list| list != NONE).collect();
        lists.sort_unstable();
        lists.dedup();
        for list in lists {
            let text = self.strings.get(Symbol(list)).to_vec();
            for name in text.split(|&byte| byte == b',') {
                self.strings.intern(name);
            }
        }
    }

    /// The place of each string among all in the order of their bytes, and the strings so ordered.
    fn number_strings(&self) -> Result<NumberedStrings, BuildError> {
        let count = self.strings.len();
        let mut sorted: Vec<u32> = (0..count as u32).collect();
        sorted.par_sort_unstable_by(|&a, &b| self.strings.get(Symbol(a)).cmp(self.strings.get(Symbol(b))));
        let mut numbers = vec![0u32; count];
        let mut offsets = Vec::with_capacity(count + 1);
        let mut bytes = Vec::new();
        offsets.push(0);
        for (number, &symbol) in sorted.iter().enumerate() {
            numbers[symbol as usize] = number as u32;
            bytes.extend_from_slice(self.strings.get(Symbol(symbol)));
            if bytes.len() >= NONE as usize {
                return Err(BuildError::TooLarge("more than 4 GiB of names"));
            }
            offsets.push(bytes.len() as u32);
        }
        Ok(NumberedStrings { numbers, offsets, bytes })
    }

    /// The outputs in final order. Where no path is known, the placeholder by which consumers name
    /// the output is kept for resolving.
    fn outputs(&self, names: &[Symbol], numbers: &[u32]) -> Outputs {
        let mut outputs = Outputs { offsets: vec![0], ..Outputs::default() };
        for (id, &node) in self.order.iter().enumerate() {
            if let Some((c, chunk, derivation)) = self.derivation(node) {
                let mut own: Vec<(u32, Digest)> = slice(&chunk.outputs, &derivation.outputs)
                    .iter()
                    .map(|output| (numbers[self.symbols[c][output.name.0 as usize].0 as usize], output.digest))
                    .collect();
                own.sort_unstable();
                for (name, digest) in own {
                    outputs.names.push(name);
                    outputs.digests.push(digest.0);
                    let mentioned = if digest.is_some() {
                        digest
                    } else {
                        let drv_name = String::from_utf8_lossy(self.strings.get(names[id]));
                        let output = numbers_text(
                            &self.strings,
                            numbers,
                            name,
                            slice(&chunk.outputs, &derivation.outputs),
                            &self.symbols[c],
                        );
                        let placeholder = hash::upstream_placeholder(
                            self.paths.digest(self.nodes[node as usize].path),
                            &drv_name,
                            &output,
                        );
                        placeholder.as_bytes()[1..].first_chunk().map_or(Digest::NONE, |&digest| Digest(digest))
                    };
                    outputs.mentioned.push(mentioned.into());
                }
            }
            outputs.offsets.push(outputs.names.len() as u32);
        }
        outputs
    }

    /// The input lists in final order, with the outputs used and the mentions.
    fn inputs_of_all(&self, outputs: &Outputs, numbers: &[u32], lists: &mut Lists) -> Result<Inputs, BuildError> {
        let mut result = Inputs { offsets: vec![0], ..Inputs::default() };
        let mut output_lists: Vec<u32> = vec![NONE; self.strings.len()];
        let no_outputs = lists.intern(&[]);
        // what each input may be called, for the node at hand
        let mut callings = Callings::default();
        let mut own: Vec<(u32, u32)> = Vec::new();
        let mut found: Vec<(u32, u32)> = Vec::new();
        let mut keys: Vec<u32> = Vec::new();
        for (id, &node) in self.order.iter().enumerate() {
            own.clear();
            own.extend(self.inputs(node).iter().map(|edge| (self.rank[edge.input as usize], edge.outputs)));
            own.sort_unstable();
            callings.clear();
            for (edge, &(input, names)) in own.iter().enumerate() {
                let edge = edge as u32;
                result.targets.push(input);
                let provisional = self.order[input as usize];
                // a source, or a derivation's file itself, is named by its own path
                callings.add(self.paths.digest(self.nodes[provisional as usize].path).into(), edge);
                let range = outputs.range(input);
                for &mentioned in &outputs.mentioned[range.clone()] {
                    callings.add(mentioned, edge);
                }
                let list = if names == NONE {
                    no_outputs
                } else {
                    if output_lists[names as usize] == NONE {
                        let text = String::from_utf8_lossy(self.strings.get(Symbol(names)));
                        let items: Vec<u32> = text.split(',').filter_map(|name| self.number(name, numbers)).collect();
                        output_lists[names as usize] = lists.intern(&items);
                    }
                    output_lists[names as usize]
                };
                self.check_outputs(node, provisional, lists.get(list), &outputs.names[range], numbers)?;
                result.outputs.push(list);
            }
            callings.ready();
            found.clear();
            if let Some((c, chunk, derivation)) = self.derivation(node) {
                let own_outputs = outputs.range(id as u32);
                for mention in slice(&chunk.mentions, &derivation.mentions) {
                    let edges = callings.of(mention.path);
                    if edges.is_empty() {
                        continue;
                    }
                    let key = numbers[self.symbols[c][mention.key.0 as usize].0 as usize];
                    // `out` names the derivation's own output, also where an input has the same path
                    let names_itself =
                        own_outputs.clone().any(|at| outputs.names[at] == key && outputs.mentioned[at] == mention.path);
                    if !names_itself {
                        found.extend(edges.iter().map(|&(_, edge)| (edge, key)));
                    }
                }
            }
            found.sort_unstable();
            found.dedup();
            let mut rest = found.as_slice();
            for edge in 0..own.len() as u32 {
                let count = rest.partition_point(|&(of, _)| of <= edge);
                keys.clear();
                keys.extend(rest[..count].iter().map(|&(_, key)| key));
                rest = &rest[count..];
                result.mentions.push(lists.intern(&keys));
            }
            result.offsets.push(result.targets.len() as u32);
        }
        Ok(result)
    }

    fn number(&self, text: &str, numbers: &[u32]) -> Option<u32> {
        self.strings.find(text.as_bytes()).map(|symbol| numbers[symbol.0 as usize])
    }

    /// Every output used must be one that the input has (dynamic ones and bare inputs are not
    /// checked).
    fn check_outputs(
        &self,
        node: u32,
        input: u32,
        used: &[u32],
        known: &[u32],
        numbers: &[u32],
    ) -> Result<(), BuildError> {
        if used.iter().all(|name| known.contains(name)) {
            return Ok(());
        }
        let Some((_, _, derivation)) = self.derivation(input) else { return Ok(()) };
        if derivation.flags & flag::NO_RECIPE != 0 {
            return Ok(());
        }
        for &name in used.iter().filter(|name| !known.contains(name)) {
            let symbol =
                numbers.iter().position(|&number| number == name).map_or(Symbol::NONE, |symbol| Symbol(symbol as u32));
            let output = String::from_utf8_lossy(self.strings.get(symbol)).into_owned();
            if !output.contains('^') {
                return Err(BuildError::UnknownOutput { consumer: self.shown(node), input: self.shown(input), output });
            }
        }
        Ok(())
    }

    /// Output path → the nodes that make it, ascending.
    fn producers(&self, outputs: &Outputs) -> HashMap<[u8; DIGEST_LEN], Vec<u32>, FxBuildHasher> {
        let mut producers: HashMap<[u8; DIGEST_LEN], Vec<u32>, FxBuildHasher> = HashMap::default();
        for node in 0..self.nodes.len() as u32 {
            for at in outputs.range(node) {
                producers.entry(outputs.digests[at]).or_default().push(node);
            }
        }
        producers.remove(&Digest::NONE.0);
        producers
    }

    /// Of several nodes that make one path the one that an attribute means most likely: built on
    /// its system, then with the most consumers, then the first.
    fn likeliest(&self, several: &[u32], system: u32, numbers: &[u32], uses: &[u32]) -> u32 {
        let key = |node: u32| {
            let other_system = self.system_number(node, numbers) != Some(system);
            let consumers = uses[node as usize + 1] - uses[node as usize];
            (other_system, std::cmp::Reverse(consumers), node)
        };
        several.iter().copied().min_by_key(|&node| key(node)).unwrap_or(NONE)
    }

    /// The string of the system that a node is built on, where it is a real one.
    fn system_number(&self, node: u32, numbers: &[u32]) -> Option<u32> {
        let (c, _, derivation) = self.derivation(self.order[node as usize])?;
        if derivation.system == Symbol::NONE {
            return None;
        }
        let symbol = self.symbols[c][derivation.system.0 as usize];
        let text = std::str::from_utf8(self.strings.get(symbol)).ok()?;
        is_system(text).then(|| numbers[symbol.0 as usize])
    }

    /// The attributes by name and system, each with its node.
    fn attributes(&mut self, outputs: &Outputs, numbers: &[u32], empty: Symbol, uses: &[u32]) -> Vec<Attribute> {
        let producers =
            if self.closure.chunks.iter().any(|chunk| chunk.attributes.iter().any(|a| a.derivation.is_none())) {
                self.producers(outputs)
            } else {
                HashMap::default()
            };
        let mut ambiguous = 0;
        let mut attributes: Vec<Attribute> = Vec::new();
        for (c, chunk) in self.closure.chunks.iter().enumerate() {
            let number = |symbol: Symbol| {
                let own = if symbol == Symbol::NONE { empty } else { self.symbols[c][symbol.0 as usize] };
                numbers[own.0 as usize]
            };
            for attribute in &chunk.attributes {
                let stated = attribute.derivation.map(|path| {
                    match self.node_of_path[self.path_maps[c][path.0 as usize].0 as usize] {
                        NONE => NONE,
                        node => self.rank[node as usize],
                    }
                });
                let mut system = number(attribute.system);
                let node = stated.unwrap_or_else(|| {
                    let makers = slice(&chunk.attribute_outputs, &attribute.outputs)
                        .iter()
                        .find_map(|path| producers.get(&chunk.paths.digest(*path).0));
                    match makers.map(Vec::as_slice) {
                        None | Some([]) => NONE,
                        Some(&[only]) => only,
                        Some(several) => {
                            ambiguous += 1;
                            self.likeliest(several, system, numbers, uses)
                        }
                    }
                });
                let node = match node {
                    NONE => NONE,
                    found => match self.derivation(self.order[found as usize]) {
                        Some(_) => found,
                        None => NONE,
                    },
                };
                // a name without a system has that of its derivation
                if attribute.system == Symbol::NONE && node != NONE {
                    system = self.system_number(node, numbers).unwrap_or(system);
                }
                attributes.push(Attribute {
                    name: number(attribute.name),
                    system,
                    node,
                    guessed: stated.is_none(),
                    position: number(attribute.position),
                    origin: attribute.origin,
                });
            }
        }
        // what was stated wins over what was guessed from an output path, whatever came first
        attributes.sort_unstable_by_key(|a| (a.name, a.system, a.node == NONE, a.guessed, a.origin));
        let total = attributes.len();
        let mut conflicts = 0;
        attributes.dedup_by(|later, kept| {
            let same = later.name == kept.name && later.system == kept.system;
            if same {
                // a guess among derivations with one output path contradicts nothing
                let contradicts = later.node != NONE && later.node != kept.node && !later.guessed;
                conflicts += usize::from(contradicts);
                if kept.position == numbers[empty.0 as usize] {
                    kept.position = later.position;
                }
            }
            same
        });
        if ambiguous > 0 {
            self.problems.push(Problem::new(
                "ambiguous-attributes",
                format!(
                    "attributes known only by an output path that several derivations make: {ambiguous}; of each the one \
                     with the most consumers is taken; give their drvPath too (nix-eval-jobs) to be sure"
                ),
            ));
        }
        let unresolved = attributes.iter().filter(|a| a.node == NONE).count();
        if unresolved > 0 {
            self.problems.push(Problem::new(
                "attributes-without-derivation",
                format!("{unresolved} of {total} attributes name derivations that the closure does not hold; they are never counted as rebuilt"),
            ));
        }
        if conflicts > 0 {
            self.problems.push(Problem::new(
                "conflicting-attributes",
                format!("{conflicts} attributes name several derivations; the one read first is kept"),
            ));
        }
        attributes
    }
}

/// The text of an output's number: outputs are few, so they are looked through.
fn numbers_text(
    strings: &Strings,
    numbers: &[u32],
    wanted: u32,
    outputs: &[crate::ingest::raw::RawOutput],
    symbols: &[Symbol],
) -> String {
    outputs
        .iter()
        .map(|output| symbols[output.name.0 as usize])
        .find(|symbol| numbers[symbol.0 as usize] == wanted)
        .map(|symbol| String::from_utf8_lossy(strings.get(symbol)).into_owned())
        .unwrap_or_default()
}

/// The strings in the order of their bytes.
struct NumberedStrings {
    /// Symbol → place in that order.
    numbers: Vec<u32>,
    offsets: Vec<u32>,
    bytes: Vec<u8>,
}

struct Attribute {
    name: u32,
    system: u32,
    node: u32,
    /// Found by an output path, not by a stated derivation.
    guessed: bool,
    position: u32,
    origin: Origin,
}

#[derive(Default)]
struct Outputs {
    offsets: Vec<u32>,
    names: Vec<u32>,
    digests: Vec<[u8; DIGEST_LEN]>,
    /// What consumers name: the path, or the placeholder.
    mentioned: Vec<Fingerprint>,
}

#[derive(Default)]
struct Inputs {
    offsets: Vec<u32>,
    targets: Vec<u32>,
    outputs: Vec<u32>,
    mentions: Vec<u32>,
}

impl Outputs {
    /// Where the outputs of a node stand.
    fn range(&self, node: u32) -> std::ops::Range<usize> {
        self.offsets[node as usize] as usize..self.offsets[node as usize + 1] as usize
    }
}

/// What the inputs of one derivation may be called, with the edge that is meant: sorted when there
/// are many, for most derivations have few. Two inputs may have one output path (a source that is
/// fetched in two ways); then both are meant.
#[derive(Default)]
struct Callings {
    all: Vec<(Fingerprint, u32)>,
}

impl Callings {
    fn clear(&mut self) {
        self.all.clear();
    }

    fn add(&mut self, path: Fingerprint, edge: u32) {
        self.all.push((path, edge));
    }

    fn ready(&mut self) {
        self.all.sort_unstable();
    }

    fn of(&self, path: Fingerprint) -> &[(Fingerprint, u32)] {
        let start = self.all.partition_point(|(other, _)| *other < path);
        let count = self.all[start..].iter().take_while(|(other, _)| *other == path).count();
        &self.all[start..start + count]
    }
}

/// Interned lists of strings.
#[derive(Default)]
struct Lists {
    offsets: Vec<u32>,
    items: Vec<u32>,
    table: HashTable<u32>,
}

impl Lists {
    fn get(&self, list: u32) -> &[u32] {
        &self.items[self.offsets[list as usize] as usize..self.offsets[list as usize + 1] as usize]
    }

    fn intern(&mut self, items: &[u32]) -> u32 {
        if self.offsets.is_empty() {
            self.offsets.push(0);
        }
        let hash = FxBuildHasher.hash_one(items);
        let (offsets, all) = (&self.offsets, &self.items);
        let get = |list: u32| &all[offsets[list as usize] as usize..offsets[list as usize + 1] as usize];
        if let Some(&list) = self.table.find(hash, |&list| get(list) == items) {
            return list;
        }
        let list = self.offsets.len() as u32 - 1;
        self.items.extend_from_slice(items);
        self.offsets.push(self.items.len() as u32);
        let (offsets, all) = (&self.offsets, &self.items);
        let get = |list: u32| &all[offsets[list as usize] as usize..offsets[list as usize + 1] as usize];
        self.table.insert_unique(hash, list, |&list| FxBuildHasher.hash_one(get(list)));
        list
    }
}

fn slice<'s, T>(items: &'s [T], range: &std::ops::Range<u32>) -> &'s [T] {
    &items[range.start as usize..range.end as usize]
}

/// Interns bytes as UTF-8; what is none is replaced, for these are names to be shown.
fn intern_utf8(strings: &mut Strings, text: &[u8]) -> Symbol {
    match std::str::from_utf8(text) {
        Ok(_) => strings.intern(text),
        Err(_) => strings.intern(String::from_utf8_lossy(text).as_bytes()),
    }
}

/// The lists of consumers out of the lists of inputs, each with the index of its edge.
fn transpose(n: usize, offsets: &[u32], targets: &[u32]) -> (Vec<u32>, Vec<u32>, Vec<u32>) {
    let mut consumer_offsets = vec![0u32; n + 1];
    for &target in targets {
        consumer_offsets[target as usize + 1] += 1;
    }
    for i in 0..n {
        consumer_offsets[i + 1] += consumer_offsets[i];
    }
    let mut fill = consumer_offsets.clone();
    let mut consumers = vec![0u32; targets.len()];
    let mut edges = vec![0u32; targets.len()];
    for node in 0..n {
        for edge in offsets[node]..offsets[node + 1] {
            let at = &mut fill[targets[edge as usize] as usize];
            consumers[*at as usize] = node as u32;
            edges[*at as usize] = edge;
            *at += 1;
        }
    }
    (consumer_offsets, consumers, edges)
}
