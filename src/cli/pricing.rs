//! What a change costs: every option of it, and what they give.

use super::cached::CachedArgs;
use super::costs::CostArgs;
use super::error::CliError;
use super::farm::FarmArgs;
use super::printer::Printer;
use crate::cost::{Cached, Costs, Farm, Scheduler};
use crate::graph::Graph;
use crate::query::CostParams;

/// What is known of the cost of builds, who builds them, and what is built already.
#[derive(Debug, Clone, clap::Args)]
pub(super) struct PricingArgs {
    #[command(flatten)]
    pub(super) costs: CostArgs,
    /// How many of the builds that take longest to show
    #[arg(long, value_name = "N", default_value_t = 10, help_heading = "Cost")]
    heavyweights: usize,
    #[command(flatten)]
    farm: FarmArgs,
    #[command(flatten)]
    cached: CachedArgs,
}

/// The same, read.
pub(super) struct Pricing {
    pub(super) costs: Costs,
    heavyweights: usize,
    farm: Option<(Farm, Scheduler)>,
    cached: Option<Cached>,
}

impl PricingArgs {
    /// What any of the options asks for, if one does.
    pub(super) fn load_if_given(&self, graph: &Graph, printer: &mut Printer) -> Result<Option<Pricing>, CliError> {
        let given = self.costs.is_given(printer) || self.farm.is_given() || self.cached.is_given();
        given.then(|| self.load(graph, printer)).transpose()
    }

    /// The same, also where none is given.
    pub(super) fn load(&self, graph: &Graph, printer: &mut Printer) -> Result<Pricing, CliError> {
        let farm = self.farm.load(&printer.config())?;
        let cached = self.cached.load_if_given(graph, printer)?;
        let costs = self.costs.load(graph, printer)?;
        Ok(Pricing { costs, heavyweights: self.heavyweights, farm, cached })
    }
}

impl Pricing {
    pub(super) fn params(&self) -> CostParams<'_> {
        CostParams {
            costs: &self.costs,
            heavyweights: self.heavyweights,
            farm: self.farm.as_ref().map(|(farm, scheduler)| (farm, *scheduler)),
            cached: self.cached.as_ref(),
        }
    }
}
