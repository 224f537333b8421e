//! Which packages are at stake, and whose they are.

use std::collections::{BTreeMap, BTreeSet};

use fixedbitset::FixedBitSet;

use super::report::AtStake;
use crate::graph::{Graph, NodeId};
use crate::ingest::Maintainers;

/// Who stands behind the attributes of a closure.
pub(super) struct Stakes<'a> {
    graph: &'a Graph,
    /// For each attribute the number of its name.
    name: Vec<u32>,
    /// For each name the numbers of the people and teams.
    people: Vec<Vec<u32>>,
    /// How many people and teams there are.
    count: usize,
}

impl<'a> Stakes<'a> {
    /// What the closure and a file say is joined. O(attributes log people).
    pub(super) fn new(graph: &'a Graph, stated: &Maintainers) -> Self {
        let mut numbers: BTreeMap<(bool, &str), u32> = BTreeMap::new();
        let mut people: Vec<BTreeSet<(bool, &str)>> = Vec::new();
        let mut name = Vec::with_capacity(graph.attribute_count());
        let mut last = None;
        for attribute in graph.attributes() {
            let id = graph.attribute_name_id(attribute);
            if last != Some(id) {
                last = Some(id);
                let owners = stated.of(graph.attribute_name(attribute));
                let stated = owners.iter().flat_map(|owners| {
                    let teams = owners.teams.iter().map(|team| (true, team.as_str()));
                    teams.chain(owners.maintainers.iter().map(|person| (false, person.as_str())))
                });
                people.push(stated.collect());
            }
            let teams = graph.teams(attribute).map(|team| (true, team));
            let own = teams.chain(graph.maintainers(attribute).map(|person| (false, person)));
            if let Some(people) = people.last_mut() {
                people.extend(own);
            }
            name.push(people.len() as u32 - 1);
        }
        for who in people.iter().flatten() {
            let next = numbers.len() as u32;
            numbers.entry(*who).or_insert(next);
        }
        let people = people.iter().map(|people| people.iter().filter_map(|who| numbers.get(who).copied()).collect());
        Self { graph, name, people: people.collect(), count: numbers.len() }
    }

    /// Of what is rebuilt or fetched again. O(attributes of the nodes).
    pub(super) fn of(&self, nodes: &[NodeId]) -> AtStake {
        let mut names = FixedBitSet::with_capacity(self.people.len());
        for &node in nodes {
            names.extend(self.graph.attributes_of(node).map(|attribute| self.name[attribute.index()] as usize));
        }
        let mut people = FixedBitSet::with_capacity(self.count);
        let mut maintained = 0;
        for name in names.ones() {
            maintained += u64::from(!self.people[name].is_empty());
            people.extend(self.people[name].iter().map(|&who| who as usize));
        }
        AtStake { attributes: names.count_ones(..) as u64, maintained, maintainers: people.count_ones(..) as u64 }
    }
}
