//! Which causes reach what, and how much of it each one accounts for.

use std::collections::VecDeque;

use rayon::prelude::*;

/// Causes carried at a time.
const BATCH: usize = 512;
const WORDS: usize = BATCH / 64;

type Block = [u64; WORDS];

/// Who passes causes on to whom.
///
/// Vertices are numbered so that each takes from smaller ones only; vertex `i` takes from
/// `from[offsets[i]..offsets[i + 1]]`, and may have causes of its own.
#[derive(Debug, Clone, Default)]
pub struct Influence {
    offsets: Vec<u32>,
    from: Vec<u32>,
    own_offsets: Vec<u32>,
    own: Vec<u32>,
}

/// What is counted: a thing that has the causes of some vertices, and causes of its own.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Unit {
    /// Vertices.
    pub vertices: Vec<u32>,
    /// Causes.
    pub own: Vec<u32>,
}

/// How much a cause accounts for.
#[derive(Debug, Clone, Copy, Default, PartialEq)]
pub struct Blame {
    /// Units that have no other cause.
    pub exclusive: u64,
    /// Units that have other causes, too.
    pub shared: u64,
    /// A unit with k causes gives each 1/k.
    pub share: f64,
}

impl Influence {
    /// Without vertices.
    #[must_use]
    pub fn new() -> Self {
        Self { offsets: vec![0], from: Vec::new(), own_offsets: vec![0], own: Vec::new() }
    }

    /// Adds the next vertex: what it takes from, and its own causes.
    ///
    /// # Panics
    /// When it takes from itself or from a vertex that is not there yet.
    pub fn push(&mut self, from: impl IntoIterator<Item = u32>, own: impl IntoIterator<Item = u32>) -> u32 {
        let vertex = self.len() as u32;
        for input in from {
            assert!(input < vertex, "a vertex takes from earlier ones only");
            self.from.push(input);
        }
        self.own.extend(own);
        self.offsets.push(self.from.len() as u32);
        self.own_offsets.push(self.own.len() as u32);
        vertex
    }

    /// The same with `causes[c]` in the place of each cause `c`.
    ///
    /// # Panics
    /// When a cause is not told of.
    #[must_use]
    pub fn merged(&self, causes: &[u32]) -> Self {
        let own = self.own.iter().map(|&cause| causes[cause as usize]).collect();
        Self { own, ..self.clone() }
    }

    /// Number of vertices.
    #[must_use]
    pub fn len(&self) -> usize {
        self.offsets.len() - 1
    }

    /// Whether there are none.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }

    /// What a vertex takes from.
    #[inline]
    #[must_use]
    pub fn from(&self, vertex: u32) -> &[u32] {
        &self.from[self.offsets[vertex as usize] as usize..self.offsets[vertex as usize + 1] as usize]
    }

    /// The causes that begin at a vertex.
    #[inline]
    #[must_use]
    pub fn own(&self, vertex: u32) -> &[u32] {
        &self.own[self.own_offsets[vertex as usize] as usize..self.own_offsets[vertex as usize + 1] as usize]
    }

    /// The causes `first..first + BATCH` of every vertex, as bits.
    fn masks(&self, first: u32) -> Vec<Block> {
        let mut masks: Vec<Block> = Vec::with_capacity(self.len());
        for vertex in 0..self.len() as u32 {
            let mut mask = bits(self.own(vertex), first);
            for &input in self.from(vertex) {
                join(&mut mask, &masks[input as usize]);
            }
            masks.push(mask);
        }
        masks
    }

    /// What each of `causes` causes accounts for.
    ///
    /// Exact; the shares of all causes add up to the number of units that have one. Causes are carried
    /// 512 at a time: O(causes / 512 · (edges + units)) and 64 bytes a vertex and thread, besides one step
    /// for each cause of each unit.
    #[must_use]
    pub fn blame(&self, units: &[Unit], causes: usize) -> Vec<Blame> {
        self.weighed(units, |_| 1, causes)
    }

    /// The same where units weigh something, in the unit of the weights; the shares add up to the weight of the units
    /// that have a cause. Whole sums end at 2^64.
    ///
    /// # Panics
    /// When a unit has no weight.
    #[must_use]
    pub fn blame_weighed(&self, units: &[Unit], weights: &[u64], causes: usize) -> Vec<Blame> {
        assert_eq!(units.len(), weights.len(), "one weight for each unit");
        self.weighed(units, |at| weights[at], causes)
    }

