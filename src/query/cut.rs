//! What it takes to free a derivation from a bump.

use std::collections::BTreeMap;

use serde::Serialize;

use super::inputs::Link;
use super::path_node::{PathNode, path_nodes};
use super::what_if::{Remedies, Remedy, receivers};
use crate::graph::{EdgeId, Graph, NodeId};
use crate::reach::{self, Treatment, rebuild_edited};
use crate::role::EffectiveInputs;
use crate::verdict::{Grade, Verdicts};

/// Which edges a cut may go over.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum CutOver {
    /// Those that have a remedy by evidence, of this grade at least.
    Evidence(Option<Grade>),
    /// All.
    Any,
}

/// The answer.
#[derive(Debug, Clone, Serialize)]
pub struct CutReport {
    /// Whether it is possible: there are such edges, or no path needs cutting.
    pub possible: bool,
    /// The fewest edges whose removal leaves no path.
    pub edges: Vec<CutEdge>,
    /// Where it is impossible: a path that none of the edges that may be cut is on.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub uncut: Vec<PathNode>,
    /// What else there is to know.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub notes: Vec<String>,
}

/// An edge of a cut.
#[derive(Debug, Clone, Serialize)]
pub struct CutEdge {
    /// The input.
    pub input: Link,
    /// The consumer.
    pub consumer: Link,
    /// The system that the consumer is built on.
    pub system: String,
    /// The keys under which the consumer names it.
    pub keys: Vec<String>,
    /// The remedy that evidence allows, if any.
    pub remedy: Option<Treatment>,
    /// How strong the evidence is.
    pub grade: Option<Grade>,
}

/// The smallest set of edges whose removal frees `to` from a bump of `from`.
///
/// A minimum cut of the graph as it is. An edge whose remedy is a split may be cut only where it leads to
/// an end. Where a remedy takes an input out of a propagated list, receivers that may need it name it
/// themselves, and that can bring a path back: a note says so then.
#[must_use]
pub fn cut(
    graph: &Graph,
    effective: &EffectiveInputs<'_>,
    verdicts: &Verdicts,
    from: &[NodeId],
    to: &[NodeId],
    over: CutOver,
) -> CutReport {
    let allowed = |edge: EdgeId| match over {
        CutOver::Any => true,
        CutOver::Evidence(least) => {
            let judgement = verdicts.of(edge);
            // a split frees the build alone: what depends on the wrapper is still rebuilt
            let frees = match judgement.remedy {
                Some(Treatment::Split) => to.contains(&graph.edge_consumer(edge)),
                remedy => remedy.is_some(),
            };
            frees && judgement.is_at_least(least)
        }
    };
    match reach::cut(graph, from, to, allowed) {
        reach::Cut::Apart => CutReport { possible: true, edges: Vec::new(), uncut: Vec::new(), notes: Vec::new() },
        reach::Cut::Impossible(path) => {
            let mut notes = Vec::new();
            if path.len() == 1 {
                notes.push(format!("{} is bumped itself", graph.name(path[0])));
            } else if verdicts.count() == 0 && over != CutOver::Any {
                notes.push(
                    "there is no evidence to cut by; make some with 'nix-ripple probe', or see '--cut any'".to_owned(),
                );
            }
            CutReport { possible: false, edges: Vec::new(), uncut: path_nodes(graph, &path), notes }
        }
        reach::Cut::Edges(edges) => {
            let mut notes = Vec::new();
            if let CutOver::Evidence(least) = over
                && comes_back(graph, effective, verdicts, from, to, &edges, least)
            {
                notes.push(
                    "receivers of a propagated input name it themselves after the remedies, and keep a path open"
                        .to_owned(),
                );
            }
            let cut_edge = |edge: EdgeId| {
                let judgement = verdicts.of(edge);
                CutEdge {
                    input: Link::of(graph, graph.edge_input(edge)),
                    consumer: Link::of(graph, graph.edge_consumer(edge)),
                    system: graph.system(graph.edge_consumer(edge)).to_owned(),
                    keys: graph.mentions(edge).map(str::to_owned).collect(),
                    remedy: judgement.remedy,
                    grade: judgement.grade,
                }
            };
            CutReport { possible: true, edges: edges.into_iter().map(cut_edge).collect(), uncut: Vec::new(), notes }
        }
    }
}

/// Whether a bump still builds an end once the remedies of these edges are applied, with the direct
/// edges that receivers get.
fn comes_back(
    graph: &Graph,
    effective: &EffectiveInputs<'_>,
    verdicts: &Verdicts,
    from: &[NodeId],
    to: &[NodeId],
    edges: &[EdgeId],
    least: Option<Grade>,
) -> bool {
    let remedy = |edge: EdgeId| Some(Remedy::of(graph, verdicts, edge, verdicts.of(edge).remedy?));
    let remedies: Vec<Remedy> = edges.iter().filter_map(|&edge| remedy(edge)).collect();
    let treated: BTreeMap<_, _> = remedies.iter().map(|remedy| (remedy.edge, remedy.treatment)).collect();
    let receivers = receivers(graph, effective, verdicts, &treated, least);
    let after = rebuild_edited(graph, from, &Remedies { remedies, receivers, ..Remedies::default() }.edits());
    to.iter().any(|node| after.builds.binary_search(node).is_ok())
}
