//! The contract of the command line, end to end, by the built program.

mod contract;
mod ingesting;
pub(crate) mod judging;
pub(crate) mod program;
mod reports;
mod selectors;
