//! Whose inputs are looked at, and how often what is bumped.

use std::collections::BTreeSet;
use std::path::{Path, PathBuf};

use super::config::Key;
use super::error::CliError;
use super::printer::Printer;
use crate::graph::{Graph, NodeId};
use crate::query::{BumpRates, Selector, resolve};

/// Whose inputs are looked at.
#[derive(Debug, Clone, clap::Args)]
pub(super) struct ScopeArgs {
    /// Only inputs of these packages (repeatable; attr:python3Packages.* is a set), as named, never
    /// extended; all by default
    #[arg(long = "scope", value_name = "SELECTOR")]
    words: Vec<String>,
}

/// How often what is bumped.
#[derive(Debug, Clone, clap::Args)]
pub(super) struct RatesArgs {
    /// How often a year packages are bumped, by pname; once where nothing is said
    #[arg(long, value_name = "FILE")]
    bump_rates: Option<PathBuf>,
}

/// What a user wrote, and the packages that it names; `None` for all.
pub(super) type Scope = Option<(Vec<String>, BTreeSet<NodeId>)>;

impl ScopeArgs {
    /// What was written, before anything is read.
    pub(super) fn selectors(&self) -> Result<Vec<Selector>, CliError> {
        Ok(Selector::expand(&self.words)?)
    }

    /// The packages of a closure to look at.
    pub(super) fn resolve(&self, graph: &Graph, selectors: &[Selector]) -> Result<Scope, CliError> {
        if selectors.is_empty() {
            return Ok(None);
        }
        let bumps = resolve(graph, selectors, true)?;
        let nodes = bumps.into_iter().flat_map(|bump| bump.nodes).filter(|&node| graph.is_derivation(node));
        let nodes: BTreeSet<NodeId> = nodes.collect();
        if nodes.is_empty() {
            return Err(CliError::NoDerivation(self.words.join(" ")));
        }
        Ok(Some((self.words.clone(), nodes)))
    }
}

impl RatesArgs {
    /// Reads the file, if there is one.
    pub(super) fn read(&self, printer: &Printer) -> Result<BumpRates, CliError> {
        read_rates(self.bump_rates.as_deref(), printer)
    }
}

/// The rates of a file: the one that is given, else the default; none without.
pub(super) fn read_rates(given: Option<&Path>, printer: &Printer) -> Result<BumpRates, CliError> {
    let config = printer.config();
    let file = given.or_else(|| config.file(Key::BumpRates));
    Ok(file.map(BumpRates::read).transpose()?.unwrap_or_default())
}

/// Tells of rates for what the closure does not have.
pub(super) fn tell_unknown(rates: &BumpRates, graph: &Graph, printer: &mut Printer) {
    for (pname, nearest) in rates.unknown(graph) {
        let nearest =
            if nearest.is_empty() { String::new() } else { format!("; did you mean {}?", nearest.join(", ")) };
        printer.warning(&format!("--bump-rates: nothing that is built is called '{pname}'{nearest}"));
    }
}
