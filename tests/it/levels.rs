//! Levels of closures, package sets and repositories, against slow and plain ways to find them.

use std::collections::{BTreeMap, BTreeSet};
use std::path::Path;

use nix_ripple::cost::Costs;
use nix_ripple::graph::{Graph, NodeId};
use nix_ripple::nix::called;
use nix_ripple::query::{LevelsParams, LevelsReport, RepositoryMap, Selector, levels};
use serde_json::Value;

use crate::cli::program::{Program, on_minipkgs};
use crate::support::{Chance, Recipe, folder, graph, random_recipes, testdata};

fn is_built(graph: &Graph, node: NodeId) -> bool {
    graph.is_derivation(node) && !graph.is_fixed(node) && !graph.is_missing(node)
}

/// What a rebuild of a node rebuilds directly.
fn next(graph: &Graph, node: NodeId) -> Vec<NodeId> {
    graph.consumer_edges(node).map(|(_, consumer)| consumer).filter(|&consumer| !graph.is_fixed(consumer)).collect()
}

/// What is reached; what `stop` holds is reached and not passed.
fn reached(graph: &Graph, from: NodeId, stop: &BTreeSet<NodeId>) -> BTreeSet<NodeId> {
    let (mut seen, mut stack) = (BTreeSet::new(), next(graph, from));
    while let Some(node) = stack.pop() {
        if seen.insert(node) && !stop.contains(&node) {
            stack.extend(next(graph, node));
        }
    }
    seen
}

/// Levels from who reaches whom: take away what nobody left reaches, again and again.
fn peeled<T: Ord + Copy>(all: &BTreeSet<T>, reaches: &BTreeMap<T, BTreeSet<T>>) -> BTreeMap<T, u32> {
    let (mut left, mut found) = (all.clone(), BTreeMap::new());
    for level in 0.. {
        if left.is_empty() {
            break;
        }
        let roots: Vec<T> =
            left.iter().copied().filter(|one| left.iter().all(|other| !reaches[other].contains(one))).collect();
        assert!(!roots.is_empty(), "a circle");
        for root in roots {
            left.remove(&root);
            found.insert(root, level);
        }
    }
    found
}

/// Who is reached from each over links.
fn all_after<'n>(
    names: &BTreeSet<&'n str>,
    links: &BTreeSet<(&'n str, &'n str)>,
) -> BTreeMap<&'n str, BTreeSet<&'n str>> {
    let step = |name: &'n str| links.iter().filter(move |link| link.0 == name).map(|link| link.1);
    let from = |name: &'n str| {
        let (mut seen, mut stack) = (BTreeSet::new(), step(name).collect::<Vec<&str>>());
        while let Some(next) = stack.pop() {
            if seen.insert(next) {
                stack.extend(step(next));
            }
        }
        seen
    };
    names.iter().map(|&name| (name, from(name))).collect()
}

struct Naive {
    members: BTreeSet<NodeId>,
    reaches: BTreeMap<NodeId, BTreeSet<NodeId>>,
    levels: BTreeMap<NodeId, u32>,
}

impl Naive {
    fn new(graph: &Graph, members: BTreeSet<NodeId>) -> Self {
        let after = |node: NodeId| reached(graph, node, &BTreeSet::new()).intersection(&members).copied().collect();
        let reaches: BTreeMap<NodeId, BTreeSet<NodeId>> = members.iter().map(|&node| (node, after(node))).collect();
        let levels = peeled(&members, &reaches);
        Self { members, reaches, levels }
    }

