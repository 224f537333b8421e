//! One run of the user's own `nix-instantiate` on the expression that ships with this program.

use std::fmt::Write as _;
use std::io::ErrorKind;
use std::path::{Path, PathBuf};
use std::process::Stdio;

use serde::Deserialize;

use crate::ingest::nix_instantiate;
use crate::nix::string_literal;
use crate::verdict::Variant;

const EXPRESSION: &str = include_str!("probe.nix");

/// How many lines of Nix's message are kept.
const MESSAGE_LINES: usize = 6;

/// An argument of the user's expression.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Argument {
    /// A name and a Nix expression.
    Expression(String, String),
    /// A name and a string.
    Text(String, String),
}

/// Why nothing at all could be probed.
#[derive(Debug, thiserror::Error)]
pub enum ProbeError {
    /// There is no Nix.
    #[error(
        "nix-instantiate is not installed (or not in PATH); install Nix, or compare closures that were made elsewhere with --compare"
    )]
    NoNix,
    /// It cannot be run.
    #[error("nix-instantiate: {0}")]
    Io(std::io::Error),
    /// The file does not exist.
    #[error("{0}: there is no such file; expected a Nix expression, or a folder with a default.nix")]
    NoFile(PathBuf),
    /// The file is no expression that evaluates.
    #[error("{file}: does not evaluate: {message}")]
    File {
        /// The file.
        file: String,
        /// What Nix says.
        message: String,
    },
}

/// An expression that has packages, and how it is evaluated.
#[derive(Debug, Clone)]
pub(super) struct Evaluation {
    shown: String,
    /// In Nix's language.
    file: String,
    args: String,
    system: Option<String>,
    store_root: Option<PathBuf>,
}

/// What Nix says of one attribute.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
pub(super) struct Answer {
    pub(super) base: Option<String>,
    pub(super) without: Option<String>,
    pub(super) variant: Option<Variant>,
    pub(super) error: Option<String>,
}

#[derive(Deserialize)]
struct Answers {
    system: String,
    results: Vec<Answer>,
}

/// A run that failed as a whole.
#[derive(Debug)]
pub(super) enum RunError {
    /// Whatever is asked: there is no use in asking for less.
    Fatal(ProbeError),
    /// Nix failed, and says why.
    Evaluation(String),
}

impl Evaluation {
    /// Of a file, a folder, or `<name>` of the search path.
    pub(super) fn new(
        file: &Path,
        arguments: &[Argument],
        system: Option<String>,
        store_root: Option<&Path>,
    ) -> Result<Self, ProbeError> {
        let shown = file.display().to_string();
        let file = if shown.starts_with('<') && shown.ends_with('>') {
            shown.clone()
        } else if file.exists() {
            let path = std::path::absolute(file).map_err(ProbeError::Io)?;
            string_literal(&path.display().to_string())
        } else {
            return Err(ProbeError::NoFile(file.to_path_buf()));
        };
        let mut args = String::from("{ ");
        for argument in arguments {
            // the line break ends a comment that the expression may end in
            let _ = match argument {
                Argument::Expression(name, expression) => write!(args, "{} = ({expression}\n); ", string_literal(name)),
                Argument::Text(name, text) => write!(args, "{} = {}; ", string_literal(name), string_literal(text)),
            };
        }
        args.push('}');
        Ok(Self { shown, file, args, system, store_root: store_root.map(Path::to_path_buf) })
    }

    /// Evaluates what holds for all attributes, and gives the system that packages are for.
    pub(super) fn check(&self) -> Result<String, ProbeError> {
        match self.run(&[], "both") {
            Ok(answers) => Ok(answers.system),
            Err(RunError::Fatal(error)) => Err(error),
            Err(RunError::Evaluation(message)) => Err(ProbeError::File { file: self.shown.clone(), message }),
        }
    }

    /// Asks for these attribute paths; an answer for each.
    pub(super) fn ask(&self, paths: &[&[String]], package_only: bool) -> Result<Vec<Answer>, RunError> {
        let answers = self.run(paths, if package_only { "package" } else { "both" })?;
        if answers.results.len() == paths.len() {
            Ok(answers.results)
        } else {
            Err(RunError::Evaluation("nix-instantiate did not answer for every attribute".to_owned()))
        }
    }

    fn run(&self, paths: &[&[String]], variants: &str) -> Result<Answers, RunError> {
        let mut command = nix_instantiate(self.store_root.as_deref());
        command.args(["--eval", "--strict", "--json", "--read-write-mode"]);
        if let Some(system) = &self.system {
            command.args(["--option", "system", system]);
        }
        let system = self.system.as_deref().map_or_else(|| "null".to_owned(), string_literal);
        // texts under fixed keys: there is nothing that JSON cannot say
        let paths = serde_json::to_string(paths).unwrap_or_default();
        command.args(["--arg", "file", &self.file, "--arg", "args", &self.args, "--arg", "system", &system]);
        command.args(["--argstr", "paths", &paths, "--argstr", "variants", variants, "-E", EXPRESSION]);
        let output = command.stdin(Stdio::null()).output().map_err(|error| {
            RunError::Fatal(match error.kind() {
                ErrorKind::NotFound => ProbeError::NoNix,
                _ => ProbeError::Io(error),
            })
        })?;
        let talk = String::from_utf8_lossy(&output.stderr);
        if !output.status.success() {
            let message = message(&talk);
            return Err(RunError::Evaluation(if message.is_empty() {
                format!("nix-instantiate ended with {} and said nothing", output.status)
            } else {
                message
            }));
        }
        serde_json::from_slice(&output.stdout)
            .map_err(|error| RunError::Evaluation(format!("nix-instantiate printed no answer: {error}")))
    }
}

/// What went wrong, of all that Nix says: its last error, without excerpts of source, and without
/// places in our own expression.
fn message(talk: &str) -> String {
    let lines: Vec<&str> = talk.lines().map(str::trim).collect();
    let start = lines.iter().rposition(|line| line.starts_with("error:")).unwrap_or(0);
    let excerpt = |line: &str| {
        let rest = line.trim_start_matches(|c: char| c.is_ascii_digit());
        rest.starts_with('|') || line.starts_with('^') || line.starts_with('…')
    };
    let ours = |line: &str| line.starts_with("at «string»") || line.starts_with("at (string)");
    let kept: Vec<&str> = lines[start..]
        .iter()
        .copied()
        .filter(|line| !line.is_empty() && !line.starts_with("(use '--show-trace'") && !excerpt(line) && !ours(line))
        .take(MESSAGE_LINES)
        .collect();
    kept.join(" ").trim_start_matches("error:").trim().to_owned()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn messages() {
        let check = |talk: &str, expect: &str| assert_eq!(message(talk), expect);
        check("", "");
        check("Killed\n", "Killed");
        check(
            "warning: x\nerror: evaluation aborted with the following error message: 'no'\n(use '--show-trace' to show detailed location information)\n",
            "evaluation aborted with the following error message: 'no'",
        );
        check(
            "error: value is a set while a string was expected\n\n       at /a/b.nix:3:4:\n\n            2| let\n            3|   x\n             |   ^\n            4| in\n",
            "value is a set while a string was expected at /a/b.nix:3:4:",
        );
        check("error: x\n\n       at «string»:3:4:\n\n  2| y\n", "x");
    }
}
