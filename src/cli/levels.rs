//! `nix-ripple levels`: what waits for what.

use std::path::PathBuf;

use super::Outcome;
use super::closure::ClosureArgs;
use super::costs::CostArgs;
use super::error::CliError;
use super::impact::SELECTORS;
use super::printer::Printer;
use crate::query::{LevelsParams, RepositoryMap, Selector, levels};
use crate::report::Format;

const EXAMPLES: &str = "\
Examples:
  nix-ripple levels
  nix-ripple levels 'attr:python311Packages.*' --list
  nix-ripple levels 'attr:python311Packages.*' --format dot > levels.dot
  nix-ripple levels --repositories repositories.csv";

/// Arguments of `levels`.
#[derive(Debug, clap::Args)]
#[command(after_help = format!("{SELECTORS}\n\n{EXAMPLES}"))]
pub(super) struct Args {
    /// A package set (attr:python3Packages.*), as named, never extended; all that is built by default
    #[arg(value_name = "SELECTOR")]
    selectors: Vec<String>,
    /// List every derivation with its level
    #[arg(long)]
    list: bool,
    /// Which repository has which package: TOML, a JSON object or CSV, selector to repository
    #[arg(long, value_name = "FILE")]
    repositories: Option<PathBuf>,
    /// Bare words of that file mean only what they name, not its other instances
    #[arg(long, requires = "repositories")]
    only: bool,
    #[command(flatten)]
    costs: CostArgs,
    #[command(flatten)]
    closure: ClosureArgs,
}

pub(super) fn run(args: Args, printer: &mut Printer) -> Result<Outcome, CliError> {
    let selectors = Selector::expand(&args.selectors)?;
    let map = args.repositories.as_deref().map(RepositoryMap::read).transpose()?;
    let graph = args.closure.load(printer)?;
    let costs = args.costs.load_if_given(&graph, printer)?;
    let picture = printer.format() == Format::Dot;
    // a picture of a set is one of its members
    let list = args.list || printer.format() == Format::Csv || (picture && !selectors.is_empty());
    let params = LevelsParams {
        list: list && !(picture && map.is_some()),
        edges: picture || printer.format() == Format::Json,
        costs: costs.as_ref(),
        repositories: map.as_ref().map(|map| (map, args.only)),
    };
    let report = levels(&graph, &selectors, params)?;
    if let Some(repositories) = &report.repositories {
        let unknown = repositories.unknown.iter().map(|unknown| {
            let nearest = match unknown.nearest.as_slice() {
                [] => String::new(),
                names => format!("; did you mean {}?", names.join(", ")),
            };
            format!("--repositories: '{}' matches nothing in this closure{nearest}", unknown.selector)
        });
        printer.warnings(&unknown.chain(repositories.notes.iter().cloned()).collect::<Vec<String>>());
    }
    printer.report(&report)?;
    Ok(Outcome::Fine)
}
