//! Closures that are none: circles, holes, contradictions. And the same thing told twice.

use nix_ripple::graph::{BuildError, BuildOptions, build};
use nix_ripple::ingest::IngestOptions;

use crate::support::{self, Recipe, Refused, folder};

const ALLOW: BuildOptions = BuildOptions { allow_missing: true, keep_texts: false, allow_empty: false };

/// Derivations of which each uses the next, and the last the first.
fn circle(length: usize) -> Vec<Recipe> {
    let mut recipes: Vec<Recipe> = (1..=length).map(|number| Recipe::new(number, &format!("c{number}"))).collect();
    for at in 0..length {
        let next = recipes[(at + 1) % length].clone();
        recipes[at] = recipes[at].clone().input(&next, "buildInputs");
    }
    recipes
}

fn cycle_of(recipes: &[Recipe]) -> Vec<String> {
    let folder = folder(recipes);
    match support::closure(&[folder.path()], BuildOptions::default()) {
        Err(Refused::Build(BuildError::Cycle { path })) => path,
        other => panic!("{:?}", other.map(|graph| graph.node_count())),
    }
}

#[test]
fn circles_are_told_with_their_derivations() {
    for length in [1, 2, 3, 19, 20] {
        let recipes = circle(length);
        let told = cycle_of(&recipes);
        let mut expected: Vec<String> = recipes.iter().map(Recipe::path).collect();
        expected.push(expected[0].clone());
        assert_eq!(told, expected, "a circle of {length}");
    }
}

#[test]
fn what_needs_a_circle_is_not_in_it() {
    let mut recipes = circle(3);
    let above = Recipe::new(100, "above").input(&recipes[1], "buildInputs");
    let below = Recipe::new(101, "below");
    recipes[2] = recipes[2].clone().input(&below, "src");
    recipes.extend([Recipe::new(102, "top").input(&above, "buildInputs"), above, below]);
    assert_eq!(cycle_of(&recipes), circle(3).iter().chain(&circle(3)[..1]).map(Recipe::path).collect::<Vec<_>>());
}

#[test]
fn a_long_circle_is_cut_short() {
    let told = cycle_of(&circle(1000));
    assert_eq!(told.len(), 22);
    assert_eq!(told[20], "… (980 more)");
    assert_eq!(told[0], told[21]);
}

/// The time to tell a circle once grew with the square of its length, and that to find a path with
/// the number of paths whose first sixteen digits are the same.
#[test]
fn a_long_circle_is_found() {
    let recipes = circle(40_000);
    let entries: Vec<String> = recipes
        .iter()
        .map(|recipe| {
            let uses = &recipe.inputs[0].0;
            let (path, out) = (recipe.path(), recipe.output_path("out"));
            format!(
                r#""{path}":{{"args":[],"builder":"/bin/sh","env":{{}},"inputDrvs":{{"{uses}":["out"]}},"inputSrcs":[],"outputs":{{"out":{{"path":"{out}"}}}},"system":"x"}}"#
            )
        })
        .collect();
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("circle.json");
    std::fs::write(&file, format!("{{{}}}", entries.join(","))).unwrap();
    let (raw, _) = support::read(&[&file], &IngestOptions::default()).unwrap();
    let error = build(&raw, BuildOptions::default()).unwrap_err();
    assert!(matches!(error, BuildError::Cycle { .. }), "{error}");
}

