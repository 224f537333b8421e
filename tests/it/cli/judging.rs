//! Inputs, evidence and remedies, by the program.

use std::collections::BTreeSet;
use std::path::PathBuf;

use nix_ripple::graph::{Graph, NodeId};
use nix_ripple::verdict::{CheckOnly, Evidence, EvidenceFile, Grade, InputRef, PackageRef};
use serde_json::{Value, json};

use super::program::{Program, Ran, minipkgs};

fn graph() -> Graph {
    Graph::open(minipkgs()).unwrap()
}

fn node(graph: &Graph, attribute: &str) -> NodeId {
    let found = graph.find_attribute(attribute).map(|at| graph.attributes().nth(at).unwrap());
    let mut on_linux = found.filter(|&attribute| graph.attribute_system(attribute) == "x86_64-linux");
    graph.attribute_node(on_linux.next().unwrap_or_else(|| panic!("no {attribute}"))).unwrap()
}

/// Evidence that a package has these inputs for its checks alone.
pub(crate) fn check_only(graph: &Graph, attribute: &str, inputs: &[&str], grade: Grade) -> Evidence {
    let package = node(graph, attribute);
    let wanted: BTreeSet<NodeId> = inputs.iter().map(|input| node(graph, input)).collect();
    let input = |(edge, input): (_, NodeId)| {
        wanted.contains(&input).then(|| InputRef {
            drv: graph.path(input),
            name: graph.name(input).to_owned(),
            pname: graph.pname(input).to_owned(),
            outputs: graph.used_outputs(edge).map(str::to_owned).collect(),
            keys: graph.mentions(edge).map(str::to_owned).collect(),
        })
    };
    let inputs: Vec<InputRef> = graph.input_edges(package).filter_map(input).collect();
    assert_eq!(inputs.len(), wanted.len(), "{attribute}");
    let changed = if grade == Grade::Suspected { vec!["cmakeFlags".to_owned()] } else { Vec::new() };
    Evidence::CheckOnly(CheckOnly {
        package: PackageRef {
            attribute: attribute.to_owned(),
            drv: graph.path(package),
            name: graph.name(package).to_owned(),
        },
        recipe: graph.recipe(package),
        inputs,
        appeared: Vec::new(),
        differing_keys: Some(changed),
        grade,
    })
}

/// The program on the small distribution, with a file of evidence beside it.
struct Judged {
    program: Program,
    evidence: PathBuf,
}

impl Judged {
    fn new() -> Self {
        let graph = graph();
        let program = Program::new().env("NIX_RIPPLE_CLOSURE", minipkgs().to_str().unwrap());
        let evidence = program.folder.path().join("evidence.json");
        let python = |name: &str| format!("python311Packages.{name}");
        let set = |package: &str, inputs: &[&str], grade| {
            let inputs: Vec<String> = inputs.iter().map(|input| python(input)).collect();
            let inputs: Vec<&str> = inputs.iter().map(String::as_str).collect();
            check_only(&graph, &python(package), &inputs, grade)
        };
        let file = EvidenceFile {
            evidence: vec![
                set("requests", &["pytestCheckHook", "pytest-xdist"], Grade::Inferred),
                set("markupsafe", &["pytestCheckHook"], Grade::Inferred),
                set("cryptography", &["hypothesis", "pytest"], Grade::Suspected),
            ],
            ..EvidenceFile::default()
        };
        file.save(&evidence).unwrap();
        Self { program, evidence }
    }

    fn run(&self, arguments: &[&str]) -> Ran {
        self.program.run(&[arguments, &["--evidence", self.evidence.to_str().unwrap()]].concat())
    }

    fn json(&self, arguments: &[&str]) -> Value {
        self.run(&[arguments, &["--format", "json"]].concat()).json()
    }
}

fn keys(value: &Value) -> Vec<&str> {
    value.as_object().unwrap().keys().map(String::as_str).collect()
}

fn names(values: &Value) -> Vec<&str> {
    values.as_array().unwrap().iter().map(|value| value["name"].as_str().unwrap()).collect()
}

