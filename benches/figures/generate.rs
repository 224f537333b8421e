//! A generated graph in nixpkgs' shape: a bootstrap chain that everything needs, a few hundred
//! toolchain and library nodes with very many consumers, and a long tail with few or none.

use nix_ripple::reach::Propagation;

/// A small generator of pseudo-random numbers (SplitMix64): the same graph every time.
pub(crate) struct Random(u64);

impl Random {
    pub(crate) fn new(seed: u64) -> Self {
        Self(seed)
    }

    fn next(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut z = self.0;
        z = (z ^ (z >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        z = (z ^ (z >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        z ^ (z >> 31)
    }

    pub(crate) fn below(&mut self, bound: usize) -> usize {
        (self.next() % bound as u64) as usize
    }

    /// In 0..1.
    fn unit(&mut self) -> f64 {
        (self.next() >> 11) as f64 / (1u64 << 53) as f64
    }
}

/// A graph with about so many edges, in the shape of the closure of 2018: more than half of the
/// nodes are fixed-output sources with one or two consumers each, into which nothing propagates; of
/// the builds most are leaves that nothing needs, some are libraries, and popularity falls steeply
/// with a library's rank.
///
/// It is the harder of the two: with the size of that closure (46,760 nodes, 226,000 propagating
/// edges) 8 % of its nodes reach more than 200 others (there: 5 %); half of them none (1), the 95th
/// percentile is 1,700 (165), the 99th 11,400 (5,000).
pub(crate) fn propagation(nodes: usize, edges: usize, seed: u64) -> Propagation {
    let mut random = Random::new(seed);
    let sources = nodes * 11 / 20;
    let builds = nodes - sources;
    let mut consumers: Vec<Vec<u32>> = vec![Vec::new(); nodes];
    // every build has a source, the stdenv, and some libraries
    // (a third of the draws meet a library twice, which counts once)
    let libraries_each = 1.5 * (edges - 2 * builds) as f64 / builds as f64;
    // the bootstrap: a chain at the start, whose last is the stdenv
    let chain = 100;
    // one build in five is a library
    let library = |rank: usize| sources + rank * 5;
    for build in 0..builds {
        let node = (sources + build) as u32;
        consumers[random.below(sources)].push(node);
        if build < chain {
            if build > 0 {
                consumers[sources + build - 1].push(node);
            }
            continue;
        }
        consumers[sources + chain - 1].push(node);
        let known = build.div_ceil(5);
        for _ in 0..(random.unit() * 2.0 * libraries_each).round() as usize {
            let rank = if random.unit() < 0.93 {
                // popular ones: the rank of the one taken falls as a high power
                (known as f64 * random.unit().powi(9)) as usize
            } else {
                // a relative, of the same package set
                known.saturating_sub(1 + random.below(300))
            };
            let input = library(rank);
            if input < node as usize {
                consumers[input].push(node);
            }
        }
    }
    for list in &mut consumers {
        list.sort_unstable();
        list.dedup();
    }
    Propagation::from_consumers(&consumers)
}
