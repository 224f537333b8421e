//! Major waves, executed for real on the small distribution: for each wave the bumps are edited in, all
//! is built by the real Nix, and what it built is held against what was planned.
//!
//! The targets are a part of the distribution, so that a run stays short; all that they need is built,
//! with the packages that fetch. What the targets need is the closure that the plan is made on.

mod pairing;

use std::collections::{BTreeMap, BTreeSet};
use std::process::Command;

use nix_ripple::graph::{Graph, NodeId};
use nix_ripple::query::{Selector, resolve};
use nix_ripple::reach::RebuildSet;

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

    /// The bump of each definition, by the word that names it.
    fn bumps(&self, words: &[String]) -> Vec<NodeId> {
        let bumps = resolve(&self.graph, &Selector::expand(words).unwrap(), false).unwrap();
        bumps.into_iter().flat_map(|bump| bump.nodes).collect()
    }

    /// What these are made of, by their derivations.
    fn sources(&self, nodes: &[NodeId]) -> Vec<NodeId> {
        let edges = nodes.iter().flat_map(|&node| self.graph.input_edges(node));
        let sources = edges.filter(|&(edge, _)| self.graph.mentions(edge).any(|key| key == "src"));
        sources.map(|(_, source)| source).filter(|&source| self.graph.is_fixed(source)).collect()
    }

    fn paths(&self, nodes: &[NodeId]) -> BTreeSet<String> {
        let paths: BTreeSet<String> = nodes.iter().map(|&node| self.graph.path(node)).collect();
        self.outputs(|path| paths.contains(path))
    }

    /// Executes a plan: wave by wave, in the order given.
    fn execute(&self, waves: &[Vec<String>]) -> BTreeMap<usize, Done> {
        let store = self.copy();
        let mut bumped: Vec<String> = Vec::new();
        let mut all = BTreeMap::new();
        for (number, wave) in (1..).zip(waves) {
            bumped.extend(wave.iter().cloned());
            let done = self.build(&store, &bumped);
            let bumps = self.bumps(wave);
            let planned = RebuildSet::of(&self.graph, &bumps);
            assert_eq!(done.built, self.paths(&planned.nodes), "wave {number}: {wave:?}");
            assert_eq!(done.fetched, self.paths(&self.sources(&bumps)), "wave {number}: {wave:?}");
            assert!(!done.built.is_empty() && !done.fetched.is_empty());
            all.insert(number, done);
        }
        all
    }
}

fn waves(waves: &[&[&str]]) -> Vec<Vec<String>> {
    waves.iter().map(|wave| wave.iter().map(|&word| word.to_owned()).collect()).collect()
}

#[test]
fn major_waves() {
    if !needs::nix() || !needs::sandbox(sandbox_works) {
        return;
    }
    let distribution = Distribution::new();
    let four = distribution.execute(&waves(&[&["glibc"], &["python311"], &["llvm"], &["numpy"]]));
    let counts: Vec<usize> = four.values().map(|done| done.built.len()).collect();
    assert!(counts.windows(2).all(|pair| pair[0] > pair[1]), "{counts:?}");
    distribution.execute(&waves(&[&["hypothesis", "pillow", "pyyaml"], &["numpy"], &["pytorch"], &["torchvision"]]));
}
