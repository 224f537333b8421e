//! `nix-ripple waves`: the plan.

use std::collections::BTreeSet;
use std::path::PathBuf;

use clap::ValueEnum;

use crate::cli::Outcome;
use crate::cli::closure::ClosureArgs;
use crate::cli::costs::CostArgs;
use crate::cli::error::CliError;
use crate::cli::evidence::RemedyArgs;
use crate::cli::farm::FarmArgs;
use crate::cli::html::HtmlArgs;
use crate::cli::people::PeopleArgs;
use crate::cli::printer::Printer;
use crate::graph::{Graph, NodeId};
use crate::query::waves::{
    Kept, LateBump, Minimise, Pin, WaveLimits, WavePlan, WavesParams, Wish, keep, planned, waves,
};
use crate::query::{RemedyParams, Selector, remedies, resolve};
use crate::reach::Edits;
use crate::role::EffectiveInputs;

/// Arguments of `waves`.
#[derive(Debug, clap::Args)]
pub(super) struct PlanArgs {
    /// What is bumped: each selector a bump of its own
    #[arg(value_name = "SELECTOR")]
    selectors: Vec<String>,
    /// The bumps that wait (repeatable): TOML, JSON, or a selector a line
    #[arg(long, value_name = "FILE")]
    bumps: Vec<PathBuf>,
    /// Bump only what a bare word names, not its other instances
    #[arg(long)]
    only: bool,
    /// What the plan is to cost least of; bytes want --sizes
    #[arg(long, value_name = "BY", default_value = "hours")]
    by: By,
    /// So many waves: that plan of the frontier
    #[arg(long, value_name = "N", value_parser = clap::value_parser!(u32).range(1..), conflicts_with = "max_waves", help_heading = "Limits")]
    waves: Option<u32>,
    /// At most N waves
    #[arg(long, value_name = "N", value_parser = clap::value_parser!(u32).range(1..), help_heading = "Limits")]
    max_waves: Option<u32>,
    /// At most H machine hours in a wave; a bump that takes more alone gets a wave of its own
    #[arg(long, value_name = "H", value_parser = positive, help_heading = "Limits")]
    max_hours_per_wave: Option<f64>,
    /// At most N bumps in a wave, but for what must move together
    #[arg(long, value_name = "N", value_parser = clap::value_parser!(u32).range(1..), help_heading = "Limits")]
    max_bumps_per_wave: Option<u32>,
    /// Go on from a plan (what 'waves --format json' printed), whose first waves are locked; wants --locked
    #[arg(long, value_name = "PLAN", requires = "locked", help_heading = "Planning again")]
    keep: Option<PathBuf>,
    /// How many waves of it are locked: they stay as they are, and what would rebuild them waits
    #[arg(long, value_name = "N", requires = "keep", help_heading = "Planning again")]
    locked: Option<usize>,
    /// Stagger N major waves like this one, and tell the load on the farm; wants --builders or --farm
    #[arg(long, value_name = "N", value_parser = clap::value_parser!(u32).range(1..=1000))]
    major: Option<u32>,
    /// What bumps marked 'security' are to fix (repeatable), for the price of each way to bring them in; all that
    /// they rebuild without it; references come from --sizes
    #[arg(long, value_name = "SELECTOR", help_heading = "Security")]
    fix_for: Vec<String>,
    /// The wave that is under way; the first that is not locked by default
    #[arg(long, value_name = "N", value_parser = clap::value_parser!(u32).range(1..), help_heading = "Security")]
    current_wave: Option<u32>,
    /// List the builds of each wave, in the order for the farm
    #[arg(long)]
    list: bool,
    /// How many of the builds that take longest to show
    #[arg(long, value_name = "N", default_value_t = 10, help_heading = "Cost")]
    heavyweights: usize,
    #[command(flatten)]
    remedies: RemedyArgs,
    #[command(flatten)]
    costs: CostArgs,
    #[command(flatten)]
    farm: FarmArgs,
    #[command(flatten)]
    people: PeopleArgs,
    #[command(flatten)]
    html: HtmlArgs,
    #[command(flatten)]
    closure: ClosureArgs,
}

#[derive(Debug, Clone, Copy, ValueEnum)]
enum By {
    Hours,
    Builds,
    Bytes,
}

impl From<By> for Minimise {
    fn from(by: By) -> Self {
        match by {
            By::Hours => Self::Hours,
            By::Builds => Self::Builds,
            By::Bytes => Self::Bytes,
        }
    }
}

/// A number of hours.
fn positive(text: &str) -> Result<f64, String> {
    match text.parse::<f64>() {
        Ok(hours) if hours > 0.0 && hours.is_finite() => Ok(hours),
        _ => Err("expected a number of hours above 0".to_owned()),
    }
}

