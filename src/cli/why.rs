//! `nix-ripple why`: how a bump reaches a derivation.

use clap::ValueEnum;

use super::Outcome;
use super::closure::ClosureArgs;
use super::error::CliError;
use super::evidence::RemedyArgs;
use super::impact::SELECTORS;
use super::printer::Printer;
use crate::query::{CutOver, Selector, WhyParams, cut, resolve, why};
use crate::role::EffectiveInputs;

const EXAMPLES: &str = "\
Examples:
  nix-ripple why openssl curl
  nix-ripple why openssl curl --format dot > why.dot
  nix-ripple why pillow python311Packages.matplotlib --cut any";

/// Arguments of `why`.
#[derive(Debug, clap::Args)]
#[command(after_help = format!("{SELECTORS}\n\n{EXAMPLES}"), mut_arg("evidence", |evidence| evidence.requires("cut")))]
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
    /// The fewest edges whose removal frees TO from FROM: of those for which evidence allows a
    /// remedy, or of any
    #[arg(long, value_name = "OVER", num_args = 0..=1, default_missing_value = "evidence")]
    cut: Option<Over>,
    #[command(flatten)]
    remedies: RemedyArgs,
    #[command(flatten)]
    closure: ClosureArgs,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
enum Over {
    Evidence,
    Any,
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
    let mut report = why(&graph, &from, &to, &WhyParams { paths: args.paths });
    if let Some(over) = args.cut {
        let (verdicts, _) = args.remedies.evidence.load(&graph, printer)?;
        let over = match over {
            Over::Evidence => CutOver::Evidence(args.remedies.min_grade),
            Over::Any => CutOver::Any,
        };
        report.cut = Some(cut(&graph, &EffectiveInputs::new(&graph), &verdicts, &from, &to, over));
    }
    printer.report(&report)?;
    Ok(Outcome::Fine)
}
