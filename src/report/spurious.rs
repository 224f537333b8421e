//! The spurious inputs as text.

use std::io::{self, Write};

use super::Render;
use super::cost::measured;
use super::table::{self, Column, Layout, counted, number};
use super::units::{duration, size, size_change};
use crate::query::{BlockedBy, Group, GroupBy, Saves, SpuriousEdge, SpuriousReport, StaleIgnore, Step};
use crate::reach::{Treatment, Yearly};

mod sheet;

const FIRST: [Column; 6] = [
    ("step", true),
    ("what to do", false),
    ("edges", true),
    ("builds a year", true),
    ("wrappers, tests added", true),
    ("builds so far", true),
];

const INPUTS: [Column; 7] = [
    ("input", false),
    ("remedy", false),
    ("edges", true),
    ("packages", true),
    ("one bump", true),
    ("a year", true),
    ("wrappers, tests added", true),
];

const PAIRS: [Column; 8] = [
    ("input", false),
    ("consumer", false),
    ("grade", false),
    ("rule", false),
    ("remedy", false),
    ("one bump", true),
    ("a year", true),
    ("kept by", false),
];

const PRICES: [Column; 7] = [
    ("input", false),
    ("consumer", false),
    ("grade", false),
    ("rule", false),
    ("one bump", true),
    ("a year", true),
    ("kept by", false),
];

/// Builds in a year: whole where they are.
pub(super) fn yearly(builds: f64) -> String {
    let tenths = (builds.abs() * 10.0).round();
    let whole = number((tenths / 10.0).trunc() as u64);
    let sign = if builds < 0.0 && tenths > 0.0 { "-" } else { "" };
    match tenths % 10.0 {
        0.0 => format!("{sign}{whole}"),
        tenth => format!("{sign}{whole}.{tenth}"),
    }
}

/// What a year's builds cost, where that is known: their time, and their bytes.
pub(super) fn costs(year: &Yearly) -> impl Iterator<Item = String> + use<> {
    let bytes = year.bytes.map(|bytes| size_change(bytes.round() as i64));
    year.hours().map(duration).into_iter().chain(bytes)
}

fn signed(builds: i64) -> String {
    format!("{}{}", if builds < 0 { "-" } else { "" }, number(builds.unsigned_abs()))
}

pub(super) fn remedy(remedy: Option<Treatment>) -> String {
    remedy.map_or("none", |remedy| remedy.as_str()).to_owned()
}

impl BlockedBy {
    pub(super) fn text(&self) -> String {
        let more = if self.more > 0 { format!(" and {} more", number(self.more)) } else { String::new() };
        format!("{}{more}", self.input.name)
    }
}

impl StaleIgnore {
    /// What the list names in vain, in a line.
    #[must_use]
    pub fn line(&self) -> String {
        let rule = self.rule.as_ref().map_or(String::new(), |rule| format!(", rule {rule}"));
        format!("entry {} ({} -> {}{rule}): {}", self.entry, self.input, self.consumer, self.reason)
    }
}

impl SpuriousEdge {
    /// The pair with what is known of it, in a line.
    #[must_use]
    pub fn line(&self) -> String {
        let keys = if self.keys.is_empty() { "comes along".to_owned() } else { self.keys.join(" ") };
        let rule = self.rule.as_ref().map_or(String::new(), |rule| format!(", {rule}"));
        let verdict = self.verdict.as_str();
        format!("{} -> {} ({keys}): {verdict} ({}{rule})", self.input.name, self.consumer.named.name, self.grade)
    }
}

impl Step {
    fn row(&self) -> Vec<String> {
        let mut row = vec![
            number(self.step.into()),
            format!("{} {}", self.remedy.as_str(), self.input),
            number(self.edges),
            yearly(self.gain.builds),
        ];
        row.extend(costs(&self.gain));
        row.push(format!("{}, {}", yearly(self.gain.wrappers_added), yearly(self.gain.test_builds_added)));
        row.push(yearly(self.total.builds));
        row.extend(self.total.hours().map(duration));
        row
    }
}

impl Group {
    /// What it saves; without a remedy what there would be to save.
    fn price(&self) -> Saves {
        self.would_save.unwrap_or(self.saves)
    }

    fn by_input(&self) -> Vec<String> {
        let year = &self.saves.per_year;
        let mut row = vec![
            self.input.clone(),
            remedy(self.remedy),
            number(self.edges),
            number(self.instances),
            signed(self.saves.one_bump.builds),
            yearly(year.builds),
        ];
        row.extend(costs(year));
        row.push(format!("{}, {}", yearly(year.wrappers_added), yearly(year.test_builds_added)));
        row
    }

    fn by_pair(&self) -> Vec<String> {
        let price = self.price();
        // a group of which one edge saves something is not kept
        let kept = self.blocked_by.as_ref().filter(|_| price.one_bump.builds <= 0).map(BlockedBy::text);
        let mut row = vec![
            format!("{}{}", if self.new == Some(true) { "+ " } else { "" }, self.input),
            self.consumer.clone().unwrap_or_default(),
            self.grade.as_str().to_owned(),
            self.rules.join(" "),
        ];
        row.extend(self.remedy.map(|treatment| remedy(Some(treatment))));
        row.extend([signed(price.one_bump.builds), yearly(price.per_year.builds)]);
        row.extend(costs(&price.per_year));
        row.push(kept.unwrap_or_default());
        row
    }
}

