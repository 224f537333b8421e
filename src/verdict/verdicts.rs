//! Evidence, found again in a graph.

use std::collections::BTreeMap;
use std::sync::Arc;

use rayon::prelude::*;

use super::evidence::{Evidence, InputRef};
use super::finder::{Finder, Place};
use super::judgement::{Judgement, Verdict};
use super::rules::{Fits, Rule, Rules};
use crate::graph::{EdgeId, Graph, NodeId};
use crate::ingest::Problem;
use crate::nix::parse_drv_name;

/// The verdicts that evidence allows on the inputs of a graph's consumers; all others are unknown.
///
/// A record speaks of every derivation with its recipe, which knows no versions of inputs: evidence
/// stays valid when inputs are bumped, and falls away when the package itself changes. An input of a
/// record is found among the consumer's own: by its path, else by its pname and the keys that name it,
/// where as many inputs have these as records are left (one, nearly always). An input without keys is
/// found among what comes along with others: by its path, else by its pname where one alone has it.
///
/// Overestimates: where two inputs of one pname under the same keys have become one, of which only one
/// was check-only. Underestimates: where an input was given another pname, and what
/// [`RecipeDigest`](crate::graph::RecipeDigest) takes for a change of the recipe.
#[derive(Debug, Clone, Default)]
pub struct Verdicts {
    /// Ascending.
    edges: Vec<(EdgeId, Judgement)>,
    /// Of inputs that come along, by consumer and input; ascending.
    pairs: Vec<((NodeId, NodeId), Judgement)>,
    /// What speaks of another recipe: pnames of package and input, and the first record that does.
    stale: BTreeMap<String, BTreeMap<String, u32>>,
    rules: Arc<Rules>,
}

impl Verdicts {
    /// Finds what the evidence speaks of; the indices of judgements are those of `evidence`. What is not
    /// found any more is told as one finding; packages that are not there at all are not. Linear in the
    /// nodes, and in the inputs of the consumers found; where evidence speaks of what comes along, also in
    /// the edges, and in what its consumers see.
    #[must_use]
    pub fn new(graph: &Graph, evidence: &[Evidence]) -> (Self, Vec<Problem>) {
        Self::with_rules(graph, evidence, Rules::default())
    }

    /// The same, and what rules say of the shape of each edge. Beside that linear in the edges.
    #[must_use]
    pub fn with_rules(graph: &Graph, evidence: &[Evidence], rules: Rules) -> (Self, Vec<Problem>) {
        let mut places: BTreeMap<Place, Vec<u32>> = BTreeMap::new();
        let mut verdicts = Self { rules: Arc::new(rules), ..Self::default() };
        let mut missing = Missing::default();
        let mut finder = Finder::new(graph, evidence);
        for (index, record) in (0u32..).zip(evidence) {
            let inputs = record.inputs();
            let consumers = finder.consumers(record.recipe()).to_vec();
            if consumers.is_empty() && finder.has_package(record) {
                missing.records.push(record);
                let package = parse_drv_name(&record.package().name).0;
                let known = verdicts.stale.entry(package.to_owned()).or_default();
                for input in inputs {
                    known.entry(input.pname.clone()).or_insert(index);
                }
                continue;
            }
            for consumer in consumers {
                for (input, place) in inputs.iter().zip(finder.find(consumer, &inputs)) {
                    match place {
                        Some(place) => places.entry(place).or_default().push(index),
                        None => missing.inputs.push((graph.name(consumer), &input.name)),
                    }
                }
            }
        }
        places.values_mut().for_each(Vec::dedup);
        let records = |indices: &[u32]| -> Vec<(u32, &Evidence)> {
            indices.iter().filter_map(|&index| Some((index, evidence.get(index as usize)?))).collect()
        };
        for (place, indices) in &places {
            if let Place::Carried { consumer, input } = *place {
                verdicts.pairs.push(((consumer, input), Judgement::of(records(indices))));
            }
        }
        let fits = Fits::new(graph, &verdicts.rules);
        let judge = |edge: EdgeId| -> Option<(EdgeId, Judgement)> {
            let records = places.get(&Place::Edge(edge)).map(|indices| records(indices));
            // without evidence nothing is held back
            if records.is_none() && !fits.may_claim(edge) {
                return None;
            }
            let check = records.iter().flatten().any(|(_, record)| matches!(record, Evidence::CheckOnly(_)));
            let rule = fits.of_edge(edge, check).and_then(|index| Some((index, verdicts.rules.get(index)?)));
            if records.is_none() && rule.is_none_or(|(_, rule)| rule.holds_back()) {
                return None;
            }
            Some((edge, Judgement::with_rule(records.into_iter().flatten(), rule)))
        };
        let judged: Vec<_> = match verdicts.rules.all().is_empty() {
            true => places.keys().filter_map(Place::edge).filter_map(judge).collect(),
            false => (0..graph.edge_count() as u32).into_par_iter().map(EdgeId).filter_map(judge).collect(),
        };
        verdicts.edges = judged;
        let problems = missing.problem(evidence.len()).into_iter().collect();
        (verdicts, problems)
    }

