//! What a change of an input can change in its consumer, and what would spare the rebuild.

use serde::{Deserialize, Serialize};

use super::grade::Grade;
use crate::reach::Treatment;

/// What a change of an input can change in its consumer.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Verdict {
    /// The bytes of the output, and the checks' result.
    Affects,
    /// Of the output only the store path that it records, and the checks' result.
    ReferenceOnly,
    /// The checks' result alone.
    TestOnly,
    /// Nothing.
    NoEffect,
    /// Nobody knows: no evidence.
    Unknown,
}

impl Verdict {
    /// As it stands in files and reports.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Affects => "affects",
            Self::ReferenceOnly => "reference-only",
            Self::TestOnly => "test-only",
            Self::NoEffect => "no-effect",
            Self::Unknown => "unknown",
        }
    }

    /// What spares the rebuild; `None` where it is needed, or nobody knows.
    #[must_use]
    pub const fn remedy(self) -> Option<Treatment> {
        match self {
            Self::ReferenceOnly => Some(Treatment::Split),
            Self::TestOnly => Some(Treatment::Detach),
            Self::NoEffect => Some(Treatment::Drop),
            Self::Affects | Self::Unknown => None,
        }
    }
}

/// A verdict with what it stands on.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Judgement {
    /// The verdict.
    pub verdict: Verdict,
    /// The strongest grade among the evidence; `None` without any.
    pub grade: Option<Grade>,
    /// Indices of the evidence, ascending.
    pub evidence: Vec<u32>,
}

impl Judgement {
    /// What is said without evidence.
    pub const UNKNOWN: Self = Self { verdict: Verdict::Unknown, grade: None, evidence: Vec::new() };

    /// Whether it stands on evidence of this grade or a stronger one; without a grade, always.
    #[must_use]
    pub fn is_at_least(&self, least: Option<Grade>) -> bool {
        least.is_none_or(|least| self.grade >= Some(least))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn words_are_those_of_files() {
        for verdict in
            [Verdict::Affects, Verdict::ReferenceOnly, Verdict::TestOnly, Verdict::NoEffect, Verdict::Unknown]
        {
            assert_eq!(serde_json::to_string(&verdict).unwrap(), format!("\"{}\"", verdict.as_str()));
            if let Some(remedy) = verdict.remedy() {
                assert_eq!(serde_json::to_string(&remedy).unwrap(), format!("\"{}\"", remedy.as_str()));
            }
        }
    }
}
