//! Experiments by the real Nix: a package built without an input, or with another one in its place.

mod answer;
mod consumer;
mod error;
mod expression;
mod hidden;
mod nix;
mod phase;
mod propagation;
mod prove;
mod recipe;
mod sandbox;
mod stand_in;
mod trace;
mod traced;

pub use answer::{ProofRow, StepRow};
pub use consumer::{Candidate, Consumer};
pub use error::ExperimentError;
pub use expression::written;
pub use nix::Nix;
pub use prove::{Baseline, Next, Proof, ProveParams, Prover, Step, SwitchedOff};
