//! What evidence a command goes by.

use std::path::PathBuf;

use clap::builder::{PossibleValuesParser, TypedValueParser};

use super::error::CliError;
use super::evidence_store::load;
use super::printer::Printer;
use crate::graph::Graph;
use crate::verdict::{Evidence, Grade, Verdicts};

/// Evidence, and how strong it must be.
#[derive(Debug, Clone, clap::Args)]
#[command(next_help_heading = "Evidence")]
pub(super) struct EvidenceArgs {
    /// Evidence that 'probe' or 'prove' has written (repeatable); see 'nix-ripple evidence'
    #[arg(long, value_name = "FILE")]
    evidence: Vec<PathBuf>,
}

/// Remedies that a user asks for.
#[derive(Debug, Clone, clap::Args)]
#[command(next_help_heading = "Evidence")]
pub(super) struct RemedyArgs {
    #[command(flatten)]
    pub(super) evidence: EvidenceArgs,
    /// Go by evidence of this grade or a stronger one alone; 'impact' and 'overlay' apply all the
    /// remedies that it supports
    #[arg(long, value_name = "GRADE", requires = "evidence", value_parser = grades())]
    pub(super) min_grade: Option<Grade>,
}

/// The grades as a user names them.
fn grades() -> impl TypedValueParser<Value = Grade> {
    PossibleValuesParser::new(Grade::ALL.map(Grade::as_str)).try_map(|word| word.parse::<Grade>())
}

impl EvidenceArgs {
    /// Whether any is given.
    pub(super) fn is_given(&self) -> bool {
        !self.evidence.is_empty()
    }

    /// Reads the files, and finds what their evidence says of this graph.
    pub(super) fn load(&self, graph: &Graph, printer: &mut Printer) -> Result<(Verdicts, Vec<Evidence>), CliError> {
        let evidence = load(&self.evidence, printer)?.evidence;
        let (verdicts, problems) = Verdicts::new(graph, &evidence);
        printer.problems(&problems);
        Ok((verdicts, evidence))
    }
}
