//! `waves` as a planner uses it, on minipkgs.

use std::path::Path;

use serde_json::Value;

use crate::cli::program::{Program, Ran, minipkgs};

fn waves(program: &Program, options: &[&str]) -> Ran {
    let mut command = vec!["waves", "-q", "-c", path(minipkgs())];
    command.extend(options);
    program.run(&command)
}

fn plan(toml: &str, options: &[&str]) -> Value {
    let program = Program::new();
    let file = program.write("bumps.toml", toml);
    let options: Vec<&str> = ["--bumps", path(&file), "--format", "json"].iter().chain(options).copied().collect();
    waves(&program, &options).json()
}

fn path(path: &Path) -> &str {
    path.to_str().unwrap()
}

/// Names of the bumps of each wave.
fn names(report: &Value) -> Vec<Vec<&str>> {
    let waves = report["waves"].as_array().unwrap().iter();
    waves
        .map(|wave| wave["bumps"].as_array().unwrap().iter().map(|bump| bump["name"].as_str().unwrap()).collect())
        .collect()
}

fn bumps(words: &[&str]) -> String {
    words.iter().map(|word| format!("[[bump]]\nselector = \"{word}\"\n")).collect()
}

#[test]
fn all_that_is_wrong_is_told_at_once() {
    let program = Program::new();
    let file = program.write(
        "bumps.toml",
        "[[bump]]\nselector = ['numpi', 'nosuch:x']\n[[bump]]\nselector = 'babel'\n[[bump]]\nselector = 'zlib'\n\
         after = 'curl'\npin = ['zlibb']\n[[bump]]\nselector = 'zlib'\n[[bump]]\nselector = 'git'\nafter = 'git'\n",
    );
    let told = waves(&program, &["--bumps", path(&file)]).failed();
    for expect in [
        "'numpi' matches nothing in this closure; did you mean numpy",
        "'nosuch:x' is not a selector",
        "'babel' names 2 packages in this closure; say which: attr:python27Packages.babel, attr:texlive.babel",
        "'zlib' is the name of two bumps",
        "'zlib' is to follow 'curl', which is no bump here",
        "'zlib' pins 'zlibb', which is no bump here; did you mean 'zlib'?",
        "'git' is to follow itself",
    ] {
        assert!(told.contains(expect), "{expect}: {told}");
    }
    let told = waves(&program, &[]).failed();
    assert!(told.contains("nothing to plan: give --bumps FILE, or selectors"), "{told}");
    let told = waves(&program, &["curl", "--by", "bytes"]).failed();
    assert!(told.contains("bytes are not known; give --sizes"), "{told}");
    let told = waves(&program, &["curl", "--major", "3"]).failed();
    assert!(told.contains("--major wants the machines that build"), "{told}");
    let told = waves(&program, &["--bumps", "missing.toml"]).failed();
    assert!(told.contains("missing.toml: No such file"), "{told}");
}

#[test]
fn what_was_asked_for_contradicts_the_graph() {
    let program = Program::new();
    let file = program
        .write("bumps.toml", "[[bump]]\nselector = 'zlib'\nafter = 'curl'\n[[bump]]\nselector = 'curl'\n".as_bytes());
    let told = waves(&program, &["--bumps", path(&file)]).failed();
    assert!(told.contains("take back an 'after'"), "{told}");
    assert!(told.contains("zlib before curl (upstream)") && told.contains("curl before zlib (asked for)"), "{told}");
}

#[test]
fn what_follows_by_order() {
    // neither is upstream of the other
    let two = bumps(&["python311Packages.pillow", "python311Packages.pyyaml"]);
    assert_eq!(names(&plan(&two, &[])).len(), 1);
    let asked = plan(&(two + "after = 'python311Packages.pillow'\n"), &[]);
    assert_eq!(names(&asked), [["python311Packages.pillow"], ["python311Packages.pyyaml"]]);
    assert_eq!(asked["precedence"][0]["reason"], "asked for");
}

