//! Who stands behind what is rebuilt.

use std::collections::{BTreeMap, BTreeSet};

use super::diff::OwnerRules;
use super::impact::Listed;
use crate::graph::{AttributeId, Graph, NodeId};
use crate::ingest::Maintainers;

/// Whom attributes concern, as the evaluation, files of maintainers and a map of owners say, together.
#[derive(Debug, Clone, Copy)]
pub struct Owned<'a> {
    graph: &'a Graph,
    stated: &'a Maintainers,
    rules: Option<&'a OwnerRules>,
}

impl<'a> Owned<'a> {
    /// What `stated` (files of maintainers) and `rules` say joins what the graph's attributes say themselves.
    #[must_use]
    pub const fn new(graph: &'a Graph, stated: &'a Maintainers, rules: Option<&'a OwnerRules>) -> Self {
        Self { graph, stated, rules }
    }

    /// The maintainers, teams and owners of a node's attributes: ascending, each once. Linear in these.
    #[must_use]
    pub fn of(&self, node: NodeId) -> Vec<String> {
        let mut found = BTreeSet::new();
        for attribute in self.graph.attributes_of(node) {
            self.add(attribute, &mut found);
        }
        owned(found)
    }

    /// The same by attribute, of all attributes of the graph. Linear in these, and the matching of globs.
    #[must_use]
    pub fn by_attribute(&self) -> AttributeOwners {
        let mut all: BTreeMap<&str, BTreeSet<&str>> = BTreeMap::new();
        for attribute in self.graph.attributes() {
            // one name has an attribute for each system
            self.add(attribute, all.entry(self.graph.attribute_name(attribute)).or_default());
        }
        all.retain(|_, owners| !owners.is_empty());
        AttributeOwners(all.into_iter().map(|(name, owners)| (name.to_owned(), owned(owners))).collect())
    }

    fn add(&self, attribute: AttributeId, found: &mut BTreeSet<&'a str>) {
        let graph = self.graph;
        found.extend(graph.maintainers(attribute).chain(graph.teams(attribute)));
        let name = graph.attribute_name(attribute);
        if let Some(stated) = self.stated.of(name) {
            found.extend(stated.maintainers.iter().chain(&stated.teams).map(String::as_str));
        }
        if let Some(rules) = self.rules {
            let position = graph.attribute_position(attribute);
            found.extend(rules.of(name, (!position.is_empty()).then_some(position)).iter().map(String::as_str));
        }
    }

    /// Tells the owners of each entry of a list.
    pub fn tell(&self, list: &mut [Listed]) {
        for listed in list {
            listed.owners = self.of(listed.node);
        }
    }
}

fn owned(words: BTreeSet<&str>) -> Vec<String> {
    words.into_iter().map(str::to_owned).collect()
}

/// Maintainers, teams and owners by attribute, without systems. The default is that nobody is known.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct AttributeOwners(BTreeMap<String, Vec<String>>);

impl AttributeOwners {
    /// Whom any of these attributes concerns: ascending, each once. O(attributes · log).
    #[must_use]
    pub fn of<S: AsRef<str>>(&self, attributes: &[S]) -> Vec<String> {
        let found = attributes.iter().filter_map(|attribute| self.0.get(attribute.as_ref()));
        owned(found.flatten().map(String::as_str).collect())
    }
}
