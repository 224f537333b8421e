//! Two builds compared, as text.

use std::io::{self, Write};

use serde::Serialize;

use super::Render;
use super::rows::Rows;
use super::table::{self, Column, Layout, counted, number};
use crate::proof::comparison::{Comparison, ReferenceChange};
use crate::verdict::{Change, FileChange, Outcome};

/// The version of the JSON form.
const VERSION: u32 = 1;

/// How many files and references a table shows.
const SHOWN: usize = 40;

const FILES: [Column; 4] = [("file", false), ("what differs", false), ("before", false), ("after", false)];

const REFERENCES: [Column; 2] = [("recorded before", false), ("recorded after", false)];

/// How two builds differ, to be written.
#[derive(Debug, Clone, Serialize)]
pub struct ComparePage {
    version: u32,
    outcome: Outcome,
    files: Vec<FileChange>,
    references: Vec<ReferenceChange>,
    total: u64,
    /// Whether a table shows all files.
    #[serde(skip)]
    all: bool,
}

impl ComparePage {
    /// A comparison as a page; `all`: however many files differ.
    #[must_use]
    pub fn new(comparison: Comparison, all: bool) -> Self {
        let Comparison { outcome, files, total, references } = comparison;
        Self { version: VERSION, outcome, files, references, total, all }
    }

    fn summary(&self) -> String {
        let differ = || format!("{} of {} differ", number(self.files.len() as u64), counted(self.total, "file"));
        let more = self.files.iter().filter(|file| file.carriers.is_empty()).count() as u64;
        match self.outcome {
            Outcome::Identical => {
                format!(
                    "identical: {} are the same, but for the hashes of the outputs themselves",
                    counted(self.total, "file")
                )
            }
            Outcome::ReferenceOnly => format!("reference-only: {}, only in the store paths that they record", differ()),
            _ => format!(
                "different: {}, {} of them in more than the store paths that they record",
                differ(),
                number(more)
            ),
        }
    }

    /// The files that are shown: those that differ in more come first.
    fn shown(&self) -> Vec<&FileChange> {
        let mut files: Vec<&FileChange> = self.files.iter().collect();
        files.sort_by_key(|file| !file.carriers.is_empty());
        files.truncate(if self.all { files.len() } else { SHOWN });
        files
    }

    fn file_rows(&self) -> Vec<[String; 4]> {
        let row = |file: &&FileChange| {
            let references = !file.carriers.is_empty();
            let excerpt =
                |text: &Option<String>| if references { String::new() } else { text.clone().unwrap_or_default() };
            [file.path.clone(), what(file), excerpt(&file.before), excerpt(&file.after)]
        };
        self.shown().iter().map(row).collect()
    }

    fn reference_rows(&self) -> Vec<[String; 2]> {
        let shown = if self.all { self.references.len() } else { SHOWN };
        let side = |text: &Option<String>, none: &str| text.clone().unwrap_or_else(|| none.to_owned());
        let row = |change: &ReferenceChange| [side(&change.before, "(new)"), side(&change.after, "(gone)")];
        self.references.iter().take(shown).map(row).collect()
    }

    /// What a table leaves out.
    fn left_out(&self) -> Option<String> {
        let files = self.files.len().saturating_sub(SHOWN) as u64;
        let references = self.references.len().saturating_sub(SHOWN) as u64;
        let parts: Vec<String> = [(files, "file"), (references, "store path")]
            .into_iter()
            .filter(|(count, _)| *count > 0 && !self.all)
            .map(|(count, noun)| counted(count, &format!("more {noun}")))
            .collect();
        (!parts.is_empty()).then(|| format!("… and {} (--all shows them)", parts.join(" and ")))
    }
}

/// What differs in a file, in words.
fn what(file: &FileChange) -> String {
    let carriers: Vec<&str> = file.carriers.iter().map(|carrier| carrier.as_str()).collect();
    let carried = carriers.join(", ");
    match file.change {
        Change::References => format!("paths in: {carried}"),
        Change::Gone if !carriers.is_empty() => format!("gone, held only paths in: {carried}"),
        Change::Content => format!("content, from byte {} on", number(file.offset.unwrap_or(0))),
        Change::Gone => "gone".to_owned(),
        Change::Added => "new".to_owned(),
        Change::Kind => "another kind of file".to_owned(),
        Change::Executable => "whether it can be executed".to_owned(),
    }
}

impl Render for ComparePage {
    fn table(&self, out: &mut dyn Write, layout: Layout) -> io::Result<()> {
        writeln!(out, "{}", self.summary())?;
        if !self.files.is_empty() {
            writeln!(out, "\n{}", table::plain(&FILES, layout, self.file_rows()))?;
        }
        if !self.references.is_empty() {
            writeln!(out, "\n{}", table::plain(&REFERENCES, layout, self.reference_rows()))?;
        }
        self.left_out().map_or(Ok(()), |text| writeln!(out, "\n{text}"))
    }

    fn markdown(&self, out: &mut dyn Write) -> io::Result<()> {
        writeln!(out, "{}", table::escape(&self.summary()))?;
        if !self.files.is_empty() {
            writeln!(out, "\n{}", table::markdown(&FILES, self.file_rows()))?;
        }
        if !self.references.is_empty() {
            writeln!(out, "\n{}", table::markdown(&REFERENCES, self.reference_rows()))?;
        }
        self.left_out().map_or(Ok(()), |text| writeln!(out, "\n{}", table::escape(&text)))
    }

    fn csv(&self, out: &mut dyn Write) -> io::Result<()> {
        let mut rows = Rows::new(out);
        rows.row(["path", "change", "carriers", "offset", "before", "after"])?;
        for file in &self.files {
            let carriers: Vec<&str> = file.carriers.iter().map(|carrier| carrier.as_str()).collect();
            let change = match file.change {
                Change::References => "references",
                Change::Content => "content",
                Change::Gone => "gone",
                Change::Added => "added",
                Change::Kind => "kind",
                Change::Executable => "executable",
            };
            let offset = file.offset.map(|offset| offset.to_string()).unwrap_or_default();
            let text = |text: &Option<String>| text.clone().unwrap_or_default();
            rows.row([
                file.path.as_str(),
                change,
                &carriers.join(" "),
                &offset,
                &text(&file.before),
                &text(&file.after),
            ])?;
        }
        rows.finish()
    }
}
