//! `nix-ripple cost`: what derivations cost, and on what grounds.

use super::Outcome;
use super::cached::CachedArgs;
use super::closure::ClosureArgs;
use super::costs::CostArgs;
use super::error::CliError;
use super::impact::SELECTORS;
use super::printer::Printer;
use crate::query::{Selector, explain_costs, resolve};
use crate::report::Format;

/// How many of the builds that are left a table shows.
const LEFT: usize = 10;

/// Arguments of `cost`.
#[derive(Debug, clap::Args)]
#[command(after_help = SELECTORS)]
pub(super) struct Args {
    /// What to price; taken as named, never extended
    #[arg(value_name = "SELECTOR", required = true)]
    selectors: Vec<String>,
    #[command(flatten)]
    costs: CostArgs,
    #[command(flatten)]
    cached: CachedArgs,
    #[command(flatten)]
    closure: ClosureArgs,
}

pub(super) fn run(args: Args, printer: &mut Printer) -> Result<Outcome, CliError> {
    let selectors = Selector::expand(&args.selectors)?;
    let graph = args.closure.load(printer)?;
    let bumps = resolve(&graph, &selectors, true)?;
    let costs = args.costs.load(&graph, printer)?;
    let cached = args.cached.load_if_given(&graph, printer)?;
    // all of them where a program reads
    let top = if matches!(printer.format(), Format::Table | Format::Markdown) { LEFT } else { usize::MAX };
    let cached = cached.as_ref().map(|cached| (cached, top));
    printer.report(&explain_costs(&graph, &costs, &bumps, cached))?;
    Ok(Outcome::Fine)
}
