//! Which derivation of one evaluation is which of another, told by where derivations stand and not by
//! what they are called.
//!
//! Two evaluations of one distribution are walked side by side from the same attributes. Each text of a
//! derivation (builder, arguments, each variable) names inputs by their output paths, in an order that
//! the expression gives; a bump changes versions and hashes, never that order. So the nth input that a
//! text names on one side is the nth on the other. Every input must be met so, and the pairs must be a
//! bijection; where a bump moved an input, the walk says so and gives up.

use std::collections::BTreeSet;
use std::collections::btree_map::{BTreeMap, Entry};
use std::path::Path;

use nix_ripple::nix::{Derivation, aterm};

/// A derivation by what its text says, for the walk.
struct Recipe {
    fixed: bool,
    /// Name, path.
    outputs: Vec<(String, String)>,
    /// What is named, in order: the key, the derivation and its output.
    named: Vec<(String, String, String)>,
}

/// One evaluation of the distribution: the derivations below some roots.
pub(super) struct Evaluation {
    roots: Vec<String>,
    recipes: BTreeMap<String, Recipe>,
}

impl Evaluation {
    /// Reads the derivations below `roots` from a store that lies in `folder`.
    pub(super) fn read(folder: &Path, roots: &[String]) -> Self {
        let roots: Vec<String> = roots.iter().map(|root| root.split('!').next().unwrap().to_owned()).collect();
        let mut texts: BTreeMap<String, Vec<u8>> = BTreeMap::new();
        let mut queue = roots.clone();
        while let Some(path) = queue.pop() {
            if let Entry::Vacant(entry) = texts.entry(path) {
                let path = entry.key();
                let text = std::fs::read(folder.join(&path[1..])).unwrap_or_else(|error| panic!("{path}: {error}"));
                let inputs = &aterm::parse(&text).unwrap().input_derivations;
                queue.extend(inputs.iter().map(|(input, _)| string(input)));
                entry.insert(text);
            }
        }
        let parsed: BTreeMap<&str, Derivation<'_>> =
            texts.iter().map(|(path, text)| (path.as_str(), aterm::parse(text).unwrap())).collect();
        let recipes = parsed.keys().map(|&path| (path.to_owned(), Recipe::read(path, &parsed))).collect();
        Self { roots, recipes }
    }

    pub(super) fn paths(&self) -> impl Iterator<Item = &str> {
        self.recipes.keys().map(String::as_str)
    }

    pub(super) fn is_fixed(&self, path: &str) -> bool {
        self.recipes[path].fixed
    }

    /// The output paths of a derivation. Two derivations that only differ in how their sources are
    /// fetched have the same: Nix builds one of them.
    pub(super) fn outputs(&self, path: &str) -> Vec<&str> {
        self.recipes[path].outputs.iter().map(|(_, path)| path.as_str()).collect()
    }

    /// What Nix looks at where all is fetched: from the roots, and behind no fixed-output derivation.
    pub(super) fn without_fetchers(&self) -> BTreeSet<&str> {
        let mut seen: BTreeSet<&str> = BTreeSet::new();
        let mut queue: Vec<&str> = self.roots.iter().map(String::as_str).collect();
        while let Some(path) = queue.pop() {
            if seen.insert(path) && !self.recipes[path].fixed {
                queue.extend(self.recipes[path].named.iter().map(|(_, input, _)| input.as_str()));
            }
        }
        seen
    }

    /// For each derivation of `later`, the one here that it has come of.
    pub(super) fn pairs<'a>(&'a self, later: &'a Self) -> BTreeMap<&'a str, &'a str> {
        assert_eq!(self.roots.len(), later.roots.len());
        let mut pairs: BTreeMap<&str, &str> = BTreeMap::new();
        let mut queue: Vec<(&str, &str)> =
            self.roots.iter().zip(&later.roots).map(|(old, new)| (old.as_str(), new.as_str())).collect();
        while let Some((old, new)) = queue.pop() {
            if let Some(known) = pairs.insert(new, old) {
                assert_eq!(known, old, "{new} has come of two derivations");
                continue;
            }
            let (a, b) = (&self.recipes[old], &later.recipes[new]);
            let shape = |recipe: &Recipe| {
                let names: Vec<String> = recipe.outputs.iter().map(|(name, _)| name.clone()).collect();
                let named: Vec<(String, String)> =
                    recipe.named.iter().map(|(key, _, output)| (key.clone(), output.clone())).collect();
                (recipe.fixed, names, named)
            };
            assert_eq!(shape(a), shape(b), "{old} and {new} name other inputs");
            queue.extend(a.named.iter().zip(&b.named).map(|(x, y)| (x.1.as_str(), y.1.as_str())));
        }
        let olds: BTreeSet<&str> = pairs.values().copied().collect();
        assert_eq!((pairs.len(), olds.len()), (later.recipes.len(), self.recipes.len()), "not every derivation is met");
        assert_eq!(olds.len(), pairs.len(), "two derivations have come of one");
        pairs
    }
}

impl Recipe {
    fn read(path: &str, all: &BTreeMap<&str, Derivation<'_>>) -> Self {
        let derivation = &all[path];
        // one store path may be an output of several derivations, but not of several inputs of one
        let mut by_hash: BTreeMap<String, (String, String)> = BTreeMap::new();
        for (input, used) in &derivation.input_derivations {
            let input = string(input);
            for output in all[input.as_str()].outputs.iter().filter(|output| used.names.contains(&output.name)) {
                let known = by_hash.insert(hash(&string(&output.path)), (input.clone(), string(&output.name)));
                assert_eq!(known, None, "{path} has one output by two inputs");
            }
        }
        let mut texts = vec![("builder".to_owned(), string(&derivation.builder))];
        texts.extend(derivation.arguments.iter().map(|argument| ("args".to_owned(), string(argument))));
        texts.extend(derivation.environment.iter().map(|(key, value)| (format!("${}", string(key)), string(value))));
        let mut named = Vec::new();
        for (key, text) in &texts {
            for after in text.split("/nix/store/").skip(1) {
                let found = after.get(..32).and_then(|hash| by_hash.get(hash));
                named.extend(found.map(|(input, output)| (key.clone(), input.clone(), output.clone())));
            }
        }
        let met: BTreeSet<&(String, String)> = by_hash.values().collect();
        assert!(
            met.iter().all(|(input, output)| named.iter().any(|(_, i, o)| (i, o) == (input, output))),
            "{path} has an input that no text names"
        );
        Self {
            fixed: derivation.outputs.iter().any(|output| !output.hash.is_empty()),
            outputs: derivation.outputs.iter().map(|output| (string(&output.name), string(&output.path))).collect(),
            named,
        }
    }
}

fn string(bytes: &[u8]) -> String {
    String::from_utf8(bytes.to_vec()).unwrap()
}

fn hash(path: &str) -> String {
    path.strip_prefix("/nix/store/").unwrap()[..32].to_owned()
}
