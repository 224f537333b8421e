//! The graph: immutable, in flat arrays, both ways.

use data_encoding::HEXLOWER;

use super::ids::{AttributeId, Direction, EdgeId, NodeId, StringId};
use super::recipe::{RecipeDigest, RecipeText};
use super::snapshot::{Backing, CHECKSUM, Section, SectionTable, SnapshotError, sections};
use crate::ingest::raw::flag;
use crate::nix::Digest;
use crate::nix::hash::output_path_name;

/// A closure of derivations and input sources, with the attributes that name them.
///
/// Immutable; made by [`super::build`] or opened from a snapshot. Invariants, checked on opening:
/// `offsets.len() == n + 1` for every list of lists; targets are in bounds; the inputs of a node
/// are smaller than it and ascend; consumers ascend and mirror the inputs; levels follow from the
/// inputs; strings and attributes ascend, and the attributes of nodes mirror the nodes of attributes.
pub struct Graph {
    backing: Backing,
    pub(super) table: SectionTable,
    pub(super) nodes: usize,
    pub(super) edges: usize,
    pub(super) attributes: usize,
}

impl std::fmt::Debug for Graph {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Graph")
            .field("nodes", &self.nodes)
            .field("edges", &self.edges)
            .field("attributes", &self.attributes)
            .finish_non_exhaustive()
    }
}

/// A list of lists in two arrays: list `i` is `targets[offsets[i]..offsets[i + 1]]`.
#[derive(Debug, Clone, Copy)]
pub struct Adjacency<'g> {
    offsets: &'g [u32],
    targets: &'g [u32],
}

impl<'g> Adjacency<'g> {
    /// The neighbours of a node, ascending.
    #[inline]
    #[must_use]
    pub fn of(&self, node: u32) -> &'g [u32] {
        &self.targets[self.range(node)]
    }

    /// Where the neighbours of a node stand in the array of targets.
    #[inline]
    #[must_use]
    pub fn range(&self, node: u32) -> std::ops::Range<usize> {
        self.offsets[node as usize] as usize..self.offsets[node as usize + 1] as usize
    }
}

impl Graph {
    pub(crate) fn from_backing(backing: Backing, path: &str, verify: bool) -> Result<Self, SnapshotError> {
        let table = sections(backing.bytes(), path, verify)?;
        let mut graph = Self { backing, table, nodes: 0, edges: 0, attributes: 0 };
        match graph.validate() {
            Ok(()) => Ok(graph),
            Err(what) => Err(SnapshotError::Damaged { path: path.to_owned(), what: what.to_owned() }),
        }
    }

    pub(crate) fn as_bytes(&self) -> &[u8] {
        self.backing.bytes()
    }

    /// The digest of everything in the graph, as 64 hexadecimal digits: two closures with the same are the same.
    #[must_use]
    pub fn checksum(&self) -> String {
        HEXLOWER.encode(&self.backing.bytes()[CHECKSUM])
    }

    pub(super) fn section(&self, section: Section) -> &[u8] {
        &self.backing.bytes()[self.table[section as usize].clone()]
    }

    #[inline]
    pub(super) fn words(&self, section: Section) -> &[u32] {
        bytemuck::cast_slice(self.section(section))
    }

    pub(super) fn digests(&self, section: Section) -> &[[u8; 32]] {
        bytemuck::cast_slice(self.section(section))
    }

    /// Number of nodes.
    #[must_use]
    pub fn node_count(&self) -> usize {
        self.nodes
    }

    /// Number of edges.
    #[must_use]
    pub fn edge_count(&self) -> usize {
        self.edges
    }

    /// Number of attributes.
    #[must_use]
    pub fn attribute_count(&self) -> usize {
        self.attributes
    }

    /// All nodes, inputs before consumers.
    pub fn nodes(&self) -> impl DoubleEndedIterator<Item = NodeId> + ExactSizeIterator + use<> {
        (0..self.nodes as u32).map(NodeId)
    }

    /// All attributes, by name and system.
    pub fn attributes(&self) -> impl DoubleEndedIterator<Item = AttributeId> + ExactSizeIterator + use<> {
        (0..self.attributes as u32).map(AttributeId)
    }

