//! What tools tell of builds: nix-eval-jobs, nix-fast-build, Hydra, tables.

mod csv;
mod json;
mod junit;
mod lines;
mod outcome;
mod quote;
mod read;
mod record;

pub use outcome::Outcome;
pub use read::Results;
pub use record::{Form, Record};
