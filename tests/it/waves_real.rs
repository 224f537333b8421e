//! Major waves, executed for real on the small distribution: for each wave the bumps are edited in, all
//! is built by the real Nix, and what it built is held against what was planned.
//!
//! The targets are a part of the distribution, so that a run stays short; all that they need is built,
//! with the packages that fetch. What the targets need is the closure that the plan is made on.

mod pairing;

use std::cmp::Ordering;
use std::collections::BTreeSet;
use std::process::Command;

use nix_ripple::graph::Graph;
use nix_ripple::query::{Selector, resolve};
use serde_json::Value;

use crate::cli::program::Program;
use crate::nix_as_judge::{Store, build_in, ran, sandbox_works};
use crate::{needs, support};
use pairing::Evaluation;

/// What is built. The last ones fetch the sources of the others: without them a wave would not build
/// what only fetchers need, for nothing is fetched twice.
const TARGETS: [&str; 15] = [
    "python311Packages.torchvision",
    "python311Packages.hypothesis",
    "python311Packages.imageio",
    "emscripten-zlib",
    "mesa",
    "hugo",
    "wget",
    "mirrors-list",
    "bootstrap.fetch.cacert",
    "bootstrap.fetch.curl",
    "bootstrap.fetch.libssh2",
    "bootstrap.fetch.openssl",
    "bootstrap.fetch.perl",
    "bootstrap.fetch.unzip",
    "bootstrap.fetch.zlib",
];

/// The distribution with all at its first version, built in the store.
struct Distribution {
    store: Store,
    evaluation: Evaluation,
    graph: Graph,
}

/// What Nix did in one wave, in derivations of the first evaluation.
struct Done {
    /// Output paths of the derivations that were built.
    built: BTreeSet<String>,
    /// Output paths of what was fetched.
    fetched: BTreeSet<String>,
}

impl Distribution {
    fn new() -> Self {
        let store = Store::new();
        let arguments = Self::arguments(&[]);
        let arguments: Vec<&str> = arguments.iter().map(String::as_str).collect();
        let evaluation = Evaluation::read(store.folder(), &store.instantiate(&arguments));
        let graph = store.closure(&arguments);
        let new = Self { store, evaluation, graph };
        let seen = new.evaluation.without_fetchers();
        let behind = new.evaluation.paths().filter(|path| !new.evaluation.is_fixed(path) && !seen.contains(path));
        assert_eq!(behind.collect::<Vec<_>>(), [""; 0], "only fetchers need these: make them targets");

        let done = new.build(&new.store, &[]);
        assert_eq!(done.built, new.outputs(|path| !new.evaluation.is_fixed(path)), "at first all is built");
        let again = new.build(&new.copy(), &[]);
        assert!(again.built.is_empty() && again.fetched.is_empty());
        new
    }

    fn arguments(bumped: &[String]) -> Vec<String> {
        let mut arguments: Vec<String> = ["--argstr", "system", "x86_64-linux"].map(str::to_owned).to_vec();
        TARGETS.iter().for_each(|target| arguments.extend(["-A".to_owned(), (*target).to_owned()]));
        let list: String = bumped.iter().map(|id| format!("\"{id}\" ")).collect();
        arguments.extend(["--arg".to_owned(), "bump".to_owned(), format!("[ {list}]")]);
        arguments
    }

    /// The output paths of some derivations of the first evaluation.
    fn outputs(&self, is_meant: impl Fn(&str) -> bool) -> BTreeSet<String> {
        let meant = self.evaluation.paths().filter(|path| is_meant(path));
        meant.flat_map(|path| self.evaluation.outputs(path)).map(str::to_owned).collect()
    }

    /// The store as it is now, for a major wave of its own.
    fn copy(&self) -> Store {
        let store = Store::new();
        let mut copy = Command::new("cp");
        ran(copy.arg("-a").arg(self.store.folder().join("nix")).arg(store.folder()));
        store
    }

