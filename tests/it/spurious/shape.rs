//! The forms of the answer, by the program.

use serde_json::{Value, json};

use crate::cli::program::on_minipkgs;

fn keys(value: &Value) -> Vec<&str> {
    value.as_object().unwrap().keys().map(String::as_str).collect()
}

fn answer(arguments: &[&str]) -> Value {
    on_minipkgs(&[&["spurious", "--format", "json"], arguments].concat()).json()
}

fn edge<'v>(report: &'v Value, input: &str, consumer: &str) -> Option<&'v Value> {
    let edges = report["edges"].as_array().unwrap();
    edges.iter().find(|edge| edge["input"]["name"] == input && edge["consumer"]["name"] == consumer)
}

#[test]
fn as_json() {
    let report = answer(&[]);
    let all = ["edges", "effective", "first", "groups", "ignored", "min_grade", "scope", "totals", "version"];
    assert_eq!(keys(&report), all);
    assert_eq!(
        (&report["version"], &report["scope"], &report["min_grade"]),
        (&json!(1), &Value::Null, &json!("inferred"))
    );
    let totals = ["builds_per_year", "consumers", "edges", "pairs", "saves_per_year", "without_remedy"];
    assert_eq!(keys(&report["totals"]), totals);
    assert_eq!(report["totals"]["edges"], report["edges"].as_array().unwrap().len());

    let pillow = edge(&report, "python3.11-Pillow-9.4.0", "python3.11-torchvision-0.14.1").unwrap();
    let of_edge =
        ["blocked_by", "consumer", "evidence", "grade", "input", "keys", "remedy", "rule", "saves", "verdict"];
    assert_eq!(keys(pillow), of_edge);
    assert_eq!(keys(&pillow["input"]), ["drv", "name", "pname"]);
    assert_eq!(keys(&pillow["consumer"]), ["attributes", "drv", "name", "pname"]);
    assert_eq!(pillow["consumer"]["attributes"], json!(["python311Packages.torchvision"]));
    assert_eq!(
        (&pillow["verdict"], &pillow["grade"], &pillow["remedy"], &pillow["rule"], &pillow["blocked_by"]),
        (&json!("reference-only"), &json!("inferred"), &json!("split"), &json!("python-run-time"), &Value::Null)
    );
    let saves = ["attributes", "builds", "per_year", "test_builds_added", "wrappers_added"];
    assert_eq!(keys(&pillow["saves"]), saves);
    assert_eq!(keys(&pillow["saves"]["per_year"]), ["builds", "test_builds_added", "wrappers_added"]);
    assert_eq!((&pillow["saves"]["builds"], &pillow["saves"]["wrappers_added"]), (&json!(1), &json!(1)));

    // what only a run path records: no remedy, yet a price
    let fontconfig = edge(&report, "fontconfig-2.14.2", "cudatoolkit-11.7.1").unwrap();
    assert_eq!(
        (&fontconfig["verdict"], &fontconfig["grade"], &fontconfig["remedy"]),
        (&json!("reference-only"), &json!("inferred"), &Value::Null)
    );
    assert_eq!(fontconfig["saves"]["builds"], 0);
    assert!(fontconfig["would_save"]["builds"].as_i64().unwrap() > 0, "{fontconfig}");
    // two ways lead to it
    let freetype = edge(&report, "freetype-2.13.0", "cudatoolkit-11.7.1").unwrap();
    assert_eq!(freetype["blocked_by"]["input"]["name"], "fontconfig-2.14.2");
    // a generator reads it
    assert_eq!(edge(&report, "python3.11-PyYAML-6.0", "python3.11-pytorch-1.13.1"), None);

    let kinds: Vec<&str> =
        report["groups"].as_array().unwrap().iter().map(|group| group["by"].as_str().unwrap()).collect();
    assert!(kinds.is_sorted() && kinds.contains(&"input") && kinds.contains(&"pair"));
    for group in report["groups"].as_array().unwrap() {
        assert_eq!(group["by"] == "pair", group.get("consumer").is_some());
        assert_eq!(group["remedy"].is_null(), group.get("would_save").is_some());
    }
    let first = &report["first"][0];
    assert_eq!(keys(first), ["edges", "gain", "input", "remedy", "step", "total"]);
    assert_eq!((&first["input"], &first["remedy"]), (&json!("hypothesis"), &json!("detach")));
}

#[test]
fn what_is_told_first_saves_most() {
    let report = answer(&[]);
    let years = |list: &str, by: Option<&str>| -> Vec<f64> {
        let all = report[list].as_array().unwrap().iter();
        let all = all.filter(|item| by.is_none_or(|by| item["by"] == by));
        all.map(|item| -item["saves"]["per_year"]["builds"].as_f64().unwrap()).collect()
    };
    for found in [years("edges", None), years("groups", Some("pair")), years("groups", Some("input"))] {
        assert!(found.is_sorted() && found[0] < 0.0);
    }
}

