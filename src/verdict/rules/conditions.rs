//! To what a rule applies.

use std::collections::BTreeSet;

use globset::{Glob, GlobSet, GlobSetBuilder};

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
    words: BTreeSet<String>,
    globs: GlobSet,
    languages: BTreeSet<String>,
}

impl Patterns {
    /// Of words, globs, and `language:…`.
    ///
    /// # Errors
    /// When a glob is none.
    pub(super) fn new(patterns: &[String]) -> Result<Self, String> {
        let mut found = Self { words: BTreeSet::new(), globs: GlobSet::empty(), languages: BTreeSet::new() };
        let mut globs = GlobSetBuilder::new();
        for pattern in patterns {
            if let Some(language) = pattern.strip_prefix("language:") {
                found.languages.insert(language.to_owned());
            } else if pattern.contains(['*', '?', '[', '{', '\\']) {
                globs.add(Glob::new(pattern).map_err(|error| error.to_string())?);
            } else {
                found.words.insert(pattern.clone());
            }
        }
        found.globs = globs.build().map_err(|error| error.to_string())?;
        Ok(found)
    }

    /// Whether a text fits.
    pub(super) fn fit(&self, text: &str) -> bool {
        self.words.contains(text) || !self.globs.is_empty() && self.globs.is_match(text)
    }

    /// Whether a text or its language fits.
    pub(super) fn fit_either(&self, text: &str, language: Option<&str>) -> bool {
        language.is_some_and(|language| self.languages.contains(language)) || self.fit(text)
    }
}
