//! Which attributes are rebuilt, by nixpkgs CI's rules (its `ci/eval`).

use std::collections::{BTreeMap, BTreeSet};

use rustc_hash::{FxHashMap, FxHashSet};

use super::answer::{FailingAttribute, RebuiltCounts, Renamed};
use super::compared::Compared;
use super::matching::common_attributes;
use crate::graph::{AttributeId, Graph};
use crate::nix::Digest;
use crate::query::kernel_of;

/// The attributes of two sides, sorted out.
#[derive(Debug, Default)]
pub(super) struct AttributeChanges {
    /// New attributes with an output path that no old attribute of the system has.
    pub(super) rebuilt: Vec<AttributeId>,
    /// New attributes whose outputs are others than those of the old one.
    pub(super) changed: Vec<AttributeId>,
    /// New attributes that the old side does not have for the system.
    pub(super) added: Vec<AttributeId>,
    /// Old attributes that the new side does not have for the system, and that do not fail there.
    pub(super) removed: Vec<AttributeId>,
    /// Those that were no failures before.
    pub(super) failing: Vec<FailingAttribute>,
}

/// Sorts the attributes out. Linear.
pub(super) fn attribute_changes(compared: &Compared<'_>) -> AttributeChanges {
    let (old, new) = (compared.old, compared.new);
    let mut changes = AttributeChanges::default();
    let mut before_of: FxHashMap<AttributeId, AttributeId> = FxHashMap::default();
    let mut kept: FxHashSet<AttributeId> = FxHashSet::default();
    for (before, after) in common_attributes(old, new) {
        before_of.insert(after, before);
        kept.insert(before);
    }
    let is_same =
        |before: AttributeId, after: AttributeId| match (old.attribute_node(before), new.attribute_node(after)) {
            (Some(one), Some(other)) => old.digest(one) == new.digest(other),
            _ => false,
        };
    let candidates: Vec<AttributeId> =
        new.attributes().filter(|after| !before_of.get(after).is_some_and(|&before| is_same(before, *after))).collect();
    let present = OldPaths::among(compared, &candidates);
    for after in candidates {
        if present.lack(compared, after) {
            changes.rebuilt.push(after);
        }
        match before_of.get(&after) {
            None => changes.added.push(after),
            Some(&before) if differ(compared, before, after) => changes.changed.push(after),
            Some(_) => {}
        }
    }
    let failing: BTreeSet<(&str, &str)> = new.failed().map(|failed| (failed.name, failed.system)).collect();
    let failed_before: BTreeSet<(&str, &str)> = old.failed().map(|failed| (failed.name, failed.system)).collect();
    changes.removed = old
        .attributes()
        .filter(|attribute| !kept.contains(attribute))
        .filter(|&attribute| {
            let name = old.attribute_name(attribute);
            !failing.contains(&(name, old.attribute_system(attribute))) && !failing.contains(&(name, ""))
        })
        .collect();
    changes.failing = new
        .failed()
        .filter(|failed| !failed_before.contains(&(failed.name, failed.system)))
        .map(|failed| FailingAttribute {
            attribute: failed.name.to_owned(),
            system: failed.system.to_owned(),
            error: failed.error.to_owned(),
        })
        .collect();
    changes
}

/// Whether two attributes have other outputs.
fn differ(compared: &Compared<'_>, before: AttributeId, after: AttributeId) -> bool {
    let sorted = |graph: &Graph, attribute| {
        let mut digests: Vec<Digest> = graph.attribute_outputs(attribute).collect();
        digests.sort_unstable();
        digests
    };
    if sorted(compared.old, before) != sorted(compared.new, after) {
        return true;
    }
    // paths that are not known before the build: whatever node it was, another one or a changed one
    match (compared.old.attribute_node(before), compared.new.attribute_node(after)) {
        (Some(one), Some(other)) => {
            has_unknown_paths(compared.new, after)
                && (compared.matching.now(one) != Some(other) || compared.is_new.contains(other.index()))
        }
        _ => false,
    }
}

fn has_unknown_paths(graph: &Graph, attribute: AttributeId) -> bool {
    graph.attribute_node(attribute).is_some_and(|node| graph.outputs(node).any(|(_, digest)| !digest.is_some()))
}

/// The output paths that old attributes have, as far as they are asked for.
struct OldPaths<'g>(FxHashMap<&'g str, FxHashSet<Digest>>);