fn input<'v>(report: &'v Value, name: &str) -> &'v Value {
    let inputs = report["inputs"].as_array().unwrap();
    inputs.iter().find(|input| input["name"] == name).unwrap_or_else(|| panic!("no {name}"))
}

#[test]
fn inputs_as_json() {
    let judged = Judged::new();
    let report = judged.json(&["inputs", "python311Packages.requests", "--effective"]);
    assert_eq!(keys(&report), ["also", "inputs", "package", "version"]);
    assert_eq!((&report["version"], &report["package"]["name"]), (&json!(1), &json!("python3.11-requests-2.28.2")));
    assert_eq!(report["package"]["system"], "x86_64-linux");
    assert_eq!(report["also"].as_array().unwrap().len(), 3, "the other systems");

    let xdist = input(&report, "python3.11-pytest-xdist-3.2.0");
    let all = [
        "chain", "drv", "evidence", "grade", "keys", "name", "outputs", "pname", "rebuilds", "remedy", "roles", "rule",
        "savings", "verdict",
    ];
    assert_eq!(keys(xdist), all);
    assert_eq!(xdist["roles"], json!(["nativeBuildInputs", "check"]));
    assert_eq!((&xdist["keys"], &xdist["chain"]), (&json!(["nativeBuildInputs"]), &json!([])));
    assert_eq!(
        (&xdist["verdict"], &xdist["grade"], &xdist["remedy"]),
        (&json!("test-only"), &json!("inferred"), &json!("detach"))
    );
    assert_eq!(xdist["evidence"], json!(["check-only: gone from python311Packages.requests with its checks off"]));
    assert_eq!(xdist["savings"]["test_builds_added"], 1);

    let certifi = input(&report, "python3.11-certifi-2022.12.07");
    assert_eq!(certifi["roles"], json!(["propagatedBuildInputs"]));
    assert_eq!(
        (&certifi["verdict"], &certifi["grade"], &certifi["remedy"]),
        (&json!("reference-only"), &json!("inferred"), &json!("split"))
    );
    assert_eq!((&certifi["rule"], &certifi["evidence"]), (&json!("python-run-time"), &json!([])));
    assert_eq!(certifi["savings"]["wrappers_added"], 1);
    let bare = judged.json(&["inputs", "python311Packages.requests", "--no-rules"]);
    let certifi = input(&bare, "python3.11-certifi-2022.12.07");
    assert_eq!((&certifi["verdict"], &certifi["grade"]), (&json!("unknown"), &Value::Null));
    assert!(certifi.get("savings").is_none() && certifi.get("rule").is_none());

    let pyparsing = input(&report, "python3.11-pyparsing-3.0.9");
    assert_eq!((&pyparsing["roles"], &pyparsing["keys"]), (&json!(["check", "propagated"]), &json!([])));
    let chain = ["python3.11-pytestCheckHook-1", "python3.11-pytest-7.2.1", "python3.11-packaging-23.0"];
    assert_eq!(names(&pyparsing["chain"]), chain);
    assert_eq!(names(&pyparsing["carriers"]), ["python3.11-packaging-23.0"]);

    // what comes with check-only inputs alone is there for the checks alone
    assert_eq!(pyparsing["verdict"], "test-only");
    assert_eq!(pyparsing["grade"], "inferred");
    let idna = input(&report, "python3.11-idna-3.4");
    // and what comes with run-time dependencies alone is recorded at most
    assert_eq!((&idna["verdict"], &idna["rule"]), (&json!("reference-only"), &json!("python-run-time")));

    // without --effective there are the package's own alone, as many as it has
    let own = judged.json(&["inputs", "python311Packages.requests"]);
    let graph = graph();
    assert_eq!(
        own["inputs"].as_array().unwrap().len(),
        graph.input_edges(node(&graph, "python311Packages.requests")).len()
    );
    assert!(own["inputs"].as_array().unwrap().iter().all(|input| input["chain"] == json!([])));

    // what a bump rebuilds is what impact says of that very derivation
    for input in report["inputs"].as_array().unwrap() {
        let impact = judged.json(&["impact", input["drv"].as_str().unwrap()]);
        let itself = i64::from(impact["by_distance"][0]["distance"] == 0);
        assert_eq!(impact["derivations"]["total"].as_i64().unwrap() - itself, input["rebuilds"].as_i64().unwrap());
    }
}

