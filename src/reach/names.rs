//! How many attribute names change.

use crate::graph::{Graph, NodeId};

/// The number of each attribute's name, from 0 up without gaps.
pub(super) fn numbered(graph: &Graph) -> Vec<u32> {
    let mut last = None;
    let mut count = 0;
    let number = |attribute| {
        let name = graph.attribute_name_id(attribute);
        count += u32::from(last.is_some_and(|last| last != name));
        last = Some(name);
        count
    };
    graph.attributes().map(number).collect()
}

/// Counts distinct names of attributes, of all systems. Every array is zero between uses.
pub(super) struct Names<'g> {
    graph: &'g Graph,
    /// Of each attribute, see [`numbered`].
    numbers: &'g [u32],
    /// For each name, how many attributes with that name change.
    changes: Vec<u32>,
    /// For each name, how many more or fewer do.
    difference: Vec<i32>,
    touched: Vec<u32>,
}

impl<'g> Names<'g> {
    pub(super) fn new(graph: &'g Graph, numbers: &'g [u32]) -> Self {
        let count = numbers.last().map_or(0, |&last| last as usize + 1);
        Self { graph, numbers, changes: vec![0; count], difference: vec![0; count], touched: Vec::new() }
    }

    fn of(&self, node: u32) -> impl Iterator<Item = usize> + use<'g> {
        let numbers = self.numbers;
        self.graph.attributes_of(NodeId(node)).map(move |attribute| numbers[attribute.index()] as usize)
    }

    /// Takes note of what changes.
    pub(super) fn change(&mut self, set: &[u32]) {
        for &node in set {
            self.of(node).for_each(|name| self.changes[name] += 1);
        }
    }

    pub(super) fn forget(&mut self, set: &[u32]) {
        for &node in set {
            self.of(node).for_each(|name| self.changes[name] = 0);
        }
    }

    /// How many names fewer change once these nodes no longer do and then those do.
    pub(super) fn spared(&mut self, unchanged: &[u32], changed: &[u32]) -> i64 {
        for (nodes, by) in [(unchanged, -1), (changed, 1)] {
            for &node in nodes {
                for name in self.of(node) {
                    self.touched.push(name as u32);
                    self.difference[name] += by;
                }
            }
        }
        let mut spared = 0;
        for name in self.touched.drain(..) {
            let difference = std::mem::take(&mut self.difference[name as usize]);
            let before = self.changes[name as usize];
            let after = i64::from(before) + i64::from(difference);
            spared += i64::from(before > 0) - i64::from(after > 0);
        }
        spared
    }
}
