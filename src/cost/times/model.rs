//! What builds take of which no record tells.

use std::collections::BTreeMap;

use fixedbitset::FixedBitSet;
use rustc_hash::FxHashMap;

use super::matching::{Matching, NONE};
use super::reason::{Basis, Estimated};
use super::samples::{Packages, Ratios, Samples, Scale};
use crate::cost::Spread;
use crate::graph::{Graph, NodeId};
use crate::ingest::split_system;
use crate::nix::language_of;

/// How many different packages a class must have with records to be learnt from.
pub(super) const ENOUGH: usize = 5;

/// What a build takes where nothing is known of any, in milliseconds: guesses, but for the second.
///
/// Rather too little than too much, so that no saving is overstated.
mod built_in {
    /// Of some megabytes.
    pub(super) const DOWNLOAD: u64 = 5_000;
    /// The mean of 113 real builds of python modules (processor time; the median is 2.4 s).
    pub(super) const MODULE: u64 = 6_000;
    /// A wrapper or an environment: it makes links.
    pub(super) const LOCAL: u64 = 1_000;
    /// A script.
    pub(super) const BARE: u64 = 5_000;
    /// Configuring takes much of it.
    pub(super) const BUILD: u64 = 60_000;
    /// What its maintainers mark as too big for a common machine: browsers, compilers, kernels.
    pub(super) const BIG: u64 = 3_600_000;
}

/// Who builds a derivation.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
enum Builder {
    /// A stdenv.
    Stdenv,
    /// A builder of its own, without a stdenv.
    Bare,
    /// Nix itself (`builtin:fetchurl`).
    Nix,
}

/// What a derivation is like.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
struct Kind {
    download: bool,
    big: bool,
    local: bool,
    /// A module of a language, by its name.
    module: bool,
    builder: Builder,
}

impl Kind {
    const fn built_in(self) -> u64 {
        match self {
            Self { download: true, .. } => built_in::DOWNLOAD,
            Self { big: true, .. } => built_in::BIG,
            Self { local: true, .. } => built_in::LOCAL,
            Self { module: true, .. } => built_in::MODULE,
            Self { builder: Builder::Stdenv, .. } => built_in::BUILD,
            _ => built_in::BARE,
        }
    }

    /// With all else that has its built-in figure, on the same machines.
    const fn of_its_figure(self) -> Self {
        let Self { download, big, local, module, builder } = self;
        let (builder, module) = match (download || big || local || module, builder) {
            (true, _) => (Builder::Stdenv, module && !(download || big || local)),
            (false, Builder::Stdenv) => (Builder::Stdenv, false),
            (false, Builder::Bare | Builder::Nix) => (Builder::Bare, false),
        };
        Self { download, big: big && !download, local: local && !download, module, builder }
    }

    /// In words.
    fn told(self, basis: Basis) -> String {
        if self.download {
            return "downloads".to_owned();
        }
        let machine = match (self.big, self.local) {
            (true, _) => "big-parallel builds",
            (false, true) => "local builds",
            (false, false) => "builds",
        };
        // the set of a module names its language
        let of = if self.module && basis != Basis::Set { " of modules" } else { "" };
        match self.builder {
            Builder::Stdenv => format!("{machine}{of}"),
            Builder::Bare => format!("{machine}{of} without a stdenv"),
            Builder::Nix => format!("{machine}{of} by Nix itself"),
        }
    }
}

/// A class: what its members have in common, as far as it is told by `basis`.
type Class = (Basis, u32, Kind);

/// The estimates of a graph.
pub(in crate::cost) struct Model {
    pub(in crate::cost) of_node: Vec<u32>,
    pub(in crate::cost) estimated: Vec<Estimated>,
}

/// Estimates every derivation without a record by the median of the measured ones that are like it, in classes of at
/// least [`ENOUGH`] packages, from close to far: of its package set (the language of a module, else the set that its
/// attribute stands in), whether it wants a machine for big builds (`big-parallel`) or any (`preferLocalBuild`), and
/// its builder (a stdenv, another one, Nix itself); of all sets, modules apart; of all that have its built-in figure.
/// Else it takes its built-in figure, times what the measured ones take of theirs (their median); that makes no figure
/// longer than the longest of them, nor shorter than the shortest. A fixed-output derivation is a download, and judged
/// by downloads alone. Each package counts once, by its pname without case and interpreter; so do records that tell of
/// several.
///
/// Underestimates sums: of build times, which are skewed, the median lies below the mean, and what is exceptional in
/// its class (a browser that asks for no big machine) is taken for a common one.
/// Overestimates what is trivial and does not say so.
///
/// O(nodes + edges + records).
pub(in crate::cost) fn model(graph: &Graph, matching: &Matching) -> Model {
    let kinds = Kinds::new(graph);
    let mut samples: Samples<Class> = Samples::default();
    let mut ratios = Ratios::new();
    let mut packages = Packages::new(graph);
    let found = graph.nodes().zip(&matching.of_node).filter(|&(_, &group)| group != NONE);
    for (node, &group) in found.chain(matching.hints.iter().map(|(node, group)| (*node, group))) {
        let Some(measured) = matching.measured.get(group as usize) else { continue };
        let Some((set, kind)) = kinds.of(graph, node) else { continue };
        let package = packages.of(node);
        for class in classes(set, kind) {
            samples.add(class, package, measured);
        }
        if !kind.download && !kind.local {
            ratios.add(kind.built_in(), package, measured);
        }
    }
    let scale = Scale::new(ratios);
    let samples: FxHashMap<Class, Spread> = samples
        .of_packages()
        .into_iter()
        .filter(|(_, values)| values.len() >= ENOUGH)
        .filter_map(|(class, values)| Some((class, Spread::of(values.into_iter().map(|(_, value)| value).collect())?)))
        .collect();

    let mut model = Model { of_node: vec![NONE; graph.node_count()], estimated: Vec::new() };
    let mut numbers: FxHashMap<(u32, Kind), u32> = FxHashMap::default();
    for node in graph.nodes() {
        if matching.of_node.get(node.index()).is_some_and(|&group| group != NONE) {
            continue;
        }
        let Some((set, kind)) = kinds.of(graph, node) else { continue };
        let number = *numbers.entry((set, kind)).or_insert_with(|| {
            model.estimated.push(kinds.estimate(set, kind, &samples, scale.as_ref()));
            model.estimated.len() as u32 - 1
        });
        if let Some(slot) = model.of_node.get_mut(node.index()) {
            *slot = number;
        }
    }
    model
}

