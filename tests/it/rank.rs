//! What bumps cost, all of them at once, against one search each.

use std::collections::{BTreeMap, BTreeSet};
use std::path::Path;

use nix_ripple::cost::{Costs, SizeRecords, Sizes, Times};
use nix_ripple::graph::{Direction, Graph, NodeId};
use nix_ripple::nix::called;
use nix_ripple::query::{
    BumpCost, BumpRates, By, PackageRankParams, RankError, RankParams, RankedPackage, rank, rank_packages,
};
use serde_json::json;

use crate::cli::program::Program;
use crate::support::{Chance, Recipe, folder, graph, random_recipes, testdata};

const ALL: [By; 4] = [By::Builds, By::Hours, By::Bytes, By::CriticalPath];

fn millis(hours: f64) -> u64 {
    (hours * 3_600_000.0).round() as u64
}

/// Times and sizes for some of the derivations, by chance: as files, and as costs.
struct Known {
    folder: tempfile::TempDir,
    costs: Costs,
}

impl Known {
    fn new(graph: &Graph, chance: &mut Chance) -> Self {
        let folder = tempfile::tempdir().unwrap();
        let mut times = String::from("name,seconds\n");
        let mut measured = BTreeMap::new();
        // one that nothing here is called by, so that there is always one
        let other = format!("/nix/store/{:032}-other", 0);
        let mut sizes = vec![json!({"path": other, "narSize": 4_096, "references": []})];
        for node in graph.nodes().filter(|&node| graph.is_derivation(node)) {
            if chance.below(3) > 0 {
                let seconds = if chance.below(3) == 0 { 60 } else { 1 + chance.below(20_000) as u64 };
                times += &format!("{},{seconds}\n", graph.path(node));
                measured.insert(node, seconds * 1_000);
            }
            for (output, digest) in graph.outputs(node) {
                // a content-addressed one has no path yet
                if chance.below(3) > 0 && !digest.as_str().is_empty() {
                    let suffix = if output == "out" { String::new() } else { format!("-{output}") };
                    let path = format!("/nix/store/{}-{}{suffix}", digest.as_str(), graph.name(node));
                    let nar = 1 + chance.below(1 << 30);
                    let mut told = json!({"path": path, "narSize": nar, "references": []});
                    if nar.is_multiple_of(2) {
                        told["downloadSize"] = json!(nar / 3 + 1);
                    }
                    sizes.push(told);
                }
            }
        }
        std::fs::write(folder.path().join("times.csv"), times).unwrap();
        std::fs::write(folder.path().join("sizes.json"), serde_json::to_vec(&sizes).unwrap()).unwrap();
        let [times, sizes] = ["times.csv", "sizes.json"].map(|name| folder.path().join(name));
        let costs = Costs::new(graph, &Times::read(&[times]).unwrap())
            .with_sizes(Sizes::new(graph, SizeRecords::read(&[sizes]).unwrap()));
        for (node, millis) in measured {
            let time = costs.time(node);
            assert_eq!((time.millis, time.measured), (millis, true), "{}", graph.path(node));
        }
        Self { folder, costs }
    }

    fn options(&self) -> [String; 4] {
        let file = |name: &str| self.folder.path().join(name).to_str().unwrap().to_owned();
        ["--times".to_owned(), file("times.csv"), "--sizes".to_owned(), file("sizes.json")]
    }
}

/// What one bump changes, and what that costs: one search, nothing clever.
#[derive(Debug, Default, PartialEq)]
struct Naive {
    nodes: u64,
    millis: u64,
    millis_measured: u64,
    bytes: u64,
    bytes_measured: u64,
    download_bytes: u64,
    critical: u64,
}

