//! What a target needs at run time of what a bump rebuilds.

use std::collections::{BTreeMap, BTreeSet};

use crate::graph::{Graph, NodeId};
use crate::nix::{Digest, StorePath};
use crate::proof::outputs::{Metadata, MetadataError};

/// An output of a node.
type Output<'g> = (NodeId, &'g str);

/// The target's run-time closure, as far as the bump rebuilds it.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(super) struct RunTime<'g> {
    /// What is bumped of it, ascending: built from what is bumped, where that is a fetch or a source.
    pub(super) patched: Vec<NodeId>,
    /// Outputs that refer to those, also by way of others.
    pub(super) rewritten: BTreeSet<Output<'g>>,
    /// Derivations of which no output there does, ascending.
    pub(super) built_in: Vec<NodeId>,
    /// Outputs whose references are known.
    pub(super) known: u64,
    /// Outputs whose references are taken to be all that their builds use.
    pub(super) assumed: u64,
}

impl<'g> RunTime<'g> {
    /// Of a target, all of whose outputs are wanted; `needed` (ascending) is what the bump rebuilds of what its builds
    /// need, and nothing else can refer to what is bumped.
    pub(super) fn of(
        graph: &'g Graph,
        needed: &[NodeId],
        bumped: &[NodeId],
        target: &[NodeId],
        references: &[Metadata],
    ) -> Result<Self, MetadataError> {
        let known: BTreeMap<Digest, Output<'g>> = needed
            .iter()
            .flat_map(|&node| graph.outputs(node).map(move |(name, digest)| (digest, (node, name))))
            .filter(|(digest, _)| digest.is_some())
            .collect();
        let is_needed = |node: NodeId| needed.binary_search(&node).is_ok();
        let mut found = Self::default();
        let mut referrers: BTreeMap<Output<'g>, Vec<Output<'g>>> = BTreeMap::new();
        let mut closure: BTreeSet<Output<'g>> = BTreeSet::new();
        let wanted = target.iter().filter(|&&node| is_needed(node) && !graph.is_fixed(node));
        let mut stack: Vec<Output<'g>> =
            wanted.flat_map(|&node| graph.outputs(node).map(move |(name, _)| (node, name))).collect();
        while let Some(output) = stack.pop() {
            if !closure.insert(output) {
                continue;
            }
            let to: Vec<Output<'g>> = match recorded(graph, output, references)? {
                Some(digests) => {
                    found.known += 1;
                    digests.iter().filter_map(|digest| known.get(digest)).copied().collect()
                }
                None => {
                    found.assumed += 1;
                    let inputs = graph.input_edges(output.0).filter(|(_, input)| is_needed(*input));
                    inputs.flat_map(|(edge, input)| graph.used_outputs(edge).map(move |name| (input, name))).collect()
                }
            };
            for referred in to.into_iter().filter(|&(node, _)| !graph.is_fixed(node)) {
                referrers.entry(referred).or_default().push(output);
                stack.push(referred);
            }
        }
        // what is not built itself changes by who is built from it
        let stands_for =
            |input: NodeId| bumped.contains(&input) && (graph.is_fixed(input) || !graph.is_derivation(input));
        let is_patched =
            |node: NodeId| bumped.contains(&node) || graph.input_edges(node).any(|(_, input)| stands_for(input));
        let patched: BTreeSet<NodeId> =
            closure.iter().map(|output| output.0).filter(|&node| is_patched(node)).collect();
        let mut stack: Vec<Output<'g>> = closure.iter().copied().filter(|output| patched.contains(&output.0)).collect();
        while let Some(output) = stack.pop() {
            for &by in referrers.get(&output).into_iter().flatten() {
                if !patched.contains(&by.0) && found.rewritten.insert(by) {
                    stack.push(by);
                }
            }
        }
        let touched: BTreeSet<NodeId> = found.rewritten.iter().map(|output| output.0).collect();
        let all: BTreeSet<NodeId> = closure.iter().map(|output| output.0).collect();
        found.built_in = all.into_iter().filter(|node| !touched.contains(node) && !patched.contains(node)).collect();
        found.patched = patched.into_iter().collect();
        Ok(found)
    }
}

/// What an output refers to, by the first that knows; `None` where nobody does.
fn recorded(
    graph: &Graph,
    (node, output): Output<'_>,
    references: &[Metadata],
) -> Result<Option<Vec<Digest>>, MetadataError> {
    let Some((_, digest)) = graph.outputs(node).find(|(name, digest)| *name == output && digest.is_some()) else {
        return Ok(None);
    };
    let path = graph.output_path(node, output, digest);
    let base = path.rsplit('/').next().unwrap_or(&path);
    let Ok(path) = StorePath::from_base_name(base.as_bytes()) else { return Ok(None) };
    for metadata in references {
        if let Some(found) = metadata.references(&path, graph.store_dir())? {
            let digest = |name: &String| StorePath::from_base_name(name.as_bytes()).ok().map(|path| path.digest);
            return Ok(Some(found.iter().filter_map(digest).collect()));
        }
    }
    Ok(None)
}
