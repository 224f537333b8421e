//! What pays most, until the time is up.

use std::collections::BTreeMap;
use std::path::PathBuf;
use std::time::{Duration, Instant};

use super::books::{Books, Ready};
use super::{Args, is_named};
use crate::cli::candidates::minutes;
use crate::cli::closure::read_inputs;
use crate::cli::error::CliError;
use crate::cli::evidence::read_rules;
use crate::cli::printer::{Printer, counted};
use crate::cli::probe::nix_arguments;
use crate::cli::scope::{read_rates, tell_unknown};
use crate::graph::{BuildOptions, Graph, NodeId};
use crate::ingest::evaluate::{EvaluateParams, Evaluator, evaluate};
use crate::ingest::{IngestOptions, Input};
use crate::proof::experiment::{Baseline, Consumer, Prover};
use crate::query::{Candidate, CandidatesParams, CandidatesReport, DEFAULT_MINUTES, Named, candidates};
use crate::role::EffectiveInputs;
use crate::verdict::{EvidenceFile, Verdicts};

/// Proves what pays most.
#[derive(Debug, clap::Args)]
#[command(next_help_heading = "What pays most")]
pub(super) struct RankingArgs {
    /// Instead of all inputs of named packages the first N of 'candidates', one after the other: what rules and
    /// the evidence file flag without proof, by what an experiment is expected to save for its time
    #[arg(
        long,
        value_name = "N",
        value_parser = clap::value_parser!(u32).range(1..),
        conflicts_with_all = ["experiments", "next", "trace", "again", "jobs"]
    )]
    pub(super) top: Option<u32>,
    /// Begin no other candidate once so many hours have passed
    #[arg(long, value_name = "H", requires = "top", value_parser = hours)]
    budget_hours: Option<Duration>,
    /// Rules that go before the program's own (repeatable)
    #[arg(long, value_name = "FILE", requires = "top")]
    rules: Vec<PathBuf>,
    /// How often a year packages are bumped, by pname; once where nothing is said
    #[arg(long, value_name = "FILE", requires = "top")]
    bump_rates: Option<PathBuf>,
    /// How long a build is taken to last where no experiment with the package tells, in minutes
    #[arg(long, value_name = "M", requires = "top", value_parser = minutes)]
    build_minutes: Option<f64>,
}

/// What is longer is no budget.
const MOST_HOURS: f64 = 100_000.0;

fn hours(text: &str) -> Result<Duration, String> {
    let hours: Option<f64> = text.parse().ok();
    let known = hours.filter(|hours| (0.0..=MOST_HOURS).contains(hours));
    known
        .map(|hours| Duration::from_secs_f64(hours * 3600.0))
        .ok_or_else(|| format!("expected hours, from 0 to {MOST_HOURS}"))
}

/// Proves the first candidates of the expression; gives how many were begun.
pub(super) fn prove(args: &Args, top: u32, books: &mut Books<'_>, printer: &mut Printer) -> Result<usize, CliError> {
    let begun = Instant::now();
    let rules = read_rules(&args.ranking.rules, printer)?;
    let rates = read_rates(args.ranking.bump_rates.as_deref(), printer)?;
    let file = match args.output.is_file() {
        true => {
            let (file, problems) = EvidenceFile::load(&args.output)?;
            printer.problems(&problems);
            file
        }
        false => EvidenceFile::default(),
    };
    let graph = args.evaluate(printer)?;
    tell_unknown(&rates, &graph, printer);
    let (verdicts, _) = Verdicts::with_rules(&graph, &file.evidence, rules);
    let effective = EffectiveInputs::new(&graph);
    let params = CandidatesParams {
        scope: None,
        bumps: &rates.year(&graph),
        minutes: args.ranking.build_minutes.unwrap_or(DEFAULT_MINUTES),
        costs: None,
        file: &args.file.display().to_string(),
        top: None,
    };
    let report = candidates(&graph, &effective, &verdicts, &file.evidence, &params);
    let chosen = args.chosen(&graph, report, top, printer);
    let prover = args.prover(None)?;
    let mut bench = Bench { args, graph: &graph, effective: &effective, prover: &prover, packages: BTreeMap::new() };
    for (at, candidate) in chosen.iter().enumerate() {
        if args.ranking.budget_hours.is_some_and(|budget| begun.elapsed() >= budget) {
            printer.say(&format!(
                "the budget is used up: {} of {} left; the same command goes on with them",
                counted(chosen.len() - at, "candidate"),
                chosen.len()
            ));
            return Ok(at);
        }
        bench.settle((at + 1, chosen.len()), candidate, books, printer)?;
    }
    Ok(chosen.len())
}

