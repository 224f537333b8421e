//! `nix-ripple waves`, and its steps.

mod command;
mod plan;
mod status;

pub(super) use command::{Args, run};
