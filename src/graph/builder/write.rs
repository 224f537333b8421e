//! Everything numbered and written into the arrays of a graph.

use rayon::slice::ParallelSliceMut;

use super::edges::Lists;
use super::gather::TOO_MANY_NAMES;
use super::texts::TextBlocks;
use super::{BuildError, BuildOptions, Builder, Content, NONE, slice};
use crate::graph::snapshot::{Section, Writer};
use crate::ingest::raw::{Fingerprint, Symbol, flag};
use crate::nix::store_path::DIGEST_LEN;
use crate::nix::{Digest, hash, parse_drv_name};

impl Builder<'_> {
    /// Numbers everything and writes the arrays.
    pub(super) fn write(&mut self, options: BuildOptions) -> Result<Vec<u64>, BuildError> {
        let n = self.nodes.len();
        let empty = self.strings.intern(b"");
        let store_dir = self.strings.intern(self.closure.store_dir.as_bytes());

        // names and versions may be new strings, so they come before strings are numbered
        let mut names = Vec::with_capacity(n);
        let mut pnames = Vec::with_capacity(n);
        let mut versions = Vec::with_capacity(n);
        let mut systems = Vec::with_capacity(n);
        let mut features = Vec::with_capacity(n);
        let mut flags = Vec::with_capacity(n);
        for &node in &self.order {
            let content = self.nodes[node as usize].content;
            let path_name =
                String::from_utf8_lossy(self.strings.get(self.paths.name(self.nodes[node as usize].path))).into_owned();
            let name = match content {
                Content::Source => path_name.as_str(),
                _ => path_name.strip_suffix(".drv").unwrap_or(&path_name),
            };
            names.push(self.strings.intern(name.as_bytes()));
            let (parsed_pname, parsed_version) =
                if matches!(content, Content::Source) { ("", "") } else { parse_drv_name(name) };
            let stated = self.derivation(node).map(|(c, _, derivation)| {
                let symbol =
                    |symbol: Symbol| if symbol == Symbol::NONE { empty } else { self.symbols[c][symbol.0 as usize] };
                let [pname, version, system, features] =
                    [derivation.pname, derivation.version, derivation.system, derivation.features].map(symbol);
                (pname, version, system, features, derivation.flags)
            });
            let (pname, version, system, feature, flag) = stated.unwrap_or((
                empty,
                empty,
                empty,
                empty,
                if matches!(content, Content::Source) { flag::SOURCE } else { flag::MISSING },
            ));
            pnames.push(if pname == empty { self.strings.intern(parsed_pname.as_bytes()) } else { pname });
            versions.push(if version == empty { self.strings.intern(parsed_version.as_bytes()) } else { version });
            systems.push(system);
            features.push(feature);
            flags.push(flag);
        }
        self.intern_used_outputs();
        let strings = self.number_strings()?;
        let numbers = &strings.numbers;
        let number = |symbol: Symbol| numbers[symbol.0 as usize];
        let all = |symbols: &[Symbol]| symbols.iter().map(|&symbol| number(symbol)).collect::<Vec<u32>>();

        let mut writer = Writer::new();
        let mut add = |section: Section, words: &[u32]| writer.add(section, bytemuck::cast_slice(words));
        add(Section::StringOffsets, &strings.offsets);
        writer.add(Section::StringBytes, &strings.bytes);
        let digests: Vec<[u8; DIGEST_LEN]> =
            self.order.iter().map(|&node| self.paths.digest(self.nodes[node as usize].path).0).collect();
        writer.add(Section::NodeDigest, bytemuck::cast_slice(&digests));
        let mut add = |section: Section, words: &[u32]| writer.add(section, bytemuck::cast_slice(words));
        add(Section::NodeName, &all(&names));
        let pnames = all(&pnames);
        add(Section::NodePname, &pnames);
        add(Section::NodeVersion, &all(&versions));
        add(Section::NodeSystem, &all(&systems));
        add(Section::NodeFeatures, &all(&features));
        add(Section::NodeFlags, &flags);
        add(Section::NodeLevel, &self.order.iter().map(|&node| self.nodes[node as usize].level).collect::<Vec<u32>>());

        let outputs = self.outputs(&names, numbers);
        let mut lists = Lists::default();
        let inputs = self.inputs_of_all(&outputs, numbers, &mut lists)?;
        let recipes = self.recipes(&inputs, &lists, &pnames, &strings);
        writer.add(Section::NodeRecipe, bytemuck::cast_slice(&recipes));
        writer.add(Section::NodeText, bytemuck::cast_slice(&self.recipe_texts()));
        let mut add = |section: Section, words: &[u32]| writer.add(section, bytemuck::cast_slice(words));
        add(Section::OutputOffsets, &outputs.offsets);
        add(Section::OutputName, &outputs.names);
        writer.add(Section::OutputDigest, bytemuck::cast_slice(&outputs.digests));

        let mut add = |section: Section, words: &[u32]| writer.add(section, bytemuck::cast_slice(words));
        add(Section::InputOffsets, &inputs.offsets);
        add(Section::InputTarget, &inputs.targets);
        add(Section::InputOutputs, &inputs.outputs);
        add(Section::InputMentions, &inputs.mentions);
        let (consumer_offsets, targets, edges) = transpose(n, &inputs.offsets, &inputs.targets);
        add(Section::ConsumerOffsets, &consumer_offsets);
        add(Section::ConsumerTarget, &targets);
        add(Section::ConsumerEdge, &edges);

        let attributes = self.attributes(&outputs, numbers, empty, &consumer_offsets);
        let maintainers: Vec<u32> = attributes.iter().map(|a| lists.intern(&a.maintainers)).collect();
        let teams: Vec<u32> = attributes.iter().map(|a| lists.intern(&a.teams)).collect();
        add(Section::ListOffsets, &lists.offsets);
        add(Section::ListItems, &lists.items);
        add(Section::AttributeName, &attributes.iter().map(|a| a.name).collect::<Vec<u32>>());
        add(Section::AttributeSystem, &attributes.iter().map(|a| a.system).collect::<Vec<u32>>());
        add(Section::AttributeNode, &attributes.iter().map(|a| a.node).collect::<Vec<u32>>());
        add(Section::AttributePosition, &attributes.iter().map(|a| a.position).collect::<Vec<u32>>());
        add(Section::AttributeMaintainers, &maintainers);
        add(Section::AttributeTeams, &teams);
        let mut output_offsets = vec![0u32];
        let mut attribute_outputs: Vec<[u8; DIGEST_LEN]> = Vec::new();
        for attribute in &attributes {
            attribute_outputs.extend_from_slice(&attribute.outputs);
            output_offsets.push(attribute_outputs.len() as u32);
        }
        add(Section::AttributeOutputOffsets, &output_offsets);
        writer.add(Section::AttributeOutputs, bytemuck::cast_slice(&attribute_outputs));
        let mut add = |section: Section, words: &[u32]| writer.add(section, bytemuck::cast_slice(words));
        let mut by_node: Vec<(u32, u32)> =
            attributes.iter().enumerate().filter(|(_, a)| a.node != NONE).map(|(i, a)| (a.node, i as u32)).collect();
        by_node.sort_unstable();
        let mut offsets = vec![0u32; n + 1];
        for &(node, _) in &by_node {
            offsets[node as usize + 1] += 1;
        }
        for i in 0..n {
            offsets[i + 1] += offsets[i];
        }
        add(Section::NodeAttributeOffsets, &offsets);
        add(Section::NodeAttributes, &by_node.iter().map(|&(_, attribute)| attribute).collect::<Vec<u32>>());
        let failed = self.failed(&attributes, numbers, empty);
        add(Section::FailedName, &failed.iter().map(|f| f.name).collect::<Vec<u32>>());
        add(Section::FailedSystem, &failed.iter().map(|f| f.system).collect::<Vec<u32>>());
        add(Section::FailedError, &failed.iter().map(|f| f.error).collect::<Vec<u32>>());
        let facts = [number(store_dir)];
        let texts = if options.keep_texts { self.text_blocks()? } else { TextBlocks::default() };
        add(Section::NodeTextLength, &texts.lengths);
        add(Section::TextBlockNodes, &texts.nodes);
        add(Section::TextBlockOffsets, &texts.offsets);
        writer.add(Section::TextBlocks, &texts.bytes);
        writer.add(Section::Facts, bytemuck::cast_slice(&facts));
        Ok(writer.finish())
    }

    /// The names in the lists of used outputs as strings of their own: one that its input does not
    /// have stands nowhere else.
    pub(super) fn intern_used_outputs(&mut self) {
        let mut lists: Vec<u32> = self.edges.iter().map(|edge| edge.outputs).filter(|&list| list != NONE).collect();
        lists.sort_unstable();
        lists.dedup();
        for list in lists {
            let text = self.strings.get(Symbol(list)).to_vec();
            for name in text.split(|&byte| byte == b',') {
                self.strings.intern(name);
            }
        }
    }

    /// The place of each string among all in the order of their bytes, and the strings so ordered.
    pub(super) fn number_strings(&self) -> Result<NumberedStrings, BuildError> {
        if self.strings.is_full() {
            return Err(BuildError::TooLarge(TOO_MANY_NAMES));
        }
        let count = self.strings.len();
        let mut sorted: Vec<u32> = (0..count as u32).collect();
        sorted.par_sort_unstable_by(|&a, &b| self.strings.get(Symbol(a)).cmp(self.strings.get(Symbol(b))));
        let mut numbers = vec![0u32; count];
        let mut offsets = Vec::with_capacity(count + 1);
        let mut bytes = Vec::new();
        offsets.push(0);
        for (number, &symbol) in sorted.iter().enumerate() {
            numbers[symbol as usize] = number as u32;
            bytes.extend_from_slice(self.strings.get(Symbol(symbol)));
            offsets.push(bytes.len() as u32);
        }
        Ok(NumberedStrings { numbers, offsets, bytes })
    }

    /// The outputs in final order. Where no path is known, the placeholder by which consumers name
    /// the output is kept for resolving.
    pub(super) fn outputs(&self, names: &[Symbol], numbers: &[u32]) -> Outputs {
        let mut outputs = Outputs { offsets: vec![0], ..Outputs::default() };
        for (id, &node) in self.order.iter().enumerate() {
            if let Some((c, chunk, derivation)) = self.derivation(node) {
                let mut own: Vec<(u32, Digest, Symbol)> = slice(&chunk.outputs, &derivation.outputs)
                    .iter()
                    .map(|output| {
                        let symbol = self.symbols[c][output.name.0 as usize];
                        (numbers[symbol.0 as usize], output.digest, symbol)
                    })
                    .collect();
                own.sort_unstable();
                for (name, digest, symbol) in own {
                    outputs.names.push(name);
                    outputs.digests.push(digest.0);
                    let mentioned = if digest.is_some() {
                        digest
                    } else {
                        let drv_name = String::from_utf8_lossy(self.strings.get(names[id]));
                        let output = String::from_utf8_lossy(self.strings.get(symbol));
                        let placeholder = hash::upstream_placeholder(
                            self.paths.digest(self.nodes[node as usize].path),
                            &drv_name,
                            &output,
                        );
                        placeholder.as_bytes()[1..].first_chunk().map_or(Digest::NONE, |&digest| Digest(digest))
                    };
                    outputs.mentioned.push(mentioned.into());
                }
            }
            outputs.offsets.push(outputs.names.len() as u32);
        }
        outputs
    }
}

