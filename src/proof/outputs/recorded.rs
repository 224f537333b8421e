//! What is recorded of a store path.

/// What is recorded of a store path, as far as the file tells.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Recorded {
    /// The base names of what it refers to, ascending.
    pub references: Option<Vec<String>>,
    /// Bytes of its NAR.
    pub nar: Option<u64>,
    /// Bytes of the file that a binary cache gives for it.
    pub download: Option<u64>,
    /// Whether its path follows from its content: that of a fixed-output derivation, or a source.
    pub by_content: bool,
}

/// The most bytes that a store path may have: one TiB. What is told to be larger is an error of whoever told it.
pub const MOST_BYTES: u64 = 1 << 40;

/// A size as it was told; none has no bytes, so that 0 means that nobody knows.
///
/// # Errors
/// When it is larger than anything, with what was expected.
pub(super) fn size(told: Option<u64>) -> Result<Option<u64>, String> {
    match told.filter(|&bytes| bytes > 0) {
        Some(bytes) if bytes > MOST_BYTES => Err(format!("expected at most {MOST_BYTES} bytes (1 TiB), found {bytes}")),
        told => Ok(told),
    }
}
