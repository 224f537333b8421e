//! The probe, run by the real Nix on the small distribution.

use std::collections::{BTreeMap, BTreeSet};

use nix_ripple::graph::{EdgeId, Graph};
use nix_ripple::proof::differing_keys;
use nix_ripple::verdict::{Evidence, EvidenceFile, Grade, Variant, Verdicts};
use serde_json::Value;

use super::offline::{Vanished, check_only, vanished};
use crate::cli::program::{Program, Ran};
use crate::needs;
use crate::nix_as_judge::{Store, nix, ran};
use crate::support::testdata;

const SYSTEMS: [&str; 4] = ["x86_64-linux", "aarch64-linux", "x86_64-darwin", "aarch64-darwin"];

/// A program that uses a store of its own.
struct Prober {
    store: Store,
    program: Program,
}

impl Prober {
    fn new() -> Self {
        let store = Store::new();
        let program = Program::new().env("NIX_REMOTE", store.path());
        Self { store, program }
    }

    fn run(&self, file: &str, arguments: &[&str]) -> Ran {
        let file = testdata(file);
        let start = ["probe", "-f", file.to_str().unwrap(), "--store-root", self.store.path()];
        self.program.run(&[&start, arguments].concat())
    }

    /// Probes, and gives what was written.
    fn probe(&self, file: &str, arguments: &[&str]) -> EvidenceFile {
        self.run(file, arguments).fine();
        self.written("evidence.jsonl")
    }

    /// What stands in a file, which is taken away: another probe would append to it.
    fn written(&self, name: &str) -> EvidenceFile {
        let path = self.program.folder.path().join(name);
        let (file, problems) = EvidenceFile::load(&path).unwrap();
        assert_eq!(problems, []);
        std::fs::remove_file(path).unwrap();
        file
    }

    fn evaluate(&self, arguments: &[&str]) -> Value {
        let mut command = nix("nix-instantiate");
        command.args(["--store", self.store.path(), "--eval", "--strict", "--json", "--readonly-mode"]);
        serde_json::from_slice(&ran(command.args(arguments)).stdout).unwrap()
    }

    /// What the definitions of packages say.
    fn truth(&self, system: &str) -> Vanished {
        let file = testdata("probe/check-only.nix");
        let value = self.evaluate(&[file.to_str().unwrap(), "--argstr", "system", system]);
        serde_json::from_value(value).unwrap()
    }
}

/// The arguments that name the closure which is kept here.
fn kept() -> Vec<String> {
    let path = |name: &str| testdata(name).to_str().unwrap().to_owned();
    vec!["-c".to_owned(), path("minipkgs/drvs"), "-c".to_owned(), path("minipkgs/outpaths.json")]
}

fn texts(list: &[String]) -> Vec<&str> {
    list.iter().map(String::as_str).collect()
}

/// Attributes that have no `overrideAttrs`: the environments themselves.
fn is_bare(attribute: &str) -> bool {
    let last = attribute.rsplit('.').next().unwrap();
    ["stdenv", "tools", "bootstrap-tools"].contains(&last)
}

#[test]
fn every_package_of_every_system() {
    if !needs::nix() {
        return;
    }
    let prober = Prober::new();
    let outpaths: BTreeMap<String, Value> =
        serde_json::from_slice(&std::fs::read(testdata("minipkgs/outpaths.json")).unwrap()).unwrap();
    let closure = kept();
    for system in SYSTEMS {
        let file = prober.probe("minipkgs", &[&texts(&closure)[..], &["--system", system]].concat());
        let truth = prober.truth(system);
        assert!(truth.len() > 50, "{system}: {}", truth.len());
        assert_eq!(vanished(&file), truth, "{system}");
        for evidence in check_only(&file) {
            assert_eq!(evidence.differing_keys.as_deref(), Some(&[][..]), "{}", evidence.package.name);
            assert_eq!(evidence.grade, Grade::Inferred);
        }
        // all attributes of the system are in the one or the other
        for failure in &file.failures {
            assert!(is_bare(&failure.attribute), "{failure:?}");
            assert_eq!(failure.variant, Variant::WithoutChecks);
        }
        let failed: BTreeSet<&str> = file.failures.iter().map(|failure| failure.attribute.as_str()).collect();
        let end = format!(".{system}");
        for attribute in outpaths.keys().filter_map(|key| key.strip_suffix(&end)) {
            assert_eq!(failed.contains(attribute), is_bare(attribute), "{attribute}");
        }
    }
}

