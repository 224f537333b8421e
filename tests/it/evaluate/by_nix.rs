//! Evaluation by the real `nix-instantiate`.

use std::collections::{BTreeMap, BTreeSet};

use nix_ripple::ingest::Progress;
use nix_ripple::ingest::evaluate::{Argument, EvaluateParams, NixError, evaluate};
use serde_json::Value;

use super::{by_attribute, evaluated, graph};
use crate::needs;
use crate::nix_as_judge::{Store, nix, ran};
use crate::support::testdata;

/// An expression in a folder of its own, with this text in its `x.nix`.
fn written(text: &str) -> (tempfile::TempDir, EvaluateParams) {
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("x.nix");
    std::fs::write(&file, text).unwrap();
    (folder, EvaluateParams::new(file))
}

/// What failed, and why.
fn failures(found: &BTreeMap<String, Value>) -> BTreeMap<&str, &str> {
    found.iter().filter_map(|(name, line)| Some((name.as_str(), line.get("error")?.as_str().unwrap()))).collect()
}

/// Some attributes in front of every awkward expression.
const PACKAGES: &str = "let package = name: attrs: derivation ({ inherit name; system = \"x86_64-linux\"; builder = \
                        \"/bin/sh\"; } // attrs); in ";

/// What Nix says of those attributes of awkward.nix that cannot be evaluated.
const AWKWARD: [(&str, &str); 7] = [
    ("aborts", "evaluation aborted with the following error message: 'aborted on purpose'"),
    ("asserts", "assertion 'false' failed"),
    ("lacks", "attribute 'nowhere' missing"),
    ("mistyped", "cannot add a string to an integer"),
    ("overflows", "stack overflow"),
    ("recursive", "infinite recursion"),
    ("throws", "thrown on purpose"),
];

#[test]
fn what_fails_is_named_and_spoils_nothing() {
    if !needs::nix() {
        return;
    }
    let store = Store::new();
    let awkward = || EvaluateParams::new(testdata("probe/awkward.nix"));
    let whole = evaluated(&store, awkward());
    let found = by_attribute(&whole);
    let failed = failures(&found);
    let names: Vec<String> = AWKWARD.iter().map(|(name, _)| format!("awkward.{name}.x86_64-linux")).collect();
    assert_eq!(failed.keys().copied().collect::<Vec<_>>(), names);
    for (name, message) in names.iter().zip(AWKWARD.map(|(_, message)| message)) {
        assert!(failed[name.as_str()].starts_with(message), "{name}: {}", failed[name.as_str()]);
    }
    assert!(!whole.killed);
    assert_eq!((&whole.missing, &whole.problems), (&vec![], &vec![]));
    // no derivation, no set that says that it has some
    for name in ["number", "plain", "wanting", "function"] {
        assert!(!found.contains_key(&format!("awkward.{name}.x86_64-linux")), "{name}");
    }
    // everything else is what it is without them
    let plain = by_attribute(&evaluated(&store, EvaluateParams::new(testdata("minipkgs"))));
    let path = |line: &Value| line["drvPath"].as_str().map(str::to_owned);
    for (name, line) in &plain {
        assert_eq!(path(&found[name]), path(line), "{name}");
    }
    for (batch, workers) in [(1000, 1), (37, 2), (5, 2)] {
        let again = evaluated(&store, EvaluateParams { batch, workers, ..awkward() });
        assert!(again.lines == whole.lines, "batches of {batch} on {workers} threads");
    }
    let graph = graph(&store, &whole);
    assert_eq!((graph.attribute_count(), graph.failed().len()), (whole.derivations, whole.failed));
    assert!(graph.attributes().all(|attribute| graph.attribute_node(attribute).is_some()));
}

