//! The answer: which bumps go together, in what order, at what price.

use serde::{Deserialize, Serialize};

use super::keep::LateBump;
use super::major::MajorReport;
use super::pictures::WavePictures;
use super::security::SecurityReport;
use super::units::Together;
use crate::graph::Graph;
use crate::query::cost_report::{Heavyweight, UnbuildableReport};
use crate::query::expense::Expense;

/// A plan, why it is this one, and the price of the others.
#[derive(Debug, Clone, Serialize)]
pub struct WavesReport {
    /// Version of this shape.
    pub version: u32,
    /// What it was planned on.
    pub closure: PlannedOn,
    /// The bumps, in the order in which they were given.
    pub bumps: Vec<BumpRow>,
    /// Bumps that move together.
    pub groups: Vec<Together>,
    /// Bumps that may belong together: a guess by names, for the planner to say.
    pub suggested_groups: Vec<Together>,
    /// Which bumps come before which: without what follows from others.
    pub precedence: Vec<Before>,
    /// Bumps that rebuild what is locked in the wave of another.
    pub back_edges: Vec<BackEdge>,
    /// How many more of these there are.
    pub more_back_edges: u64,
    /// Which plan, and why.
    pub chosen: Chosen,
    /// Its neighbours on the frontier.
    pub alternatives: Alternatives,
    /// What neighbouring waves would cost less as one.
    pub merges: Vec<Merge>,
    /// The waves, in the order in which they go.
    pub waves: Vec<WaveRow>,
    /// Builds that take longest, and where they settle.
    pub heavy_builds: Vec<HeavyBuild>,
    /// The best plan that was found for each number of waves, fewest first.
    pub frontier: Vec<FrontierPoint>,
    /// The bumps' names, in the order in which they go in.
    pub order: Vec<String>,
    /// Bumps that came too late for this major wave: they wait for the next one.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub late: Vec<LateBump>,
    /// Ways to bring in each bump that mends a security hole.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub security: Vec<SecurityBump>,
    /// Several major waves, where they are asked for.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub major: Option<MajorReport>,
    /// What no machine of the farm builds; then no makespan is known.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub unbuildable: Vec<UnbuildableReport>,
    /// Findings that bear on the plan.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub notes: Vec<String>,
    /// What pictures are drawn from, where they are asked for; no part of what is told to machines.
    #[serde(skip)]
    pub pictures: Option<WavePictures>,
}

/// Ways to bring in a bump that mends a security hole.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct SecurityBump {
    /// Its name.
    pub bump: String,
    /// The wave in which it is planned; none where it waits for the next major wave.
    pub wave: Option<usize>,
    /// Four ways, and what each costs.
    #[serde(flatten)]
    pub report: SecurityReport,
}

/// What was planned on.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct PlannedOn {
    /// Derivations in the closure.
    pub derivations: u64,
    /// Attributes.
    pub attributes: u64,
    /// BLAKE3 of the paths of all nodes: the same for the same closure.
    pub digest: String,
}

impl PlannedOn {
    /// Of a closure. O(nodes).
    #[must_use]
    pub fn of(graph: &Graph) -> Self {
        let mut hasher = blake3::Hasher::new();
        for node in graph.nodes() {
            hasher.update(&graph.digest(node).0);
        }
        Self {
            derivations: graph.nodes().filter(|&node| graph.is_derivation(node)).count() as u64,
            attributes: graph.attribute_count() as u64,
            digest: hasher.finalize().to_hex().to_string(),
        }
    }
}

