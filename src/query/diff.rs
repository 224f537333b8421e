//! What changed between two evaluations, and which edit causes which part of it.

mod answer;

pub use answer::{
    Cause, CauseKind, Change, ChangeKind, Counted, DiffCounts, DiffReport, FailingAttribute, Judgement, OwnPullRequest,
    People, Person, RebuiltCounts, Renamed, Root, Side, Weight,
};
