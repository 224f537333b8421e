//! `nix-ripple completions`: what a shell can offer while a command is typed.

mod answer;
mod command;
mod scripts;
mod values;

pub(super) use answer::answer;
pub(super) use command::{Args, run};
