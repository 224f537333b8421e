//! Build times out of comma-separated values.

use std::borrow::Cow;

use super::draft::{Column, Draft};
use super::error::FORMS;
use super::record::Named;
use super::{Misfit, Sink};
use crate::cost::quoted::quoted;

/// Reads nix-output-monitor's reports, steps of Hydra, or names with times; with a header, or without one names,
/// seconds and perhaps systems.
pub(super) fn read(text: &str, sink: &mut Sink) -> Result<(), Misfit> {
    let mut reader = csv::ReaderBuilder::new()
        .has_headers(false)
        .flexible(true)
        .comment(Some(b'#'))
        .trim(csv::Trim::All)
        .from_reader(text.as_bytes());
    let mut columns: Option<Vec<Column>> = None;
    let mut record = csv::StringRecord::new();
    loop {
        let at = reader.position().line();
        let more = reader.read_record(&mut record).map_err(|error| Misfit { line: at, message: quoted(error) })?;
        if !more {
            return Ok(());
        }
        let line = record.position().map_or(at, |position| line_of_record(text, position));
        let misfit = |message: String| Misfit { line, message };
        let Some(known) = &columns else {
            match header(&record).map_err(misfit)? {
                Some(header) => columns = Some(header),
                None => {
                    take(&record, &PLAIN[..record.len().min(PLAIN.len())], sink).map_err(misfit)?;
                    columns = Some(Vec::new());
                }
            }
            continue;
        };
        let plain = known.is_empty() && (2..=PLAIN.len()).contains(&record.len());
        let known = if plain { PLAIN.get(..record.len()).unwrap_or_default() } else { known.as_slice() };
        take(&record, known, sink).map_err(misfit)?;
    }
}

/// The line on which a record begins: its position is that of the blank lines and comments before it.
fn line_of_record(text: &str, position: &csv::Position) -> u64 {
    let after = usize::try_from(position.byte()).ok().and_then(|byte| text.get(byte..)).unwrap_or_default();
    let skipped = after.lines().take_while(|line| line.is_empty() || line.starts_with('#')).count();
    position.line() + skipped as u64
}

/// What stands in a line where there is no header.
const PLAIN: [Column; 3] = [Column::Name(Named::Any), Column::Duration(super::draft::Unit::Seconds), Column::System];

/// The columns, by the first line; `None` where that is a record itself.
fn header(first: &csv::StringRecord) -> Result<Option<Vec<Column>>, String> {
    if (2..=PLAIN.len()).contains(&first.len()) && first.get(1).is_some_and(|field| field.parse::<f64>().is_ok()) {
        return Ok(None);
    }
    let columns: Vec<Column> = first.iter().map(Column::of).collect();
    let units = columns.iter().filter(|column| matches!(column, Column::Duration(_))).count();
    if units > 1 {
        return Err("expected one column of times, found several".to_owned());
    }
    for (at, column) in columns.iter().enumerate().filter(|(_, column)| **column != Column::Other) {
        if let Some(before) = columns.iter().take(at).position(|other| other == column) {
            let name = |at: usize| quoted(first.get(at).unwrap_or_default());
            return Err(format!("expected one column of a meaning, found '{}' and '{}'", name(before), name(at)));
        }
    }
    let timed = units == 1 || [Column::Start, Column::Stop].iter().all(|column| columns.contains(column));
    if !columns.iter().copied().any(Column::is_name) || !timed {
        let found: Vec<&str> = first.iter().collect();
        let found = quoted(found.join(","));
        return Err(format!(
            "expected {FORMS}; the first line has '{found}', of which a name (drvPath, attribute, name, pname) and a time \
             (seconds, ms, minutes, hours, or startTime and stopTime) are needed"
        ));
    }
    Ok(Some(columns))
}

fn take(record: &csv::StringRecord, columns: &[Column], sink: &mut Sink) -> Result<(), String> {
    if record.len() != columns.len() {
        let expected = if columns.is_empty() { "2 or 3".to_owned() } else { columns.len().to_string() };
        return Err(format!("expected {expected} fields, found {}", record.len()));
    }
    let mut draft = Draft::default();
    for (&column, field) in columns.iter().zip(record) {
        draft.set(column, Cow::Borrowed(field))?;
    }
    sink.take(&draft)
}
