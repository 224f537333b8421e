//! `nix-ripple channels`: what built outputs can offer a build.

use std::path::PathBuf;

use super::Outcome;
use super::error::CliError;
use super::printer::Printer;
use crate::proof::outputs::{Built, ChannelsReport};

/// Arguments of `channels`.
#[derive(Debug, clap::Args)]
#[command(after_help = "\
Examples:
  nix-ripple channels result
  nix-ripple channels result --format json")]
pub(super) struct Args {
    /// Outputs: store paths, links to them, other folders and files, archives (NAR), listings (.ls)
    #[arg(required = true, value_name = "PATH")]
    paths: Vec<PathBuf>,
    /// Where the store lies: DIR/nix/store
    #[arg(long, value_name = "DIR")]
    store_root: Option<PathBuf>,
}

pub(super) fn run(args: Args, printer: &mut Printer) -> Result<Outcome, CliError> {
    let open = |path: &PathBuf| Built::open(path, args.store_root.as_deref());
    let outputs = args.paths.iter().map(open).collect::<Result<Vec<_>, _>>()?;
    let report = printer.with_progress_of("looking through files", None, |_| ChannelsReport::of(&outputs));
    let unread = report.outputs.iter().flat_map(|output| {
        output.unread.iter().map(|path| format!("{}: the content of {path} is not known", output.output))
    });
    printer.warnings(&unread.collect::<Vec<_>>());
    printer.report(&report)?;
    Ok(Outcome::Fine)
}
