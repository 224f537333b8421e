//! The real Nix as a judge: what it says of the small distribution (`testdata/minipkgs`), and what
//! is said of it here.

use std::collections::{BTreeMap, BTreeSet};
use std::path::Path;
use std::process::{Command, Output};
use std::sync::{LazyLock, Mutex};

use nix_ripple::graph::{BuildOptions, Graph, NodeId, build};
use nix_ripple::ingest::{IngestOptions, verify};
use nix_ripple::nix::{Derivation, aterm, normalise_pname};
use nix_ripple::query::{Bump, ImpactParams, Selector, impact, resolve};
use serde_json::Value;
use tempfile::TempDir;

use crate::cli::program::Program;
use crate::needs;
use crate::support::{self, testdata};

/// A Nix command with the settings of nobody.
pub(crate) fn nix(program: impl AsRef<std::ffi::OsStr>) -> Command {
    let mut command = Command::new(program);
    for key in ["NIX_PATH", "NIX_STORE_DIR", "NIX_STATE_DIR", "NIX_LOG_DIR", "NIX_REMOTE", "NIX_CONFIG"] {
        command.env_remove(key);
    }
    command
}

pub(crate) fn ran(command: &mut Command) -> Output {
    let output = command.output().unwrap_or_else(|error| panic!("{command:?}: {error}"));
    assert!(output.status.success(), "{command:?}: {}", String::from_utf8_lossy(&output.stderr));
    output
}

fn lines(output: &Output) -> Vec<String> {
    std::str::from_utf8(&output.stdout).unwrap().lines().map(str::to_owned).collect()
}

/// The derivations that are kept here, with the attributes of all systems.
fn committed() -> &'static Graph {
    static GRAPH: LazyLock<Graph> =
        LazyLock::new(|| support::graph(&[testdata("minipkgs/drvs"), testdata("minipkgs/outpaths.json")]));
    &GRAPH
}

fn bumps(graph: &Graph, selectors: &[&str]) -> Vec<Bump> {
    let texts: Vec<String> = selectors.iter().map(|&text| text.to_owned()).collect();
    resolve(graph, &Selector::expand(&texts).unwrap(), false).unwrap_or_else(|error| panic!("{error}"))
}

/// The attributes and derivations that these selectors rebuild.
fn impact_of(graph: &Graph, selectors: &[&str]) -> (BTreeSet<String>, BTreeSet<String>) {
    let params = ImpactParams { list: true, ..ImpactParams::default() };
    let report = impact(graph, &bumps(graph, selectors), &params);
    let list = report.list.unwrap();
    let attributes: BTreeSet<String> = list
        .iter()
        .flat_map(|listed| listed.attributes.iter().zip(&listed.attribute_systems))
        .map(|(name, system)| format!("{name}.{system}"))
        .collect();
    let derivations: BTreeSet<String> =
        list.into_iter().filter(|listed| !listed.fetched).map(|listed| listed.drv).collect();
    assert_eq!(derivations.len() as u64, report.derivations.total);
    (attributes, derivations)
}

/// A bare word that means something else than the definition of this name does.
struct Known {
    word: &'static str,
    /// The word bumps these definitions as well.
    also: &'static [&'static str],
    /// Attributes that Nix changes and a closure does not explain.
    unexplained: &'static [&'static str],
    /// What the definition is by explicit selectors: with them the sets are equal.
    explicit: &'static [&'static str],
}

const BCC: [&str; 2] = ["linuxPackages.bcc-scripts.x86_64-linux", "linuxPackages.bcc-scripts.aarch64-linux"];

const KNOWN: [Known; 3] = [
    // a package of texlive and one of python have this name: the last part of both attributes
    Known { word: "babel", also: &["python-babel"], unexplained: &[], explicit: &["name:texlive-babel-*"] },
    // bcc-scripts has nothing of the kernel but the version in its name. That is the expression's
    // doing: nothing in the derivations tells why it should change.
    Known {
        word: "linux",
        also: &[],
        unexplained: &BCC,
        explicit: &["attr:linux", "attr:linuxPackages.perf", "attr:linuxPackages.bcc-scripts"],
    },
    // perf is built from the kernel's source, so that the word is extended to the kernel
    Known { word: "perf", also: &["linux"], unexplained: &BCC, explicit: &["attr:linuxPackages.perf"] },
];

