//! What a bump costs, against sums and searches that are not clever.

use std::collections::{BTreeMap, BTreeSet};

use nix_ripple::graph::Graph;
use serde_json::Value;

use crate::cli::program::Program;
use crate::support::{Chance, folder, graph, random_recipes, testdata};

const MILLIS: f64 = 3_600_000.0;

/// A graph as somebody reads it who knows nothing of this program's own: by paths.
struct Plain {
    /// By path: what it needs, and whether it is fixed-output.
    nodes: BTreeMap<String, (Vec<String>, bool, bool)>,
    millis: BTreeMap<String, u64>,
    systems: BTreeMap<String, String>,
}

impl Plain {
    fn of(graph: &Graph, times: &BTreeMap<String, u64>) -> Self {
        let nodes = graph
            .nodes()
            .map(|node| {
                let inputs = graph.input_edges(node).map(|(_, input)| graph.path(input)).collect();
                (graph.path(node), (inputs, graph.is_fixed(node), graph.is_derivation(node)))
            })
            .collect();
        let systems = graph.nodes().map(|node| (graph.path(node), graph.system(node).to_owned())).collect();
        Self { nodes, millis: times.clone(), systems }
    }

    /// What a bump builds and fetches: over and over, until nothing is added.
    fn made(&self, bumped: &BTreeSet<String>) -> BTreeSet<String> {
        let mut changed = bumped.clone();
        loop {
            let next = self.nodes.iter().filter(|(path, (inputs, fixed, _))| {
                !fixed && !changed.contains(*path) && inputs.iter().any(|input| changed.contains(input))
            });
            let next: Vec<String> = next.map(|(path, _)| path.clone()).collect();
            if next.is_empty() {
                break;
            }
            changed.extend(next);
        }
        changed.into_iter().filter(|path| self.nodes[path].2).collect()
    }

    fn time(&self, path: &str) -> u64 {
        self.millis.get(path).copied().unwrap_or_default()
    }

    /// The longest chain within a set that ends with a build.
    fn longest(&self, path: &str, set: &BTreeSet<String>, known: &mut BTreeMap<String, u64>) -> u64 {
        if let Some(&found) = known.get(path) {
            return found;
        }
        let inputs: Vec<&String> = self.nodes[path].0.iter().filter(|input| set.contains(*input)).collect();
        let before = inputs.into_iter().map(|input| self.longest(input, set, known)).max().unwrap_or_default();
        let found = before + self.time(path);
        known.insert(path.to_owned(), found);
        found
    }
}

fn millis(hours: &Value) -> u64 {
    (hours.as_f64().unwrap() * MILLIS).round() as u64
}

/// Every figure of a report with a measured time for every derivation.
fn check(plain: &Plain, report: &Value) {
    let texts = |list: &Value| -> BTreeSet<String> {
        list.as_array().unwrap().iter().map(|entry| entry["drv"].as_str().unwrap().to_owned()).collect()
    };
    let bumped = texts(&report["bump"]["derivations"]);
    let made = plain.made(&bumped);
    assert_eq!(texts(&report["list"]), made);
    for listed in report["list"].as_array().unwrap() {
        assert_eq!(millis(&listed["hours"]), plain.time(listed["drv"].as_str().unwrap()));
        assert_eq!(listed["measured"], true);
    }

    let cost = &report["cost"];
    let total: u64 = made.iter().map(|path| plain.time(path)).sum();
    assert_eq!(millis(&cost["hours"]["total"]), total);
    assert_eq!(millis(&cost["hours"]["measured"]), total);
    assert_eq!(millis(&cost["hours"]["estimated"]), 0);
    let mut by_system: BTreeMap<String, u64> = BTreeMap::new();
    made.iter().for_each(|path| *by_system.entry(plain.systems[path].clone()).or_default() += plain.time(path));
    let told: BTreeMap<String, u64> = cost["hours"]["by_system"]
        .as_object()
        .unwrap()
        .iter()
        .map(|(system, hours)| (system.clone(), millis(hours)))
        .collect();
    assert_eq!(told, by_system);

    let mut heavy: Vec<u64> = made.iter().map(|path| plain.time(path)).filter(|&millis| millis > 0).collect();
    heavy.sort_unstable_by(|a, b| b.cmp(a));
    heavy.truncate(10);
    let heavyweights = cost["heavyweights"].as_array().unwrap();
    assert_eq!(heavyweights.iter().map(|heavy| millis(&heavy["hours"])).collect::<Vec<_>>(), heavy);
    for heavy in heavyweights {
        let own = plain.time(heavy["drv"].as_str().unwrap());
        assert_eq!(millis(&heavy["hours"]), own);
        assert!((heavy["share"].as_f64().unwrap() - own as f64 / total as f64).abs() < 1e-9);
    }

    let mut known = BTreeMap::new();
    let longest = made.iter().map(|path| plain.longest(path, &made, &mut known)).max().unwrap_or_default();
    let path = &cost["critical_path"];
    assert_eq!(millis(&path["hours"]), longest);
    let chain: Vec<&str> =
        path["chain"].as_array().unwrap().iter().map(|build| build["drv"].as_str().unwrap()).collect();
    assert_eq!(chain.iter().map(|drv| plain.time(drv)).sum::<u64>(), longest);
    for pair in chain.windows(2) {
        assert!(plain.nodes[pair[1]].0.iter().any(|input| input == pair[0]), "{pair:?}");
    }
}

