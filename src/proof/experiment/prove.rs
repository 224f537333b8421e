//! The experiments on one package and one input, cheapest first.

use std::collections::{BTreeMap, BTreeSet};
use std::path::PathBuf;
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};

use super::consumer::{Candidate, Consumer};
use super::error::ExperimentError;
use super::expression::expression;
use super::hidden::Hidden;
use super::nix::{Built, Instantiated, Nix};
use super::propagation::{Copies, Edit, brought, copy_carriers};
use super::recipe::Recipe;
use super::sandbox::{Settings, is_hidden, is_sandboxed};
use super::stand_in::{Filling, digest_of, stub};
use crate::nix::Digest;
use crate::proof::comparison::{CompareParams, Comparison, compare};
use crate::proof::outputs::{Scanner, Tree};
use crate::verdict::{
    Carrier, Checks, Experiment, ExperimentKind, FileChange, Outcome, Reference, ReferenceSource, References, Trace,
};

/// How many differing files a record keeps.
const KEPT_FILES: usize = 10;

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
    /// Input sources that change a derivation's hash and nothing else, by their number and by whether
    /// builds are sandboxed.
    salts: Mutex<BTreeMap<(u8, bool), String>>,
    /// Stubs that were made, by the path of what they stand for.
    stubs: Mutex<BTreeMap<(String, Filling), String>>,
}

/// The salts of the package as it is and of what it is compared with, and of what is built once more.
const FIRST: u8 = 1;
const SECOND: u8 = 2;

/// A package as it is, built twice.
#[derive(Debug)]
pub struct Baseline {
    made: Instantiated,
    /// Whether both builds are the same.
    pub deterministic: bool,
    /// What differs between them.
    difference: Vec<FileChange>,
    /// Which inputs its output mentions, and how.
    pub references: References,
    /// Whether builds run in a sandbox.
    pub sandboxed: bool,
    /// How long both builds took; nothing where they were there already.
    pub took: Duration,
}

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

    fn apply(self, recipe: Recipe) -> Recipe {
        match self {
            Self::Nothing => recipe,
            Self::PresenceChecks => recipe.without_presence_checks(),
            Self::AllChecks => recipe.without_presence_checks().without_checks(),
        }
    }
}

/// A package without an input, ready to be built.
struct Variant {
    recipe: Recipe,
    params: CompareParams,
    /// What it must not find on the machine.
    hidden: Option<Hidden>,
}

/// How an experiment ended, before it is written down.
struct Ended {
    outcome: Outcome,
    compared: Option<Outcome>,
    checks: Checks,
    phase: Option<String>,
    files: Vec<FileChange>,
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

    /// A recipe under another hash. Other options, and an open sandbox, are another experiment: what was
    /// built with them is never taken for what is built now.
    fn salted(&self, recipe: Recipe, number: u8) -> Result<Vec<u8>, ExperimentError> {
        let open = *lock(&self.sandboxed) == Some(false);
        let mut salts = lock(&self.salts);
        let salt = match salts.get(&(number, open)) {
            Some(salt) => salt.clone(),
            None => {
                let options: Vec<_> = self.nix.options().iter().map(|option| option.to_string_lossy()).collect();
                let open_text = if open { "no sandbox\n" } else { "" };
                let text = format!(
                    "nix-ripple {number}\n{}\n{}\n{open_text}",
                    self.settings.sandbox_paths,
                    options.join("\n")
                );
                let folder = tempfile::tempdir().map_err(ExperimentError::io(&std::env::temp_dir()))?;
                let file = folder.path().join(format!("experiment-{number}"));
                std::fs::write(&file, text).map_err(ExperimentError::io(&file))?;
                let salt = self.nix.add(&file)?;
                salts.insert((number, open), salt.clone());
                salt
            }
        };
        Ok(expression(&recipe.salted(&salt)))
    }

