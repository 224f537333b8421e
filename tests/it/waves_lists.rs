//! The fixed lists of bumps for the nixpkgs of 2018 (`testdata/waves`): that they name what is there.

use std::collections::BTreeSet;

use nix_ripple::query::{Selector, resolve};

use crate::support::testdata;
use crate::truth::nixpkgs;

/// The selectors of both lists.
fn lists() -> [Vec<String>; 2] {
    let read = |name: &str| std::fs::read_to_string(testdata("waves").join(name)).unwrap();
    let table: toml::Value = toml::from_str(&read("nixpkgs-2018-200.toml")).unwrap();
    let bumps = table["bump"].as_array().unwrap();
    let short = bumps.iter().map(|bump| bump["selector"].as_str().unwrap().to_owned()).collect();
    let long = read("nixpkgs-2018-1000.txt");
    let long = long.lines().filter(|line| !line.starts_with('#')).map(str::to_owned).collect();
    [short, long]
}

#[test]
fn every_bump_is_named_once_and_is_there() {
    let lists = lists();
    for (list, count) in lists.iter().zip([200, 1_000]) {
        assert_eq!(list.len(), count);
        assert_eq!(list.iter().collect::<BTreeSet<_>>().len(), count);
    }
    let Some(graph) = nixpkgs() else { return };
    for list in &lists {
        let selectors: Vec<Selector> = list.iter().map(|text| Selector::parse(text).unwrap()).collect();
        let bumps = resolve(graph, &selectors, false).unwrap_or_else(|error| panic!("{error}"));
        let named: BTreeSet<_> = bumps.iter().map(|bump| bump.named.clone()).collect();
        assert_eq!(named.len(), list.len(), "two name the same");
        let sets: BTreeSet<&str> = list.iter().filter_map(|name| Some(name.rsplit_once('.')?.0)).collect();
        assert!(sets.len() >= 70, "{}", sets.len());
    }
}
