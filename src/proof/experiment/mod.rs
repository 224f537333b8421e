//! Experiments by the real Nix: a package built without an input, or with another one in its place.

mod answer;
mod baseline;
mod consumer;
mod error;
mod expression;
mod failure;
mod hidden;
mod nix;
mod phase;
mod propagation;
mod prover;
mod recipe;
mod sandbox;
mod stages;
mod stand_in;
mod step;
mod trace;
mod traced;
mod variant;

pub use answer::{ProofRow, StepRow};
pub use baseline::Baseline;
pub use consumer::{Candidate, Consumer};
pub use error::ExperimentError;
pub use expression::written;
pub use nix::Nix;
pub use prover::{Next, ProveParams, Prover, is_settled};
pub use step::{Proof, Step, SwitchedOff};
