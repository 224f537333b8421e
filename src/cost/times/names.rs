//! The names of a closure, as records are looked up by them.

use fixedbitset::FixedBitSet;
use rustc_hash::FxHashMap;

use crate::cost::sort::Sort;
use crate::graph::{Graph, NodeId};
use crate::nix::{Digest, called};

/// What a node is called, in numbers that are the same for what is called the same.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct NodeNames {
    pub(super) sort: Sort,
    /// Of name and whether it is a download.
    pub(super) name: u32,
    /// Of pname, and whether it is light; no download has one.
    pub(super) pname: Option<u32>,
    /// The same of the shortened name.
    pub(super) short: Option<u32>,
}

/// The names of all derivations.
pub(super) struct Names<'g> {
    names: FxHashMap<&'g str, Sorts>,
    pnames: FxHashMap<String, Sorts>,
    shorts: FxHashMap<&'g str, Sorts>,
    /// Of all nodes; `None` of what is no derivation.
    nodes: Vec<Option<NodeNames>>,
    /// By number of a name: downloads of several output paths have it.
    of_many: FixedBitSet,
}

/// Which sorts of derivations have a name, and its number.
#[derive(Debug, Clone, Copy)]
struct Sorts {
    number: u32,
    full: bool,
    light: bool,
    download: bool,
}

impl Sorts {
    fn add(&mut self, sort: Sort) {
        match sort {
            Sort::Full => self.full = true,
            Sort::Light => self.light = true,
            Sort::Download => self.download = true,
        }
    }

    fn new(number: usize) -> Self {
        Self { number: number as u32, full: false, light: false, download: false }
    }

    /// The sort of a record of this very name: rather a build than what is cheaper.
    fn sort(self) -> Sort {
        match self {
            Self { full: true, .. } => Sort::Full,
            Self { light: true, .. } => Sort::Light,
            _ => Sort::Download,
        }
    }

    /// Which of the builds with this pname a record of a sort tells of: wrappers only where it is of one, or where
    /// there is nothing else.
    fn of_record(self, sort: Sort) -> Option<u32> {
        match sort {
            Sort::Full if self.full => Some(self.number * 2),
            Sort::Full | Sort::Light if self.light => Some(self.number * 2 + 1),
            _ => None,
        }
    }
}

impl<'g> Names<'g> {
    /// O(nodes).
    pub(super) fn new(graph: &'g Graph) -> Self {
        let mut names: FxHashMap<&str, Sorts> = FxHashMap::default();
        let mut pnames: FxHashMap<String, Sorts> = FxHashMap::default();
        let mut shorts: FxHashMap<&str, Sorts> = FxHashMap::default();
        // by the number of the string, so that each is hashed once
        let mut numbers: Vec<[u32; 3]> = vec![[u32::MAX; 3]; graph.string_count()];
        let mut flags: [Vec<Sorts>; 3] = [Vec::new(), Vec::new(), Vec::new()];
        let mut nodes = Vec::with_capacity(graph.node_count());
        let mut first_outputs: FxHashMap<u32, Digest> = FxHashMap::default();
        let mut of_many = FixedBitSet::new();
        for node in graph.nodes() {
            if !graph.is_derivation(node) || graph.is_missing(node) {
                nodes.push(None);
                continue;
            }
            let sort = Sort::of(graph, node);
            let (name, pname) = (graph.name_id(node).index(), graph.pname_id(node).index());
            if numbers[name][0] == u32::MAX {
                let text = graph.name(node);
                let count = names.len();
                numbers[name][0] = names.entry(text).or_insert_with(|| Sorts::new(count)).number;
                let count = shorts.len();
                numbers[name][2] = shorts.entry(shortened(text)).or_insert_with(|| Sorts::new(count)).number;
            }
            if numbers[pname][1] == u32::MAX {
                let count = pnames.len();
                let text = called(graph.pname(node));
                numbers[pname][1] = pnames.entry(text).or_insert_with(|| Sorts::new(count)).number;
            }
            let found = [numbers[name][0], numbers[pname][1], numbers[name][2]];
            for (flags, number) in flags.iter_mut().zip(found) {
                if flags.len() <= number as usize {
                    flags.resize(number as usize + 1, Sorts::new(0));
                }
                flags[number as usize].add(sort);
            }
            let light = u32::from(sort == Sort::Light);
            let built = |number: u32| (sort != Sort::Download).then_some(number * 2 + light);
            let name = found[0] * 2 + u32::from(sort == Sort::Download);
            if sort == Sort::Download {
                let output = graph.outputs(node).next().map_or(Digest::NONE, |(_, digest)| digest);
                if first_outputs.insert(name, output).is_some_and(|known| known != output || !known.is_some()) {
                    of_many.grow_and_insert(name as usize);
                }
            }
            nodes.push(Some(NodeNames { sort, name, pname: built(found[1]), short: built(found[2]) }));
        }
        let [of_names, of_pnames, of_shorts] = flags;
        let fill = |sorts: &mut Sorts, flags: &[Sorts]| {
            let number = sorts.number;
            *sorts = flags.get(number as usize).copied().unwrap_or(*sorts);
            sorts.number = number;
        };
        names.values_mut().for_each(|sorts| fill(sorts, &of_names));
        pnames.values_mut().for_each(|sorts| fill(sorts, &of_pnames));
        shorts.values_mut().for_each(|sorts| fill(sorts, &of_shorts));
        Self { names, pnames, shorts, nodes, of_many }
    }

