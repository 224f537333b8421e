//! What a bump rebuilds.

use std::collections::{BTreeMap, BTreeSet};

use serde::Serialize;

use super::REPORT_VERSION;
use super::cost_report::{CostReport, Price};
use super::farm_runs::FarmRuns;
use super::labels::{Branch, branch, kernel_of, labels, rebuilds_nixos_tests};
use super::needless::Needless;
use super::remedied::RemediedReport;
use super::resolve::Bump;
use super::spread::Spread;
use crate::graph::{AttributeId, Graph, NodeId};
use crate::nix::called;
use crate::reach::{EditedRebuild, Hub, Propagation, RebuildSet, hubs};
use crate::verdict::Grade;

/// What to report.
#[derive(Debug, Clone)]
pub struct ImpactParams {
    /// List the rebuilt derivations.
    pub list: bool,
    /// List only those at most this many edges away.
    pub depth: Option<u32>,
    /// How many hubs.
    pub hubs: usize,
}

impl Default for ImpactParams {
    fn default() -> Self {
        Self { list: false, depth: None, hubs: 10 }
    }
}

/// The answer. Derivations are counted once each; attributes by their names, as nixpkgs CI does.
#[derive(Debug, Clone, Serialize)]
pub struct ImpactReport {
    /// Version of this shape.
    pub version: u32,
    /// What is bumped.
    pub bump: BumpReport,
    /// Rebuilt attributes; all zero where the closure has none.
    pub attributes: AttributeCounts,
    /// Rebuilt derivations.
    pub derivations: DerivationCounts,
    /// nixpkgs' labels; empty where the closure has no attributes.
    pub labels: Vec<String>,
    /// nixpkgs' branch verdict; none where the closure has no attributes.
    pub branch: Option<Branch>,
    /// How far away the rebuilt derivations are.
    pub by_distance: Vec<DistanceCount>,
    /// Through which direct consumers most of the set is reached.
    pub hubs: Vec<HubReport>,
    /// The same with the hubs within each, for pictures, where they are asked for.
    #[serde(skip)]
    pub spread: Vec<Spread>,
    /// What a farm does with it, for pictures, where it is asked for.
    #[serde(skip)]
    pub farm: Option<FarmRuns>,
    /// Each selector alone, when there are several.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub each: Vec<Share>,
    /// Derivations that two or more of several bumps rebuild.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub overlap: Option<u64>,
    /// How many of the builds are needless, by the grade of evidence, where evidence is given.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub needless: Vec<Needless>,
    /// What it costs, where costs are asked for.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub cost: Option<CostReport>,
    /// What remedies change, where any are asked for.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub what_if: Option<RemediedReport>,
    /// Findings that bear on the figures.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub notes: Vec<String>,
    /// The rebuilt derivations, nearest first, when asked for.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub list: Option<Vec<Listed>>,
}

impl ImpactReport {
    /// Turns the list round: one entry for each attribute, by name.
    pub fn list_by_attribute(&mut self) {
        let Some(list) = self.list.take() else { return };
        let mut by_attribute: Vec<Listed> = list
            .into_iter()
            .flat_map(|listed: Listed| {
                let names = listed.attributes.clone().into_iter().zip(listed.attribute_systems.clone());
                names.map(move |(attribute, system)| Listed {
                    attributes: vec![attribute],
                    attribute_systems: vec![system],
                    ..listed.clone()
                })
            })
            .collect();
        by_attribute.sort_by(|a, b| {
            (&a.attributes, &a.attribute_systems, &a.drv).cmp(&(&b.attributes, &b.attribute_systems, &b.drv))
        });
        self.list = Some(by_attribute);
    }
}

/// What is bumped.
#[derive(Debug, Clone, Serialize)]
pub struct BumpReport {
    /// As the user wrote them.
    pub selectors: Vec<String>,
    /// What they name, with all instances; by name.
    pub derivations: Vec<BumpedDerivation>,
}

