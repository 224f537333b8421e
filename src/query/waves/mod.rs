//! Which bumps go together, and in what order.

mod builds;
mod bumps;
mod made;
mod plan;
mod precedence;
mod priced;
mod reasons;
mod report;
mod rows;
mod security;
mod stakes;
mod units;
mod wish;

pub use bumps::{BumpsError, PlannedBump, planned};
pub use plan::{Minimise, WaveLimits, WavesError, WavesParams, waves};
pub use precedence::Contradiction;
pub use report::{
    Alternative, Alternatives, AtStake, BackEdge, Before, BumpRow, Chosen, FrontierPoint, HeavyBuild, PlannedOn,
    Rebuilds, WaveBuild, WaveBump, WaveRow, WavesReport,
};
pub use security::{Joins, Rewrites, SecurityParams, SecurityReport, Way, WayKind, security_ways};
pub use units::Together;
pub use wish::{Pin, Wish};
