//! Builds under `strace`: which files of the inputs they open, and in which phase.

mod line;
mod links;
mod opened;
mod strace;
mod watch;

pub(super) use links::Node;
pub(super) use opened::Inputs;
pub(super) use strace::Strace;
pub(super) use watch::Watch;
