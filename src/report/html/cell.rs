//! A value in a table, and how it is shown.

use std::borrow::Cow;

use crate::report::spurious::yearly;
use crate::report::table::printable;
use crate::report::units::{duration, size_change};

/// What a column holds.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Kind {
    /// Words.
    Text,
    /// Store paths, shown by their names.
    Path,
    /// A whole number.
    Count,
    /// Machine time in hours.
    Hours,
    /// A size in bytes.
    Bytes,
    /// A part of a whole, from 0 to 1.
    Share,
    /// A grade of evidence.
    Grade,
    /// Several words, such as owners or attributes.
    Names,
}

impl Kind {
    /// As scripts and styles name it.
    pub(super) const fn as_str(self) -> &'static str {
        match self {
            Self::Text => "text",
            Self::Path => "path",
            Self::Count => "count",
            Self::Hours => "hours",
            Self::Bytes => "bytes",
            Self::Share => "share",
            Self::Grade => "grade",
            Self::Names => "names",
        }
    }
}

/// A value.
#[derive(Debug, Clone, PartialEq)]
pub enum Cell {
    /// A word.
    Text(String),
    /// A store path, and the name that it is shown by.
    Path {
        /// In full.
        path: String,
        /// Its name.
        name: String,
    },
    /// A number.
    Number(f64),
    /// A number that is estimated.
    Estimate(f64),
    /// Several words.
    Names(Vec<String>),
    /// Nothing.
    None,
}

impl Cell {
    /// A word, or nothing where it is empty.
    pub(super) fn text(text: impl Into<String>) -> Self {
        let text = text.into();
        if text.is_empty() { Self::None } else { Self::Text(text) }
    }

    /// A count.
    pub(super) fn count(count: impl Into<u64>) -> Self {
        Self::Number(count.into() as f64)
    }

    /// As people read it, in a column of this kind. Several words are parted by line breaks in pages; here by blanks.
    pub(super) fn shown(&self, kind: Kind) -> Cow<'_, str> {
        match self {
            Self::Text(text) | Self::Path { name: text, .. } => printable(text),
            Self::Number(value) => Cow::Owned(figure(kind, *value)),
            Self::Estimate(value) => Cow::Owned(format!("~{}", figure(kind, *value))),
            Self::Names(names) => Cow::Owned(printable(&names.join(" ")).into_owned()),
            Self::None => Cow::Borrowed(""),
        }
    }

    /// The value itself: a number in the fewest digits that tell it, a text as it can be shown, several words as a
    /// JSON list of such; nothing where there is none.
    pub(super) fn raw(&self) -> Option<Cow<'_, str>> {
        match self {
            Self::Text(text) | Self::Path { path: text, .. } => Some(printable(text)),
            Self::Number(value) | Self::Estimate(value) => Some(Cow::Owned(value.to_string())),
            Self::Names(names) => {
                let names: Vec<Cow<'_, str>> = names.iter().map(|name| printable(name)).collect();
                serde_json::to_string(&names).ok().map(Cow::Owned)
            }
            Self::None => None,
        }
    }
}

/// A figure as tables of the terminal show it.
pub(super) fn figure(kind: Kind, value: f64) -> String {
    match kind {
        Kind::Hours => duration(value),
        Kind::Bytes => size_change(value.round() as i64),
        Kind::Share => crate::report::table::fraction(value, 1),
        // builds of a year are no whole number
        _ => yearly(value),
    }
}
