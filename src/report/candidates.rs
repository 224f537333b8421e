//! What to prove next, as text.

use std::io::{self, Write};

use super::Render;
use super::cost::measured;
use super::rows::Rows;
use super::spurious::{costs, yearly};
use super::table::{self, Column, Layout, counted, number};
use super::units;
use crate::query::{Candidate, CandidatesReport};

const COLUMNS: [Column; 7] = [
    ("package", false),
    ("input", false),
    ("claim", false),
    ("likely", true),
    ("saves a year", true),
    ("cost", true),
    ("per hour", true),
];

/// To a tenth, or whole where it is large.
fn rounded(figure: f64) -> String {
    yearly(if figure.abs() < 100.0 { figure } else { figure.round() })
}

fn duration(minutes: f64) -> String {
    if minutes < 120.0 { format!("{} min", rounded(minutes)) } else { format!("{} h", rounded(minutes / 60.0)) }
}

impl Candidate {
    fn claim(&self) -> String {
        format!("{} ({})", self.verdict.as_str(), self.grade)
    }

    fn cost(&self) -> String {
        // a guess is marked
        let about = if self.measured { "" } else { "~ " };
        format!("{}, {about}{}", counted(self.builds.into(), "build"), duration(self.minutes))
    }

    fn row(&self, several_systems: bool) -> Vec<String> {
        let mut row = vec![
            if several_systems { format!("{} ({})", self.attribute, self.system) } else { self.attribute.clone() },
            self.input.name.clone(),
            self.claim(),
            format!("{:.0} %", self.probability * 100.0),
            rounded(self.saves.builds),
        ];
        row.extend(costs(&self.saves));
        row.push(self.cost());
        row.push(self.hours_per_hour.map_or_else(|| rounded(self.per_hour), units::duration));
        row
    }
}

impl CandidatesReport {
    fn headline(&self) -> String {
        if self.total == 0 {
            return "nothing that is flagged without proof would save anything".to_owned();
        }
        let shown = self.candidates.len() as u64;
        let first = if shown < self.total { format!("; the first {}:", number(shown)) } else { String::new() };
        let time = duration(self.hours * 60.0);
        format!("{} to prove, about {time} in all{first}", counted(self.total, "candidate"))
    }

    /// The columns; with those of costs, where they are known.
    fn columns(&self) -> Vec<Column> {
        let Some(cost) = self.cost_per_year else { return COLUMNS.to_vec() };
        let year = [Some(("time a year", true)), cost.bytes.map(|_| ("bytes a year", true))];
        let [before @ .., experiments, _] = &COLUMNS;
        let behind = [*experiments, ("time per hour", true)];
        before.iter().copied().chain(year.into_iter().flatten()).chain(behind).collect()
    }

    /// Whether they are of several systems.
    fn several_systems(&self) -> bool {
        self.candidates
            .iter()
            .any(|candidate| self.candidates.first().is_some_and(|first| first.system != candidate.system))
    }

    fn rows(&self) -> impl Iterator<Item = Vec<String>> {
        let several = self.several_systems();
        self.candidates.iter().map(move |candidate| candidate.row(several))
    }

    /// What is not among them.
    fn notes(&self) -> Vec<String> {
        let mut notes = Vec::new();
        if self.candidates.iter().any(|candidate| !candidate.measured) {
            let record = if self.cost_per_year.is_some() { ", nor a record" } else { "" };
            notes.push(format!("'~': no experiment with the package tells how long it builds{record}"));
        }
        if let Some(cost) = self.cost_per_year {
            let (time, known) =
                (units::duration(cost.hours.total), measured(cost.hours.measured_share, cost.hours.total));
            notes.push(format!("machine time of all builds in a year: {time} ({known})"));
            if let Some((bytes, known)) = cost.bytes.zip(cost.bytes_known()) {
                notes.push(format!("bytes that they write: {} ({known})", units::size(bytes)));
            }
        }
        for (count, what) in [
            (self.without_attribute, "of packages that no attribute names, so that prove does not find them"),
            (self.saving_nothing, "whose remedy alone saves nothing: something else has the package built"),
            (self.tried, "that have been tried, and the experiments left open"),
        ] {
            if count > 0 {
                notes.push(format!("not among them: {} {what}", counted(count, "candidate")));
            }
        }
        notes
    }
}

