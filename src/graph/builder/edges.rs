//! The input lists in final order, with the outputs used and the keys that mention each input.

use std::hash::BuildHasher;

use hashbrown::HashTable;
use rustc_hash::FxBuildHasher;

use super::write::Outputs;
use super::{BuildError, Builder, NONE, slice};
use crate::ingest::raw::{Fingerprint, Symbol, flag};

impl Builder<'_> {
    /// The input lists in final order, with the outputs used and the mentions.
    pub(super) fn inputs_of_all(
        &self,
        outputs: &Outputs,
        numbers: &[u32],
        lists: &mut Lists,
    ) -> Result<Inputs, BuildError> {
        let mut result = Inputs { offsets: vec![0], ..Inputs::default() };
        let mut output_lists: Vec<u32> = vec![NONE; self.strings.len()];
        let no_outputs = lists.intern(&[]);
        // what each input may be called, for the node at hand
        let mut callings = Callings::default();
        let mut own: Vec<(u32, u32)> = Vec::new();
        let mut found: Vec<Mention> = Vec::new();
        let mut pairs: Vec<u32> = Vec::new();
        // what names a source, or the file of a derivation itself
        let no_output = self.number("", numbers).unwrap_or_default();
        for (id, &node) in self.order.iter().enumerate() {
            own.clear();
            own.extend(self.inputs(node).iter().map(|edge| (self.rank[edge.input as usize], edge.outputs)));
            own.sort_unstable();
            callings.clear();
            for (edge, &(input, names)) in own.iter().enumerate() {
                let edge = edge as u32;
                result.targets.push(input);
                let provisional = self.order[input as usize];
                // a source, or a derivation's file itself, is named by its own path
                callings.add(self.paths.digest(self.nodes[provisional as usize].path).into(), edge, no_output);
                let range = outputs.range(input);
                for at in range.clone() {
                    callings.add(outputs.mentioned[at], edge, outputs.names[at]);
                }
                let list = if names == NONE {
                    no_outputs
                } else {
                    if output_lists[names as usize] == NONE {
                        let text = String::from_utf8_lossy(self.strings.get(Symbol(names)));
                        let items: Vec<u32> = text.split(',').filter_map(|name| self.number(name, numbers)).collect();
                        output_lists[names as usize] = lists.intern(&items);
                    }
                    output_lists[names as usize]
                };
                self.check_outputs(node, provisional, lists.get(list), &outputs.names[range], numbers)?;
                result.outputs.push(list);
            }
            callings.ready();
            found.clear();
            if let Some((c, chunk, derivation)) = self.derivation(node) {
                let own_outputs = outputs.range(id as u32);
                for mention in slice(&chunk.mentions, &derivation.mentions) {
                    let edges = callings.of(mention.path);
                    if edges.is_empty() {
                        continue;
                    }
                    let key = numbers[self.symbols[c][mention.key.0 as usize].0 as usize];
                    // `out` names the derivation's own output, also where an input has the same path
                    let names_itself =
                        own_outputs.clone().any(|at| outputs.names[at] == key && outputs.mentioned[at] == mention.path);
                    if !names_itself {
                        found.extend(edges.iter().map(|&(_, edge, output)| (edge, key, output)));
                    }
                }
            }
            found.sort_unstable();
            found.dedup();
            let mut rest = found.as_slice();
            for edge in 0..own.len() as u32 {
                let count = rest.partition_point(|&(of, ..)| of <= edge);
                pairs.clear();
                pairs.extend(rest[..count].iter().flat_map(|&(_, key, output)| [key, output]));
                rest = &rest[count..];
                result.mentions.push(lists.intern(&pairs));
            }
            result.offsets.push(result.targets.len() as u32);
        }
        Ok(result)
    }

    pub(super) fn number(&self, text: &str, numbers: &[u32]) -> Option<u32> {
        self.strings.find(text.as_bytes()).map(|symbol| numbers[symbol.0 as usize])
    }

    /// Every output used must be one that the input has (dynamic ones and bare inputs are not
    /// checked).
    pub(super) fn check_outputs(
        &self,
        node: u32,
        input: u32,
        used: &[u32],
        known: &[u32],
        numbers: &[u32],
    ) -> Result<(), BuildError> {
        if used.iter().all(|name| known.contains(name)) {
            return Ok(());
        }
        let Some((_, _, derivation)) = self.derivation(input) else { return Ok(()) };
        if derivation.flags & flag::NO_RECIPE != 0 {
            return Ok(());
        }
        for &name in used.iter().filter(|name| !known.contains(name)) {
            let symbol =
                numbers.iter().position(|&number| number == name).map_or(Symbol::NONE, |symbol| Symbol(symbol as u32));
            let output = String::from_utf8_lossy(self.strings.get(symbol)).into_owned();
            if !output.contains('^') {
                return Err(BuildError::UnknownOutput { consumer: self.shown(node), input: self.shown(input), output });
            }
        }
        Ok(())
    }
}

/// Edge, key, output.
type Mention = (u32, u32, u32);

#[derive(Default)]
pub(super) struct Inputs {
    pub(super) offsets: Vec<u32>,
    pub(super) targets: Vec<u32>,
    pub(super) outputs: Vec<u32>,
    pub(super) mentions: Vec<u32>,
}

/// What the inputs of one derivation may be called, with the edge and the output that are meant:
/// sorted when there are many, for most derivations have few. Two inputs may have one output path (a
/// source that is fetched in two ways); then both are meant.
#[derive(Default)]
pub(super) struct Callings {
    pub(super) all: Vec<(Fingerprint, u32, u32)>,
}

impl Callings {
    pub(super) fn clear(&mut self) {
        self.all.clear();
    }

    pub(super) fn add(&mut self, path: Fingerprint, edge: u32, output: u32) {
        self.all.push((path, edge, output));
    }

    pub(super) fn ready(&mut self) {
        self.all.sort_unstable();
    }

    pub(super) fn of(&self, path: Fingerprint) -> &[(Fingerprint, u32, u32)] {
        let start = self.all.partition_point(|(other, ..)| *other < path);
        let count = self.all[start..].iter().take_while(|(other, ..)| *other == path).count();
        &self.all[start..start + count]
    }
}

/// Interned lists of strings.
#[derive(Default)]
pub(super) struct Lists {
    pub(super) offsets: Vec<u32>,
    pub(super) items: Vec<u32>,
    pub(super) table: HashTable<u32>,
}

impl Lists {
    pub(super) fn get(&self, list: u32) -> &[u32] {
        &self.items[self.offsets[list as usize] as usize..self.offsets[list as usize + 1] as usize]
    }

    pub(super) fn intern(&mut self, items: &[u32]) -> u32 {
        if self.offsets.is_empty() {
            self.offsets.push(0);
        }
        let hash = FxBuildHasher.hash_one(items);
        let (offsets, all) = (&self.offsets, &self.items);
        let get = |list: u32| &all[offsets[list as usize] as usize..offsets[list as usize + 1] as usize];
        if let Some(&list) = self.table.find(hash, |&list| get(list) == items) {
            return list;
        }
        let list = self.offsets.len() as u32 - 1;
        self.items.extend_from_slice(items);
        self.offsets.push(self.items.len() as u32);
        let (offsets, all) = (&self.offsets, &self.items);
        let get = |list: u32| &all[offsets[list as usize] as usize..offsets[list as usize + 1] as usize];
        self.table.insert_unique(hash, list, |&list| FxBuildHasher.hash_one(get(list)));
        list
    }
}