fn known(word: &str) -> Option<&'static Known> {
    KNOWN.iter().find(|known| known.word == word)
}

/// For each definition, the attributes whose output paths a bump changes, by Nix.
fn bumps_by_nix() -> BTreeMap<String, BTreeSet<String>> {
    let store = Store::new();
    let bumps = testdata("minipkgs/bumps.nix");
    let evaluate = |arguments: &[&str]| -> Value {
        let mut command = nix("nix-instantiate");
        command.args(["--store", store.path(), "--eval", "--strict", "--json", "--readonly-mode"]).args(arguments);
        serde_json::from_slice(&ran(&mut command).stdout).unwrap()
    };
    let names = format!("builtins.attrNames (import {} {{ }})", bumps.display());
    let names: Vec<String> = serde_json::from_value(evaluate(&["-E", &names])).unwrap();
    let batches: Mutex<Vec<&[String]>> = Mutex::new(names.chunks(15).collect());
    let changed = Mutex::new(BTreeMap::new());
    std::thread::scope(|scope| {
        for _ in 0..2 {
            scope.spawn(|| {
                loop {
                    let Some(batch) = batches.lock().unwrap().pop() else { break };
                    let list = format!("[ {} ]", batch.iter().map(|name| format!("{name:?} ")).collect::<String>());
                    let answer = evaluate(&[bumps.to_str().unwrap(), "--arg", "names", &list]);
                    let answer: BTreeMap<String, BTreeSet<String>> = serde_json::from_value(answer).unwrap();
                    assert!(answer.keys().eq(batch));
                    changed.lock().unwrap().extend(answer);
                }
            });
        }
    });
    let changed = changed.into_inner().unwrap();
    assert!(changed.keys().eq(&names));
    changed
}

