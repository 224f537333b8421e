//! Plans of waves, against every plan there is and sums that are not clever.

use std::collections::{BTreeMap, BTreeSet};

use nix_ripple::cost::{Costs, Times};
use nix_ripple::graph::{Graph, NodeId};
use nix_ripple::ingest::Maintainers;
use nix_ripple::query::waves::{Minimise, WaveLimits, WavesParams, WavesReport, Wish, planned, waves};
use nix_ripple::reach::Edits;

use crate::support::{Chance, folder, graph, random_recipes};

const MILLIS: f64 = 3_600_000.0;

fn millis(hours: f64) -> u128 {
    (hours * MILLIS).round() as u128
}

/// Who is rebuilt by whom, found over and over until nothing is added.
fn made(graph: &Graph, bumped: &BTreeSet<NodeId>) -> BTreeSet<NodeId> {
    let mut changed = bumped.clone();
    loop {
        let next = graph.nodes().filter(|&node| {
            !graph.is_fixed(node)
                && !changed.contains(&node)
                && graph.input_edges(node).any(|(_, input)| changed.contains(&input))
        });
        let next: Vec<NodeId> = next.collect();
        if next.is_empty() {
            return changed.into_iter().filter(|&node| graph.is_derivation(node)).collect();
        }
        changed.extend(next);
    }
}

/// A graph, bumps of one or two derivations each, a time for each derivation.
struct Case {
    graph: Graph,
    costs: Costs,
    bumps: Vec<BTreeSet<NodeId>>,
    wishes: Vec<Wish>,
}

impl Case {
    fn random(chance: &mut Chance, most: usize, instances: usize) -> Self {
        let count = 12 + chance.below(25);
        let folder = folder(&random_recipes(chance, count));
        let graph = graph(&[folder.path()]);
        let nodes: Vec<NodeId> = graph.nodes().filter(|&node| graph.is_derivation(node)).collect();
        let mut lines = String::from("drvPath,seconds\n");
        for &node in &nodes {
            // few different times, so that plans are often equal
            lines.push_str(&format!("{},{}\n", graph.path(node), [0, 1, 1, 5, 60][chance.below(5)]));
        }
        let times = folder.path().join("times.csv");
        std::fs::write(&times, lines).unwrap();
        let costs = Costs::new(&graph, &Times::read(&[times]).unwrap());
        let mut bumps: Vec<BTreeSet<NodeId>> = Vec::new();
        for _ in 0..2 + chance.below(most - 1) {
            let own: BTreeSet<NodeId> = (0..1 + chance.below(instances)).map(|_| *chance.pick(&nodes)).collect();
            if bumps.iter().all(|other| other.is_disjoint(&own)) {
                bumps.push(own);
            }
        }
        let wishes = bumps.iter().enumerate().map(|(at, nodes)| Wish {
            name: format!("bump {at}"),
            selectors: nodes.iter().map(|&node| graph.path(node)).collect(),
            ..Wish::of("x")
        });
        Self { wishes: wishes.collect(), graph, costs, bumps }
    }

    fn plan(&self, limits: WaveLimits) -> WavesReport {
        let bumps = planned(&self.graph, self.wishes.clone()).unwrap();
        let params = WavesParams {
            costs: &self.costs,
            farm: None,
            by: Minimise::Hours,
            limits,
            remedies: &Edits::default(),
            locked: &[],
            late: &[],
            majors: 0,
            fix_for: None,
            current: 1,
            heaviest: 3,
            list: true,
            pictures: false,
            maintainers: &Maintainers::default(),
            rules: None,
        };
        waves(&self.graph, &bumps, params, &[]).unwrap()
    }

    fn time(&self, node: NodeId) -> u128 {
        u128::from(self.costs.time(node).millis)
    }