    fn check(&self, graph: &Graph, costs: &Costs, report: &LevelsReport) {
        assert_eq!(report.derivations, self.members.len() as u64);
        let depth = self.levels.values().max().unwrap() + 1;
        assert_eq!(report.levels.len() as u32, depth);
        let list = report.members.as_ref().unwrap();
        let told: BTreeMap<&str, u32> = list.iter().map(|member| (member.drv.as_str(), member.level)).collect();
        assert_eq!(told.len(), list.len());
        let expected: BTreeMap<String, u32> =
            self.levels.iter().map(|(&node, &level)| (graph.path(node), level)).collect();
        assert_eq!(told, expected.iter().map(|(path, &level)| (path.as_str(), level)).collect());
        assert!(list.is_sorted_by_key(|member| (member.level, &member.name, &member.drv)));
        for (at, level) in report.levels.iter().enumerate() {
            assert_eq!(level.level, at as u32);
            let own: Vec<NodeId> =
                self.levels.iter().filter(|(_, own)| **own == at as u32).map(|(&node, _)| node).collect();
            assert_eq!(level.derivations, own.len() as u64);
            let millis: u64 = own.iter().map(|&node| costs.time(node).millis).sum();
            assert!((level.cost.unwrap().hours.total * 3_600_000.0 - millis as f64).abs() < 0.5);
            let heaviest = own.iter().map(|&node| costs.time(node).millis).max().unwrap();
            assert!((level.first[0].hours.unwrap() * 3_600_000.0 - heaviest as f64).abs() < 0.5);
            assert!(level.first.len() <= 3);
        }
        for member in list {
            let node = graph.nodes().find(|&node| graph.path(node) == member.drv).unwrap();
            assert_eq!(member.dependents as usize, reached(graph, node, &BTreeSet::new()).len());
        }
        let edges: BTreeSet<(&str, &str)> =
            report.member_edges.iter().map(|&[from, to]| (list[from].drv.as_str(), list[to].drv.as_str())).collect();
        assert_eq!(edges.len(), report.member_edges.len());
        let mut count = 0;
        for (&input, after) in &self.reaches {
            for &consumer in after {
                let between = after.iter().any(|third| self.reaches[third].contains(&consumer));
                let edge = (graph.path(input), graph.path(consumer));
                assert_eq!(edges.contains(&(edge.0.as_str(), edge.1.as_str())), !between);
                count += usize::from(!between);
            }
        }
        assert_eq!(edges.len(), count);
    }
}

fn selectors(words: &[String]) -> Vec<Selector> {
    Selector::expand(words).unwrap()
}

#[test]
fn random_closures_and_sets() {
    for seed in 0..60 {
        let mut chance = Chance(seed);
        let count = 2 + chance.below(60);
        let folder = folder(&random_recipes(&mut chance, count));
        let graph = graph(&[folder.path()]);
        let costs = Costs::estimated(&graph);
        let params = LevelsParams { list: true, edges: true, costs: Some(&costs), repositories: None };
        let built: BTreeSet<NodeId> = graph.nodes().filter(|&node| is_built(&graph, node)).collect();
        if built.is_empty() {
            continue;
        }
        Naive::new(&graph, built.clone()).check(&graph, &costs, &levels(&graph, &[], params).unwrap());
        let some: BTreeSet<NodeId> = built.iter().copied().filter(|_| chance.below(2) == 0).collect();
        if let Some(fixed) = graph.nodes().find(|&node| graph.is_fixed(node) && !some.is_empty()) {
            let words: Vec<String> = some.iter().chain([&fixed]).map(|&node| graph.path(node)).collect();
            let report = levels(&graph, &selectors(&words), params).unwrap();
            assert_eq!(report.left_out, 1);
            Naive::new(&graph, some).check(&graph, &costs, &report);
        }
        let plain = LevelsParams { edges: true, ..LevelsParams::default() };
        let report = levels(&graph, &[], plain).unwrap();
        let pairs: u64 = report.level_edges.iter().map(|edge| edge.pairs).sum();
        let direct = built.iter().flat_map(|&node| next(&graph, node)).count();
        assert_eq!(pairs, direct as u64);
        assert!(report.level_edges.iter().all(|edge| edge.from < edge.to));
        for level in report.levels {
            let most = |level: &nix_ripple::query::Level| level.first.iter().map(|member| member.dependents).max();
            assert_eq!(Some(level.first[0].dependents), most(&level));
        }
    }
}

