//! `nix-ripple cost`: what derivations cost, and on what grounds.

use super::Outcome;
use super::closure::ClosureArgs;
use super::error::CliError;
use super::impact::SELECTORS;
use super::pricing::PricingArgs;
use super::printer::Printer;
use crate::query::{Selector, explain_costs, resolve};

const EXAMPLES: &str = "\
Examples:
  nix-ripple cost curl --times times.csv
  nix-ripple cost curl --cached built.txt --builders 4";

/// Arguments of `cost`.
#[derive(Debug, clap::Args)]
#[command(after_help = format!("{SELECTORS}\n\n{EXAMPLES}"))]
pub(super) struct Args {
    /// What to price; taken as named, never extended
    #[arg(value_name = "SELECTOR", required = true)]
    selectors: Vec<String>,
    #[command(flatten)]
    pricing: PricingArgs,
    #[command(flatten)]
    closure: ClosureArgs,
}

pub(super) fn run(args: Args, printer: &mut Printer) -> Result<Outcome, CliError> {
    let selectors = Selector::expand(&args.selectors)?;
    let graph = args.closure.load(printer)?;
    let bumps = resolve(&graph, &selectors, true)?;
    let pricing = args.pricing.load(&graph, printer)?;
    printer.report(&explain_costs(&graph, &bumps, pricing.params()))?;
    Ok(Outcome::Fine)
}
