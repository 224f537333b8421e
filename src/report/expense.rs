//! What builds cost together, as text.

use super::table::percent;
use crate::query::Expense;

impl Expense {
    /// The measured part of the bytes, where sizes are known.
    pub(super) fn bytes_known(&self) -> Option<String> {
        Some(bytes_known(self.bytes?, self.bytes_measured.unwrap_or_default()))
    }
}

/// The measured part of bytes.
pub(super) fn bytes_known(bytes: u64, measured: u64) -> String {
    match measured {
        0 if bytes > 0 => "all estimated".to_owned(),
        measured => format!("{} measured", percent(measured, bytes.max(1))),
    }
}