impl Render for CandidatesReport {
    fn table(&self, out: &mut dyn Write, layout: Layout) -> io::Result<()> {
        writeln!(out, "{}", self.headline())?;
        if !self.candidates.is_empty() {
            writeln!(out, "{}", table::plain(&self.columns(), layout, self.rows()))?;
            writeln!(out, "\nto prove them, one by one:")?;
            for candidate in &self.candidates {
                writeln!(out, "  {}", table::printable(&candidate.command))?;
            }
        }
        for note in self.notes() {
            writeln!(out, "note: {note}")?;
        }
        Ok(())
    }

    fn markdown(&self, out: &mut dyn Write) -> io::Result<()> {
        writeln!(out, "### What to prove next\n\n{}\n", self.headline())?;
        if !self.candidates.is_empty() {
            writeln!(out, "{}", table::markdown(&self.columns(), self.rows()))?;
        }
        for note in self.notes() {
            writeln!(out, "\n{}", table::escape(&format!("note: {note}")))?;
        }
        Ok(())
    }

    fn csv(&self, out: &mut dyn Write) -> io::Result<()> {
        let mut rows = Rows::new(out);
        let header = [
            "attribute",
            "system",
            "consumer_drv",
            "input",
            "input_drv",
            "instances",
            "verdict",
            "grade",
            "rule",
            "remedy",
            "saves_per_year",
            "probability",
            "expected",
            "builds",
            "minutes",
            "measured",
            "per_hour",
            "command",
        ];
        let hours = self.cost_per_year.map(|_| ["saves_hours_per_year", "expected_hours", "hours_per_hour"]);
        let bytes = self.cost_per_year.and_then(|cost| cost.bytes).map(|_| "saves_bytes_per_year");
        rows.row(header.into_iter().chain(hours.into_iter().flatten()).chain(bytes))?;
        for candidate in &self.candidates {
            let row = [
                candidate.attribute.as_str(),
                &candidate.system,
                &candidate.consumer.drv,
                &candidate.input.name,
                &candidate.input.drv,
                &candidate.instances.to_string(),
                candidate.verdict.as_str(),
                candidate.grade.as_str(),
                candidate.rule.as_deref().unwrap_or_default(),
                candidate.remedy.as_str(),
                &candidate.saves.builds.to_string(),
                &candidate.probability.to_string(),
                &candidate.expected.to_string(),
                &candidate.builds.to_string(),
                &candidate.minutes.to_string(),
                if candidate.measured { "true" } else { "false" },
                &candidate.per_hour.to_string(),
                &candidate.command,
            ];
            let told = |figure: Option<f64>| figure.map(|figure| figure.to_string()).unwrap_or_default();
            let costs = [
                hours.map(|_| told(candidate.saves.hours())),
                hours.map(|_| told(candidate.expected_hours)),
                hours.map(|_| told(candidate.hours_per_hour)),
                bytes.map(|_| told(candidate.saves.bytes)),
            ];
            let row = row.into_iter().map(str::to_owned);
            rows.row(row.chain(costs.into_iter().flatten()))?;
        }
        rows.finish()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn figures() {
        for (figure, expect) in [
            (0.0, "0"),
            (0.04, "0"),
            (0.05, "0.1"),
            (1.0, "1"),
            (12.34, "12.3"),
            (99.96, "100"),
            (1_234.56, "1,235"),
            (-0.04, "0"),
            (-2.5, "-2.5"),
        ] {
            assert_eq!(rounded(figure), expect, "{figure}");
        }
        assert_eq!([duration(25.0), duration(119.0), duration(150.0)], ["25 min", "119 min", "2.5 h"]);
    }
}
