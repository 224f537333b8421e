//! `evidence list`, `merge` and `prune`.

use std::path::Path;

use nix_ripple::verdict::{Checks, Evidence, EvidenceFile, Experiment, ExperimentKind, Failure, Outcome, Variant};
use serde_json::{Value, json};

use super::{closure, experiment, file, graph_of};
use crate::cli::program::Program;
use crate::support::folder;

const REMOVE: ExperimentKind = ExperimentKind::Remove;

fn failure(attribute: &str) -> Failure {
    Failure { attribute: attribute.to_owned(), variant: Variant::Package, error: "no such thing".to_owned() }
}

/// A closure, and evidence on it: of an input that comes along, and of one that the app names.
struct Case {
    program: Program,
    drvs: tempfile::TempDir,
    experiments: [Experiment; 2],
}

impl Case {
    fn new() -> Self {
        let recipes = closure(100, "tool-1", "");
        let graph = graph_of(&recipes);
        let experiments = [
            experiment(&graph, "tool-1", REMOVE, Outcome::Different),
            experiment(&graph, "library-1", REMOVE, Outcome::Identical),
        ];
        Self { program: Program::new(), drvs: folder(&recipes), experiments }
    }

    fn drvs(&self) -> &str {
        self.drvs.path().to_str().unwrap()
    }

    fn save(&self, name: &str, file: &EvidenceFile) -> std::path::PathBuf {
        self.program.write(name, file.to_text())
    }

    fn evidence(&self, name: &str) -> EvidenceFile {
        EvidenceFile::load(&self.program.folder.path().join(name)).unwrap().0
    }
}

fn states(report: &Value) -> Vec<(&str, &str)> {
    let rows = report["rows"].as_array().unwrap().iter();
    rows.map(|row| (row["input"]["name"].as_str().unwrap(), row["state"].as_str().unwrap())).collect()
}

#[test]
fn list() {
    let case = Case::new();
    let mut all = file(case.experiments.clone());
    all.failures.push(failure("set.broken"));
    case.save("e.jsonl", &all);
    let json =
        |more: &[&str]| case.program.run(&[&["evidence", "list", "e.jsonl", "--format", "json"], more].concat()).json();
    let report = json(&[]);
    assert_eq!((&report["version"], &report["records"]), (&json!(1), &json!(3)));
    let [tool, library, broken] = report["rows"].as_array().unwrap().as_slice() else { panic!("{report}") };
    let keys: Vec<&str> = tool.as_object().unwrap().keys().map(String::as_str).collect();
    let shape = ["experiment", "grade", "input", "kind", "outcome", "package", "recipe", "says", "verdict"];
    assert_eq!(keys, shape);
    assert_eq!(
        (&tool["kind"], &tool["experiment"], &tool["outcome"]),
        (&json!("experiment"), &json!("remove"), &json!("different"))
    );
    assert_eq!((&tool["verdict"], &tool["grade"]), (&json!("affects"), &json!("proven")));
    assert_eq!((&library["verdict"], &library["input"]["name"]), (&json!("no-effect"), &json!("library-1")));
    assert_eq!((&broken["kind"], &broken["says"]), (&json!("failure"), &json!("no such thing")));

    let count = |more: &[&str]| json(more)["rows"].as_array().unwrap().len();
    assert_eq!(
        ["app", "app-1", "broken", "set.broken", "other"].map(|name| count(&["--package", name])),
        [2, 2, 1, 1, 0]
    );
    assert_eq!(["experiment", "failure", "trace"].map(|kind| count(&["--kind", kind])), [2, 1, 0]);
    assert_eq!(case.program.run(&["evidence", "list", "e.jsonl", "--kind", "other"]).code, 2);

    // what of it speaks of a closure
    let state = |drvs: &Path| json(&["--kind", "experiment", "-c", drvs.to_str().unwrap()]);
    assert_eq!(states(&state(case.drvs.path())), [("tool-1", "current"), ("library-1", "current")]);
    let changed = folder(&closure(300, "tool-2", "another"));
    assert_eq!(states(&state(changed.path())), [("tool-1", "stale"), ("library-1", "stale")]);
    let mut without = closure(300, "tool-2", "");
    without[3].inputs.pop();
    without[3].env.pop();
    assert_eq!(states(&state(folder(&without).path())), [("tool-1", "stale"), ("library-1", "current")]);
    let strangers = folder(&closure(300, "tool-2", "")[..4]);
    assert_eq!(states(&state(strangers.path())), [("tool-1", "absent"), ("library-1", "absent")]);

    let table = case.program.run(&["evidence", "list", "e.jsonl", "-c", case.drvs()]).fine();
    assert_eq!(
        table,
        "\
3 records
 package     input      what was seen                 says       grade   state
 app         tool-1     remove: different, no checks  affects    proven  current
 app         library-1  remove: identical, no checks  no-effect  proven  current
 set.broken             failure: no such thing
"
    );
    let csv = case.program.run(&["evidence", "list", "e.jsonl", "--format", "csv"]).fine();
    assert_eq!(csv.lines().count(), 4);
    assert!(
        csv.lines().nth(1).unwrap().contains(",remove,different,affects,proven,\"remove: different, no checks\","),
        "{csv}"
    );
    let markdown = case.program.run(&["evidence", "list", "e.jsonl", "--format", "markdown"]).fine();
    assert!(markdown.starts_with("### Evidence\n\n**3 records**\n\n| package"), "{markdown}");
}

