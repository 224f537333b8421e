//! What records are filed under, and derivations looked up by.

use std::ops::Range;

use rustc_hash::FxHashMap;

use super::Times;
use super::draft::attribute_and_system;
use super::names::Names;
use super::reason::Match;
use super::record::{Named, Record};
use crate::cost::sort::Sort;
use crate::graph::{AttributeId, Graph, NodeId};
use crate::nix::Digest;

/// How, on which system, and the number of what.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub(super) struct Key(u64);

impl Key {
    pub(super) fn new(by: Match, what: u32, system: System) -> Self {
        Self((by as u64) << 56 | u64::from(system.0) << 32 | u64::from(what))
    }
}

/// A system that derivations of a graph are built on; of more than 2^24 the last are taken for one.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct System(u32);

impl System {
    /// None, or any.
    pub(super) const ANY: Self = Self((1 << 24) - 1);
}

/// The systems of a graph.
pub(super) struct Systems<'g> {
    numbers: FxHashMap<&'g str, System>,
    of_node: Vec<System>,
}

impl<'g> Systems<'g> {
    /// O(nodes).
    pub(super) fn new(graph: &'g Graph) -> Self {
        let mut numbers: FxHashMap<&str, System> = FxHashMap::default();
        let mut last = None;
        let number = |node: NodeId| {
            let id = graph.system_id(node);
            match last {
                Some((known, system)) if known == id => system,
                _ => {
                    let next = System((numbers.len() as u32).min(System::ANY.0 - 1));
                    let system = *numbers.entry(graph.string(id)).or_insert(next);
                    last = Some((id, system));
                    system
                }
            }
        };
        let of_node = graph.nodes().map(number).collect();
        Self { numbers, of_node }
    }

    /// [`System::ANY`] of one that the graph does not have.
    fn number(&self, system: &str) -> System {
        self.numbers.get(system).copied().unwrap_or(System::ANY)
    }

    pub(super) fn of(&self, node: NodeId) -> System {
        self.of_node.get(node.index()).copied().unwrap_or(System::ANY)
    }
}

/// What a record that has only a name tells of, by number.
struct Found {
    name: Option<u32>,
    pnames: [Option<u32>; 2],
    short: Option<u32>,
}

/// What records are looked up in.
pub(super) struct Lookup<'g, 'n> {
    graph: &'g Graph,
    names: &'n Names<'g>,
    paths: FxHashMap<Digest, NodeId>,
    attributes: FxHashMap<&'g str, Range<usize>>,
    systems: &'n Systems<'g>,
    /// The graph's number of each system that records name; [`System::ANY`] of one that it does not have.
    stated: Vec<System>,
    system_names: &'n [String],
}

impl<'g, 'n> Lookup<'g, 'n> {
    /// O(nodes + attributes).
    pub(super) fn new(graph: &'g Graph, times: &'n Times, names: &'n Names<'g>, systems: &'n Systems<'g>) -> Self {
        let by_path = times.records.iter().any(|record| record.path.is_some());
        let derivations = graph.nodes().filter(|&node| by_path && names.of(node).is_some());
        let by_attribute =
            times.records.iter().any(|record| record.named == Named::Any || !record.attribute.is_empty());
        let mut attributes: FxHashMap<&str, Range<usize>> = FxHashMap::default();
        for attribute in graph.attributes().filter(|_| by_attribute) {
            let at = attribute.index();
            attributes.entry(graph.attribute_name(attribute)).or_insert(at..at).end = at + 1;
        }
        Self {
            graph,
            names,
            attributes,
            paths: derivations.map(|node| (graph.digest(node), node)).collect(),
            systems,
            stated: times.systems.iter().map(|system| systems.number(system)).collect(),
            system_names: &times.systems,
        }
    }

