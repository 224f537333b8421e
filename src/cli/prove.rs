//! `nix-ripple prove`: experiments that settle whether an input matters.

mod books;
mod named;
mod ranked;

use std::collections::BTreeSet;
use std::ffi::OsString;
use std::path::PathBuf;

use globset::Glob;

use self::books::Books;
use super::Outcome;
use super::error::CliError;
use super::printer::Printer;
use crate::graph::{Graph, NodeId};
use crate::nix::name::strip_interpreter;
use crate::nix::normalise_pname;
use crate::proof::experiment::{Consumer, Next, Nix, ProveParams, Prover};
use crate::proof::{TextSources, Texts};
use crate::report::{Format, ProofReport};
use crate::role::EffectiveInputs;
use crate::verdict::{EvidenceFile, ExperimentKind};

/// Arguments of `prove`.
#[derive(Debug, clap::Args)]
#[command(after_help = "\
Each package is built twice as it is, then without the input; where that fails, with all checks
off, then with a stub of the input: the same names without content. The outputs are compared file
by file. Builds always run in a sandbox; an experiment without one is never above 'suspected'.
What is proven is appended to the evidence file.

Examples with Nix, which build:
  nix-ripple prove -f . -A python3Packages.imageio --input pillow
  nix-ripple prove -f . -A python3Packages.pandas    # all inputs
  nix-ripple prove -f . --top 20 --budget-hours 8    # what pays most, over night
  nix-ripple prove -f . -A hello -- --option cores 8 --builders 'ssh://big x86_64-linux'")]
pub(super) struct Args {
    /// A Nix expression to instantiate with nix-instantiate
    #[arg(short, long, value_name = "FILE")]
    file: PathBuf,
    /// Packages of the expression (repeatable); with --top also sets of them, and everything without
    #[arg(short = 'A', long = "attr", value_name = "ATTR", required_unless_present = "top")]
    attributes: Vec<String>,
    /// The input: a package's name (also with wildcards), or its store path (repeatable; all that the
    /// package's lists bring without)
    #[arg(short, long = "input", value_name = "NAME")]
    inputs: Vec<String>,
    /// An experiment (repeatable): remove, stub, perturb; default: remove, and stub where that fails or
    /// leaves open whether checks use the input
    #[arg(long = "experiment", value_name = "KIND", value_parser = kind)]
    experiments: Vec<ExperimentKind>,
    /// For perturb: what stands in the input's place, an attribute of the expression or a .drv path, say its
    /// next version; without, the input itself under another hash
    #[arg(long, value_name = "ATTR", requires = "inputs")]
    next: Option<String>,
    /// A Nix expression as argument of the expression's function (repeatable)
    #[arg(long = "arg", value_names = ["NAME", "VALUE"], num_args = 2)]
    arguments: Vec<String>,
    /// A string as argument of the expression's function (repeatable)
    #[arg(long = "argstr", value_names = ["NAME", "VALUE"], num_args = 2)]
    strings: Vec<String>,
    /// The system to evaluate for; default: Nix's own
    #[arg(long, value_name = "SYSTEM")]
    system: Option<String>,
    /// The evidence file to append to
    #[arg(short, long, value_name = "FILE", default_value = "evidence.jsonl", alias = "evidence")]
    output: PathBuf,
    /// Build each package once more under strace, and tell which files of each input its build opens, and in
    /// which phase
    #[arg(long)]
    trace: bool,
    /// Make experiments again that the evidence file has for the same derivations
    #[arg(long)]
    again: bool,
    /// A store of its own, below this folder: it is built there
    #[arg(long, value_name = "DIR", alias = "store")]
    store_root: Option<PathBuf>,
    /// How many inputs are tried side by side
    #[arg(short, long, value_name = "N", default_value = "1", value_parser = clap::value_parser!(u16).range(1..=256))]
    jobs: u16,
    /// You vouch that other machines that build for Nix do so in a sandbox; without, their results are
    /// 'suspected'
    #[arg(long)]
    trust_builders: bool,
    #[command(flatten)]
    ranking: ranked::RankingArgs,
    /// Options for nix-store, behind '--': they hold for every build. What builds need of this machine
    /// is named here, too: --option sandbox-paths '/bin /usr'
    #[arg(last = true, value_name = "NIX OPTION")]
    options: Vec<OsString>,
}