#[test]
fn together() {
    let source = plan(&bumps(&["cmake", "name:cmake-cursesUI*", "python311Packages.numpy"]), &[]);
    let found = source["groups"].as_array().unwrap();
    assert_eq!(found.len(), 1, "{found:?}");
    assert_eq!(found[0]["bumps"], serde_json::json!(["cmake", "name:cmake-cursesUI*"]));
    assert!(found[0]["reasons"][0].as_str().unwrap().starts_with("both change cmake"), "{found:?}");

    let group =
        "[[bump]]\nselector = 'zlib'\ngroup = 'g'\n[[bump]]\nselector = 'python311Packages.numpy'\ngroup = 'g'\n";
    let report = plan(group, &[]);
    assert_eq!(names(&report), [["zlib", "python311Packages.numpy"]]);
    assert_eq!(report["groups"][0]["reasons"], serde_json::json!(["asked for: group 'g'"]));
    assert!(report["bumps"][0]["reason"].as_str().unwrap().starts_with("moves with python311Packages.numpy"));
}

#[test]
fn pins() {
    let both = |pin: &str| plan(&format!("{}{pin}", bumps(&["fontconfig", "cudatoolkit"])), &[]);
    let rebuilt = |report: &Value| report["bumps"][0]["rebuilds"]["derivations"].as_u64().unwrap();
    let (taken, pinned, all) = (both(""), both("pin = ['fontconfig']\n"), both("pin = true\n"));
    assert_eq!(names(&taken), [["fontconfig"], ["cudatoolkit"]]);
    assert_eq!(names(&pinned).len(), 1, "a pin lets it settle before its upstream");
    assert!(rebuilt(&pinned) < rebuilt(&taken));
    assert_eq!(rebuilt(&pinned), rebuilt(&all));
    assert_eq!(pinned["bumps"][1]["pin"], serde_json::json!(["fontconfig"]));
    assert_eq!(all["bumps"][1]["pin"], serde_json::json!(["*"]));
    // a pin of what comes by another way, too
    let zlib = plan(&format!("{}pin = ['zlib']\n", bumps(&["zlib", "cudatoolkit"])), &[]);
    let notes = zlib["notes"].to_string();
    assert!(notes.contains("cudatoolkit pins zlib, and is rebuilt by it all the same: zlib"), "{notes}");
}

#[test]
fn limits() {
    let six = ["pytorch", "torchvision", "pillow", "pyyaml", "hypothesis", "numpy"];
    let program = Program::new();
    let code = |options: &[&str]| {
        let options: Vec<&str> = six.iter().chain(options).chain(&["--format", "json"]).copied().collect();
        let ran = waves(&program, &options);
        (ran.code, serde_json::from_str::<Value>(&ran.out).unwrap())
    };
    for (options, waves, fine) in [
        (&["--max-waves", "4"][..], 4, true),
        (&["--max-waves", "2"], 2, true),
        (&["--max-waves", "1"], 1, true),
        (&["--max-bumps-per-wave", "1"], 6, true),
        // pillow has time until torchvision
        (&["--max-bumps-per-wave", "2"], 4, true),
        (&["--max-bumps-per-wave", "1", "--max-waves", "3"], 6, false),
        (&["--max-hours-per-wave", "0.001"], 6, false),
    ] {
        let (code, report) = code(options);
        assert_eq!(names(&report).len(), waves, "{options:?}");
        assert_eq!(report["chosen"]["within_limits"], fine, "{options:?}");
        assert_eq!(code, i32::from(!fine), "{options:?}");
    }
}

#[test]
fn what_is_needless_is_taken_out() {
    let six = bumps(&["hypothesis", "numpy"]);
    let (all, less) = (plan(&six, &[]), plan(&six, &["--min-grade", "inferred"]));
    let builds = |report: &Value| report["chosen"]["derivations"].as_u64().unwrap();
    assert!(builds(&less) < builds(&all));
    // the same wave by wave as of an impact with the same remedies
    let without = &less["chosen"]["without_remedies"];
    assert_eq!(without["derivations"].as_u64().unwrap(), builds(&all));
    let program = Program::new();
    for bump in ["hypothesis", "numpy"] {
        let impact = ["impact", bump, "--min-grade", "inferred", "--format", "json", "-q", "-c", path(minipkgs())];
        let impact = program.run(&impact);
        let wave = less["waves"].as_array().unwrap().iter().find(|wave| wave["bumps"][0]["name"] == bump).unwrap();
        let after = &impact.json()["what_if"]["after"];
        assert_eq!(wave["derivations"], after["builds"]);
        assert_eq!(wave["wrappers"].as_u64().unwrap_or_default(), after["wrappers"].as_u64().unwrap());
        assert_eq!(wave["test_builds"].as_u64().unwrap_or_default(), after["test_builds"].as_u64().unwrap());
    }
}

