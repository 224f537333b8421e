//! Plans by their number of waves and their cost.

use serde::Serialize;

use super::variants::Variants;

/// A point for each row; those with a key can be picked, and the page is turned to that plan.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Frontier {
    /// What it shows, in words.
    pub label: String,
    /// The column that goes across.
    pub x: &'static str,
    /// The column that goes up.
    pub y: &'static str,
    /// Columns that the tooltip tells.
    pub tells: Vec<&'static str>,
    /// For each row the key of its plan, where the page has it.
    pub plans: Vec<Option<String>>,
    /// For each row whether every bump finds its updated upstreams locked.
    pub locked: Vec<bool>,
    /// For each row whether none of as many waves is better.
    pub proven: Vec<bool>,
    /// The key of the chosen plan.
    pub chosen: String,
    /// What the page is turned to by a pick.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub variants: Option<Variants>,
    /// The most waves that are allowed.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub most: Option<usize>,
}