impl Naive {
    fn of(graph: &Graph, costs: &Costs, bump: &[NodeId]) -> Self {
        let consumers = graph.adjacency(Direction::Consumers);
        let mut changed: BTreeSet<NodeId> = bump.iter().copied().collect();
        let mut stack: Vec<NodeId> = bump.to_vec();
        while let Some(node) = stack.pop() {
            for &consumer in consumers.of(node.0) {
                if !graph.is_fixed(NodeId(consumer)) && changed.insert(NodeId(consumer)) {
                    stack.push(NodeId(consumer));
                }
            }
        }
        let mut sum = Self { nodes: changed.len() as u64, ..Self::default() };
        // the longest chain that ends with each, inputs first
        let mut ending: BTreeMap<NodeId, u64> = BTreeMap::new();
        for &node in &changed {
            let (time, size) = (costs.time(node), costs.size(node).unwrap());
            sum.millis += time.millis;
            sum.bytes += size.bytes;
            sum.millis_measured += if time.measured { time.millis } else { 0 };
            sum.bytes_measured += if size.measured { size.bytes } else { 0 };
            sum.download_bytes += costs.download(node).map_or(0, |download| download.bytes);
            // what is bumped and fixed-output waits for nothing here
            let inputs = graph.input_edges(node).filter(|_| !graph.is_fixed(node));
            let before = inputs.filter_map(|(_, input)| ending.get(&input)).max().copied().unwrap_or_default();
            ending.insert(node, before + time.millis);
        }
        sum.critical = ending.values().max().copied().unwrap_or_default();
        sum
    }

    fn told(nodes: u64, cost: &BumpCost) -> Self {
        let hours = &cost.all.hours;
        assert!((hours.total - hours.measured - hours.estimated).abs() < 1e-6);
        Self {
            nodes,
            millis: millis(hours.total),
            millis_measured: millis(hours.measured),
            bytes: cost.all.bytes.unwrap(),
            bytes_measured: cost.all.bytes_measured.unwrap(),
            download_bytes: cost.all.download_bytes.unwrap_or_default(),
            critical: millis(cost.critical_path_hours),
        }
    }

    fn by(&self, by: By) -> u64 {
        match by {
            By::Builds => self.nodes,
            By::Hours => self.millis,
            By::Bytes => self.bytes,
            By::CriticalPath => self.critical,
        }
    }
}

/// Every order and every figure.
fn check(graph: &Graph, costs: &Costs, chance: &mut Chance) {
    let one_by_one: Vec<Naive> = graph.nodes().map(|node| Naive::of(graph, costs, &[node])).collect();
    let nodes: BTreeMap<String, NodeId> = graph.nodes().map(|node| (graph.path(node), node)).collect();
    for by in ALL {
        let report = rank(graph, RankParams { top: None, by, costs: Some(costs) }).unwrap();
        let order: Vec<NodeId> = report.nodes.iter().map(|ranked| nodes[&ranked.drv]).collect();
        assert_eq!(order.iter().collect::<BTreeSet<_>>().len(), graph.node_count());
        let key =
            |node: &NodeId| (std::cmp::Reverse(one_by_one[node.index()].by(by)), graph.name(*node), graph.path(*node));
        assert!(order.is_sorted_by_key(key), "{by:?}");
        for (ranked, node) in report.nodes.iter().zip(order) {
            let told = Naive::told(u64::from(ranked.dependents) + 1, &ranked.cost.unwrap());
            assert_eq!(told, one_by_one[node.index()], "{}", ranked.drv);
        }
        let first = rank(graph, RankParams { top: Some(3), by, costs: Some(costs) }).unwrap();
        let names = |nodes: &[nix_ripple::query::RankedNode]| -> Vec<String> {
            nodes.iter().take(3).map(|ranked| ranked.drv.clone()).collect()
        };
        assert_eq!(names(&first.nodes), names(&report.nodes));
    }
    check_packages(graph, costs, chance);
}

