//! `nix-ripple waves`: which bumps go together, in what order, at what price.

use clap::Subcommand;

use super::{plan, status};
use crate::cli::Outcome;
use crate::cli::error::CliError;
use crate::cli::impact::SELECTORS;
use crate::cli::printer::Printer;

const EXAMPLES: &str = "\
Examples:
  nix-ripple waves --bumps bumps.toml --html waves.html
  nix-ripple waves glibc python311 llvm --max-waves 2
  nix-ripple waves --bumps bumps.toml --builders 8
  nix-ripple waves --bumps bumps.toml --format json > plan.json
  nix-ripple waves --bumps bumps.toml --keep plan.json --locked 1";

/// Arguments of `waves`.
#[derive(Debug, clap::Args)]
#[command(args_conflicts_with_subcommands = true, after_help = format!("{SELECTORS}\n\n{EXAMPLES}"))]
pub(in crate::cli) struct Args {
    #[command(subcommand)]
    step: Option<Step>,
    #[command(flatten)]
    plan: plan::PlanArgs,
}

#[derive(Debug, Subcommand)]
enum Step {
    /// How far the waves of a plan are, by results of builds
    Status(Box<status::StatusArgs>),
}

pub(in crate::cli) fn run(args: Args, printer: &mut Printer) -> Result<Outcome, CliError> {
    match args.step {
        None => plan::run(args.plan, printer),
        Some(Step::Status(args)) => status::run(*args, printer),
    }
}
