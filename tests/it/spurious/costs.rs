//! What costs add to the answers about the small distribution, by the program.

use std::collections::BTreeSet;

use nix_ripple::graph::Graph;
use serde_json::Value;

use crate::cli::program::{Program, Ran, minipkgs};
use crate::weights::{costs, records};

/// The program, and the options for costs by chance.
struct Priced {
    program: Program,
    options: [String; 4],
}

impl Priced {
    fn new() -> Self {
        let program = Program::new().env("NIX_RIPPLE_CLOSURE", minipkgs().to_str().unwrap());
        let graph = Graph::open(minipkgs()).unwrap();
        let [times, sizes] = records(&graph, program.folder.path()).map(|file| file.display().to_string());
        Self { program, options: ["--times".to_owned(), times, "--sizes".to_owned(), sizes] }
    }

    fn run(&self, arguments: &[&str]) -> Ran {
        let options = self.options.iter().map(String::as_str);
        self.program.run(&arguments.iter().copied().chain(options).collect::<Vec<_>>())
    }
}

/// Without what costs add.
fn without_costs(value: &Value) -> Value {
    match value {
        Value::Object(fields) => {
            let added = ["hours", "bytes", "cost_per_year", "cost"];
            let kept = fields.iter().filter(|(key, _)| !added.contains(&key.as_str()));
            Value::Object(kept.map(|(key, value)| (key.clone(), without_costs(value))).collect())
        }
        Value::Array(all) => Value::Array(all.iter().map(without_costs).collect()),
        other => other.clone(),
    }
}

fn all<'v>(report: &'v Value, list: &str) -> &'v [Value] {
    report[list].as_array().unwrap()
}

/// The answer is the same but for what is added, and for the order.
#[test]
fn are_told_beside_what_there_is() {
    let priced = Priced::new();
    let with = priced.run(&["spurious", "--format", "json"]).json();
    let plain = priced.program.run(&["spurious", "--format", "json"]).json();
    assert_eq!(without_costs(&plain), plain);
    for list in ["edges", "groups"] {
        let texts = |report: &Value| all(report, list).iter().map(Value::to_string).collect::<BTreeSet<_>>();
        assert_eq!(texts(&without_costs(&with)), texts(&plain), "{list}");
        assert_ne!(without_costs(&with)[list], plain[list], "{list} stand in another order");
    }
    assert_eq!(without_costs(&with["totals"]), plain["totals"]);
    let year = |item: &Value| item["saves"]["per_year"]["hours"].as_f64().unwrap();
    assert!(all(&with, "edges").iter().map(year).is_sorted_by(|one, next| one >= next));
    for item in [all(&with, "edges"), all(&with, "groups")].concat() {
        for saves in [Some(&item["saves"]), item.get("would_save")].into_iter().flatten() {
            for saves in [saves, &saves["per_year"]] {
                assert!(saves["hours"].is_f64() && saves["bytes"].is_number(), "{item}");
            }
        }
    }
    let cost = &with["totals"]["cost_per_year"];
    assert!(cost["hours"]["total"].as_f64() > with["totals"]["saves_per_year"]["hours"].as_f64());
    assert!(cost["bytes"].as_f64() > with["totals"]["saves_per_year"]["bytes"].as_f64());
    // each step saves most time, and they add up
    let mut sum = 0.0;
    for step in all(&with, "first") {
        sum += step["gain"]["hours"].as_f64().unwrap();
        assert!((step["total"]["hours"].as_f64().unwrap() - sum).abs() < 1e-6, "{step}");
    }
    let by_input = |item: &&Value| item["by"] == "input" && item["remedy"].is_string();
    let best = all(&with, "groups").iter().find(by_input).unwrap();
    assert_eq!(best["input"], with["first"][0]["input"]);
}

#[test]
fn of_estimates_alone() {
    let program = Program::new().env("NIX_RIPPLE_CLOSURE", minipkgs().to_str().unwrap());
    let report = program.run(&["spurious", "--format", "json", "--cost"]).json();
    let totals = &report["totals"];
    assert_eq!(totals["cost_per_year"]["hours"]["measured_share"], 0.0);
    assert!(totals["cost_per_year"].get("bytes").is_none() && totals["saves_per_year"].get("bytes").is_none());
    assert!(totals["saves_per_year"]["hours"].as_f64() > Some(0.0));
    let table = program.run(&["spurious", "--cost"]).fine();
    assert!(table.contains("a year (all estimated)\n") && !table.contains("bytes"), "{table}");
}

