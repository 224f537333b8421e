//! Attributes that name another derivation, and the edits that follow from it.

use std::collections::{BTreeMap, BTreeSet};

use petgraph::unionfind::UnionFind;
use rustc_hash::FxHashMap;

use super::answer::Redirected;
use super::matching::common_attributes;
use super::{Diff, Origin};
use crate::graph::{EdgeId, NodeId};

/// What an attribute named, and what it names.
type Pair = (NodeId, NodeId);

impl Diff<'_> {
    /// The attributes that name another derivation now, in the place of which edited recipes take that
    /// one: a default interpreter, a provider of BLAS. Attributes of one set, and those that edits take
    /// together, stand together. `order` has for each cause the number of its edit. Linear, besides one
    /// more weighing of the causes.
    pub(super) fn redirected(&self, order: &[usize], has_attributes: bool) -> Vec<Redirected> {
        let pairs = self.redirected_pairs();
        if pairs.is_empty() {
            return Vec::new();
        }
        // for each cause the sets of attributes through which it takes another input
        let mut takes: Vec<(usize, Vec<(&str, Pair)>)> = Vec::new();
        for (cause, &edit) in order.iter().enumerate() {
            let taken = self.taken(&self.edits.edits[edit].origins, &pairs);
            if !taken.is_empty() {
                takes.push((cause, taken));
            }
        }
        let mut numbers: BTreeMap<&str, usize> = BTreeMap::new();
        for (_, taken) in &takes {
            for (set, _) in taken {
                let next = numbers.len();
                numbers.entry(set).or_insert(next);
            }
        }
        let mut joined: UnionFind<usize> = UnionFind::new(numbers.len());
        for (_, taken) in &takes {
            for both in taken.windows(2) {
                joined.union(numbers[both[0].0], numbers[both[1].0]);
            }
        }
        let mut groups: BTreeMap<usize, Group<'_>> = BTreeMap::new();
        for (cause, taken) in takes {
            for (set, pair) in taken {
                let group = groups.entry(joined.find(numbers[set])).or_default();
                *group.sets.entry(set).or_default() += 1;
                group.causes.insert(cause);
                *group.pairs.entry(pair).or_default() += 1;
            }
        }
        // one edit alone says as much itself
        let groups: Vec<Group<'_>> = groups.into_values().filter(|group| group.causes.len() > 1).collect();
        let alone = self.together(&groups, order, has_attributes);
        let mut found: Vec<Redirected> =
            groups.into_iter().zip(alone).map(|(group, alone)| self.told(group, &pairs, alone)).collect();
        found.sort_by(|a, b| b.alone.cmp(&a.alone).then_with(|| a.attributes.cmp(&b.attributes)));
        found
    }

    /// What attributes named and what they name, where these are no counterparts; each with the names.
    fn redirected_pairs(&self) -> BTreeMap<Pair, BTreeSet<&str>> {
        let (old, new) = (self.compared.old, self.compared.new);
        let mut pairs: BTreeMap<Pair, BTreeSet<&str>> = BTreeMap::new();
        for (before, after) in common_attributes(old, new) {
            if let (Some(one), Some(other)) = (old.attribute_node(before), new.attribute_node(after))
                && self.compared.matching.now(one) != Some(other)
            {
                pairs.entry((one, other)).or_default().insert(new.attribute_name(after));
            }
        }
        pairs
    }

    /// The pairs whose old derivation a recipe no longer takes and whose new one it takes, under the same
    /// keys; each with the set of its attributes.
    fn taken<'p>(&self, origins: &[Origin], pairs: &'p BTreeMap<Pair, BTreeSet<&str>>) -> Vec<(&'p str, Pair)> {
        let (old, new) = (self.compared.old, self.compared.new);
        let mut found = BTreeSet::new();
        for origin in origins {
            let Origin::Edited(before) = *origin else { continue };
            let Some(after) = self.compared.matching.now(before) else { continue };
            let inputs = self.compared.input_changes(before, after);
            let come: FxHashMap<NodeId, EdgeId> =
                inputs.added.iter().map(|&edge| (new.edge_input(edge), edge)).collect();
            for &gone in &inputs.removed {
                let one = old.edge_input(gone);
                for (&pair, names) in pairs.range((one, NodeId(0))..=(one, NodeId(u32::MAX))) {
                    if come.get(&pair.1).is_some_and(|&come| self.compared.keys(0, gone) == self.compared.keys(1, come))
                    {
                        found.extend(names.iter().map(|name| (set_of(name), pair)));
                    }
                }
            }
        }
        found.into_iter().collect()
    }

    /// What each group of causes causes alone.
    fn together(&self, groups: &[Group<'_>], order: &[usize], has_attributes: bool) -> Vec<u64> {
        let mut merged: Vec<u32> = (0..self.edits.edits.len() as u32).collect();
        let first = |group: &Group<'_>| group.causes.first().map(|&cause| order[cause]);
        for group in groups {
            for &cause in &group.causes {
                merged[order[cause]] = first(group).unwrap_or_default() as u32;
            }
        }
        let units = if has_attributes {
            self.edits.attribute_units(&self.compared, &self.attributes.rebuilt)
        } else {
            self.edits.derivation_units(&self.compared, &self.built)
        };
        let blames = self.edits.influence.merged(&merged).blame(&units, merged.len());
        groups.iter().map(|group| first(group).map_or(0, |edit| blames[edit].exclusive)).collect()
    }

    fn told(&self, group: Group<'_>, pairs: &BTreeMap<Pair, BTreeSet<&str>>, alone: u64) -> Redirected {
        let (old, new) = (self.compared.old, self.compared.new);
        let most = group.pairs.iter().max_by_key(|&(&pair, &count)| (count, std::cmp::Reverse(pair)));
        let (before, after) = most.map(|(&pair, _)| pair).unwrap_or_default();
        let mut sets: Vec<(&str, usize)> = group.sets.iter().map(|(&set, &count)| (set, count)).collect();
        sets.sort_by_key(|&(set, count)| (std::cmp::Reverse(count), set));
        let attributes = sets.into_iter().map(|(set, _)| {
            let names: BTreeSet<&str> = group
                .pairs
                .keys()
                .filter_map(|pair| pairs.get(pair))
                .flatten()
                .copied()
                .filter(|name| set_of(name) == set)
                .collect();
            match names.first() {
                Some(only) if names.len() == 1 => (*only).to_owned(),
                _ => format!("{set}.*"),
            }
        });
        Redirected {
            attributes: attributes.collect(),
            before: old.name(before).to_owned(),
            after: new.name(after).to_owned(),
            causes: group.causes.into_iter().collect(),
            alone,
        }
    }
}

/// Causes that follow from the same redirected attributes.
#[derive(Default)]
struct Group<'n> {
    /// With how many causes take each.
    sets: BTreeMap<&'n str, usize>,
    causes: BTreeSet<usize>,
    pairs: BTreeMap<Pair, usize>,
}

/// The package set of an attribute, or the attribute itself at the top.
fn set_of(attribute: &str) -> &str {
    attribute.rsplit_once('.').map_or(attribute, |(set, _)| set)
}
