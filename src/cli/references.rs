//! `nix-ripple references`: what built outputs refer to, and where they say so.

use std::path::{Path, PathBuf};

use super::Outcome;
use super::error::CliError;
use super::printer::Printer;
use crate::nix::store_path::DEFAULT_STORE_DIR;
use crate::proof::outputs::{Built, Metadata, references};

/// Nix's database, below the root of its store.
const DATABASE: &str = "nix/var/nix/db/db.sqlite";

/// Arguments of `references`.
#[derive(Debug, clap::Args)]
#[command(after_help = "\
Examples:
  nix-ripple references result
  nix-ripple references result --scan --input zlib")]
pub(super) struct Args {
    /// Outputs: store paths, links to them, other folders and files, archives (NAR), listings (.ls)
    #[arg(required = true, value_name = "PATH")]
    paths: Vec<PathBuf>,
    /// What is recorded of them (repeatable): Nix's db.sqlite, what 'nix path-info' prints as JSON, or a
    /// narinfo file; default: the database of the store that they lie in
    #[arg(long, value_name = "FILE", visible_aliases = ["store-db", "path-info", "narinfo"])]
    metadata: Vec<PathBuf>,
    /// Look at the files alone, not at the database of their store
    #[arg(long, conflicts_with = "metadata")]
    scan: bool,
    /// Only references to this: a name, a pname, or a store path (repeatable)
    #[arg(long, value_name = "NAME")]
    input: Vec<String>,
    /// Where the store lies: DIR/nix/store
    #[arg(long, value_name = "DIR")]
    store_root: Option<PathBuf>,
}

impl Args {
    /// The database of the store that a path lies in.
    fn own_database(&self) -> Option<PathBuf> {
        let root = self.store_root.as_deref().unwrap_or(Path::new("/"));
        let store = root.join(DEFAULT_STORE_DIR.trim_start_matches('/'));
        let inside = |path: &PathBuf| {
            path.starts_with(DEFAULT_STORE_DIR)
                || std::fs::canonicalize(path).is_ok_and(|path| path.starts_with(&store))
                || (self.store_root.is_some() && path.starts_with(&store))
        };
        let database = root.join(DATABASE);
        (!self.scan && self.metadata.is_empty() && self.paths.iter().any(inside) && database.exists())
            .then_some(database)
    }
}

pub(super) fn run(args: Args, printer: &mut Printer) -> Result<Outcome, CliError> {
    let mut metadata = args.metadata.iter().map(|path| Metadata::open(path)).collect::<Result<Vec<_>, _>>()?;
    if let Some(path) = args.own_database() {
        match Metadata::open(&path) {
            Ok(database) => metadata.push(database),
            Err(error) => printer.warning(&format!("{error}; the files alone are looked at")),
        }
    }
    let open = |path: &PathBuf| Built::open(path, args.store_root.as_deref());
    let outputs = args.paths.iter().map(open).collect::<Result<Vec<_>, _>>()?;
    let mut report = printer.with_progress_of("looking for references", None, |_| references(&outputs, &metadata))?;
    if !args.input.is_empty() {
        for output in &mut report.outputs {
            output.references.retain(|reference| args.input.iter().any(|asked| reference.is(asked)));
        }
    }
    printer.warnings(&report.notes);
    printer.report(&report)?;
    Ok(Outcome::Fine)
}
