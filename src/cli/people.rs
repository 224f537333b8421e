//! Who stands behind attributes: the options, and what they read.

use std::path::PathBuf;

use super::error::CliError;
use super::printer::Printer;
use crate::graph::Graph;
use crate::ingest::Maintainers;
use crate::query::{Owned, OwnerRules};

/// Whom it concerns.
#[derive(Debug, Clone, clap::Args)]
#[command(next_help_heading = "People")]
pub(super) struct PeopleArgs {
    /// Maintainers and teams by attribute, beside what the evaluation says: nix-env -qaP --json --meta,
    /// nix-eval-jobs lines, or a map of attributes to names (repeatable)
    #[arg(long, value_name = "FILE")]
    maintainers: Vec<PathBuf>,
    /// Who owns what: lines of 'GLOB OWNER…', the last that matches an attribute (or, with a slash, the
    /// file of its meta.position) counts
    #[arg(long, value_name = "FILE")]
    owners: Option<PathBuf>,
}

/// The same, read.
pub(super) struct Stated {
    pub(super) maintainers: Maintainers,
    pub(super) rules: Option<OwnerRules>,
}

impl PeopleArgs {
    /// Reads the files.
    pub(super) fn load(&self, printer: &mut Printer) -> Result<Stated, CliError> {
        let rules = self.owners.as_deref().map(OwnerRules::read).transpose()?;
        Ok(Stated { maintainers: read_maintainers(&self.maintainers, printer)?, rules })
    }
}

impl Stated {
    /// Whom the attributes of a graph concern.
    pub(super) fn of<'a>(&'a self, graph: &'a Graph) -> Owned<'a> {
        Owned::new(graph, &self.maintainers, self.rules.as_ref())
    }
}

/// What files say of maintainers, joined.
pub(super) fn read_maintainers(files: &[PathBuf], printer: &mut Printer) -> Result<Maintainers, CliError> {
    let mut maintainers = Maintainers::default();
    for path in files {
        let (stated, problems) = Maintainers::read(path)?;
        printer.problems(&problems);
        maintainers.join(stated);
    }
    Ok(maintainers)
}
