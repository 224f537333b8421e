//! What can be reached: rebuild sets, counts for all nodes at once, paths. Ids only, no strings.

mod blame;
mod counts;
mod cut;
mod hubs;
mod paths;
mod rebuild;
mod savings;
mod what_if;

pub use blame::{Blame, Influence, Takers, Unit};
pub use counts::{dependents_of, dependents_of_all};
pub use cut::{Cut, cut};
pub use hubs::{Hub, hubs};
pub use paths::{Paths, paths};
pub use rebuild::{Propagation, RebuildSet};
pub use savings::{EdgeRemedy, Savings, savings, savings_of_edges};
pub use what_if::{EditedRebuild, Edits, Treatment, rebuild_edited};
