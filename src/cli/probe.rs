//! `nix-ripple probe`: which inputs are there for the checks alone.

use std::collections::BTreeSet;
use std::path::{Path, PathBuf};

use super::Outcome;
use super::closure::ClosureArgs;
use super::error::CliError;
use super::printer::{Printer, counted};
use crate::graph::{BuildOptions, Graph, build};
use crate::ingest::evaluate::Argument;
use crate::ingest::{IngestOptions, Input, Problem, ingest};
use crate::proof::{
    Compared, Pairs, Probe, ProbeReport, Probed, TextSources, compare_closures, compare_pairs, differing_packages,
};
use crate::verdict::{EvidenceFile, Failure, Variant};

/// How many failures an error names.
const SHOWN_FAILURES: usize = 5;

/// Arguments of `probe`.
#[derive(Debug, clap::Args)]
#[command(
    group(clap::ArgGroup::new("source").required(true).args(["file", "compare"])),
    after_help = "\
Each package is instantiated as it is, and with its checks off (overridePythonAttrs, else
overrideAttrs); nothing is built. Inputs that vanish are check-only: 'inferred' where nothing
else differs, 'suspected' where it does. What is not seen: configuring can look for test tools,
and checks can write into the output.

Examples:
  nix-ripple probe -f . -A python3Packages.pandas -A curl
  nix-ripple probe -f '<nixpkgs>' -c closure.ripple        all its attributes
  nix-ripple probe --compare without-checks.json -c closure.json"
)]
pub(super) struct Args {
    /// A Nix expression to instantiate with nix-instantiate
    #[arg(short, long, value_name = "FILE")]
    file: Option<PathBuf>,
    /// Attributes of the expression (repeatable; those of the closure without)
    #[arg(short = 'A', long = "attr", value_name = "ATTR", requires = "file", conflicts_with_all = ["closure", "compare"])]
    attributes: Vec<String>,
    /// A Nix expression as argument of the expression's function (repeatable)
    #[arg(long = "arg", value_names = ["NAME", "VALUE"], num_args = 2, conflicts_with = "compare")]
    arguments: Vec<String>,
    /// A string as argument of the expression's function (repeatable)
    #[arg(long = "argstr", value_names = ["NAME", "VALUE"], num_args = 2, conflicts_with = "compare")]
    strings: Vec<String>,
    /// The system to evaluate for, and whose attributes of the closure are probed; default: Nix's own
    #[arg(long, value_name = "SYSTEM", conflicts_with = "compare")]
    system: Option<String>,
    /// How many attributes one run of Nix evaluates; fewer take less memory and more time
    #[arg(long, value_name = "N", default_value = "250", value_parser = clap::value_parser!(u32).range(1..), conflicts_with = "compare")]
    batch: u32,
    /// Instead of running Nix, compare the closure with FILE: pairs of derivations, or a closure with
    /// the same attributes and no checks (repeatable as --closure is)
    #[arg(long, value_name = "FILE", conflicts_with = "file")]
    compare: Vec<PathBuf>,
    /// The evidence file to append to, without what it has already; made where it is not there
    #[arg(short, long, value_name = "FILE", default_value = "evidence.jsonl")]
    output: PathBuf,
    /// The closure: a snapshot, or anything that 'ingest' takes (repeatable); default:
    /// $NIX_RIPPLE_CLOSURE, then ./closure.ripple
    #[arg(short, long, value_name = "FILE", help_heading = "Closure")]
    closure: Vec<PathBuf>,
    /// Where the store lies: DIR/nix/store, or a plain folder of .drv files; Nix writes there, too
    #[arg(long, value_name = "DIR", help_heading = "Closure")]
    store_root: Option<PathBuf>,
    /// Take a closure with holes
    #[arg(long, help_heading = "Closure")]
    allow_missing: bool,
}

pub(super) fn run(args: Args, printer: &mut Printer) -> Result<Outcome, CliError> {
    // better now than after an hour of evaluating
    EvidenceFile::check_appendable(&args.output)?;
    let compared = match &args.file {
        Some(file) => args.probe(file, printer)?,
        None => args.compare(printer)?,
    };
    if compared.probed == 0 {
        return Err(CliError::NothingProbed(failures(&compared.file.failures)));
    }
    EvidenceFile::append_new(&args.output, &compared.file)?;
    let report = ProbeReport::new(&compared);
    printer.report(&report)?;
    if args.attributes.is_empty() {
        for failure in &report.failures {
            printer.detail(&told(failure));
        }
    } else {
        // those were asked for by name
        printer.warnings(&report.failures.iter().map(told).collect::<Vec<_>>());
    }
    printer.say(&format!(
        "{}: probed {}: {} with check-only inputs, {} failed{}",
        args.output.display(),
        counted(report.probed, "attribute"),
        report.with_check_inputs,
        report.failed,
        if report.failed > 0 && args.attributes.is_empty() { " (--verbose names them)" } else { "" },
    ));
    Ok(Outcome::Fine)
}

fn told(failure: &Failure) -> String {
    let variant = match failure.variant {
        Variant::Package => "",
        Variant::WithoutChecks => " without checks",
    };
    format!("failed: {}{variant}: {}", failure.attribute, failure.error)
}

fn failures(failures: &[Failure]) -> String {
    if failures.is_empty() {
        return "there is no attribute".to_owned();
    }
    let shown: Vec<String> = failures.iter().take(SHOWN_FAILURES).map(told).collect();
    let more = failures.len().saturating_sub(SHOWN_FAILURES);
    let more = if more > 0 { format!("\n… and {}", counted(more, "more failure")) } else { String::new() };
    format!("{}{more}", shown.join("\n"))
}

