//! Experiments, and the evidence that they give.

mod compare;
pub mod comparison;
mod counterfactual;
mod differences;
mod evaluation;
pub mod experiment;
pub mod outputs;
mod pairs;
mod probe;
mod summary;
mod texts;

pub use compare::{Compared, compare_closures, compare_pairs, differing_packages};
pub use counterfactual::{Index, Package, Without};
pub use differences::differing_keys;
pub use evaluation::ProbeError;
pub use pairs::{Pair, Pairs};
pub use probe::{Probe, Probed};
pub use summary::{ProbeReport, ProbedPackage};
pub use texts::{TextSources, Texts};
