//! The snapshot: a graph as one flat file that is opened by mmap.
//!
//! Layout, little-endian: a header of 64 bytes (magic, format version, number of sections, length
//! of the file, blake3 of everything but the checksum itself), the table of sections (offset and
//! length of each), the sections, each aligned to 64 bytes. A graph in memory has the same layout,
//! so there is one way to read it. Opening checks the checksum and then every invariant that
//! reading relies on, so that no file, however made, can cause a panic or a wrong answer.

use std::fs::File;
use std::path::Path;

use super::graph::Graph;
use super::replace_file::replace_file;

// What every snapshot begins with.
const MAGIC: [u8; 16] = *b"nix-ripple\0graph";

/// The version of the format; a snapshot of another version is made again, not converted.
pub const FORMAT_VERSION: u32 = 4;

const HEADER_LEN: usize = 64;
/// Where the checksum stands.
pub(super) const CHECKSUM: std::ops::Range<usize> = 32..64;
const ALIGN: usize = 64;

/// The flat arrays of a graph, in their order in the file.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[repr(usize)]
pub(crate) enum Section {
    /// u32, one more than strings: string `i` is `bytes[offsets[i]..offsets[i + 1]]`.
    StringOffsets,
    StringBytes,
    /// 32 bytes a node: the digits of its store path.
    NodeDigest,
    /// String a node: the name, without `.drv`.
    NodeName,
    NodePname,
    NodeVersion,
    NodeSystem,
    /// String a node: the features that a machine must have to build it, with blanks between, ascending.
    NodeFeatures,
    /// Bits of `ingest::raw::flag` a node.
    NodeFlags,
    /// Longest path from a node without inputs.
    NodeLevel,
    /// 32 bytes a node: the digest of its recipe, zero where none is known.
    NodeRecipe,
    /// 32 bytes a node: the hashes of its recipe's text (16 bytes without the paths in it, 16 of the
    /// names in these), zero where none is known.
    NodeText,
    /// u32, one more than nodes: the outputs of `i` are `offsets[i]..offsets[i + 1]`, sorted by name.
    OutputOffsets,
    OutputName,
    /// 32 bytes an output; zero where the path is not known before the build.
    OutputDigest,
    /// u32, one more than nodes: the inputs of `i` are `targets[offsets[i]..offsets[i + 1]]`,
    /// ascending.
    InputOffsets,
    InputTarget,
    /// List an edge: the outputs used.
    InputOutputs,
    /// List an edge: the keys that mention the input, each followed by the output that is named (the
    /// empty string for a source, and for the file of a derivation itself).
    InputMentions,
    /// u32, one more than nodes: the consumers of `i`, ascending.
    ConsumerOffsets,
    ConsumerTarget,
    /// The edge of each consumer.
    ConsumerEdge,
    /// u32, one more than lists.
    ListOffsets,
    /// Strings.
    ListItems,
    /// String an attribute, ascending; with `AttributeSystem` the key.
    AttributeName,
    AttributeSystem,
    /// Node an attribute, or `u32::MAX` where the closure lacks it.
    AttributeNode,
    /// String an attribute: `meta.position`, or the empty string.
    AttributePosition,
    /// List an attribute: its maintainers, ascending.
    AttributeMaintainers,
    /// List an attribute: its teams, ascending.
    AttributeTeams,
    /// u32, one more than attributes.
    AttributeOutputOffsets,
    /// 32 bytes each: the output paths of an attribute without a node, ascending.
    AttributeOutputs,
    /// u32, one more than nodes: the attributes of `i`.
    NodeAttributeOffsets,
    NodeAttributes,
    /// String an attribute that did not evaluate, ascending; with `FailedSystem` the key, which no
    /// attribute has.
    FailedName,
    FailedSystem,
    /// String: what Nix said.
    FailedError,
    /// u32 a node, or nothing where no texts are kept (then the next three are empty, too): the length
    /// of its ATerm in bytes, 0 where it has none.
    NodeTextLength,
    /// u32, one more than blocks: block `b` holds the texts of the nodes `nodes[b]..nodes[b + 1]`, one
    /// after the other.
    TextBlockNodes,
    /// u32, one more than blocks: block `b` is `blocks[offsets[b]..offsets[b + 1]]`.
    TextBlockOffsets,
    /// A zstd frame a block.
    TextBlocks,
    /// u32: the string of the store directory.
    Facts,
}

