//! Evaluation by nix-eval-jobs, which is not at hand where these tests were written: scripts stand in
//! for it. One walks what it is given by the real Nix, as nix-eval-jobs does; others print lines.

use std::os::unix::fs::PermissionsExt;
use std::path::PathBuf;

use nix_ripple::ingest::Progress;
use nix_ripple::ingest::evaluate::{Argument, EvaluateParams, Evaluator, evaluate};
use serde_json::{Value, json};
use tempfile::TempDir;

use super::{by_attribute, evaluated};
use crate::needs;
use crate::nix_as_judge::Store;
use crate::support::testdata;

/// Takes the options that nix-eval-jobs documents, and no others.
const WALKING: &str = r#"#!/usr/bin/env bash
passed=()
while [ $# -gt 1 ]; do
  case $1 in
    --meta) shift ;;
    --workers | --gc-roots-dir) shift 2 ;;
    --option) if [ "$2" = store ]; then passed+=(--store "$3"); else passed+=("$1" "$2" "$3"); fi; shift 3 ;;
    --arg | --argstr) passed+=("$1" "$2" "$3"); shift 3 ;;
    -I) passed+=("$1" "$2"); shift 2 ;;
    *) echo "error: $1 is not known" >&2; exit 1 ;;
  esac
done
cp "$1" FOLDER/given.nix
if ! nix-instantiate --eval --strict --read-write-mode "${passed[@]}" FOLDER/walk.nix >FOLDER/result 2>FOLDER/told; then
  cat FOLDER/told >&2
  exit 1
fi
sed -n 's/^trace: //p' FOLDER/told
"#;

