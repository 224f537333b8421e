//! What is recorded of outputs: which store paths they refer to, and how large they are.

use std::collections::BTreeSet;
use std::fs::File;
use std::io::{self, Read};
use std::path::Path;

use super::path_info::{self, Listed};
use super::{MetadataError, Recorded, StoreDatabase, narinfo, store_database};
use crate::nix::StorePath;
use crate::verdict::ReferenceSource;

/// A file, or a folder of files, that tells what outputs refer to and how large they are.
#[derive(Debug)]
pub enum Metadata {
    /// Nix's store database.
    Database(StoreDatabase),
    /// What `nix path-info --json` prints.
    PathInfo(Listed),
    /// A narinfo file of a binary cache, or a folder of them.
    NarInfo(Listed),
}

/// The base name of a store path, which may be one already. `None` where it is no store path.
#[must_use]
pub fn base_name(path: &str) -> Option<&str> {
    let name = path.rsplit('/').next().unwrap_or(path);
    StorePath::from_base_name(name.as_bytes()).is_ok().then_some(name)
}

impl Metadata {
    /// Opens a file, recognised by its content, or a folder of narinfo files.
    ///
    /// # Errors
    /// When it cannot be read, is none of them, or is damaged.
    pub fn open(path: &Path) -> Result<Self, MetadataError> {
        if path.is_dir() {
            return narinfo::read_folder(path).map(Self::NarInfo);
        }
        let shown = path.display().to_string();
        let io = |source: io::Error| MetadataError::Io { path: shown.clone(), source };
        let mut file = File::open(path).map_err(io)?;
        let mut text = Vec::new();
        Read::by_ref(&mut file).take(store_database::MAGIC.len() as u64).read_to_end(&mut text).map_err(io)?;
        if text == store_database::MAGIC {
            return StoreDatabase::open(path).map(Self::Database);
        }
        file.read_to_end(&mut text).map_err(io)?;
        Self::parse(&text, &shown)
    }

    /// Reads a text, recognised by its content, of a file that is called so.
    ///
    /// # Errors
    /// When it is none that tells of outputs, or is damaged.
    pub fn parse(text: &[u8], shown: &str) -> Result<Self, MetadataError> {
        match text.trim_ascii_start().first() {
            Some(b'{' | b'[') => path_info::parse(text, shown).map(Self::PathInfo),
            Some(first) if first.is_ascii_alphabetic() && text.contains(&b':') => {
                narinfo::parse(text, shown).map(Self::NarInfo)
            }
            _ => Err(MetadataError::Unknown(shown.to_owned())),
        }
    }

    /// What it is.
    #[must_use]
    pub const fn source(&self) -> ReferenceSource {
        match self {
            Self::Database(_) => ReferenceSource::StoreDb,
            Self::PathInfo(_) => ReferenceSource::PathInfo,
            Self::NarInfo(_) => ReferenceSource::Narinfo,
        }
    }

    /// What is not seen, if anything is not.
    #[must_use]
    pub fn note(&self) -> Option<&str> {
        match self {
            Self::Database(database) => database.note(),
            Self::PathInfo(_) | Self::NarInfo(_) => None,
        }
    }

    /// The base names of what a path refers to, ascending; `None` where nothing is recorded of it.
    ///
    /// # Errors
    /// When the database cannot be read.
    pub fn references(&self, path: &StorePath<'_>, store_dir: &str) -> Result<Option<Vec<String>>, MetadataError> {
        match self {
            Self::Database(database) => {
                let references = database.references(&path.absolute(store_dir))?;
                Ok(references.map(|paths| paths.iter().filter_map(|path| base_name(path)).map(str::to_owned).collect()))
            }
            Self::PathInfo(listed) | Self::NarInfo(listed) => {
                Ok(listed.get(&path.base_name()).and_then(|recorded| recorded.references.clone()))
            }
        }
    }

    /// The base names of all store paths that it names.
    ///
    /// # Errors
    /// When the database cannot be read.
    pub fn known(&self) -> Result<BTreeSet<String>, MetadataError> {
        match self {
            Self::Database(database) => {
                Ok(database.paths()?.iter().filter_map(|path| base_name(path)).map(str::to_owned).collect())
            }
            Self::PathInfo(listed) | Self::NarInfo(listed) => {
                let names = |(path, recorded): (&String, &Recorded)| {
                    [path.clone()].into_iter().chain(recorded.references.clone().into_iter().flatten())
                };
                Ok(listed.iter().flat_map(names).collect())
            }
        }
    }

    /// What is recorded of every valid path, ascending by base name; of a database without the references, which
    /// it is asked for one by one.
    ///
    /// # Errors
    /// When the database cannot be read, or a size is none.
    pub fn into_recorded(self) -> Result<Vec<(String, Recorded)>, MetadataError> {
        match self {
            Self::Database(database) => database.recorded(),
            Self::PathInfo(listed) | Self::NarInfo(listed) => Ok(listed.into_iter().collect()),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn recognised_by_content() {
        let folder = tempfile::tempdir().unwrap();
        let check = |content: &[u8], expected: Result<ReferenceSource, &str>| {
            let path = folder.path().join("file");
            std::fs::write(&path, content).unwrap();
            match (Metadata::open(&path), expected) {
                (Ok(metadata), Ok(source)) => assert_eq!(metadata.source(), source),
                (Err(error), Err(told)) => assert!(error.to_string().contains(told), "{error}"),
                (opened, expected) => panic!("{opened:?}, not {expected:?}"),
            }
        };
        check(b" [ ]", Ok(ReferenceSource::PathInfo));
        check(b"{}", Ok(ReferenceSource::PathInfo));
        check(b"StorePath: 0001x39905jwpbxh95qbvxcka0llljcd-a\nReferences:\n", Ok(ReferenceSource::Narinfo));
        check(b"SQLite format 3\0", Err("not a database"));
        check(b"SQLite format 3\0rubbish that is no database at all, and long enough for a header: 0123456789012345678901234567890", Err("database"));
        check(b"", Err("neither Nix's store database"));
        check(b"<html>", Err("neither Nix's store database"));
        check(b"nothing", Err("neither Nix's store database"));
        let missing = Metadata::open(&folder.path().join("none")).unwrap_err().to_string();
        assert!(missing.contains("none: No such file"), "{missing}");
    }
}
