//! Which edges are flagged.

use std::collections::BTreeSet;

use super::baseline::Pair;
use super::bumps::is_built;
use super::ignores::Ignores;
use crate::graph::{EdgeId, Graph, NodeId};
use crate::nix::called;
use crate::reach::Treatment;
use crate::verdict::{Grade, Judgement, Verdicts};

/// An edge whose input cannot change what the consumer builds.
#[derive(Debug, Clone)]
pub(super) struct Flagged {
    pub(super) edge: EdgeId,
    pub(super) input: NodeId,
    pub(super) consumer: NodeId,
    pub(super) judgement: Judgement,
    pub(super) grade: Grade,
    /// What they are called.
    pub(super) input_name: String,
    pub(super) consumer_name: String,
}

impl Flagged {
    /// What is done; where nothing cheap is, that whose price is asked for.
    pub(super) fn treatment(&self) -> Treatment {
        self.judgement.remedy.unwrap_or(Treatment::Drop)
    }

    pub(super) fn pair(&self, graph: &Graph) -> Pair {
        let keys = graph.mentions(self.edge).map(str::to_owned).collect();
        Pair::new(&self.input_name, &self.consumer_name, keys, self.judgement.verdict)
    }
}

/// Whether the input cannot change what is built, by what is known at this grade; then the grade.
pub(super) fn is_flagged(judgement: &Judgement, least: Grade) -> Option<Grade> {
    judgement.grade.filter(|&grade| judgement.verdict.is_spurious() && grade >= least)
}

/// What a package is called from one version, and one interpreter, to another; of a source its name.
pub(super) fn label(graph: &Graph, node: NodeId) -> String {
    let pname = graph.pname(node);
    called(if pname.is_empty() { graph.name(node) } else { pname })
}

/// The id of the rule that a judgement stands on.
pub(super) fn rule<'v>(verdicts: &'v Verdicts, judgement: &Judgement) -> Option<&'v str> {
    verdicts.rule_of(judgement).map(|rule| rule.id.as_str())
}

/// What is flagged, by edge, and what else is but is ignored.
#[derive(Debug, Default)]
pub(super) struct Found {
    pub(super) flagged: Vec<Flagged>,
    pub(super) ignored: BTreeSet<Pair>,
    /// How many edges these are.
    pub(super) ignored_edges: u64,
    /// Of each entry of the ignore list, whether something needs it, in the scope or elsewhere.
    pub(super) needed: Vec<bool>,
}

/// Finds them in the whole graph, and keeps those of the scope. Linear in what is judged.
pub(super) fn flagged(
    graph: &Graph,
    verdicts: &Verdicts,
    least: Grade,
    scope: Option<&BTreeSet<NodeId>>,
    ignores: &Ignores,
) -> Found {
    let mut found = Found { needed: vec![false; ignores.len()], ..Found::default() };
    for (edge, judgement) in verdicts.edges() {
        let (input, consumer) = (graph.edge_input(edge), graph.edge_consumer(edge));
        let Some(grade) = is_flagged(judgement, least).filter(|_| is_built(graph, consumer)) else { continue };
        let within = scope.is_none_or(|scope| scope.contains(&consumer));
        if !within && ignores.len() == 0 {
            continue;
        }
        let flagged = Flagged {
            edge,
            input,
            consumer,
            judgement: judgement.clone(),
            grade,
            input_name: label(graph, input),
            consumer_name: label(graph, consumer),
        };
        let mut ignored = false;
        let rule = rule(verdicts, judgement);
        for entry in ignores.fitting(&flagged.input_name, &flagged.consumer_name, rule) {
            ignored = true;
            if let Some(needed) = found.needed.get_mut(entry) {
                *needed = true;
            }
        }
        match (within, ignored) {
            (false, _) => {}
            (true, false) => found.flagged.push(flagged),
            (true, true) => {
                found.ignored.insert(flagged.pair(graph));
                found.ignored_edges += 1;
            }
        }
    }
    found
}
