//! The traced builds of `prove --trace`.

use std::collections::BTreeMap;
use std::path::Path;

use super::error::CliError;
use super::printer::Printer;
use crate::proof::experiment::{Candidate, Consumer, ExperimentError, Prover};
use crate::verdict::{Evidence, EvidenceFile, Trace};

/// What traced builds opened, by the paths of package and input.
#[derive(Debug, Default)]
pub(super) struct Traces(BTreeMap<(String, String), Trace>);

impl Traces {
    /// Those that an evidence file has already, where there is one.
    pub(super) fn load(path: &Path, printer: &mut Printer) -> Result<Self, CliError> {
        let mut traces = Self::default();
        if path.is_file() {
            let (file, problems) = EvidenceFile::load(path)?;
            printer.problems(&problems);
            for evidence in file.evidence {
                if let Evidence::Trace(trace) = evidence
                    && trace.sandboxed
                {
                    traces.keep(trace);
                }
            }
        }
        Ok(traces)
    }

    fn keep(&mut self, trace: Trace) {
        self.0.insert((trace.package.drv.clone(), trace.input.drv.clone()), trace);
    }

    /// The trace of a pair.
    pub(super) fn get(&self, consumer: &Consumer, candidate: &Candidate) -> Option<&Trace> {
        self.0.get(&(consumer.package.drv.clone(), candidate.input.drv.clone()))
    }

    /// Traces a build of each package that has an input without a trace, one after the other; what is opened
    /// of all its inputs goes into the evidence file. What cannot be traced is told.
    pub(super) fn make<'c>(
        &mut self,
        prover: &Prover,
        consumers: impl IntoIterator<Item = &'c Consumer>,
        output: &Path,
        printer: &mut Printer,
    ) -> Result<(), CliError> {
        for consumer in consumers {
            if consumer.candidates.iter().all(|candidate| self.get(consumer, candidate).is_some()) {
                continue;
            }
            match prover.trace(consumer) {
                Ok(traces) => {
                    let opened = traces.iter().filter(|trace| !trace.opened.is_empty()).count();
                    printer.detail(&format!(
                        "{}: traced: its build opens files of {opened} of {} inputs",
                        consumer.package.name,
                        traces.len()
                    ));
                    let evidence = traces.iter().cloned().map(Evidence::Trace).collect();
                    EvidenceFile::append(output, &EvidenceFile { evidence, ..EvidenceFile::default() })?;
                    traces.into_iter().for_each(|trace| self.keep(trace));
                }
                Err(error @ ExperimentError::NoTrace(_)) => {
                    printer.warning(&error.to_string());
                    return Ok(());
                }
                Err(error) => printer.warning(&error.to_string()),
            }
        }
        Ok(())
    }
}
