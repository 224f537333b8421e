//! How near the search for many units comes to the best, on problems of few.

use proptest::prelude::*;

use super::exact::Exact;
use super::keys::{Packed, Unpacked};
use super::samples::{SHAPES, Sample, Shape, check, limits, small};
use super::search::search;
use super::strict::{filled_and_moved, strict};
use super::{Limits, Plan};

/// By how many millionths of the best cost the found one is over it.
fn over(found: &Plan, best: &Plan) -> u128 {
    assert!(found.rank() >= best.rank());
    (found.cost - best.cost) * 1_000_000 / best.cost.max(1)
}

/// Problems of 4 to 11 units.
fn sample(shape: Shape, seed: u64) -> Sample {
    let units = 4 + (seed % 8) as usize;
    Sample::of(shape, units, units + (seed % 60) as usize, seed * 7919 + 1)
}

/// Over all numbers of waves.
fn overs(shape: Shape, problems: u64) -> Vec<u128> {
    let mut overs = Vec::new();
    for seed in 0..problems {
        let problem = sample(shape, seed).problem();
        let limits = Limits::default();
        let keys = Packed::new(&problem).unwrap();
        let best = Exact::of(&problem, &limits, keys).and_then(|exact| exact.frontier()).unwrap();
        let found = search(&problem, &limits, keys);
        assert!(found.is_sorted_by_key(|plan| plan.cost), "more waves never cost less");
        assert_eq!(found.len(), best.len());
        for (found, best) in found.into_iter().zip(best) {
            overs.push(over(&found, &Plan::of(&problem, best.unwrap())));
        }
    }
    overs.sort_unstable();
    overs
}

/// Of strict plans with as few waves as the best; and how many problems have them.
fn overs_strict(shape: Shape, problems: u64, bumps: Option<u32>) -> (Vec<u128>, u64) {
    let mut overs = Vec::new();
    let mut more = 0;
    for seed in 0..problems {
        let problem = sample(shape, seed).problem();
        let limits = Limits { bumps, ..Limits::default() };
        let best = strict(&problem, &limits).unwrap();
        assert!(best.optimal);
        let found = filled_and_moved(&problem, &limits).unwrap();
        if found.waves.len() == best.waves.len() {
            overs.push(over(&found, &best));
        } else {
            more += 1;
        }
    }
    overs.sort_unstable();
    (overs, more)
}

/// How many problems to try: more than the test's own, to measure.
fn problems(own: u64) -> u64 {
    std::env::var("PROBLEMS").map_or(own, |text| text.parse().unwrap())
}

fn say(what: &str, overs: &[u128]) -> [u128; 3] {
    let at = |share: usize| overs[(overs.len() - 1) * share / 1000];
    let best = 100 * overs.iter().filter(|over| **over == 0).count() / overs.len();
    println!("{what}: {} plans, {best} % best, 95 % {}, 99 % {}, max {}", overs.len(), at(950), at(990), at(1000));
    [at(500), at(950), at(1000)]
}

#[test]
fn the_search_comes_near_the_best() {
    for shape in SHAPES {
        let [median, most, max] = say(&format!("{shape:?}"), &overs(shape, problems(80)));
        let bound = if shape == Shape::Nested { 10_000 } else { 250_000 };
        assert!(median == 0 && most == 0 && max <= bound);
    }
}

#[test]
fn strict_plans_come_near_the_best() {
    for shape in SHAPES {
        for bumps in [None, Some(4)] {
            let (overs, more) = overs_strict(shape, problems(160), bumps);
            let [median, most, max] = say(&format!("{shape:?} {bumps:?}, {more} with more waves"), &overs);
            let bound = if bumps.is_none() && shape != Shape::Independent { 10_000 } else { 500_000 };
            assert!(median == 0 && most <= 50_000 && max <= bound);
            assert!(more * 20 <= problems(160) && (more == 0 || bumps.is_some()));
        }
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(40))]

    #[test]
    fn what_is_searched_keeps_order_and_limits(sample in small(1..=14), limits in limits()) {
        let problem = sample.problem();
        let mut waves = 0;
        for plan in search(&problem, &limits, Packed::new(&problem).unwrap()) {
            check(&sample, &limits, &plan, false);
            assert!(plan.waves.len() > waves);
            waves = plan.waves.len();
        }
        assert_eq!(waves, sample.sets.len());
        check(&sample, &limits, &filled_and_moved(&problem, &limits).unwrap(), true);
    }

    #[test]
    fn keys_apart_find_the_same(sample in small(1..=6), limits in limits()) {
        let problem = sample.problem();
        let packed = Packed::new(&problem).unwrap();
        let of = |plans: Vec<Plan>| plans.iter().map(Plan::rank).collect::<Vec<_>>();
        assert_eq!(of(search(&problem, &limits, packed)), of(search(&problem, &limits, Unpacked)));
        let exact = Exact::of(&problem, &limits, packed).and_then(|exact| exact.frontier());
        assert_eq!(exact, Exact::of(&problem, &limits, Unpacked).and_then(|exact| exact.frontier()));
    }
}
