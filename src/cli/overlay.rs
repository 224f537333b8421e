//! `nix-ripple overlay`: remedies as a Nix overlay.

use std::path::PathBuf;

use super::Outcome;
use super::closure::ClosureArgs;
use super::error::CliError;
use super::evidence::RemedyArgs;
use super::printer::{Printer, counted};
use crate::graph::replace_file;
use crate::query::{RemedyParams, WhatIf, overlay, remedies};
use crate::report::{Format, RenderError};
use crate::role::EffectiveInputs;

/// Arguments of `overlay`.
#[derive(Debug, clap::Args)]
#[command(after_help = "\
Remedies:
  drop:A->B          B no longer has the input A; who had it by way of B, and may need it, lists it
  split:A->C         C is built without A, and a light wrapper around it records A
  split:C            the same, for every input of C that evidence calls reference-only
  detach:A->B        A leaves B for a derivation of B's own that runs its tests; detach:A wherever
                     rules or evidence say that it is there for the tests
  detach-tests:PKG   the tests of PKG move to a derivation of their own, its passthru.tests.checks
  detach-tests       those of all packages with evidence
A, B, C and PKG are selectors, as of 'impact'. detach-tests wants --evidence.

To try it: nix-instantiate . --arg overlays '[ (import ./overlay.nix) ]' -A PKG -A PKG.tests.checks

Examples:
  nix-ripple overlay detach-tests:pandas --evidence evidence.jsonl -o overlay.nix
  nix-ripple overlay 'split:pillow->matplotlib'")]
pub(super) struct Args {
    /// What is to be edited
    #[arg(value_name = "REMEDY", required_unless_present = "min_grade")]
    remedies: Vec<String>,
    /// Take selectors as named, without other instances
    #[arg(long)]
    only: bool,
    /// The file to write; standard output without
    #[arg(short, long, value_name = "FILE")]
    output: Option<PathBuf>,
    #[command(flatten)]
    evidence: RemedyArgs,
    #[command(flatten)]
    closure: ClosureArgs,
}

pub(super) fn run(args: Args, printer: &mut Printer) -> Result<Outcome, CliError> {
    let what_ifs = args.remedies.iter().map(|text| WhatIf::parse(text)).collect::<Result<Vec<_>, _>>()?;
    let format = match printer.format() {
        Format::Table => None,
        Format::Json => Some("json"),
        Format::Markdown => Some("markdown"),
        Format::Csv => Some("csv"),
        Format::Dot => Some("dot"),
    };
    if let Some(format) = format {
        return Err(RenderError::NoSuchForm(format, "Nix alone").into());
    }
    let graph = args.closure.load(printer)?;
    let (verdicts, _) = args.evidence.evidence.load(&graph, printer)?;
    let effective = EffectiveInputs::new(&graph);
    let params = RemedyParams { min_grade: args.evidence.min_grade, only: args.only };
    let found = remedies(&graph, &effective, &verdicts, &[], &what_ifs, params)?;
    let overlay = overlay(&graph, &found);
    let mut text = Vec::new();
    overlay.nix(&mut text)?;
    match &args.output {
        None => printer.bytes(&text)?,
        Some(file) => {
            let failed = |source| CliError::Write { path: file.display().to_string(), source };
            replace_file(file, &text).map_err(failed)?;
        }
    }
    printer.warnings(&overlay.warnings);
    printer.say(&format!(
        "{} for {}",
        counted(overlay.edits.len(), "edit"),
        counted(found.remedies.len() + found.receivers.len(), "edge")
    ));
    Ok(Outcome::Fine)
}
