//! What is estimated.

use std::collections::{BTreeMap, BTreeSet};
use std::path::Path;

use nix_ripple::cost::{Basis, Costs, TimeReason, Times};
use nix_ripple::graph::{Graph, NodeId};

use super::naive::{found, is_hint, median};
use super::random::Case;
use crate::support::{Recipe, folder, graph};

/// What a derivation is like, for the model.
#[derive(Debug, PartialEq, Eq, Clone, Copy)]
struct Kind {
    download: bool,
    big: bool,
    local: bool,
    module: bool,
    stdenv: bool,
}

fn kind(graph: &Graph, node: NodeId) -> Kind {
    Kind {
        download: graph.is_fixed(node),
        big: graph.features(node).any(|feature| feature == "big-parallel"),
        local: graph.prefers_local(node),
        module: language(graph.name(node)).is_some(),
        stdenv: graph.input_edges(node).any(|(edge, _)| graph.mentions(edge).any(|key| key == "stdenv")),
    }
}

fn language(name: &str) -> Option<&'static str> {
    let prefixes = [("python3.6-", "python"), ("perl5.30-", "perl"), ("perl-", "perl")];
    let is_module = |prefix: &str| {
        name.strip_prefix(prefix).is_some_and(|rest| rest.starts_with(|c: char| c.is_ascii_alphabetic()))
    };
    prefixes.into_iter().find(|(prefix, _)| is_module(prefix)).map(|(_, language)| language)
}

fn set(graph: &Graph, node: NodeId) -> String {
    if let Some(language) = language(graph.name(node)) {
        return language.to_owned();
    }
    let sets = graph.attributes_of(node).map(|attribute| match graph.attribute_name(attribute) {
        "a.curl" => "a",
        "b.x" => "b",
        "c.d.hook" => "d",
        _ => "",
    });
    let sets: BTreeSet<&str> = sets.collect();
    if sets.contains("") { String::new() } else { sets.first().copied().unwrap_or_default().to_owned() }
}

fn built_in(kind: Kind) -> u64 {
    match kind {
        Kind { download: true, .. } => 5_000,
        Kind { big: true, .. } => 3_600_000,
        Kind { local: true, .. } => 1_000,
        Kind { module: true, .. } => 6_000,
        Kind { stdenv: true, .. } => 60_000,
        _ => 5_000,
    }
}

