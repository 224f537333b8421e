//! What builds cost together, as text.

use super::table::percent;
use crate::query::Expense;

impl Expense {
    /// The measured part of the bytes, where sizes are known.
    pub(super) fn bytes_known(&self) -> Option<String> {
        let measured = percent(self.bytes_measured.unwrap_or_default(), self.bytes?.max(1));
        Some(format!("{measured} measured"))
    }
}