#[test]
fn a_scope_is_a_part_of_all() {
    let all = answer(&[]);
    let part = answer(&["--scope", "attr:python311Packages.*"]);
    assert_eq!(part["scope"], json!(["attr:python311Packages.*"]));
    let edges = part["edges"].as_array().unwrap();
    assert!(edges.len() > 50 && edges.len() < all["edges"].as_array().unwrap().len());
    for edge in edges {
        let of_set = |name: &Value| name.as_str().unwrap().starts_with("python311Packages.");
        assert!(edge["consumer"]["attributes"].as_array().unwrap().iter().any(of_set), "{edge}");
        assert!(all["edges"].as_array().unwrap().contains(edge), "alone it saves what it saves in all: {edge}");
    }
    assert_eq!(part["totals"]["builds_per_year"], all["totals"]["builds_per_year"]);
    let talk = on_minipkgs(&["spurious", "--scope", "nonsuch"]).failed();
    let lines: Vec<&str> = talk.lines().collect();
    let is_told = matches!(lines[..], [error, hint] if error.starts_with("error: ") && hint.starts_with("hint: "));
    assert!(is_told, "one error, and what to do: {talk}");
    assert!(on_minipkgs(&["spurious", "--scope", "default-builder.sh"]).code == 2);
}

#[test]
fn what_comes_along_saves_nothing_of_its_own() {
    let of = ["--scope", "attr:python311Packages.torchvision"];
    let (own, all) = (answer(&of), answer(&[&of[..], &["--effective"]].concat()));
    let along = edge(&all, "python3.11-idna-3.4", "python3.11-torchvision-0.14.1").unwrap();
    assert_eq!(edge(&own, "python3.11-idna-3.4", "python3.11-torchvision-0.14.1"), None);
    assert_eq!(
        (&along["keys"], &along["verdict"], &along["saves"]["builds"]),
        (&json!([]), &json!("reference-only"), &json!(0))
    );
    assert_eq!(along["blocked_by"]["input"]["name"], "python3.11-requests-2.28.2");
    assert_eq!(along["comes_with"][0], along["blocked_by"]["input"]);
    assert_eq!(own["groups"], all["groups"]);
    for edge in own["edges"].as_array().unwrap() {
        assert!(all["edges"].as_array().unwrap().contains(edge));
    }
}

#[test]
fn every_form() {
    let of = ["spurious", "--scope", "attr:python311Packages.torchvision", "--scope", "attr:cudatoolkit"];
    for format in ["table", "markdown", "csv"] {
        let told = on_minipkgs(&[&of[..], &["--format", format]].concat()).fine();
        insta::assert_snapshot!(format!("spurious.{format}"), told);
    }
    let rules = |format: &str| on_minipkgs(&["rules", "--format", format]).fine();
    insta::assert_snapshot!("rules.table", rules("table"));
    let all: Value = serde_json::from_str(&rules("json")).unwrap();
    assert_eq!(keys(&all), ["lists", "rules", "version"]);
    let first = &all["rules"][0];
    let fields = [
        "assumes",
        "exceptions",
        "flags",
        "grade",
        "holds_back",
        "id",
        "overestimates",
        "remedy",
        "spares",
        "summary",
        "underestimates",
        "verdict",
        "when",
    ];
    assert_eq!(keys(first), fields);
    let (markdown, csv) = (rules("markdown"), rules("csv"));
    let mut rows = csv::Reader::from_reader(csv.as_bytes());
    assert_eq!(rows.records().count(), all["rules"].as_array().unwrap().len());
    for rule in all["rules"].as_array().unwrap() {
        assert!(markdown.contains(&format!("#### `{}`", rule["id"].as_str().unwrap())));
    }
}

#[test]
fn threads_do_not_show() {
    let one = on_minipkgs(&["spurious", "--format", "json", "--threads", "1"]).fine();
    assert_eq!(on_minipkgs(&["spurious", "--format", "json", "--threads", "3"]).fine(), one);
}

#[test]
fn the_grade_asked_for() {
    let count = |grade: &str| answer(&["--min-grade", grade])["edges"].as_array().unwrap().len();
    let [suspected, inferred, observed] = ["suspected", "inferred", "observed"].map(count);
    assert!(suspected > inferred && inferred > 0 && observed == 0, "{suspected} {inferred} {observed}");
    assert!(on_minipkgs(&["spurious", "--min-grade", "certain"]).talk.contains("[possible values: suspected"));
}