/// Every estimate, by looking through all that is measured.
#[test]
fn estimates_as_a_search_through_all_that_is_measured() {
    let mut seen: BTreeMap<Basis, usize> = BTreeMap::new();
    let (mut hints_seen, mut capped_seen) = (0, 0);
    for seed in 1_000..1_240 {
        let case = Case::new(seed, 60, seed as usize % 61);
        let graph = &case.graph;
        let found = found(&case.nodes, &case.records, &case.knowns);
        // what tells of some: of each package its derivations, of which those with the same records count once
        let told = |wanted: &dyn Fn(NodeId) -> bool| -> BTreeMap<&str, Vec<(NodeId, u64)>> {
            let mut sources: Vec<&Vec<usize>> = Vec::new();
            let mut packages: BTreeMap<&str, Vec<(NodeId, u64)>> = BTreeMap::new();
            // those that are measured first
            for hint in [false, true] {
                for (at, (node, found)) in case.nodes.iter().zip(&found).enumerate() {
                    if let Some((level, with)) = found
                        && is_hint(&case.nodes, at, *level) == hint
                        && wanted(node.id)
                        && !sources.contains(&with)
                    {
                        sources.push(with);
                        let taken = median(with.iter().map(|&at| case.records[at].millis).collect());
                        packages.entry(&node.called).or_default().push((node.id, taken));
                    }
                }
            }
            packages
        };
        let measured = |wanted: &dyn Fn(NodeId) -> bool| -> Vec<u64> {
            let all = told(wanted).into_values();
            all.map(|package| median(package.into_iter().map(|(_, millis)| millis).collect())).collect()
        };
        for (at, (node, own_found)) in case.nodes.iter().zip(&found).enumerate() {
            if own_found.as_ref().is_some_and(|(level, _)| !is_hint(&case.nodes, at, *level)) {
                continue;
            }
            hints_seen += usize::from(own_found.is_some());
            let own = kind(graph, node.id);
            let own_set = set(graph, node.id);
            let like = |other: NodeId| kind(graph, other) == own;
            let machine = |other: NodeId| {
                let other = kind(graph, other);
                !other.download && built_in(other) == built_in(own) && (other.big, other.local) == (own.big, own.local)
            };
            let classes: Vec<(Basis, Vec<u64>)> = if own.download {
                vec![(Basis::Kind, measured(&|other| graph.is_fixed(other)))]
            } else {
                vec![
                    (Basis::Set, measured(&|other| like(other) && set(graph, other) == own_set)),
                    (Basis::Kind, measured(&like)),
                    (Basis::Machine, measured(&machine)),
                ]
            };
            let (basis, millis, of) = match classes.into_iter().find(|(_, values)| values.len() >= 5) {
                Some((basis, values)) => (basis, median(values.clone()), values.len() as u32),
                None => {
                    let builds = told(&|other| !kind(graph, other).download && !kind(graph, other).local);
                    let upper = |mut ratios: Vec<f64>| {
                        ratios.sort_by(f64::total_cmp);
                        ratios.get(ratios.len() / 2).copied()
                    };
                    let ratio = |&(id, millis): &(NodeId, u64)| millis as f64 / built_in(kind(graph, id)) as f64;
                    let ratios: Vec<f64> =
                        builds.values().filter_map(|package| upper(package.iter().map(ratio).collect())).collect();
                    let taken: Vec<u64> = builds.values().flatten().map(|(_, millis)| *millis).collect();
                    if ratios.len() >= 5 && !own.download {
                        let (own, of) = (built_in(own), ratios.len() as u32);
                        let mut millis = ((own as f64 * upper(ratios).unwrap()).round() as u64).max(1);
                        let (shortest, longest) = (*taken.iter().min().unwrap(), *taken.iter().max().unwrap());
                        if millis > own && millis > longest {
                            millis = own.max(longest);
                            capped_seen += 1;
                        }
                        if millis < own && millis < shortest {
                            millis = own.min(shortest);
                            capped_seen += 1;
                        }
                        (Basis::Scaled, millis, of)
                    } else {
                        (Basis::BuiltIn, built_in(own), 0)
                    }
                }
            };
            let TimeReason::Estimated(estimated) = case.costs.time_reason(node.id) else {
                panic!("{seed}: {node:?}: {:?}", case.costs.time_reason(node.id))
            };
            assert_eq!(
                (estimated.basis, estimated.millis, estimated.of),
                (basis, millis, of),
                "{seed}: {node:?} {own:?} {own_set}"
            );
            assert_eq!(case.costs.time(node.id).millis, millis);
            *seen.entry(basis).or_default() += 1;
        }
    }
    assert!(hints_seen >= 20 && capped_seen >= 20, "{hints_seen} {capped_seen}");
    assert!(seen.len() == 5 && seen.values().all(|&count| count >= 20), "{seen:?}");
}

/// Of each derivation what it takes: the basis, of how many, milliseconds.
fn estimates(recipes: &[Recipe], times: &str) -> BTreeMap<(String, String), (&'static str, u32, u64)> {
    let drvs = folder(recipes);
    let graph = graph(&[drvs.path()]);
    let mut read = Times::default();
    read.add(times.as_bytes(), Path::new("t")).unwrap();
    let costs = Costs::new(&graph, &read);
    let told = |node: NodeId| match costs.time_reason(node) {
        TimeReason::Measured(measured) => (measured.by.as_str(), measured.spread.count, costs.time(node).millis),
        TimeReason::Estimated(estimated) => (estimated.basis.as_str(), estimated.of, costs.time(node).millis),
        TimeReason::Nothing => ("nothing", 0, 0),
    };
    graph.nodes().map(|node| ((graph.name(node).to_owned(), graph.system(node).to_owned()), told(node))).collect()
}

