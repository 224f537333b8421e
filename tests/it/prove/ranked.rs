//! `prove --top`: what pays most first, until the time is up.

use std::collections::BTreeSet;

use nix_ripple::verdict::{Evidence, EvidenceFile, Experiment};
use serde_json::Value;

use crate::cli::program::{Program, Ran};
use crate::needs;
use crate::nix_as_judge::{Store, sandbox_paths, sandbox_works};

/// Packages whose inputs only an update script names; one does not build.
const PACKAGES: &str = r#"
{ word ? "done" }:
let
  make = name: more: derivation ({
    inherit name;
    system = "x86_64-linux";
    builder = "/bin/bash";
    args = [ "-c" "echo ${word} > $out" ];
  } // more);
  tool = make "tool-1" { };
  other = make "other-1" { };
in
rec {
  both = make "both-1" { updateScript = "${tool} ${other}"; };
  above = make "above-1" { buildInputs = [ both ]; };
  broken = make "broken-1" { args = [ "-c" "exit 1" ]; updateScript = "${tool}"; };
  last = make "last-1" { updateScript = "${tool}"; };
  plain = make "plain-1" { buildInputs = [ tool ]; };
}
"#;

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
        let program = Program::new();
        program.write("packages.nix", PACKAGES);
        Some(Self { store: Store::new(), program })
    }

    fn prove(&self, arguments: &[&str]) -> Ran {
        let fixed = ["prove", "-f", "packages.nix", "--store-root", self.store.path(), "--format", "json"];
        let paths = sandbox_paths();
        let mut behind = vec!["--", "--option", "sandbox-paths", paths.as_str()];
        for option in [["substitute", "false"], ["fsync-metadata", "false"]] {
            behind.extend(["--option", option[0], option[1]]);
        }
        self.program.run(&[&fixed[..], arguments, &behind].concat())
    }

    /// Of each experiment that was recorded package and input; none is recorded twice.
    fn recorded(&self) -> BTreeSet<(String, String)> {
        let file = self.program.folder.path().join("evidence.jsonl");
        if !file.exists() {
            return BTreeSet::new();
        }
        let (file, problems) = EvidenceFile::load(&file).unwrap();
        assert!(problems.is_empty(), "{problems:?}");
        let experiments = file.evidence.into_iter().filter_map(|evidence| match evidence {
            Evidence::Experiment(shown) => Some(shown),
            _ => None,
        });
        let experiments: Vec<Experiment> = experiments.collect();
        let kinds: BTreeSet<_> = experiments
            .iter()
            .map(|shown| (&shown.package.name, &shown.input.name, shown.experiment, shown.poisoned))
            .collect();
        assert_eq!(kinds.len(), experiments.len(), "{experiments:?}");
        experiments.into_iter().map(|shown| (shown.package.name, shown.input.name)).collect()
    }
}

/// Attribute, input, verdict and grade of each line.
fn settled(ran: &Ran) -> Vec<[String; 4]> {
    let line = |line: &str| {
        let row: Value = serde_json::from_str(line).unwrap();
        let words = [&row["consumer"]["attribute"], &row["input"]["name"], &row["verdict"], &row["grade"]];
        words.map(|word| word.as_str().unwrap().to_owned())
    };
    ran.out.lines().map(line).collect()
}

fn proven(attribute: &str, input: &str) -> [String; 4] {
    [attribute, input, "no-effect", "proven"].map(str::to_owned)
}

