//! What can be reached: rebuild sets, counts for all nodes at once, paths. Ids only, no strings.

mod action;
mod blame;
mod blockers;
mod chain;
mod counts;
mod critical;
mod cut;
mod greedy;
mod hubs;
mod names;
mod nearest;
mod paths;
pub mod plan;
mod rebuild;
mod remedied;
#[cfg(test)]
mod samples;
mod savings;
mod spread;
mod sums;
mod to_build;
mod totals;
mod trial;
mod weights;
mod what_if;
mod workers;
mod yearly;

pub use action::Action;
pub use blame::{Blame, Influence, Takers, Unit};
pub use blockers::blockers;
pub use chain::heaviest_chain;
pub use counts::{dependents_of, dependents_of_all};
pub use critical::longest;
pub use cut::{Cut, cut};
pub use greedy::greedy;
pub use hubs::{Hub, hubs};
pub use nearest::nearest_path;
pub use paths::{Paths, paths};
pub use rebuild::{Propagation, RebuildSet};
pub use savings::{EdgeRemedy, Savings, savings, savings_of_actions, savings_of_edges};
pub use to_build::{ToBuild, to_build};
pub use totals::{totals, totals_of, totals_of_all};
pub use weights::{Weights, hours};
pub use what_if::{EditedRebuild, Edits, Treatment, rebuild_edited};
pub use yearly::{BumpGroup, Yearly, yearly_savings};