/// Builds in C, modules of python, what asks for big machines, and a script.
fn distribution() -> Vec<Recipe> {
    let bash = Recipe::new(1, "bash-5.1");
    let mut recipes: Vec<Recipe> = (0..20)
        .flat_map(|at| [(10 + at, format!("c{at}-1.0x")), (40 + at, format!("python3.11-m{at}-1.0"))])
        .map(|(number, name)| Recipe::new(number, &name).input(&bash, "stdenv"))
        .collect();
    for (at, name) in ["llvm-15", "gcc-12", "chromium-120", "rustc-1", "webkit-2", "linux-6"].into_iter().enumerate() {
        let mut big = Recipe::new(70 + at, name).input(&bash, "stdenv");
        big.env.push(("requiredSystemFeatures".to_owned(), "big-parallel".to_owned()));
        recipes.push(big);
    }
    recipes.push(bash);
    recipes
}

const X86: &str = "x86_64-linux";

/// Records of one kind say nothing of another but how much slower or faster than the built-in figures builds are here,
/// and nothing beyond what was measured.
#[test]
fn a_few_records_of_one_kind_do_not_reprice_the_others() {
    let recipes = distribution();
    let of = |times: &str, names: &[&str]| -> Vec<(&'static str, u32, u64)> {
        let all = estimates(&recipes, times);
        names.iter().map(|name| all[&((*name).to_owned(), X86.to_owned())]).collect()
    };
    let lines = |names: &dyn Fn(usize) -> String, count: usize, seconds: u64| -> String {
        (0..count).map(|at| format!("{},{seconds}\n", names(at))).collect()
    };
    let names = ["c19-1.0x", "python3.11-m19-1.0", "chromium-120", "bash-5.1"];
    // five packages in C of 8 minutes: modules 8 times their 6 s
    assert_eq!(
        of(&lines(&|at| format!("c{at}-1.0x"), 5, 480), &names),
        [("set", 5, 480_000), ("scaled", 5, 48_000), ("scaled", 5, 3_600_000), ("scaled", 5, 40_000)]
    );
    // five modules of 2 s: a third
    assert_eq!(
        of(&lines(&|at| format!("python3.11-m{at}-1.0"), 5, 2), &names),
        [("scaled", 5, 20_000), ("set", 5, 2_000), ("scaled", 5, 1_200_000), ("scaled", 5, 2_000)]
    );
    // twenty packages of 25 minutes: no build of 25 hours
    assert_eq!(
        of(&lines(&|at| format!("c{at}-1.0x"), 20, 1_500), &names[1..]),
        [("scaled", 20, 150_000), ("scaled", 20, 3_600_000), ("scaled", 20, 125_000)]
    );
    // nor one of two where the longest took an hour and a half
    let mixed = format!("{}llvm-15,5400\n", lines(&|at| format!("c{at}-1.0x"), 6, 120));
    assert_eq!(of(&mixed, &names[1..3]), [("scaled", 7, 12_000), ("scaled", 7, 5_400_000)]);
    // big builds of 6 minutes make no module shorter than they are
    let big = ["llvm-15", "gcc-12", "rustc-1", "webkit-2", "linux-6"];
    assert_eq!(
        of(&lines(&|at| big[at].to_owned(), 5, 360), &names[..3]),
        [("scaled", 5, 60_000), ("scaled", 5, 6_000), ("set", 5, 360_000)]
    );
}

