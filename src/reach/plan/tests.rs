//! Plans against all plans there are.

use proptest::prelude::*;

use super::samples::{Sample, check, limits, small};
use super::{Limits, Order, Plan, frontier, strict};

fn figures(plan: &Plan) -> (u64, u64, u64) {
    (plan.cost as u64, plan.settling as u64, plan.urgency as u64)
}

fn is_best(sample: &Sample, limits: &Limits) {
    let problem = sample.problem();
    let found = frontier(&problem, limits);
    let best = sample.best(limits, false);
    for plan in &found {
        check(sample, limits, plan, false);
        assert!(plan.optimal);
        assert_eq!(Some(figures(plan)), best[plan.waves.len() - 1], "{:?}", plan.waves);
    }
    let numbers: Vec<usize> = found.iter().map(|plan| plan.waves.len()).collect();
    let possible: Vec<usize> = (1..=best.len()).filter(|&waves| best[waves - 1].is_some()).collect();
    assert_eq!(numbers, possible);
    if *limits == Limits::default() {
        assert_eq!(found.len(), sample.sets.len());
        assert!(found.is_sorted_by_key(|plan| plan.cost), "more waves never cost less");
    }
}

fn is_best_strict(sample: &Sample, limits: &Limits) {
    let problem = sample.problem();
    let plan = strict(&problem, limits).unwrap();
    check(sample, limits, &plan, true);
    assert!(plan.optimal);
    let best = sample.best(limits, true);
    assert!(best[..plan.waves.len() - 1].iter().all(Option::is_none), "{:?} and fewer would do", plan.waves);
    assert_eq!(Some(figures(&plan)), best[plan.waves.len() - 1], "{:?}", plan.waves);
    if *limits == Limits::default() {
        assert_eq!(plan.waves.len() as u32, problem.order().levels().into_iter().max().unwrap() + 1);
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(120))]

    #[test]
    fn the_frontier_is_the_best_of_all_plans(sample in small(1..=6)) {
        is_best(&sample, &Limits::default());
    }

    #[test]
    fn the_frontier_within_limits_is_the_best_of_all_plans(sample in small(1..=6), limits in limits()) {
        is_best(&sample, &limits);
    }

    #[test]
    fn the_strict_plan_is_the_best_of_all(sample in small(1..=6), limits in limits()) {
        is_best_strict(&sample, &Limits::default());
        is_best_strict(&sample, &limits);
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(4))]

    #[test]
    fn nine_units_too(sample in small(9..=9), limits in limits()) {
        is_best(&sample, &Limits::default());
        is_best(&sample, &limits);
        is_best_strict(&sample, &limits);
    }
}

#[test]
fn no_unit_no_plan() {
    let none = Sample::of(super::samples::Shape::Flat, 0, 0, 0).problem();
    assert_eq!(frontier(&none, &Limits::default()), []);
    assert_eq!(strict(&none, &Limits::default()), None);
}

#[test]
fn an_order_is_transitive_and_reduces() {
    let order = Order::new(5, [(0, 1), (1, 2), (0, 2), (3, 2), (0, 2)]).unwrap();
    assert!(order.is_before(0, 2) && !order.is_before(2, 0) && !order.is_before(0, 3));
    assert_eq!(order.levels(), [0, 1, 2, 0, 0]);
    assert_eq!(order.reduced(), [(0, 1), (1, 2), (3, 2)]);
}

#[test]
fn a_cycle_is_named() {
    let pairs = [(5, 3), (3, 1), (1, 4), (4, 3), (4, 0), (0, 2)];
    assert_eq!(Order::new(6, pairs).unwrap_err(), [1, 4, 3]);
    assert_eq!(Order::new(1, [(0, 0)]).unwrap_err(), [0]);
}

#[test]
fn weights_of_nothing_and_too_large_ones() {
    for weight in [0, u64::MAX] {
        let mut sample = Sample::of(super::samples::Shape::Nested, 7, 20, 3);
        sample.cost.fill(weight);
        sample.millis.fill(weight);
        let plans = frontier(&sample.problem(), &Limits { bumps: Some(9), ..Limits::default() });
        assert_eq!(plans.last().unwrap().waves.len(), 7);
        assert!(plans.iter().all(|plan| plan.optimal && plan.peak <= weight));
    }
}

#[test]
fn threads_change_nothing() {
    for (units, seed) in [(10, 1), (42, 2)] {
        let problem = Sample::of(super::samples::Shape::Independent, units, 300, seed).problem();
        let limits = Limits { bumps: Some(30), ..Limits::default() };
        let plans = |threads: usize| {
            let pool = rayon::ThreadPoolBuilder::new().num_threads(threads).build().unwrap();
            pool.install(|| (frontier(&problem, &limits), strict(&problem, &limits)))
        };
        assert_eq!(plans(1), plans(3));
    }
}
