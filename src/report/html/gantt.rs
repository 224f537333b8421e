//! Waves over time.

use serde::Serialize;

/// Bars on an axis of time: one for each row. The members name columns.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Gantt {
    /// What it shows, in words.
    pub label: String,
    /// How time passes: `on the farm`.
    pub clock: &'static str,
    /// What a row is called.
    pub row: &'static str,
    /// What goes in: several words.
    pub names: &'static str,
    /// The same, those together that can go at the same time.
    pub stages: &'static str,
    /// When it begins, in hours.
    pub start: &'static str,
    /// The same where rows overlap; none where none do.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub overlapping: Option<&'static str>,
    /// How long it takes, in hours.
    pub long: &'static str,
    /// Builds.
    pub builds: &'static str,
    /// Machine time.
    pub hours: &'static str,
    /// The part of it that settles.
    pub settles: &'static str,
    /// What takes longest of that: several words.
    pub heavy: &'static str,
}
