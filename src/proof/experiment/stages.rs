//! One experiment, stage by stage: which builds it takes, and what they say together.

use std::time::{Duration, Instant};

use super::baseline::Baseline;
use super::consumer::{Candidate, Consumer};
use super::error::ExperimentError;
use super::failure::Built;
use super::nix::Instantiated;
use super::prover::{FIRST, Prover, SECOND};
use super::stand_in::Filling;
use super::step::{Step, SwitchedOff};
use super::variant::Variant;
use crate::proof::comparison::Comparison;
use crate::verdict::{Checks, Experiment, ExperimentKind, FileChange, Outcome};

/// How many differing files a record keeps.
const KEPT_FILES: usize = 10;

/// How an experiment ended, before it is written down.
pub(super) struct Ended {
    pub(super) outcome: Outcome,
    pub(super) compared: Option<Outcome>,
    pub(super) checks: Checks,
    pub(super) phase: Option<String>,
    pub(super) files: Vec<FileChange>,
}

impl Ended {
    fn of(comparison: Comparison, checks: Checks) -> Self {
        Self { outcome: comparison.outcome, compared: None, checks, phase: None, files: comparison.files }
    }

    fn presence_only(comparison: Comparison, checks: Checks, phase: Option<String>) -> Self {
        Self {
            outcome: Outcome::PresenceOnly,
            compared: Some(comparison.outcome),
            checks,
            phase,
            files: comparison.files,
        }
    }
}

/// What one build gave.
enum Attempt {
    Done(Comparison),
    Failed(Option<String>),
}

impl Prover {
    pub(super) fn experiment(
        &self,
        consumer: &Consumer,
        baseline: &Baseline,
        candidate: &Candidate,
        kind: ExperimentKind,
        variant: &Variant,
        steps: &mut Vec<Step>,
    ) -> Result<Experiment, ExperimentError> {
        let first = steps.len();
        let hidden = self.stays_hidden(consumer, variant)?;
        let ended = self.stages(consumer, baseline, kind, variant, steps)?;
        let steps = steps.get(first..).unwrap_or_default();
        self.record(consumer, baseline, candidate, kind, ended, steps, hidden)
    }

    /// Whether a package that does without the input uses it where it is there: a build with a stub that stops
    /// whoever uses it; where that fails, or checks are known to want the input, one with all checks off. So
    /// it is the build itself that uses it, or the checks, or nobody.
    pub(super) fn poisoned(
        &self,
        consumer: &Consumer,
        baseline: &Baseline,
        candidate: &Candidate,
        checks: Checks,
        steps: &mut Vec<Step>,
    ) -> Result<Option<Experiment>, ExperimentError> {
        let kind = ExperimentKind::Stub;
        let stubs = self.stubs(candidate, Filling::Poison)?;
        let Some(variant) = self.with(consumer, candidate, stubs)? else { return Ok(None) };
        let first = steps.len();
        let mut attempt = |switched_off| self.attempt(&baseline.made, kind, &variant, switched_off, steps);
        let first_attempt = if checks == Checks::Off { None } else { Some(attempt(SwitchedOff::Nothing)?) };
        let ended = match first_attempt {
            Some(Attempt::Done(comparison)) => Ended::of(comparison, checks),
            _ => match attempt(SwitchedOff::AllChecks)? {
                Attempt::Done(comparison) => Ended::of(comparison, Checks::Off),
                Attempt::Failed(phase) => {
                    Ended { outcome: Outcome::Fails, compared: None, checks: Checks::Off, phase, files: Vec::new() }
                }
            },
        };
        let steps = steps.get(first..).unwrap_or_default();
        let record = self.record(consumer, baseline, candidate, kind, ended, steps, true)?;
        Ok(Some(Experiment { poisoned: true, ..record }))
    }

    /// Builds with everything on; where that fails with all checks off; where that goes well, tells by a
    /// third build whether presence checks alone stood in the way.
    fn stages(
        &self,
        consumer: &Consumer,
        baseline: &Baseline,
        kind: ExperimentKind,
        variant: &Variant,
        steps: &mut Vec<Step>,
    ) -> Result<Ended, ExperimentError> {
        let runs_checks = consumer.recipe.runs_checks();
        let (ran, off) = if runs_checks { (Checks::Passed, Checks::Off) } else { (Checks::None, Checks::None) };
        let mut attempt = |switched_off| self.attempt(&baseline.made, kind, variant, switched_off, steps);
        let phase = match attempt(SwitchedOff::Nothing)? {
            Attempt::Done(comparison) => return Ok(Ended::of(comparison, ran)),
            Attempt::Failed(phase) => phase,
        };
        let comparison = match attempt(SwitchedOff::AllChecks)? {
            Attempt::Done(comparison) => comparison,
            Attempt::Failed(phase) => {
                self.confirm(variant)?;
                return Ok(Ended { outcome: Outcome::Fails, compared: None, checks: off, phase, files: Vec::new() });
            }
        };
        if comparison.outcome == Outcome::Different {
            return self.switched_off_alike(consumer, variant, comparison, runs_checks, phase);
        }
        if !runs_checks {
            return Ok(Ended::presence_only(comparison, Checks::None, phase));
        }
        Ok(match attempt(SwitchedOff::PresenceChecks)? {
            Attempt::Done(with_checks) if with_checks.outcome == Outcome::Different => Ended::of(with_checks, ran),
            Attempt::Done(with_checks) => Ended::presence_only(with_checks, ran, phase),
            Attempt::Failed(phase) => Ended { phase, ..Ended::of(comparison, off) },
        })
    }

