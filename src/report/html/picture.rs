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
    /// What holds what, from left to right.
    Icicle(Icicle),
    /// Bars.
    Bars(Bars),
}

impl Picture {
    /// As scripts name it.
    pub(super) const fn name(&self) -> &'static str {
        match self {
            Self::Treemap(_) => "treemap",
            Self::Gantt(_) => "gantt",
            Self::Frontier(_) => "frontier",
            Self::Farm(_) => "farm",
            Self::Icicle(_) => "icicle",
            Self::Bars(_) => "bars",
        }
    }

    /// What it shows, in words.
    pub(super) fn label(&self) -> &str {
        match self {
            Self::Treemap(picture) => &picture.label,
            Self::Gantt(picture) => &picture.label,
            Self::Frontier(picture) => &picture.label,
            Self::Farm(picture) => &picture.label,
            Self::Icicle(picture) => &picture.label,
            Self::Bars(picture) => &picture.label,
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
    /// The rows that count, where not all do: those with this value in this column.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub only: Option<(&'static str, &'static str)>,
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

/// Slices: the first level is the table's rows, by the column `row`, and what is left.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Icicle {
    /// What it shows, in words.
    pub label: String,
    /// The column whose values are the keys of the first level.
    pub row: &'static str,
    /// What a slice counts: `derivation`.
    pub unit: &'static str,
    /// All.
    pub root: Slice,
}

/// A part of a whole.
#[derive(Debug, Clone, Default, PartialEq, Serialize)]
pub struct Slice {
    /// Tells it from all others.
    pub key: String,
    /// Its name.
    pub name: String,
    /// How much it holds.
    pub value: u64,
    /// What else there is to say of it.
    #[serde(skip_serializing_if = "String::is_empty")]
    pub note: String,
    /// Whether it is no row, but what is left.
    #[serde(skip_serializing_if = "std::ops::Not::not")]
    pub rest: bool,
    /// Its parts: together at most as much as it holds.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub parts: Vec<Slice>,
}

/// Bars: one for each row, from left to right.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Bars {
    /// What it shows, in words.
    pub label: String,
    /// The columns that name a bar, parted by an arrow.
    pub of: Vec<&'static str>,
    /// What the bars' lengths can be; the first is shown first.
    pub measures: Vec<Measure>,
    /// Whether the longest bars are drawn, the longest first; else the first rows, as they stand.
    pub longest: bool,
    /// How many bars are drawn at most.
    pub limit: usize,
}

/// What a length is.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Measure {
    /// Names it in links, as [`Area::key`] does.
    pub key: &'static str,
    /// In words.
    pub title: &'static str,
    /// What a bar is made of, one part after the other; all of one kind.
    pub series: Vec<Series>,
}

impl Measure {
    /// Of one part alone.
    pub(super) fn one(key: &'static str, title: &'static str, column: &'static str) -> Self {
        Self { key, title, series: vec![Series { column, title, tone: "accent" }] }
    }
}

/// A part of every bar.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Series {
    /// The column of its lengths.
    pub column: &'static str,
    /// In words.
    pub title: &'static str,
    /// What its colour means: `accent`, `plain` or `needed`.
    pub tone: &'static str,
}