    /// What a derivation is called; `None` where it is none.
    pub(super) fn of(&self, node: NodeId) -> Option<NodeNames> {
        self.nodes.get(node.index()).copied().flatten()
    }

    /// Whether downloads of several output paths have a name, by its number in [`NodeNames`].
    pub(super) fn is_of_many(&self, name: u32) -> bool {
        self.of_many.contains(name as usize)
    }

    /// The sort of what has a name.
    pub(super) fn sort(&self, name: &str) -> Sort {
        self.names.get(name).map_or_else(|| Sort::by_name(name), |sorts| sorts.sort())
    }

    /// The number of a name, for work of a sort.
    pub(super) fn name(&self, name: &str, sort: Sort) -> Option<u32> {
        let sorts = self.names.get(name)?;
        let there = if sort == Sort::Download { sorts.download } else { sorts.full || sorts.light };
        there.then_some(sorts.number * 2 + u32::from(sort == Sort::Download))
    }

    /// The number of the longest pname of the closure that a name can have: itself, or what stands before a dash that
    /// no letter follows.
    pub(super) fn pname(&self, name: &str, sort: Sort) -> Option<u32> {
        candidates(name).find_map(|pname| self.exact_pname(pname, sort))
    }

    /// The number of a pname.
    pub(super) fn exact_pname(&self, pname: &str, sort: Sort) -> Option<u32> {
        self.pnames.get(&called(pname))?.of_record(sort)
    }

    /// The number of a pname of builds that are no wrappers.
    pub(super) fn built_pname(&self, pname: &str) -> Option<u32> {
        self.pnames.get(&called(pname)).filter(|sorts| sorts.full)?.of_record(Sort::Full)
    }

    /// The number of a name that nix-output-monitor has shortened.
    pub(super) fn short(&self, name: &str, sort: Sort) -> Option<u32> {
        self.shorts.get(name)?.of_record(sort)
    }
}

/// What nix-output-monitor makes of a derivation's name where its environment has no pname.
pub(super) fn shortened(name: &str) -> &str {
    name.trim_end_matches(|c: char| c.is_ascii_digit() || matches!(c, '.' | '-'))
}

/// A name, and what stands before each dash that no letter follows, from long to short.
pub(super) fn candidates(name: &str) -> impl Iterator<Item = &str> {
    let bytes = name.as_bytes();
    let dashes = (0..bytes.len().saturating_sub(1)).rev();
    let dashes = dashes.filter(|&at| bytes[at] == b'-' && !bytes[at + 1].is_ascii_alphabetic());
    std::iter::once(name).chain(dashes.filter_map(|at| name.get(..at))).filter(|name| !name.is_empty())
}
