//! From bumps to waves.

use super::bumps::PlannedBump;
use super::made::{Changes, Made};
use super::major::major;
use super::other_plans::Frontier;
use super::precedence::{Contradiction, Precedence, unit_of};
use super::priced::Waves;
use super::replan::Open;
use super::report::{Chosen, FrontierPoint, WavesReport};
use super::rows::Rows;
use super::shares::Shares;
use super::units::{Unit, Units};
use crate::cost::{Costs, Farm, Scheduler, Unbuildable};
use crate::graph::{Graph, NodeId};
use crate::ingest::Maintainers;
use crate::proof::outputs::{Metadata, MetadataError};
use crate::query::OwnerRules;
use crate::query::cost_report::UnbuildableReport;
use crate::query::expense::{CostSum, Expense};
use crate::reach::plan::{Limits, Order, Plan};
use crate::reach::{Edits, hours};

/// What a plan is to cost least of.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Minimise {
    /// Machine time.
    #[default]
    Hours,
    /// Builds.
    Builds,
    /// Bytes of what is built and fetched.
    Bytes,
}

/// What a plan must keep to.
#[derive(Debug, Clone, Copy, Default, PartialEq)]
pub struct WaveLimits {
    /// At most so many waves.
    pub waves: Option<usize>,
    /// So many waves, or as near as there is a plan.
    pub exactly: Option<usize>,
    /// At most so many machine hours in a wave. A bump that takes more alone gets a wave of its own.
    pub hours: Option<f64>,
    /// At most so many bumps in a wave. What must move together may be more.
    pub bumps: Option<u32>,
}

impl WaveLimits {
    /// The limit of hours in milliseconds.
    pub(super) fn millis(&self) -> Option<u64> {
        self.hours.map(|hours| (hours * 3_600_000.0).round() as u64)
    }
}

/// How to plan.
#[derive(Debug, Clone, Copy)]
pub struct WavesParams<'p> {
    /// What builds cost.
    pub costs: &'p Costs,
    /// The machines that build, and in which order.
    pub farm: Option<(&'p Farm, Scheduler)>,
    /// What is to be least.
    pub by: Minimise,
    /// What to keep to.
    pub limits: WaveLimits,
    /// Remedies that are applied first: what they spare is not rebuilt.
    pub remedies: &'p Edits,
    /// For the first bumps the number, from 1, of the wave in which they are locked: these waves stay as they are, and
    /// all else is planned behind them. Each number up to the highest must be there.
    pub locked: &'p [usize],
    /// Bumps that wait for the next major wave: security bumps among them are priced all the same.
    pub late: &'p [PlannedBump],
    /// How many major waves like this one to stagger; none where it is 0. Wants a farm.
    pub majors: u32,
    /// What security bumps are to fix; all that each rebuilds where it is `None`.
    pub fix_for: Option<&'p [NodeId]>,
    /// The number of the wave that is under way, from 1, for the price of security bumps.
    pub current: usize,
    /// How many heavy builds are told.
    pub heaviest: usize,
    /// List all builds of each wave.
    pub list: bool,
    /// Tell other plans of the frontier in full, and what a farm does when in each wave: what pictures are drawn from.
    pub pictures: bool,
    /// Who stands behind attributes, beside what the closure says.
    pub maintainers: &'p Maintainers,
    /// The same by a map of owners.
    pub rules: Option<&'p OwnerRules>,
}

/// Why there is no plan.
#[derive(Debug, thiserror::Error)]
pub enum WavesError {
    /// What was asked for contradicts itself, or the graph.
    #[error(transparent)]
    Contradiction(#[from] Contradiction),
    /// Bytes are to be least, and no sizes are given.
    #[error("bytes are not known; give --sizes, or let hours or builds be least")]
    NoSizes,
    /// References cannot be read.
    #[error(transparent)]
    References(#[from] MetadataError),
    /// There is no bump.
    #[error("nothing to plan: there is no bump")]
    Nothing,
}

/// What the rows of a report are made from.
pub(super) struct Planned<'a> {
    pub(super) graph: &'a Graph,
    pub(super) bumps: &'a [PlannedBump],
    pub(super) units: &'a [Unit],
    /// The unit of each bump.
    pub(super) unit_of: &'a [u32],
    /// By unit.
    pub(super) made: &'a [Made],
    /// By bump.
    pub(super) alone: &'a [Made],
    pub(super) changes: &'a Changes<'a>,
    pub(super) precedence: &'a Precedence,
    pub(super) waves: &'a Waves<'a>,
    pub(super) params: WavesParams<'a>,
    /// The chosen plan.
    pub(super) plan: &'a Plan,
}

impl Planned<'_> {
    /// The names of a unit's bumps.
    pub(super) fn unit_names(&self, unit: u32) -> Vec<String> {
        self.units[unit as usize].bumps.iter().map(|&bump| self.bumps[bump].wish.name.clone()).collect()
    }

