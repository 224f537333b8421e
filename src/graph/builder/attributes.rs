//! Attributes, each with the node that it names.

use std::collections::HashMap;
use std::ops::Range;

use rustc_hash::FxBuildHasher;

use super::write::Outputs;
use super::{Builder, NONE, slice};
use crate::ingest::raw::{Origin, Symbol};
use crate::ingest::{Problem, is_system};
use crate::nix::Digest;
use crate::nix::store_path::DIGEST_LEN;

impl Builder<'_> {
    /// Output path → the nodes that make it, ascending.
    pub(super) fn producers(&self, outputs: &Outputs) -> HashMap<[u8; DIGEST_LEN], Vec<u32>, FxBuildHasher> {
        let mut producers: HashMap<[u8; DIGEST_LEN], Vec<u32>, FxBuildHasher> = HashMap::default();
        for node in 0..self.nodes.len() as u32 {
            for at in outputs.range(node) {
                producers.entry(outputs.digests[at]).or_default().push(node);
            }
        }
        producers.remove(&Digest::NONE.0);
        producers
    }

    /// Of several nodes that make one path the one that an attribute means most likely: built on
    /// its system, then with the most consumers, then the first.
    pub(super) fn likeliest(&self, several: &[u32], system: u32, numbers: &[u32], uses: &[u32]) -> u32 {
        let key = |node: u32| {
            let other_system = self.system_number(node, numbers) != Some(system);
            let consumers = uses[node as usize + 1] - uses[node as usize];
            (other_system, std::cmp::Reverse(consumers), node)
        };
        several.iter().copied().min_by_key(|&node| key(node)).unwrap_or(NONE)
    }

    /// The string of the system that a node is built on, where it is a real one.
    pub(super) fn system_number(&self, node: u32, numbers: &[u32]) -> Option<u32> {
        let (c, _, derivation) = self.derivation(self.order[node as usize])?;
        if derivation.system == Symbol::NONE {
            return None;
        }
        let symbol = self.symbols[c][derivation.system.0 as usize];
        let text = std::str::from_utf8(self.strings.get(symbol)).ok()?;
        is_system(text).then(|| numbers[symbol.0 as usize])
    }

    /// The attributes by name and system, each with its node.
    pub(super) fn attributes(
        &mut self,
        outputs: &Outputs,
        numbers: &[u32],
        empty: Symbol,
        uses: &[u32],
    ) -> Vec<Attribute> {
        let producers =
            if self.closure.chunks.iter().any(|chunk| chunk.attributes.iter().any(|a| a.derivation.is_none())) {
                self.producers(outputs)
            } else {
                HashMap::default()
            };
        let mut ambiguous = 0;
        let mut attributes: Vec<Attribute> = Vec::new();
        for (c, chunk) in self.closure.chunks.iter().enumerate() {
            let number = |symbol: Symbol| {
                let own = if symbol == Symbol::NONE { empty } else { self.symbols[c][symbol.0 as usize] };
                numbers[own.0 as usize]
            };
            let people = |range: &Range<u32>| -> Vec<u32> {
                slice(&chunk.people, range).iter().map(|&name| number(name)).collect()
            };
            for attribute in &chunk.attributes {
                let stated = attribute.derivation.map(|path| {
                    match self.node_of_path[self.path_maps[c][path.0 as usize].0 as usize] {
                        NONE => NONE,
                        node => self.rank[node as usize],
                    }
                });
                let mut system = number(attribute.system);
                let node = stated.unwrap_or_else(|| {
                    let makers = slice(&chunk.attribute_outputs, &attribute.outputs)
                        .iter()
                        .find_map(|path| producers.get(&chunk.paths.digest(*path).0));
                    match makers.map(Vec::as_slice) {
                        None | Some([]) => NONE,
                        Some(&[only]) => only,
                        Some(several) => {
                            ambiguous += 1;
                            self.likeliest(several, system, numbers, uses)
                        }
                    }
                });
                let node = match node {
                    NONE => NONE,
                    found => match self.derivation(self.order[found as usize]) {
                        Some(_) => found,
                        None => NONE,
                    },
                };
                // a name without a system has that of its derivation
                if attribute.system == Symbol::NONE && node != NONE {
                    system = self.system_number(node, numbers).unwrap_or(system);
                }
                let mut own: Vec<[u8; DIGEST_LEN]> = Vec::new();
                if node == NONE {
                    let paths = slice(&chunk.attribute_outputs, &attribute.outputs);
                    own.extend(paths.iter().map(|&path| chunk.paths.digest(path).0));
                    own.sort_unstable();
                    own.dedup();
                }
                attributes.push(Attribute {
                    name: number(attribute.name),
                    system,
                    node,
                    outputs: own,
                    guessed: stated.is_none(),
                    position: number(attribute.position),
                    maintainers: people(&attribute.maintainers),
                    teams: people(&attribute.teams),
                    origin: attribute.origin,
                });
            }
        }
        // what was stated wins over what was guessed from an output path, whatever came first
        attributes.sort_unstable_by_key(|a| (a.name, a.system, a.node == NONE, a.guessed, a.origin));
        let total = attributes.len();
        let mut conflicts = 0;
        attributes.dedup_by(|later, kept| {
            let same = later.name == kept.name && later.system == kept.system;
            if same {
                // a guess among derivations with one output path contradicts nothing
                let contradicts = if kept.node == NONE {
                    !kept.join_outputs(&mut later.outputs)
                } else {
                    later.node != NONE && later.node != kept.node && !later.guessed
                };
                conflicts += usize::from(contradicts);
                if kept.position == numbers[empty.0 as usize] {
                    kept.position = later.position;
                }
                kept.maintainers.append(&mut later.maintainers);
                kept.teams.append(&mut later.teams);
            }
            same
        });
        for attribute in &mut attributes {
            for people in [&mut attribute.maintainers, &mut attribute.teams] {
                people.sort_unstable();
                people.dedup();
            }
        }
        if ambiguous > 0 {
            self.problems.push(Problem::new(
                "ambiguous-attributes",
                format!(
                    "attributes known only by an output path that several derivations make: {ambiguous}; of each the one \
                     with the most consumers is taken; give their drvPath too (nix-eval-jobs) to be sure"
                ),
            ));
        }
        let unresolved = attributes.iter().filter(|a| a.node == NONE).count();
        if unresolved > 0 {
            self.problems.push(Problem::new(
                "attributes-without-derivation",
                format!("{unresolved} of {total} attributes name derivations that the closure does not hold; a bump of derivations does not reach them"),
            ));
        }
        if conflicts > 0 {
            self.problems.push(Problem::new(
                "conflicting-attributes",
                format!("{conflicts} attributes name several derivations; the one read first is kept"),
            ));
        }
        attributes
    }

    /// What did not evaluate, by name and system; of several errors the first by its text, so that no
    /// order of inputs shows. One that is an attribute too evaluated elsewhere, and is left out.
    pub(super) fn failed(&self, attributes: &[Attribute], numbers: &[u32], empty: Symbol) -> Vec<Failed> {
        let mut failed: Vec<Failed> = Vec::new();
        for (c, chunk) in self.closure.chunks.iter().enumerate() {
            let number = |symbol: Symbol| {
                let own = if symbol == Symbol::NONE { empty } else { self.symbols[c][symbol.0 as usize] };
                numbers[own.0 as usize]
            };
            failed.extend(chunk.failures.iter().map(|failure| Failed {
                name: number(failure.name),
                system: number(failure.system),
                error: number(failure.error),
            }));
        }
        failed.sort_unstable();
        failed.dedup_by_key(|failed| (failed.name, failed.system));
        failed.retain(|failed| {
            attributes.binary_search_by_key(&(failed.name, failed.system), |a| (a.name, a.system)).is_err()
        });
        failed
    }
}

pub(super) struct Attribute {
    pub(super) name: u32,
    pub(super) system: u32,
    pub(super) node: u32,
    /// Where there is no node: the output paths, ascending.
    pub(super) outputs: Vec<[u8; DIGEST_LEN]>,
    /// Found by an output path, not by a stated derivation.
    pub(super) guessed: bool,
    pub(super) position: u32,
    pub(super) maintainers: Vec<u32>,
    pub(super) teams: Vec<u32>,
    pub(super) origin: Origin,
}

impl Attribute {
    /// Takes the other's outputs where they are these and more; whether the one list is a part of the
    /// other.
    fn join_outputs(&mut self, other: &mut Vec<[u8; DIGEST_LEN]>) -> bool {
        let part = |one: &[[u8; DIGEST_LEN]], of: &[[u8; DIGEST_LEN]]| one.iter().all(|o| of.binary_search(o).is_ok());
        if part(other, &self.outputs) {
            return true;
        }
        let more = part(&self.outputs, other);
        if more {
            std::mem::swap(&mut self.outputs, other);
        }
        more
    }
}

/// An attribute that did not evaluate, by numbers of strings.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(super) struct Failed {
    pub(super) name: u32,
    pub(super) system: u32,
    pub(super) error: u32,
}
