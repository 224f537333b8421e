//! `nix-ripple rank`: which bumps rebuild the most.

use super::Outcome;
use super::closure::ClosureArgs;
use super::error::CliError;
use super::printer::Printer;
use crate::query::{RankParams, rank};
use crate::report::Format;

/// How many a table shows unless told otherwise.
const TOP: usize = 20;

/// Arguments of `rank`.
#[derive(Debug, clap::Args)]
pub(super) struct Args {
    /// The first N; default: 20 in a table or markdown, all in JSON and CSV
    #[arg(short = 'n', long, value_name = "N", conflicts_with = "all")]
    top: Option<usize>,
    /// All of them
    #[arg(long)]
    all: bool,
    #[command(flatten)]
    closure: ClosureArgs,
}

pub(super) fn run(args: Args, printer: &mut Printer) -> Result<Outcome, CliError> {
    let graph = args.closure.load(printer)?;
    let reading = matches!(printer.format(), Format::Table | Format::Markdown);
    let top = if args.all { None } else { args.top.or(reading.then_some(TOP)) };
    printer.report(&rank(&graph, RankParams { top }))?;
    Ok(Outcome::Fine)
}
