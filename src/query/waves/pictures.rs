//! What pictures of a plan are drawn from.

use super::plan::WaveLimits;
use super::report::{FrontierPoint, HeavyBuild, Merge, WaveRow};
use crate::query::farm_runs::FarmRuns;

/// What pictures of a plan are drawn from, beside the plan.
#[derive(Debug, Clone, Default)]
pub struct WavePictures {
    /// What the plans keep to.
    pub limits: WaveLimits,
    /// Plans of the frontier in full, fewest waves first.
    pub plans: Vec<PlanRow>,
    /// The next safer plan, where it is none of the frontier.
    pub safer: Option<PlanRow>,
    /// What the farm does in each wave of the chosen plan; none without a farm that can build them all.
    pub runs: Vec<FarmRuns>,
}

/// A plan of the frontier.
#[derive(Debug, Clone)]
pub struct PlanRow {
    /// Its figures.
    pub point: FrontierPoint,
    /// Whether it is the chosen one.
    pub is_chosen: bool,
    /// Its waves, without what is locked with each.
    pub waves: Vec<WaveRow>,
    /// The builds that take longest, and where they settle in it.
    pub heavy_builds: Vec<HeavyBuild>,
    /// What neighbouring waves of it would cost less as one.
    pub merges: Vec<Merge>,
}