/// The classes of a derivation, from close to far.
fn classes(set: u32, kind: Kind) -> impl Iterator<Item = Class> {
    let built = [(Basis::Set, set, kind), (Basis::Kind, 0, kind), (Basis::Machine, 0, kind.of_its_figure())];
    let download = [(Basis::Kind, 0, kind.of_its_figure())];
    let (built, download) = if kind.download { (None, Some(download)) } else { (Some(built), None) };
    built.into_iter().flatten().chain(download.into_iter().flatten())
}

/// What all nodes are like.
struct Kinds<'g> {
    /// The package sets; the first is none.
    sets: Vec<&'g str>,
    set_of: Vec<u32>,
    stdenv: FixedBitSet,
}

impl<'g> Kinds<'g> {
    /// O(nodes + edges + attributes).
    fn new(graph: &'g Graph) -> Self {
        let mut of_list: Vec<Option<bool>> = vec![None; graph.list_count()];
        let mut stdenv = FixedBitSet::with_capacity(graph.node_count());
        let mut found: BTreeMap<&str, Vec<NodeId>> = BTreeMap::new();
        for node in graph.nodes().filter(|&node| graph.is_derivation(node) && !graph.is_missing(node)) {
            let mut edges = graph.input_edges(node).map(|(edge, _)| edge);
            let names_stdenv = edges.any(|edge| {
                let list = graph.mention_list(edge);
                let is_stdenv =
                    || graph.mention_list_pairs(list).any(|(key, _)| matches!(key, "stdenv" | "__json.stdenv"));
                match of_list.get_mut(list as usize) {
                    Some(known) => *known.get_or_insert_with(is_stdenv),
                    None => is_stdenv(),
                }
            });
            stdenv.set(node.index(), names_stdenv);
            if let Some(set) = package_set(graph, node) {
                found.entry(set).or_default().push(node);
            }
        }
        let mut set_of = vec![0; graph.node_count()];
        let mut sets = vec![""];
        for (set, nodes) in found {
            for node in nodes {
                set_of[node.index()] = sets.len() as u32;
            }
            sets.push(set);
        }
        Self { sets, set_of, stdenv }
    }

    fn of(&self, graph: &Graph, node: NodeId) -> Option<(u32, Kind)> {
        if !graph.is_derivation(node) || graph.is_missing(node) {
            return None;
        }
        let builder = if graph.system(node) == "builtin" {
            Builder::Nix
        } else if self.stdenv.contains(node.index()) {
            Builder::Stdenv
        } else {
            Builder::Bare
        };
        let kind = Kind {
            download: graph.is_fixed(node),
            big: graph.features(node).any(|feature| feature == "big-parallel"),
            local: graph.prefers_local(node),
            module: language_of(graph.name(node)).is_some(),
            builder,
        };
        Some((self.set_of.get(node.index()).copied().unwrap_or_default(), kind))
    }

    fn estimate(&self, set: u32, kind: Kind, samples: &FxHashMap<Class, Spread>, scale: Option<&Scale>) -> Estimated {
        for class in classes(set, kind) {
            let Some(&spread) = samples.get(&class) else { continue };
            let (basis, set, _) = class;
            let told = class.2.told(basis);
            let class = match self.sets.get(set as usize).copied().unwrap_or_default() {
                name if basis == Basis::Set && !name.is_empty() => format!("{told} of {name}"),
                _ if basis == Basis::Set => format!("{told} of no package set"),
                _ => told,
            };
            return Estimated { basis, class, of: spread.count, spread: Some(spread), millis: spread.median };
        }
        let built_in = kind.built_in();
        let class = kind.told(Basis::BuiltIn);
        match scale.filter(|_| !kind.download) {
            Some(scale) => {
                let millis = scale.of(built_in);
                Estimated { basis: Basis::Scaled, class, of: scale.packages, spread: None, millis }
            }
            None => Estimated { basis: Basis::BuiltIn, class, of: 0, spread: None, millis: built_in },
        }
    }
}

/// The package set of a derivation: the language of a module, by its name; else the set that all its attributes stand
/// in, without the digits of its version (`linuxPackages` of `linuxPackages_4_14.zfs`).
fn package_set(graph: &Graph, node: NodeId) -> Option<&str> {
    if let Some(language) = language_of(graph.name(node)) {
        return Some(language);
    }
    let mut sets = graph.attributes_of(node).map(|attribute| {
        let (name, _) = split_system(graph.attribute_name(attribute));
        let set = name.rsplit_once('.').map_or("", |(set, _)| set);
        let set = set.rsplit('.').next().unwrap_or(set);
        set.trim_end_matches(|c: char| c.is_ascii_digit() || matches!(c, '_' | '-'))
    });
    // one that stands at the top, too, is none of a set's own
    let first = sets.next()?;
    sets.try_fold(first, |known, set| (!set.is_empty() && !known.is_empty()).then(|| known.min(set)))
        .filter(|set| !set.is_empty())
}
