//! The digests of recipes.

use rayon::prelude::*;

use super::edges::{Inputs, Lists};
use super::write::NumberedStrings;
use super::{Builder, Content};
use crate::graph::recipe::{RecipeDigest, RecipeText};
use crate::ingest::raw::flag;

impl Builder<'_> {
    /// The digest of every node's recipe, in final order: of its text without what the store paths in
    /// it say, and of what they stand for: for each input the keys that name it, its pname and the
    /// output, and for input sources their own digest, for they are a part of the recipe. `pnames`
    /// are numbers of strings. Linear.
    pub(super) fn recipes(
        &self,
        inputs: &Inputs,
        lists: &Lists,
        pnames: &[u32],
        strings: &NumberedStrings,
    ) -> Vec<[u8; 32]> {
        let digest = |id: usize| {
            let Some((_, _, derivation)) = self.derivation(self.order[id]) else { return RecipeDigest::NONE.0 };
            if derivation.flags & flag::NO_RECIPE != 0 {
                return RecipeDigest::NONE.0;
            }
            // numbers ascend as their strings do, so what is sorted by number is so in every closure
            let mut named: Vec<(u32, u32, u32)> = Vec::new();
            let mut sources: Vec<(u32, [u8; 32])> = Vec::new();
            for edge in inputs.offsets[id] as usize..inputs.offsets[id + 1] as usize {
                let input = inputs.targets[edge];
                let pairs = lists.get(inputs.mentions[edge]);
                let node = &self.nodes[self.order[input as usize] as usize];
                if matches!(node.content, Content::Source) {
                    let digest = self.paths.digest(node.path).0;
                    sources.extend(pairs.chunks_exact(2).map(|pair| (pair[0], digest)));
                    if pairs.is_empty() {
                        sources.push((u32::MAX, digest));
                    }
                } else if pairs.is_empty() {
                    named.extend(
                        lists
                            .get(inputs.outputs[edge])
                            .iter()
                            .map(|&output| (u32::MAX, pnames[input as usize], output)),
                    );
                } else {
                    named.extend(pairs.chunks_exact(2).map(|pair| (pair[0], pnames[input as usize], pair[1])));
                }
            }
            named.sort_unstable();
            named.dedup();
            sources.sort_unstable();
            let mut text = Vec::with_capacity(1024);
            text.extend_from_slice(&derivation.text.bare.to_le_bytes());
            text.extend_from_slice(&derivation.text.names.to_le_bytes());
            for (key, pname, output) in named {
                for number in [key, pname, output] {
                    text.extend_from_slice(strings.get(number));
                    text.push(0);
                }
            }
            text.push(1);
            for (key, digest) in sources {
                text.extend_from_slice(strings.get(key));
                text.push(0);
                text.extend_from_slice(&digest);
                text.push(0);
            }
            *blake3::hash(&text).as_bytes()
        };
        (0..self.order.len()).into_par_iter().map(digest).collect()
    }

    /// The hashes of every node's text, in final order; zeros where there is no recipe.
    pub(super) fn recipe_texts(&self) -> Vec<[u8; 32]> {
        let of = |&node: &u32| {
            let text = self.derivation(node).map(|(_, _, derivation)| derivation.text).unwrap_or_default();
            RecipeText { bare: text.bare, names: text.names }.to_bytes()
        };
        self.order.iter().map(of).collect()
    }
}