/// A derivation (or input source) that is bumped.
#[derive(Debug, Clone, Serialize)]
pub struct BumpedDerivation {
    /// Its path.
    pub drv: String,
    /// Its name.
    pub name: String,
    /// What it is built on.
    pub system: String,
    /// Whether it is fixed-output: fetched again, not rebuilt.
    pub fixed_output: bool,
    /// Whether it was found as another instance of what a selector named.
    pub extended: bool,
}

/// Rebuilt attributes.
#[derive(Debug, Clone, Default, Serialize)]
pub struct AttributeCounts {
    /// Distinct names, over all systems. A bumped fixed-output derivation's own attributes count:
    /// their paths are new.
    pub total: u64,
    /// Of so many names in the closure.
    pub of: u64,
    /// Names by system.
    pub by_system: BTreeMap<String, u64>,
    /// Distinct names by kernel, united over processors: what nixpkgs CI labels.
    pub by_kernel: BTreeMap<String, u64>,
}

/// Rebuilt derivations.
#[derive(Debug, Clone, Default, Serialize)]
pub struct DerivationCounts {
    /// All.
    pub total: u64,
    /// Of so many in the closure that are not fixed-output.
    pub of: u64,
    /// By the system they are built on.
    pub by_system: BTreeMap<String, u64>,
    /// Bumped fixed-output derivations, which are fetched again.
    pub fetched: u64,
}

/// Derivations at one distance.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
pub struct DistanceCount {
    /// Edges from the bump; 0 is the bump itself, 1 a direct consumer.
    pub distance: u32,
    /// Derivations.
    pub derivations: u64,
}

/// A hub; see [`crate::reach::hubs`].
#[derive(Debug, Clone, Serialize)]
pub struct HubReport {
    /// Its path.
    pub drv: String,
    /// Its name.
    pub name: String,
    /// What it is built on.
    pub system: String,
    /// Rebuilt derivations reached through it, itself included.
    pub reaches: u32,
    /// Those that no hub before it has; what lies behind another bumped derivation is not counted.
    pub adds: u32,
}

impl HubReport {
    pub(super) fn of(graph: &Graph, hub: Hub) -> Self {
        Self {
            drv: graph.path(hub.node),
            name: graph.name(hub.node).to_owned(),
            system: graph.system(hub.node).to_owned(),
            reaches: hub.reaches,
            adds: hub.adds,
        }
    }
}

/// One of several bumps.
#[derive(Debug, Clone, Serialize)]
pub struct Share {
    /// The selector.
    pub selector: String,
    /// Derivations bumped.
    pub bumped: u64,
    /// Derivations rebuilt by it alone.
    pub derivations: u64,
    /// Attributes rebuilt by it alone.
    pub attributes: u64,
    /// Derivations that no other of the bumps rebuilds.
    pub exclusive: u64,
    /// Machine time of what it rebuilds and fetches alone, where costs are asked for.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub hours: Option<f64>,
    /// Machine time of what no other of the bumps rebuilds or fetches, where costs are asked for.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub exclusive_hours: Option<f64>,
}

/// A rebuilt derivation, or a bumped fixed-output one.
#[derive(Debug, Clone, Serialize)]
pub struct Listed {
    /// Its path.
    pub drv: String,
    /// Its name.
    pub name: String,
    /// What it is built on.
    pub system: String,
    /// Whether it is a bumped fixed-output derivation: fetched again, not rebuilt.
    pub fetched: bool,
    /// Edges from the bump.
    pub distance: u32,
    /// The attributes that name it, without systems.
    pub attributes: Vec<String>,
    /// The system that each of them was evaluated for; empty where that is not given.
    pub attribute_systems: Vec<String>,
    /// What its package is called: the pname in lower case, without the prefix of an interpreter.
    pub package: String,
    /// Who stands behind its attributes, as far as that is known: maintainers, teams, owners.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub owners: Vec<String>,
    /// The strongest grade of evidence at which its full build is needless, if it is.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub needless: Option<Grade>,
    /// What is left of it after the remedies, where any are asked for.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub after: Option<After>,
    /// What it costs, where costs are asked for.
    #[serde(flatten)]
    pub price: Option<Price>,
    #[serde(skip)]
    pub(super) node: NodeId,
}

