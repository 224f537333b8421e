//! Loading both sides.

use std::path::{Path, PathBuf};

use super::evaluated::Tree;
use super::plan::{Plan, SideError, Source, told};
use super::{CliError, LoadedSide, SideArgs, Which};
use crate::cli::closure::read_inputs;
use crate::cli::printer::Printer;
use crate::graph::{BuildOptions, Graph};
use crate::ingest::evaluate::{NixError, is_search_path};
use crate::ingest::git::{Range, Repository, Revision};
use crate::ingest::{Checkouts, IngestError, IngestOptions, Input, is_snapshot};
use crate::nix::store_path::strip_output;
use crate::proof::TextSources;

impl SideArgs {
    /// Loads what the command line names: two sides, one expression with different arguments, or two
    /// revisions.
    pub(in crate::cli) fn load(
        &self,
        old: Option<&Path>,
        new: Option<&Path>,
        printer: &mut Printer,
    ) -> Result<(LoadedSide, LoadedSide), CliError> {
        let (old, new) = match self.plan(old, new)? {
            Plan::Two(old, new) => {
                // better now than after an evaluation
                for (source, with) in [(&old, self.with(Which::Old)), (&new, self.with(Which::New))] {
                    is_there(source, with)?;
                }
                (self.side(&old, Which::Old, None, printer)?, self.side(&new, Which::New, None, printer)?)
            }
            Plan::Same(file) => {
                let source = Source::Evaluate(file.clone());
                let mut side = |which| {
                    let name = format!("{} with {}", file.display(), told(&self.evaluation.arguments(which)));
                    self.side(&source, which, Some(name), printer)
                };
                (side(Which::Old)?, side(Which::New)?)
            }
            Plan::Revisions(range) => self.revisions(&range, printer)?,
        };
        self.check_attributes(&old, &new, printer)?;
        Ok((old, new))
    }

    fn with(&self, which: Which) -> &[PathBuf] {
        match which {
            Which::Old => &self.inputs.old_with,
            Which::New => &self.inputs.new_with,
        }
    }

    fn side(
        &self,
        source: &Source,
        which: Which,
        name: Option<String>,
        printer: &mut Printer,
    ) -> Result<LoadedSide, CliError> {
        match source {
            Source::Evaluate(file) => {
                let name = name.unwrap_or_else(|| file.display().to_string());
                let graph = self.evaluated(file, which, &name, printer)?;
                Ok(self.loaded(name, graph, self.with(which).to_vec()))
            }
            Source::Read(file) => {
                let files: Vec<PathBuf> = std::iter::once(file).chain(self.with(which)).cloned().collect();
                let names: Vec<String> = files.iter().map(|file| file.display().to_string()).collect();
                let graph = self.read(&files, printer)?;
                Ok(self.loaded(names.join(" + "), graph, files))
            }
        }
    }

    fn loaded(&self, name: String, graph: Graph, files: Vec<PathBuf>) -> LoadedSide {
        LoadedSide { name, graph, texts: TextSources { files, store_root: self.inputs.store_root.clone() } }
    }

    /// A snapshot, or inputs; attributes alone will do.
    fn read(&self, files: &[PathBuf], printer: &mut Printer) -> Result<Graph, CliError> {
        if let [file] = files
            && is_snapshot(file)
        {
            let graph = Graph::open(file)?;
            printer.detail(&format!("{}: {} nodes, {} edges", file.display(), graph.node_count(), graph.edge_count()));
            return Ok(graph);
        }
        if files.iter().any(|file| is_snapshot(file)) {
            return Err(CliError::SnapshotWithOthers);
        }
        let inputs: Vec<Input> = files.iter().cloned().map(Input::Path).collect();
        let options = IngestOptions {
            store_root: self.inputs.store_root.clone(),
            attributes_alone: true,
            ..IngestOptions::default()
        };
        let build_options =
            BuildOptions { allow_missing: self.inputs.allow_missing, allow_empty: true, ..BuildOptions::default() };
        read_inputs(&inputs, &options, build_options, false, printer)
    }

    /// A file or folder of the user's; kept if it is a checkout in which nothing is changed.
    fn evaluated(&self, file: &Path, which: Which, name: &str, printer: &mut Printer) -> Result<Graph, CliError> {
        let params = self.params(file, which);
        let with = self.with(which);
        let cache = self.cache().filter(|_| with.is_empty() && file.is_dir());
        let revision = cache.as_ref().and_then(|_| Repository::clean_checkout(file));
        let folder = file.canonicalize().unwrap_or_else(|_| file.to_path_buf());
        let key = revision.as_ref().and_then(|revision| {
            let tree = Tree { revision, folder: &folder, shows_commit: true };
            Self::key(&params, &tree, Path::new("."))
        });
        if let Some(graph) = Self::kept(cache.as_ref(), key.as_ref(), name, printer) {
            return Ok(graph);
        }
        if cache.is_some() && key.is_none() {
            let why = if revision.is_none() { "it is no clean checkout" } else { "an argument or -I names a file" };
            printer.detail(&format!("{name}: not kept, for {why}"));
        }
        let graph = self.evaluate(&params, with, name, cache.as_ref().zip(key.as_ref()), printer)?;
        Self::tell_cache(cache.as_ref().filter(|_| key.is_some()), printer);
        Ok(graph)
    }

