//! The rules as text.

use std::io::{self, Write};

use super::Render;
use super::rows::Rows;
use super::table::{self, Column, Layout, counted};
use crate::query::{RuleRow, RulesReport};
use crate::verdict::Case;

const COLUMNS: [Column; 3] = [("rule", false), ("says", false), ("of what", false)];

impl RuleRow {
    /// What it claims, in words.
    fn says(&self) -> String {
        let Some(grade) = self.rule.grade.filter(|_| !self.holds_back) else { return "holds back".to_owned() };
        let remedy = self.rule.remedy.map_or("no remedy", |remedy| remedy.as_str());
        format!("{} ({grade}), {remedy}", self.rule.verdict.as_str())
    }

    fn row(&self) -> [String; 3] {
        [self.rule.id.clone(), self.says(), self.rule.summary.clone()]
    }

    /// Its conditions, in words.
    fn when(&self) -> String {
        let all: Vec<String> =
            self.rule.when.iter().map(|(field, words)| format!("{field}: {}", words.join(" "))).collect();
        all.join("; ")
    }
}

/// A pair in words.
fn example(case: &Case) -> String {
    let mut text = if case.keys.is_empty() {
        format!("{}, which comes along to {}", case.input, case.consumer)
    } else {
        format!("{} in {} of {}", case.input, case.keys.join(" and "), case.consumer)
    };
    if !case.carried_by.is_empty() {
        let by: Vec<&str> = case.carried_by.iter().map(|verdict| verdict.as_str()).collect();
        text.push_str(&format!(" with what is {}", by.join(" and ")));
    }
    if case.check {
        text.push_str(", gone with its checks off");
    }
    if let Some(own) = &case.input_has {
        text.push_str(&format!("; the input has {own}"));
    }
    if !case.beside.is_empty() {
        text.push_str(&format!("; beside {}", case.beside.join(", ")));
    }
    text
}

impl Render for RulesReport {
    fn table(&self, out: &mut dyn Write, layout: Layout) -> io::Result<()> {
        writeln!(out, "{}; the first that fits decides", counted(self.rules.len() as u64, "rule"))?;
        writeln!(out, "{}", table::plain(&COLUMNS, layout, self.rules.iter().map(RuleRow::row)))
    }

    fn markdown(&self, out: &mut dyn Write) -> io::Result<()> {
        let safe = |text: &str| table::escape(&table::printable(text));
        writeln!(out, "### Rules\n\nThe first that fits an input and its consumer decides.")?;
        for row in &self.rules {
            let rule = &row.rule;
            writeln!(out, "\n#### `{}`\n\n{}: {}.\n", rule.id, safe(&row.says()), safe(&rule.summary))?;
            for (heading, text) in [
                ("When", row.when()),
                ("Assumes", rule.assumes.clone()),
                ("Exceptions", rule.exceptions.clone()),
                ("Overestimates", rule.overestimates.clone()),
                ("Underestimates", rule.underestimates.clone()),
                ("Fits", example(&rule.flags)),
                ("Does not fit", example(&rule.spares)),
            ] {
                writeln!(out, "- **{heading}**: {}", safe(&text))?;
            }
        }
        if !self.lists.is_empty() {
            writeln!(out, "\n#### Lists\n")?;
        }
        for (name, words) in &self.lists {
            writeln!(out, "- **@{}**: {}", safe(name), safe(&words.join(" ")))?;
        }
        Ok(())
    }

    fn csv(&self, out: &mut dyn Write) -> io::Result<()> {
        let mut rows = Rows::new(out);
        rows.row([
            "id",
            "verdict",
            "grade",
            "remedy",
            "summary",
            "when",
            "assumes",
            "exceptions",
            "overestimates",
            "underestimates",
        ])?;
        for row in &self.rules {
            let rule = &row.rule;
            rows.row([
                rule.id.as_str(),
                rule.verdict.as_str(),
                rule.grade.map_or("", |grade| grade.as_str()),
                rule.remedy.map_or("", |remedy| remedy.as_str()),
                &rule.summary,
                &row.when(),
                &rule.assumes,
                &rule.exceptions,
                &rule.overestimates,
                &rule.underestimates,
            ])?;
        }
        rows.finish()
    }
}
