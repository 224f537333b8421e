//! What is measured.

use std::collections::{BTreeMap, BTreeSet};
use std::path::Path;

use nix_ripple::cost::{Costs, Match, TimeReason, Times};

use super::naive::{Record, found, is_hint, median, tells};
use super::random::{Case, files, recipes};
use crate::support::{Chance, Recipe, folder, graph};

/// Level by level, every record against every derivation.
#[test]
fn matches_as_every_record_against_every_derivation() {
    let mut seen: BTreeMap<Match, usize> = BTreeMap::new();
    let mut unmatched_seen = 0;
    for seed in 0..300 {
        let case = Case::new(seed, 12, 1 + seed as usize % 24);
        let found = found(&case.nodes, &case.records, &case.knowns);
        for (at, (node, found)) in case.nodes.iter().zip(&found).enumerate() {
            let time = case.costs.time(node.id);
            let own = found.as_ref().filter(|(level, _)| !is_hint(&case.nodes, at, *level));
            let Some((level, with)) = own else {
                assert!(!time.measured, "{seed}: {node:?}");
                continue;
            };
            let TimeReason::Measured(measured) = case.costs.time_reason(node.id) else {
                panic!("{seed}: {node:?} is not measured, but {found:?}")
            };
            let told = || with.iter().map(|&at| &case.records[at]).collect::<Vec<_>>();
            let millis: Vec<u64> = with.iter().map(|&at| case.records[at].millis).collect();
            assert_eq!(
                (measured.by, measured.spread.count),
                (*level, with.len() as u32),
                "{seed}: {node:?} {:?}",
                told()
            );
            assert_eq!(measured.spread.min, *millis.iter().min().unwrap());
            assert_eq!(measured.spread.max, *millis.iter().max().unwrap());
            assert_eq!(measured.spread.median, median(millis.clone()), "{seed}: {millis:?}");
            assert_eq!((time.millis, time.measured), (median(millis), true));
            let files: BTreeSet<String> = with.iter().map(|&at| case.records[at].file.to_string()).collect();
            let told = case.costs.time_files(measured).map(|file| file.display().to_string());
            assert_eq!(told.collect::<Vec<_>>(), files.into_iter().collect::<Vec<_>>(), "{seed}: {node:?}");
            *seen.entry(*level).or_default() += 1;
        }
        // what tells of nothing, at any level
        let tells_nothing = |of: &usize| {
            let (record, known) = (&case.records[*of], &case.knowns[*of]);
            !(0..case.nodes.len())
                .any(|at| Match::ALL.into_iter().any(|level| tells(&case.nodes, record, known, at, level)))
        };
        let nothing: Vec<&Record> = (0..case.records.len()).filter(tells_nothing).map(|at| &case.records[at]).collect();
        unmatched_seen += nothing.len();
        let unmatched = case.costs.unmatched_times();
        let told =
            unmatched.iter().map(|file| (file.file.display().to_string(), file.count, file.of, file.first.clone()));
        let expect = case.file_names.iter().filter_map(|name| {
            let of_file = |record: &&&Record| record.file.to_string() == *name;
            let first = nothing.iter().find(of_file)?;
            let shown = if first.name.is_empty() { &first.attribute } else { &first.name };
            let count = nothing.iter().filter(of_file).count() as u64;
            let of = case.records.iter().filter(|record| record.file.to_string() == *name).count() as u64;
            Some((name.clone(), count, of, shown.clone()))
        });
        assert_eq!(told.collect::<Vec<_>>(), expect.collect::<Vec<_>>(), "{seed}");
    }
    let rare: Vec<_> = Match::ALL.into_iter().filter(|level| seen.get(level).is_none_or(|&count| count < 20)).collect();
    assert!(rare.is_empty() && unmatched_seen > 100, "{seen:?}, {unmatched_seen} without");
}

/// Input sources cost nothing, and the order in which files are given says nothing.
#[test]
fn sources_cost_nothing_and_order_says_nothing() {
    let mut chance = Chance(7);
    let mut all = recipes(&mut chance, 30);
    all[3].sources.push(format!("/nix/store/{:032}-script.sh", 9_000_000));
    let drvs = folder(&all);
    let graph = graph(&[drvs.path()]);
    let (_, texts) = files(&mut chance, &all, 60);
    let costs = |order: &mut dyn Iterator<Item = usize>| {
        let mut times = Times::default();
        order.for_each(|at| times.add(texts[at].as_bytes(), Path::new(&at.to_string())).unwrap());
        Costs::new(&graph, &times)
    };
    let (one, other) = (costs(&mut (0..texts.len())), costs(&mut (0..texts.len()).rev()));
    assert_eq!(one.millis(), other.millis());
    let source = graph.nodes().find(|&node| !graph.is_derivation(node)).unwrap();
    assert_eq!((one.time(source).millis, one.time_reason(source)), (0, TimeReason::Nothing));
    assert!(graph.nodes().all(|node| !graph.is_derivation(node) || one.time(node).millis > 0));
}

