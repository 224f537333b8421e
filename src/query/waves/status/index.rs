//! From what results call builds to the builds of a wave.

use std::collections::BTreeMap;

use rustc_hash::{FxHashMap, FxHashSet};

use super::super::results::Record;
use crate::graph::{AttributeId, Graph, NodeId};
use crate::ingest::split_system;
use crate::nix::{Digest, parse_drv_name};

/// What a result tells of.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Found {
    /// These builds of the wave (one for each system, where none is told); ascending.
    Builds(Vec<u32>),
    /// An attribute that the wave does not rebuild.
    Elsewhere,
    /// Nothing of the wave is called so.
    Unknown,
}

/// The builds of a wave by what they are called.
pub(super) struct Index<'g> {
    graph: &'g Graph,
    members: FxHashSet<u32>,
    paths: FxHashMap<Digest, u32>,
    names: FxHashMap<&'g str, Vec<u32>>,
    /// By name without version.
    packages: FxHashMap<String, Vec<u32>>,
}

impl<'g> Index<'g> {
    /// Of these nodes. O(nodes).
    pub(super) fn new(graph: &'g Graph, nodes: &[u32]) -> Self {
        let mut names: FxHashMap<&str, Vec<u32>> = FxHashMap::default();
        let mut packages: FxHashMap<String, Vec<u32>> = FxHashMap::default();
        for &node in nodes {
            let id = NodeId(node);
            names.entry(graph.name(id)).or_default().push(node);
            // the source of a package is called like it
            if !graph.is_fixed(id) {
                packages.entry(package(graph.name(id))).or_default().push(node);
            }
        }
        Self {
            graph,
            members: nodes.iter().copied().collect(),
            paths: nodes.iter().map(|&node| (graph.digest(NodeId(node)), node)).collect(),
            names,
            packages,
        }
    }

    /// What a result tells of: by its attribute, else by the derivation's path, else by the derivation's name, else by
    /// that name without version (a bumped package has another version in the plan's closure than it has when it is
    /// built), where just one build on a system is called so, or just one of these has an attribute. Where an
    /// attribute is known, it decides.
    pub(super) fn find(&self, record: &Record) -> Found {
        if let Some(drv) = drv_path(&record.name) {
            return self.by_drv(drv, record.system.as_deref()).map_or(Found::Unknown, Found::Builds);
        }
        if let Some(found) = self.by_attribute(&record.name, record.system.as_deref()) {
            return found;
        }
        let (_, suffix) = split_system(&record.name);
        let system = record.system.as_deref().or(suffix);
        let by_drv = || record.drv.as_deref().and_then(drv_path).and_then(|drv| self.by_drv(drv, system));
        let by_name = || record.drv_name.as_deref().and_then(|name| self.by_name(name, system));
        let found = by_drv().or_else(by_name).or_else(|| self.by_name(split_system(&record.name).0, system));
        found.map_or(Found::Unknown, Found::Builds)
    }

    fn contains(&self, node: NodeId) -> bool {
        self.members.contains(&node.0)
    }

    /// `None` where there is no such attribute in the closure.
    fn by_attribute(&self, name: &str, system: Option<&str>) -> Option<Found> {
        let whole = self.graph.find_attribute(name);
        let (range, system) = if whole.is_empty() {
            let (bare, own) = split_system(name);
            (self.graph.find_attribute(bare), own.or(system))
        } else {
            (whole, system)
        };
        if range.is_empty() {
            return None;
        }
        let on_system = |attribute: &AttributeId| {
            let known = self.graph.attribute_system(*attribute);
            system.is_none_or(|system| known.is_empty() || known == system)
        };
        let attributes = range.map(|at| AttributeId(at as u32)).filter(on_system);
        let nodes = attributes.filter_map(|attribute| self.graph.attribute_node(attribute));
        let mut nodes: Vec<u32> = nodes.filter(|&node| self.contains(node)).map(|node| node.0).collect();
        nodes.sort_unstable();
        nodes.dedup();
        Some(if nodes.is_empty() { Found::Elsewhere } else { Found::Builds(nodes) })
    }

    fn by_drv(&self, base: &str, system: Option<&str>) -> Option<Vec<u32>> {
        let known = Digest::from_prefix(base.as_bytes()).and_then(|digest| self.paths.get(&digest));
        let name = || base.split_once('-').map_or(base, |(_, name)| name);
        known.map(|&node| vec![node]).or_else(|| self.by_name(name(), system))
    }

    /// `None` where nothing is called so, or several builds on one system are.
    fn by_name(&self, name: &str, system: Option<&str>) -> Option<Vec<u32>> {
        let nodes = self.names.get(name).or_else(|| self.packages.get(&package(name)))?;
        let mut on_systems: BTreeMap<&str, Vec<u32>> = BTreeMap::new();
        for &node in nodes {
            let own = self.graph.system(NodeId(node));
            if system.is_none_or(|system| system == own) {
                on_systems.entry(own).or_default().push(node);
            }
        }
        let mut found = Vec::with_capacity(on_systems.len());
        for nodes in on_systems.into_values() {
            // of a package and its likes in the bootstrap, what an attribute names is meant
            let is_named = |node: &&u32| self.graph.attributes_of(NodeId(**node)).len() > 0;
            let named: Vec<u32> = nodes.iter().filter(is_named).copied().collect();
            match (nodes.as_slice(), named.as_slice()) {
                ([one], _) | (_, [one]) => found.push(*one),
                _ => return None,
            }
        }
        found.sort_unstable();
        (!found.is_empty()).then_some(found)
    }
}

/// A derivation's name without its version, in small letters.
fn package(name: &str) -> String {
    parse_drv_name(name).0.to_ascii_lowercase()
}

/// `<hash>-<name>` of the path of a derivation; outputs may be named behind it.
fn drv_path(text: &str) -> Option<&str> {
    let path = text.split(['!', '^']).next().unwrap_or(text);
    let base = path.rsplit('/').next().filter(|_| path.starts_with('/'))?;
    base.strip_suffix(".drv")
}
