//! Waves: what goes together, in what order.

pub mod results;
