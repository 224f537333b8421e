//! Defaults of a user and of a project: the files they stand in, what they may say, and what is in effect.

mod command;
mod file;
mod key;
mod places;
mod settings;

pub(super) use command::{Args, run};
pub(super) use key::Key;
pub(super) use settings::Config;
