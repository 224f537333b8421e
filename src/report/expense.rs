//! What builds cost together, as text.

use super::cost::measured;
use super::table::percent;
use super::units::{duration, size};
use crate::query::Expense;

impl Expense {
    /// Machine time, and bytes where sizes are known, each with its measured part; one a line.
    pub(super) fn lines(&self) -> Vec<String> {
        let known = measured(self.hours.measured_share, self.hours.total);
        let mut lines = vec![format!("machine time: {} ({known})", duration(self.hours.total))];
        if let Some(bytes) = self.bytes {
            let known = self.bytes_known().unwrap_or_default();
            lines.push(format!("bytes written, and downloaded again: {} ({known})", size(bytes)));
        }
        lines
    }

    /// The measured part of the bytes, where sizes are known.
    pub(super) fn bytes_known(&self) -> Option<String> {
        let measured = percent(self.bytes_measured.unwrap_or_default(), self.bytes?.max(1));
        Some(format!("{measured} measured"))
    }
}
