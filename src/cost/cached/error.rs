//! Why it cannot be read what is cached.

use std::io;

use crate::proof::outputs::MetadataError;

/// Why it cannot be read.
#[derive(Debug, thiserror::Error)]
pub enum CachedError {
    /// The operating system refused.
    #[error("{path}: {source}")]
    Io {
        /// The file.
        path: String,
        /// Its answer.
        source: io::Error,
    },
    /// It is something else.
    #[error(
        "{0}: tells of no cache; expected store paths, hashes or narinfo names, one a line, what 'nix path-info --json' \
         or 'nix-eval-jobs --check-cache-status' prints, a narinfo file or a folder of them, or Nix's db.sqlite"
    )]
    Unknown(String),
    /// It tells of derivations, and of nothing else.
    #[error(
        "{0}: tells of derivations (.drv) alone, which are no outputs; expected the paths that they build, as \
         'nix-store --query --outputs' prints them"
    )]
    Derivations(String),
    /// A database that cannot be sought in.
    #[error(
        "{0}: Nix's store database through a pipe; give the file itself, or what 'nix path-info --all --json' prints"
    )]
    PipedDatabase(String),
    /// A line of a list is none.
    #[error("{path}, line {line}: expected a store path, its hash or the name of a narinfo file, found '{found}'")]
    Line {
        /// The file.
        path: String,
        /// The line, from 1.
        line: usize,
        /// What stands there.
        found: String,
    },
    /// A line of nix-eval-jobs is none.
    #[error("{path}: {source}; expected lines of 'nix-eval-jobs --check-cache-status'")]
    Json {
        /// The file.
        path: String,
        /// What is wrong, with line and column.
        source: serde_json::Error,
    },
    /// It is not as it should be.
    #[error("{path}, attribute '{attribute}': {expected}")]
    Job {
        /// The file.
        path: String,
        /// Of which line.
        attribute: String,
        /// What was expected there.
        expected: String,
    },
    /// Lines of nix-eval-jobs that do not tell.
    #[error("{0}: no line says whether it is cached; make it with 'nix-eval-jobs --check-cache-status'")]
    NoStatus(String),
    /// What is recorded of store paths cannot be read.
    #[error(transparent)]
    Metadata(#[from] MetadataError),
}
