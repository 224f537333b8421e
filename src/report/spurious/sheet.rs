//! A row for each edge, for spreadsheets.

use std::io::{self, Write};

use crate::query::{Saves, SpuriousEdge, SpuriousReport};
use crate::report::rows::Rows;

const HEADER: [&str; 22] = [
    "input",
    "input_name",
    "consumer",
    "consumer_name",
    "attributes",
    "keys",
    "verdict",
    "grade",
    "rule",
    "evidence",
    "remedy",
    "builds",
    "changed_attributes",
    "wrappers_added",
    "test_builds_added",
    "builds_per_year",
    "wrappers_added_per_year",
    "test_builds_added_per_year",
    "would_save_builds",
    "would_save_builds_per_year",
    "blocked_by",
    "new",
];

/// Behind the others, where costs are known.
const HOURS: [&str; 4] = ["hours", "hours_per_year", "would_save_hours", "would_save_hours_per_year"];

/// Behind these, where sizes are known.
const BYTES: [&str; 4] = ["bytes", "bytes_per_year", "would_save_bytes", "would_save_bytes_per_year"];

pub(super) fn write(report: &SpuriousReport, out: &mut dyn Write) -> io::Result<()> {
    let mut rows = Rows::new(out);
    let year = &report.totals.saves_per_year;
    let (hours, bytes) = (year.millis.map(|_| HOURS), year.bytes.map(|_| BYTES));
    rows.row(HEADER.into_iter().chain(hours.into_iter().chain(bytes).flatten()))?;
    for edge in &report.edges {
        let costs = hours.map(|_| edge.hours()).into_iter().chain(bytes.map(|_| edge.bytes()));
        rows.row(edge.cells().into_iter().chain(costs.flatten()))?;
    }
    rows.finish()
}

impl SpuriousEdge {
    fn cells(&self) -> [String; 22] {
        let (once, year) = (&self.saves.one_bump, &self.saves.per_year);
        let would = |builds: &dyn Fn(&Saves) -> String| self.would_save.as_ref().map_or(String::new(), builds);
        [
            self.input.drv.clone(),
            self.input.name.clone(),
            self.consumer.named.drv.clone(),
            self.consumer.named.name.clone(),
            self.consumer.attributes.join(" "),
            self.keys.join(" "),
            self.verdict.as_str().to_owned(),
            self.grade.as_str().to_owned(),
            self.rule.clone().unwrap_or_default(),
            self.evidence.join("; "),
            self.remedy.map_or("", |remedy| remedy.as_str()).to_owned(),
            once.builds.to_string(),
            once.attributes.to_string(),
            once.wrappers_added.to_string(),
            once.test_builds_added.to_string(),
            year.builds.to_string(),
            year.wrappers_added.to_string(),
            year.test_builds_added.to_string(),
            would(&|saves| saves.one_bump.builds.to_string()),
            would(&|saves| saves.per_year.builds.to_string()),
            self.blocked_by.as_ref().map_or("", |by| by.input.name.as_str()).to_owned(),
            self.new.map_or("", |new| if new { "true" } else { "false" }).to_owned(),
        ]
    }

    fn hours(&self) -> [String; 4] {
        self.each(|saves| saves.one_bump.hours(), |saves| saves.per_year.hours())
    }

    fn bytes(&self) -> [String; 4] {
        self.each(|saves| saves.one_bump.bytes, |saves| saves.per_year.bytes)
    }

    /// On one bump and in a year: of what is saved, then of what would be.
    fn each<O: ToString, Y: ToString>(
        &self,
        once: impl Fn(&Saves) -> Option<O>,
        year: impl Fn(&Saves) -> Option<Y>,
    ) -> [String; 4] {
        let told = |saves: Option<&Saves>| {
            let once = saves.and_then(&once).map(|once| once.to_string());
            let year = saves.and_then(&year).map(|year| year.to_string());
            [once, year].map(Option::unwrap_or_default)
        };
        let ([once, year], [would_once, would_year]) = (told(Some(&self.saves)), told(self.would_save.as_ref()));
        [once, year, would_once, would_year]
    }
}
