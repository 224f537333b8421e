//! What the two hashes of a recipe's text tell apart.

use nix_ripple::graph::{Graph, NodeId, RecipeText};

use crate::support::{self, Recipe};

fn node(graph: &Graph, name: &str) -> NodeId {
    graph.nodes().find(|&node| graph.name(node) == name).unwrap()
}

/// The text's hashes of `x-1.0`, which lists `dep` and says `flags`; the numbers make all paths others.
fn of(from: usize, dep: &str, flags: &str) -> RecipeText {
    let dep = Recipe::new(from, dep);
    let mut x = Recipe::new(from + 1, "x-1.0").input(&dep, "buildInputs");
    x.env.push(("flags".to_owned(), flags.to_owned()));
    let folder = support::folder(&[dep, x]);
    let graph = support::graph(&[folder.path()]);
    graph.recipe_text(node(&graph, "x-1.0")).unwrap()
}

#[test]
fn words_and_names_apart() {
    let base = of(1, "dep-1.0", "-O2");
    assert_eq!(base, of(7, "dep-2.0pre", "-O2"), "versions and digests do not count");
    let flags = of(1, "dep-1.0", "-O3");
    assert!(flags.bare != base.bare && flags.names == base.names);
    let other = of(1, "other-1.0", "-O2");
    assert!(other.bare == base.bare && other.names != base.names);
}

#[test]
fn what_has_no_recipe_has_no_text() {
    let gone = Recipe::new(1, "gone-1.0");
    let mut x = Recipe::new(2, "x-1.0").input(&gone, "src");
    x.sources.push("/nix/store/00000000000000000000000000000900-builder.sh".to_owned());
    let folder = support::folder(&[x]);
    let options = nix_ripple::graph::BuildOptions { allow_missing: true, ..Default::default() };
    let graph = support::closure(&[folder.path()], options).unwrap();
    assert_eq!(graph.recipe_text(node(&graph, "gone-1.0")), None);
    assert_eq!(graph.recipe_text(node(&graph, "builder.sh")), None);
    assert!(graph.recipe_text(node(&graph, "x-1.0")).is_some());
}
