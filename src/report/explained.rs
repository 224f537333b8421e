//! What derivations cost and why, as text.

use std::io::{self, Write};

use super::Render;
use super::cost::HEAVYWEIGHTS;
use super::expense::bytes_known;
use super::rows::Rows;
use super::table::{self, Column, Layout, counted, fraction, number};
use super::units::{duration, size};
use crate::query::{ByteSpread, ExplainedCost, ExplainedCosts, ExplainedOutput, Seconds, SizeGrounds, TimeGrounds};

const COLUMNS: [Column; 5] =
    [("derivation", false), ("system", false), ("time", true), ("known", false), ("how", false)];
const OUTPUTS: [Column; 5] =
    [("derivation", false), ("output", false), ("size", true), ("known", false), ("how", false)];

fn seconds(seconds: f64) -> String {
    duration(seconds / 3_600.0)
}

fn known(measured: bool) -> String {
    super::cost::known(measured).to_owned()
}

impl Seconds {
    fn spread(&self) -> String {
        format!("{} to {}", seconds(self.min), seconds(self.max))
    }
}

impl TimeGrounds {
    fn told(&self) -> String {
        match self {
            Self::Records { by, records: 1, files, .. } => format!("1 record, by {}: {}", words(by), files.join(", ")),
            Self::Records { by, records, files, seconds } => {
                let records = number(u64::from(*records));
                format!("median of {records} records ({}), by {}: {}", seconds.spread(), words(by), files.join(", "))
            }
            Self::Model { basis, class, of, seconds } => match (seconds, *basis) {
                (Some(seconds), _) => {
                    format!("median of {} {class} ({})", number(u64::from(*of)), seconds.spread())
                }
                (None, "scaled") => {
                    format!("built-in figure for {class}, by what {} measured builds take", number(u64::from(*of)))
                }
                (None, _) => format!("built-in figure for {class}"),
            },
        }
    }
}

/// A stable word as a phrase.
fn words(by: &str) -> String {
    match by {
        "attribute-elsewhere" => "attribute on another system".to_owned(),
        "short-name" => "shortened name".to_owned(),
        by => by.replace('-', " "),
    }
}

impl ByteSpread {
    fn told(&self, noun: &str, class: &str) -> String {
        let of = counted(u64::from(self.of), noun);
        match self.of {
            1 => format!("{of}{class}"),
            _ => format!("median of {of}{class} ({} to {})", size(self.min), size(self.max)),
        }
    }
}

impl SizeGrounds {
    fn told(&self) -> String {
        match self {
            Self::Path { by, file } => format!("by {by}: {file}"),
            Self::Records { by, bytes } => format!("{}, by {by}", bytes.told("path", "")),
            Self::Class { class, bytes } => bytes.told("output", &format!(" ({class})")),
        }
    }
}

impl ExplainedCost {
    fn row(&self) -> [String; 5] {
        let (known, how) = match &self.reason {
            Some(reason) => (known(self.measured), reason.told()),
            None => (String::new(), "an input source or a hole costs nothing".to_owned()),
        };
        [self.name.clone(), self.system.clone(), seconds(self.seconds), known, how]
    }

    fn output_rows(&self) -> impl Iterator<Item = [String; 5]> {
        let row = |output: &ExplainedOutput| {
            let known = known(output.measured);
            [self.name.clone(), output.output.clone(), size(output.bytes), known, output.reason.told()]
        };
        self.outputs.iter().map(row)
    }
}

impl ExplainedCosts {
    fn headline(&self) -> String {
        let known = |bytes: u64| bytes_known(bytes, self.bytes_measured.unwrap_or_default());
        let bytes = self.bytes.filter(|&bytes| bytes > 0).map(|bytes| format!(", {} ({})", size(bytes), known(bytes)));
        let packed = self.download_bytes.filter(|&bytes| bytes > 0).map(|bytes| format!(", {} packed", size(bytes)));
        let measured = match self.hours.time.measured_share {
            _ if self.hours.time.total == 0.0 => String::new(),
            0.0 => " (all estimated)".to_owned(),
            share => format!(" ({} measured)", fraction(share * 1e6, 1_000_000)),
        };
        format!(
            "{}: {}{measured}{}{}",
            counted(self.derivations.len() as u64, "derivation"),
            duration(self.hours.time.total),
            bytes.unwrap_or_default(),
            packed.unwrap_or_default()
        )
    }

