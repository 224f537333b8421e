//! `nix-ripple cost`, as a user runs it.

use std::collections::BTreeMap;

use serde_json::{Value, json};

use crate::cli::program::{Program, Ran, minipkgs};
use crate::support::{Recipe, folder, testdata};

/// A program with a closure of its own: packages of which some ask for much.
fn packages() -> (Program, Vec<Recipe>) {
    let bash = Recipe::new(1, "bash-5.1");
    let source = Recipe::new(2, "curl-8.0.tar.gz").fixed();
    let mut curl = Recipe::new(3, "curl-8.0").input(&bash, "stdenv").input(&source, "src");
    curl.sources.push(format!("/nix/store/{:032}-script.sh", 9_000_000));
    let mut big = Recipe::new(4, "chromium-120.0").input(&bash, "stdenv");
    big.env.push(("requiredSystemFeatures".to_owned(), "big-parallel".to_owned()));
    let mut env = Recipe::new(5, "curl-8.0-env").input(&curl, "paths");
    env.env.push(("preferLocalBuild".to_owned(), "1".to_owned()));
    let recipes = vec![bash, source, curl, big, env];
    let program = Program::new();
    let drvs = folder(&recipes);
    crate::support::graph(&[drvs.path()]).save(&program.folder.path().join("closure.ripple")).unwrap();
    (program, recipes)
}

fn run(program: &Program, arguments: &[&str]) -> Ran {
    program.run(&[&["cost"], arguments].concat())
}

/// What a user reads who gives nothing, then a file.
#[test]
fn a_table() {
    let (program, _) = packages();
    let expect = "\
5 derivations: 61.2 min (all estimated)
 derivation       system            time  known      how
 chromium-120.0   x86_64-linux  60.0 min  estimated  built-in figure for big-parallel builds
 curl-8.0         x86_64-linux      60 s  estimated  built-in figure for builds
 bash-5.1         x86_64-linux       5 s  estimated  built-in figure for builds without a stdenv
 curl-8.0.tar.gz  x86_64-linux       5 s  estimated  built-in figure for downloads
 curl-8.0-env     x86_64-linux       1 s  estimated  built-in figure for local builds without a stdenv
";
    assert_eq!(run(&program, &["name:*"]).fine(), expect);
    program.write("t.csv", "chromium,7200\n");
    let out = run(&program, &["pname:chromium", "name:curl-8.0", "--times", "t.csv"]).fine();
    assert!(out.starts_with("2 derivations: 2.0 h (99.2 % measured)\n"), "{out}");
    assert!(out.contains("chromium-120.0  x86_64-linux  2.0 h  measured   1 record, by pname: t.csv\n"), "{out}");
}

