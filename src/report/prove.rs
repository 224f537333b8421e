//! The answer of `prove` as text.

use std::io::{self, Write};

use super::Render;
use super::rows::Rows;
use super::table::{self, Column, Layout, counted};
use crate::proof::experiment::ProofRow;
use crate::verdict::{Checks, FileChange, Outcome, Verdict};

const COLUMNS: [Column; 6] = [
    ("package", false),
    ("input", false),
    ("verdict", false),
    ("grade", false),
    ("what was seen", false),
    ("files that differ", false),
];

/// A terminal that is narrower has no room for the files.
const ROOM_FOR_FILES: u16 = 120;

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

    /// The experiment that decides, and its end.
    fn seen_text(&self) -> String {
        let experiment = self.experiment.as_str();
        match (self.outcome, &self.phase, self.checks) {
            (Outcome::Fails, Some(phase), _) => format!("{experiment}: fails in {phase}"),
            (Outcome::Fails | Outcome::Nondeterministic, ..) => format!("{experiment}: {}", self.outcome.as_str()),
            (Outcome::PresenceOnly, ..) => {
                let compared = self.compared.unwrap_or(self.outcome);
                format!("{experiment}: presence-only, else {}", compared.as_str())
            }
            (outcome, _, Checks::Off) => format!("{experiment}: {}, checks off", outcome.as_str()),
            (outcome, ..) => format!("{experiment}: {}", outcome.as_str()),
        }
    }

    fn verdict_text(&self) -> String {
        match self.grade {
            Some(grade) => format!("{}, {grade}", self.verdict.as_str()),
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
            self.verdict.as_str().to_owned(),
            self.grade.map_or("", |grade| grade.as_str()).to_owned(),
            self.seen_text(),
            self.files_text(),
        ]
    }

    /// The row as one line of talk.
    #[must_use]
    pub fn told(&self) -> String {
        let text = format!("{}: {}: {} ({})", self.package(), self.input_text(), self.verdict_text(), self.seen_text());
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

/// How many inputs have which verdict; those that a bump need not rebuild for come first.
fn summary(rows: &[ProofRow]) -> String {
    let verdicts = [Verdict::NoEffect, Verdict::TestOnly, Verdict::ReferenceOnly, Verdict::Affects, Verdict::Unknown];
    let counts = verdicts.into_iter().filter_map(|verdict| {
        let count = rows.iter().filter(|row| row.verdict == verdict).count();
        (count > 0).then(|| format!("{} {}", table::number(count as u64), verdict.as_str()))
    });
    counts.collect::<Vec<_>>().join(", ")
}

impl Render for ProofReport {
    fn table(&self, out: &mut dyn Write, layout: Layout) -> io::Result<()> {
        if self.rows.is_empty() {
            return writeln!(out, "nothing was settled");
        }
        let narrow = layout.width.is_some_and(|width| width < ROOM_FOR_FILES);
        let columns = &COLUMNS[1..if narrow { 5 } else { 6 }];
        for (at, rows) in self.rows.chunk_by(|a, b| a.consumer == b.consumer).enumerate() {
            if at > 0 {
                writeln!(out)?;
            }
            let Some(first) = rows.first() else { continue };
            let package = table::printable(first.package());
            writeln!(out, "{package}, {}: {}", counted(rows.len() as u64, "input"), summary(rows))?;
            let cells = rows.iter().map(|row| row.row().into_iter().skip(1).take(columns.len()));
            writeln!(out, "{}", table::plain(columns, layout, cells))?;
        }
        Ok(())
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

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use super::*;
    use crate::verdict::{Carrier, Change, ExperimentKind, Grade, InputRef, PackageRef};

    fn row(package: &str, input: &str, verdict: Verdict) -> ProofRow {
        let file = FileChange {
            path: "lib/python3.11/site-packages/pandas/native.so".to_owned(),
            change: Change::References,
            carriers: BTreeSet::from([Carrier::PathList]).into_iter().collect(),
            offset: None,
            before: None,
            after: None,
        };
        ProofRow {
            version: 1,
            consumer: PackageRef { attribute: package.to_owned(), drv: String::new(), name: String::new() },
            input: InputRef {
                drv: String::new(),
                name: input.to_owned(),
                pname: String::new(),
                outputs: Vec::new(),
                keys: Vec::new(),
            },
            chain: vec!["python3.11-python-dateutil-2.8.2".to_owned()],
            experiment: ExperimentKind::Remove,
            outcome: Outcome::ReferenceOnly,
            compared: None,
            checks: Checks::Off,
            phase: None,
            referenced: true,
            sandboxed: true,
            files: vec![file],
            differing: 1,
            seconds: 1.0,
            verdict,
            grade: Some(Grade::Proven),
            opened: None,
            steps: Vec::new(),
        }
    }

    fn table(width: Option<u16>) -> String {
        let rows = vec![
            row("one", "python3.11-sortedcontainers-2.4.0", Verdict::ReferenceOnly),
            row("one", "b", Verdict::NoEffect),
            row("two", "b", Verdict::ReferenceOnly),
        ];
        let mut out = Vec::new();
        ProofReport { rows }.table(&mut out, Layout { width, ..Layout::default() }).unwrap();
        String::from_utf8(out).unwrap()
    }

    /// Twenty inputs took 200 lines of 100 columns, for words and file names were cut every few characters.
    #[test]
    fn words_are_whole_in_a_terminal() {
        for width in [Some(80), Some(100), Some(120), Some(160), None] {
            let text = table(width);
            assert!(text.starts_with("one, 2 inputs: 1 no-effect, 1 reference-only\n"), "{width:?}:\n{text}");
            assert!(text.contains("\n\ntwo, 1 input: 1 reference-only\n"), "{width:?}:\n{text}");
            for (word, count) in [(" reference-only  ", 2), (" proven  ", 3), ("what was seen", 2), (" off", 3)] {
                assert_eq!(text.matches(word).count(), count, "{word} at {width:?}:\n{text}");
            }
            let widest = text.lines().map(|line| line.chars().count()).max().unwrap_or(0);
            assert!(width.is_none_or(|width| widest <= usize::from(width)), "{width:?}:\n{text}");
            let files = width.is_none_or(|width| width >= ROOM_FOR_FILES);
            assert_eq!(text.contains("files that differ"), files, "{width:?}:\n{text}");
        }
        assert!(table(Some(100)).lines().count() < 12, "{}", table(Some(100)));
    }
}
