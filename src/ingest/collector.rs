//! Turns the events of a parser into the arrays of a chunk.

use std::borrow::Cow;
use std::fmt;

use serde::de::{DeserializeSeed, Deserializer, MapAccess, SeqAccess, Visitor};

use super::mention::Finder;
use super::phases::Phases;
use super::raw::{
    Chunk, Origin, PathIndex, RawDerivation, RawInput, RawMention, RawOutput, Strings, Symbol, flag, hash_name,
};
use super::recipe::RecipeText;
use super::texts::Packer;
use crate::nix::derivation::{Events, OutputKind, Text, output_kind};
use crate::nix::hash::output_path_name;
use crate::nix::{Digest, StorePath};

/// Receives derivations, one after the other, into a chunk. A derivation that turns out damaged
/// leaves no trace.
#[derive(Debug)]
pub(crate) struct Collector {
    pub(crate) chunk: Chunk,
    store_dir: Vec<u8>,
    finder: Finder,
    current: Current,
    recipe: RecipeText,
    packer: Packer,
    args_key: Symbol,
    builder_key: Symbol,
    out: Symbol,
}

/// What is known of the derivation that is being told.
#[derive(Debug, Default)]
struct Current {
    name: String,
    /// Lengths of the chunk's arrays at its start.
    marks: [u32; 4],
    system: Option<Symbol>,
    pname: Option<Symbol>,
    version: Option<Symbol>,
    /// `requiredSystemFeatures`, a blank after each.
    features: String,
    flags: u32,
    phases: Phases,
    /// Outputs used of the open input, a comma after each.
    used: String,
    used_count: usize,
    dynamic: Vec<String>,
    open_input: Option<PathIndex>,
    /// The first thing that was wrong although it parsed.
    problem: Option<String>,
}

/// The part of a derivation's name before `.drv`; `None` if it has no such end.
pub(crate) fn drv_name<'a>(path: &StorePath<'a>) -> Option<&'a str> {
    path.name.strip_suffix(".drv").filter(|name| !name.is_empty())
}

impl Collector {
    pub(crate) fn new(store_dir: &str) -> Self {
        let mut chunk = Chunk::default();
        let args_key = chunk.strings.intern(b"args");
        let builder_key = chunk.strings.intern(b"builder");
        let out = chunk.strings.intern(b"out");
        Self {
            chunk,
            store_dir: store_dir.as_bytes().to_vec(),
            finder: Finder::new(store_dir),
            current: Current::default(),
            recipe: RecipeText::default(),
            packer: Packer::default(),
            args_key,
            builder_key,
            out,
        }
    }

    /// Starts a derivation whose name (without `.drv`) is `name`; `aterm` is its text where it comes
    /// as one, and all strings that are told until it ends lie in it.
    pub(crate) fn begin(&mut self, name: &str, aterm: Option<&[u8]>) {
        self.recipe.begin(aterm);
        let chunk = &self.chunk;
        let marks = [chunk.outputs.len(), chunk.inputs.len(), chunk.sources.len(), chunk.mentions.len()];
        let current = &mut self.current;
        current.name.clear();
        current.name.push_str(name);
        current.marks = marks.map(|len| len as u32);
        current.system = None;
        current.pname = None;
        current.version = None;
        current.features.clear();
        current.flags = 0;
        current.phases = Phases::Unknown;
        current.used.clear();
        current.used_count = 0;
        current.dynamic.clear();
        current.open_input = None;
        current.problem = None;
    }

    /// Ends the derivation and keeps it; `aterm` is the text given at its start.
    ///
    /// # Errors
    /// With what was wrong with it; nothing of it is kept then.
    pub(crate) fn finish(&mut self, path: &StorePath<'_>, origin: Origin, aterm: Option<&[u8]>) -> Result<(), String> {
        self.close_input();
        if self.chunk.outputs.len() as u32 == self.current.marks[0] && self.current.problem.is_none() {
            self.current.problem = Some("a derivation without outputs".to_owned());
        }
        self.check_outputs();
        if let Some(problem) = self.current.problem.take() {
            self.abandon();
            return Err(problem);
        }
        let index = self.path(path);
        if self.current.phases == Phases::WithoutFixup {
            self.current.flags |= flag::NO_FIXUP;
        }
        let text = self.recipe.finish(aterm, &self.finder);
        let features = self.features();
        let chunk = &mut self.chunk;
        let [outputs, inputs, sources, mentions] = self.current.marks;
        chunk.derivations.push(RawDerivation {
            path: index,
            system: self.current.system.unwrap_or(Symbol::NONE),
            pname: self.current.pname.unwrap_or(Symbol::NONE),
            version: self.current.version.unwrap_or(Symbol::NONE),
            features,
            flags: self.current.flags,
            origin,
            outputs: outputs..chunk.outputs.len() as u32,
            inputs: inputs..chunk.inputs.len() as u32,
            sources: sources..chunk.sources.len() as u32,
            mentions: mentions..chunk.mentions.len() as u32,
            text,
        });
        Ok(())
    }

