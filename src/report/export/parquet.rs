//! A table of a closure as Parquet.

use std::fmt::Write as _;
use std::io::{self, Write};
use std::sync::Arc;

use ::parquet::basic::{Compression, ZstdLevel};
use ::parquet::data_type::{BoolType, ByteArray, ByteArrayType, DataType, DoubleType, Int64Type};
use ::parquet::errors::ParquetError;
use ::parquet::file::metadata::KeyValue;
use ::parquet::file::properties::WriterProperties;
use ::parquet::file::writer::{SerializedColumnWriter, SerializedFileWriter};
use ::parquet::schema::parser::parse_message_type;

use super::manifest::Manifest;
use crate::ingest::Progress;
use crate::query::{Cell, Field, Table, TableKind, ValueKind};

/// Whether Parquet can be written.
pub const PARQUET: bool = true;

/// Rows of a group: what is held in memory at a time, a column of it.
const GROUP: usize = 1 << 16;

/// Writes a table: INT64, DOUBLE, BOOLEAN and UTF8, lists as LIST of UTF8, packed with zstd; the manifest's
/// version, program and closure as key-value metadata (`nix-ripple.version` and so on). The same table gives the
/// same bytes. Rows are counted as they are written; memory is that of a column of 65,536 rows, and of what is
/// packed of a group of them.
///
/// # Errors
/// When writing fails.
pub fn write_parquet(
    table: &Table<'_>,
    manifest: &Manifest,
    out: &mut (dyn Write + Send),
    progress: &Progress,
) -> io::Result<()> {
    write(table, manifest, out, progress).map_err(|error| match error {
        ParquetError::External(error) => match error.downcast::<io::Error>() {
            Ok(error) => *error,
            Err(error) => io::Error::other(error),
        },
        error => io::Error::other(error),
    })
}

fn write(
    table: &Table<'_>,
    manifest: &Manifest,
    out: &mut (dyn Write + Send),
    progress: &Progress,
) -> Result<(), ParquetError> {
    let schema = Arc::new(parse_message_type(&schema(table.kind()))?);
    let told = [
        ("nix-ripple.version", manifest.version.to_string()),
        ("nix-ripple.program", manifest.program.clone()),
        ("nix-ripple.closure", manifest.closure.clone()),
        ("nix-ripple.table", table.kind().as_str().to_owned()),
    ];
    let told = told.into_iter().map(|(key, value)| KeyValue::new(key.to_owned(), value)).collect();
    let properties = WriterProperties::builder()
        .set_compression(Compression::ZSTD(ZstdLevel::default()))
        .set_created_by(manifest.program.clone())
        .set_key_value_metadata(Some(told))
        .build();
    let mut writer = SerializedFileWriter::new(out, schema, Arc::new(properties))?;
    for start in (0..table.rows()).step_by(GROUP) {
        let rows = start..(start + GROUP).min(table.rows());
        let mut group = writer.next_row_group()?;
        for (at, field) in table.kind().fields().enumerate() {
            // there are as many columns as fields
            let Some(mut column) = group.next_column()? else { break };
            fill(&mut column, field, table.column(at, rows.clone()))?;
            column.close()?;
        }
        group.close()?;
        progress.add(rows.len() as u64);
    }
    writer.close()?;
    Ok(())
}

/// The schema in Parquet's own words.
fn schema(table: TableKind) -> String {
    let mut text = format!("message {} {{\n", table.as_str());
    for Field { name, kind, nullable, .. } in table.fields() {
        let repetition = if nullable { "optional" } else { "required" };
        // text is made as it is written, so that nothing can fail
        let _ = match kind {
            ValueKind::Bool => writeln!(text, "  {repetition} boolean {name};"),
            ValueKind::Int => writeln!(text, "  {repetition} int64 {name};"),
            ValueKind::Double => writeln!(text, "  {repetition} double {name};"),
            ValueKind::Text => writeln!(text, "  {repetition} binary {name} (STRING);"),
            ValueKind::List => writeln!(
                text,
                "  {repetition} group {name} (LIST) {{ repeated group list {{ required binary element (STRING); }} }}"
            ),
        };
    }
    text.push('}');
    text
}

fn fill<'e>(
    column: &mut SerializedColumnWriter<'_>,
    field: Field,
    cells: impl Iterator<Item = Cell<'e>>,
) -> Result<(), ParquetError> {
    match field.kind {
        ValueKind::Bool => plain::<BoolType>(column, field, cells, |cell| match cell {
            Cell::Bool(value) => Some(value),
            _ => None,
        }),
        ValueKind::Int => plain::<Int64Type>(column, field, cells, |cell| match cell {
            Cell::Int(number) => Some(number),
            _ => None,
        }),
        ValueKind::Double => plain::<DoubleType>(column, field, cells, |cell| match cell {
            Cell::Double(number) => Some(number),
            _ => None,
        }),
        ValueKind::Text => plain::<ByteArrayType>(column, field, cells, |cell| match cell {
            Cell::Text(text) => Some(ByteArray::from(text.as_ref())),
            _ => None,
        }),
        ValueKind::List => lists(column, cells),
    }
}

/// Values, each with whether it is there where that is not sure.
fn plain<'e, T: DataType>(
    column: &mut SerializedColumnWriter<'_>,
    field: Field,
    cells: impl Iterator<Item = Cell<'e>>,
    value: impl Fn(Cell<'e>) -> Option<T::T>,
) -> Result<(), ParquetError> {
    let (mut values, mut levels) = (Vec::new(), Vec::new());
    for cell in cells {
        let value = value(cell);
        levels.push(i16::from(value.is_some()));
        values.extend(value);
    }
    column.typed::<T>().write_batch(&values, field.nullable.then_some(&levels), None)?;
    Ok(())
}

/// Lists of texts: an item begins a row where its repetition is 0; a definition of 0 is an empty list.
fn lists<'e>(
    column: &mut SerializedColumnWriter<'_>,
    cells: impl Iterator<Item = Cell<'e>>,
) -> Result<(), ParquetError> {
    let (mut values, mut definitions, mut repetitions) = (Vec::new(), Vec::new(), Vec::new());
    for cell in cells {
        let items = match &cell {
            Cell::List(items) => items.as_slice(),
            _ => &[],
        };
        for (at, item) in items.iter().enumerate() {
            values.push(ByteArray::from(item.as_ref()));
            definitions.push(1);
            repetitions.push(i16::from(at > 0));
        }
        if items.is_empty() {
            definitions.push(0);
            repetitions.push(0);
        }
    }
    column.typed::<ByteArrayType>().write_batch(&values, Some(&definitions), Some(&repetitions))?;
    Ok(())
}
