//! In place of Parquet, where the program is built without it.

use std::io::{self, Write};

use super::manifest::Manifest;
use crate::ingest::Progress;
use crate::query::Table;

/// Whether Parquet can be written.
pub const PARQUET: bool = false;

/// Writes nothing.
///
/// # Errors
/// Always: the program is built without it.
pub fn write_parquet(
    _table: &Table<'_>,
    _manifest: &Manifest,
    _out: &mut (dyn Write + Send),
    _progress: &Progress,
) -> io::Result<()> {
    Err(io::Error::new(io::ErrorKind::Unsupported, "this program was built without Parquet"))
}
