//! Who stands behind what is rebuilt.

use std::collections::BTreeSet;

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
        found.into_iter().map(str::to_owned).collect()
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
