//! Rules: a claim, and to what it applies.

use std::collections::BTreeMap;
use std::path::Path;

use serde::{Deserialize, Serialize};

use super::conditions::Conditions;
use super::file::{MOST_RULES, RulesError, parse};
use crate::ingest::FileError;
use crate::reach::Treatment;
use crate::verdict::{Grade, Verdict};

/// A rule.
#[derive(Debug, Clone, Serialize)]
pub struct Rule {
    /// Kebab case; what reports and baselines name it by.
    pub id: String,
    /// What it is about, in a line.
    pub summary: String,
    /// What it claims; [`Verdict::Unknown`] where it holds back what others claim.
    pub verdict: Verdict,
    /// How strongly: at most `inferred`. Nothing where it holds back.
    pub grade: Option<Grade>,
    /// What spares the rebuild, if anything does.
    pub remedy: Option<Treatment>,
    /// What has to hold in the world for the claim to be true.
    pub assumes: String,
    /// What is known not to follow it.
    pub exceptions: String,
    /// Where it says too much.
    pub overestimates: String,
    /// Where it says too little.
    pub underestimates: String,
    /// A pair that it decides.
    pub flags: Case,
    /// A pair that it leaves alone.
    pub spares: Case,
    /// To what it applies, as it is written: each condition with its words; `@word` stands for one of
    /// [`Rules::lists`].
    pub when: BTreeMap<String, Vec<String>>,
    #[serde(skip)]
    pub(super) conditions: Conditions,
}

/// An input and its consumer, as an example of a rule.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case", deny_unknown_fields)]
pub struct Case {
    /// The name of the input.
    pub input: String,
    /// The variables that name it; none where it comes along.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub keys: Vec<String>,
    /// The name of the consumer.
    pub consumer: String,
    /// Whether evidence says that it vanishes with the checks.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub check: bool,
    /// Other inputs of the consumer, each as `NAME: KEY`.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub beside: Vec<String>,
    /// An input of the input, as `NAME: KEY`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub input_has: Option<String>,
    /// The verdicts on what it comes along with.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub carried_by: Vec<Verdict>,
}

/// Rules in the order in which they are tried; the first that fits decides.
#[derive(Debug, Clone, Default)]
pub struct Rules {
    pub(super) rules: Vec<Rule>,
    pub(super) lists: BTreeMap<String, Vec<String>>,
}

impl Rules {
    /// The rules that come with the program.
    ///
    /// # Panics
    /// Never: a test reads them.
    #[must_use]
    pub fn embedded() -> Self {
        parse(include_str!("default.toml"), Path::new("default.toml")).expect("a test reads the embedded rules")
    }

    /// Reads rules of the same form.
    ///
    /// # Errors
    /// When the file cannot be read, is no TOML, or a rule in it is none; names the rule and the field.
    pub fn read(file: &Path) -> Result<Self, RulesError> {
        parse(&FileError::read(file)?, file)
    }

    /// The same out of a text; `file` is what errors name.
    ///
    /// # Errors
    /// As of [`Rules::read`].
    pub fn parse(text: &str, file: &Path) -> Result<Self, RulesError> {
        parse(text, file)
    }

    /// These, then others.
    ///
    /// # Errors
    /// When two have one id, or there are more than 10,000.
    pub fn then(mut self, others: Self) -> Result<Self, RulesError> {
        if let Some(twice) = others.rules.iter().find(|other| self.rules.iter().any(|rule| rule.id == other.id)) {
            return Err(RulesError::Twice(twice.id.clone()));
        }
        self.rules.extend(others.rules);
        for (name, words) in others.lists {
            // the words of both, for each file's rules mean their own
            let known = self.lists.entry(name).or_default();
            let more: Vec<String> = words.into_iter().filter(|word| !known.contains(word)).collect();
            known.extend(more);
        }
        if self.rules.len() > MOST_RULES { Err(RulesError::TooMany(self.rules.len())) } else { Ok(self) }
    }

    /// All of them, in order.
    #[must_use]
    pub fn all(&self) -> &[Rule] {
        &self.rules
    }

    /// The lists of words that their conditions name. Where two files call one so, the words of both.
    #[must_use]
    pub fn lists(&self) -> &BTreeMap<String, Vec<String>> {
        &self.lists
    }

    /// A rule by its index, as judgements name it.
    #[must_use]
    pub fn get(&self, index: u16) -> Option<&Rule> {
        self.rules.get(usize::from(index))
    }
}

impl Rule {
    /// Whether it is about what vanishes with the checks.
    pub(in crate::verdict) const fn is_about_checks(&self) -> bool {
        self.conditions.check
    }

    /// Whether it holds back what else is claimed, instead of claiming something.
    #[must_use]
    pub const fn holds_back(&self) -> bool {
        matches!(self.verdict, Verdict::Unknown)
    }
}