    fn sum<'n>(&self, nodes: impl IntoIterator<Item = &'n NodeId>) -> u128 {
        nodes.into_iter().map(|&node| self.time(node)).sum()
    }

    /// What each bump makes.
    fn sets(&self) -> Vec<BTreeSet<NodeId>> {
        self.bumps.iter().map(|bump| made(&self.graph, bump)).collect()
    }

    /// Cost and settling of waves of bumps.
    fn price(&self, sets: &[BTreeSet<NodeId>], plan: &[Vec<usize>]) -> (u128, u128) {
        let (mut cost, mut last) = (0, BTreeMap::new());
        for (number, wave) in (1u128..).zip(plan) {
            let all: BTreeSet<NodeId> = wave.iter().flat_map(|&bump| &sets[bump]).copied().collect();
            cost += self.sum(&all);
            last.extend(all.into_iter().map(|node| (node, number)));
        }
        (cost, last.into_iter().map(|(node, number)| self.time(node) * number).sum())
    }

    /// The principals of a bump that are built.
    fn principals(&self, bump: usize) -> BTreeSet<NodeId> {
        let is_built = |node: &NodeId| !self.graph.is_fixed(*node);
        let of = |&node: &NodeId| -> Vec<NodeId> {
            if is_built(&node) {
                return vec![node];
            }
            self.graph.consumer_edges(node).map(|(_, consumer)| consumer).filter(is_built).collect()
        };
        self.bumps[bump].iter().flat_map(of).collect()
    }

    /// Whether a principal of the one is upstream of one of the other.
    fn reaches(&self, one: usize, other: usize) -> bool {
        let principals = self.principals(one);
        !made(&self.graph, &principals).is_disjoint(&self.principals(other))
    }
}

/// Each bump by its number, from a name.
fn number(name: &str) -> usize {
    name.strip_prefix("bump ").unwrap().parse().unwrap()
}

/// Every plan of these bumps: each in any wave of at most `count`, no wave empty.
fn every(count: usize, bumps: usize) -> Vec<Vec<Vec<usize>>> {
    let mut all = Vec::new();
    for code in 0..count.pow(bumps as u32) {
        let mut plan = vec![Vec::new(); count];
        let mut rest = code;
        for bump in 0..bumps {
            plan[rest % count].push(bump);
            rest /= count;
        }
        if plan.iter().all(|wave| !wave.is_empty()) {
            all.push(plan);
        }
    }
    all
}

/// Whether someone comes before himself, with all that he moves with.
fn is_circular(bumps: usize, before: &BTreeSet<(usize, usize)>, same: impl Fn(usize, usize) -> bool) -> bool {
    (0..bumps).any(|from| {
        let (mut seen, mut stack) = (BTreeSet::new(), vec![from]);
        while let Some(at) = stack.pop() {
            let own = (0..bumps).filter(|&other| other == at || same(at, other));
            let next: Vec<usize> =
                own.flat_map(|own| before.iter().filter(move |pair| pair.0 == own).map(|pair| pair.1)).collect();
            if next.iter().any(|&next| next == from || same(next, from)) {
                return true;
            }
            stack.extend(next.into_iter().filter(|&next| seen.insert(next)));
        }
        false
    })
}

fn keeps(plan: &[Vec<usize>], before: &BTreeSet<(usize, usize)>) -> bool {
    let wave = |bump: &usize| plan.iter().position(|wave| wave.contains(bump)).unwrap();
    before.iter().all(|(one, other)| wave(one) <= wave(other))
}

