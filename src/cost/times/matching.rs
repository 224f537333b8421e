//! Which records tell of which derivation.

use std::ops::Range;

use rustc_hash::FxHashMap;

use super::Times;
use super::draft::attribute_and_system;
use super::names::Names;
use super::reason::{Match, Measured};
use super::record::{Named, Record};
use super::sort::Sort;
use crate::cost::Spread;
use crate::graph::{AttributeId, Graph, NodeId};
use crate::nix::Digest;

/// What the records say of a graph.
pub(in crate::cost) struct Matching {
    /// What is known of each node; index into `measured`, [`NONE`] where nothing is.
    pub(in crate::cost) of_node: Vec<u32>,
    pub(in crate::cost) measured: Vec<Measured>,
    /// The lists of files of [`Measured::files`], ascending.
    pub(in crate::cost) file_lists: Vec<Vec<u32>>,
    /// Of each file how many records match nothing here, and what the first of them is of.
    pub(in crate::cost) unmatched: Vec<(u64, String)>,
}

/// No group.
pub(in crate::cost) const NONE: u32 = u32::MAX;

/// What records are filed under.
type Key = (Match, u32, u32);

/// Stands for no system.
const ANY: u32 = u32::MAX;

/// Finds the records of every derivation: those of the tightest [`Match`] that has any.
///
/// Names with one or several of: a derivation path; an attribute, also with a system before or behind it; a name; a
/// pname, or a name with a version, which is the longest pname of the closure that it can have. What is known by path or
/// attribute is known by its name and pname, too. By pname, wrappers, environments and what prefers to be built locally
/// are kept apart from builds, and downloads have none.
///
/// O(nodes + records), with a hash for each name.
pub(in crate::cost) fn matching(graph: &Graph, times: &Times) -> Matching {
    let mut groups = Groups::default();
    let unmatched =
        if times.is_empty() { vec![(0, String::new()); times.files.len()] } else { groups.file_all(graph, times) };
    groups.finish(graph, times, unmatched)
}

#[derive(Default)]
struct Groups<'g> {
    numbers: FxHashMap<Key, u32>,
    /// Group and record.
    members: Vec<(u32, u32)>,
    names: Option<Names<'g>>,
}

impl<'g> Groups<'g> {
    /// Files all records; tells of each file how many there is no place for, and the first.
    fn file_all(&mut self, graph: &'g Graph, times: &Times) -> Vec<(u64, String)> {
        let names = Names::new(graph);
        let lookup = Lookup::new(graph, times, &names);
        let mut unmatched = vec![(0, String::new()); times.files.len()];
        let mut keys: Vec<Key> = Vec::new();
        for (at, record) in times.records.iter().enumerate() {
            keys.clear();
            lookup.keys(record, &mut keys);
            if keys.is_empty()
                && let Some((count, first)) = unmatched.get_mut(record.file as usize)
            {
                *count += 1;
                if *count == 1 {
                    record.shown().clone_into(first);
                }
            }
            for &key in &keys {
                let count = self.numbers.len() as u32;
                let group = *self.numbers.entry(key).or_insert(count);
                self.members.push((group, at as u32));
            }
        }
        self.names = Some(names);
        unmatched
    }

    fn get(&self, by: Match, what: u32, system: u32) -> Option<u32> {
        self.numbers.get(&(by, what, system)).copied()
    }

    /// The tightest group of a node.
    fn tightest(&self, graph: &Graph, node: NodeId) -> Option<(Match, u32)> {
        let names = self.names.as_ref()?.of(node)?;
        let system = graph.system_id(node).0;
        Match::ALL.into_iter().find_map(|by| {
            let group = match by {
                Match::Derivation | Match::Attribute | Match::AttributeElsewhere => self.get(by, node.0, ANY),
                Match::NameAndSystem => self.get(by, names.name, system),
                Match::Name => self.get(by, names.name, ANY),
                Match::PnameAndSystem => self.get(by, names.pname?, system),
                Match::Pname => self.get(by, names.pname?, ANY),
                Match::ShortName => self.get(by, names.short?, ANY),
            };
            group.map(|group| (by, group))
        })
    }

    fn finish(mut self, graph: &Graph, times: &Times, unmatched: Vec<(u64, String)>) -> Matching {
        let mut of_node = vec![NONE; graph.node_count()];
        let mut measured: Vec<Measured> = Vec::new();
        let mut file_lists = Lists::default();
        // the number among those that are used
        let mut used = vec![NONE; self.numbers.len()];
        for node in graph.nodes().filter(|_| !self.numbers.is_empty()) {
            let Some((by, group)) = self.tightest(graph, node) else { continue };
            let slot = &mut used[group as usize];
            if *slot == NONE {
                *slot = measured.len() as u32;
                measured.push(Measured {
                    by,
                    spread: Spread { count: 0, min: 0, median: 0, max: 0 },
                    files: 0,
                    source: 0,
                });
            }
            of_node[node.index()] = *slot;
        }
        self.members.retain(|&(group, _)| used[group as usize] != NONE);
        for (group, _) in &mut self.members {
            *group = used[*group as usize];
        }
        self.members.sort_unstable();
        self.members.dedup();
        let (mut files, mut records) = (Vec::new(), Vec::new());
        let mut sources = Lists::default();
        for members in self.members.chunk_by(|a, b| a.0 == b.0) {
            records.clear();
            records.extend(members.iter().map(|&(_, at)| at));
            let found = || records.iter().filter_map(|&at| times.records.get(at as usize));
            files.clear();
            files.extend(found().map(|record| record.file));
            files.dedup();
            files.sort_unstable();
            files.dedup();
            let group = members.first().and_then(|&(group, _)| measured.get_mut(group as usize));
            if let (Some(measured), Some(spread)) = (group, Spread::of(found().map(|record| record.millis).collect())) {
                measured.spread = spread;
                measured.files = file_lists.number(&files);
                measured.source = sources.number(&records);
            }
        }
        Matching { of_node, measured, file_lists: file_lists.lists, unmatched }
    }
}

