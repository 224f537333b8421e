//! What a picture is drawn from.

use serde::Serialize;

use super::farm::Farm;
use super::frontier::Frontier;
use super::gantt::Gantt;

/// A picture of a section's table. Scripts draw it: each kind has one, which gets these members and the rows that
/// pass the page's filter.
#[derive(Debug, Clone, PartialEq, Serialize)]
#[serde(tag = "name", rename_all = "kebab-case")]
pub enum Picture {
    /// Nested boxes.
    Treemap(Treemap),
    /// Waves over time.
    Gantt(Gantt),
    /// Plans by their waves and cost.
    Frontier(Frontier),
    /// What machines do when.
    Farm(Farm),
}

impl Picture {
    /// As scripts name it.
    pub(super) const fn name(&self) -> &'static str {
        match self {
            Self::Treemap(_) => "treemap",
            Self::Gantt(_) => "gantt",
            Self::Frontier(_) => "frontier",
            Self::Farm(_) => "farm",
        }
    }

    /// What it shows, in words.
    pub(super) fn label(&self) -> &str {
        match self {
            Self::Treemap(picture) => &picture.label,
            Self::Gantt(picture) => &picture.label,
            Self::Frontier(picture) => &picture.label,
            Self::Farm(picture) => &picture.label,
        }
    }
}

/// Boxes: a row counts in the box of its values in `path`, from the outermost to the innermost.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Treemap {
    /// What it shows, in words.
    pub label: String,
    /// The columns whose values nest.
    pub path: Vec<&'static str>,
    /// What the boxes' areas can be; the first is shown first.
    pub areas: Vec<Area>,
    /// The column of grades that colours tell, where there is one.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub grade: Option<&'static str>,
}

/// What an area is.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Area {
    /// Names it in links.
    pub key: &'static str,
    /// In words.
    pub title: &'static str,
    /// The column that is summed up; rows are counted where there is none.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub column: Option<&'static str>,
}
