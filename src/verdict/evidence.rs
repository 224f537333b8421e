//! What an experiment showed of a package's inputs.

use serde::{Deserialize, Deserializer, Serialize, Serializer};

use super::claims::Claims;
use super::experiment::Experiment;
use super::grade::Grade;
use super::references::References;
use super::trace::Trace;
use crate::graph::{Graph, NodeId, RecipeDigest};

/// One thing that was shown. Files hold it with its `kind`.
///
/// What each kind claims, and where that over- or under-estimates, stands with its type.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Serialize)]
#[serde(tag = "kind", rename_all = "kebab-case")]
pub enum Evidence {
    /// Inputs that vanish when the package is instantiated with its checks off.
    CheckOnly(CheckOnly),
    /// A package built without an input, or with another one in its place.
    Experiment(Experiment),
    /// Which inputs the built outputs mention.
    References(References),
    /// Which files of an input a build opened.
    Trace(Trace),
}

impl Evidence {
    /// The kinds that are known, as they stand in files.
    pub const KINDS: [&str; 4] = ["check-only", "experiment", "references", "trace"];

    /// Its kind, as it stands in files.
    #[must_use]
    pub const fn kind(&self) -> &'static str {
        match self {
            Self::CheckOnly(_) => "check-only",
            Self::Experiment(_) => "experiment",
            Self::References(_) => "references",
            Self::Trace(_) => "trace",
        }
    }

    /// The package that it was shown with.
    #[must_use]
    pub const fn package(&self) -> &PackageRef {
        match self {
            Self::CheckOnly(shown) => &shown.package,
            Self::Experiment(shown) => &shown.package,
            Self::References(shown) => &shown.package,
            Self::Trace(shown) => &shown.package,
        }
    }

    /// The recipe of which it speaks.
    #[must_use]
    pub const fn recipe(&self) -> RecipeDigest {
        match self {
            Self::CheckOnly(shown) => shown.recipe,
            Self::Experiment(shown) => shown.recipe,
            Self::References(shown) => shown.recipe,
            Self::Trace(shown) => shown.recipe,
        }
    }

    /// The inputs of which it speaks.
    #[must_use]
    pub fn inputs(&self) -> Vec<&InputRef> {
        match self {
            Self::CheckOnly(shown) => shown.inputs.iter().collect(),
            Self::Experiment(shown) => vec![&shown.input],
            Self::References(shown) => shown.inputs.iter().map(|reference| &reference.input).collect(),
            Self::Trace(shown) => vec![&shown.input],
        }
    }

    /// What it claims of each of its inputs.
    #[must_use]
    pub fn claims(&self) -> Claims {
        match self {
            Self::CheckOnly(shown) => shown.claims(),
            Self::Experiment(shown) => shown.claims(),
            Self::References(_) => Claims::default(),
            Self::Trace(shown) => shown.claims(),
        }
    }

    /// The strongest grade of what it claims; `None` where it claims nothing.
    #[must_use]
    pub fn grade(&self) -> Option<Grade> {
        let claims = self.claims();
        claims.output.map(|(_, grade)| grade).max(claims.checks.map(|(_, grade)| grade))
    }

    /// Whether it shows that the package's output mentions its inputs.
    #[must_use]
    pub const fn is_reference(&self) -> bool {
        match self {
            Self::CheckOnly(_) => false,
            Self::Experiment(shown) => shown.referenced,
            Self::References(_) => true,
            Self::Trace(shown) => shown.referenced,
        }
    }

    /// Takes back a grade that is stronger than what is shown, as a file made by hand may have it; tells
    /// whether it was. The other kinds have no grade but that of what they show.
    pub(super) fn bound_grade(&mut self) -> bool {
        let Self::CheckOnly(shown) = self else { return false };
        let most = CheckOnly::grade_of(&shown.appeared, shown.differing_keys.as_deref());
        let overstated = shown.grade > most;
        shown.grade = shown.grade.min(most);
        overstated
    }
}

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
