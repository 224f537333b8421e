//! Which rule decides about an input and its consumer.

use std::sync::OnceLock;

use rayon::prelude::*;

use super::conditions::{Conditions, OfNode};
use super::rule::Rules;
use crate::graph::{EdgeId, Graph, NodeId};
use crate::nix::{language_of, language_of_interpreter, module_pname};
use crate::role::{DependencyList, Role};
use crate::verdict::Verdict;

/// Finds the rule that decides, in one graph.
///
/// What is asked of keys is answered once for each list of mentions, what is asked of nodes once for each node
/// and rule, when first needed; after that an edge costs a few look-ups.
#[derive(Debug)]
pub struct Fits<'g> {
    graph: &'g Graph,
    rules: &'g Rules,
    /// For each list of mentions the rules whose conditions on keys hold, and that are about what is named.
    by_keys: Vec<Vec<u16>>,
    /// For each list of mentions, whether a rule among those claims something.
    claims: Vec<bool>,
    /// For each list of mentions, whether a dependency list is among the keys, and whether a setup hook's is.
    listed: Vec<bool>,
    hooks: Vec<bool>,
    /// Rules about what comes along.
    carried: Vec<u16>,
    nodes: Vec<OnceLock<Traits>>,
    /// For each rule, what is known of nodes as inputs and as consumers.
    inputs: Vec<Answers>,
    consumers: Vec<Answers>,
}

/// What rules ask of a node.
#[derive(Debug)]
struct Traits {
    pname: String,
    language: Option<&'static str>,
    /// By the prefix of its name alone: a module, not a program or a library that propagates an interpreter.
    module_of: Option<&'static str>,
    setup_hook: bool,
}

/// Answers of one rule about nodes, found when first asked for.
#[derive(Debug)]
struct Answers(Vec<std::sync::atomic::AtomicU8>);

const UNASKED: u8 = 0;
const YES: u8 = 1;
const NO: u8 = 2;

impl Answers {
    fn new(nodes: usize) -> Self {
        Self((0..nodes).map(|_| std::sync::atomic::AtomicU8::new(UNASKED)).collect())
    }

    fn get(&self, node: NodeId, find: impl FnOnce() -> bool) -> bool {
        use std::sync::atomic::Ordering::Relaxed;
        let Some(known) = self.0.get(node.index()) else { return find() };
        match known.load(Relaxed) {
            YES => true,
            NO => false,
            _ => {
                // two threads that ask at once find the same
                let found = find();
                known.store(if found { YES } else { NO }, Relaxed);
                found
            }
        }
    }
}

impl<'g> Fits<'g> {
    /// Makes ready. Linear in the lists of mentions times the rules, and in the nodes.
    #[must_use]
    pub fn new(graph: &'g Graph, rules: &'g Rules) -> Self {
        let numbered = || (0u16..).zip(&rules.rules);
        let of_list = |list: u32| -> Vec<u16> {
            let keys: Vec<&str> = graph.mention_list_pairs(list).map(|(key, _)| bare(key)).collect();
            let about_named = numbered().filter(|(_, rule)| rule.conditions.carried_by.is_none());
            about_named.filter(|(_, rule)| rule.conditions.keys_fit(&keys)).map(|(index, _)| index).collect()
        };
        let by_keys: Vec<Vec<u16>> = (0..graph.list_count() as u32).into_par_iter().map(of_list).collect();
        let claims = |indices: &Vec<u16>| {
            indices
                .iter()
                .filter_map(|&index| rules.get(index))
                .any(|rule| !rule.holds_back() && !rule.conditions.check)
        };
        let any = |wanted: &(dyn Fn(&str) -> bool + Sync)| -> Vec<bool> {
            (0..graph.list_count() as u32)
                .map(|list| graph.mention_list_pairs(list).any(|(key, _)| wanted(key)))
                .collect()
        };
        let about_carried = numbered().filter(|(_, rule)| rule.conditions.fits_carried());
        let answers = || rules.rules.iter().map(|_| Answers::new(graph.node_count())).collect();
        Self {
            graph,
            rules,
            claims: by_keys.iter().map(claims).collect(),
            by_keys,
            listed: any(&|key| DependencyList::of_key(key).is_some()),
            hooks: any(&|key| Role::of_key(key) == Role::Hook),
            carried: about_carried.map(|(index, _)| index).collect(),
            nodes: (0..graph.node_count()).map(|_| OnceLock::new()).collect(),
            inputs: answers(),
            consumers: answers(),
        }
    }

