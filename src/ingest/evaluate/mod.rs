//! Evaluating Nix expressions with the user's own Nix, whatever some of their packages do.
//!
//! [`evaluate()`] finds the derivations of an expression and what fails in it, with nix-eval-jobs or
//! `nix-instantiate`, and tells both in the lines of the former, so that they are read in one way.

mod argument;
mod batches;
mod evaluation;
mod evaluator;
mod explain;
mod found;
mod jobs;
mod message;
mod path;
mod session;
mod surroundings;
mod walk;

pub use argument::Argument;
pub(crate) use batches::{Oracle, Ran, in_batches};
pub use evaluation::{DEFAULT_BATCH, DEFAULT_WORKERS, EvaluateParams, Evaluated, evaluate};
pub use evaluator::Evaluator;
pub(crate) use path::split_path;
pub use session::{NixError, is_search_path};
pub(crate) use session::{Refusal, RunError, Session};

/// What Nix is asked.
const EXPRESSION: &str = include_str!("evaluate.nix");