#[test]
fn holes_are_told_with_their_consumers() {
    let missing: Vec<Recipe> = (1..=7).map(|number| Recipe::new(number, &format!("gone{number}"))).collect();
    let mut recipes = Vec::new();
    for (at, hole) in missing.iter().enumerate() {
        recipes.push(Recipe::new(50 + at, &format!("user{at}")).input(hole, "buildInputs").input(&missing[0], "src"));
    }
    let root = missing.iter().skip(1).fold(Recipe::new(90, "root"), |root, hole| {
        let mut root = root;
        root.inputs.push((hole.path(), vec!["out".to_owned()]));
        root
    });
    // the first uses its hole twice over, which is once
    recipes[0].inputs.dedup();
    recipes[0].env.pop();
    recipes.push(root);
    let folder = folder(&recipes);

    let error = support::closure(&[folder.path()], BuildOptions::default()).unwrap_err();
    let Refused::Build(BuildError::Holes { count, first }) = &error else { panic!("{error}") };
    assert_eq!(*count, 7);
    let expected: Vec<String> =
        (0..5).map(|at| format!("{} (needed by {})", missing[at].path(), recipes[at].path())).collect();
    assert_eq!(*first, expected);
    assert!(error.to_string().contains("--allow-missing"), "{error}");

    let (raw, _) = support::read(&[folder.path()], &IngestOptions::default()).unwrap();
    let (graph, problems) = build(&raw, ALLOW).unwrap();
    let codes: Vec<&str> = problems.iter().map(|problem| problem.code).collect();
    assert_eq!(codes, ["closure-with-holes"]);
    let holes: Vec<String> =
        graph.nodes().filter(|&node| graph.is_missing(node)).map(|node| graph.path(node)).collect();
    assert_eq!(holes, missing.iter().map(Recipe::path).collect::<Vec<_>>());
    assert_eq!(graph.node_count(), recipes.len() + missing.len());
}

#[test]
fn a_root_that_is_not_there_is_named() {
    let recipes = [Recipe::new(1, "there")];
    let folder = folder(&recipes);
    let options = IngestOptions { store_root: Some(folder.path().to_path_buf()), ..IngestOptions::default() };
    let (gone, name) = (Recipe::new(2, "gone").path(), Recipe::new(2, "gone").base_name());
    let error = support::read(&[&gone], &options).unwrap_err().to_string();
    assert!(error.contains(&name), "{error}");
    // also beside one that is there
    let list = folder.path().join("list");
    std::fs::write(&list, format!("{}\n{gone}\n", recipes[0].path())).unwrap();
    let error = support::read(&[&list], &options).unwrap_err().to_string();
    assert!(error.contains(&name) && error.contains(&list.display().to_string()), "{error}");
}

#[test]
fn contradictions_are_told() {
    let source = "/nix/store/00000000000000000000000000000900-script.sh".to_owned();
    let dep = Recipe::new(1, "dep").outputs(&["out", "dev"]);
    let other = Recipe::new(2, "other");
    let base = Recipe::new(3, "x").input(&dep, "buildInputs");
    let with = |change: &dyn Fn(&mut Recipe)| {
        let mut changed = base.clone();
        change(&mut changed);
        changed
    };
    let cases = [
        (with(&|x| x.outputs.push("dev".to_owned())), "the outputs differ"),
        (with(&|x| x.fixed = true), "the outputs differ"),
        (with(&|x| x.inputs.clear()), "the input derivations differ"),
        (with(&|x| x.inputs[0].0 = other.path()), "the input derivations differ"),
        (with(&|x| x.inputs[0].1 = vec!["dev".to_owned()]), "the input derivations differ"),
        (with(&|x| x.sources.push(source.clone())), "the input sources differ"),
        (with(&|x| x.env[1].0 = "nativeBuildInputs".to_owned()), "the environments differ"),
        (with(&|x| x.env.push(("pname".to_owned(), "y".to_owned()))), "the environments differ"),
        (with(&|x| x.env.push(("version".to_owned(), "2".to_owned()))), "the environments differ"),
        (with(&|x| x.system = "i686-linux".to_owned()), "the environments differ"),
    ];
    let one = folder(&[dep.clone(), other.clone(), base.clone()]);
    for (changed, what) in cases {
        let two = folder(std::slice::from_ref(&changed));
        for order in [[one.path(), two.path()], [two.path(), one.path()]] {
            let error = support::closure(&order, BuildOptions::default()).map(drop).expect_err(what);
            let Refused::Build(BuildError::Conflict { path, what: told, first, second }) = &error else {
                panic!("{error}")
            };
            assert_eq!((path.as_str(), *told), (base.path().as_str(), what));
            assert!(first.starts_with(&order[0].display().to_string()), "{error}");
            assert!(second.starts_with(&order[1].display().to_string()), "{error}");
        }
    }
}

