//! Trees out of archives.

use std::fs::File;
use std::io::{self, BufReader, Read, Seek, SeekFrom, Write};
use std::path::Path;

use super::tree::{Archive, Content, Entry, Tree, TreeError};
use crate::nix::nar::{self, MAGIC, Node};

/// What begins a file that zstd has packed.
const ZSTD: &[u8] = b"\x28\xb5\x2f\xfd";

/// What begins a file that xz has packed.
const XZ: &[u8] = b"\xfd7zXZ\0";

/// How much memory xz may take, in KiB: what its strongest setting needs.
const XZ_MEMORY: u32 = 128 << 10;

impl Tree {
    /// What a NAR holds, plain or packed with zstd or xz. What is packed is unpacked into an unnamed file in
    /// the folder for temporary files, so that memory stays small.
    ///
    /// # Errors
    /// When it cannot be read or unpacked, is none, or is damaged, with the place.
    pub fn of_nar(path: &Path) -> Result<Self, TreeError> {
        let mut file = File::open(path).map_err(TreeError::io(path))?;
        if !file.metadata().map_err(TreeError::io(path))?.is_file() {
            return Err(TreeError::NoNar(path.display().to_string()));
        }
        let mut head = Vec::new();
        (&mut file).take(8).read_to_end(&mut head).map_err(TreeError::io(path))?;
        file.seek(SeekFrom::Start(0)).map_err(TreeError::io(path))?;
        let file = match unpacking(&head, &file).map_err(TreeError::io(path))? {
            Some(mut unpacked) => {
                let mut scratch = tempfile::tempfile().map_err(TreeError::io(&std::env::temp_dir()))?;
                copy(&mut unpacked, path, &mut scratch)?;
                scratch
            }
            None => file.try_clone().map_err(TreeError::io(path))?,
        };
        if file.metadata().map_err(TreeError::io(path))?.len() < MAGIC.len() as u64 {
            return Err(TreeError::NoNar(path.display().to_string()));
        }
        #[expect(unsafe_code, reason = "an archive does not change while it is read")]
        let map = unsafe { memmap2::Mmap::map(&file) }.map_err(TreeError::io(path))?;
        Self::of_archive(Archive::new(map), &path.display().to_string())
    }

    fn of_archive(archive: Archive, shown: &str) -> Result<Self, TreeError> {
        if !archive.bytes().starts_with(MAGIC) {
            return Err(TreeError::NoNar(shown.to_owned()));
        }
        let mut tree = Self::default();
        let add = |path: &[u8], node: Node<'_>| {
            let entry = match node {
                Node::Directory => Entry::Directory,
                Node::Symlink(target) => Entry::Symlink(target.to_vec()),
                Node::Regular { executable, content } => {
                    let size = content.len() as u64;
                    Entry::Regular { executable, size, content: Content::Part(archive.clone(), content) }
                }
            };
            tree.entries.insert(path.to_vec(), entry);
        };
        nar::read(archive.bytes(), add).map_err(|source| TreeError::Nar { path: shown.to_owned(), source })?;
        Ok(tree)
    }
}

/// What unpacks a file, by how it begins; none where it is not packed.
pub(super) fn unpacking<'f>(head: &[u8], file: &'f File) -> io::Result<Option<Box<dyn Read + 'f>>> {
    Ok(if head.starts_with(ZSTD) {
        let mut decoder = zstd::Decoder::new(file)?;
        decoder.window_log_max(31)?;
        Some(Box::new(decoder))
    } else if head.starts_with(XZ) {
        Some(Box::new(lzma_rust2::XzReader::new_mem_limit(BufReader::new(file), true, XZ_MEMORY)))
    } else {
        None
    })
}

/// Whether a file is a NAR, or unpacks to what begins as one.
pub(super) fn begins_archive(path: &Path) -> Result<bool, TreeError> {
    let mut file = File::open(path).map_err(TreeError::io(path))?;
    let mut head = Vec::new();
    (&mut file).take(MAGIC.len() as u64).read_to_end(&mut head).map_err(TreeError::io(path))?;
    file.seek(SeekFrom::Start(0)).map_err(TreeError::io(path))?;
    // what cannot be unpacked is no archive, but may be an output
    if let Ok(Some(unpacked)) = unpacking(&head, &file) {
        head.clear();
        let _ = unpacked.take(MAGIC.len() as u64).read_to_end(&mut head);
    }
    Ok(head == MAGIC)
}

fn copy(from: &mut dyn Read, path: &Path, to: &mut File) -> Result<(), TreeError> {
    let mut buffer = vec![0; 1 << 18];
    loop {
        let read = match from.read(&mut buffer) {
            Ok(0) => return Ok(()),
            Ok(read) => read,
            Err(error) if error.kind() == io::ErrorKind::Interrupted => continue,
            Err(source) => return Err(TreeError::Packed { path: path.display().to_string(), source }),
        };
        to.write_all(buffer.get(..read).unwrap_or_default()).map_err(TreeError::io(&std::env::temp_dir()))?;
    }
}
