//! The evidence file: a header line, then a record a line, to which more can be appended.

use std::collections::BTreeMap;
use std::fs;
use std::io;
use std::path::Path;

use serde::Deserialize;
use serde_json::Value;
use serde_json::value::RawValue;

use super::evidence::{Evidence, Failure};
use super::lines::{self, HEADER, Line, Record};
use crate::graph::replace_file;
use crate::ingest::Problem;

/// The version of the file's shape; it grows when a field is renamed or removed.
pub const EVIDENCE_VERSION: u32 = 3;

/// The version of files that were one JSON document; they are read still.
const DOCUMENT_VERSION: u32 = 2;

/// What experiments showed, as it is kept in a file: sorted, each once.
///
/// A file is lines of JSON: `{"format":"nix-ripple evidence","version":3}`, then a record a line, each with
/// its `kind`. Files can be joined one behind the other: header lines in between are no harm. A line that is
/// none (its writer was ended halfway) is left out and told.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct EvidenceFile {
    /// What was shown.
    pub evidence: Vec<Evidence>,
    /// Where nothing could be found out.
    pub failures: Vec<Failure>,
    /// Records of kinds that are not known, each a line of JSON: kept, for a newer program knows them.
    pub unknown: Vec<String>,
}

/// What was read of a file.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Reading {
    /// Its records.
    pub file: EvidenceFile,
    /// What is to be told of it.
    pub problems: Vec<Problem>,
    /// How many lines are damaged, and left out.
    pub damaged: usize,
    /// How many records stood there more than once.
    pub repeated: usize,
}

/// Why an evidence file cannot be read or written.
#[derive(Debug, thiserror::Error)]
pub enum EvidenceError {
    /// The operating system refused.
    #[error("{path}: {source}")]
    Io {
        /// The file.
        path: String,
        /// Its answer.
        source: io::Error,
    },
    /// The content is no evidence.
    #[error(
        "{path}: line {line}, column {column}: {message}; expected evidence as 'nix-ripple probe' writes it, with the first line {head}",
        head = HEADER.trim_end()
    )]
    Malformed {
        /// The file.
        path: String,
        /// Line, from 1.
        line: usize,
        /// Column, from 1.
        column: usize,
        /// What is wrong.
        message: String,
    },
    /// The shape is of another time.
    #[error(
        "{path}: its version is {found}, this program reads versions {DOCUMENT_VERSION} and {EVIDENCE_VERSION}; make it again with 'nix-ripple probe'"
    )]
    Version {
        /// The file.
        path: String,
        /// The version found.
        found: String,
    },
    /// Nothing can be appended to a file of the old shape.
    #[error(
        "{path}: is evidence of version {DOCUMENT_VERSION}, to which nothing can be appended; make a file of version {EVIDENCE_VERSION} of it with 'nix-ripple evidence merge {path} -o NEW', and name that"
    )]
    NotAppendable {
        /// The file.
        path: String,
    },
    /// Writing failed halfway, and so did taking it back.
    #[error(
        "{path}: {source}; what was written of it could not be taken back: 'nix-ripple evidence prune {path}' removes the unfinished line"
    )]
    HalfWritten {
        /// The file.
        path: String,
        /// The operating system's answer.
        source: io::Error,
    },
}

impl EvidenceError {
    /// The operating system's answer for a file.
    pub(super) fn io(path: &Path) -> impl FnOnce(io::Error) -> Self {
        let path = path.display().to_string();
        move |source| Self::Io { path, source }
    }
}

/// The version alone, whatever else there is.
#[derive(Deserialize)]
struct Head {
    version: Value,
}

/// A file of the old shape.
#[derive(Deserialize)]
struct Document<'t> {
    #[serde(borrow)]
    evidence: Vec<&'t RawValue>,
    #[serde(default)]
    failures: Vec<Failure>,
}

