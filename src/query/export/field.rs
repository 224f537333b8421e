//! Which tables there are, and what stands in their columns.

use serde::Serialize;

use super::table::Definition;
use super::{attributes, edges, nodes, rank};

/// The tables that a closure can be written as.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize)]
#[serde(rename_all = "lowercase")]
pub enum TableKind {
    /// A row for each derivation and input source, by id.
    Nodes,
    /// A row for each input of a derivation, by consumer, then by input.
    Edges,
    /// A row for each attribute and system by name, then one for each that did not evaluate.
    Attributes,
    /// A row for each node as a bump, by id.
    Rank,
}

/// What stands in a column.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "lowercase")]
pub enum ValueKind {
    /// True or false.
    Bool,
    /// A signed integer of 64 bits.
    Int,
    /// A floating point number of 64 bits.
    Double,
    /// UTF-8.
    Text,
    /// A list of texts, empty where there are none.
    List,
}

/// A column, for whoever reads it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
pub struct Field {
    /// Its name.
    pub name: &'static str,
    /// What stands in it.
    #[serde(rename = "type")]
    pub kind: ValueKind,
    /// Whether a row may lack it.
    pub nullable: bool,
    /// What it means.
    pub about: &'static str,
}

impl TableKind {
    /// All of them.
    pub const ALL: [Self; 4] = [Self::Nodes, Self::Edges, Self::Attributes, Self::Rank];

    /// Its name, which is that of its file.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Nodes => "nodes",
            Self::Edges => "edges",
            Self::Attributes => "attributes",
            Self::Rank => "rank",
        }
    }

    /// What a row of it is.
    #[must_use]
    pub const fn about(self) -> &'static str {
        match self {
            Self::Nodes => "derivations and input sources, by id",
            Self::Edges => "inputs of derivations, by consumer, then by input",
            Self::Attributes => "attributes by name and system, then those that did not evaluate",
            Self::Rank => "each node as a bump by itself, by id",
        }
    }

    /// Its columns, the same whatever is known: what is not known is null.
    pub fn fields(self) -> impl ExactSizeIterator<Item = Field> {
        self.definitions().iter().map(|definition| definition.field)
    }

    pub(super) const fn definitions(self) -> &'static [Definition] {
        match self {
            Self::Nodes => &nodes::COLUMNS,
            Self::Edges => &edges::COLUMNS,
            Self::Attributes => &attributes::COLUMNS,
            Self::Rank => &rank::COLUMNS,
        }
    }
}

impl ValueKind {
    /// Its name.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Bool => "bool",
            Self::Int => "int",
            Self::Double => "double",
            Self::Text => "text",
            Self::List => "list",
        }
    }
}
