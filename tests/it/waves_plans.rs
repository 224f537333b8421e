//! The plans that a page of `waves` can be turned to: each as `waves --waves N` tells it; and what a farm does in waves.

use std::collections::BTreeMap;
use std::path::Path;
use std::sync::LazyLock;

use nix_ripple::cost::{Costs, Farm, Scheduler, Times, Work, schedule};
use nix_ripple::graph::{Graph, NodeId};
use nix_ripple::ingest::Maintainers;
use nix_ripple::query::FarmRuns;
use nix_ripple::query::waves::{
    Minimise, PlanRow, WaveLimits, WaveRow, WavesParams, WavesReport, Wish, planned, waves,
};
use nix_ripple::reach::{Edits, RebuildSet, hours};
use nix_ripple::report::html::{Cell, Page, Picture, Pictured, Section};
use serde_json::Value;

use crate::cli::program::minipkgs;
use crate::support::testdata;

static GRAPH: LazyLock<Graph> = LazyLock::new(|| Graph::open(minipkgs()).unwrap());

fn costs() -> Costs {
    Costs::new(&GRAPH, &Times::read(&[]).unwrap())
}

fn plan(wishes: &[Wish], farm: Option<&Farm>, exactly: Option<usize>) -> WavesReport {
    let bumps = planned(&GRAPH, wishes.to_vec()).unwrap();
    let params = WavesParams {
        costs: &costs(),
        farm: farm.map(|farm| (farm, Scheduler::Longest)),
        by: Minimise::Hours,
        limits: WaveLimits { exactly, ..WaveLimits::default() },
        remedies: &Edits::default(),
        locked: &[],
        late: &[],
        majors: 0,
        fix_for: None,
        current: 1,
        heaviest: 5,
        list: false,
        pictures: true,
        maintainers: &Maintainers::default(),
        rules: None,
        progress: &nix_ripple::ingest::Progress::default(),
    };
    waves(&GRAPH, &bumps, params, &[]).unwrap()
}

/// The discussion's four, and many that share much.
fn lists() -> [Vec<Wish>; 2] {
    let many = "openssl fontconfig freetype cmake pillow pyyaml hypothesis numpy pytorch";
    [Wish::read(&testdata("waves").join("four.toml")).unwrap(), many.split(' ').map(Wish::of).collect()]
}

fn json(waves: &[WaveRow]) -> Value {
    let mut waves = serde_json::to_value(waves).unwrap();
    waves.as_array_mut().unwrap().iter_mut().for_each(|wave| {
        wave.as_object_mut().unwrap().remove("locked");
    });
    waves
}

#[test]
fn every_plan_is_what_waves_says_when_asked_for_it() {
    let farm = Farm::builders(3, None);
    for (wishes, farm) in lists().iter().zip([None, Some(&farm)]) {
        let report = plan(wishes, farm, None);
        let plans: &[PlanRow] = &report.pictures.as_ref().unwrap().plans;
        let points: Vec<_> = plans.iter().map(|plan| plan.point).collect();
        assert_eq!(points, report.frontier, "few are all told");
        assert!(plans.len() >= 4, "{}", plans.len());
        for told in plans {
            let asked = plan(wishes, farm, Some(told.point.waves));
            assert_eq!(asked.chosen.point, told.point);
            assert_eq!(json(&asked.waves), json(&told.waves), "{} waves", told.point.waves);
            assert_eq!(asked.heavy_builds, told.heavy_builds);
            assert_eq!(asked.merges, told.merges);
            let other = asked.pictures.unwrap().plans.into_iter().find(|plan| plan.is_chosen).unwrap();
            assert_eq!(json(&other.waves), json(&told.waves));
        }
        for told in plans {
            let long = |wave: &WaveRow| wave.makespan_hours.unwrap_or(wave.critical_path_hours);
            let mut now = 0.0;
            for wave in &told.waves {
                assert!((wave.start_hours.unwrap() - now).abs() < 1e-9);
                assert!(wave.overlapping_start_hours.unwrap() <= now + 1e-9);
                now += long(wave);
            }
            let ends = told.waves.iter().map(|wave| wave.overlapping_start_hours.unwrap() + long(wave));
            assert!((told.point.latency_hours.unwrap() - now).abs() < 1e-9);
            assert!((told.point.overlapping_hours.unwrap() - ends.fold(0.0, f64::max)).abs() < 1e-9);
        }
        let chosen = plans.iter().filter(|plan| plan.is_chosen).count();
        let same = plans.iter().filter(|plan| json(&plan.waves) == json(&report.waves)).count();
        assert_eq!(chosen, same, "a plan that is the chosen one says so");
    }
}

/// The cells of a column, for each row.
fn column<'r>(section: &Section, rows: &'r [Vec<Cell>], key: &str) -> Vec<&'r Cell> {
    let at = section.table.columns.iter().position(|column| column.key == key).unwrap();
    rows.iter().map(|row| &row[at]).collect()
}

