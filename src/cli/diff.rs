//! `nix-ripple diff`.

use std::path::PathBuf;

use super::Outcome;
use super::error::CliError;
use super::printer::Printer;
use super::side::SideArgs;
use crate::proof::Texts;
use crate::query::Diff;

/// Arguments of `diff`.
#[derive(Debug, clap::Args)]
pub(super) struct Args {
    /// Before
    old: Option<PathBuf>,
    /// After
    new: Option<PathBuf>,
    #[command(flatten)]
    sides: SideArgs,
}

pub(super) fn run(args: &Args, printer: &mut Printer) -> Result<Outcome, CliError> {
    let (old, new) = args.sides.load(args.old.as_deref(), args.new.as_deref(), printer)?;
    let diff = Diff::of(&old.graph, &new.graph);
    let [a, b] = diff.wanted_texts();
    let dir = |graph: &crate::graph::Graph| graph.store_dir().to_owned();
    let paths = |graph: &crate::graph::Graph, nodes: &[crate::graph::NodeId]| -> Vec<String> { nodes.iter().map(|&n| graph.path(n)).collect() };
    let a = Texts::read(&old.texts, &dir(&old.graph), &paths(&old.graph, &a))?;
    let b = Texts::read(&new.texts, &dir(&new.graph), &paths(&new.graph, &b))?;
    let report = diff.report([old.name, new.name], [&a, &b], Vec::new());
    printer.report(&report)?;
    Ok(Outcome::Fine)
}
