//! The contract of the command line, end to end, by the built program.

mod contract;
mod ingesting;
mod judging;
pub(crate) mod program;
mod reports;
mod selectors;
