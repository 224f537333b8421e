//! What a change of an input can change in its consumer, and what would spare the rebuild.

use std::cmp::Reverse;

use serde::{Deserialize, Serialize};

use super::claims::Claims;
use super::evidence::Evidence;
use super::experiment::{ExperimentKind, Outcome};
use super::grade::Grade;
use super::rules::Rule;
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

    /// Whether the input cannot change what is built, but for the path that is recorded.
    #[must_use]
    pub const fn is_spurious(self) -> bool {
        matches!(self, Self::ReferenceOnly | Self::TestOnly | Self::NoEffect)
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

/// What insists on an input's presence, though its content may not matter.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Insistence {
    /// A check that looks whether it is there.
    PresenceCheck,
    /// The build.
    Build,
}

/// A verdict with what it stands on.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Judgement {
    /// The verdict.
    pub verdict: Verdict,
    /// The grade of the claims that it follows from; `None` without any.
    pub grade: Option<Grade>,
    /// Indices of the evidence, ascending; also of what is outweighed.
    pub evidence: Vec<u32>,
    /// Whether evidence shows that the output mentions the input.
    pub referenced: bool,
    /// What was seen to fail without the input, however it is judged.
    pub insists: Option<Insistence>,
    /// The rule that it stands on, or that holds back what evidence infers: its index among
    /// [`Rules`](super::Rules). None where evidence says more.
    pub rule: Option<u16>,
    /// What spares the rebuild, if anything does.
    pub remedy: Option<Treatment>,
    /// Whether evidence claims something of the pair, and not a rule alone.
    pub shown: bool,
}

impl Judgement {
    /// What is said without evidence.
    pub const UNKNOWN: Self = Self {
        verdict: Verdict::Unknown,
        grade: None,
        evidence: Vec::new(),
        referenced: false,
        insists: None,
        rule: None,
        remedy: None,
        shown: false,
    };

    /// What several pieces of evidence say of one input and one consumer, each with its index, ascending.
    /// Neither order nor duplicates matter.
    #[must_use]
    pub fn of<'e>(evidence: impl IntoIterator<Item = (u32, &'e Evidence)>) -> Self {
        Self::with_rule(evidence, None)
    }

    /// The same together with the rule that decides, by its index. A rule about what vanishes with the checks
    /// claims no more than the evidence that it does; where a rule holds back, that evidence is no more
    /// than suspected, and so is any rule where a build was seen to open the input outside its checks.
    pub(super) fn with_rule<'e>(
        evidence: impl IntoIterator<Item = (u32, &'e Evidence)>,
        rule: Option<(u16, &Rule)>,
    ) -> Self {
        let mut claims = Claims::default();
        let mut judgement = Self::UNKNOWN;
        let mut vanishes = None;
        let mut opened = false;
        for (index, evidence) in evidence {
            let mut claimed = evidence.claims();
            if let Evidence::CheckOnly(shown) = evidence {
                vanishes = vanishes.max(Some(shown.grade));
                if rule.is_some_and(|(_, rule)| rule.holds_back()) {
                    claimed = claimed.at_most(Grade::Suspected);
                }
            }
            opened |= matches!(evidence, Evidence::Trace(trace) if !trace.is_for_checks());
            judgement.shown |= claimed != Claims::default();
            claims = claims.and(claimed);
            judgement.referenced |= evidence.is_reference();
            judgement.insists = judgement.insists.max(Insistence::of(evidence));
            judgement.evidence.push(index);
        }
        let most = if opened { Grade::Suspected } else { Grade::Proven };
        let of_rule = rule.and_then(|(_, rule)| rule.claims(vanishes)).map(|claims| claims.at_most(most));
        claims = claims.and(of_rule.unwrap_or_default());
        if judgement.referenced {
            claims = claims.referenced();
        }
        (judgement.verdict, judgement.grade) = claims.verdict();
        judgement.remedy = judgement.verdict.remedy();
        if let Some((index, rule)) = rule {
            if rule.verdict == judgement.verdict {
                judgement.remedy = rule.remedy;
            }
            let stands_on_it = match of_rule {
                Some(claims) => claims.verdict() == (judgement.verdict, judgement.grade),
                None => judgement.grade <= Some(Grade::Suspected),
            };
            judgement.rule = stands_on_it.then_some(index);
        }
        judgement
    }

    /// Together with what is known of all that carry the input. The stronger grade counts; of equal ones the more
    /// careful verdict.
    #[must_use]
    pub(super) fn or_carried(self, carried: Option<Self>) -> Self {
        let Some(carried) = carried else { return self };
        let mut evidence: Vec<u32> = self.evidence.iter().chain(&carried.evidence).copied().collect();
        evidence.sort_unstable();
        evidence.dedup();
        let carried_counts = (carried.grade, Reverse(carried.verdict)) > (self.grade, Reverse(self.verdict));
        let (referenced, insists) = (self.referenced, self.insists);
        Self { evidence, referenced, insists, ..if carried_counts { carried } else { self } }
    }

    /// Whether it is of this grade or a stronger one. Without a grade always, but where a rule alone suspects it.
    #[must_use]
    pub fn is_at_least(&self, least: Option<Grade>) -> bool {
        match least {
            Some(least) => self.grade >= Some(least),
            None => self.shown || self.grade != Some(Grade::Suspected),
        }
    }
}

impl Insistence {
    /// What a piece of evidence shows to insist on its input.
    fn of(evidence: &Evidence) -> Option<Self> {
        let Evidence::Experiment(experiment) = evidence else { return None };
        match (experiment.experiment, experiment.outcome) {
            (ExperimentKind::Remove, Outcome::Fails) => Some(Self::Build),
            (ExperimentKind::Remove, Outcome::PresenceOnly) => Some(Self::PresenceCheck),
            // an empty stub is made where nothing less is enough; a poisoned one where the input can be taken away
            (ExperimentKind::Stub, _) if experiment.poisoned => None,
            (ExperimentKind::Stub, Outcome::Identical | Outcome::ReferenceOnly) => Some(Self::Build),
            _ => None,
        }
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
