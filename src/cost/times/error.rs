//! Why build times cannot be read.

use std::io;

/// Why they cannot be read.
#[derive(Debug, thiserror::Error)]
pub enum TimesError {
    /// The operating system refused.
    #[error("{file}: {source}")]
    Io {
        /// The file.
        file: String,
        /// Its answer.
        source: io::Error,
    },
    /// There is nothing in it.
    #[error("{0}: empty; expected {FORMS}")]
    Empty(String),
    /// Something in it is not as it should be.
    #[error("{file}, line {line}: {message}")]
    Malformed {
        /// The file.
        file: String,
        /// Counted from 1.
        line: u64,
        /// What was expected, and what was found.
        message: String,
    },
}

/// What a file of times can be.
pub(super) const FORMS: &str = "nix-output-monitor's build-reports.csv, Hydra's BuildSteps as CSV or JSON, or names with \
                                seconds (CSV with lines NAME,SECONDS, or a JSON object)";