/// Repositories by chance, all packages in one or some in none.
#[test]
fn random_repositories() {
    let mut cycles = 0;
    for seed in 0..80 {
        let mut chance = Chance(seed);
        let count = 4 + chance.below(40);
        let folder = folder(&random_recipes(&mut chance, count));
        let graph = graph(&[folder.path()]);
        let built: BTreeSet<NodeId> = graph.nodes().filter(|&node| is_built(&graph, node)).collect();
        let mut place: BTreeMap<NodeId, String> = BTreeMap::new();
        for &node in &built {
            if seed % 2 == 0 || chance.below(4) > 0 {
                place.insert(node, format!("r{}", chance.below(5)));
            }
        }
        if place.is_empty() {
            continue;
        }
        let rows: Vec<String> =
            place.iter().map(|(&node, repository)| format!("{},{repository}\n", graph.path(node))).collect();
        let map = RepositoryMap::parse(&rows.concat(), Path::new("map")).unwrap();
        let params = LevelsParams { list: true, repositories: Some((&map, false)), ..LevelsParams::default() };
        let report = levels(&graph, &[], params).unwrap();
        for member in report.members.as_ref().unwrap() {
            let node = *built.iter().find(|&&node| graph.path(node) == member.drv).unwrap();
            assert_eq!(member.repository.as_ref(), place.get(&node));
        }
        let report = report.repositories.unwrap();
        assert!(report.unknown.is_empty() && report.notes.is_empty());
        let mapped: BTreeSet<NodeId> = place.keys().copied().collect();
        let mut pairs: BTreeMap<(&str, &str), Vec<(NodeId, NodeId)>> = BTreeMap::new();
        for &input in &mapped {
            for consumer in reached(&graph, input, &mapped).intersection(&mapped) {
                if place[&input] != place[consumer] {
                    pairs.entry((&place[&input], &place[consumer])).or_default().push((input, *consumer));
                }
            }
        }
        assert_eq!(report.edges.len(), pairs.len());
        let distinct = |nodes: &mut dyn Iterator<Item = NodeId>| -> u64 {
            nodes.map(|node| called(graph.pname(node))).collect::<BTreeSet<String>>().len() as u64
        };
        for edge in &report.edges {
            let own = &pairs[&(edge.from.as_str(), edge.to.as_str())];
            assert_eq!(edge.pairs, own.len() as u64);
            assert_eq!(edge.packages, distinct(&mut own.iter().map(|&(_, consumer)| consumer)));
            let direct = own.iter().any(|&(input, consumer)| next(&graph, input).contains(&consumer));
            assert_eq!(edge.example.len() == 2, direct, "{:?}", edge.example);
            let ends = |&(input, consumer): &(NodeId, NodeId)| {
                graph.name(input) == edge.example[0] && graph.name(consumer) == *edge.example.last().unwrap()
            };
            assert!(own.iter().any(ends));
        }
        // cycles and levels, by who reaches whom
        let names: BTreeSet<&str> = place.values().map(String::as_str).collect();
        let after = |without: &BTreeSet<(&str, &str)>| {
            let links = pairs.keys().copied().filter(|pair| !without.contains(pair)).collect();
            all_after(&names, &links)
        };
        let reaches = after(&BTreeSet::new());
        for repository in report.repositories.iter().filter(|repository| repository.name != "-") {
            let name = repository.name.as_str();
            let with: Vec<&str> =
                reaches[name].iter().copied().filter(|&other| reaches[other].contains(name)).collect();
            let told = repository.cycle.map(|at| report.cycles[at].repositories.clone()).unwrap_or_default();
            assert_eq!(told, with);
            for other in report.repositories.iter().filter(|other| reaches[name].contains(other.name.as_str())) {
                assert_eq!(other.level == repository.level, with.contains(&other.name.as_str()));
                assert!(other.level >= repository.level);
            }
            let own = place.iter().filter(|(_, own)| own.as_str() == name).map(|(&node, _)| node);
            assert_eq!(repository.derivations, own.clone().count() as u64);
            assert_eq!(repository.packages, distinct(&mut own.clone()));
        }
        let unmapped = report.repositories.iter().find(|repository| repository.name == "-");
        assert_eq!(unmapped.map_or(0, |own| own.derivations), (built.len() - mapped.len()) as u64);
        assert!(unmapped.is_none_or(|own| own.level.is_none() && own.cycle.is_none()));
        let cut: BTreeSet<(&str, &str)> = report
            .cycles
            .iter()
            .flat_map(|cycle| &cycle.cut)
            .map(|&at| (report.edges[at].from.as_str(), report.edges[at].to.as_str()))
            .collect();
        let marked = report.edges.iter().filter(|edge| edge.cut);
        assert_eq!(cut, marked.map(|edge| (edge.from.as_str(), edge.to.as_str())).collect());
        let left = after(&cut);
        assert!(names.iter().all(|name| !left[name].contains(name)));
        cycles += report.cycles.len();
    }
    assert!(cycles > 10, "{cycles} cycles: the closures are too plain");
}

