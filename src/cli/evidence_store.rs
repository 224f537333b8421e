//! `nix-ripple evidence`: what evidence files hold, joined and tidied.

use std::path::{Path, PathBuf};

use clap::builder::PossibleValuesParser;

use super::Outcome;
use super::closure::ClosureArgs;
use super::error::CliError;
use super::printer::{Printer, counted};
use crate::graph::Graph;
use crate::query::{EvidenceFilter, evidence_list};
use crate::verdict::{Evidence, EvidenceFile, PruneParams, Pruned, Reading, prune};

/// Arguments of `evidence`.
#[derive(Debug, clap::Args)]
#[command(after_help = "\
Examples:
  nix-ripple evidence list evidence.jsonl
  nix-ripple evidence merge evidence.jsonl theirs.jsonl -o all.jsonl
  nix-ripple evidence prune all.jsonl")]
pub(super) struct Args {
    #[command(subcommand)]
    command: EvidenceCommand,
}

#[derive(Debug, clap::Subcommand)]
enum EvidenceCommand {
    /// What the records say; with a closure also which of them speak of it
    #[command(after_help = "\
States, with --closure: 'current': the package and the input are there; 'stale': the package is
there with another recipe, or without the input; 'absent': it is not there.

Examples:
  nix-ripple evidence list evidence.jsonl -c closure.ripple
  nix-ripple evidence list evidence.jsonl --package pandas --kind check-only")]
    List(ListArgs),
    /// Join files: sorted, each record once
    #[command(after_help = "\
Examples:
  nix-ripple evidence merge evidence.jsonl theirs.jsonl -o all.jsonl")]
    Merge(MergeArgs),
    /// Remove what a file can do without: damaged lines, repetitions, failures of what there is
    /// evidence of now, experiments of which another says as much; with a closure what is stale
    #[command(after_help = "\
What was shown to matter (affects) stays, also where it is stale, unless --stale is given and its
recipe is gone. What the closure does not have at all stays.

Examples:
  nix-ripple evidence prune evidence.jsonl -c closure.ripple
  nix-ripple evidence prune evidence.jsonl -c closure.ripple --stale -o rest.jsonl")]
    Prune(PruneArgs),
}

/// A closure to compare with.
#[derive(Debug, clap::Args)]
struct Compared {
    /// A closure: a snapshot, or anything that 'ingest' takes (repeatable)
    #[arg(short, long, value_name = "FILE", help_heading = "Closure")]
    closure: Vec<PathBuf>,
    /// Where the store lies: DIR/nix/store, or a plain folder of .drv files
    #[arg(long, value_name = "DIR", help_heading = "Closure")]
    store_root: Option<PathBuf>,
    /// Take a closure with holes
    #[arg(long, help_heading = "Closure")]
    allow_missing: bool,
}

impl Compared {
    fn load(self, printer: &mut Printer) -> Result<Option<Graph>, CliError> {
        if self.closure.is_empty() {
            return Ok(None);
        }
        ClosureArgs::of(self.closure, self.store_root, self.allow_missing).load(printer).map(Some)
    }
}

#[derive(Debug, clap::Args)]
struct ListArgs {
    /// Evidence files
    #[arg(value_name = "FILE", required = true)]
    files: Vec<PathBuf>,
    /// Only of this package: an attribute or its last part, a name, a pname (repeatable)
    #[arg(long, value_name = "NAME")]
    package: Vec<String>,
    /// Only of this kind (repeatable)
    #[arg(long, value_name = "KIND", value_parser = kinds())]
    kind: Vec<String>,
    #[command(flatten)]
    closure: Compared,
}

#[derive(Debug, clap::Args)]
struct MergeArgs {
    /// Evidence files, also of the older shape
    #[arg(value_name = "FILE", required = true)]
    files: Vec<PathBuf>,
    /// The file to write; one that is there must be among those that are joined
    #[arg(short, long, value_name = "FILE")]
    output: PathBuf,
}

