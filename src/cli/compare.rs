//! `nix-ripple compare`: how two builds differ.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

use super::Outcome;
use super::error::CliError;
use super::printer::Printer;
use crate::nix::store_path::DEFAULT_STORE_DIR;
use crate::nix::{Digest, StorePath};
use crate::proof::comparison::{CompareParams, compare};
use crate::proof::outputs::Built;
use crate::report::ComparePage;
use crate::verdict;

/// Arguments of `compare`.
#[derive(Debug, clap::Args)]
#[command(after_help = FORMS)]
pub(super) struct Args {
    /// An output of the first build
    old: PathBuf,
    /// The same output of the second
    new: PathBuf,
    /// A further output of both (repeatable)
    #[arg(long, value_name = "NAME=OLD,NEW")]
    output: Vec<String>,
    /// The store paths of the two outputs, where their file names do not tell (repeatable)
    #[arg(long, value_name = "OLD,NEW")]
    own: Vec<String>,
    /// A store path that the first was built with, and the second without (repeatable)
    #[arg(long, value_name = "PATH")]
    input: Vec<String>,
    /// The store's folder, as the outputs name it
    #[arg(long, value_name = "DIR", default_value = DEFAULT_STORE_DIR)]
    store_dir: String,
    /// Where the store lies: DIR/nix/store
    #[arg(long, value_name = "DIR")]
    store_root: Option<PathBuf>,
    /// Show all files and store paths that differ, not only the first
    #[arg(long)]
    all: bool,
    /// Exit with 1 where more than store paths differs
    #[arg(long)]
    fail_on_different: bool,
}

const FORMS: &str = "An output is a folder, a file, a link to one in a store, or a NAR, plain or packed with \
zstd or xz. Store paths of one package count as the same in any version; what differs by them is reference-only.

Examples:
  nix-ripple compare result-before result-after
  nix-ripple compare result-before result-after --fail-on-different    # exit code 1: they differ";

pub(super) fn run(args: Args, printer: &mut Printer) -> Result<Outcome, CliError> {
    let mut outputs = vec![("out".to_owned(), args.old, args.new)];
    for text in &args.output {
        let parts = text.split_once('=').and_then(|(name, paths)| Some((name, paths.split_once(',')?)));
        let Some((name, (old, new))) = parts else { return Err(argument("--output", text, "NAME=OLD,NEW")) };
        if outputs.iter().any(|(known, ..)| known == name) {
            return Err(argument("--output", text, "another name: each output is given once, and 'out' is the first"));
        }
        outputs.push((name.to_owned(), old.into(), new.into()));
    }
    let mut params = CompareParams {
        any_version: true,
        store_dir: args.store_dir.trim_end_matches('/').to_owned(),
        ..CompareParams::default()
    };
    for text in &args.input {
        let input = digest(Path::new(text));
        params
            .input
            .push(input.ok_or_else(|| argument("--input", text, "a store path, as in /nix/store/<hash>-<name>"))?);
    }
    for text in &args.own {
        let own = text.split_once(',').and_then(|(old, new)| Some((digest(Path::new(new))?, digest(Path::new(old))?)));
        let (new, old) = own.ok_or_else(|| argument("--own", text, "two store paths, parted by a comma"))?;
        params.counterparts.insert(new, old);
    }
    let (mut first, mut second) = (Vec::new(), Vec::new());
    for (name, old, new) in outputs {
        let root = args.store_root.as_deref();
        let (old, new) = (Built::open(&old, root)?, Built::open(&new, root)?);
        own(&old, &new, &mut params.counterparts, &args.own, printer);
        first.push((name.clone(), old.tree));
        second.push((name, new.tree));
    }
    let comparison = printer.with_progress_of("comparing files", None, |_| compare(&first, &second, &params))?;
    let failed = args.fail_on_different && comparison.outcome == verdict::Outcome::Different;
    printer.report(&ComparePage::new(comparison, args.all))?;
    Ok(if failed { Outcome::ThresholdPassed } else { Outcome::Fine })
}

fn argument(option: &'static str, text: &str, expected: &'static str) -> CliError {
    CliError::Argument { option, text: text.to_owned(), expected }
}

/// Notes that the own paths of an output stand for each other, where they are known.
fn own(old: &Built, new: &Built, known: &mut BTreeMap<Digest, Digest>, given: &[String], printer: &mut Printer) {
    let digest = |built: &Built| built.base_name.as_deref().and_then(|name| digest(Path::new(name)));
    match (digest(old), digest(new)) {
        (Some(old), Some(new)) => drop(known.insert(new, old)),
        _ if given.is_empty() => printer.warning(&format!(
            "{} and {}: the file names tell no store paths; where the outputs record their own, that counts as a \
             reference, unless --own OLD,NEW names them",
            old.given, new.given
        )),
        _ => {}
    }
}

/// The digest of a store path.
fn digest(path: &Path) -> Option<Digest> {
    use std::os::unix::ffi::OsStrExt;
    StorePath::from_base_name(path.file_name()?.as_bytes()).ok().map(|path| path.digest)
}
