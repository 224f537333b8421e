//! The chunks' strings and paths brought together, and the derivations found.

use super::{BuildError, Builder, Content, NONE, Node, slice};
use crate::ingest::raw::{
    Chunk, Fingerprint, Origin, PathIndex, Paths, RawClosure, RawDerivation, Strings, Symbol, flag, hash_name,
};
use crate::nix::Digest;

/// Why strings can be too many.
pub(super) const TOO_MANY_NAMES: &str = "more than 4 GiB of names";

impl<'c> Builder<'c> {
    /// Brings the chunks' strings and paths together and finds the derivations.
    pub(super) fn gather(closure: &'c RawClosure) -> Result<Self, BuildError> {
        let mut strings = Strings::default();
        let mut paths = Paths::default();
        let mut symbols = Vec::with_capacity(closure.chunks.len());
        let mut path_maps = Vec::with_capacity(closure.chunks.len());
        let mut two_names: Option<(Digest, PathIndex, Symbol)> = None;
        if closure.chunks.iter().any(|chunk| chunk.strings.is_full()) {
            return Err(BuildError::TooLarge(TOO_MANY_NAMES));
        }
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
        if strings.is_full() {
            return Err(BuildError::TooLarge(TOO_MANY_NAMES));
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

    pub(super) fn derivations(&mut self) -> Result<(), BuildError> {
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
        Ok(())
    }

    /// A derivation that was read before: whether the new one is to take its place.
    pub(super) fn merge(&mut self, known: u32, (c, new): (usize, &RawDerivation)) -> Result<bool, BuildError> {
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
    pub(super) fn difference(
        &self,
        old: (usize, &RawDerivation),
        new: (usize, &RawDerivation),
    ) -> Option<&'static str> {
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
            [side.1.system, side.1.pname, side.1.version, side.1.features].map(|symbol| match symbol {
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
        // forms of JSON write `__json` each in its own way, so texts may differ where nothing else does
        (facts(old) != facts(new) || mentions(old) != mentions(new)).then_some("the environments differ")
    }
}

/// Interns bytes as UTF-8; what is none is replaced, for these are names to be shown.
pub(super) fn intern_utf8(strings: &mut Strings, text: &[u8]) -> Symbol {
    match std::str::from_utf8(text) {
        Ok(_) => strings.intern(text),
        Err(_) => strings.intern(String::from_utf8_lossy(text).as_bytes()),
    }
}