    /// Whether a rule may claim something about an edge of which no evidence speaks: quick, by keys alone.
    #[must_use]
    pub fn may_claim(&self, edge: EdgeId) -> bool {
        self.claims.get(self.graph.mention_list(edge) as usize).is_some_and(|&claims| claims)
    }

    /// The rule that decides about an edge; `check` where evidence says that it vanishes with the checks.
    /// Nothing where the consumer is fixed-output, for no input changes it.
    #[must_use]
    pub fn of_edge(&self, edge: EdgeId, check: bool) -> Option<u16> {
        let (input, consumer) = (self.graph.edge_input(edge), self.graph.edge_consumer(edge));
        if self.graph.is_fixed(consumer) {
            return None;
        }
        let candidates = self.by_keys.get(self.graph.mention_list(edge) as usize)?;
        candidates.iter().copied().find(|&index| {
            self.conditions(index).is_some_and(|conditions| !conditions.check || check)
                && self.nodes_fit(index, input, consumer)
        })
    }

    /// The rule that decides about an input that comes along with inputs of these verdicts alone.
    #[must_use]
    pub fn of_carried(&self, input: NodeId, consumer: NodeId, by: &[Verdict]) -> Option<u16> {
        if self.graph.is_fixed(consumer) {
            return None;
        }
        self.carried.iter().copied().find(|&index| {
            let fits = |conditions: &Conditions| {
                conditions.carried_by.as_ref().is_none_or(|known| by.iter().all(|verdict| known.contains(verdict)))
            };
            self.conditions(index).is_some_and(fits) && self.nodes_fit(index, input, consumer)
        })
    }

