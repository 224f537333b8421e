//! What each build costs: time and bytes, measured or estimated.

mod costs;

pub use costs::{Bytes, Costs, Time};
