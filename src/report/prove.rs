//! The answer of `prove` as text.

use std::io::{self, Write};

use super::Render;
use super::rows::Rows;
use super::table::{self, Column, Layout, counted};
use crate::proof::experiment::ProofRow;
use crate::verdict::{FileChange, Outcome};

const COLUMNS: [Column; 6] = [
    ("package", false),
    ("input", false),
    ("experiment", false),
    ("outcome", false),
    ("verdict", false),
    ("what differs", false),
];

/// How many files a row of a table names.
const SHOWN_FILES: usize = 3;

/// All that was settled, for a table.
#[derive(Debug, Clone, serde::Serialize)]
pub struct ProofReport {
    /// One for each input, in the order of packages and inputs.
    pub rows: Vec<ProofRow>,
}

impl ProofRow {
    fn package(&self) -> &str {
        if self.consumer.attribute.is_empty() { &self.consumer.name } else { &self.consumer.attribute }
    }

    fn input_text(&self) -> String {
        match self.chain.last() {
            Some(carrier) => format!("{} (with {carrier})", self.input.name),
            None => self.input.name.clone(),
        }
    }

    fn outcome_text(&self) -> String {
        match (self.outcome, &self.phase) {
            (Outcome::Fails, Some(phase)) => format!("fails in {phase}"),
            (outcome, _) => outcome.as_str().to_owned(),
        }
    }

    fn verdict_text(&self) -> String {
        match self.grade {
            Some(grade) => format!("{} ({grade})", self.verdict.as_str()),
            None => self.verdict.as_str().to_owned(),
        }
    }

    fn files_text(&self) -> String {
        let told: Vec<String> = self.files.iter().take(SHOWN_FILES).map(FileChange::told).collect();
        let more = self.differing.saturating_sub(told.len() as u64);
        let rest = if more > 0 { format!(" and {}", counted(more, "more file")) } else { String::new() };
        format!("{}{rest}", told.join(", "))
    }

    fn row(&self) -> [String; 6] {
        [
            self.package().to_owned(),
            self.input_text(),
            self.experiment.as_str().to_owned(),
            self.outcome_text(),
            self.verdict_text(),
            self.files_text(),
        ]
    }

    /// The row as one line of talk.
    #[must_use]
    pub fn told(&self) -> String {
        let text = format!(
            "{}: {}: {} {}: {}",
            self.package(),
            self.input_text(),
            self.experiment.as_str(),
            self.outcome_text(),
            self.verdict_text()
        );
        table::printable(&text).into_owned()
    }
}

impl FileChange {
    fn told(&self) -> String {
        if self.carriers.is_empty() {
            return self.path.clone();
        }
        let carriers: Vec<&str> = self.carriers.iter().map(|carrier| carrier.as_str()).collect();
        format!("{} ({})", self.path, carriers.join(", "))
    }
}

impl Render for ProofReport {
    fn table(&self, out: &mut dyn Write, layout: Layout) -> io::Result<()> {
        if self.rows.is_empty() {
            return writeln!(out, "nothing was settled");
        }
        writeln!(out, "{}", table::plain(&COLUMNS, layout, self.rows.iter().map(ProofRow::row)))
    }

    fn markdown(&self, out: &mut dyn Write) -> io::Result<()> {
        writeln!(out, "### {} tried\n", counted(self.rows.len() as u64, "input"))?;
        writeln!(out, "{}", table::markdown(&COLUMNS, self.rows.iter().map(ProofRow::row)))
    }

    fn csv(&self, out: &mut dyn Write) -> io::Result<()> {
        let mut rows = Rows::new(out);
        rows.row([
            "consumer",
            "drv",
            "input",
            "input_drv",
            "chain",
            "experiment",
            "outcome",
            "phase",
            "checks",
            "differing",
            "seconds",
            "verdict",
            "grade",
            "sandboxed",
        ])?;
        for row in &self.rows {
            rows.row([
                row.package(),
                &row.consumer.drv,
                &row.input.name,
                &row.input.drv,
                &row.chain.join(" "),
                row.experiment.as_str(),
                row.outcome.as_str(),
                row.phase.as_deref().unwrap_or_default(),
                row.checks.as_str(),
                &row.differing.to_string(),
                &row.seconds.to_string(),
                row.verdict.as_str(),
                row.grade.map_or("", |grade| grade.as_str()),
                if row.sandboxed { "true" } else { "false" },
            ])?;
        }
        rows.finish()
    }
}
