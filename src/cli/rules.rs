//! `nix-ripple rules`: by what inputs are judged.

use std::path::PathBuf;

use super::Outcome;
use super::error::CliError;
use super::evidence::read_rules;
use super::printer::Printer;
use crate::query::rules;

/// Arguments of `rules`.
#[derive(Debug, clap::Args)]
pub(super) struct Args {
    /// Rules that go before the program's own (repeatable)
    #[arg(long, value_name = "FILE")]
    rules: Vec<PathBuf>,
}

pub(super) fn run(args: Args, printer: &mut Printer) -> Result<Outcome, CliError> {
    printer.report(&rules(&read_rules(&args.rules, printer)?))?;
    Ok(Outcome::Fine)
}
