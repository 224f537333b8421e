//! `--html`: the answer as a page.

use std::path::PathBuf;

use super::error::CliError;
use super::printer::Printer;
use crate::graph::replace_file;
use crate::report::html::{Pictured, write_page};

/// Where a page goes.
#[derive(Debug, Clone, clap::Args)]
#[command(next_help_heading = "Output")]
pub(super) struct HtmlArgs {
    /// Write the answer as a page, too: one HTML file, to look at and to send
    #[arg(long, value_name = "FILE")]
    html: Option<PathBuf>,
}

impl HtmlArgs {
    /// Whether a page is asked for.
    pub(super) fn is_given(&self) -> bool {
        self.html.is_some()
    }

    /// Writes the page of a report, if it is asked for; never half of one.
    pub(super) fn write(&self, report: &impl Pictured, printer: &mut Printer) -> Result<(), CliError> {
        let Some(path) = &self.html else { return Ok(()) };
        let failed = |source| CliError::Write { path: path.display().to_string(), source };
        let mut text = Vec::new();
        write_page(&report.page(), &mut text).map_err(failed)?;
        replace_file(path, &text).map_err(failed)?;
        printer.say(&format!("wrote {} ({} KB)", path.display(), text.len().div_ceil(1_000)));
        Ok(())
    }
}