impl Listed {
    /// A node of a graph, of which nothing is asked beyond what the graph tells.
    pub(super) fn new(graph: &Graph, node: NodeId, distance: u32, fetched: bool) -> Self {
        let attributes = || graph.attributes_of(node);
        Self {
            drv: graph.path(node),
            name: graph.name(node).to_owned(),
            system: graph.system(node).to_owned(),
            fetched,
            distance,
            attributes: attributes().map(|attribute| graph.attribute_name(attribute).to_owned()).collect(),
            attribute_systems: attributes().map(|attribute| graph.attribute_system(attribute).to_owned()).collect(),
            package: called(graph.pname(node)),
            owners: Vec::new(),
            needless: None,
            after: None,
            price: None,
            node,
        }
    }

    /// Nearest first, then by name and path.
    pub(super) fn sort(list: &mut [Self]) {
        list.sort_by(|a, b| (a.distance, &a.name, &a.drv).cmp(&(b.distance, &b.name, &b.drv)));
    }
}

/// What is left of a rebuild after remedies.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
pub struct After {
    /// It is built in full all the same.
    pub build: bool,
    /// Its wrapper is made again.
    pub wrapper: bool,
    /// Its detached tests run again.
    pub tests: bool,
}

impl After {
    pub(super) fn of(node: NodeId, after: &EditedRebuild) -> Self {
        let among = |nodes: &[NodeId]| nodes.binary_search(&node).is_ok();
        Self { build: among(&after.builds), wrapper: among(&after.wrappers), tests: among(&after.tests) }
    }
}

/// What the bumps rebuild, each and together.
///
/// Exact for an edit of the given derivations. What an expression derives from a version (a kernel
/// bump renames its modules' packages) does not show in a closure; compare two evaluations for that.
#[must_use]
pub fn impact(graph: &Graph, bumps: &[Bump], params: &ImpactParams) -> ImpactReport {
    let mut nodes: Vec<NodeId> = bumps.iter().flat_map(|bump| bump.nodes.iter().copied()).collect();
    nodes.sort_unstable();
    nodes.dedup();
    let rebuilt = RebuildSet::of(graph, &nodes);
    let (attributes, stdenv) = count_attributes(graph, &rebuilt);
    let nodes_changed = rebuilt.nodes.iter().chain(&rebuilt.fetched);
    let tests = rebuilds_nixos_tests(
        nodes_changed.flat_map(|&node| graph.attributes_of(node)).map(|attribute| graph.attribute_name(attribute)),
    );
    let known = graph.attribute_count() > 0;
    let (each, overlap) = if bumps.len() > 1 { shares(graph, bumps) } else { (Vec::new(), None) };
    let propagation = Propagation::new(graph);
    ImpactReport {
        version: REPORT_VERSION,
        bump: bump_report(graph, bumps, &nodes),
        labels: if known { labels(&attributes.by_kernel, &stdenv, tests) } else { Vec::new() },
        branch: known.then(|| branch(&attributes.by_kernel, tests)),
        attributes,
        derivations: count_derivations(graph, &rebuilt),
        by_distance: by_distance(&rebuilt),
        hubs: hubs(&propagation, &rebuilt, params.hubs).into_iter().map(|hub| HubReport::of(graph, hub)).collect(),
        spread: Vec::new(),
        farm: None,
        each,
        overlap,
        needless: Vec::new(),
        cost: None,
        what_if: None,
        notes: notes(graph, &rebuilt),
        list: params.list.then(|| list(graph, &rebuilt, params.depth)),
    }
}

