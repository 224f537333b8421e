//! What a change of an input can change in its consumer, and what would spare the rebuild.

use serde::{Deserialize, Serialize};

use super::grade::Grade;

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

/// A change of the package that spares its rebuild.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Remedy {
    /// Build without the input, and record the reference in a light wrapper.
    Split,
    /// Run the tests in a derivation of their own.
    Detach,
    /// Take the input out.
    Drop,
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
    pub const fn remedy(self) -> Option<Remedy> {
        match self {
            Self::ReferenceOnly => Some(Remedy::Split),
            Self::TestOnly => Some(Remedy::Detach),
            Self::NoEffect => Some(Remedy::Drop),
            Self::Affects | Self::Unknown => None,
        }
    }
}

impl Remedy {
    /// As it stands in files and reports.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Split => "split",
            Self::Detach => "detach",
            Self::Drop => "drop",
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
