//! What a graph keeps of attributes: where they lead, what they build, and which failed.

use std::path::{Path, PathBuf};

use nix_ripple::graph::{AttributeId, BuildOptions, Graph, build};
use nix_ripple::ingest::{IngestError, IngestOptions, Problem};
use nix_ripple::query::{RankParams, Selector, rank, resolve};
use nix_ripple::role::EffectiveInputs;
use serde_json::{Value, json};

use crate::support::{self, Recipe, testdata};

fn write(folder: &Path, name: &str, text: &str) -> PathBuf {
    let file = folder.join(name);
    std::fs::write(&file, text).unwrap();
    file
}

/// Lines of nix-eval-jobs.
fn lines(values: &[Value]) -> String {
    values.iter().map(|value| format!("{value}\n")).collect()
}

fn good(attr: &str, recipe: &Recipe) -> Value {
    let outputs: serde_json::Map<String, Value> =
        recipe.outputs.iter().map(|output| (output.clone(), recipe.output_path(output).into())).collect();
    json!({"attr": attr, "attrPath": [attr], "system": "x86_64-linux", "drvPath": recipe.path(), "outputs": outputs})
}

fn bad(attr: &str, error: &str) -> Value {
    json!({"attr": attr, "attrPath": [attr], "error": error})
}

/// Name, system and error.
fn failed(graph: &Graph) -> Vec<(&str, &str, &str)> {
    graph.failed().map(|failed| (failed.name, failed.system, failed.error)).collect()
}

fn attribute(graph: &Graph, name: &str) -> AttributeId {
    let range = graph.find_attribute(name);
    assert_eq!(range.len(), 1, "{name}");
    graph.attributes().nth(range.start).unwrap()
}

/// The output paths' digests of an attribute, as text.
fn outputs(graph: &Graph, name: &str) -> Vec<String> {
    graph.attribute_outputs(attribute(graph, name)).map(|digest| digest.as_str().to_owned()).collect()
}

/// The hash parts of a recipe's outputs.
fn digests(recipe: &Recipe, names: &[&str]) -> Vec<String> {
    names.iter().map(|name| recipe.output_path(name)["/nix/store/".len()..][..32].to_owned()).collect()
}

#[test]
fn failures_are_kept() {
    let x = Recipe::new(1, "x-1.0");
    let folder = support::folder(std::slice::from_ref(&x));
    let first = lines(&[
        bad("b.x86_64-linux", "error: of b"),
        good("x", &x),
        bad("a", "\u{1b}[31;1merror:\u{1b}[0m of a"),
        // evaluated elsewhere, for this system and not for that one
        bad("x.x86_64-linux", "error: out of memory"),
        bad("x.aarch64-linux", "error: unsupported"),
    ]);
    let second = lines(&[bad("b.x86_64-linux", "error: another"), bad("c", &"x".repeat(5000))]);
    let (first, second) = (write(folder.path(), "first.jsonl", &first), write(folder.path(), "second.jsonl", &second));
    let paths = [folder.path(), &first, &second];
    let graph = support::graph(&paths);
    let long = "x".repeat(2000);
    let expect = [
        ("a", "", "error: of a"),
        ("b", "x86_64-linux", "error: another"),
        ("c", "", long.as_str()),
        ("x", "aarch64-linux", "error: unsupported"),
    ];
    assert_eq!(failed(&graph), expect);
    assert_eq!(graph.attribute_count(), 1);
    let other_way = support::graph(&[folder.path(), &second, &first]);
    assert!(support::snapshot(&graph) == support::snapshot(&other_way), "whatever comes first");
    // told as before
    let (_, problems) = support::read(&paths, &IngestOptions::default()).unwrap();
    let told: Vec<&str> = problems.iter().map(|problem| problem.code).collect();
    assert_eq!(told, ["attributes-failed", "attributes-failed"]);
    assert!(problems[0].message.contains("4 attributes failed"), "{}", problems[0]);
    let file = folder.path().join("x.ripple");
    graph.save(&file).unwrap();
    assert_eq!(failed(&Graph::open(&file).unwrap()), expect);
}