    /// Builds the targets in `store` with these definitions bumped, and gives what was really built.
    fn build(&self, store: &Store, bumped: &[String]) -> Done {
        let arguments = Self::arguments(bumped);
        let mut arguments: Vec<&str> = arguments.iter().map(String::as_str).collect();
        let now = Evaluation::read(store.folder(), &store.instantiate(&arguments));
        let folder = support::testdata("minipkgs");
        arguments.insert(0, folder.to_str().unwrap());
        let built = build_in(store, &arguments).unwrap_or_else(|log| panic!("{log}"));
        let first = self.evaluation.pairs(&now);
        let (fetched, made): (Vec<&String>, Vec<&String>) = built.iter().partition(|path| now.is_fixed(path));
        let outputs = |paths: Vec<&String>| -> BTreeSet<String> {
            let olds: BTreeSet<&str> = paths.iter().map(|path| first[path.as_str()]).collect();
            self.outputs(|path| olds.contains(path))
        };
        Done { built: outputs(made), fetched: outputs(fetched) }
    }

    /// The output paths of the sources of these definitions.
    fn sources(&self, ids: &[String]) -> BTreeSet<String> {
        let bumps = resolve(&self.graph, &Selector::expand(ids).unwrap(), false).unwrap();
        let edges = bumps.iter().flat_map(|bump| &bump.nodes).flat_map(|&node| self.graph.input_edges(node));
        let sources = edges.filter(|&(edge, _)| self.graph.mentions(edge).any(|key| key == "src"));
        let sources: BTreeSet<String> = sources.map(|(_, source)| self.graph.path(source)).collect();
        self.outputs(|path| sources.contains(path))
    }

    /// Plans these bumps, and executes the plan: wave by wave. Gives the names of each wave's bumps, and how
    /// many derivations Nix built in it.
    fn execute(&self, arguments: &[&str]) -> (Vec<Vec<String>>, Vec<usize>) {
        let program = Program::new();
        let snapshot = program.folder.path().join("distribution.ripple");
        self.graph.save(&snapshot).unwrap();
        let program = program.env("NIX_RIPPLE_CLOSURE", snapshot.to_str().unwrap());
        let text = program.run(&[&["waves", "--format", "json", "--list"], arguments].concat()).fine();
        program.write("plan.json", &text);
        let plan: Value = serde_json::from_str(&text).unwrap();
        let names = names(&plan);

        let store = self.copy();
        let mut bumped: Vec<String> = Vec::new();
        let mut counts = Vec::new();
        let mut results: Vec<String> = Vec::new();
        assert_eq!(states(&program, &[]), progress(0, names.len()));
        for (number, wave) in (1..).zip(list(&plan["waves"])) {
            // a bump is named by the definition's id, and that is what is edited
            let ids: Vec<String> = list(&wave["bumps"]).iter().flat_map(|bump| strings(&bump["selectors"])).collect();
            let (fetched, built): (Vec<&Value>, Vec<&Value>) =
                list(&wave["builds"]).iter().partition(|build| build["fetched"].as_bool().unwrap());
            assert!(fetched.is_empty(), "a source is none of the bumps");
            let built: BTreeSet<String> = built.iter().map(|build| build["drv"].as_str().unwrap().to_owned()).collect();
            assert_eq!(Some(built.len() as u64), wave["derivations"].as_u64());

            bumped.extend(ids.iter().cloned());
            let done = self.build(&store, &bumped);
            let planned = self.outputs(|path| built.contains(path));
            assert!(!planned.is_empty());
            assert_eq!(done.built, planned, "wave {number}: {ids:?}");
            assert_eq!(done.fetched, self.sources(&ids), "wave {number}: {ids:?}");
            counts.push(built.len());

            // only what Nix built is told
            let [all, but_last] = self.results(&done);
            for (content, green) in [(but_last, number - 1), (all, number)] {
                program.write(&format!("{number}.csv"), content);
                let told = [&results[..], &[format!("{number}={number}.csv")]].concat();
                assert_eq!(states(&program, &told), progress(green, names.len()), "{names:?}");
            }
            results.push(format!("{number}={number}.csv"));
        }
        (names, counts)
    }