/// A random time for every derivation of a graph, as a file of `--times`.
fn random_times(graph: &Graph, chance: &mut Chance) -> (BTreeMap<String, u64>, String) {
    let mut times = BTreeMap::new();
    for node in graph.nodes().filter(|&node| graph.is_derivation(node)) {
        // equal ones, too
        let seconds = if chance.below(3) == 0 { 60 } else { 1 + chance.below(20_000) as u64 };
        times.insert(graph.path(node), seconds * 1_000);
    }
    let rows: Vec<String> = times.iter().map(|(path, millis)| format!("{path},{}\n", millis / 1_000)).collect();
    (times, format!("name,seconds\n{}", rows.concat()))
}

#[test]
fn minipkgs() {
    let closure = testdata("minipkgs/drvs");
    let graph = graph(&[&closure]);
    let (times, text) = random_times(&graph, &mut Chance(7));
    let plain = Plain::of(&graph, &times);
    let program = Program::new();
    program.write("times.csv", text);
    let source = graph.nodes().find(|&node| graph.name(node) == "setup.sh").map(|node| graph.path(node)).unwrap();
    for bump in [&source, "pillow", "openssl", "bash", "cmake", "hypothesis", "name:*.tar.gz"] {
        let mut arguments = vec!["impact", "--times", "times.csv", "--list", "--format", "json", "-c"];
        arguments.extend([closure.to_str().unwrap(), bump]);
        check(&plain, &serde_json::from_str(&program.run(&arguments).fine()).unwrap());
    }
}

#[test]
fn random_graphs() {
    for seed in 0..40 {
        let mut chance = Chance(seed);
        let count = 5 + chance.below(60);
        let folder = folder(&random_recipes(&mut chance, count));
        let graph = graph(&[folder.path()]);
        let (times, text) = random_times(&graph, &mut chance);
        let plain = Plain::of(&graph, &times);
        let program = Program::new();
        program.write("times.csv", text);
        let all: Vec<_> = graph.nodes().collect();
        for _ in 0..3 {
            let bumps: Vec<String> = (0..1 + chance.below(2)).map(|_| graph.path(*chance.pick(&all))).collect();
            let mut arguments = vec!["impact", "--only", "--times", "times.csv", "--list", "--format", "json", "-c"];
            arguments.push(folder.path().to_str().unwrap());
            arguments.extend(bumps.iter().map(String::as_str));
            check(&plain, &serde_json::from_str(&program.run(&arguments).fine()).unwrap());
        }
    }
}

/// Several bumps: what each costs, and what it alone costs.
#[test]
fn several_bumps() {
    let closure = testdata("minipkgs/drvs");
    let graph = graph(&[&closure]);
    let (times, text) = random_times(&graph, &mut Chance(11));
    let plain = Plain::of(&graph, &times);
    let program = Program::new();
    program.write("times.csv", text);
    let derivation = |name: &str| {
        let node = graph.nodes().find(|&node| graph.pname(node) == name && !graph.is_fixed(node));
        graph.path(node.unwrap())
    };
    let bumps = ["openssl", "zlib", "curl"].map(derivation);
    let mut arguments = vec!["impact", "--only", "--times", "times.csv", "--format", "json", "-c"];
    arguments.push(closure.to_str().unwrap());
    arguments.extend(bumps.iter().map(String::as_str));
    let report = program.run(&arguments).json();
    let made = bumps.map(|bump| plain.made(&BTreeSet::from([bump])));
    for (at, each) in report["each"].as_array().unwrap().iter().enumerate() {
        let alone = made[at].iter().filter(|path| (0..3).all(|other| other == at || !made[other].contains(*path)));
        assert_eq!(millis(&each["hours"]), made[at].iter().map(|path| plain.time(path)).sum::<u64>());
        assert_eq!(millis(&each["exclusive_hours"]), alone.map(|path| plain.time(path)).sum::<u64>());
    }
}