#[test]
fn plans_are_the_best_of_all() {
    let mut chance = Chance(8);
    let (mut points, mut merged, mut circular) = (0, 0, 0);
    for _ in 0..60 {
        let case = Case::random(&mut chance, 5, 1);
        let (report, sets) = (case.plan(WaveLimits::default()), case.sets());
        let bumps = case.bumps.len();
        let pairs = (0..bumps).flat_map(|one| (0..bumps).map(move |other| (one, other)));
        let mut before: BTreeSet<(usize, usize)> =
            pairs.filter(|&(one, other)| one != other && case.reaches(one, other)).collect();
        // bumps with one source move together: those plans alone count
        let units: Vec<Vec<usize>> =
            report.groups.iter().map(|group| group.bumps.iter().map(|name| number(name)).collect()).collect();
        merged += units.len();
        // where they contradict one another not everything can be kept
        let same = |one: usize, other: usize| {
            one != other && units.iter().any(|unit| unit.contains(&one) && unit.contains(&other))
        };
        before.retain(|&(one, other)| !same(one, other));
        if is_circular(bumps, &before, same) {
            circular += 1;
            continue;
        }
        for point in &report.frontier {
            let plans = every(point.waves, bumps).into_iter().filter(|plan| {
                keeps(plan, &before)
                    && units.iter().all(|unit| plan.iter().any(|wave| unit.iter().all(|bump| wave.contains(bump))))
            });
            let best = plans.map(|plan| case.price(&sets, &plan)).min().unwrap();
            assert_eq!((millis(point.hours), millis(point.settling_hours)), best, "{} waves", point.waves);
            assert!(point.optimal);
            points += 1;
        }
        let most = bumps - units.iter().map(|unit| unit.len() - 1).sum::<usize>();
        let counts: Vec<usize> = report.frontier.iter().map(|point| point.waves).collect();
        assert_eq!(counts, (1..=most).collect::<Vec<_>>());
    }
    assert!(points > 120 && circular < 20, "{points} points, {merged} groups, {circular} circular");
}

