//! `nix-ripple candidates`: what to prove next.

use super::Outcome;
use super::closure::ClosureArgs;
use super::costs::CostArgs;
use super::error::CliError;
use super::evidence::EvidenceArgs;
use super::impact::SELECTORS;
use super::printer::Printer;
use super::scope::{RatesArgs, ScopeArgs, tell_unknown};
use crate::query::{CandidatesParams, DEFAULT_MINUTES, candidates};
use crate::report::Format;
use crate::role::EffectiveInputs;

/// How many a table shows unless told otherwise.
const TOP: usize = 20;

/// What stands for the expression in commands where none is given.
const FILE: &str = "FILE";

/// What the columns of the answer mean.
const COLUMNS: &str = "\
Columns:
  claim         what rules or evidence say of the input, short of a proof
  likely        how likely an experiment is taken to confirm it: 50 % of what is suspected, 90 % of
                what is inferred, 95 % of what is observed. Assumed, not measured
  saves a year  full builds that the remedy saves over a year of bumps of everything (--bump-rates), on
                all derivations of the recipe: a proof holds for all of them
  cost          builds of the package that 'prove' makes: two as it is (with its first candidate; the
                others share them), without the input once or twice, with a stub once. How long they
                take: by experiments with the package among the evidence, else a guess (~)
  per hour      builds a year expected to be saved for each hour of experiments, the order of the rows. An
                ordering, not a forecast

With costs (--cost, --times, --sizes):
  time a year   machine time of the builds that the remedy saves; bytes a year: what they write
  time per hour the same of what is expected, for each hour of experiments: the order of the rows. A build
                of an experiment takes what builds of the package cost, unless experiments tell";

/// Arguments of `candidates`.
#[derive(Debug, clap::Args)]
#[command(after_help = format!("{COLUMNS}\n\n{SELECTORS}"))]
pub(super) struct Args {
    #[command(flatten)]
    scope: ScopeArgs,
    /// The first N; default: 20 in a table or markdown, all in JSON and CSV
    #[arg(short = 'n', long, value_name = "N", conflicts_with = "all")]
    top: Option<usize>,
    /// All of them
    #[arg(long)]
    all: bool,
    #[command(flatten)]
    rates: RatesArgs,
    #[command(flatten)]
    pace: PaceArgs,
    #[command(flatten)]
    evidence: EvidenceArgs,
    #[command(flatten)]
    costs: CostArgs,
    #[command(flatten)]
    closure: ClosureArgs,
}

/// How long experiments take.
#[derive(Debug, Clone, Copy, clap::Args)]
pub(super) struct PaceArgs {
    /// How long a build is taken to last where no experiment with the package tells, in minutes
    #[arg(long, value_name = "M", default_value_t = DEFAULT_MINUTES, value_parser = minutes)]
    pub(super) build_minutes: f64,
}

pub(super) fn minutes(text: &str) -> Result<f64, String> {
    let minutes: Option<f64> = text.parse().ok();
    // a week is long for one build
    let known = minutes.filter(|minutes| *minutes > 0.0 && *minutes <= 10_080.0);
    known.ok_or_else(|| "expected minutes, above 0 and at most 10080".to_owned())
}

pub(super) fn run(args: Args, printer: &mut Printer) -> Result<Outcome, CliError> {
    let selectors = args.scope.selectors()?;
    let rates = args.rates.read(printer)?;
    let graph = args.closure.load(printer)?;
    let scope = args.scope.resolve(&graph, &selectors)?;
    tell_unknown(&rates, &graph, printer);
    let (verdicts, evidence) = args.evidence.load(&graph, printer)?;
    let costs = args.costs.load_if_given(&graph, printer)?;
    let reading = matches!(printer.format(), Format::Table | Format::Markdown);
    let file = args.closure.expression().map_or_else(|| FILE.to_owned(), |file| file.display().to_string());
    let params = CandidatesParams {
        scope: scope.map(|(_, nodes)| nodes),
        bumps: &rates.year(&graph),
        minutes: args.pace.build_minutes,
        costs: costs.as_ref(),
        file: &file,
        top: if args.all { None } else { args.top.or(reading.then_some(TOP)) },
    };
    let effective = EffectiveInputs::new(&graph);
    printer.report(&candidates(&graph, &effective, &verdicts, &evidence, &params))?;
    Ok(Outcome::Fine)
}
