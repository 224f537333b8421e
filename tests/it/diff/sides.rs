//! Sides that do not fit: unrelated, swapped, empty, of other systems, with failures, without
//! derivations; and the same sides given in other forms.

use std::collections::{BTreeMap, BTreeSet};
use std::path::Path;
use std::sync::LazyLock;

use serde_json::{Value, json};

use crate::cli::program::{Program, Ran, minipkgs};
use crate::diff::answer::{Answer, Failing, diff, unsound};
use crate::support::{self, Recipe, testdata};

/// Lines of an evaluation: attributes, then those that fail.
fn lines(attributes: &[(&str, &Recipe)], failing: &[(&str, &str)]) -> String {
    let good = attributes.iter().map(|(name, recipe)| {
        let outputs: BTreeMap<_, _> =
            recipe.outputs.iter().map(|output| (output, recipe.output_path(output))).collect();
        json!({
            "attr": name, "attrPath": name.split('.').collect::<Vec<_>>(), "name": recipe.name,
            "system": recipe.system, "drvPath": recipe.path(), "outputs": outputs,
        })
    });
    let bad = failing.iter().map(|(name, error)| json!({"attr": name, "attrPath": [name], "error": error}));
    good.chain(bad).map(|line| format!("{line}\n")).collect()
}

/// Writes a side into the program's folder: its derivations, its lines, and a snapshot of both.
fn side(program: &Program, name: &str, attributes: &[(&str, &Recipe)], more: &[&Recipe], failing: &[(&str, &str)]) {
    let folder = program.folder.path().join(name);
    std::fs::create_dir(&folder).unwrap();
    for recipe in attributes.iter().map(|(_, recipe)| recipe).chain(more) {
        std::fs::write(folder.join(recipe.base_name()), recipe.text()).unwrap();
    }
    let (lines_file, snapshot) = (format!("{name}.jsonl"), format!("{name}.ripple"));
    program.write(&lines_file, lines(attributes, failing));
    program.run(&["ingest", name, &lines_file, "--keep-texts", "-o", &snapshot]).fine();
}

/// A library, something that takes it, and something else, in a state with this number.
fn state(number: usize) -> [Recipe; 3] {
    let mut library = Recipe::new(number, "library-1.0");
    library.env.push(("configureFlags".to_owned(), format!("--with={number}")));
    let user = Recipe::new(number + 1, "user-1.0").input(&library, "buildInputs");
    [library, user, Recipe::new(900, "other-1.0")]
}

fn sound(answer: &Answer) {
    assert_eq!(unsound(answer), [""; 0], "{answer:?}");
}

/// Nothing is rebuilt, nothing differs.
fn quiet(answer: &Answer) {
    sound(answer);
    assert!(answer.rebuilt.list.is_empty() && answer.changed.is_empty() && answer.causes.is_empty(), "{answer:?}");
    assert!(answer.added.is_empty() && answer.removed.is_empty() && answer.renamed.is_empty(), "{answer:?}");
    let counts = &answer.derivations;
    assert_eq!((counts.total, counts.fetched, counts.added, counts.removed), (0, 0, 0, 0));
    assert!(answer.judgement.own_pull_request.is_none());
}

#[test]
fn the_same_side_twice() {
    let program = Program::new();
    let answer = diff(&program, minipkgs(), minipkgs());
    quiet(&answer);
    assert_eq!(answer.labels, ["10.rebuild-darwin: 0", "10.rebuild-linux: 0"]);
    assert!(answer.old.derivations > 3_000 && answer.old.attributes == answer.new.attributes);
}

/// What is built from a source that is fetched in two ways is two derivations that make one path. Which
/// of them is taken for which, an input of that path is no other than before: of the nixpkgs of 2018,
/// an environment of ruby packages was told as an edit of its own.
#[test]
fn two_derivations_of_one_path() {
    let twin = Recipe::new(5, "twin-1.0");
    let place = |number: usize| format!("{number:032}-twin-1.0.drv");
    for (was, is) in [(0, 0), (0, 1), (1, 0), (1, 1)] {
        let program = Program::new();
        let side = |name: &str, number: usize, places: [usize; 2], taken: usize| {
            let [library, mut user, _] = state(number);
            user.inputs.push((format!("/nix/store/{}", place(places[taken])), vec!["out".to_owned()]));
            user.env.push(("pkgs".to_owned(), twin.output_path("out")));
            std::fs::create_dir(program.folder.path().join(name)).unwrap();
            for recipe in [&library, &user] {
                program.write(&format!("{name}/{}", recipe.base_name()), recipe.text());
            }
            for number in places {
                program.write(&format!("{name}/{}", place(number)), twin.text());
            }
        };
        side("a", 1, [10_000, 20_000], was);
        side("b", 11, [30_000, 40_000], is);
        let answer = diff(&program, "a", "b");
        sound(&answer);
        let causes: Vec<&str> = answer.causes.iter().map(|cause| cause.name.as_str()).collect();
        assert_eq!((causes, answer.derivations.total), (vec!["library-1.0"], 2), "{was} {is}");
    }
}