/// nix-env finds the same, but tells only one name of what is the same value.
#[test]
fn what_nix_env_finds() {
    if !needs::nix() {
        return;
    }
    let store = Store::new();
    let minipkgs = testdata("minipkgs");
    let mut command = nix("nix-env");
    command.args(["--store", store.path(), "-qaP", "--json", "--out-path", "-f"]).arg(&minipkgs);
    let listed: BTreeMap<String, Value> = serde_json::from_slice(&ran(&mut command).stdout).unwrap();
    let listed: BTreeMap<&str, BTreeSet<&str>> = listed
        .iter()
        .map(|(name, package)| {
            let outputs = package["outputs"].as_object().unwrap().values();
            (name.as_str(), outputs.map(|path| &path.as_str().unwrap()["/nix/store/".len()..][..32]).collect())
        })
        .collect();
    assert!(listed.len() > 300, "{}", listed.len());
    let graph = graph(&store, &evaluated(&store, EvaluateParams::new(minipkgs)));
    let mut found: BTreeMap<&str, BTreeSet<String>> = BTreeMap::new();
    for attribute in graph.attributes() {
        let outputs = graph.outputs(graph.attribute_node(attribute).unwrap());
        let outputs = outputs.map(|(_, digest)| digest.as_str().to_owned()).collect();
        found.insert(graph.attribute_name(attribute), outputs);
    }
    for (name, outputs) in &listed {
        assert_eq!(found[name].iter().map(String::as_str).collect::<BTreeSet<_>>(), *outputs, "{name}");
    }
    let all: BTreeSet<&str> = listed.values().flatten().copied().collect();
    for (name, outputs) in &found {
        assert!(outputs.iter().all(|path| all.contains(path.as_str())), "{name} is nothing that nix-env finds");
    }
}

#[test]
fn what_is_walked() {
    if !needs::nix() {
        return;
    }
    let store = Store::new();
    let check = |text: &str, attributes: &[&str], expect: &[&str], failing: &[(&str, &str)]| {
        let (_folder, params) = written(&format!("{PACKAGES}{text}"));
        let attributes = attributes.iter().map(|&name| name.to_owned()).collect();
        let found = evaluated(&store, EvaluateParams { attributes, ..params });
        let found = by_attribute(&found);
        let bare = |name: &str| name.strip_suffix(".x86_64-linux").unwrap().to_owned();
        let good: Vec<String> =
            found.iter().filter(|(_, line)| line.get("drvPath").is_some()).map(|(name, _)| bare(name)).collect();
        assert_eq!(good, expect, "{text}");
        let failed = failures(&found);
        assert_eq!(failed.len(), failing.len(), "{text}: {failed:?}");
        for (name, message) in failing {
            let told = failed[format!("{name}.x86_64-linux").as_str()];
            assert!(told.contains(message), "{text}: {name}: {told}");
        }
    };
    let a = "a = package \"a\" { };";
    let open = "recurseForDerivations = true;";
    check("{ }", &[], &[], &[]);
    check(
        &format!("{{ {a} s = {{ {a} }}; t = {{ {open} {a} }}; u = {{ recurseForDerivations = false; {a} }}; }}"),
        &[],
        &["a", "t.a"],
        &[],
    );
    // one that is asked for is looked into
    check(&format!("{{ s = {{ {a} }}; t.u = {{ {a} }}; }}"), &["s", "t.u", "t.u.a"], &["s.a", "t.u.a"], &[]);
    // the expression may be a package, a list, or a function
    check("package \"a\" { }", &[], &[""], &[]);
    check("[ (package \"a\" { }) { b = package \"b\" { }; } 3 ]", &[], &["0", "1.b"], &[]);
    check("{ l = [ (package \"a\" { }) ]; }", &[], &[], &[]);
    check("{ l = [ (package \"a\" { }) ]; }", &["l"], &["l.0"], &[]);
    check("{ x ? \"a\" }: { ${x} = package x { }; f = { y ? \"b\" }: package y { }; }", &[], &["a"], &[]);
    check("{ f = { y ? \"b\" }: { g = { z ? y }: package z { }; }; }", &["f.g"], &["f.g"], &[]);
    check("{ __functor = _: { x ? \"a\" }: { ${x} = package x { }; }; }", &[], &["a"], &[]);
    // names that nix-env passes over, unless they are asked for
    check("{ \"3a\" = package \"a\" { }; \"a.b\" = package \"b\" { }; }", &[], &[], &[]);
    check("{ \"3a\" = package \"a\" { }; \"a.b\" = package \"b\" { }; }", &["3a", "\"a.b\""], &["\"a.b\"", "3a"], &[]);
    // sets that cannot be looked into
    check(
        &format!(
            "{{ {a} s = throw \"s\"; t = abort \"t\"; u = {{ recurseForDerivations = 3; }}; v = {{ recurseForDerivations = throw \"v\"; }}; w = {{ {open} {a} x = abort \"x\"; }}; }}"
        ),
        &[],
        &["a", "w.a"],
        &[("s", "s"), ("t", "'t'"), ("u", "expected"), ("v", "v"), ("w.x", "'x'")],
    );
    // a set that contains itself
    let deepest = vec!["s"; 32].join(".");
    let names: Vec<String> = (1..=31).map(|depth| format!("{}.a", vec!["s"; depth].join("."))).collect();
    let mut names: Vec<&str> = names.iter().map(String::as_str).collect();
    names.sort_unstable();
    check(
        &format!("let s = {{ {open} {a} inherit s; }}; in {{ inherit s; }}"),
        &[],
        &names,
        &[(&deepest, "more than 32 deep")],
    );
    // what is asked for and is no package
    check(&format!("{{ {a} n = 3; }}"), &["a", "n"], &["a"], &[("n", "it is no derivation")]);
}

