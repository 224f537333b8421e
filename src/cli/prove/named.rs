//! Packages that a user names, and those of their inputs that he names.

use std::collections::{BTreeMap, BTreeSet};

use super::books::{Books, Ready};
use super::{Args, is_named};
use crate::cli::error::CliError;
use crate::cli::printer::{Printer, counted};
use crate::cli::probe::nix_arguments;
use crate::cli::side_by_side::side_by_side;
use crate::cli::traces::Traces;
use crate::graph::{BuildOptions, Graph, NodeId, build};
use crate::ingest::{IngestOptions, Input, ingest};
use crate::proof::Probe;
use crate::proof::experiment::{Baseline, Consumer, Next, Prover, is_settled};
use crate::role::EffectiveInputs;
use crate::verdict::{self, Evidence, EvidenceFile, Experiment, ExperimentKind};

/// Proves them; gives their number.
pub(super) fn prove(args: &Args, books: &mut Books<'_>, printer: &mut Printer) -> Result<usize, CliError> {
    let (packages, next) = args.instantiate()?;
    let (graph, nodes) = args.read_back(&packages, next.as_deref(), printer)?;
    let next = next.map(|drv| next_version(&graph, &drv)).transpose()?;
    let consumers = args.consumers(&graph, &EffectiveInputs::new(&graph), &nodes)?;
    let pairs = args.pairs(&graph, &consumers)?;
    let prover = args.prover(next)?;
    let known = args.known(printer)?;
    args.prove(&prover, &consumers, &pairs, &known, books, printer)?;
    Ok(pairs.len())
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

    /// What is tried: the inputs that were named, in every package that has them; all without names.
    fn pairs(&self, graph: &Graph, consumers: &[Consumer]) -> Result<Vec<Pair>, CliError> {
        let mut pairs = Vec::new();
        let mut unknown: BTreeSet<&str> = self.inputs.iter().map(String::as_str).collect();
        for (number, consumer) in consumers.iter().enumerate() {
            for (at, candidate) in consumer.candidates.iter().enumerate() {
                let input = &candidate.input;
                let named: Vec<&String> = self
                    .inputs
                    .iter()
                    .filter(|name| is_named([&input.drv, &input.name, &input.pname], &candidate.outputs, name))
                    .collect();
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
        books: &mut Books<'_>,
        printer: &mut Printer,
    ) -> Result<(), CliError> {
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
        side_by_side(
            self.jobs.into(),
            wanted.len(),
            |at| wanted.get(at).and_then(|&number| consumers.get(number)).map(|consumer| prover.baseline(consumer)),
            |at, built| {
                let number = wanted.get(at).copied();
                let consumer = number.and_then(|number| consumers.get(number));
                if let (Some(number), Some(consumer), Some(built)) = (number, consumer, built)
                    && let Some(baseline) = books.baseline(consumer, built, printer)?
                {
                    baselines.insert(number, baseline);
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
        books.failed += pairs.len() - ready.len();
        if baselines.values().any(|baseline| !baseline.sandboxed) {
            Books::warn_of_sandbox(printer);
        }
        let traced = ready.iter().map(|ready| ready.consumer);
        let traces = if self.trace { self.traces(prover, traced, printer)? } else { Traces::default() };
        side_by_side(
            self.jobs.into(),
            ready.len(),
            |at| ready.get(at).and_then(|ready| ready.prove(prover)),
            |at, proof| {
                let (Some(ready_one), Some(proof)) = (ready.get(at), proof) else { return Ok(()) };
                let trace = traces.get(ready_one.consumer, ready_one.candidate).cloned();
                books.settle((at + 1, ready.len()), ready_one, proof, trace, printer)
            },
        )
    }
}

/// What the evidence file has already: the experiments by the paths of package and input.
type Known = BTreeMap<(String, String), Vec<Experiment>>;
