//! Which records tell of which derivation.

use rustc_hash::FxHashMap;
use xxhash_rust::xxh3::xxh3_128;

use super::Times;
use super::keys::{Key, Lookup, System, Systems};
use super::names::Names;
use super::reason::{Match, Measured};
use crate::cost::Spread;
use crate::cost::quoted::quoted;
use crate::graph::{Graph, NodeId};

/// What the records say of a graph.
pub(in crate::cost) struct Matching {
    /// What is known of each node; index into `measured`, [`NONE`] where nothing is.
    pub(in crate::cost) of_node: Vec<u32>,
    pub(in crate::cost) measured: Vec<Measured>,
    /// Downloads that are not measured, with what is known of others of their name; index into `measured`.
    pub(in crate::cost) hints: Vec<(NodeId, u32)>,
    /// The lists of files of [`Measured::files`], ascending.
    pub(in crate::cost) file_lists: Vec<Vec<u32>>,
    /// Of each file how many records match nothing here, and what the first of them is of, shortened.
    pub(in crate::cost) unmatched: Vec<(u64, String)>,
}

/// No group.
pub(in crate::cost) const NONE: u32 = u32::MAX;

/// Finds the records of every derivation: those of the tightest [`Match`] that has any.
///
/// Names with one or several of: a derivation path; an attribute, also with a system before or behind it; a name; a
/// pname, or a name with a version, which is the longest pname of the closure that it can have. What is known by path or
/// attribute is known by its name and pname, too. A plain name that is the attribute of a wrapper is a pname of what is
/// built (`gcc`), and one that a script has is a pname besides. By pname, wrappers, environments and what prefers to be built locally
/// are kept apart from builds, and downloads have none. By name, a download is found only where all of its name are
/// one: have one output path. A name of many (`source`) tells the model what downloads take.
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
    systems: Option<Systems<'g>>,
}

impl<'g> Groups<'g> {
    /// Files all records; tells of each file how many there is no place for, and the first.
    fn file_all(&mut self, graph: &'g Graph, times: &Times) -> Vec<(u64, String)> {
        let names = Names::new(graph);
        let systems = Systems::new(graph);
        let lookup = Lookup::new(graph, times, &names, &systems);
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
                    *first = quoted(record.shown());
                }
            }
            for &key in &keys {
                let count = self.numbers.len() as u32;
                let group = *self.numbers.entry(key).or_insert(count);
                self.members.push((group, at as u32));
            }
        }
        self.names = Some(names);
        self.systems = Some(systems);
        unmatched
    }

    fn get(&self, by: Match, what: u32, system: System) -> Option<u32> {
        self.numbers.get(&Key::new(by, what, system)).copied()
    }

    /// The tightest group of a node, and whether that tells of the node itself.
    fn tightest(&self, node: NodeId) -> Option<(Match, u32, bool)> {
        let all = self.names.as_ref()?;
        let names = all.of(node)?;
        let system = self.systems.as_ref()?.of(node);
        Match::ALL.into_iter().find_map(|by| {
            let group = match by {
                Match::Derivation | Match::Attribute | Match::AttributeElsewhere => self.get(by, node.0, System::ANY),
                Match::NameAndSystem => self.get(by, names.name, system),
                Match::Name => self.get(by, names.name, System::ANY),
                Match::PnameAndSystem => self.get(by, names.pname?, system),
                Match::Pname => self.get(by, names.pname?, System::ANY),
                Match::ShortName => self.get(by, names.short?, System::ANY),
            };
            let of_many = matches!(by, Match::NameAndSystem | Match::Name) && all.is_of_many(names.name);
            group.map(|group| (by, group, !of_many))
        })
    }

    fn finish(self, graph: &Graph, times: &Times, unmatched: Vec<(u64, String)>) -> Matching {
        let mut of_node = vec![NONE; graph.node_count()];
        let mut measured: Vec<Measured> = Vec::new();
        let mut hints = Vec::new();
        let mut file_lists = Lists::default();
        // the number among those that are used
        let mut used = vec![NONE; self.numbers.len()];
        for node in graph.nodes().filter(|_| !self.numbers.is_empty()) {
            let Some((by, group, is_own)) = self.tightest(node) else { continue };
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
            if is_own {
                of_node[node.index()] = *slot;
            } else {
                hints.push((node, *slot));
            }
        }
        let members = Members::new(&self.members, &used, measured.len());
        drop(self);
        let mut files = Vec::new();
        let mut sources: FxHashMap<u128, u32> = FxHashMap::default();
        for (group, measured) in measured.iter_mut().enumerate() {
            let records = members.of(group);
            let found = || records.iter().filter_map(|&at| times.records.get(at as usize));
            files.clear();
            files.extend(found().map(|record| record.file));
            files.dedup();
            files.sort_unstable();
            files.dedup();
            if let Some(spread) = Spread::of(found().map(|record| record.millis).collect()) {
                measured.spread = spread;
                measured.files = file_lists.number(&files);
                let count = sources.len() as u32;
                // two lists with one hash would count once in a class: it takes 2^64 lists to expect that
                measured.source = *sources.entry(xxh3_128(bytemuck::cast_slice(records))).or_insert(count);
            }
        }
        Matching { of_node, measured, hints, file_lists: file_lists.lists, unmatched }
    }
}

/// The records of each group that is used, ascending and each once.
struct Members {
    /// As many as there are groups, and one more.
    starts: Vec<u32>,
    ends: Vec<u32>,
    records: Vec<u32>,
}

impl Members {
    /// Of pairs of group and record, ascending by record; `used` gives the number of a group that is used. O(pairs).
    fn new(pairs: &[(u32, u32)], used: &[u32], count: usize) -> Self {
        let slots = || {
            pairs.iter().filter_map(|&(group, record)| {
                let slot = *used.get(group as usize)?;
                (slot != NONE).then_some((slot as usize, record))
            })
        };
        let mut starts = vec![0_u32; count + 1];
        for (slot, _) in slots() {
            starts[slot + 1] += 1;
        }
        for at in 1..starts.len() {
            starts[at] += starts[at - 1];
        }
        let mut ends = starts[..count].to_vec();
        let mut records = vec![0_u32; starts[count] as usize];
        for (slot, record) in slots() {
            let (start, end) = (starts[slot] as usize, &mut ends[slot]);
            // a record can come twice, by two systems of one attribute
            if *end as usize == start || records[*end as usize - 1] != record {
                records[*end as usize] = record;
                *end += 1;
            }
        }
        Self { starts, ends, records }
    }

    fn of(&self, group: usize) -> &[u32] {
        match (self.starts.get(group), self.ends.get(group)) {
            (Some(&start), Some(&end)) => self.records.get(start as usize..end as usize).unwrap_or_default(),
            _ => &[],
        }
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