    /// Provides a package's inputs and builds it twice, as it is.
    ///
    /// # Errors
    /// When it does not build, or a build ends without an answer.
    pub fn baseline(&self, consumer: &Consumer) -> Result<Baseline, ExperimentError> {
        let again = self.nix.instantiate(&expression(&consumer.recipe))?;
        if again.drv != consumer.package.drv {
            return Err(ExperimentError::NotTheSame { drv: consumer.package.drv.clone(), other: again.drv });
        }
        self.nix.provide(&consumer.needs())?;
        let sandboxed = self.sandboxed(&consumer.recipe)?;
        let begun = Instant::now();
        let twin = |number| -> Result<Instantiated, ExperimentError> {
            let made = self.nix.instantiate(&self.salted(consumer.recipe.clone(), number)?)?;
            match self.nix.build(&made.drv, None)? {
                Built::Done => Ok(made),
                Built::Failed { phase, tail } => {
                    Err(ExperimentError::Baseline { drv: consumer.package.drv.clone(), phase, message: tail })
                }
            }
        };
        let made = twin(FIRST)?;
        let second = twin(SECOND)?;
        let took = begun.elapsed();
        let difference = self.compare(&made, &second, &CompareParams::default())?;
        Ok(Baseline {
            deterministic: difference.outcome == Outcome::Identical,
            difference: difference.files,
            references: self.references(consumer, &made)?,
            made,
            sandboxed: sandboxed && !consumer.recipe.escapes_sandbox(),
            took,
        })
    }

