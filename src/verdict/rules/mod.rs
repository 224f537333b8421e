//! What the shape of a derivation says about its inputs, as data.

mod conditions;
mod file;
mod fits;
mod rule;

pub use file::RulesError;
pub use fits::Fits;
pub use rule::{Case, Rule, Rules};
