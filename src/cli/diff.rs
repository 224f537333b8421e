//! `nix-ripple diff`: what changed between two evaluations, and which edit causes what.

use std::path::PathBuf;

use super::Outcome;
use super::error::CliError;
use super::evidence::EvidenceArgs;
use super::html::HtmlArgs;
use super::people::PeopleArgs;
use super::pricing::{Pricing, PricingArgs};
use super::printer::Printer;
use super::side::{LoadedSide, SideArgs};
use crate::proof::Texts;
use crate::query::{Diff, DiffReport, Judged, Listed, needless_builds, systems_without_evidence};
use crate::report::DiffPage;
use crate::role::EffectiveInputs;
use crate::verdict::Verdicts;

/// Arguments of `diff`.
#[derive(Debug, clap::Args)]
#[command(after_help = "\
A side is a snapshot, anything that 'ingest' takes, or what is evaluated: a .nix file, a folder
with a default.nix, <name>. One side alone is compared with itself under other arguments.

Examples:
  nix-ripple diff base.ripple head.ripple --format markdown
  nix-ripple diff --git master..HEAD --fail-over 500
  nix-ripple diff . --new-config '{ cudaSupport = true; }' -A python3Packages
  nix-ripple diff old.jsonl new.jsonl --old-with old-derivations.json --new-with new-derivations.json")]
pub(super) struct Args {
    /// What is compared with
    #[arg(value_name = "OLD")]
    old: Option<PathBuf>,
    /// What is compared; OLD with the arguments for the new side, if left out
    #[arg(value_name = "NEW")]
    new: Option<PathBuf>,
    #[command(flatten)]
    sides: SideArgs,
    #[command(flatten)]
    evidence: EvidenceArgs,
    #[command(flatten)]
    pricing: PricingArgs,
    #[command(flatten)]
    people: PeopleArgs,
    /// Write handles in markdown so that people are told
    #[arg(long, help_heading = "People")]
    mention: bool,
    /// How many causes a table shows
    #[arg(long, value_name = "N", default_value_t = 20, conflicts_with = "all", help_heading = "Output")]
    limit: usize,
    /// All causes
    #[arg(long, help_heading = "Output")]
    all: bool,
    /// Exit with 1 if more than N attributes are rebuilt (derivations, where there are no attributes)
    #[arg(long, value_name = "N", help_heading = "Output")]
    fail_over: Option<u64>,
    #[command(flatten)]
    html: HtmlArgs,
}

pub(super) fn run(args: Args, printer: &mut Printer) -> Result<Outcome, CliError> {
    // better now than after an evaluation
    let stated = args.people.load(printer)?;
    let (old, new) = args.sides.load(args.old.as_deref(), args.new.as_deref(), printer)?;
    let diff = Diff::of(&old.graph, &new.graph);
    let pricing = args.pricing.load_if_given(&new.graph, printer)?;
    let costs = pricing.as_ref().map(|pricing| &pricing.costs);
    let mut built = if args.html.is_given() { diff.list(costs) } else { Vec::new() };
    let owned = stated.of(&new.graph);
    owned.tell(&mut built);
    let mut report = report(&args, &diff, [&old, &new], pricing.as_ref(), &mut built, printer)?;
    report.people = diff.people(&report.causes, &stated.maintainers, stated.rules.as_ref());
    let causes = if args.all { None } else { Some(args.limit) };
    let owners = args.html.is_given().then(|| owned.by_attribute());
    let page = DiffPage { report: &report, causes, mention: args.mention, built: &built, owners: owners.as_ref() };
    args.html.write(&page, printer)?;
    printer.report(&page)?;
    let (count, what) = report.weighed();
    Ok(Outcome::of(count, what, args.fail_over, printer))
}

/// The answer, and in the list of what is built what is needless of it.
fn report(
    args: &Args,
    diff: &Diff<'_>,
    [old, new]: [&LoadedSide; 2],
    pricing: Option<&Pricing>,
    built: &mut [Listed],
    printer: &mut Printer,
) -> Result<DiffReport, CliError> {
    let [of_old, of_new] = diff.wanted_texts();
    let texts = [Texts::of(&old.graph, &of_old, &old.texts)?, Texts::of(&new.graph, &of_new, &new.texts)?];
    let sides = [old.name.clone(), new.name.clone()];
    let price = pricing.map(Pricing::params);
    let costs = pricing.map(|pricing| &pricing.costs);
    if !args.evidence.is_given() {
        return Ok(diff.report(sides, [&texts[0], &texts[1]], Vec::new(), price));
    }
    let (verdicts, evidence) = args.evidence.load(&new.graph, printer)?;
    let effective = EffectiveInputs::new(&new.graph);
    let needless = needless_builds(&new.graph, &effective, &verdicts, &diff.bumped(), costs);
    needless.tell(built);
    let mut report = diff.report(sides, [&texts[0], &texts[1]], args.evidence.keeps(needless.by_grade), price);
    report.notes.extend(systems_without_evidence(&new.graph, &verdicts, &report.derivations.by_system));
    // what evidence does not find on the old side was told of the new one
    let (before, _) = Verdicts::with_rules(&old.graph, &evidence, args.evidence.rules()?);
    let old_costs = match costs {
        Some(_) => Some(args.pricing.costs.load_silently(&old.graph)?),
        None => None,
    };
    let old = Judged { effective: &EffectiveInputs::new(&old.graph), verdicts: &before, costs: old_costs.as_ref() };
    let new = Judged { effective: &effective, verdicts: &verdicts, costs };
    report.spurious = Some(diff.spurious(old, new));
    Ok(report)
}
