//! What `prove` says of a pair, and what is right.

use std::collections::BTreeSet;

use nix_ripple::verdict::{Checks, ExperimentKind, FileChange, Outcome};
use serde::Deserialize;
use serde_json::Value;

use super::label::{Label, Word};
use crate::cli::program::Ran;

/// A line of `prove --format json`: what of it is looked at.
#[derive(Debug, Deserialize)]
pub(super) struct Line {
    consumer: Consumer,
    input: Input,
    #[serde(default)]
    chain: Vec<Value>,
    experiment: Option<ExperimentKind>,
    outcome: Option<Outcome>,
    checks: Option<Checks>,
    #[serde(default)]
    files: Vec<FileChange>,
    verdict: Option<Word>,
    grade: Option<String>,
    sandboxed: Option<bool>,
    #[serde(default)]
    steps: Vec<Step>,
}

#[derive(Debug, Deserialize)]
struct Consumer {
    attribute: Option<String>,
    drv: String,
}

#[derive(Debug, Deserialize)]
struct Input {
    pname: String,
}

#[derive(Debug, Deserialize)]
struct Step {
    experiment: Option<ExperimentKind>,
    outcome: Option<Outcome>,
    phase: Option<String>,
}

/// The verdict that came of it, or what is wrong; `ran` may tell of other inputs as well.
pub(super) fn judge(label: &Label, ran: &Ran) -> Result<Word, Vec<String>> {
    let mut wrong = Vec::new();
    let lines: Result<Vec<Line>, _> = ran.out.lines().map(serde_json::from_str).collect();
    let lines: Vec<Line> = match lines {
        Ok(lines) => lines.into_iter().filter(|line| bare(&line.input.pname) == label.input).collect(),
        Err(error) => return Err(vec![format!("stdout is no JSON line: {error}: {ran:?}")]),
    };
    if label.outcome.is_empty() {
        for word in &label.says {
            if !ran.talk.contains(word.as_str()) {
                wrong.push(format!("stderr does not say '{word}'"));
            }
        }
        for line in &lines {
            if line.verdict.unwrap_or(Word::Unknown) != Word::Unknown {
                wrong.push(format!("claims {:?} ({:?})", line.verdict, line.outcome));
            }
        }
    } else if ran.code == 2 && ran.out.is_empty() && label.refused {
        return Ok(Word::Unknown);
    } else if let ([line], 0) = (lines.as_slice(), ran.code) {
        settled(label, line, &mut wrong);
    } else {
        wrong.push(format!("ends with {} and {} lines", ran.code, lines.len()));
    }
    if wrong.is_empty() {
        return Ok(lines.first().and_then(|line| line.verdict).unwrap_or(Word::Unknown));
    }
    let of_it = ran.out.lines().filter(|line| line.contains(&label.input));
    wrong.extend(of_it.map(|line| format!("stdout: {line}")));
    wrong.push(format!("stderr: {}", ran.talk.trim_end()));
    Err(wrong)
}

fn settled(label: &Label, line: &Line, wrong: &mut Vec<String>) {
    let mut expect = |right: bool, what: String| {
        if !right {
            wrong.push(what);
        }
    };
    let attribute = line.consumer.attribute.as_deref();
    expect(attribute == Some(&label.attribute), format!("is of {attribute:?}, {}", line.consumer.drv));
    let outcome = line.outcome;
    expect(
        outcome.is_some_and(|outcome| label.outcome.contains(&outcome)),
        format!("outcome {outcome:?}, not {:?}", label.outcome),
    );
    let verdict = line.verdict.unwrap_or(Word::Unknown);
    expect(label.verdict.contains(&verdict), format!("verdict {verdict:?}, not {:?}", label.verdict));
    expect(line.sandboxed == Some(true), "is not said to be sandboxed".to_owned());
    if verdict != Word::Unknown {
        expect(line.grade.as_deref() == Some("proven"), format!("grade {:?}", line.grade));
    }
    if let Some(removed) = &label.removed {
        let first = line.steps.iter().find(|step| step.experiment == Some(ExperimentKind::Remove));
        let first = first.map(|step| (step.outcome, step.phase.as_deref()));
        let right = (Some(removed.outcome), removed.phase.as_deref());
        expect(first == Some(right), format!("the first step without it: {first:?}, not {right:?}"));
    }
    if let Some(kinds) = &label.experiment {
        let kind = line.experiment;
        expect(kind.is_some_and(|kind| kinds.contains(&kind)), format!("settled by {kind:?}, not {kinds:?}"));
    }
    if let Some(checks) = label.checks {
        expect(line.checks == Some(checks), format!("checks {:?}, not {checks:?}", line.checks));
    }
    if let Some(right) = &label.chain {
        let chain: Vec<&str> = line.chain.iter().map(plain).collect();
        expect(chain == *right, format!("chain {chain:?}, not {right:?}"));
    }
    if let (Some(files), false) = (&label.files, outcome == Some(Outcome::Fails)) {
        let right: BTreeSet<&str> = files.keys().map(String::as_str).collect();
        // a folder that held nothing else is gone with its file
        let folder =
            |path: &str| right.iter().any(|file| file.strip_prefix(path).is_some_and(|rest| rest.starts_with('/')));
        let found: BTreeSet<&str> =
            line.files.iter().filter(|file| !folder(&file.path)).map(|file| file.path.as_str()).collect();
        expect(found == right, format!("files {found:?}, not {right:?}"));
        for file in &line.files {
            let Some(right) = files.get(&file.path) else { continue };
            let fits = right.change.contains(&file.change) && file.carriers == right.carriers;
            expect(fits, format!("{}: {:?} {:?}, not {right:?}", file.path, file.change, file.carriers));
        }
    }
}

/// A pname without that of its interpreter.
pub(super) fn bare(pname: &str) -> &str {
    pname.strip_prefix("python3.11-").unwrap_or(pname)
}

/// A package's name as the labels have it: without its version and its interpreter's.
fn plain(link: &Value) -> &str {
    let name = link.as_str().or_else(|| link["name"].as_str()).unwrap_or_default();
    let name = bare(name);
    name.strip_suffix("-1").unwrap_or(name)
}