#[test]
fn savings_of_an_input_are_those_of_its_remedy() {
    let judged = Judged::new();
    for (package, name) in [
        ("python311Packages.requests", "python3.11-pytest-xdist-3.2.0"),
        ("python311Packages.markupsafe", "python3.11-pytestCheckHook-1"),
        ("python311Packages.cryptography", "python3.11-hypothesis-6.68.2"),
    ] {
        let report = judged.json(&["inputs", package]);
        let input = input(&report, name);
        let drv = input["drv"].as_str().unwrap();
        let savings = |what_if: &str| judged.json(&["impact", drv, "--what-if", what_if])["what_if"]["savings"].clone();
        // that edge alone: a dropped input spares as much as a detached one
        let dropped = savings(&format!("drop:{drv}->attr:{package}.x86_64-linux"));
        assert_eq!(dropped["builds"], input["savings"]["builds"], "{package}");
        assert_eq!(dropped["attributes"], input["savings"]["attributes"], "{package}");
        // with the package's other check-only inputs, some of which this bump may reach, too
        let detached = savings(&format!("detach-tests:{package}.x86_64-linux"));
        assert!(detached["builds"].as_i64().unwrap() >= input["savings"]["builds"].as_i64().unwrap(), "{package}");
        assert_eq!(detached["test_builds_added"], input["savings"]["test_builds_added"], "{package}");
    }
}

#[test]
fn needless_builds_by_grade() {
    let judged = Judged::new();
    let report = judged.json(&["impact", "hypothesis", "--no-rules"]);
    let needless = report["needless"].as_array().unwrap();
    let grades: Vec<&str> = needless.iter().map(|needless| needless["grade"].as_str().unwrap()).collect();
    assert_eq!(grades, ["proven", "observed", "inferred", "suspected"]);
    assert_eq!(keys(&needless[0]), ["attributes", "builds", "grade", "test_builds_added", "wrappers_added"]);
    let builds: Vec<i64> = needless.iter().map(|needless| needless["builds"].as_i64().unwrap()).collect();
    assert!(builds[..3] == [0, 0, 0] && builds[3] > 0, "cryptography's are suspected only: {builds:?}");
    // each is what the remedies of that grade save
    for (grade, needless) in grades.iter().zip(needless) {
        let report = judged.json(&["impact", "hypothesis", "--no-rules", "--min-grade", grade]);
        for key in ["builds", "attributes", "wrappers_added", "test_builds_added"] {
            assert_eq!(report["what_if"]["savings"][key], needless[key], "{grade} {key}");
        }
    }
    let table = judged.run(&["impact", "hypothesis", "--no-rules"]).fine();
    let line = table.lines().find(|line| line.starts_with("needless")).unwrap();
    assert!(line.starts_with(&format!("needless at suspected: {} build", builds[3])), "{line}");
    // evidence that says nothing of a bump
    let table = judged.run(&["impact", "python311Packages.sphinx", "--no-rules"]).fine();
    assert!(table.contains("needless: none that the evidence shows"), "{table}");
}

