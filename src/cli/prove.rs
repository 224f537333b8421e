//! `nix-ripple prove`: experiments that settle whether an input matters.

use std::collections::{BTreeMap, BTreeSet};
use std::ffi::OsString;
use std::path::PathBuf;

use globset::Glob;

use super::Outcome;
use super::error::CliError;
use super::printer::{Printer, counted};
use super::probe::nix_arguments;
use super::side_by_side::side_by_side;
use super::traces::Traces;
use crate::graph::{BuildOptions, Graph, NodeId, build};
use crate::ingest::{IngestOptions, Input, ingest};
use crate::nix::name::strip_interpreter;
use crate::nix::normalise_pname;
use crate::proof::experiment::{
    Baseline, Candidate, Consumer, ExperimentError, Next, Nix, Proof, ProofRow, ProveParams, Prover, is_settled,
};
use crate::proof::{Probe, TextSources, Texts};
use crate::report::{Format, ProofReport};
use crate::role::EffectiveInputs;
use crate::verdict::{self, Evidence, EvidenceFile, Experiment, ExperimentKind};

/// Arguments of `prove`.
#[derive(Debug, clap::Args)]
#[command(after_help = "\
Each package is built twice as it is, then without the input; where that fails, with all checks
off, then with a stub of the input: the same names without content. The outputs are compared file
by file. Builds always run in a sandbox; an experiment without one is never above 'suspected'.
What is proven is appended to the evidence file.

Examples:
  nix-ripple prove -f . -A python3Packages.imageio --input pillow
  nix-ripple prove -f . -A python3Packages.pandas                  all inputs
  nix-ripple prove -f . -A hello -- --option cores 8 --builders 'ssh://big x86_64-linux'")]
pub(super) struct Args {
    /// A Nix expression to instantiate with nix-instantiate
    #[arg(short, long, value_name = "FILE")]
    file: PathBuf,
    /// Packages of the expression (repeatable)
    #[arg(short = 'A', long = "attr", value_name = "ATTR", required = true)]
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
    let (packages, next) = args.instantiate()?;
    let (graph, nodes) = args.read_back(&packages, next.as_deref(), printer)?;
    let next = next.map(|drv| next_version(&graph, &drv)).transpose()?;
    let consumers = args.consumers(&graph, &nodes)?;
    let pairs = args.pairs(&graph, &consumers)?;
    let experiments: BTreeSet<ExperimentKind> = if args.experiments.is_empty() {
        // who names another version wants to know of it
        let perturb = next.is_some().then_some(ExperimentKind::Perturb);
        [ExperimentKind::Remove, ExperimentKind::Stub].into_iter().chain(perturb).collect()
    } else {
        args.experiments.iter().copied().collect()
    };
    let nix = Nix::new(args.store_root.as_deref(), args.options.clone());
    let prover = Prover::new(nix, ProveParams { experiments, trust_builders: args.trust_builders, next })?;
    let known = args.known(printer)?;
    let (settled, failed) = args.prove(&prover, &consumers, &pairs, &known, printer)?;
    if printer.format() != Format::Json {
        printer.report(&ProofReport { rows: settled })?;
    }
    if failed > 0 {
        return Err(CliError::NotSettled { failed, of: pairs.len() });
    }
    Ok(Outcome::Fine)
}

/// What a derivation of the graph is called, and its outputs.
fn next_version(graph: &Graph, drv: &str) -> Result<Next, CliError> {
    let node = graph.nodes().find(|&node| graph.is_derivation(node) && graph.path(node) == drv);
    let node = node.ok_or_else(|| CliError::NoDerivation(drv.to_owned()))?;
    let outputs = graph.outputs(node).map(|(name, digest)| (name.to_owned(), graph.output_path(node, name, digest)));
    Ok(Next { drv: drv.to_owned(), name: graph.name(node).to_owned(), outputs: outputs.collect() })
}

