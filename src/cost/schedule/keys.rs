//! The order of Nix's goals.

use std::cmp::Ordering;

use crate::graph::{Graph, NodeId};

/// The end of every derivation's name in a goal's key, and what stands before the path.
const END: &[u8] = b".drv$";

/// The place of each of these derivations in the order of Nix's keys: `b$NAME.drv$PATH`, compared as bytes. So
/// `foo-1.0` comes before `foo`. O(n log n).
pub(super) fn ranks(graph: &Graph, nodes: &[NodeId]) -> Vec<u32> {
    let names: Vec<&[u8]> = nodes.iter().map(|&node| graph.name(node).as_bytes()).collect();
    let mut order: Vec<u32> = (0..nodes.len() as u32).collect();
    order.sort_unstable_by(|&a, &b| {
        let (a, b) = (a as usize, b as usize);
        compare(names[a], names[b]).then_with(|| graph.digest(nodes[a]).as_str().cmp(graph.digest(nodes[b]).as_str()))
    });
    places(&order)
}

/// The place of each member of a permutation.
pub(super) fn places(order: &[u32]) -> Vec<u32> {
    let mut places = vec![0; order.len()];
    for (place, &member) in order.iter().enumerate() {
        places[member as usize] = place as u32;
    }
    places
}

fn compare(a: &[u8], b: &[u8]) -> Ordering {
    let common = a.len().min(b.len());
    let rest = |name: &'_ [u8]| name[common..].iter().chain(END).copied().collect::<Vec<u8>>();
    a[..common].cmp(&b[..common]).then_with(|| if a.len() == b.len() { Ordering::Equal } else { rest(a).cmp(&rest(b)) })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_end_before_they_are_compared() {
        let mut names = ["foo", "foo-1.0", "foo.1", "foo.e", "foo+", "foo0", "fo", "Foo", "foo.drv", "foo.dr"];
        names.sort_unstable_by(|a, b| compare(a.as_bytes(), b.as_bytes()));
        let mut keys = names.map(|name| format!("b${name}.drv$/nix/store/x"));
        let as_sorted = keys.clone();
        keys.sort_unstable();
        assert_eq!(as_sorted, keys);
        assert!(names.iter().position(|&name| name == "foo-1.0") < names.iter().position(|&name| name == "foo"));
    }
}
