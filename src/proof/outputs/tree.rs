//! The files of an output.

use std::collections::BTreeMap;
use std::fs::{self, File};
use std::io::{self, Read};
use std::ops::Range;
use std::os::unix::ffi::{OsStrExt, OsStringExt};
use std::os::unix::fs::PermissionsExt;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use crate::nix::nar::NarError;

/// The files of an output by their paths in it, which have no slash at the start; the root is the empty
/// path. An output may be a single file or a link.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Tree {
    /// Sorted by path; a folder stands before what it holds.
    pub entries: BTreeMap<Vec<u8>, Entry>,
}

/// What stands at a path.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Entry {
    /// A folder.
    Directory,
    /// A link and what it points to.
    Symlink(Vec<u8>),
    /// A file.
    Regular {
        /// Whether it can be executed.
        executable: bool,
        /// Its length in bytes.
        size: u64,
        /// Where its bytes are.
        content: Content,
    },
}

/// The bytes of a file.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Content {
    /// On the disk.
    File(PathBuf),
    /// In memory.
    Bytes(Arc<[u8]>),
    /// A part of an archive.
    Part(Archive, Range<usize>),
    /// Not known: of a listing alone.
    Unknown,
}

/// An archive, mapped.
#[derive(Debug, Clone)]
pub struct Archive(Arc<memmap2::Mmap>);

impl Archive {
    pub(super) fn new(map: memmap2::Mmap) -> Self {
        Self(Arc::new(map))
    }

    pub(super) fn bytes(&self) -> &[u8] {
        &self.0
    }
}

impl PartialEq for Archive {
    fn eq(&self, other: &Self) -> bool {
        Arc::ptr_eq(&self.0, &other.0) || self.bytes() == other.bytes()
    }
}

impl Eq for Archive {}

/// Why an output cannot be read.
#[derive(Debug, thiserror::Error)]
pub enum TreeError {
    /// The operating system refused.
    #[error("{path}: {source}")]
    Io {
        /// The file or folder.
        path: String,
        /// Its answer.
        source: io::Error,
    },
    /// There is something that no store holds.
    #[error("{0}: neither a file, a folder nor a link; an output has nothing else")]
    Special(String),
    /// The content of a file is not known.
    #[error("{0}: a listing names this file, but does not hold its content; give the output itself")]
    NoContent(String),
    /// An archive is damaged.
    #[error("{path}: the archive is damaged {source}; make or fetch it again")]
    Nar {
        /// Its path.
        path: String,
        /// The place in it, unpacked, and what was expected there.
        source: NarError,
    },
    /// A packed archive cannot be unpacked.
    #[error("{path}: the packed archive is damaged ({source}); make or fetch it again")]
    Packed {
        /// Its path.
        path: String,
        /// What the unpacker says.
        source: io::Error,
    },
    /// A file is neither an archive nor can it be an output.
    #[error("{0}: no NAR, plain or packed with zstd or xz; give the folder, file or link of an output, or its NAR")]
    NoNar(String),
}

impl TreeError {
    pub(super) fn io(path: &Path) -> impl FnOnce(io::Error) -> Self {
        |source| Self::Io { path: path.display().to_string(), source }
    }
}

impl Tree {
    /// The files at a path on the disk; links are not followed, not even at the top. Reads names alone.
    ///
    /// # Errors
    /// When something cannot be read, with its path; when it is neither file, folder nor link.
    pub fn of_path(path: &Path) -> Result<Self, TreeError> {
        let mut tree = Self::default();
        let mut open: Vec<(Vec<u8>, PathBuf)> = vec![(Vec::new(), path.to_path_buf())];
        while let Some((relative, path)) = open.pop() {
            let metadata = fs::symlink_metadata(&path).map_err(TreeError::io(&path))?;
            let kind = metadata.file_type();
            let entry = if kind.is_dir() {
                for child in fs::read_dir(&path).map_err(TreeError::io(&path))? {
                    let name = child.map_err(TreeError::io(&path))?.file_name();
                    let mut inner = relative.clone();
                    if !inner.is_empty() {
                        inner.push(b'/');
                    }
                    inner.extend_from_slice(name.as_bytes());
                    open.push((inner, path.join(name)));
                }
                Entry::Directory
            } else if kind.is_symlink() {
                Entry::Symlink(fs::read_link(&path).map_err(TreeError::io(&path))?.into_os_string().into_vec())
            } else if kind.is_file() {
                let executable = metadata.permissions().mode() & 0o100 != 0;
                Entry::Regular { executable, size: metadata.len(), content: Content::File(path) }
            } else {
                return Err(TreeError::Special(path.display().to_string()));
            };
            tree.entries.insert(relative, entry);
        }
        Ok(tree)
    }
}

/// How long a file must be to be mapped.
const SMALL: u64 = 64 << 10;

/// The bytes of a file, mapped, read or shared.
#[derive(Debug)]
pub enum Mapped {
    /// A mapped file.
    File(memmap2::Mmap),
    /// A small file, read.
    Read(Vec<u8>),
    /// What was in memory, or nothing.
    Bytes(Arc<[u8]>),
    /// A part of a mapped archive.
    Part(Archive, Range<usize>),
}

impl std::ops::Deref for Mapped {
    type Target = [u8];
    fn deref(&self) -> &[u8] {
        match self {
            Self::File(map) => map,
            Self::Read(bytes) => bytes,
            Self::Bytes(bytes) => bytes,
            Self::Part(archive, part) => archive.bytes().get(part.clone()).unwrap_or_default(),
        }
    }
}

impl Content {
    /// The bytes; `shown` is for messages.
    ///
    /// # Errors
    /// When the file cannot be opened, or the content is not known.
    pub fn map(&self, shown: &str) -> Result<Mapped, TreeError> {
        match self {
            Self::Bytes(bytes) => Ok(Mapped::Bytes(Arc::clone(bytes))),
            Self::Part(archive, part) => Ok(Mapped::Part(archive.clone(), part.clone())),
            Self::Unknown => Err(TreeError::NoContent(shown.to_owned())),
            Self::File(path) => {
                let mut file = File::open(path).map_err(TreeError::io(path))?;
                let size = file.metadata().map_err(TreeError::io(path))?.len();
                // to map a small file takes longer than to read it
                if size < SMALL {
                    let mut bytes = Vec::with_capacity(size as usize + 1);
                    file.read_to_end(&mut bytes).map_err(TreeError::io(path))?;
                    return Ok(Mapped::Read(bytes));
                }
                #[expect(unsafe_code, reason = "files of a store do not change while they are read")]
                let map = unsafe { memmap2::Mmap::map(&file) }.map_err(TreeError::io(path))?;
                Ok(Mapped::File(map))
            }
        }
    }
}
