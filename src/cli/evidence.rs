//! What evidence a command goes by.

use std::path::PathBuf;

use clap::builder::{PossibleValuesParser, TypedValueParser};

use super::config::Key;
use super::costs::or_default;
use super::error::CliError;
use super::evidence_store::load;
use super::printer::Printer;
use crate::graph::Graph;
use crate::query::Needless;
use crate::verdict::{Evidence, Grade, Rules, Verdicts};

/// Evidence, and how strong it must be.
#[derive(Debug, Clone, clap::Args)]
#[command(next_help_heading = "Evidence")]
pub(super) struct EvidenceArgs {
    /// Evidence that 'probe' or 'prove' has written (repeatable); see 'nix-ripple evidence'
    #[arg(long, value_name = "FILE")]
    evidence: Vec<PathBuf>,
    /// Rules that go before the program's own (repeatable); see 'nix-ripple rules'
    #[arg(long, value_name = "FILE")]
    rules: Vec<PathBuf>,
    /// Go by evidence alone, without any rule
    #[arg(long, conflicts_with = "rules")]
    no_rules: bool,
}

/// Remedies that a user asks for.
#[derive(Debug, Clone, clap::Args)]
#[command(next_help_heading = "Evidence")]
pub(super) struct RemedyArgs {
    #[command(flatten)]
    pub(super) evidence: EvidenceArgs,
    /// Go by rules and evidence of this grade or a stronger one alone; 'impact' and 'overlay' apply
    /// all the remedies that these support
    #[arg(long, value_name = "GRADE", value_parser = grades())]
    pub(super) min_grade: Option<Grade>,
}

/// The program's rules behind those of files.
pub(super) fn read_rules(files: &[PathBuf], printer: &Printer) -> Result<Rules, CliError> {
    let own = or_default(files, Key::Rules, printer)
        .iter()
        .try_fold(Rules::default(), |all, file| all.then(Rules::read(file)?))?;
    Ok(own.then(Rules::embedded())?)
}

/// The grades as a user names them.
pub(super) fn grades() -> impl TypedValueParser<Value = Grade> {
    PossibleValuesParser::new(Grade::ALL.map(Grade::as_str)).try_map(|word| word.parse::<Grade>())
}

impl EvidenceArgs {
    /// The files: those that are given, else the defaults.
    fn files(&self, printer: &Printer) -> Vec<PathBuf> {
        or_default(&self.evidence, Key::Evidence, printer)
    }

    /// Whether files or rules are named on the command line.
    pub(super) fn is_named(&self) -> bool {
        !self.evidence.is_empty() || !self.rules.is_empty() || self.no_rules
    }

    /// Whether anything tells what is needless.
    pub(super) fn is_given(&self, printer: &Printer) -> bool {
        !self.no_rules || !self.files(printer).is_empty()
    }

    /// Whether that nothing is needless is worth a line, too: where evidence is given.
    pub(super) fn keeps(&self, needless: Vec<Needless>, printer: &Printer) -> Vec<Needless> {
        let some = needless.iter().any(|needless| !needless.savings.is_nothing());
        if some || !self.files(printer).is_empty() { needless } else { Vec::new() }
    }

    /// The rules to go by: the user's first.
    pub(super) fn rules(&self, printer: &Printer) -> Result<Rules, CliError> {
        if self.no_rules {
            return Ok(Rules::default());
        }
        read_rules(&self.rules, printer)
    }

    /// Reads the files, and finds what their evidence says of this graph.
    pub(super) fn load(&self, graph: &Graph, printer: &mut Printer) -> Result<(Verdicts, Vec<Evidence>), CliError> {
        let evidence = load(&self.files(printer), printer)?.evidence;
        let (verdicts, problems) = Verdicts::with_rules(graph, &evidence, self.rules(printer)?);
        printer.problems(&problems);
        Ok((verdicts, evidence))
    }
}