fn on(map: &str, more: &[&str]) -> crate::cli::program::Ran {
    let program = Program::new().env("NIX_RIPPLE_CLOSURE", crate::cli::program::minipkgs().to_str().unwrap());
    program.write("map", map);
    program.run(&[&["levels", "--repositories", "map"], more].concat())
}

/// What is named most closely wins, and bare words mean all instances that nothing else names.
#[test]
fn the_closest_name_wins() {
    let map = "# who has what\n'attr:python*Packages.*' = \"python\"\npython311Packages.numpy = \"science\"\n\
               \"attr:python311Packages.sc*\" = \"science\"\n'name:python3.11-[a-z]*' = \"broad\"\nzlib = \"core\"\n";
    let repositories = |map: &str, more: &[&str]| -> BTreeMap<(String, String), String> {
        let text = on(map, &[&["--format", "csv"], more].concat()).fine();
        let mut reader = csv::Reader::from_reader(text.as_bytes());
        let rows = reader.deserialize::<BTreeMap<String, String>>().map(|row| row.unwrap());
        rows.map(|mut row| {
            ((row.remove("name").unwrap(), row.remove("drv").unwrap()), row.remove("repository").unwrap())
        })
        .collect()
    };
    let of = |found: &BTreeMap<(String, String), String>, name: &str| -> BTreeSet<String> {
        found.iter().filter(|((own, _), _)| own == name).map(|(_, repository)| repository.clone()).collect()
    };
    let only = |repository: &str| BTreeSet::from([repository.to_owned()]);
    let found = repositories(map, &[]);
    assert_eq!(of(&found, "python3.11-numpy-1.24.2"), only("science"));
    // both are patterns: the longer one
    assert_eq!(of(&found, "python3.11-scipy-1.10.1"), only("science"));
    assert_eq!(of(&found, "python3.11-pandas-1.5.3"), only("python"));
    assert_eq!(of(&found, "gtk3-3.24.37"), only("-"));
    // of bootstrap stages, too
    assert_eq!(of(&found, "zlib-1.2.13"), only("core"));
    assert_eq!(of(&repositories(map, &["--only"]), "zlib-1.2.13"), ["-", "core"].map(str::to_owned).into());
    // the same in other forms
    let json = r#"{"attr:python*Packages.*": "python", "python311Packages.numpy": "science",
        "attr:python311Packages.sc*": "science", "name:python3.11-[a-z]*": "broad", "zlib": "core"}"#;
    let csv = "selector,repository\nattr:python*Packages.*,python\npython311Packages.numpy, science\n\
               attr:python311Packages.sc*,science\n# comment\nname:python3.11-[a-z]*,broad\nzlib,core\n";
    assert_eq!(repositories(json, &[]), found);
    assert_eq!(repositories(csv, &[]), found);
}

