//! What each side is, told before anything is read.

use std::path::{Path, PathBuf};

use super::{SideArgs, Which};
use crate::ingest::evaluate::{Argument, is_search_path};
use crate::ingest::git::Range;

/// Why there are no two sides.
#[derive(Debug, thiserror::Error)]
pub(in crate::cli) enum SideError {
    #[error(
        "nothing to compare: give OLD and NEW (snapshots, what 'ingest' takes, Nix files, nixpkgs checkouts), or two revisions with --git BASE..HEAD"
    )]
    Nothing,
    #[error("--git gives both sides; leave out {0}, or give OLD and NEW without --git")]
    GitAndFiles(String),
    #[error("{0} is no Nix expression, so it is one side alone; give NEW, too")]
    OneSide(String),
    #[error(
        "{0} on both sides, with the same arguments; give NEW, or what differs: --old-arg, --new-arg, --old-argstr, --new-argstr, --old-config, --new-config"
    )]
    Same(String),
    #[error("nothing is evaluated: {0} are no Nix expressions; leave -A, --system and arguments out")]
    NothingEvaluated(String),
    #[error("--file '{0}' must lie in the tree: a path below its top, without '..'")]
    Outside(String),
    #[error("{side} has no '{file}'; --file names what is evaluated in both trees")]
    NotInTree { side: String, file: String },
    #[error("neither side has '{0}', nor anything below it that is a derivation")]
    NoAttribute(String),
}

/// Where a side comes from.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Source {
    /// Files to read.
    Read(PathBuf),
    /// An expression to evaluate.
    Evaluate(PathBuf),
}

/// The two sides.
#[derive(Debug, PartialEq, Eq)]
pub(super) enum Plan {
    Two(Source, Source),
    /// One expression, with different arguments.
    Same(PathBuf),
    Revisions(Range),
}

impl SideArgs {
    /// What is to be done.
    pub(super) fn plan(&self, old: Option<&Path>, new: Option<&Path>) -> Result<Plan, super::CliError> {
        let shown = |path: &Path| path.display().to_string();
        if let Some(range) = &self.git.range {
            if let Some(given) = old.or(new) {
                return Err(SideError::GitAndFiles(format!("'{}'", shown(given))).into());
            }
            if !self.inputs.old_with.is_empty() || !self.inputs.new_with.is_empty() {
                return Err(SideError::GitAndFiles("--old-with and --new-with".to_owned()).into());
            }
            let inside = |part| matches!(part, std::path::Component::Normal(_) | std::path::Component::CurDir);
            if !self.git.file.components().all(inside) {
                return Err(SideError::Outside(shown(&self.git.file)).into());
            }
            return Ok(Plan::Revisions(range.parse()?));
        }
        let Some(old) = old else { return Err(SideError::Nothing.into()) };
        match (source(old), new) {
            (Source::Evaluate(file), None) => {
                if self.evaluation.arguments(Which::Old) == self.evaluation.arguments(Which::New) {
                    return Err(SideError::Same(shown(old)).into());
                }
                Ok(Plan::Same(file))
            }
            (Source::Read(file), None) => Err(SideError::OneSide(shown(&file)).into()),
            (old_source, Some(new)) => {
                let new_source = source(new);
                let read = |source: &Source| matches!(source, Source::Read(_));
                if self.evaluation.is_given() && read(&old_source) && read(&new_source) {
                    let both = format!("'{}' and '{}'", shown(old), shown(new));
                    return Err(SideError::NothingEvaluated(both).into());
                }
                Ok(Plan::Two(old_source, new_source))
            }
        }
    }
}

/// Whether a path is evaluated, or read.
fn source(path: &Path) -> Source {
    let text = path.to_str().unwrap_or_default();
    let named = is_search_path(text) || path.extension().is_some_and(|end| end == "nix");
    let derivations = |folder: &Path| {
        let entries = std::fs::read_dir(folder).into_iter().flatten().flatten();
        entries.into_iter().any(|entry| entry.path().extension().is_some_and(|end| end == "drv"))
    };
    if named || (path.is_dir() && path.join("default.nix").is_file() && !derivations(path)) {
        Source::Evaluate(path.to_path_buf())
    } else {
        Source::Read(path.to_path_buf())
    }
}