impl<'g> OldPaths<'g> {
    /// Those that these new attributes have, too, for the same system.
    fn among(compared: &Compared<'g>, candidates: &[AttributeId]) -> Self {
        let (old, new) = (compared.old, compared.new);
        let mut wanted: FxHashMap<&str, FxHashSet<Digest>> = FxHashMap::default();
        for &attribute in candidates {
            wanted.entry(new.attribute_system(attribute)).or_default().extend(new.attribute_outputs(attribute));
        }
        let mut found: FxHashMap<&'g str, FxHashSet<Digest>> = FxHashMap::default();
        for attribute in old.attributes() {
            let system = old.attribute_system(attribute);
            let Some(wanted) = wanted.get(system) else { continue };
            let own = old.attribute_outputs(attribute).filter(|digest| wanted.contains(digest));
            found.entry(system).or_default().extend(own);
        }
        Self(found)
    }

    /// Whether an output of a new attribute is not there.
    fn lack(&self, compared: &Compared<'_>, attribute: AttributeId) -> bool {
        let (old, new) = (compared.old, compared.new);
        let system = new.attribute_system(attribute);
        let known = self.0.get(system);
        if new.attribute_outputs(attribute).any(|digest| !known.is_some_and(|known| known.contains(&digest))) {
            return true;
        }
        let Some(node) = new.attribute_node(attribute).filter(|_| has_unknown_paths(new, attribute)) else {
            return false;
        };
        // what has no path yet is there when it is unchanged and an attribute of the system named it
        let named = |before| old.attributes_of(before).any(|attribute| old.attribute_system(attribute) == system);
        compared.is_new.contains(node.index()) || !compared.matching.was(node).is_some_and(named)
    }
}

/// The names of attributes, each once, sorted.
pub(super) fn names(graph: &Graph, attributes: &[AttributeId]) -> Vec<String> {
    let names: BTreeSet<&str> = attributes.iter().map(|&attribute| graph.attribute_name(attribute)).collect();
    names.into_iter().map(str::to_owned).collect()
}

/// How many distinct names a side's attributes have.
pub(super) fn count(graph: &Graph) -> u64 {
    // they ascend by name
    let mut names: Vec<_> = graph.attributes().map(|attribute| graph.attribute_name_id(attribute)).collect();
    names.dedup();
    names.len() as u64
}

/// Counts rebuilt attributes as nixpkgs CI does.
pub(super) fn rebuilt_counts(new: &Graph, rebuilt: &[AttributeId]) -> RebuiltCounts {
    let mut by_system: BTreeMap<&str, u64> = BTreeMap::new();
    let mut by_kernel: BTreeMap<&str, BTreeSet<&str>> = BTreeMap::new();
    for &attribute in rebuilt {
        let system = new.attribute_system(attribute);
        *by_system.entry(if system.is_empty() { "unknown" } else { system }).or_default() += 1;
        by_kernel.entry(kernel_of(system)).or_default().insert(new.attribute_name(attribute));
    }
    let list = names(new, rebuilt);
    RebuiltCounts {
        total: list.len() as u64,
        of: count(new),
        by_system: by_system.into_iter().map(|(system, count)| (system.to_owned(), count)).collect(),
        by_kernel: by_kernel.into_iter().map(|(kernel, names)| (kernel.to_owned(), names.len() as u64)).collect(),
        list,
    }
}

/// The added attributes that are no rebuilds, with the names that their outputs had.
pub(super) fn renamed(compared: &Compared<'_>, changes: &AttributeChanges) -> Vec<Renamed> {
    let (old, new) = (compared.old, compared.new);
    let rebuilt: FxHashSet<AttributeId> = changes.rebuilt.iter().copied().collect();
    let free: Vec<AttributeId> =
        changes.added.iter().copied().filter(|attribute| !rebuilt.contains(attribute)).collect();
    let mut had: FxHashMap<(&str, Digest), BTreeSet<&str>> = FxHashMap::default();
    for &attribute in &free {
        for digest in new.attribute_outputs(attribute) {
            had.entry((new.attribute_system(attribute), digest)).or_default();
        }
    }
    for attribute in old.attributes() {
        for digest in old.attribute_outputs(attribute) {
            if let Some(names) = had.get_mut(&(old.attribute_system(attribute), digest)) {
                names.insert(old.attribute_name(attribute));
            }
        }
    }
    let remaining: FxHashSet<&str> = new.attributes().map(|attribute| new.attribute_name(attribute)).collect();
    let mut found: BTreeMap<&str, BTreeSet<&str>> = BTreeMap::new();
    for &attribute in &free {
        let was = found.entry(new.attribute_name(attribute)).or_default();
        for digest in new.attribute_outputs(attribute) {
            was.extend(had.get(&(new.attribute_system(attribute), digest)).into_iter().flatten());
        }
    }
    found
        .into_iter()
        .map(|(attribute, was)| Renamed {
            attribute: attribute.to_owned(),
            gone: !was.iter().any(|name| remaining.contains(name)),
            was: was.into_iter().map(str::to_owned).collect(),
        })
        .collect()
}
