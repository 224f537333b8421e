//! Experiments on real software: the labels that were found once, and some of them found again.
//!
//! `testdata/realpkgs/labels.jsonl` is what `nix-ripple prove` found, on every effective python input of these
//! packages: an evidence file, as it was appended. Rules are scored by it, never made by it.

use std::collections::{BTreeMap, BTreeSet};
use std::path::PathBuf;
use std::process::Command;

use nix_ripple::verdict::{Claims, Evidence, EvidenceFile, Experiment, Outcome, Verdict};
use serde_json::Value;

use crate::needs;
use crate::nix_as_judge::{sandbox_paths, sandbox_works};
use crate::support::testdata;

/// The experiments of each pair, by package and input.
pub(crate) fn labels() -> BTreeMap<(String, String), Vec<Experiment>> {
    let (file, problems) = EvidenceFile::load(&testdata("realpkgs/labels.jsonl")).unwrap();
    assert_eq!(problems, Vec::new());
    let mut labels: BTreeMap<(String, String), Vec<Experiment>> = BTreeMap::new();
    for evidence in file.evidence {
        let Evidence::Experiment(shown) = evidence else { panic!("an experiment, not {evidence:?}") };
        labels.entry((shown.package.attribute.clone(), shown.input.pname.clone())).or_default().push(shown);
    }
    labels
}

pub(crate) fn verdict(experiments: &[Experiment]) -> Verdict {
    experiments.iter().map(Experiment::claims).fold(Claims::default(), Claims::and).verdict().0
}

#[test]
fn labels_are_of_real_packages() {
    let labels = labels();
    let pinned: Value = serde_json::from_slice(&std::fs::read(testdata("realpkgs/sources.json")).unwrap()).unwrap();
    let packages: BTreeSet<&str> = labels.keys().map(|(package, _)| package.as_str()).collect();
    assert!(packages.len() >= 30, "{}", packages.len());
    assert!(labels.len() >= 150, "{}", labels.len());
    for ((package, input), experiments) in &labels {
        let version = |name: &str| pinned[name]["version"].as_str().map(str::to_owned);
        let built = version(package).unwrap_or_else(|| panic!("{package} is not pinned"));
        for shown in experiments {
            assert!(shown.package.name.ends_with(&format!("-{package}-{built}")), "{shown:?}");
            let version = version(input).unwrap_or_else(|| panic!("{input} is not pinned"));
            assert!(shown.input.name.ends_with(&format!("-{input}-{version}")), "{shown:?}");
            assert!(shown.sandboxed, "{shown:?}");
        }
    }
    // all kinds of answers occur, so that a score means something
    let mut found: BTreeMap<&str, usize> = BTreeMap::new();
    for experiments in labels.values() {
        *found.entry(verdict(experiments).as_str()).or_default() += 1;
    }
    for verdict in ["affects", "reference-only", "test-only", "no-effect"] {
        assert!(found.get(verdict).is_some_and(|count| *count >= 5), "{verdict}: {found:?}");
    }
}

/// Packages that build in seconds, from sources that need nothing but python and a C compiler.
const AGAIN: [&str; 3] = ["markupsafe", "six", "requests"];

#[test]
fn some_labels_are_found_again() {
    let sources = needs::realpkgs();
    let Some(sources) = sources.filter(|_| needs::nix() && needs::sandbox(sandbox_works)) else { return };
    let folder = tempfile::tempdir().unwrap();
    let evidence = folder.path().join("evidence.jsonl");
    let mut command = Command::new(env!("CARGO_BIN_EXE_nix-ripple"));
    command.args(["prove", "--format", "json", "--jobs", "2", "-f"]).arg(testdata("realpkgs"));
    for package in AGAIN {
        command.args(["-A", package]);
    }
    command.args(["--input", "python3.11-*", "--arg", "sources"]).arg(&sources);
    command.arg("--store-root").arg(folder.path().join("store")).arg("-o").arg(&evidence);
    command.args(["--", "--option", "substitute", "false", "--option", "sandbox-paths", &sandbox_paths()]);
    let output = command.output().unwrap();
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    let labels = labels();
    let mut seen = BTreeSet::new();
    for line in output.stdout.split(|&byte| byte == b'\n').filter(|line| !line.is_empty()) {
        let row: Value = serde_json::from_slice(line).unwrap();
        let text = |pointer: &str| row.pointer(pointer).and_then(Value::as_str).unwrap().to_owned();
        let pair = (text("/consumer/attribute"), text("/input/pname"));
        let label = labels.get(&pair).unwrap_or_else(|| panic!("{pair:?} has no label"));
        assert_eq!(text("/verdict"), verdict(label).as_str(), "{row:#}");
        let outcomes: BTreeSet<&str> = label.iter().map(|shown: &Experiment| Outcome::as_str(shown.outcome)).collect();
        assert!(outcomes.contains(text("/outcome").as_str()), "{row:#}");
        seen.insert(pair);
    }
    let expected: BTreeSet<_> =
        labels.keys().filter(|(package, _)| AGAIN.contains(&package.as_str())).cloned().collect();
    assert_eq!(seen, expected);
}

/// Where the sources lie, as `scripts/fetch-realpkgs` puts them.
pub(crate) fn sources() -> Option<PathBuf> {
    let cache = std::env::var_os("XDG_CACHE_HOME").filter(|folder| !folder.is_empty()).map(PathBuf::from);
    let cache = cache.or_else(|| Some(PathBuf::from(std::env::var_os("HOME")?).join(".cache")))?;
    Some(cache.join("nix-ripple/realpkgs")).filter(|folder| folder.is_dir())
}