/// What bears on the figures of these builds.
pub(super) fn notes_of_builds(graph: &Graph, builds: &[NodeId]) -> Vec<String> {
    use crate::ingest::raw::flag;
    let count = |bit: u32| graph.all_flags().iter().filter(|&&flags| flags & bit != 0).count();
    let mut notes = Vec::new();
    let missing = count(flag::MISSING);
    if missing > 0 {
        notes.push(format!("the closure has {missing} holes; what lies behind them is not counted"));
    }
    let bare = count(flag::NO_RECIPE);
    if bare > 0 {
        notes.push(format!(
            "{bare} derivations are known by name and inputs only; if some are fixed-output, this set is too large"
        ));
    }
    let floating = builds.iter().filter(|&&node| graph.flags(node) & flag::FLOATING != 0).count();
    if floating > 0 {
        notes.push(format!(
            "content-addressed derivations among them: {floating}; where these come out the same, less is rebuilt"
        ));
    }
    let unresolved = graph.attributes().filter(|&attribute| graph.attribute_node(attribute).is_none()).count();
    if unresolved > 0 {
        notes.push(format!("attributes without a derivation in the closure, never counted: {unresolved}"));
    }
    notes
}

/// The same, and what bears on nixpkgs' labels.
fn notes(graph: &Graph, rebuilt: &RebuildSet) -> Vec<String> {
    let mut notes = notes_of_builds(graph, &rebuilt.nodes);
    if graph.attribute_count() > 0 {
        note_missing_kernels(graph, &mut notes);
    }
    notes
}

/// Notes the kernels of nixpkgs' labels for which a closure has no attributes.
pub(super) fn note_missing_kernels(graph: &Graph, notes: &mut Vec<String>) {
    let kernels: BTreeSet<&str> =
        graph.attributes().map(|attribute| kernel_of(graph.attribute_system(attribute))).collect();
    for kernel in ["darwin", "linux"] {
        if !kernels.contains(kernel) {
            notes.push(format!("the closure has no {kernel} attributes, so its {kernel} label says nothing"));
        }
    }
}

fn bump_report(graph: &Graph, bumps: &[Bump], nodes: &[NodeId]) -> BumpReport {
    let named: BTreeSet<NodeId> = bumps.iter().flat_map(|bump| bump.named.iter().copied()).collect();
    let mut derivations: Vec<BumpedDerivation> = nodes
        .iter()
        .map(|&node| BumpedDerivation {
            drv: graph.path(node),
            name: graph.name(node).to_owned(),
            system: graph.system(node).to_owned(),
            fixed_output: graph.is_fixed(node),
            extended: !named.contains(&node),
        })
        .collect();
    derivations.sort_by(|a, b| (&a.name, &a.drv).cmp(&(&b.name, &b.drv)));
    BumpReport { selectors: bumps.iter().map(|bump| bump.selector.clone()).collect(), derivations }
}

/// Counts the attributes of a rebuild set, and tells the kernels whose attribute `stdenv` is among them.
/// An attribute that is itself a bumped fixed-output derivation has a new path too.
fn count_attributes(graph: &Graph, rebuilt: &RebuildSet) -> (AttributeCounts, Vec<String>) {
    let nodes = rebuilt.nodes.iter().chain(&rebuilt.fetched);
    let mut rebuilt: Vec<AttributeId> = nodes.flat_map(|&node| graph.attributes_of(node)).collect();
    rebuilt.sort_unstable();
    let mut counts = AttributeCounts {
        total: distinct_names(graph, &rebuilt),
        of: distinct_names(graph, &graph.attributes().collect::<Vec<_>>()),
        ..AttributeCounts::default()
    };
    let mut by_kernel: BTreeMap<&str, Vec<AttributeId>> = BTreeMap::new();
    let mut by_system: BTreeMap<&str, u64> = BTreeMap::new();
    for &attribute in &rebuilt {
        let system = graph.attribute_system(attribute);
        *by_system.entry(if system.is_empty() { "unknown" } else { system }).or_default() += 1;
        by_kernel.entry(kernel_of(system)).or_default().push(attribute);
    }
    counts.by_system = by_system.into_iter().map(|(system, count)| (system.to_owned(), count)).collect();
    counts.by_kernel = by_kernel
        .into_iter()
        .map(|(kernel, attributes)| (kernel.to_owned(), distinct_names(graph, &attributes)))
        .collect();
    let mut stdenv: Vec<String> = rebuilt
        .iter()
        .filter(|&&attribute| graph.attribute_name(attribute) == "stdenv")
        .map(|&attribute| kernel_of(graph.attribute_system(attribute)).to_owned())
        .collect();
    stdenv.dedup();
    (counts, stdenv)
}

