//! What each build costs: time and bytes, measured or estimated.

mod costs;
mod draft;
mod matching;
mod model;
mod names;
mod reason;
mod record;
mod sort;
mod times;
mod times_csv;
mod times_error;
mod times_json;

pub use costs::{Bytes, Costs, Time, Unmatched};
pub use reason::{Basis, Estimated, Match, Measured, TimeReason};
pub use record::{LONGEST_MILLIS, LeftOut};
pub use times::{Times, TimesFile};
pub use times_error::TimesError;
