//! What is built already: the option, and what it gives.

use std::path::PathBuf;

use super::error::CliError;
use super::printer::{Printer, counted};
use crate::cost::Cached;
use crate::graph::Graph;

/// What is built already.
#[derive(Debug, Clone, clap::Args)]
#[command(next_help_heading = "Cost")]
pub(super) struct CachedArgs {
    /// What is built already (repeatable): store paths or narinfo names, JSON of nix path-info or nix-eval-jobs, db.sqlite
    #[arg(long, value_name = "FILE")]
    cached: Vec<PathBuf>,
}

impl CachedArgs {
    /// Whether anything was given.
    pub(super) fn is_given(&self) -> bool {
        !self.cached.is_empty()
    }

    /// What is built already, if anything was given. A file that tells of nothing here gets a warning.
    pub(super) fn load_if_given(&self, graph: &Graph, printer: &mut Printer) -> Result<Option<Cached>, CliError> {
        if !self.is_given() {
            return Ok(None);
        }
        let cached = Cached::read(&self.cached)?;
        let paths = |count: u64| counted(count as usize, "cached path");
        printer.warnings(cached.notes());
        for (file, all, here) in cached.uses(graph) {
            if here == 0 {
                printer.warning(&format!("{file}: tells of {}, none of them an output here", paths(all)));
            } else {
                printer.detail(&format!("{file}: tells of {}, {here} of them outputs here", paths(all)));
            }
        }
        Ok(Some(cached))
    }
}