/// The attributes that a closure has for a system.
fn attributes_of(closure: &Graph, system: &str) -> Result<Vec<String>, CliError> {
    let names: BTreeSet<&str> = closure
        .attributes()
        .filter(|&attribute| ["", system].contains(&closure.attribute_system(attribute)))
        .map(|attribute| closure.attribute_name(attribute))
        .collect();
    if names.is_empty() {
        return Err(CliError::NothingProbed(format!("the closure has no attributes for {system}")));
    }
    Ok(names.into_iter().map(str::to_owned).collect())
}

/// Whether all that has an attribute in the one is in the other.
fn same_derivations(graph: &Graph, other: &Graph) -> bool {
    let named = |graph: &Graph| -> BTreeSet<String> {
        graph
            .attributes()
            .filter_map(|attribute| graph.attribute_node(attribute))
            .map(|node| graph.path(node))
            .collect()
    };
    named(graph) == named(other)
}

/// Names and values, as the command line has them. Expressions first, then strings: names are told apart,
/// so the order does not matter.
pub(super) fn nix_arguments(expressions: &[String], strings: &[String]) -> Vec<Argument> {
    let pairs = |list: &[String]| -> Vec<(String, String)> {
        list.chunks_exact(2).map(|pair| (pair[0].clone(), pair[1].clone())).collect()
    };
    let expressions = pairs(expressions).into_iter().map(|(name, value)| Argument::Expression(name, value));
    let strings = pairs(strings).into_iter().map(|(name, value)| Argument::Text(name, value));
    expressions.chain(strings).collect()
}

impl Args {
    /// By the real Nix.
    fn probe(&self, file: &Path, printer: &mut Printer) -> Result<Compared, CliError> {
        let probe = Probe::new(
            file,
            &nix_arguments(&self.arguments, &self.strings),
            self.system.as_deref(),
            self.store_root.as_deref(),
        )?;
        let closure = if self.attributes.is_empty() { Some(self.closure().load(printer)?) } else { None };
        let attributes = match &closure {
            Some(closure) => attributes_of(closure, probe.system())?,
            None => self.attributes.clone(),
        };
        let batch = self.batch as usize;
        let probed = printer.with_progress_of("attributes", Some(attributes.len() as u64), |progress| {
            probe.run(&attributes, batch, progress)
        })?;
        let Probed { pairs, failures } = probed;
        let mut compared = if pairs.0.is_empty() {
            Compared::default()
        } else {
            let graph = self.read_back(file, &pairs, printer)?;
            let differing = closure.map_or(0, |closure| differing_packages(&closure, probe.system(), &graph, &pairs));
            if differing > 0 {
                let what = format!(
                    "{} evaluate to other packages than those of the closure: is it of another revision?",
                    counted(differing, "attribute")
                );
                printer.problems(&[Problem::new("other-packages", what)]);
            }
            compare_pairs(&graph, &pairs, None, &self.texts(&[]))?
        };
        compared.file.failures.extend(failures);
        compared.file.sort();
        Ok(compared)
    }

    /// What Nix has just written.
    fn read_back(&self, file: &Path, pairs: &Pairs, printer: &mut Printer) -> Result<Graph, CliError> {
        let paths: BTreeSet<&str> =
            pairs.0.values().flat_map(|pair| [pair.base.as_str(), pair.without_checks.as_str()]).collect();
        let lines: Vec<&str> = paths.into_iter().collect();
        let input = Input::Lines { shown: file.display().to_string(), text: lines.join("\n") };
        let options = IngestOptions { store_root: self.store_root.clone(), ..IngestOptions::default() };
        let (raw, problems) = printer.with_progress(|progress| ingest(&[input], &options, progress))?;
        printer.problems(&problems);
        let (graph, problems) =
            build(&raw, BuildOptions { allow_missing: self.allow_missing, ..BuildOptions::default() })?;
        printer.problems(&problems);
        Ok(graph)
    }

    /// From what is already there.
    fn compare(&self, printer: &mut Printer) -> Result<Compared, CliError> {
        let paths = self.closure().paths(printer)?;
        if let [file] = self.compare.as_slice()
            && let Some(pairs) = Pairs::read(file)?
        {
            let graph = self.closure().load(printer)?;
            return Ok(compare_pairs(&graph, &pairs, Some(file), &self.texts(&paths))?);
        }
        let graph = self.closure().load(printer)?;
        let other = ClosureArgs::of(self.compare.clone(), self.store_root.clone(), self.allow_missing).load(printer)?;
        if other.attribute_count() == 0 {
            let files: Vec<String> = self.compare.iter().map(|file| file.display().to_string()).collect();
            let what = format!("{} has neither pairs nor attributes to find packages by", files.join(", "));
            return Err(CliError::NothingProbed(what));
        }
        if same_derivations(&graph, &other) {
            printer.warning("both closures hold the same derivations, so nothing can vanish; give one without checks");
        }
        let files: Vec<PathBuf> = paths.iter().chain(&self.compare).cloned().collect();
        Ok(compare_closures(&graph, &other, &self.texts(&files))?)
    }

    fn closure(&self) -> ClosureArgs {
        ClosureArgs::of(self.closure.clone(), self.store_root.clone(), self.allow_missing)
    }

    fn texts(&self, files: &[PathBuf]) -> TextSources {
        TextSources { files: files.to_vec(), store_root: self.store_root.clone() }
    }
}