#[test]
fn the_page_is_turned_to_what_the_page_of_each_plan_has() {
    let farm = Farm::builders(3, None);
    for (wishes, farm) in lists().iter().zip([Some(&farm), None]) {
        let report = plan(wishes, farm, None);
        let page = report.page();
        let json = serde_json::to_value(&report).unwrap();
        for fact in &page.facts {
            let member = fact.key.split('.').fold(&json, |value, member| &value[member]);
            assert_eq!(member.as_f64(), Some(fact.value), "{}", fact.key);
        }
        let section = |page: &Page, id: &str| page.sections.iter().find(|section| section.id == id).cloned();
        let Some(Picture::Frontier(frontier)) = section(&page, "frontier").unwrap().picture else { panic!() };
        let variants = frontier.variants.unwrap();
        assert!(variants.all.len() >= 3);
        assert!(variants.all.iter().all(|variant| variant.key != variants.own));
        for variant in variants.all.iter().filter(|variant| variant.key != "safer") {
            let asked = plan(wishes, farm, Some(variant.key.parse().unwrap())).page();
            assert_eq!(asked.facts, variant.facts);
            for (id, rows) in &variant.tables {
                let own = section(&page, id).unwrap();
                let Some(other) = section(&asked, id) else {
                    assert!(rows.is_empty(), "{id}");
                    continue;
                };
                for column_of in &other.table.columns {
                    let wanted = column(&other, &other.table.rows, column_of.key);
                    assert_eq!(column(&own, rows, column_of.key), wanted, "{id} {}", column_of.key);
                }
                assert!(rows.iter().all(|row| row.len() == own.table.columns.len()));
            }
        }
        let told: Vec<&str> = variants.all.iter().map(|variant| variant.key.as_str()).collect();
        for key in frontier.plans.iter().flatten().filter(|key| **key != variants.own) {
            assert!(told.contains(&key.as_str()), "{key} can be picked");
        }
    }
}

#[test]
fn without_pictures_nothing_of_them_is_told() {
    let wishes = &lists()[0];
    let with = serde_json::to_value(plan(wishes, Some(&Farm::builders(3, None)), None)).unwrap();
    let members: Vec<&String> = with.as_object().unwrap().keys().collect();
    assert!(!members.iter().any(|member| member.as_str() == "pictures"), "{members:?}");
}

/// What a farm does, each build by itself, and from few of them with the rest in short.
#[test]
fn runs_are_those_of_the_schedule() {
    let farm = Farm::parse(
        "[[machine]]\nname = \"one\"\nsystems = [\"x86_64-linux\", \"aarch64-linux\", \"x86_64-darwin\", \
         \"aarch64-darwin\"]\nfeatures = [\"big-parallel\", \"kvm\"]\nslots = 2\ncount = 2\nspeed = 2\n\
         [[machine]]\nname = \"two\"\nsystems = [\"x86_64-linux\"]\nslots = 3\n",
        Path::new("farm.toml"),
    )
    .unwrap();
    let bumped: Vec<NodeId> = GRAPH.nodes().filter(|&node| GRAPH.pname(node) == "glibc").collect();
    let nodes = RebuildSet::of(&GRAPH, &bumped).nodes;
    let costs = costs();
    let work = Work { graph: &GRAPH, nodes: &nodes, millis: costs.millis(), asked: None };
    let schedule = schedule(&work, &farm, Scheduler::Longest).unwrap();
    let all = FarmRuns::of(&GRAPH, &schedule, &farm, usize::MAX);
    assert_eq!((all.hours, all.builds), (hours(schedule.makespan as f64), schedule.runs.len() as u64));
    assert_eq!(all.lanes.len() as u64 + all.idle, farm.slots());
    assert_eq!(all.lanes.iter().map(|lane| lane.builds).sum::<u64>(), all.builds);
    let by_path: BTreeMap<&str, _> = all.runs.iter().map(|run| (run.drv.as_str(), run)).collect();
    assert!(by_path.len() > 500, "{}", by_path.len());
    let mut last = vec![0.0; all.lanes.len()];
    for run in &all.runs {
        assert!(run.start_hours >= last[run.lane], "{} overlaps", run.name);
        last[run.lane] = run.end_hours;
    }
    let mut short = 0;
    for run in &schedule.runs {
        let took = run.end - run.start;
        match by_path.get(GRAPH.path(run.node).as_str()) {
            Some(told) => {
                let lane = &all.lanes[told.lane];
                let kind = &farm.machines()[run.kind as usize];
                assert_eq!((told.start_hours, told.end_hours), (hours(run.start as f64), hours(run.end as f64)));
                assert_eq!((&lane.kind, (lane.machine - 1) * kind.slots + lane.slot - 1), (&kind.name, run.slot));
            }
            None => {
                short += 1;
                assert!(took < schedule.makespan / 2_000 || took == 0);
            }
        }
    }
    assert_eq!(short + by_path.len(), schedule.runs.len());

    let few = FarmRuns::of(&GRAPH, &schedule, &farm, 10);
    let mut longest: Vec<u64> = schedule.runs.iter().map(|run| run.end - run.start).collect();
    longest.sort_unstable();
    let least = few.runs.iter().map(|run| run.end_hours - run.start_hours).fold(f64::MAX, f64::min);
    assert_eq!(few.runs.len(), 10);
    assert!((least - hours(longest[longest.len() - 10] as f64)).abs() < 1e-9);
    for (at, lane) in few.lanes.iter().enumerate() {
        assert!(lane.others.windows(2).all(|pair| pair[0].1 < pair[1].0));
        for run in all.runs.iter().filter(|run| run.lane == at && !few.runs.contains(run)) {
            assert!(lane.others.iter().any(|&(start, end)| start <= run.start_hours && run.end_hours <= end));
        }
        let told: f64 = few.runs.iter().filter(|run| run.lane == at).map(|run| run.end_hours - run.start_hours).sum();
        let shaded: f64 = lane.others.iter().map(|(start, end)| end - start).sum();
        let gaps = few.hours / 1_000.0 * lane.builds as f64;
        assert!(told + shaded >= lane.busy_hours - 1e-9 && told + shaded <= lane.busy_hours + gaps, "{at}");
    }
}
