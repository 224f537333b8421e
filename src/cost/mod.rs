//! What each build costs: time and bytes, measured or estimated.

mod costs;
mod farm;
mod schedule;

pub use costs::{Bytes, Costs, Time};
pub use farm::{Farm, FarmError, Features, Machine};
pub use schedule::{Run, Schedule, Scheduler, Unbuildable, Use, Work, schedule};
