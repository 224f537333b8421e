//! The rules by which inputs are judged.

use std::collections::BTreeMap;

use serde::Serialize;

use super::REPORT_VERSION;
use crate::verdict::{Rule, Rules};

/// The answer.
#[derive(Debug, Clone, Serialize)]
pub struct RulesReport {
    /// Version of this shape.
    pub version: u32,
    /// In the order in which they are tried.
    pub rules: Vec<RuleRow>,
    /// The lists of words that their conditions name (`@word`).
    pub lists: BTreeMap<String, Vec<String>>,
}

/// A rule.
#[derive(Debug, Clone, Serialize)]
pub struct RuleRow {
    /// The rule itself.
    #[serde(flatten)]
    pub rule: Rule,
    /// Whether it holds back what else is claimed, instead of claiming something.
    pub holds_back: bool,
}

/// All rules, in the order in which they are tried.
#[must_use]
pub fn rules(rules: &Rules) -> RulesReport {
    let row = |rule: &Rule| RuleRow { rule: rule.clone(), holds_back: rule.holds_back() };
    let lists = rules.lists().clone();
    RulesReport { version: REPORT_VERSION, rules: rules.all().iter().map(row).collect(), lists }
}