/// Lines from another machine, whose derivations are there for one side only: it is said that what
/// changed is not known.
#[test]
fn old_attributes_without_derivations() {
    let program = Program::new();
    let ([library, user, other], [new_library, new_user, _]) = (state(1), state(11));
    let attributes = [("library", &library), ("user", &user), ("other", &other)];
    program.write("a.jsonl", lines(&attributes, &[]));
    side(&program, "b", &[("library", &new_library), ("user", &new_user), ("other", &other)], &[], &[]);
    let answer = diff(&program, "a.jsonl", "b.ripple");
    assert_eq!(answer.rebuilt.list, ["library", "user"]);
    assert!(answer.added.is_empty(), "{:?}", answer.added);
    let note = |answer: &Answer| answer.notes.iter().find(|note| note.contains("old derivations")).cloned();
    assert!(note(&answer).is_some_and(|note| note.contains("not at hand: 2;")), "{:?}", answer.notes);
    side(&program, "c", &attributes, &[], &[]);
    assert_eq!(note(&diff(&program, "c.ripple", "b.ripple")), None);
}

#[test]
fn swapped_sides() {
    let program = Program::new();
    let ([library, user, other], [new_library, new_user, _]) = (state(1), state(11));
    let extra = Recipe::new(50, "extra-1.0").input(&new_library, "buildInputs");
    side(&program, "a", &[("library", &library), ("user", &user), ("gone", &other)], &[], &[]);
    side(&program, "b", &[("library", &new_library), ("user", &new_user), ("extra", &extra)], &[], &[]);
    let there = diff(&program, "a.ripple", "b.ripple");
    let back = diff(&program, "b.ripple", "a.ripple");
    sound(&there);
    sound(&back);
    assert_eq!((&there.added, &there.removed), (&vec!["extra".to_owned()], &vec!["gone".to_owned()]));
    assert_eq!((&back.added, &back.removed), (&there.removed, &there.added));
    assert_eq!(there.changed, ["library", "user"]);
    assert_eq!(back.changed, there.changed);
    assert_eq!(there.rebuilt.list, ["extra", "library", "user"]);
    assert_eq!(back.rebuilt.list, ["gone", "library", "user"]);
    let kinds = |answer: &Answer| -> BTreeSet<(String, String)> {
        answer.causes.iter().map(|cause| (cause.kind.clone(), cause.name.clone())).collect()
    };
    let pair = |kind: &str, name: &str| (kind.to_owned(), name.to_owned());
    assert_eq!(kinds(&there), BTreeSet::from([pair("recipe", "library-1.0"), pair("added", "extra-1.0")]));
    assert_eq!(kinds(&back), BTreeSet::from([pair("recipe", "library-1.0"), pair("added", "other-1.0")]));
    let flag = |answer: &Answer| {
        let cause = answer.causes.iter().find(|cause| cause.kind == "recipe").unwrap();
        let change = &cause.changes[0];
        assert_eq!((change.kind.as_str(), change.key.as_str(), cause.changes.len()), ("flag", "configureFlags", 1));
        (change.before.clone().unwrap(), change.after.clone().unwrap())
    };
    assert_eq!(flag(&there), ("--with=1".to_owned(), "--with=11".to_owned()));
    assert_eq!(flag(&back), ("--with=11".to_owned(), "--with=1".to_owned()));
}

