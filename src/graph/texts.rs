//! The texts of derivations, where a graph has them.

use super::graph::Graph;
use super::ids::NodeId;
use super::snapshot::Section;

/// How many bytes of text make a block, at least.
pub(super) const BLOCK_LEN: usize = 256 * 1024;

/// The longest text, and the most text of a block: what reading one takes of memory at most.
pub(super) const MOST_TEXT: usize = if cfg!(test) { 1 << 20 } else { 64 << 20 };

impl Graph {
    /// Whether the texts of derivations were kept ([`super::BuildOptions::keep_texts`]).
    #[must_use]
    pub fn has_texts(&self) -> bool {
        !self.words(Section::TextBlockOffsets).is_empty()
    }

    /// The ATerm of a derivation: as it was read, or, where it came in another form, written and
    /// sorted as Nix does. `None` for what has none, and where its block cannot be unpacked.
    ///
    /// Unpacks one block: about 256 KiB, 64 MiB at most.
    #[must_use]
    pub fn text(&self, node: NodeId) -> Option<Vec<u8>> {
        let mut found = None;
        self.each_text(&[node], |_, text| found = Some(text.to_vec()));
        found
    }

    /// Tells the text of each of these nodes that has one, in their order; each block is unpacked once where
    /// they ascend.
    pub fn each_text(&self, nodes: &[NodeId], mut tell: impl FnMut(NodeId, &[u8])) {
        let mut unpacked: Option<(usize, Vec<u8>)> = None;
        for &node in nodes {
            let Some((block, range)) = self.text_place(node) else { continue };
            if unpacked.as_ref().is_none_or(|(known, _)| *known != block) {
                unpacked = self.unpack(block).map(|text| (block, text));
            }
            if let Some(text) = unpacked.as_ref().and_then(|(_, text)| text.get(range)) {
                tell(node, text);
            }
        }
    }

    /// The block of a node's text, and where it stands in it.
    fn text_place(&self, node: NodeId) -> Option<(usize, std::ops::Range<usize>)> {
        let lengths = self.words(Section::NodeTextLength);
        let len = *lengths.get(node.index())? as usize;
        if len == 0 {
            return None;
        }
        let firsts = self.words(Section::TextBlockNodes);
        let block = firsts.partition_point(|&first| first <= node.0).checked_sub(1)?;
        let start = total(lengths.get(*firsts.get(block)? as usize..node.index())?);
        Some((block, start..start + len))
    }

    /// The texts of a block, one after the other.
    fn unpack(&self, block: usize) -> Option<Vec<u8>> {
        let firsts = self.words(Section::TextBlockNodes);
        let offsets = self.words(Section::TextBlockOffsets);
        let nodes = *firsts.get(block)? as usize..*firsts.get(block + 1)? as usize;
        let packed = *offsets.get(block)? as usize..*offsets.get(block + 1)? as usize;
        let whole = total(self.words(Section::NodeTextLength).get(nodes)?);
        let text = zstd::bulk::decompress(self.section(Section::TextBlocks).get(packed)?, whole).ok()?;
        (text.len() == whole).then_some(text)
    }

    /// Checks what [`Graph::text`] relies on. Linear.
    pub(super) fn validate_texts(&self) -> Result<(), &'static str> {
        let lengths = self.words(Section::NodeTextLength);
        let firsts = self.words(Section::TextBlockNodes);
        let offsets = self.words(Section::TextBlockOffsets);
        let bytes = self.section(Section::TextBlocks).len();
        if offsets.is_empty() {
            return match (lengths, firsts, bytes) {
                ([], [], 0) => Ok(()),
                _ => Err("there are no texts, and parts of them"),
            };
        }
        let ascend = |list: &[u32], end: usize| {
            list.first() == Some(&0)
                && list.last().is_some_and(|&last| last as usize == end)
                && list.windows(2).all(|pair| pair[0] < pair[1])
        };
        let whole = lengths.len() == self.nodes
            && firsts.len() == offsets.len()
            && ascend(offsets, bytes)
            && ascend(firsts, self.nodes);
        if !whole {
            return Err("the blocks of texts do not ascend to the end of theirs");
        }
        let bounded = firsts.windows(2).all(|pair| {
            let own = &lengths[pair[0] as usize..pair[1] as usize];
            own.iter().map(|&len| u64::from(len)).sum::<u64>() <= MOST_TEXT as u64
        });
        if bounded { Ok(()) } else { Err("a block of texts is too long") }
    }
}

fn total(lengths: &[u32]) -> usize {
    lengths.iter().map(|&len| len as usize).sum()
}