    /// What is left to build to have them.
    fn to_have(&self) -> Option<(String, Vec<String>)> {
        let left = self.to_have.as_ref()?;
        Some((format!("to have them: {}", left.counts()), left.lines()))
    }

    /// Of what is left, what takes longest.
    fn left_rows(&self) -> Vec<[String; 5]> {
        self.to_have.iter().flat_map(|left| left.cost.heavyweight_rows()).collect()
    }

    fn rows(&self) -> impl Iterator<Item = [String; 5]> {
        self.derivations.iter().map(ExplainedCost::row)
    }

    fn output_rows(&self) -> Vec<[String; 5]> {
        self.derivations.iter().flat_map(ExplainedCost::output_rows).collect()
    }
}

impl Render for ExplainedCosts {
    fn table(&self, out: &mut dyn Write, layout: Layout) -> io::Result<()> {
        writeln!(out, "{}", self.headline())?;
        writeln!(out, "{}", table::plain(&COLUMNS, layout, self.rows()))?;
        let outputs = self.output_rows();
        if !outputs.is_empty() {
            writeln!(out, "\n{}", table::plain(&OUTPUTS, layout, outputs))?;
        }
        if let Some((headline, lines)) = self.to_have() {
            writeln!(out, "\n{headline}")?;
            lines.iter().try_for_each(|line| writeln!(out, "  {line}"))?;
            let left = self.left_rows();
            if !left.is_empty() {
                writeln!(out, "\n{}", table::plain(&HEAVYWEIGHTS, layout, left))?;
            }
        }
        Ok(())
    }

    fn markdown(&self, out: &mut dyn Write) -> io::Result<()> {
        writeln!(out, "### Cost\n\n{}\n", self.headline())?;
        writeln!(out, "{}", table::markdown(&COLUMNS, self.rows()))?;
        let outputs = self.output_rows();
        if !outputs.is_empty() {
            writeln!(out, "\n{}", table::markdown(&OUTPUTS, outputs))?;
        }
        if let Some((headline, lines)) = self.to_have() {
            writeln!(out, "\n{headline}\n")?;
            lines.iter().try_for_each(|line| writeln!(out, "- {}", line.trim_start()))?;
            let left = self.left_rows();
            if !left.is_empty() {
                writeln!(out, "\n{}", table::markdown(&HEAVYWEIGHTS, left))?;
            }
        }
        Ok(())
    }

    fn csv(&self, out: &mut dyn Write) -> io::Result<()> {
        let mut rows = Rows::new(out);
        rows.row([
            "drv",
            "name",
            "system",
            "work",
            "seconds",
            "measured",
            "match",
            "records",
            "files",
            "basis",
            "class",
            "of",
            "min",
            "median",
            "max",
            "bytes",
            "size_measured",
        ])?;
        for cost in &self.derivations {
            let empty = String::new;
            let (by, records, files, basis, class, of, spread) = match &cost.reason {
                Some(TimeGrounds::Records { by, records, files, seconds }) => {
                    (*by, records.to_string(), files.join(" "), "", "", empty(), Some(*seconds))
                }
                Some(TimeGrounds::Model { basis, class, of, seconds }) => {
                    ("", empty(), empty(), *basis, class.as_str(), of.to_string(), *seconds)
                }
                None => ("", empty(), empty(), "", "", empty(), None),
            };
            let figure =
                |of: fn(&Seconds) -> f64| spread.as_ref().map(|spread| of(spread).to_string()).unwrap_or_default();
            rows.row([
                cost.drv.as_str(),
                &cost.name,
                &cost.system,
                cost.work.as_str(),
                &cost.seconds.to_string(),
                &cost.measured.to_string(),
                by,
                &records,
                &files,
                basis,
                class,
                &of,
                &figure(|spread| spread.min),
                &figure(|spread| spread.median),
                &figure(|spread| spread.max),
                &cost.bytes.map(|bytes| bytes.to_string()).unwrap_or_default(),
                &cost.size_measured.map(|measured| measured.to_string()).unwrap_or_default(),
            ])?;
        }
        rows.finish()
    }
}
