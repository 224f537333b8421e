//! What each way costs.

use serde::Serialize;

use crate::query::waves::report::Rebuilds;

/// Four ways to bring a bump in.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct SecurityReport {
    /// Version of this shape.
    pub version: u32,
    /// What is bumped: names, the first ten.
    pub bumped: Vec<String>,
    /// What is to be fixed: names, the first ten.
    pub target: Vec<String>,
    /// Whether the bump rebuilds any of it.
    pub affected: bool,
    /// The number of the wave that is under way.
    pub current: usize,
    /// What the bump rebuilds in all.
    pub rebuilds: Rebuilds,
    /// What of it the target needs.
    pub target_rebuilds: Rebuilds,
    /// Graft, current wave, parallel wave, overlay.
    pub ways: Vec<Way>,
    /// What to know.
    pub notes: Vec<String>,
}

/// How a bump comes in.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum WayKind {
    /// Run-time closures are rewritten.
    Graft,
    /// The wave that is under way takes it.
    CurrentWave,
    /// A wave of its own, upon what users have.
    ParallelWave,
    /// Users rebuild it.
    Overlay,
}

/// One of them.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Way {
    /// Which.
    pub way: WayKind,
    /// What the farm builds now, beside what it would anyway.
    pub now: Rebuilds,
    /// What of that was locked already.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub again: Option<Rebuilds>,
    /// What it costs when the waves take it later.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub later: Option<Joins>,
    /// The farm's machine time, now and later.
    pub hours: f64,
    /// What each user builds.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub user: Option<Rebuilds>,
    /// What each user's closure has rewritten.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub rewrites: Option<Rewrites>,
    /// Until the target is fixed.
    pub target_hours: f64,
    /// Until all of the wave is built.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub green_hours: Option<f64>,
}

impl Way {
    pub(super) const fn new(way: WayKind, now: Rebuilds) -> Self {
        Self {
            way,
            now,
            again: None,
            later: None,
            hours: now.hours,
            user: None,
            rewrites: None,
            target_hours: 0.0,
            green_hours: None,
        }
    }
}

/// The wave that takes a bump later.
#[derive(Debug, Clone, Copy, PartialEq, Serialize)]
pub struct Joins {
    /// Its number; none for one of its own at the end.
    pub wave: Option<usize>,
    /// What it builds more by that.
    #[serde(flatten)]
    pub rebuilds: Rebuilds,
}

/// What a graft rewrites.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Rewrites {
    /// Store paths of the target's run-time closure that refer to what is bumped, also by way of others.
    pub paths: u64,
    /// Their bytes, where sizes are known.
    pub bytes: Option<u64>,
    /// What the rewriting takes: a second for each path and for each 100 MB, an assumption.
    pub hours: f64,
    /// Outputs of that closure that the bump rebuilds, and whose references are known.
    pub known: u64,
    /// Those of which every input that their builds use counts as referred to.
    pub assumed: u64,
    /// Derivations of that closure that are built with what is bumped, and do not refer to it: they may have its code in
    /// them, which a graft leaves as it is.
    pub built_in: u64,
    /// Their names, the first ten.
    pub built_in_names: Vec<String>,
}
