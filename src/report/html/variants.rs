//! Other answers that a page can be turned to.

use serde::{Serialize, Serializer};

use super::cell::Cell;
use super::page::Fact;
use crate::report::table::printable;

/// Other answers. Each takes the place of figures and rows; what it says nothing of is hidden while it is shown. A picture has them, on which one is picked.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Variants {
    /// The key in the page's address.
    pub key: &'static str,
    /// The value of that key for the answer that the page has without scripts.
    pub own: String,
    /// The others.
    pub all: Vec<Variant>,
    /// Sections that only the page's own answer has, and what is said in their place.
    pub only: Vec<&'static str>,
    /// What is said there.
    pub instead: String,
}

/// Another answer.
#[derive(Debug, Clone, PartialEq)]
pub struct Variant {
    /// The value in the page's address.
    pub key: String,
    /// In the place of the page's.
    pub headline: Vec<String>,
    /// The same figures.
    pub facts: Vec<Fact>,
    /// Rows for the tables of these sections, with cells for the same columns.
    pub tables: Vec<(&'static str, Vec<Vec<Cell>>)>,
}

#[derive(Serialize)]
struct VariantsData<'v> {
    key: &'static str,
    own: &'v str,
    only: &'v [&'static str],
    instead: &'v str,
    all: Vec<VariantData<'v>>,
}

#[derive(Serialize)]
struct VariantData<'v> {
    key: &'v str,
    headline: Vec<String>,
    facts: Vec<(&'static str, f64, &'v str, &'v str)>,
    tables: Vec<(&'static str, Vec<Vec<Value>>)>,
}

impl Serialize for Variants {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        VariantsData::from(self).serialize(serializer)
    }
}

/// A cell, as scripts read it.
#[derive(Serialize)]
#[serde(untagged)]
enum Value {
    None,
    Text(String),
    Number(f64),
    Names(Vec<String>),
    Path { path: String, name: String },
    Estimate { about: f64 },
}

impl From<&Cell> for Value {
    fn from(cell: &Cell) -> Self {
        let told = |text: &String| printable(text).into_owned();
        match cell {
            Cell::None => Self::None,
            Cell::Text(text) => Self::Text(told(text)),
            Cell::Number(number) => Self::Number(*number),
            Cell::Names(names) => Self::Names(names.iter().map(told).collect()),
            Cell::Path { path, name } => Self::Path { path: told(path), name: told(name) },
            Cell::Estimate(about) => Self::Estimate { about: *about },
        }
    }
}

impl<'v> From<&'v Variants> for VariantsData<'v> {
    fn from(variants: &'v Variants) -> Self {
        let rows = |rows: &Vec<Vec<Cell>>| rows.iter().map(|row| row.iter().map(Value::from).collect()).collect();
        let variant = |variant: &'v Variant| VariantData {
            key: &variant.key,
            headline: variant.headline.iter().map(|line| printable(line).into_owned()).collect(),
            facts: variant
                .facts
                .iter()
                .map(|fact| (fact.key, fact.value, fact.text.as_str(), fact.note.as_str()))
                .collect(),
            tables: variant.tables.iter().map(|(id, table)| (*id, rows(table))).collect(),
        };
        Self {
            key: variants.key,
            own: &variants.own,
            only: &variants.only,
            instead: &variants.instead,
            all: variants.all.iter().map(variant).collect(),
        }
    }
}
