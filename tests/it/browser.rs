//! The pages that `--html` writes, in a real Chromium: what a person sees, clicks and types.
//!
//! One browser serves all tests of a process; each test has a tab with a profile of its own.

mod chromium;
mod client;
mod expected;
mod farms;
mod filters;
mod hostile;
mod input;
mod many;
mod opened;
mod pages;
mod plans;
mod readers;
mod saved;
mod tab;
mod tab_itself;
mod treemaps;

pub(crate) use chromium::program;
