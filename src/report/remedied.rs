//! What remedies change about a bump, as a part of the impact report.

use std::io::{self, Write};

use super::inputs::saved;
use super::table::{self, Column, Layout, counted, number};
use crate::query::{Kept, RemediedReport, TreatedEdge};

/// How many edges, receivers and kept consumers are shown.
const SHOWN: usize = 20;

const TREATED: [Column; 5] =
    [("remedy", false), ("input", false), ("consumer", false), ("named in", false), ("verdict", false)];

impl TreatedEdge {
    fn row(&self) -> [String; 5] {
        let verdict = match self.grade {
            Some(grade) => format!("{} ({grade})", self.verdict.as_str()),
            None => self.verdict.as_str().to_owned(),
        };
        [self.remedy.to_owned(), self.input.name.clone(), self.consumer.name.clone(), self.keys.join(" "), verdict]
    }
}

impl Kept {
    fn line(&self) -> String {
        if self.bumped {
            return format!("{} is rebuilt all the same: it is bumped itself", self.consumer.name);
        }
        let by: Vec<&str> = self.by.iter().map(|input| input.name.as_str()).collect();
        format!("{} is rebuilt all the same, by {}", self.consumer.name, by.join(", "))
    }
}

impl RemediedReport {
    fn headline(&self) -> String {
        let mut text = format!("with {} treated", counted(self.remedies.len() as u64, "edge"));
        if self.cut_off > 0 {
            text.push_str(&format!(", {} cut off early", number(self.cut_off)));
        }
        format!("{text}: {} rebuilt; saves {}", counted(self.after.builds, "derivation"), saved(&self.savings))
    }

    fn rows(&self) -> impl Iterator<Item = [String; 5]> {
        let more = self.remedies.len().saturating_sub(SHOWN);
        let rest = (more > 0).then(|| {
            let more = format!("… and {} more", number(more as u64));
            [more, String::new(), String::new(), String::new(), String::new()]
        });
        self.remedies.iter().take(SHOWN).map(TreatedEdge::row).chain(rest)
    }

    fn lines(&self) -> Vec<String> {
        let receivers = self.receivers.iter().map(|receiver| {
            format!("{} gets {} in its own {}", receiver.consumer.name, receiver.input.name, receiver.list.key())
        });
        let mut lines = capped(receivers, self.receivers.len());
        lines.extend(capped(self.kept.iter().map(Kept::line), self.kept.len()));
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

/// The first lines, and how many more there are.
fn capped(lines: impl Iterator<Item = String>, count: usize) -> Vec<String> {
    let more = count.saturating_sub(SHOWN);
    let rest = (more > 0).then(|| format!("… and {} more", number(more as u64)));
    lines.take(SHOWN).chain(rest).collect()
}
