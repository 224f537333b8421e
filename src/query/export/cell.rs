//! What stands in a row and a column.

use std::borrow::Cow;

/// A cell of a table.
#[derive(Debug, Clone, PartialEq)]
pub enum Cell<'e> {
    /// Not known, or there is none.
    Null,
    /// True or false.
    Bool(bool),
    /// An integer.
    Int(i64),
    /// A number.
    Double(f64),
    /// A text.
    Text(Cow<'e, str>),
    /// Texts.
    List(Vec<Cow<'e, str>>),
}

impl<'e> Cell<'e> {
    /// A text, or nothing where it is empty.
    pub(super) fn some_text(text: &'e str) -> Self {
        if text.is_empty() { Self::Null } else { Self::Text(text.into()) }
    }

    /// Texts that stand in the graph.
    pub(super) fn texts(texts: impl Iterator<Item = &'e str>) -> Self {
        Self::List(texts.map(Cow::Borrowed).collect())
    }

    /// Texts made here.
    pub(super) fn made(texts: impl Iterator<Item = String>) -> Self {
        Self::List(texts.map(Cow::Owned).collect())
    }

    /// A whole number; it ends at 2^63 - 1.
    pub(super) fn int(number: impl TryInto<i64>) -> Self {
        Self::Int(number.try_into().unwrap_or(i64::MAX))
    }

    /// A cell, or nothing.
    pub(super) fn of<T>(value: Option<T>, cell: impl FnOnce(T) -> Self) -> Self {
        value.map_or(Self::Null, cell)
    }
}
