//! Why each input of a package is there, and what it costs.

use std::collections::{BTreeMap, BTreeSet};

use serde::Serialize;

use super::what_if::edge_remedy;
use super::{REPORT_VERSION, evidence_words};
use crate::graph::{EdgeId, Graph, NodeId};
use crate::ingest::raw::flag;
use crate::reach::{EdgeRemedy, Propagation, Savings, Treatment, dependents_of, savings_of_edges};
use crate::role::{EffectiveInputs, Role, RoleSet};
use crate::verdict::{Carried, Evidence, Grade, Judgement, Verdict, Verdicts};

/// What to report.
#[derive(Debug, Clone, Copy, Default)]
pub struct InputsParams {
    /// Also what comes along by propagation.
    pub effective: bool,
}

/// The answer.
#[derive(Debug, Clone, Serialize)]
pub struct InputsReport {
    /// Version of this shape.
    pub version: u32,
    /// Whose inputs.
    pub package: Package,
    /// Other derivations that the selector names.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub also: Vec<Package>,
    /// By role, then by name.
    pub inputs: Vec<InputRow>,
    /// What to know of them.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub note: Option<String>,
}

/// A derivation.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Package {
    /// Its path.
    pub drv: String,
    /// Its name.
    pub name: String,
    /// What it is built on.
    pub system: String,
}

impl Package {
    fn of(graph: &Graph, node: NodeId) -> Self {
        Self { drv: graph.path(node), name: graph.name(node).to_owned(), system: graph.system(node).to_owned() }
    }
}

/// An input of the package.
#[derive(Debug, Clone, Serialize)]
pub struct InputRow {
    /// Path of the derivation, or of the input source.
    pub drv: String,
    /// Its name.
    pub name: String,
    /// Its pname; empty for an input source.
    pub pname: String,
    /// The outputs used.
    pub outputs: Vec<String>,
    /// Why it is there; see [`Role`].
    pub roles: Vec<String>,
    /// The keys under which the package names it.
    pub keys: Vec<String>,
    /// Where it comes along with others: the shortest chain of them, nearest to the package first.
    pub chain: Vec<Link>,
    /// All that carry it straight: the last links of any chain.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub carriers: Vec<Link>,
    /// Derivations that a bump of this input alone rebuilds, itself not counted.
    pub rebuilds: u32,
    /// What a change of the input can change in the package.
    pub verdict: Verdict,
    /// How strongly evidence says so.
    pub grade: Option<Grade>,
    /// What says so.
    pub evidence: Vec<String>,
    /// The rule that says so, where evidence does not say more.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub rule: Option<String>,
    /// What can be done about it.
    pub remedy: Option<Treatment>,
    /// What that saves on a bump of this input alone.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub savings: Option<Savings>,
}

/// A link of a chain.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Link {
    /// Path of the derivation.
    pub drv: String,
    /// Its name.
    pub name: String,
}

impl Link {
    pub(super) fn of(graph: &Graph, node: NodeId) -> Self {
        Self { drv: graph.path(node), name: graph.name(node).to_owned() }
    }
}

/// A row before it is written.
struct Input {
    node: NodeId,
    edge: Option<EdgeId>,
    roles: RoleSet,
    outputs: BTreeSet<String>,
    chain: Vec<NodeId>,
}

/// The inputs of the first of `packages`, the one that is meant; the others are named beside it.
///
/// # Panics
/// When there is none.
#[must_use]
pub fn inputs(
    graph: &Graph,
    effective: &EffectiveInputs<'_>,
    verdicts: &Verdicts,
    evidence: &[Evidence],
    packages: &[NodeId],
    params: InputsParams,
) -> InputsReport {
    let package = packages[0];
    let mut all: Vec<Input> = graph
        .input_edges(package)
        .map(|(edge, node)| {
            let mut roles = RoleSet::of_edge(graph, edge);
            roles.0.extend(roles_by_evidence(&verdicts.of(edge)));
            let outputs = graph.used_outputs(edge).map(str::to_owned).collect();
            Input { node, edge: Some(edge), roles, outputs, chain: Vec::new() }
        })
        .collect();
    if params.effective {
        all.extend(propagated(graph, effective, package));
    }
    all.sort_by(|a, b| (&a.roles.0, graph.name(a.node), a.node).cmp(&(&b.roles.0, graph.name(b.node), b.node)));
    let carried = if params.effective { Carried::new(graph, effective, verdicts).of(package) } else { BTreeMap::new() };
    let judge = |input: &Input| match input.edge {
        Some(edge) => verdicts.of(edge),
        None => carried.get(&input.node).cloned().unwrap_or(Judgement::UNKNOWN),
    };
    for input in all.iter_mut().filter(|input| input.edge.is_none()) {
        let roles = roles_by_evidence(&judge(input));
        input.roles.0.extend(roles);
    }
    let links = if params.effective { effective.links(package) } else { BTreeSet::new() };
    let rebuilds = rebuilds(graph, all.iter().map(|input| input.node));
    let savings = savings(graph, effective, verdicts, &all);
    let row = |input: Input| {
        let judgement = judge(&input);
        InputRow {
            drv: graph.path(input.node),
            name: graph.name(input.node).to_owned(),
            pname: graph.pname(input.node).to_owned(),
            outputs: input.outputs.into_iter().collect(),
            roles: input.roles.names(),
            keys: input.edge.map(|edge| graph.mentions(edge).map(str::to_owned).collect()).unwrap_or_default(),
            carriers: links
                .iter()
                .filter(|&&(_, carried)| carried == input.node && !input.chain.is_empty())
                .map(|&(carrier, _)| Link::of(graph, carrier))
                .collect(),
            chain: input.chain.iter().map(|&node| Link::of(graph, node)).collect(),
            rebuilds: rebuilds.get(&input.node).copied().unwrap_or_default(),
            evidence: told(graph, verdicts, evidence, &judgement, (package, input.node)),
            rule: verdicts.rule_of(&judgement).map(|rule| rule.id.clone()),
            remedy: judgement.remedy,
            savings: input.edge.and_then(|edge| savings.get(&edge).copied()),
            verdict: judgement.verdict,
            grade: judgement.grade,
        }
    };
    InputsReport {
        version: REPORT_VERSION,
        package: Package::of(graph, package),
        also: packages[1..].iter().map(|&node| Package::of(graph, node)).collect(),
        inputs: all.into_iter().map(row).collect(),
        note: (graph.flags(package) & flag::NO_RECIPE != 0).then(|| {
            "of this derivation nothing but name and inputs is known, so why they are there is not; give the derivation too"
                .to_owned()
        }),
    }
}