pub(super) fn run(args: PlanArgs, printer: &mut Printer) -> Result<Outcome, CliError> {
    let wishes = wishes(&args)?;
    let graph = args.closure.load(printer)?;
    let waiting: Vec<Wish> = wishes.iter().filter(|wish| wish.security).cloned().collect();
    let Again { wishes, locked, late, notes } = again(&args, &graph, wishes)?;
    let bumps = planned(&graph, wishes)?;
    let is_late = |wish: &Wish| late.iter().any(|late| late.name == wish.name);
    let alone = |wish: Wish| Wish { after: Vec::new(), pin: Pin::Nothing, ..wish };
    let late_bumps = planned(&graph, waiting.into_iter().filter(is_late).map(alone).collect())?;
    if !args.fix_for.is_empty() && bumps.iter().chain(&late_bumps).all(|bump| !bump.wish.security) {
        printer.warning("--fix-for: no bump is marked 'security', so nothing is priced for it");
    }
    let wants_references = bumps.iter().chain(&late_bumps).any(|bump| bump.wish.security);
    let costs = args.costs.load(&graph, printer)?;
    let farm = args.farm.load()?;
    if args.major.is_some() && farm.is_none() {
        return Err(CliError::NoFarm);
    }
    let stated = args.people.load(printer)?;
    let edits = edits(&args.remedies, &graph, printer)?;
    let fix_for = fix_for(&args.fix_for, &graph)?;
    let references = if wants_references { args.costs.references()? } else { Vec::new() };
    let params = WavesParams {
        costs: &costs,
        farm: farm.as_ref().map(|(farm, scheduler)| (farm, *scheduler)),
        by: args.by.into(),
        limits: WaveLimits {
            waves: args.max_waves.map(|most| most as usize),
            exactly: args.waves.map(|count| count as usize),
            hours: args.max_hours_per_wave,
            bumps: args.max_bumps_per_wave,
        },
        remedies: &edits,
        locked: &locked,
        fix_for: fix_for.as_deref(),
        current: args.current_wave.map_or_else(|| first_open(&locked), |wave| wave as usize),
        late: &late_bumps,
        majors: args.major.unwrap_or_default(),
        heaviest: args.heavyweights,
        list: args.list,
        pictures: args.html.is_given(),
        maintainers: &stated.maintainers,
        rules: stated.rules.as_ref(),
    };
    let mut report = waves(&graph, &bumps, params, &references)?;
    report.late = late;
    report.notes.extend(notes);
    args.html.write(&report, printer)?;
    printer.report(&report)?;
    if report.chosen.within_limits {
        return Ok(Outcome::Fine);
    }
    printer.say("the plan does not keep the limits that were asked for");
    Ok(Outcome::ThresholdPassed)
}

/// The wave behind those that are locked.
fn first_open(locked: &[usize]) -> usize {
    locked.iter().copied().max().unwrap_or_default() + 1
}

/// What is to be fixed.
fn fix_for(words: &[String], graph: &Graph) -> Result<Option<Vec<NodeId>>, CliError> {
    if words.is_empty() {
        return Ok(None);
    }
    let found = resolve(graph, &Selector::expand(words)?, true)?;
    let nodes: BTreeSet<NodeId> = found.into_iter().flat_map(|bump| bump.nodes).collect();
    Ok(Some(nodes.into_iter().collect()))
}

/// What is planned, and what is not planned again.
#[derive(Default)]
struct Again {
    /// The locked bumps, then the others.
    wishes: Vec<Wish>,
    /// The wave of each locked bump.
    locked: Vec<usize>,
    late: Vec<LateBump>,
    notes: Vec<String>,
}

fn again(args: &PlanArgs, graph: &Graph, wishes: Vec<Wish>) -> Result<Again, CliError> {
    let Some((file, locked)) = args.keep.as_deref().zip(args.locked) else {
        return Ok(Again { wishes, ..Again::default() });
    };
    let plan = WavePlan::read(file)?;
    let Kept { locked, held, late, wishes, gone } = keep(graph, &plan, locked, &wishes)?;
    let mut notes: Vec<String> = plan.differs(graph).into_iter().collect();
    if !gone.is_empty() {
        notes.push(format!("in the plan, and not waiting any more: {}", gone.join(", ")));
    }
    let waves = locked.iter().map(|bump| bump.wave).collect();
    Ok(Again { wishes: held.into_iter().chain(wishes).collect(), locked: waves, late, notes })
}

/// The bumps of files, then those of the command line.
fn wishes(args: &PlanArgs) -> Result<Vec<Wish>, CliError> {
    let mut wishes = Vec::new();
    for file in &args.bumps {
        wishes.extend(Wish::read(file)?);
    }
    wishes.extend(Selector::expand(&args.selectors)?.iter().map(|selector| Wish::of(&selector.text)));
    if wishes.is_empty() {
        return Err(CliError::NoBump);
    }
    wishes.iter_mut().for_each(|wish| wish.only |= args.only);
    Ok(wishes)
}

/// What remedies at or above the grade that is asked for edit; nothing where none is.
fn edits(args: &RemedyArgs, graph: &Graph, printer: &mut Printer) -> Result<Edits, CliError> {
    let Some(grade) = args.min_grade else { return Ok(Edits::default()) };
    let (verdicts, _) = args.evidence.load(graph, printer)?;
    let effective = EffectiveInputs::new(graph);
    let params = RemedyParams { min_grade: Some(grade), only: false };
    Ok(remedies(graph, &effective, &verdicts, &[], &[], params)?.edits())
}
