//! The diff report as text.

use std::io::{self, Write};

use serde::{Serialize, Serializer};

use super::Render;
use super::cost::HEAVYWEIGHTS;
use super::table::{self, Column, Layout, counted, number};
use super::words::verdict;
use crate::query::{AttributeOwners, CostReport, DiffReport, Listed, People, Person};

mod causes;
mod comment;
mod rebuilt;
mod sentences;
mod sheet;
mod spurious;
mod style;

pub(super) use causes::title;
use causes::{FEW, columns, rest};
use sentences::{NAMES, failing, only_touched, renamed, telling};
pub(super) use sheet::said;
use style::{PLAIN, and_more};

/// How many causes are shown unless asked otherwise.
const CAUSES: usize = 20;

/// How many maintainers, teams and owners each are shown.
const PEOPLE: usize = 20;

/// From how many columns on the attributes of causes are shown.
const WIDE: u16 = 120;

/// A diff report, and how much of it is shown.
#[derive(Debug, Clone, Copy)]
pub struct DiffPage<'r> {
    /// What is shown.
    pub report: &'r DiffReport,
    /// How many rows of causes a table has; all where there is none. A comment has those that it has
    /// room for.
    pub causes: Option<usize>,
    /// Whether a comment mentions people, so that they are told of it; else their handles are
    /// written so that they are not.
    pub mention: bool,
    /// What is built and fetched, one by one, for an HTML page: see [`crate::query::Diff::list`].
    pub built: &'r [Listed],
    /// Whom attributes concern, for an HTML page.
    pub owners: Option<&'r AttributeOwners>,
}

impl<'r> DiffPage<'r> {
    /// The first causes, and nobody is mentioned.
    #[must_use]
    pub fn new(report: &'r DiffReport) -> Self {
        Self { report, causes: Some(CAUSES), mention: false, built: &[], owners: None }
    }
}

impl DiffReport {
    /// The answer in sentences.
    pub(super) fn sentences(&self) -> Vec<String> {
        let mut lines = vec![format!("{}.", self.headline(PLAIN))];
        lines.extend(self.judgement(PLAIN));
        if let Some(branch) = self.branch {
            lines.push(format!("Branch: {}", verdict(branch)));
        }
        if !self.labels.is_empty() {
            lines.push(format!("Labels: {}", PLAIN.names(&self.labels, usize::MAX)));
        }
        lines.extend(self.needless_lines());
        lines
    }
}

impl Serialize for DiffPage<'_> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        self.report.serialize(serializer)
    }
}

impl Render for DiffReport {
    fn table(&self, out: &mut dyn Write, layout: Layout) -> io::Result<()> {
        DiffPage::new(self).table(out, layout)
    }

    fn markdown(&self, out: &mut dyn Write) -> io::Result<()> {
        DiffPage::new(self).markdown(out)
    }

    fn csv(&self, out: &mut dyn Write) -> io::Result<()> {
        DiffPage::new(self).csv(out)
    }
}

impl Render for DiffPage<'_> {
    fn table(&self, out: &mut dyn Write, layout: Layout) -> io::Result<()> {
        let report = self.report;
        writeln!(out, "{}", report.sides(PLAIN))?;
        writeln!(out, "{}", report.headline(PLAIN))?;
        for line in report.counts(PLAIN) {
            writeln!(out, "  {line}")?;
        }
        for line in report.cost.iter().flat_map(CostReport::lines) {
            writeln!(out, "{}", table::printable(&line))?;
        }
        if let Some(branch) = report.branch {
            writeln!(out, "labels: {}", PLAIN.names(&report.labels, usize::MAX))?;
            writeln!(out, "branch: {}", verdict(branch))?;
        }
        for line in report.judgement(PLAIN) {
            writeln!(out, "{line}")?;
        }
        self.causes(out, layout)?;
        if let Some(cost) = report.cost.as_ref().filter(|cost| !cost.heavyweights.is_empty()) {
            writeln!(out, "\n{}", table::plain(&HEAVYWEIGHTS, layout, cost.heavyweight_rows()))?;
        }
        self.names(out)?;
        let needless = report.needless_lines();
        if !needless.is_empty() {
            writeln!(out, "\n{}", needless.join("\n"))?;
        }
        for (heading, lines) in report.spurious.iter().flat_map(|changes| spurious::parts(changes, PLAIN)) {
            writeln!(out, "\n{heading}\n  {}", lines.join("\n  "))?;
        }
        if let Some(people) = &report.people {
            write_people(people, out, layout)?;
        }
        if !report.notes.is_empty() {
            writeln!(out)?;
        }
        for note in &report.notes {
            writeln!(out, "note: {}", table::printable(note))?;
        }
        Ok(())
    }

    fn markdown(&self, out: &mut dyn Write) -> io::Result<()> {
        out.write_all(comment::comment(self).as_bytes())
    }

    fn csv(&self, out: &mut dyn Write) -> io::Result<()> {
        sheet::write(self.report, out)
    }
}

