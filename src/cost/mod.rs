//! What each build costs: time and bytes, measured or estimated.

mod cached;
mod costs;
mod farm;
mod quoted;
mod schedule;
mod sizes;
mod sort;
mod times;
mod weights;

pub use cached::{Cached, CachedError};
pub use costs::{Bytes, Costs, Time, Unmatched};
pub use farm::{Farm, Features, Machine};
pub use schedule::{Run, Schedule, Scheduler, Unbuildable, Use, Work, schedule, schedule_together};
pub use sizes::{Kind as SizeKind, OutputSize, SizeClass, SizeMatch, SizeReason, SizeRecords, SizeUses, Sizes, Spread};
pub use times::{Basis, Estimated, LONGEST_MILLIS, LeftOut, Match, Measured, TimeReason, Times, TimesError, TimesFile};
