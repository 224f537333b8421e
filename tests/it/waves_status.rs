//! How far waves are: states out of results against a search by definition, the forms of results, and what locked waves
//! leave of the bumps that wait.

use std::collections::{BTreeMap, BTreeSet};
use std::fmt::Write;
use std::path::Path;
use std::sync::LazyLock;

use nix_ripple::graph::{Graph, NodeId};
use nix_ripple::ingest::Maintainers;
use nix_ripple::query::waves::results::Results;
use nix_ripple::query::waves::status::{
    PlannedWaves, ResultFile, StatusParams, StatusReport, WaveState, WaveStatus, status,
};
use nix_ripple::query::waves::{WavePlan, Wish, keep};

use crate::cli::program::{Program, minipkgs, on_minipkgs};
use crate::support::Chance;

const X86: &str = "x86_64-linux";

static GRAPH: LazyLock<Graph> = LazyLock::new(|| Graph::open(minipkgs()).unwrap());

/// The four waves of glibc, llvm, python and numpy, as the program plans them.
static PLAN: LazyLock<String> =
    LazyLock::new(|| on_minipkgs(&["waves", "glibc", "llvm", "python311", "numpy", "--format", "json"]).fine());

fn plan() -> WavePlan {
    WavePlan::parse(&PLAN, Path::new("plan.json")).unwrap()
}

static WAVES: LazyLock<PlannedWaves> = LazyLock::new(|| PlannedWaves::of(&GRAPH, &plan()).unwrap());

fn file(wave: Option<usize>, text: &str) -> ResultFile {
    let file = Path::new("results");
    ResultFile { file: file.to_path_buf(), wave, results: Results::parse(text, file).unwrap() }
}

/// Told by x86_64-linux alone, each build listed.
fn told(files: &[ResultFile]) -> StatusReport {
    let systems = BTreeSet::from([X86.to_owned()]);
    let params =
        StatusParams { costs: None, systems: &systems, maintainers: &Maintainers::default(), rules: None, list: true };
    status(&GRAPH, &WAVES, files, params).unwrap()
}

/// How far a build of a wave is, by its attribute.
fn state(wave: &WaveStatus, attribute: &str) -> &'static str {
    let named = |attributes: &[String]| attributes.iter().any(|name| name == attribute);
    let builds = wave.builds.as_ref().unwrap();
    builds.iter().find(|build| named(&build.build.attributes)).unwrap_or_else(|| panic!("{attribute}")).state
}

fn table(rows: &[(&str, &str)]) -> String {
    rows.iter().fold("attr,status\n".to_owned(), |text, (attribute, status)| text + attribute + "," + status + "\n")
}

/// The attributes of a wave on x86_64-linux.
fn attributes(wave: usize) -> Vec<String> {
    let report = told(&[]);
    let builds = report.waves[wave - 1].builds.as_ref().unwrap();
    builds.iter().flat_map(|build| build.build.attributes.clone()).collect::<BTreeSet<_>>().into_iter().collect()
}

fn successes(wave: usize) -> String {
    attributes(wave).iter().fold("attr,status\n".to_owned(), |text, name| text + name + ",success\n")
}

#[test]
fn waves_turn_green_one_after_the_other() {
    let none = told(&[]);
    let states: Vec<WaveState> = none.waves.iter().map(|wave| wave.state).collect();
    assert_eq!(states, [WaveState::Waiting, WaveState::Blocked, WaveState::Blocked, WaveState::Blocked]);
    assert_eq!((none.current, none.locked.as_slice()), (Some(1), [].as_slice()));
    let mut files = Vec::new();
    for wave in 1..=4 {
        // a file that names no wave tells of the first that is not green
        files.push(file(None, &successes(wave)));
        let report = told(&files);
        assert_eq!(report.results[wave - 1].waves, [wave]);
        assert_eq!(report.locked, ["glibc", "llvm", "python311", "numpy"][..wave]);
        assert_eq!(report.current, (wave < 4).then_some(wave + 1));
        let row = &report.waves[wave - 1];
        assert_eq!((row.state, row.built, row.unneeded > 0), (WaveState::Green, row.all, wave == 1), "{wave}");
    }
    let report = told(&[files.clone(), vec![file(None, &successes(1))]].concat());
    assert!(
        report.results[4].waves.is_empty() && report.notes[0].contains("all waves are green"),
        "{:?}",
        report.notes
    );
    // what is green by itself waits for the wave before
    let report = told(&[file(Some(2), &successes(2))]);
    let row = &report.waves[1];
    assert_eq!((row.state, row.blocked_by, row.built), (WaveState::Blocked, Some(1), row.all));
    // an attribute that is queued again is not built any more
    let report = told(&[file(Some(1), &successes(1)), file(Some(1), &table(&[("desktop-env", "queued")]))]);
    assert_eq!((report.current, state(&report.waves[0], "desktop-env")), (Some(1), "waiting"));
}

