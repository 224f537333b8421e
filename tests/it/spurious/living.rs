//! Baselines, ignore lists, rates.

use serde_json::{Value, json};

use crate::cli::program::{Program, Ran, minipkgs};

struct Living(Program);

impl Living {
    fn new() -> Self {
        Self(Program::new().env("NIX_RIPPLE_CLOSURE", minipkgs().to_str().unwrap()))
    }

    fn write(&self, name: &str, content: &str) -> String {
        self.0.write(name, content).to_str().unwrap().to_owned()
    }

    fn run(&self, arguments: &[&str]) -> Ran {
        self.0.run(&[&["spurious", "--scope", "attr:python311Packages.*", "--format", "json"], arguments].concat())
    }

    /// The answer, with other than every pair that the test of a value takes away.
    fn baseline(&self, keep: impl Fn(&Value) -> bool) -> (String, usize) {
        let mut answer = self.run(&[]).json();
        let edges = answer["edges"].as_array_mut().unwrap();
        let all = edges.len();
        edges.retain(keep);
        let gone = all - edges.len();
        (self.write("baseline.json", &answer.to_string()), gone)
    }
}

fn is(edge: &Value, input: &str, consumer: &str) -> bool {
    edge["input"]["pname"] == input && edge["consumer"]["pname"] == consumer
}

#[test]
fn only_what_is_new_fails() {
    let living = Living::new();
    let (same, _) = living.baseline(|_| true);
    let told = living.run(&["--fail-on-new", &same]);
    assert_eq!((told.code, told.talk.as_str()), (0, ""));
    let report = told.json();
    assert_eq!(report["baseline"], json!({"new": 0, "gone": 0}));
    assert!(report["edges"].as_array().unwrap().iter().all(|edge| edge["new"] == false));

    let (less, missing) = living.baseline(|edge| !is(edge, "Pillow", "torchvision"));
    assert!(missing > 0);
    let told = living.run(&["--fail-on-new", &less]);
    assert_eq!(told.code, 1);
    let pair = "  + python3.11-Pillow-9.4.0 -> python3.11-torchvision-0.14.1 (propagatedBuildInputs): reference-only (inferred, python-run-time)\n";
    assert!(
        told.talk.starts_with(&format!("{missing} flagged pairs that the baseline lacks:\n{pair}")),
        "{}",
        told.talk
    );
    let report: Value = serde_json::from_str(&told.out).unwrap();
    assert_eq!(report["baseline"], json!({"new": missing, "gone": 0}));
    for edge in report["edges"].as_array().unwrap() {
        assert_eq!(edge["new"], json!(is(edge, "Pillow", "torchvision")));
    }
    let new: Vec<&Value> = report["groups"].as_array().unwrap().iter().filter(|group| group["new"] == true).collect();
    assert_eq!(new.len(), 1);
    assert_eq!((&new[0]["input"], &new[0]["consumer"]), (&json!("pillow"), &json!("torchvision")));
    let table = living.0.run(&["spurious", "--scope", "attr:python311Packages.*", "--fail-on-new", &less]).out;
    let pairs = table.split_once("by pair").unwrap().1.lines().nth(2).unwrap();
    assert!(pairs.starts_with(" + pillow  "), "{table}");
}

/// Other versions, other paths, another interpreter.
#[test]
fn versions_and_paths_are_no_news() {
    let living = Living::new();
    let mut answer = living.run(&[]).json();
    for edge in answer["edges"].as_array_mut().unwrap() {
        for side in ["input", "consumer"] {
            edge[side]["drv"] = json!("/nix/store/00000000000000000000000000000000-x.drv");
            edge[side]["name"] = json!("x-1");
            let pname = edge[side]["pname"].as_str().unwrap().to_owned();
            edge[side]["pname"] = json!(format!("python3.7-{pname}"));
        }
    }
    let other = living.write("baseline.json", &answer.to_string());
    assert_eq!(living.run(&["--fail-on-new", &other]).json()["baseline"], json!({"new": 0, "gone": 0}));
    // but what names it and what is said of it are
    for (field, value) in [("keys", json!(["buildInputs", "x"])), ("verdict", json!("no-effect"))] {
        let mut changed = answer.clone();
        let edges = changed["edges"].as_array_mut().unwrap().iter_mut();
        for edge in edges.filter(|edge| is(edge, "python3.7-Pillow", "python3.7-torchvision")) {
            edge[field] = value.clone();
        }
        let other = living.write("baseline.json", &changed.to_string());
        let told = living.run(&["--fail-on-new", &other]);
        assert_eq!(told.code, 1, "{field}");
        assert!(told.talk.starts_with("flagged no more: 1 pair of the baseline"), "{}", told.talk);
    }
}

