//! Which bumps go together, and in what order.

mod builds;
mod bumps;
mod keep;
mod made;
mod major;
mod notes;
mod other_plans;
mod others;
mod pictures;
mod plan;
mod plan_file;
mod precedence;
mod priced;
mod reasons;
mod replan;
mod report;
pub mod results;
mod rows;
mod runs;
mod security;
mod shares;
mod stakes;
pub mod status;
mod units;
mod wish;

pub use bumps::{BumpsError, PlannedBump, planned};
pub use keep::{KeepError, Kept, LateBump, LockedBump, keep};
pub use major::{LOAD_PARTS, MajorReport, MajorRun, MajorStep, Pace, major};
pub use other_plans::MOST_PLANS;
pub use pictures::{PlanRow, WavePictures};
pub use plan::{Minimise, WaveLimits, WavesError, WavesParams, waves};
pub use plan_file::WavePlan;
pub use precedence::Contradiction;
pub use report::{
    Alternative, Alternatives, AtStake, BackEdge, Before, BumpRow, Chosen, FrontierPoint, HeavyBuild, Merge, PlannedOn,
    Rebuilds, SecurityBump, WaveBuild, WaveBump, WaveRow, WavesReport,
};
pub use security::{Joins, Rewrites, SecurityParams, SecurityReport, Way, WayKind, security_ways};
pub use units::Together;
pub use wish::{Pin, Wish};