    /// A table of results of the attributes that Nix built: all, and without those of a derivation that nothing else of
    /// the wave needs.
    fn results(&self, done: &Done) -> [String; 2] {
        let is_done = |path: &str| self.evaluation.outputs(path).iter().all(|output| done.built.contains(*output));
        let built = |attribute| {
            let node = self.graph.attribute_node(attribute)?;
            (!self.graph.is_fixed(node) && is_done(&self.graph.path(node))).then_some((node, attribute))
        };
        let built: Vec<_> = self.graph.attributes().filter_map(built).collect();
        // inputs come before consumers
        let last = built.iter().map(|&(node, _)| node).max().unwrap();
        let line = |attribute| {
            let (name, system) = (self.graph.attribute_name(attribute), self.graph.attribute_system(attribute));
            format!("{name}.{system},success\n")
        };
        let but_last = built.iter().filter(|&&(node, _)| node != last).map(|&(_, attribute)| line(attribute));
        let all = built.iter().map(|&(_, attribute)| line(attribute));
        [all.collect::<String>(), but_last.collect()].map(|lines| format!("attr,status\n{lines}"))
    }
}

/// How the waves are, by these results.
fn states(program: &Program, results: &[String]) -> Vec<String> {
    let mut arguments = vec!["waves", "status", "plan.json", "--format", "json"];
    arguments.extend(results.iter().map(String::as_str));
    let report = program.run(&arguments).json();
    assert_eq!(report["same_closure"], true);
    list(&report["waves"]).iter().map(|wave| wave["state"].as_str().unwrap().to_owned()).collect()
}

/// So many waves are green, the next waits for results, and those behind it for it.
fn progress(green: usize, all: usize) -> Vec<&'static str> {
    let state = |number: usize| match number.cmp(&green) {
        Ordering::Less => "green",
        Ordering::Equal => "waiting",
        Ordering::Greater => "blocked",
    };
    (0..all).map(state).collect()
}

fn list(value: &Value) -> &Vec<Value> {
    value.as_array().unwrap()
}

fn strings(value: &Value) -> Vec<String> {
    list(value).iter().map(|text| text.as_str().unwrap().to_owned()).collect()
}

/// The names of the bumps of each wave, in order of their names.
fn names(plan: &Value) -> Vec<Vec<String>> {
    let of_wave = |wave: &Value| {
        let mut names: Vec<String> =
            list(&wave["bumps"]).iter().map(|bump| bump["name"].as_str().unwrap().to_owned()).collect();
        names.sort();
        names
    };
    list(&plan["waves"]).iter().map(of_wave).collect()
}

#[test]
fn major_waves() {
    if !needs::nix() || !needs::sandbox(sandbox_works) {
        return;
    }
    let distribution = Distribution::new();

    // llvm is built with python here, and not the other way round
    let four = ["numpy", "llvm", "python311", "glibc", "--max-bumps-per-wave", "1"];
    let (names, counts) = distribution.execute(&four);
    assert_eq!(names, [["glibc"], ["python311"], ["llvm"], ["numpy"]]);
    assert!(counts[0] > counts[1] && counts[1] > counts[2].max(counts[3]), "{counts:?}");

    let six = ["numpy", "hypothesis", "pillow", "pyyaml", "torchvision", "pytorch"];
    let (names, _) = distribution.execute(&six);
    let roots = ["hypothesis", "pillow", "pyyaml"];
    assert_eq!(names, [&roots[..], &["numpy"], &["pytorch"], &["torchvision"]]);
    // some go together with what is upstream of them
    let (names, _) = distribution.execute(&[&six[..], &["--max-waves", "2"]].concat());
    assert_eq!(names.len(), 2);
}
