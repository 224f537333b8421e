//! What costs add to the comparison of two sides, by the program.

use std::collections::BTreeSet;

use serde_json::{Value, json};

use super::spurious::sides;
use crate::cli::program::{Program, Ran};
use crate::support::Recipe;

/// Seconds of each name, far apart, so that every sum tells what is in it.
const SECONDS: [(&str, u64); 10] = [
    ("tool-1.0", 1),
    ("tool-2.0", 2),
    ("edited-1.0", 10),
    ("edited-1.1", 40),
    ("above-1.0", 100),
    ("more-1.0", 400),
    ("same-1.0", 1_000),
    ("flag-1.0", 4_000),
    ("fresh-1.0", 10_000),
    ("gone-1.0", 40_000),
];

/// The program with both sides, and its files of costs.
fn program() -> (Program, [Vec<Recipe>; 2]) {
    let program = Program::new();
    let sides = sides();
    for (name, side) in ["old", "new"].into_iter().zip(&sides) {
        std::fs::create_dir(program.folder.path().join(name)).unwrap();
        for recipe in side {
            program.write(&format!("{name}/{}", recipe.base_name()), recipe.text());
        }
    }
    // one record says nothing
    let lines: String = SECONDS.iter().map(|(name, seconds)| format!("{name},{seconds}\n")).collect();
    program.write("times.csv", format!("name,seconds\nmore-1.0,0\n{lines}"));
    let sizes: Vec<Value> = sides
        .iter()
        .flatten()
        .map(
            |recipe| json!({"path": recipe.output_path("out"), "narSize": 1u64 << (recipe.number % 40), "references": []}),
        )
        .collect();
    program.write("sizes.json", Value::Array(sizes).to_string());
    (program, sides)
}

fn run(program: &Program, format: &str) -> Ran {
    program.run(&["diff", "old", "new", "--times", "times.csv", "--sizes", "sizes.json", "--format", format])
}

fn number(report: &Value, pointer: &str) -> f64 {
    report.pointer(pointer).unwrap_or_else(|| panic!("no {pointer} in {report}")).as_f64().unwrap()
}

#[test]
fn of_all_that_is_built_and_fetched() {
    let (program, [_, new]) = program();
    let ran = run(&program, "json");
    // the files are read for both sides, and told of once
    for told in ["left out", "match nothing here"] {
        assert_eq!(ran.talk.matches(told).count(), 1, "{}", ran.talk);
    }
    let report = ran.json();
    let built: BTreeSet<&str> =
        ["tool-2.0", "edited-1.1", "above-1.0", "more-1.0", "same-1.0", "flag-1.0", "fresh-1.0"].into();
    let measured: u64 = SECONDS.iter().filter(|(name, _)| built.contains(name)).map(|(_, seconds)| seconds).sum();
    assert!((number(&report, "/cost/hours/measured") * 3_600.0 - measured as f64).abs() < 1e-6, "{report}");
    // the module, what is named after its interpreter, and what is fetched
    assert_eq!(number(&report, "/derivations/total"), built.len() as f64 + 2.0);
    assert_eq!(number(&report, "/derivations/fetched"), 1.0);
    assert!(number(&report, "/cost/hours/estimated") > 0.0);
    let share = number(&report, "/cost/hours/measured") / number(&report, "/cost/hours/total");
    assert!((number(&report, "/cost/hours/measured_share") - share).abs() < 1e-12 && share < 1.0);
    let made = |recipe: &&Recipe| recipe.name != "library-1.0";
    let bytes: u64 = new.iter().filter(made).map(|recipe| 1u64 << (recipe.number % 40)).sum();
    assert_eq!(
        (&report["cost"]["bytes"], &report["cost"]["bytes_measured"]),
        (&json!(bytes), &json!(bytes)),
        "{report}"
    );
    assert_eq!(report["cost"]["heavyweights"][0]["name"], "fresh-1.0");
    let chain = report["cost"]["critical_path"]["chain"].as_array().unwrap();
    assert_eq!(chain.last().unwrap()["name"], "fresh-1.0");
}

/// Each build's time is shared out among its causes, and nothing is left or told twice.
#[test]
fn of_causes() {
    let (program, _) = program();
    let report = run(&program, "json").json();
    let causes = report["causes"].as_array().unwrap();
    let hours = |cause: &Value, what: &str| cause["hours"][what].as_f64().unwrap() * 3_600.0;
    let of = |name: &str| causes.iter().find(|cause| cause["name"] == name).unwrap_or_else(|| panic!("no {name}"));
    // what is new has no other cause
    let fresh = of("fresh-1.0");
    assert!((hours(fresh, "exclusive") - 10_000.0).abs() < 1e-6 && hours(fresh, "shared") == 0.0, "{fresh}");
    assert_eq!(hours(fresh, "exclusive"), hours(fresh, "share"));
    // what is above the edit was above the tool, too
    let edited = of("edited-1.1");
    assert!((hours(edited, "shared") - 540.0).abs() < 1e-6 && hours(edited, "exclusive") == 0.0, "{edited}");
    assert!((hours(edited, "share") - 270.0).abs() < 1e-6, "{edited}");
    // its flag and the tool's new version each have it built
    let flag = of("flag-1.0");
    assert!((hours(flag, "shared") - 4_000.0).abs() < 1e-6 && (hours(flag, "share") - 2_000.0).abs() < 1e-6, "{flag}");
    let total: f64 = causes.iter().map(|cause| hours(cause, "share")).sum();
    let fetched = report["cost"]["heavyweights"].as_array().unwrap().iter().find(|build| build["name"] == "a-2");
    let fetched = fetched.unwrap()["hours"].as_f64().unwrap() * 3_600.0;
    assert!((total + fetched - number(&report, "/cost/hours/total") * 3_600.0).abs() < 1e-6, "{total} {fetched}");
}

/// Each side's inputs by its own costs; what saves most time comes first.
#[test]
fn of_spurious_inputs() {
    let (program, _) = program();
    let report = run(&program, "json").json();
    let told = |list: &str| -> Vec<(String, f64)> {
        let all = report["spurious"][list].as_array().unwrap().iter();
        let seconds = |row: &Value| (row["saves"]["hours"].as_f64().unwrap() * 3_600.0).round();
        all.map(|row| (row["consumer"]["name"].as_str().unwrap().to_owned(), seconds(row))).collect()
    };
    let pair = |name: &str, seconds: f64| (name.to_owned(), seconds);
    // by builds it is the other way round
    assert_eq!(told("added"), [pair("fresh-1.0", 10_000.0), pair("edited-1.1", 540.0)]);
    assert_eq!(told("removed"), [pair("gone-1.0", 40_000.0), pair("edited-1.0", 510.0)]);
    assert!(report["needless"]["inferred"]["hours"].as_f64() > Some(0.0), "{report}");
    assert!(report["needless"]["inferred"]["bytes"].is_i64());
    let table = run(&program, "table").fine();
    for line in [
        "  library-1.0 in edited-1.1: test-only (inferred, check-phase); detach: -3 builds, +1 test build, -9.0 min, -",
        "machine time: ",
        "bytes written: ",
        " heavyweight ",
    ] {
        assert!(table.contains(line), "{line}: {table}");
    }
    let comment = run(&program, "markdown").fine();
    for part in ["- machine time: ", "| cause | what changed | share | time | only by it |", "builds that take longest"]
    {
        assert!(comment.contains(part), "{part}: {comment}");
    }
    let csv = run(&program, "csv").fine();
    assert_eq!(csv, program.run(&["diff", "old", "new", "--format", "csv"]).fine());
}