#[test]
fn an_output_that_is_not_there_is_told() {
    let dep = Recipe::new(1, "dep");
    let mut user = Recipe::new(2, "user");
    user.inputs.push((dep.path(), vec!["dev".to_owned(), "out".to_owned()]));
    let folder = folder(&[dep.clone(), user.clone()]);
    let error = support::closure(&[folder.path()], BuildOptions::default()).unwrap_err();
    let Refused::Build(BuildError::UnknownOutput { consumer, input, output }) = &error else { panic!("{error}") };
    assert_eq!((consumer, input, output.as_str()), (&user.path(), &dep.path(), "dev"));
}

#[test]
fn nothing_is_no_closure() {
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("x.json");
    std::fs::write(&file, "{}").unwrap();
    let error = support::closure(&[&file], BuildOptions::default()).unwrap_err();
    assert!(matches!(error, Refused::Build(BuildError::Empty)), "{error}");
    let error = support::closure(&[folder.path()], BuildOptions::default()).unwrap_err();
    assert!(error.to_string().contains(&folder.path().display().to_string()), "{error}");
}

/// The graph is the same when a derivation is told by several inputs.
#[test]
fn what_is_told_twice_is_one() {
    let dep = Recipe::new(1, "dep");
    let (a, b) = (Recipe::new(2, "a").input(&dep, "buildInputs"), Recipe::new(3, "b").input(&dep, "src"));
    let whole = folder(&[dep.clone(), a.clone(), b.clone()]);
    let (left, right) = (folder(&[dep.clone(), a]), folder(&[dep, b]));
    let expected = support::snapshot(&support::graph(&[whole.path()]));
    for inputs in [
        vec![left.path(), right.path()],
        vec![right.path(), left.path()],
        vec![whole.path(), left.path(), whole.path(), right.path()],
    ] {
        assert!(support::snapshot(&support::graph(&inputs)) == expected, "{inputs:?}");
    }
}

/// A store directory is taken as it is told: any that Nix could have, and no panic for those that
/// it could not (`/` made the search for mentions look behind its end).
#[test]
fn strange_store_directories() {
    let dep = Recipe::new(1, "dep").outputs(&["out", "dev"]);
    let user = Recipe::new(2, "user").input(&dep, "buildInputs");
    let closure = [dep, user];
    for dir in ["/gnu/store", "/n", "/", "//", "/nix/store/", "/nix//store", "/../x", "/ü", "relative", ""] {
        let folder = folder(&closure);
        for recipe in &closure {
            let text = recipe.text().replace("/nix/store", dir);
            std::fs::write(folder.path().join(recipe.base_name()), text).unwrap();
        }
        let json = folder.path().join("closure.json");
        let paths: Vec<_> = closure.iter().map(|recipe| (recipe.path(), recipe.text().into_bytes())).collect();
        std::fs::write(&json, support::shown(&paths)[0].1.replace("/nix/store", dir)).unwrap();
        let by_file = support::closure(&[folder.path()], BuildOptions::default());
        let by_json = support::closure(&[&json], BuildOptions::default());
        let told = |by: Result<nix_ripple::graph::Graph, Refused>| match by {
            Ok(graph) => {
                assert_eq!((graph.edge_count(), graph.store_dir()), (1, dir));
                let edge = graph.nodes().flat_map(|node| graph.input_edges(node)).next().unwrap().0;
                assert_eq!(graph.mentions(edge).collect::<Vec<_>>(), ["buildInputs"], "{dir:?}");
                Some(support::snapshot(&graph))
            }
            Err(error) => {
                let folder = folder.path().display().to_string();
                assert!(error.to_string().contains(&folder), "{dir:?}: {error}");
                None
            }
        };
        let (by_file, by_json) = (told(by_file), told(by_json));
        assert!(by_file == by_json, "{dir:?}");
        assert_eq!(by_file.is_some(), dir.len() > 1 && dir.starts_with('/') && !dir.ends_with('/'), "{dir:?}");
    }
}
