//! Nothing that is read can break anything: damaged files, damaged snapshots, closures that are no
//! closures; and the same closure is the same graph however it came.

mod invalid;
mod mutated;
mod sameness;
mod snapshot;
mod wholeness;