impl DiffPage<'_> {
    fn causes(&self, out: &mut dyn Write, layout: Layout) -> io::Result<()> {
        let rows = causes::rows(self.report);
        if rows.is_empty() {
            return Ok(());
        }
        let (shown, hidden) = rows.split_at(self.causes.unwrap_or(usize::MAX).min(rows.len()));
        let rest = (!hidden.is_empty()).then(|| rest(hidden, self.report, PLAIN));
        let mut columns = columns(self.report);
        let text = if layout.width.is_none_or(|width| width >= WIDE) {
            table::plain(&columns, layout, shown.iter().map(|row| row.cells(self.report, PLAIN)).chain(rest))
        } else {
            let cells = shown.iter().map(|row| row.short_cells(self.report, PLAIN));
            columns.truncate(FEW);
            let rest = rest.map(|cells| cells.into_iter().take(FEW).collect());
            table::plain(&columns, layout, cells.chain(rest))
        };
        writeln!(out, "\n{text}")
    }

    /// Attributes that fail, and those that came, went and are called otherwise.
    fn names(&self, out: &mut dyn Write) -> io::Result<()> {
        let report = self.report;
        let failing = failing(&report.failing);
        if !failing.is_empty() {
            writeln!(out, "\nnewly failing: {}", counted(failing.len() as u64, "attribute"))?;
        }
        for (attribute, systems, error) in failing.iter().take(NAMES) {
            let on = if systems.is_empty() { String::new() } else { format!(" on {}", PLAIN.names(systems, NAMES)) };
            writeln!(out, "  {}{on}: {}", (PLAIN.name)(attribute), table::printable(telling(error)))?;
        }
        if failing.len() > NAMES {
            writeln!(out, "  {}", and_more(failing.len() - NAMES))?;
        }
        let mut lines = Vec::new();
        for (what, names) in [("added", &report.added), ("removed", &report.removed)] {
            if !names.is_empty() {
                lines.push(format!("{what} ({}): {}", number(names.len() as u64), PLAIN.names(names, NAMES)));
            }
        }
        if !report.renamed.is_empty() {
            let mut all: Vec<String> = report.renamed.iter().take(NAMES).map(|one| renamed(one, PLAIN)).collect();
            if report.renamed.len() > NAMES {
                all.push(and_more(report.renamed.len() - NAMES));
            }
            lines.push(format!("renamed, not rebuilt ({}): {}", number(report.renamed.len() as u64), all.join(", ")));
        }
        if !lines.is_empty() {
            writeln!(out, "\n{}", lines.join("\n"))?;
        }
        Ok(())
    }
}

/// Maintainers, teams and owners, those that there are.
fn groups(people: &People) -> impl Iterator<Item = (&'static str, &[Person])> {
    let all = [("maintainer", &people.maintainers), ("team", &people.teams), ("owner", &people.owners)];
    all.into_iter().map(|(what, people)| (what, people.as_slice())).filter(|(_, people)| !people.is_empty())
}

fn person_columns(what: &'static str) -> [Column; 3] {
    [(what, false), ("rebuilt", true), ("edited", true)]
}

fn person_cells(person: &Person, name: impl Fn(&str) -> String) -> [String; 3] {
    [name(&person.name), number(person.rebuilt), number(person.edited)]
}

fn write_people(people: &People, out: &mut dyn Write, layout: Layout) -> io::Result<()> {
    for (what, all) in groups(people) {
        let mut cells: Vec<[String; 3]> = all.iter().take(PEOPLE).map(|one| person_cells(one, PLAIN.name)).collect();
        if all.len() > PEOPLE {
            cells.push([and_more(all.len() - PEOPLE), String::new(), String::new()]);
        }
        writeln!(out, "\n{}", table::plain(&person_columns(what), layout, cells))?;
    }
    for line in people_lines(people, style::PLAIN) {
        writeln!(out, "{line}")?;
    }
    Ok(())
}

/// What the counts do not say.
fn people_lines(people: &People, style: style::Style) -> Vec<String> {
    let mut lines = Vec::new();
    let touched = only_touched(people);
    if !touched.is_empty() {
        lines.push(format!("touched without an edit of theirs: {}", style.names(&touched, PEOPLE)));
    }
    if people.without > 0 {
        lines.push(format!("without maintainer and team: {}", counted(people.without, "rebuilt attribute")));
    }
    lines
}

#[cfg(test)]
mod monstrous;
#[cfg(test)]
mod priced_day;
#[cfg(test)]
mod tests;
