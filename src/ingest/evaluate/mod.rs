//! Evaluating Nix expressions with the user's own Nix, whatever some of their packages do.

mod argument;
mod batches;
mod message;
mod path;
mod session;

pub use argument::Argument;
pub(crate) use batches::{Oracle, in_batches};
pub(crate) use path::split_path;
pub use session::NixError;
pub(crate) use session::{Refusal, RunError, Session};
