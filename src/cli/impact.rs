//! `nix-ripple impact`: what a bump rebuilds.

use std::collections::BTreeSet;

use clap::ValueEnum;

use super::Outcome;
use super::closure::ClosureArgs;
use super::error::CliError;
use super::evidence::RemedyArgs;
use super::html::HtmlArgs;
use super::people::PeopleArgs;
use super::pricing::PricingArgs;
use super::printer::Printer;
use crate::cost::Costs;
use crate::graph::{Graph, NodeId};
use crate::query::{
    Bump, ImpactParams, ImpactReport, Listed, RemedyParams, Selector, WhatIf, farm_runs, impact, needless_builds,
    price, remedied, remedies, resolve, spread, systems_without_evidence,
};
use crate::report::Format;
use crate::role::EffectiveInputs;

/// What selectors are, for the help of every command that takes them.
pub(super) const SELECTORS: &str = "\
Selectors:
  WORD         an exact attribute, else the last part of attributes, else a pname; extended to
               all instances (same source, or same pname and version) unless --only
  attr:GLOB    attributes                      pname:NAME   derivations by pname
  name:GLOB    derivations by name             src:X        all built from a source (path or name)
  file:PATH    attributes by meta.position     /nix/store/… a derivation, output or source
  @FILE        selectors from a file, one a line";

/// What `--what-if` takes.
const REMEDIES: &str = "\
Remedies (A, B, C and PKG are selectors):
  drop:A->B          B no longer has the input A; who had it by way of B, and may need it, lists it
  split:A->C         C is built without A, and a light wrapper around it records A
  split:C            the same, for what is bumped and what evidence calls reference-only
  detach:A[->B]      A moves to a test build of B's own; without B wherever it is there for the tests
  detach-tests[:PKG] the check-only inputs (of PKG) move to a test build of their own
  ca                 all is content-addressed; what evidence says changes no output stops there
'detach-tests' and 'ca' go by --evidence.";

/// How many hubs within a hub a page shows.
const WITHIN: usize = 6;

/// How many builds on a farm a page tells each by itself.
const FARM_RUNS: usize = 2_000;

const EXAMPLES: &str = "\
Examples:
  nix-ripple impact pillow
  nix-ripple impact openssl --times times.csv --builders 8
  nix-ripple impact pillow --cost --html pillow.html
  nix-ripple impact pillow --list=attribute --format csv > rebuilt.csv
  nix-ripple impact pillow --what-if 'split:pillow->matplotlib'
  nix-ripple impact zlib --fail-over 100    # exit code 1: more is rebuilt";

