//! What an evaluation calls the nodes of a graph.

use super::graph::Graph;
use super::ids::{AttributeId, NodeId, StringId};
use super::snapshot::Section;
use crate::nix::Digest;

/// An attribute that did not evaluate.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub struct FailedAttribute<'g> {
    /// Without system.
    pub name: &'g str,
    /// The system it was evaluated for; empty when not given.
    pub system: &'g str,
    /// What Nix said, of 2,000 characters at most.
    pub error: &'g str,
}

impl Graph {
    /// The name of an attribute, without system.
    #[must_use]
    pub fn attribute_name(&self, attribute: AttributeId) -> &str {
        self.string(StringId(self.words(Section::AttributeName)[attribute.index()]))
    }

    /// The name's id, for comparing.
    #[must_use]
    pub fn attribute_name_id(&self, attribute: AttributeId) -> StringId {
        StringId(self.words(Section::AttributeName)[attribute.index()])
    }

    /// The system that an attribute was evaluated for; empty when not given.
    #[must_use]
    pub fn attribute_system(&self, attribute: AttributeId) -> &str {
        self.string(self.attribute_system_id(attribute))
    }

    /// The system's id, for comparing.
    #[must_use]
    pub fn attribute_system_id(&self, attribute: AttributeId) -> StringId {
        StringId(self.words(Section::AttributeSystem)[attribute.index()])
    }

    /// `meta.position` (file and line); empty when not given.
    #[must_use]
    pub fn attribute_position(&self, attribute: AttributeId) -> &str {
        self.string(StringId(self.words(Section::AttributePosition)[attribute.index()]))
    }

    /// Who maintains an attribute, as `meta.maintainers` says: `@` and the GitHub handle, else the name,
    /// else the address. Ascending, each once.
    pub fn maintainers(&self, attribute: AttributeId) -> impl ExactSizeIterator<Item = &str> {
        self.people(Section::AttributeMaintainers, attribute)
    }

    /// The teams of an attribute, as `meta.teams` says: the short name, else the GitHub handle.
    /// Ascending, each once.
    pub fn teams(&self, attribute: AttributeId) -> impl ExactSizeIterator<Item = &str> {
        self.people(Section::AttributeTeams, attribute)
    }

    fn people(&self, section: Section, attribute: AttributeId) -> impl ExactSizeIterator<Item = &str> {
        let list = self.words(section)[attribute.index()];
        self.list_items(list).iter().map(|&name| self.string(StringId(name)))
    }

    /// The node that an attribute names; `None` where the closure lacks it.
    #[must_use]
    pub fn attribute_node(&self, attribute: AttributeId) -> Option<NodeId> {
        let node = self.words(Section::AttributeNode)[attribute.index()];
        (node != u32::MAX).then_some(NodeId(node))
    }

    /// The output paths of an attribute: those of its node that are known before the build, by the
    /// outputs' names; where the closure lacks the node, those that the evaluation told, ascending.
    pub fn attribute_outputs(&self, attribute: AttributeId) -> impl Iterator<Item = Digest> {
        let (offsets, section, at) = match self.attribute_node(attribute) {
            Some(node) => (Section::OutputOffsets, Section::OutputDigest, node.index()),
            None => (Section::AttributeOutputOffsets, Section::AttributeOutputs, attribute.index()),
        };
        let offsets = self.words(offsets);
        let digests = &self.digests(section)[offsets[at] as usize..offsets[at + 1] as usize];
        digests.iter().map(|&digest| Digest(digest)).filter(Digest::is_some)
    }

    /// What did not evaluate, by name and system: names that are no attributes here.
    pub fn failed(&self) -> impl ExactSizeIterator<Item = FailedAttribute<'_>> {
        (0..self.words(Section::FailedName).len()).map(move |at| self.failed_attribute(at))
    }

    /// The same, by its place.
    ///
    /// # Panics
    /// When there are fewer.
    #[must_use]
    pub fn failed_attribute(&self, at: usize) -> FailedAttribute<'_> {
        let text = |section: Section| self.string(StringId(self.words(section)[at]));
        FailedAttribute {
            name: text(Section::FailedName),
            system: text(Section::FailedSystem),
            error: text(Section::FailedError),
        }
    }

    /// The attributes that name a node.
    pub fn attributes_of(&self, node: NodeId) -> impl ExactSizeIterator<Item = AttributeId> {
        let offsets = self.words(Section::NodeAttributeOffsets);
        let range = offsets[node.index()] as usize..offsets[node.index() + 1] as usize;
        self.words(Section::NodeAttributes)[range].iter().map(|&attribute| AttributeId(attribute))
    }

    /// The attributes with exactly this name, one for each system. Binary search.
    #[must_use]
    pub fn find_attribute(&self, name: &str) -> std::ops::Range<usize> {
        let Some(id) = self.find_string(name) else { return 0..0 };
        let names = self.words(Section::AttributeName);
        names.partition_point(|&other| other < id.0)..names.partition_point(|&other| other <= id.0)
    }
}