/// Nothing is common to them: all is new, and the shares still add up.
#[test]
fn unrelated_closures() {
    let program = Program::new();
    let formats = testdata("formats/drvs");
    let answer = diff(&program, minipkgs(), &formats);
    sound(&answer);
    assert_eq!((answer.rebuilt.total, answer.new.attributes), (0, 0));
    assert_eq!(answer.removed.len() as u64, answer.old.attributes);
    assert_eq!(answer.derivations.total, answer.derivations.of);
    assert_eq!(answer.derivations.removed, answer.old.derivations);
    let back = diff(&program, &formats, minipkgs());
    sound(&back);
    assert_eq!(back.rebuilt.total, back.rebuilt.of);
    assert_eq!(back.rebuilt.list, back.added);
    assert_eq!(back.derivations.total, back.derivations.of);
    assert!(back.causes.iter().all(|cause| cause.kind == "added"), "{:?}", back.causes.first());
}

/// The answer, or a refusal that names the file.
fn answered(ran: Ran, file: &str) -> Option<Answer> {
    if ran.code == 2 {
        let said = ran.failed();
        assert!(said.contains(file), "{said}");
        return None;
    }
    Some(serde_json::from_value(ran.json()).unwrap())
}

#[test]
fn empty_sides() {
    let program = Program::new();
    let [library, user, other] = state(1);
    side(&program, "full", &[("library", &library), ("user", &user), ("other", &other)], &[], &[]);
    program.write("none.json", "{}");
    program.write("nothing.jsonl", "");
    std::fs::create_dir(program.folder.path().join("bare")).unwrap();
    for empty in ["none.json", "nothing.jsonl", "bare"] {
        let run = |old: &str, new: &str| answered(program.run(&["diff", old, new, "--format", "json"]), empty);
        if let Some(answer) = run(empty, "full.ripple") {
            sound(&answer);
            assert_eq!(answer.rebuilt.list, ["library", "other", "user"]);
            assert_eq!((&answer.added, answer.derivations.total), (&answer.rebuilt.list, 3));
            assert!(answer.causes.iter().all(|cause| cause.kind == "added"));
        }
        if let Some(answer) = run("full.ripple", empty) {
            sound(&answer);
            assert_eq!(answer.removed, ["library", "other", "user"]);
            assert_eq!((answer.rebuilt.total, answer.derivations.total, answer.derivations.removed), (0, 0, 3));
        }
        if let Some(answer) = run(empty, empty) {
            quiet(&answer);
        }
    }
}

/// The small distribution for one system, as lines beside a folder of derivations.
fn of_system(program: &Program, system: &str) -> String {
    static ALL: LazyLock<Vec<(String, String, String, Value)>> = LazyLock::new(|| {
        let outputs: BTreeMap<String, Value> =
            serde_json::from_slice(&std::fs::read(testdata("minipkgs/outpaths.json")).unwrap()).unwrap();
        let graph = support::graph(&[testdata("minipkgs/drvs"), testdata("minipkgs/outpaths.json")]);
        let line = |attribute| {
            let (name, system) = (graph.attribute_name(attribute), graph.attribute_system(attribute));
            let drv = graph.path(graph.attribute_node(attribute)?);
            Some((name.to_owned(), system.to_owned(), drv, outputs[&format!("{name}.{system}")].clone()))
        };
        graph.attributes().filter_map(line).collect()
    });
    let lines: String = ALL
        .iter()
        .filter(|(_, of, ..)| of == system)
        .map(|(name, system, drv, outputs)| {
            let line = json!({
                "attr": name, "attrPath": name.split('.').collect::<Vec<_>>(), "name": "x", "system": system,
                "drvPath": drv, "outputs": outputs,
            });
            format!("{line}\n")
        })
        .collect();
    assert!(lines.lines().count() > 300);
    let (file, snapshot) = (format!("{system}.jsonl"), format!("{system}.ripple"));
    program.write(&file, lines);
    let folder = testdata("minipkgs/drvs");
    program.run(&["ingest", &file, "--store-root", folder.to_str().unwrap(), "-o", &snapshot]).fine();
    snapshot
}

/// By the rules all is a rebuild, since the old side has no paths of that system: a note says so.
#[test]
fn sides_of_different_systems() {
    let program = Program::new();
    let [old, new] = ["x86_64-linux", "aarch64-linux"].map(|system| of_system(&program, system));
    let answer = diff(&program, &old, &new);
    sound(&answer);
    assert_eq!(answer.rebuilt.total, answer.rebuilt.of);
    assert_eq!(answer.rebuilt.by_system, BTreeMap::from([("aarch64-linux".to_owned(), answer.rebuilt.total)]));
    assert_eq!(answer.changed, [""; 0], "an attribute of another system is another one");
    let said = answer.notes.iter().any(|note| note.contains("aarch64-linux") || note.contains("x86_64-linux"));
    assert!(said, "{:?}", answer.notes);
}