/// An attribute, and its derivation's path.
type Named = (String, String);

/// A consumer's number, and its candidate's.
type Pair = (usize, usize);

impl Args {
    /// The derivation of each package, and that of the next version.
    fn instantiate(&self) -> Result<(Vec<Named>, Option<String>), CliError> {
        let arguments = nix_arguments(&self.arguments, &self.strings);
        let probe = Probe::new(&self.file, &arguments, self.system.as_deref(), self.store_root.as_deref())?;
        let instantiate = |attribute: &String| -> Result<String, CliError> {
            let none = |message| CliError::NoPackage { attribute: attribute.clone(), message };
            probe.instantiate(attribute)?.map_err(none)
        };
        let mut packages = Vec::new();
        for attribute in &self.attributes {
            packages.push((attribute.clone(), instantiate(attribute)?));
        }
        let next = match &self.next {
            Some(path) if path.starts_with('/') => Some(path.clone()),
            Some(attribute) => Some(instantiate(attribute)?),
            None => None,
        };
        Ok((packages, next))
    }

    /// The closure of the packages, and where they are in it.
    fn read_back(
        &self,
        packages: &[Named],
        next: Option<&str>,
        printer: &mut Printer,
    ) -> Result<(Graph, Vec<(String, NodeId)>), CliError> {
        let lines: BTreeSet<&str> = packages.iter().map(|(_, drv)| drv.as_str()).chain(next).collect();
        let lines: Vec<&str> = lines.into_iter().collect();
        let input = Input::Lines { shown: self.file.display().to_string(), text: lines.join("\n") };
        let options = IngestOptions { store_root: self.store_root.clone(), ..IngestOptions::default() };
        let (raw, problems) = printer.with_progress(|progress| ingest(&[input], &options, progress))?;
        printer.problems(&problems);
        let (graph, problems) = build(&raw, BuildOptions::default())?;
        printer.problems(&problems);
        let by_path: BTreeMap<String, NodeId> =
            graph.nodes().filter(|&node| graph.is_derivation(node)).map(|node| (graph.path(node), node)).collect();
        let node = |(attribute, drv): &Named| {
            let node = by_path.get(drv).copied();
            node.map(|node| (attribute.clone(), node)).ok_or_else(|| CliError::NoDerivation(attribute.clone()))
        };
        let nodes = packages.iter().map(node).collect::<Result<_, _>>()?;
        Ok((graph, nodes))
    }

