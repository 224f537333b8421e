//! What a node is called, for comparing it with many others.

use std::hash::BuildHasher;

use rustc_hash::FxBuildHasher;

use crate::graph::{Graph, NodeId};
use crate::nix::normalise_pname;

/// What a node is called, as numbers that are the same for the same on both sides.
#[derive(Debug, Clone, Copy, Default)]
pub(super) struct Label {
    /// Of a derivation its system, unless it is fetched, and what kind of node it is.
    kind: u64,
    name: u64,
    /// None for sources.
    pname: Option<u64>,
    /// Without the interpreter.
    plain_pname: u64,
}

impl Label {
    pub(super) fn of(graph: &Graph, node: NodeId) -> Self {
        let fixed = graph.is_fixed(node);
        let system = if fixed { "" } else { graph.system(node) };
        let pname = graph.pname(node);
        Self {
            kind: FxBuildHasher.hash_one((graph.is_derivation(node), fixed, system)),
            name: FxBuildHasher.hash_one(graph.name(node)),
            pname: (graph.is_derivation(node) && !pname.is_empty()).then(|| FxBuildHasher.hash_one(pname)),
            plain_pname: FxBuildHasher.hash_one(normalise_pname(pname)),
        }
    }

    /// How alike two nodes are called: 4: one name, 3: one pname, 2: one but for the interpreter, 0: not alike.
    pub(super) fn likeness(&self, other: &Self) -> u8 {
        if self.kind != other.kind {
            0
        } else if self.name == other.name {
            4
        } else if self.pname.is_none() || other.pname.is_none() {
            0
        } else if self.pname == other.pname {
            3
        } else if self.plain_pname == other.plain_pname {
            2
        } else {
            0
        }
    }
}