    /// The same in one.
    pub(super) fn unit_name(&self, unit: u32) -> String {
        self.unit_names(unit).join(" + ")
    }
}

/// Plans the waves of these bumps.
///
/// Exact are: what each wave rebuilds and costs, for an edit of the given derivations; which bumps come before which;
/// and where the frontier says `optimal`, that no plan of so many waves costs less (or as much, and settles earlier).
/// What an expression derives from a version does not show in a closure.
///
/// Without limits the chosen plan has one wave a level: the fewest waves in which every bump finds its updated
/// upstreams locked, and of these plans the best that was found. O(bumps × (nodes + edges)), the search (see
/// [`crate::reach::plan`]), and for each wave of the frontier O(nodes + edges), or a schedule where there is a farm.
///
/// `references` tell what outputs refer to, for the price of grafts.
///
/// # Errors
/// When `after` contradicts what is upstream, or bytes are to be least and no sizes are known.
pub fn waves(
    graph: &Graph,
    bumps: &[PlannedBump],
    params: WavesParams<'_>,
    references: &[Metadata],
) -> Result<WavesReport, WavesError> {
    let ones: Vec<u64>;
    let cost = match params.by {
        Minimise::Hours => params.costs.millis(),
        Minimise::Bytes => params.costs.bytes().ok_or(WavesError::NoSizes)?,
        Minimise::Builds => {
            ones = graph.nodes().map(|node| u64::from(!graph.is_fixed(node))).collect();
            &ones
        }
    };
    let Units { units, together } = Units::new(graph, bumps);
    let changes = Changes::new(graph, bumps, params.remedies);
    let alone = changes.made();
    let made = Made::of_units(&units, &alone);
    let precedence = Precedence::new(graph, bumps, &units, &changes, &made)?;
    let unit_of = unit_of(bumps.len(), &units);
    let locked = locked_waves(params.locked, &unit_of);
    let limits = Limits { bumps: params.limits.bumps, cost: None, millis: params.limits.millis() };
    let weights = units.iter().map(|unit| unit.bumps.iter().map(|&bump| bumps[bump].wish.weight).sum());
    let open = Open {
        made: &made,
        cost,
        millis: params.costs.millis(),
        urgency: &weights.collect::<Vec<u64>>(),
        bumps: &units.iter().map(|unit| unit.bumps.len() as u32).collect::<Vec<u32>>(),
        order: &precedence.order,
        locked: &locked,
        nodes: graph.node_count(),
    };
    let (plans, by_level) = open.plans(&limits);
    let mut waves = Waves::new(graph, params.costs, params.farm, &made, &precedence.order);
    let unbuildable = waves.unbuildable();
    waves.price(plans.iter().chain(&by_level));
    let choice =
        choose(&plans, by_level, &params.limits, &precedence.order, locked.len()).ok_or(WavesError::Nothing)?;
    let apart = is_strict(&choice.plan, &precedence.order).then(|| open.split(&choice.plan)).flatten();
    waves.price(&apart);
    let timed = unbuildable.is_empty();
    let point = |plan: &Plan| point(plan, &waves, &precedence.order, timed);
    let planned = Planned {
        graph,
        bumps,
        units: &units,
        unit_of: &unit_of,
        made: &made,
        alone: &alone,
        changes: &changes,
        precedence: &precedence,
        waves: &waves,
        params,
        plan: &choice.plan,
    };
    let shares = Shares::new(units.len());
    let rows = Rows::new(&planned, &shares);
    let cost = choice.plan.waves.iter().map(|wave| (1.0, waves.of(wave).cost));
    let chosen = Chosen {
        point: point(&choice.plan),
        why: choice.why,
        within_limits: choice.within_limits,
        over: Vec::new(),
        cost: Expense::of(params.costs, cost),
        without_remedies: (!params.remedies.is_empty()).then(|| rows.without_remedies()),
        levels: precedence.order.levels().into_iter().max().map_or(0, |level| u64::from(level) + 1),
    };
    let points: Vec<FrontierPoint> = plans.iter().map(point).collect();
    let mut report = rows.report(chosen, together);
    if let Some((farm, _)) = params.farm.filter(|_| params.majors > 0 && timed) {
        let sets: Vec<_> = choice.plan.waves.iter().map(|wave| waves.nodes(wave)).collect();
        report.major = major(graph, &sets, params.costs.millis(), farm, params.majors).ok();
    }
    report.security = rows.security(references)?;
    if !report.security.is_empty() && params.current > choice.plan.waves.len() {
        report
            .notes
            .push(format!("wave {} is under way, and the plan has fewer: all its waves count as done", params.current));
    }
    if params.majors > 0 && !timed {
        report.notes.push("no load of several major waves: the farm cannot build all of it".to_owned());
    }
    report.alternatives = rows.alternatives(&plans, &points, apart.as_ref().map(|plan| (plan, point(plan))));
    if params.pictures {
        let frontier =
            Frontier { plans: &plans, points: &points, apart: apart.as_ref().map(|plan| (plan, point(plan))) };
        report.pictures = Some(rows.pictures(&frontier, &report.alternatives));
    }
    report.frontier = points;
    report.unbuildable = unbuildable.into_iter().map(|kind| told(graph, kind)).collect();
    Ok(report)
}