#[test]
fn missing_attributes() {
    if !needs::nix() {
        return;
    }
    let store = Store::new();
    let text = "{ system }: { both = package \"a\" { }; ${system} = package \"b\" { }; s.t = package \"c\" { }; }";
    let (_folder, params) = written(&format!("{PACKAGES}{text}"));
    let attributes = ["both", "nowhere", "s.nothing", "aarch64-linux", "\"x"].map(str::to_owned);
    let params = EvaluateParams { attributes: attributes[..4].to_vec(), ..params };
    let params = EvaluateParams { systems: vec!["x86_64-linux".to_owned(), "aarch64-linux".to_owned()], ..params };
    let found = evaluated(&store, params.clone());
    let missing: Vec<(&str, &str)> = found.missing.iter().map(|(name, why)| (name.as_str(), why.as_str())).collect();
    assert_eq!(missing, [("nowhere", "there is no 'nowhere'"), ("s.nothing", "there is no 'nothing'")]);
    let names: Vec<String> = by_attribute(&found).into_keys().collect();
    assert_eq!(names, ["aarch64-linux.aarch64-linux", "both.aarch64-linux", "both.x86_64-linux"]);
    let error =
        evaluate(&EvaluateParams { attributes: attributes.to_vec(), ..params }, &Progress::default()).unwrap_err();
    assert!(error.to_string().contains("a quote in the attribute's path is not closed"), "{error}");
}

