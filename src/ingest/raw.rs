//! What ingest hands to the graph: everything a closure says, in flat arrays, nothing resolved yet.
//!
//! Every worker fills a [`Chunk`] of its own, with its own interned strings and paths, so that
//! reading needs no lock; the graph's builder brings them together. Memory is proportional to the
//! number of derivations, edges and mentions, not to the text.

use std::hash::BuildHasher;
use std::ops::Range;

use hashbrown::HashTable;
use rustc_hash::FxBuildHasher;

use super::texts::Texts;
use crate::nix::Digest;

/// Index of an interned string; dense, valid only in the chunk (or table) that made it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Symbol(pub u32);

impl Symbol {
    /// Stands for "not given".
    pub const NONE: Self = Self(u32::MAX);
}

/// Index of a store path; dense, valid only in the chunk (or table) that made it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct PathIndex(pub u32);

/// Interned byte strings.
#[derive(Debug, Default)]
pub struct Strings {
    bytes: Vec<u8>,
    ends: Vec<u32>,
    table: HashTable<u32>,
    full: bool,
}

/// The most bytes that strings may have together (few in a test, so that it can be reached).
const MOST_BYTES: usize = if cfg!(test) { 1 << 20 } else { u32::MAX as usize };

impl Strings {
    /// The symbol of `text`, new or known. [`Symbol::NONE`] when there is no room, see
    /// [`Strings::is_full`].
    pub fn intern(&mut self, text: &[u8]) -> Symbol {
        let hash = FxBuildHasher.hash_one(text);
        let (bytes, ends) = (&self.bytes, &self.ends);
        if let Some(&found) = self.table.find(hash, |&id| slice(bytes, ends, id) == text) {
            return Symbol(found);
        }
        let symbol = self.append(text);
        let Symbol(id) = symbol;
        if symbol == Symbol::NONE {
            return symbol;
        }
        let (bytes, ends) = (&self.bytes, &self.ends);
        self.table.insert_unique(hash, id, |&id| FxBuildHasher.hash_one(slice(bytes, ends, id)));
        Symbol(id)
    }

    /// A new symbol for `text`, whether it is known or not, and not to be found by later look-ups:
    /// for texts that hardly ever repeat. The graph's builder interns all strings once more.
    pub(crate) fn append(&mut self, text: &[u8]) -> Symbol {
        let id = self.ends.len() as u32;
        if self.bytes.len() + text.len() > MOST_BYTES || id == u32::MAX {
            self.full = true;
            return Symbol::NONE;
        }
        self.bytes.extend_from_slice(text);
        self.ends.push(self.bytes.len() as u32);
        Symbol(id)
    }

    /// The symbol of `text`, if it is known.
    #[must_use]
    pub fn find(&self, text: &[u8]) -> Option<Symbol> {
        let hash = FxBuildHasher.hash_one(text);
        self.table.find(hash, |&id| slice(&self.bytes, &self.ends, id) == text).map(|&id| Symbol(id))
    }

    /// Whether a string found no room: offsets are 32 bits, so 4 GiB of names are the most. The
    /// builder refuses such a closure.
    #[must_use]
    pub fn is_full(&self) -> bool {
        self.full
    }

    /// The string of a symbol; empty for [`Symbol::NONE`].
    #[must_use]
    pub fn get(&self, symbol: Symbol) -> &[u8] {
        if symbol == Symbol::NONE { b"" } else { slice(&self.bytes, &self.ends, symbol.0) }
    }

    /// Number of strings.
    #[must_use]
    pub fn len(&self) -> usize {
        self.ends.len()
    }

    /// Whether there are none.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.ends.is_empty()
    }

    /// All strings, by symbol.
    pub fn iter(&self) -> impl Iterator<Item = &[u8]> {
        (0..self.ends.len() as u32).map(|id| slice(&self.bytes, &self.ends, id))
    }
}

fn slice<'b>(bytes: &'b [u8], ends: &[u32], id: u32) -> &'b [u8] {
    let start = if id == 0 { 0 } else { ends[id as usize - 1] };
    &bytes[start as usize..ends[id as usize] as usize]
}

/// Store paths by their digests.
#[derive(Debug, Default)]
pub struct Paths {
    digests: Vec<Digest>,
    names: Vec<Symbol>,
    /// All that a look-up needs stands in the table itself, for it misses the cache often enough.
    table: HashTable<PathEntry>,
}

#[derive(Debug, Clone, Copy)]
struct PathEntry {
    digest: Digest,
    index: u32,
    /// Hash of the name, so that a path met again is compared without looking for its name.
    name_hash: u32,
}

#[inline]
fn hash_digest(digest: &Digest) -> u64 {
    // real digits are uniform, five bits a byte; all take part, for digests made by hand may differ
    // in the last ones only
    mix(&digest.0, 0) ^ mix(&digest.0, 16).rotate_left(32)
}