/// A bump.
#[derive(Debug, Clone, Serialize)]
pub struct BumpRow {
    /// What it is called.
    pub name: String,
    /// What it bumps.
    pub selectors: Vec<String>,
    /// Only as named, without other instances.
    pub only: bool,
    /// The version before.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub from: Option<String>,
    /// The version after.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub to: Option<String>,
    /// The group that was asked for.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub group: Option<String>,
    /// The bumps that it was asked to follow.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub after: Vec<String>,
    /// Whether it mends a security hole.
    pub security: bool,
    /// The bumps that it does not take.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub pin: Vec<String>,
    /// How urgent.
    pub weight: f64,
    /// The number of its wave.
    pub wave: usize,
    /// Why it is there.
    pub reason: String,
    /// Names of its principals: what the selectors name.
    pub principals: Vec<String>,
    /// How many derivations it changes, all instances counted.
    pub instances: u64,
    /// What it rebuilds alone.
    pub rebuilds: Rebuilds,
    /// Packages that it puts at stake.
    pub at_stake: AtStake,
    /// Who stands behind what it names, as far as that is known: maintainers, teams, owners.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub owners: Vec<String>,
}

/// What is rebuilt.
#[derive(Debug, Clone, Copy, PartialEq, Serialize)]
pub struct Rebuilds {
    /// Derivations.
    pub derivations: u64,
    /// Machine time.
    pub hours: f64,
}

/// Packages at stake: attributes that are rebuilt, each name once.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize)]
pub struct AtStake {
    /// All.
    pub attributes: u64,
    /// Those that somebody maintains, a person or a team.
    pub maintained: u64,
    /// How many people and teams that are.
    pub maintainers: u64,
}

/// A bump that comes before another.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Before {
    /// The earlier one: its name, or those of bumps that move together.
    pub before: Vec<String>,
    /// The later one.
    pub after: Vec<String>,
    /// Why: `upstream`, or `asked for`.
    pub reason: &'static str,
    /// The derivations of a shortest way from the one to the other; none where it was asked for.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub path: Vec<String>,
}

/// A bump that rebuilds what an earlier wave has locked.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct BackEdge {
    /// The later bump: its name, or those of bumps that move together.
    pub from: Vec<String>,
    /// The bump whose packages it rebuilds.
    pub to: Vec<String>,
    /// The wave in which they were locked, and that in which they are rebuilt.
    pub locked_in: usize,
    /// The later one.
    pub rebuilt_in: usize,
    /// A shortest way from an instance of the one to a principal of the other.
    pub path: Vec<String>,
    /// What is rebuilt again of what the earlier one changes.
    pub again: Rebuilds,
}

/// Which plan was chosen.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Chosen {
    /// Its figures.
    #[serde(flatten)]
    pub point: FrontierPoint,
    /// Why this one.
    pub why: String,
    /// Whether it keeps the limits that were asked for.
    pub within_limits: bool,
    /// Bumps that take more than the hours of a wave alone; each has a wave of its own.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub over: Vec<String>,
    /// Its waves' cost in full.
    pub cost: Expense,
    /// What it would be without the remedies, where any are applied.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub without_remedies: Option<Rebuilds>,
    /// The levels of the bumps: so many waves there are at least where every bump finds its upstreams locked.
    pub levels: u64,
}

/// The neighbours of a plan.
#[derive(Debug, Clone, Default, PartialEq, Serialize)]
pub struct Alternatives {
    /// That with the most waves of those that have no more, and cost less.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub cheaper: Option<Alternative>,
    /// The next that has more waves; where every bump of the chosen plan finds its updated upstreams locked, in it too.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub safer: Option<Alternative>,
}

/// Two waves that follow one another, as one.
#[derive(Debug, Clone, Copy, PartialEq, Serialize)]
pub struct Merge {
    /// Their numbers.
    pub waves: [usize; 2],
    /// What both make, which would be made once.
    pub saves: Rebuilds,
}

/// Another plan.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Alternative {
    /// Its figures.
    #[serde(flatten)]
    pub point: FrontierPoint,
    /// Machine time more than the chosen plan's; less where it is negative.
    pub more_hours: f64,
    /// Its waves: names of bumps.
    pub plan: Vec<Vec<String>>,
}