#[test]
fn what_is_left_of_a_rebuild() {
    let judged = Judged::new();
    let arguments = ["impact", "pytest-xdist", "--what-if", "detach-tests", "--list"];
    let report = judged.json(&arguments);
    let what_if = &report["what_if"];
    assert_eq!(keys(what_if), ["after", "cut_off", "remedies", "savings", "treated"]);
    let listed = what_if["remedies"].as_array().unwrap().len() as u64;
    assert!(listed > 0 && listed <= what_if["treated"].as_u64().unwrap());
    let list = report["list"].as_array().unwrap();
    let count = |key: &str| list.iter().filter(|listed| listed["after"][key] == true).count() as u64;
    assert_eq!(count("build"), what_if["after"]["builds"].as_u64().unwrap());
    assert_eq!(count("tests"), what_if["after"]["test_builds"].as_u64().unwrap());
    assert_eq!(count("wrapper"), 0);
    let saved = report["derivations"]["total"].as_i64().unwrap() - count("build") as i64;
    assert_eq!(what_if["savings"]["builds"].as_i64().unwrap(), saved);
    assert!(saved > 0 && count("tests") > 0);
    let printed = judged.run(&["impact", "pytest-xdist", "--what-if", "detach-tests", "--print-drv"]).fine();
    assert_eq!(printed.lines().count() as u64, count("build"));
    let csv = judged.run(&[&arguments[..], &["--format", "csv"]].concat()).fine();
    assert_eq!(csv.lines().next().unwrap(), "drv,name,system,fetched,distance,attributes,after");
    assert_eq!(csv.lines().filter(|line| line.ends_with(",spared")).count() as i64 + count("tests") as i64, saved);
}

#[test]
fn a_split_and_what_keeps_it() {
    let judged = Judged::new();
    let report = judged.json(&["impact", "alsa-lib", "--what-if", "split:cudatoolkit"]);
    let what_if = &report["what_if"];
    assert_eq!((&what_if["savings"]["builds"], &what_if["savings"]["wrappers_added"]), (&json!(1), &json!(1)));
    assert_eq!(what_if["remedies"][0]["remedy"], "split");
    assert!(what_if.get("kept").is_none());
    // fontconfig reaches it through gdk-pixbuf, too
    let report = judged.json(&["impact", "glib", "--what-if", "split:cudatoolkit"]);
    let what_if = &report["what_if"];
    assert_eq!((&what_if["savings"]["builds"], &what_if["savings"]["wrappers_added"]), (&json!(0), &json!(1)));
    assert_eq!(names(&what_if["kept"][0]["by"]), ["gdk-pixbuf-2.42.10"]);
}

#[test]
fn cuts() {
    let judged = Judged::new();
    let why = |arguments: &[&str]| judged.json(&[&["why"], arguments].concat());
    let one = "attr:python311Packages.cryptography.x86_64-linux";
    let report = why(&["python311Packages.hypothesis.x86_64-linux", one, "--only", "--cut"]);
    assert_eq!(report["cut"]["possible"], true);
    assert_eq!(report["cut"]["edges"][0]["remedy"], "detach");
    assert_eq!(report["cut"]["edges"].as_array().unwrap().len(), 1);
    // that evidence is not strong enough
    let report = why(&["python311Packages.hypothesis.x86_64-linux", one, "--only", "--min-grade", "inferred", "--cut"]);
    assert_eq!((&report["cut"]["possible"], &report["cut"]["edges"]), (&json!(false), &json!([])));
    assert_eq!(names(&report["cut"]["uncut"]), ["python3.11-hypothesis-6.68.2", "python3.11-cryptography-39.0.2"]);
    let report = why(&["zlib", one, "--cut", "any"]);
    assert!(!report["cut"]["edges"].as_array().unwrap().is_empty());
    let report = why(&["python311Packages.sphinx", one, "--cut", "any"]);
    assert_eq!(
        (&report["cut"]["possible"], &report["cut"]["edges"], &report["path_count"]),
        (&json!(true), &json!([]), &json!(0))
    );
    // without evidence there is nothing to cut by
    let run = judged.program.run(&["why", "zlib", one, "--cut", "--no-rules"]).fine();
    assert!(run.contains("no cut:") && run.contains("nix-ripple probe"), "{run}");
}

