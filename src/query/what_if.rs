//! Remedies as a user names them, and what they are on a graph.

use std::collections::{BTreeMap, BTreeSet};

use super::resolve::{ResolveError, resolve};
use super::selector::{Selector, SelectorError};
use crate::graph::{EdgeId, Graph, NodeId};
use crate::reach::{EdgeRemedy, Edits, Treatment};
use crate::role::{DependencyList, EffectiveInputs};
use crate::verdict::{Grade, Insistence, Judgement, Verdict, Verdicts};

/// A remedy as a user names it.
#[derive(Debug, Clone)]
pub struct WhatIf {
    /// As it was written.
    pub text: String,
    form: Form,
}

#[derive(Debug, Clone)]
enum Form {
    /// `drop:A->B`
    Drop { input: Selector, consumer: Selector },
    /// `split:C`, `split:A->C`
    Split { input: Option<Selector>, consumer: Selector },
    /// `detach:A`, `detach:A->B`
    Detach { input: Selector, consumer: Option<Selector> },
    /// `detach-tests`, `detach-tests:PKG`
    DetachTests { package: Option<Selector> },
    /// `ca`
    ContentAddressed,
}

/// Why a remedy cannot be applied.
#[derive(Debug, thiserror::Error)]
pub enum WhatIfError {
    /// No form of a remedy.
    #[error(
        "'{text}' is no remedy: {why}; expected drop:A->B, split:C, split:A->C, detach:A, detach:A->B, detach-tests, \
         detach-tests:PKG or ca"
    )]
    Malformed {
        /// The remedy.
        text: String,
        /// What is wrong.
        why: String,
    },
    /// One of its selectors is none.
    #[error("in '{text}': {source}")]
    Selector {
        /// The remedy.
        text: String,
        /// What is wrong with it.
        source: SelectorError,
    },
    /// One of its selectors matches nothing.
    #[error("in '{text}': {source}")]
    Unmatched {
        /// The remedy.
        text: String,
        /// What matches nothing.
        source: ResolveError,
    },
    /// The input is none.
    #[error("'{text}' treats no edge: {why}")]
    NoEdge {
        /// The remedy.
        text: String,
        /// What there is instead.
        why: String,
    },
}

impl WhatIf {
    /// Reads a remedy.
    ///
    /// # Errors
    /// When the form is unknown, or a selector in it is none.
    pub fn parse(text: &str) -> Result<Self, WhatIfError> {
        let malformed = |why: &str| WhatIfError::Malformed { text: text.to_owned(), why: why.to_owned() };
        let selector = |part: &str| {
            Selector::parse(part.trim()).map_err(|source| WhatIfError::Selector { text: text.to_owned(), source })
        };
        let (kind, value) = text.split_once(':').map_or((text, None), |(kind, value)| (kind, Some(value)));
        let form = match (kind, value) {
            ("drop", Some(value)) => {
                let (input, consumer) = value.split_once("->").ok_or_else(|| malformed("'->' is missing"))?;
                Form::Drop { input: selector(input)?, consumer: selector(consumer)? }
            }
            ("split", Some(value)) => match value.split_once("->") {
                Some((input, consumer)) => Form::Split { input: Some(selector(input)?), consumer: selector(consumer)? },
                None => Form::Split { input: None, consumer: selector(value)? },
            },
            ("detach", Some(value)) => match value.split_once("->") {
                Some((input, consumer)) => {
                    Form::Detach { input: selector(input)?, consumer: Some(selector(consumer)?) }
                }
                None => Form::Detach { input: selector(value)?, consumer: None },
            },
            ("detach-tests", value) => Form::DetachTests { package: value.map(selector).transpose()? },
            ("ca", None) => Form::ContentAddressed,
            ("ca", Some(_)) => return Err(malformed("nothing may stand after 'ca'")),
            ("drop" | "split" | "detach", None) => return Err(malformed("nothing stands after it")),
            _ => return Err(malformed(&format!("there is no '{kind}'"))),
        };
        Ok(Self { text: text.to_owned(), form })
    }
}

/// What is done to one edge.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Remedy {
    /// What.
    pub treatment: Treatment,
    /// The edge.
    pub edge: EdgeId,
    /// Its input.
    pub input: NodeId,
    /// Its consumer.
    pub consumer: NodeId,
    /// What evidence says of it.
    pub verdict: Verdict,
    /// How strongly.
    pub grade: Option<Grade>,
    /// What evidence saw fail without the input.
    pub insists: Option<Insistence>,
    /// Whether evidence claims something of it, and not a rule alone.
    pub shown: bool,
}