/// How arguments are told to the user.
pub(super) fn told(arguments: &[Argument]) -> String {
    let one = |argument: &Argument| match argument {
        Argument::Expression(name, value) => format!("{name} = {value}"),
        Argument::Text(name, value) => format!("{name} = \"{value}\""),
    };
    if arguments.is_empty() {
        return "no arguments".to_owned();
    }
    arguments.iter().map(one).collect::<Vec<_>>().join(", ")
}

#[cfg(test)]
mod tests {
    use clap::Parser;

    use super::*;

    #[derive(Parser)]
    struct Line {
        old: Option<PathBuf>,
        new: Option<PathBuf>,
        #[command(flatten)]
        sides: SideArgs,
    }

    fn plan(line: &str) -> Result<Plan, String> {
        let line = Line::try_parse_from(std::iter::once("diff").chain(line.split(' ').filter(|word| !word.is_empty())))
            .map_err(|error| error.to_string())?;
        line.sides.plan(line.old.as_deref(), line.new.as_deref()).map_err(|error| error.to_string())
    }

    fn refused(line: &str, told: &str) {
        let error = plan(line).unwrap_err();
        assert!(error.contains(told), "{line}: {error}");
    }

    #[test]
    fn what_the_sides_are() {
        let read = |path: &str| Source::Read(PathBuf::from(path));
        let evaluate = |path: &str| Source::Evaluate(PathBuf::from(path));
        let folder = concat!(env!("CARGO_MANIFEST_DIR"), "/testdata/minipkgs");
        let drvs = concat!(env!("CARGO_MANIFEST_DIR"), "/testdata/minipkgs/drvs");
        assert_eq!(plan("a.json b.ripple").unwrap(), Plan::Two(read("a.json"), read("b.ripple")));
        assert_eq!(plan("a.json b.nix").unwrap(), Plan::Two(read("a.json"), evaluate("b.nix")));
        assert_eq!(plan(&format!("{folder} {drvs}")).unwrap(), Plan::Two(evaluate(folder), read(drvs)));
        assert_eq!(plan("<nixpkgs> a.json -A hello").unwrap(), Plan::Two(evaluate("<nixpkgs>"), read("a.json")));
        assert_eq!(plan("a.nix --new-config {}").unwrap(), Plan::Same(PathBuf::from("a.nix")));
        let range = Range { base: "a".to_owned(), head: "HEAD".to_owned(), from_merge_base: true };
        assert_eq!(plan("--git a... --file pkgs/top-level -A x").unwrap(), Plan::Revisions(range));
    }

    #[test]
    fn what_is_refused() {
        refused("", "nothing to compare");
        refused("a.json", "a.json is no Nix expression");
        refused("a.nix", "a.nix on both sides");
        refused("a.nix --arg x 1", "--new-config");
        refused("a.nix --old-arg x 1 --new-arg x 1", "with the same arguments");
        refused("a.nix --arg x 1 --new-arg x 1", "with the same arguments");
        refused("a.json b.json -A hello", "'a.json' and 'b.json' are no Nix expressions");
        refused("a.json b.json --system x86_64-linux", "nothing is evaluated");
        refused("a.nix --git a..b", "--git gives both sides; leave out 'a.nix'");
        refused("--git a..b --old-with x.json", "--old-with");
        refused("--git a..b --file ../x", "must lie in the tree");
        refused("--git a..b --file /x", "must lie in the tree");
        refused("--git a", "'a' is no range");
        refused("a.nix b.nix --repo x", "--git");
        refused("a.nix b.nix --no-cache --cache-dir x", "cannot be used with");
        refused("a.nix b.nix --batch 0", "--batch");
    }

    #[test]
    fn arguments_of_a_side() {
        let line = "a.nix --arg x 1 --argstr x 2 --argstr y z --config {} --new-arg y 3 --new-config 4";
        let line = Line::try_parse_from(std::iter::once("diff").chain(line.split(' '))).ok().unwrap();
        let arguments = |which| told(&line.sides.evaluation.arguments(which));
        assert_eq!(arguments(Which::Old), "config = {}, x = 1, x = \"2\", y = \"z\"");
        assert_eq!(arguments(Which::New), "config = 4, x = 1, x = \"2\", y = 3");
    }
}