    /// What a record is filed under.
    pub(super) fn keys(&self, record: &Record, keys: &mut Vec<Key>) {
        let stated = (record.system != 0).then(|| self.system_names.get(record.system as usize)).flatten();
        let system = self.stated.get(record.system as usize).copied().filter(|_| stated.is_some());
        let mut system = system.unwrap_or(System::ANY);
        let mut known = None;
        let plain = record.named == Named::Any && record.attribute.is_empty();
        let attribute = if plain { &record.name } else { &record.attribute };
        let mut plain_name: &str = &record.name;
        let mut wrapped = false;
        if !attribute.is_empty() {
            // what stands in the attribute goes before what stands beside it
            let (name, own) = match self.attributes.contains_key(attribute.as_ref()) {
                true => (attribute.as_ref(), None),
                false => attribute_and_system(attribute),
            };
            if let Some(own) = own {
                system = self.systems.number(own);
            }
            let own = own.or(stated.map(String::as_str));
            let first;
            (first, wrapped) = self.attribute(name, own, plain, keys);
            if wrapped {
                plain_name = name;
            }
            let is_name_too = record.named == Named::Any && !record.name.is_empty() && self.is_known(&record.name);
            known = first.filter(|_| !is_name_too);
        }
        if let Some(&node) = self.paths.get(&record.path) {
            keys.push(Key::new(Match::Derivation, node.0, System::ANY));
            known = Some(node);
            system = self.systems.of(node);
        }
        let Found { name, pnames, short } = match known.and_then(|node| self.names.of(node)) {
            Some(names) => Found { name: Some(names.name), pnames: [names.pname, None], short: None },
            None if record.name.is_empty() => return,
            None => self.by_name(plain_name, record.named, wrapped),
        };
        let names = [(name, Match::NameAndSystem, Match::Name)];
        let pnames = pnames.map(|pname| (pname, Match::PnameAndSystem, Match::Pname));
        for (number, on_system, anywhere) in names.into_iter().chain(pnames) {
            let Some(number) = number else { continue };
            if system != System::ANY {
                keys.push(Key::new(on_system, number, system));
            }
            keys.push(Key::new(anywhere, number, System::ANY));
        }
        keys.extend(short.map(|number| Key::new(Match::ShortName, number, System::ANY)));
    }

    /// Whether a text is a name or a pname of the closure.
    fn is_known(&self, name: &str) -> bool {
        let sort = self.names.sort(name);
        self.names.name(name, sort).is_some()
            || self.names.pname(name, sort).is_some()
            || self.names.exact_pname(name, Sort::Full).is_some()
    }

    /// The numbers of what only its name tells. `wrapped`: it is an attribute of a wrapper, and so a pname of what is
    /// built, unless it is the wrapper's very name.
    fn by_name(&self, name: &str, named: Named, wrapped: bool) -> Found {
        let none = Found { name: None, pnames: [None; 2], short: None };
        if named == Named::Pname {
            return Found { pnames: [self.names.exact_pname(name, Sort::Full), None], ..none };
        }
        let sort = self.names.sort(name);
        let number = self.names.name(name, sort);
        if wrapped && number.is_none() {
            return Found { pnames: [self.names.built_pname(name), None], ..none };
        }
        let by_name = self.names.pname(name, sort);
        // what is a pname is one, also where a download, a wrapper or a script has it for a name
        let whole = match (named, sort) {
            (Named::Any | Named::Short, Sort::Download | Sort::Light) => self.names.exact_pname(name, Sort::Full),
            _ => None,
        };
        let short = (named == Named::Short).then(|| self.names.short(name, sort)).flatten();
        Found { name: number, pnames: [by_name, whole.filter(|whole| by_name != Some(*whole))], short }
    }

    /// Files under the nodes of an attribute, and gives the first of them. A plain name is not filed under wrappers:
    /// whether there are any.
    fn attribute(&self, name: &str, system: Option<&str>, plain: bool, keys: &mut Vec<Key>) -> (Option<NodeId>, bool) {
        let Some(range) = self.attributes.get(name).cloned() else { return (None, false) };
        let mut wrapped = false;
        let mut first: Option<(Match, NodeId)> = None;
        for attribute in range.map(|at| AttributeId(at as u32)) {
            let node = self.graph.attribute_node(attribute).filter(|&node| self.names.of(node).is_some());
            let Some(node) = node else { continue };
            if plain && self.names.of(node).is_some_and(|names| names.sort == Sort::Light) {
                wrapped = true;
                continue;
            }
            let of_attribute = self.graph.attribute_system(attribute);
            let own = if of_attribute.is_empty() { self.graph.system(node) } else { of_attribute };
            let here = system.is_none_or(|system| system == own);
            let by = if here { Match::Attribute } else { Match::AttributeElsewhere };
            keys.push(Key::new(by, node.0, System::ANY));
            if first.is_none_or(|(known, _)| by < known) {
                first = Some((by, node));
            }
        }
        (first.map(|(_, node)| node), wrapped && first.is_none())
    }
}
