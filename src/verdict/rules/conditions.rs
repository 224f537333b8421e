//! To what a rule applies.

use std::collections::BTreeSet;

use globset::{Glob, GlobSet, GlobSetBuilder};
use rustc_hash::FxHashSet;

use crate::verdict::Verdict;

/// Everything that has to hold.
#[derive(Debug, Clone)]
pub(super) struct Conditions {
    /// All keys that name the input fit.
    pub(super) keys: Option<Patterns>,
    /// One of them does.
    pub(super) any_key: Option<Patterns>,
    /// It vanishes with the checks.
    pub(super) check: bool,
    /// It comes along, with inputs that have one of these verdicts alone.
    pub(super) carried_by: Option<Vec<Verdict>>,
    pub(super) input: OfNode,
    pub(super) consumer: OfNode,
}

/// What has to hold of one of the two.
#[derive(Debug, Clone)]
pub(super) struct OfNode {
    pub(super) pname: Option<Patterns>,
    pub(super) not_pname: Option<Patterns>,
    pub(super) name: Option<Patterns>,
    pub(super) not_name: Option<Patterns>,
    pub(super) language: Option<Vec<String>>,
    pub(super) setup_hook: Option<bool>,
    /// Everything that its lists name fits.
    pub(super) only_inputs: Option<Patterns>,
    /// Nothing that its lists name does.
    pub(super) no_inputs: Option<Patterns>,
}

/// Words, globs and languages, one of which fits.
#[derive(Debug, Clone)]
pub(super) struct Patterns {
    words: FxHashSet<String>,
    /// Those that end with their only star, without it.
    prefixes: Affixes,
    /// Those that begin with it.
    suffixes: Affixes,
    /// All others.
    globs: Option<GlobSet>,
    languages: BTreeSet<String>,
}

/// Beginnings or ends of texts, looked up by each length that there is.
#[derive(Debug, Clone, Default)]
struct Affixes {
    lengths: BTreeSet<usize>,
    texts: FxHashSet<String>,
}

impl Affixes {
    fn insert(&mut self, text: &str) {
        self.lengths.insert(text.len());
        self.texts.insert(text.to_owned());
    }
}

impl Patterns {
    /// Of words, globs, and `language:…`.
    ///
    /// # Errors
    /// When a glob is none.
    pub(super) fn new(patterns: &[String]) -> Result<Self, String> {
        let mut found = Self {
            words: FxHashSet::default(),
            prefixes: Affixes::default(),
            suffixes: Affixes::default(),
            globs: None,
            languages: BTreeSet::new(),
        };
        let mut globs = GlobSetBuilder::new();
        let is_glob = |text: &str| text.contains(['*', '?', '[', ']', '{', '}', '\\']);
        for pattern in patterns {
            if let Some(language) = pattern.strip_prefix("language:") {
                found.languages.insert(language.to_owned());
            } else if !is_glob(pattern) {
                found.words.insert(pattern.clone());
            } else if let Some(prefix) = pattern.strip_suffix('*').filter(|prefix| !is_glob(prefix)) {
                found.prefixes.insert(prefix);
            } else if let Some(suffix) = pattern.strip_prefix('*').filter(|suffix| !is_glob(suffix)) {
                found.suffixes.insert(suffix);
            } else {
                globs.add(Glob::new(pattern).map_err(|error| error.to_string())?);
            }
        }
        // most rules have none, and an automaton takes its time
        let set = globs.build().map_err(|error| error.to_string())?;
        found.globs = Some(set).filter(|set| !set.is_empty());
        Ok(found)
    }

    /// Whether a text fits.
    pub(super) fn fit(&self, text: &str) -> bool {
        let begins = |&length: &usize| text.get(..length).is_some_and(|start| self.prefixes.texts.contains(start));
        let ends = |&length: &usize| {
            let at = text.len().checked_sub(length);
            at.and_then(|at| text.get(at..)).is_some_and(|end| self.suffixes.texts.contains(end))
        };
        self.words.contains(text)
            || self.prefixes.lengths.iter().any(begins)
            || self.suffixes.lengths.iter().any(ends)
            || self.globs.as_ref().is_some_and(|globs| globs.is_match(text))
    }

    /// Whether a text or its language fits.
    pub(super) fn fit_either(&self, text: &str, language: Option<&str>) -> bool {
        language.is_some_and(|language| self.languages.contains(language)) || self.fit(text)
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    proptest! {
        /// The short ways say what globs say.
        #[test]
        fn as_globs_do(patterns in proptest::collection::vec("[ab*?]{1,4}", 1..4), text in "[ab]{0,5}") {
            let one = Patterns::new(&patterns).unwrap().fit(&text);
            let glob = |pattern: &String| Glob::new(pattern).unwrap().compile_matcher().is_match(&text);
            prop_assert_eq!(one, patterns.iter().any(glob));
        }
    }
}
