//! What can be wrong with an input: errors that end the reading, and findings that do not.

use std::fmt;

/// A finding: something a user should know, but that does not make the closure wrong.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub struct Problem {
    /// Stable, kebab-case.
    pub code: &'static str,
    /// What was found, and where.
    pub message: String,
}

impl Problem {
    /// A finding with a stable code.
    #[must_use]
    pub fn new(code: &'static str, message: String) -> Self {
        Self { code, message }
    }
}

impl fmt::Display for Problem {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}: {}", self.code, self.message)
    }
}

/// Why an input could not be read.
#[derive(Debug, thiserror::Error)]
pub enum IngestError {
    /// The operating system refused.
    #[error("{path}: {source}")]
    Io {
        /// The file.
        path: String,
        /// Its answer.
        source: std::io::Error,
    },
    /// The content is not what it should be.
    #[error("{path}: at byte {offset}: {message}")]
    Malformed {
        /// The file.
        path: String,
        /// Byte offset, after decompression.
        offset: u64,
        /// What is wrong, and what was expected.
        message: String,
    },
    /// The content is of no kind that is known.
    #[error("{path}: {message}")]
    Unrecognised {
        /// The file.
        path: String,
        /// What is known, and how to give it.
        message: String,
    },
    /// `nix-instantiate` could not be run, or failed.
    #[error("{0}")]
    Nix(String),
    /// The inputs do not fit together.
    #[error("{0}")]
    Inconsistent(String),
}

impl IngestError {
    pub(crate) fn io(path: impl Into<String>) -> impl FnOnce(std::io::Error) -> Self {
        let path = path.into();
        move |source| Self::Io { path, source }
    }

    pub(crate) fn malformed(path: &str, offset: u64, message: impl Into<String>) -> Self {
        Self::Malformed { path: path.to_owned(), offset, message: message.into() }
    }
}