#[test]
fn what_is_said_of_a_map() {
    let talk = on("zlip,x\ncurl,net\nhome:x,y\n", &[]).failed();
    assert!(talk.contains("map: line 3: 'home:x' is not a selector"), "{talk}");
    let ran = on("zlip,x\ncurl,net\nattr:curl,other\n", &[]);
    assert_eq!(ran.code, 0);
    assert!(
        ran.talk.contains("--repositories: 'zlip' matches nothing in this closure; did you mean zip, zlib?"),
        "{}",
        ran.talk
    );
    let contested = "4 derivations are named as closely for another repository: curl-8.0.1 is in other by 'attr:curl', \
                     and would be in net by 'curl'";
    assert!(ran.talk.contains(contested), "{}", ran.talk);
    let talk = on("zlip,x\ncurll,net\n", &[]).failed();
    assert!(talk.contains("'zlip' matches nothing") && talk.contains("'curll' matches nothing"), "{talk}");
    for (map, expect) in [
        ("", "no package; expected lines of SELECTOR,REPOSITORY, TOML or a JSON object"),
        ("a,b\nc\n", "line 2: expected SELECTOR,REPOSITORY, found 1 field"),
        ("a,b\na,c\n", "line 2: 'a' is in a repository already: 'b'"),
        ("a,\n", "line 1: expected a repository for 'a', found ''"),
        ("a,-\n", "line 1: expected a repository for 'a', found '-'"),
        ("@list,x\n", "line 1: '@list': expected a package, not a file of them"),
        (",x\n", "line 1: '' is not a selector: it is empty"),
        ("a = \"x\"\nb = 3\n", "line 2: 'b': expected a repository in quotes, found integer"),
        ("a = \"x\"\na = \"y\"\n", "line 2, column 1"),
        ("a = \"x\n", "line 1"),
        ("[s]\n'attr:[' = \"x\"\n", "line 2: 's.attr:[' is not a selector"),
        ("{\"a\": 3}", "expected an object of selectors and repositories"),
        ("{\"a\": \"x\", \"a\": \"y\"}", "'a': 'a' is in a repository already: 'x'"),
        ("{", "line 1 column 1; expected an object of selectors"),
    ] {
        let talk = on(map, &[]).failed();
        assert!(talk.starts_with("error: map: ") && talk.contains(expect), "{map}: {talk}");
    }
}

