//! The experiments on one package and one input, cheapest first.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::{Mutex, MutexGuard, PoisonError};

use super::baseline::Baseline;
use super::consumer::{Candidate, Consumer};
use super::error::ExperimentError;
use super::expression::expression;
use super::hidden::Hidden;
use super::nix::{Instantiated, Nix};
use super::recipe::Recipe;
use super::sandbox::{Settings, is_sandboxed};
use super::stages::Ended;
use super::stand_in::{Filling, digest_of};
use super::step::Proof;
use crate::proof::comparison::{CompareParams, Comparison, compare};
use crate::proof::outputs::Tree;
use crate::verdict::{Checks, Experiment, ExperimentKind, Outcome};

/// What is to be done.
#[derive(Debug, Clone)]
pub struct ProveParams {
    /// Which experiments may be made.
    pub experiments: BTreeSet<ExperimentKind>,
    /// Other builders than this machine are vouched for: they build in a sandbox.
    pub trust_builders: bool,
    /// What stands in the input's place in *perturb*; the input itself under another hash without.
    pub next: Option<Next>,
}

/// Another version of an input.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Next {
    /// Its derivation's path.
    pub drv: String,
    /// Its name.
    pub name: String,
    /// Its outputs: name and path.
    pub outputs: BTreeMap<String, String>,
}

/// Makes experiments with one Nix.
#[derive(Debug)]
pub struct Prover {
    pub(super) nix: Nix,
    pub(super) params: ProveParams,
    pub(super) settings: Settings,
    sandboxed: Mutex<Option<bool>>,
    /// Input sources that change a derivation's hash and nothing else, by the text that each is made of.
    salts: Mutex<BTreeMap<String, String>>,
    /// Stubs that were made, by the path of what they stand for.
    pub(super) stubs: Mutex<BTreeMap<(String, Filling), String>>,
}

/// The salts of the package as it is and of what it is compared with, and of what is built once more.
pub(super) const FIRST: u8 = 1;
pub(super) const SECOND: u8 = 2;

impl Prover {
    /// Makes ready what all experiments share.
    ///
    /// # Errors
    /// When Nix cannot be run or its store cannot be written.
    pub fn new(nix: Nix, params: ProveParams) -> Result<Self, ExperimentError> {
        let settings = Settings::of(&nix)?;
        Ok(Self {
            nix,
            params,
            settings,
            sandboxed: Mutex::new(None),
            salts: Mutex::default(),
            stubs: Mutex::default(),
        })
    }

    /// Makes the experiments on one input: *remove*; where that fails or cannot be done, *stub*; where the
    /// build does without the input, a poisoned *stub*, for it may use it all the same where it is there;
    /// *perturb* where it is asked for.
    ///
    /// # Errors
    /// When a build ends without an answer; nothing is known then.
    pub fn prove(
        &self,
        consumer: &Consumer,
        baseline: &Baseline,
        candidate: &Candidate,
    ) -> Result<Proof, ExperimentError> {
        let mut proof = Proof { experiments: Vec::new(), steps: Vec::new(), trace: None };
        if !baseline.deterministic {
            let ended = Ended {
                outcome: Outcome::Nondeterministic,
                compared: None,
                checks: if consumer.recipe.runs_checks() { Checks::Passed } else { Checks::None },
                phase: None,
                files: baseline.difference.clone(),
            };
            proof.experiments.push(self.record(
                consumer,
                baseline,
                candidate,
                ExperimentKind::Remove,
                ended,
                &[],
                true,
            )?);
            return Ok(proof);
        }
        let wanted = |kind| self.params.experiments.contains(&kind);
        let mut open = true;
        let mut spared = None;
        if wanted(ExperimentKind::Remove)
            && let Some(variant) = self.without(consumer, candidate)?
        {
            let kind = ExperimentKind::Remove;
            let record = self.experiment(consumer, baseline, candidate, kind, &variant, &mut proof.steps)?;
            open = record.outcome == Outcome::Fails;
            spared = leaves_use_open(&record).then_some(record.checks);
            proof.experiments.push(record);
        }
        if wanted(ExperimentKind::Stub) && open {
            if let Some(variant) = self.with(consumer, candidate, self.stubs(candidate, Filling::Nothing)?)? {
                let kind = ExperimentKind::Stub;
                let record = self.experiment(consumer, baseline, candidate, kind, &variant, &mut proof.steps)?;
                proof.experiments.push(record);
            }
        } else if wanted(ExperimentKind::Stub)
            && let Some(checks) = spared
        {
            proof.experiments.extend(self.poisoned(consumer, baseline, candidate, checks, &mut proof.steps)?);
        }
        if wanted(ExperimentKind::Perturb)
            && let Some(edit) = self.rebuilt(candidate)?
            && let Some(variant) = self.with(consumer, candidate, edit)?
        {
            let kind = ExperimentKind::Perturb;
            proof.experiments.push(self.experiment(consumer, baseline, candidate, kind, &variant, &mut proof.steps)?);
        }
        Ok(proof)
    }

