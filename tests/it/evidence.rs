//! The evidence store: files that several write to, what is found again in a closure, and the commands.

use nix_ripple::graph::{Graph, NodeId};
use nix_ripple::verdict::{Checks, Evidence, EvidenceFile, Experiment, ExperimentKind, InputRef, Outcome, PackageRef};

use crate::support::{Recipe, folder, graph};

mod append;
mod commands;
mod pairs;

fn node(graph: &Graph, name: &str) -> NodeId {
    graph.nodes().find(|&node| graph.name(node) == name).unwrap_or_else(|| panic!("no {name}"))
}

/// A tool that a carrier propagates to an app, which also lists a library; `first` is the first number of
/// the paths, so that they are those of another day.
fn closure(first: usize, tool: &str, flags: &str) -> Vec<Recipe> {
    let stdenv = Recipe::new(first, "stdenv");
    let tool = Recipe::new(first + 1, tool);
    let library = Recipe::new(first + 2, "library-1");
    let carrier = Recipe::new(first + 3, "carrier-1").input(&stdenv, "stdenv").input(&tool, "propagatedBuildInputs");
    let mut app = Recipe::new(first + 4, "app-1")
        .input(&stdenv, "stdenv")
        .input(&carrier, "buildInputs")
        .input(&library, "nativeBuildInputs");
    app.env.push(("flags".to_owned(), flags.to_owned()));
    vec![stdenv, tool, library, carrier, app]
}

fn graph_of(recipes: &[Recipe]) -> Graph {
    graph(&[folder(recipes).path()])
}

/// An experiment with an input of the app; one that the app does not name has no keys.
fn experiment(graph: &Graph, input: &str, kind: ExperimentKind, outcome: Outcome) -> Experiment {
    let (package, node) = (node(graph, "app-1"), node(graph, input));
    let edge = graph.input_edges(package).find(|&(_, own)| own == node).map(|(edge, _)| edge);
    Experiment {
        package: PackageRef {
            attribute: "app".to_owned(),
            drv: graph.path(package),
            name: graph.name(package).to_owned(),
        },
        recipe: graph.recipe(package),
        input: InputRef {
            drv: graph.path(node),
            name: input.to_owned(),
            pname: graph.pname(node).to_owned(),
            outputs: vec!["out".to_owned()],
            keys: edge.map(|edge| graph.mentions(edge).map(str::to_owned).collect()).unwrap_or_default(),
        },
        chain: if edge.is_some() { Vec::new() } else { vec!["carrier-1".to_owned()] },
        experiment: kind,
        against: None,
        poisoned: false,
        outcome,
        compared: None,
        checks: Checks::None,
        phase: None,
        referenced: false,
        sandboxed: true,
        files: Vec::new(),
        differing: 0,
        seconds: 3,
    }
}

fn file(experiments: impl IntoIterator<Item = Experiment>) -> EvidenceFile {
    let evidence = experiments.into_iter().map(Evidence::Experiment).collect();
    EvidenceFile { evidence, ..EvidenceFile::default() }
}