    fn consumers(&self, graph: &Graph, nodes: &[(String, NodeId)]) -> Result<Vec<Consumer>, CliError> {
        let effective = EffectiveInputs::new(graph);
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
            let mut consumer = Consumer::of(graph, &effective, *node, attribute, text)?;
            consumer.with_texts(|drv| texts.get(drv).cloned())?;
            consumers.push(consumer);
        }
        Ok(consumers)
    }

    /// What is tried: the inputs that were named, in every package that has them; all without names.
    fn pairs(&self, graph: &Graph, consumers: &[Consumer]) -> Result<Vec<Pair>, CliError> {
        let mut pairs = Vec::new();
        let mut unknown: BTreeSet<&str> = self.inputs.iter().map(String::as_str).collect();
        for (number, consumer) in consumers.iter().enumerate() {
            for (at, candidate) in consumer.candidates.iter().enumerate() {
                let named: Vec<&String> = self.inputs.iter().filter(|name| is_named(candidate, name)).collect();
                unknown.retain(|name| !named.iter().any(|named| named == name));
                // by default, those that a bump could change
                let fits = if self.inputs.is_empty() { graph.is_derivation(candidate.node) } else { !named.is_empty() };
                if fits {
                    pairs.push((number, at));
                }
            }
        }
        match unknown.into_iter().next() {
            None if pairs.is_empty() => Err(CliError::NoInputs),
            None => Ok(pairs),
            Some(name) => Err(CliError::UnknownInput {
                name: name.to_owned(),
                known: consumers
                    .iter()
                    .flat_map(|consumer| consumer.candidates.iter().map(|candidate| candidate.input.pname.clone()))
                    .collect::<BTreeSet<_>>()
                    .into_iter()
                    .collect(),
            }),
        }
    }

    /// What need not be tried again: the same experiments on the same derivations. What was not the same
    /// twice, or was built without a sandbox, may be another time.
    fn known(&self, printer: &mut Printer) -> Result<Known, CliError> {
        let mut known = Known::new();
        if self.again || self.next.is_some() || !self.output.is_file() || !self.experiments.is_empty() {
            return Ok(known);
        }
        let (file, problems) = EvidenceFile::load(&self.output)?;
        printer.problems(&problems);
        for evidence in file.evidence {
            // another version is another experiment
            if let Evidence::Experiment(shown) = evidence
                && shown.sandboxed
                && shown.outcome != verdict::Outcome::Nondeterministic
                && shown.experiment != ExperimentKind::Perturb
            {
                known.entry((shown.package.drv.clone(), shown.input.drv.clone())).or_default().push(shown);
            }
        }
        // what an earlier run was not asked for
        known.retain(|_, shown| is_settled(shown));
        Ok(known)
    }

    /// Traced builds of packages; those of the evidence file, unless they are to be made again.
    fn traces<'c>(
        &self,
        prover: &Prover,
        consumers: impl Iterator<Item = &'c Consumer>,
        printer: &mut Printer,
    ) -> Result<Traces, CliError> {
        let mut traces = if self.again { Traces::default() } else { Traces::load(&self.output, printer)? };
        traces.make(prover, consumers, &self.output, printer)?;
        Ok(traces)
    }

    /// Makes the experiments, `jobs` of them side by side; tells, prints and records what is settled in
    /// the order of the pairs. What could not be settled is told and counted.
    fn prove(
        &self,
        prover: &Prover,
        consumers: &[Consumer],
        pairs: &[Pair],
        known: &Known,
        printer: &mut Printer,
    ) -> Result<(Vec<ProofRow>, usize), CliError> {
        let known = |pair: &Pair| {
            let consumer = consumers.get(pair.0)?;
            let candidate = consumer.candidates.get(pair.1)?;
            known.get(&(consumer.package.drv.clone(), candidate.input.drv.clone()))
        };
        let wanted: BTreeSet<usize> =
            pairs.iter().filter(|pair| known(pair).is_none()).map(|(consumer, _)| *consumer).collect();
        let wanted: Vec<usize> = wanted.into_iter().collect();
        if !wanted.is_empty() {
            let packages = counted(wanted.len(), "package");
            printer.say(&format!(
                "building {packages} without changes, twice, and first what that needs: it may take a while"
            ));
        }
        let mut baselines: BTreeMap<usize, Baseline> = BTreeMap::new();
        let mut failed = 0;
        side_by_side(
            self.jobs.into(),
            wanted.len(),
            |at| wanted.get(at).and_then(|&number| consumers.get(number)).map(|consumer| prover.baseline(consumer)),
            |at, baseline| {
                let Some((number, consumer)) =
                    wanted.get(at).and_then(|&number| Some((number, consumers.get(number)?)))
                else {
                    return Ok(());
                };
                match baseline {
                    Some(Ok(baseline)) => {
                        let same = if baseline.deterministic { "twice the same" } else { "not the same twice" };
                        let took = baseline.took.as_secs();
                        printer.detail(&format!("{}: built as it is: {same} ({took} s)", consumer.package.name));
                        let evidence = vec![Evidence::References(baseline.references.clone())];
                        EvidenceFile::append_new(&self.output, &EvidenceFile { evidence, ..EvidenceFile::default() })?;
                        baselines.insert(number, baseline);
                    }
                    Some(Err(error)) => printer.warning(&error.to_string()),
                    None => {}
                }
                Ok(())
            },
        )?;
        let ready: Vec<Ready<'_>> = pairs
            .iter()
            .filter_map(|pair| {
                let consumer = consumers.get(pair.0)?;
                let candidate = consumer.candidates.get(pair.1)?;
                let known = known(pair);
                let baseline = baselines.get(&pair.0);
                (known.is_some() || baseline.is_some()).then_some(Ready { consumer, candidate, baseline, known })
            })
            .collect();
        failed += pairs.len() - ready.len();
        if baselines.values().any(|baseline| !baseline.sandboxed) {
            printer.warning(
                "builds do not run in a sandbox here, so that nothing is more than 'suspected'; see 'sandbox' in nix.conf",
            );
        }
        let traced = ready.iter().map(|ready| ready.consumer);
        let traces = if self.trace { self.traces(prover, traced, printer)? } else { Traces::default() };
        let mut settled = Vec::new();
        side_by_side(
            self.jobs.into(),
            ready.len(),
            |at| ready.get(at).and_then(|ready| ready.prove(prover)),
            |at, proof| {
                let Some(Ready { consumer, candidate, known, .. }) = ready.get(at) else { return Ok(()) };
                let (package, input) = (&consumer.package.name, &candidate.input.name);
                match proof {
                    Some(Ok(mut proof)) => {
                        proof.trace = traces.get(consumer, candidate).cloned();
                        let Some(row) = ProofRow::of(&proof) else {
                            printer.warning(&format!(
                                "{package}: {input}: no experiment could be made: no list that the build sees has it, or its texts name it beside the lists, and a stub was not asked for"
                            ));
                            failed += 1;
                            return Ok(());
                        };
                        if known.is_none() {
                            let evidence = proof.experiments.into_iter().map(Evidence::Experiment).collect();
                            EvidenceFile::append(&self.output, &EvidenceFile { evidence, ..EvidenceFile::default() })?;
                        }
                        printer.say(&format!("[{}/{}] {}", at + 1, ready.len(), row.told()));
                        if printer.format() == Format::Json {
                            // strings and numbers under fixed keys: there is nothing that JSON cannot say
                            printer.line(&serde_json::to_string(&row).unwrap_or_default())?;
                        }
                        settled.push(row);
                    }
                    Some(Err(error)) => {
                        printer.warning(&format!("{package}: {input}: {error}"));
                        failed += 1;
                    }
                    None => {}
                }
                Ok(())
            },
        )?;
        Ok((settled, failed))
    }
}