#[test]
fn what_results_say_of_others() {
    let report = told(&[file(
        Some(4),
        &table(&[
            ("python311Packages.matplotlib", "success"),
            ("python311Packages.scipy", "failed"),
            ("python311Packages.h5py", "cant-fix"),
            // its input failed: no fault of its own
            ("python311Packages.scikit-learn", "failed"),
        ]),
    )]);
    let wave = &report.waves[3];
    for (attribute, expect) in [
        ("python311Packages.matplotlib", "built"),
        ("python311Packages.numpy", "built"),
        ("python311Packages.scipy", "failed"),
        ("python311Packages.scikit-learn", "blocked"),
        ("python311Packages.h5py", "given-up"),
        // tables needs h5py, and so does keras; keras needs scipy as well
        ("python311Packages.pandas", "blocked"),
        ("python27Packages.numpy", "waiting"),
    ] {
        assert_eq!(state(wave, attribute), expect, "{attribute}");
    }
    assert_eq!((wave.failures.len(), wave.failures[0].build.name.as_str()), (1, "python3.11-scipy-1.10.1"));
    assert_eq!((wave.failures[0].holds, wave.failures[0].alone), (wave.blocked, wave.blocked));
    assert_eq!(wave.abandoned[0].with, wave.with_given_up);
    assert!(report.people.is_none());
}

/// By definition: what a failure reaches over what is blocked.
fn reached(graph: &Graph, states: &BTreeMap<NodeId, &str>, from: &[NodeId]) -> BTreeSet<NodeId> {
    let mut open = from.to_vec();
    let mut reached = BTreeSet::new();
    while let Some(node) = open.pop() {
        for (_, consumer) in graph.consumer_edges(node) {
            let held = matches!(states.get(&consumer), Some(&("blocked" | "failed")));
            if held && !graph.is_fixed(consumer) && reached.insert(consumer) {
                open.push(consumer);
            }
        }
    }
    reached.retain(|node| states[node] == "blocked");
    reached
}

