//! The answer: how far the waves are.

use serde::Serialize;

use super::super::report::PlannedOn;
use super::super::results::Outcome;

/// How far the waves of a plan are.
#[derive(Debug, Clone, Serialize)]
pub struct StatusReport {
    /// Version of this shape.
    pub version: u32,
    /// The closure that it was told by.
    pub closure: PlannedOn,
    /// Whether that is the one that was planned on.
    pub same_closure: bool,
    /// The first wave that is not green.
    pub current: Option<usize>,
    /// The bumps of the waves before: they are locked.
    pub locked: Vec<String>,
    /// Each wave.
    pub waves: Vec<WaveStatus>,
    /// What each file of results was good for, in their order.
    pub results: Vec<FileStatus>,
    /// Whom failures concern, where anybody is known.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub people: Option<StatusPeople>,
    /// Findings that bear on it.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub notes: Vec<String>,
}

/// How far a wave is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum WaveState {
    /// All of it is settled: built, or given up with what needs it.
    Green,
    /// Something failed.
    Failing,
    /// Nothing failed, and not everything is told of.
    Waiting,
    /// An earlier wave is not green.
    Blocked,
}

impl WaveState {
    /// As reports tell it.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Green => "green",
            Self::Failing => "failing",
            Self::Waiting => "waiting",
            Self::Blocked => "blocked",
        }
    }
}

/// Some of a wave.
#[derive(Debug, Clone, Copy, Default, PartialEq, Serialize)]
pub struct Part {
    /// Builds.
    pub derivations: u64,
    /// Attributes, each name once.
    pub attributes: u64,
    /// Machine time, where costs are asked for.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub hours: Option<f64>,
}

/// A wave. Each build stands in one of its parts, and each attribute's name in that of its worst state on any system.
#[derive(Debug, Clone, Serialize)]
pub struct WaveStatus {
    /// Its number, from 1.
    pub number: usize,
    /// Names of its bumps.
    pub bumps: Vec<String>,
    /// How far it is.
    pub state: WaveState,
    /// The first wave before it that is not green.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub blocked_by: Option<usize>,
    /// All of it, but for what nobody needs.
    pub all: Part,
    /// What is built.
    pub built: Part,
    /// What failed, and is held back by nothing else that is told.
    pub failed: Part,
    /// What needs something that failed.
    pub blocked: Part,
    /// What is not told of.
    pub waiting: Part,
    /// What is given up in this wave.
    pub given_up: Part,
    /// What needs something that is given up, and is settled with it.
    pub with_given_up: Part,
    /// Builds that no attribute of the wave needs, and of which nothing is told. They do not hold the wave back.
    pub unneeded: u64,
    /// What failed; what holds back most comes first.
    pub failures: Vec<Failure>,
    /// What to mend first: sets of failures that free more and more.
    pub mend: Vec<MendStep>,
    /// What is given up, by whom most is settled.
    pub abandoned: Vec<Abandoned>,
    /// What was done downstream to make it build, in the order of the results.
    pub fixes: Vec<Fix>,
    /// What several results tell differently; the last one holds.
    pub retried: Vec<Retried>,
    /// What is told to have failed, while something that needs it was built.
    pub doubtful: Vec<Doubtful>,
    /// Each build, where that is asked for.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub builds: Option<Vec<BuildStatus>>,
}

/// A build of a wave.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Serialize)]
pub struct Called {
    /// Its path in the closure.
    pub drv: String,
    /// Its name.
    pub name: String,
    /// What it is built on.
    pub system: String,
    /// The attributes that name it.
    pub attributes: Vec<String>,
}

/// Where a result stands.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct ToldBy {
    /// The file.
    pub file: String,
    /// The line, from 1.
    pub line: u64,
}

/// A build that failed.
#[derive(Debug, Clone, Serialize)]
pub struct Failure {
    /// Which.
    #[serde(flatten)]
    pub build: Called,
    /// How it ended.
    pub status: Outcome,
    /// What the result says besides.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub note: Option<String>,
    /// Where it is told.
    pub told_by: ToldBy,
    /// What it holds back, alone or with others.
    pub holds: Part,
    /// What is free when this alone is mended.
    pub alone: Part,
    /// Who maintains it.
    pub maintainers: Vec<String>,
}

/// Some failures to mend.
#[derive(Debug, Clone, Serialize)]
pub struct MendStep {
    /// How many are mended.
    pub mended: u64,
    /// Those that the step before does not have.
    pub mend: Vec<Called>,
    /// Those of the step before that need not be mended for this one.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub instead_of: Vec<Called>,
    /// What is free with all of them.
    pub freed: Part,
    /// Of what is held back, from 0 to 1: by hours where costs are asked for, else by derivations.
    pub share: f64,
    /// Whether no set of as many failures frees more: proven.
    pub optimal: bool,
}

/// A build that is given up in this wave.
#[derive(Debug, Clone, Serialize)]
pub struct Abandoned {
    /// Which.
    #[serde(flatten)]
    pub build: Called,
    /// `wont-fix` or `cant-fix`.
    pub status: Outcome,
    /// Why.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub note: Option<String>,
    /// Where it is told.
    pub told_by: ToldBy,
    /// What is settled with it, because it needs it.
    pub with: Part,
}

/// What was done downstream.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Fix {
    /// What it was done to, as the result calls it.
    pub name: String,
    /// A patch, another version.
    pub fix: String,
    /// How the build ended.
    pub status: Outcome,
    /// What the result says besides.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub note: Option<String>,
    /// Where it is told.
    pub told_by: ToldBy,
}

/// What several results tell differently.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Retried {
    /// What it is called.
    pub name: String,
    /// What was told, in the order of the results.
    pub statuses: Vec<Outcome>,
}

/// A failure that may be over.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Doubtful {
    /// What is told to have failed.
    pub name: String,
    /// What needs it and was built.
    pub built: String,
}

/// A build of a wave, and how far it is.
#[derive(Debug, Clone, Serialize)]
pub struct BuildStatus {
    /// Which.
    #[serde(flatten)]
    pub build: Called,
    /// `built`, `failed`, `blocked`, `waiting`, `given-up`, `with-given-up` or `unneeded`.
    pub state: &'static str,
    /// What a result says of it.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub status: Option<Outcome>,
}

/// What a file of results was good for.
#[derive(Debug, Clone, Serialize)]
pub struct FileStatus {
    /// The file.
    pub file: String,
    /// Its form.
    pub form: &'static str,
    /// The waves that it tells of.
    pub waves: Vec<usize>,
    /// Results in it.
    pub records: u64,
    /// Those that tell of a build of their wave.
    pub used: u64,
    /// Those of attributes that their wave does not rebuild.
    pub elsewhere: u64,
    /// Those of what is called like nothing of their wave.
    pub unknown: u64,
    /// The first of the latter.
    pub unknown_names: Vec<String>,
}

/// Whom failures concern.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct StatusPeople {
    /// Maintainers; those whose packages fail come first.
    pub maintainers: Vec<Concerned>,
    /// Teams, likewise.
    pub teams: Vec<Concerned>,
    /// Owners by a map, likewise.
    pub owners: Vec<Concerned>,
    /// Attributes that fail or are held back, and that nobody is known to maintain.
    pub without: u64,
}

/// A person, a team or an owner.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Concerned {
    /// Handle or name.
    pub name: String,
    /// How many of their attributes failed.
    pub failing: u64,
    /// How many of their attributes are held back by failures.
    pub held_back: u64,
}
