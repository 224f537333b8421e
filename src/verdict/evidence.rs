//! What an experiment showed of a package's inputs.

use serde::{Deserialize, Deserializer, Serialize, Serializer};

use super::grade::Grade;
use crate::graph::{Graph, NodeId, RecipeDigest};

/// One thing that was shown. Files hold it with its `kind`.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(tag = "kind", rename_all = "kebab-case")]
pub enum Evidence {
    /// Inputs that vanish when the package is instantiated with its checks off.
    CheckOnly(CheckOnly),
}

/// The kinds that are known, as they stand in files.
pub(super) const KINDS: [&str; 1] = ["check-only"];

/// The counterfactual: inputs that a package loses when it is instantiated with its checks off.
///
/// Overestimates, so that the grade is never above `inferred`: a check input is also visible to the
/// configure phase (`setup_requires` needs a test tool to build at all), hooks pass flags when checks
/// are on, checks may write into the output, and what a check phase exports is still set when
/// installing. Underestimates: an input that also stands in another list, or that the text of a check
/// phase names, does not vanish, though only checks use it.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
pub struct CheckOnly {
    /// The package that was instantiated: where the evidence comes from.
    pub package: PackageRef,
    /// Its recipe, of which the evidence speaks.
    #[serde(serialize_with = "write_recipe", deserialize_with = "read_recipe")]
    pub recipe: RecipeDigest,
    /// What vanished, by path.
    pub inputs: Vec<InputRef>,
    /// What came instead, by path.
    pub appeared: Vec<InputRef>,
    /// What else differs between the two derivations, sorted: keys of the environment other than the
    /// lists of inputs, the outputs and the check flags; `args`, `builder`, `system`. `None` where a
    /// derivation's text was not at hand.
    pub differing_keys: Option<Vec<String>>,
    /// How much this shows.
    pub grade: Grade,
}

impl Evidence {
    /// Takes back a grade that is stronger than what is shown, as a file made by hand may have it; tells
    /// whether it was.
    pub(super) fn bound_grade(&mut self) -> bool {
        let Self::CheckOnly(shown) = self;
        let most = CheckOnly::grade_of(&shown.appeared, shown.differing_keys.as_deref());
        let overstated = shown.grade > most;
        shown.grade = shown.grade.min(most);
        overstated
    }
}

impl CheckOnly {
    /// What a comparison shows: `inferred` when nothing but inputs went and flags changed, else
    /// `suspected`, for what is built may differ with the checks.
    #[must_use]
    pub fn grade_of(appeared: &[InputRef], differing_keys: Option<&[String]>) -> Grade {
        if appeared.is_empty() && differing_keys.is_some_and(<[String]>::is_empty) {
            Grade::Inferred
        } else {
            Grade::Suspected
        }
    }
}

/// A package that an experiment was made with.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
pub struct PackageRef {
    /// The attribute; empty where there is none.
    #[serde(default)]
    pub attribute: String,
    /// The derivation's path.
    pub drv: String,
    /// Its name.
    pub name: String,
}

/// An input that evidence speaks of.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
pub struct InputRef {
    /// The path of the derivation or source.
    pub drv: String,
    /// Its name.
    pub name: String,
    /// Its pname; that of a source is its name.
    pub pname: String,
    /// The outputs used of it, sorted.
    pub outputs: Vec<String>,
    /// The keys under which the consumer names it, sorted.
    pub keys: Vec<String>,
}

impl InputRef {
    /// The pname by which an input is found again; a source has none but its name.
    #[must_use]
    pub fn pname_of(graph: &Graph, node: NodeId) -> &str {
        if graph.is_derivation(node) { graph.pname(node) } else { graph.name(node) }
    }
}

/// Which of the two instantiations failed.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Variant {
    /// The package itself.
    Package,
    /// The package with its checks off, while the package itself evaluates.
    WithoutChecks,
}

/// A package of which nothing could be found out.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
pub struct Failure {
    /// The attribute.
    pub attribute: String,
    /// What failed.
    pub variant: Variant,
    /// Why.
    pub error: String,
}

pub(super) fn write_recipe<S: Serializer>(recipe: &RecipeDigest, serializer: S) -> Result<S::Ok, S::Error> {
    serializer.collect_str(recipe)
}

pub(super) fn read_recipe<'de, D: Deserializer<'de>>(deserializer: D) -> Result<RecipeDigest, D::Error> {
    String::deserialize(deserializer)?.parse().map_err(serde::de::Error::custom)
}
