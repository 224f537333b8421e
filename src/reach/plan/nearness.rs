//! How near the search for many units comes to the best, on problems of few.

use super::exact::Exact;
use super::keys::Packed;
use super::samples::{SHAPES, Sample, Shape};
use super::search::search;
use super::{Limits, Plan};

/// By how many millionths of the best cost the found one is over it.
fn over(found: &Plan, best: &Plan) -> u128 {
    assert!(found.rank() >= best.rank());
    (found.cost - best.cost) * 1_000_000 / best.cost.max(1)
}

/// Over all numbers of waves of problems of 4 to 11 units.
fn overs(shape: Shape, problems: u64) -> Vec<u128> {
    let mut overs = Vec::new();
    for seed in 0..problems {
        let units = 4 + (seed % 8) as usize;
        let sample = Sample::of(shape, units, units + (seed % 60) as usize, seed * 7919 + 1);
        let (problem, limits) = (sample.problem(), Limits::default());
        let keys = Packed::of(&problem).unwrap();
        let best = Exact::of(&problem, &limits, keys).and_then(|exact| exact.frontier()).unwrap();
        for (found, best) in search(&problem, &limits, keys).into_iter().zip(best) {
            overs.push(over(&found, &Plan::of(&problem, best.unwrap())));
        }
    }
    overs.sort_unstable();
    overs
}

#[test]
fn the_search_comes_near_the_best() {
    let problems = std::env::var("PROBLEMS").map_or(150, |text| text.parse().unwrap());
    for shape in SHAPES {
        let overs = overs(shape, problems);
        let at = |share: usize| overs[(overs.len() - 1) * share / 1000];
        println!(
            "{shape:?}: {} plans, {} % best, 90 % {}, 95 % {}, 99 % {}, max {}",
            overs.len(),
            100 * overs.iter().filter(|over| **over == 0).count() / overs.len(),
            at(900),
            at(950),
            at(990),
            at(1000)
        );
    }
}
