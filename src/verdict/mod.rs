//! What each input can change in its consumer, and on which evidence.
//!
//! An evidence file holds records that an experiment made once; [`Verdicts`] finds what they speak of
//! in any closure, also of another day. A verdict is never stronger than its evidence.

mod evidence;
mod experiment;
mod file;
mod grade;
mod judgement;
mod verdicts;

pub use evidence::{CheckOnly, Evidence, Failure, InputRef, PackageRef, Variant};
pub use experiment::{Carrier, Change, Checks, Experiment, ExperimentKind, FileChange, Outcome};
pub use file::{EVIDENCE_VERSION, EvidenceError, EvidenceFile};
pub use grade::Grade;
pub use judgement::{Judgement, Verdict};
pub use verdicts::Verdicts;