/// The roles that follow from evidence alone.
pub(super) fn roles_by_evidence(judgement: &Judgement) -> impl Iterator<Item = Role> + use<> {
    // by proof only, never by a rule
    let check = (judgement.verdict == Verdict::TestOnly && judgement.shown).then_some(Role::Check);
    check.into_iter().chain(judgement.referenced.then_some(Role::Runtime))
}

/// What evidence there is on an input (consumer, input), in words; where there is none, whether there was
/// some for another recipe.
fn told(
    graph: &Graph,
    verdicts: &Verdicts,
    evidence: &[Evidence],
    judgement: &Judgement,
    (consumer, input): (NodeId, NodeId),
) -> Vec<String> {
    let record = |index: u32| evidence.get(index as usize);
    if judgement.evidence.is_empty() {
        let stale = verdicts.stale(graph, consumer, input).and_then(record);
        return stale.map(|stale| format!("stale: of another recipe ({})", stale.package().name)).into_iter().collect();
    }
    evidence_words::told(graph, evidence, judgement, input)
}

/// What comes along, once for each derivation, by the shortest chain. What the package names itself,
/// under whatever key, is none of them.
fn propagated(graph: &Graph, effective: &EffectiveInputs<'_>, package: NodeId) -> impl Iterator<Item = Input> {
    let own: BTreeSet<NodeId> = graph.input_edges(package).map(|(_, input)| input).collect();
    let mut found: BTreeMap<NodeId, Input> = BTreeMap::new();
    for input in effective.of(package) {
        if input.chain.is_empty() || own.contains(&input.node) {
            continue;
        }
        let known = found.entry(input.node).or_insert_with(|| Input {
            node: input.node,
            edge: None,
            roles: RoleSet([Role::Propagated].into()),
            outputs: BTreeSet::new(),
            chain: input.chain,
        });
        if !input.output.is_empty() {
            known.outputs.insert(input.output.to_owned());
        }
    }
    found.into_values()
}

fn rebuilds(graph: &Graph, nodes: impl Iterator<Item = NodeId>) -> BTreeMap<NodeId, u32> {
    let nodes: BTreeSet<NodeId> = nodes.collect();
    let sources: Vec<u32> = nodes.iter().map(|node| node.0).collect();
    nodes.into_iter().zip(dependents_of(&Propagation::new(graph), &sources)).collect()
}

/// What the remedy of each input that has one saves.
fn savings(
    graph: &Graph,
    effective: &EffectiveInputs<'_>,
    verdicts: &Verdicts,
    inputs: &[Input],
) -> BTreeMap<EdgeId, Savings> {
    let remedy = |input: &Input| edge_remedy(graph, effective, verdicts, input.edge?);
    let remedies: Vec<EdgeRemedy> = inputs.iter().filter_map(remedy).collect();
    remedies.iter().map(|remedy| remedy.edge).zip(savings_of_edges(graph, &remedies, None)).collect()
}

/// Puts the derivation first that most people mean: one with an attribute before one without, then that
/// for x86_64-linux, then by the shortest attribute path, attribute name, system and path.
#[must_use]
pub fn principal_first(graph: &Graph, mut packages: Vec<NodeId>) -> Vec<NodeId> {
    packages.retain(|&node| graph.is_derivation(node));
    packages.sort_by_cached_key(|&node| {
        let names = graph.attributes_of(node).map(|attribute| graph.attribute_name(attribute));
        let name = names.map(|name| (name.matches('.').count(), name)).min();
        let system = graph.system(node);
        (name.is_none(), system != "x86_64-linux", name, system, graph.path(node))
    });
    packages
}
