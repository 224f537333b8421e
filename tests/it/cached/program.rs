//! `nix-ripple cost --cached`, as a user runs it.

use serde_json::json;

use super::real;
use crate::cli::program::Program;
use crate::support::{Recipe, folder, graph};

/// An application, its library with two outputs, what builds both, and their sources.
fn packages() -> (Program, Vec<Recipe>) {
    let bash = Recipe::new(1, "bash-5.1");
    let source = Recipe::new(2, "lib-1.0.tar.gz").fixed();
    let lib = Recipe::new(3, "lib-1.0").outputs(&["dev", "out"]).input(&bash, "stdenv").input(&source, "src");
    let patch = Recipe::new(4, "app.patch").fixed();
    // it uses lib's first output alone, dev
    let app = Recipe::new(5, "app-1.0").input(&bash, "stdenv").input(&lib, "buildInputs").input(&patch, "patches");
    let recipes = vec![bash, source, lib, patch, app];
    let program = Program::new();
    let drvs = folder(&recipes);
    graph(&[drvs.path()]).save(&program.folder.path().join("closure.ripple")).unwrap();
    (program, recipes)
}

fn list(program: &Program, paths: &[String]) {
    program.write("cache", paths.join("\n"));
}

#[test]
fn a_table() {
    let (program, recipes) = packages();
    program.write("t.csv", "app,300\nlib,600\nbash,60\nlib-1.0.tar.gz,4\napp.patch,2\n");
    list(&program, &[recipes[0].output_path("out"), recipes[2].output_path("dev")]);
    let run = |selector: &str| {
        let ran = program.run(&["cost", selector, "--times", "t.csv", "--cached", "cache"]);
        assert_eq!(ran.talk, "");
        let out = ran.fine();
        out[out.find("to have").unwrap_or_else(|| panic!("{out}"))..].to_owned()
    };
    // the library's dev output is there, and that is what the application uses
    let expect = "\
to have them: 1 build and 1 download; 2 derivations are built already
  machine time: 5.0 min (100.0 % measured)
  critical path: 5.0 min, 2 steps: app-1.0 5.0 min, app.patch 2 s

 heavyweight  system          time   share  known
 app-1.0      x86_64-linux  5.0 min  99.3 %  measured
";
    let squeeze = |text: &str| text.split_whitespace().collect::<Vec<_>>().join(" ");
    assert!(squeeze(&run("pname:app")).starts_with(&squeeze(expect)), "{}", run("pname:app"));
    // the library itself is all of its outputs
    assert!(run("pname:lib").starts_with("to have them: 1 build and 1 download; 1 derivation is built already\n"));
    assert_eq!(run("pname:bash").trim(), "to have them: nothing is left to build; 1 derivation is built already");
}

#[test]
fn as_json() {
    let (program, recipes) = packages();
    program.write("t.csv", "app,300\nlib,600\nbash,60\n");
    list(&program, &[recipes[0].output_path("out"), recipes[2].output_path("out")]);
    let arguments = ["cost", "pname:app", "--times", "t.csv", "--cached", "cache", "--format", "json"];
    let report = program.run(&arguments).json();
    let left = &report["to_have"];
    // dev is not there, so that the library is built, of a source that is not there either
    assert_eq!(
        [&left["builds"], &left["fetches"], &left["cached"], &left["unknown"]],
        [&json!(2), &json!(2), &json!(1), &json!(0)]
    );
    let names: Vec<&str> =
        left["heavyweights"].as_array().unwrap().iter().map(|heavy| heavy["name"].as_str().unwrap()).collect();
    assert_eq!(names, ["lib-1.0", "app-1.0", "app.patch", "lib-1.0.tar.gz"]);
    assert!((left["hours"]["measured"].as_f64().unwrap() - 0.25).abs() < 1e-12, "{left}");
    let chain: Vec<&str> = left["critical_path"]["chain"]
        .as_array()
        .unwrap()
        .iter()
        .map(|build| build["name"].as_str().unwrap())
        .collect();
    assert_eq!(chain, ["lib-1.0.tar.gz", "lib-1.0", "app-1.0"]);
    // on a farm, also where nothing is built already
    let arguments = ["cost", "pname:app", "--times", "t.csv", "--builders", "2", "--format", "json"];
    let left = program.run(&arguments).json()["to_have"].take();
    assert_eq!([&left["builds"], &left["fetches"], &left["cached"]], [&json!(3), &json!(2), &json!(0)]);
    // bash, then lib, then app; both downloads beside bash
    assert!((left["makespan"]["hours"].as_f64().unwrap() - 960.0 / 3600.0).abs() < 1e-12, "{left}");
    let without = program.run(&["cost", "pname:app", "--format", "json"]).json();
    assert!(without.get("to_have").is_none());
}

/// A cache of something else is told, and bad files are refused before anything is said.
#[test]
fn odd_files() {
    let (program, _) = packages();
    let cache = real("dry-run/all.cache");
    let ran = program.run(&["cost", "pname:app", "--cached", cache.to_str().unwrap()]);
    assert!(ran.talk.contains("all.cache: tells of 248 cached paths, none of them an output here"), "{}", ran.talk);
    assert!(ran.fine().contains("to have them: 3 builds and 2 downloads\n"));
    program.write("bad", "what is this\n");
    let told = program.run(&["cost", "pname:app", "--cached", "bad"]).failed();
    assert!(told.contains("bad: tells of no cache; expected store paths, hashes or narinfo names"), "{told}");
    let told = program.run(&["cost", "pname:app", "--sizes", "bad"]).failed();
    assert!(told.contains("bad: neither Nix's store database"), "{told}");
    // sizes of nothing that is here
    let sizes = real("narinfo/53glj43iarc8s4jnx316by6w3vlr6z11.narinfo");
    let ran = program.run(&["cost", "pname:app", "--sizes", sizes.to_str().unwrap()]);
    assert!(ran.talk.contains(".narinfo: tells the size of 1 path, none called as an output here"), "{}", ran.talk);
}
