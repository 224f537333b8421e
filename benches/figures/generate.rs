//! A generated graph in nixpkgs' shape: a bootstrap chain that everything needs, a few hundred
//! toolchain and library nodes with very many consumers, and a long tail with few or none.

use nix_ripple::reach::Propagation;

/// A small generator of pseudo-random numbers (SplitMix64): the same graph every time.
struct Random(u64);

impl Random {
    fn next(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut z = self.0;
        z = (z ^ (z >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        z = (z ^ (z >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        z ^ (z >> 31)
    }

    fn below(&mut self, bound: usize) -> usize {
        (self.next() % bound as u64) as usize
    }

    /// In 0..1.
    fn unit(&mut self) -> f64 {
        (self.next() >> 11) as f64 / (1u64 << 53) as f64
    }
}

/// A graph with about so many edges. As in the closure of 2018, more than half of the nodes are
/// fixed-output (no propagating edge enters them, one or two consumers each); of the others each
/// needs its source, the stdenv, and some libraries, most of them popular ones: the popularity of
/// the node of rank r falls with r, and a part of the inputs come from the node's own neighbourhood.
pub(crate) fn propagation(nodes: usize, edges: usize, seed: u64) -> Propagation {
    let mut random = Random(seed);
    let sources = nodes * 11 / 20;
    let builds = nodes - sources;
    // the bootstrap: a chain at the start
    let chain = 60;
    let mut consumers: Vec<Vec<u32>> = vec![Vec::new(); nodes];
    let per_build = (edges - builds) / builds;
    for build in 0..builds {
        let node = (sources + build) as u32;
        // its source
        consumers[random.below(sources)].push(node);
        if build == 0 {
            continue;
        }
        if build < chain {
            consumers[sources + build - 1].push(node);
            continue;
        }
        // the last of the chain is the stdenv
        consumers[sources + chain - 1].push(node);
        let inputs = random.below(2 * per_build);
        for _ in 0..inputs {
            let input = if random.unit() < 0.6 {
                // popular: rank by a power law
                (builds as f64 * random.unit().powi(6)) as usize
            } else {
                // near: of the same package set
                build.saturating_sub(1 + random.below(2000))
            };
            if input < build {
                consumers[sources + input].push(node);
            }
        }
    }
    for list in &mut consumers {
        list.sort_unstable();
        list.dedup();
    }
    Propagation::from_consumers(&consumers)
}
