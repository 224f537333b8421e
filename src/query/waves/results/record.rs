//! A result, as a file tells it.

use super::outcome::Outcome;

/// What a file tells of one build.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Record {
    /// What it is called: an attribute (with a system at one of its ends, or without), a derivation's path, or its
    /// name.
    pub name: String,
    /// The system, where it stands apart.
    pub system: Option<String>,
    /// The derivation's path, where it is told beside the attribute.
    pub drv: Option<String>,
    /// The derivation's name, where it is told beside the attribute.
    pub drv_name: Option<String>,
    /// How the build ended.
    pub outcome: Outcome,
    /// The wave that it tells of, where it says so.
    pub wave: Option<u32>,
    /// What was done downstream to make it build: a patch, another version.
    pub fix: Option<String>,
    /// What else is said.
    pub note: Option<String>,
    /// Where it stands in the file, from 1.
    pub line: u64,
}

impl Record {
    /// Of a build that is called so.
    pub(super) fn new(name: impl Into<String>, outcome: Outcome, line: u64) -> Self {
        Self {
            name: name.into(),
            system: None,
            drv: None,
            drv_name: None,
            outcome,
            wave: None,
            fix: None,
            note: None,
            line,
        }
    }
}

/// What a file of results is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Form {
    /// A table with a header.
    Csv,
    /// Lines of nix-eval-jobs.
    EvalJobs,
    /// Results of nix-fast-build.
    FastBuild,
    /// The same as JUnit.
    Junit,
    /// Builds of Hydra.
    Hydra,
    /// Objects with the names of a table's columns.
    Objects,
}

impl Form {
    /// As reports tell it.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Csv => "csv",
            Self::EvalJobs => "nix-eval-jobs",
            Self::FastBuild => "nix-fast-build",
            Self::Junit => "junit",
            Self::Hydra => "hydra",
            Self::Objects => "objects",
        }
    }
}

/// What is wrong in a file, and where.
#[derive(Debug)]
pub(super) struct Misfit {
    /// From 1.
    pub(super) line: u64,
    /// What was expected, and what was found.
    pub(super) message: String,
}

impl Misfit {
    pub(super) fn new(line: u64, message: impl Into<String>) -> Self {
        Self { line, message: message.into() }
    }
}