fn check_packages(graph: &Graph, costs: &Costs, chance: &mut Chance) {
    let built = graph.nodes().filter(|&node| graph.is_derivation(node) && !graph.is_fixed(node));
    let mut instances: BTreeMap<String, Vec<NodeId>> = BTreeMap::new();
    built.for_each(|node| instances.entry(called(graph.pname(node))).or_default().push(node));
    let one_by_one: BTreeMap<&String, Naive> =
        instances.iter().map(|(package, nodes)| (package, Naive::of(graph, costs, nodes))).collect();
    let mut rows = String::new();
    let mut rates: BTreeMap<&String, u64> = instances.keys().map(|package| (package, 1)).collect();
    for (package, rate) in &mut rates {
        if chance.below(2) == 0 {
            *rate = chance.below(60) as u64;
            rows += &format!("{package},{rate}\n");
        }
    }
    let bump_rates = BumpRates::parse(&rows, Path::new("rates")).unwrap();
    for by in ALL {
        let params = PackageRankParams { top: None, by, costs: Some(costs), rates: &bump_rates };
        let report = rank_packages(graph, params).unwrap();
        assert_eq!((report.total, report.packages.len()), (instances.len() as u64, instances.len()));
        let of = |package: &str| (&one_by_one[&package.to_owned()], rates[&package.to_owned()]);
        let year = |by: By| one_by_one.iter().map(|(package, bump)| bump.by(by) * rates[*package]).sum::<u64>();
        let key = |ranked: &RankedPackage| {
            let (bump, rate) = of(&ranked.package);
            (std::cmp::Reverse(bump.by(by) * rate), ranked.package.clone())
        };
        assert!(report.packages.is_sorted_by_key(key), "{by:?}");
        for ranked in &report.packages {
            let (bump, rate) = of(&ranked.package);
            assert_eq!(&Naive::told(ranked.builds, &ranked.cost.unwrap()), bump, "{}", ranked.package);
            assert_eq!(ranked.instances as usize, instances[&ranked.package].len());
            assert_eq!(ranked.bumps_per_year, rate as f64);
            assert_eq!(ranked.per_year.builds, (bump.nodes * rate) as f64);
            assert_eq!(millis(ranked.per_year.hours.unwrap()), bump.millis * rate);
            assert_eq!(ranked.per_year.bytes, Some(bump.bytes * rate));
            assert_eq!(millis(ranked.per_year.critical_path_hours.unwrap()), bump.critical * rate);
            let share = (bump.by(by) * rate) as f64 / year(by).max(1) as f64;
            assert!((ranked.share - share).abs() < 1e-9, "{} {share}", ranked.share);
        }
        assert_eq!(report.bumps_per_year, rates.values().sum::<u64>() as f64);
        assert_eq!(report.per_year.builds, year(By::Builds) as f64);
        assert_eq!(millis(report.per_year.hours.unwrap()), year(By::Hours));
        assert_eq!(report.per_year.bytes, Some(year(By::Bytes)));
        assert_eq!(millis(report.per_year.critical_path_hours.unwrap()), year(By::CriticalPath));
    }
}

#[test]
fn random_graphs() {
    for seed in 0..60 {
        let mut chance = Chance(seed);
        let count = 1 + chance.below(80);
        let folder = folder(&random_recipes(&mut chance, count));
        let graph = graph(&[folder.path()]);
        let known = Known::new(&graph, &mut chance);
        check(&graph, &known.costs, &mut chance);
    }
}

#[test]
fn minipkgs() {
    let graph = graph(&[testdata("minipkgs/drvs")]);
    let mut chance = Chance(2018);
    let known = Known::new(&graph, &mut chance);
    check(&graph, &known.costs, &mut chance);
}

