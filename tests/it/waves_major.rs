//! Several major waves, staggered: steps, times and load, held against what can be counted by hand.

use nix_ripple::cost::{Farm, Schedule, Scheduler, Work, schedule, schedule_together};
use nix_ripple::graph::{Graph, NodeId};
use nix_ripple::query::waves::{LOAD_PARTS, MajorReport, major};
use nix_ripple::reach::{RebuildSet, heaviest_chain, hours};

use crate::cli::program::on_minipkgs;
use crate::support::{self, Chance};

/// A graph, waves of it, and what builds take.
struct Case {
    graph: Graph,
    waves: Vec<Vec<NodeId>>,
    millis: Vec<u64>,
}

impl Case {
    fn new(seed: u64) -> Self {
        let mut chance = Chance(seed);
        let folder = support::folder(&support::random_recipes(&mut chance, 40));
        let graph = support::graph(&[folder.path()]);
        let nodes: Vec<NodeId> = graph.nodes().filter(|&node| graph.is_derivation(node)).collect();
        let mut waves = Vec::new();
        let count = 1 + chance.below(5);
        while waves.len() < count {
            let bumped: Vec<NodeId> = (0..=chance.below(3)).map(|_| *chance.pick(&nodes)).collect();
            let set = RebuildSet::of(&graph, &bumped);
            let mut made = [set.nodes, set.fetched].concat();
            made.sort();
            made.dedup();
            waves.push(made);
        }
        let millis = graph.nodes().map(|_| chance.below(9_000) as u64).collect();
        Self { graph, waves, millis }
    }

    fn busy(&self, wave: usize) -> u64 {
        self.waves[wave].iter().map(|node| self.millis[node.index()]).sum()
    }

    fn alone(&self, wave: usize, farm: &Farm) -> Schedule {
        let work = Work { graph: &self.graph, nodes: &self.waves[wave], millis: &self.millis, asked: None };
        schedule(&work, farm, Scheduler::Longest).unwrap()
    }

    fn major(&self, farm: &Farm, majors: u32) -> MajorReport {
        major(&self.graph, &self.waves, &self.millis, farm, majors).unwrap()
    }
}

fn same(a: f64, b: f64) -> bool {
    (a - b).abs() <= 1e-9 * (1.0 + a.abs().max(b.abs()))
}

#[test]
fn sets_share_a_farm() {
    for seed in 0..60 {
        let case = Case::new(seed);
        let farm = Farm::builders(1 + seed as u32 % 4, (seed % 3 == 0).then_some(1));
        let sets: Vec<&[NodeId]> = case.waves.iter().map(Vec::as_slice).collect();
        let together = schedule_together(&case.graph, &sets, &case.millis, &farm).unwrap();
        assert_eq!(together.len(), sets.len());
        let mut taken: Vec<(u32, u32, u64, u64)> = Vec::new();
        for (wave, schedule) in together.iter().enumerate() {
            let nodes: Vec<NodeId> = schedule.runs.iter().map(|run| run.node).collect();
            assert_eq!(nodes, case.waves[wave]);
            for run in &schedule.runs {
                assert_eq!(run.end - run.start, case.millis[run.node.index()]);
                taken.push((run.kind, run.slot, run.start, run.end));
                for (_, input) in case.graph.input_edges(run.node) {
                    assert!(schedule.run_of(input).is_none_or(|before| before.end <= run.start));
                }
            }
            let one = schedule_together(&case.graph, &sets[wave..=wave], &case.millis, &farm).unwrap();
            assert_eq!(one, [case.alone(wave, &farm)]);
        }
        taken.sort();
        for pair in taken.windows(2) {
            let (one, other) = (pair[0], pair[1]);
            assert!((one.0, one.1) != (other.0, other.1) || one.3 <= other.2, "{one:?} {other:?}");
        }
    }
}