    /// What differs with all checks off may differ because of the switches: tells by building the package
    /// itself with them off. Where it runs no checks of its own and is the same then, the input is only
    /// looked for.
    fn switched_off_alike(
        &self,
        consumer: &Consumer,
        variant: &Variant,
        comparison: Comparison,
        runs_checks: bool,
        phase: Option<String>,
    ) -> Result<Ended, ExperimentError> {
        let off = if runs_checks { Checks::Off } else { Checks::None };
        let own = SwitchedOff::AllChecks.apply(consumer.recipe.clone());
        let own = self.nix.instantiate(&self.salted(own, FIRST, None)?)?;
        if !runs_checks && self.nix.build(&own.drv, None)? == Built::Done {
            let other = SwitchedOff::AllChecks.apply(variant.recipe.clone());
            let other = self.nix.instantiate(&self.salted(other, FIRST, variant.hidden.as_ref())?)?;
            let alike = self.compare(&own, &other, &variant.params)?;
            if alike.outcome != Outcome::Different {
                return Ok(Ended::presence_only(alike, off, phase));
            }
        }
        Ok(Ended::of(comparison, off))
    }

    fn attempt(
        &self,
        baseline: &Instantiated,
        kind: ExperimentKind,
        variant: &Variant,
        switched_off: SwitchedOff,
        steps: &mut Vec<Step>,
    ) -> Result<Attempt, ExperimentError> {
        let begun = Instant::now();
        let recipe = switched_off.apply(variant.recipe.clone());
        let made = self.nix.instantiate(&self.salted(recipe, FIRST, variant.hidden.as_ref())?)?;
        let built = self.nix.build(&made.drv, variant.hidden.as_ref())?;
        let mut step = Step {
            experiment: kind,
            switched_off,
            outcome: Outcome::Fails,
            phase: None,
            differing: 0,
            took: begun.elapsed(),
        };
        let attempt = match built {
            Built::Failed { phase, .. } => {
                step.phase.clone_from(&phase);
                Attempt::Failed(phase)
            }
            Built::Done => {
                let comparison = self.compare(baseline, &made, &variant.params)?;
                step.outcome = comparison.outcome;
                step.differing = comparison.files.len() as u64;
                Attempt::Done(comparison)
            }
        };
        steps.push(step);
        Ok(attempt)
    }

    /// A failure counts when it is seen twice.
    fn confirm(&self, variant: &Variant) -> Result<(), ExperimentError> {
        let recipe = SwitchedOff::AllChecks.apply(variant.recipe.clone());
        let made = self.nix.instantiate(&self.salted(recipe, SECOND, variant.hidden.as_ref())?)?;
        match self.nix.build(&made.drv, variant.hidden.as_ref())? {
            Built::Failed { .. } => Ok(()),
            Built::Done => Err(ExperimentError::Flaky { drv: made.drv }),
        }
    }

    #[expect(clippy::too_many_arguments, reason = "a record has as many parts")]
    pub(super) fn record(
        &self,
        consumer: &Consumer,
        baseline: &Baseline,
        candidate: &Candidate,
        kind: ExperimentKind,
        ended: Ended,
        steps: &[Step],
        hidden: bool,
    ) -> Result<Experiment, ExperimentError> {
        let left_out = self.settings.leave_out(candidate.outputs.iter().map(|(_, path)| path));
        let elsewhere = self.nix.built_elsewhere() && !self.params.trust_builders;
        let seconds: Duration = steps.iter().map(|step| step.took).sum();
        Ok(Experiment {
            package: consumer.package.clone(),
            recipe: consumer.digest,
            input: candidate.input.clone(),
            chain: candidate.chain.clone(),
            experiment: kind,
            against: self
                .params
                .next
                .as_ref()
                .filter(|_| kind == ExperimentKind::Perturb)
                .map(|next| next.name.clone()),
            poisoned: false,
            outcome: ended.outcome,
            compared: ended.compared,
            checks: ended.checks,
            phase: ended.phase,
            referenced: baseline.references.has(&candidate.input),
            sandboxed: baseline.sandboxed && hidden && left_out && !elsewhere,
            differing: ended.files.len() as u64,
            files: ended.files.into_iter().take(KEPT_FILES).collect(),
            seconds: seconds.as_secs_f64().round() as u64,
        })
    }
}