/// The cost of a rank is that of `impact`.
#[test]
fn a_rank_is_an_impact() {
    let closure = testdata("minipkgs/drvs");
    let graph = graph(&[&closure]);
    let mut chance = Chance(3);
    let known = Known::new(&graph, &mut chance);
    let all: Vec<NodeId> = graph.nodes().collect();
    let report = rank(&graph, RankParams { top: None, by: By::Hours, costs: Some(&known.costs) }).unwrap();
    let impact = |paths: &[String]| {
        let arguments = ["impact", "--only", "--format", "json", "-c", closure.to_str().unwrap()].map(str::to_owned);
        Program::new().run(&[&arguments[..], &known.options()[..], paths].concat()).json()
    };
    let same = |cost: &BumpCost, impact: &serde_json::Value| {
        for (own, theirs) in [
            (cost.all.hours.total, &impact["cost"]["hours"]["total"]),
            (cost.all.hours.measured, &impact["cost"]["hours"]["measured"]),
            (cost.critical_path_hours, &impact["cost"]["critical_path"]["hours"]),
        ] {
            assert_eq!(millis(own), millis(theirs.as_f64().unwrap()));
        }
        assert_eq!(cost.all.bytes, impact["cost"]["bytes"].as_u64());
        assert_eq!(cost.all.bytes_measured, impact["cost"]["bytes_measured"].as_u64());
        assert!(cost.all.download_bytes.is_some());
        assert_eq!(cost.all.download_bytes, impact["cost"]["download_bytes"].as_u64());
    };
    for _ in 0..8 {
        let path = graph.path(*chance.pick(&all));
        let ranked = report.nodes.iter().find(|ranked| ranked.drv == path).unwrap();
        same(&ranked.cost.unwrap(), &impact(&[path]));
    }
    let rates = BumpRates::default();
    let params = PackageRankParams { top: None, by: By::Hours, costs: Some(&known.costs), rates: &rates };
    let packages = rank_packages(&graph, params).unwrap().packages;
    for name in ["zlib", "pillow", "openssl"] {
        let package = packages.iter().find(|package| package.package == name).unwrap();
        let instances: Vec<String> = all
            .iter()
            .filter(|&&node| graph.is_derivation(node) && !graph.is_fixed(node) && called(graph.pname(node)) == name)
            .map(|&node| graph.path(node))
            .collect();
        assert_eq!(instances.len() as u64, package.instances);
        let impact = impact(&instances);
        same(&package.cost.unwrap(), &impact);
        assert_eq!(impact["derivations"]["total"], package.builds);
    }
}

/// zlib's source, zlib for two systems, two pythons' modules of one name, what uses them, a file that is fetched by it.
fn by_hand() -> Vec<Recipe> {
    let source = Recipe::new(1, "zlib-1.3.tar.gz").fixed();
    let zlib = Recipe::new(2, "zlib-1.3").outputs(&["out", "dev"]).input(&source, "src");
    let mut i686 = Recipe::new(3, "zlib-1.3").input(&source, "src");
    i686.system = "i686-linux".to_owned();
    let old = Recipe::new(4, "python2.7-Pillow-5").input(&zlib, "buildInputs");
    let new = Recipe::new(5, "python3.6-Pillow-5").input(&zlib, "buildInputs");
    let top = Recipe::new(6, "top-2").input(&old, "buildInputs").input(&new, "nativeBuildInputs");
    let page = Recipe::new(7, "page.html").fixed().input(&top, "curl");
    vec![source, zlib, i686, old, new, top, page]
}

fn program() -> Program {
    let program = Program::new();
    let drvs = program.folder.path().join("closure.ripple");
    std::fs::create_dir(&drvs).unwrap();
    let recipes = by_hand();
    recipes.iter().for_each(|recipe| std::fs::write(drvs.join(recipe.base_name()), recipe.text()).unwrap());
    let seconds = [30, 600, 700, 1_800, 3_600, 7_200, 10];
    let row = |(recipe, seconds): (&Recipe, u64)| format!("{},{seconds}\n", recipe.path());
    let rows: Vec<String> = recipes.iter().zip(seconds).map(row).collect();
    program.write("times.csv", rows.concat());
    let size = |(at, recipe): (usize, &Recipe)| {
        let outputs = recipe.outputs.iter().map(move |output| (recipe.output_path(output), output == "dev"));
        let size = move |dev: bool| if dev { 1 << 10 } else { (at as u64 + 1) << 20 };
        outputs
            .map(move |(path, dev)| json!({"path": path, "narSize": size(dev), "references": []}))
            .collect::<Vec<_>>()
    };
    let sizes: Vec<_> = recipes.iter().enumerate().flat_map(size).collect();
    program.write("sizes.json", serde_json::to_vec(&sizes).unwrap());
    program.write("rates.csv", "pillow,4\nzlib,0.5\ntop,0\n");
    program
}

