//! Evidence in words.

use crate::graph::{Graph, NodeId};
use crate::verdict::{
    CheckOnly, Checks, Evidence, Experiment, InputRef, Judgement, Outcome, Reference, References, Trace,
};

/// The evidence that a judgement on an input goes by, each piece in a line.
pub(super) fn told(graph: &Graph, evidence: &[Evidence], judgement: &Judgement, input: NodeId) -> Vec<String> {
    let pname = InputRef::pname_of(graph, input);
    let of_input = |record: &Evidence| record.inputs().into_iter().find(|known| known.pname == pname).cloned();
    let known = judgement.evidence.iter().filter_map(|&index| evidence.get(index as usize));
    known.map(|record| words(record, of_input(record).as_ref())).collect()
}

/// What a piece of evidence shows of one of its inputs, in a line.
pub(super) fn words(evidence: &Evidence, input: Option<&InputRef>) -> String {
    match evidence {
        Evidence::CheckOnly(shown) => check_only(shown),
        Evidence::Experiment(shown) => experiment(shown),
        Evidence::References(shown) => references(shown, input),
        Evidence::Trace(shown) => trace(shown),
    }
}

fn check_only(shown: &CheckOnly) -> String {
    let package = if shown.package.attribute.is_empty() { &shown.package.name } else { &shown.package.attribute };
    let also = match &shown.differing_keys {
        Some(keys) if keys.is_empty() => String::new(),
        Some(keys) => format!("; {} changed too", keys.join(", ")),
        None => "; what else changed is not known".to_owned(),
    };
    format!("check-only: gone from {package} with its checks off{also}")
}

fn experiment(shown: &Experiment) -> String {
    let mut text = shown.experiment.as_str().to_owned();
    if shown.poisoned {
        text.push_str(" that stops whoever uses it");
    }
    if let Some(against) = &shown.against {
        text.push_str(&format!(" (by {against})"));
    }
    text.push_str(&format!(": {}", shown.outcome.as_str()));
    if let Some(phase) = &shown.phase {
        text.push_str(&format!(" in {phase}"));
    }
    if shown.outcome == Outcome::PresenceOnly && shown.compared == Some(Outcome::ReferenceOnly) {
        text.push_str(", else reference-only");
    }
    match (shown.outcome, shown.checks) {
        (Outcome::Fails | Outcome::Nondeterministic, _) => {}
        (_, Checks::None) => text.push_str(", no checks"),
        (_, Checks::Passed) => text.push_str(", checks passed"),
        (_, Checks::Off) => text.push_str(", checks off"),
    }
    if !shown.sandboxed {
        text.push_str(", not sandboxed");
    }
    text
}

fn references(shown: &References, input: Option<&InputRef>) -> String {
    let of_input = |reference: &&Reference| Some(&reference.input) == input;
    let Some(reference) = shown.inputs.iter().find(of_input) else {
        return format!("references: the output mentions it ({})", shown.source.as_str());
    };
    let files = match reference.files {
        0 => "the output mentions it".to_owned(),
        1 => "1 file mentions it".to_owned(),
        files => format!("{files} files mention it"),
    };
    let carriers: Vec<&str> = reference.carriers.iter().map(|carrier| carrier.as_str()).collect();
    let carriers = if carriers.is_empty() { String::new() } else { format!("{}; ", carriers.join(", ")) };
    format!("references: {files} ({carriers}{})", shown.source.as_str())
}

fn trace(shown: &Trace) -> String {
    let phase = |phase: &Option<String>| phase.clone().unwrap_or_else(|| "no known phase".to_owned());
    let files = |count: u64| if count == 1 { "1 file".to_owned() } else { format!("{count} files") };
    let opened: Vec<String> =
        shown.opened.iter().map(|opened| format!("{} ({})", phase(&opened.phase), files(opened.files))).collect();
    let opened =
        if opened.is_empty() { "no file opened".to_owned() } else { format!("opened in {}", opened.join(", ")) };
    format!("trace: {opened}{}", if shown.sandboxed { "" } else { ", not sandboxed" })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::verdict::samples::{experiment, trace as traced};
    use crate::verdict::{Checks, ExperimentKind, OpenedIn, Outcome};

    #[test]
    fn a_stub_that_stops_is_told_apart() {
        let stub = experiment(ExperimentKind::Stub, Outcome::Identical, Checks::Passed);
        let told = |shown| words(&Evidence::Experiment(shown), None);
        assert_eq!(told(stub.clone()), "stub: identical, checks passed");
        let poisoned = Experiment { poisoned: true, ..stub };
        assert_eq!(told(poisoned), "stub that stops whoever uses it: identical, checks passed");
    }

    #[test]
    fn one_file_is_no_files() {
        let opened = |phase: &str, files| OpenedIn { phase: Some(phase.to_owned()), files, first: "x".to_owned() };
        let trace = Trace { opened: vec![opened("buildPhase", 1), opened("checkPhase", 2)], ..traced(&[]) };
        let told = words(&Evidence::Trace(trace), None);
        assert_eq!(told, "trace: opened in buildPhase (1 file), checkPhase (2 files)");
    }
}