/// A plan's figures.
#[derive(Debug, Clone, Copy, PartialEq, Serialize)]
pub struct FrontierPoint {
    /// How many waves.
    pub waves: usize,
    /// Builds in all of them.
    pub derivations: u64,
    /// Machine time of all of them.
    pub hours: f64,
    /// Machine time of the heaviest.
    pub peak_hours: f64,
    /// Sum over derivations of machine hours × number of the wave in which they settle.
    pub settling_hours: f64,
    /// How long the waves take, one after the other: on the farm, or their longest chains without one.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub latency_hours: Option<f64>,
    /// The same where waves that do not touch overlap.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub overlapping_hours: Option<f64>,
    /// Whether no plan of so many waves is better: proven.
    pub optimal: bool,
    /// Whether every bump finds its updated upstreams locked.
    pub strict: bool,
}

/// A wave.
#[derive(Debug, Clone, Serialize)]
pub struct WaveRow {
    /// Its number, from 1.
    pub number: usize,
    /// Whether it is locked already: planned before, and not planned again.
    pub is_locked: bool,
    /// What goes in.
    pub bumps: Vec<WaveBump>,
    /// Builds.
    pub derivations: u64,
    /// What is fetched again.
    pub fetched: u64,
    /// Attributes that are rebuilt or fetched again, each name once.
    pub attributes: u64,
    /// Machine time.
    pub hours: f64,
    /// Its cost in full.
    pub cost: Expense,
    /// Wrappers that are made again, after remedies.
    #[serde(skip_serializing_if = "is_zero")]
    pub wrappers: u64,
    /// Detached tests that run again, after remedies.
    #[serde(skip_serializing_if = "is_zero")]
    pub test_builds: u64,
    /// Machine time of its longest chain.
    pub critical_path_hours: f64,
    /// How long the farm takes, where one is given.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub makespan_hours: Option<f64>,
    /// When it begins where the waves go one after the other, as the plan's `latency_hours` has them.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub start_hours: Option<f64>,
    /// When it begins where waves that do not touch overlap.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub overlapping_start_hours: Option<f64>,
    /// The bumps that are locked once it is green, in their order; told of the chosen plan alone.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub locked: Vec<String>,
    /// What no later wave rebuilds.
    pub settles: Rebuilds,
    /// Names of what takes longest of it: the first three.
    pub settling: Vec<String>,
    /// Bumps of which none is upstream of another, but for those that move together: their tests can run at the same
    /// time. One list after the other.
    pub stages: Vec<Vec<String>>,
    /// The builds that take longest.
    pub heaviest: Vec<Heavyweight>,
    /// Packages that it puts at stake.
    pub at_stake: AtStake,
    /// The builds in the order for the farm, where they are asked for.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub builds: Option<Vec<WaveBuild>>,
}

#[expect(clippy::trivially_copy_pass_by_ref, reason = "serde asks for a reference")]
fn is_zero(number: &u64) -> bool {
    *number == 0
}

/// A bump of a wave.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct WaveBump {
    /// What it is called.
    pub name: String,
    /// What it bumps.
    pub selectors: Vec<String>,
    /// Why it is in this wave.
    pub reason: String,
}

/// A build of a wave.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct WaveBuild {
    /// Its path.
    pub drv: String,
    /// Its name.
    pub name: String,
    /// What it is built on.
    pub system: String,
    /// Machine time.
    pub hours: f64,
    /// When it begins on the farm; where there is none, when it can begin at the earliest.
    pub start_hours: f64,
    /// Machine time of the longest chain that begins with it: what begins first has most before it.
    pub remaining_hours: f64,
    /// Whether it is among the wave's heaviest.
    pub heavy: bool,
    /// Whether it is fetched, not built.
    pub fetched: bool,
    /// Whether no later wave rebuilds it.
    pub settles: bool,
}

/// A build that takes long.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct HeavyBuild {
    /// Its path.
    pub drv: String,
    /// Its name.
    pub name: String,
    /// What it is built on.
    pub system: String,
    /// Machine time, once.
    pub hours: f64,
    /// Whether a record says so.
    pub measured: bool,
    /// The waves that build it.
    pub waves: Vec<usize>,
    /// The bumps that rebuild it, of the last of these waves: it cannot settle before them.
    pub held_by: Vec<String>,
}