fn kind(word: &str) -> Result<ExperimentKind, String> {
    let known = ExperimentKind::ALL.into_iter().find(|kind| kind.as_str() == word);
    known.ok_or_else(|| format!("'{word}' is no experiment: expected remove, stub or perturb"))
}

pub(super) fn run(args: Args, printer: &mut Printer) -> Result<Outcome, CliError> {
    // better now than after a night of building
    EvidenceFile::check_appendable(&args.output)?;
    let mut books = Books::new(&args.output);
    let of = match args.ranking.top {
        Some(top) => ranked::prove(&args, top, &mut books, printer)?,
        None => named::prove(&args, &mut books, printer)?,
    };
    let Books { rows, failed, .. } = books;
    if printer.format() != Format::Json {
        printer.report(&ProofReport { rows })?;
    }
    if failed > 0 {
        return Err(CliError::NotSettled { failed, of });
    }
    Ok(Outcome::Fine)
}

impl Args {
    /// What makes the experiments that are asked for.
    fn prover(&self, next: Option<Next>) -> Result<Prover, CliError> {
        let experiments: BTreeSet<ExperimentKind> = if self.experiments.is_empty() {
            // who names another version wants to know of it
            let perturb = next.is_some().then_some(ExperimentKind::Perturb);
            [ExperimentKind::Remove, ExperimentKind::Stub].into_iter().chain(perturb).collect()
        } else {
            self.experiments.iter().copied().collect()
        };
        let nix = Nix::new(self.store_root.as_deref(), self.options.clone());
        Ok(Prover::new(nix, ProveParams { experiments, trust_builders: self.trust_builders, next })?)
    }

    /// Packages of a graph, made ready for experiments.
    fn consumers(
        &self,
        graph: &Graph,
        effective: &EffectiveInputs<'_>,
        nodes: &[(String, NodeId)],
    ) -> Result<Vec<Consumer>, CliError> {
        let sources = TextSources { files: Vec::new(), store_root: self.store_root.clone() };
        let mut wanted: BTreeSet<NodeId> = nodes.iter().map(|(_, node)| *node).collect();
        for (_, node) in nodes {
            wanted.extend(effective.of(*node).into_iter().map(|input| input.node));
        }
        let wanted: Vec<NodeId> = wanted.into_iter().filter(|&node| graph.is_derivation(node)).collect();
        let texts = Texts::of(graph, &wanted, &sources)?;
        let mut consumers = Vec::new();
        for (attribute, node) in nodes {
            let text = texts.get(&graph.path(*node)).cloned();
            let text = text.ok_or_else(|| CliError::NoDerivation(attribute.clone()))?;
            let mut consumer = Consumer::of(graph, effective, *node, attribute, text)?;
            consumer.with_texts(|drv| texts.get(drv).cloned())?;
            consumers.push(consumer);
        }
        Ok(consumers)
    }
}

/// Whether a user means an input of this path, name and pname, with outputs at these paths: by one of the
/// paths, by the name (also with wildcards), or by the pname, compared without case and without an interpreter's
/// prefix.
fn is_named([drv, name, pname]: [&str; 3], outputs: &[(String, String)], wanted: &str) -> bool {
    if wanted.contains(['*', '?', '[']) {
        return Glob::new(wanted).is_ok_and(|glob| glob.compile_matcher().is_match(name));
    }
    drv == wanted
        || name == wanted
        || outputs.iter().any(|(_, path)| path == wanted)
        || normalise_pname(strip_interpreter(pname)) == normalise_pname(strip_interpreter(wanted))
}