    /// Two revisions: each is checked out, evaluated, and removed again.
    fn revisions(&self, range: &Range, printer: &mut Printer) -> Result<(LoadedSide, LoadedSide), CliError> {
        let here = self.git.repo.clone().unwrap_or_else(|| PathBuf::from("."));
        let repository = Repository::of(&here)?;
        let (base, head) = repository.range(range)?;
        let mut cache = self.cache();
        let kept = cache.as_ref().map(|cache| {
            Checkouts::in_folder(&cache.folder().join("checkout"), &repository, || {
                printer.say("waits for another run that evaluates revisions");
            })
        });
        let mut checkouts = match kept.transpose() {
            Ok(Some(checkouts)) => checkouts,
            Ok(None) => Checkouts::temporary(&repository)?,
            // an answer that cannot be kept is an answer all the same
            Err(error) => {
                printer.warning(&format!("nothing is kept: {error}; --cache-dir names another folder"));
                cache = None;
                Checkouts::temporary(&repository)?
            }
        };
        let mut side = |revision: &Revision, which| -> Result<LoadedSide, CliError> {
            let name = format!("{} ({})", revision.name, revision.commit.get(..10).unwrap_or(&revision.commit));
            let mut params = self.params(&checkouts.folder().join(&self.git.file), which);
            params.base = Some(checkouts.folder().to_path_buf());
            let tree = Tree { revision, folder: checkouts.folder(), shows_commit: false };
            let key = Self::key(&params, &tree, &self.git.file);
            if cache.is_some() && key.is_none() {
                printer.detail(&format!("{name}: not kept, for an argument or -I names a file"));
            }
            let graph = match Self::kept(cache.as_ref(), key.as_ref(), &name, printer) {
                Some(graph) => graph,
                None => {
                    let _tree = checkouts.check_out(&repository, revision)?;
                    if !params.file.exists() {
                        let file = self.git.file.display().to_string();
                        return Err(SideError::NotInTree { side: name, file }.into());
                    }
                    let keep = cache.as_ref().zip(key.as_ref());
                    let evaluated = self.evaluate(&params, &[], &name, keep, printer);
                    evaluated.map_err(|error| in_tree(error, &name, checkouts.folder()))?
                }
            };
            Ok(self.loaded(name, graph, Vec::new()))
        };
        let sides = (side(&base, Which::Old)?, side(&head, Which::New)?);
        Self::tell_cache(cache.as_ref(), printer);
        Ok(sides)
    }

    /// What was asked for by name must be on one of the sides.
    fn check_attributes(&self, old: &LoadedSide, new: &LoadedSide, printer: &mut Printer) -> Result<(), CliError> {
        for attribute in &self.evaluation.attributes {
            match (has(&old.graph, attribute), has(&new.graph, attribute)) {
                (true, true) => {}
                (false, false) => return Err(SideError::NoAttribute(attribute.clone()).into()),
                (true, false) => printer.warning(&format!("{} has no '{attribute}'", new.name)),
                (false, true) => printer.warning(&format!("{} has no '{attribute}'", old.name)),
            }
        }
        Ok(())
    }
}

/// Says which revision does not evaluate; where its tree lay is of no use.
fn in_tree(error: CliError, name: &str, folder: &Path) -> CliError {
    match error {
        CliError::Nix(NixError::File { message, .. }) => {
            let message = message.replace(&format!("{}/", folder.display()), "");
            CliError::Nix(NixError::File { file: name.to_owned(), message })
        }
        error => error,
    }
}

/// Whether an attribute is there, or one below it; also one that failed.
fn has(graph: &Graph, attribute: &str) -> bool {
    let fits = |name: &str| name.strip_prefix(attribute).is_some_and(|rest| rest.is_empty() || rest.starts_with('.'));
    graph.attributes().any(|known| fits(graph.attribute_name(known))) || graph.failed().any(|failed| fits(failed.name))
}

/// Whether what a side is made of is there. Paths of the store are looked up elsewhere.
fn is_there(source: &Source, with: &[PathBuf]) -> Result<(), CliError> {
    let read = match source {
        Source::Evaluate(file) if !file.exists() && !is_search_path(&file.display().to_string()) => {
            return Err(NixError::NoFile(file.clone()).into());
        }
        Source::Evaluate(_) => None,
        Source::Read(file) => Some(file),
    };
    for file in read.into_iter().chain(with) {
        let shown = file.display().to_string();
        if let Err(source) = file.metadata()
            && shown != "-"
            && !strip_output(&shown).ends_with(".drv")
        {
            return Err(IngestError::Io { path: shown, source }.into());
        }
    }
    Ok(())
}