#[test]
fn figures_by_hand() {
    let program = program();
    let rows = |arguments: &[&str], columns: &[usize]| -> Vec<Vec<String>> {
        let text = program.run(&[&["rank", "--format", "csv", "--times", "times.csv"], arguments].concat()).fine();
        let mut reader = csv::Reader::from_reader(text.as_bytes());
        let cells = |row: csv::StringRecord| columns.iter().map(|&at| row[at].to_owned()).collect();
        reader.records().map(|row| cells(row.unwrap())).collect()
    };
    // drv,name,dependents,hours,hours_measured,critical_path_hours,bytes,bytes_measured
    let hour = |seconds: u32| (f64::from(seconds) / 3_600.0).to_string();
    let expect = |rows: &[(&str, &str, u32, u32)]| -> Vec<Vec<String>> {
        rows.iter()
            .map(|(name, dependents, time, chain)| {
                vec![(*name).to_owned(), (*dependents).to_owned(), hour(*time), hour(*time), hour(*chain)]
            })
            .collect()
    };
    assert_eq!(
        rows(&["--by", "hours"], &[1, 2, 3, 4, 5]),
        expect(&[
            ("zlib-1.3.tar.gz", "5", 30 + 600 + 700 + 1_800 + 3_600 + 7_200, 30 + 600 + 3_600 + 7_200),
            ("zlib-1.3", "3", 600 + 1_800 + 3_600 + 7_200, 600 + 3_600 + 7_200),
            ("python3.6-Pillow-5", "1", 3_600 + 7_200, 3_600 + 7_200),
            ("python2.7-Pillow-5", "1", 1_800 + 7_200, 1_800 + 7_200),
            ("top-2", "0", 7_200, 7_200),
            ("zlib-1.3", "0", 700, 700),
            ("page.html", "0", 10, 10),
        ])
    );
    let mib = |mib: u64, more: u64| ((mib << 20) + more).to_string();
    let bytes = rows(&["--by", "bytes", "--sizes", "sizes.json"], &[6, 7]);
    let expected = [(1 + 2 + 3 + 4 + 5 + 6, 1_024), (2 + 4 + 5 + 6, 1_024), (11, 0), (10, 0), (7, 0), (6, 0), (3, 0)];
    assert_eq!(bytes, expected.map(|(all, more)| vec![mib(all, more), mib(all, more)]));
    // package,instances,bumps_per_year,builds,hours,…,builds_per_year,hours_per_year,critical_path_hours_per_year
    let packages = ["--packages", "--by", "hours", "--bump-rates", "rates.csv"];
    let texts = |rows: &[[&str; 7]]| -> Vec<Vec<String>> {
        rows.iter().map(|row| row.iter().map(|&cell| cell.to_owned()).collect()).collect()
    };
    assert_eq!(
        rows(&packages, &[0, 1, 2, 3, 9, 10, 11]),
        texts(&[
            ["pillow", "2", "4", "3", "12", &hour(4 * 12_600), &hour(4 * 10_800)],
            ["zlib", "2", "0.5", "5", "2.5", &hour(6_950), &hour(5_700)],
            ["top", "1", "0", "1", "0", "0", "0"],
        ])
    );
}

