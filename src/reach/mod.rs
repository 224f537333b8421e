//! What can be reached: rebuild sets, counts for all nodes at once, paths. Ids only, no strings.

mod action;
mod blame;
mod blockers;
mod counts;
mod cut;
mod greedy;
mod hubs;
mod names;
mod paths;
mod rebuild;
mod remedied;
mod savings;
mod spread;
mod to_build;
mod trial;
mod what_if;
mod workers;
mod yearly;

pub use action::Action;
pub use blame::{Blame, Influence, Takers, Unit};
pub use blockers::blockers;
pub use counts::{dependents_of, dependents_of_all};
pub use cut::{Cut, cut};
pub use greedy::greedy;
pub use hubs::{Hub, hubs};
pub use paths::{Paths, paths};
pub use rebuild::{Propagation, RebuildSet};
pub use savings::{EdgeRemedy, Savings, savings, savings_of_actions, savings_of_edges};
pub use to_build::{ToBuild, to_build};
pub use what_if::{EditedRebuild, Edits, Treatment, rebuild_edited};
pub use yearly::{BumpGroup, Yearly, yearly_savings};