    /// The rules by which it judges.
    #[must_use]
    pub fn rules(&self) -> &Rules {
        &self.rules
    }

    /// The rule that a judgement stands on, if it is one.
    #[must_use]
    pub fn rule_of(&self, judgement: &Judgement) -> Option<&Rule> {
        self.rules.get(judgement.rule?)
    }

    /// What is known of an edge; [`Judgement::UNKNOWN`] without evidence. Binary search.
    #[must_use]
    pub fn of(&self, edge: EdgeId) -> Judgement {
        find(&self.edges, edge).cloned().unwrap_or(Judgement::UNKNOWN)
    }

    /// What is known of an input and its consumer: of the edge, if there is one, else of the input that comes
    /// along. Linear in the consumer's inputs.
    #[must_use]
    pub fn pair(&self, graph: &Graph, consumer: NodeId, input: NodeId) -> Judgement {
        match graph.input_edges(consumer).find(|&(_, own)| own == input) {
            Some((edge, _)) => self.of(edge),
            None => find(&self.pairs, (consumer, input)).cloned().unwrap_or(Judgement::UNKNOWN),
        }
    }

    /// Whether evidence shows that the input is there for the checks alone.
    #[must_use]
    pub fn is_check(&self, edge: EdgeId) -> bool {
        find(&self.edges, edge).is_some_and(|judgement| judgement.verdict == Verdict::TestOnly && judgement.shown)
    }

    /// The first piece of evidence on an input of this pname in an earlier or later recipe of the package,
    /// by its index: it holds no more, or not yet.
    #[must_use]
    pub fn stale(&self, graph: &Graph, consumer: NodeId, input: NodeId) -> Option<u32> {
        let known = self.stale.get(parse_drv_name(graph.name(consumer)).0)?;
        known.get(InputRef::pname_of(graph, input)).copied()
    }

    /// All edges of which evidence or a rule speaks, ascending; also where it tells of references alone, so that
    /// nothing follows.
    pub fn edges(&self) -> impl ExactSizeIterator<Item = (EdgeId, &Judgement)> {
        self.edges.iter().map(|(edge, judgement)| (*edge, judgement))
    }

    /// All inputs that come along of which evidence speaks, by consumer and input.
    pub fn pairs(&self) -> impl ExactSizeIterator<Item = (NodeId, NodeId, &Judgement)> {
        self.pairs.iter().map(|((consumer, input), judgement)| (*consumer, *input, judgement))
    }

    /// How many edges have a verdict.
    #[must_use]
    pub fn count(&self) -> usize {
        self.edges.iter().filter(|(_, judgement)| judgement.verdict != Verdict::Unknown).count()
    }
}

/// The judgement under a key of a sorted list.
fn find<K: Ord>(judged: &[(K, Judgement)], key: K) -> Option<&Judgement> {
    let at = judged.binary_search_by(|(known, _)| known.cmp(&key)).ok()?;
    judged.get(at).map(|(_, judgement)| judgement)
}

/// What is not found any more.
#[derive(Default)]
struct Missing<'e> {
    /// Of packages that are there with another recipe.
    records: Vec<&'e Evidence>,
    /// Consumer and input.
    inputs: Vec<(&'e str, &'e str)>,
}

impl Missing<'_> {
    fn problem(&self, of: usize) -> Option<Problem> {
        let mut parts = Vec::new();
        if let Some(first) = self.records.first() {
            let count = self.records.len();
            parts.push(format!(
                "{count} of {of} records speak of packages whose recipe in the closure is another one (the first: {})",
                first.package().name
            ));
        }
        if let Some((consumer, input)) = self.inputs.first() {
            let count = self.inputs.len();
            parts.push(format!(
                "{count} of the inputs that they name cannot be told among those of their consumer (the first: {input} of {consumer})"
            ));
        }
        (!parts.is_empty()).then(|| Problem::new("stale-evidence", parts.join("; ")))
    }
}
