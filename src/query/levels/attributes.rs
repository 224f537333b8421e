//! Attributes of nodes that are in groups.

use std::collections::BTreeMap;

use crate::graph::{Graph, NodeId};

/// How many distinct attributes each group has.
pub(super) struct AttributeGroups(BTreeMap<u32, u64>);

impl AttributeGroups {
    /// Each name counts once: in the last of the groups that its derivations on several systems are in.
    pub(super) fn new(graph: &Graph, group_of: impl Fn(NodeId) -> Option<u32>) -> Self {
        let mut counts: BTreeMap<u32, u64> = BTreeMap::new();
        let mut open: Option<(_, u32)> = None;
        // equal names are neighbours
        for attribute in graph.attributes() {
            let Some(group) = graph.attribute_node(attribute).and_then(&group_of) else { continue };
            let name = graph.attribute_name_id(attribute);
            open = match open {
                Some((known, last)) if known == name => Some((name, group.max(last))),
                before => {
                    before.into_iter().for_each(|(_, last)| *counts.entry(last).or_default() += 1);
                    Some((name, group))
                }
            };
        }
        open.into_iter().for_each(|(_, last)| *counts.entry(last).or_default() += 1);
        Self(counts)
    }

    pub(super) fn count(&self, group: u32) -> u64 {
        self.0.get(&group).copied().unwrap_or_default()
    }
}

/// The attributes of a node, bare names, each once.
pub(super) fn names(graph: &Graph, node: NodeId) -> Vec<String> {
    let mut names: Vec<&str> = graph.attributes_of(node).map(|attribute| graph.attribute_name(attribute)).collect();
    names.sort_unstable();
    names.dedup();
    names.into_iter().map(str::to_owned).collect()
}
