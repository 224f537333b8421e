//! Which repository has which package.

use std::collections::BTreeMap;
use std::path::Path;

use serde::Serialize;
use toml::de::{DeTable, DeValue};

use crate::graph::{Graph, NodeId};
use crate::ingest::FileError;
use crate::query::entries::entries;
use crate::query::resolve::{ResolveError, instances, named};
use crate::query::selector::Selector;
use crate::query::suggest;

/// How many packages that are not there get suggestions: each costs a look at every name.
const SUGGESTED: usize = 20;

/// A map of packages (selectors, also with wildcards) to the repositories that have them.
///
/// A file of it is TOML or a JSON object, selector to repository, or CSV with a line `selector,repository` for each, with
/// or without these two words as a header and with lines of comments (`#`).
///
/// Where several name a derivation, one without wildcards wins over one with some, and of these that with the longer
/// text. A bare word also means the other instances of what it names, where nothing names those themselves.
#[derive(Debug, Clone)]
pub struct RepositoryMap {
    entries: Vec<Entry>,
}

#[derive(Debug, Clone)]
struct Entry {
    selector: Selector,
    repository: String,
}

/// A package of the map that is not in the closure.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct UnknownPackage {
    /// As it is written.
    pub selector: String,
    /// The nearest names; of the first 20 such packages.
    pub nearest: Vec<String>,
}

/// What the map says of a graph.
pub(super) struct Assigned {
    /// Of the repositories, ascending.
    pub(super) names: Vec<String>,
    /// By node: index into `names`.
    pub(super) of_node: Vec<Option<u32>>,
    pub(super) unknown: Vec<UnknownPackage>,
    pub(super) notes: Vec<String>,
}

impl Assigned {
    pub(super) fn name_of(&self, node: NodeId) -> Option<&str> {
        self.of_node[node.index()].and_then(|at| self.names.get(at as usize)).map(String::as_str)
    }
}

/// How closely an entry names a derivation: without wildcards, with some (and how long it is), as another instance.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
enum Closeness {
    Instance,
    Wildcard(usize),
    Exact,
}

impl RepositoryMap {
    /// Reads a file.
    ///
    /// # Errors
    /// When it cannot be read, has none of the forms, names a package twice or none at all, or something in it is no
    /// selector.
    pub fn read(file: &Path) -> Result<Self, FileError> {
        Self::parse(&FileError::read(file)?, file)
    }

    /// The same out of a text; `file` is what errors name.
    ///
    /// # Errors
    /// As of [`RepositoryMap::read`].
    pub fn parse(text: &str, file: &Path) -> Result<Self, FileError> {
        let malformed = |message: String| FileError::malformed(file, message);
        let pairs = match form(text) {
            FileForm::Json => of_json(text),
            FileForm::Toml => of_toml(text),
            FileForm::Csv => of_csv(text),
        };
        let mut known: BTreeMap<String, String> = BTreeMap::new();
        let mut all = Vec::new();
        for (place, selector, repository) in pairs.map_err(malformed)? {
            let wrong = |message: String| malformed(format!("{place}: {message}"));
            if repository.is_empty() || repository == "-" {
                return Err(wrong(format!("expected a repository for '{selector}', found '{repository}'")));
            }
            if selector.starts_with('@') {
                return Err(wrong(format!("'{selector}': expected a package, not a file of them")));
            }
            let parsed = Selector::parse(&selector).map_err(|error| wrong(error.to_string()))?;
            if let Some(before) = known.insert(selector.clone(), repository.clone()) {
                return Err(wrong(format!("'{selector}' is in a repository already: '{before}'")));
            }
            all.push(Entry { selector: parsed, repository });
        }
        if all.is_empty() {
            return Err(malformed(
                "no package; expected lines of SELECTOR,REPOSITORY, TOML or a JSON object".to_owned(),
            ));
        }
        all.sort_by(|a, b| a.selector.text.cmp(&b.selector.text));
        Ok(Self { entries: all })
    }

    /// Which repository each node is in; with `only`, bare words mean what they name and no other instance of it.
    ///
    /// O(attributes) for each entry that is no exact attribute, O(nodes) for each with a pname or a name, and once more
    /// for each repository.
    pub(super) fn assign(&self, graph: &Graph, only: bool) -> Result<Assigned, ResolveError> {
        let mut names: Vec<String> = self.entries.iter().map(|entry| entry.repository.clone()).collect();
        names.sort_unstable();
        names.dedup();
        let mut found: Vec<Option<(Closeness, u32, usize)>> = vec![None; graph.node_count()];
        let mut words: Vec<Vec<NodeId>> = vec![Vec::new(); names.len()];
        let mut unknown = Vec::new();
        let mut contested: BTreeMap<NodeId, (usize, usize)> = BTreeMap::new();
        for (at, entry) in self.entries.iter().enumerate() {
            let text = &entry.selector.text;
            let nodes = named(graph, &entry.selector.form);
            if nodes.is_empty() {
                let word = text.split_once(':').map_or(text.as_str(), |(_, value)| value);
                let nearest = if unknown.len() < SUGGESTED { suggest::nearest(graph, word) } else { Vec::new() };
                unknown.push(UnknownPackage { selector: text.clone(), nearest });
                continue;
            }
            let repository = names.partition_point(|name| *name < entry.repository);
            let closeness = match entry.selector.has_wildcards() {
                true => Closeness::Wildcard(text.len()),
                false => Closeness::Exact,
            };
            for &node in &nodes {
                let place = &mut found[node.index()];
                match *place {
                    Some((known, ..)) if known > closeness => {}
                    // of equals the first in the order of the selectors
                    Some((known, theirs, first)) if known == closeness => {
                        if theirs != repository as u32 {
                            contested.insert(node, (first, at));
                        }
                    }
                    _ => {
                        contested.remove(&node);
                        *place = Some((closeness, repository as u32, at));
                    }
                }
            }
            if entry.selector.is_bare_word() && !only {
                words[repository].extend(nodes);
            }
        }
        if unknown.len() == self.entries.len() {
            let selectors = unknown.into_iter().map(|unknown| (unknown.selector, unknown.nearest)).collect();
            return Err(ResolveError { selectors });
        }
        for (repository, named) in words.iter().enumerate().filter(|(_, named)| !named.is_empty()) {
            for node in instances(graph, named) {
                found[node.index()].get_or_insert((Closeness::Instance, repository as u32, 0));
            }
        }
        let of_node = found.into_iter().map(|found| found.map(|(_, repository, _)| repository)).collect();
        Ok(Assigned { names, of_node, unknown, notes: self.note(graph, &contested).into_iter().collect() })
    }

