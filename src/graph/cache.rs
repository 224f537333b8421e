//! Snapshots that are kept, to be found again by what they were made from.

use std::fs;
use std::path::{Path, PathBuf};

use super::graph::Graph;
use super::snapshot::{FORMAT_VERSION, SnapshotError};

/// How the name of a kept snapshot ends.
const END: &str = ".ripple";

/// A folder of snapshots.
#[derive(Debug, Clone)]
pub struct SnapshotCache {
    folder: PathBuf,
}

/// What a snapshot was made from: a blake3 digest of all that it depends on.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct CacheKey(String);

impl CacheKey {
    /// Of named parts. The format of snapshots and the version of this program are parts, too.
    #[must_use]
    pub fn of<'p>(parts: impl IntoIterator<Item = (&'p str, &'p str)>) -> Self {
        let mut hasher = blake3::Hasher::new();
        let mut add = |name: &str, text: &str| {
            // with lengths, so that no two lists of parts read alike
            for text in [name, text] {
                hasher.update(&(text.len() as u64).to_le_bytes());
                hasher.update(text.as_bytes());
            }
        };
        add("format", &FORMAT_VERSION.to_string());
        add("program", env!("CARGO_PKG_VERSION"));
        parts.into_iter().for_each(|(name, text)| add(name, text));
        let digest = data_encoding::HEXLOWER.encode(hasher.finalize().as_bytes());
        Self(digest.chars().take(40).collect())
    }
}

impl SnapshotCache {
    /// In this folder, which need not exist yet.
    #[must_use]
    pub fn in_folder(folder: impl Into<PathBuf>) -> Self {
        Self { folder: folder.into() }
    }

    /// Where it lies.
    #[must_use]
    pub fn folder(&self) -> &Path {
        &self.folder
    }

    /// The snapshot that was kept under a key; `None` where there is none.
    ///
    /// # Errors
    /// When it is damaged, or of another format: it is to be made again.
    pub fn get(&self, key: &CacheKey) -> Result<Option<Graph>, SnapshotError> {
        let file = self.file(key);
        if file.exists() { Graph::open(&file).map(Some) } else { Ok(None) }
    }

    /// Keeps a snapshot under a key.
    ///
    /// # Errors
    /// When the operating system refuses.
    pub fn put(&self, key: &CacheKey, graph: &Graph) -> Result<(), SnapshotError> {
        fs::create_dir_all(&self.folder)
            .map_err(|source| SnapshotError::Io { path: self.folder.display().to_string(), source })?;
        graph.save(&self.file(key))
    }

    /// How many snapshots it has, and their bytes.
    #[must_use]
    pub fn holds(&self) -> (usize, u64) {
        let entries = fs::read_dir(&self.folder).into_iter().flatten().flatten();
        entries
            .filter(|entry| entry.file_name().to_string_lossy().ends_with(END))
            .filter_map(|entry| entry.metadata().ok())
            .fold((0, 0), |(count, bytes), metadata| (count + 1, bytes + metadata.len()))
    }

    fn file(&self, CacheKey(key): &CacheKey) -> PathBuf {
        self.folder.join(format!("{key}{END}"))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn keys() {
        let key = |parts: &[(&str, &str)]| CacheKey::of(parts.iter().copied());
        assert_eq!(key(&[("a", "b")]), key(&[("a", "b")]));
        let different = [
            key(&[]),
            key(&[("a", "b")]),
            key(&[("a", ""), ("b", "")]),
            key(&[("ab", "")]),
            key(&[("", "ab")]),
            key(&[("a", "b"), ("", "")]),
        ];
        for (i, one) in different.iter().enumerate() {
            assert!(different.iter().skip(i + 1).all(|other| other != one), "{i}");
        }
    }
}