    /// The features that a machine must have to build it.
    fn features(&mut self) -> Symbol {
        if self.current.features.is_empty() {
            return Symbol::NONE;
        }
        let mut features: Vec<&str> = self.current.features.split_ascii_whitespace().collect();
        features.sort_unstable();
        features.dedup();
        if features.is_empty() { Symbol::NONE } else { self.chunk.strings.intern(features.join(" ").as_bytes()) }
    }

    fn require(&mut self, features: &[u8]) {
        self.current.features.push_str(&String::from_utf8_lossy(features));
        self.current.features.push(' ');
    }

    /// Keeps the ATerm of the derivation that has just ended; of all of a chunk, or of none.
    pub(crate) fn keep_text(&mut self, text: &[u8]) {
        self.packer.push(&mut self.chunk.texts, text);
    }

    /// No output may stand twice.
    fn check_outputs(&mut self) {
        let own = &self.chunk.outputs[self.current.marks[0] as usize..];
        if own.len() < 2 {
            return;
        }
        let mut names: Vec<Symbol> = own.iter().map(|output| output.name).collect();
        names.sort_unstable();
        if let Some(twice) = names.windows(2).find(|pair| pair[0] == pair[1]) {
            let name = String::from_utf8_lossy(self.chunk.strings.get(twice[0])).into_owned();
            self.problem(|| format!("output '{name}' stands twice"));
        }
    }

    /// Drops the derivation that is being told.
    pub(crate) fn abandon(&mut self) {
        let [outputs, inputs, sources, mentions] = self.current.marks;
        self.chunk.outputs.truncate(outputs as usize);
        self.chunk.inputs.truncate(inputs as usize);
        self.chunk.sources.truncate(sources as usize);
        self.chunk.mentions.truncate(mentions as usize);
        self.current.open_input = None;
    }

    /// The paths of the input derivations of the last derivation kept.
    pub(crate) fn last_inputs(&self) -> impl Iterator<Item = PathIndex> {
        let range = self.chunk.derivations.last().map_or(0..0, |d| d.inputs.start as usize..d.inputs.end as usize);
        self.chunk.inputs[range].iter().map(|input| input.path)
    }

    /// Interns a path with its name.
    pub(crate) fn path(&mut self, path: &StorePath<'_>) -> PathIndex {
        let name_hash = hash_name(path.name.as_bytes());
        match self.chunk.paths.find(&path.digest, name_hash) {
            Some((known, true)) => known,
            Some((known, false)) => {
                let other = String::from_utf8_lossy(self.chunk.strings.get(self.chunk.paths.name(known))).into_owned();
                self.problem(|| {
                    format!("the hash {} stands before two names, '{other}' and '{}'", path.digest.as_str(), path.name)
                });
                known
            }
            None => {
                let name = self.chunk.strings.append(path.name.as_bytes());
                self.chunk.paths.add(path.digest, name, name_hash)
            }
        }
    }

    /// A path that was met before, to be found without checking it again.
    #[inline]
    fn known_path(&self, text: &[u8]) -> Option<PathIndex> {
        let (digest, rest) = self.finder.below(text)?.split_first_chunk()?;
        let (known, same_name) = self.chunk.paths.find(&Digest(*digest), hash_name(rest.strip_prefix(b"-")?))?;
        same_name.then_some(known)
    }

    /// Remembers the first problem.
    fn problem(&mut self, message: impl FnOnce() -> String) {
        if self.current.problem.is_none() {
            self.current.problem = Some(message());
        }
    }