#[test]
fn failures_hold_back_what_they_reach() {
    let graph = &*GRAPH;
    let nodes: BTreeMap<String, NodeId> = graph.nodes().map(|node| (graph.path(node), node)).collect();
    let (mut failing, mut several) = (0, 0);
    for seed in 0..40 {
        let mut chance = Chance(seed);
        let wave = 1 + chance.below(4);
        let names = attributes(wave);
        let rate = 3 + chance.below(30);
        let mut text = "attr,status\n".to_owned();
        for name in &names {
            let status = match chance.below(rate) {
                0 => "failed",
                1 => "success",
                2 if chance.below(4) == 0 => "wont-fix",
                _ => continue,
            };
            writeln!(text, "{name},{status}").unwrap();
        }
        let report = told(&[file(Some(wave), &text)]);
        let row = &report.waves[wave - 1];
        let builds = row.builds.as_ref().unwrap();
        let states: BTreeMap<NodeId, &str> =
            builds.iter().map(|build| (nodes[&build.build.drv], build.state)).collect();
        // each build and each name stands in one part
        let parts = [row.built, row.failed, row.blocked, row.waiting, row.given_up, row.with_given_up];
        assert_eq!(parts.iter().map(|part| part.derivations).sum::<u64>(), row.all.derivations);
        assert_eq!(parts.iter().map(|part| part.attributes).sum::<u64>(), row.all.attributes);
        let all: Vec<NodeId> = row.failures.iter().map(|failure| nodes[&failure.build.drv]).collect();
        let blocked = reached(graph, &states, &all);
        assert_eq!(blocked.len(), states.values().filter(|state| **state == "blocked").count());
        for (at, failure) in row.failures.iter().enumerate() {
            let others: Vec<NodeId> =
                all.iter().enumerate().filter(|(other, _)| *other != at).map(|(_, n)| *n).collect();
            let alone = blocked.len() - reached(graph, &states, &others).len();
            assert_eq!(failure.alone.derivations, alone as u64, "{seed} {}", failure.build.name);
            // all that it holds, together with others
            assert_eq!(failure.holds.derivations, reached(graph, &states, &all[at..=at]).len() as u64);
        }
        let mut mended: BTreeSet<String> = BTreeSet::new();
        let mut last = 0;
        for step in &row.mend {
            step.instead_of.iter().for_each(|build| assert!(mended.remove(&build.drv)));
            step.mend.iter().for_each(|build| assert!(mended.insert(build.drv.clone())));
            let left: Vec<NodeId> = all.iter().copied().filter(|node| !mended.contains(&graph.path(*node))).collect();
            let freed = (blocked.len() - reached(graph, &states, &left).len()) as u64;
            assert_eq!((step.freed.derivations, step.mended), (freed, mended.len() as u64), "{seed}");
            assert!((step.share - freed as f64 / blocked.len() as f64).abs() < 1e-9);
            assert!(freed > last && step.optimal == (all.len() <= 16));
            last = freed;
        }
        failing += usize::from(!all.is_empty());
        several += usize::from(row.mend.len() > 1);
        if !blocked.is_empty() && row.mend.len() < 32 {
            assert_eq!(last, blocked.len() as u64);
        }
    }
    assert!(failing > 20 && several > 10, "{failing} {several}");
}