    /// Makes the experiments on one input: *remove*; where that fails or cannot be done, or leaves open
    /// whether checks use the input, *stub*; *perturb* where it is asked for.
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
        let mut checks_open = false;
        if wanted(ExperimentKind::Remove)
            && let Some(variant) = self.without(consumer, candidate)?
        {
            let kind = ExperimentKind::Remove;
            let record = self.experiment(consumer, baseline, candidate, kind, &variant, &mut proof.steps)?;
            open = record.outcome == Outcome::Fails;
            checks_open = record.checks == Checks::Passed && record.outcome == Outcome::Identical && !record.referenced;
            proof.experiments.push(record);
        }
        if wanted(ExperimentKind::Stub) && open {
            if let Some(variant) = self.with(consumer, candidate, self.stubs(candidate, Filling::Nothing)?)? {
                let kind = ExperimentKind::Stub;
                let record = self.experiment(consumer, baseline, candidate, kind, &variant, &mut proof.steps)?;
                proof.experiments.push(record);
            }
        } else if wanted(ExperimentKind::Stub) && checks_open {
            proof.experiments.extend(self.poisoned(consumer, baseline, candidate, &mut proof.steps)?);
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

    /// The package without the input; `None` where something other than a list names it, or no list that the
    /// build sees has it, so that nothing would be taken out.
    fn without(&self, consumer: &Consumer, candidate: &Candidate) -> Result<Option<Variant>, ExperimentError> {
        let gone = candidate.outputs.iter().map(|(_, path)| path.clone()).collect();
        let edit = Edit { gone, ..Edit::default() };
        let copies = copy_carriers(&self.nix, &consumer.recipe.listed(), &edit)?;
        let mut recipe = consumer.recipe.clone();
        recipe.edit_lists(&edit.gone, &copies.paths);
        if !recipe.naming(&candidate.digests()).is_empty() || is_unchanged(&recipe, consumer, &copies) {
            return Ok(None);
        }
        recipe.forget_unnamed(&consumer.recipe, &consumer.inputs);
        // what comes along with it alone goes with it
        let places: Vec<PathBuf> = brought(&self.nix, &edit.gone)?.iter().map(|path| self.nix.place(path)).collect();
        let hidden = Hidden::of(&places, &self.settings.sandbox_paths, &|path| self.nix.followed(&path));
        let hidden = (!hidden.paths.is_empty()).then_some(hidden);
        let params = CompareParams { input: candidate.digests().into_iter().collect(), ..self.counterparts(&copies) };
        recipe.add_sources(copies.paths.into_values().chain(copies.references));
        Ok(Some(Variant { recipe, params, hidden }))
    }

    /// The package with something else in the place of the input; `None` where nothing that the build sees
    /// names it.
    fn with(&self, consumer: &Consumer, candidate: &Candidate, edit: Edit) -> Result<Option<Variant>, ExperimentError> {
        let copies = copy_carriers(&self.nix, &consumer.recipe.listed(), &edit)?;
        let mut recipe = consumer.recipe.clone();
        recipe.edit_lists(&BTreeSet::new(), &copies.paths);
        let digests = |pairs: &BTreeMap<String, String>| -> BTreeMap<Digest, Digest> {
            pairs.iter().filter_map(|(from, to)| Some((digest_of(from)?, digest_of(to)?))).collect()
        };
        recipe.exchange_everywhere(&edit.exchanged);
        if is_unchanged(&recipe, consumer, &copies) {
            return Ok(None);
        }
        recipe.forget_unnamed(&consumer.recipe, &consumer.inputs);
        let mut params = self.counterparts(&copies);
        params.input = candidate.digests().into_iter().collect();
        params.exchanged = digests(&edit.exchanged).into_iter().map(|(from, to)| (to, from)).collect();
        let mut needed: BTreeSet<String> = copies.paths.into_values().chain(copies.references).collect();
        for (from, to) in &edit.exchanged {
            needed.insert(to.clone());
            // what it brings along
            let references = self.nix.references(if edit.everywhere { to } else { from })?;
            needed.extend(references.into_iter().filter(|path| !edit.exchanged.contains_key(path)));
        }
        recipe.add_sources(needed);
        Ok(Some(Variant { recipe, params, hidden: None }))
    }

    /// Stubs of all outputs that are there.
    fn stubs(&self, candidate: &Candidate, filling: Filling) -> Result<Edit, ExperimentError> {
        let mut edit = Edit::default();
        for (_, path) in &candidate.outputs {
            if self.nix.place(path).symlink_metadata().is_ok() {
                let key = (path.clone(), filling);
                let known = lock(&self.stubs).get(&key).cloned();
                let stub = match known {
                    Some(stub) => stub,
                    None => stub(&self.nix, path, filling)?,
                };
                lock(&self.stubs).insert(key, stub.clone());
                edit.exchanged.insert(path.clone(), stub);
            }
        }
        Ok(edit)
    }

    /// Whether checks that pass without the input use it where it is there: one build with a stub that
    /// stops whoever uses it.
    fn poisoned(
        &self,
        consumer: &Consumer,
        baseline: &Baseline,
        candidate: &Candidate,
        steps: &mut Vec<Step>,
    ) -> Result<Option<Experiment>, ExperimentError> {
        let kind = ExperimentKind::Stub;
        let stubs = self.stubs(candidate, Filling::Poison)?;
        let Some(variant) = self.with(consumer, candidate, stubs)? else { return Ok(None) };
        let first = steps.len();
        let ended = match self.attempt(&baseline.made, kind, &variant, SwitchedOff::Nothing, steps)? {
            Attempt::Done(comparison) => Ended::of(comparison, Checks::Passed),
            Attempt::Failed(phase) => {
                Ended { outcome: Outcome::Fails, compared: None, checks: Checks::Passed, phase, files: Vec::new() }
            }
        };
        let steps = steps.get(first..).unwrap_or_default();
        let record = self.record(consumer, baseline, candidate, kind, ended, steps, true)?;
        Ok(Some(Experiment { poisoned: true, ..record }))
    }

    /// Another version, or the input made again under another hash, in all its outputs; `None` for a source.
    fn rebuilt(&self, candidate: &Candidate) -> Result<Option<Edit>, ExperimentError> {
        let made = match (&self.params.next, &candidate.recipe) {
            (Some(next), _) => Instantiated { drv: next.drv.clone(), outputs: next.outputs.clone() },
            (None, Some(recipe)) => self.nix.instantiate(&self.salted(recipe.clone(), SECOND)?)?,
            (None, None) => return Ok(None),
        };
        if let Built::Failed { tail, .. } = self.nix.build(&made.drv, None)? {
            return Err(ExperimentError::Needed { drv: made.drv, message: tail });
        }
        let exchanged = candidate
            .outputs
            .iter()
            .filter_map(|(name, path)| Some((path.clone(), made.outputs.get(name)?.clone())))
            .collect();
        Ok(Some(Edit { exchanged, everywhere: true, ..Edit::default() }))
    }

    /// Copies of carriers stand for the carriers.
    fn counterparts(&self, copies: &Copies) -> CompareParams {
        let pairs = copies.paths.iter().filter_map(|(path, copy)| Some((digest_of(copy)?, digest_of(path)?)));
        CompareParams { counterparts: pairs.collect(), ..CompareParams::default() }
    }

    fn experiment(
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
        let own = self.nix.instantiate(&self.salted(own, FIRST)?)?;
        if !runs_checks && self.nix.build(&own.drv, None)? == Built::Done {
            let other = SwitchedOff::AllChecks.apply(variant.recipe.clone());
            let other = self.nix.instantiate(&self.salted(other, FIRST)?)?;
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
        let made = self.nix.instantiate(&self.salted(recipe, FIRST)?)?;
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
        let made = self.nix.instantiate(&self.salted(recipe, SECOND)?)?;
        match self.nix.build(&made.drv, variant.hidden.as_ref())? {
            Built::Failed { .. } => Ok(()),
            Built::Done => Err(ExperimentError::Flaky { drv: made.drv }),
        }
    }

    /// Compares two builds, output by output; their own paths stand for each other.
    fn compare(
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

    fn trees(&self, made: &Instantiated) -> Result<Vec<(String, Tree)>, ExperimentError> {
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

    /// Whether what is to be hidden is.
    fn stays_hidden(&self, consumer: &Consumer, variant: &Variant) -> Result<bool, ExperimentError> {
        variant.hidden.as_ref().map_or(Ok(true), |hidden| is_hidden(&self.nix, &consumer.recipe, hidden))
    }

    #[expect(clippy::too_many_arguments, reason = "a record has as many parts")]
    fn record(
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

    /// Which of the inputs a build mentions, and how.
    pub(super) fn references(&self, consumer: &Consumer, made: &Instantiated) -> Result<References, ExperimentError> {
        let digests: BTreeSet<Digest> = consumer.candidates.iter().flat_map(Candidate::digests).collect();
        let scanner = Scanner::new(digests);
        // the files, each in its output, and how they carry it
        type Where<'t> = (BTreeSet<(&'t String, Vec<u8>)>, BTreeSet<Carrier>);
        let mut found: BTreeMap<Digest, Where<'_>> = BTreeMap::new();
        let trees = self.trees(made)?;
        for (output, tree) in &trees {
            for (digest, files) in tree.mentions(&scanner)? {
                let (paths, carriers) = found.entry(digest).or_default();
                for file in files {
                    carriers.extend(file.carriers.into_keys());
                    paths.insert((output, file.path));
                }
            }
        }
        let inputs = consumer.candidates.iter().filter_map(|candidate| {
            let (mut files, mut carriers) = (BTreeSet::new(), BTreeSet::new());
            for (of_path, of_carriers) in candidate.digests().iter().filter_map(|digest| found.get(digest)) {
                files.extend(of_path.iter().cloned());
                carriers.extend(of_carriers.iter().copied());
            }
            (!files.is_empty()).then(|| Reference {
                input: candidate.input.clone(),
                files: files.len() as u64,
                carriers: carriers.into_iter().collect(),
            })
        });
        Ok(References {
            package: consumer.package.clone(),
            recipe: consumer.digest,
            outputs: made.outputs.keys().cloned().collect(),
            inputs: inputs.collect(),
            source: ReferenceSource::Scan,
        })
    }
}

/// Whether an edited recipe is what it was, and no carrier of an input another one.
fn is_unchanged(recipe: &Recipe, consumer: &Consumer, copies: &Copies) -> bool {
    copies.paths.is_empty() && expression(recipe) == expression(&consumer.recipe)
}

/// What is behind it, also after a panic elsewhere: what is kept there is whole at any time.
fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}
