//! `nix-ripple waves`: which bumps go together, in what order, at what price.

use clap::Subcommand;

use super::{plan, status};
use crate::cli::Outcome;
use crate::cli::error::CliError;
use crate::cli::impact::SELECTORS;
use crate::cli::printer::Printer;

/// Arguments of `waves`.
#[derive(Debug, clap::Args)]
#[command(args_conflicts_with_subcommands = true, after_help = SELECTORS)]
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
