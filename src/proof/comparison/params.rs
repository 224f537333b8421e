//! What a comparison goes by, and what it finds.

use std::collections::BTreeMap;

use serde::Serialize;

use crate::nix::Digest;
use crate::nix::store_path::DEFAULT_STORE_DIR;
use crate::verdict::{FileChange, Outcome};

/// Which store paths may stand for each other, and which may be gone.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct CompareParams {
    /// Paths of the second that are paths of the first under another hash: own outputs, copies. What
    /// differs by these alone is identical.
    pub counterparts: BTreeMap<Digest, Digest>,
    /// Paths of the second that stand where these of the first stood: another version of an input. What
    /// differs by these is `reference-only`.
    pub exchanged: BTreeMap<Digest, Digest>,
    /// Paths of the first that were taken out: references to them may be gone.
    pub input: Vec<Digest>,
    /// Whether any store path may stand for another of the same package name: for two builds of different
    /// days. What differs by these is `reference-only`.
    ///
    /// **Overestimates** what is reference-only where two packages of one name are exchanged for each
    /// other (two lines of openssl, one package for two interpreters without a name of its own).
    pub any_version: bool,
    /// The store's folder, without a slash at the end; [`Self::any_version`] looks only for paths in it.
    pub store_dir: String,
}

impl Default for CompareParams {
    fn default() -> Self {
        Self {
            counterparts: BTreeMap::new(),
            exchanged: BTreeMap::new(),
            input: Vec::new(),
            any_version: false,
            store_dir: DEFAULT_STORE_DIR.to_owned(),
        }
    }
}

/// How two outputs differ.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Comparison {
    /// [`Outcome::Identical`], [`Outcome::ReferenceOnly`] or [`Outcome::Different`].
    pub outcome: Outcome,
    /// The files that differ, by path.
    pub files: Vec<FileChange>,
    /// How many files, links and folders there are in either, the roots included.
    pub total: u64,
    /// Which store paths the files that differ record, and no longer, sorted.
    pub references: Vec<ReferenceChange>,
}

/// A store path that is recorded in one of the two alone.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Serialize)]
pub struct ReferenceChange {
    /// `<hash>-<name>` as the first records it; absent where it is new.
    pub before: Option<String>,
    /// What the second records in its place; absent where it is gone.
    pub after: Option<String>,
}
