//! The inputs report as text.

use std::io::{self, Write};

use super::Render;
use super::rows::Rows;
use super::table::{self, Column, Layout, counted, number};
use super::units::{duration, size_change};
use crate::query::{InputRow, InputsReport, Link};
use crate::reach::Savings;

const COLUMNS: [Column; 6] = [
    ("role", false),
    ("input", false),
    ("how it comes", false),
    ("rebuilds", true),
    ("verdict", false),
    ("remedy", false),
];

impl InputRow {
    /// The name, with the outputs where they are not just `out`.
    fn name_text(&self) -> String {
        if self.outputs.is_empty() || self.outputs == ["out"] {
            return self.name.clone();
        }
        format!("{} ({})", self.name, self.outputs.join(", "))
    }

    /// The keys that name it, or the chain that carries it.
    fn how(&self) -> String {
        if self.chain.is_empty() {
            // a list is a role by its own name
            let plain =
                |key: &&String| !self.roles.iter().any(|role| role == key.strip_prefix("__json.").unwrap_or(key));
            return self.keys.iter().filter(plain).map(String::as_str).collect::<Vec<_>>().join(" ");
        }
        let chain: Vec<&str> = self.chain.iter().map(|link| link.name.as_str()).collect();
        let more = self.carriers.iter().filter(|carrier| Some(*carrier) != self.chain.last()).count();
        match more {
            0 => format!("with {}", chain.join(" > ")),
            _ => format!("with {} (and {} more)", chain.join(" > "), number(more as u64)),
        }
    }

    fn verdict_text(&self) -> String {
        match self.grade {
            Some(grade) => match &self.rule {
                Some(rule) => format!("{} ({grade}, {rule})", self.verdict.as_str()),
                None => format!("{} ({grade})", self.verdict.as_str()),
            },
            None => self.verdict.as_str().to_owned(),
        }
    }

    fn remedy_text(&self) -> String {
        match (self.remedy, self.savings) {
            (Some(remedy), Some(savings)) => format!("{}: {}", remedy.as_str(), short(&savings)),
            (Some(remedy), None) => remedy.as_str().to_owned(),
            (None, _) => String::new(),
        }
    }

    fn row(&self) -> [String; 6] {
        [
            self.roles.join(" "),
            self.name_text(),
            self.how(),
            number(self.rebuilds.into()),
            self.verdict_text(),
            self.remedy_text(),
        ]
    }
}

/// Savings in a column: fewer builds, more of what is added.
pub(super) fn short(savings: &Savings) -> String {
    let sign = match savings.builds {
        1.. => "-",
        0 => "",
        _ => "+",
    };
    let mut text = format!("{sign}{}", counted(savings.builds.unsigned_abs(), "build"));
    for (added, noun) in [(savings.wrappers_added, "wrapper"), (savings.test_builds_added, "test build")] {
        if added > 0 {
            text.push_str(&format!(", +{}", counted(added, noun)));
        }
    }
    if let Some(hours) = savings.hours() {
        text.push_str(&format!(", {}", duration(-hours)));
    }
    if let Some(bytes) = savings.bytes {
        text.push_str(&format!(", {}", size_change(bytes.saturating_neg())));
    }
    text
}

/// Savings in words, what is added beside.
pub(super) fn saved(savings: &Savings) -> String {
    let mut text = counted_signed(savings.builds, "build");
    text.push_str(&format!(", {}", counted_signed(savings.attributes, "attribute")));
    let costs = savings.hours().map(duration).into_iter().chain(savings.bytes.map(size_change));
    costs.for_each(|cost| text.push_str(&format!(", {cost}")));
    if savings.wrappers_added > 0 {
        text.push_str(&format!("; adds {}", counted(savings.wrappers_added, "wrapper")));
    }
    if savings.test_builds_added > 0 {
        text.push_str(&format!("; adds {}", counted(savings.test_builds_added, "test build")));
    }
    text
}

pub(super) fn counted_signed(count: i64, noun: &str) -> String {
    format!("{}{}", if count < 0 { "-" } else { "" }, counted(count.unsigned_abs(), noun))
}

impl InputsReport {
    fn headline(&self) -> String {
        let direct = self.inputs.iter().filter(|input| input.chain.is_empty()).count();
        let mut text = format!("{} ({}): {}", self.package.name, self.package.system, counted(direct as u64, "input"));
        if direct < self.inputs.len() {
            text.push_str(&format!(", {} propagated", number((self.inputs.len() - direct) as u64)));
        }
        text
    }

    fn notes(&self) -> impl Iterator<Item = String> {
        self.note.iter().map(|note| format!("note: {note}")).chain(self.others())
    }

    /// What else the selector names, in one line.
    fn others(&self) -> Option<String> {
        const SHOWN: usize = 5;
        let names: Vec<String> =
            self.also.iter().take(SHOWN).map(|other| format!("{} ({})", other.name, other.system)).collect();
        let more = self.also.len().saturating_sub(SHOWN);
        let rest = if more > 0 { format!(" and {} more", number(more as u64)) } else { String::new() };
        (!names.is_empty()).then(|| format!("note: the selector also names {}{rest}", names.join(", ")))
    }
}

impl Render for InputsReport {
    fn table(&self, out: &mut dyn Write, layout: Layout) -> io::Result<()> {
        writeln!(out, "{}", table::printable(&self.headline()))?;
        writeln!(out, "{}", table::plain(&COLUMNS, layout, self.inputs.iter().map(InputRow::row)))?;
        for note in self.notes() {
            writeln!(out, "{}", table::printable(&note))?;
        }
        Ok(())
    }

    fn markdown(&self, out: &mut dyn Write) -> io::Result<()> {
        writeln!(out, "### Inputs of {}\n", table::escape(&table::printable(&self.headline())))?;
        writeln!(out, "{}", table::markdown(&COLUMNS, self.inputs.iter().map(InputRow::row)))?;
        for note in self.notes() {
            writeln!(out, "\n{}", table::escape(&table::printable(&note)))?;
        }
        Ok(())
    }

    fn csv(&self, out: &mut dyn Write) -> io::Result<()> {
        let mut rows = Rows::new(out);
        rows.row([
            "drv", "name", "pname", "outputs", "roles", "keys", "chain", "rebuilds", "verdict", "grade", "remedy",
        ])?;
        for input in &self.inputs {
            let chain: Vec<&str> = input.chain.iter().map(|link: &Link| link.name.as_str()).collect();
            rows.row([
                input.drv.as_str(),
                &input.name,
                &input.pname,
                &input.outputs.join(" "),
                &input.roles.join(" "),
                &input.keys.join(" "),
                &chain.join(" "),
                &input.rebuilds.to_string(),
                input.verdict.as_str(),
                input.grade.map_or("", |grade| grade.as_str()),
                input.remedy.map_or("", |remedy| remedy.as_str()),
            ])?;
        }
        rows.finish()
    }
}