#[test]
fn every_definition() {
    if !needs::nix() {
        return;
    }
    let by_nix = bumps_by_nix();
    let graph = committed();
    let mut wrong = Vec::new();
    let mut check = |what: String, found: &BTreeSet<String>, expected: &BTreeSet<String>| {
        if found != expected {
            let (more, less) = (Vec::from_iter(found - expected), Vec::from_iter(expected - found));
            wrong.push(format!("{what}: only in impact {more:?}, only in Nix's {less:?}"));
        }
    };
    for (name, changed) in &by_nix {
        assert!(!changed.is_empty(), "{name}");
        let (found, _) = impact_of(graph, &[name]);
        let Some(known) = known(name) else {
            check(name.clone(), &found, changed);
            continue;
        };
        let unexplained: BTreeSet<String> = known.unexplained.iter().map(|&attribute| attribute.to_owned()).collect();
        let mut expected = changed.clone();
        known.also.iter().for_each(|&also| expected.extend(by_nix[also].iter().cloned()));
        assert!(expected.is_superset(&unexplained) && found != *changed, "{name} is no exception any more");
        check(name.clone(), &found, &(&expected - &unexplained));
        check(format!("{name} as {:?}", known.explicit), &impact_of(graph, known.explicit).0, changed);
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
    assert!(KNOWN.iter().all(|known| by_nix.contains_key(known.word)));
}

/// A store of its own.
pub(crate) struct Store(TempDir);

impl Store {
    pub(crate) fn new() -> Self {
        Self(tempfile::tempdir().unwrap())
    }

    /// In this folder, wherever others lie.
    pub(crate) fn below(folder: &str) -> Self {
        Self(tempfile::tempdir_in(folder).unwrap())
    }

    pub(crate) fn path(&self) -> &str {
        self.0.path().to_str().unwrap()
    }

    pub(crate) fn folder(&self) -> &Path {
        self.0.path()
    }

    /// Instantiates, and gives what `nix-instantiate` prints.
    pub(crate) fn instantiate(&self, arguments: &[&str]) -> Vec<String> {
        let mut command = nix("nix-instantiate");
        command.args(["--store", self.path()]).arg(testdata("minipkgs")).args(arguments);
        lines(&ran(&mut command))
    }

    /// Instantiates, and reads what came of it, with the attributes that are kept here.
    pub(crate) fn closure(&self, arguments: &[&str]) -> Graph {
        let list = self.0.path().join("roots");
        std::fs::write(&list, self.instantiate(arguments).join("\n")).unwrap();
        let options = IngestOptions { store_root: Some(self.0.path().to_path_buf()), ..IngestOptions::default() };
        let (raw, _) = support::read(&[list, testdata("minipkgs/outpaths.json")], &options).unwrap();
        build(&raw, BuildOptions::default()).unwrap().0
    }
}

impl Drop for Store {
    fn drop(&mut self) {
        // Nix takes away the right to write from what it makes
        let _ = Command::new("chmod").args(["-R", "u+w", self.path()]).status();
    }
}

fn built(graph: &Graph) -> impl Iterator<Item = NodeId> {
    graph.nodes().filter(|&node| graph.is_derivation(node) && !graph.is_fixed(node))
}

fn outputs(graph: &Graph) -> BTreeSet<String> {
    graph.nodes().flat_map(|node| graph.outputs(node).map(|(_, digest)| digest.as_str().to_owned())).collect()
}

/// The derivations that are built, and have no output among `others`; none has only some there.
fn absent(graph: &Graph, others: &BTreeSet<String>) -> BTreeSet<NodeId> {
    let mut absent = BTreeSet::new();
    for node in built(graph) {
        let (all, kept) = graph
            .outputs(node)
            .fold((0, 0), |(all, kept), (_, digest)| (all + 1, kept + usize::from(others.contains(digest.as_str()))));
        assert!(kept == 0 || kept == all, "{}: some of its outputs changed", graph.path(node));
        if kept == 0 {
            absent.insert(node);
        }
    }
    absent
}

/// What derivations are, whatever their version and their interpreter's; sorted.
fn kinds(graph: &Graph, nodes: impl IntoIterator<Item = NodeId>) -> Vec<(String, &str, Vec<&str>)> {
    let kind = |node| {
        let outputs = graph.outputs(node).map(|(name, _)| name).collect();
        (normalise_pname(graph.pname(node)), graph.system(node), outputs)
    };
    let mut kinds: Vec<_> = nodes.into_iter().map(kind).collect();
    kinds.sort();
    kinds
}

/// Some of each kind: bootstrap, libraries, fetchers, hooks, python, sources in common, no source.
const INSTANTIATED: [&str; 26] = [
    "babel",
    "bootstrap-tools",
    "cmake",
    "cudatoolkit",
    "curl",
    "emacs",
    "fira-code",
    "fontconfig",
    "gcc",
    "glibc",
    "hdf5",
    "linux",
    "makeWrapper",
    "mirrors-list",
    "nginx",
    "openssl",
    "patchelf",
    "perf",
    "perl",
    "pillow",
    "pytestCheckHook",
    "python311",
    "rustc",
    "setuptools",
    "stdenv",
    "zlib",
];

/// Not attributes, which are some derivations: all of them.
#[test]
fn every_derivation() {
    if !needs::nix() {
        return;
    }
    let store = Store::new();
    let before = store.closure(&[]);
    let known_before = outputs(&before);
    for node in before.nodes() {
        let file = testdata("minipkgs/drvs").join(before.path(node).rsplit('/').next().unwrap());
        assert!(!before.is_derivation(node) || file.exists(), "{} is not among those kept here", before.path(node));
    }
    for name in INSTANTIATED {
        let after = store.closure(&["--argstr", "bump", name]);
        let changed = absent(&before, &outputs(&after));
        let new = absent(&after, &known_before);
        assert!(!changed.is_empty() || name == "fira-code", "{name}");
        // each has one that takes its place
        let (old, new) = (kinds(&before, changed.iter().copied()), kinds(&after, new));
        let differ = old.iter().zip(&new).find(|(old, new)| old != new);
        assert!(old.len() == new.len() && differ.is_none(), "{name}: {differ:?}");

        let changed: BTreeSet<String> = changed.into_iter().map(|node| before.path(node)).collect();
        let word = [name];
        let selectors = known(name).map_or(&word[..], |known| known.explicit);
        let (_, found) = impact_of(&before, selectors);
        let more: Vec<_> = found.difference(&changed).collect();
        let less: Vec<_> = changed.difference(&found).collect();
        assert!(more.is_empty() && less.is_empty(), "{name}: only in impact {more:?}, only in Nix's {less:?}");
    }
}

#[test]
fn the_kept_closure_is_what_nix_makes() {
    if !needs::nix() || !needs::zstd() {
        return;
    }
    let script = Path::new(env!("CARGO_MANIFEST_DIR")).join("scripts/make-minipkgs");
    let said = lines(&ran(nix(script).arg("--check")));
    assert!(said.last().is_some_and(|line| line.starts_with("the same: ")), "{said:?}");
}

#[test]
fn expressions() {
    if !needs::nix() {
        return;
    }
    let store = Store::new();
    let folder = testdata("minipkgs");
    let folder = folder.to_str().unwrap();
    let program = Program::new().env("NIX_REMOTE", store.path());
    for (attributes, drvs) in [
        (&["curl"][..], &["curl-8.0.1.drv"][..]),
        (&["python311Packages.pillow", "wget"], &["python3.11-Pillow-9.4.0.drv", "wget-1.21.3.drv"]),
    ] {
        let mut arguments = vec!["ingest", "-f", folder, "--store-root", store.path(), "-o", "nix.ripple"];
        attributes.iter().for_each(|attribute| arguments.extend(["-A", attribute]));
        program.run(&arguments).fine();
        // the files that are kept here, of the derivations that Nix names
        let instantiated = store.instantiate(&arguments[7..]);
        let kept: Vec<String> = instantiated
            .iter()
            .map(|path| path.rsplit('/').next().unwrap().split('!').next().unwrap())
            .zip(drvs)
            .map(|(base, end)| {
                assert_eq!(&base[33..], *end);
                format!("{folder}/drvs/{base}")
            })
            .collect();
        let mut arguments = vec!["ingest", "-o", "files.ripple"];
        arguments.extend(kept.iter().map(String::as_str));
        program.run(&arguments).fine();
        let open = |name: &str| Graph::open(&program.folder.path().join(name)).unwrap();
        let (by_nix, by_files) = (open("nix.ripple"), open("files.ripple"));
        let paths = |graph: &Graph| graph.nodes().map(|node| graph.path(node)).collect::<Vec<_>>();
        assert_eq!(paths(&by_nix), paths(&by_files), "{attributes:?}");
        assert_eq!(by_nix.edge_count(), by_files.edge_count(), "{attributes:?}");
        // what was asked for keeps its name
        let names: Vec<&str> = by_nix.attributes().map(|attribute| by_nix.attribute_name(attribute)).collect();
        assert_eq!(names, attributes);
        // and queries take an expression as they take files
        let mut query = vec!["impact", "pname:zlib", "--format", "json"];
        let files = program.run(&[&query[..], &["-c", "nix.ripple"]].concat()).fine();
        query.extend(["-f", folder, "--store-root", store.path()]);
        attributes.iter().for_each(|attribute| query.extend(["-A", attribute]));
        assert_eq!(program.run(&query).fine(), files, "{attributes:?}");
    }
}

#[test]
fn expressions_that_fail() {
    if !needs::nix() {
        return;
    }
    let store = Store::new();
    let program = Program::new().env("NIX_REMOTE", store.path());
    let folder = testdata("minipkgs");
    let arguments = ["-f", folder.to_str().unwrap(), "--store-root", store.path(), "-A"];
    for command in [&["ingest"][..], &["rank"], &["impact", "zlib"]] {
        let said = program.run(&[command, &arguments, &["python311Packages.pilow"]].concat()).failed();
        assert!(said.contains("nix-instantiate failed"), "{said}");
        assert!(said.contains("attribute 'pilow' in selection path 'python311Packages.pilow' not found"), "{said}");
    }
    program.write("throws.nix", "{ x = throw \"not for this machine\"; }");
    let said = program.run(&["ingest", "-f", "throws.nix", "-A", "x"]).failed();
    assert!(
        said.contains("throws.nix -A x: nix-instantiate failed") && said.contains("not for this machine"),
        "{said}"
    );
    assert!(!program.folder.path().join("closure.ripple").exists());
}

/// Builds in a store of its own, sandboxed and without substitutes; gives the derivations that were
/// built, or Nix's own words if that failed.
pub(crate) fn build_in(store: &Store, arguments: &[&str]) -> Result<Vec<String>, String> {
    let mut command = nix("nix-build");
    command.args(["--store", store.path(), "--no-out-link", "--max-jobs", "2"]);
    command.args(["--option", "substitute", "false", "--option", "sandbox", "true"]);
    // a store that is thrown away need not be on the disk
    command.args(["--option", "fsync-metadata", "false"]);
    command.args(["--option", "sandbox-paths", &sandbox_paths()]).args(arguments);
    let output = command.output().unwrap();
    let log = String::from_utf8_lossy(&output.stderr);
    if !output.status.success() {
        return Err(log.into_owned());
    }
    let built = |line: &str| Some(line.strip_prefix("building '")?.split('\'').next()?.to_owned());
    Ok(log.lines().filter_map(built).collect())
}

/// The machine's own shell and tools, which do the work of the tiny builders.
pub(crate) fn sandbox_paths() -> String {
    let paths = ["/bin", "/lib", "/lib64", "/usr"].into_iter().filter(|path| Path::new(path).exists());
    paths.collect::<Vec<_>>().join(" ")
}

pub(crate) fn sandbox_works() -> bool {
    static WORKS: LazyLock<bool> = LazyLock::new(|| {
        let store = Store::new();
        let probe = store.0.path().join("probe.nix");
        let text = r#"derivation {
            name = "probe"; system = "x86_64-linux"; builder = "/bin/sh"; args = [ "-c" "echo > $out" ];
        }"#;
        std::fs::write(&probe, text).unwrap();
        build_in(&store, &[probe.to_str().unwrap()]).is_ok_and(|built| built.len() == 1)
    });
    *WORKS
}

