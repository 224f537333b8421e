//! The bytes that each node of a graph writes, and that are downloaded for it.

mod matching;
mod model;
mod records;
mod spread;

use fixedbitset::FixedBitSet;

pub use matching::SizeMatch;
pub use model::{Kind, SizeClass};
pub use records::SizeRecords;
pub use spread::Spread;

use super::costs::Bytes;
use crate::graph::{Graph, NodeId};
use crate::nix::Digest;
use crate::proof::outputs::MOST_BYTES;
use matching::Matching;
use model::SizeModel;

/// The size of every node: the NARs of all its outputs, and what a binary cache sends for them.
///
/// An output's size is that of its very path where a record tells it (measured). Else it is estimated, from near
/// to far: the median of paths of the same name (another system, another evaluation), of the same output of what
/// is called the same (another version), of the tightest class with enough known sizes, see [`SizeClass`]. Input
/// sources and holes have no bytes. At most [`MOST_BYTES`] an output, and for its download.
#[derive(Debug, Clone)]
pub struct Sizes {
    matching: Matching,
    model: SizeModel,
    /// Downloads and NARs of the records that tell both, for what is told of no download.
    ratio: Option<(u128, u128)>,
    bytes: Vec<u64>,
    measured: FixedBitSet,
    /// As long as `bytes`; empty where no record tells of a download.
    downloads: Vec<u64>,
    downloads_measured: FixedBitSet,
    uses: SizeUses,
}

/// How the sizes of outputs were found, and which records that took.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct SizeUses {
    /// Outputs with a record of their very path.
    pub by_path: u64,
    /// Estimated by paths of the same name.
    pub by_name: u64,
    /// Estimated by what is called the same.
    pub by_pname: u64,
    /// Estimated by a class.
    pub by_class: u64,
    /// Of each file, how many records there are, and how many of them tell of an output here, however loosely. Of a
    /// path that several tell of, the first counts.
    pub files: Vec<(String, u64, u64)>,
}

/// The size of an output, and why it is taken to be that.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct OutputSize<'g> {
    /// The output's name.
    pub output: &'g str,
    /// The bytes of its NAR.
    pub bytes: u64,
    /// What is downloaded for it; `None` where no record tells of any download.
    pub download: Option<Bytes>,
    /// Why.
    pub reason: SizeReason<'g>,
}

/// Why an output is taken to have a size.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum SizeReason<'g> {
    /// Records tell.
    Matched(SizeMatch),
    /// The median of its class.
    Class(SizeClass<'g>, Spread),
}

impl OutputSize<'_> {
    /// Whether a record tells of its very path.
    #[must_use]
    pub const fn is_measured(&self) -> bool {
        matches!(self.reason, SizeReason::Matched(SizeMatch::Path(_)))
    }
}

/// The derivations that write something that is known of.
fn writes(graph: &Graph, node: NodeId) -> bool {
    graph.is_derivation(node) && !graph.is_missing(node)
}

impl Sizes {
    /// The sizes of all nodes; `None` where no record tells the size of a NAR. O(nodes + records), and sorting.
    #[must_use]
    pub fn new(graph: &Graph, records: SizeRecords) -> Option<Self> {
        let files = Spread::of(records.all().iter().map(|record| record.nar).filter(|&bytes| bytes > 0).collect())?;
        let both = |record: &&records::SizeRecord| record.nar > 0 && record.download > 0;
        let (downloads, nars) = records.all().iter().filter(both).fold((0, 0), |(downloads, nars), record| {
            (downloads + u128::from(record.download), nars + u128::from(record.nar))
        });
        let matching = Matching::new(graph, records);
        let mut uses = SizeUses::default();
        let mut used = FixedBitSet::with_capacity(matching.records().count());
        let mut known = Vec::new();
        for node in graph.nodes().filter(|&node| writes(graph, node)) {
            for (output, digest) in graph.outputs(node) {
                let Some((found, numbers)) = matching.find(graph, node, output, digest) else {
                    uses.by_class += 1;
                    continue;
                };
                match found.matched {
                    SizeMatch::Path(_) => uses.by_path += 1,
                    SizeMatch::Name(_) => uses.by_name += 1,
                    SizeMatch::Pname(_) => uses.by_pname += 1,
                }
                used.extend(numbers.iter().map(|&number| number as usize));
                known.push((node, output, found.bytes));
            }
        }
        uses.files = matching.records().files().iter().map(|file| (file.clone(), 0, 0)).collect();
        for (number, record) in matching.records().all().iter().enumerate() {
            if let Some((_, all, some)) = uses.files.get_mut(record.file as usize) {
                *all += 1;
                *some += u64::from(used.contains(number));
            }
        }
        let model = SizeModel::learn(graph, known.into_iter(), files);
        let ratio = (nars > 0).then_some((downloads, nars));
        let mut sizes = Self {
            matching,
            model,
            ratio,
            bytes: vec![0; graph.node_count()],
            measured: FixedBitSet::with_capacity(graph.node_count()),
            downloads: vec![0; if ratio.is_some() { graph.node_count() } else { 0 }],
            downloads_measured: FixedBitSet::with_capacity(graph.node_count()),
            uses,
        };
        for node in graph.nodes() {
            sizes.fill(graph, node);
        }
        Some(sizes)
    }