#[test]
fn forms_of_results() {
    let path = |attribute: &str| {
        let graph = &*GRAPH;
        let range = graph.find_attribute(attribute);
        let attributes = range.map(|at| nix_ripple::graph::AttributeId(at as u32));
        let node = attributes.filter(|&at| graph.attribute_system(at) == X86).find_map(|at| graph.attribute_node(at));
        graph.path(node.unwrap())
    };
    let other = |attribute: &str, version: &str| {
        // as it is built: another hash, another version
        let path = path(attribute);
        let (name, _) = path[44..].rsplit_once('-').unwrap();
        format!("/nix/store/00000000000000000000000000000000-{name}-{version}.drv")
    };
    let hydra = |job: &str, status: u32, drv: &str| {
        format!(r#"{{"job": "{job}", "finished": 1, "buildstatus": {status}, "system": "{X86}", "drvpath": "{drv}"}}"#)
    };
    for (what, text, expect) in [
        ("with a system behind", table(&[("perl.x86_64-linux", "failed")]), "failed"),
        ("with a system before", table(&[("x86_64-linux.perl", "failed")]), "failed"),
        ("of another system", table(&[("perl.aarch64-linux", "failed")]), "waiting"),
        ("of all systems", table(&[("perl", "ok")]), "built"),
        ("by derivation", table(&[(&path("perl"), "timed-out")]), "failed"),
        ("by derivation, with outputs", table(&[(&format!("{}^out", path("perl")), "failed")]), "failed"),
        ("by a derivation of another version", table(&[(&other("perl", "5.38"), "failed")]), "failed"),
        ("by name", table(&[("perl-5.36.0", "failed")]), "failed"),
        ("with its system", format!("attr,system,status\nperl,{X86},failed\n"), "failed"),
        ("with another system", "attr,system,status\nperl,aarch64-linux,failed\n".to_owned(), "waiting"),
        ("evaluated", format!(r#"{{"attr": "perl", "drvPath": "{}"}}"#, other("perl", "5.38")), "waiting"),
        ("evaluated, and there", r#"{"attr": "perl", "cacheStatus": "local", "drvPath": "/x"}"#.to_owned(), "built"),
        ("not evaluated", r#"{"attr": "perl.x86_64-linux", "error": "no"}"#.to_owned(), "failed"),
        (
            "evaluated, then built",
            "{\"attr\": \"x86_64-linux.perl\", \"type\": \"EVAL\", \"success\": true}\n\
             {\"attr\": \"x86_64-linux.perl\", \"type\": \"BUILD\", \"success\": true}\n"
                .to_owned(),
            "built",
        ),
        (
            "as JUnit",
            r#"<testsuites><testsuite><testcase classname="Build" name="perl"><failure/></testcase></testsuite></testsuites>"#
                .to_owned(),
            "failed",
        ),
        ("by Hydra", format!("[{}]", hydra("perl.x86_64-linux", 0, "/x")), "built"),
        ("by Hydra, under another name", format!("[{}]", hydra("tests.p", 8, &other("perl", "5.38"))), "failed"),
        ("by Hydra, held back", format!("[{}]", hydra("perl", 2, "/x")), "blocked"),
        ("by Hydra, ended", format!("[{}]", hydra("perl", 4, "/x")), "waiting"),
        ("failed, then built", table(&[("perl", "failed"), ("perl", "success")]), "built"),
        ("built, then failed", table(&[("perl", "success"), ("perl", "failed")]), "failed"),
    ] {
        let report = told(&[file(Some(1), &text)]);
        assert_eq!(state(&report.waves[0], "perl"), expect, "{what}");
        let row = &report.results[0];
        assert_eq!((row.records, row.unknown), (row.used + row.elsewhere, 0), "{what}");
        assert_eq!(row.elsewhere > 0, what.contains("another system") || what.contains("of another s"), "{what}");
        assert_eq!(report.waves[0].retried.len(), usize::from(what.contains(", then failed") || what == "failed, then built"));
    }
    // held back by what no result tells
    let report = told(&[file(Some(1), &format!("[{}]", hydra("perl", 2, "/x")))]);
    let row = &report.waves[0];
    assert_eq!((row.state, row.failed.derivations, row.failures.len()), (WaveState::Failing, 0, 1));
    assert_eq!((row.failures[0].status.as_str(), row.failures[0].holds.derivations > 50), ("dependency-failed", true));
    // two pythons have one: no name without version tells which
    let report = told(&[file(Some(4), &table(&[("pandas-3.0", "failed"), ("nothing", "ok")]))]);
    assert_eq!(
        (report.results[0].unknown, report.results[0].unknown_names.join(" ")),
        (2, "pandas-3.0 nothing".to_owned())
    );
}

/// The program on these files, beside a plan.
fn run(files: &[(&str, &str)], arguments: &[&str]) -> crate::cli::program::Ran {
    let program = Program::new().env("NIX_RIPPLE_CLOSURE", minipkgs().to_str().unwrap());
    program.write("plan.json", PLAN.as_bytes());
    files.iter().for_each(|(name, text)| {
        program.write(name, text);
    });
    program.run(&[&["waves", "status"], arguments].concat())
}

#[test]
fn the_program() {
    let table = "attr,status,wave,fix,note\n\
                 glibc,success,1,,\n\
                 perl,failed,1,,\"segfault, sometimes\"\n\
                 zlib,success,1,no-perl.patch,\n\
                 R,wont-fix,1,,@<b>later|\n";
    let with = ["plan.json", "r.csv", "--system", X86];
    let files = [("r.csv", table), ("m.json", r#"{"perl": ["@camel"], "automake": ["@camel"], "openssl": ["@x"]}"#)];
    let arguments = [with.as_slice(), &["--maintainers", "m.json", "--cost"]].concat();
    let shown = run(&files, &arguments).fine();
    for line in [
        "wave 1 of 4 is failing; nothing is locked yet",
        "wave 1: fix of zlib (success): no-perl.patch",
        "r.csv: 4 results of wave 1 (csv), 4 used",
    ] {
        assert!(shown.lines().any(|found| found == line), "{line} in\n{shown}");
    }
    assert!(shown.lines().any(|line| line.contains("  R ") && line.contains("wont-fix: @<b>later|")), "{shown}");
    assert!(shown.lines().any(|line| line.contains(" @camel ") && line.trim_end().ends_with('1')), "{shown}");
    let markdown = run(&files, &[arguments.as_slice(), &["--format", "markdown"]].concat()).fine();
    assert!(markdown.contains("- [ ] wave 1: `glibc` – failing: "), "{markdown}");
    assert!(markdown.contains("\n  - [ ] `perl` (x86_64-linux) failed, holds back "), "{markdown}");
    assert!(!markdown.contains("<b>") && !markdown.contains("@camel"), "{markdown}");
    let json = run(&files, &[arguments.as_slice(), &["--format", "json"]].concat()).json();
    assert_eq!(json["waves"][0]["failures"][0]["note"], "segfault, sometimes");
    assert_eq!(json["waves"][0]["fixes"][0]["fix"], "no-perl.patch");
    assert_eq!(json["people"]["maintainers"][0]["name"], "@camel");
    assert_eq!(json["waves"][0]["mend"][0]["share"], 1.0);
    assert!(json["waves"][0]["blocked"]["hours"].as_f64().unwrap() > 0.0);
    let csv = run(&files, &[with.as_slice(), &["--format", "csv", "--list"]].concat()).fine();
    assert!(csv.lines().any(|line| line.starts_with("1,") && line.ends_with(",failed,failed")), "{csv}");
    // nothing told: nothing is green
    let ran = run(&[], &["plan.json", "--fail-if-not-green"]);
    assert_eq!((ran.code, ran.talk.as_str()), (1, "wave 1 is not green\n"));
    assert_eq!(run(&files, &arguments).fine(), shown, "the same again");
}

#[test]
fn what_is_wrong_is_named() {
    let table = "attr,status,wave\nperl,ok,5\n";
    assert_eq!(run(&[("r", table)], &["plan.json", "r"]).failed(), "error: r: line 2: wave 5; the plan has 4\n");
    let files = [("r", "attr,status\n")];
    assert_eq!(run(&files, &["plan.json", "9=r"]).failed(), "error: r: given as wave 9; the plan has 4\n");
    assert!(run(&files, &["plan.json", "r", "--system", "vax"]).failed().contains("--system 'vax': expected a system"));
    assert!(run(&files, &["r"]).failed().contains("expected a plan as 'waves --format json' prints it"));
    assert!(run(&files, &["plan.json", "none"]).failed().starts_with("error: none: "));
    assert!(run(&[("r", "attr\n")], &["plan.json", "r"]).failed().contains("line 1: expected nix-eval-jobs lines"));
    // a closure that lacks a package
    let unknown = PLAN.replace(r#""llvm""#, r#""llvmm""#);
    let failed = run(&[("p.json", &unknown)], &["p.json"]).failed();
    assert!(failed.contains("'llvmm' matches nothing in this closure; did you mean llvm"), "{failed}");
    let other = PLAN.replacen(r#""digest": ""#, r#""digest": "0"#, 1);
    let json = run(&[("p.json", &other)], &["p.json", "--format", "json"]).json();
    assert_eq!(json["same_closure"], false);
    assert!(json["notes"][0].as_str().unwrap().starts_with("the closure is not the one that was planned on"));
}

#[test]
fn locked_waves_are_kept() {
    let graph = &*GRAPH;
    let plan = plan();
    let wish = |name: &str| Wish::of(name);
    let names = |wishes: &[Wish]| wishes.iter().map(|wish| wish.name.clone()).collect::<Vec<_>>().join(" ");
    let all = ["numpy", "glibc", "llvm", "python311"].map(wish).to_vec();
    let kept = keep(graph, &plan, 0, &all).unwrap();
    assert_eq!(
        (names(&kept.wishes).as_str(), kept.late.len(), kept.locked.len()),
        ("numpy glibc llvm python311", 0, 0)
    );
    let kept = keep(graph, &plan, 2, &all).unwrap();
    assert_eq!(names(&kept.wishes), "numpy python311");
    assert_eq!(
        kept.locked.iter().map(|row| (row.name.as_str(), row.wave)).collect::<Vec<_>>(),
        [("glibc", 1), ("llvm", 2)]
    );
    // new ones: what each would rebuild, by the graph itself
    let rebuilds = |name: &str, other: &str| {
        let found = |name: &str| {
            let range = graph.find_attribute(name);
            let ids = range.map(|at| nix_ripple::graph::AttributeId(at as u32));
            ids.filter_map(|at| graph.attribute_node(at)).collect::<Vec<NodeId>>()
        };
        let set = nix_ripple::reach::RebuildSet::of(graph, &found(name));
        found(other).iter().any(|&node| set.contains(node))
    };
    assert!(rebuilds("linuxHeaders", "glibc") && rebuilds("openssl", "llvm") && !rebuilds("openssl", "glibc"));
    let mut more = all.clone();
    more.extend(["linuxHeaders", "pillow", "openssl"].map(wish));
    let mut after = wish("hypothesis");
    after.after = vec!["linuxHeaders".to_owned()];
    more.push(after);
    let mut follows = wish("curl");
    follows.after = vec!["glibc".to_owned()];
    follows.name = "c".to_owned();
    more.push(follows);
    let kept = keep(graph, &plan, 1, &more).unwrap();
    let late: Vec<(&str, &str)> = kept.late.iter().map(|late| (late.name.as_str(), late.reason.as_str())).collect();
    assert_eq!(
        late,
        [("linuxHeaders", "would rebuild glibc, locked"), ("hypothesis", "follows linuxHeaders, which waits")]
    );
    assert_eq!((kept.late[0].rebuilds.join(" "), kept.late[0].path.len() > 1), ("glibc".to_owned(), true));
    assert_eq!(names(&kept.wishes), "numpy llvm python311 pillow openssl c");
    assert!(kept.wishes.iter().all(|wish| wish.after.is_empty()), "what is locked is followed already");
    assert_eq!(names(&kept.held), "glibc");
    // on darwin, where clang builds everything, openssl is upstream of llvm, and llvm of openssl
    let kept = keep(graph, &plan, 2, &more).unwrap();
    // so which comes first is for the packages of one system to say, and it can be planned
    assert!(names(&kept.wishes).contains("openssl"), "{:?}", kept.late);
    // those that the plan had in later waves stay
    assert!(names(&kept.wishes).starts_with("numpy python311 "), "{}", names(&kept.wishes));
    // python is locked, and openssl upstream of it: too late now
    assert!(rebuilds("openssl", "python311"));
    let kept = keep(graph, &plan, 3, &more).unwrap();
    let late = kept.late.iter().find(|late| late.name == "openssl").unwrap();
    assert!(late.rebuilds.contains(&"python311".to_owned()), "{late:?}");
    // another version of what is locked, and what belongs to it
    let mut newer = plan.clone();
    newer.bumps.iter_mut().for_each(|(wish, _)| wish.to = Some("2".to_owned()));
    let mut wishes = all;
    wishes[1].to = Some("3".to_owned());
    let kept = keep(graph, &newer, 1, &wishes[..3]).unwrap();
    assert_eq!(kept.late[0].reason, "glibc is locked at 2; 3 comes after");
    assert_eq!((names(&kept.wishes), kept.gone.join(" ")), ("numpy llvm".to_owned(), "python311".to_owned()));
    // one that follows what waits, or what is locked under another name
    let (mut one, mut other) = (wish("pillow"), wish("hypothesis"));
    one.after = vec!["glibc".to_owned()];
    other.after = vec!["pillow".to_owned()];
    let kept = keep(graph, &newer, 1, &[wishes[1].clone(), one.clone(), other]).unwrap();
    let reasons: Vec<&str> = kept.late[1..].iter().map(|late| late.reason.as_str()).collect();
    assert_eq!(reasons, ["follows glibc, which waits", "follows pillow, which waits"]);
    let mut libc = wish("glibc");
    libc.name = "libc".to_owned();
    one.after = vec!["libc".to_owned()];
    let kept = keep(graph, &plan, 1, &[libc, one]).unwrap();
    assert_eq!((names(&kept.wishes).as_str(), kept.late.len()), ("pillow", 0), "{:?}", kept.late);
    let error = keep(graph, &plan, 5, &wishes).unwrap_err().to_string();
    assert_eq!(error, "5 waves are to be kept, but the plan has 4");
}