    /// A recipe under another hash. Other options, an open sandbox, and what is hidden in it, are another
    /// experiment: what was built with them is never taken for what is built now.
    pub(super) fn salted(
        &self,
        recipe: Recipe,
        number: u8,
        hidden: Option<&Hidden>,
    ) -> Result<Vec<u8>, ExperimentError> {
        let options: Vec<_> = self.nix.options().iter().map(|option| option.to_string_lossy()).collect();
        let paths = hidden.map_or(&self.settings.sandbox_paths, |hidden| &hidden.sandbox_paths);
        let open_text = if *lock(&self.sandboxed) == Some(false) { "no sandbox\n" } else { "" };
        let text = format!("nix-ripple {number}\n{paths}\n{}\n{open_text}", options.join("\n"));
        let mut salts = lock(&self.salts);
        let salt = match salts.get(&text) {
            Some(salt) => salt.clone(),
            None => {
                let folder = tempfile::tempdir().map_err(ExperimentError::io(&std::env::temp_dir()))?;
                let file = folder.path().join(format!("experiment-{number}"));
                std::fs::write(&file, &text).map_err(ExperimentError::io(&file))?;
                let salt = self.nix.add(&file)?;
                salts.insert(text, salt.clone());
                salt
            }
        };
        Ok(expression(&recipe.salted(&salt)))
    }

    /// Compares two builds, output by output; their own paths stand for each other.
    pub(super) fn compare(
        &self,
        first: &Instantiated,
        second: &Instantiated,
        params: &CompareParams,
    ) -> Result<Comparison, ExperimentError> {
        let mut params = params.clone();
        for (name, path) in &second.outputs {
            if let Some((to, from)) = first.outputs.get(name).and_then(|own| Some((digest_of(own)?, digest_of(path)?)))
            {
                params.counterparts.insert(from, to);
            }
        }
        Ok(compare(&self.trees(first)?, &self.trees(second)?, &params)?)
    }

    pub(super) fn trees(&self, made: &Instantiated) -> Result<Vec<(String, Tree)>, ExperimentError> {
        let tree = |(name, path): (&String, &String)| Ok((name.clone(), Tree::of_path(&self.nix.place(path))?));
        made.outputs.iter().map(tree).collect()
    }

    /// Whether builds run in a sandbox; found out once.
    pub(super) fn sandboxed(&self, like: &Recipe) -> Result<bool, ExperimentError> {
        let mut known = lock(&self.sandboxed);
        if let Some(known) = *known {
            return Ok(known);
        }
        let found = is_sandboxed(&self.nix, like)?;
        *known = Some(found);
        Ok(found)
    }
}

/// Whether what does without the input may use it all the same where it is there: the build, or its checks.
fn leaves_use_open(removed: &Experiment) -> bool {
    matches!(removed.outcome, Outcome::Identical | Outcome::ReferenceOnly | Outcome::PresenceOnly)
}

/// Whether these experiments on one input are all that are made by default: *remove* leaves nothing open, or
/// a stub was tried as well.
#[must_use]
pub fn is_settled(experiments: &[Experiment]) -> bool {
    experiments.iter().any(|shown| match shown.experiment {
        ExperimentKind::Remove => shown.outcome != Outcome::Fails && !leaves_use_open(shown),
        ExperimentKind::Stub => true,
        ExperimentKind::Perturb => false,
    })
}

/// What is behind it, also after a panic elsewhere: what is kept there is whole at any time.
pub(super) fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::verdict::samples::experiment as shown;

    /// What `--experiment remove` leaves open is tried by a later run, not taken for settled.
    #[test]
    fn what_is_left_open_is_not_settled() {
        let (remove, stub) = (ExperimentKind::Remove, ExperimentKind::Stub);
        let fails = shown(remove, Outcome::Fails, Checks::Off);
        let passed = shown(remove, Outcome::Identical, Checks::Passed);
        let stubbed = shown(stub, Outcome::Different, Checks::Passed);
        for (experiments, settled) in [
            (vec![], false),
            (vec![fails.clone()], false),
            (vec![passed.clone()], false),
            (vec![shown(remove, Outcome::Identical, Checks::None)], false),
            (vec![shown(remove, Outcome::ReferenceOnly, Checks::None)], false),
            (vec![shown(remove, Outcome::PresenceOnly, Checks::Passed)], false),
            (vec![shown(remove, Outcome::Different, Checks::Passed)], true),
            (vec![shown(remove, Outcome::Nondeterministic, Checks::None)], true),
            (vec![fails, stubbed.clone()], true),
            (vec![passed, stubbed.clone()], true),
            // what variables name cannot be removed
            (vec![stubbed], true),
            (vec![shown(ExperimentKind::Perturb, Outcome::Different, Checks::None)], false),
        ] {
            assert_eq!(is_settled(&experiments), settled, "{experiments:?}");
        }
    }
}