pub(crate) const SECTIONS: usize = Section::Facts as usize + 1;

/// Why a file cannot be used as a snapshot.
#[derive(Debug, thiserror::Error)]
pub enum SnapshotError {
    /// The operating system refused.
    #[error("{path}: {source}")]
    Io {
        /// The file.
        path: String,
        /// Its answer.
        source: std::io::Error,
    },
    /// It does not begin as a snapshot does.
    #[error("{path}: is no snapshot (it does not begin with 'nix-ripple'); make one with 'nix-ripple ingest'")]
    Foreign {
        /// The file.
        path: String,
    },
    /// Another version of the format.
    #[error(
        "{path}: a snapshot of format version {found}, this program reads {expected}; make it again with 'nix-ripple ingest'"
    )]
    Version {
        /// The file.
        path: String,
        /// Its version.
        found: u32,
        /// The version read.
        expected: u32,
    },
    /// Truncated or changed.
    #[error("{path}: is damaged ({what}); make it again with 'nix-ripple ingest'")]
    Damaged {
        /// The file.
        path: String,
        /// Where it shows.
        what: String,
    },
}

/// The bytes of a graph.
#[derive(Debug)]
pub(crate) enum Backing {
    /// In memory, aligned for `u64`.
    Owned(Vec<u64>),
    /// A mapped file.
    Mapped(memmap2::Mmap),
}

impl Backing {
    #[inline]
    pub(crate) fn bytes(&self) -> &[u8] {
        match self {
            Self::Owned(words) => bytemuck::cast_slice(words),
            Self::Mapped(map) => map,
        }
    }
}

/// Where each section lies in the bytes.
pub(crate) type SectionTable = [std::ops::Range<usize>; SECTIONS];

/// Collects sections into the layout.
pub(crate) struct Writer {
    words: Vec<u64>,
    table: Vec<(u64, u64)>,
    len: usize,
}

impl Writer {
    pub(crate) fn new() -> Self {
        let len = (HEADER_LEN + SECTIONS * 16).next_multiple_of(ALIGN);
        Self { words: vec![0; len / 8], table: Vec::with_capacity(SECTIONS), len }
    }

    /// Adds the next section. Sections are added in the order of [`Section`].
    pub(crate) fn add(&mut self, section: Section, bytes: &[u8]) {
        debug_assert_eq!(section as usize, self.table.len());
        self.table.push((self.len as u64, bytes.len() as u64));
        let start = self.len;
        self.len = (start + bytes.len()).next_multiple_of(ALIGN);
        self.words.resize(self.len / 8, 0);
        bytemuck::cast_slice_mut::<u64, u8>(&mut self.words)[start..start + bytes.len()].copy_from_slice(bytes);
    }

    /// Writes the header and gives the whole.
    pub(crate) fn finish(mut self) -> Vec<u64> {
        let len = self.len;
        let bytes: &mut [u8] = bytemuck::cast_slice_mut(&mut self.words);
        bytes[..16].copy_from_slice(&MAGIC);
        bytes[16..20].copy_from_slice(&FORMAT_VERSION.to_le_bytes());
        bytes[20..24].copy_from_slice(&(SECTIONS as u32).to_le_bytes());
        bytes[24..32].copy_from_slice(&(len as u64).to_le_bytes());
        for (i, (offset, length)) in self.table.iter().enumerate() {
            let at = HEADER_LEN + i * 16;
            bytes[at..at + 8].copy_from_slice(&offset.to_le_bytes());
            bytes[at + 8..at + 16].copy_from_slice(&length.to_le_bytes());
        }
        let checksum = checksum(bytes);
        bytes[CHECKSUM].copy_from_slice(&checksum);
        self.words
    }
}