/// The units of each locked wave, each once.
fn locked_waves(locked: &[usize], unit_of: &[u32]) -> Vec<Vec<u32>> {
    let count = locked.iter().copied().max().unwrap_or_default();
    let mut waves = vec![Vec::new(); count];
    for (&wave, &unit) in locked.iter().zip(unit_of) {
        waves[wave - 1].push(unit);
    }
    waves.iter_mut().for_each(|wave| {
        wave.sort_unstable();
        wave.dedup();
    });
    waves
}

fn told(graph: &Graph, kind: Unbuildable) -> UnbuildableReport {
    UnbuildableReport {
        system: kind.system,
        features: kind.features,
        builds: kind.builds,
        first: graph.path(kind.first),
    }
}

/// Whether every unit of a plan finds those before it in earlier waves.
pub(super) fn is_strict(plan: &Plan, order: &Order) -> bool {
    let apart = |wave: &Vec<u32>| wave.iter().all(|&a| wave.iter().all(|&b| !order.is_before(a, b)));
    plan.waves.iter().all(apart)
}

fn point(plan: &Plan, waves: &Waves<'_>, order: &Order, timed: bool) -> FrontierPoint {
    let sums = || plan.waves.iter().map(|wave| waves.of(wave));
    let millis = |sum: CostSum| hours(sum.millis as f64);
    let (latency, overlapping) = waves.latency(plan);
    FrontierPoint {
        waves: plan.waves.len(),
        derivations: sums().map(|sum| sum.derivations).sum(),
        hours: hours(sums().map(|sum| u128::from(sum.cost.millis)).sum::<u128>() as f64),
        peak_hours: sums().map(|sum| millis(sum.cost)).fold(0.0, f64::max),
        settling_hours: hours(plan.settling as f64),
        latency_hours: timed.then(|| hours(latency as f64)),
        overlapping_hours: timed.then(|| hours(overlapping as f64)),
        optimal: plan.optimal,
        strict: is_strict(plan, order),
    }
}

/// A plan, and why it.
struct Choice {
    plan: Plan,
    why: String,
    within_limits: bool,
}

/// The plan by level where it has few enough waves, else that with the most waves that are allowed.
fn choose(plans: &[Plan], by_level: Option<Plan>, limits: &WaveLimits, order: &Order, locked: usize) -> Option<Choice> {
    if let Some(wanted) = limits.exactly {
        // as asked, else as near as there is
        let nearest = plans.iter().min_by_key(|plan| (plan.waves.len().abs_diff(wanted), plan.waves.len()))?;
        let why = if nearest.waves.len() == wanted {
            "as many waves as were asked for: the best plan that was found".to_owned()
        } else {
            format!("no plan of {wanted} waves was found within the limits; this is the nearest")
        };
        return Some(Choice { plan: nearest.clone(), why, within_limits: nearest.waves.len() == wanted });
    }
    let levels = order.levels().into_iter().max().map_or(0, |level| level as usize + 1);
    let fewest = by_level.as_ref().map(|plan| plan.waves.len());
    if let Some(plan) = by_level
        && limits.waves.is_none_or(|most| plan.waves.len() <= most)
    {
        let count = plan.waves.len();
        let why = if locked > 0 {
            format!(
                "{} locked; behind them the fewest in which every bump finds its updated upstreams locked",
                if locked == 1 { "1 wave is".to_owned() } else { format!("{locked} waves are") }
            )
        } else if count <= levels {
            "one wave a level: the fewest waves in which every bump finds its updated upstreams locked".to_owned()
        } else {
            format!(
                "every bump finds its updated upstreams locked; the limits of a wave make {levels} levels {count} waves"
            )
        };
        return Some(Choice { plan, why, within_limits: true });
    }
    let most = limits.waves.unwrap_or(usize::MAX);
    let fitting = plans.iter().filter(|plan| plan.waves.len() <= most).max_by_key(|plan| plan.waves.len());
    if let Some(plan) = fitting {
        let why = match fewest {
            Some(fewest) => format!(
                "the most waves that are allowed; {fewest} would let every bump find its updated upstreams locked, so \
                 some are in one wave with theirs"
            ),
            None => "the most waves that are allowed".to_owned(),
        };
        return Some(Choice { plan: plan.clone(), why, within_limits: true });
    }
    // the limits of a wave want more waves than are allowed
    let plan = plans.iter().min_by_key(|plan| plan.waves.len())?.clone();
    let by = if locked > 0 { "what is locked, and the limits of a wave" } else { "the limits of a wave" };
    let why = format!("more waves than --max-waves {most} allows: no plan of so few was found that keeps {by}");
    Some(Choice { plan, why, within_limits: false })
}