/// Sixteen digits from `at` on as a hash: one folded multiplication spreads them.
#[inline]
fn mix(digits: &[u8; 32], at: usize) -> u64 {
    let word = |at: usize| u64::from_le_bytes(digits[at..at + 8].try_into().unwrap_or([0; 8]));
    let product = u128::from(word(at) ^ 0x9e37_79b9_7f4a_7c15) * u128::from(word(at + 8) ^ 0xd1b5_4a32_d192_ed03);
    (product as u64) ^ ((product >> 64) as u64)
}

/// The hash by which names of paths are compared.
#[inline]
pub(crate) fn hash_name(name: &[u8]) -> u32 {
    FxBuildHasher.hash_one(name) as u32
}

impl Paths {
    /// The path with `digest`, if it is known, and whether its name has this hash.
    #[inline]
    pub(crate) fn find(&self, digest: &Digest, name_hash: u32) -> Option<(PathIndex, bool)> {
        let found = self.table.find(hash_digest(digest), |entry| entry.digest == *digest);
        found.map(|entry| (PathIndex(entry.index), entry.name_hash == name_hash))
    }

    /// Adds a path that is not known yet.
    pub(crate) fn add(&mut self, digest: Digest, name: Symbol, name_hash: u32) -> PathIndex {
        let index = self.digests.len() as u32;
        self.digests.push(digest);
        self.names.push(name);
        let entry = PathEntry { digest, index, name_hash };
        self.table.insert_unique(hash_digest(&digest), entry, |entry| hash_digest(&entry.digest));
        PathIndex(index)
    }

    /// The digest of a path.
    #[must_use]
    pub fn digest(&self, path: PathIndex) -> Digest {
        self.digests[path.0 as usize]
    }

    /// The name of a path.
    #[must_use]
    pub fn name(&self, path: PathIndex) -> Symbol {
        self.names[path.0 as usize]
    }

    /// Number of paths.
    #[must_use]
    pub fn len(&self) -> usize {
        self.digests.len()
    }

    /// Whether there are none.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.digests.is_empty()
    }
}

/// Facts of a derivation, as bits.
pub mod flag {
    /// An output carries a hash.
    pub const FIXED: u32 = 1;
    /// An output's path follows from what is built.
    pub const FLOATING: u32 = 2;
    /// The path is not known before the build, because an input's is not.
    pub const DEFERRED: u32 = 4;
    /// Content-addressed, and never the same twice.
    pub const IMPURE: u32 = 8;
    /// `__structuredAttrs`: the lists stand in `__json`.
    pub const STRUCTURED: u32 = 16;
    /// Known only by name and inputs (nix-eval-jobs without the derivation itself): whether it is
    /// fixed-output is not known.
    pub const NO_RECIPE: u32 = 32;
    /// No derivation but an input source.
    pub const SOURCE: u32 = 64;
    /// A hole: named as an input, but not in the closure.
    pub const MISSING: u32 = 128;
    /// The standard environment's fixup phase does not run (`phases` without it, or `dontFixup`), so
    /// that the propagated lists are not written down for consumers.
    pub const NO_FIXUP: u32 = 256;
    /// `preferLocalBuild`: so cheap that Nix builds it where it is asked to.
    pub const PREFER_LOCAL: u32 = 512;
}

/// One derivation; ranges are into the chunk's arrays.
#[derive(Debug, Clone)]
pub struct RawDerivation {
    /// Its own path, the name with `.drv`.
    pub path: PathIndex,
    /// Platform.
    pub system: Symbol,
    /// `pname` of the environment, or none.
    pub pname: Symbol,
    /// `version` of the environment, or none.
    pub version: Symbol,
    /// `requiredSystemFeatures`: ascending, each once, with a blank between; or none.
    pub features: Symbol,
    /// Bits of [`flag`].
    pub flags: u32,
    /// Where it was read: index of the input, and byte offset in it.
    pub origin: Origin,
    /// Into [`Chunk::outputs`].
    pub outputs: Range<u32>,
    /// Into [`Chunk::inputs`].
    pub inputs: Range<u32>,
    /// Into [`Chunk::sources`].
    pub sources: Range<u32>,
    /// Into [`Chunk::mentions`].
    pub mentions: Range<u32>,
    /// Of the recipe's text; zeros for what is known only by name and inputs.
    pub text: TextHashes,
}

/// Hashes of a recipe's text (system, builder, arguments and environment as in an ATerm): two texts
/// that differ only in the digests and versions of the store paths in them have the same.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct TextHashes {
    /// Of the text with each store path (digest and whole name) and each placeholder left out.
    pub bare: u128,
    /// Of the packages' names in the store paths, in the order of the text; that of a placeholder is
    /// empty.
    pub names: u128,
}