/// What happens to an attribute of `awkward.nix`.
enum Expect {
    /// The package fails, and Nix or the probe says this.
    Package(&'static str),
    /// So does the package without checks, alone.
    WithoutChecks(&'static str),
    /// These names vanish, these keys differ, and these names appear.
    Loses(&'static [&'static str], &'static [&'static str], &'static [&'static str]),
}

use Expect::{Loses, Package, WithoutChecks};

const AWKWARD: [(&str, Expect); 28] = [
    ("awkward.throws", Package("it throws, or an assertion fails")),
    ("awkward.asserts", Package("it throws, or an assertion fails")),
    ("awkward.aborts", Package("aborted on purpose")),
    ("awkward.mistyped", Package("cannot add a string to an integer")),
    ("awkward.recursive", Package("infinite recursion")),
    ("awkward.overflows", Package("stack overflow")),
    ("awkward.lacks", Package("attribute 'nowhere' missing")),
    ("awkward.number", Package("it is no derivation")),
    ("awkward.plain", Package("it is no derivation")),
    ("awkward.wanting", Package("anArgumentThatNobodyGives")),
    ("awkward.missing", Package("there is no 'missing' in awkward")),
    ("awkward.number.x", Package("there is no 'x' in awkward.number, which is no set")),
    ("awkward.function.inner.2", Package("there is no '2' in awkward.function.inner")),
    ("nowhere.x", Package("there is no 'nowhere'")),
    ("awkward.\"open", Package("is not closed")),
    ("awkward.throwsOnceOff", WithoutChecks("it throws, or an assertion fails")),
    ("awkward.abortsOnceOff", WithoutChecks("aborted without checks")),
    ("awkward.bare", WithoutChecks("no overrideAttrs")),
    ("awkward.wrapper", WithoutChecks("an override that changes nothing")),
    ("awkward.forgetful", Loses(&["python3.11-pytest-timeout-2.1.0", "python3.11-pytestCheckHook-1"], &[], &[])),
    ("awkward.pythonic", Loses(&["which-2.21"], &[], &[])),
    ("awkward.unpythonic", Loses(&["python3-3.11.3"], &[], &[])),
    ("awkward.flagged", Loses(&["which-2.21"], &["cmakeFlags"], &[])),
    ("awkward.replaced", Loses(&["which-2.21"], &[], &["file-5.44"])),
    ("awkward.remade", Loses(&["which-2.21"], &["data"], &["data-1"])),
    ("awkward.function.inner.0", Loses(&["python3-3.11.3"], &[], &[])),
    ("awkward.\"function\".inner.1", Loses(&["openssl-3.0.8", "which-2.21"], &[], &[])),
    ("zlib", Loses(&[], &[], &[])),
];

fn sorted<'n>(names: impl Iterator<Item = &'n str>) -> Vec<&'n str> {
    let mut names: Vec<&str> = names.collect();
    names.sort_unstable();
    names
}