impl Remedy {
    /// A treatment of an edge, with what evidence says of that.
    pub(super) fn of(graph: &Graph, verdicts: &Verdicts, edge: EdgeId, treatment: Treatment) -> Self {
        let Judgement { verdict, grade, insists, shown, .. } = verdicts.of(edge);
        let (input, consumer) = (graph.edge_input(edge), graph.edge_consumer(edge));
        Self { treatment, edge, input, consumer, verdict, grade, insists, shown }
    }

    /// Why it is not enough to take the input away, if it is not.
    pub(super) fn warning(&self, graph: &Graph) -> Option<String> {
        let (input, consumer) = (graph.name(self.input), graph.name(self.consumer));
        match self.insists? {
            Insistence::Build if self.verdict.is_spurious() => {
                Some(format!("the build of {consumer} insists on {input} being there: proven with a stub"))
            }
            Insistence::Build => Some(format!("the build of {consumer} fails without {input}")),
            Insistence::PresenceCheck => Some(format!("a check of {consumer} looks whether {input} is there")),
        }
    }
}

/// A consumer that loses a propagated input which it may need, and names it itself instead.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub struct Receiver {
    /// What it loses.
    pub input: NodeId,
    /// The consumer.
    pub node: NodeId,
    /// The list that names it then.
    pub list: DependencyList,
}

/// Remedies on a graph, applied together.
#[derive(Debug, Clone, Default)]
pub struct Remedies {
    /// By consumer and input.
    pub remedies: Vec<Remedy>,
    /// Sorted.
    pub receivers: Vec<Receiver>,
    /// Edges over which no change of an output comes, with content addressing. Ascending.
    pub cut_off: Vec<EdgeId>,
    /// Whether everything is content-addressed.
    pub content_addressed: bool,
}

impl Remedies {
    /// As edits of the graph.
    #[must_use]
    pub fn edits(&self) -> Edits {
        let mut edits = Edits::default();
        for remedy in &self.remedies {
            edits.treat(remedy.edge, remedy.treatment);
        }
        for receiver in &self.receivers {
            edits.add(receiver.input, receiver.node);
        }
        for &edge in &self.cut_off {
            edits.cut_off(edge);
        }
        edits
    }
}

/// How remedies are found.
#[derive(Debug, Clone, Copy, Default)]
pub struct RemedyParams {
    /// All remedies that evidence supports at this grade or a stronger one, beside those that are
    /// named; and of evidence nothing below it counts.
    pub min_grade: Option<Grade>,
    /// Take selectors as named, without other instances.
    pub only: bool,
}

