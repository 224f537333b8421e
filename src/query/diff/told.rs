//! What changed in a recipe.

use std::collections::{BTreeMap, BTreeSet};

use rustc_hash::FxHashMap;

use super::answer::{Change, ChangeKind};
use super::compared::{Compared, InputChanges};
use super::variables::{Recipe, variable_changes};
use crate::graph::{EdgeId, Graph, NodeId};
use crate::nix::Digest;
use crate::proof::Texts;
use crate::role::DependencyList;

/// What changed between an old node and its counterpart, most telling first. Without the texts of both
/// recipes flags, phases and other variables are not told; where then nothing is left to tell, that is
/// said.
pub(super) fn recipe_changes(
    compared: &Compared<'_>,
    texts: [&Texts; 2],
    before: NodeId,
    after: NodeId,
) -> Vec<Change> {
    let (old, new) = (compared.old, compared.new);
    let mut changes = naming(old, before, new, after);
    let inputs = compared.input_changes(before, after);
    changes.extend(input_changes(compared, &inputs));
    changes.extend(materials(compared, before, after));
    let recipe = |side: usize, graph: &Graph, node: NodeId| {
        let derivation = texts[side].get(&graph.path(node))?;
        Some(Recipe::new(derivation, graph.store_dir(), identities(compared, side, node)))
    };
    match (recipe(0, old, before), recipe(1, new, after)) {
        (Some(one), Some(other)) => changes.extend(variable_changes(&one, &other)),
        _ if changes.is_empty() => {
            changes.push(Change { kind: ChangeKind::Unknown, key: String::new(), before: None, after: None })
        }
        _ => {}
    }
    changes.sort_by(|a, b| (a.kind, &a.key, &a.before, &a.after).cmp(&(b.kind, &b.key, &b.before, &b.after)));
    changes.dedup();
    changes
}

/// What is fetched otherwise; who fetches it makes no difference to what comes.
pub(super) fn fetch_changes(compared: &Compared<'_>, texts: [&Texts; 2], before: NodeId, after: NodeId) -> Vec<Change> {
    let (Some(one), Some(other)) = (texts[0].get(&compared.old.path(before)), texts[1].get(&compared.new.path(after)))
    else {
        return Vec::new();
    };
    let one = Recipe::new(one, compared.old.store_dir(), FxHashMap::default());
    let other = Recipe::new(other, compared.new.store_dir(), FxHashMap::default());
    let told = |change: &Change| matches!(change.key.as_str(), "url" | "urls" | "rev");
    let source = |change: Change| Change { kind: ChangeKind::Source, ..change };
    variable_changes(&one, &other).into_iter().filter(told).map(source).collect()
}

/// Version, name, system and outputs.
fn naming(old: &Graph, before: NodeId, new: &Graph, after: NodeId) -> Vec<Change> {
    let mut changes = Vec::new();
    let mut differ = |kind, key: &str, was: &str, is: &str| {
        if was != is {
            let some = |text: &str| (!text.is_empty()).then(|| text.to_owned());
            changes.push(Change { kind, key: key.to_owned(), before: some(was), after: some(is) });
        }
    };
    let (was, is) = (old.version(before), new.version(after));
    differ(ChangeKind::Version, "version", was, is);
    let (old_name, new_name) = (old.name(before), new.name(after));
    if old.pname(before) != new.pname(after) {
        differ(ChangeKind::Name, "pname", old.pname(before), new.pname(after));
    } else if was == is || was.is_empty() || old_name.replacen(was, is, 1) != new_name {
        differ(ChangeKind::Name, "name", old_name, new_name);
    }
    differ(ChangeKind::Builder, "system", old.system(before), new.system(after));
    let outputs = |graph: &Graph, node| graph.outputs(node).map(|(name, _)| name).collect::<Vec<_>>().join(" ");
    differ(ChangeKind::Outputs, "outputs", &outputs(old, before), &outputs(new, after));
    if old.is_fixed(before) != new.is_fixed(after) {
        let fixed = |is: bool| if is { "fixed-output" } else { "built" };
        differ(ChangeKind::Outputs, "outputs", fixed(old.is_fixed(before)), fixed(new.is_fixed(after)));
    }
    changes
}

/// Keys whose inputs are what is built.
fn is_source(keys: &[&str]) -> bool {
    keys.iter().any(|key| matches!(plain(key), "src" | "srcs"))
}

fn is_patch(keys: &[&str]) -> bool {
    keys.iter().any(|key| plain(key) == "patches")
}

/// A key as it would stand in a plain environment.
fn plain(key: &str) -> &str {
    let key = key.strip_prefix("__json.").unwrap_or(key);
    key.strip_prefix("env.").unwrap_or(key)
}

fn keys_of(graph: &Graph, edge: EdgeId) -> Vec<&str> {
    graph.mentions(edge).collect()
}

/// The keys as a sentence names them; what is the source of a package is so whatever else names it.
fn joined(keys: &[&str]) -> String {
    if is_source(keys) {
        return "src".to_owned();
    }
    let keys: BTreeSet<&str> = keys.iter().map(|key| plain(key)).collect();
    keys.into_iter().collect::<Vec<_>>().join(", ")
}

