//! Which closure a command works on, and how it is loaded.

use std::path::{Path, PathBuf};

use super::config::{Config, Key};
use super::error::CliError;
use super::printer::Printer;
use crate::graph::{BuildError, BuildOptions, Graph, build};
use crate::ingest::{Expression, IngestOptions, Input, RawClosure, ingest, is_snapshot, verify};

/// The closure of a query.
#[derive(Debug, Clone, clap::Args)]
#[command(next_help_heading = "Closure")]
pub(super) struct ClosureArgs {
    /// A snapshot, or anything that 'ingest' takes (repeatable, e.g. for a map of attributes);
    /// default: $NIX_RIPPLE_CLOSURE, then that of 'nix-ripple config', then ./closure.ripple
    #[arg(short, long, value_name = "FILE")]
    closure: Vec<PathBuf>,
    #[command(flatten)]
    source: SourceArgs,
}

/// What is read where no closure is given; nothing where nothing is said or there.
pub(super) fn default_closure(config: &Config) -> Vec<PathBuf> {
    let told = std::env::var_os("NIX_RIPPLE_CLOSURE").filter(|value| !value.is_empty()).map(PathBuf::from);
    match (told, config.files(Key::Closure)) {
        (Some(path), _) => vec![path],
        (None, []) => Some(PathBuf::from("closure.ripple")).filter(|path| path.exists()).into_iter().collect(),
        (None, files) => files.to_vec(),
    }
}

/// What applies to reading, for queries and for 'ingest'.
#[derive(Debug, Clone, clap::Args)]
#[command(next_help_heading = "Closure")]
pub(super) struct SourceArgs {
    /// A Nix expression to instantiate with nix-instantiate
    #[arg(short, long, value_name = "FILE")]
    file: Option<PathBuf>,
    /// Attributes of the expression (repeatable; all without)
    #[arg(short = 'A', long = "attr", value_name = "ATTR", requires = "file")]
    attributes: Vec<String>,
    /// Where the store lies: DIR/nix/store, or a plain folder of .drv files; with -f Nix writes there, too
    #[arg(long, value_name = "DIR")]
    store_root: Option<PathBuf>,
    /// Take a closure with holes
    #[arg(long)]
    allow_missing: bool,
}

/// What is done beside reading.
#[derive(Debug, Clone, Copy, Default)]
pub(super) struct Reading {
    /// Every path is recomputed first.
    pub(super) verify: bool,
    /// The graph gets the texts of its derivations.
    pub(super) keep_texts: bool,
}

impl ClosureArgs {
    /// What a command gives that has options of its own for it.
    pub(super) fn of(closure: Vec<PathBuf>, store_root: Option<PathBuf>, allow_missing: bool) -> Self {
        Self { closure, source: SourceArgs { file: None, attributes: Vec::new(), store_root, allow_missing } }
    }

    /// The expression, if one was given.
    pub(super) fn expression(&self) -> Option<&Path> {
        self.source.file.as_deref()
    }

    /// What is read: what was given, else the default.
    pub(super) fn paths(&self, printer: &Printer) -> Result<Vec<PathBuf>, CliError> {
        let mut paths = self.closure.clone();
        if paths.is_empty() && self.source.file.is_none() {
            paths = default_closure(printer.config());
            if paths.is_empty() {
                return Err(CliError::NoClosure);
            }
        }
        Ok(paths)
    }

    /// Opens the snapshot, or reads the inputs. Attributes alone are no closure to ask.
    pub(super) fn load(&self, printer: &mut Printer) -> Result<Graph, CliError> {
        let graph = self.load_any(printer)?;
        if graph.node_count() == 0 { Err(BuildError::Empty.into()) } else { Ok(graph) }
    }

    /// As [`Self::load`], also where nothing but attributes is known.
    pub(super) fn load_any(&self, printer: &mut Printer) -> Result<Graph, CliError> {
        let paths = self.paths(printer)?;
        if let [path] = paths.as_slice()
            && self.source.file.is_none()
            && is_snapshot(path)
        {
            let graph = Graph::open(path)?;
            printer.detail(&format!("{}: {} nodes, {} edges", path.display(), graph.node_count(), graph.edge_count()));
            return Ok(graph);
        }
        if paths.iter().any(|path| is_snapshot(path)) {
            return Err(CliError::SnapshotWithOthers);
        }
        self.source.read(paths, Reading::default(), printer)
    }
}

impl SourceArgs {
    /// Whether an expression was given.
    pub(super) fn has_expression(&self) -> bool {
        self.file.is_some()
    }

    /// Reads these inputs (and the expression) into a graph.
    pub(super) fn read(&self, paths: Vec<PathBuf>, reading: Reading, printer: &mut Printer) -> Result<Graph, CliError> {
        let mut inputs: Vec<Input> = paths.into_iter().map(Input::Path).collect();
        if let Some(file) = &self.file {
            inputs.push(Input::Expression(Expression { file: file.clone(), attributes: self.attributes.clone() }));
        }
        let options = IngestOptions {
            store_root: self.store_root.clone(),
            keep_texts: reading.verify || reading.keep_texts,
            ..IngestOptions::default()
        };
        let build_options = BuildOptions {
            allow_missing: self.allow_missing,
            keep_texts: reading.keep_texts,
            ..BuildOptions::default()
        };
        read_inputs(&inputs, &options, build_options, reading.verify, printer)
    }
}

/// Reads inputs into a graph; with `check`, every path is recomputed first.
pub(super) fn read_inputs(
    inputs: &[Input],
    options: &IngestOptions,
    build_options: BuildOptions,
    check: bool,
    printer: &mut Printer,
) -> Result<Graph, CliError> {
    let (raw, problems) = printer.with_progress(|progress| ingest(inputs, options, progress))?;
    printer.problems(&problems);
    if check {
        verify_closure(&raw, printer)?;
    }
    let (graph, problems) = build(&raw, build_options)?;
    printer.problems(&problems);
    printer.detail(&format!("read {} nodes, {} edges", graph.node_count(), graph.edge_count()));
    Ok(graph)
}

fn verify_closure(raw: &RawClosure, printer: &mut Printer) -> Result<(), CliError> {
    let verified = verify(raw);
    if !verified.problems.is_empty() {
        return Err(CliError::NotIntact(verified.problems));
    }
    printer.say(&format!(
        "verified: {} derivation paths and {} outputs are what Nix makes of them",
        verified.derivations, verified.outputs
    ));
    Ok(())
}
