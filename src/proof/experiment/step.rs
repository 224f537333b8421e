//! What was found out of an input, build by build.

use std::time::Duration;

use super::recipe::Recipe;
use crate::verdict::{Experiment, ExperimentKind, Outcome, Trace};

/// What was found out of an input.
#[derive(Debug, Clone)]
pub struct Proof {
    /// The experiments, in the order made.
    pub experiments: Vec<Experiment>,
    /// Every build.
    pub steps: Vec<Step>,
    /// What a traced build opened of the input, where one was made.
    pub trace: Option<Trace>,
}

/// One build of an experiment.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Step {
    /// Of which experiment.
    pub experiment: ExperimentKind,
    /// What was switched off.
    pub switched_off: SwitchedOff,
    /// What came of it.
    pub outcome: Outcome,
    /// The phase in which it failed, where that is told.
    pub phase: Option<String>,
    /// How many files differ.
    pub differing: u64,
    /// How long it took.
    pub took: Duration,
}

/// Which checks a build leaves out.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, serde::Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum SwitchedOff {
    /// None.
    Nothing,
    /// Those that look whether an input is there.
    PresenceChecks,
    /// Those, and the package's own.
    AllChecks,
}

impl SwitchedOff {
    /// As it stands in reports.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Nothing => "nothing",
            Self::PresenceChecks => "presence-checks",
            Self::AllChecks => "all-checks",
        }
    }

    pub(super) fn apply(self, recipe: Recipe) -> Recipe {
        match self {
            Self::Nothing => recipe,
            Self::PresenceChecks => recipe.without_presence_checks(),
            Self::AllChecks => recipe.without_presence_checks().without_checks(),
        }
    }
}
