//! What the experiments on an input come to.

use std::time::Duration;

use serde::Serialize;

use super::step::{Proof, Step, SwitchedOff};
use crate::verdict::{
    Checks, Claims, Experiment, ExperimentKind, FileChange, Grade, InputRef, OpenedIn, Outcome, PackageRef, Trace,
    Verdict,
};

/// The version of the answer's shape; it grows when a field is renamed or removed.
const PROOF_VERSION: u32 = 1;

/// An input and its consumer: the experiment that decides, and what follows.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct ProofRow {
    /// Version of this shape.
    pub version: u32,
    /// The package that was built.
    pub consumer: PackageRef,
    /// The input.
    pub input: InputRef,
    /// The names of what carries it, nearest to the package first; empty where the package names it.
    pub chain: Vec<String>,
    /// The experiment that decides.
    pub experiment: ExperimentKind,
    /// How it ended.
    pub outcome: Outcome,
    /// For `presence-only`: how the outputs then compare.
    pub compared: Option<Outcome>,
    /// Which checks ran then.
    pub checks: Checks,
    /// The phase in which the build fails, where that is told.
    pub phase: Option<String>,
    /// Whether the package's own output mentions the input.
    pub referenced: bool,
    /// Whether all builds ran in a sandbox.
    pub sandboxed: bool,
    /// The first files that differ.
    pub files: Vec<FileChange>,
    /// How many differ in all.
    pub differing: u64,
    /// How long the builds took that were needed now, in seconds; those of the package itself apart.
    pub seconds: f64,
    /// What all experiments together say.
    pub verdict: Verdict,
    /// How strongly.
    pub grade: Option<Grade>,
    /// What a traced build opened of the input, by phase; `None` where none was made.
    pub opened: Option<Vec<OpenedIn>>,
    /// Every build, in order.
    pub steps: Vec<StepRow>,
}

/// One build.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct StepRow {
    /// Of which experiment.
    pub experiment: ExperimentKind,
    /// Which checks were switched off.
    pub switched_off: SwitchedOff,
    /// What came of it.
    pub outcome: Outcome,
    /// The phase in which it failed.
    pub phase: Option<String>,
    /// How many files differ.
    pub differing: u64,
    /// How long it took, in seconds.
    pub seconds: f64,
}

impl From<&Step> for StepRow {
    fn from(step: &Step) -> Self {
        Self {
            experiment: step.experiment,
            switched_off: step.switched_off,
            outcome: step.outcome,
            phase: step.phase.clone(),
            differing: step.differing,
            seconds: seconds(step.took),
        }
    }
}

impl ProofRow {
    /// Of a proof; `None` where no experiment could be made.
    #[must_use]
    pub fn of(proof: &Proof) -> Option<Self> {
        let decisive = decisive(&proof.experiments)?;
        let traced = proof.trace.iter().map(Trace::claims);
        let claims = proof.experiments.iter().map(Experiment::claims).chain(traced);
        let claims = claims.fold(Claims::default(), Claims::and);
        let (verdict, grade) = claims.verdict();
        Some(Self {
            version: PROOF_VERSION,
            consumer: decisive.package.clone(),
            input: decisive.input.clone(),
            chain: decisive.chain.clone(),
            experiment: decisive.experiment,
            outcome: decisive.outcome,
            compared: decisive.compared,
            checks: decisive.checks,
            phase: decisive.phase.clone(),
            referenced: decisive.referenced,
            sandboxed: proof.experiments.iter().all(|experiment| experiment.sandboxed),
            files: decisive.files.clone(),
            differing: decisive.differing,
            seconds: seconds(proof.steps.iter().map(|step| step.took).sum()),
            verdict,
            grade,
            opened: proof.trace.as_ref().map(|trace| trace.opened.clone()),
            steps: proof.steps.iter().map(StepRow::from).collect(),
        })
    }
}

/// To a tenth.
fn seconds(took: Duration) -> f64 {
    (took.as_secs_f64() * 10.0).round() / 10.0
}

/// The first experiment, unless the build fails in it and goes well in a later one.
fn decisive(experiments: &[Experiment]) -> Option<&Experiment> {
    let first = experiments.first()?;
    if first.outcome != Outcome::Fails {
        return Some(first);
    }
    experiments.iter().find(|experiment| experiment.outcome != Outcome::Fails).or(Some(first))
}
