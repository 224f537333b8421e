//! Experiments, and the evidence that they give.

mod compare;
mod counterfactual;
mod differences;
mod pairs;
mod summary;
mod texts;

pub use compare::{Compared, compare_closures, compare_pairs};
pub use counterfactual::{Index, Package, Without};
pub use differences::differing_keys;
pub use pairs::{Pair, Pairs};
pub use summary::{ProbeReport, ProbedPackage};
pub use texts::{TextSources, Texts};