    fn conditions(&self, index: u16) -> Option<&'g Conditions> {
        self.rules.get(index).map(|rule| &rule.conditions)
    }

    fn nodes_fit(&self, index: u16, input: NodeId, consumer: NodeId) -> bool {
        let Some(conditions) = self.conditions(index) else { return false };
        let fits = |answers: &[Answers], asked: &OfNode, node: NodeId| {
            asked.asks_nothing()
                || answers.get(usize::from(index)).is_some_and(|answers| answers.get(node, || self.fits(asked, node)))
        };
        fits(&self.inputs, &conditions.input, input) && fits(&self.consumers, &conditions.consumer, consumer)
    }

    fn fits(&self, asked: &OfNode, node: NodeId) -> bool {
        let traits = self.traits(node);
        let name = self.graph.name(node);
        let is = |patterns: &Option<super::conditions::Patterns>, text: &str| {
            patterns.as_ref().is_none_or(|patterns| patterns.fit(text))
        };
        let is_not = |patterns: &Option<super::conditions::Patterns>, text: &str| {
            patterns.as_ref().is_none_or(|patterns| !patterns.fit(text))
        };
        asked.setup_hook.is_none_or(|hook| hook == traits.setup_hook)
            && asked
                .language
                .as_ref()
                .is_none_or(|known| known.iter().any(|word| Some(word.as_str()) == traits.language))
            && is(&asked.pname, &traits.pname)
            && is_not(&asked.not_pname, &traits.pname)
            && is(&asked.name, name)
            && is_not(&asked.not_name, name)
            && self.inputs_fit(asked, node)
    }

    /// What is asked of all that the lists of a node name.
    fn inputs_fit(&self, asked: &OfNode, node: NodeId) -> bool {
        if asked.only_inputs.is_none() && asked.no_inputs.is_none() {
            return true;
        }
        let listed = self.graph.input_edges(node).filter(|&(edge, _)| self.is_listed(edge));
        listed.map(|(_, input)| self.traits(input)).all(|traits| {
            let (pname, language) = (traits.pname.as_str(), traits.module_of);
            asked.only_inputs.as_ref().is_none_or(|only| only.fit_either(pname, language))
                && asked.no_inputs.as_ref().is_none_or(|none| !none.fit_either(pname, language))
        })
    }

    fn is_listed(&self, edge: EdgeId) -> bool {
        self.listed.get(self.graph.mention_list(edge) as usize).is_some_and(|&listed| listed)
    }

    fn traits(&self, node: NodeId) -> &Traits {
        static NONE: Traits = Traits { pname: String::new(), language: None, module_of: None, setup_hook: false };
        let Some(known) = self.nodes.get(node.index()) else { return &NONE };
        known.get_or_init(|| self.find_traits(node))
    }

    fn find_traits(&self, node: NodeId) -> Traits {
        let graph = self.graph;
        let pname = if graph.is_derivation(node) { graph.pname(node) } else { graph.name(node) };
        let is_hook = |edge: EdgeId| self.hooks.get(graph.mention_list(edge) as usize).is_some_and(|&hook| hook);
        let has_hook = || graph.input_edges(node).any(|(edge, _)| is_hook(edge));
        let module_of = language_of(graph.name(node));
        Traits {
            language: module_of.or_else(|| self.propagated_interpreter(node)),
            module_of,
            setup_hook: pname == "hook"
                || pname.ends_with("-hook")
                || graph.name(node).ends_with("-hook.sh")
                || has_hook(),
            pname: module_pname(pname),
        }
    }

    /// The interpreter that a package propagates, as nixpkgs' builders of python and perl packages have it.
    fn propagated_interpreter(&self, node: NodeId) -> Option<&'static str> {
        if language_of_interpreter(self.graph.pname(node)).is_some() {
            return None;
        }
        let list = |key: &str| DependencyList::of_key(key).is_some_and(DependencyList::is_propagated);
        let mut inputs = self.graph.input_edges(node).filter(|&(edge, _)| self.graph.mentions(edge).any(list));
        inputs.find_map(|(_, input)| language_of_interpreter(self.graph.pname(input)))
    }
}

impl Conditions {
    fn keys_fit(&self, keys: &[&str]) -> bool {
        self.keys.as_ref().is_none_or(|known| !keys.is_empty() && keys.iter().all(|key| known.fit(key)))
            && self.any_key.as_ref().is_none_or(|known| keys.iter().any(|key| known.fit(key)))
    }

    /// Whether everything fits.
    pub(super) fn asks_nothing(&self) -> bool {
        let Self { keys, any_key, check, carried_by, input, consumer } = self;
        keys.is_none()
            && any_key.is_none()
            && !check
            && carried_by.is_none()
            && input.asks_nothing()
            && consumer.asks_nothing()
    }

    /// Whether it can be about what no key names.
    fn fits_carried(&self) -> bool {
        self.keys.is_none() && self.any_key.is_none() && !self.check
    }
}

impl OfNode {
    pub(super) fn asks_nothing(&self) -> bool {
        let Self { pname, not_pname, name, not_name, language, setup_hook, only_inputs, no_inputs } = self;
        [pname, not_pname, name, not_name, only_inputs, no_inputs].into_iter().all(Option::is_none)
            && language.is_none()
            && setup_hook.is_none()
    }
}

/// A key without the places of structured attributes.
fn bare(key: &str) -> &str {
    let key = key.strip_prefix("__json.").unwrap_or(key);
    key.strip_prefix("env.").unwrap_or(key)
}