#[test]
fn outputs_with_and_without_a_derivation() {
    let x = Recipe::new(1, "x-1.0").outputs(&["out", "dev"]);
    let gone = Recipe::new(2, "gone-1.0").outputs(&["out", "dev", "bin"]);
    let folder = support::folder(std::slice::from_ref(&x));
    let jobs = write(folder.path(), "jobs.jsonl", &lines(&[good("x", &x), good("gone", &gone)]));
    let some = json!({"gone.x86_64-linux": {"dev": gone.output_path("dev")},
        "other.x86_64-linux": {"out": gone.output_path("bin")}});
    let some = write(folder.path(), "outpaths.json", &some.to_string());
    for paths in [[folder.path(), &jobs, &some], [folder.path(), &some, &jobs]] {
        let graph = support::graph(&paths);
        assert_eq!(outputs(&graph, "x"), digests(&x, &["dev", "out"]), "by the outputs' names");
        assert!(graph.attribute_node(attribute(&graph, "x")).is_some());
        // by their digests, which number them in the order of `outputs`
        assert_eq!(outputs(&graph, "gone"), digests(&gone, &["out", "dev", "bin"]));
        assert_eq!(outputs(&graph, "other"), digests(&gone, &["bin"]));
        assert_eq!(graph.attribute_node(attribute(&graph, "gone")), None);
    }
}

#[test]
fn two_that_disagree_are_told() {
    let (one, other) = (Recipe::new(1, "x-1.0"), Recipe::new(2, "x-2.0"));
    let folder = tempfile::tempdir().unwrap();
    let entry = |recipe: &Recipe| json!({"x.x86_64-linux": {"out": recipe.output_path("out")}}).to_string();
    let (a, b) = (write(folder.path(), "a.json", &entry(&one)), write(folder.path(), "b.json", &entry(&other)));
    let (raw, _) = support::read(&[&a, &b], &IngestOptions::default()).unwrap();
    let (graph, problems) = build(&raw, BuildOptions::default()).unwrap();
    assert!(problems.iter().any(|problem| problem.code == "conflicting-attributes"), "{problems:?}");
    assert_eq!(outputs(&graph, "x"), digests(&one, &["out"]), "the one read first");
}

#[test]
fn a_map_of_attributes_alone() {
    let map: Value = serde_json::from_slice(&std::fs::read(testdata("minipkgs/outpaths.json")).unwrap()).unwrap();
    let map = map.as_object().unwrap();
    for name in ["minipkgs/outpaths.json", "minipkgs/nix-env.json"] {
        let (raw, problems) = support::read(&[testdata(name)], &IngestOptions::default()).unwrap();
        assert_eq!(problems, []);
        let (graph, problems) = build(&raw, BuildOptions::default()).unwrap();
        assert_eq!(problems.iter().map(|problem| problem.code).collect::<Vec<_>>(), ["attributes-without-derivation"]);
        assert_eq!((graph.node_count(), graph.edge_count(), graph.store_dir()), (0, 0, "/nix/store"));
        assert!(graph.attribute_count() > 100);
        let mut compared = 0;
        for attribute in graph.attributes() {
            let key = format!("{}.{}", graph.attribute_name(attribute), graph.attribute_system(attribute));
            let Some(paths) = map.get(&key).and_then(Value::as_object) else { continue };
            let mut expect: Vec<&str> = paths.values().map(|path| &path.as_str().unwrap()[11..43]).collect();
            expect.sort_unstable();
            let kept: Vec<_> = graph.attribute_outputs(attribute).map(|digest| digest.as_str().to_owned()).collect();
            assert_eq!(kept, expect, "{key}");
            compared += 1;
        }
        assert!(compared > 100, "{compared} compared");
        // and it can be asked
        assert_eq!(rank(&graph, RankParams::default()).unwrap().nodes.len(), 0);
        let _ = EffectiveInputs::new(&graph);
        for word in Selector::expand(&["hello", "zlib", "name:*", "src:x"]).unwrap() {
            assert!(resolve(&graph, &[word], false).is_err());
        }
    }
}