#[test]
fn merge() {
    let case = Case::new();
    let [tool, library] = case.experiments.clone();
    let one = file([tool.clone()]);
    let other = file([library, tool]);
    case.save("one.jsonl", &one);
    case.save("damaged.jsonl", &other);
    let damaged = format!("{}{{\"kind\":\"exp", other.to_text());
    case.program.write("damaged.jsonl", damaged);
    let records: Vec<Value> = one.evidence.iter().map(|record| serde_json::to_value(record).unwrap()).collect();
    case.program.write("old.json", json!({"version": 2, "evidence": records, "failures": []}).to_string());
    let ran = case.program.run(&["evidence", "merge", "one.jsonl", "damaged.jsonl", "old.json", "-o", "all.jsonl"]);
    assert!(ran.talk.contains("damaged.jsonl: line 4 is damaged and left out"), "{ran:?}");
    assert!(ran.talk.contains("all.jsonl: 2 records"), "{ran:?}");
    ran.fine();
    let mut sorted = other.clone();
    sorted.sort();
    let path = case.program.folder.path().join("all.jsonl");
    assert_eq!(std::fs::read_to_string(&path).unwrap(), sorted.to_text());
    // the order does not matter
    case.program.run(&["evidence", "merge", "old.json", "damaged.jsonl", "one.jsonl", "-o", "again.jsonl"]).fine();
    assert_eq!(std::fs::read(case.program.folder.path().join("again.jsonl")).unwrap(), sorted.to_text().as_bytes());
    // nothing is lost
    let told = case.program.run(&["evidence", "merge", "damaged.jsonl", "-o", "one.jsonl"]).failed();
    assert!(told.contains("one.jsonl: is there already, and would be lost"), "{told}");
    assert_eq!(case.evidence("one.jsonl"), one);
    case.program.run(&["evidence", "merge", "damaged.jsonl", "one.jsonl", "-o", "one.jsonl"]).fine();
    assert_eq!(case.evidence("one.jsonl"), sorted);
    // a probe wants a file to append to
    let told = case.program.run(&["probe", "-f", "x.nix", "-A", "x", "-o", "old.json"]).failed();
    assert!(told.contains("'nix-ripple evidence merge old.json -o NEW'"), "{told}");
}

#[test]
fn prune() {
    let case = Case::new();
    let [tool, library] = case.experiments.clone();
    // the same on another machine, slower; and one that contradicts
    let slower = Experiment { seconds: 9, ..library.clone() };
    let unsandboxed = Experiment { sandboxed: false, ..library.clone() };
    let contradicting = Experiment { outcome: Outcome::Different, checks: Checks::Passed, ..library.clone() };
    let mut all = file([tool.clone(), library.clone(), slower, unsandboxed, contradicting.clone()]);
    all.failures = vec![failure("app"), failure("other")];
    let unknown = "{\"kind\":\"later\"}\n";
    let text = format!("{}{}{unknown}{{\"ki", all.to_text(), file([tool.clone()]).to_text());
    case.program.write("e.jsonl", &text);
    let ran = case.program.run(&["evidence", "prune", "e.jsonl", "-o", "new.jsonl"]);
    for told in [
        "removed 1: damaged: ",
        "removed 1: there more than once",
        "removed 1: a failure of ",
        "removed 2: an experiment of which another says the same",
        "new.jsonl: 5 records",
    ] {
        assert!(ran.talk.contains(told), "{told}: {}", ran.talk);
    }
    let pruned = case.evidence("new.jsonl");
    let mut expected = file([tool.clone(), library.clone(), contradicting]);
    expected.sort();
    assert_eq!((&pruned.evidence, &pruned.failures), (&expected.evidence, &vec![failure("other")]));
    assert_eq!(pruned.unknown, [unknown.trim()]);
    // in place, and then nothing is left to do
    assert_eq!(std::fs::read_to_string(case.program.folder.path().join("e.jsonl")).unwrap(), text);
    case.program.run(&["evidence", "prune", "e.jsonl"]).fine();
    assert_eq!(case.evidence("e.jsonl"), pruned);
    let again = case.program.run(&["evidence", "prune", "e.jsonl"]);
    assert!(!again.talk.contains("removed"), "{again:?}");
    let told = case.program.run(&["evidence", "prune", "gone.jsonl"]).failed();
    assert!(told.contains("gone.jsonl: No such file"), "{told}");
    assert!(!case.program.folder.path().join("gone.jsonl").exists());
}

/// What was shown to matter stays, unless its recipe is gone and it is asked for.
#[test]
fn prune_what_is_stale() {
    let case = Case::new();
    let [tool, library] = case.experiments.clone();
    let all = file([tool.clone(), library.clone()]);
    let left = |drvs: &Path, more: &[&str]| {
        case.save("e.jsonl", &all);
        let arguments = [&["evidence", "prune", "e.jsonl", "-c", drvs.to_str().unwrap()], more].concat();
        case.program.run(&arguments).fine();
        let names = case.evidence("e.jsonl").evidence.into_iter().map(|evidence| match evidence {
            Evidence::Experiment(shown) => shown.input.name,
            other => panic!("{}", other.kind()),
        });
        names.collect::<Vec<_>>()
    };
    let both = ["tool-1", "library-1"];
    assert_eq!(left(case.drvs.path(), &["--stale"]), both);
    let changed = folder(&closure(300, "tool-2", "another"));
    assert_eq!(left(changed.path(), &[]), ["tool-1"]);
    assert_eq!(left(changed.path(), &["--stale"]), [""; 0]);
    // its recipe is there, though the input is gone
    let mut without = closure(300, "tool-2", "");
    without[3].inputs.pop();
    without[3].env.pop();
    assert_eq!(left(folder(&without).path(), &["--stale"]), both);
    let strangers = folder(&closure(300, "tool-2", "")[..4]);
    assert_eq!(left(strangers.path(), &["--stale"]), both, "another closure may have them");
    assert_eq!(case.program.run(&["evidence", "prune", "e.jsonl", "--stale"]).code, 2);
}
