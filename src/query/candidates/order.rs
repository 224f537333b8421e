//! In which order experiments pay.

use std::cmp::{Ordering, Reverse};
use std::collections::{BTreeMap, BTreeSet, BinaryHeap};

use super::cost::Cost;
use super::found::Group;
use crate::graph::NodeId;
use crate::reach::Yearly;

/// A candidate with its figures.
pub(super) struct Weighed {
    pub(super) group: Group,
    pub(super) saves: Yearly,
    /// Builds a year, or machine hours where costs are asked for.
    pub(super) expected: f64,
    /// Without the builds of the package as it is.
    pub(super) cost: Cost,
}

/// A candidate that may be next.
struct Next {
    ratio: f64,
    /// Of equal ones the first.
    at: Reverse<usize>,
    cost: Cost,
    /// Whether it is the first of its package.
    opens: bool,
}

impl Ord for Next {
    fn cmp(&self, other: &Self) -> Ordering {
        self.ratio.total_cmp(&other.ratio).then(self.at.cmp(&other.at)).then(other.opens.cmp(&self.opens))
    }
}

impl PartialOrd for Next {
    fn partial_cmp(&self, other: &Self) -> Option<Ordering> {
        Some(self.cmp(other))
    }
}

impl PartialEq for Next {
    fn eq(&self, other: &Self) -> bool {
        self.cmp(other) == Ordering::Equal
    }
}

impl Eq for Next {}

/// The places of candidates and what each costs then: always the one next that is expected to save most for its
/// time, where the first of a package has the package built as it is, too. Of equal ones the first.
/// O(candidates · log).
pub(super) fn order(all: &[Weighed]) -> Vec<(usize, Cost)> {
    let next = |at: usize, weighed: &Weighed, opens: bool| {
        let cost = if opens { weighed.cost.with_baseline() } else { weighed.cost };
        Next { ratio: weighed.expected / cost.minutes(), at: Reverse(at), cost, opens }
    };
    let mut heap: BinaryHeap<Next> = all.iter().enumerate().map(|(at, weighed)| next(at, weighed, true)).collect();
    let mut open: BTreeSet<NodeId> = BTreeSet::new();
    let mut taken: BTreeSet<usize> = BTreeSet::new();
    let mut order = Vec::with_capacity(all.len());
    let mut of_package: BTreeMap<NodeId, Vec<usize>> = BTreeMap::new();
    for (at, weighed) in all.iter().enumerate() {
        of_package.entry(weighed.group.consumer).or_default().push(at);
    }
    while let Some(Next { at: Reverse(at), cost, opens, .. }) = heap.pop() {
        let Some(weighed) = all.get(at) else { continue };
        let package = weighed.group.consumer;
        // what was open to be the first of a package is there once more without the builds of that
        if (opens && open.contains(&package)) || !taken.insert(at) {
            continue;
        }
        order.push((at, cost));
        if open.insert(package) {
            let others = of_package.remove(&package).unwrap_or_default();
            let others = others.into_iter().filter(|&other| other != at);
            heap.extend(others.filter_map(|other| Some(next(other, all.get(other)?, false))));
        }
    }
    order
}