#[test]
fn planned_again_behind_what_is_locked() {
    let program = Program::new();
    let first = program.write("first.toml", bumps(&["pillow", "pyyaml", "hypothesis", "numpy", "pytorch"]));
    let whole = waves(&program, &["--bumps", path(&first), "--format", "json"]).fine();
    let file = program.write("plan.json", &whole);
    let whole: Value = serde_json::from_str(&whole).unwrap();
    let again = program.write(
        "again.toml",
        bumps(&["pillow", "pyyaml", "hypothesis", "numpy", "pytorch", "torchvision", "libjpeg", "setuptools"]),
    );
    let keep = ["--bumps", path(&again), "--keep", path(&file), "--locked", "1", "--format", "json"];
    let again = waves(&program, &keep).json();
    assert_eq!(again["waves"][0]["bumps"], whole["waves"][0]["bumps"]);
    assert_eq!(again["waves"][0]["derivations"], whole["waves"][0]["derivations"]);
    let locked: Vec<bool> =
        again["waves"].as_array().unwrap().iter().map(|wave| wave["is_locked"].as_bool().unwrap()).collect();
    assert!(locked[0] && locked[1..].iter().all(|locked| !locked), "{locked:?}");
    let late: Vec<&str> = again["late"].as_array().unwrap().iter().map(|late| late["name"].as_str().unwrap()).collect();
    assert_eq!(late, ["libjpeg", "setuptools"], "they would rebuild pillow");
    let planned: Vec<&str> = again["order"].as_array().unwrap().iter().map(|name| name.as_str().unwrap()).collect();
    assert_eq!(planned.len(), 6);
    assert!(planned.contains(&"torchvision") && !planned.contains(&"libjpeg"));
    // a security bump that waits is priced all the same
    let mended = program.write(
        "mended.toml",
        bumps(&["pillow", "pyyaml", "hypothesis", "numpy", "pytorch"])
            + "[[bump]]\nselector = 'libjpeg'\nsecurity = true\n",
    );
    let keep = ["--bumps", path(&mended), "--keep", path(&file), "--locked", "1", "--format", "json"];
    let mended = waves(&program, &keep).json();
    assert_eq!(mended["late"][0]["name"], "libjpeg");
    assert_eq!((&mended["security"][0]["bump"], &mended["security"][0]["wave"]), (&"libjpeg".into(), &Value::Null));
    assert_eq!(mended["security"][0]["current"], 2);
    // a plan like any other: with all waves locked there is nothing to plan
    let file = program.write("again.json", again.to_string());
    let count = again["waves"].as_array().unwrap().len().to_string();
    let keep = ["--bumps", path(&first), "--keep", path(&file), "--locked", &count, "--format", "json"];
    let done = waves(&program, &keep).json();
    assert_eq!(names(&done), names(&again));
    let told = waves(&program, &["curl", "--keep", path(&file), "--locked", "9"]).failed();
    assert!(told.contains("9 waves are to be kept, but the plan has"), "{told}");
}

