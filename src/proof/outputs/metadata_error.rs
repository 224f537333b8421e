//! Why metadata of outputs cannot be read.

use std::io;

/// Why it cannot be read.
#[derive(Debug, thiserror::Error)]
pub enum MetadataError {
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
        "{0}: neither Nix's store database (db.sqlite), nor JSON of 'nix path-info --json', nor a narinfo file; \
         give one of them"
    )]
    Unknown(String),
    /// Sizes were asked for, and it tells none.
    #[error("{0}: tells the size of no output; expected NAR sizes, as 'nix path-info --json' and narinfo files tell")]
    NoSizes(String),
    /// A folder of something else.
    #[error("{0}: no narinfo file in it; give the folder of a binary cache")]
    NoNarInfo(String),
    /// It is not as it should be.
    #[error("{path}, {place}: {expected}; make it again")]
    Damaged {
        /// The file.
        path: String,
        /// The line, or the entry.
        place: String,
        /// What was expected there.
        expected: String,
    },
    /// JSON ends, or is none.
    #[error("{path}: {source}; expected what 'nix path-info --json' prints, make it again")]
    Json {
        /// The file.
        path: String,
        /// What is wrong, with line and column.
        source: serde_json::Error,
    },
    /// A database of something else.
    #[error("{path}: a database without Nix's table {table}; expected db.sqlite as in /nix/var/nix/db")]
    Schema {
        /// The file.
        path: String,
        /// What it lacks.
        table: &'static str,
    },
    /// Somebody writes it.
    #[error("{0}: in use, and was not free for {1} seconds; try again when Nix is done, or give a copy of it")]
    Busy(String, u64),
    /// It cannot be opened or read.
    #[error("{path}: {source}; expected a store database of Nix that is whole, give another copy of it")]
    Database {
        /// The file.
        path: String,
        /// What SQLite says.
        source: rusqlite::Error,
    },
}