/// What each takes, in seconds, by name; all of a name agree.
fn seconds(recipes: &[Recipe], attributes: &[(&str, &Recipe)], times: &str) -> BTreeMap<String, (Option<Match>, u64)> {
    let drvs = folder(recipes);
    let line = |(name, recipe): &(&str, &Recipe)| format!(r#""{name}": {{"out": "{}"}}"#, recipe.output_path("out"));
    let lines: Vec<String> = attributes.iter().map(line).collect();
    std::fs::write(drvs.path().join("attributes.json"), format!("{{{}}}", lines.join(","))).unwrap();
    let graph = graph(&[drvs.path().to_path_buf(), drvs.path().join("attributes.json")]);
    let mut read = Times::default();
    read.add(times.as_bytes(), Path::new("t")).unwrap();
    let costs = Costs::new(&graph, &read);
    let by = |node| match costs.time_reason(node) {
        TimeReason::Measured(measured) => Some(measured.by),
        _ => None,
    };
    graph.nodes().map(|node| (graph.name(node).to_owned(), (by(node), costs.time(node).millis / 1_000))).collect()
}

/// `gcc` is an attribute of the wrapper, and what takes an hour is what it wraps.
#[test]
fn a_plain_name_is_no_attribute_of_a_wrapper() {
    let mut wrapper = Recipe::new(1, "gcc-wrapper-12.2");
    wrapper.env.push(("preferLocalBuild".to_owned(), "1".to_owned()));
    let (gcc, old) = (Recipe::new(2, "gcc-12.2"), Recipe::new(3, "gcc-9.5"));
    let mut fox = Recipe::new(4, "firefox-120");
    fox.env.push(("preferLocalBuild".to_owned(), "1".to_owned()));
    let hello = Recipe::new(5, "hello-2.0");
    let all = [wrapper.clone(), gcc, old, fox.clone(), hello.clone()];
    let attributes = [("gcc.x86_64-linux", &wrapper), ("firefox.x86_64-linux", &fox), ("hello.x86_64-linux", &hello)];
    let of = |times: &str, name: &str| seconds(&all, &attributes, times)[name];
    for plain in
        ["gcc,3000", "gcc.x86_64-linux,3000", "{\"gcc\": 3000}", "name,seconds\ngcc,3000", "gcc,3000,x86_64-linux"]
    {
        assert_eq!(of(plain, "gcc-wrapper-12.2"), (None, 1), "{plain}");
        for name in ["gcc-12.2", "gcc-9.5"] {
            let (by, seconds) = of(plain, name);
            assert!(matches!(by, Some(Match::Pname | Match::PnameAndSystem)) && seconds == 3_000, "{plain}: {name}");
        }
    }
    let column = "attribute,seconds\ngcc,3\n";
    assert_eq!(of(column, "gcc-wrapper-12.2"), (Some(Match::Attribute), 3));
    assert_eq!(of(column, "gcc-12.2").0, None);
    // nothing is built by the name: what is wrapped is not here
    assert_eq!(of("firefox,7000", "firefox-120"), (None, 1));
    assert_eq!(of("firefox-120,2", "firefox-120"), (Some(Match::Name), 2));
    assert_eq!(of("hello,4", "hello-2.0"), (Some(Match::Attribute), 4));
}

/// Of a script that is called `git` it tells, and of the versions of git.
#[test]
fn a_plain_name_is_a_pname_besides() {
    let mut script = Recipe::new(1, "git");
    script.env.push(("preferLocalBuild".to_owned(), "1".to_owned()));
    let download = Recipe::new(2, "tig").fixed();
    let all = [script, download, Recipe::new(3, "git-2.16.3"), Recipe::new(4, "tig-2.3"), Recipe::new(5, "git-2.17")];
    for header in ["", "hostname,derivation name,utc time,build seconds\n"] {
        let row = |name: &str, seconds: u64| match header {
            "" => format!("{name},{seconds}\n"),
            _ => format!(",{name},2024-01-01 00:00:00,{seconds}\n"),
        };
        let times = format!("{header}{}{}", row("git", 90), row("tig", 8));
        let of = seconds(&all, &[], &times);
        let (name, pname) = (Some(Match::Name), Some(Match::Pname));
        let expect = [("git", name, 90), ("git-2.16.3", pname, 90), ("git-2.17", pname, 90), ("tig-2.3", pname, 8)];
        for (called, by, seconds) in expect {
            assert_eq!(of[called], (by, seconds), "{header}{called}");
        }
        assert_eq!(of["tig"], (name, 8));
    }
}
