//! What each input can change in its consumer, and on which evidence.
//!
//! An evidence file holds records that an experiment made once; [`Verdicts`] finds what they speak of
//! in any closure, also of another day. A verdict is never stronger than its evidence.

mod append;
mod carried;
mod claims;
mod evidence;
mod experiment;
mod file;
mod finder;
mod grade;
mod judgement;
mod lines;
mod prune;
mod references;
mod rules;
#[cfg(test)]
pub(crate) mod samples;
mod trace;
mod verdicts;

pub use append::Appended;
pub use carried::Carried;
pub use claims::{ChecksFact, Claims, OutputFact};
pub use evidence::{CheckOnly, Evidence, Failure, InputRef, PackageRef, Variant};
pub use experiment::{Carrier, Change, Checks, Experiment, ExperimentKind, FileChange, Outcome};
pub use file::{EVIDENCE_VERSION, EvidenceError, EvidenceFile, Reading};
pub use finder::{Place, Standing, standings};
pub use grade::Grade;
pub use judgement::{Insistence, Judgement, Verdict};
pub use prune::{PruneParams, Pruned, prune};
pub use references::{Reference, ReferenceSource, References};
pub use rules::{Case, Fits, Rule, Rules, RulesError};
pub use trace::{OpenedIn, Trace};
pub use verdicts::Verdicts;