#[test]
fn what_fails_is_named_and_spoils_nothing() {
    if !needs::nix() {
        return;
    }
    let prober = Prober::new();
    let good = ["curl", "python311Packages.numpy", "wget", "arrow-cpp", "netcdf", "git", "redis"];
    let mut attributes: Vec<&str> =
        good.iter().copied().chain(AWKWARD.iter().map(|(attribute, _)| *attribute)).collect();
    attributes.sort_unstable_by_key(|attribute| attribute.chars().rev().collect::<String>());
    let mut arguments = vec!["--argstr", "system", "x86_64-linux"];
    attributes.iter().for_each(|attribute| arguments.extend(["-A", attribute]));
    let file = prober.probe("probe/awkward.nix", &arguments);
    // whatever the batches
    for batch in ["1", "3", "1000"] {
        for threads in ["1", "4"] {
            let more = ["--batch", batch, "--threads", threads, "-o", "again.json"];
            prober.run("probe/awkward.nix", &[&arguments[..], &more].concat()).fine();
            assert_eq!(prober.written("again.json"), file, "--batch {batch} --threads {threads}");
        }
    }
    let failures: BTreeMap<&str, _> =
        file.failures.iter().map(|failure| (failure.attribute.as_str(), failure)).collect();
    let evidence: BTreeMap<&str, _> =
        check_only(&file).map(|evidence| (evidence.package.attribute.as_str(), evidence)).collect();
    for (attribute, expect) in AWKWARD {
        let (failure, evidence) = (failures.get(attribute), evidence.get(attribute));
        let (variant, message) = match expect {
            Package(message) => (Variant::Package, message),
            WithoutChecks(message) => (Variant::WithoutChecks, message),
            Loses(inputs, keys, appeared) => {
                assert_eq!(failure, None, "{attribute}");
                let found = evidence.map(|evidence| {
                    let grade = if keys.is_empty() && appeared.is_empty() { Grade::Inferred } else { Grade::Suspected };
                    assert_eq!(evidence.grade, grade, "{attribute}");
                    assert_eq!(evidence.differing_keys.as_deref().unwrap(), keys, "{attribute}");
                    assert_eq!(sorted(evidence.appeared.iter().map(|input| input.name.as_str())), appeared);
                    sorted(evidence.inputs.iter().map(|input| input.name.as_str()))
                });
                assert_eq!(found.unwrap_or_default(), inputs, "{attribute}");
                continue;
            }
        };
        let failure = failure.unwrap_or_else(|| panic!("{attribute} is no failure"));
        assert_eq!(failure.variant, variant, "{attribute}: {}", failure.error);
        assert!(failure.error.contains(message), "{attribute}: {}", failure.error);
        assert!(evidence.is_none(), "{attribute}");
    }
    let truth = prober.truth("x86_64-linux");
    let found = vanished(&file);
    for attribute in good {
        assert_eq!(found.get(attribute), truth.get(attribute), "{attribute}");
    }
}

/// The edges that evidence speaks of, and the names of their consumers.
fn judged(graph: &Graph, evidence: &[Evidence]) -> BTreeSet<EdgeId> {
    Verdicts::new(graph, evidence).0.edges().map(|(edge, _)| edge).collect()
}

/// Evidence found before a bump says of the bumped closure what evidence found after it does, but for
/// packages whose own recipe changed.
#[test]
fn evidence_outlives_bumps_of_inputs() {
    if !needs::nix() {
        return;
    }
    let prober = Prober::new();
    let closure = kept();
    let before = prober.probe("minipkgs", &[&texts(&closure)[..], &["--system", "x86_64-linux"]].concat());
    let recipes: BTreeSet<_> = {
        let graph = prober.store.closure(&[]);
        assert_eq!(Verdicts::new(&graph, &before.evidence).1, []);
        graph.nodes().map(|node| graph.recipe(node)).collect()
    };
    for bump in ["pytest", "gtest", "python311", "pandas", "stdenv"] {
        let bumped = ["--argstr", "bump", bump];
        let mut arguments = texts(&closure);
        arguments.extend(["--system", "x86_64-linux"]);
        arguments.extend(bumped);
        let after = prober.probe("minipkgs", &arguments);
        let graph = prober.store.closure(&bumped);
        let (old, new) = (judged(&graph, &before.evidence), judged(&graph, &after.evidence));
        let claimed: Vec<String> = old.difference(&new).map(|&edge| graph.path(graph.edge_consumer(edge))).collect();
        assert_eq!(claimed, Vec::<String>::new(), "{bump}: more than a probe shows");
        let lost: BTreeSet<_> = new.difference(&old).map(|&edge| graph.edge_consumer(edge)).collect();
        for node in &lost {
            assert!(!recipes.contains(&graph.recipe(*node)), "{bump}: {} is lost", graph.name(*node));
        }
        assert!(old.len() > new.len() / 2, "{bump}: {} of {} are left", old.len(), new.len());
        let is_lost = |name: &str| lost.iter().any(|&node| graph.name(node).starts_with(name));
        match bump {
            // a package's own version is a part of its recipe
            "pandas" => assert!(is_lost("python3.11-pandas-1.5.3.1") && !is_lost("python3.11-numpy"), "{bump}"),
            _ => assert!(!is_lost("python3.11-pandas"), "{bump}"),
        }
    }
}

