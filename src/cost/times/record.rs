//! What one record of a build says.

use crate::nix::Digest;

/// The longest time that is believed: ten years in milliseconds. Smaller than 2^40.
pub const LONGEST_MILLIS: u64 = 10 * 31_557_600_000;

/// A build, or a download, that took some time.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Record {
    /// The digest of the derivation's path; [`Digest::NONE`] where it is not told.
    pub(super) path: Digest,
    /// The attribute without system; empty where it is not told.
    pub(super) attribute: Box<str>,
    /// What [`Named`] says; empty where there is none.
    pub(super) name: Box<str>,
    pub(super) named: Named,
    /// Index among the systems of all records; 0 where it is not told.
    pub(super) system: u32,
    /// Never 0, and [`LONGEST_MILLIS`] at most.
    pub(super) millis: u64,
    /// Index among the files.
    pub(super) file: u32,
}

impl Record {
    /// What a user would look for in the file.
    pub(super) fn shown(&self) -> &str {
        if self.name.is_empty() { &self.attribute } else { &self.name }
    }
}

/// What the name of a record is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Named {
    /// The name of a derivation, with its version.
    Derivation,
    /// A pname.
    Pname,
    /// A pname; or, where a derivation has none, its name without the digits, dots and dashes at the end: what
    /// nix-output-monitor writes.
    Short,
    /// The name of a derivation, a pname or an attribute.
    Any,
}

/// Why a record that is as it should be says nothing of how long a build takes.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum LeftOut {
    /// The build failed, was ended, or never began.
    Failed,
    /// It has no end yet.
    Unfinished,
    /// It was not built then: substituted, or known from before.
    Cached,
    /// It took no time (nix-output-monitor rounds down to whole seconds), as what is cached does.
    Zero,
}

impl LeftOut {
    /// All of them.
    pub const ALL: [Self; 4] = [Self::Failed, Self::Unfinished, Self::Cached, Self::Zero];

    /// In words.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Failed => "failed",
            Self::Unfinished => "unfinished",
            Self::Cached => "cached",
            Self::Zero => "of 0 s",
        }
    }
}
