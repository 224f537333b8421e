//! What a probe found, as a report.

use serde::Serialize;

use super::compare::Compared;
use crate::verdict::{Evidence, Failure, Grade, InputRef};

/// The version of the report's JSON; it grows when a field is renamed or removed.
const VERSION: u32 = 1;

/// The answer of a probe.
#[derive(Debug, Clone, Serialize)]
pub struct ProbeReport {
    /// Version of this shape.
    pub version: u32,
    /// Attributes that were compared, with what vanished or without.
    pub probed: usize,
    /// Those of them that have check-only inputs.
    pub with_check_inputs: usize,
    /// Their check-only inputs, counted for each.
    pub check_inputs: usize,
    /// Attributes of which nothing could be found out.
    pub failed: usize,
    /// The attributes with check-only inputs, by name.
    pub packages: Vec<ProbedPackage>,
    /// What failed, by attribute.
    pub failures: Vec<Failure>,
}

/// An attribute with check-only inputs.
#[derive(Debug, Clone, Serialize)]
pub struct ProbedPackage {
    /// The attribute.
    pub attribute: String,
    /// Its derivation.
    pub drv: String,
    /// Its name.
    pub name: String,
    /// How much is shown.
    pub grade: Grade,
    /// What vanishes with the checks.
    pub inputs: Vec<InputRef>,
    /// What comes instead.
    pub appeared: Vec<InputRef>,
    /// What else differs; `None` where that is not known.
    pub differing_keys: Option<Vec<String>>,
}

impl ProbeReport {
    /// Of what comparing gave.
    #[must_use]
    pub fn new(compared: &Compared) -> Self {
        let package = |evidence: &Evidence| {
            let Evidence::CheckOnly(evidence) = evidence.clone() else { return None };
            Some(ProbedPackage {
                attribute: evidence.package.attribute,
                drv: evidence.package.drv,
                name: evidence.package.name,
                grade: evidence.grade,
                inputs: evidence.inputs,
                appeared: evidence.appeared,
                differing_keys: evidence.differing_keys,
            })
        };
        let packages: Vec<ProbedPackage> = compared.file.evidence.iter().filter_map(package).collect();
        let failures = compared.file.failures.clone();
        Self {
            version: VERSION,
            probed: compared.probed,
            with_check_inputs: packages.len(),
            check_inputs: packages.iter().map(|package| package.inputs.len()).sum(),
            failed: failures.len(),
            packages,
            failures,
        }
    }
}