#[test]
fn another_question_is_told() {
    let living = Living::new();
    let whole = living.0.run(&["spurious", "--format", "json", "--min-grade", "suspected"]).fine();
    let baseline = living.write("baseline.json", &whole);
    let told = living.run(&["--fail-on-new", &baseline]);
    assert_eq!(told.code, 0);
    for line in [
        "its scope is everything, now it is attr:python311Packages.*",
        "its weakest grade is suspected, now it is inferred",
        "flagged no more: ",
    ] {
        assert!(told.talk.contains(line), "{}", told.talk);
    }
}

#[test]
fn what_is_no_baseline_is_told() {
    let living = Living::new();
    for (text, expect) in [
        ("{}", "missing field"),
        ("[]", "expected what 'spurious --format json' writes"),
        (r#"{"version":9,"scope":null,"min_grade":"inferred","effective":false,"edges":[]}"#, "of version 9"),
    ] {
        let file = living.write("baseline.json", text);
        let told = living.run(&["--fail-on-new", &file]).failed();
        assert!(told.contains("baseline.json: ") && told.contains(expect), "{told}");
    }
    assert!(living.run(&["--fail-on-new", "nonsuch"]).failed().contains("nonsuch: "));
}

#[test]
fn what_is_ignored_is_left_out_and_counted() {
    let living = Living::new();
    let list = living.write(
        "ignore.toml",
        "[[ignore]]\ninput = 'pillow'\nconsumer = '*'\nreason = 'we like it'\n\
         [[ignore]]\ninput = 'pillow'\nconsumer = 'torch*'\nrule = 'python-run-time'\nreason = 'twice'\n\
         [[ignore]]\ninput = 'pillow'\nconsumer = 'torch*'\nrule = 'check-phase'\nreason = 'no such rule on it'\n\
         [[ignore]]\ninput = 'nonsuch'\nconsumer = '*'\nreason = 'gone'\n",
    );
    let all = living.run(&[]).json();
    let told = living.run(&["--ignore", &list]);
    assert_eq!(told.code, 0);
    assert!(told.talk.contains("--ignore: nothing needs entry 4 (nonsuch -> *): gone"), "{}", told.talk);
    let left = told.json();
    let count = |report: &Value, named: bool| {
        let edges = report["edges"].as_array().unwrap();
        edges.iter().filter(|edge| (edge["input"]["pname"] == "Pillow") == named).count()
    };
    assert!(count(&all, true) > 1);
    assert_eq!((count(&left, true), count(&left, false)), (0, count(&all, false)));
    assert_eq!(left["ignored"], json!(count(&all, true)));
    let stale: Vec<&Value> = left["stale_ignores"].as_array().unwrap().iter().map(|stale| &stale["entry"]).collect();
    assert_eq!(stale, [&json!(3), &json!(4)]);
    // what is ignored is neither new nor gone
    let (baseline, _) = living.baseline(|_| true);
    let told = living.run(&["--ignore", &list, "--fail-on-new", &baseline]).json();
    assert_eq!(told["baseline"], json!({"new": 0, "gone": 0}));
    // what others need is not stale
    let elsewhere = living.0.run(&["spurious", "--scope", "attr:cudatoolkit", "--ignore", &list, "--format", "json"]);
    assert_eq!(elsewhere.json()["stale_ignores"].as_array().unwrap().len(), 2);

    let broken = living.write("broken.toml", "[[ignore]]\ninput = 'x'\nconsumer = 'y'\n");
    assert!(living.run(&["--ignore", &broken]).failed().contains("missing field `reason`"));
}

#[test]
fn rates_weigh_the_year() {
    let living = Living::new();
    let year = |report: &Value, input: &str| -> f64 {
        let groups = report["groups"].as_array().unwrap();
        let group = groups.iter().find(|group| group["by"] == "input" && group["input"] == input).unwrap();
        group["saves"]["per_year"]["builds"].as_f64().unwrap()
    };
    let plain = living.run(&[]).json();
    let rates = living.write("rates.csv", "pname,rate\nhypothesis,52\nhypotesis,1\n");
    let told = living.run(&["--bump-rates", &rates]);
    assert!(
        told.talk.contains("nothing that is built is called 'hypotesis'; did you mean hypothesis"),
        "{}",
        told.talk
    );
    let weighed = told.json();
    let group = |report: &Value, input: &str| year(report, input);
    let once = plain["groups"].as_array().unwrap().iter().find(|group| group["input"] == "hypothesis").unwrap();
    let builds = once["saves"]["builds"].as_f64().unwrap();
    assert!(builds > 0.0);
    assert_eq!(group(&weighed, "hypothesis"), group(&plain, "hypothesis") + 51.0 * builds);
    assert_eq!(group(&weighed, "pillow"), group(&plain, "pillow"));
    assert!(weighed["totals"]["builds_per_year"].as_f64() > plain["totals"]["builds_per_year"].as_f64());
    let broken = living.write("rates.csv", "x,often");
    assert!(living.run(&["--bump-rates", &broken]).failed().contains("line 1: expected a number of bumps a year"));
}
