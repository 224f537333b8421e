//! On what grounds a build takes so long.

use crate::cost::Spread;

/// By what records were found for a derivation, from exact to loose.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Match {
    /// By its path: this very derivation.
    Derivation,
    /// By an attribute, on its system or on none.
    Attribute,
    /// By name, with version, and system.
    NameAndSystem,
    /// By an attribute, on other systems.
    AttributeElsewhere,
    /// By name, with version.
    Name,
    /// By pname and system, whatever the version.
    PnameAndSystem,
    /// By pname.
    Pname,
    /// By its name as nix-output-monitor shortens it.
    ShortName,
}

impl Match {
    /// All of them, from exact to loose.
    pub const ALL: [Self; 8] = [
        Self::Derivation,
        Self::Attribute,
        Self::NameAndSystem,
        Self::AttributeElsewhere,
        Self::Name,
        Self::PnameAndSystem,
        Self::Pname,
        Self::ShortName,
    ];

    /// The stable word for it.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Derivation => "derivation",
            Self::Attribute => "attribute",
            Self::NameAndSystem => "name-and-system",
            Self::AttributeElsewhere => "attribute-elsewhere",
            Self::Name => "name",
            Self::PnameAndSystem => "pname-and-system",
            Self::Pname => "pname",
            Self::ShortName => "short-name",
        }
    }
}

/// The records that tell a derivation's time.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Measured {
    /// How they were found.
    pub by: Match,
    /// Their milliseconds; the median is taken.
    pub spread: Spread,
    /// Which list of files.
    pub(in crate::cost) files: u32,
    /// The same number for the same records.
    pub(super) source: u32,
}

/// By what a time is estimated, from close to far.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Basis {
    /// The median of what is like it and of its package set.
    Set,
    /// The median of what is like it.
    Kind,
    /// The median of what has the same built-in figure and asks for the same machines.
    Machine,
    /// A built-in figure, times what the measured builds take of theirs, within what they take.
    Scaled,
    /// A built-in figure.
    BuiltIn,
}

impl Basis {
    /// The stable word for it.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Set => "set",
            Self::Kind => "kind",
            Self::Machine => "machine",
            Self::Scaled => "scaled",
            Self::BuiltIn => "built-in",
        }
    }
}

/// The builds by which a time is estimated.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Estimated {
    /// By what.
    pub basis: Basis,
    /// What they have in common, in words.
    pub class: String,
    /// How many of them have records, each package once; 0 for a built-in figure.
    pub of: u32,
    /// Their milliseconds, where the median of them is taken.
    pub spread: Option<Spread>,
    /// What is taken, in milliseconds.
    pub millis: u64,
}

/// Why a derivation takes so long.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum TimeReason<'c> {
    /// Records say so.
    Measured(&'c Measured),
    /// No record says so.
    Estimated(&'c Estimated),
    /// It is an input source or a hole, and takes no time.
    Nothing,
}