fn checksum(bytes: &[u8]) -> [u8; 32] {
    let mut hasher = blake3::Hasher::new();
    hasher.update(&bytes[..CHECKSUM.start]);
    hasher.update(&bytes[CHECKSUM.end..]);
    *hasher.finalize().as_bytes()
}

fn u32_at(bytes: &[u8], at: usize) -> u32 {
    bytes.get(at..at + 4).and_then(|b| b.try_into().ok()).map_or(0, u32::from_le_bytes)
}

fn u64_at(bytes: &[u8], at: usize) -> u64 {
    bytes.get(at..at + 8).and_then(|b| b.try_into().ok()).map_or(0, u64::from_le_bytes)
}

/// Checks header and checksum and gives the sections.
pub(crate) fn sections(bytes: &[u8], path: &str, verify: bool) -> Result<SectionTable, SnapshotError> {
    let damaged = |what: &str| SnapshotError::Damaged { path: path.to_owned(), what: what.to_owned() };
    let known = bytes.len().min(MAGIC.len());
    if bytes[..known] != MAGIC[..known] || known < 10 {
        return Err(SnapshotError::Foreign { path: path.to_owned() });
    }
    if bytes.len() < HEADER_LEN + SECTIONS * 16 {
        return Err(damaged("its header is cut off"));
    }
    let version = u32_at(bytes, 16);
    if version != FORMAT_VERSION {
        return Err(SnapshotError::Version { path: path.to_owned(), found: version, expected: FORMAT_VERSION });
    }
    if u64_at(bytes, 24) != bytes.len() as u64 {
        return Err(damaged(&format!("it should have {} bytes and has {}", u64_at(bytes, 24), bytes.len())));
    }
    if verify && bytes[CHECKSUM] != checksum(bytes) {
        return Err(damaged("its checksum does not fit its content"));
    }
    if u32_at(bytes, 20) as usize != SECTIONS {
        return Err(damaged("its number of sections is wrong"));
    }
    let mut table: SectionTable = std::array::from_fn(|_| 0..0);
    for (i, range) in table.iter_mut().enumerate() {
        let at = HEADER_LEN + i * 16;
        let (offset, length) = (u64_at(bytes, at), u64_at(bytes, at + 8));
        let end = offset.checked_add(length).filter(|&end| end <= bytes.len() as u64 && offset % ALIGN as u64 == 0);
        let Some(end) = end else { return Err(damaged("a section lies outside the file")) };
        *range = offset as usize..end as usize;
    }
    Ok(table)
}

impl Graph {
    /// Opens a snapshot. Time is that of one pass over the file (checksum and invariants).
    ///
    /// # Errors
    /// When it is foreign, of another version, or damaged in any byte.
    pub fn open(path: &Path) -> Result<Self, SnapshotError> {
        let shown = path.display().to_string();
        let io = |source| SnapshotError::Io { path: shown.clone(), source };
        let file = File::open(path).map_err(io)?;
        if file.metadata().map_err(io)?.len() == 0 {
            return Err(SnapshotError::Foreign { path: shown });
        }
        #[expect(
            unsafe_code,
            reason = "mmap; the file is replaced by rename and never written in place, so the mapping stays as it was checked"
        )]
        // SAFETY: see the reason above; a program that writes into a snapshot in place breaks it
        let map = unsafe { memmap2::Mmap::map(&file) }.map_err(io)?;
        if cfg!(target_endian = "big") {
            return Err(SnapshotError::Damaged {
                path: shown,
                what: "snapshots are little-endian, this machine is not".to_owned(),
            });
        }
        Self::from_backing(Backing::Mapped(map), &shown, true)
    }

    /// Writes the graph as a snapshot: into a file beside `path` that then takes its place (a pipe or
    /// device is written into).
    ///
    /// # Errors
    /// When the operating system refuses.
    pub fn save(&self, path: &Path) -> Result<(), SnapshotError> {
        replace_file(path, self.as_bytes())
            .map_err(|source| SnapshotError::Io { path: path.display().to_string(), source })
    }
}
