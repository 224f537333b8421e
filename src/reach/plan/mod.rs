//! Waves: which bumps go together and in what order, over ids and weights alone.
//!
//! A plan is an ordered partition of units (bumps that move together) into waves. Plans are
//! compared by what their waves make together, then by how late what they make settles, then by how
//! late urgent units go in.

mod bits;
mod classes;
mod cuts;
mod exact;
mod frontier;
mod ideals;
mod improve;
mod keys;
mod limits;
mod merge;
#[cfg(test)]
mod nearness;
mod order;
mod price;
mod problem;
mod reshape;
#[cfg(test)]
mod samples;
mod search;
mod sequence;
mod strict;
mod sums;
#[cfg(test)]
mod tests;

pub use frontier::frontier;
pub use limits::Limits;
pub use order::Order;
pub use price::Plan;
pub use problem::Problem;
pub use strict::strict;