/// A package on five systems, of two interpreters or of five versions is one.
#[test]
fn a_package_counts_once() {
    let bash = Recipe::new(1, "bash-5.1");
    let systems = [X86, "aarch64-linux", "x86_64-darwin", "aarch64-darwin", "i686-linux"];
    let mut recipes = vec![bash.clone()];
    for (at, system) in systems.into_iter().enumerate() {
        for (base, name) in
            [(10, "curl-8.0".to_owned()), (20, format!("git-2.{at}")), (30, format!("python3.{at}-Pillow-9"))]
        {
            let mut recipe = Recipe::new(base + at, &name).input(&bash, "stdenv");
            system.clone_into(&mut recipe.system);
            recipes.push(recipe);
        }
    }
    for (at, name) in ["a", "b", "c", "d", "other"].into_iter().enumerate() {
        recipes.push(Recipe::new(40 + at, &format!("{name}-1.0x")).input(&bash, "stdenv"));
        recipes.push(Recipe::new(50 + at, &format!("python3.9-{name}-1.0")).input(&bash, "stdenv"));
    }
    let all: String = (systems.iter().enumerate())
        .map(|(at, system)| {
            let seconds = 10 * (at + 1);
            format!("curl-8.0,{seconds},{system}\ngit-2.{at},{seconds},\npython3.{at}-Pillow-9,{seconds},\n")
        })
        .collect();
    let other = |times: &str| {
        let told = estimates(&recipes, times);
        ["other-1.0x", "python3.9-other-1.0"].map(|name| told[&(name.to_owned(), X86.to_owned())])
    };
    // three packages are not enough
    assert_eq!(other(&all), [("built-in", 0, 60_000), ("built-in", 0, 6_000)]);
    // with three more in C: the median of 7, 7, 7, 30 and 30; Pillow's is 30, too
    let more = format!("{all}a-1.0x,7\nb-1.0x,7\nc-1.0x,7\n");
    let ratios = [7.0 / 60.0, 7.0 / 60.0, 7.0 / 60.0, 0.5, 0.5, 5.0];
    let scaled = (6_000.0 * ratios[3]) as u64;
    // none was shorter than 7 s, and so none is made shorter than its 6
    assert_eq!(other(&more), [("set", 5, 7_000), ("scaled", 6, scaled.max(6_000))]);
}

/// What thousands of downloads are called tells of none of them.
#[test]
fn a_name_of_many_downloads_measures_none() {
    let recipes: Vec<Recipe> =
        ["source", "source", "source", "one.tar.gz", "a.zip", "b.zip", "c.zip", "d.zip", "e.zip"]
            .into_iter()
            .enumerate()
            .map(|(at, name)| Recipe::new(at + 1, name).fixed())
            .collect();
    let drvs = folder(&recipes);
    let graph = graph(&[drvs.path()]);
    let of = |times: &str| -> Vec<(&'static str, u32, u64)> {
        let mut read = Times::default();
        read.add(times.as_bytes(), Path::new("t")).unwrap();
        let costs = Costs::new(&graph, &read);
        assert!(costs.unmatched_times().is_empty());
        let node = |recipe: &Recipe| graph.nodes().find(|&node| graph.path(node) == recipe.path()).unwrap();
        let told = |recipe: &Recipe| match costs.time_reason(node(recipe)) {
            TimeReason::Measured(found) => (found.by.as_str(), found.spread.count, costs.time(node(recipe)).millis),
            TimeReason::Estimated(found) => (found.basis.as_str(), found.of, costs.time(node(recipe)).millis),
            TimeReason::Nothing => ("nothing", 0, 0),
        };
        [0, 1, 3, 8].map(|at| told(&recipes[at])).to_vec()
    };
    let built_in = ("built-in", 0, 5_000);
    assert_eq!(of("source,100\nsource,300\none.tar.gz,7\n"), [built_in, built_in, ("name", 1, 7_000), built_in]);
    // once, among five
    let four = "a.zip,1\nb.zip,2\nc.zip,3\nd.zip,4\n";
    let kind = ("kind", 5, 3_000);
    assert_eq!(of(&format!("source,100\nsource,300\n{four}")), [kind, kind, kind, kind]);
    // by its path, one of them
    let path = recipes[0].path();
    assert_eq!(of(&format!("drvPath,seconds\n{path},9\n")), [("derivation", 1, 9_000), built_in, built_in, built_in]);
}
