//! What each build costs: time and bytes, measured or estimated.

mod cached;
mod costs;
mod sizes;

pub use cached::{Cached, CachedError};
pub use costs::{Bytes, Costs, Time};
pub use sizes::{Kind as SizeKind, OutputSize, SizeClass, SizeMatch, SizeReason, SizeRecords, SizeUses, Sizes, Spread};
