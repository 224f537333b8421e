//! Evidence, found again in a graph.

use std::collections::BTreeMap;

use rustc_hash::{FxHashMap, FxHashSet};

use super::evidence::{CheckOnly, Evidence, InputRef};
use super::judgement::{Judgement, Verdict};
use crate::graph::{EdgeId, Graph, NodeId, RecipeDigest};
use crate::ingest::Problem;
use crate::nix::{StorePath, parse_drv_name};

/// The verdicts that evidence allows on the edges of a graph; all others are unknown.
///
/// A record speaks of every derivation with its recipe, which knows no versions of inputs: evidence
/// stays valid when inputs are bumped, and falls away when the package itself changes. An input of a
/// record is found among the consumer's own: by its path, else by its pname and the keys that name it,
/// where as many inputs have these as records are left (one, nearly always).
///
/// Overestimates: where two inputs of one pname under the same keys have become one, of which only one
/// was check-only. Underestimates: where an input was given another pname, and what
/// [`RecipeDigest`] takes for a change of the recipe.
#[derive(Debug, Clone, Default)]
pub struct Verdicts {
    /// Ascending.
    edges: Vec<(EdgeId, Judgement)>,
}

impl Verdicts {
    /// Finds what the evidence speaks of; the indices of judgements are those of `evidence`. What is not
    /// found any more is told as one finding; packages that are not there at all are not. Linear in the
    /// nodes, and in the inputs of the consumers found.
    #[must_use]
    pub fn new(graph: &Graph, evidence: &[Evidence]) -> (Self, Vec<Problem>) {
        let mut consumers: FxHashMap<RecipeDigest, Vec<NodeId>> = evidence
            .iter()
            .map(|evidence| match evidence {
                Evidence::CheckOnly(check_only) => (check_only.recipe, Vec::new()),
            })
            .collect();
        consumers.remove(&RecipeDigest::NONE);
        if !consumers.is_empty() {
            for node in graph.nodes() {
                if let Some(nodes) = consumers.get_mut(&graph.recipe(node)) {
                    nodes.push(node);
                }
            }
        }
        let mut edges: BTreeMap<EdgeId, Judgement> = BTreeMap::new();
        let mut stale = Stale::default();
        for (index, evidence) in (0u32..).zip(evidence) {
            let Evidence::CheckOnly(check_only) = evidence;
            let nodes = consumers.get(&check_only.recipe).map_or(&[][..], Vec::as_slice);
            if nodes.is_empty() {
                stale.records.push(check_only);
            }
            for &node in nodes {
                let found = find(graph, node, &check_only.inputs);
                stale.inputs.extend(found.missing.into_iter().map(|input| (graph.name(node), input.name.as_str())));
                for edge in found.edges {
                    let judgement = edges.entry(edge).or_insert(Judgement::UNKNOWN);
                    judgement.verdict = Verdict::TestOnly;
                    judgement.grade = judgement.grade.max(Some(check_only.grade));
                    judgement.evidence.push(index);
                }
            }
        }
        stale.forget_strangers(graph);
        let problems = stale.problem(evidence.len()).into_iter().collect();
        (Self { edges: edges.into_iter().collect() }, problems)
    }

    /// What is known of an edge; [`Judgement::UNKNOWN`] without evidence. Binary search.
    #[must_use]
    pub fn of(&self, edge: EdgeId) -> Judgement {
        self.find(edge).cloned().unwrap_or(Judgement::UNKNOWN)
    }

    /// Whether evidence shows that the input is there for the checks alone.
    #[must_use]
    pub fn is_check(&self, edge: EdgeId) -> bool {
        self.find(edge).is_some_and(|judgement| judgement.verdict == Verdict::TestOnly)
    }

    fn find(&self, edge: EdgeId) -> Option<&Judgement> {
        let at = self.edges.binary_search_by_key(&edge, |(edge, _)| *edge).ok()?;
        Some(&self.edges[at].1)
    }

    /// All edges with evidence, ascending.
    pub fn edges(&self) -> impl ExactSizeIterator<Item = (EdgeId, &Judgement)> {
        self.edges.iter().map(|(edge, judgement)| (*edge, judgement))
    }

    /// How many edges have evidence.
    #[must_use]
    pub fn count(&self) -> usize {
        self.edges.len()
    }
}

struct Found<'e> {
    edges: Vec<EdgeId>,
    missing: Vec<&'e InputRef>,
}

/// The inputs of a record among those of a consumer.
fn find<'e>(graph: &Graph, consumer: NodeId, inputs: &'e [InputRef]) -> Found<'e> {
    let own: Vec<(EdgeId, NodeId)> = graph.input_edges(consumer).collect();
    let mut edges = Vec::new();
    let mut rest: BTreeMap<(&str, Vec<&str>), Vec<&InputRef>> = BTreeMap::new();
    for input in inputs {
        let digest = StorePath::from_absolute(input.drv.as_bytes()).map(|(_, path)| path.digest);
        match own.iter().find(|(_, input)| digest == Ok(graph.digest(*input))) {
            Some(&(edge, _)) => edges.push(edge),
            None => {
                let keys = input.keys.iter().map(String::as_str).collect();
                rest.entry((&input.pname, keys)).or_default().push(input);
            }
        }
    }
    let mut missing = Vec::new();
    for ((pname, keys), inputs) in rest {
        let same = |&&(edge, input): &&(EdgeId, NodeId)| {
            InputRef::pname_of(graph, input) == pname && graph.mentions(edge).eq(keys.iter().copied())
        };
        let left: Vec<EdgeId> =
            own.iter().filter(same).map(|&(edge, _)| edge).filter(|edge| !edges.contains(edge)).collect();
        if left.len() == inputs.len() {
            edges.extend(left);
        } else {
            missing.extend(inputs);
        }
    }
    edges.sort_unstable();
    edges.dedup();
    Found { edges, missing }
}

/// What is not found any more.
#[derive(Default)]
struct Stale<'e> {
    records: Vec<&'e CheckOnly>,
    /// Consumer and input.
    inputs: Vec<(&'e str, &'e str)>,
}

impl Stale<'_> {
    /// Of packages that the closure does not have at all there is nothing to tell. Linear, if there is
    /// anything to look for.
    fn forget_strangers(&mut self, graph: &Graph) {
        if self.records.is_empty() {
            return;
        }
        let pnames: FxHashSet<&str> = graph.nodes().map(|node| parse_drv_name(graph.name(node)).0).collect();
        self.records.retain(|record| pnames.contains(parse_drv_name(&record.package.name).0));
    }

    fn problem(&self, of: usize) -> Option<Problem> {
        let mut parts = Vec::new();
        if let Some(first) = self.records.first() {
            let count = self.records.len();
            parts.push(format!(
                "{count} of {of} records speak of packages whose recipe in the closure is another one (the first: {})",
                first.package.name
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