    /// What is to be said of derivations that are named equally closely for several repositories.
    fn note(&self, graph: &Graph, contested: &BTreeMap<NodeId, (usize, usize)>) -> Option<String> {
        let (node, &(taken, other)) = contested.iter().next()?;
        let (taken, other) = (&self.entries[taken], &self.entries[other]);
        let count = contested.len();
        Some(format!(
            "{count} derivation{} named as closely for another repository: {} is in {} by '{}', and would be in {} by '{}'",
            if count == 1 { " is" } else { "s are" },
            graph.name(*node),
            taken.repository,
            taken.selector.text,
            other.repository,
            other.selector.text
        ))
    }
}

/// Place, selector and repository of each.
type Pairs = Vec<(String, String, String)>;

enum FileForm {
    Json,
    Toml,
    Csv,
}

/// What a text looks like: JSON begins with a brace, and TOML has an equals sign before any comma, or a table.
fn form(text: &str) -> FileForm {
    let mut lines = text.lines().map(str::trim).filter(|line| !line.is_empty() && !line.starts_with('#'));
    let first = lines.next().unwrap_or_default();
    if first.starts_with('{') {
        return FileForm::Json;
    }
    // what stands in quotes may hold anything
    let mut quote = None;
    for c in first.chars() {
        match (quote, c) {
            (Some(open), c) if c == open => quote = None,
            (Some(_), _) => {}
            (None, '"' | '\'') => quote = Some(c),
            (None, '=') => return FileForm::Toml,
            (None, ',') => return FileForm::Csv,
            (None, _) => {}
        }
    }
    if first.starts_with('[') { FileForm::Toml } else { FileForm::Csv }
}

fn of_json(text: &str) -> Result<Pairs, String> {
    let pairs = entries(text).map_err(|error| format!("{error}; expected an object of selectors and repositories"))?;
    Ok(pairs.into_iter().map(|(selector, repository)| (format!("'{selector}'"), selector, repository)).collect())
}

fn of_toml(text: &str) -> Result<Pairs, String> {
    let table = DeTable::parse(text).map_err(|error| error.to_string())?;
    let mut pairs = Vec::new();
    let line = |at: usize| text.get(..at).unwrap_or(text).matches('\n').count() + 1;
    // a key with dots, as python3Packages.torch, is a table in a table; TOML's reader bounds how deep that goes
    let mut tables = vec![(String::new(), table.into_inner())];
    while let Some((prefix, table)) = tables.pop() {
        for (key, value) in table {
            let place = format!("line {}", line(key.span().start));
            let selector = format!("{prefix}{}", key.into_inner());
            match value.into_inner() {
                DeValue::String(repository) => pairs.push((place, selector, repository.into_owned())),
                DeValue::Table(inner) => tables.push((format!("{selector}."), inner)),
                other => {
                    let kind = other.type_str();
                    return Err(format!("{place}: '{selector}': expected a repository in quotes, found {kind}"));
                }
            }
        }
    }
    Ok(pairs)
}

fn of_csv(text: &str) -> Result<Pairs, String> {
    let mut reader = csv::ReaderBuilder::new()
        .has_headers(false)
        .flexible(true)
        .comment(Some(b'#'))
        .trim(csv::Trim::All)
        .from_reader(text.as_bytes());
    let mut pairs = Vec::new();
    for (at, record) in reader.records().enumerate() {
        let record = record.map_err(|error| error.to_string())?;
        let place = format!("line {}", record.position().map_or(0, csv::Position::line));
        let (Some(selector), Some(repository), None) = (record.get(0), record.get(1), record.get(2)) else {
            let found = record.len();
            let fields = if found == 1 { "field" } else { "fields" };
            return Err(format!("{place}: expected SELECTOR,REPOSITORY, found {found} {fields}"));
        };
        if at > 0 || (selector, repository) != ("selector", "repository") {
            pairs.push((place, selector.to_owned(), repository.to_owned()));
        }
    }
    Ok(pairs)
}

#[cfg(test)]
mod tests {
    use super::*;

    /// What nests deep is an error or an answer, never the end of the program.
    #[test]
    fn deep_files() {
        for depth in [50, 300, 100_000] {
            let keys = vec!["a"; depth].join(".");
            let nested = format!("{}{}", "{\"a\":".repeat(depth), "}".repeat(depth));
            for text in [
                format!("{keys} = \"x\"\n"),
                format!("[{keys}]\nb = \"x\"\n"),
                format!("a = {}{}\n", "{ a = ".repeat(depth), "}".repeat(depth)),
                format!("a = {}{}\n", "[".repeat(depth), "]".repeat(depth)),
                nested,
            ] {
                let parsed = RepositoryMap::parse(&text, Path::new("map"));
                assert!(parsed.is_err() || depth < 1_000, "{depth}");
            }
        }
    }
}
