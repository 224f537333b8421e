//! Where in a graph the inputs are that evidence speaks of.

use std::collections::BTreeMap;
use std::collections::BTreeSet;

use rustc_hash::{FxHashMap, FxHashSet};

use super::evidence::{Evidence, InputRef};
use crate::graph::{EdgeId, Graph, NodeId, RecipeDigest};
use crate::nix::{StorePath, parse_drv_name};
use crate::role::EffectiveInputs;

/// An input and its consumer, as a graph has them.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Place {
    /// The consumer names it.
    Edge(EdgeId),
    /// It comes along with other inputs of the consumer.
    Carried {
        /// The consumer.
        consumer: NodeId,
        /// The input.
        input: NodeId,
    },
}

impl Place {
    /// The edge, if it is one.
    pub(super) const fn edge(&self) -> Option<EdgeId> {
        match *self {
            Self::Edge(edge) => Some(edge),
            Self::Carried { .. } => None,
        }
    }
}

/// What evidence is to a closure.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Standing {
    /// It speaks of an input that is there.
    Current,
    /// The package is there, with another recipe or without the input.
    Stale,
    /// The package is not there.
    Absent,
}

impl Standing {
    /// As it stands in reports.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Current => "current",
            Self::Stale => "stale",
            Self::Absent => "absent",
        }
    }
}

/// Finds what evidence speaks of.
///
/// A record speaks of every derivation with its recipe, which knows no versions of inputs. An input of a
/// record is found among the consumer's own: by its path, else by its pname and the keys that name it,
/// where as many inputs have these as records are left (one, nearly always). An input without keys is
/// found among what comes along: by its path, else by its pname where one input alone has it.
pub(super) struct Finder<'g> {
    graph: &'g Graph,
    consumers: FxHashMap<RecipeDigest, Vec<NodeId>>,
    pnames: FxHashSet<&'g str>,
    /// Made when first asked for: most evidence speaks of what consumers name.
    effective: Option<EffectiveInputs<'g>>,
    /// What comes along to the consumer that was asked for last; evidence of one is asked for in a row.
    carried: Option<(NodeId, Vec<NodeId>)>,
}

impl<'g> Finder<'g> {
    /// Looks for the recipes of this evidence. Linear in the nodes.
    pub(super) fn new(graph: &'g Graph, evidence: &[Evidence]) -> Self {
        let mut consumers: FxHashMap<RecipeDigest, Vec<NodeId>> =
            evidence.iter().map(|evidence| (evidence.recipe(), Vec::new())).collect();
        consumers.remove(&RecipeDigest::NONE);
        if !consumers.is_empty() {
            for node in graph.nodes() {
                if let Some(nodes) = consumers.get_mut(&graph.recipe(node)) {
                    nodes.push(node);
                }
            }
        }
        let found = |evidence: &Evidence| consumers.get(&evidence.recipe()).is_some_and(|nodes| !nodes.is_empty());
        // asked only where a recipe is not found
        let pnames = if evidence.iter().all(found) {
            FxHashSet::default()
        } else {
            graph.nodes().map(|node| parse_drv_name(graph.name(node)).0).collect()
        };
        Self { graph, consumers, pnames, effective: None, carried: None }
    }

    /// The derivations with this recipe, ascending.
    pub(super) fn consumers(&self, recipe: RecipeDigest) -> &[NodeId] {
        self.consumers.get(&recipe).map_or(&[], Vec::as_slice)
    }

    /// Whether a package of this pname is there, if the recipe of some evidence is not found.
    pub(super) fn has_package(&self, evidence: &Evidence) -> bool {
        self.pnames.contains(parse_drv_name(&evidence.package().name).0)
    }