#[test]
fn remedies_that_are_none() {
    let judged = Judged::new();
    let failed = |what_if: &str| judged.program.run(&["impact", "zlib", "--what-if", what_if]).failed();
    for (what_if, why) in [
        ("drop:zlib", "'->' is missing"),
        ("drop", "nothing stands after it"),
        ("remove:zlib->curl", "there is no 'remove'"),
        ("", "there is no ''"),
        ("ca:x", "nothing may stand after 'ca'"),
        ("drop:->curl", "in 'drop:->curl'"),
        ("drop:zlib->nosuchthing", "'nosuchthing' matches nothing"),
        ("drop:curl->zlib", "the one is no input of the other"),
        ("drop:openssl->python311Packages.requests", "'drop:openssl->python311Packages.requests' treats no edge"),
        ("split:python311Packages.six", "name the input"),
        ("detach-tests", "no evidence that holds for this closure"),
        ("detach-tests:curl", "no evidence that holds for this closure"),
    ] {
        let talk = failed(what_if);
        assert!(talk.contains(why), "{what_if}: {talk}");
    }
    // what comes along is not dropped, and the message names what carries it
    let talk = failed("drop:attr:python311Packages.pytest->attr:python311Packages.requests");
    assert!(talk.contains("only with what propagates it: python3.11-pytest-xdist-3.2.0, python3.11-pytestCheckHook-1"));
    let talk = judged.run(&["impact", "zlib", "--what-if", "detach-tests", "--min-grade", "proven"]).failed();
    assert!(talk.contains("what evidence names as check-only is weaker than proven"), "{talk}");
    // evidence that a question does not go by is no evidence
    let talk = judged.run(&["why", "zlib", "curl"]).failed();
    assert!(talk.contains("--cut"), "{talk}");
    let talk = judged.program.run(&["impact", "zlib", "--no-rules", "--rules", "x.toml"]);
    assert_eq!(talk.code, 2, "rules without rules");
    let talk = judged.program.run(&["impact", "zlib", "--rules", "x.toml"]).failed();
    assert!(talk.contains("x.toml"), "{talk}");
    let source = judged.program.run(&["inputs", "name:default-builder.sh"]);
    assert_eq!(source.code, 2);
}

/// What only nix-eval-jobs tells of has no keys, and none are made up.
#[test]
fn nothing_is_said_of_what_is_not_known() {
    let program = Program::new();
    let drv = |digit: char, name: &str| format!("/nix/store/{}-{name}.drv", digit.to_string().repeat(32));
    let line = json!({
        "attr": "app", "attrPath": ["app"], "name": "app-1", "system": "x86_64-linux", "drvPath": drv('1', "app-1"),
        "outputs": {"out": format!("/nix/store/{}-app-1", "2".repeat(32))}, "inputDrvs": {drv('3', "tool-1"): ["out"]},
    });
    let tool = json!({
        "attr": "tool", "attrPath": ["tool"], "name": "tool-1", "system": "x86_64-linux", "drvPath": drv('3', "tool-1"),
        "outputs": {"out": format!("/nix/store/{}-tool-1", "4".repeat(32))}, "inputDrvs": {},
    });
    program.write("jobs.jsonl", format!("{line}\n{tool}\n"));
    let report = program.run(&["inputs", "app", "-c", "jobs.jsonl", "--format", "json"]).json();
    assert_eq!((&report["inputs"][0]["roles"], &report["inputs"][0]["name"]), (&json!([]), &json!("tool-1")));
    assert!(report["note"].as_str().unwrap().contains("nothing but name and inputs is known"), "{report}");
    let overlay = program.run(&["overlay", "drop:tool->app", "-c", "jobs.jsonl"]);
    assert!(overlay.talk.contains("nothing but name and inputs is known, so tool-1 stays"), "{overlay:?}");
}

#[test]
fn names_that_reports_show_are_suggested() {
    let talk = super::program::on_minipkgs(&["impact", "curl-8.0.1"]).failed();
    assert!(talk.contains("did you mean name:curl-8.0.1?"), "{talk}");
    super::program::on_minipkgs(&["impact", "name:curl-8.0.1"]).fine();
    // and of several derivations the plainest attribute is meant
    let report = super::program::on_minipkgs(&["inputs", "name:curl-8.0.1", "--format", "json"]).json();
    let graph = graph();
    assert_eq!(report["package"]["drv"], graph.path(node(&graph, "curl")));
}