    fn weighed(&self, units: &[Unit], weight: impl Fn(usize) -> u64 + Sync, causes: usize) -> Vec<Blame> {
        let batches: Vec<u32> = (0..causes as u32).step_by(BATCH).collect();
        let of_unit = |unit: &Unit, masks: &[Block], first: u32| {
            let mut mask = bits(&unit.own, first);
            for &vertex in &unit.vertices {
                join(&mut mask, &masks[vertex as usize]);
            }
            mask
        };
        let count = |first: u32| -> Vec<u32> {
            let masks = self.masks(first);
            let ones = |unit| of_unit(unit, &masks, first).iter().map(|word| word.count_ones()).sum();
            units.iter().map(ones).collect()
        };
        let counts = batches.par_iter().map(|&first| count(first)).reduce(Vec::new, |mut all, more| {
            if all.is_empty() {
                return more;
            }
            all.iter_mut().zip(&more).for_each(|(count, more)| *count += more);
            all
        });
        let weigh = |first: u32| -> Vec<Blame> {
            let masks = self.masks(first);
            let mut blames = vec![Blame::default(); BATCH.min(causes - first as usize)];
            for (at, (unit, &count)) in units.iter().zip(&counts).enumerate() {
                if count == 0 {
                    continue;
                }
                let weight = weight(at);
                let share = weight as f64 / f64::from(count);
                let mask = of_unit(unit, &masks, first);
                for (word, mut bits) in mask.into_iter().enumerate() {
                    while bits != 0 {
                        let blame = &mut blames[word * 64 + bits.trailing_zeros() as usize];
                        bits &= bits - 1;
                        let whole = if count == 1 { &mut blame.exclusive } else { &mut blame.shared };
                        *whole = whole.saturating_add(weight);
                        blame.share += share;
                    }
                }
            }
            blames
        };
        batches.par_iter().flat_map(|&first| weigh(first)).collect()
    }

    /// For each vertex that `starts` reach, how many edges away it is from the nearest of them; ascending
    /// by vertex. O(r · log r) where r vertices and edges are reached; `takers` is what
    /// [`Influence::takers`] gives.
    #[must_use]
    pub fn distances(&self, takers: &Takers, starts: &[u32]) -> Vec<(u32, u32)> {
        let mut found: rustc_hash::FxHashMap<u32, u32> = starts.iter().map(|&start| (start, 0)).collect();
        let mut queue: VecDeque<u32> = starts.iter().copied().collect();
        while let Some(vertex) = queue.pop_front() {
            let distance = found.get(&vertex).copied().unwrap_or_default() + 1;
            for &taker in takers.of(vertex) {
                found.entry(taker).or_insert_with(|| {
                    queue.push_back(taker);
                    distance
                });
            }
        }
        let mut found: Vec<(u32, u32)> = found.into_iter().collect();
        found.sort_unstable();
        found
    }

    /// The edges the other way round.
    #[must_use]
    pub fn takers(&self) -> Takers {
        let mut offsets = vec![0u32; self.len() + 1];
        for &input in &self.from {
            offsets[input as usize + 1] += 1;
        }
        for at in 0..self.len() {
            offsets[at + 1] += offsets[at];
        }
        let mut fill = offsets.clone();
        let mut targets = vec![0u32; self.from.len()];
        for vertex in 0..self.len() as u32 {
            for &input in self.from(vertex) {
                targets[fill[input as usize] as usize] = vertex;
                fill[input as usize] += 1;
            }
        }
        Takers { offsets, targets }
    }
}

/// Who takes from each vertex: vertex `i` gives to `targets[offsets[i]..offsets[i + 1]]`.
#[derive(Debug, Clone)]
pub struct Takers {
    offsets: Vec<u32>,
    targets: Vec<u32>,
}

impl Takers {
    /// Those that take from this vertex.
    #[must_use]
    pub fn of(&self, vertex: u32) -> &[u32] {
        &self.targets[self.offsets[vertex as usize] as usize..self.offsets[vertex as usize + 1] as usize]
    }
}