#[test]
fn in_every_form() {
    let priced = Priced::new();
    let of = |command: &[&'static str], format: &'static str| priced.run(&[command, &["--format", format]].concat());
    let spurious = ["spurious", "--scope", "attr:python311Packages.*", "--top", "2", "--steps", "2"];
    for format in ["table", "markdown"] {
        let told = of(&spurious, format).fine();
        assert_eq!(told.matches("time a year").count(), 3, "{told}");
        assert_eq!(told.matches("bytes a year").count(), 3, "{told}");
        assert_eq!(told.matches("time so far").count(), 1, "{told}");
        assert!(told.contains("in machine time ") && told.contains("; in bytes written "), "{told}");
        assert_eq!(told.matches(" % measured)").count(), 2, "{told}");
        let candidates = of(&["candidates", "--top", "2"], format).fine();
        assert!(candidates.contains("time per hour") && candidates.contains("bytes a year"), "{candidates}");
        assert!(candidates.contains("note: machine time of all builds in a year: "), "{candidates}");
    }
    for (command, list, columns) in [
        (&spurious[..], "edges", [("hours_per_year", "/saves/per_year/hours"), ("bytes", "/saves/bytes")]),
        (
            &["candidates"],
            "candidates",
            [("hours_per_hour", "/hours_per_hour"), ("saves_bytes_per_year", "/saves/bytes")],
        ),
    ] {
        let (csv, json) = (of(command, "csv").fine(), of(command, "json").json());
        let mut rows = csv::Reader::from_reader(csv.as_bytes());
        let header = rows.headers().unwrap().clone();
        let rows: Vec<csv::StringRecord> = rows.records().map(Result::unwrap).collect();
        assert_eq!(rows.len(), all(&json, list).len());
        for (row, item) in rows.iter().zip(all(&json, list)) {
            for (column, pointer) in columns {
                let told: f64 = row[header.iter().position(|name| name == column).unwrap()].parse().unwrap();
                let expected = item.pointer(pointer).unwrap().as_f64().unwrap();
                assert!((told - expected).abs() <= 1e-12 * expected.abs(), "{told}, not {expected}: {row:?}");
            }
        }
    }
}

/// The bump costs what is left after the remedies and what they save; a grade's needless builds cost what the
/// remedies of that grade save.
#[test]
fn of_a_bump_and_its_remedies() {
    let priced = Priced::new();
    let report = priced.run(&["impact", "hypothesis", "--min-grade", "inferred", "--format", "json"]).json();
    let number = |pointer: &str| report.pointer(pointer).unwrap_or_else(|| panic!("no {pointer}")).as_f64().unwrap();
    assert!(number("/what_if/savings/hours") > 0.0 && number("/what_if/savings/builds") > 0.0);
    for (total, unit) in [("/cost/hours/total", "hours"), ("/cost/bytes", "bytes")] {
        let parts = number(&format!("/what_if/after/{unit}")) + number(&format!("/what_if/savings/{unit}"));
        assert!((number(total) - parts).abs() < 1e-6, "{unit}: {parts} of {}", number(total));
    }
    let needless = all(&report, "needless").iter().find(|needless| needless["grade"] == "inferred").unwrap();
    for unit in ["builds", "hours", "bytes"] {
        assert_eq!(needless[unit], report["what_if"]["savings"][unit], "{unit}");
    }
    let none = all(&report, "needless").iter().find(|needless| needless["grade"] == "proven").unwrap();
    assert_eq!((none["hours"].as_f64(), none["bytes"].as_i64()), (Some(0.0), Some(0)));
    let plain = priced.program.run(&["impact", "hypothesis", "--min-grade", "inferred", "--format", "json"]).json();
    assert_eq!(without_costs(&report), plain);
    let table = priced.run(&["impact", "hypothesis", "--min-grade", "inferred"]).fine();
    let line = table.lines().find(|line| line.starts_with("with ")).unwrap();
    assert!(line.contains(" rebuilt (") && line.contains(" h, "), "{line}");
    // a build costs what the files say of it
    let graph = Graph::open(minipkgs()).unwrap();
    let files = [&priced.options[1], &priced.options[3]].map(|file| file.into());
    let known = costs(&graph, &files);
    let listed = priced.run(&["impact", "hypothesis", "--format", "json", "--list"]).json();
    let sum: u64 = all(&listed, "list")
        .iter()
        .map(|listed| {
            let node = graph.nodes().find(|&node| graph.path(node) == listed["drv"].as_str().unwrap()).unwrap();
            known.time(node).millis
        })
        .sum();
    assert!((number("/cost/hours/total") - sum as f64 / 3.6e6).abs() < 1e-9);
}