#[test]
fn what_waves_say_is_so() {
    let mut chance = Chance(88);
    let (mut strict, mut again, mut contradictions, mut cleared) = (0, 0, 0, 0);
    for round in 0..150 {
        let case = Case::random(&mut chance, 12, 1 + round % 3);
        let limits = match round % 4 {
            0 => WaveLimits { waves: Some(2), ..WaveLimits::default() },
            1 => WaveLimits { bumps: Some(2), ..WaveLimits::default() },
            2 => WaveLimits { hours: Some(0.02), ..WaveLimits::default() },
            _ => WaveLimits::default(),
        };
        let (report, sets) = (case.plan(limits), case.sets());
        let plan: Vec<Vec<usize>> =
            report.waves.iter().map(|wave| wave.bumps.iter().map(|bump| number(&bump.name)).collect()).collect();
        let mut once: Vec<usize> = plan.concat();
        assert_eq!(once, report.order.iter().map(|name| number(name)).collect::<Vec<_>>());
        once.sort_unstable();
        assert_eq!(once, (0..case.bumps.len()).collect::<Vec<_>>(), "each bump once");
        let wave = |bump: usize| report.bumps[bump].wave;
        let together: Vec<Vec<usize>> =
            report.groups.iter().map(|group| group.bumps.iter().map(|name| number(name)).collect()).collect();
        let same = |one: usize, other: usize| together.iter().any(|unit| unit.contains(&one) && unit.contains(&other));

        // whatever is upstream comes first, where nothing contradicts
        let all = || (0..case.bumps.len()).flat_map(|one| (0..case.bumps.len()).map(move |other| (one, other)));
        let before: BTreeSet<(usize, usize)> =
            all().filter(|&(one, other)| one != other && case.reaches(one, other)).collect();
        let clear = together.is_empty() && !is_circular(case.bumps.len(), &before, |_, _| false);
        cleared += usize::from(clear);
        for (one, other) in all().filter(|(one, other)| one != other) {
            let (there, back) = (case.reaches(one, other), case.reaches(other, one));
            contradictions += usize::from(there && back && one < other);
            if clear && there {
                assert!(wave(one) <= wave(other), "{one} is upstream of {other}");
                assert!(!report.chosen.point.strict || wave(one) < wave(other), "a strict plan");
            }
            // a bump that rebuilds what an earlier wave has locked is told of
            let others: BTreeSet<NodeId> = sets[one].difference(&case.bumps[one]).copied().collect();
            let rebuilds = !others.is_disjoint(&case.principals(other));
            if rebuilds && wave(one) > wave(other) && !same(one, other) {
                let told = report.back_edges.iter().any(|back| {
                    let has = |unit: &[String], bump: usize| unit.iter().any(|name| number(name) == bump);
                    has(&back.from, one) && has(&back.to, other)
                });
                assert!(told, "{one} rebuilds {other}");
                again += 1;
            }
        }
        for pair in &report.precedence {
            let first = |unit: &[String]| number(&unit[0]);
            assert!(wave(first(&pair.before)) <= wave(first(&pair.after)));
        }

        let (cost, settling) = case.price(&sets, &plan);
        let point = &report.chosen.point;
        assert_eq!((millis(point.hours), millis(point.settling_hours)), (cost, settling));
        assert_eq!(point.waves, plan.len());
        strict += usize::from(point.strict);
        let mut last: BTreeMap<NodeId, usize> = BTreeMap::new();
        let mut peak = 0;
        for (at, row) in report.waves.iter().enumerate() {
            let nodes: BTreeSet<NodeId> = plan[at].iter().flat_map(|&bump| &sets[bump]).copied().collect();
            let built = nodes.iter().filter(|&&node| !case.graph.is_fixed(node)).count();
            assert_eq!((row.derivations, row.fetched), (built as u64, (nodes.len() - built) as u64));
            assert_eq!(millis(row.hours), case.sum(&nodes));
            peak = peak.max(case.sum(&nodes));
            let listed: BTreeSet<String> = row.builds.iter().flatten().map(|build| build.drv.clone()).collect();
            assert_eq!(listed, nodes.iter().map(|&node| case.graph.path(node)).collect());
            // inputs are built before what needs them
            let starts: BTreeMap<&str, f64> =
                row.builds.iter().flatten().map(|build| (build.drv.as_str(), build.start_hours)).collect();
            for &node in &nodes {
                for (_, input) in case.graph.input_edges(node).filter(|(_, input)| nodes.contains(input)) {
                    let (path, before) = (case.graph.path(node), case.graph.path(input));
                    let done = starts[before.as_str()] + case.time(input) as f64 / MILLIS;
                    assert!(starts[path.as_str()] >= done - 1e-9, "{path} begins before {before} ends");
                }
            }
            last.extend(nodes.into_iter().map(|node| (node, at)));
        }
        assert_eq!(millis(point.peak_hours), peak);
        for (at, row) in report.waves.iter().enumerate() {
            let settled: Vec<NodeId> = last.iter().filter(|(_, last)| **last == at).map(|(node, _)| *node).collect();
            assert_eq!(millis(row.settles.hours), case.sum(&settled));
        }

        // fewer waves cost less
        if round % 4 == 3 || round % 4 == 0 {
            assert!(report.frontier.is_sorted_by(|fewer, more| fewer.hours <= more.hours + 1e-9));
        }
        let is_unit = |wave: &Vec<usize>| {
            let set = |bumps: &Vec<usize>| bumps.iter().copied().collect::<BTreeSet<usize>>();
            together.iter().any(|unit| set(unit) == set(wave))
        };
        match round % 4 {
            0 => assert!(plan.len() <= 2),
            1 => assert!(plan.iter().all(|wave| wave.len() <= 2 || is_unit(wave))),
            2 => {
                let over = report.waves.iter().zip(&plan).filter(|(row, wave)| row.hours > 0.02 && wave.len() > 1);
                assert!(over.into_iter().all(|(_, wave)| is_unit(wave)));
            }
            _ => {}
        }
    }
    let met = [strict > 50, again > 20, contradictions > 5, cleared > 50];
    assert_eq!(met, [true; 4], "{strict} strict, {again} again, {contradictions} both ways, {cleared} without these");
}
