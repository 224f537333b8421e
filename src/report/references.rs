//! The report of references as text.

use std::io::{self, Write};

use super::Render;
use super::rows::Rows;
use super::table::{self, Column, Layout, counted, number};
use crate::proof::outputs::{OutputReferences, Reference, ReferencesReport};

const COLUMNS: [Column; 3] = [("reference", false), ("carried by", false), ("files", false)];

/// How many files of a reference are named.
const NAMED_FILES: usize = 3;

impl OutputReferences {
    fn headline(&self) -> String {
        let count = counted(self.references.len() as u64, "reference");
        let known = match self.source.as_str() {
            "scan" => "found by a scan".to_owned(),
            source => format!("known from {source}"),
        };
        format!("{}: {count}, {known}", self.output)
    }

    fn rows(&self) -> impl Iterator<Item = [String; 3]> {
        self.references.iter().map(|reference| [reference.title(), reference.how(), reference.places()])
    }
}

impl Reference {
    fn title(&self) -> String {
        let base = self.path.rsplit('/').next().unwrap_or(&self.path);
        match (self.own, self.bare) {
            (true, _) => format!("{base} (itself)"),
            (_, true) => format!("{base} (perhaps)"),
            _ => base.to_owned(),
        }
    }

    fn how(&self) -> String {
        let carriers = self.carriers();
        let kinds = carriers.iter().map(|(carrier, files)| match files {
            1 => carrier.as_str().to_owned(),
            _ => format!("{} ({})", carrier.as_str(), counted(*files, "file")),
        });
        let kinds: Vec<String> = kinds.collect();
        if kinds.is_empty() { "not found in the files".to_owned() } else { kinds.join(", ") }
    }

    fn places(&self) -> String {
        let mut places: Vec<String> = self.files.iter().take(NAMED_FILES).map(|file| file.path.clone()).collect();
        if let Some(more) = self.files.len().checked_sub(NAMED_FILES).filter(|more| *more > 0) {
            places.push(format!("and {} more", number(more as u64)));
        }
        places.join(", ")
    }
}

impl Render for ReferencesReport {
    fn table(&self, out: &mut dyn Write, layout: Layout) -> io::Result<()> {
        for (nth, output) in self.outputs.iter().enumerate() {
            if nth > 0 {
                writeln!(out)?;
            }
            writeln!(out, "{}", table::printable(&output.headline()))?;
            if !output.references.is_empty() {
                writeln!(out, "{}", table::plain(&COLUMNS, layout, output.rows()))?;
            }
        }
        Ok(())
    }

    fn markdown(&self, out: &mut dyn Write) -> io::Result<()> {
        writeln!(out, "### References")?;
        for output in &self.outputs {
            writeln!(out, "\n**{}**", table::escape(&output.headline()))?;
            if !output.references.is_empty() {
                writeln!(out, "\n{}", table::markdown(&COLUMNS, output.rows()))?;
            }
        }
        Ok(())
    }

    /// A row for each file and kind; one without them for a reference that no file mentions.
    fn csv(&self, out: &mut dyn Write) -> io::Result<()> {
        let mut rows = Rows::new(out);
        rows.row(["output", "source", "reference", "own", "bare", "file", "carrier", "mentions", "offset"])?;
        for output in &self.outputs {
            for reference in &output.references {
                let (own, bare) = (reference.own.to_string(), reference.bare.to_string());
                let head = [output.output.as_str(), output.source.as_str(), reference.path.as_str(), &own, &bare];
                if reference.files.is_empty() {
                    rows.row(head.into_iter().chain(["", "", "0", ""]))?;
                }
                for file in &reference.files {
                    let offset = file.offset.map_or_else(String::new, |offset| offset.to_string());
                    for (carrier, count) in &file.carriers {
                        let count = count.to_string();
                        rows.row(head.into_iter().chain([file.path.as_str(), carrier.as_str(), &count, &offset]))?;
                    }
                }
            }
        }
        rows.finish()
    }
}