    fn fill(&mut self, graph: &Graph, node: NodeId) {
        let (mut bytes, mut measured, mut download, mut told) = (0, true, 0, true);
        for size in self.outputs(graph, node) {
            bytes = u64::saturating_add(bytes, size.bytes);
            measured &= size.is_measured();
            download = u64::saturating_add(download, size.download.map_or(0, |download| download.bytes));
            told &= size.download.is_some_and(|download| download.measured);
        }
        if let Some(place) = self.bytes.get_mut(node.index()) {
            *place = bytes;
        }
        if let Some(place) = self.downloads.get_mut(node.index()) {
            *place = download;
        }
        self.measured.set(node.index(), measured);
        self.downloads_measured.set(node.index(), told);
    }

    /// The outputs of a node with their sizes, and why these. Nothing for input sources and holes.
    pub fn outputs<'g>(&self, graph: &'g Graph, node: NodeId) -> impl Iterator<Item = OutputSize<'g>> {
        let outputs = writes(graph, node).then(|| graph.outputs(node)).into_iter().flatten();
        outputs.map(move |(output, digest)| self.output(graph, node, output, digest))
    }

    fn output<'g>(&self, graph: &'g Graph, node: NodeId, output: &'g str, digest: Digest) -> OutputSize<'g> {
        let (bytes, near, reason) = match self.matching.find(graph, node, output, digest) {
            Some((found, _)) => (found.bytes, found.download, SizeReason::Matched(found.matched)),
            None => {
                let (class, spread) = self.model.estimate(graph, node, output);
                (spread.median, None, SizeReason::Class(class, spread))
            }
        };
        let own = self.matching.exact(digest).map(|record| record.download).filter(|&download| download > 0);
        let download = self.ratio.map(|(downloads, nars)| match own {
            Some(bytes) => Bytes { bytes, measured: true },
            None => {
                let likely = u64::try_from(u128::from(bytes) * downloads / nars).unwrap_or(MOST_BYTES);
                Bytes { bytes: near.unwrap_or(likely.min(MOST_BYTES)), measured: false }
            }
        });
        OutputSize { output, bytes, download, reason }
    }

    /// Bytes of every node, by its index.
    #[must_use]
    pub fn bytes(&self) -> &[u64] {
        &self.bytes
    }

    /// What is downloaded for every node, by its index; `None` where no record tells of any download.
    #[must_use]
    pub fn downloads(&self) -> Option<&[u64]> {
        self.ratio.is_some().then_some(&self.downloads)
    }

    /// What a node writes; measured where records tell of the very path of each output.
    ///
    /// # Panics
    /// When the node is of another graph.
    #[must_use]
    pub fn size(&self, node: NodeId) -> Bytes {
        Bytes { bytes: self.bytes[node.index()], measured: self.measured.contains(node.index()) }
    }

    /// What is downloaded for a node, compressed as the caches have it; `None` where no record tells of any
    /// download.
    ///
    /// # Panics
    /// When the node is of another graph.
    #[must_use]
    pub fn download(&self, node: NodeId) -> Option<Bytes> {
        let bytes = self.downloads()?[node.index()];
        Some(Bytes { bytes, measured: self.downloads_measured.contains(node.index()) })
    }

    /// How the sizes were found.
    #[must_use]
    pub fn uses(&self) -> &SizeUses {
        &self.uses
    }

    /// The file of a number that [`SizeMatch::Path`] gives.
    #[must_use]
    pub fn file(&self, number: u32) -> &str {
        self.matching.records().files().get(number as usize).map_or("", String::as_str)
    }
}
