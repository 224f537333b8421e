//! What a farm does in the waves of a plan.

use rayon::prelude::*;

use super::rows::Rows;
use crate::cost::{Work, schedule};
use crate::query::farm_runs::FarmRuns;

/// So many builds of a wave are told by themselves, and so many of all waves.
const OF_A_WAVE: usize = 2_000;
const OF_ALL: usize = 20_000;

impl Rows<'_> {
    /// For each wave, where there is a farm that can build them all. The time of their schedules.
    pub(super) fn runs(&self) -> Vec<FarmRuns> {
        let params = self.planned.params;
        let Some((farm, scheduler)) = params.farm.filter(|_| self.planned.waves.has_farm()) else { return Vec::new() };
        let most = OF_A_WAVE.min(OF_ALL / self.nodes.len().max(1));
        let of_wave = |nodes: &Vec<_>| {
            let work = Work { graph: self.planned.graph, nodes, millis: params.costs.millis(), asked: None };
            schedule(&work, farm, scheduler).ok().map(|schedule| FarmRuns::of(work.graph, &schedule, farm, most))
        };
        self.nodes.par_iter().map(of_wave).collect::<Option<_>>().unwrap_or_default()
    }
}
