//! The texts of derivations in blocks, in final order.

use rayon::prelude::*;
use zstd::bulk::Compressor;

use super::{BuildError, Builder, Content};
use crate::graph::texts::{BLOCK_LEN, MOST_TEXT};
use crate::ingest::Problem;

const LEVEL: i32 = 3;

/// The sections of the texts; see [`crate::graph::snapshot::Section`].
#[derive(Default)]
pub(super) struct TextBlocks {
    pub(super) offsets: Vec<u32>,
    pub(super) bytes: Vec<u8>,
    pub(super) nodes: Vec<u32>,
    pub(super) lengths: Vec<u32>,
}

impl Builder<'_> {
    /// Packs the texts anew, so many nodes in a row together as make a block, side by side. Linear in
    /// the texts; beside what is packed, a block a thread is in memory.
    pub(super) fn text_blocks(&mut self) -> Result<TextBlocks, BuildError> {
        let mut blocks = TextBlocks { offsets: vec![0], nodes: vec![0], ..TextBlocks::default() };
        let mut len = 0;
        let mut too_long = 0;
        for (id, &node) in self.order.iter().enumerate() {
            let own = self.text_of(node).map_or(0, |(chunk, at)| self.closure.chunks[chunk].texts.text_len(at));
            let own = if own > MOST_TEXT { 0 } else { own };
            too_long += usize::from(own == 0 && self.text_of(node).is_some());
            if len + own > MOST_TEXT {
                blocks.nodes.push(id as u32);
                len = 0;
            }
            len += own;
            blocks.lengths.push(own as u32);
            if len >= BLOCK_LEN {
                blocks.nodes.push(id as u32 + 1);
                len = 0;
            }
        }
        let n = self.order.len() as u32;
        if blocks.nodes.last() != Some(&n) {
            blocks.nodes.push(n);
        }
        let packed: Vec<std::io::Result<Vec<u8>>> = blocks
            .nodes
            .par_windows(2)
            .map_init(
                || (Compressor::new(LEVEL), self.closure.chunks.iter().map(|c| c.texts.unpacker()).collect::<Vec<_>>()),
                |(compressor, unpackers), nodes| {
                    let mut block = Vec::with_capacity(BLOCK_LEN * 2);
                    for id in nodes[0] as usize..nodes[1] as usize {
                        if let (1.., Some((chunk, at))) = (blocks.lengths[id], self.text_of(self.order[id])) {
                            block.extend_from_slice(unpackers[chunk].get(at).unwrap_or_default());
                        }
                    }
                    match compressor {
                        Ok(compressor) => compressor.compress(&block),
                        Err(error) => Err(std::io::Error::new(error.kind(), error.to_string())),
                    }
                },
            )
            .collect();
        for block in packed {
            let block = block.map_err(BuildError::Packing)?;
            blocks.bytes.extend_from_slice(&block);
            let end = u32::try_from(blocks.bytes.len());
            blocks.offsets.push(end.map_err(|_| BuildError::TooLarge("more than 4 GiB of packed texts"))?);
        }
        if too_long > 0 {
            let what = format!("{too_long} derivations are longer than 64 MiB; their texts are left out");
            self.problems.push(Problem::new("texts-left-out", what));
        }
        Ok(blocks)
    }

    /// The chunk and number of a node's text, where it was kept.
    fn text_of(&self, node: u32) -> Option<(usize, usize)> {
        match self.nodes[node as usize].content {
            Content::Derivation(chunk, index) => {
                let (chunk, at) = (chunk as usize, index as usize);
                (at < self.closure.chunks[chunk].texts.len()).then_some((chunk, at))
            }
            Content::Source | Content::Missing => None,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::graph::{BuildOptions, Graph, build};
    use crate::ingest::{IngestOptions, Input, Progress, ingest};

    /// The graph of derivations whose texts have about these lengths, with texts.
    fn kept(lengths: &[usize]) -> (Vec<String>, Graph, Vec<Problem>) {
        let folder = tempfile::tempdir().unwrap();
        let write = |(number, len): (usize, &usize)| {
            let name = format!("{number:032}-n{number:05}");
            let text = format!(
                "Derive([(\"out\",\"/nix/store/{:032}-n{number:05}\",\"\",\"\")],[],[],\"x\",\"x\",[],[(\"x\",\"{}\")])",
                number + 100_000,
                "y".repeat(*len)
            );
            std::fs::write(folder.path().join(format!("{name}.drv")), &text).unwrap();
            text
        };
        let texts = lengths.iter().enumerate().map(write).collect();
        let options = IngestOptions { keep_texts: true, ..IngestOptions::default() };
        let (raw, _) = ingest(&[Input::Path(folder.path().into())], &options, &Progress::default()).unwrap();
        let (graph, problems) = build(&raw, BuildOptions { keep_texts: true, ..BuildOptions::default() }).unwrap();
        (texts, graph, problems)
    }

    fn check(lengths: &[usize], left_out: &[usize]) {
        let (texts, graph, problems) = kept(lengths);
        assert_eq!(graph.node_count(), lengths.len());
        for (at, (node, text)) in graph.nodes().zip(&texts).enumerate() {
            let expect = (!left_out.contains(&at)).then(|| text.clone().into_bytes());
            assert!(graph.text(node) == expect, "{at} of {lengths:?}");
        }
        assert_eq!(problems.len(), usize::from(!left_out.is_empty()), "{problems:?}");
    }

    #[test]
    fn blocks_of_every_fill() {
        check(&[10], &[]);
        check(&[10; 5], &[]);
        // on the border of a block, over it, and several of them
        for len in [BLOCK_LEN - 200, BLOCK_LEN, BLOCK_LEN + 1] {
            check(&[len], &[]);
            check(&[len, 10, len, len, 10], &[]);
        }
        check(&vec![1000; 1000], &[]);
        // together more than a block may hold
        check(&[BLOCK_LEN - 200, MOST_TEXT - 200, 10], &[]);
        check(&[10, MOST_TEXT, 10], &[1]);
        check(&[MOST_TEXT], &[0]);
    }
}