/// The closure is told to be of another evaluation, or not.
#[test]
fn a_closure_of_another_revision() {
    if !needs::nix() {
        return;
    }
    let prober = Prober::new();
    let closure = kept();
    let said = |more: &[&str]| prober.run("minipkgs", &[&texts(&closure)[..], more].concat()).talk;
    let talk = said(&[]);
    assert!(!talk.contains("other-packages"), "{talk}");
    let bumps = testdata("minipkgs/bumps.nix");
    let names = ["--arg", "names", "[ \"cunit\" ]", "--arg", "systems", "[ \"x86_64-linux\" ]"];
    let changed =
        prober.evaluate(&[&[bumps.to_str().unwrap()], &names[..]].concat())["cunit"].as_array().unwrap().len();
    let talk = said(&["--argstr", "bump", "cunit"]);
    let told = format!("warning: other-packages: {changed} attributes evaluate to other packages");
    assert!(changed > 100 && talk.contains(&told), "{talk}");
}

/// An input that also stands in another list does not vanish, nor does one that a phase names.
#[test]
fn what_does_not_vanish() {
    if !needs::nix() {
        return;
    }
    let prober = Prober::new();
    let names = |file: &EvidenceFile| -> Vec<String> {
        let inputs = check_only(file).flat_map(|evidence| &evidence.inputs);
        inputs.map(|input| input.name.clone()).collect()
    };
    // its checkPhase names tcl
    assert_eq!(names(&prober.probe("minipkgs", &["-A", "redis"])), ["procps-3.3.17"]);
    // checks are off
    assert_eq!(names(&prober.probe("minipkgs", &["-A", "python311Packages.matplotlib"])), Vec::<String>::new());
}

/// Two closures made by Nix, one of them without checks, show the same as a probe.
#[test]
fn two_closures() {
    if !needs::nix() {
        return;
    }
    let prober = Prober::new();
    let attributes = ["curl", "gnutls", "proj", "zlib"];
    let mut arguments = Vec::new();
    attributes.iter().for_each(|attribute| arguments.extend(["-A", attribute]));
    let probed = prober.probe("minipkgs", &arguments);
    assert_eq!(probed.evidence.len(), 3);
    let off = prober.program.write(
        "off.nix",
        format!(
            "let packages = import {} {{ }}; in builtins.mapAttrs (_: package: package.overrideAttrs (_: \
             {{ doCheck = false; doInstallCheck = false; }})) {{ inherit (packages) {}; }}",
            testdata("minipkgs").display(),
            attributes.join(" ")
        ),
    );
    let minipkgs = testdata("minipkgs");
    for (file, output) in [(minipkgs.as_path(), "on.ripple"), (&off, "off.ripple")] {
        let start = ["ingest", "-f", file.to_str().unwrap(), "--store-root", prober.store.path(), "-o", output];
        prober.program.run(&[&start[..], &arguments].concat()).fine();
    }
    let start = ["probe", "-c", "on.ripple", "--compare", "off.ripple", "-o", "compared.json"];
    prober.program.run(&[&start[..], &["--store-root", prober.store.path()]].concat()).fine();
    assert_eq!(prober.written("compared.json"), probed);
    // without the store, snapshots have no texts: what else differs is not known then
    let nowhere = tempfile::tempdir().unwrap();
    prober.program.run(&[&start[..], &["--store-root", nowhere.path().to_str().unwrap()]].concat()).fine();
    let file = prober.written("compared.json");
    assert_eq!(vanished(&file), vanished(&probed));
    for evidence in check_only(&file) {
        assert_eq!((&evidence.differing_keys, evidence.grade), (&None, Grade::Suspected));
    }
}

/// A derivation differs from itself in nothing, and from another in its name at least.
#[test]
fn differences_of_kept_derivations() {
    let files = crate::support::files(&testdata("minipkgs/drvs"));
    let parsed: Vec<_> = files.iter().map(|(_, text)| nix_ripple::nix::aterm::parse(text).unwrap()).collect();
    for pair in parsed.windows(2) {
        assert_eq!(differing_keys(&pair[0], &pair[0]), Vec::<String>::new());
        if pair[0].variable(b"name") != pair[1].variable(b"name") && pair[0].variable(b"name").is_some() {
            assert!(differing_keys(&pair[0], &pair[1]).contains(&"name".to_owned()));
        }
    }
}