/// Finds what each remedy is on the graph.
///
/// `drop:A->B` takes every edge from an instance of A to an instance of B. `split:A->C` moves such
/// edges into wrappers; `split:C` those that evidence calls reference-only, and those that come from
/// what is bumped. `detach:A->B` moves such edges into a test build of B's own, `detach:A` all edges from A that
/// are to be detached, as rules or evidence say; the consumers' other check-only inputs go with them. `detach-tests` takes the edges that evidence calls check-only. `ca` has every
/// derivation content-addressed: evidence that a change of an input cannot change an output stops it
/// there. A receiver of a propagated input that is dropped or detached gets a direct edge, unless
/// evidence says that it does not need the input.
///
/// # Errors
/// When a selector matches nothing, or a remedy treats no edge.
pub fn remedies(
    graph: &Graph,
    effective: &EffectiveInputs<'_>,
    verdicts: &Verdicts,
    bumped: &[NodeId],
    what_ifs: &[WhatIf],
    params: RemedyParams,
) -> Result<Remedies, WhatIfError> {
    let counts = |judgement: &Judgement| judgement.is_at_least(params.min_grade);
    let mut treated: BTreeMap<EdgeId, Treatment> = BTreeMap::new();
    let mut treat = |edge: EdgeId, treatment: Treatment| {
        let kept = treated.entry(edge).or_insert(treatment);
        *kept = treatment.min(*kept);
    };
    let mut cut_off = Vec::new();
    let mut content_addressed = false;
    if params.min_grade.is_some() {
        for (edge, judgement) in verdicts.edges().filter(|(_, judgement)| counts(judgement)) {
            if let Some(treatment) = judgement.remedy {
                treat(edge, treatment);
            }
        }
    }
    for what_if in what_ifs {
        let nodes = |selector: &Selector| -> Result<BTreeSet<NodeId>, WhatIfError> {
            let bumps = resolve(graph, std::slice::from_ref(selector), params.only)
                .map_err(|source| WhatIfError::Unmatched { text: what_if.text.clone(), source })?;
            Ok(bumps.into_iter().flat_map(|bump| bump.nodes).collect())
        };
        let no_edge = |why: String| Err(WhatIfError::NoEdge { text: what_if.text.clone(), why });
        match &what_if.form {
            Form::Drop { input, consumer }
            | Form::Split { input: Some(input), consumer }
            | Form::Detach { input, consumer: Some(consumer) } => {
                let (inputs, consumers) = (nodes(input)?, nodes(consumer)?);
                let edges = edges_between(graph, &inputs, &consumers);
                if edges.is_empty() {
                    return no_edge(why_none(graph, effective, &inputs, &consumers));
                }
                let treatment = match what_if.form {
                    Form::Drop { .. } => Treatment::Drop,
                    Form::Detach { .. } => Treatment::Detach,
                    _ => Treatment::Split,
                };
                for edge in with_checks(graph, verdicts, edges, treatment) {
                    treat(edge, treatment);
                }
            }
            Form::Detach { input, consumer: None } => {
                let inputs = nodes(input)?;
                let meant = |edge, judgement: &Judgement| {
                    judgement.remedy == Some(Treatment::Detach) && inputs.contains(&graph.edge_input(edge))
                };
                let flagged = verdicts.edges().filter(|(edge, judgement)| meant(*edge, judgement) && counts(judgement));
                let edges: Vec<EdgeId> = flagged.map(|(edge, _)| edge).collect();
                if edges.is_empty() {
                    let why = "neither rules nor evidence of this grade say of any package that it is there for the tests; \
                               name the package (detach:A->B)";
                    return no_edge(why.to_owned());
                }
                for edge in with_checks(graph, verdicts, edges, Treatment::Detach) {
                    treat(edge, Treatment::Detach);
                }
            }
            Form::Split { input: None, consumer } => {
                let consumers = nodes(consumer)?;
                let mut edges = edges_between(graph, &bumped.iter().copied().collect(), &consumers);
                for (edge, judgement) in verdicts.edges() {
                    let named = consumers.contains(&graph.edge_consumer(edge));
                    if named && judgement.verdict == Verdict::ReferenceOnly && counts(judgement) {
                        edges.push(edge);
                    }
                }
                if edges.is_empty() {
                    let bumped =
                        if bumped.is_empty() { "" } else { "nothing that is bumped is its direct input, and " };
                    return no_edge(format!(
                        "{bumped}no evidence calls an input of it reference-only; name the input (split:A->C)"
                    ));
                }
                edges.into_iter().for_each(|edge| treat(edge, Treatment::Split));
            }
            Form::DetachTests { package } => {
                let packages = package.as_ref().map(nodes).transpose()?;
                let named =
                    |edge| packages.as_ref().is_none_or(|packages| packages.contains(&graph.edge_consumer(edge)));
                let mut known = false;
                let mut found = false;
                for (edge, judgement) in verdicts.edges() {
                    // what a rule alone says is no check by proof
                    if judgement.verdict == Verdict::TestOnly && judgement.shown && named(edge) {
                        known = true;
                        if counts(judgement) {
                            treat(edge, Treatment::Detach);
                            found = true;
                        }
                    }
                }
                if !found {
                    let why = match params.min_grade.filter(|_| known) {
                        Some(least) => format!("what evidence names as check-only is weaker than {least}"),
                        None => {
                            "no evidence that holds for this closure names check-only inputs of it; make some with \
                                 'nix-ripple probe' and give it with --evidence"
                                .to_owned()
                        }
                    };
                    return no_edge(why);
                }
            }
            Form::ContentAddressed => {
                let same = |judgement: &Judgement| {
                    let shown = judgement.shown || params.min_grade.is_some();
                    shown && matches!(judgement.verdict, Verdict::TestOnly | Verdict::NoEffect)
                };
                let stopped = verdicts.edges().filter(|(_, judgement)| counts(judgement) && same(judgement));
                cut_off = stopped.map(|(edge, _)| edge).collect();
                content_addressed = true;
            }
        }
    }
    let receivers = receivers(graph, effective, verdicts, &treated, params.min_grade);
    let remedy = |(edge, treatment)| Remedy::of(graph, verdicts, edge, treatment);
    let remedies = treated.into_iter().map(remedy).collect();
    Ok(Remedies { remedies, receivers, content_addressed, cut_off })
}

