//! `--html`: the answer as a page.

use std::fs::File;
use std::io::Read as _;
use std::path::{Path, PathBuf};

use super::error::CliError;
use super::printer::Printer;
use crate::graph::replace_file;
use crate::report::html::{BEGINNING, Pictured, write_page};

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
        check(path)?;
        let failed = |source| CliError::Write { path: path.display().to_string(), source };
        let mut text = Vec::new();
        write_page(&report.page(), &mut text).map_err(failed)?;
        replace_file(path, &text).map_err(failed)?;
        printer.say(&format!("wrote {} ({} KB)", path.display(), text.len().div_ceil(1_000)));
        Ok(())
    }
}

/// Looks that nothing but an earlier page would be lost: what is there may be what the command reads.
fn check(path: &Path) -> Result<(), CliError> {
    if path == Path::new("-") {
        return Err(CliError::PageNowhere);
    }
    let Ok(metadata) = std::fs::metadata(path) else { return Ok(()) };
    let mut begins = Vec::new();
    let is_page = metadata.is_file()
        && File::open(path).and_then(|file| file.take(BEGINNING.len() as u64).read_to_end(&mut begins)).is_ok()
        && (begins.is_empty() || begins.eq_ignore_ascii_case(BEGINNING.as_bytes()));
    if is_page { Ok(()) } else { Err(CliError::NoPage(path.display().to_string())) }
}