/// A record for every second derivation, and a size for every third output.
#[test]
fn what_is_measured_is_told_apart() {
    let closure = testdata("minipkgs/drvs");
    let graph = graph(&[&closure]);
    let mut chance = Chance(5);
    let mut times = BTreeMap::new();
    let mut sizes = BTreeMap::new();
    for node in graph.nodes().filter(|&node| graph.is_derivation(node)) {
        if chance.below(2) == 0 {
            times.insert(graph.path(node), 1 + chance.below(500) as u64);
        }
        for (output, digest) in graph.outputs(node).filter(|(_, digest)| digest.is_some()) {
            if chance.below(3) == 0 {
                sizes.insert(graph.output_path(node, output, digest), 8 * (1 + chance.below(1_000)) as u64);
            }
        }
    }
    let program = Program::new();
    program.write("times.json", serde_json::to_string(&times).unwrap());
    let entries: serde_json::Map<String, Value> = sizes
        .iter()
        .map(|(path, size)| (path.clone(), serde_json::json!({ "narSize": size, "references": [] })))
        .collect();
    program.write("sizes.json", serde_json::to_string(&entries).unwrap());
    let mut arguments = vec!["impact", "--times", "times.json", "--sizes", "sizes.json", "--list", "--format", "json"];
    arguments.extend(["-c", closure.to_str().unwrap(), "openssl"]);
    let report = program.run(&arguments).json();
    let (cost, list) = (&report["cost"], report["list"].as_array().unwrap());
    let own = |listed: &Value| times.get(listed["drv"].as_str().unwrap()).copied();
    let known: u64 = list.iter().filter_map(own).sum();
    for listed in list {
        if let Some(seconds) = own(listed) {
            assert_eq!((&listed["measured"], millis(&listed["hours"])), (&Value::Bool(true), seconds * 1_000));
        }
    }
    let sum = |measured: bool| -> u64 {
        list.iter().filter(|listed| listed["measured"] == measured).map(|listed| millis(&listed["hours"])).sum()
    };
    assert!(sum(true) >= known * 1_000 && known > 0 && sum(false) > 0);
    let hours = &cost["hours"];
    assert_eq!([&hours["measured"], &hours["estimated"]].map(millis), [sum(true), sum(false)]);
    assert_eq!(millis(&hours["total"]), sum(true) + sum(false));
    let share = hours["measured_share"].as_f64().unwrap();
    assert!((share - sum(true) as f64 / (sum(true) + sum(false)) as f64).abs() < 1e-9);

    // a node's bytes are measured where every output has a record
    let mut measured = 0;
    for listed in list {
        let drv = listed["drv"].as_str().unwrap();
        let node = graph.nodes().find(|&node| graph.path(node) == drv).unwrap();
        let paths: Vec<String> =
            graph.outputs(node).map(|(output, digest)| graph.output_path(node, output, digest)).collect();
        if paths.iter().all(|path| sizes.contains_key(path)) {
            let own: u64 = paths.iter().map(|path| sizes[path]).sum();
            assert_eq!(listed["bytes"], own);
            measured += own;
        }
    }
    assert!(measured > 0);
    assert_eq!(cost["bytes_measured"], measured);
    let all: u64 = list.iter().map(|listed| listed["bytes"].as_u64().unwrap()).sum();
    assert_eq!(cost["bytes"], all);
}

/// On equal builders between what no order beats and Graham's bound; what cannot be built is named.
#[test]
fn makespans() {
    let closure = testdata("minipkgs/drvs");
    let graph = graph(&[&closure]);
    let (_, text) = random_times(&graph, &mut Chance(3));
    let program = Program::new();
    program.write("times.csv", text);
    program.write("farm.toml", "[[machine]]\nname = \"a\"\nsystems = [\"x86_64-linux\"]\nslots = 4\n");
    let run = |more: &[&str]| {
        let all = ["impact", "zlib", "--times", "times.csv", "--format", "json", "-c", closure.to_str().unwrap()];
        program.run(&[&all[..], more].concat()).json()["cost"].take()
    };
    for builders in [1u32, 3, 40, 100_000] {
        let count = builders.to_string();
        let [longest, nix] = ["longest", "nix"].map(|order| run(&["--builders", &count, "--scheduler", order]));
        let total = longest["hours"]["total"].as_f64().unwrap();
        let chain = longest["critical_path"]["hours"].as_f64().unwrap();
        let least = chain.max(total / f64::from(builders));
        let of = |cost: &Value, field: &str| cost["makespan"][field].as_f64().unwrap();
        let most = (2.0 - 1.0 / f64::from(builders)) * least;
        for cost in [&longest, &nix] {
            assert!((least * 0.999_999..=most * 1.000_001).contains(&of(cost, "hours")), "{builders}");
            let busy = of(cost, "utilisation") * of(cost, "hours") * f64::from(builders);
            assert!((busy - total).abs() < 1e-6 * total, "{builders}");
        }
        assert_eq!(of(&nix, "attainable_hours"), of(&longest, "hours"), "{builders}");
    }
    let alone = run(&["--farm", "farm.toml"]);
    assert!(alone.get("makespan").is_none());
    let systems: BTreeSet<&str> =
        alone["unbuildable"].as_array().unwrap().iter().map(|kind| kind["system"].as_str().unwrap()).collect();
    assert!(systems.contains("aarch64-linux") && !systems.contains("x86_64-linux"), "{systems:?}");
}