/// Where something was read.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Default)]
pub struct Origin {
    /// Index into [`RawClosure::origins`].
    pub input: u32,
    /// Byte offset in it.
    pub offset: u64,
}

/// One output.
#[derive(Debug, Clone, Copy)]
pub struct RawOutput {
    /// `out`, `dev`, …
    pub name: Symbol,
    /// Its path's digest; [`Digest::NONE`] when not known before the build.
    pub digest: Digest,
}

/// One input derivation and the outputs used of it.
#[derive(Debug, Clone, Copy)]
pub struct RawInput {
    /// The input's path.
    pub path: PathIndex,
    /// Names of outputs, sorted, with commas between (`out^bin` for an output of the derivation
    /// that `out` is).
    pub outputs: Symbol,
}

/// 64 bits mixed from all digits of a path: enough to tell the paths of one derivation's inputs
/// apart, and a quarter of what the digits take.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Default)]
pub struct Fingerprint([u32; 2]);

impl Fingerprint {
    /// Of the 32 digits of a store path, or the first 32 of a placeholder.
    #[inline]
    #[must_use]
    pub fn of(digits: &[u8; 32]) -> Self {
        let mixed = hash_digest(&Digest(*digits));
        Self([mixed as u32, (mixed >> 32) as u32])
    }
}

impl From<Digest> for Fingerprint {
    fn from(digest: Digest) -> Self {
        Self::of(&digest.0)
    }
}

/// A place where a derivation's text names a store path.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub struct RawMention {
    /// The environment key, `__json.` and a path in it, `args` or `builder`.
    pub key: Symbol,
    /// The path named, or the placeholder.
    pub path: Fingerprint,
}

/// A name that an evaluation gives to a derivation.
#[derive(Debug, Clone)]
pub struct RawAttribute {
    /// `python3Packages.torch`, without system.
    pub name: Symbol,
    /// The system it was evaluated for.
    pub system: Symbol,
    /// The derivation's path, where given.
    pub derivation: Option<PathIndex>,
    /// Into [`Chunk::attribute_outputs`].
    pub outputs: Range<u32>,
    /// `meta.position`, or none.
    pub position: Symbol,
    /// `meta.maintainers`: into [`Chunk::people`].
    pub maintainers: Range<u32>,
    /// `meta.teams`: into [`Chunk::people`].
    pub teams: Range<u32>,
    /// Where it was read.
    pub origin: Origin,
}

/// A name of which an evaluation made no derivation; [`Chunk::fail`] adds one.
#[derive(Debug, Clone, Copy)]
pub struct RawFailure {
    /// As in [`RawAttribute`].
    pub name: Symbol,
    /// The system it was evaluated for, or none.
    pub system: Symbol,
    /// What Nix said.
    pub error: Symbol,
}

/// What one worker has read.
#[derive(Debug, Default)]
pub struct Chunk {
    /// Names, keys, systems.
    pub strings: Strings,
    /// Every derivation, input and source.
    pub paths: Paths,
    /// The derivations.
    pub derivations: Vec<RawDerivation>,
    /// Their outputs.
    pub outputs: Vec<RawOutput>,
    /// Their input derivations.
    pub inputs: Vec<RawInput>,
    /// Their input sources.
    pub sources: Vec<PathIndex>,
    /// Where they name store paths.
    pub mentions: Vec<RawMention>,
    /// Attributes.
    pub attributes: Vec<RawAttribute>,
    /// Output paths of attributes.
    pub attribute_outputs: Vec<PathIndex>,
    /// Maintainers and teams of attributes.
    pub people: Vec<Symbol>,
    /// What did not evaluate.
    pub failures: Vec<RawFailure>,
    /// The ATerm of each derivation, by its index, when they are kept.
    pub texts: Texts,
}

/// A closure as it was read: not checked for holes or cycles yet.
#[derive(Debug, Default)]
pub struct RawClosure {
    /// The store directory, `/nix/store` nearly always.
    pub store_dir: String,
    /// The chunks; which derivation is in which depends on timing and must not show.
    pub chunks: Vec<Chunk>,
    /// Names of what was read, for messages.
    pub origins: Vec<String>,
}

impl RawClosure {
    /// Number of derivations read (duplicates counted).
    #[must_use]
    pub fn derivation_count(&self) -> usize {
        self.chunks.iter().map(|chunk| chunk.derivations.len()).sum()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn full_strings_say_so() {
        let mut strings = Strings::default();
        let text = vec![b'x'; 300_000];
        for first in 0..3u8 {
            strings.intern(&[&[first][..], &text].concat());
        }
        assert!(!strings.is_full());
        assert_eq!(strings.intern(&[&[9][..], &text].concat()), Symbol::NONE);
        assert!(strings.is_full());
        assert_eq!(strings.get(Symbol::NONE), b"");
        assert_eq!(strings.get(Symbol(2)).len(), 300_001);
    }
}