/// These edges, and where tests are detached with them, those that evidence calls check-only: no package has
/// two sets of tests.
fn with_checks(graph: &Graph, verdicts: &Verdicts, edges: Vec<EdgeId>, treatment: Treatment) -> BTreeSet<EdgeId> {
    let consumers: BTreeSet<NodeId> = edges.iter().map(|&edge| graph.edge_consumer(edge)).collect();
    let mut all: BTreeSet<EdgeId> = edges.into_iter().collect();
    if treatment == Treatment::Detach {
        let own = consumers.into_iter().flat_map(|consumer| graph.input_edges(consumer));
        all.extend(own.map(|(edge, _)| edge).filter(|&edge| verdicts.is_check(edge)));
    }
    all
}

/// The edges from one set to another, ascending.
fn edges_between(graph: &Graph, inputs: &BTreeSet<NodeId>, consumers: &BTreeSet<NodeId>) -> Vec<EdgeId> {
    let own = |&consumer: &NodeId| graph.input_edges(consumer).filter(|(_, input)| inputs.contains(input));
    consumers.iter().flat_map(own).map(|(edge, _)| edge).collect()
}

/// What is to be said where no edge leads from one set to another.
fn why_none(
    graph: &Graph,
    effective: &EffectiveInputs<'_>,
    inputs: &BTreeSet<NodeId>,
    consumers: &BTreeSet<NodeId>,
) -> String {
    let mut carriers: BTreeSet<&str> = BTreeSet::new();
    for &consumer in consumers {
        let links = effective.links(consumer);
        carriers.extend(links.iter().filter(|(_, carried)| inputs.contains(carried)).map(|&(by, _)| graph.name(by)));
    }
    if carriers.is_empty() {
        return "the one is no input of the other".to_owned();
    }
    let carriers: Vec<&str> = carriers.into_iter().collect();
    format!("the one comes to the other only with what propagates it: {}", carriers.join(", "))
}

/// What the remedy of an edge does to the graph, if evidence or a rule knows one.
pub(super) fn edge_remedy(
    graph: &Graph,
    effective: &EffectiveInputs<'_>,
    verdicts: &Verdicts,
    edge: EdgeId,
) -> Option<EdgeRemedy> {
    let treatment = verdicts.of(edge).remedy?;
    let receivers = receivers(graph, effective, verdicts, &[(edge, treatment)].into(), None);
    Some(EdgeRemedy { edge, treatment, receivers: receivers.iter().map(|receiver| receiver.node).collect() })
}

/// The receivers that need a direct edge once these edges are treated together: those of which no
/// evidence of this grade at least, on the input as they name it or as it comes along, says that they do
/// not. A wrapper still propagates what it records,
/// so splits have none.
pub(super) fn receivers(
    graph: &Graph,
    effective: &EffectiveInputs<'_>,
    verdicts: &Verdicts,
    treated: &BTreeMap<EdgeId, Treatment>,
    min_grade: Option<Grade>,
) -> Vec<Receiver> {
    let removed: BTreeSet<EdgeId> =
        treated.iter().filter(|(_, treatment)| **treatment != Treatment::Split).map(|(edge, _)| *edge).collect();
    let needs = |input: NodeId, receiver: NodeId| {
        if graph.input_edges(receiver).any(|(edge, other)| other == input && removed.contains(&edge)) {
            return false;
        }
        let judgement = verdicts.pair(graph, receiver, input);
        let needed = matches!(judgement.verdict, Verdict::Affects | Verdict::Unknown);
        needed || !judgement.is_at_least(min_grade)
    };
    let found = effective.receivers(&removed).into_iter();
    found
        .filter(|&(input, receiver, _)| needs(input, receiver))
        .map(|(input, node, list)| Receiver { input, node, list })
        .collect()
}