/// What Nix needs to build for `roots` where everything but the sources of `bumped` is fetched
/// already: it looks behind no other fixed-output derivation.
fn needed(graph: &Graph, roots: &[&str], bumped: &[NodeId]) -> BTreeSet<NodeId> {
    let roots: Vec<String> = roots.iter().map(|root| format!("attr:{root}.x86_64-linux")).collect();
    let roots: Vec<&str> = roots.iter().map(String::as_str).collect();
    let mut queue: Vec<NodeId> = bumps(graph, &roots).into_iter().flat_map(|bump| bump.nodes).collect();
    let mut needed = BTreeSet::new();
    while let Some(node) = queue.pop() {
        if !needed.insert(node) {
            continue;
        }
        for (edge, input) in graph.input_edges(node) {
            let fetched_anew = bumped.contains(&node) && graph.mentions(edge).any(|key| key == "src");
            if graph.is_derivation(input) && (!graph.is_fixed(input) || fetched_anew) {
                queue.push(input);
            }
        }
    }
    needed
}

/// One derivation for each set of outputs.
fn distinct(graph: &Graph, nodes: impl IntoIterator<Item = NodeId>) -> Vec<NodeId> {
    let key = |node| graph.outputs(node).map(|(_, digest)| digest).collect::<Vec<_>>();
    let distinct: BTreeMap<_, NodeId> = nodes.into_iter().map(|node| (key(node), node)).collect();
    distinct.into_values().collect()
}

