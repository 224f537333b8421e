//! How far the waves of a plan are, by what is told of builds.

mod answer;
mod concerned;
mod index;
mod query;
mod telling;
mod wave;

pub use answer::{
    Abandoned, BuildStatus, Called, Concerned, Doubtful, Failure, FileStatus, Fix, MendStep, Part, Retried,
    StatusPeople, StatusReport, ToldBy, WaveState, WaveStatus,
};
pub use query::{PlannedWaves, StatusParams, status};
pub use telling::{ResultFile, StatusError};
