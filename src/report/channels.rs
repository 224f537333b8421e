//! The report of channels as text.

use std::io::{self, Write};

use super::Render;
use super::rows::Rows;
use super::table::{self, Column, Layout, number};
use crate::proof::outputs::{ChannelsReport, Offered, OutputChannels};

const COLUMNS: [Column; 3] = [("channel", false), ("count", true), ("names", false)];

/// How many names of a channel a table shows.
const NAMED: usize = 6;

impl Offered {
    fn some(&self) -> String {
        let mut names: Vec<String> = self.names.iter().take(NAMED).cloned().collect();
        if let Some(more) = self.names.len().checked_sub(NAMED).filter(|more| *more > 0) {
            names.push(format!("and {} more", number(more as u64)));
        }
        names.join(", ")
    }
}

impl OutputChannels {
    fn rows(&self) -> impl Iterator<Item = [String; 3]> {
        self.channels.iter().map(|offered| [offered.channel.as_str().to_owned(), number(offered.count), offered.some()])
    }

    fn headline(&self) -> String {
        match self.channels.as_slice() {
            [] => format!("{}: offers nothing", self.output),
            _ => self.output.clone(),
        }
    }
}

impl Render for ChannelsReport {
    fn table(&self, out: &mut dyn Write, layout: Layout) -> io::Result<()> {
        for (nth, output) in self.outputs.iter().enumerate() {
            if nth > 0 {
                writeln!(out)?;
            }
            writeln!(out, "{}", table::printable(&output.headline()))?;
            if !output.channels.is_empty() {
                writeln!(out, "{}", table::plain(&COLUMNS, layout, output.rows()))?;
            }
        }
        Ok(())
    }

    fn markdown(&self, out: &mut dyn Write) -> io::Result<()> {
        writeln!(out, "### Channels")?;
        for output in &self.outputs {
            writeln!(out, "\n**{}**", table::escape(&output.headline()))?;
            if !output.channels.is_empty() {
                writeln!(out, "\n{}", table::markdown(&COLUMNS, output.rows()))?;
            }
        }
        Ok(())
    }

    /// A row for each name.
    fn csv(&self, out: &mut dyn Write) -> io::Result<()> {
        let mut rows = Rows::new(out);
        rows.row(["output", "channel", "name"])?;
        for output in &self.outputs {
            for offered in &output.channels {
                for name in &offered.names {
                    rows.row([output.output.as_str(), offered.channel.as_str(), name])?;
                }
            }
        }
        rows.finish()
    }
}