impl SpuriousReport {
    fn headline(&self) -> String {
        let totals = &self.totals;
        let scope = self.scope.as_ref().map_or(String::new(), |scope| format!(" of {}", scope.join(", ")));
        let (edges, pairs) = (counted(totals.edges, "spurious input"), counted(totals.pairs, "pair"));
        format!(
            "{edges}{scope} ({} and stronger): {pairs} of packages, {}",
            self.min_grade,
            counted(totals.consumers, "consumer")
        )
    }

    /// What is beside the tables.
    fn lines(&self) -> Vec<String> {
        let totals = &self.totals;
        let saves = &totals.saves_per_year;
        let mut lines = vec![format!(
            "all remedies together save {} of {} builds a year; they add {} wrappers, {} test builds",
            yearly(saves.builds),
            yearly(totals.builds_per_year),
            yearly(saves.wrappers_added),
            yearly(saves.test_builds_added)
        )];
        lines.extend(self.costs());
        if totals.without_remedy > 0 {
            let edges = counted(totals.without_remedy, "edge");
            lines.push(format!("{edges} without a cheap remedy"));
        }
        if self.ignored > 0 {
            lines.push(format!("{} ignored, for reasons in the list", counted(self.ignored, "edge")));
        }
        if let Some(compared) = &self.baseline {
            let (new, gone) = (number(compared.new), number(compared.gone));
            lines.push(format!("since the baseline: {new} new (+), {gone} gone"));
        }
        lines
    }

    /// The answer in sentences.
    pub(super) fn sentences(&self) -> Vec<String> {
        std::iter::once(self.headline()).chain(self.lines()).collect()
    }

    /// What the builds cost, and what is saved of that.
    fn costs(&self) -> Option<String> {
        let cost = self.totals.cost_per_year?;
        let mut saves = costs(&self.totals.saves_per_year);
        let hours = cost.hours;
        let mut text = format!(
            "in machine time {} of {} a year ({})",
            saves.next()?,
            duration(hours.total),
            measured(hours.measured_share, hours.total)
        );
        if let (Some(saves), Some(bytes)) = (saves.next(), cost.bytes) {
            let known = cost.bytes_known().unwrap_or_default();
            text.push_str(&format!("; in bytes written {saves} of {} ({known})", size(bytes)));
        }
        Some(text)
    }

    /// Columns, and behind those with these headings those of costs, where they are known.
    fn columns(&self, columns: &[Column]) -> Vec<Column> {
        let year = &self.totals.saves_per_year;
        let behind = |heading: &str| match heading {
            "a year" | "builds a year" => {
                [year.millis.map(|_| ("time a year", true)), year.bytes.map(|_| ("bytes a year", true))]
            }
            "builds so far" => [year.millis.map(|_| ("time so far", true)), None],
            _ => [None, None],
        };
        let with_costs = |column: &Column| {
            std::iter::once(*column).chain(behind(column.0).into_iter().flatten()).collect::<Vec<_>>()
        };
        columns.iter().flat_map(with_costs).collect()
    }

    /// A table for each way to group, with its heading.
    fn tables(&self) -> Vec<(String, Table)> {
        let steps = self.first.iter().map(Step::row).collect();
        let mut tables =
            vec![("what to do first, each step given those before".to_owned(), (self.columns(&FIRST), steps))];
        for (what, columns, by, has_remedy) in [
            ("builds saved, by input", &INPUTS[..], GroupBy::Input, true),
            ("builds saved, by pair", &PAIRS[..], GroupBy::Pair, true),
            ("no cheap remedy: builds there would be to save, by pair", &PRICES[..], GroupBy::Pair, false),
        ] {
            let mut all: Vec<&Group> = self.groups.iter().collect();
            all.retain(|group| group.by == by && group.remedy.is_some() == has_remedy);
            // what is new comes first
            all.sort_by_key(|group| group.new != Some(true));
            let row = if by == GroupBy::Input { Group::by_input } else { Group::by_pair };
            let rows: Vec<Vec<String>> = all.iter().take(self.shown).map(|group| row(group)).collect();
            let heading = match all.len() {
                count if count > rows.len() => {
                    format!("{what} ({} of {})", number(rows.len() as u64), number(count as u64))
                }
                _ => what.to_owned(),
            };
            tables.push((heading, (self.columns(columns), rows)));
        }
        tables.retain(|(_, (_, rows))| !rows.is_empty());
        tables
    }
}

type Table = (Vec<Column>, Vec<Vec<String>>);

impl Render for SpuriousReport {
    fn table(&self, out: &mut dyn Write, layout: Layout) -> io::Result<()> {
        writeln!(out, "{}", table::printable(&self.headline()))?;
        for line in self.lines() {
            writeln!(out, "  {line}")?;
        }
        for (heading, (columns, rows)) in self.tables() {
            writeln!(out, "\n{heading}")?;
            writeln!(out, "{}", table::plain(&columns, layout, rows))?;
        }
        Ok(())
    }

    fn markdown(&self, out: &mut dyn Write) -> io::Result<()> {
        writeln!(out, "### Spurious inputs\n\n{}\n", table::escape(&table::printable(&self.headline())))?;
        for line in self.lines() {
            writeln!(out, "- {line}")?;
        }
        for (heading, (columns, rows)) in self.tables() {
            writeln!(out, "\n**{heading}**\n")?;
            writeln!(out, "{}", table::markdown(&columns, rows))?;
        }
        Ok(())
    }

    fn csv(&self, out: &mut dyn Write) -> io::Result<()> {
        sheet::write(self, out)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn years_are_rounded() {
        for (builds, text) in
            [(0.0, "0"), (-0.01, "0"), (1234.0, "1,234"), (0.25, "0.3"), (-1.96, "-2"), (-12.5, "-12.5"), (9.99, "10")]
        {
            assert_eq!(yearly(builds), text);
        }
    }
}
