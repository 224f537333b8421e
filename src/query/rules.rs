//! The rules by which inputs are judged.

use serde::Serialize;

use super::REPORT_VERSION;
use crate::reach::Treatment;
use crate::verdict::{Case, Grade, Rule, Rules, Verdict};

/// The answer.
#[derive(Debug, Clone, Serialize)]
pub struct RulesReport {
    /// Version of this shape.
    pub version: u32,
    /// In the order in which they are tried.
    pub rules: Vec<RuleRow>,
}

/// A rule.
#[derive(Debug, Clone, Serialize)]
pub struct RuleRow {
    /// What reports name it by.
    pub id: String,
    /// What it is about.
    pub summary: String,
    /// Whether it holds back what else is claimed, instead of claiming something.
    pub holds_back: bool,
    /// What it claims; `unknown` where it holds back.
    pub verdict: Verdict,
    /// How strongly at most.
    pub grade: Option<Grade>,
    /// What spares the rebuild, if anything does.
    pub remedy: Option<Treatment>,
    /// What has to hold for the claim to be true.
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
}

impl RuleRow {
    fn of(rule: &Rule) -> Self {
        Self {
            id: rule.id.clone(),
            summary: rule.summary.clone(),
            holds_back: rule.holds_back(),
            verdict: rule.verdict,
            grade: rule.grade,
            remedy: rule.remedy,
            assumes: rule.assumes.clone(),
            exceptions: rule.exceptions.clone(),
            overestimates: rule.overestimates.clone(),
            underestimates: rule.underestimates.clone(),
            flags: rule.flags.clone(),
            spares: rule.spares.clone(),
        }
    }
}

/// All rules, in the order in which they are tried.
#[must_use]
pub fn rules(rules: &Rules) -> RulesReport {
    RulesReport { version: REPORT_VERSION, rules: rules.all().iter().map(RuleRow::of).collect() }
}
