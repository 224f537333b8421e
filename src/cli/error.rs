//! Every failure of a command: its message, what to do, and the exit code (2 for all of them).

use std::borrow::Cow;
use std::collections::BTreeSet;
use std::io;
use std::path::Path;

use super::side::SideError;
use crate::cost::{CachedError, TimesError};
use crate::graph::{BuildError, SnapshotError};
use crate::ingest::evaluate::NixError;
use crate::ingest::git::GitError;
use crate::ingest::{FileError, IngestError};
use crate::proof::ProbeError;
use crate::proof::experiment::ExperimentError;
use crate::proof::outputs::{BuiltError, MetadataError, ReferencesError, TreeError};
use crate::query::waves::status::StatusError;
use crate::query::waves::{BumpsError, KeepError, WavesError};
use crate::query::{LevelsError, OwnersError, RankError, ResolveError, SelectorError, WhatIfError, did_you_mean};
use crate::report::RenderError;
use crate::verdict::{EvidenceError, RulesError};

/// Why a command failed.
#[derive(Debug, thiserror::Error)]
pub(super) enum CliError {
    #[error(transparent)]
    Ingest(#[from] IngestError),
    #[error(transparent)]
    Build(#[from] BuildError),
    #[error(transparent)]
    Snapshot(#[from] SnapshotError),
    #[error(transparent)]
    Selector(#[from] SelectorError),
    #[error(transparent)]
    Resolve(#[from] ResolveError),
    #[error(transparent)]
    Render(#[from] RenderError),
    #[error(transparent)]
    Probe(#[from] ProbeError),
    #[error("nothing could be probed: {0}")]
    NothingProbed(String),
    #[error("writing the answer: {0}")]
    Output(#[from] io::Error),
    #[error("{path}: {source}")]
    Write { path: String, source: io::Error },
    #[error("--html -: a page goes to a file, for the answer itself goes to standard output")]
    PageNowhere,
    #[error("{0}: is there, and is no page; it is left as it is")]
    NoPage(String),
    #[error("no closure: neither --closure, nor NIX_RIPPLE_CLOSURE, nor a default of a file, nor ./closure.ripple")]
    NoClosure,
    #[error("a snapshot is a closure of its own; it cannot be joined with other inputs")]
    SnapshotWithOthers,
    #[error(transparent)]
    Evidence(#[from] EvidenceError),
    #[error(transparent)]
    Rules(#[from] RulesError),
    #[error(transparent)]
    Times(#[from] TimesError),
    #[error(transparent)]
    File(#[from] FileError),
    #[error(transparent)]
    Config(FileError),
    #[error(transparent)]
    Rank(#[from] RankError),
    #[error(transparent)]
    Levels(#[from] LevelsError),
    #[error(transparent)]
    Bumps(#[from] BumpsError),
    #[error(transparent)]
    Waves(#[from] WavesError),
    #[error(transparent)]
    Status(#[from] StatusError),
    #[error(transparent)]
    Keep(#[from] KeepError),
    #[error("--major wants the machines that build: give --builders N, or --farm FILE")]
    NoFarm,
    #[error("--system '{system}': expected a system that derivations of the closure are built on: {known}{nearest}")]
    UnknownSystem { system: String, known: String, nearest: String },
    #[error("--scheduler wants the machines that build: give --builders N, or --farm FILE")]
    NoMachines,
    #[error("nothing to plan: give --bumps FILE, or selectors")]
    NoBump,
    #[error("{0}: is there already, and would be lost")]
    WouldOverwrite(String),
    #[error("{0}: is there already")]
    ExportExists(String),
    #[error("{0} tables are asked for, and standard output takes one, as CSV")]
    ExportNowhere(&'static str),
    #[error("--as parquet: this program was built without it")]
    NoParquet,
    #[error(transparent)]
    Owners(#[from] OwnersError),
    #[error(transparent)]
    WhatIf(#[from] WhatIfError),
    #[error("'{0}' names no derivation, only input sources, which have no inputs")]
    NoDerivation(String),
    #[error(transparent)]
    Nix(#[from] NixError),
    #[error(transparent)]
    Git(#[from] GitError),
    #[error(transparent)]
    Side(#[from] SideError),
    #[error(transparent)]
    Tree(#[from] TreeError),
    #[error("{option} '{text}': expected {expected}")]
    Argument { option: &'static str, text: String, expected: &'static str },
    #[error(transparent)]
    Built(#[from] BuiltError),
    #[error(transparent)]
    Metadata(#[from] MetadataError),
    #[error(transparent)]
    Cached(#[from] CachedError),
    #[error(transparent)]
    References(#[from] ReferencesError),
    #[error(transparent)]
    Experiment(#[from] ExperimentError),
    #[error("{attribute}: {message}")]
    NoPackage { attribute: String, message: String },
    #[error("none of the packages has an input called '{name}'; {}", theirs(.known))]
    UnknownInput { name: String, known: Vec<String> },
    #[error("the packages' lists bring no input, so that there is nothing to prove")]
    NoInputs,
    #[error("{failed} of {of} inputs could not be settled, for the reasons above; nothing was recorded of them")]
    NotSettled { failed: usize, of: usize },
    #[error("nothing to read")]
    NoInput,
    #[error("the closure is not intact: {} found", super::printer::counted(.0.len(), "problem"))]
    NotIntact(Vec<crate::ingest::Problem>),
}

/// What there is instead.
fn theirs(known: &[String]) -> String {
    if known.is_empty() { "they have none".to_owned() } else { format!("theirs are {}", known.join(", ")) }
}

/// What to do where a file cannot be read or written: what else its folder has, or who may.
fn unreadable(error: &CliError) -> Option<String> {
    let mut cause: Option<&dyn std::error::Error> = Some(error);
    let kind = loop {
        match cause?.downcast_ref::<io::Error>() {
            Some(error) => break error.kind(),
            None => cause = cause?.source(),
        }
    };
    let told = error.to_string();
    let path = Path::new(told.split_once(": ")?.0);
    match kind {
        io::ErrorKind::NotFound => {
            let folder = path.parent().filter(|folder| !folder.as_os_str().is_empty()).unwrap_or(Path::new("."));
            if !folder.is_dir() {
                return Some(format!(
                    "there is no folder '{}'; is the path that of a file there is?",
                    folder.display()
                ));
            }
            let name = path.file_name()?.to_string_lossy();
            let names: BTreeSet<String> = std::fs::read_dir(folder)
                .ok()?
                .flatten()
                .filter_map(|entry| entry.file_name().into_string().ok())
                .collect();
            let names: Vec<&str> = names.iter().map(String::as_str).collect();
            let place = match folder == Path::new(".") {
                true => "the current folder".to_owned(),
                false => format!("'{}'", folder.display()),
            };
            Some(format!("{place} has no such file{}", did_you_mean(&name, &names)))
        }
        io::ErrorKind::PermissionDenied => Some("you may not open it; give another file, or change who may".to_owned()),
        io::ErrorKind::IsADirectory => Some("it is a folder; give a file".to_owned()),
        io::ErrorKind::InvalidData => Some("it is no text (UTF-8); give another file".to_owned()),
        _ => None,
    }
}

impl CliError {
    /// What to do about it, where the message does not say so itself.
    pub(super) fn hint(&self) -> Option<Cow<'static, str>> {
        self.own_hint().map(Cow::Borrowed).or_else(|| unreadable(self).map(Cow::Owned))
    }

    fn own_hint(&self) -> Option<&'static str> {
        match self {
            Self::NoClosure => Some("make one with 'nix-ripple ingest INPUT… -o closure.ripple'"),
            Self::SnapshotWithOthers => Some("give the snapshot alone, or all inputs that it was made from"),
            Self::NoBump => Some("a file has [[bump]] tables (TOML), the same in JSON, or a selector a line"),
            Self::NoInput => Some("give .drv paths, JSON files, '-' for standard input, or a Nix expression with -f"),
            Self::NotIntact(_) => Some("read the closure again from the store; no snapshot was written"),
            Self::Selector(_) => Some("see 'nix-ripple impact --help' for the forms of selectors"),
            Self::NothingProbed(_) => Some("-A names attributes, -c closures that have some; no evidence was written"),
            Self::WouldOverwrite(_) => Some("name another file, or also name it among those that are read"),
            Self::PageNowhere => Some("name a file, e.g. --html page.html"),
            Self::NoPage(_) => Some("name another file: --html writes a new one, or over an earlier page"),
            Self::ExportExists(_) => Some("name another folder, or write over it with --force"),
            Self::ExportNowhere(_) => Some("give a folder with --to DIR, or ask for one table, e.g. --edges"),
            Self::NoParquet => Some(
                "build it with 'cargo install --path . --features parquet', or write CSV, which DuckDB reads as well",
            ),
            Self::NoDerivation(_) => Some("name a package: an attribute, a pname or a .drv"),
            Self::NoInputs => Some("name another package with -A, or look at its inputs with 'nix-ripple inputs'"),
            Self::NotSettled { .. } => {
                Some("mend what is told above, and run the same again: what is settled is not tried twice")
            }
            Self::NoPackage { .. } => Some("-A names packages of the expression, as for nix-instantiate"),
            Self::Keep(_) => Some("--locked N counts waves of the plan that --keep names"),
            Self::Resolve(error) if !error.to_string().contains("did you mean") => Some(
                "selectors are words as attributes and pnames, or attr:, pname:, name:, src:, file: with wildcards",
            ),
            Self::Output(_) => Some("what stdout leads to cannot be written: is the disk full?"),
            Self::Config(_) => {
                Some("see 'nix-ripple config --help' for what files may say; --no-config goes without them")
            }
            Self::Rank(RankError::NoSizes) => Some("give sizes of outputs with --sizes FILE"),
            Self::Rank(RankError::NoCosts) => Some("ask for costs with --cost"),
            Self::Ingest(_)
            | Self::Build(_)
            | Self::Snapshot(_)
            | Self::Resolve(_)
            | Self::Evidence(_)
            | Self::Rules(_)
            | Self::Times(_)
            | Self::File(_)
            | Self::Bumps(_)
            | Self::Waves(_)
            | Self::NoFarm
            | Self::NoMachines
            | Self::UnknownSystem { .. }
            | Self::Status(_)
            | Self::Owners(_)
            | Self::Levels(_)
            | Self::WhatIf(_)
            | Self::Render(_)
            | Self::Write { .. }
            | Self::Probe(_)
            | Self::Nix(_)
            | Self::Git(_)
            | Self::Side(_)
            | Self::Experiment(_)
            | Self::UnknownInput { .. }
            | Self::Tree(_)
            | Self::Argument { .. }
            | Self::Built(_)
            | Self::Metadata(_)
            | Self::Cached(_)
            | Self::References(_) => None,
        }
    }

    /// Whether the reader of our output has gone away, which is no failure.
    pub(super) fn is_closed_pipe(&self) -> bool {
        match self {
            Self::Output(error) | Self::Render(RenderError::Io(error)) => error.kind() == io::ErrorKind::BrokenPipe,
            _ => false,
        }
    }
}
