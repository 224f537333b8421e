//! What the model learns from: each package once.

use std::hash::Hash;

use rustc_hash::{FxHashMap, FxHashSet};

use super::model::ENOUGH;
use super::reason::Measured;
use super::record::LONGEST_MILLIS;
use crate::cost::Spread;
use crate::graph::{Graph, NodeId};
use crate::nix::called;

/// The packages of derivations, by number: those of one pname are one, whatever its case and interpreter.
pub(super) struct Packages<'g> {
    graph: &'g Graph,
    numbers: FxHashMap<String, u32>,
    /// By the number of the string.
    known: Vec<Option<u32>>,
}

impl<'g> Packages<'g> {
    pub(super) fn new(graph: &'g Graph) -> Self {
        Self { graph, numbers: FxHashMap::default(), known: vec![None; graph.string_count()] }
    }

    pub(super) fn of(&mut self, node: NodeId) -> u32 {
        let mut number = || {
            let count = self.numbers.len() as u32;
            *self.numbers.entry(called(self.graph.pname(node))).or_insert(count)
        };
        match self.known.get_mut(self.graph.pname_id(node).index()) {
            Some(known) => *known.get_or_insert_with(number),
            None => number(),
        }
    }
}

/// What was measured, in classes.
pub(super) struct Samples<C> {
    seen: FxHashSet<(C, u32)>,
    values: FxHashMap<(C, u32), Vec<u64>>,
}

impl<C> Default for Samples<C> {
    fn default() -> Self {
        Self { seen: FxHashSet::default(), values: FxHashMap::default() }
    }
}

impl<C: Copy + Eq + Hash> Samples<C> {
    /// One more derivation; the same records count once in a class, for the first package that has them.
    pub(super) fn add(&mut self, class: C, package: u32, measured: &Measured) {
        if self.seen.insert((class, measured.source)) {
            self.values.entry((class, package)).or_default().push(measured.spread.median);
        }
    }

    /// Of each class its packages, and what each takes: the median of its derivations.
    pub(super) fn of_packages(self) -> FxHashMap<C, Vec<(u32, u64)>> {
        let mut classes: FxHashMap<C, Vec<(u32, u64)>> = FxHashMap::default();
        for ((class, package), values) in self.values {
            let Some(spread) = Spread::of(values) else { continue };
            classes.entry(class).or_default().push((package, spread.median));
        }
        classes
    }
}

/// What measured builds take of their built-in figures, while it is collected.
pub(super) struct Ratios {
    seen: FxHashSet<u32>,
    of_packages: FxHashMap<u32, Vec<f64>>,
    shortest: u64,
    longest: u64,
}

impl Ratios {
    pub(super) fn new() -> Self {
        Self { seen: FxHashSet::default(), of_packages: FxHashMap::default(), shortest: u64::MAX, longest: 0 }
    }

    /// One more derivation; the same records count once.
    pub(super) fn add(&mut self, built_in: u64, package: u32, measured: &Measured) {
        if self.seen.insert(measured.source) {
            let millis = measured.spread.median;
            self.of_packages.entry(package).or_default().push(millis as f64 / built_in as f64);
            (self.shortest, self.longest) = (self.shortest.min(millis), self.longest.max(millis));
        }
    }
}

/// What measured builds take of their built-in figures.
#[derive(Debug, Clone, Copy)]
pub(super) struct Scale {
    ratio: f64,
    shortest: u64,
    longest: u64,
    /// How many it is learnt from.
    pub(super) packages: u32,
}

impl Scale {
    /// The median of all packages; `None` where they are too few.
    pub(super) fn new(ratios: Ratios) -> Option<Self> {
        let Ratios { of_packages, shortest, longest, .. } = ratios;
        let ratios: Vec<f64> = of_packages.into_values().filter_map(middle).collect();
        let packages = ratios.len();
        let ratio = middle(ratios).filter(|_| packages >= ENOUGH)?;
        Some(Self { ratio, shortest, longest, packages: packages as u32 })
    }

    /// A built-in figure, scaled: made longer up to the longest that was measured, or shorter down to the shortest.
    pub(super) fn of(&self, built_in: u64) -> u64 {
        let scaled = (built_in as f64 * self.ratio).round().clamp(1.0, LONGEST_MILLIS as f64) as u64;
        if scaled > built_in { scaled.min(self.longest).max(built_in) } else { scaled.max(self.shortest).min(built_in) }
    }
}

/// The median; of an even number the longer of the middle ones.
fn middle(mut ratios: Vec<f64>) -> Option<f64> {
    ratios.sort_unstable_by(f64::total_cmp);
    ratios.get(ratios.len() / 2).copied()
}