/// Nix builds what it is said to build: what lies below the bump, and nothing that is fetched but
/// the bumped source, although curl and nghttp2 are behind most fetchers. Two derivations with the same
/// outputs (their sources are fetched in two ways) are built once.
#[test]
fn builds() {
    if !needs::nix() || !needs::sandbox(sandbox_works) {
        return;
    }
    let store = Store::new();
    let folder = testdata("minipkgs");
    let roots = ["curl", "wget"];
    let mut select = vec!["--argstr", "system", "x86_64-linux"];
    roots.iter().for_each(|root| select.extend(["-A", root]));
    let mut all = vec![folder.to_str().unwrap()];
    all.extend(&select);
    let before = store.closure(&select);
    build_in(&store, &all).unwrap_or_else(|log| panic!("{log}"));
    for bump in ["curl", "nghttp2", "nettle"] {
        let bumping = ["--argstr", "bump", bump];
        let after = store.closure(&[&select[..], &bumping].concat());
        let built = build_in(&store, &[&all[..], &bumping].concat()).unwrap_or_else(|log| panic!("{bump}: {log}"));
        let built: BTreeSet<String> = built.into_iter().collect();
        let built: Vec<NodeId> = after.nodes().filter(|&node| built.contains(&after.path(node))).collect();
        let (fetched, made): (Vec<_>, Vec<_>) = built.iter().partition(|&&node| after.is_fixed(node));
        let (_, rebuilt) = impact_of(&before, &[bump]);
        let mut expected = needed(&before, &roots, &bumps(&before, &[bump])[0].nodes);
        expected.retain(|&node| rebuilt.contains(&before.path(node)));
        assert!(!made.is_empty(), "{bump}");
        assert_eq!(kinds(&before, distinct(&before, expected)), kinds(&after, distinct(&after, made)), "{bump}");
        assert_eq!(fetched.len(), 1, "{bump}");
    }
}

