//! `nix-ripple spurious`: inputs that cannot change what is built.

use std::path::PathBuf;

use super::Outcome;
use super::closure::ClosureArgs;
use super::costs::CostArgs;
use super::error::CliError;
use super::evidence::{EvidenceArgs, grades};
use super::html::HtmlArgs;
use super::impact::SELECTORS;
use super::people::PeopleArgs;
use super::printer::{Printer, counted};
use super::scope::{RatesArgs, ScopeArgs, tell_unknown};
use crate::query::{Baseline, Ignores, SpuriousParams, SpuriousReport, spurious};
use crate::report::html::SpuriousPage;
use crate::role::EffectiveInputs;
use crate::verdict::Grade;

/// How many new pairs are told on stderr.
const NEW: usize = 20;

/// What the columns of the answer mean.
const COLUMNS: &str = "\
Columns:
  one bump      full builds saved when the input is bumped, all its instances together
  a year        full builds saved over a year of bumps of everything (see --bump-rates)
  remedy        drop, detach or split, as of 'overlay'. Where nothing cheap spares the rebuild, the
                table 'no cheap remedy' has what would be saved if the input were not there
  rule          what says so, see 'nix-ripple rules'; nothing where evidence alone does
  kept by       another input that changes with it, so that this remedy alone saves nothing
  time a year   with costs: machine time of the builds saved, the order of the rows; bytes a year: what they
                write, where sizes are given. Wrappers and test builds that come instead are not taken off

Files:
  --bump-rates  CSV with a line PNAME,RATE for each, or a JSON object, pname to rate
  --ignore      TOML: [[ignore]] with input and consumer (globs of pnames), reason, and if wanted rule";

/// Arguments of `spurious`.
#[derive(Debug, clap::Args)]
#[command(after_help = format!("{COLUMNS}\n\n{SELECTORS}"))]
pub(super) struct Args {
    #[command(flatten)]
    scope: ScopeArgs,
    /// The weakest grade that counts
    #[arg(long, value_name = "GRADE", value_parser = grades(), default_value = "inferred")]
    min_grade: Grade,
    /// Also what comes along with others that propagate it
    #[arg(long)]
    effective: bool,
    #[command(flatten)]
    rates: RatesArgs,
    /// How many steps to take in the order in which it pays to act
    #[arg(long, value_name = "N", default_value_t = 10)]
    steps: usize,
    /// How many inputs and pairs a table shows
    #[arg(short = 'n', long, value_name = "N", default_value_t = 20)]
    top: usize,
    /// Pairs that are not to be told, each with a reason
    #[arg(long, value_name = "FILE")]
    ignore: Option<PathBuf>,
    /// Exit with 1 if pairs are flagged that an earlier answer (--format json) lacks
    #[arg(long, value_name = "BASELINE")]
    fail_on_new: Option<PathBuf>,
    #[command(flatten)]
    evidence: EvidenceArgs,
    #[command(flatten)]
    costs: CostArgs,
    #[command(flatten)]
    closure: ClosureArgs,
    #[command(flatten)]
    people: PeopleArgs,
    #[command(flatten)]
    html: HtmlArgs,
}

pub(super) fn run(args: Args, printer: &mut Printer) -> Result<Outcome, CliError> {
    let selectors = args.scope.selectors()?;
    let rates = args.rates.read()?;
    let ignores = args.ignore.as_deref().map(Ignores::read).transpose()?.unwrap_or_default();
    let baseline = args.fail_on_new.as_deref().map(Baseline::read).transpose()?;
    let stated = args.people.load(printer)?;
    let graph = args.closure.load(printer)?;
    let scope = args.scope.resolve(&graph, &selectors)?;
    tell_unknown(&rates, &graph, printer);
    let (verdicts, evidence) = args.evidence.load(&graph, printer)?;
    let costs = args.costs.load_if_given(&graph, printer)?;
    let effective = EffectiveInputs::new(&graph);
    let params = SpuriousParams {
        scope,
        min_grade: args.min_grade,
        effective: args.effective,
        rates: &rates,
        costs: costs.as_ref(),
        ignores: &ignores,
        baseline: baseline.as_ref(),
        steps: args.steps,
        shown: args.top,
    };
    let report = spurious(&graph, &effective, &verdicts, &evidence, &params);
    if args.html.is_given() {
        let owners = stated.of(&graph).by_attribute();
        args.html.write(&SpuriousPage { report: &report, owners: &owners }, printer)?;
    }
    printer.report(&report)?;
    let stale: Vec<String> =
        report.stale_ignores.iter().map(|stale| format!("--ignore: nothing needs {}", stale.line())).collect();
    printer.warnings(&stale);
    Ok(outcome(&report, baseline.as_ref(), printer))
}

/// What is new since the earlier answer, told on stderr.
fn outcome(report: &SpuriousReport, baseline: Option<&Baseline>, printer: &mut Printer) -> Outcome {
    let (Some(baseline), Some(compared)) = (baseline, &report.baseline) else { return Outcome::Fine };
    for difference in baseline.differences(report) {
        printer.warning(&format!("--fail-on-new: the baseline was asked otherwise: {difference}"));
    }
    if compared.gone > 0 {
        let pairs = counted(compared.gone as usize, "pair");
        printer.say(&format!("flagged no more: {pairs} of the baseline"));
    }
    if compared.new == 0 {
        return Outcome::Fine;
    }
    printer.say(&format!("{} that the baseline lacks:", counted(compared.new as usize, "flagged pair")));
    let mut new = report.edges.iter().filter(|edge| edge.new == Some(true));
    for edge in new.by_ref().take(NEW) {
        printer.say(&format!("  + {}", edge.line()));
    }
    let more = new.count();
    if more > 0 {
        printer.say(&format!("  … and {more} more"));
    }
    Outcome::ThresholdPassed
}
