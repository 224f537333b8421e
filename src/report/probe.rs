//! The probe report as text.

use std::io::{self, Write};

use super::Render;
use super::rows::Rows;
use super::table::{self, Column, Layout, counted, number};
use crate::proof::{ProbeReport, ProbedPackage};
use crate::verdict::InputRef;

const COLUMNS: [Column; 4] =
    [("attribute", false), ("check-only inputs", false), ("grade", false), ("what else differs", false)];

fn names(inputs: &[InputRef]) -> String {
    let names: Vec<&str> = inputs.iter().map(|input| input.name.as_str()).collect();
    names.join(", ")
}

impl ProbedPackage {
    fn others(&self) -> String {
        let keys = match &self.differing_keys {
            Some(keys) => keys.join(", "),
            None => "not known: no text of a derivation".to_owned(),
        };
        let more = names(&self.appeared);
        match (keys.is_empty(), more.is_empty()) {
            (_, true) => keys,
            (true, false) => format!("appears: {more}"),
            (false, false) => format!("{keys}; appears: {more}"),
        }
    }
}

impl ProbeReport {
    fn headline(&self) -> String {
        format!(
            "{} probed, {} with check-only inputs ({}); {} failed",
            counted(self.probed as u64, "attribute"),
            number(self.with_check_inputs as u64),
            counted(self.check_inputs as u64, "input"),
            number(self.failed as u64)
        )
    }

    fn rows(&self) -> impl Iterator<Item = [String; 4]> {
        self.packages.iter().map(|package| {
            [package.attribute.clone(), names(&package.inputs), package.grade.to_string(), package.others()]
        })
    }
}

impl Render for ProbeReport {
    fn table(&self, out: &mut dyn Write, layout: Layout) -> io::Result<()> {
        writeln!(out, "{}", self.headline())?;
        if self.packages.is_empty() {
            return Ok(());
        }
        writeln!(out, "{}", table::plain(&COLUMNS, layout, self.rows()))
    }

    fn markdown(&self, out: &mut dyn Write) -> io::Result<()> {
        writeln!(out, "### Check-only inputs\n\n**{}**", self.headline())?;
        if self.packages.is_empty() {
            return Ok(());
        }
        writeln!(out, "\n{}", table::markdown(&COLUMNS, self.rows()))
    }

    /// A row for each input.
    fn csv(&self, out: &mut dyn Write) -> io::Result<()> {
        let mut rows = Rows::new(out);
        rows.row(["attribute", "drv", "name", "grade", "input_drv", "input_name", "keys", "differing_keys"])?;
        for package in &self.packages {
            for input in &package.inputs {
                rows.row([
                    package.attribute.as_str(),
                    &package.drv,
                    &package.name,
                    package.grade.as_str(),
                    &input.drv,
                    &input.name,
                    &input.keys.join(" "),
                    &package.differing_keys.as_ref().map_or_else(|| "unknown".to_owned(), |keys| keys.join(" ")),
                ])?;
            }
        }
        rows.finish()
    }
}
