//! Each planted pair is settled rightly, and the evidence says so afterwards.

use std::collections::BTreeMap;
use std::io::Write;
use std::net::TcpListener;
use std::path::Path;
use std::sync::{Mutex, PoisonError};

use serde_json::Value;

use super::judge::{bare, judge};
use super::label::{Label, Word, labels};
use crate::cli::program::Program;
use crate::needs;
use crate::nix_as_judge::{Store, sandbox_works};
use crate::support::testdata;

/// Builds most of what the others have in common.
const FIRST: &str = "python-plain";

#[test]
fn labels_are_many_and_each_gives_its_reason() {
    if !needs::nix() {
        return;
    }
    let all: Vec<&Label> = labels().values().flatten().collect();
    assert!(all.len() >= 100, "{}", all.len());
    for label in &all {
        assert!(!label.why.is_empty() && !label.verdict.is_empty(), "{label:?}");
        // what may not be shown is named; what is shown says how it ended
        assert_eq!(label.outcome.is_empty(), !label.says.is_empty(), "{label:?}");
        let silent = label.verdict == [Word::Unknown];
        assert!(silent || !label.outcome.is_empty(), "{label:?}");
    }
    for word in [Word::Affects, Word::ReferenceOnly, Word::TestOnly, Word::NoEffect, Word::Unknown] {
        assert!(all.iter().filter(|label| label.verdict == [word]).count() >= 5, "{word:?}");
    }
}

/// Answers on a port as long as the process lives, as the input that is asked for would.
fn answer(port: u16) {
    match TcpListener::bind(("127.0.0.1", port)) {
        Ok(listener) => drop(std::thread::spawn(move || {
            for stream in listener.incoming() {
                let _ = stream.and_then(|mut stream| stream.write_all(b"token of quill\n"));
            }
        })),
        // past libtest, which would keep it back
        Err(error) => drop(
            std::io::stderr()
                .write_all(format!("left out: an answer from the machine's port {port}: {error}\n").as_bytes()),
        ),
    }
}

struct Run<'a> {
    store: &'a Store,
    program: Program,
    attribute: &'a str,
    wrong: Vec<String>,
}

impl Run<'_> {
    /// What came of each input.
    fn prove<'l>(&mut self, labels: &'l [Label]) -> BTreeMap<&'l str, Word> {
        let expression = testdata("minipkgs/planted.nix");
        let paths: Vec<&str> =
            ["/bin", "/lib", "/lib64", "/usr"].into_iter().filter(|path| Path::new(path).exists()).collect();
        let paths = paths.join(" ");
        let mut arguments = vec!["prove", "-f", expression.to_str().unwrap(), "-A", self.attribute];
        labels.iter().for_each(|label| arguments.extend(["--input", &label.input]));
        arguments.extend(["--store", self.store.path(), "--format", "json", "--evidence", "evidence.jsonl", "--"]);
        arguments.extend(["--option", "sandbox-paths", &paths, "--option", "substitute", "false"]);
        arguments.extend(["--option", "fsync-metadata", "false"]);
        arguments.extend(labels[0].options.iter().map(String::as_str));
        let ran = self.program.run(&arguments);
        let mut verdicts = BTreeMap::new();
        for label in labels {
            match judge(label, &ran) {
                Ok(word) => drop(verdicts.insert(label.input.as_str(), word)),
                Err(wrong) => {
                    let (attribute, input, why) = (self.attribute, &label.input, &label.why);
                    self.wrong.push(format!("{attribute}, {input}: {why}\n    {}", wrong.join("\n    ")));
                }
            }
        }
        verdicts
    }

    /// What is known of each input by the evidence that was recorded.
    fn known(&mut self, verdicts: &BTreeMap<&str, Word>) {
        if !self.program.folder.path().join("evidence.jsonl").exists() {
            if verdicts.values().any(|&word| word != Word::Unknown) {
                self.wrong.push(format!("{}: no evidence was recorded", self.attribute));
            }
            return;
        }
        let expression = testdata("minipkgs/planted.nix");
        let mut arguments = vec!["inputs", "-f", expression.to_str().unwrap(), "-A", self.attribute];
        arguments.extend(["--store-root", self.store.path(), "--effective", "--evidence", "evidence.jsonl"]);
        let selector = format!("attr:{}", self.attribute);
        arguments.extend(["--format", "json", &selector]);
        let ran = self.program.run(&arguments);
        if ran.code != 0 {
            self.wrong.push(format!("{}: inputs with the evidence: {}", self.attribute, ran.talk));
            return;
        }
        let report: Value = serde_json::from_str(&ran.out).unwrap();
        for (&input, &verdict) in verdicts {
            let found: Vec<(Word, Option<&str>)> = report["inputs"]
                .as_array()
                .unwrap()
                .iter()
                .filter(|known| known["pname"].as_str().is_some_and(|pname| bare(pname) == input))
                .map(|known| (serde_json::from_value(known["verdict"].clone()).unwrap(), known["grade"].as_str()))
                .collect();
            let grade = (verdict != Word::Unknown).then_some("proven");
            if found != [(verdict, grade)] {
                self.wrong
                    .push(format!("{}, {input}: by the evidence {found:?}, not {verdict:?} {grade:?}", self.attribute));
            }
        }
    }
}

/// All pairs of a package; what is wrong with them.
fn package(store: &Store, attribute: &str, labels: &[Label]) -> Vec<String> {
    let mut program = Program::new().env("NIX_REMOTE", store.path());
    let features = &labels[0].features;
    if !features.is_empty() {
        program = program.env("NIX_CONFIG", &format!("extra-experimental-features = {}", features.join(" ")));
    }
    let mut run = Run { store, program, attribute, wrong: Vec::new() };
    let verdicts = run.prove(labels);
    run.known(&verdicts);
    run.wrong
}

#[test]
fn every_planted_case_is_settled_rightly() {
    if !needs::nix() || !needs::sandbox(sandbox_works) {
        return;
    }
    let store = Store::new();
    let mut packages: Vec<(&str, &[Label])> = labels()
        .iter()
        .map(|(attribute, labels)| (attribute.as_str(), labels.as_slice()))
        .filter(|(attribute, labels)| needs::machine(attribute, &labels[0].needs))
        .collect();
    packages.iter().filter_map(|(_, labels)| labels[0].listens).for_each(answer);
    let first = packages.iter().position(|(attribute, _)| *attribute == FIRST).unwrap();
    let (attribute, first) = packages.swap_remove(first);
    let wrong = Mutex::new(package(&store, attribute, first));
    let packages = Mutex::new(packages);
    std::thread::scope(|scope| {
        for _ in 0..2 {
            scope.spawn(|| {
                loop {
                    let next = packages.lock().unwrap_or_else(PoisonError::into_inner).pop();
                    let Some((attribute, labels)) = next else { break };
                    let found = package(&store, attribute, labels);
                    wrong.lock().unwrap_or_else(PoisonError::into_inner).extend(found);
                }
            });
        }
    });
    let mut wrong = wrong.into_inner().unwrap();
    wrong.sort();
    assert!(wrong.is_empty(), "{} are wrong:\n{}", wrong.len(), wrong.join("\n"));
}
