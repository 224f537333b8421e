//! What each build costs: time and bytes, measured or estimated.

mod costs;
mod weights;

pub use costs::{Bytes, Costs, Time};
