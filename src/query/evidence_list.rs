//! What evidence there is, and what of it speaks of a closure.

use serde::Serialize;

use super::REPORT_VERSION;
use super::evidence_words::words;
use crate::graph::Graph;
use crate::nix::{normalise_pname, parse_drv_name};
use crate::verdict::{Evidence, EvidenceFile, Grade, InputRef, PackageRef, Variant, Verdict, standings};

/// Which records to list.
#[derive(Debug, Clone, Default)]
pub struct EvidenceFilter {
    /// Of packages with one of these names: an attribute, the last part of one, a name, a pname. All without.
    pub packages: Vec<String>,
    /// Of these kinds (`check-only`, `failure` …). All without.
    pub kinds: Vec<String>,
}

/// The answer.
#[derive(Debug, Clone, Serialize)]
pub struct EvidenceList {
    /// Version of this shape.
    pub version: u32,
    /// How many records are listed; each has a row for every input that it speaks of.
    pub records: u64,
    /// By kind, package and input.
    pub rows: Vec<EvidenceRow>,
}

/// A record and one of its inputs.
#[derive(Debug, Clone, Serialize)]
pub struct EvidenceRow {
    /// Of what kind it is.
    pub kind: String,
    /// The package that it was shown with; of a failure the attribute alone is known.
    pub package: PackageRef,
    /// The recipe of which it speaks.
    pub recipe: Option<String>,
    /// The input; none of a failure, and of references where there are none.
    pub input: Option<InputRef>,
    /// What was done: `remove`, `stub`, `perturb`.
    pub experiment: Option<&'static str>,
    /// How that ended.
    pub outcome: Option<&'static str>,
    /// What this record alone says of the input.
    pub verdict: Option<Verdict>,
    /// How strongly.
    pub grade: Option<Grade>,
    /// In words.
    pub says: String,
    /// With a closure: `current`, `stale` or `absent`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub state: Option<&'static str>,
}

/// Lists evidence; with a closure also what each record is to it. Linear in the records, and in what
/// finding them takes.
#[must_use]
pub fn evidence_list(file: &EvidenceFile, graph: Option<&Graph>, filter: &EvidenceFilter) -> EvidenceList {
    let is_kind = |kind: &str| filter.kinds.is_empty() || filter.kinds.iter().any(|wanted| wanted == kind);
    let is_named =
        |package: &PackageRef| filter.packages.is_empty() || filter.packages.iter().any(|name| names(name, package));
    let wanted: Vec<Evidence> = file
        .evidence
        .iter()
        .filter(|evidence| is_kind(evidence.kind()) && is_named(evidence.package()))
        .cloned()
        .collect();
    let states = graph.map(|graph| standings(graph, &wanted));
    let mut rows = Vec::new();
    let mut records = wanted.len() as u64;
    for (at, evidence) in wanted.iter().enumerate() {
        let row = |nth: usize, input: Option<&InputRef>| {
            let (verdict, grade) = evidence.claims().verdict();
            let (experiment, outcome) = match evidence {
                Evidence::Experiment(shown) => (Some(shown.experiment.as_str()), Some(shown.outcome.as_str())),
                _ => (None, None),
            };
            EvidenceRow {
                kind: evidence.kind().to_owned(),
                package: evidence.package().clone(),
                recipe: Some(evidence.recipe().to_string()),
                input: input.cloned(),
                experiment,
                outcome,
                verdict: (verdict != Verdict::Unknown).then_some(verdict),
                grade,
                says: words(evidence, input),
                state: states.as_ref().and_then(|states| Some(states.get(at)?.get(nth)?.as_str())),
            }
        };
        let inputs = evidence.inputs();
        if inputs.is_empty() {
            rows.push(row(0, None));
        }
        rows.extend(inputs.into_iter().enumerate().map(|(nth, input)| row(nth, Some(input))));
    }
    if is_kind("failure") {
        for failure in &file.failures {
            let package = PackageRef { attribute: failure.attribute.clone(), drv: String::new(), name: String::new() };
            if !is_named(&package) {
                continue;
            }
            records += 1;
            let what = match failure.variant {
                Variant::Package => "",
                Variant::WithoutChecks => "without checks: ",
            };
            rows.push(EvidenceRow {
                kind: "failure".to_owned(),
                package,
                recipe: None,
                input: None,
                experiment: None,
                outcome: None,
                verdict: None,
                grade: None,
                says: format!("{what}{}", failure.error),
                state: None,
            });
        }
    }
    EvidenceList { version: REPORT_VERSION, records, rows }
}

/// Whether a word names a package: its attribute, the last part of that, its derivation, its name or its
/// pname, without case and interpreter prefix.
fn names(word: &str, package: &PackageRef) -> bool {
    let pname = parse_drv_name(&package.name).0;
    let last = package.attribute.rsplit('.').next().unwrap_or_default();
    [package.attribute.as_str(), last, &package.drv, &package.name].contains(&word)
        || (!pname.is_empty() && normalise_pname(pname) == normalise_pname(word))
}
