//! What comes of experiments: told, printed, recorded and counted.

use std::path::Path;

use crate::cli::error::CliError;
use crate::cli::printer::Printer;
use crate::proof::experiment::{Baseline, Candidate, Consumer, ExperimentError, Proof, ProofRow, Prover};
use crate::report::Format;
use crate::verdict::{Evidence, EvidenceFile, Experiment, Trace};

/// What was settled, and how much could not be.
#[derive(Debug)]
pub(super) struct Books<'a> {
    output: &'a Path,
    pub(super) rows: Vec<ProofRow>,
    pub(super) failed: usize,
}

/// A pair that can be tried, or was.
pub(super) struct Ready<'a> {
    pub(super) consumer: &'a Consumer,
    pub(super) candidate: &'a Candidate,
    pub(super) baseline: Option<&'a Baseline>,
    pub(super) known: Option<&'a Vec<Experiment>>,
}

impl Ready<'_> {
    pub(super) fn prove(&self, prover: &Prover) -> Option<Result<Proof, ExperimentError>> {
        if let Some(known) = self.known {
            return Some(Ok(Proof { experiments: known.clone(), steps: Vec::new(), trace: None }));
        }
        self.baseline.map(|baseline| prover.prove(self.consumer, baseline, self.candidate))
    }
}

impl<'a> Books<'a> {
    /// Nothing yet; records go into the file at `output`.
    pub(super) const fn new(output: &'a Path) -> Self {
        Self { output, rows: Vec::new(), failed: 0 }
    }

    /// A package that was built as it is: what its outputs mention is recorded. What did not build is told.
    pub(super) fn baseline(
        &self,
        consumer: &Consumer,
        built: Result<Baseline, ExperimentError>,
        printer: &mut Printer,
    ) -> Result<Option<Baseline>, CliError> {
        let baseline = match built {
            Ok(baseline) => baseline,
            Err(error) => {
                printer.warning(&error.to_string());
                return Ok(None);
            }
        };
        let same = if baseline.deterministic { "twice the same" } else { "not the same twice" };
        let took = baseline.took.as_secs();
        printer.detail(&format!("{}: built as it is: {same} ({took} s)", consumer.package.name));
        let references = vec![Evidence::References(baseline.references.clone())];
        EvidenceFile::append_new(self.output, &file_of(references))?;
        Ok(Some(baseline))
    }

    /// An experiment that was made, or was already: `at` of so many.
    pub(super) fn settle(
        &mut self,
        (at, of): (usize, usize),
        ready: &Ready<'_>,
        proof: Result<Proof, ExperimentError>,
        trace: Option<Trace>,
        printer: &mut Printer,
    ) -> Result<(), CliError> {
        let (package, input) = (&ready.consumer.package.name, &ready.candidate.input.name);
        let mut proof = match proof {
            Ok(proof) => proof,
            Err(error) => {
                printer.warning(&format!("{package}: {input}: {error}"));
                self.failed += 1;
                return Ok(());
            }
        };
        proof.trace = trace;
        let Some(row) = ProofRow::of(&proof) else {
            printer.warning(&format!(
                "{package}: {input}: no experiment could be made: no list that the build sees has it, or its texts name it beside the lists, and a stub was not asked for"
            ));
            self.failed += 1;
            return Ok(());
        };
        if ready.known.is_none() {
            let experiments = proof.experiments.into_iter().map(Evidence::Experiment).collect();
            EvidenceFile::append(self.output, &file_of(experiments))?;
        }
        printer.say(&format!("[{at}/{of}] {}", row.told()));
        if printer.format() == Format::Json {
            // strings and numbers under fixed keys: there is nothing that JSON cannot say
            printer.line(&serde_json::to_string(&row).unwrap_or_default())?;
        }
        self.rows.push(row);
        Ok(())
    }

    /// What experiments without a sandbox are worth.
    pub(super) fn warn_of_sandbox(printer: &mut Printer) {
        printer.warning(
            "builds do not run in a sandbox here, so that nothing is more than 'suspected'; see 'sandbox' in nix.conf",
        );
    }
}

fn file_of(evidence: Vec<Evidence>) -> EvidenceFile {
    EvidenceFile { evidence, ..EvidenceFile::default() }
}
