//! Effective inputs, against what builds of the small distribution write down.

use std::collections::{BTreeMap, BTreeSet};
use std::path::Path;

use nix_ripple::graph::{Graph, NodeId};
use nix_ripple::role::EffectiveInputs;

use crate::needs;
use crate::nix_as_judge::{Store, build_in, sandbox_works};
use crate::support::testdata;

/// A path at a host and a target offset.
type Input = (String, i8, i8);

/// What the build of a derivation wrote down. `None` where its output is not there.
fn recorded(graph: &Graph, store: &Store, node: NodeId) -> Option<BTreeSet<Input>> {
    let outputs: Vec<(&str, _)> = graph.outputs(node).collect();
    let &(output, digest) = outputs.iter().find(|(name, _)| *name == "out").or(outputs.first())?;
    let built = Path::new(store.path()).join(&graph.output_path(node, output, digest)[1..]);
    if !built.exists() {
        return None;
    }
    let file = built.join("nix-support/effective-inputs");
    let text = std::fs::read_to_string(&file).unwrap_or_else(|error| panic!("{}: {error}", file.display()));
    let line = |line: &str| {
        let words: Vec<&str> = line.splitn(3, ' ').collect();
        (words[2].replace('~', ""), words[0].parse().unwrap(), words[1].parse().unwrap())
    };
    Some(text.lines().map(line).collect())
}

/// What is said of it here.
fn said(graph: &Graph, effective: &EffectiveInputs<'_>, node: NodeId) -> BTreeSet<Input> {
    let path = |node: NodeId, output: &str| {
        let digest = graph.outputs(node).find(|(name, _)| *name == output);
        digest.map_or_else(|| graph.path(node), |(_, digest)| graph.output_path(node, output, digest))
    };
    let inputs = effective.of(node).into_iter();
    inputs.map(|input| (path(input.node, input.output), input.offsets.host, input.offsets.target)).collect()
}

/// Whether the set-up script of the small distribution builds it, and so writes the record.
fn records(graph: &Graph, node: NodeId) -> bool {
    let script =
        |(edge, input)| graph.name(input) == "default-builder.sh" && graph.mentions(edge).any(|key| key == "args");
    graph.is_derivation(node) && !graph.is_fixed(node) && graph.input_edges(node).any(script)
}

#[test]
fn what_builds_see() {
    if !needs::nix() || !needs::sandbox(sandbox_works) {
        return;
    }
    let store = Store::new();
    let folder = testdata("minipkgs");
    let graph = store.closure(&[]);
    build_in(&store, &[folder.to_str().unwrap()]).unwrap_or_else(|log| panic!("{log}"));
    let effective = EffectiveInputs::new(&graph);
    let mut wrong: BTreeMap<String, String> = BTreeMap::new();
    let (mut compared, mut seen, mut carried, mut missing) = (0, 0, 0, 0);
    for node in graph.nodes().filter(|&node| records(&graph, node)) {
        let Some(expected) = recorded(&graph, &store, node) else {
            missing += 1;
            continue;
        };
        compared += 1;
        let found = said(&graph, &effective, node);
        seen += expected.len();
        carried += effective.of(node).iter().filter(|input| !input.chain.is_empty()).count();
        if found != expected {
            let (more, less) = (Vec::from_iter(&found - &expected), Vec::from_iter(&expected - &found));
            wrong.insert(graph.path(node), format!("only said here {more:?}, only seen by the build {less:?}"));
        }
    }
    let wrong: Vec<String> = wrong.into_iter().map(|(path, what)| format!("{path}: {what}")).collect();
    assert!(wrong.is_empty(), "{} of {compared}:\n{}", wrong.len(), wrong.join("\n"));
    // the final set, the stages before it and the half for i686, nearly all
    assert!(
        compared > 500 && seen > 3500 && carried > 1400 && missing < compared / 20,
        "{compared} {seen} {carried} {missing}"
    );
}