#[test]
fn a_side_with_evaluation_errors() {
    let program = Program::new();
    let ([library, user, other], [new_library, new_user, _]) = (state(1), state(11));
    side(
        &program,
        "old",
        &[("library", &library), ("user", &user), ("breaks", &other)],
        &[],
        &[("broken", "error: old"), ("mended", "error: old")],
    );
    side(
        &program,
        "new",
        &[("library", &new_library), ("mended", &new_user)],
        &[],
        &[("breaks", "error: it breaks\nhere"), ("broken", "error: new"), ("new-and-broken", "error: never")],
    );
    let answer = diff(&program, "old.ripple", "new.ripple");
    sound(&answer);
    assert_eq!((answer.old.failed, answer.new.failed), (2, 3));
    let failing = |name: &str, error: &str| (name.to_owned(), error.to_owned());
    let found: Vec<_> =
        answer.failing.iter().map(|Failing { attribute, error, .. }| failing(attribute, error)).collect();
    // what failed before is nothing new
    assert_eq!(found, [failing("breaks", "error: it breaks\nhere"), failing("new-and-broken", "error: never")]);
    // what fails is not removed, and not rebuilt
    assert_eq!(answer.removed, ["user"]);
    assert_eq!(answer.rebuilt.list, ["library", "mended"]);
    // what evaluates again is there again
    assert_eq!(answer.added, ["mended"]);
    // the other way round it is the old side that fails
    let back = diff(&program, "new.ripple", "old.ripple");
    sound(&back);
    assert_eq!(back.failing.iter().map(|one| one.attribute.as_str()).collect::<Vec<_>>(), ["mended"]);
    assert_eq!(back.rebuilt.list, ["breaks", "library", "user"]);
}

/// Only what attributes tell can be told; that causes cannot is said.
#[test]
fn attributes_without_derivations() {
    let program = Program::new();
    let text = std::fs::read(testdata("minipkgs/outpaths.json")).unwrap();
    let old: BTreeMap<String, BTreeMap<String, String>> = serde_json::from_slice(&text).unwrap();
    let mut new = old.clone();
    let other = |path: &str| {
        let backwards: String = path[11..43].chars().rev().collect();
        path.replacen(&path[11..43], &backwards, 1)
    };
    for name in ["zlib.x86_64-linux", "zlib.aarch64-darwin", "curl.x86_64-linux"] {
        new.get_mut(name).unwrap().values_mut().for_each(|path| *path = other(path));
    }
    // one output of several
    let one = new.get_mut("openssl.aarch64-linux").unwrap().get_mut("dev").unwrap();
    *one = other(one);
    for system in ["x86_64-linux", "aarch64-linux", "x86_64-darwin", "aarch64-darwin"] {
        new.remove(&format!("hugo.{system}"));
        new.insert(format!("less-again.{system}"), old[&format!("less.{system}")].clone());
        let fd = new.remove(&format!("fd.{system}")).unwrap();
        new.insert(format!("fd-find.{system}"), fd);
    }
    program.write("old.json", &text);
    program.write("new.json", serde_json::to_vec(&new).unwrap());
    for name in ["old", "new"] {
        program.run(&["ingest", &format!("{name}.json"), "-o", &format!("{name}.ripple")]).fine();
    }
    let answers = [diff(&program, "old.ripple", "new.ripple"), diff(&program, "old.json", "new.json")];
    for answer in &answers {
        sound(answer);
        assert_eq!(answer.rebuilt.list, ["curl", "openssl", "zlib"]);
        assert_eq!(answer.changed, answer.rebuilt.list);
        let systems = [("aarch64-darwin", 1), ("aarch64-linux", 1), ("x86_64-linux", 2)];
        let systems = BTreeMap::from(systems.map(|(system, count)| (system.to_owned(), count)));
        let found: BTreeMap<_, _> =
            answer.rebuilt.by_system.iter().filter(|(_, count)| **count > 0).map(|(s, c)| (s.clone(), *c)).collect();
        assert_eq!(found, systems);
        let kernels: Vec<_> =
            answer.rebuilt.by_kernel.iter().map(|(kernel, count)| (kernel.as_str(), *count)).collect();
        assert_eq!(kernels, [("darwin", 1), ("linux", 3)]);
        assert_eq!(answer.added, ["fd-find", "less-again"]);
        assert_eq!(answer.removed, ["fd", "hugo"]);
        let renamed: Vec<_> =
            answer.renamed.iter().map(|one| (one.attribute.as_str(), one.was.clone(), one.gone)).collect();
        assert_eq!(renamed, [("fd-find", vec!["fd".to_owned()], true), ("less-again", vec!["less".to_owned()], false)]);
        assert_eq!((answer.derivations.total, answer.causes.len()), (0, 0));
        assert!(!answer.notes.is_empty());
    }
    // one side with derivations does not tell causes either, and does not make any up
    let drvs = testdata("minipkgs/drvs");
    program.run(&["ingest", drvs.to_str().unwrap(), "old.json", "-o", "whole.ripple"]).fine();
    let mixed = diff(&program, "whole.ripple", "new.ripple");
    assert_eq!(mixed.rebuilt.list, ["curl", "openssl", "zlib"]);
    let share: f64 = mixed.causes.iter().map(|cause| cause.share).sum();
    assert!(share <= 3.0 + 1e-9 && !mixed.notes.is_empty(), "{mixed:?}");
    let mixed = diff(&program, "new.ripple", "whole.ripple");
    // zlib's and openssl's own paths are those of bootstrap.fetch.*, too
    assert_eq!(mixed.rebuilt.list, ["curl", "hugo"]);
    assert_eq!(mixed.changed, ["curl", "openssl", "zlib"]);
    assert!(!mixed.notes.is_empty());
}

