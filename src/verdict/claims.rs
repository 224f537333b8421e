//! What a piece of evidence claims, and what several claim together.

use super::evidence::CheckOnly;
use super::experiment::{Checks, Experiment, ExperimentKind, Outcome};
use super::grade::Grade;
use super::judgement::Verdict;
use super::rules::Rule;
use super::trace::Trace;

/// What a change of an input can change in the output; the later, the more careful.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum OutputFact {
    /// Nothing.
    Same,
    /// Only the store path that it records.
    ReferenceOnly,
    /// Its bytes.
    MayChange,
}

/// What a change of an input can change in the checks' result; the later, the more careful.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum ChecksFact {
    /// Nothing.
    CannotChange,
    /// They may fail, or pass.
    MayChange,
}

/// Two facts, claimed apart, each with how strongly. The facts say nothing of each other: who knows that
/// the output stays the same does not know that of the checks.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Claims {
    /// Of the output.
    pub output: Option<(OutputFact, Grade)>,
    /// Of the checks.
    pub checks: Option<(ChecksFact, Grade)>,
}

impl Claims {
    fn of(output: OutputFact, checks: ChecksFact, grade: Grade) -> Self {
        Self { output: Some((output, grade)), checks: Some((checks, grade)) }
    }

    /// Both together: of each fact the stronger claim; of equally strong ones the more careful. What order
    /// they come in, and how often, does not matter.
    #[must_use]
    pub fn and(self, other: Self) -> Self {
        Self { output: stronger(self.output, other.output), checks: stronger(self.checks, other.checks) }
    }

    /// The same where the output mentions the input: what it records changes then, at least.
    #[must_use]
    pub fn referenced(self) -> Self {
        let output = self.output.map(|(fact, grade)| (fact.max(OutputFact::ReferenceOnly), grade));
        Self { output, ..self }
    }

    /// The same, no stronger than this.
    #[must_use]
    pub(super) fn at_most(self, most: Grade) -> Self {
        Self {
            output: self.output.map(|(fact, grade)| (fact, grade.min(most))),
            checks: self.checks.map(|(fact, grade)| (fact, grade.min(most))),
        }
    }

    /// Whether they say that the input matters.
    #[must_use]
    pub fn refutes(self) -> bool {
        matches!(self.output, Some((OutputFact::MayChange, _)))
    }

    /// The verdict, and its grade: that of the fact about the output; where nothing can change, the weaker
    /// of both. Without a claim on the output nobody knows.
    #[must_use]
    pub fn verdict(self) -> (Verdict, Option<Grade>) {
        let Some((output, grade)) = self.output else { return (Verdict::Unknown, None) };
        match (output, self.checks) {
            (OutputFact::MayChange, _) => (Verdict::Affects, Some(grade)),
            (OutputFact::ReferenceOnly, _) => (Verdict::ReferenceOnly, Some(grade)),
            (OutputFact::Same, Some((ChecksFact::CannotChange, of_checks))) => {
                (Verdict::NoEffect, Some(grade.min(of_checks)))
            }
            (OutputFact::Same, _) => (Verdict::TestOnly, Some(grade)),
        }
    }
}

/// The stronger of two claims; of equally strong ones the more careful.
fn stronger<F: Ord + Copy>(one: Option<(F, Grade)>, other: Option<(F, Grade)>) -> Option<(F, Grade)> {
    let key = |claim: Option<(F, Grade)>| claim.map(|(fact, grade)| (grade, fact));
    if key(one) >= key(other) { one } else { other }
}

impl Rule {
    /// What it claims, if it does not hold back; `vanishes` is the grade of evidence that the input vanishes
    /// with the checks, which bounds what a rule about that says.
    pub(super) fn claims(&self, vanishes: Option<Grade>) -> Option<Claims> {
        let grade = if self.is_about_checks() { self.grade.min(vanishes) } else { self.grade }?;
        match self.verdict {
            Verdict::ReferenceOnly => Some(Claims { output: Some((OutputFact::ReferenceOnly, grade)), checks: None }),
            Verdict::TestOnly => Some(Claims::of(OutputFact::Same, ChecksFact::MayChange, grade)),
            Verdict::NoEffect => Some(Claims::of(OutputFact::Same, ChecksFact::CannotChange, grade)),
            Verdict::Affects | Verdict::Unknown => None,
        }
    }
}

impl CheckOnly {
    /// What it claims of each of its inputs: that it is there for the checks.
    #[must_use]
    pub fn claims(&self) -> Claims {
        Claims::of(OutputFact::Same, ChecksFact::MayChange, self.grade)
    }
}

impl Trace {
    /// What it claims: where nothing was opened, nothing can change; where only checks opened something, the
    /// output cannot.
    #[must_use]
    pub fn claims(&self) -> Claims {
        if !self.is_for_checks() {
            return Claims::default();
        }
        let checks = if self.opened.is_empty() { ChecksFact::CannotChange } else { ChecksFact::MayChange };
        let claims = Claims::of(kept(self.referenced), checks, Grade::Observed);
        if self.sandboxed { claims } else { claims.at_most(Grade::Suspected) }
    }
}

/// The output stays as it is, but for what it records.
const fn kept(referenced: bool) -> OutputFact {
    if referenced { OutputFact::ReferenceOnly } else { OutputFact::Same }
}

