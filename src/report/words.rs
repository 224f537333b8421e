//! Phrases that several reports use.

use std::collections::BTreeMap;

use super::inputs::saved;
use super::table::{counted, number, percent};
use crate::query::Branch;
use crate::reach::Savings;
use crate::verdict::Grade;

/// A branch verdict.
pub(super) fn verdict(branch: Branch) -> &'static str {
    match branch {
        Branch::Ok => "ok (fewer than 500 rebuilds)",
        Branch::PossibleMassRebuild => "possible-mass-rebuild (500 or more: consider staging)",
        Branch::NixosRebuild => "nixos-rebuild (all NixOS tests: to staging-nixos)",
        Branch::MassRebuild => "mass-rebuild (1,000 or more: to staging)",
    }
}

/// `2.8 % of 459`.
pub(super) fn share_of(part: u64, whole: u64) -> String {
    if whole == 0 { "of 0".to_owned() } else { format!("{} of {}", percent(part, whole), number(whole)) }
}

/// A line for each system: how many derivations and attributes.
pub(super) fn by_system(derivations: &BTreeMap<String, u64>, attributes: &BTreeMap<String, u64>) -> Vec<String> {
    let mut lines = Vec::new();
    for (system, count) in derivations {
        let attributes = attributes.get(system).map(|count| format!(", {}", counted(*count, "attribute")));
        lines.push(format!("{system}: {}{}", counted(*count, "derivation"), attributes.unwrap_or_default()));
    }
    for (system, count) in attributes {
        if !derivations.contains_key(system) {
            lines.push(format!("{system}: {}", counted(*count, "attribute")));
        }
    }
    lines
}

/// How many builds are needless, a grade a line; the strongest grade comes first.
pub(super) fn needless(by_grade: impl IntoIterator<Item = (Grade, Savings)>) -> Vec<String> {
    // a grade that adds nothing to the stronger ones is not worth a line, but the first is
    let mut lines: Vec<String> = Vec::new();
    let mut last = None;
    for (grade, savings) in by_grade {
        if last != Some(savings) && !savings.is_nothing() {
            lines.push(format!("needless at {grade}: {}", saved(&savings)));
        }
        last = Some(savings);
    }
    if lines.is_empty() && last.is_some() {
        lines.push("needless: none that the evidence shows".to_owned());
    }
    lines
}