/// Every member.
#[test]
fn as_json() {
    let (program, recipes) = packages();
    program.write("build-reports.csv", "hostname,derivation name,utc time,build seconds\n,curl,x,30\n,curl,x,41\n");
    program.write("own.json", r#"{"curl-8.0.tar.gz": 2.5, "curl": 33}"#);
    let ran = run(&program, &["pname:curl", "--times", "build-reports.csv", "--times", "own.json", "--format", "json"]);
    assert_eq!(ran.talk, "");
    let mut report: Value = ran.json();
    let hours = report.as_object_mut().unwrap().remove("hours").unwrap();
    let expect = [("total", 34.0), ("measured", 33.0), ("estimated", 1.0), ("measured_share", 3_600.0 * 33.0 / 34.0)];
    for (member, seconds) in expect {
        assert!((hours[member].as_f64().unwrap() - seconds / 3_600.0).abs() < 1e-12, "{member}: {hours}");
    }
    assert_eq!(hours["by_system"], json!({"x86_64-linux": hours["total"]}));
    assert_eq!(
        report,
        json!({
            "version": 1,
            "selectors": ["pname:curl"],
            "bytes": null,
            "bytes_measured": null,
            "derivations": [
                {
                    "drv": recipes[2].path(),
                    "name": "curl-8.0",
                    "system": "x86_64-linux",
                    "work": "build",
                    "seconds": 33.0,
                    "measured": true,
                    "reason": {
                        "match": "pname",
                        "records": 3,
                        "files": ["build-reports.csv", "own.json"],
                        "min": 30.0,
                        "median": 33.0,
                        "max": 41.0,
                    },
                    "bytes": null,
                    "size_measured": null,
                },
                {
                    "drv": recipes[4].path(),
                    "name": "curl-8.0-env",
                    "system": "x86_64-linux",
                    "work": "build",
                    "seconds": 1.0,
                    "measured": false,
                    "reason": {"basis": "built-in", "class": "local builds without a stdenv", "of": 0},
                    "bytes": null,
                    "size_measured": null,
                },
            ],
        })
    );
}

#[test]
fn as_csv_and_markdown() {
    let (program, recipes) = packages();
    program.write("t.csv", "curl-8.0,30\ncurl-8.0,40\n");
    let csv = run(&program, &["name:curl*", "--times", "t.csv", "--format", "csv"]).fine();
    let expect = format!(
        "\
drv,name,system,work,seconds,measured,match,records,files,basis,class,of,min,median,max,bytes,size_measured
{},curl-8.0,x86_64-linux,build,35,true,name,2,t.csv,,,,30,35,40,,
{},curl-8.0.tar.gz,x86_64-linux,download,5,false,,,,built-in,downloads,0,,,,,
{},curl-8.0-env,x86_64-linux,build,1,false,,,,built-in,local builds without a stdenv,0,,,,,
",
        recipes[2].path(),
        recipes[1].path(),
        recipes[4].path()
    );
    assert_eq!(csv, expect);
    let markdown = run(&program, &["name:curl-8.0", "--times", "t.csv", "--format", "markdown"]).fine();
    assert!(markdown.starts_with("### Cost\n\n1 derivation: 35 s (100.0 % measured)\n\n| derivation"), "{markdown}");
    assert!(markdown.contains("| median of 2 records (30 s to 40 s), by name: t.csv"), "{markdown}");
}

/// The grounds of each kind of figure, in words.
#[test]
fn grounds_in_words() {
    let (program, recipes) = packages();
    program.write("t.json", r#"{"a": 60, "bash": 10, "curl-8.0.tar.gz": 1}"#);
    let how = |arguments: &[&str]| {
        let out = run(&program, arguments).fine();
        out.lines().nth(2).unwrap().split_once("estimated").map_or(out.clone(), |(_, how)| how.trim().to_owned())
    };
    assert_eq!(how(&["name:chromium*"]), "built-in figure for big-parallel builds");
    let source = format!("/nix/store/{:032}-script.sh", 9_000_000);
    let out = run(&program, &[&source]).fine();
    assert!(out.contains("an input source or a hole costs nothing"), "{out}");
    assert_eq!(how(&["name:curl-8.0.tar.gz"]), "built-in figure for downloads");
    // five builds of half the built-in minute
    let (program, _) = learned(&recipes);
    let how = |name: &str| run(&program, &[name, "--times", "t.csv"]).fine().lines().nth(2).unwrap().to_owned();
    assert!(
        how("name:p9").ends_with("30 s  estimated  median of 6 builds of no package set (10 s to 60 s)"),
        "{}",
        how("name:p9")
    );
    let chromium = how("name:chromium*");
    let expect = "30.0 min  estimated  built-in figure for big-parallel builds, by what 6 measured builds take";
    assert!(chromium.ends_with(expect), "{chromium}");
}

/// Sizes in words: one is no median, and the headline says how much is measured, and what is downloaded.
#[test]
fn sizes_in_words() {
    let (program, recipes) = packages();
    let entry = |path: &str, told: &str| format!(r#"{{"path":"{path}","references":[],{told}}}"#);
    let stranger = |number: u32, name: &str| format!("/nix/store/{number:032}-{name}");
    let write = |entries: &[String]| program.write("s.json", &format!("[{}]", entries.join(",")));
    let run = |selector: &str| run(&program, &[selector, "--sizes", "s.json"]).fine();
    write(&[entry(&stranger(777, "curl-7.0"), r#""narSize":568"#)]);
    let out = run("name:curl-8.0");
    assert!(out.starts_with("1 derivation: 60 s (all estimated), 568 B (all estimated)\n"), "{out}");
    assert!(out.trim_end().ends_with("568 B  estimated  1 path, by pname"), "{out}");
    let out = run("name:curl-8.0-env");
    assert!(out.trim_end().ends_with("568 B  estimated  1 output (all outputs here)"), "{out}");
    let own = recipes[2].output_path("out");
    write(&[
        entry(&stranger(777, "curl-8.0-env"), r#""narSize":100"#),
        entry(&stranger(778, "curl-8.0-env"), r#""narSize":102"#),
        entry(&own, r#""narSize":2048,"downloadSize":1024"#),
    ]);
    let out = run("pname:curl");
    let headline = "2 derivations: 61 s (all estimated), 2.10 KiB (95.3 % measured), 1.05 KiB packed\n";
    assert!(out.starts_with(headline), "{out}");
    assert!(out.trim_end().ends_with("101 B  estimated  median of 2 paths (100 B to 102 B), by name"), "{out}");
    let out = program.run(&["impact", "name:curl-8.0", "--sizes", "s.json"]).fine();
    assert!(out.contains("bytes written: ") && out.contains("downloaded: ") && out.contains(" packed\n"), "{out}");
}

/// A closure with six measured builds, and one more that is not.
fn learned(recipes: &[Recipe]) -> (Program, Vec<Recipe>) {
    let mut all = recipes.to_vec();
    for at in 0..10 {
        all.push(Recipe::new(20 + at, &format!("p{at}")).input(&recipes[0], "stdenv"));
    }
    let program = Program::new();
    let drvs = folder(&all);
    crate::support::graph(&[drvs.path()]).save(&program.folder.path().join("closure.ripple")).unwrap();
    program.write("t.csv", "name,seconds\np0,10\np1,25\np2,30\np3,30\np4,40\np5,60\n");
    (program, all)
}

/// What says nothing is told on stderr, and the answer is there.
#[test]
fn talk() {
    let (program, _) = packages();
    program.write("t.csv", "curl,30\nno-such,1\nnor\u{1b}[2Jthis,1\ncurl,0\nbash,0\n");
    program.write("none.csv", "curl,0\n");
    let ran = run(&program, &["name:curl-8.0", "--times", "t.csv", "--times", "none.csv"]);
    assert_eq!(
        ran.talk,
        "\
t.csv: 2 of 5 records left out: 2 of 0 s
warning: none.csv: 1 of 1 records left out: 1 of 0 s
warning: t.csv: 2 of 3 records match nothing here, the first: 'no-such'
"
    );
    assert!(ran.fine().contains("1 record, by pname: t.csv"));
    program.write("bad.csv", "a\u{1b}[2J,1\n");
    let ran = run(&program, &["name:curl-8.0", "--times", "bad.csv"]);
    assert!(ran.talk.contains("the first: 'a\\u{1b}[2J'") && ran.code == 0, "{ran:?}");
    let quiet = run(&program, &["name:curl-8.0", "--times", "t.csv", "--quiet"]);
    assert_eq!((quiet.talk.as_str(), quiet.code), ("", 0));
}

#[test]
fn failures() {
    let (program, _) = packages();
    program.write("neg.csv", "curl,1\nbash,-3\n");
    program.write("empty.csv", "");
    program.write("words.txt", "so much for that\n");
    for (arguments, expect) in [
        (&["name:curl-8.0", "--times", "nowhere.csv"][..], "nowhere.csv: No such file"),
        (&["name:curl-8.0", "--times", "."], ".: Is a directory"),
        (&["name:curl-8.0", "--times", "neg.csv"], "neg.csv, line 2: expected seconds from 0 to ten years, found -3"),
        (&["name:curl-8.0", "--times", "empty.csv"], "empty.csv: empty; expected nix-output-monitor's"),
        (&["name:curl-8.0", "--times", "words.txt"], "words.txt, line 1: expected nix-output-monitor's"),
        (&["name:curl-8.0", "--times", "closure.ripple"], "closure.ripple, line "),
        (&["curll"], "'curll' matches nothing in this closure; did you mean curl?"),
        (&["name:curl-8.0", "--format", "dot"], "this report has no dot form"),
    ] {
        let failed = run(&program, arguments).failed();
        assert!(failed.contains(expect), "{arguments:?}: {failed}");
    }
    let ran = run(&program, &[]);
    assert!(ran.code == 2 && ran.talk.contains("<SELECTOR>"), "{ran:?}");
}

/// A bare word is not extended: curl's instances in the bootstrap have times of their own.
#[test]
fn never_extended() {
    let program = Program::new().env("NIX_RIPPLE_CLOSURE", minipkgs().to_str().unwrap());
    let count = |arguments: &[&str]| program.run(arguments).json();
    let cost = count(&["cost", "curl", "--format", "json"]);
    let only = count(&["impact", "curl", "--only", "--format", "json"]);
    let wide = count(&["impact", "curl", "--format", "json"]);
    let bumped = |report: &Value| report["bump"]["derivations"].as_array().unwrap().len();
    assert_eq!(cost["derivations"].as_array().unwrap().len(), bumped(&only));
    assert!(bumped(&only) < bumped(&wide));
}

/// `impact` takes the same file, and adds the same figures up.
#[test]
fn impact_says_the_same() {
    let program = Program::new().env("NIX_RIPPLE_CLOSURE", minipkgs().to_str().unwrap());
    let times = testdata("costs/times/build-reports.csv");
    let times = times.to_str().unwrap();
    let impact = program.run(&["impact", "curl", "--times", times, "--list", "--format", "json"]).json();
    let listed = impact["list"].as_array().unwrap();
    let paths: Vec<&str> = listed.iter().map(|entry| entry["drv"].as_str().unwrap()).collect();
    program.write("all.txt", paths.join("\n"));
    let cost = program.run(&["cost", "@all.txt", "--times", times, "--format", "json"]).json();
    assert_eq!(cost["hours"], impact["cost"]["hours"]);
    let figures = |entries: &Value, hours: &dyn Fn(&Value) -> f64| -> BTreeMap<String, (i64, bool)> {
        let each = entries.as_array().unwrap().iter();
        let figure =
            |entry: &Value| ((hours(entry) * 3_600_000.0).round() as i64, entry["measured"].as_bool().unwrap());
        each.map(|entry| (entry["drv"].as_str().unwrap().to_owned(), figure(entry))).collect()
    };
    let of_impact = figures(&impact["list"], &|entry| entry["hours"].as_f64().unwrap());
    assert_eq!(of_impact, figures(&cost["derivations"], &|entry| entry["seconds"].as_f64().unwrap() / 3_600.0));
    assert!(of_impact.len() > 100 && of_impact.values().any(|(_, measured)| *measured));
}