#[test]
fn what_is_locked_keeps_its_pins() {
    let program = Program::new();
    let pinned = "[[bump]]\nselector = 'fontconfig'\n[[bump]]\nselector = 'cudatoolkit'\npin = 'fontconfig'\n";
    let more = format!("{pinned}{}", bumps(&["python311Packages.numpy"]));
    let (first, again) = (program.write("first.toml", pinned), program.write("again.toml", more));
    let whole = waves(&program, &["--bumps", path(&first), "--format", "json"]).fine();
    let file = program.write("plan.json", &whole);
    let whole: Value = serde_json::from_str(&whole).unwrap();
    let keep = ["--bumps", path(&again), "--keep", path(&file), "--locked", "1", "--format", "json"];
    let again = waves(&program, &keep).json();
    assert_eq!(again["waves"][0]["derivations"], whole["waves"][0]["derivations"]);
    let pins = |report: &Value| -> Vec<Value> {
        let bumps = report["bumps"].as_array().unwrap().iter();
        bumps.filter(|bump| bump["name"] == "cudatoolkit").map(|bump| bump["pin"].clone()).collect()
    };
    assert_eq!(pins(&again), pins(&whole));
    assert_eq!(pins(&again), [serde_json::json!(["fontconfig"])]);
    // another bump by a locked one's name is told of
    let other = program.write("other.toml", "[[bump]]\nname = 'fontconfig'\nselector = 'zlib'\n");
    let keep = ["--bumps", path(&other), "--keep", path(&file), "--locked", "1", "--format", "json"];
    let other = waves(&program, &keep).json();
    assert_eq!(other["late"][0]["reason"], "fontconfig is locked as fontconfig");
}

#[test]
fn security_bumps_are_priced_in_four_ways() {
    let toml = "[[bump]]\nselector = 'openssl'\nsecurity = true\n[[bump]]\nselector = 'python311Packages.numpy'\n";
    let report = plan(toml, &["--fix-for", "git", "--current-wave", "2"]);
    let security = &report["security"][0];
    let ways: Vec<&str> = security["ways"].as_array().unwrap().iter().map(|way| way["way"].as_str().unwrap()).collect();
    assert_eq!(ways, ["graft", "current-wave", "parallel-wave", "overlay"]);
    // without it wave 2 is the first
    assert_eq!((security["bump"].as_str(), security["current"].as_u64()), (Some("openssl"), Some(1)));
    assert_eq!(security["wave"], 1);
    assert_eq!(security["rebuilds"], report["bumps"][0]["rebuilds"]);
    assert!(security["target"].to_string().contains("git-"));
    assert_eq!(plan(&bumps(&["openssl"]), &[]).get("security"), None);
}

#[test]
fn forms() {
    let program = Program::new();
    let file = program.write(
        "bumps.toml",
        "[[bump]]\nname = 'a|b <i> \"c\"\\u0007'\nselector = 'zlib'\nto = '*2*'\n[[bump]]\nselector = 'curl'\n\
         security = true\n",
    );
    let of = |form: &str, more: &[&str]| {
        let options: Vec<&str> = ["--bumps", path(&file), "--format", form].iter().chain(more).copied().collect();
        waves(&program, &options).fine()
    };
    let markdown = of("markdown", &[]);
    assert_eq!(markdown.matches("- [ ] ").count(), 2 * 2 + 2, "{markdown}");
    assert!(!markdown.contains("<i>") && !markdown.contains('\u{7}') && !markdown.contains("*2*"), "{markdown}");
    let csv = of("csv", &[]);
    let mut rows = csv::Reader::from_reader(csv.as_bytes());
    assert_eq!(rows.records().map(Result::unwrap).count(), 2);
    let listed = of("csv", &["--list"]);
    let mut rows = csv::Reader::from_reader(listed.as_bytes());
    assert_eq!(rows.headers().unwrap().iter().next(), Some("wave"));
    let report: Value = serde_json::from_str(&of("json", &[])).unwrap();
    let made: u64 = report["waves"]
        .as_array()
        .unwrap()
        .iter()
        .map(|wave| wave["derivations"].as_u64().unwrap() + wave["fetched"].as_u64().unwrap())
        .sum();
    assert_eq!(rows.records().count() as u64, made);
    let dot = of("dot", &[]);
    assert!(dot.starts_with("digraph waves {") && dot.ends_with("}\n"));
    assert_eq!(dot.matches("subgraph cluster_").count(), 2);
    assert!(dot.contains(r#""a|b <i> \"c\"\\u0007" -> "curl";"#), "{dot}");
    let table = of("table", &[]);
    assert!(table.starts_with("2 bumps in 2 waves: ") && !table.contains('\u{7}'), "{table}");
}
