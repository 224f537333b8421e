//! `nix-ripple ingest`: anything in, a snapshot out.

use std::io::IsTerminal;
use std::path::PathBuf;

use super::Outcome;
use super::closure::{Reading, SourceArgs};
use super::error::CliError;
use super::printer::{Printer, counted};
use crate::ingest::is_snapshot;

/// Arguments of `ingest`.
#[derive(Debug, clap::Args)]
#[command(after_help = "\
Inputs, told apart by their content, in any mix, also as .zst:
  .drv paths, files that list them as nix-instantiate prints them, folders of .drv files
  nix derivation show -r JSON (all versions up to 4)
  nix-eval-jobs lines, nix-env -qaP --json --out-path, nixpkgs CI's outpaths (attributes)

Examples:
  nix-ripple ingest derivations attrs.json -o closure.ripple
  nix-ripple ingest derivations --verify --keep-texts -o texts.ripple

Examples with Nix, which evaluate:
  nix-ripple ingest -f default.nix -A curl -o curl.ripple
  nix-instantiate '<nixpkgs>' -A hello | nix-ripple ingest - -o hello.ripple")]
pub(super) struct Args {
    /// What to read; '-' is standard input, and the default when that is no terminal
    #[arg(value_name = "INPUT")]
    inputs: Vec<PathBuf>,
    /// The snapshot to write
    #[arg(short, long, value_name = "FILE", default_value = "closure.ripple")]
    output: PathBuf,
    /// Recompute every derivation and output path; memory is then that of the text
    #[arg(long)]
    verify: bool,
    /// Keep the text of every derivation in the snapshot, too, so that a comparison can say what changed
    /// in it without the store
    #[arg(long)]
    keep_texts: bool,
    #[command(flatten)]
    source: SourceArgs,
}

pub(super) fn run(args: Args, printer: &mut Printer) -> Result<Outcome, CliError> {
    let mut inputs = args.inputs;
    if inputs.is_empty() && !args.source.has_expression() {
        if std::io::stdin().is_terminal() {
            return Err(CliError::NoInput);
        }
        inputs.push(PathBuf::from("-"));
    }
    if inputs.iter().any(|path| is_snapshot(path)) {
        return Err(CliError::SnapshotWithOthers);
    }
    let graph = args.source.read(inputs, Reading { verify: args.verify, keep_texts: args.keep_texts }, printer)?;
    graph.save(&args.output)?;
    let derivations = graph.nodes().filter(|&node| graph.is_derivation(node)).count();
    let fixed = graph.nodes().filter(|&node| graph.is_fixed(node)).count();
    printer.say(&format!(
        "{}: {} ({fixed} fixed-output), {}, {}, {}",
        args.output.display(),
        counted(derivations, "derivation"),
        counted(graph.node_count() - derivations, "input source"),
        counted(graph.edge_count(), "edge"),
        counted(graph.attribute_count(), "attribute"),
    ));
    Ok(Outcome::Fine)
}