/// Lists, each kept once.
#[derive(Default)]
struct Lists {
    lists: Vec<Vec<u32>>,
    numbers: FxHashMap<Vec<u32>, u32>,
}

impl Lists {
    fn number(&mut self, list: &[u32]) -> u32 {
        if let Some(&number) = self.numbers.get(list) {
            return number;
        }
        let number = self.lists.len() as u32;
        self.lists.push(list.to_vec());
        self.numbers.insert(list.to_vec(), number);
        number
    }
}

/// What records are looked up in.
struct Lookup<'g, 'n> {
    graph: &'g Graph,
    names: &'n Names<'g>,
    paths: FxHashMap<Digest, NodeId>,
    attributes: FxHashMap<&'g str, Range<usize>>,
    /// The graph's number of each system that records name; [`ANY`] of one that it does not have.
    systems: Vec<u32>,
    system_names: &'n [String],
}

impl<'g, 'n> Lookup<'g, 'n> {
    fn new(graph: &'g Graph, times: &'n Times, names: &'n Names<'g>) -> Self {
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
            systems: times.systems.iter().map(|system| graph.find_string(system).map_or(ANY, |id| id.0)).collect(),
            system_names: &times.systems,
        }
    }

    /// What a record is filed under.
    fn keys(&self, record: &Record, keys: &mut Vec<Key>) {
        let stated = (record.system != 0).then(|| self.system_names.get(record.system as usize)).flatten();
        let mut system = self.systems.get(record.system as usize).copied().filter(|_| stated.is_some()).unwrap_or(ANY);
        let mut known = None;
        let attribute = match record.named {
            Named::Any if record.attribute.is_empty() => &record.name,
            _ => &record.attribute,
        };
        if !attribute.is_empty() {
            // what stands in the attribute goes before what stands beside it
            let (name, own) = match self.attributes.contains_key(attribute.as_ref()) {
                true => (attribute.as_ref(), None),
                false => attribute_and_system(attribute),
            };
            if let Some(own) = own {
                system = self.graph.find_string(own).map_or(ANY, |id| id.0);
            }
            let first = self.attribute(name, own.or(stated.map(String::as_str)), keys);
            let is_name_too = record.named == Named::Any && !record.name.is_empty() && self.is_known(&record.name);
            known = first.filter(|_| !is_name_too);
        }
        if let Some(&node) = self.paths.get(&record.path) {
            keys.push((Match::Derivation, node.0, ANY));
            known = Some(node);
            system = self.graph.system_id(node).0;
        }
        let (name, pname, short) = match known.and_then(|node| self.names.of(node)) {
            Some(names) => (Some(names.name), names.pname, None),
            None if record.name.is_empty() => return,
            None => self.by_name(record),
        };
        let both = [(name, Match::NameAndSystem, Match::Name), (pname, Match::PnameAndSystem, Match::Pname)];
        for (number, on_system, anywhere) in both {
            let Some(number) = number else { continue };
            if system != ANY {
                keys.push((on_system, number, system));
            }
            keys.push((anywhere, number, ANY));
        }
        keys.extend(short.map(|number| (Match::ShortName, number, ANY)));
    }

    /// Whether a text is a name or a pname of the closure.
    fn is_known(&self, name: &str) -> bool {
        let sort = self.names.sort(name);
        self.names.name(name, sort).is_some()
            || self.names.pname(name, sort).is_some()
            || self.names.exact_pname(name, Sort::Full).is_some()
    }

    /// The numbers of the name, the pname and the shortened name of what only its name tells.
    fn by_name(&self, record: &Record) -> (Option<u32>, Option<u32>, Option<u32>) {
        let name = &record.name;
        if record.named == Named::Pname {
            return (None, self.names.exact_pname(name, Sort::Full), None);
        }
        let sort = self.names.sort(name);
        // what is a pname is one, also where a download has it for a name
        let whole = match (record.named, sort) {
            (Named::Any | Named::Short, Sort::Download) => self.names.exact_pname(name, Sort::Full),
            _ => None,
        };
        let pname = whole.or_else(|| self.names.pname(name, sort));
        let short = (record.named == Named::Short).then(|| self.names.short(name, sort)).flatten();
        (self.names.name(name, sort), pname, short)
    }

    /// Files under the nodes of an attribute, and gives the first of them.
    fn attribute(&self, name: &str, system: Option<&str>, keys: &mut Vec<Key>) -> Option<NodeId> {
        let range = self.attributes.get(name)?.clone();
        let mut first: Option<(Match, NodeId)> = None;
        for attribute in range.map(|at| AttributeId(at as u32)) {
            let node = self.graph.attribute_node(attribute).filter(|&node| self.names.of(node).is_some());
            let Some(node) = node else { continue };
            let of_attribute = self.graph.attribute_system(attribute);
            let own = if of_attribute.is_empty() { self.graph.system(node) } else { of_attribute };
            let here = system.is_none_or(|system| system == own);
            let by = if here { Match::Attribute } else { Match::AttributeElsewhere };
            keys.push((by, node.0, ANY));
            if first.is_none_or(|(known, _)| by < known) {
                first = Some((by, node));
            }
        }
        first.map(|(_, node)| node)
    }
}