/// The same two sides as snapshots, as folders with lines, as JSON, in any mix.
#[test]
fn sides_in_other_forms() {
    let program = Program::new();
    let ([library, user, other], [new_library, new_user, _]) = (state(1), state(11));
    side(&program, "old", &[("library", &library), ("user", &user)], &[&other], &[]);
    side(&program, "new", &[("library", &new_library), ("user", &new_user), ("other", &other)], &[], &[]);
    for name in ["old", "new"] {
        let texts: Vec<(String, Vec<u8>)> = support::files(&program.folder.path().join(name))
            .into_iter()
            .map(|(base, text)| (format!("/nix/store/{base}"), text))
            .collect();
        for (shape, text) in support::shown(&texts) {
            program.write(&format!("{name}-{shape}.json"), text);
        }
    }
    let answer = |old: &str, new: &str| -> Value {
        let mut arguments = vec!["diff", old, new, "--format", "json"];
        if Path::new(old).extension().is_none_or(|end| end != "ripple") {
            arguments.extend(["--old-with", "old.jsonl"]);
        }
        if Path::new(new).extension().is_none_or(|end| end != "ripple") {
            arguments.extend(["--new-with", "new.jsonl"]);
        }
        let mut answer = program.run(&arguments).json();
        for side in ["old", "new"] {
            assert!(answer[side].as_object_mut().unwrap().remove("name").is_some());
        }
        answer
    };
    let expected = answer("old.ripple", "new.ripple");
    let typed: Answer = serde_json::from_value(expected.clone()).unwrap();
    sound(&typed);
    assert_eq!(typed.rebuilt.list, ["library", "other", "user"]);
    let kinds: Vec<_> = typed.causes.iter().map(|cause| (cause.kind.as_str(), cause.name.as_str())).collect();
    assert_eq!(kinds, [("recipe", "library-1.0"), ("named", "other-1.0")]);
    for (old, new) in [
        ("old", "new"),
        ("old.ripple", "new"),
        ("old", "new.ripple"),
        ("old-nix-2.8.json", "new.ripple"),
        ("old-nix-2.8.json", "new-nix-2.33.json"),
        ("old-nix-2.32.json", "new-nix-2.18.json"),
    ] {
        assert_eq!(answer(old, new), expected, "{old} {new}");
    }
}

#[test]
fn what_is_no_side() {
    let program = Program::new();
    program.write("words.txt", "this is no closure\n");
    for (arguments, says) in [
        (&["diff"][..], "give OLD and NEW"),
        (&["diff", "only-one.ripple"], "only-one.ripple"),
        (&["diff", "nowhere.ripple", "nowhere-else.ripple"], "nowhere"),
        (&["diff", "words.txt", "words.txt"], "words.txt"),
    ] {
        let said = program.run(arguments).failed();
        assert!(said.contains(says), "{arguments:?}: {said}");
    }
    let formats = testdata("formats/drvs").display().to_string();
    let said = program.run(&["diff", &formats, &formats, "--format", "dot"]).failed();
    assert!(said.contains("no dot form"), "{said}");
}
