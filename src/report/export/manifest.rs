//! What an export is of.

use serde::Serialize;

use super::csv::SEPARATOR;
use crate::query::{Field, TableKind};

/// The version of the tables; it grows when a column is renamed, removed, or means something else.
pub const EXPORT_VERSION: u32 = 1;

/// What an export is of: written beside its tables, and into each Parquet file.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Manifest {
    /// Version of the tables.
    pub version: u32,
    /// The program that wrote it, with its version.
    pub program: String,
    /// Digest of the closure: ids of two exports are the same nodes where this is the same.
    pub closure: String,
    /// `csv` or `parquet`.
    pub format: &'static str,
    /// What stands between the items of a list; of CSV alone.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub list_separator: Option<char>,
    /// The tables, in the order of [`TableKind::ALL`].
    pub tables: Vec<ManifestTable>,
}

/// A table of an export.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct ManifestTable {
    /// Its name.
    pub table: TableKind,
    /// Its file, in the same folder.
    pub file: String,
    /// How many rows it has.
    pub rows: u64,
    /// Its columns.
    pub columns: Vec<Field>,
}

impl Manifest {
    /// Of a closure with this checksum.
    #[must_use]
    pub fn new(closure: String, format: &'static str) -> Self {
        Self {
            version: EXPORT_VERSION,
            program: concat!("nix-ripple ", env!("CARGO_PKG_VERSION")).to_owned(),
            closure,
            format,
            list_separator: (format == "csv").then_some(SEPARATOR),
            tables: Vec::new(),
        }
    }

    /// Adds a table that was written.
    pub fn add(&mut self, table: TableKind, rows: usize) {
        let file = format!("{}.{}", table.as_str(), self.format);
        self.tables.push(ManifestTable { table, file, rows: rows as u64, columns: table.fields().collect() });
    }
}
