//! Experiments: a package built without an input, or with another one in its place.

use serde::{Deserialize, Serialize};

use super::evidence::{InputRef, PackageRef};
use crate::graph::RecipeDigest;

/// What was done with the input.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum ExperimentKind {
    /// It was taken out of every list.
    Remove,
    /// One of the same name and metadata without content stood in its place.
    Stub,
    /// The same under another hash, or another version, stood in its place.
    Perturb,
}

impl ExperimentKind {
    /// All kinds, the cheapest first.
    pub const ALL: [Self; 3] = [Self::Remove, Self::Stub, Self::Perturb];

    /// As it stands in files and reports.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Remove => "remove",
            Self::Stub => "stub",
            Self::Perturb => "perturb",
        }
    }
}

/// How an experiment ended, beside the package as it is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Outcome {
    /// The outputs are the same, store hashes of counterparts apart.
    Identical,
    /// They differ only in the store paths that they record.
    ReferenceOnly,
    /// They differ in more.
    Different,
    /// The build fails only because a check looks whether the input is there; without that check the
    /// outputs are the same, or differ only in the store paths that they record.
    PresenceOnly,
    /// The build fails.
    Fails,
    /// The package itself is not the same when it is built twice, so that nothing is shown.
    Nondeterministic,
}

impl Outcome {
    /// All outcomes.
    pub const ALL: [Self; 6] = [
        Self::Identical,
        Self::ReferenceOnly,
        Self::Different,
        Self::PresenceOnly,
        Self::Fails,
        Self::Nondeterministic,
    ];

    /// As it stands in files and reports.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Identical => "identical",
            Self::ReferenceOnly => "reference-only",
            Self::Different => "different",
            Self::PresenceOnly => "presence-only",
            Self::Fails => "fails",
            Self::Nondeterministic => "nondeterministic",
        }
    }
}

/// Which checks ran in the build that an outcome is of.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Checks {
    /// The package runs none.
    None,
    /// They ran, and passed.
    Passed,
    /// They had to be switched off: with them the build fails.
    Off,
}

impl Checks {
    /// As it stands in files and reports.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::None => "none",
            Self::Passed => "passed",
            Self::Off => "off",
        }
    }
}

/// How a file of an output carries the path of an input.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Carrier {
    /// An element of a list in `nix-support/propagated-*` (also `propagated-user-env-packages`).
    Propagated,
    /// Another file in `nix-support`.
    NixSupport,
    /// A line or a list element of a wrapper script, or the text of a binary wrapper.
    Wrapper,
    /// The interpreter in the first line of a script.
    Shebang,
    /// An entry of the run path of an ELF file, or its interpreter.
    Rpath,
    /// A `.pc` file of pkg-config.
    PkgConfig,
    /// A `.cmake` file.
    Cmake,
    /// A `.la` file of libtool.
    Libtool,
    /// Metadata of a python package: `.dist-info`, `.egg-info`, `.pth`, `.egg-link`.
    PythonMetadata,
    /// An element of a list of paths that colons part, in any text.
    PathList,
    /// The target of a symbolic link.
    Symlink,
    /// Anything else.
    Other,
}

impl Carrier {
    /// As it stands in files and reports.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Propagated => "propagated",
            Self::NixSupport => "nix-support",
            Self::Wrapper => "wrapper",
            Self::Shebang => "shebang",
            Self::Rpath => "rpath",
            Self::PkgConfig => "pkg-config",
            Self::Cmake => "cmake",
            Self::Libtool => "libtool",
            Self::PythonMetadata => "python-metadata",
            Self::PathList => "path-list",
            Self::Symlink => "symlink",
            Self::Other => "other",
        }
    }
}

/// What differs in a file.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Change {
    /// Only the store paths that it records.
    References,
    /// Its content.
    Content,
    /// It is there no more.
    Gone,
    /// It is new.
    Added,
    /// A file became a folder or a link, or the like.
    Kind,
    /// Whether it can be executed.
    Executable,
}

/// A file that differs between two outputs.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
pub struct FileChange {
    /// The output (`out`) where there are several, then the path in it; bytes that are not UTF-8 escaped.
    pub path: String,
    /// What differs.
    pub change: Change,
    /// How it carries the references that differ; empty where more differs. Ascending.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub carriers: Vec<Carrier>,
    /// Where the first difference is, in bytes from the start of the first of the two.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub offset: Option<u64>,
    /// An excerpt from there.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub before: Option<String>,
    /// What stands there instead.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub after: Option<String>,
}

/// An input and its consumer, one experiment, and how it ended.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
pub struct Experiment {
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
    /// What was done.
    pub experiment: ExperimentKind,
    /// The name of what stood in its place, where that was another version.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub against: Option<String>,
    /// Whether the stub stops whoever uses it, instead of being empty.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub poisoned: bool,
    /// How it ended.
    pub outcome: Outcome,
    /// For `presence-only`: whether the outputs then were identical, or differed in references.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub compared: Option<Outcome>,
    /// Which checks ran in the build that is compared, or that failed last.
    pub checks: Checks,
    /// The phase in which it failed, where the build tells.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub phase: Option<String>,
    /// Whether the package's own output mentions the input.
    pub referenced: bool,
    /// Whether every build ran in a sandbox.
    pub sandboxed: bool,
    /// What differs: the first files, by path.
    pub files: Vec<FileChange>,
    /// How many files differ in all.
    pub differing: u64,
    /// How long the builds of this experiment took, in seconds; those of the package itself apart.
    pub seconds: u64,
}
