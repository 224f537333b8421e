//! The list of evidence as text.

use std::io::{self, Write};

use super::Render;
use super::rows::Rows;
use super::table::{self, Column, Layout, counted};
use crate::query::{EvidenceList, EvidenceRow};

const COLUMNS: [Column; 6] = [
    ("package", false),
    ("input", false),
    ("what was seen", false),
    ("says", false),
    ("grade", false),
    ("state", false),
];

impl EvidenceRow {
    fn package_text(&self) -> &str {
        if self.package.attribute.is_empty() { &self.package.name } else { &self.package.attribute }
    }

    fn row(&self) -> [String; 6] {
        let seen = if self.kind == "failure" { format!("failure: {}", self.says) } else { self.says.clone() };
        [
            self.package_text().to_owned(),
            self.input.as_ref().map(|input| input.name.clone()).unwrap_or_default(),
            seen,
            self.verdict.map_or("", |verdict| verdict.as_str()).to_owned(),
            self.grade.map_or("", |grade| grade.as_str()).to_owned(),
            self.state.unwrap_or_default().to_owned(),
        ]
    }
}

impl EvidenceList {
    /// Without a closure there are no states to show.
    fn columns(&self) -> usize {
        if self.rows.iter().any(|row| row.state.is_some()) { COLUMNS.len() } else { COLUMNS.len() - 1 }
    }

    fn rows(&self) -> impl Iterator<Item = impl Iterator<Item = String>> {
        let columns = self.columns();
        self.rows.iter().map(move |row| row.row().into_iter().take(columns))
    }

    fn headline(&self) -> String {
        counted(self.records, "record")
    }
}

impl Render for EvidenceList {
    fn table(&self, out: &mut dyn Write, layout: Layout) -> io::Result<()> {
        writeln!(out, "{}", self.headline())?;
        if self.rows.is_empty() {
            return Ok(());
        }
        writeln!(out, "{}", table::plain(&COLUMNS[..self.columns()], layout, self.rows()))
    }

    fn markdown(&self, out: &mut dyn Write) -> io::Result<()> {
        writeln!(out, "### Evidence\n\n**{}**", self.headline())?;
        if self.rows.is_empty() {
            return Ok(());
        }
        writeln!(out, "\n{}", table::markdown(&COLUMNS[..self.columns()], self.rows()))
    }

    fn csv(&self, out: &mut dyn Write) -> io::Result<()> {
        let mut rows = Rows::new(out);
        rows.row([
            "kind",
            "attribute",
            "drv",
            "name",
            "recipe",
            "input_drv",
            "input_name",
            "experiment",
            "outcome",
            "verdict",
            "grade",
            "says",
            "state",
        ])?;
        for row in &self.rows {
            rows.row([
                row.kind.as_str(),
                &row.package.attribute,
                &row.package.drv,
                &row.package.name,
                row.recipe.as_deref().unwrap_or_default(),
                row.input.as_ref().map_or("", |input| &input.drv),
                row.input.as_ref().map_or("", |input| &input.name),
                row.experiment.unwrap_or_default(),
                row.outcome.unwrap_or_default(),
                row.verdict.map_or("", |verdict| verdict.as_str()),
                row.grade.map_or("", |grade| grade.as_str()),
                &row.says,
                row.state.unwrap_or_default(),
            ])?;
        }
        rows.finish()
    }
}
