//! A table of a closure as comma-separated values.

use std::borrow::Cow;
use std::io::{self, Write};

use crate::ingest::Progress;
use crate::query::{Cell, Table};
use crate::report::rows::Rows;

/// What stands between the items of a list. In an item, a `\` stands before it, and before a `\`.
pub const SEPARATOR: char = ';';

const SEPARATOR_TEXT: &str = ";";

/// Writes a table: a header line, then a line a row. What is null is empty, and so is an empty list; a text that
/// is not null is never empty. Lists are joined with [`SEPARATOR`]. Rows are counted as they are written; memory is
/// that of a row.
///
/// # Errors
/// When writing fails.
pub fn write_csv(table: &Table<'_>, out: &mut dyn Write, progress: &Progress) -> io::Result<()> {
    let mut rows = Rows::new(out);
    rows.row(table.kind().fields().map(|field| field.name))?;
    for row in 0..table.rows() {
        rows.row(table.row(row).map(text))?;
        progress.add(1);
    }
    rows.finish()
}

fn text(cell: Cell<'_>) -> String {
    match cell {
        Cell::Null => String::new(),
        Cell::Bool(value) => value.to_string(),
        Cell::Int(number) => number.to_string(),
        Cell::Double(number) => number.to_string(),
        Cell::Text(text) => text.into_owned(),
        Cell::List(items) => {
            let items: Vec<Cow<'_, str>> = items.into_iter().map(escaped).collect();
            items.join(SEPARATOR_TEXT)
        }
    }
}

/// An item that can be told from its neighbours.
fn escaped(item: Cow<'_, str>) -> Cow<'_, str> {
    if item.contains([SEPARATOR, '\\']) { item.replace('\\', "\\\\").replace(SEPARATOR, "\\;").into() } else { item }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn cells() {
        let list = |items: &[&'static str]| Cell::List(items.iter().map(|&item| item.into()).collect());
        for (cell, told) in [
            (Cell::Null, ""),
            (Cell::Bool(true), "true"),
            (Cell::Int(-1), "-1"),
            (Cell::Double(0.1), "0.1"),
            (Cell::Double(1e-7), "0.0000001"),
            (Cell::Text("a,b".into()), "a,b"),
            (list(&[]), ""),
            (list(&["a"]), "a"),
            (list(&["a", "b c"]), "a;b c"),
            (list(&["a;b", "c\\"]), "a\\;b;c\\\\"),
        ] {
            assert_eq!(text(cell), told);
        }
    }
}
