//! How a build ended, as results tell it.

use serde::{Serialize, Serializer};

use crate::reach::Told;

/// How a build ended, or how far it is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Outcome {
    /// It was built, or is there already.
    Success,
    /// Its build failed.
    Failed,
    /// It took too long, or was silent for too long.
    TimedOut,
    /// Its log was too long.
    LogLimit,
    /// Its outputs were too large.
    OutputLimit,
    /// Two builds of it differ.
    Nondeterministic,
    /// It does not evaluate.
    EvaluationFailed,
    /// An input failed.
    DependencyFailed,
    /// It is still to be built, or is being built.
    Queued,
    /// It evaluates; nothing else is told.
    Evaluated,
    /// Somebody or something ended the build.
    Aborted,
    /// No machine builds for its system.
    Unsupported,
    /// Nobody mends it in this wave: marked broken.
    WontFix,
    /// Nobody can mend it in this wave: marked broken.
    CantFix,
}

/// Words of tables, each with what it means.
const WORDS: [(&str, Outcome); 37] = [
    ("success", Outcome::Success),
    ("failed", Outcome::Failed),
    ("timed-out", Outcome::TimedOut),
    ("log-limit", Outcome::LogLimit),
    ("output-limit", Outcome::OutputLimit),
    ("nondeterministic", Outcome::Nondeterministic),
    ("evaluation-failed", Outcome::EvaluationFailed),
    ("dependency-failed", Outcome::DependencyFailed),
    ("queued", Outcome::Queued),
    ("evaluated", Outcome::Evaluated),
    ("aborted", Outcome::Aborted),
    ("unsupported", Outcome::Unsupported),
    ("wont-fix", Outcome::WontFix),
    ("cant-fix", Outcome::CantFix),
    ("succeeded", Outcome::Success),
    ("built", Outcome::Success),
    ("ok", Outcome::Success),
    ("pass", Outcome::Success),
    ("passed", Outcome::Success),
    ("cached", Outcome::Success),
    ("failure", Outcome::Failed),
    ("fail", Outcome::Failed),
    ("timeout", Outcome::TimedOut),
    ("log-limit-exceeded", Outcome::LogLimit),
    ("output-limit-exceeded", Outcome::OutputLimit),
    ("eval-failed", Outcome::EvaluationFailed),
    ("eval-error", Outcome::EvaluationFailed),
    ("evaluation-error", Outcome::EvaluationFailed),
    ("dep-failed", Outcome::DependencyFailed),
    ("pending", Outcome::Queued),
    ("running", Outcome::Queued),
    ("building", Outcome::Queued),
    ("waiting", Outcome::Queued),
    ("cancelled", Outcome::Aborted),
    ("canceled", Outcome::Aborted),
    ("won't-fix", Outcome::WontFix),
    ("can't-fix", Outcome::CantFix),
];

impl Outcome {
    /// All words that tables may use, the first of each outcome being that of reports.
    pub(super) fn words() -> String {
        let words: Vec<&str> = WORDS.iter().map(|(word, _)| *word).collect();
        words.join(", ")
    }

    /// By a word of a table; blanks and underscores are dashes, and large letters small.
    pub(super) fn parse(word: &str) -> Option<Self> {
        let word = word.trim().to_ascii_lowercase().replace([' ', '_'], "-").replace('’', "'");
        WORDS.iter().find(|(known, _)| *known == word).map(|(_, outcome)| *outcome)
    }

    /// As reports tell it.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        WORDS.iter().find(|(_, outcome)| *outcome == self).map_or("", |(word, _)| word)
    }

    /// What it says of the build; nothing where it is to be done, or done again.
    #[must_use]
    pub fn told(self) -> Option<Told> {
        match self {
            Self::Success => Some(Told::Built),
            Self::Failed | Self::TimedOut | Self::LogLimit | Self::OutputLimit | Self::Nondeterministic => {
                Some(Told::Failed)
            }
            Self::EvaluationFailed => Some(Told::NoEvaluation),
            Self::DependencyFailed => Some(Told::InputFailed),
            Self::WontFix | Self::CantFix => Some(Told::GivenUp),
            Self::Queued | Self::Evaluated | Self::Aborted | Self::Unsupported => None,
        }
    }

    /// What holds after this was told behind `before`: the later one, but for what only says that it evaluates.
    pub(crate) fn after(self, before: Option<Self>) -> Self {
        match (self, before) {
            (Self::Evaluated, Some(before)) if before != Self::EvaluationFailed => before,
            _ => self,
        }
    }

    /// By Hydra's number of a finished build.
    pub(super) fn of_hydra(status: u64) -> Option<Self> {
        match status {
            0 => Some(Self::Success),
            // 6: the build says itself that it failed, and has outputs; 8: it had failed before
            1 | 6 | 8 => Some(Self::Failed),
            2 => Some(Self::DependencyFailed),
            3 | 4 => Some(Self::Aborted),
            7 => Some(Self::TimedOut),
            9 => Some(Self::Unsupported),
            10 => Some(Self::LogLimit),
            11 => Some(Self::OutputLimit),
            12 => Some(Self::Nondeterministic),
            _ => None,
        }
    }
}

impl Serialize for Outcome {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_str(self.as_str())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn words() {
        for (word, expect) in [
            ("success", Some(Outcome::Success)),
            (" Timed Out ", Some(Outcome::TimedOut)),
            ("WONT_FIX", Some(Outcome::WontFix)),
            ("won’t fix", Some(Outcome::WontFix)),
            ("can't-fix", Some(Outcome::CantFix)),
            ("maybe", None),
            ("", None),
        ] {
            assert_eq!(Outcome::parse(word), expect, "{word}");
        }
        for (word, outcome) in WORDS {
            assert_eq!(Outcome::parse(word), Some(outcome));
            assert_eq!(Outcome::parse(outcome.as_str()), Some(outcome));
        }
    }

    #[test]
    fn the_last_one_holds() {
        for (before, then, expect) in [
            (None, Outcome::Evaluated, Outcome::Evaluated),
            (Some(Outcome::Success), Outcome::Evaluated, Outcome::Success),
            (Some(Outcome::EvaluationFailed), Outcome::Evaluated, Outcome::Evaluated),
            (Some(Outcome::Success), Outcome::Queued, Outcome::Queued),
            (Some(Outcome::Failed), Outcome::Success, Outcome::Success),
        ] {
            assert_eq!(then.after(before), expect, "{before:?} {then:?}");
        }
    }
}