/// What people call an input: dozens of derivations are named just `hook`, but their attributes say which.
fn called(graph: &Graph, node: NodeId) -> String {
    let name = graph.name(node);
    if !graph.version(node).is_empty() {
        return name.to_owned();
    }
    let attributes = graph.attributes_of(node).map(|attribute| graph.attribute_name(attribute));
    let shortest = attributes.min_by_key(|attribute| (attribute.matches('.').count(), *attribute));
    shortest.unwrap_or(name).to_owned()
}

/// Whether an input is a fetch or a source that no dependency list names: material, not a dependency.
fn is_material(graph: &Graph, node: NodeId, keys: &[&str]) -> bool {
    let listed = keys.iter().any(|key| DependencyList::of_key(key).is_some());
    !listed && (!graph.is_derivation(node) || graph.is_fixed(node))
}

/// Inputs that came, went, or stand elsewhere.
fn input_changes(compared: &Compared<'_>, inputs: &InputChanges) -> Vec<Change> {
    let (old, new) = (compared.old, compared.new);
    let mut changes = Vec::new();
    // a source under the same key as one that is gone is in its place
    let mut gone: BTreeMap<String, Vec<String>> = BTreeMap::new();
    for &edge in &inputs.removed {
        let (node, keys) = (old.edge_input(edge), keys_of(old, edge));
        let name = old.name(node).to_owned();
        if is_patch(&keys) {
            changes.push(Change::of(ChangeKind::Patch, &name, Some(name.clone()), None));
        } else if is_source(&keys) || is_material(old, node, &keys) {
            gone.entry(joined(&keys)).or_default().push(name);
        } else {
            changes.push(Change::of(ChangeKind::InputRemoved, &called(old, node), Some(joined(&keys)), None));
        }
    }
    for &edge in &inputs.added {
        let (node, keys) = (new.edge_input(edge), keys_of(new, edge));
        let name = new.name(node).to_owned();
        if is_patch(&keys) {
            changes.push(Change::of(ChangeKind::Patch, &name, None, Some(name.clone())));
        } else if is_source(&keys) || is_material(new, node, &keys) {
            let keys = joined(&keys);
            let before = gone.get_mut(&keys).and_then(Vec::pop);
            changes.push(Change::of(ChangeKind::Source, &keys, before, Some(name)));
        } else {
            changes.push(Change::of(ChangeKind::InputAdded, &called(new, node), None, Some(joined(&keys))));
        }
    }
    for (keys, names) in gone {
        changes.extend(names.into_iter().map(|name| Change::of(ChangeKind::Source, &keys, Some(name), None)));
    }
    for &(one, other) in &inputs.moved {
        let name = called(new, new.edge_input(other));
        let (was, is) = (joined(&keys_of(old, one)), joined(&keys_of(new, other)));
        let outputs = |graph: &Graph, edge| {
            let outputs: BTreeSet<&str> = graph.mention_pairs(edge).map(|(_, output)| output).collect();
            outputs.into_iter().collect::<Vec<_>>().join(", ")
        };
        let (was, is) = if was == is {
            let by = |keys: &str, outputs: String| format!("{keys} ({outputs})");
            (by(&was, outputs(old, one)), by(&is, outputs(new, other)))
        } else {
            (was, is)
        };
        changes.push(Change::of(ChangeKind::InputMoved, &name, Some(was), Some(is)));
    }
    changes
}

/// Fetches and sources among the inputs whose content is another one.
fn materials(compared: &Compared<'_>, before: NodeId, after: NodeId) -> Vec<Change> {
    let (old, new) = (compared.old, compared.new);
    let mut changes = Vec::new();
    for (edge, input) in old.input_edges(before) {
        let keys = keys_of(old, edge);
        if !compared.edited.contains(input.index())
            || !(is_source(&keys) || is_patch(&keys) || is_material(old, input, &keys))
        {
            continue;
        }
        let still = |now: &NodeId| new.input_edges(after).any(|(_, input)| input == *now);
        let Some(now) = compared.matching.now(input).filter(still) else { continue };
        let kind = if is_patch(&keys) { ChangeKind::Patch } else { ChangeKind::Source };
        let key = if is_patch(&keys) { new.name(now).to_owned() } else { joined(&keys) };
        changes.push(Change::of(kind, &key, Some(old.name(input).to_owned()), Some(new.name(now).to_owned())));
    }
    changes
}

/// What the paths of a node's inputs are, the same for the same on both sides.
fn identities(compared: &Compared<'_>, side: usize, node: NodeId) -> FxHashMap<Digest, String> {
    let graph = if side == 0 { compared.old } else { compared.new };
    let mut found = FxHashMap::default();
    for (_, input) in graph.input_edges(node) {
        let identity = compared.identity(side, input);
        found.insert(graph.digest(input), format!("{identity}"));
        for (output, digest) in graph.outputs(input) {
            if digest.is_some() {
                found.insert(digest, format!("{identity} {output}"));
            }
        }
    }
    found
}
