//! Results as a table.

use std::collections::BTreeMap;

use super::outcome::Outcome;
use super::quote::start;
use super::record::{Misfit, Record};

/// The columns that mean something, each with the headings that it may have.
const COLUMNS: [(Column, &[&str]); 7] = [
    (Column::Name, &["attr", "attribute", "job", "package", "name", "derivation", "drv", "drvpath"]),
    (Column::Status, &["status", "result", "outcome", "state"]),
    (Column::System, &["system"]),
    (Column::Wave, &["wave"]),
    (Column::Fix, &["fix"]),
    (Column::Note, &["note", "notes", "comment"]),
    (Column::Drv, &["drv_path"]),
];

#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
enum Column {
    Name,
    Status,
    System,
    Wave,
    Fix,
    Note,
    Drv,
}

fn column_of(heading: &str) -> Option<Column> {
    let heading = heading.to_ascii_lowercase();
    COLUMNS.iter().find(|(_, names)| names.contains(&heading.as_str())).map(|(column, _)| *column)
}

/// Reads a table with a header; other columns are left alone. `#` begins a comment.
pub(super) fn read(text: &str) -> Result<Vec<Record>, Misfit> {
    let mut reader = csv::ReaderBuilder::new()
        .has_headers(false)
        .comment(Some(b'#'))
        .trim(csv::Trim::All)
        .flexible(true)
        .from_reader(text.as_bytes());
    let mut header: Option<Vec<Option<Column>>> = None;
    let mut records = Vec::new();
    for row in reader.records() {
        let row =
            row.map_err(|error| Misfit::new(error.position().map_or(1, csv::Position::line), error.to_string()))?;
        let line = row.position().map_or(1, |position| line_of(text, position));
        let Some(columns) = &header else {
            header = Some(header_of(&row, line)?);
            continue;
        };
        if row.len() != columns.len() {
            return Err(Misfit::new(
                line,
                format!("expected {} fields as in the header, found {}", columns.len(), row.len()),
            ));
        }
        let fields = columns.iter().zip(&row).filter_map(|(column, field)| Some(((*column)?, field)));
        let fields: BTreeMap<Column, &str> = fields.filter(|(_, field)| !field.is_empty()).collect();
        records.push(record(&fields, line)?);
    }
    Ok(records)
}

/// The line on which a record begins: its position is that of the blank lines and comments before it.
fn line_of(text: &str, position: &csv::Position) -> u64 {
    let after = usize::try_from(position.byte()).ok().and_then(|byte| text.get(byte..)).unwrap_or_default();
    let skipped = after.lines().take_while(|line| line.is_empty() || line.starts_with('#')).count();
    position.line() + skipped as u64
}

fn header_of(row: &csv::StringRecord, line: u64) -> Result<Vec<Option<Column>>, Misfit> {
    let columns: Vec<Option<Column>> = row.iter().map(column_of).collect();
    for column in [Column::Name, Column::Status] {
        if !columns.contains(&Some(column)) {
            let found: Vec<&str> = row.iter().collect();
            return Err(Misfit::new(
                line,
                format!(
                    "expected {}, or a table whose header has the columns attr and status (also system, wave, fix, \
                     note), found the header '{}'",
                    super::read::OTHER_FORMS,
                    start(&found.join(","))
                ),
            ));
        }
    }
    for (at, column) in columns.iter().enumerate().filter(|(_, column)| column.is_some()) {
        if let Some(before) = columns.iter().take(at).position(|other| other == column) {
            let name = |at: usize| start(row.get(at).unwrap_or_default());
            let message = format!("expected one column of a meaning, found '{}' and '{}'", name(before), name(at));
            return Err(Misfit::new(line, message));
        }
    }
    Ok(columns)
}

fn record(fields: &BTreeMap<Column, &str>, line: u64) -> Result<Record, Misfit> {
    let Some(name) = fields.get(&Column::Name) else {
        return Err(Misfit::new(line, "expected the name of an attribute or derivation, found nothing"));
    };
    let status = fields.get(&Column::Status).copied().unwrap_or_default();
    let mut record = Record::new(*name, status_of(status).map_err(|message| Misfit::new(line, message))?, line);
    let owned = |column: Column| fields.get(&column).map(|field| (*field).to_owned());
    record.system = owned(Column::System);
    record.fix = owned(Column::Fix);
    record.note = owned(Column::Note);
    record.drv = owned(Column::Drv);
    record.wave = match fields.get(&Column::Wave) {
        None => None,
        Some(wave) => match wave.parse() {
            Ok(wave) if wave > 0 => Some(wave),
            _ => {
                return Err(Misfit::new(
                    line,
                    format!("expected the number of a wave, from 1, found '{}'", start(wave)),
                ));
            }
        },
    };
    Ok(record)
}

/// By a word.
pub(super) fn status_of(word: &str) -> Result<Outcome, String> {
    Outcome::parse(word).ok_or_else(|| format!("expected a status ({}), found '{}'", Outcome::words(), start(word)))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn error(text: &str) -> String {
        let misfit = read(text).unwrap_err();
        format!("{}: {}", misfit.line, misfit.message)
    }

    #[test]
    fn tables() {
        let text = "\
# wave two
attr,status,wave,fix,note,machine
hello,success,2,,,a

python3Packages.x.x86_64-linux,Can't Fix,,,\"no, really\",b
glibc,ok,1,https://example.org/p.patch,,
";
        let records = read(text).unwrap();
        let shown: Vec<String> = records
            .iter()
            .map(|r| format!("{} {} {:?} {:?} {:?} {}", r.name, r.outcome.as_str(), r.wave, r.fix, r.note, r.line))
            .collect();
        assert_eq!(
            shown,
            [
                "hello success Some(2) None None 3",
                "python3Packages.x.x86_64-linux cant-fix None None Some(\"no, really\") 5",
                "glibc success Some(1) Some(\"https://example.org/p.patch\") None 6",
            ]
        );
    }

    #[test]
    fn what_is_wrong_is_named() {
        assert!(error("attr,status\nhello,maybe\n").starts_with("2: expected a status (success, failed, "));
        assert!(error("attr,status\nhello,maybe\n").ends_with("found 'maybe'"));
        assert_eq!(error("attr,status\n,ok\n"), "2: expected the name of an attribute or derivation, found nothing");
        assert_eq!(error("attr,status,wave\n\na,ok,x\n"), "3: expected the number of a wave, from 1, found 'x'");
        assert_eq!(error("attr,status,wave\na,ok,0\n"), "2: expected the number of a wave, from 1, found '0'");
        assert_eq!(error("attr,status\na,ok,1\n"), "2: expected 2 fields as in the header, found 3");
        assert_eq!(error("attr,name,status\n"), "1: expected one column of a meaning, found 'attr' and 'name'");
        assert!(error("hello,ok\n").ends_with("found the header 'hello,ok'"));
        assert!(error("attr,state,result\n").ends_with("found 'state' and 'result'"));
    }
}
