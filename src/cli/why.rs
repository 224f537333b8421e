//! `nix-ripple why`: how a bump reaches a derivation.

use super::Outcome;
use super::closure::ClosureArgs;
use super::error::CliError;
use super::impact::SELECTORS;
use super::printer::Printer;
use crate::query::{Selector, WhyParams, resolve, why};

/// Arguments of `why`.
#[derive(Debug, clap::Args)]
#[command(after_help = SELECTORS)]
pub(super) struct Args {
    /// What is bumped; a bare word is extended to all instances
    from: String,
    /// What is rebuilt by it; taken as named, never extended
    to: String,
    /// Take FROM as named, too
    #[arg(long)]
    only: bool,
    /// How many of the shortest paths to list
    #[arg(long, value_name = "N", default_value_t = 5)]
    paths: usize,
    #[command(flatten)]
    closure: ClosureArgs,
}

pub(super) fn run(args: Args, printer: &mut Printer) -> Result<Outcome, CliError> {
    let from = Selector::expand(&[&args.from])?;
    let to = Selector::expand(&[&args.to])?;
    let graph = args.closure.load(printer)?;
    let nodes = |bumps: Vec<crate::query::Bump>| {
        let mut nodes: Vec<_> = bumps.into_iter().flat_map(|bump| bump.nodes).collect();
        nodes.sort_unstable();
        nodes.dedup();
        nodes
    };
    let from = nodes(resolve(&graph, &from, args.only)?);
    let to = nodes(resolve(&graph, &to, true)?);
    printer.report(&why(&graph, &from, &to, &WhyParams { paths: args.paths }))?;
    Ok(Outcome::Fine)
}