/// Attributes ascend by name, so equal names are neighbours.
fn distinct_names(graph: &Graph, attributes: &[AttributeId]) -> u64 {
    let mut last = None;
    let mut count = 0;
    for &attribute in attributes {
        let name = graph.attribute_name_id(attribute);
        if last != Some(name) {
            count += 1;
            last = Some(name);
        }
    }
    count
}

fn count_derivations(graph: &Graph, rebuilt: &RebuildSet) -> DerivationCounts {
    let mut by_system: BTreeMap<&str, u64> = BTreeMap::new();
    for &node in &rebuilt.nodes {
        *by_system.entry(graph.system(node)).or_default() += 1;
    }
    DerivationCounts {
        total: rebuilt.nodes.len() as u64,
        of: graph
            .nodes()
            .filter(|&node| graph.is_derivation(node) && !graph.is_fixed(node) && !graph.is_missing(node))
            .count() as u64,
        by_system: by_system
            .into_iter()
            .map(|(system, count)| (if system.is_empty() { "unknown" } else { system }.to_owned(), count))
            .collect(),
        fetched: rebuilt.fetched.len() as u64,
    }
}

fn by_distance(rebuilt: &RebuildSet) -> Vec<DistanceCount> {
    let mut counts: BTreeMap<u32, u64> = BTreeMap::new();
    for &distance in &rebuilt.distances {
        *counts.entry(distance).or_default() += 1;
    }
    counts.into_iter().map(|(distance, derivations)| DistanceCount { distance, derivations }).collect()
}

fn shares(graph: &Graph, bumps: &[Bump]) -> (Vec<Share>, Option<u64>) {
    let sets: Vec<RebuildSet> = bumps.iter().map(|bump| RebuildSet::of(graph, &bump.nodes)).collect();
    let mut times: BTreeMap<NodeId, u32> = BTreeMap::new();
    for set in &sets {
        for &node in &set.nodes {
            *times.entry(node).or_default() += 1;
        }
    }
    let each = bumps
        .iter()
        .zip(&sets)
        .map(|(bump, set)| Share {
            selector: bump.selector.clone(),
            bumped: bump.nodes.len() as u64,
            derivations: set.nodes.len() as u64,
            attributes: count_attributes(graph, set).0.total,
            exclusive: set.nodes.iter().filter(|node| times.get(node) == Some(&1)).count() as u64,
            hours: None,
            exclusive_hours: None,
        })
        .collect();
    (each, Some(times.values().filter(|&&count| count > 1).count() as u64))
}

fn list(graph: &Graph, rebuilt: &RebuildSet, depth: Option<u32>) -> Vec<Listed> {
    let mut list: Vec<Listed> = rebuilt
        .nodes
        .iter()
        .zip(rebuilt.distances.iter().copied())
        .map(|(node, distance)| (node, distance, false))
        .chain(rebuilt.fetched.iter().map(|node| (node, 0, true)))
        .filter(|&(_, distance, _)| depth.is_none_or(|depth| distance <= depth))
        .map(|(&node, distance, fetched)| Listed::new(graph, node, distance, fetched))
        .collect();
    Listed::sort(&mut list);
    list
}
