//! A table of a page.

use super::cell::{Cell, Kind};

/// Rows of cells.
#[derive(Debug, Clone, Default)]
pub struct Table {
    /// What each cell of a row holds.
    pub columns: Vec<Column>,
    /// The rows, in the order in which they are told: each with a cell for every column.
    pub rows: Vec<Vec<Cell>>,
}

/// A column.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Column {
    /// Names it in links and scripts. Columns of one key are filtered by one facet.
    pub key: &'static str,
    /// Its heading.
    pub title: &'static str,
    /// What it holds.
    pub kind: Kind,
    /// Whether the page can be filtered by it.
    pub filter: bool,
}

impl Column {
    /// A column by which the page is not filtered.
    pub(super) const fn new(key: &'static str, title: &'static str, kind: Kind) -> Self {
        Self { key, title, kind, filter: false }
    }

    /// A facet of the page.
    pub(super) const fn facet(key: &'static str, title: &'static str, kind: Kind) -> Self {
        Self { key, title, kind, filter: true }
    }
}

impl Table {
    /// Leaves out the columns of these keys in which no row has anything.
    pub(super) fn without_empty(mut self, keys: &[&str]) -> Self {
        let empty = |at: usize| self.rows.is_empty() || self.is_blank(at);
        let kept: Vec<bool> =
            self.columns.iter().enumerate().map(|(at, column)| !keys.contains(&column.key) || !empty(at)).collect();
        let mut keep = kept.iter();
        self.columns.retain(|_| keep.next().copied().unwrap_or(true));
        for row in &mut self.rows {
            let mut keep = kept.iter();
            row.retain(|_| keep.next().copied().unwrap_or(true));
        }
        self
    }

    /// Whether there are rows, and none has anything in the column at this place.
    pub(super) fn is_blank(&self, at: usize) -> bool {
        let nothing = |cell: &Cell| match cell {
            Cell::None => true,
            Cell::Names(names) => names.is_empty(),
            _ => false,
        };
        !self.rows.is_empty() && self.rows.iter().all(|row| row.get(at).is_none_or(nothing))
    }

    /// Whether there is a column of this key.
    pub(super) fn has(&self, key: &str) -> bool {
        self.columns.iter().any(|column| column.key == key)
    }
}