#[inline]
fn bits(causes: &[u32], first: u32) -> Block {
    let mut mask = [0; WORDS];
    for cause in causes {
        if let Some(bit) = cause.checked_sub(first).filter(|&bit| (bit as usize) < BATCH) {
            mask[bit as usize / 64] |= 1 << (bit % 64);
        }
    }
    mask
}

#[inline]
fn join(mask: &mut Block, other: &Block) {
    for (word, bits) in mask.iter_mut().zip(other) {
        *word |= bits;
    }
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use super::*;
    use proptest::prelude::*;

    fn random(seed: u64) -> impl FnMut(usize) -> usize {
        let mut state = seed;
        move |bound| {
            state = state.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
            (state >> 33) as usize % bound.max(1)
        }
    }

    /// Sets, one vertex after the other.
    fn naive(influence: &Influence, units: &[Unit], weights: &[u64], causes: usize) -> Vec<Blame> {
        let mut sets: Vec<BTreeSet<u32>> = Vec::new();
        for vertex in 0..influence.len() as u32 {
            let mut set: BTreeSet<u32> = influence.own(vertex).iter().copied().collect();
            for &input in influence.from(vertex) {
                set.extend(&sets[input as usize]);
            }
            sets.push(set);
        }
        let mut blames = vec![Blame::default(); causes];
        for (unit, &weight) in units.iter().zip(weights) {
            let mut all: BTreeSet<u32> = unit.own.iter().copied().collect();
            unit.vertices.iter().for_each(|&vertex| all.extend(&sets[vertex as usize]));
            for &cause in &all {
                let blame = &mut blames[cause as usize];
                if all.len() == 1 {
                    blame.exclusive += weight
                } else {
                    blame.shared += weight
                }
                blame.share += weight as f64 / all.len() as f64;
            }
        }
        blames
    }

    proptest! {
        #![proptest_config(ProptestConfig::with_cases(64))]
        #[test]
        fn equals_sets(seed in any::<u64>(), n in 1usize..300, causes in 1usize..1300) {
            let mut random = random(seed);
            let mut influence = Influence::new();
            for vertex in 0..n {
                let from: Vec<u32> = (0..random(4)).filter(|_| vertex > 0).map(|_| random(vertex) as u32).collect();
                let own: Vec<u32> = (0..random(3)).map(|_| random(causes) as u32).collect();
                influence.push(from, own);
            }
            let units: Vec<Unit> = (0..random(200)).map(|_| Unit {
                vertices: (0..random(3)).map(|_| random(n) as u32).collect(),
                own: (0..random(2)).map(|_| random(causes) as u32).collect(),
            }).collect();
            let blames = influence.blame(&units, causes);
            let ones = vec![1; units.len()];
            prop_assert_eq!(&blames, &naive(&influence, &units, &ones, causes));
            let weights: Vec<u64> = units.iter().map(|_| [0, 1, 7, 1 << 40][random(4)]).collect();
            let weighed = influence.blame_weighed(&units, &weights, causes);
            prop_assert_eq!(&weighed, &naive(&influence, &units, &weights, causes));
            let with_cause = units.iter().filter(|unit| naive(&influence, std::slice::from_ref(unit), &[1], causes)
                .iter().any(|blame| blame.share > 0.0)).count();
            let sum: f64 = blames.iter().map(|blame| blame.share).sum();
            prop_assert!((sum - with_cause as f64).abs() < 1e-6);
        }
    }

    #[test]
    fn nearest_first() {
        let mut influence = Influence::new();
        let a = influence.push([], [0]);
        let b = influence.push([a], []);
        let c = influence.push([a, b], []);
        let d = influence.push([c], []);
        let takers = influence.takers();
        assert_eq!(influence.distances(&takers, &[a]), [(a, 0), (b, 1), (c, 1), (d, 2)]);
        assert_eq!(influence.distances(&takers, &[b, c]), [(b, 0), (c, 0), (d, 1)]);
    }

    #[test]
    fn nothing_at_all() {
        assert_eq!(Influence::new().blame(&[], 0), []);
        assert_eq!(Influence::new().blame(&[Unit::default()], 0), []);
    }
}
