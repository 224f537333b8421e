//! Everything that an expression has, whatever some of it does.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

use tempfile::TempDir;

use super::argument::Argument;
use super::evaluator::Evaluator;
use super::found::{Finding, Found};
use super::jobs::Jobs;
use super::path::{join_path, split_path};
use super::session::{NixError, Session};
use super::walk::Walker;
use crate::ingest::{Problem, Progress};

/// How many places one run of `nix-instantiate` evaluates by default.
pub const DEFAULT_BATCH: usize = 1000;

/// How many runs there are side by side at most, by default: each may take some gigabytes.
pub const DEFAULT_WORKERS: usize = 2;

/// What is evaluated, and how.
#[derive(Debug, Clone)]
pub struct EvaluateParams {
    /// A Nix expression, a folder with a default.nix, or `<name>` of the search path.
    pub file: PathBuf,
    /// What positions and messages are told relative to; the file itself, where it is a folder, if
    /// nothing is given.
    pub base: Option<PathBuf>,
    /// Attribute paths, of packages or sets of them; everything when empty.
    pub attributes: Vec<String>,
    /// Arguments of its function; of several of one name the last holds.
    pub arguments: Vec<Argument>,
    /// Systems to evaluate for, one after the other; Nix's own when empty.
    pub systems: Vec<String>,
    /// Entries of the search path, as `-I` takes them.
    pub search_path: Vec<String>,
    /// Where derivations are written, if not into the environment's store.
    pub store_root: Option<PathBuf>,
    /// How many places one run of `nix-instantiate` evaluates; fewer take less memory and more time.
    pub batch: usize,
    /// How many processes evaluate side by side.
    pub workers: usize,
    /// What evaluates.
    pub evaluator: Evaluator,
}

impl EvaluateParams {
    /// Of a file, with everything else as it is by default.
    #[must_use]
    pub fn new(file: impl Into<PathBuf>) -> Self {
        Self {
            file: file.into(),
            base: None,
            attributes: Vec::new(),
            arguments: Vec::new(),
            systems: Vec::new(),
            search_path: Vec::new(),
            store_root: None,
            batch: DEFAULT_BATCH,
            workers: DEFAULT_WORKERS,
            evaluator: Evaluator::default(),
        }
    }

    /// The arguments that hold, by name.
    pub(super) fn effective_arguments(&self) -> Vec<Argument> {
        let by_name: BTreeMap<&str, &Argument> =
            self.arguments.iter().map(|argument| (argument.name(), argument)).collect();
        by_name.into_values().cloned().collect()
    }
}

/// What an expression has.
#[derive(Debug, Default)]
pub struct Evaluated {
    /// A line for each attribute and system, as nix-eval-jobs prints them, sorted: the derivation, or
    /// the message of Nix. The attribute ends in the system that was evaluated for. Places are
    /// relative to [`EvaluateParams::base`].
    pub lines: String,
    /// How many attributes have a derivation.
    pub derivations: usize,
    /// How many failed.
    pub failed: usize,
    /// Of [`EvaluateParams::attributes`] those that are on no system, with what is said of them.
    pub missing: Vec<(String, String)>,
    /// Something was ended from outside: another time more may be found, so that this is not to be kept.
    pub killed: bool,
    /// What should be known of it.
    pub problems: Vec<Problem>,
    /// Keeps the derivations from being collected as garbage, until they are read.
    gc_roots: Option<TempDir>,
}