#[test]
fn systems_without_evidence_are_named() {
    let judged = Judged::new();
    let notes = judged.json(&["impact", "pytest"])["notes"].to_string();
    assert!(notes.contains("no evidence speaks of aarch64-darwin, aarch64-linux, x86_64-darwin:"), "{notes}");
    let notes = judged.json(&["impact", "attr:python311Packages.pytest.x86_64-linux"])["notes"].to_string();
    assert!(!notes.contains("no evidence speaks"), "{notes}");
}

#[test]
fn content_addressing_goes_by_evidence() {
    let judged = Judged::new();
    let savings = |report: &Value| report["what_if"]["savings"]["builds"].as_i64().unwrap();
    let bare = judged.program.run(&["impact", "pytest-xdist", "--what-if", "ca", "--format", "json"]).json();
    assert_eq!((savings(&bare), &bare["what_if"]["cut_off"]), (0, &json!(0)));
    assert!(bare["notes"].to_string().contains("nothing is known to stop early"), "{}", bare["notes"]);
    // requests is built again, for its tests changed; what depends on it is not
    let with = judged.json(&["impact", "pytest-xdist", "--what-if", "ca", "--list"]);
    let detached = judged.json(&["impact", "pytest-xdist", "--what-if", "detach-tests"]);
    assert!(!with["notes"].to_string().contains("stop early") && with["what_if"]["cut_off"].as_u64().unwrap() > 0);
    assert_eq!(savings(&with), savings(&detached) - 1);
    let list = with["list"].as_array().unwrap();
    let linux = |listed: &&Value| listed["system"] == "x86_64-linux";
    let requests = list.iter().filter(linux).find(|listed| listed["name"] == "python3.11-requests-2.28.2").unwrap();
    assert_eq!(requests["after"]["build"], true);
    assert!(list.iter().filter(linux).any(|listed| listed["distance"] == 2 && listed["after"]["build"] == false));
    let overlay = judged.run(&["overlay", "ca"]);
    assert!(overlay.talk.contains("'ca' is a setting of the whole set"), "{overlay:?}");
}

#[test]
fn reports_are_the_same_for_any_number_of_threads() {
    let judged = Judged::new();
    let run = |threads: &str| {
        let impact =
            judged.run(&["impact", "pytest", "--what-if", "detach-tests", "--list", "--threads", threads]).fine();
        let inputs = judged.run(&["inputs", "gdal", "--effective", "--threads", threads]).fine();
        let why = judged.run(&["why", "zlib", "gdal", "--threads", threads, "--cut", "any"]).fine();
        (impact, inputs, why)
    };
    assert_eq!(run("1"), run("4"));
}

/// The hash parts of store paths are those of the day.
fn redacted(text: &str) -> String {
    let mut parts = text.split("/nix/store/");
    let mut shown = parts.next().unwrap().to_owned();
    for part in parts {
        shown.push_str("/nix/store/<redacted-redacted-redacted-red>");
        shown.push_str(&part[32..]);
    }
    shown
}

#[test]
fn they_read_so() {
    let judged = Judged::new();
    for format in ["table", "markdown", "csv", "json"] {
        let shown = judged.run(&["inputs", "python311Packages.markupsafe", "--effective", "--format", format]).fine();
        insta::assert_snapshot!(format!("inputs.{format}"), redacted(&shown));
        let arguments = ["impact", "pytest-xdist", "--what-if", "detach-tests", "--hubs", "1", "--format", format];
        insta::assert_snapshot!(format!("what-if.{format}"), redacted(&judged.run(&arguments).fine()));
        let arguments =
            ["why", "pytest", "attr:python311Packages.requests.x86_64-linux", "--format", format, "--cut", "any"];
        insta::assert_snapshot!(format!("cut.{format}"), redacted(&judged.run(&arguments).fine()));
    }
}
