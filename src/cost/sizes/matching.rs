//! Which records tell of an output.

use hashbrown::HashMap;
use rustc_hash::{FxBuildHasher, FxHashMap};

use super::records::{SizeRecord, SizeRecords};
use super::spread::Spread;
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

/// What is called the same: the pname, the output, and whether the path follows from its content (a package's
/// source is called as the package is).
type PnameKey = (String, String, bool);

/// Finds records by path, name and pname.
#[derive(Debug, Clone)]
pub(super) struct Matching {
    records: SizeRecords,
    by_digest: FxHashMap<Digest, u32>,
    by_name: HashMap<Box<str>, Group, FxBuildHasher>,
    by_pname: FxHashMap<PnameKey, Group>,
}

/// The pname and output in the name of a path: `curl-8.5.0-dev`. An output is known by its name, which must be
/// among `outputs`; where a version ends in such a word it is taken for the output.
fn split<'n>(name: &'n str, outputs: &HashMap<&str, (), FxBuildHasher>) -> (&'n str, &'n str) {
    let (rest, output) = match name.rsplit_once('-') {
        Some((rest, output)) if output != "out" && !rest.is_empty() && outputs.contains_key(output) => (rest, output),
        _ => (name, "out"),
    };
    (parse_drv_name(rest).0, output)
}

impl Matching {
    /// O(records + outputs), and sorting.
    pub(super) fn new(graph: &Graph, records: SizeRecords) -> Self {
        let names = graph.nodes().filter(|&node| graph.is_derivation(node)).flat_map(|node| graph.outputs(node));
        let outputs: HashMap<&str, (), FxBuildHasher> = names.map(|(output, _)| (output, ())).collect();
        let all = records.all();
        let mut by_digest = FxHashMap::default();
        let mut pnames: FxHashMap<PnameKey, Vec<u32>> = FxHashMap::default();
        let mut by_name = HashMap::with_hasher(FxBuildHasher);
        for (number, record) in all.iter().enumerate() {
            if record.nar > 0 || record.download > 0 {
                by_digest.insert(record.digest, number as u32);
            }
            let (pname, output) = split(&record.name, &outputs);
            let key = (called(pname), output.to_owned(), record.by_content);
            pnames.entry(key).or_default().push(number as u32);
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
        let pname = called(parse_drv_name(graph.name(node)).0);
        let group = self.by_pname.get(&(pname, output.to_owned(), graph.is_fixed(node)))?;
        Some((group.found(SizeMatch::Pname), &group.records))
    }
}
