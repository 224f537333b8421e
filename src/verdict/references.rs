//! References: which inputs the built outputs mention, and where.

use serde::{Deserialize, Serialize};

use super::evidence::{InputRef, PackageRef};
use super::experiment::Carrier;
use crate::graph::RecipeDigest;

/// The inputs that the outputs of a package mention.
///
/// It claims nothing by itself: a build may read an input that it does not mention. It gives the inputs
/// the role `runtime`, and where other evidence says that an input cannot change the output, it says
/// that the path which the output records changes all the same.
///
/// Overestimates: a path may stand in a file that nobody reads. Underestimates: a path that is
/// compressed, or in another encoding, is not found.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
pub struct References {
    /// The package whose outputs these are.
    pub package: PackageRef,
    /// Its recipe, of which the evidence speaks.
    #[serde(serialize_with = "super::evidence::write_recipe", deserialize_with = "super::evidence::read_recipe")]
    pub recipe: RecipeDigest,
    /// The outputs that were looked at, sorted.
    pub outputs: Vec<String>,
    /// The inputs that they mention, by path.
    pub inputs: Vec<Reference>,
    /// What told so.
    pub source: ReferenceSource,
}

impl References {
    /// Whether they name an input.
    #[must_use]
    pub fn has(&self, input: &InputRef) -> bool {
        self.inputs.iter().any(|reference| reference.input == *input)
    }
}

/// An input that is mentioned.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
pub struct Reference {
    /// The input; without keys where the package does not name it, but sees it.
    pub input: InputRef,
    /// How many files mention it; 0 where that is not known.
    pub files: u64,
    /// How they carry it, ascending; empty where that is not known.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub carriers: Vec<Carrier>,
}

/// What told of references.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum ReferenceSource {
    /// The files themselves.
    Scan,
    /// The database of the store.
    StoreDb,
    /// `nix path-info --json`.
    PathInfo,
    /// A binary cache.
    Narinfo,
}

impl ReferenceSource {
    /// All sources.
    pub const ALL: [Self; 4] = [Self::Scan, Self::StoreDb, Self::PathInfo, Self::Narinfo];

    /// As it stands in files and reports.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Scan => "scan",
            Self::StoreDb => "store-db",
            Self::PathInfo => "path-info",
            Self::Narinfo => "narinfo",
        }
    }
}
