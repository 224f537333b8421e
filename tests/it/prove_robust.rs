//! `prove` attacked: inputs that are found in odd ways, builds that end in odd ways, a Nix that is odd
//! itself. Nothing that is not true may become evidence.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

use nix_ripple::verdict::{Evidence, EvidenceFile, Experiment};
use serde_json::Value;

use crate::cli::program::{Program, Ran};
use crate::needs;
use crate::nix_as_judge::{Store, sandbox_works};
use crate::support::testdata;

mod attacks;
mod ends;
mod fidelity;
mod odd_nix;

/// A store and an evidence file of their own.
struct Lab {
    store: Store,
    program: Program,
}

impl Lab {
    /// `None` where Nix cannot build in a sandbox.
    fn new() -> Option<Self> {
        if !needs::nix() || !needs::sandbox(sandbox_works) {
            return None;
        }
        Some(Self { store: Store::new(), program: Program::new() })
    }

    fn evidence_file(&self) -> PathBuf {
        self.program.folder.path().join("evidence.jsonl")
    }

    /// The arguments that try an input of packages; behind them stand options of Nix.
    fn arguments(&self, packages: &[&str], input: &str) -> Vec<String> {
        let mut arguments = vec!["prove".to_owned(), "-f".to_owned()];
        arguments.push(testdata("experiments").display().to_string());
        packages.iter().for_each(|package| arguments.extend(["-A".to_owned(), (*package).to_owned()]));
        for (key, value) in [("--input", input), ("--store-root", self.store.path()), ("--format", "json")] {
            arguments.extend([key.to_owned(), value.to_owned()]);
        }
        arguments.extend(["-o".to_owned(), self.evidence_file().display().to_string(), "--".to_owned()]);
        let settings = [("substitute", "false"), ("fsync-metadata", "false"), ("sandbox-paths", &shell())];
        for (key, value) in settings {
            arguments.extend(["--option".to_owned(), key.to_owned(), value.to_owned()]);
        }
        arguments
    }

    fn prove(&self, packages: &[&str], options: &[&str]) -> Ran {
        let mut arguments = self.arguments(packages, "thing");
        arguments.extend(options.iter().map(|&option| option.to_owned()));
        self.program.run(&arguments)
    }

    /// What the evidence file holds, which must be whole.
    fn evidence(&self) -> Vec<Experiment> {
        experiments(&self.evidence_file())
    }
}

fn experiments(file: &Path) -> Vec<Experiment> {
    if !file.exists() {
        return Vec::new();
    }
    let (file, problems) = EvidenceFile::load(file).unwrap();
    assert!(problems.is_empty(), "{problems:?}");
    // what outputs mention holds however the experiments end
    let experiment = |evidence| match evidence {
        Evidence::Experiment(experiment) => Some(experiment),
        Evidence::References(_) => None,
        other => panic!("{other:?}"),
    };
    file.evidence.into_iter().filter_map(experiment).collect()
}

/// What of the machine the builds of `testdata/experiments` want.
fn shell() -> String {
    let folders = ["/bin", "/lib", "/lib64", "/usr"].into_iter().filter(|path| Path::new(path).exists());
    folders.collect::<Vec<_>>().join(" ")
}

/// Experiment, outcome, verdict and grade by the attribute.
fn answers(ran: &Ran) -> BTreeMap<String, String> {
    let row = |line: &str| {
        let row: Value = serde_json::from_str(line).unwrap();
        let word = |key: &str| row[key].as_str().unwrap().to_owned();
        let answer = ["experiment", "outcome", "verdict", "grade"].map(word).join(" ");
        (row["consumer"]["attribute"].as_str().unwrap().to_owned(), answer)
    };
    ran.out.lines().map(row).collect()
}