impl EvidenceFile {
    /// Reads a file. Records of an unknown kind, and damaged lines, are left out with a finding: without
    /// them less is claimed, never more. Nor does a grade count that is stronger than what its record shows.
    ///
    /// # Errors
    /// When it cannot be read, is of another version, or holds something else; with the place.
    pub fn load(path: &Path) -> Result<(Self, Vec<Problem>), EvidenceError> {
        let reading = Reading::load(path)?;
        Ok((reading.file, reading.problems))
    }

    /// Reads a text; `path` is for messages.
    ///
    /// # Errors
    /// As [`EvidenceFile::load`].
    pub fn parse(text: &[u8], path: &str) -> Result<(Self, Vec<Problem>), EvidenceError> {
        let reading = Reading::parse(text, path)?;
        Ok((reading.file, reading.problems))
    }

    /// Joins several: what any of them shows. A failure stays, also where another file has evidence.
    #[must_use]
    pub fn merge(files: impl IntoIterator<Item = Self>) -> Self {
        let mut files = files.into_iter();
        let mut merged = files.next().unwrap_or_default();
        for file in files {
            merged.evidence.extend(file.evidence);
            merged.failures.extend(file.failures);
            merged.unknown.extend(file.unknown);
        }
        merged.sort();
        merged
    }

    /// Brings everything into its order, each once; tells how many were there more than once.
    pub fn sort(&mut self) -> usize {
        let before = self.count();
        self.evidence.sort();
        self.evidence.dedup();
        self.failures.sort();
        self.failures.dedup();
        self.unknown.sort();
        self.unknown.dedup();
        before - self.count()
    }

    /// How many records there are.
    #[must_use]
    pub fn count(&self) -> usize {
        self.evidence.len() + self.failures.len() + self.unknown.len()
    }

    /// As text: the same for the same content.
    #[must_use]
    pub fn to_text(&self) -> String {
        format!("{HEADER}{}", lines::text(self))
    }

    /// Writes the file, beside `path` first, then in its place.
    ///
    /// # Errors
    /// When the operating system refuses.
    pub fn save(&self, path: &Path) -> Result<(), EvidenceError> {
        replace_file(path, self.to_text().as_bytes()).map_err(EvidenceError::io(path))
    }
}

impl Reading {
    /// Reads a file.
    ///
    /// # Errors
    /// As [`EvidenceFile::load`].
    pub fn load(path: &Path) -> Result<Self, EvidenceError> {
        let text = fs::read(path).map_err(EvidenceError::io(path))?;
        Self::parse(&text, &path.display().to_string())
    }

    /// Reads a text; `path` is for messages.
    ///
    /// # Errors
    /// As [`EvidenceFile::load`].
    pub fn parse(text: &[u8], path: &str) -> Result<Self, EvidenceError> {
        let first = text.trim_ascii_start().split(|&byte| byte == b'\n').next().unwrap_or_default();
        if lines::header(first).is_some() {
            return Self::of_lines(text, path);
        }
        let document = serde_json::Deserializer::from_slice(text).into_iter::<Head>().next();
        if !matches!(document, Some(Ok(_))) {
            let is_headed = |line: &[u8]| lines::header(line).is_some();
            if text.split(|&byte| byte == b'\n').any(is_headed) {
                return Self::of_lines(text, path);
            }
            if HEADER.as_bytes().starts_with(text) {
                let what = format!("{path}: nothing stands in it: whoever made it was ended before that");
                let problems = vec![Problem::new("damaged-evidence", what)];
                return Ok(Self { problems, damaged: usize::from(!text.is_empty()), ..Self::default() });
            }
        }
        Self::of_document(text, path)
    }