#[test]
fn derivations_of_another_machine() {
    let (here, there) = (Recipe::new(1, "here-1.0"), Recipe::new(2, "there-1.0"));
    let store = support::folder(std::slice::from_ref(&here));
    let folder = tempfile::tempdir().unwrap();
    let both = write(folder.path(), "both.jsonl", &lines(&[good("here", &here), good("there", &there)]));
    let none = write(folder.path(), "none.jsonl", &lines(&[good("there", &there)]));
    let options = |attributes_alone| IngestOptions {
        store_root: Some(store.path().to_path_buf()),
        attributes_alone,
        ..IngestOptions::default()
    };
    for file in [&both, &none] {
        let error = support::read(&[file], &options(false)).unwrap_err();
        assert!(matches!(error, IngestError::Unrecognised { .. }), "{error}");
        assert!(error.to_string().contains("no derivation") && error.to_string().contains("there-1.0"), "{error}");
    }
    let read = |file: &PathBuf| -> (Graph, Vec<Problem>) {
        let (raw, problems) = support::read(&[file], &options(true)).unwrap();
        (build(&raw, BuildOptions::default()).unwrap().0, problems)
    };
    let (graph, problems) = read(&none);
    assert_eq!((graph.node_count(), graph.attribute_count()), (0, 1));
    assert_eq!(outputs(&graph, "there"), digests(&there, &["out"]));
    let [Problem { code: "derivations-not-at-hand", message }] = problems.as_slice() else { panic!("{problems:?}") };
    assert!(message.starts_with("1 of the 1 derivations"), "{message}");
    // what is there is read all the same
    let (graph, problems) = read(&both);
    assert_eq!((graph.node_count(), graph.attribute_count()), (1, 2));
    assert!(graph.attribute_node(attribute(&graph, "here")).is_some());
    assert_eq!(outputs(&graph, "there"), digests(&there, &["out"]));
    assert!(problems[0].message.starts_with("1 of the 2 derivations"), "{problems:?}");
    // nothing is said where nothing is missing
    let whole = support::folder(&[here, there]);
    let options = IngestOptions { store_root: Some(whole.path().to_path_buf()), ..options(true) };
    let (raw, problems) = support::read(&[&both], &options).unwrap();
    assert_eq!((raw.derivation_count(), problems), (2, Vec::new()));
}

#[test]
fn people_are_joined() {
    let x = Recipe::new(1, "x-1.0");
    let folder = support::folder(std::slice::from_ref(&x));
    let mut job = good("x", &x);
    job["meta"] = json!({"maintainers": [{"github": "zoe", "name": "Zoe"}, {"name": "Ann"}, {"github": "zoe"}],
        "teams": [{"shortName": "Python"}], "position": "x.nix:1"});
    let mut plain = good("y", &x);
    plain["meta"] = json!("nonsense");
    let jobs = write(folder.path(), "jobs.jsonl", &lines(&[job, plain]));
    let entry = json!({"x": {"name": "x-1.0", "system": "x86_64-linux", "outputs": {"out": x.output_path("out")},
        "meta": {"maintainers": {"email": "b@x.org"}, "teams": [{"github": "core"}, 5]}}});
    let packages = write(folder.path(), "nix-env.json", &entry.to_string());
    for paths in [[folder.path(), &jobs, &packages], [folder.path(), &packages, &jobs]] {
        let graph = support::graph(&paths);
        let (x, y) = (attribute(&graph, "x"), attribute(&graph, "y"));
        assert_eq!(graph.maintainers(x).collect::<Vec<_>>(), ["@zoe", "Ann", "b@x.org"]);
        assert_eq!(graph.teams(x).collect::<Vec<_>>(), ["Python", "core"]);
        assert_eq!((graph.maintainers(y).len(), graph.teams(y).len(), graph.attribute_position(y)), (0, 0, ""));
    }
}