    /// The neighbours of all nodes one way.
    #[must_use]
    pub fn adjacency(&self, direction: Direction) -> Adjacency<'_> {
        let (offsets, targets) = match direction {
            Direction::Inputs => (Section::InputOffsets, Section::InputTarget),
            Direction::Consumers => (Section::ConsumerOffsets, Section::ConsumerTarget),
        };
        Adjacency { offsets: self.words(offsets), targets: self.words(targets) }
    }

    /// An interned string.
    ///
    /// # Panics
    /// When `id` is of another graph.
    #[must_use]
    pub fn string(&self, id: StringId) -> &str {
        let offsets = self.words(Section::StringOffsets);
        let bytes = self.section(Section::StringBytes);
        // checked to be UTF-8 with every offset at a character when the graph was made
        std::str::from_utf8(&bytes[offsets[id.index()] as usize..offsets[id.index() + 1] as usize]).unwrap_or_default()
    }

    /// The id of a string, if it stands in the graph. Binary search.
    #[must_use]
    pub fn find_string(&self, text: &str) -> Option<StringId> {
        let count = self.words(Section::StringOffsets).len() - 1;
        let at = partition_point(count, |i| self.string(StringId(i as u32)) < text);
        (at < count && self.string(StringId(at as u32)) == text).then_some(StringId(at as u32))
    }

    fn node_string(&self, section: Section, node: NodeId) -> StringId {
        StringId(self.words(section)[node.index()])
    }

    /// The store directory, `/nix/store` nearly always.
    #[must_use]
    pub fn store_dir(&self) -> &str {
        self.string(StringId(self.words(Section::Facts)[0]))
    }

    /// The name of a derivation (without `.drv`) or input source.
    #[must_use]
    pub fn name(&self, node: NodeId) -> &str {
        self.string(self.node_string(Section::NodeName, node))
    }

    /// The pname: that of the environment, else as Nix's parseDrvName finds it. Empty for an input
    /// source.
    #[must_use]
    pub fn pname(&self, node: NodeId) -> &str {
        self.string(self.node_string(Section::NodePname, node))
    }

    /// The version, found as the pname is.
    #[must_use]
    pub fn version(&self, node: NodeId) -> &str {
        self.string(self.node_string(Section::NodeVersion, node))
    }

    /// The pname's id, for comparing.
    #[must_use]
    pub fn pname_id(&self, node: NodeId) -> StringId {
        self.node_string(Section::NodePname, node)
    }

    /// The version's id, for comparing.
    #[must_use]
    pub fn version_id(&self, node: NodeId) -> StringId {
        self.node_string(Section::NodeVersion, node)
    }

    /// The name's id, for comparing.
    #[must_use]
    pub fn name_id(&self, node: NodeId) -> StringId {
        self.node_string(Section::NodeName, node)
    }

    /// The system's id, for comparing.
    #[must_use]
    pub fn system_id(&self, node: NodeId) -> StringId {
        self.node_string(Section::NodeSystem, node)
    }

    /// The system it is built on (`builtin` for what Nix does itself). Empty for an input source.
    #[must_use]
    pub fn system(&self, node: NodeId) -> &str {
        self.string(self.node_string(Section::NodeSystem, node))
    }

    /// The features that a machine must have to build it (`requiredSystemFeatures`), ascending.
    pub fn features(&self, node: NodeId) -> impl Iterator<Item = &str> {
        self.string(self.node_string(Section::NodeFeatures, node)).split_ascii_whitespace()
    }

    /// Whether it asks to be built where it is wanted, for it is cheap (`preferLocalBuild`).
    #[must_use]
    pub fn prefers_local(&self, node: NodeId) -> bool {
        self.flags(node) & flag::PREFER_LOCAL != 0
    }

    /// Bits of [`flag`].
    #[must_use]
    pub fn flags(&self, node: NodeId) -> u32 {
        self.words(Section::NodeFlags)[node.index()]
    }

    /// The flags of all nodes.
    #[must_use]
    pub fn all_flags(&self) -> &[u32] {
        self.words(Section::NodeFlags)
    }

    /// Whether the node is a fixed-output derivation, whose path no input can change.
    #[must_use]
    pub fn is_fixed(&self, node: NodeId) -> bool {
        self.flags(node) & flag::FIXED != 0
    }

    /// Whether the node is a derivation (and no input source).
    #[must_use]
    pub fn is_derivation(&self, node: NodeId) -> bool {
        self.flags(node) & flag::SOURCE == 0
    }

    /// Whether the node is a hole: named, but not in the closure.
    #[must_use]
    pub fn is_missing(&self, node: NodeId) -> bool {
        self.flags(node) & flag::MISSING != 0
    }

    /// The longest path from a node without inputs.
    #[must_use]
    pub fn level(&self, node: NodeId) -> u32 {
        self.words(Section::NodeLevel)[node.index()]
    }

    /// The hash part of the node's own path.
    #[must_use]
    pub fn digest(&self, node: NodeId) -> Digest {
        Digest(self.digests(Section::NodeDigest)[node.index()])
    }

    /// The node's own path: that of the `.drv` file, or of the source.
    #[must_use]
    pub fn path(&self, node: NodeId) -> String {
        let end = if self.is_derivation(node) { ".drv" } else { "" };
        format!("{}/{}-{}{end}", self.store_dir(), self.digest(node).as_str(), self.name(node))
    }

    /// The digest of the node's recipe; [`RecipeDigest::NONE`] for sources, holes, and derivations known
    /// by name and inputs only.
    #[must_use]
    pub fn recipe(&self, node: NodeId) -> RecipeDigest {
        RecipeDigest(self.digests(Section::NodeRecipe)[node.index()])
    }

    /// The hashes of the text of the node's recipe; `None` where [`Graph::recipe`] knows none.
    #[must_use]
    pub fn recipe_text(&self, node: NodeId) -> Option<RecipeText> {
        let known = self.recipe(node).is_some();
        known.then(|| RecipeText::from_bytes(self.digests(Section::NodeText)[node.index()]))
    }

    /// The outputs of a node: name, and digest of the path ([`Digest::NONE`] where not known before
    /// the build). Sorted by name.
    pub fn outputs(&self, node: NodeId) -> impl Iterator<Item = (&str, Digest)> {
        let offsets = self.words(Section::OutputOffsets);
        let range = offsets[node.index()] as usize..offsets[node.index() + 1] as usize;
        let names = &self.words(Section::OutputName)[range.clone()];
        let digests = &self.digests(Section::OutputDigest)[range];
        names.iter().zip(digests).map(|(&name, &digest)| (self.string(StringId(name)), Digest(digest)))
    }

    /// The path of an output whose digest is known.
    #[must_use]
    pub fn output_path(&self, node: NodeId, output: &str, digest: Digest) -> String {
        format!("{}/{}-{}", self.store_dir(), digest.as_str(), output_path_name(self.name(node), output))
    }

    /// The edges from the inputs of a node.
    pub fn input_edges(&self, node: NodeId) -> impl ExactSizeIterator<Item = (EdgeId, NodeId)> {
        let adjacency = self.adjacency(Direction::Inputs);
        adjacency.range(node.0).zip(adjacency.of(node.0)).map(|(edge, &input)| (EdgeId(edge as u32), NodeId(input)))
    }

    /// The edges to the consumers of a node.
    pub fn consumer_edges(&self, node: NodeId) -> impl ExactSizeIterator<Item = (EdgeId, NodeId)> {
        let adjacency = self.adjacency(Direction::Consumers);
        let edges = &self.words(Section::ConsumerEdge)[adjacency.range(node.0)];
        edges.iter().zip(adjacency.of(node.0)).map(|(&edge, &consumer)| (EdgeId(edge), NodeId(consumer)))
    }

    /// The input that an edge comes from.
    #[must_use]
    pub fn edge_input(&self, edge: EdgeId) -> NodeId {
        NodeId(self.words(Section::InputTarget)[edge.index()])
    }

    /// The consumer that an edge leads to. Binary search.
    #[must_use]
    pub fn edge_consumer(&self, edge: EdgeId) -> NodeId {
        let offsets = self.words(Section::InputOffsets);
        NodeId(offsets.partition_point(|&offset| offset <= edge.0) as u32 - 1)
    }

    fn list(&self, section: Section, edge: EdgeId) -> &[u32] {
        self.list_items(self.words(section)[edge.index()])
    }

    pub(super) fn list_items(&self, list: u32) -> &[u32] {
        let offsets = self.words(Section::ListOffsets);
        &self.words(Section::ListItems)[offsets[list as usize] as usize..offsets[list as usize + 1] as usize]
    }

    /// The outputs of the input that the consumer uses, sorted. Empty for an input source.
    pub fn used_outputs(&self, edge: EdgeId) -> impl ExactSizeIterator<Item = &str> {
        self.list(Section::InputOutputs, edge).iter().map(|&item| self.string(StringId(item)))
    }

    /// The keys under which the consumer names the input, sorted: environment keys, `__json.` paths,
    /// `args`, `builder`.
    pub fn mentions(&self, edge: EdgeId) -> impl Iterator<Item = &str> {
        let pairs = self.list(Section::InputMentions, edge);
        let keys = pairs.iter().step_by(2);
        keys.clone()
            .zip(std::iter::once(None).chain(keys.map(Some)))
            .filter(|(key, before)| Some(*key) != *before)
            .map(|(&key, _)| self.string(StringId(key)))
    }

    /// The same keys, each with the output through which it names the input (empty for a source, and
    /// for the file of a derivation itself); sorted.
    pub fn mention_pairs(&self, edge: EdgeId) -> impl ExactSizeIterator<Item = (&str, &str)> {
        self.mention_list_pairs(self.mention_list(edge))
    }

    /// The pairs of a list of mentions, by its number.
    ///
    /// # Panics
    /// When the number is of another graph.
    pub fn mention_list_pairs(&self, list: u32) -> impl ExactSizeIterator<Item = (&str, &str)> {
        let text = |item: u32| self.string(StringId(item));
        self.list_items(list).chunks_exact(2).map(move |pair| (text(pair[0]), text(pair[1])))
    }

    /// How many strings there are: ids are smaller.
    #[must_use]
    pub fn string_count(&self) -> usize {
        self.words(Section::StringOffsets).len() - 1
    }

    /// How many lists there are: the numbers that [`Graph::mention_list`] gives are smaller.
    #[must_use]
    pub fn list_count(&self) -> usize {
        self.words(Section::ListOffsets).len() - 1
    }

    /// The number of the list of mentions: edges with the same number have the same mentions.
    #[must_use]
    pub fn mention_list(&self, edge: EdgeId) -> u32 {
        self.words(Section::InputMentions)[edge.index()]
    }
}

/// The first of `0..count` for which `before` is false, if it is true up to there.
fn partition_point(count: usize, before: impl Fn(usize) -> bool) -> usize {
    let (mut low, mut high) = (0, count);
    while low < high {
        let middle = low + (high - low) / 2;
        if before(middle) { low = middle + 1 } else { high = middle }
    }
    low
}
