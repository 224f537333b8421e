//! What each build costs: time and bytes, measured or estimated.

mod costs;
mod sizes;

pub use costs::{Bytes, Costs, Time};
pub use sizes::{Kind as SizeKind, OutputSize, SizeClass, SizeMatch, SizeReason, SizeRecords, SizeUses, Sizes, Spread};
