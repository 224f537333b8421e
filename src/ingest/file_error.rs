//! A user's file that cannot be taken.

use std::io;
use std::path::{Path, PathBuf};

/// The most characters of a message about a file: what it quotes may be anything.
const LONGEST: usize = 2_000;

/// Why a file that a user gave is not taken.
#[derive(Debug, thiserror::Error)]
pub enum FileError {
    /// It cannot be read.
    #[error("{}: {source}", file.display())]
    Io {
        /// The file.
        file: PathBuf,
        /// Why.
        source: io::Error,
    },
    /// It is not what was expected.
    #[error("{}: {message}", file.display())]
    Malformed {
        /// The file.
        file: PathBuf,
        /// Where, and what was expected.
        message: String,
    },
}

impl FileError {
    /// It is not what was expected: where, and what was. A very long message is cut.
    #[must_use]
    pub fn malformed(file: &Path, message: impl Into<String>) -> Self {
        let mut message = message.into();
        message.truncate(message.trim_end().len());
        if let Some((end, _)) = message.char_indices().nth(LONGEST) {
            message.truncate(end);
            message.push('…');
        }
        Self::Malformed { file: file.to_path_buf(), message }
    }

    /// The text of a file.
    ///
    /// # Errors
    /// When it cannot be read, or is no UTF-8.
    pub fn read(file: &Path) -> Result<String, Self> {
        std::fs::read_to_string(file).map_err(|source| Self::Io { file: file.to_path_buf(), source })
    }
}
