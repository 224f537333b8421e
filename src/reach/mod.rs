//! What can be reached: rebuild sets, counts for all nodes at once, paths. Ids only, no strings.

mod counts;
mod hubs;
mod paths;
mod rebuild;

pub use counts::{dependents_of, dependents_of_all};
pub use hubs::{Hub, hubs};
pub use paths::{Paths, paths};
pub use rebuild::{Propagation, RebuildSet};