#[derive(Debug, clap::Args)]
struct PruneArgs {
    /// An evidence file
    #[arg(value_name = "FILE")]
    file: PathBuf,
    /// Where to write what is left; in place without
    #[arg(short, long, value_name = "FILE")]
    output: Option<PathBuf>,
    /// Also what was shown to matter, where its recipe is gone
    #[arg(long, requires = "closure")]
    stale: bool,
    #[command(flatten)]
    closure: Compared,
}

/// The kinds as a user names them.
fn kinds() -> PossibleValuesParser {
    PossibleValuesParser::new(Evidence::KINDS.into_iter().chain(["failure"]))
}

pub(super) fn run(args: Args, printer: &mut Printer) -> Result<Outcome, CliError> {
    match args.command {
        EvidenceCommand::List(args) => list(args, printer),
        EvidenceCommand::Merge(args) => merge(&args, printer),
        EvidenceCommand::Prune(args) => pruned(args, printer),
    }
}

/// Reads files, and tells what is to be told of them.
pub(super) fn load(files: &[PathBuf], printer: &mut Printer) -> Result<EvidenceFile, CliError> {
    let mut all = Vec::new();
    for path in files {
        let (file, problems) = EvidenceFile::load(path)?;
        printer.problems(&problems);
        all.push(file);
    }
    Ok(EvidenceFile::merge(all))
}

fn list(args: ListArgs, printer: &mut Printer) -> Result<Outcome, CliError> {
    let file = load(&args.files, printer)?;
    let graph = args.closure.load(printer)?;
    let filter = EvidenceFilter { packages: args.package, kinds: args.kind };
    printer.report(&evidence_list(&file, graph.as_ref(), &filter))?;
    Ok(Outcome::Fine)
}

/// Whether two paths are one file.
fn same_file(one: &Path, other: &Path) -> bool {
    matches!((one.canonicalize(), other.canonicalize()), (Ok(one), Ok(other)) if one == other)
}

fn merge(args: &MergeArgs, printer: &mut Printer) -> Result<Outcome, CliError> {
    let (in_place, others): (Vec<PathBuf>, Vec<PathBuf>) =
        args.files.iter().cloned().partition(|file| same_file(file, &args.output));
    if in_place.is_empty() && args.output.is_file() {
        return Err(CliError::WouldOverwrite(args.output.display().to_string()));
    }
    let joined = load(&others, printer)?;
    let mut count = joined.count();
    if in_place.is_empty() {
        joined.save(&args.output)?;
    } else {
        let mut problems = Vec::new();
        EvidenceFile::rewrite(&args.output, |reading| {
            problems = reading.problems;
            let merged = EvidenceFile::merge([joined, reading.file]);
            count = merged.count();
            merged
        })?;
        printer.problems(&problems);
    }
    printer.say(&format!("{}: {}", args.output.display(), counted(count, "record")));
    Ok(Outcome::Fine)
}

fn pruned(args: PruneArgs, printer: &mut Printer) -> Result<Outcome, CliError> {
    let graph = args.closure.load(printer)?;
    let params = PruneParams { closure: graph.as_ref(), refuted: args.stale };
    let Pruned { file, removed, refuting } = match &args.output {
        Some(output) if !same_file(output, &args.file) => {
            if output.is_file() {
                return Err(CliError::WouldOverwrite(output.display().to_string()));
            }
            let pruned = prune(Reading::load(&args.file)?, params);
            pruned.file.save(output)?;
            pruned
        }
        _ => {
            let mut result = Pruned::default();
            let change = |reading: Reading| {
                result = prune(reading, params);
                result.file.clone()
            };
            EvidenceFile::rewrite(&args.file, change)?;
            result
        }
    };
    let written = args.output.as_ref().unwrap_or(&args.file).display();
    for (count, why) in &removed {
        printer.say(&format!("removed {count}: {why}"));
    }
    if refuting > 0 {
        printer.say(&format!("kept {refuting} that are stale, for they show that an input matters (see --stale)"));
    }
    printer.say(&format!("{written}: {}", counted(file.count(), "record")));
    Ok(Outcome::Fine)
}
