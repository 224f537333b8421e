//! What each build costs: time and bytes, measured or estimated.

mod costs;
mod draft;
mod farm;
mod matching;
mod model;
mod names;
mod reason;
mod record;
mod schedule;
mod sizes;
mod sort;
mod times;
mod times_csv;
mod times_error;
mod times_json;
mod weights;

pub use costs::{Bytes, Costs, Time, Unmatched};
pub use farm::{Farm, FarmError, Features, Machine};
pub use reason::{Basis, Estimated, Match, Measured, TimeReason};
pub use record::{LONGEST_MILLIS, LeftOut};
pub use schedule::{Run, Schedule, Scheduler, Unbuildable, Use, Work, schedule};
pub use sizes::{Kind as SizeKind, OutputSize, SizeClass, SizeMatch, SizeReason, SizeRecords, SizeUses, Sizes, Spread};
pub use times::{Times, TimesFile};
pub use times_error::TimesError;