impl Args {
    /// The expression, or the packages and sets of it that are named.
    fn evaluate(&self, printer: &mut Printer) -> Result<Graph, CliError> {
        let params = EvaluateParams {
            attributes: self.attributes.clone(),
            arguments: nix_arguments(&self.arguments, &self.strings),
            systems: self.system.iter().cloned().collect(),
            store_root: self.store_root.clone(),
            evaluator: Evaluator::from_environment(),
            ..EvaluateParams::new(&self.file)
        };
        let evaluated = printer.with_progress_of("attributes", None, |progress| evaluate(&params, progress))?;
        if let Some((attribute, message)) = evaluated.missing.first() {
            return Err(CliError::NoPackage { attribute: attribute.clone(), message: message.clone() });
        }
        printer.problems(&evaluated.problems);
        printer.detail(&format!(
            "{} with a derivation, {} failed",
            counted(evaluated.derivations, "attribute"),
            evaluated.failed
        ));
        let inputs = [Input::Text { shown: self.file.display().to_string(), text: evaluated.lines.clone() }];
        let options = IngestOptions { store_root: self.store_root.clone(), ..IngestOptions::default() };
        read_inputs(&inputs, &options, BuildOptions::default(), false, printer)
    }

    /// The first candidates from the inputs that are named.
    fn chosen(&self, graph: &Graph, report: CandidatesReport, top: u32, printer: &mut Printer) -> Vec<Candidate> {
        let paths = |node: NodeId| {
            let outputs = graph.outputs(node);
            outputs.map(move |(output, digest)| (output.to_owned(), graph.output_path(node, output, digest)))
        };
        let of_name = |candidate: &Candidate, name: &String| {
            let outputs: Vec<(String, String)> = candidate.inputs.iter().flat_map(|&node| paths(node)).collect();
            let Named { drv, name: known, pname } = &candidate.input;
            is_named([drv, known, pname], &outputs, name)
        };
        let wanted =
            |candidate: &Candidate| self.inputs.is_empty() || self.inputs.iter().any(|name| of_name(candidate, name));
        let mut chosen: Vec<Candidate> = report.candidates.into_iter().filter(wanted).collect();
        let all = chosen.len();
        chosen.truncate(top as usize);
        let hours = chosen.iter().map(|candidate| candidate.minutes).sum::<f64>() / 60.0;
        printer.say(&match chosen.len() {
            0 => "nothing that is flagged without proof would save anything".to_owned(),
            some => format!("{some} of {} to prove, about {hours:.1} h of builds", counted(all, "candidate")),
        });
        chosen
    }
}

/// Where packages are made ready, and built as they are when they are first asked for.
struct Bench<'a> {
    args: &'a Args,
    graph: &'a Graph,
    effective: &'a EffectiveInputs<'a>,
    prover: &'a Prover,
    /// Nothing where a package does not build, or cannot be tried.
    packages: BTreeMap<NodeId, Option<(Consumer, Baseline)>>,
}

impl Bench<'_> {
    fn settle(
        &mut self,
        at: (usize, usize),
        wanted: &Candidate,
        books: &mut Books<'_>,
        printer: &mut Printer,
    ) -> Result<(), CliError> {
        if !self.packages.contains_key(&wanted.node) {
            let made = self.package(wanted, books, printer)?;
            self.packages.insert(wanted.node, made);
        }
        let Some((consumer, baseline)) = self.packages.get(&wanted.node).and_then(Option::as_ref) else {
            books.failed += 1;
            return Ok(());
        };
        let mut found = consumer.candidates.iter().filter(|known| wanted.inputs.contains(&known.node)).peekable();
        if found.peek().is_none() {
            printer.warning(&format!(
                "{}: {}: no list that the build sees has it, so that it cannot be taken away",
                consumer.package.name, wanted.input.name
            ));
            books.failed += 1;
        }
        for candidate in found {
            let ready = Ready { consumer, candidate, baseline: Some(baseline), known: None };
            if let Some(proof) = ready.prove(self.prover) {
                books.settle(at, &ready, proof, None, printer)?;
            }
        }
        Ok(())
    }

    /// Makes a package ready and builds it as it is; why that cannot be done is told.
    fn package(
        &self,
        wanted: &Candidate,
        books: &Books<'_>,
        printer: &mut Printer,
    ) -> Result<Option<(Consumer, Baseline)>, CliError> {
        let named = [(wanted.attribute.clone(), wanted.node)];
        let consumer = match self.args.consumers(self.graph, self.effective, &named) {
            Ok(consumers) => consumers.into_iter().next(),
            // another package may do
            Err(CliError::Experiment(error)) => {
                printer.warning(&error.to_string());
                None
            }
            Err(error) => return Err(error),
        };
        let Some(consumer) = consumer else { return Ok(None) };
        printer.detail(&format!("{}: building it as it is, twice, and first what that needs", consumer.package.name));
        let built = self.prover.baseline(&consumer);
        let Some(baseline) = books.baseline(&consumer, built, printer)? else { return Ok(None) };
        if !baseline.sandboxed && self.packages.values().all(Option::is_none) {
            Books::warn_of_sandbox(printer);
        }
        Ok(Some((consumer, baseline)))
    }
}
