//! Other answers that a page can be turned to.

use std::collections::BTreeMap;

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

impl Serialize for Variants {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        VariantsData::from(self).serialize(serializer)
    }
}

#[derive(Serialize)]
struct VariantsData<'v> {
    key: &'static str,
    own: &'v str,
    only: &'v [&'static str],
    instead: &'v str,
    all: Vec<VariantData<'v>>,
    /// The texts of all cells, each once.
    words: Vec<String>,
}

#[derive(Serialize)]
struct VariantData<'v> {
    key: &'v str,
    headline: Vec<String>,
    facts: Vec<(&'static str, f64, &'v str, &'v str)>,
    tables: Vec<(&'static str, Vec<Vec<Value>>)>,
}

/// A cell, as scripts read it: they know of what kind its column is. Texts are places in the list of words.
#[derive(Serialize)]
#[serde(untagged)]
enum Value {
    None,
    Text(usize),
    Number(f64),
    Names(Vec<usize>),
    /// The path and the name.
    Path([usize; 2]),
    Estimate {
        about: f64,
    },
}

/// Texts, each with its place.
#[derive(Default)]
struct Words(BTreeMap<String, usize>);

impl Words {
    fn place(&mut self, text: &str) -> usize {
        let next = self.0.len();
        *self.0.entry(printable(text).into_owned()).or_insert(next)
    }

    fn value(&mut self, cell: &Cell) -> Value {
        match cell {
            Cell::None => Value::None,
            Cell::Text(text) => Value::Text(self.place(text)),
            Cell::Number(number) => Value::Number(*number),
            Cell::Names(names) => Value::Names(names.iter().map(|name| self.place(name)).collect()),
            Cell::Path { path, name } => Value::Path([self.place(path), self.place(name)]),
            Cell::Estimate(about) => Value::Estimate { about: *about },
        }
    }

    /// In the order of their places.
    fn list(self) -> Vec<String> {
        let mut list = vec![String::new(); self.0.len()];
        for (text, place) in self.0 {
            list[place] = text;
        }
        list
    }
}

impl<'v> From<&'v Variants> for VariantsData<'v> {
    fn from(variants: &'v Variants) -> Self {
        let mut words = Words::default();
        let variant = |variant: &'v Variant| {
            let mut row = |row: &Vec<Cell>| -> Vec<Value> { row.iter().map(|cell| words.value(cell)).collect() };
            let tables = variant.tables.iter().map(|(id, rows)| (*id, rows.iter().map(&mut row).collect()));
            VariantData {
                key: &variant.key,
                headline: variant.headline.iter().map(|line| printable(line).into_owned()).collect(),
                facts: variant
                    .facts
                    .iter()
                    .map(|fact| (fact.key, fact.value, fact.text.as_str(), fact.note.as_str()))
                    .collect(),
                tables: tables.collect(),
            }
        };
        let all = variants.all.iter().map(variant).collect();
        Self {
            key: variants.key,
            own: &variants.own,
            only: &variants.only,
            instead: &variants.instead,
            all,
            words: words.list(),
        }
    }
}