/// Evaluates. What throws, aborts, recurses without end or ends Nix is a failed attribute; an evaluation
/// that never ends is not ended.
///
/// Derivations are found as nix-env finds them: at the top, in sets with `recurseForDerivations = true`
/// and in lists, under names that nix-env takes; aliases are told each.
///
/// # Errors
/// When there is no Nix, or the expression as a whole does not evaluate.
pub fn evaluate(params: &EvaluateParams, progress: &Progress) -> Result<Evaluated, NixError> {
    let roots = roots(&params.attributes)?;
    let arguments = &params.effective_arguments();
    let mut evaluated = Evaluated::default();
    let mut missing: Option<Vec<(String, String)>> = None;
    let mut systems: Vec<Option<&String>> = params.systems.iter().map(Some).collect();
    systems.sort_unstable();
    systems.dedup();
    if systems.is_empty() {
        systems.push(None);
    }
    for system in systems {
        let file = params.file.as_path();
        let session = Session::new(super::EXPRESSION, file, arguments, system.cloned(), params.store_root.as_deref())?
            .with_search_path(&params.search_path);
        let mut finding = one_system(params, &session, &roots, &mut evaluated, progress)?;
        finding.relative_to(&folders(params.base.as_ref().unwrap_or(&params.file)));
        finding.write(&mut evaluated.lines);
        evaluated.killed |= finding.killed;
        let failed = finding.attributes.values().filter(|found| matches!(found, Found::Failed(_))).count();
        evaluated.failed += failed;
        evaluated.derivations += finding.attributes.len() - failed;
        let here: Vec<(String, String)> = finding
            .missing
            .into_iter()
            .map(|(path, message)| (join_path(path.iter().map(String::as_str)), message))
            .collect();
        missing = Some(match missing {
            None => here,
            Some(before) => before.into_iter().filter(|one| here.contains(one)).collect(),
        });
    }
    evaluated.missing = missing.unwrap_or_default();
    Ok(evaluated)
}

fn one_system(
    params: &EvaluateParams,
    session: &Session,
    roots: &[Vec<String>],
    evaluated: &mut Evaluated,
    progress: &Progress,
) -> Result<Finding, NixError> {
    let mut told = None;
    if let Evaluator::Jobs(program) = &params.evaluator {
        let gc_roots = match evaluated.gc_roots.take() {
            Some(known) => known,
            None => TempDir::with_prefix("nix-ripple-")
                .map_err(|source| NixError::Io { program: "a folder for temporary files".to_owned(), source })?,
        };
        let jobs = Jobs { program, session, roots, workers: params.workers.max(1), gc_roots: gc_roots.path() };
        let found = jobs.run(progress);
        evaluated.gc_roots = Some(gc_roots);
        match found {
            Ok(finding) => return Ok(finding),
            Err(error) => told = Some(format!("{}: {error}", program.display())),
        }
    }
    let walker = Walker { session, roots };
    let walked = match rayon::ThreadPoolBuilder::new().num_threads(params.workers.max(1)).build() {
        Ok(pool) => pool.install(|| walker.walk(params.batch.max(1), progress)),
        Err(_) => walker.walk(params.batch.max(1), progress),
    };
    match (walked, told) {
        // there is nothing but nix-eval-jobs, and it failed
        (Err(NixError::NoNix), Some(message)) => Err(NixError::File { file: session.shown().to_owned(), message }),
        (Ok(finding), Some(message)) => {
            let message = format!("{message}; nix-instantiate evaluated instead");
            evaluated.problems.push(Problem::new("no-eval-jobs", message));
            Ok(finding)
        }
        (walked, _) => walked,
    }
}

/// The paths that are asked for, sorted; one without names for all.
fn roots(attributes: &[String]) -> Result<Vec<Vec<String>>, NixError> {
    let split = |attribute: &String| {
        split_path(attribute).ok_or_else(|| NixError::File {
            file: attribute.clone(),
            message: "a quote in the attribute's path is not closed".to_owned(),
        })
    };
    let mut roots: Vec<Vec<String>> = attributes.iter().map(split).collect::<Result<_, _>>()?;
    roots.sort_unstable();
    roots.dedup();
    if roots.is_empty() {
        roots.push(Vec::new());
    }
    Ok(roots)
}

/// What names a folder in messages: as it was given, and where it really lies.
fn folders(folder: &Path) -> Vec<String> {
    if !folder.is_dir() {
        return Vec::new();
    }
    let mut folders: Vec<String> = [std::path::absolute(folder).ok(), folder.canonicalize().ok()]
        .into_iter()
        .flatten()
        .map(|folder| folder.components().collect::<PathBuf>().display().to_string())
        .filter(|folder| folder != "/")
        .collect();
    folders.sort_unstable();
    folders.dedup();
    folders
}
