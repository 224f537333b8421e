//! Which records tell of an output.

use hashbrown::HashMap;
use rustc_hash::{FxBuildHasher, FxHashMap, FxHashSet};

use super::records::{SizeRecord, SizeRecords};
use super::spread::Spread;
use crate::cost::sort::Sort;
use crate::graph::{Graph, NodeId};
use crate::nix::hash::output_path_name;
use crate::nix::{Digest, called, parse_drv_name};

/// What a record says of an output, by how near it is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum SizeMatch {
    /// This very path, in the file of this number.
    Path(u32),
    /// Paths of the same name, of other systems or evaluations.
    Name(Spread),
    /// Paths of what is called the same, and the same output, of any version.
    Pname(Spread),
}

/// What records say of an output.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Found {
    pub(super) bytes: u64,
    /// What is downloaded for it, where the same records tell.
    pub(super) download: Option<u64>,
    pub(super) matched: SizeMatch,
}

/// Records of one name, or of one pname: where they stand, and what they say.
#[derive(Debug, Clone)]
struct Group {
    records: Vec<u32>,
    nar: Spread,
    download: Option<Spread>,
}

impl Group {
    /// `None` where none of the records tells a size of a NAR.
    fn of(all: &[SizeRecord], records: Vec<u32>) -> Option<Self> {
        let known = |of: fn(&SizeRecord) -> u64| {
            let figures = records.iter().filter_map(|&number| all.get(number as usize)).map(of);
            Spread::of(figures.filter(|&bytes| bytes > 0).collect())
        };
        let (nar, download) = (known(|record| record.nar)?, known(|record| record.download));
        Some(Self { records, nar, download })
    }

    fn found(&self, matched: fn(Spread) -> SizeMatch) -> Found {
        let download = self.download.map(|spread| spread.median);
        Found { bytes: self.nar.median, download, matched: matched(self.nar) }
    }
}

/// What is called the same: the pname, the output, and the sort of work, which often has one pname with others: what
/// wraps a package, and its source.
type PnameKey = (String, String, Sort);

/// Finds records by path, name and pname.
#[derive(Debug, Clone)]
pub(super) struct Matching {
    records: SizeRecords,
    by_digest: FxHashMap<Digest, u32>,
    by_name: HashMap<Box<str>, Group, FxBuildHasher>,
    by_pname: FxHashMap<PnameKey, Group>,
}

/// What the derivations of a closure are called.
#[derive(Default)]
struct Names<'g> {
    outputs: FxHashSet<&'g str>,
    /// The sort of each name: rather a build than what is cheaper.
    sorts: FxHashMap<&'g str, Sort>,
    /// The same of each pname; of downloads nothing.
    pnames: FxHashMap<String, Sort>,
}

impl<'g> Names<'g> {
    fn of(graph: &'g Graph) -> Self {
        let mut names = Self::default();
        for node in graph.nodes().filter(|&node| graph.is_derivation(node)) {
            let (name, sort) = (graph.name(node), Sort::of(graph, node));
            names.outputs.extend(graph.outputs(node).map(|(output, _)| output));
            let least = names.sorts.entry(name).or_insert(sort);
            *least = sort.min(*least);
            if sort != Sort::Download {
                let least = names.pnames.entry(pname_of(name)).or_insert(sort);
                *least = sort.min(*least);
            }
        }
        names
    }

    /// The derivation's name and the output in the name of a path: `curl-8.5.0-dev`. An output is known by its name, which must
    /// be one of the closure; where a version ends in such a word it is taken for the output.
    fn split<'n>(&self, name: &'n str) -> (&'n str, &'n str) {
        match name.rsplit_once('-') {
            Some((rest, output)) if output != "out" && !rest.is_empty() && self.outputs.contains(output) => {
                (rest, output)
            }
            _ => (name, "out"),
        }
    }

    /// The sort of what a record tells of. What is a build by its name, but has a pname that only wrappers have here,
    /// is one of them.
    fn sort(&self, name: &str, pname: &str, by_content: bool) -> Sort {
        let known = self.sorts.get(name).copied().filter(|&sort| (sort == Sort::Download) == by_content);
        match known.unwrap_or_else(|| Sort::of_path(name, by_content)) {
            Sort::Full => self.pnames.get(pname).copied().unwrap_or(Sort::Full),
            sort => sort,
        }
    }
}

fn pname_of(name: &str) -> String {
    called(parse_drv_name(name).0)
}

impl Matching {
    /// O(nodes + records), and sorting.
    pub(super) fn new(graph: &Graph, records: SizeRecords) -> Self {
        let names = Names::of(graph);
        let all = records.all();
        let mut by_digest = FxHashMap::default();
        let mut pnames: FxHashMap<PnameKey, Vec<u32>> = FxHashMap::default();
        let mut by_name = HashMap::with_hasher(FxBuildHasher);
        for (number, record) in all.iter().enumerate() {
            by_digest.insert(record.digest, number as u32);
            let (name, output) = names.split(&record.name);
            let pname = pname_of(name);
            let sort = names.sort(name, &pname, record.by_content);
            pnames.entry((pname, output.to_owned(), sort)).or_default().push(number as u32);
        }
        let mut start = 0;
        for same in all.chunk_by(|one, other| one.name == other.name) {
            let end = start + same.len() as u32;
            if let (Some(first), Some(group)) = (same.first(), Group::of(all, (start..end).collect())) {
                by_name.insert(first.name.clone(), group);
            }
            start = end;
        }
        let groups = pnames.into_iter().filter_map(|(key, numbers)| Some((key, Group::of(all, numbers)?)));
        let by_pname = groups.collect();
        Self { by_digest, by_name, by_pname, records }
    }

    pub(super) fn records(&self) -> &SizeRecords {
        &self.records
    }

    /// The record of a path.
    pub(super) fn exact(&self, digest: Digest) -> Option<&SizeRecord> {
        let number = self.by_digest.get(&digest).filter(|_| digest.is_some())?;
        self.records.all().get(*number as usize)
    }

    /// What the nearest records say of an output, and which they are.
    pub(super) fn find(&self, graph: &Graph, node: NodeId, output: &str, digest: Digest) -> Option<(Found, &[u32])> {
        let exact = self.by_digest.get(&digest).filter(|_| digest.is_some());
        if let Some(number) = exact
            && let Some(record) = self.exact(digest)
            && record.nar > 0
        {
            let download = (record.download > 0).then_some(record.download);
            let found = Found { bytes: record.nar, download, matched: SizeMatch::Path(record.file) };
            return Some((found, std::slice::from_ref(number)));
        }
        if let Some(group) = self.by_name.get(output_path_name(graph.name(node), output).as_ref()) {
            return Some((group.found(SizeMatch::Name), &group.records));
        }
        let key = (pname_of(graph.name(node)), output.to_owned(), Sort::of(graph, node));
        let group = self.by_pname.get(&key)?;
        Some((group.found(SizeMatch::Pname), &group.records))
    }
}