    /// Where each of these inputs is to one consumer; `None` where it cannot be told.
    pub(super) fn find(&mut self, consumer: NodeId, inputs: &[&InputRef]) -> Vec<Option<Place>> {
        let own: Vec<(EdgeId, NodeId)> = self.graph.input_edges(consumer).collect();
        let mut places: Vec<Option<Place>> = vec![None; inputs.len()];
        let mut taken: BTreeSet<EdgeId> = BTreeSet::new();
        let mut rest: BTreeMap<(&str, Vec<&str>), Vec<usize>> = BTreeMap::new();
        for (at, (place, input)) in places.iter_mut().zip(inputs).enumerate() {
            let digest = StorePath::from_absolute(input.drv.as_bytes()).map(|(_, path)| path.digest);
            match own.iter().find(|(_, own)| digest == Ok(self.graph.digest(*own))) {
                Some(&(edge, _)) => {
                    taken.insert(edge);
                    *place = Some(Place::Edge(edge));
                }
                None => {
                    let keys = input.keys.iter().map(String::as_str).collect();
                    rest.entry((&input.pname, keys)).or_default().push(at);
                }
            }
        }
        for ((pname, keys), left) in rest {
            let same = |&&(edge, input): &&(EdgeId, NodeId)| {
                InputRef::pname_of(self.graph, input) == pname && self.graph.mentions(edge).eq(keys.iter().copied())
            };
            let edges: Vec<EdgeId> =
                own.iter().filter(same).map(|&(edge, _)| edge).filter(|edge| !taken.contains(edge)).collect();
            if edges.len() == left.len() {
                for (at, edge) in left.into_iter().zip(edges) {
                    if let Some(place) = places.get_mut(at) {
                        *place = Some(Place::Edge(edge));
                    }
                }
            } else if keys.is_empty() {
                for at in left {
                    let found = inputs.get(at).and_then(|input| self.carried(consumer, input));
                    if let Some(place) = places.get_mut(at) {
                        *place = found.map(|input| Place::Carried { consumer, input });
                    }
                }
            }
        }
        places
    }

    /// An input that the consumer does not name, but sees.
    fn carried(&mut self, consumer: NodeId, input: &InputRef) -> Option<NodeId> {
        let graph = self.graph;
        if self.carried.as_ref().is_none_or(|(known, _)| *known != consumer) {
            let effective = self.effective.get_or_insert_with(|| EffectiveInputs::new(graph));
            let own: BTreeSet<NodeId> = graph.input_edges(consumer).map(|(_, input)| input).collect();
            let all = effective.nodes_without(consumer, &BTreeSet::new());
            self.carried = Some((consumer, all.difference(&own).copied().collect()));
        }
        let (_, carried) = self.carried.as_ref()?;
        let digest = StorePath::from_absolute(input.drv.as_bytes()).map(|(_, path)| path.digest);
        if let Some(&node) = carried.iter().find(|&&node| digest == Ok(graph.digest(node))) {
            return Some(node);
        }
        let mut same = carried.iter().filter(|&&node| InputRef::pname_of(graph, node) == input.pname);
        same.next().copied().filter(|_| same.next().is_none())
    }
}

/// What each input of each piece of evidence is to a closure, in the order of [`Evidence::inputs`].
/// Linear in the nodes, and in what the consumers found see.
#[must_use]
pub fn standings(graph: &Graph, evidence: &[Evidence]) -> Vec<Vec<Standing>> {
    let mut finder = Finder::new(graph, evidence);
    let standing = |evidence: &Evidence| {
        let inputs = evidence.inputs();
        let consumers = finder.consumers(evidence.recipe()).to_vec();
        let lost = match consumers.is_empty() && !finder.has_package(evidence) {
            true => Standing::Absent,
            false => Standing::Stale,
        };
        let mut standings = vec![lost; inputs.len()];
        for consumer in consumers {
            for (standing, place) in standings.iter_mut().zip(finder.find(consumer, &inputs)) {
                if place.is_some() {
                    *standing = Standing::Current;
                }
            }
        }
        standings
    };
    evidence.iter().map(standing).collect()
}