    fn of_lines(text: &[u8], path: &str) -> Result<Self, EvidenceError> {
        let mut collected = Collected::default();
        let mut damaged: Vec<(usize, serde_json::Error)> = Vec::new();
        for (number, line) in (1..).zip(lines::lines(text)) {
            match line {
                Line::Blank => {}
                Line::Header(version) if version.as_u64() == Some(EVIDENCE_VERSION.into()) => {}
                Line::Header(version) => {
                    return Err(EvidenceError::Version { path: path.to_owned(), found: version.to_string() });
                }
                Line::Record(record) => collected.add(record),
                Line::Damaged(error) => damaged.push((number, error)),
            }
        }
        let problem = damaged.first().map(|(number, error)| {
            let (_, _, why) = place(error);
            let more = match damaged.len() - 1 {
                0 => String::new(),
                more => format!(" (and {more} more)"),
            };
            let what = format!(
                "{path}: line {number} is damaged and left out{more}: {why}; 'nix-ripple evidence prune {path}' removes it"
            );
            Problem::new("damaged-evidence", what)
        });
        let mut reading = collected.finish(path);
        reading.problems.extend(problem);
        reading.damaged = damaged.len();
        Ok(reading)
    }

    fn of_document(text: &[u8], path: &str) -> Result<Self, EvidenceError> {
        let malformed = |error: &serde_json::Error, offset: usize| {
            let (line, column, message) = place(error);
            // the place where what was read begins
            let before = text.get(..offset).unwrap_or_default();
            let lines = before.iter().filter(|&&byte| byte == b'\n').count();
            let indent = before.iter().rev().take_while(|&&byte| byte != b'\n').count();
            let column = if line > 1 { column } else { indent + column };
            EvidenceError::Malformed { path: path.to_owned(), line: lines + line.max(1), column, message }
        };
        let head: Head = serde_json::from_slice(text).map_err(|error| malformed(&error, 0))?;
        if head.version.as_u64() != Some(DOCUMENT_VERSION.into()) {
            return Err(EvidenceError::Version { path: path.to_owned(), found: head.version.to_string() });
        }
        let document: Document = serde_json::from_slice(text).map_err(|error| malformed(&error, 0))?;
        let mut collected = Collected::default();
        for raw in document.evidence {
            let offset = raw.get().as_ptr() as usize - text.as_ptr() as usize;
            collected.add(Record::parse(raw.get().as_bytes()).map_err(|error| malformed(&error, offset))?);
        }
        collected.file.failures = document.failures;
        Ok(collected.finish(path))
    }
}

/// Line and column of an error, and what is wrong. serde_json puts the place behind the message.
fn place(error: &serde_json::Error) -> (usize, usize, String) {
    let message = error.to_string();
    let place = format!(" at line {} column {}", error.line(), error.column());
    (
        error.line(),
        error.column().max(usize::from(error.line() == 0)),
        message.strip_suffix(&place).unwrap_or(&message).to_owned(),
    )
}

/// What was read so far.
#[derive(Default)]
struct Collected {
    file: EvidenceFile,
    unknown: BTreeMap<String, usize>,
    overstated: usize,
}

impl Collected {
    fn add(&mut self, record: Record) {
        match record {
            Record::Evidence(mut evidence) => {
                self.overstated += usize::from(evidence.bound_grade());
                self.file.evidence.push(evidence);
            }
            Record::Failure(failure) => self.file.failures.push(failure),
            Record::Unknown { kind, line } => {
                *self.unknown.entry(kind).or_default() += 1;
                self.file.unknown.push(line);
            }
        }
    }

    fn finish(self, path: &str) -> Reading {
        let mut file = self.file;
        let repeated = file.sort();
        let problem = |(kind, count)| {
            let what = format!("{path}: left out {count} of the unknown kind {kind:?}; a newer nix-ripple may know it");
            Problem::new("unknown-evidence", what)
        };
        let mut problems: Vec<Problem> = self.unknown.into_iter().map(problem).collect();
        if self.overstated > 0 {
            let what = format!(
                "{path}: {} of its records have a stronger grade than what they show; that of what they show is taken",
                self.overstated
            );
            problems.push(Problem::new("overstated-evidence", what));
        }
        Reading { file, problems, damaged: 0, repeated }
    }
}

#[cfg(test)]
mod tests;
