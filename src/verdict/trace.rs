//! Traces: which files of an input a build opened.

use serde::{Deserialize, Serialize};

use super::evidence::{InputRef, PackageRef};
use crate::graph::RecipeDigest;

/// A build under `strace`, and what it opened of one input.
///
/// Overestimates what an input matters: a file that is opened may not change anything. Underestimates:
/// that a file is not there, or that a folder is listed, can matter too, and of a process that was not
/// followed nothing is seen. So it is never more than `observed`.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
pub struct Trace {
    /// The package that was built.
    pub package: PackageRef,
    /// Its recipe, of which the evidence speaks.
    #[serde(serialize_with = "super::evidence::write_recipe", deserialize_with = "super::evidence::read_recipe")]
    pub recipe: RecipeDigest,
    /// The input; without keys where the package does not name it, but sees it.
    pub input: InputRef,
    /// The names of what carries it, nearest to the package first; empty where the package names it.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub chain: Vec<String>,
    /// What was opened, by phase; empty where nothing was.
    pub opened: Vec<OpenedIn>,
    /// Whether the package's own output mentions the input.
    pub referenced: bool,
    /// Whether the build ran in a sandbox.
    pub sandboxed: bool,
}

/// What a phase opened of an input.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
pub struct OpenedIn {
    /// The phase (`checkPhase`); `None` outside of any, or where it is not known.
    pub phase: Option<String>,
    /// How many of its files.
    pub files: u64,
    /// The first of them.
    pub first: String,
}

impl Trace {
    /// Whether nothing was opened outside the phases of checks.
    #[must_use]
    pub fn is_for_checks(&self) -> bool {
        let of_checks = |phase: &str| ["checkPhase", "installCheckPhase"].contains(&phase);
        self.opened.iter().all(|opened| opened.phase.as_deref().is_some_and(of_checks))
    }
}