    /// Reads a path that must lie in this closure's store directory.
    fn store_path<'a>(&mut self, text: &'a [u8], what: &str) -> Option<StorePath<'a>> {
        if let Some(Ok(path)) = self.finder.below(text).map(StorePath::from_base_name) {
            return Some(path);
        }
        match StorePath::from_absolute(text) {
            Ok((dir, path)) if dir == self.store_dir => Some(path),
            Ok((dir, _)) => {
                let (dir, expected) =
                    (String::from_utf8_lossy(dir), String::from_utf8_lossy(&self.store_dir).into_owned());
                self.problem(|| format!("{what} in the store directory '{dir}'; the others lie in '{expected}'"));
                None
            }
            Err(error) => {
                self.problem(|| format!("{what} '{}': {error}", String::from_utf8_lossy(text)));
                None
            }
        }
    }

    fn close_input(&mut self) {
        let Some(path) = self.current.open_input.take() else { return };
        let used = self.current.used.trim_end_matches(',');
        let outputs = if used == "out" {
            self.out
        } else if self.current.used_count <= 1 {
            self.chunk.strings.intern(used.as_bytes())
        } else {
            let mut names: Vec<&str> = used.split(',').collect();
            names.sort_unstable();
            names.dedup();
            self.chunk.strings.intern(names.join(",").as_bytes())
        };
        self.chunk.inputs.push(RawInput { path, outputs });
    }

    fn use_output(&mut self, name: &str) {
        self.current.used.push_str(name);
        self.current.used.push(',');
        self.current.used_count += 1;
    }

    /// Keeps what `text` mentions under a key, each path once. The key is made only if there is any.
    /// `text` is a part of the ATerm where the derivation comes as one.
    #[inline]
    fn mentions(&mut self, key: impl FnOnce(&mut Strings) -> Symbol, text: &[u8]) {
        match self.recipe.place_of(text) {
            Some(place) => {
                let recipe = &mut self.recipe;
                Self::keep(&mut self.chunk, &self.finder, key, text, |at| recipe.path_at(place + at));
            }
            None => Self::keep(&mut self.chunk, &self.finder, key, text, |_| ()),
        }
    }

    /// As [`Collector::mentions`], for any text; `at` is told where paths stand in it.
    #[inline]
    fn keep(
        chunk: &mut Chunk,
        finder: &Finder,
        key: impl FnOnce(&mut Strings) -> Symbol,
        text: &[u8],
        mut place: impl FnMut(usize),
    ) {
        let Chunk { strings, mentions, .. } = chunk;
        let start = mentions.len();
        finder.for_each(text, |path, at| {
            place(at);
            if mentions.len() == start || mentions.last().is_none_or(|last| last.path != path) {
                mentions.push(RawMention { key: Symbol::NONE, path });
            }
        });
        if mentions.len() == start {
            return;
        }
        let key = key(strings);
        for mention in &mut mentions[start..] {
            mention.key = key;
        }
        if mentions.len() - start > 8 {
            mentions[start..].sort_unstable();
            let mut kept = start;
            for at in start..mentions.len() {
                if at == start || mentions[at] != mentions[kept - 1] {
                    mentions[kept] = mentions[at];
                    kept += 1;
                }
            }
            mentions.truncate(kept);
        }
    }

    /// `raw` is the text as it stands, `text` what is meant.
    fn structured(&mut self, raw: &[u8], text: &[u8]) {
        self.current.flags |= flag::STRUCTURED;
        if let Some(place) = self.recipe.place_of(raw) {
            let recipe = &mut self.recipe;
            self.finder.for_each(raw, |_, at| recipe.path_at(place + at));
        }
        let mark = self.chunk.mentions.len();
        let mut path = String::from("__json");
        let mut deserializer = serde_json::Deserializer::from_slice(text);
        let walk = Walk { collector: self, path: &mut path, depth: 0 };
        let walked = walk.deserialize(&mut deserializer).and_then(|()| deserializer.end());
        if walked.is_err() {
            // no JSON after all: a text like any other
            self.chunk.mentions.truncate(mark);
            Self::keep(&mut self.chunk, &self.finder, |strings| strings.intern(b"__json"), text, |_| ());
        }
    }

    fn structured_string(&mut self, path: &str, depth: u32, text: &str) {
        match path {
            "__json.pname" if depth == 1 => self.current.pname = Some(self.chunk.strings.intern(text.as_bytes())),
            "__json.version" if depth == 1 => self.current.version = Some(self.chunk.strings.intern(text.as_bytes())),
            "__json.phases" => self.current.phases.add(text.as_bytes()),
            "__json.requiredSystemFeatures" if depth == 2 => self.require(text.as_bytes()),
            "__json.dontFixup" if !text.is_empty() => self.current.flags |= flag::NO_FIXUP,
            _ => {}
        }
        let key = |strings: &mut Strings| strings.intern(path.as_bytes());
        Self::keep(&mut self.chunk, &self.finder, key, text.as_bytes(), |_| ());
    }
}