#[test]
fn meta_that_cannot_be_evaluated() {
    if !needs::nix() {
        return;
    }
    let store = Store::new();
    let text = "let having = meta: package \"a\" { } // { inherit meta; }; in {
        aborts = having (abort \"no\"); position = having { position = abort \"no\"; };
        throws = having (throw \"no\"); half = having { position = \"x.nix:1\"; maintainers = throw \"no\"; teams = 3; };
        odd = having [ 1 ]; none = package \"b\" { }; nobody = having { maintainers = [ ]; };
        many = having { maintainers = [ { github = \"a\"; githubId = 3; keys = abort \"no\"; } \"b\" { email = throw \"x\"; name = \"c\"; } ];
                      teams = [ { shortName = \"T\"; members = abort \"no\"; } ]; license = abort \"no\"; };
        one = having { maintainers = { name = \"only\"; }; };
        after = package \"z\" { } // { meta.position = \"y.nix:2\"; };
    }";
    let (_folder, params) = written(&format!("{PACKAGES}{text}"));
    for batch in [100, 1] {
        let found = by_attribute(&evaluated(&store, EvaluateParams { batch, ..params.clone() }));
        assert_eq!(found.len(), 10);
        let meta = |name: &str| found[&format!("{name}.x86_64-linux")].get("meta").cloned();
        let check = |name: &str, expect: Value| assert_eq!(meta(name), Some(expect), "{name}");
        assert_eq!((meta("aborts"), meta("position")), (None, None));
        check("throws", serde_json::json!({}));
        check("half", serde_json::json!({"position": "x.nix:1", "maintainers": [], "teams": []}));
        check("odd", serde_json::json!({}));
        check("none", serde_json::json!({}));
        check("nobody", serde_json::json!({"maintainers": []}));
        check("one", serde_json::json!({"maintainers": [{"name": "only"}]}));
        check("after", serde_json::json!({"position": "y.nix:2"}));
        check(
            "many",
            serde_json::json!({"maintainers": [{"github": "a", "githubId": 3}, "b", {"name": "c"}], "teams": [{"shortName": "T"}]}),
        );
    }
    let graph = graph(&store, &evaluated(&store, params));
    let attribute = |name: &str| graph.attributes().find(|&id| graph.attribute_name(id) == name).unwrap();
    assert_eq!(graph.maintainers(attribute("many")).collect::<Vec<_>>(), ["@a", "b", "c"]);
    assert_eq!(graph.teams(attribute("many")).collect::<Vec<_>>(), ["T"]);
    assert_eq!(graph.attribute_position(attribute("after")), "y.nix:2");
}

#[test]
fn arguments_and_systems() {
    if !needs::nix() {
        return;
    }
    let store = Store::new();
    let names = |text: &str, change: &dyn Fn(&mut EvaluateParams)| -> Vec<String> {
        let (_folder, mut params) = written(&format!("{PACKAGES}{text}"));
        change(&mut params);
        by_attribute(&evaluated(&store, params)).into_keys().collect()
    };
    let text = |name: &str, value: &str| Argument::Text(name.to_owned(), value.to_owned());
    let expression = |name: &str, value: &str| Argument::Expression(name.to_owned(), value.to_owned());
    let named = "{ x ? \"a\" }: { ${x} = package \"x\" { }; }";
    assert_eq!(names(named, &|_| {}), ["a.x86_64-linux"]);
    assert_eq!(names(named, &|params| params.arguments.push(text("x", "b"))), ["b.x86_64-linux"]);
    // others are left out, as nix-instantiate does; of two the last holds
    let several = [text("y", "c"), text("x", "d"), expression("x", "\"e\" + \"f\" # g")];
    assert_eq!(names(named, &|params| params.arguments.extend(several.clone())), ["ef.x86_64-linux"]);
    // who takes any argument gets all
    let any = "{ x ? \"a\", ... }@args: { ${args.y or x} = package \"x\" { }; }";
    assert_eq!(names(any, &|params| params.arguments.push(text("y", "c"))), ["c.x86_64-linux"]);
    // a function of no set is none to call
    assert_eq!(names("x: { a = package \"x\" { }; }", &|_| {}), [".x86_64-linux"]);
    // the system is an argument, and Nix's own
    let systems = "{ system ? \"none\" }: { ${system} = package \"x\" { }; own = package builtins.currentSystem { inherit system; }; }";
    let both = |params: &mut EvaluateParams| {
        params.systems = ["x86_64-linux", "aarch64-darwin", "x86_64-linux"].map(str::to_owned).to_vec();
    };
    assert_eq!(
        names(systems, &both),
        ["aarch64-darwin.aarch64-darwin", "own.aarch64-darwin", "own.x86_64-linux", "x86_64-linux.x86_64-linux",]
    );
    // an entry of the search path
    let folder = tempfile::tempdir().unwrap();
    std::fs::write(
        folder.path().join("default.nix"),
        "{ name ? \"n\" }: { a = derivation { inherit name; system = \"i686-linux\"; builder = \"b\"; }; }",
    )
    .unwrap();
    let params = EvaluateParams {
        search_path: vec![format!("here={}", folder.path().display())],
        arguments: vec![text("name", "m")],
        ..EvaluateParams::new("<here>")
    };
    let found = by_attribute(&evaluated(&store, params));
    // evaluated for one system, built on another
    assert_eq!(found["a.x86_64-linux"]["system"], "i686-linux");
    assert!(found["a.x86_64-linux"]["drvPath"].as_str().unwrap().ends_with("-m.drv"));
}

/// Places are told relative to the folder that is evaluated.
#[test]
fn places_in_the_folder() {
    if !needs::nix() {
        return;
    }
    let store = Store::new();
    let folder = tempfile::tempdir().unwrap();
    std::fs::create_dir(folder.path().join("sub")).unwrap();
    std::fs::write(
        folder.path().join("default.nix"),
        format!("{PACKAGES}{{ a = package \"a\" {{ }} // {{ meta.position = toString ./sub/x.nix + \":3\"; }}; b = import ./sub; c = assert false; 1; }}"),
    )
    .unwrap();
    std::fs::write(folder.path().join("sub/default.nix"), "{ type = \"derivation\"; drvPath = 1 + \"a\"; }").unwrap();
    let found = by_attribute(&evaluated(&store, EvaluateParams::new(folder.path())));
    assert_eq!(found["a.x86_64-linux"]["meta"]["position"], "sub/x.nix:3");
    let error = |name: &str| found[name]["error"].as_str().unwrap();
    assert!(error("b.x86_64-linux").ends_with(" at sub/default.nix:1:38:"), "{}", error("b.x86_64-linux"));
    assert!(error("c.x86_64-linux").contains(" at default.nix:1:"), "{}", error("c.x86_64-linux"));
}

#[test]
fn what_does_not_evaluate_at_all() {
    if !needs::nix() {
        return;
    }
    let store = Store::new();
    for (text, told) in
        [("{ x = ", "syntax error"), ("abort \"no\"", "'no'"), ("throw \"no\"", "no"), ("{ needed }: { }", "needed")]
    {
        let (folder, params) = written(text);
        let params = EvaluateParams { store_root: Some(store.path().into()), ..params };
        match evaluate(&params, &Progress::default()) {
            Err(NixError::File { file, message }) => {
                assert!(file.contains(folder.path().to_str().unwrap()) && message.contains(told), "{text}: {message}");
            }
            other => panic!("{text}: {other:?}"),
        }
    }
    let gone = evaluate(&EvaluateParams::new("nowhere.nix"), &Progress::default()).unwrap_err();
    assert!(gone.to_string().starts_with("nowhere.nix: there is no such file"), "{gone}");
}

/// A set may say that it is a derivation, and name anything as its path: the comparison ended there.
#[test]
fn what_only_says_that_it_is_a_derivation() {
    if !needs::nix() {
        return;
    }
    let store = Store::new();
    let text = format!(
        "{PACKAGES} {{ good = package \"good\" {{ }}; \
         bad = {{ type = \"derivation\"; name = \"bad\"; system = \"x86_64-linux\"; drvPath = \"/etc/passwd\"; }}; }}"
    );
    let (_folder, params) = written(&text);
    let found = evaluated(&store, params);
    let found = by_attribute(&found);
    let message = "its drvPath '/etc/passwd' is not the path of a derivation";
    assert_eq!(failures(&found), BTreeMap::from([("bad.x86_64-linux", message)]));
    assert_eq!(found.len(), 2);
}