/// Arguments of `impact`.
#[derive(Debug, clap::Args)]
#[command(after_help = format!("{SELECTORS}\n\n{REMEDIES}\n\n{EXAMPLES}"))]
pub(super) struct Args {
    /// What is bumped
    #[arg(value_name = "SELECTOR", required = true)]
    selectors: Vec<String>,
    /// Bump only what a bare word names, not its other instances
    #[arg(long)]
    only: bool,
    /// List what is rebuilt (in tables and CSV by derivation, or by attribute)
    #[arg(long, value_name = "BY", num_args = 0..=1, require_equals = true, default_missing_value = "derivation")]
    list: Option<ListBy>,
    /// List only what is at most N edges away (1: direct consumers); implies --list
    #[arg(long, value_name = "N")]
    depth: Option<u32>,
    /// Print the paths of the rebuilt derivations and nothing else, for nix-store -r
    #[arg(long, conflicts_with = "list")]
    print_drv: bool,
    /// How many hubs to show
    #[arg(long, value_name = "N", default_value_t = 10)]
    hubs: usize,
    /// Exit with 1 if more than N attributes are rebuilt (derivations, where there are no attributes);
    /// remedies do not count here
    #[arg(long, value_name = "N")]
    fail_over: Option<u64>,
    /// What a remedy would change (repeatable, all together): drop:A->B, split:C, split:A->C,
    /// detach:A, detach:A->B, detach-tests, detach-tests:PKG, ca
    #[arg(long, value_name = "REMEDY")]
    what_if: Vec<String>,
    #[command(flatten)]
    remedies: RemedyArgs,
    #[command(flatten)]
    pricing: PricingArgs,
    #[command(flatten)]
    people: PeopleArgs,
    #[command(flatten)]
    closure: ClosureArgs,
    #[command(flatten)]
    html: HtmlArgs,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
enum ListBy {
    #[value(alias = "derivations")]
    Derivation,
    #[value(alias = "attributes")]
    Attribute,
}

pub(super) fn run(args: Args, printer: &mut Printer) -> Result<Outcome, CliError> {
    let selectors = Selector::expand(&args.selectors)?;
    let what_ifs = args.what_if.iter().map(|text| WhatIf::parse(text)).collect::<Result<Vec<_>, _>>()?;
    let stated = args.people.load(printer)?;
    let graph = args.closure.load(printer)?;
    let bumps = resolve(&graph, &selectors, args.only)?;
    let list = args.list.is_some() || args.depth.is_some() || args.print_drv || printer.format() == Format::Csv;
    // a page has all of them, and a filter
    let depth = args.depth.filter(|_| !args.html.is_given());
    let params = ImpactParams { list: list || args.html.is_given(), depth, hubs: args.hubs };
    let mut report = impact(&graph, &bumps, &params);
    let pricing = args.pricing.load_if_given(&graph, printer)?;
    if let Some(pricing) = &pricing {
        price(&graph, &bumps, pricing.params(), &mut report);
    }
    let costs = pricing.as_ref().map(|pricing| &pricing.costs);
    judge(&args, &graph, &bumps, &what_ifs, costs, &mut report, printer)?;
    if let Some(list) = &mut report.list {
        stated.of(&graph).tell(list);
    }
    if args.html.is_given() {
        report.spread = spread(&graph, &bumps, &[args.hubs, WITHIN, WITHIN]);
        report.farm = pricing.as_ref().and_then(|pricing| farm_runs(&graph, &bumps, pricing.params(), FARM_RUNS));
        args.html.write(&report, printer)?;
    }
    if !list {
        report.list = None;
    }
    if let (Some(list), Some(depth)) = (&mut report.list, args.depth) {
        list.retain(|listed| listed.distance <= depth);
    }
    if args.print_drv {
        let built = |listed: &&Listed| !listed.fetched && listed.after.is_none_or(|after| after.build);
        for listed in report.list.iter().flatten().filter(built) {
            printer.line(&listed.drv)?;
        }
    } else {
        if args.list == Some(ListBy::Attribute) {
            report.list_by_attribute();
        }
        printer.report(&report)?;
    }
    Ok(outcome(&report, args.fail_over, printer))
}

/// What evidence and remedies say of the bump.
fn judge(
    args: &Args,
    graph: &Graph,
    bumps: &[Bump],
    what_ifs: &[WhatIf],
    costs: Option<&Costs>,
    report: &mut ImpactReport,
    printer: &mut Printer,
) -> Result<(), CliError> {
    let min_grade = args.remedies.min_grade;
    if !args.remedies.evidence.is_given(printer) && what_ifs.is_empty() {
        return Ok(());
    }
    let (verdicts, _) = args.remedies.evidence.load(graph, printer)?;
    let effective = EffectiveInputs::new(graph);
    let bumped: Vec<NodeId> =
        bumps.iter().flat_map(|bump| bump.nodes.iter().copied()).collect::<BTreeSet<_>>().into_iter().collect();
    if args.remedies.evidence.is_given(printer) {
        let found = needless_builds(graph, &effective, &verdicts, &bumped, costs);
        if let Some(list) = &mut report.list {
            found.tell(list);
        }
        report.needless = args.remedies.evidence.keeps(found.by_grade, printer);
        report.notes.extend(systems_without_evidence(graph, &verdicts, &report.derivations.by_system));
    }
    if min_grade.is_some() || !what_ifs.is_empty() {
        let params = RemedyParams { min_grade, only: args.only };
        let all = remedies(graph, &effective, &verdicts, &bumped, what_ifs, params)?;
        remedied(graph, &bumped, &all, costs, report);
    }
    Ok(())
}

fn outcome(report: &ImpactReport, fail_over: Option<u64>, printer: &mut Printer) -> Outcome {
    let (count, what) = if report.attributes.of > 0 {
        (report.attributes.total, "attributes")
    } else {
        (report.derivations.total, "derivations")
    };
    Outcome::of(count, what, fail_over, printer)
}