impl<'a> Events<'a> for Collector {
    fn output(&mut self, name: Text<'a>, path: Text<'a>, algorithm: Text<'a>, hash: Text<'a>) {
        let kind = output_kind(!path.raw().is_empty(), algorithm.raw(), hash.raw());
        self.current.flags |= match kind {
            Some(OutputKind::InputAddressed) => 0,
            Some(OutputKind::Fixed) => flag::FIXED,
            Some(OutputKind::Floating) => flag::FLOATING,
            Some(OutputKind::Deferred) => flag::DEFERRED,
            Some(OutputKind::Impure) => flag::FLOATING | flag::IMPURE,
            None => {
                let name = String::from_utf8_lossy(name.raw());
                return self.problem(|| {
                    format!("output '{name}' has a combination of path, hash algorithm and hash that Nix does not know")
                });
            }
        };
        let name_text = name.value();
        let Some(output_name) = output_name(&name_text) else {
            return self.problem(|| format!("'{}' is no name of an output", String::from_utf8_lossy(&name_text)));
        };
        let mut digest = Digest::NONE;
        if !path.raw().is_empty() {
            let Some(path) = self.store_path(path.raw(), "output path") else { return };
            let expected = output_path_name(&self.current.name, output_name);
            if path.name != expected {
                let message =
                    format!("the path of output '{output_name}' is named '{}'; expected '{expected}'", path.name);
                return self.problem(|| message);
            }
            digest = path.digest;
        }
        let name = self.chunk.strings.intern(&name_text);
        self.chunk.outputs.push(RawOutput { name, digest });
    }

    fn input_derivation(&mut self, path: Text<'a>) {
        self.close_input();
        self.current.used.clear();
        self.current.used_count = 0;
        if let Some(known) = self.known_path(path.raw())
            && path.raw().ends_with(b".drv")
        {
            self.current.open_input = Some(known);
            return;
        }
        let Some(path) = self.store_path(path.raw(), "input derivation") else { return };
        if drv_name(&path).is_none() {
            return self.problem(|| format!("input derivation '{}' does not end in .drv", path.base_name()));
        }
        let index = self.path(&path);
        self.current.open_input = Some(index);
    }

    fn input_output(&mut self, name: Text<'a>) {
        let value = name.value();
        match output_name(&value) {
            Some(name) => self.use_output(name),
            None => self.problem(|| format!("'{}' is no name of an output", String::from_utf8_lossy(&value))),
        }
    }

    fn dynamic_output(&mut self, depth: u32, of: Text<'a>, name: Option<Text<'a>>) {
        let part = name.unwrap_or(of).value();
        let Some(part) = output_name(&part) else {
            return self.problem(|| format!("'{}' is no name of an output", String::from_utf8_lossy(&part)));
        };
        match name {
            None => {
                self.current.dynamic.truncate(depth as usize - 1);
                self.current.dynamic.push(part.to_owned());
            }
            Some(_) => {
                self.current.dynamic.truncate(depth as usize);
                let used = format!("{}^{part}", self.current.dynamic.join("^"));
                self.use_output(&used);
            }
        }
    }

    fn input_source(&mut self, path: Text<'a>) {
        let index = match self.known_path(path.raw()) {
            Some(known) => known,
            None => {
                let Some(path) = self.store_path(path.raw(), "input source") else { return };
                self.path(&path)
            }
        };
        self.chunk.sources.push(index);
    }

    fn system(&mut self, system: Text<'a>) {
        self.recipe.system(&system);
        self.current.system = Some(self.chunk.strings.intern(&system.value()));
    }