#[test]
fn what_pays_most_first() {
    let Some(lab) = Lab::new() else { return };
    let asked = ["candidates", "-f", "packages.nix", "-A", "both", "-A", "above", "-A", "broken", "-A", "last"];
    let options = ["--store-root", lab.store.path(), "--format", "json"];
    let report = lab.program.run(&[&asked[..], &options].concat()).json();
    let order: Vec<[&str; 2]> = report["candidates"]
        .as_array()
        .unwrap()
        .iter()
        .map(|one| [one["attribute"].as_str().unwrap(), one["input"]["name"].as_str().unwrap()])
        .collect();
    // of the tool's bump `both` and what is above are built for its sake, and as much of the other's
    assert_eq!(order, [["both", "other-1"], ["both", "tool-1"], ["broken", "tool-1"], ["last", "tool-1"]]);
    let command = report["candidates"][0]["command"].as_str().unwrap();
    assert_eq!(command, "nix-ripple prove -f packages.nix -A both --input other");

    // no time: nothing is built, and that is fine
    let ran = lab.prove(&["--top", "3", "--budget-hours", "0"]);
    assert_eq!((ran.code, ran.out.as_str()), (0, ""), "{ran:?}");
    assert!(ran.talk.contains("3 of 4 candidates to prove, about 0.8 h of builds"), "{}", ran.talk);
    assert!(ran.talk.contains("the budget is used up: 3 candidates of 3 left"), "{}", ran.talk);
    assert_eq!(lab.recorded(), BTreeSet::new());

    // the first one, of the whole expression
    let ran = lab.prove(&["--top", "1", "--budget-hours", "1"]);
    assert_eq!((ran.code, settled(&ran)), (0, vec![proven("both", "other-1")]), "{ran:?}");

    // it goes on where it was; what does not build is told, and does not stop it
    let ran = lab.prove(&["--top", "5", "--verbose"]);
    assert_eq!(settled(&ran), [proven("both", "tool-1"), proven("last", "tool-1")], "{ran:?}");
    assert_eq!(ran.code, 2);
    assert!(ran.talk.contains("broken-1.drv: the package does not build as it is"), "{}", ran.talk);
    assert!(ran.talk.contains("error: 1 of 3 inputs could not be settled"), "{}", ran.talk);
    let pairs = [("both-1", "other-1"), ("both-1", "tool-1"), ("last-1", "tool-1")];
    assert_eq!(lab.recorded(), pairs.map(|(package, input)| (package.to_owned(), input.to_owned())).into());

    // what is proven is known now, and nothing is left but what does not build
    let ran = lab.prove(&["--top", "5", "--input", "oth*"]);
    assert_eq!((ran.code, ran.out.as_str()), (0, ""), "{ran:?}");
    assert!(ran.talk.contains("nothing that is flagged without proof would save anything"), "{}", ran.talk);
}

#[test]
fn of_what_is_named() {
    let Some(lab) = Lab::new() else { return };
    // another word makes another recipe, and its own package is what is built once for both
    let named = ["-A", "both", "-A", "last", "--argstr", "word", "other"];
    let ran = lab.prove(&[&named[..], &["--top", "9", "--verbose"]].concat());
    let all = vec![proven("both", "other-1"), proven("both", "tool-1"), proven("last", "tool-1")];
    assert_eq!((ran.code, settled(&ran)), (0, all), "{ran:?}");
    assert_eq!(ran.talk.matches("both-1: built as it is: twice the same").count(), 1, "{}", ran.talk);
    assert!(ran.talk.contains("[3/3] last: tool-1: no-effect, proven"), "{}", ran.talk);
    let ran = lab.prove(&["--top", "9", "--input", "tool", "-A", "last"]);
    assert_eq!((ran.code, settled(&ran)), (0, vec![proven("last", "tool-1")]), "{ran:?}");

    for (arguments, expect) in [
        (&["-A", "missing", "--top", "1"][..], "missing"),
        (&["--top", "1", "--rules", "none.toml"], "none.toml"),
        (&["--top", "1", "--bump-rates", "none.csv"], "none.csv"),
        (&["--top", "0"], "--top"),
        (&["--top", "1", "--budget-hours=-1"], "expected hours, from 0 to 100000"),
        (&["--top", "1", "--budget-hours", "NaN"], "expected hours, from 0 to 100000"),
        (&["--budget-hours", "1", "-A", "last"], "--top"),
        (&["--top", "1", "--trace"], "--trace"),
        (&["--top", "1", "--jobs", "2"], "--jobs"),
        (&[], "--attr"),
    ] {
        let ran = lab.prove(arguments);
        assert_eq!((ran.code, ran.out.as_str()), (2, ""), "{arguments:?}: {ran:?}");
        assert!(ran.talk.contains(expect), "{arguments:?}: {}", ran.talk);
    }
}
