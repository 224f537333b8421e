//! Evaluation by `nix-instantiate`: what an expression has, level by level.

use serde::Deserialize;
use serde_json::Value;

use super::batches::{Oracle, Ran, in_batches};
use super::explain::explain;
use super::found::{Finding, Found};
use super::session::{NixError, Refusal, Session};
use crate::ingest::Progress;

/// Sets that nest deeper are taken to contain themselves; evaluate.nix has the same.
const DEEPEST: usize = 32;

/// More places than any set of packages has.
const MOST: usize = 4_000_000;

/// Which root, and the names below it.
pub(super) type Place = (usize, Vec<String>);

/// Asks what stands at places.
pub(super) struct Walker<'w> {
    pub(super) session: &'w Session,
    /// Attribute paths, those that are asked for; one without names for all.
    pub(super) roots: &'w [Vec<String>],
}

#[derive(Debug, Default, Deserialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct Answer {
    drv_path: Option<String>,
    #[serde(default)]
    system: String,
    meta: Option<Value>,
    names: Option<Vec<String>>,
    missing: Option<String>,
    error: Option<String>,
    #[serde(default)]
    caught: bool,
    #[serde(default)]
    killed: bool,
}

#[derive(Deserialize)]
struct Checked {
    system: String,
}

impl Walker<'_> {
    /// Walks all, `batch` places in one run of Nix.
    pub(super) fn walk(&self, batch: usize, progress: &Progress) -> Result<Finding, NixError> {
        let checked: Checked = self.session.check(&[("mode", "check")])?;
        let mut finding = Finding { system: checked.system, ..Finding::default() };
        let mut thrown: Vec<Place> = Vec::new();
        let mut level: Vec<Place> = (0..self.roots.len()).map(|root| (root, Vec::new())).collect();
        let mut count = level.len();
        for depth in 0.. {
            let answers = in_batches(self, &level, batch, progress)?;
            let mut next = Vec::new();
            for (place, answer) in level.into_iter().zip(answers) {
                let path = self.path(&place);
                finding.killed |= answer.killed;
                if let Some(drv_path) = answer.drv_path {
                    let found = Found::derivation(drv_path, answer.system, answer.meta);
                    finding.attributes.insert(path, found);
                } else if let Some(names) = answer.names {
                    if depth == DEEPEST && !names.is_empty() {
                        let message = format!("it nests more than {DEEPEST} deep; does it contain itself?");
                        finding.attributes.insert(path, Found::Failed(message));
                        continue;
                    }
                    let (root, below) = place;
                    next.extend(names.into_iter().map(|name| (root, [&below[..], &[name]].concat())));
                } else if let Some(message) = answer.missing {
                    finding.missing.insert(path, message);
                } else if let Some(message) = answer.error {
                    finding.attributes.insert(path, Found::Failed(message));
                } else if answer.caught {
                    thrown.push(place);
                }
            }
            count += next.len();
            if count > MOST {
                let message = format!("it has more than {MOST} attributes; does a set contain itself?");
                return Err(NixError::File { file: self.session.shown().to_owned(), message });
            }
            if next.is_empty() {
                break;
            }
            level = next;
        }
        for (place, message) in thrown.iter().zip(explain(self, &thrown)) {
            finding.attributes.insert(self.path(place), Found::Failed(message));
        }
        Ok(finding)
    }

    fn path(&self, (root, below): &Place) -> Vec<String> {
        self.roots.get(*root).into_iter().flatten().chain(below).cloned().collect()
    }

    /// The roots and questions of some places, in JSON. Only the roots that they need, for a run does
    /// not take many.
    pub(super) fn questions(&self, places: &[Place]) -> (String, String) {
        let mut needed: Vec<usize> = places.iter().map(|(root, _)| *root).collect();
        needed.sort_unstable();
        needed.dedup();
        let roots: Vec<&Vec<String>> = needed.iter().filter_map(|&root| self.roots.get(root)).collect();
        let questions: Vec<Vec<Value>> = places.iter().map(|place| question(&needed, place)).collect();
        (json(&roots), json(&questions))
    }

    fn listen(&self, places: &[Place], mode: &str) -> Result<(Vec<String>, Option<Refusal>), NixError> {
        let (roots, questions) = self.questions(places);
        self.session.listen(&[("mode", mode), ("roots", &roots), ("questions", &questions)], "nix-ripple-")
    }

    /// What Nix says of a place that throws.
    pub(super) fn uncaught(&self, place: &Place) -> Option<String> {
        let (_, refusal) = self.listen(std::slice::from_ref(place), "uncaught").ok()?;
        refusal.map(|refusal| refusal.message)
    }
}

/// The answers that lines tell.
fn answers(lines: &[String]) -> Result<Vec<Answer>, String> {
    let mut answers: Vec<Answer> = Vec::new();
    let parsed = |error: serde_json::Error| format!("nix-instantiate printed no answer: {error}");
    for line in lines {
        if let Some(text) = line.strip_prefix("answers:") {
            answers.push(serde_json::from_str(text).map_err(parsed)?);
        } else if let (Some(text), Some(answer)) = (line.strip_prefix("meta:"), answers.last_mut()) {
            answer.meta = Some(serde_json::from_str(text).map_err(parsed)?);
        }
    }
    Ok(answers)
}

fn question(roots: &[usize], (root, below): &Place) -> Vec<Value> {
    let at = roots.binary_search(root).unwrap_or_default();
    std::iter::once(Value::from(at)).chain(below.iter().map(|name| Value::from(name.as_str()))).collect()
}

/// Texts and numbers in lists: there is nothing that JSON cannot say.
pub(super) fn json(value: &impl serde::Serialize) -> String {
    serde_json::to_string(value).unwrap_or_default()
}

impl Oracle for Walker<'_> {
    type Question = Place;
    type Answer = Answer;

    fn size(&self, (root, below): &Place) -> usize {
        let root = self.roots.get(*root).into_iter().flatten();
        root.chain(below).map(|name| name.len() + 4).sum::<usize>() + 4
    }

    fn ask(&self, places: &[Place]) -> Result<Ran<Answer>, NixError> {
        let (lines, refusal) = self.listen(places, "answer")?;
        let mut answers = match answers(&lines) {
            Ok(answers) => answers,
            Err(message) => return Ok(Ran::None(message.into())),
        };
        let Some(refusal) = refusal else { return Ok(Ran::All(answers)) };
        match answers.last_mut() {
            // its `meta` alone cannot be evaluated: it counts all the same
            Some(last) if last.drv_path.is_some() && last.meta.is_none() => {
                last.killed = refusal.killed;
                Ok(if answers.len() == places.len() { Ran::All(answers) } else { Ran::Until(answers, None) })
            }
            _ => Ok(Ran::Until(answers, Some(refusal))),
        }
    }

    fn alone(&self, _: &Place, refusal: Refusal) -> Result<Answer, NixError> {
        Ok(Answer { error: Some(refusal.message), killed: refusal.killed, ..Answer::default() })
    }
}