#[test]
fn reports_read_so() {
    let program = program();
    let with_sizes = ["--times", "times.csv", "--sizes", "sizes.json"];
    for (name, arguments) in [
        ("rank-hours", &["rank", "--all", "--by", "hours", "--times", "times.csv"][..]),
        ("rank-bytes", &[&["rank", "--by", "bytes"], &with_sizes[..]].concat()),
        ("packages", &["rank", "--packages"]),
        (
            "packages-year",
            &[&["rank", "--packages", "--by", "hours", "--bump-rates", "rates.csv"], &with_sizes[..]].concat(),
        ),
    ] {
        for format in ["table", "markdown", "csv", "json"] {
            let ran = program.run(&[arguments, &["--format", format]].concat());
            assert_eq!((ran.code, ran.talk.as_str()), (0, ""), "{name} as {format}");
            insta::assert_snapshot!(format!("{name}.{format}"), ran.out);
        }
    }
}

#[test]
fn what_cannot_be_asked() {
    let program = program();
    let bytes = program.run(&["rank", "--by", "bytes", "--times", "times.csv"]).failed();
    assert!(bytes.contains("no sizes are known") && bytes.contains("--sizes FILE"), "{bytes}");
    let bytes = program.run(&["rank", "--packages", "--by", "bytes"]).failed();
    assert!(bytes.contains("no sizes are known"), "{bytes}");
    let rates = program.run(&["rank", "--bump-rates", "rates.csv"]).failed();
    assert!(rates.contains("--packages"), "{rates}");
    let by = program.run(&["rank", "--by", "name"]).failed();
    assert!(by.contains("critical-path"), "{by}");
    program.write("other.csv", "nothing,3\n");
    let ran = program.run(&["rank", "--packages", "--bump-rates", "other.csv"]);
    assert_eq!(ran.code, 0);
    assert!(ran.talk.contains("nothing that is built is called 'nothing'"), "{}", ran.talk);
    // by hours no file is needed
    let estimated = program.run(&["rank", "--by", "hours"]).fine();
    assert!(estimated.contains("all estimated"), "{estimated}");

    let graph = graph(&[program.folder.path().join("closure.ripple")]);
    for by in [By::Hours, By::Bytes, By::CriticalPath] {
        let rates = BumpRates::default();
        let params = PackageRankParams { top: None, by, costs: None, rates: &rates };
        assert_eq!(rank_packages(&graph, params).unwrap_err(), RankError::NoCosts);
        assert_eq!(rank(&graph, RankParams { top: None, by, costs: None }).unwrap_err(), RankError::NoCosts);
    }
}

#[test]
fn does_not_depend_on_threads() {
    let closure = testdata("minipkgs/drvs");
    let known = Known::new(&graph(&[&closure]), &mut Chance(11));
    let run = |threads: &str, more: &[&str]| {
        let arguments = [&["rank", "--format", "json", "--threads", threads, "-c", closure.to_str().unwrap()], more];
        let arguments: Vec<String> = arguments.concat().into_iter().map(str::to_owned).collect();
        Program::new().run(&[arguments, known.options().to_vec()].concat()).fine()
    };
    for more in [&["--by", "critical-path"][..], &["--by", "bytes", "--packages"]] {
        let one = run("1", more);
        assert!(one.len() > 1_000);
        assert!(["2", "5"].iter().all(|threads| run(threads, more) == one), "{more:?}");
    }
}

/// Without costs nothing is told of them, as ever.
#[test]
fn without_costs() {
    let program = program();
    let graph = graph(&[program.folder.path().join("closure.ripple")]);
    let value = serde_json::to_value(rank(&graph, RankParams::default()).unwrap()).unwrap();
    let keys = |value: &serde_json::Value| value.as_object().unwrap().keys().cloned().collect::<Vec<_>>();
    assert_eq!(keys(&value), ["nodes", "total", "version"]);
    assert_eq!(keys(&value["nodes"][0]), ["attributes", "dependents", "drv", "name", "system"]);
}
