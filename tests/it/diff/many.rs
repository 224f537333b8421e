//! Recipes with thousands of inputs, as texlive's.

use std::time::{Duration, Instant};

use nix_ripple::proof::TextSources;

use crate::diff::answer::{Answer, compare, unsound};
use crate::support::{Recipe, folder, graph};

/// Something that takes so many fetches under one key, each called after the side.
fn side(count: usize, side: usize) -> Vec<Recipe> {
    let fetched = |at: usize| Recipe::new(1 + side * 10_000 + at, &format!("file{at}of{side}")).fixed();
    let mut recipes: Vec<Recipe> = (0..count).map(fetched).collect();
    let mut all = Recipe::new(1 + side * 10_000 + count, "all-1.0");
    all.inputs = recipes.iter().map(|file| (file.path(), file.outputs.clone())).collect();
    all.inputs.sort();
    let paths: Vec<String> = recipes.iter().map(|file| file.output_path("out")).collect();
    all.env.push(("pkgs".to_owned(), paths.join(" ")));
    recipes.push(all);
    recipes
}

fn compared(count: usize) -> Answer {
    let folders = [folder(&side(count, 0)), folder(&side(count, 1))];
    let [old, new] = folders.each_ref().map(|folder| graph(&[folder.path()]));
    let answer = compare(&old, &new, [&TextSources::default(); 2]);
    assert_eq!(unsound(&answer), [""; 0]);
    answer
}

/// Of many fetches under one key none is known to be another; the only one is. Was cubic: minutes.
#[test]
fn fetches_under_one_key() {
    let one = compared(1);
    assert_eq!((one.derivations.total, one.derivations.fetched, one.derivations.added), (1, 1, 0));
    let start = Instant::now();
    let many = compared(1_500);
    assert!(start.elapsed() < Duration::from_secs(60), "{:?}", start.elapsed());
    assert_eq!((many.derivations.total, many.derivations.fetched, many.derivations.added), (1, 1_500, 1_500));
    assert_eq!(many.causes.len(), 1);
    assert_eq!((many.causes[0].name.as_str(), many.causes[0].changes.len()), ("all-1.0", 1_500));
}