/// A planted change: the derivation, what is done to it, and the findings: as it is, and when the
/// file is renamed to what its content hashes to.
struct Planted {
    kind: &'static str,
    drv: &'static str,
    change: fn(&mut Derivation<'_>),
    found: &'static [&'static str],
    renamed: &'static [&'static str],
}

fn variable<'d>(derivation: &'d mut Derivation<'_>, key: &str) -> &'d mut Vec<u8> {
    let found = derivation.environment.iter_mut().find(|(known, _)| known.as_ref() == key.as_bytes());
    found.unwrap_or_else(|| panic!("no {key}")).1.to_mut()
}

fn replace(text: &mut Vec<u8>, from: &str, to: &str) {
    let new = String::from_utf8(text.clone()).unwrap().replacen(from, to, 1);
    assert_ne!(new.as_bytes(), text, "{from}");
    *text = new.into_bytes();
}

/// Another first digit.
fn other(digit: &mut u8) {
    *digit = if *digit == b'0' { b'1' } else { b'0' };
}

const PATH: &str = "wrong-derivation-path";
const OUTPUT: &str = "wrong-output-path";
const VARIABLE: &str = "wrong-output-variable";

const PLANTED: [Planted; 9] = [
    Planted {
        kind: "a variable",
        drv: "texlive-xcolor-3.00.drv",
        change: |drv| replace(variable(drv, "version"), "3.00", "3.01"),
        found: &[PATH, OUTPUT],
        renamed: &[OUTPUT],
    },
    Planted {
        kind: "an output path",
        drv: "texlive-xcolor-3.00.drv",
        change: |drv| other(&mut drv.outputs[0].path.to_mut()[11]),
        found: &[PATH, OUTPUT, VARIABLE],
        renamed: &[OUTPUT, VARIABLE],
    },
    Planted {
        kind: "an output path and its variable",
        drv: "texlive-xcolor-3.00.drv",
        change: |drv| {
            other(&mut drv.outputs[0].path.to_mut()[11]);
            other(&mut variable(drv, "out")[11]);
        },
        found: &[PATH, OUTPUT],
        renamed: &[OUTPUT],
    },
    Planted {
        kind: "which output of an input",
        drv: "wget-1.21.3.drv",
        change: |drv| {
            let used = drv.input_derivations.iter_mut().find(|(_, used)| used.names == [b"dev".as_slice()]);
            used.unwrap().1.names = vec![b"out".into()];
        },
        found: &[PATH, OUTPUT],
        renamed: &[OUTPUT],
    },
    Planted {
        kind: "one more source",
        drv: "texlive-xcolor-3.00.drv",
        change: |drv| {
            drv.input_sources.push(b"/nix/store/zzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzz-extra.sh".into());
            drv.sort();
        },
        found: &[PATH, OUTPUT],
        renamed: &[OUTPUT],
    },
    Planted {
        kind: "the hash of a fixed output",
        drv: "wget-1.21.3.tar.gz.drv",
        change: |drv| other(&mut drv.outputs[0].hash.to_mut()[0]),
        found: &[PATH, OUTPUT],
        renamed: &[OUTPUT],
    },
    Planted {
        kind: "a structured attribute",
        drv: "wget-1.21.3.drv",
        change: |drv| replace(variable(drv, "__json"), "wget-1.21.3", "wget-1.21.4"),
        found: &[PATH, OUTPUT],
        renamed: &[OUTPUT],
    },
    Planted {
        kind: "the placeholder of a floating output",
        drv: "ca-library-1.0.drv",
        change: |drv| other(&mut variable(drv, "out")[1]),
        found: &[PATH, VARIABLE],
        renamed: &[VARIABLE],
    },
    // under its right name it is another derivation, whose path hangs on its content alone
    Planted {
        kind: "the placeholder of a floating input",
        drv: "ca-tool-2.0.drv",
        change: |drv| {
            let flags = variable(drv, "configureFlags");
            let at = flags.iter().position(|&byte| byte == b'/').unwrap();
            other(&mut flags[at + 1]);
        },
        found: &[PATH],
        renamed: &[],
    },
];