/// What the evidence file has already: the experiments by the paths of package and input.
type Known = BTreeMap<(String, String), Vec<Experiment>>;

/// A pair that can be tried, or was.
struct Ready<'a> {
    consumer: &'a Consumer,
    candidate: &'a Candidate,
    baseline: Option<&'a Baseline>,
    known: Option<&'a Vec<Experiment>>,
}

impl Ready<'_> {
    fn prove(&self, prover: &Prover) -> Option<Result<Proof, ExperimentError>> {
        if let Some(known) = self.known {
            return Some(Ok(Proof { experiments: known.clone(), steps: Vec::new(), trace: None }));
        }
        self.baseline.map(|baseline| prover.prove(self.consumer, baseline, self.candidate))
    }
}

/// Whether a user means this input: its path or an output's, its name (also with wildcards), or its pname,
/// compared without case and without an interpreter's prefix.
fn is_named(candidate: &Candidate, name: &str) -> bool {
    let input = &candidate.input;
    if name.contains(['*', '?', '[']) {
        return Glob::new(name).is_ok_and(|glob| glob.compile_matcher().is_match(&input.name));
    }
    input.drv == name
        || input.name == name
        || candidate.outputs.iter().any(|(_, path)| path == name)
        || normalise_pname(strip_interpreter(&input.pname)) == normalise_pname(strip_interpreter(name))
}
