//! How much a piece of evidence shows.

use std::fmt;
use std::str::FromStr;

use serde::{Deserialize, Serialize};

/// How much a piece of evidence shows, from weakest to strongest.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Grade {
    /// The shape fits, but more than the input differs: worth an experiment, never a claim.
    Suspected,
    /// A named rule with a stated assumption holds.
    Inferred,
    /// A real build shows it.
    Observed,
    /// An experiment in a sandbox shows it.
    Proven,
}

impl Grade {
    /// All grades, the weakest first.
    pub const ALL: [Self; 4] = [Self::Suspected, Self::Inferred, Self::Observed, Self::Proven];

    /// As it stands in files and reports.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Suspected => "suspected",
            Self::Inferred => "inferred",
            Self::Observed => "observed",
            Self::Proven => "proven",
        }
    }
}

impl fmt::Display for Grade {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

/// A word that is no grade.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("'{0}' is no grade: expected suspected, inferred, observed or proven")]
pub struct GradeError(String);

impl FromStr for Grade {
    type Err = GradeError;

    fn from_str(text: &str) -> Result<Self, GradeError> {
        Self::ALL.into_iter().find(|grade| grade.as_str() == text).ok_or_else(|| GradeError(text.to_owned()))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn words_in_order() {
        assert!(Grade::ALL.is_sorted());
        for grade in Grade::ALL {
            assert_eq!(grade.to_string().parse(), Ok(grade));
            assert_eq!(serde_json::to_string(&grade).unwrap(), format!("\"{grade}\""));
        }
        assert!("Proven".parse::<Grade>().is_err());
    }
}
