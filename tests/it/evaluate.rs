//! Evaluating the sides of a diff.

mod by_nix;
mod jobs;
mod revisions;
mod sides;

use std::collections::BTreeMap;

use nix_ripple::graph::{BuildOptions, Graph, build};
use nix_ripple::ingest::evaluate::{EvaluateParams, Evaluated, evaluate};
use nix_ripple::ingest::{IngestOptions, Input, Progress, ingest};
use serde_json::Value;

use crate::nix_as_judge::Store;

/// Evaluates into a store.
fn evaluated(store: &Store, params: EvaluateParams) -> Evaluated {
    let params = EvaluateParams { store_root: Some(store.path().into()), ..params };
    evaluate(&params, &Progress::default()).unwrap()
}

/// The lines by attribute, with the system that each is for at its end.
fn by_attribute(evaluated: &Evaluated) -> BTreeMap<String, Value> {
    let lines = evaluated.lines.lines().map(|line| serde_json::from_str::<Value>(line).unwrap());
    let found: BTreeMap<String, Value> = lines.map(|line| (line["attr"].as_str().unwrap().to_owned(), line)).collect();
    assert_eq!(found.len(), evaluated.lines.lines().count(), "no attribute stands there twice");
    let failed = found.values().filter(|line| line.get("error").is_some()).count();
    assert_eq!((evaluated.failed, evaluated.derivations), (failed, found.len() - failed));
    found
}

/// What is read of an evaluation.
fn graph(store: &Store, evaluated: &Evaluated) -> Graph {
    let options = IngestOptions { store_root: Some(store.path().into()), ..IngestOptions::default() };
    let input = Input::Text { shown: "evaluated".to_owned(), text: evaluated.lines.clone() };
    let (raw, _) = ingest(&[input], &options, &Progress::default()).unwrap();
    build(&raw, BuildOptions::default()).unwrap().0
}