/// The strings in the order of their bytes.
pub(super) struct NumberedStrings {
    /// Symbol → place in that order.
    pub(super) numbers: Vec<u32>,
    pub(super) offsets: Vec<u32>,
    pub(super) bytes: Vec<u8>,
}

impl NumberedStrings {
    /// The string with this number; empty for a number that no string has.
    pub(super) fn get(&self, number: u32) -> &[u8] {
        let number = number as usize;
        match (self.offsets.get(number), self.offsets.get(number + 1)) {
            (Some(&start), Some(&end)) => &self.bytes[start as usize..end as usize],
            _ => b"",
        }
    }
}

#[derive(Default)]
pub(super) struct Outputs {
    pub(super) offsets: Vec<u32>,
    pub(super) names: Vec<u32>,
    pub(super) digests: Vec<[u8; DIGEST_LEN]>,
    /// What consumers name: the path, or the placeholder.
    pub(super) mentioned: Vec<Fingerprint>,
}

impl Outputs {
    /// Where the outputs of a node stand.
    pub(super) fn range(&self, node: u32) -> std::ops::Range<usize> {
        self.offsets[node as usize] as usize..self.offsets[node as usize + 1] as usize
    }
}

/// The lists of consumers out of the lists of inputs, each with the index of its edge.
pub(super) fn transpose(n: usize, offsets: &[u32], targets: &[u32]) -> (Vec<u32>, Vec<u32>, Vec<u32>) {
    let mut consumer_offsets = vec![0u32; n + 1];
    for &target in targets {
        consumer_offsets[target as usize + 1] += 1;
    }
    for i in 0..n {
        consumer_offsets[i + 1] += consumer_offsets[i];
    }
    let mut fill = consumer_offsets.clone();
    let mut consumers = vec![0u32; targets.len()];
    let mut edges = vec![0u32; targets.len()];
    for node in 0..n {
        for edge in offsets[node]..offsets[node + 1] {
            let at = &mut fill[targets[edge as usize] as usize];
            consumers[*at as usize] = node as u32;
            edges[*at as usize] = edge;
            *at += 1;
        }
    }
    (consumer_offsets, consumers, edges)
}
