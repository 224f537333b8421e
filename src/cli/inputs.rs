//! `nix-ripple inputs`: why each input of a package is there.

use super::Outcome;
use super::closure::ClosureArgs;
use super::error::CliError;
use super::evidence::EvidenceArgs;
use super::impact::SELECTORS;
use super::printer::Printer;
use crate::query::{InputsParams, Selector, inputs, principal_first, resolve};
use crate::role::EffectiveInputs;

/// What the columns of the answer mean.
const ROLES: &str = "\
Columns:
  role          why it is there, by the keys that name it: a list of dependencies by its own name,
                builder, stdenv, source, phase:NAME, shell, hook, reference, forbidden,
                environment; check (gone when checks are off, by evidence); runtime (the built
                output mentions it, by evidence); propagated
  how it comes  the keys that name it, or the inputs that propagate it
  rebuilds      how many derivations a bump of this very input rebuilds, itself not counted
  verdict       what a change of it can change: affects (everything), reference-only (the path that
                is recorded), test-only, no-effect; unknown where neither rules nor evidence tell. In
                brackets the grade (suspected, inferred, observed, proven) and the rule
  remedy        drop, detach or split, as of 'overlay', and what it saves of these rebuilds";

const EXAMPLES: &str = "\
Examples:
  nix-ripple inputs curl
  nix-ripple inputs python311Packages.pandas --effective";

/// Arguments of `inputs`.
#[derive(Debug, clap::Args)]
#[command(after_help = format!("{ROLES}\n\n{SELECTORS}\n\n{EXAMPLES}"))]
pub(super) struct Args {
    /// The package; taken as named, never extended
    #[arg(value_name = "PKG")]
    package: String,
    /// Also what comes along with others that propagate it
    #[arg(long)]
    effective: bool,
    #[command(flatten)]
    evidence: EvidenceArgs,
    #[command(flatten)]
    closure: ClosureArgs,
}

pub(super) fn run(args: Args, printer: &mut Printer) -> Result<Outcome, CliError> {
    let selectors = Selector::expand(&[&args.package])?;
    let graph = args.closure.load(printer)?;
    let bumps = resolve(&graph, &selectors, true)?;
    let packages = principal_first(&graph, bumps.into_iter().flat_map(|bump| bump.nodes).collect());
    if packages.is_empty() {
        return Err(CliError::NoDerivation(args.package));
    }
    let (verdicts, evidence) = args.evidence.load(&graph, printer)?;
    let effective = EffectiveInputs::new(&graph);
    let params = InputsParams { effective: args.effective };
    printer.report(&inputs(&graph, &effective, &verdicts, &evidence, &packages, params))?;
    Ok(Outcome::Fine)
}
