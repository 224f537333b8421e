//! A side that is evaluated, or was once and is kept.

use std::path::{Path, PathBuf};

use super::{CliError, SideArgs, Which};
use crate::cli::closure::read_inputs;
use crate::cli::printer::{Printer, counted};
use crate::graph::{BuildOptions, CacheKey, Graph, SnapshotCache, SnapshotError};
use crate::ingest::evaluate::{EvaluateParams, Evaluator, evaluate};
use crate::ingest::git::Revision;
use crate::ingest::{IngestOptions, Input};

/// What a tree is told by.
pub(super) struct Tree<'t> {
    pub(super) revision: &'t Revision,
    /// Where it lies.
    pub(super) folder: &'t Path,
    /// Its commit shows where it lies, too, so that it may count.
    pub(super) shows_commit: bool,
}

impl SideArgs {
    /// What is evaluated of a file.
    pub(super) fn params(&self, file: &Path, which: Which) -> EvaluateParams {
        let args = &self.evaluation;
        EvaluateParams {
            attributes: args.attributes.clone(),
            arguments: args.arguments(which),
            systems: args.systems.clone(),
            search_path: args.search_path.clone(),
            store_root: self.inputs.store_root.clone(),
            batch: args.batch as usize,
            workers: args.workers.into(),
            evaluator: Evaluator::from_environment(),
            ..EvaluateParams::new(file)
        }
    }

    /// Where evaluations are kept, if they are.
    pub(super) fn cache(&self) -> Option<SnapshotCache> {
        if self.cache.no_cache {
            return None;
        }
        let folder = |name: &str| std::env::var_os(name).filter(|value| !value.is_empty()).map(PathBuf::from);
        let folder = self.cache.cache_dir.clone().or_else(|| {
            let base = folder("XDG_CACHE_HOME").filter(|folder| folder.is_absolute());
            base.or_else(|| Some(folder("HOME")?.join(".cache"))).map(|base| base.join("nix-ripple"))
        });
        folder.map(SnapshotCache::in_folder)
    }

    /// The key of an evaluation of a tree; `None` where it must not be kept.
    pub(super) fn key(params: &EvaluateParams, tree: &Tree<'_>, file: &Path) -> Option<CacheKey> {
        let identity = params.identity()?;
        let (folder, file) = (tree.folder.display().to_string(), file.display().to_string());
        let commit = if tree.shows_commit { tree.revision.commit.as_str() } else { "" };
        let parts = [("tree", tree.revision.tree.as_str()), ("commit", commit), ("folder", &folder), ("file", &file)];
        Some(CacheKey::of(parts.into_iter().chain(identity.iter().map(|(name, text)| (*name, text.as_str())))))
    }

    /// Opens what was kept under the key, if anything.
    pub(super) fn kept(
        cache: Option<&SnapshotCache>,
        key: Option<&CacheKey>,
        name: &str,
        printer: &mut Printer,
    ) -> Option<Graph> {
        let (cache, key) = (cache?, key?);
        match cache.get(key) {
            Ok(Some(graph)) => {
                printer.detail(&format!("{name}: was evaluated before, and is kept in {}", cache.folder().display()));
                Some(graph)
            }
            Ok(None) => None,
            Err(error) => {
                let why = match error {
                    SnapshotError::Version { found, .. } => format!("of format version {found}"),
                    SnapshotError::Damaged { what, .. } => format!("damaged ({what})"),
                    SnapshotError::Foreign { .. } => "no snapshot".to_owned(),
                    SnapshotError::Io { source, .. } => source.to_string(),
                };
                printer.say(&format!("{name}: what is kept of it is {why}; evaluated again"));
                None
            }
        }
    }

    /// Evaluates, and keeps it under the key, if there is one.
    pub(super) fn evaluate(
        &self,
        params: &EvaluateParams,
        with: &[PathBuf],
        name: &str,
        keep: Option<(&SnapshotCache, &CacheKey)>,
        printer: &mut Printer,
    ) -> Result<Graph, CliError> {
        let evaluated = printer.with_progress_of("attributes", None, |progress| evaluate(params, progress))?;
        printer.problems(&evaluated.problems);
        printer.detail(&format!(
            "{name}: {} with a derivation, {} failed",
            counted(evaluated.derivations, "attribute"),
            evaluated.failed
        ));
        let mut inputs = Vec::new();
        if !evaluated.lines.is_empty() {
            inputs.push(Input::Text { shown: name.to_owned(), text: evaluated.lines.clone() });
        }
        inputs.extend(with.iter().cloned().map(Input::Path));
        // what is kept is read where the store may have the derivations no more
        let keep_texts = keep.is_some();
        let options =
            IngestOptions { store_root: self.inputs.store_root.clone(), keep_texts, ..IngestOptions::default() };
        let build_options = BuildOptions { allow_missing: self.inputs.allow_missing, keep_texts, allow_empty: true };
        let graph = read_inputs(&inputs, &options, build_options, false, printer)?;
        match keep {
            Some(_) if evaluated.killed => {
                printer.detail(&format!("{name}: not kept, for Nix was ended from outside"));
            }
            Some((cache, key)) => {
                // an answer that cannot be kept is an answer all the same
                if let Err(error) = cache.put(key, &graph) {
                    printer.warning(&format!("{name}: cannot be kept: {error}"));
                }
            }
            None => {}
        }
        Ok(graph)
    }

    /// Tells what the cache has.
    pub(super) fn tell_cache(cache: Option<&SnapshotCache>, printer: &mut Printer) {
        if let Some(cache) = cache {
            let (count, bytes) = cache.holds();
            let held = counted(count, "snapshot");
            printer.detail(&format!("{}: {held}, {:.1} MB", cache.folder().display(), bytes as f64 / 1e6));
        }
    }
}
