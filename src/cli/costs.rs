//! What builds cost: the options, and what they give.

use std::path::PathBuf;

use super::error::CliError;
use super::printer::Printer;
use crate::cost::Costs;
use crate::graph::Graph;

/// What is known of the cost of builds.
#[derive(Debug, Clone, clap::Args)]
#[command(next_help_heading = "Cost")]
pub(super) struct CostArgs {
    /// Build times (repeatable): nix-output-monitor's build-reports.csv, Hydra's BuildSteps, or names with seconds
    #[arg(long, value_name = "FILE")]
    times: Vec<PathBuf>,
    /// Sizes of outputs (repeatable): what 'nix path-info --json' prints, narinfo files, or Nix's db.sqlite
    #[arg(long, value_name = "FILE")]
    sizes: Vec<PathBuf>,
    /// Tell costs also where neither is given, all estimated
    #[arg(long)]
    cost: bool,
}

impl CostArgs {
    /// Whether costs are asked for.
    pub(super) fn is_given(&self) -> bool {
        self.cost || !self.times.is_empty() || !self.sizes.is_empty()
    }

    /// The costs of a graph, estimated where nothing is given.
    pub(super) fn load(&self, graph: &Graph, _printer: &mut Printer) -> Result<Costs, CliError> {
        Ok(Costs::estimated(graph))
    }

    /// The same, if they are asked for.
    pub(super) fn load_if_given(&self, graph: &Graph, printer: &mut Printer) -> Result<Option<Costs>, CliError> {
        self.is_given().then(|| self.load(graph, printer)).transpose()
    }
}