/// A circle that is there on purpose: a's library, b's tool that uses it, a's documents that the tool makes.
#[test]
fn a_cycle_by_hand() {
    let library = Recipe::new(1, "library-1");
    let fetched = Recipe::new(2, "tool-2.tar.gz").fixed().input(&library, "nativeBuildInputs");
    let tool = Recipe::new(3, "tool-2").input(&library, "buildInputs").input(&fetched, "src");
    let glue = Recipe::new(4, "glue-1").input(&tool, "buildInputs");
    let documents = Recipe::new(5, "documents-1").input(&glue, "nativeBuildInputs");
    let other = Recipe::new(6, "other-1").input(&library, "buildInputs").input(&glue, "x");
    let recipes = [library, fetched, tool, glue, documents, other];
    let drvs = folder(&recipes);
    let program = Program::new();
    program.write("map.json", r#"{"library": "a", "tool": "b", "pname:documents": "a", "other": "c"}"#);
    let run = |more: &[&str]| {
        program.run(&[&["levels", "-c", drvs.path().to_str().unwrap(), "--repositories", "map.json"], more].concat())
    };
    let table = run(&[]).fine();
    let expect = "\
all that is built: 5 derivations on 4 levels

 level  repository  cycle  packages  derivations  attributes
     0  a               1         2            2           0
     0  b               1         1            1           0
     1  c                         1            1           0
        -                         1            1           0

cycle 1 of a, b: it ends when 1 package does without this:
 input in  needed by  packages  pairs  for example
 a         b                 1      1  library-1 → tool-2

 input in  needed by  packages  pairs  for example
 a         b                 1      1  library-1 → tool-2
 a         c                 1      1  library-1 → other-1
 b         a                 1      1  tool-2 → glue-1 → documents-1
 b         c                 1      1  tool-2 → glue-1 → other-1
";
    assert_eq!(table, expect);
    let markdown = run(&["--format", "markdown"]).fine();
    assert!(markdown.contains("cycle 1 of a, b: it ends when 1 package does without this:"), "{markdown}");
    let dot = run(&["--format", "dot", "--cost"]).fine();
    assert!(
        dot.contains("subgraph cluster_0 {\n    label=\"cycle 1\";\n    \"a\" [label=\"a\\n2 packages\\n"),
        "{dot}"
    );
    assert!(dot.contains("  \"a\" -> \"b\" [label=\"1\", style=dashed, color=red, constraint=false];\n"), "{dot}");
    assert!(dot.contains("  \"b\" -> \"c\" [label=\"1\"];\n"), "{dot}");
    let json = run(&["--format", "json"]).json();
    assert_eq!(json["repositories"]["cycles"][0]["optimal"], true);
    assert_eq!(json["repositories"]["cycles"][0]["cut"], serde_json::json!([0]));
    assert_eq!(json["repositories"]["repositories"][3]["level"], Value::Null);
    assert_eq!(json["levels"].as_array().unwrap().len(), 4);
}

#[test]
fn pictures_and_lists() {
    let dot = on_minipkgs(&[
        "levels",
        "attr:curl.x86_64-linux",
        "attr:openssl.x86_64-linux",
        "attr:zlib.x86_64-linux",
        "--format",
        "dot",
    ])
    .fine();
    let lines = |start: &str| dot.lines().filter(|line| line.trim_start().starts_with(start)).count();
    assert_eq!((lines("{ rank=same;"), dot.matches("[label=").count()), (dot.matches("rank=same").count(), 3));
    let whole = on_minipkgs(&["levels", "--format", "dot"]).fine();
    assert!(whole.contains("  0 [label=\"level 0\\n5 derivations\\n"), "{whole}");
    assert!(whole.contains("  0 -> 1 [label=") && whole.contains("constraint=false"), "{whole}");
    let all = on_minipkgs(&["levels", "--format", "csv", "--cost"]).fine();
    assert_eq!(all.lines().next(), Some("drv,name,system,level,attributes,dependents,hours,measured"));
    let json = on_minipkgs(&["levels", "--format", "json"]).json();
    assert_eq!(json["derivations"].as_u64(), Some(all.lines().count() as u64 - 1));
    assert!(json.get("members").is_none() && json.get("member_edges").is_none());
    let listed = on_minipkgs(&["levels", "--format", "json", "--list"]).json();
    assert!(listed.get("level_edges").is_none() && !listed["member_edges"].as_array().unwrap().is_empty());
    let sums =
        |key: &str| json["levels"].as_array().unwrap().iter().map(|level| level[key].as_u64().unwrap()).sum::<u64>();
    assert_eq!(sums("derivations"), json["derivations"].as_u64().unwrap());
    // every attribute has one level, whatever the number of systems
    let names: BTreeSet<&str> = listed["members"]
        .as_array()
        .unwrap()
        .iter()
        .flat_map(|member| member["attributes"].as_array().unwrap())
        .map(|name| name.as_str().unwrap())
        .collect();
    assert_eq!(sums("attributes"), names.len() as u64);
    let markdown = on_minipkgs(&["levels", "--list", "--format", "markdown"]).fine();
    assert!(markdown.starts_with("**all that is built: ") && markdown.contains("… and 1,"), "{markdown}");
}

#[test]
fn what_has_no_levels() {
    let talk = on_minipkgs(&["levels", "zlip", "curll", "zlib"]).failed();
    assert!(talk.contains("'zlip' matches nothing in this closure; did you mean zip, zlib?"), "{talk}");
    assert!(talk.contains("'curll' matches nothing in this closure; did you mean curl"), "{talk}");
    let talk = on_minipkgs(&["levels", "name:*.tar.gz"]).failed();
    assert!(talk.contains("'name:*.tar.gz' names nothing that is built"), "{talk}");
    let talk = on_minipkgs(&["levels", "--repositories", "no-such-file"]).failed();
    assert!(talk.contains("no-such-file: "), "{talk}");
    assert!(on_minipkgs(&["levels", "--only"]).failed().contains("--repositories"));
}

#[test]
fn whatever_the_number_of_threads() {
    let closure = testdata("minipkgs/drvs");
    let run = |threads: &str| {
        let arguments = ["levels", "--list", "--format", "json", "--threads", threads, "-c", closure.to_str().unwrap()];
        Program::new().run(&arguments).fine()
    };
    assert_eq!(run("1"), run("3"));
}