fn verified(folder: &Path) -> Vec<(&'static str, String)> {
    let options = IngestOptions { keep_texts: true, ..IngestOptions::default() };
    let (raw, _) = support::read(&[folder], &options).unwrap();
    let verified = verify(&raw);
    assert!(verified.derivations > 1);
    verified.problems.into_iter().map(|problem| (problem.code, problem.message)).collect()
}

/// A copy of a derivation's closure, and its own file in there.
fn copy_of_closure(drv: &str) -> (TempDir, std::path::PathBuf) {
    let root = support::minipkg(drv);
    let folder = tempfile::tempdir().unwrap();
    for file in support::closure_files(&root) {
        std::fs::copy(&file, folder.path().join(file.file_name().unwrap())).unwrap();
    }
    let file = folder.path().join(root.file_name().unwrap());
    assert_eq!(verified(folder.path()), []);
    (folder, file)
}

#[test]
fn planted_changes_are_found() {
    for planted in PLANTED {
        let (folder, file) = copy_of_closure(planted.drv);
        let base = file.file_name().unwrap().to_str().unwrap();
        let text = std::fs::read(&file).unwrap();
        let mut derivation = aterm::parse(&text).unwrap();
        (planted.change)(&mut derivation);
        let changed = aterm::print(&derivation);
        assert_ne!(changed, text);
        std::fs::write(&file, changed).unwrap();
        let check = |expected: &[&str], base: &str| {
            let found = verified(folder.path());
            let codes: Vec<&str> = found.iter().map(|(code, _)| *code).collect();
            assert_eq!(codes, expected, "{}: {found:?}", planted.kind);
            assert!(found.iter().all(|(_, message)| message.contains(base)), "{}: {found:?}", planted.kind);
            found
        };
        let found = check(planted.found, base);
        // a liar who also gives the file its right name
        let digest = found[0].1.split("hashes to ").nth(1).unwrap()[..32].to_owned();
        let right = format!("{digest}{}", &base[32..]);
        std::fs::rename(&file, folder.path().join(&right)).unwrap();
        check(planted.renamed, &right);
    }
}

#[test]
fn a_renamed_file_is_found() {
    let (folder, file) = copy_of_closure("texlive-xcolor-3.00.drv");
    let base = file.file_name().unwrap().to_str().unwrap();
    let other = format!("zzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzz{}", &base[32..]);
    let renamed = folder.path().join(&other);
    std::fs::rename(&file, &renamed).unwrap();
    let found = verified(folder.path());
    assert!(found.len() == 1 && found[0].0 == PATH && found[0].1.contains(&other), "{found:?}");
    // with another name its outputs are none of its own: reading refuses that
    let other = base.replace("3.00", "3.01");
    std::fs::rename(&renamed, folder.path().join(&other)).unwrap();
    let error = support::read(&[folder.path()], &IngestOptions::default()).unwrap_err().to_string();
    assert!(error.contains(&other) && error.contains("expected 'texlive-xcolor-3.01'"), "{error}");
}

#[test]
fn the_kept_closure_is_intact() {
    let program = Program::new();
    let drvs = testdata("minipkgs/drvs");
    let ran = program.run(&["ingest", "--verify", drvs.to_str().unwrap()]);
    let derivations = support::files(&drvs).len();
    let says = format!("verified: {derivations} derivation paths and ");
    assert!(ran.code == 0 && ran.talk.starts_with(&says), "{ran:?}");
    // a change behind others shows in them as well; the program names what was changed
    let folder = program.folder.path().join("drvs");
    std::fs::create_dir(&folder).unwrap();
    let changed = support::minipkg("zlib-1.2.13.drv");
    let base = changed.file_name().unwrap().to_str().unwrap();
    for (name, mut text) in support::files(&drvs) {
        if name == base {
            replace(&mut text, "(\"version\",\"1.2.13\")", "(\"version\",\"1.2.14\")");
        }
        std::fs::write(folder.join(name), text).unwrap();
    }
    let said = program.run(&["ingest", "--verify", "drvs", "-o", "x.ripple", "-v"]).failed();
    assert!(said.contains(&format!("{base}: its content hashes to")), "{}", &said[..said.len().min(2000)]);
    assert!(!program.folder.path().join("x.ripple").exists());
}
