//! What a page shows.

use super::picture::Picture;
use super::table::Table;

/// A page: what a command answers, to look at.
#[derive(Debug, Clone)]
pub struct Page {
    /// The subcommand.
    pub command: &'static str,
    /// What was asked.
    pub title: String,
    /// The answer in a sentence or a few.
    pub headline: Vec<String>,
    /// Its figures.
    pub facts: Vec<Fact>,
    /// What bears on the figures.
    pub notes: Vec<String>,
    /// The rest, in order.
    pub sections: Vec<Section>,
}

/// A figure on a tile.
#[derive(Debug, Clone, PartialEq)]
pub struct Fact {
    /// The path of its member in the JSON report: `derivations.total`.
    pub key: &'static str,
    /// What it counts.
    pub label: &'static str,
    /// The member itself.
    pub value: f64,
    /// The same as people read it.
    pub text: String,
    /// A word to it; may be empty.
    pub note: String,
}

/// A part of a page: a table, and a picture that is drawn from it.
#[derive(Debug, Clone)]
pub struct Section {
    /// Names it in links.
    pub id: &'static str,
    /// Its heading.
    pub title: String,
    /// What it tells; may be empty.
    pub lead: String,
    /// Drawn from the rows that pass the page's filter.
    pub picture: Option<Picture>,
    /// The same in rows.
    pub table: Table,
}

/// A report that has a page.
pub trait Pictured {
    /// Its page. Linear in the report.
    fn page(&self) -> Page;
}
