//! How good the estimates are, on the times of real builds: each package is estimated by all the others.

use std::path::Path;

use nix_ripple::cost::{Basis, Costs, TimeReason, Times};

use crate::support::{Recipe, folder, graph, testdata};

/// Packages of python, and what their builds took in milliseconds.
fn builds() -> Vec<(String, u64)> {
    let text = std::fs::read_to_string(testdata("realpkgs/builds.csv")).unwrap();
    let rows = text.lines().skip(1).map(|line| line.split(',').collect::<Vec<_>>());
    rows.map(|row| (row[0].to_owned(), (row[1].parse::<f64>().unwrap() * 1_000.0).round() as u64)).collect()
}

/// The figures that the README tells.
#[test]
fn each_by_all_the_others() {
    let builds = builds();
    let bash = Recipe::new(1, "bash");
    let recipe = |(at, (name, _)): (usize, &(String, u64))| {
        Recipe::new(2 + at, &format!("python3.11-{name}-1.0")).input(&bash, "stdenv")
    };
    let mut recipes: Vec<Recipe> = builds.iter().enumerate().map(recipe).collect();
    recipes.push(bash.clone());
    let drvs = folder(&recipes);
    let graph = graph(&[drvs.path()]);
    let mut estimates: Vec<(f64, f64)> = Vec::new();
    for (left_out, (name, millis)) in builds.iter().enumerate() {
        let others = builds.iter().enumerate().filter(|(at, _)| *at != left_out);
        let lines: Vec<String> =
            others.map(|(_, (name, millis))| format!("python3.11-{name}-1.0,{}", *millis as f64 / 1_000.0)).collect();
        let mut times = Times::default();
        times.add(lines.join("\n").as_bytes(), Path::new("t")).unwrap();
        let costs = Costs::new(&graph, &times);
        let name = format!("python3.11-{name}-1.0");
        let node = graph.nodes().find(|&node| graph.name(node) == name).unwrap();
        let TimeReason::Estimated(estimated) = costs.time_reason(node) else { panic!("{name} is measured") };
        assert_eq!((estimated.basis, estimated.of as usize), (Basis::Set, builds.len() - 1));
        estimates.push((costs.time(node).millis as f64, *millis as f64));
    }
    let within = |factor: f64| {
        let near = estimates.iter().filter(|(guess, real)| (guess / real).max(real / guess) <= factor).count();
        (100.0 * near as f64 / estimates.len() as f64).round()
    };
    let sum = |of: fn(&(f64, f64)) -> f64| estimates.iter().map(of).sum::<f64>();
    let share = (100.0 * sum(|pair| pair.0) / sum(|pair| pair.1)).round();
    let told = format!(
        "Of {} real builds of python modules, each estimated by all the others, {} % are right within a factor of two and \
         {} % within five; their sum is estimated at {share} % of what it was.",
        builds.len(),
        within(2.0),
        within(5.0)
    );
    let readme = std::fs::read_to_string(Path::new(env!("CARGO_MANIFEST_DIR")).join("README.md")).unwrap();
    let words = |text: &str| text.split_whitespace().collect::<Vec<_>>().join(" ");
    assert!(words(&readme).contains(&words(&told)), "the README should say: {told}");
}
