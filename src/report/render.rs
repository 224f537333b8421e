//! A report and its forms.

use std::io::{self, Write};

use serde::Serialize;

use super::paint::painted;
use super::table::Layout;

/// In which form a report is written.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Format {
    /// Tables for a terminal.
    Table,
    /// One JSON object; its shape is part of the interface (see the README).
    Json,
    /// For a pull request comment.
    Markdown,
    /// Comma-separated values with a header line.
    Csv,
    /// A picture for Graphviz.
    Dot,
}

/// A report that cannot be written as asked.
#[derive(Debug, thiserror::Error)]
pub enum RenderError {
    /// The report has no such form.
    #[error("this report has no {0} form; its forms are {1}")]
    NoSuchForm(&'static str, &'static str),
    /// Writing failed.
    #[error(transparent)]
    Io(#[from] io::Error),
}

/// A report that can be written.
pub trait Render: Serialize {
    /// For a terminal.
    ///
    /// # Errors
    /// When writing fails.
    fn table(&self, out: &mut dyn Write, layout: Layout) -> io::Result<()>;
    /// For a pull request.
    ///
    /// # Errors
    /// When writing fails.
    fn markdown(&self, out: &mut dyn Write) -> io::Result<()>;
    /// Rows for a spreadsheet.
    ///
    /// # Errors
    /// When writing fails.
    fn csv(&self, out: &mut dyn Write) -> io::Result<()>;
    /// A picture; `None` when the report has none.
    fn dot(&self) -> Option<String> {
        None
    }
}

/// Writes a report.
///
/// # Errors
/// When the report has no such form, or writing fails.
pub fn render(report: &impl Render, format: Format, layout: Layout, out: &mut dyn Write) -> Result<(), RenderError> {
    match format {
        Format::Table if layout.colours => {
            let mut text = Vec::new();
            report.table(&mut text, layout)?;
            out.write_all(painted(&String::from_utf8_lossy(&text)).as_bytes())?;
        }
        Format::Table => report.table(out, layout)?,
        Format::Markdown => report.markdown(out)?,
        Format::Csv => report.csv(out)?,
        Format::Json => {
            serde_json::to_writer_pretty(&mut *out, report).map_err(io::Error::from)?;
            writeln!(out)?;
        }
        Format::Dot => match report.dot() {
            Some(text) => out.write_all(text.as_bytes())?,
            None => return Err(RenderError::NoSuchForm("dot", "table, json, markdown and csv")),
        },
    }
    Ok(())
}
