//! What remedies change about a bump, as a part of the impact report.

use std::collections::BTreeMap;
use std::io::{self, Write};

use super::inputs::saved;
use super::table::{self, Column, Layout, counted, number};
use super::units::{duration, size};
use crate::query::{Kept, RemediedReport, TreatedEdge};

/// How many edges, receivers and kept consumers are shown.
const SHOWN: usize = 20;

const TREATED: [Column; 6] = [
    ("remedy", false),
    ("input", false),
    ("consumer", false),
    ("named in", false),
    ("edges", true),
    ("verdict", false),
];

impl TreatedEdge {
    pub(super) fn row(&self) -> [String; 5] {
        let verdict = match self.grade {
            Some(grade) => format!("{} ({grade})", self.verdict.as_str()),
            None => self.verdict.as_str().to_owned(),
        };
        [
            self.remedy.as_str().to_owned(),
            self.input.name.clone(),
            self.consumer.name.clone(),
            self.keys.join(" "),
            verdict,
        ]
    }
}

impl Kept {
    fn line(&self) -> String {
        if self.bumped {
            return format!("{} is rebuilt all the same: it is bumped itself", self.consumer.name);
        }
        let by: Vec<&str> = self.by.iter().map(|input| input.name.as_str()).collect();
        let more = if self.more > 0 { format!(" and {} more", number(self.more)) } else { String::new() };
        format!("{} is rebuilt all the same, by {}{more}", self.consumer.name, by.join(", "))
    }
}

impl RemediedReport {
    pub(super) fn headline(&self) -> String {
        let mut text = format!("with {} treated", counted(self.treated, "edge"));
        if self.cut_off > 0 {
            text.push_str(&format!(", {} cut off early", number(self.cut_off)));
        }
        let costs = self.after.hours.map(duration).into_iter().chain(self.after.bytes.map(size));
        let costs = costs.collect::<Vec<_>>().join(", ");
        let costs = if costs.is_empty() { costs } else { format!(" ({costs})") };
        let builds = counted(self.after.builds, "derivation");
        format!("{text}: {builds} rebuilt{costs}; saves {}", saved(&self.savings))
    }

    /// Edges that read alike (those of other instances) in one row.
    fn rows(&self) -> Vec<[String; 6]> {
        let rows = alike(self.remedies.iter().map(TreatedEdge::row));
        let more = rows.len().saturating_sub(SHOWN);
        let mut shown: Vec<[String; 6]> = rows
            .into_iter()
            .take(SHOWN)
            .map(|([remedy, input, consumer, keys, verdict], count)| {
                [remedy, input, consumer, keys, number(count), verdict]
            })
            .collect();
        if more > 0 {
            let mut rest: [String; 6] = std::array::from_fn(|_| String::new());
            rest[0] = format!("… and {} more", number(more as u64));
            shown.push(rest);
        }
        shown
    }

    pub(super) fn lines(&self) -> Vec<String> {
        let receivers = self.receivers.iter().map(|receiver| {
            format!("{} gets {} in its own {}", receiver.consumer.name, receiver.input.name, receiver.list.key())
        });
        let mut lines: Vec<String> =
            [alike(receivers), alike(self.kept.iter().map(Kept::line))].into_iter().flat_map(capped).collect();
        let unreached = self.treated - self.remedies.len() as u64;
        if unreached > 0 {
            lines.push(format!(
                "{} whose input this bump does not change: nothing is saved there",
                counted(unreached, "edge")
            ));
        }
        lines
    }

    pub(super) fn table(&self, out: &mut dyn Write, layout: Layout) -> io::Result<()> {
        writeln!(out, "{}", self.headline())?;
        if !self.remedies.is_empty() {
            writeln!(out, "{}", table::plain(&TREATED, layout, self.rows()))?;
        }
        for line in self.lines() {
            writeln!(out, "  {}", table::printable(&line))?;
        }
        Ok(())
    }

    pub(super) fn markdown(&self, out: &mut dyn Write) -> io::Result<()> {
        writeln!(out, "**{}**\n", self.headline())?;
        if !self.remedies.is_empty() {
            writeln!(out, "{}\n", table::markdown(&TREATED, self.rows()))?;
        }
        for line in self.lines() {
            writeln!(out, "- {}", table::escape(&table::printable(&line)))?;
        }
        Ok(())
    }
}

/// What is the same taken together, in the order of the first of each, and how many there are.
fn alike<T: Ord + Clone>(all: impl Iterator<Item = T>) -> Vec<(T, u64)> {
    let mut places: BTreeMap<T, usize> = BTreeMap::new();
    let mut found: Vec<(T, u64)> = Vec::new();
    for item in all {
        let place = *places.entry(item.clone()).or_insert(found.len());
        match found.get_mut(place) {
            Some((_, count)) => *count += 1,
            None => found.push((item, 1)),
        }
    }
    found
}

/// The first lines, and how many more there are.
fn capped(lines: Vec<(String, u64)>) -> Vec<String> {
    let more = lines.len().saturating_sub(SHOWN);
    let rest = (more > 0).then(|| format!("… and {} more", number(more as u64)));
    let line = |(line, count): (String, u64)| if count > 1 { format!("{line} (x {})", number(count)) } else { line };
    lines.into_iter().take(SHOWN).map(line).chain(rest).collect()
}