#[test]
fn steps_times_and_load() {
    for seed in 100..160 {
        let case = Case::new(seed);
        let (slots, majors) = (1 + seed as u32 % 7, 1 + seed as u32 % 6);
        let farm = Farm::builders(slots, None);
        let report = case.major(&farm, majors);
        let count = case.waves.len();
        assert_eq!((report.major_waves, report.waves, report.builders), (majors, count, slots.into()));

        let mut start = 0.0;
        assert_eq!(report.steps.len(), majors as usize + count - 1);
        for step in &report.steps {
            let expected: Vec<(u32, u32)> = (1..=majors)
                .flat_map(|major| (1..=count as u32).map(move |wave| (major, wave)))
                .filter(|(major, wave)| major + wave == step.number + 1)
                .collect();
            assert_eq!(step.runs.iter().map(|run| (run.major, run.wave)).collect::<Vec<_>>(), expected);
            assert!(same(step.start_hours, start));
            start += step.hours;
            assert_eq!(step.hours, step.runs.iter().map(|run| run.hours).fold(0.0, f64::max));
            let busy: u64 = step.runs.iter().map(|run| case.busy(run.wave as usize - 1)).sum();
            assert!(same(step.busy_hours, hours(busy as f64)));
            assert!(step.hours <= step.busy_hours + 1e-9 && step.busy_hours <= step.hours * f64::from(slots) + 1e-9);
            assert!(step.hours == 0.0 || same(step.utilisation, step.busy_hours / step.hours / f64::from(slots)));
            for run in &step.runs {
                let wave = run.wave as usize - 1;
                assert_eq!(run.alone_hours, hours(case.alone(wave, &farm).makespan as f64));
                let chain = heaviest_chain(&case.graph, &case.waves[wave], &case.millis).1;
                assert!(run.hours >= hours(chain as f64));
                if step.runs.len() == 1 {
                    assert_eq!(run.hours, run.alone_hours);
                }
            }
        }

        let once: f64 = (0..count).map(|wave| hours(case.alone(wave, &farm).makespan as f64)).sum();
        let (staggered, apart) = (&report.staggered, &report.one_after_another);
        assert!(same(staggered.hours, start) && same(apart.hours, once * f64::from(majors)));
        assert!(same(apart.major_wave_hours, once) && apart.interval_hours.is_none_or(|hours| same(hours, once)));
        assert_eq!([staggered, apart].map(|pace| pace.interval_hours.is_some()), [majors > 1; 2]);
        let spans = (0..majors as usize)
            .map(|first| report.steps[first..first + count].iter().map(|step| step.hours).sum::<f64>());
        assert!(same(staggered.major_wave_hours, spans.fold(0.0, f64::max)));
        let busy: u64 = (0..count).map(|wave| case.busy(wave)).sum::<u64>() * u64::from(majors);
        for pace in [staggered, apart] {
            if pace.hours == 0.0 {
                assert!(pace.load.is_empty());
                continue;
            }
            assert_eq!(pace.load.len(), LOAD_PARTS);
            assert!(pace.load.iter().all(|load| (0.0..=1.0).contains(load)), "{:?}", pace.load);
            // the parts are equal but for a millisecond
            let sum: f64 = pace.load.iter().sum::<f64>() / LOAD_PARTS as f64 * pace.hours * f64::from(slots);
            let slack = LOAD_PARTS as f64 * f64::from(slots) / 3_600_000.0;
            assert!((sum - hours(busy as f64)).abs() <= slack, "{sum} {}", hours(busy as f64));
            assert!(same(pace.utilisation, hours(busy as f64) / pace.hours / f64::from(slots)));
        }
    }
}

/// With builders enough nothing waits for another wave, so that a step takes as long as its longest wave.
#[test]
fn builders_enough() {
    for seed in 200..220 {
        let case = Case::new(seed);
        let report = case.major(&Farm::builders(1_000, None), 4);
        for step in &report.steps {
            assert!(step.runs.iter().all(|run| run.hours == run.alone_hours));
        }
        assert!(report.staggered.hours <= report.one_after_another.hours);
    }
}

#[test]
fn nothing_and_what_no_machine_builds() {
    let case = Case::new(1);
    let report = major(&case.graph, &[], &case.millis, &Farm::builders(2, None), 3).unwrap();
    assert!(report.steps.is_empty() && report.staggered.hours == 0.0 && report.staggered.load.is_empty());
    let none = "[[machine]]\nname = 'a'\nsystems = ['riscv64-linux']";
    let farm = Farm::parse(none, std::path::Path::new("farm.toml")).unwrap();
    let refused = major(&case.graph, &case.waves, &case.millis, &farm, 2).unwrap_err();
    assert_eq!(refused[0].system, "x86_64-linux");
}

#[test]
fn from_the_command_line() {
    let run = |rest: &[&str]| on_minipkgs(&[&["waves", "glibc", "numpy", "--major", "3"], rest].concat());
    let talk = run(&[]).failed();
    assert!(talk.contains("--builders"), "{talk}");
    let report = run(&["--builders", "4", "--format", "json"]).json();
    let major = &report["major"];
    let waves: Vec<Vec<String>> = major["steps"]
        .as_array()
        .unwrap()
        .iter()
        .map(|step| {
            let runs = step["runs"].as_array().unwrap();
            runs.iter().map(|run| format!("{}.{}", run["major"], run["wave"])).collect()
        })
        .collect();
    assert_eq!(waves, [&["1.1"][..], &["1.2", "2.1"], &["2.2", "3.1"], &["3.2"]]);
    // a wave takes as long as the plan says where it has the farm alone
    for wave in report["waves"].as_array().unwrap() {
        let runs = major["steps"].as_array().unwrap().iter().flat_map(|step| step["runs"].as_array().unwrap());
        let alone: Vec<&serde_json::Value> =
            runs.filter(|run| run["wave"] == wave["number"]).map(|run| &run["alone_hours"]).collect();
        assert_eq!(alone, [&wave["makespan_hours"]; 3]);
    }
    for format in ["table", "markdown"] {
        let text = run(&["--builders", "4", "--format", format]).fine();
        let step = text.lines().find(|line| line.contains("1.2, 2.1")).unwrap();
        assert!(step.contains('%') && text.contains("3 major waves of 2 waves, on 4 builders"), "{text}");
        assert_eq!(text.lines().filter(|line| line.starts_with("load, ")).count(), 2);
    }
}