    fn builder(&mut self, builder: Text<'a>) {
        self.recipe.builder(&builder);
        let key = self.builder_key;
        self.mentions(|_| key, builder.raw());
    }

    fn argument(&mut self, argument: Text<'a>) {
        self.recipe.argument(&argument);
        let key = self.args_key;
        self.mentions(|_| key, argument.raw());
    }

    #[inline]
    fn variable(&mut self, key: Text<'a>, value: Text<'a>) {
        self.recipe.variable(&key, &value);
        match key.raw() {
            b"__json" => return self.structured(value.raw(), &value.value()),
            b"phases" => self.current.phases.add(&value.value()),
            b"requiredSystemFeatures" => self.require(&value.value()),
            // nothing else is true to Nix
            b"preferLocalBuild" if value.raw() == b"1" => self.current.flags |= flag::PREFER_LOCAL,
            b"dontFixup" if !value.raw().is_empty() => self.current.flags |= flag::NO_FIXUP,
            b"pname" => self.current.pname = Some(self.chunk.strings.intern(&value.value())),
            b"version" => self.current.version = Some(self.chunk.strings.intern(&value.value())),
            _ => {}
        }
        if value.may_have_slash() {
            self.mentions(|strings| strings.intern(&key.value()), value.raw());
        }
    }
}

/// The name of an output: what may stand in a store path's name.
fn output_name(text: &[u8]) -> Option<&str> {
    if text == b"out" {
        return Some("out");
    }
    if !crate::nix::store_path::is_valid_name(text) {
        return None;
    }
    std::str::from_utf8(text).ok()
}

/// The longest path in `__json` under which a mention is kept; what lies deeper is kept under the
/// path that far.
const MAX_KEY_LEN: usize = 256;

/// Walks `__json` and tells every string with its path: `__json.env.FOO`; an array's elements have
/// the path of the array. Depth is bounded by serde_json (128).
struct Walk<'c, 'p> {
    collector: &'c mut Collector,
    path: &'p mut String,
    depth: u32,
}

impl<'de> DeserializeSeed<'de> for Walk<'_, '_> {
    type Value = ();
    fn deserialize<D: Deserializer<'de>>(self, deserializer: D) -> Result<(), D::Error> {
        deserializer.deserialize_any(self)
    }
}

impl<'de> Visitor<'de> for Walk<'_, '_> {
    type Value = ();
    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("any JSON")
    }
    fn visit_str<E>(self, text: &str) -> Result<(), E> {
        self.collector.structured_string(self.path, self.depth, text);
        Ok(())
    }
    fn visit_seq<A: SeqAccess<'de>>(self, mut seq: A) -> Result<(), A::Error> {
        let Self { collector, path, depth } = self;
        while seq.next_element_seed(Walk { collector: &mut *collector, path: &mut *path, depth: depth + 1 })?.is_some()
        {
        }
        Ok(())
    }
    fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<(), A::Error> {
        let Self { collector, path, depth } = self;
        let len = path.len();
        while let Some(key) = map.next_key::<Cow<'_, str>>()? {
            // a key that is longer than any that people write stays out of the path
            if path.len() + key.len() < MAX_KEY_LEN {
                path.push('.');
                path.push_str(&key);
            }
            // a key can name a path too, as those of exportReferencesGraph may
            collector.structured_string(&path[..len], depth, &key);
            map.next_value_seed(Walk { collector: &mut *collector, path: &mut *path, depth: depth + 1 })?;
            path.truncate(len);
        }
        Ok(())
    }
    fn visit_bool<E>(self, value: bool) -> Result<(), E> {
        if value && self.depth == 1 {
            self.collector.current.flags |= match self.path.as_str() {
                "__json.dontFixup" => flag::NO_FIXUP,
                "__json.preferLocalBuild" => flag::PREFER_LOCAL,
                _ => 0,
            };
        }
        Ok(())
    }
    fn visit_i64<E>(self, _: i64) -> Result<(), E> {
        Ok(())
    }
    fn visit_u64<E>(self, _: u64) -> Result<(), E> {
        Ok(())
    }
    fn visit_f64<E>(self, _: f64) -> Result<(), E> {
        Ok(())
    }
    fn visit_unit<E>(self) -> Result<(), E> {
        Ok(())
    }
}
