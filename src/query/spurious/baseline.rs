//! An earlier answer, to tell what is new.

use std::collections::{BTreeMap, BTreeSet};
use std::path::Path;

use serde::Deserialize;

use super::answer::{Compared, SpuriousReport};
use crate::ingest::FileError;
use crate::nix::called;
use crate::query::REPORT_VERSION;
use crate::verdict::{Grade, Verdict};

/// The pairs of an earlier answer, in JSON: by pnames, keys and verdict, so that neither versions nor paths count.
#[derive(Debug, Clone)]
pub struct Baseline {
    pairs: BTreeSet<Pair>,
    scope: Option<Vec<String>>,
    min_grade: Grade,
    effective: bool,
}

/// What a pair is known by from one day to the next.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub(super) struct Pair {
    pub(super) input: String,
    pub(super) consumer: String,
    /// Sorted.
    pub(super) keys: Vec<String>,
    pub(super) verdict: Verdict,
}

#[derive(Deserialize)]
struct File {
    version: u32,
    scope: Option<Vec<String>>,
    min_grade: Grade,
    effective: bool,
    edges: Vec<Edge>,
}

#[derive(Deserialize)]
struct Edge {
    input: Named,
    consumer: Named,
    keys: Vec<String>,
    verdict: Verdict,
}

#[derive(Deserialize)]
struct Named {
    pname: String,
    name: String,
}

impl Pair {
    pub(super) fn new(input: &str, consumer: &str, keys: Vec<String>, verdict: Verdict) -> Self {
        let mut keys = keys;
        keys.sort_unstable();
        Self { input: called(input), consumer: called(consumer), keys, verdict }
    }
}

/// The pname, or the name of what has none: a source.
fn pname(named: &Named) -> &str {
    if named.pname.is_empty() { &named.name } else { &named.pname }
}

impl Baseline {
    /// Reads a file.
    ///
    /// # Errors
    /// When it cannot be read, or is no such answer of this version.
    pub fn read(file: &Path) -> Result<Self, FileError> {
        Self::parse(&FileError::read(file)?, file)
    }

    /// The same out of a text; `file` is what errors name.
    ///
    /// # Errors
    /// As of [`Baseline::read`].
    pub fn parse(text: &str, file: &Path) -> Result<Self, FileError> {
        let malformed = |message: String| {
            FileError::malformed(file, format!("{message}; expected what 'spurious --format json' writes"))
        };
        let read: File = serde_json::from_str(text).map_err(|error| malformed(error.to_string()))?;
        if read.version != REPORT_VERSION {
            return Err(malformed(format!("it is of version {}, this is {REPORT_VERSION}", read.version)));
        }
        let pair = |edge: Edge| Pair::new(pname(&edge.input), pname(&edge.consumer), edge.keys, edge.verdict);
        Ok(Self {
            pairs: read.edges.into_iter().map(pair).collect(),
            scope: read.scope,
            min_grade: read.min_grade,
            effective: read.effective,
        })
    }

    /// What was asked otherwise, so that pairs differ for no other reason.
    #[must_use]
    pub fn differences(&self, report: &SpuriousReport) -> Vec<String> {
        let mut found = Vec::new();
        if self.scope != report.scope {
            let told =
                |scope: &Option<Vec<String>>| scope.as_ref().map_or("everything".to_owned(), |all| all.join(" "));
            found.push(format!("its scope is {}, now it is {}", told(&self.scope), told(&report.scope)));
        }
        if self.min_grade != report.min_grade {
            found.push(format!("its weakest grade is {}, now it is {}", self.min_grade, report.min_grade));
        }
        if self.effective != report.effective {
            let told = |effective| if effective { "with" } else { "without" };
            let (then, now) = (told(self.effective), told(report.effective));
            found.push(format!("it is {then} --effective, now it is {now}"));
        }
        found
    }

    pub(super) fn has(&self, pair: &Pair) -> bool {
        self.pairs.contains(pair)
    }

    /// The difference; `now` has all pairs, with the number of their edges, also of those that are ignored.
    pub(super) fn compared(&self, told: &BTreeMap<Pair, u64>, ignored: &BTreeSet<Pair>) -> Compared {
        Compared {
            new: told.iter().filter(|(pair, _)| !self.has(pair)).map(|(_, edges)| edges).sum(),
            gone: self.pairs.iter().filter(|pair| !told.contains_key(*pair) && !ignored.contains(*pair)).count() as u64,
        }
    }
}