impl Experiment {
    /// What it claims of its input.
    ///
    /// - *remove*: the same output without the input is proof, of the input as the package's lists bring it.
    ///   What another input's own files name is there all the same, and a matter of that input. A build that
    ///   fails without it shows that it must be there, not that its content matters, so that a stub may
    ///   still say otherwise. Checks that pass without it may use it all the same where it is there.
    /// - *stub*: the build looks only whether the input is there. Overlooked is what it takes from the
    ///   input's names and metadata, which the stub keeps.
    /// - *perturb* with another version: what this version changes, not what any would; so sameness is no
    ///   more than `observed`. With the same content under another hash sameness shows nothing.
    ///
    /// Without a sandbox nothing is more than `suspected`, and of a package that is not the same when it
    /// is built twice nothing is shown.
    #[must_use]
    pub fn claims(&self) -> Claims {
        let claims = match self.experiment {
            ExperimentKind::Remove => self.of_remove(),
            ExperimentKind::Stub if self.poisoned => self.of_poison(),
            ExperimentKind::Stub => self.of_stub(),
            ExperimentKind::Perturb if self.against.is_some() => self.of_other_version(),
            ExperimentKind::Perturb if self.outcome == Outcome::Different => {
                Claims { output: Some((OutputFact::MayChange, Grade::Proven)), checks: None }
            }
            ExperimentKind::Perturb => Claims::default(),
        };
        if self.sandboxed { claims } else { claims.at_most(Grade::Suspected) }
    }

    fn of_remove(&self) -> Claims {
        let (output, grade) = match self.outcome {
            Outcome::Nondeterministic => return Claims::default(),
            Outcome::Identical => (OutputFact::Same, Grade::Proven),
            Outcome::ReferenceOnly => (OutputFact::ReferenceOnly, Grade::Proven),
            Outcome::Different => (OutputFact::MayChange, Grade::Proven),
            Outcome::PresenceOnly => (self.kept_but_for_presence(), Grade::Proven),
            Outcome::Fails => (OutputFact::MayChange, Grade::Observed),
        };
        Claims { output: Some((output, grade)), checks: self.checks_without() }
    }

    fn of_stub(&self) -> Claims {
        let output = match self.outcome {
            Outcome::Nondeterministic => return Claims::default(),
            Outcome::Identical => kept(self.referenced),
            // also where a scan does not see it: in what is compressed
            Outcome::ReferenceOnly => OutputFact::ReferenceOnly,
            Outcome::PresenceOnly => self.kept_but_for_presence(),
            Outcome::Different | Outcome::Fails => OutputFact::MayChange,
        };
        Claims { output: Some((output, Grade::Proven)), checks: self.checks_without() }
    }

    /// What stops whoever uses it shows whether somebody does, where the build does without it: the checks,
    /// which had to be off; the build itself, which is another one then; or nobody. A build that it stops
    /// with all checks off, too, shows nothing: without the input the same build goes well.
    ///
    /// Overlooked: who does not mind a failure, and who reads the input as data.
    fn of_poison(&self) -> Claims {
        let proven = |fact| Some((fact, Grade::Proven));
        match (self.outcome, self.checks) {
            // that it stops a build is its own doing: the build does without the input
            (Outcome::Nondeterministic | Outcome::Fails, _) => Claims::default(),
            (Outcome::Different, _) => Claims { output: Some((OutputFact::MayChange, Grade::Proven)), checks: None },
            (_, Checks::Off) => Claims { output: None, checks: proven(ChecksFact::MayChange) },
            _ => Claims { output: None, checks: proven(ChecksFact::CannotChange) },
        }
    }

    fn of_other_version(&self) -> Claims {
        let (output, grade) = match self.outcome {
            Outcome::Nondeterministic => return Claims::default(),
            Outcome::Identical => (OutputFact::Same, Grade::Observed),
            Outcome::ReferenceOnly => (OutputFact::ReferenceOnly, Grade::Observed),
            Outcome::Different => (OutputFact::MayChange, Grade::Proven),
            Outcome::PresenceOnly => (self.kept_but_for_presence(), Grade::Observed),
            Outcome::Fails => (OutputFact::MayChange, Grade::Observed),
        };
        let checks = self.checks_without().map(|(fact, _)| (fact, Grade::Observed));
        Claims { output: Some((output, grade)), checks }
    }

    /// What a build shows that only a presence check stopped.
    fn kept_but_for_presence(&self) -> OutputFact {
        kept(self.referenced || self.compared == Some(Outcome::ReferenceOnly))
    }

    /// What the checks show; that they pass shows nothing, for they may skip what the input is for.
    fn checks_without(&self) -> Option<(ChecksFact, Grade)> {
        let may_change = Some((ChecksFact::MayChange, Grade::Proven));
        match (self.outcome, self.checks) {
            // a presence check is a check
            (Outcome::PresenceOnly, _) => may_change,
            (_, Checks::None) => Some((ChecksFact::CannotChange, Grade::Proven)),
            // a build that fails says nothing of its checks
            (Outcome::Fails, _) => None,
            (_, Checks::Passed) => None,
            (_, Checks::Off) => may_change,
        }
    }
}

#[cfg(test)]
mod tests;