/// Prints a line for each job that is found, as nix-eval-jobs does. What is thrown it catches, without
/// the message; anything else ends it.
const WALK: &str = r#"{ file, args, system, mode, roots }@given:
let
  line = path: rest: builtins.toJSON ({ attr = builtins.concatStringsSep "." path; attrPath = path; } // rest);
  caught = value: builtins.tryEval (builtins.deepSeq value value);
  error = { error = "error:\n       … while evaluating\n\n       error: thrown"; };
  job = path: value:
    let told = caught ({ inherit (value) drvPath system name; } // (if value ? meta then { inherit (value) meta; } else { })); in
    [ (line path (if told.success then told.value else error)) ];
  walk = path: value:
    let
      shape = caught (
        if ! builtins.isAttrs value then "other"
        else if value.type or null == "derivation" then "job"
        else if path == [ ] || value.recurseForDerivations or false then "set"
        else "other");
    in
    if ! shape.success then [ (line path error) ]
    else if shape.value == "job" then job path value
    else if shape.value == "set" then
      builtins.concatLists (map (name: walk (path ++ [ name ]) value.${name}) (builtins.attrNames value))
    else [ ];
in
builtins.foldl' (_: text: builtins.trace text null) null (walk [ ] (import ./given.nix given))
"#;

/// A program with this text.
struct StandIn {
    folder: TempDir,
}

impl StandIn {
    fn new(script: &str) -> Self {
        let folder = tempfile::tempdir().unwrap();
        let script = script.replace("FOLDER", folder.path().to_str().unwrap());
        std::fs::write(folder.path().join("jobs"), script).unwrap();
        std::fs::set_permissions(folder.path().join("jobs"), std::fs::Permissions::from_mode(0o755)).unwrap();
        std::fs::write(folder.path().join("walk.nix"), WALK).unwrap();
        Self { folder }
    }

    /// One that writes down what it is given, and prints the lines of one run after the other.
    fn printing(runs: &[String]) -> Self {
        let stand_in = Self::new(
            "#!/bin/sh\nfor word; do echo \"$word\" >> FOLDER/words; done\necho . >> FOLDER/words\n\
             for word; do case $word in *readFile*) eval \"cp ${word#builtins.readFile } FOLDER/roots\";; esac; done\n\
             exec cat FOLDER/run.$(grep -c '^\\.$' FOLDER/words)\n",
        );
        for (i, lines) in runs.iter().enumerate() {
            std::fs::write(stand_in.folder.path().join(format!("run.{}", i + 1)), lines).unwrap();
        }
        stand_in
    }

    fn evaluator(&self) -> Evaluator {
        Evaluator::Jobs(self.folder.path().join("jobs"))
    }

    /// What it was given, a run after the other.
    fn words(&self) -> Vec<Vec<String>> {
        let text = std::fs::read_to_string(self.folder.path().join("words")).unwrap();
        text.split_terminator("\n.\n").map(|run| run.lines().map(str::to_owned).collect()).collect()
    }

    /// The roots of its last run.
    fn roots(&self) -> Value {
        serde_json::from_slice(&std::fs::read(self.folder.path().join("roots")).unwrap()).unwrap()
    }
}

fn params(attributes: &[&str], evaluator: Evaluator) -> EvaluateParams {
    let attributes = attributes.iter().map(|&name| name.to_owned()).collect();
    EvaluateParams { attributes, evaluator, ..EvaluateParams::new(testdata("minipkgs")) }
}

#[test]
fn both_evaluators_find_the_same() {
    if !needs::nix() {
        return;
    }
    let store = Store::new();
    let folder = tempfile::tempdir().unwrap();
    let odd = folder.path().join("odd.nix");
    let text = "{ x ? \"1\", ... }: let p = name: derivation { inherit name; system = \"x86_64-linux\"; builder = \"b\"; };
        s = { recurseForDerivations = true; inherit s; }; in {
        a = p x // { meta = throw \"no\"; }; list = [ (p \"l\") ]; \"odd.name\" = p \"o\"; f = { y ? 1 }: p \"f\"; inherit s;
        b = p \"b\" // { meta = { position = toString ./x + \":1\"; maintainers = [ \"m\" ]; license = abort \"no\"; }; };
        set = { recurseForDerivations = true; c = p \"c\"; closed.d = p \"d\"; }; t = throw \"no\"; u = p \"u\" // { drvPath = throw \"no\"; };
        v = { recurseForDerivations = throw \"no\"; }; }";
    std::fs::write(&odd, text).unwrap();
    let compare = |mut params: EvaluateParams, count: usize, failing: &[&str]| {
        let by_nix = evaluated(&store, params.clone());
        let walking = StandIn::new(WALKING);
        params.evaluator = walking.evaluator();
        let by_jobs = evaluated(&store, params);
        assert_eq!(by_jobs.problems, vec![]);
        assert!(by_nix.derivations >= count, "{}", by_nix.derivations);
        // the messages of the stand-in are all the same
        let (by_nix, by_jobs) = (by_attribute(&by_nix), by_attribute(&by_jobs));
        assert_eq!(by_nix.keys().collect::<Vec<_>>(), by_jobs.keys().collect::<Vec<_>>());
        let mut failed = Vec::new();
        for (name, line) in &by_nix {
            if line.get("error").is_some() {
                assert_eq!(by_jobs[name]["error"], "thrown", "{name}");
                failed.push(name.as_str());
            } else {
                assert_eq!(by_jobs[name], *line, "{name}");
            }
        }
        assert_eq!(failed, failing);
    };
    compare(params(&[], Evaluator::Instantiate), 400, &[]);
    compare(params(&["python311Packages", "zlib", "python311Packages.numpy"], Evaluator::Instantiate), 30, &[]);
    let odd = |attributes: &[&str]| EvaluateParams {
        file: odd.clone(),
        arguments: vec![
            Argument::Text("x".to_owned(), "2".to_owned()),
            Argument::Text("system".to_owned(), "y".to_owned()),
        ],
        systems: vec!["aarch64-linux".to_owned()],
        ..params(attributes, Evaluator::Instantiate)
    };
    let deepest = format!("{}.aarch64-linux", vec!["s"; 32].join("."));
    compare(odd(&[]), 3, &[&deepest, "t.aarch64-linux", "u.aarch64-linux", "v.aarch64-linux"]);
    compare(odd(&["list", "f", "set.closed", "\"odd.name\""]), 4, &[]);
}

const SYSTEM: &str = r#"{"attr":"nix-ripple-system","attrPath":["nix-ripple-system"],"name":"nix-ripple-system","system":"riscv64-linux","drvPath":"/nix/store/0001x39905jwpbxh95qbvxcka0llljcd-nix-ripple-system.drv"}"#;

/// Lines as nix-eval-jobs prints them: of attributes with a derivation, and of others with an error.
fn lines(jobs: &[(&[&str], Value)]) -> String {
    let line = |(path, rest): &(&[&str], Value)| {
        let mut line = json!({"attr": path.join("."), "attrPath": path});
        line.as_object_mut().unwrap().extend(rest.as_object().unwrap().clone());
        line.to_string()
    };
    jobs.iter().map(line).chain([SYSTEM.to_owned(), String::new()]).collect::<Vec<_>>().join("\n")
}

fn drv(name: &str) -> String {
    format!("/nix/store/0001x39905jwpbxh95qbvxcka0llljcd-{name}.drv")
}

#[test]
fn what_it_is_given_and_what_it_prints() {
    let (a, b) = ("nix-ripple-root-0", "nix-ripple-root-1");
    let missing = "error:\n       … while calling\n\n       error: nix-ripple-missing: there is no 'b'\n";
    let unfree = "error:\n       … while evaluating the attribute 'drvPath'\n         at /x/y.nix:3:4:\n            2| let\n\n       error: Package ‘e’ has an unfree license, refusing to evaluate.\n\n       a) try\n";
    let first = lines(&[
        (
            &[a],
            json!({"drvPath": drv("a"), "system": "i686-linux", "outputs": {"out": null}, "meta": {"position": "x.nix:3"}}),
        ),
        (&[a, "nix-ripple-item-1", "c"], json!({"drvPath": drv("c"), "system": "x86_64-linux"})),
        (&[a, "d"], json!({"error": "error: infinite recursion encountered"})),
        (&[a, "e"], json!({"error": unfree})),
        (&[b], json!({"error": missing})),
    ]);
    // the second run is for what may have failed in its meta
    let second = lines(&[
        (&[a], json!({"drvPath": drv("d"), "system": "x86_64-linux"})),
        (&[b], json!({"error": "error: it is no derivation"})),
    ]);
    let stand_in = StandIn::printing(&[first, second]);
    let store = tempfile::tempdir().unwrap();
    let text = |name: &str, value: &str| Argument::Text(name.to_owned(), value.to_owned());
    let params = EvaluateParams {
        arguments: vec![text("word", "w"), Argument::Expression("config".to_owned(), "{ }".to_owned())],
        systems: vec!["riscv64-linux".to_owned()],
        search_path: vec!["nixpkgs=/n".to_owned()],
        store_root: Some(store.path().to_path_buf()),
        workers: 3,
        ..params(&["b", "a"], stand_in.evaluator())
    };
    let found = evaluate(&params, &Progress::default()).unwrap();
    assert_eq!(found.problems, vec![]);
    assert_eq!(found.missing, [("b".to_owned(), "there is no 'b'".to_owned())]);
    let told = by_attribute(&found);
    assert_eq!(
        Value::Array(told.values().cloned().collect()),
        json!([
            {"attr": "a.1.c.riscv64-linux", "attrPath": ["a", "1", "c"], "system": "x86_64-linux", "drvPath": drv("c")},
            {"attr": "a.d.riscv64-linux", "attrPath": ["a", "d"], "system": "x86_64-linux", "drvPath": drv("d")},
            {"attr": "a.e.riscv64-linux", "attrPath": ["a", "e"],
             "error": "Package ‘e’ has an unfree license, refusing to evaluate. a) try"},
            {"attr": "a.riscv64-linux", "attrPath": ["a"], "system": "i686-linux", "drvPath": drv("a"), "meta": {"position": "x.nix:3"}},
        ])
    );
    assert_eq!(stand_in.roots(), json!([["a", "d"], ["a", "e"]]));
    let words = stand_in.words();
    let [first, second] = words.as_slice() else { panic!("{words:?}") };
    let (meta, rest) = first.split_first().unwrap();
    assert_eq!((meta.as_str(), rest.len()), ("--meta", second.len()));
    let minipkgs = format!("\"{}\"", testdata("minipkgs").display());
    let store = store.path().to_str().unwrap();
    let mut expected = vec!["--workers", "3", "--gc-roots-dir", "FOLDER", "--option", "store", store];
    expected.extend(["-I", "nixpkgs=/n", "--option", "system", "riscv64-linux"]);
    // the line break ends a comment
    expected.extend(["--arg", "file", &minipkgs, "--arg", "args", "{ \"config\" = ({ }", "); \"word\" = \"w\"; }"]);
    expected.extend(["--arg", "system", "\"riscv64-linux\"", "--argstr", "mode", "MODE"]);
    expected.extend(["--arg", "roots", "READ", "FILE"]);
    for (words, mode) in [(rest, "jobs"), (second, "derivations")] {
        assert_eq!(words.len(), expected.len(), "{words:?}");
        for (word, expected) in words.iter().zip(&expected) {
            match *expected {
                "FOLDER" => assert!(word.starts_with('/'), "{word}"),
                "READ" => assert!(word.starts_with("builtins.readFile \"/"), "{word}"),
                "FILE" => assert!(word.ends_with("/evaluate.nix"), "{word}"),
                "MODE" => assert_eq!(word, mode),
                expected => assert_eq!(word, expected),
            }
        }
    }
}

/// Where it fails as a whole, nix-instantiate evaluates, and a finding tells why.
#[test]
fn what_it_cannot_do() {
    if !needs::nix() {
        return;
    }
    let store = Store::new();
    let expected = evaluated(&store, params(&["zlib", "curl"], Evaluator::Instantiate)).lines;
    let half = lines(&[(&["nix-ripple-root-0"], json!({"drvPath": drv("half"), "system": "x"}))]);
    let without_end = half.lines().next().unwrap();
    for (script, told) in [
        ("#!/bin/sh\necho 'error: worker was killed' >&2\nexit 1\n".to_owned(), "exit status: 1: worker was killed"),
        ("#!/bin/sh\nkill -9 $$\n".to_owned(), "signal: 9"),
        ("#!/bin/sh\necho '[1]'\n".to_owned(), "a line that is none of nix-eval-jobs"),
        (format!("#!/bin/sh\necho '{without_end}'\n"), "it did not evaluate all that it was asked"),
        (String::new(), "ormat error"),
    ] {
        let stand_in = StandIn::new(&script);
        let found = evaluated(&store, params(&["zlib", "curl"], stand_in.evaluator()));
        assert_eq!(found.lines, expected, "{script}");
        let [problem] = found.problems.as_slice() else { panic!("{script}: {:?}", found.problems) };
        assert_eq!(problem.code, "no-eval-jobs");
        assert!(problem.message.contains(told), "{script}: {problem}");
        assert!(problem.message.ends_with("; nix-instantiate evaluated instead"), "{problem}");
    }
    let gone = Evaluator::Jobs(PathBuf::from("/nowhere/jobs"));
    let found = evaluated(&store, params(&["zlib", "curl"], gone));
    assert_eq!((found.lines, found.problems.len()), (expected, 1));
    // what aborts ends the walking stand-in, and is one failed attribute all the same
    let awkward = |evaluator| EvaluateParams { file: testdata("probe/awkward.nix"), ..params(&["awkward"], evaluator) };
    let walking = StandIn::new(WALKING);
    let found = evaluated(&store, awkward(walking.evaluator()));
    let [problem] = found.problems.as_slice() else { panic!("{:?}", found.problems) };
    assert!(problem.message.contains("exit status: 1: "), "{problem}");
    assert_eq!(found.failed, 7);
    assert_eq!(found.lines, evaluated(&store, awkward(Evaluator::Instantiate)).lines);
}
