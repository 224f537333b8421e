//! The spurious inputs that a change adds and removes, as lines.

use super::sentences::NAMES;
use super::style::{Style, and_more};
use crate::query::{SpuriousChanges, SpuriousInput};
use crate::report::inputs::short;
use crate::report::table::{counted, number};

/// A heading and its lines, for what is added and for what is removed; nothing where there is none. What
/// could not be compared is told with the first.
pub(super) fn parts(changes: &SpuriousChanges, style: Style) -> Vec<(String, Vec<String>)> {
    let all = [("added", &changes.added), ("removed", &changes.removed)];
    let mut parts: Vec<(String, Vec<String>)> = Vec::new();
    for (what, inputs) in all.into_iter().filter(|(_, inputs)| !inputs.is_empty()) {
        let mut lines: Vec<String> = inputs.iter().take(NAMES).map(|input| line(input, style)).collect();
        if inputs.len() > NAMES {
            lines.push(and_more(inputs.len() - NAMES));
        }
        parts.push((format!("spurious inputs {what}: {}", number(inputs.len() as u64)), lines));
    }
    if let Some((heading, _)) = parts.first_mut()
        && changes.open > 0
    {
        let open = counted(changes.open, "more input");
        heading.push_str(&format!(" ({open} not compared: evidence speaks of one recipe alone)"));
    }
    parts
}

/// `pytest-3.5.0 in configobj-5.0.6: test-only (inferred, test-tool); detach: -5 builds a bump`.
fn line(input: &SpuriousInput, style: Style) -> String {
    let name = style.name;
    let known: Vec<&str> = input.grade.map(|grade| grade.as_str()).into_iter().chain(input.rule.as_deref()).collect();
    let mut text = format!(
        "{} in {}: {} ({})",
        name(&input.input.name),
        name(&input.consumer.name),
        input.verdict.as_str(),
        known.join(", ")
    );
    if let (Some(remedy), Some(saves)) = (input.remedy, &input.saves) {
        text.push_str(&format!("; {}: {} a bump", remedy.as_str(), short(saves)));
    }
    text
}
