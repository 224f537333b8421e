//! Runs of the user's own `nix-instantiate` on an expression that ships with this program.

use std::ffi::OsString;
use std::io::ErrorKind;
use std::path::{Path, PathBuf};
use std::process::{Output, Stdio};

use serde::de::DeserializeOwned;

use super::argument::{Argument, set_of};
use super::message::message;
use crate::ingest::expression::nix_instantiate;
use crate::nix::string_literal;

/// Why nothing at all can be evaluated.
#[derive(Debug, thiserror::Error)]
pub enum NixError {
    /// There is no Nix.
    #[error(
        "nix-instantiate is not installed (or not in PATH); install Nix, or give a closure that was made elsewhere"
    )]
    NoNix,
    /// It cannot be run.
    #[error("{program}: {source}")]
    Io {
        /// What cannot be run.
        program: String,
        /// The answer of the operating system.
        source: std::io::Error,
    },
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

/// A run that failed as a whole.
#[derive(Debug)]
pub(crate) enum RunError {
    /// Whatever is asked: there is no use in asking for less.
    Fatal(NixError),
    /// Nix failed, and says why.
    Evaluation(Refusal),
}

/// What Nix says when it fails.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Refusal {
    pub(crate) message: String,
    /// It was ended from outside: another time it may go well.
    pub(crate) killed: bool,
}

impl Refusal {
    /// Of a run that failed, and what it said.
    fn of(output: &Output, talk: &str) -> Self {
        let message = message(talk);
        let message = if message.is_empty() {
            format!("nix-instantiate ended with {} and said nothing", output.status)
        } else {
            message
        };
        Self { message, killed: output.status.code().is_none() }
    }
}

impl From<String> for Refusal {
    fn from(message: String) -> Self {
        Self { message, killed: false }
    }
}

/// A user's expression, and how it is evaluated.
#[derive(Debug, Clone)]
pub(crate) struct Session {
    /// Ours: a function of `file`, `args`, `system` and more.
    expression: &'static str,
    shown: String,
    /// In Nix's language.
    file: String,
    args: String,
    system: Option<String>,
    search_path: Vec<String>,
    store_root: Option<PathBuf>,
}

impl Session {
    /// On a file, a folder with a default.nix, or `<name>` of the search path.
    pub(crate) fn new(
        expression: &'static str,
        file: &Path,
        arguments: &[Argument],
        system: Option<String>,
        store_root: Option<&Path>,
    ) -> Result<Self, NixError> {
        let shown = file.display().to_string();
        let file = if is_search_path(&shown) {
            shown.clone()
        } else if file.exists() {
            let path = std::path::absolute(file).map_err(|source| NixError::Io { program: shown.clone(), source })?;
            string_literal(&path.display().to_string())
        } else {
            return Err(NixError::NoFile(file.to_path_buf()));
        };
        let store_root = store_root.map(Path::to_path_buf);
        let args = set_of(arguments);
        Ok(Self { expression, shown, file, args, system, search_path: Vec::new(), store_root })
    }

    /// The same with entries of Nix's search path, as `-I` takes them.
    pub(crate) fn with_search_path(self, search_path: &[String]) -> Self {
        Self { search_path: search_path.to_vec(), ..self }
    }

    /// What the file is called in messages.
    pub(crate) fn shown(&self) -> &str {
        &self.shown
    }

    /// Where derivations are written, if not into the store of the environment.
    pub(crate) fn store_root(&self) -> Option<&Path> {
        self.store_root.as_deref()
    }

    /// Options that every program of Nix understands, and the arguments of our expression.
    pub(crate) fn arguments(&self, texts: &[(&str, &str)]) -> Vec<OsString> {
        let mut list: Vec<OsString> = Vec::new();
        let mut add = |words: &[&str]| list.extend(words.iter().map(OsString::from));
        for entry in &self.search_path {
            add(&["-I", entry]);
        }
        if let Some(system) = &self.system {
            add(&["--option", "system", system]);
        }
        let system = self.system.as_deref().map_or_else(|| "null".to_owned(), string_literal);
        add(&["--arg", "file", &self.file, "--arg", "args", &self.args, "--arg", "system", &system]);
        for (name, text) in texts {
            add(&["--argstr", name, text]);
        }
        list
    }

    /// Evaluates our expression with these strings as further arguments.
    pub(crate) fn ask<T: DeserializeOwned>(&self, texts: &[(&str, &str)]) -> Result<T, RunError> {
        let output = self.run(texts).map_err(RunError::Fatal)?;
        if !output.status.success() {
            let talk = String::from_utf8_lossy(&output.stderr);
            return Err(RunError::Evaluation(Refusal::of(&output, &talk)));
        }
        serde_json::from_slice(&output.stdout)
            .map_err(|error| RunError::Evaluation(format!("nix-instantiate printed no answer: {error}").into()))
    }

    /// The same for an expression that tells what it has as it comes: the lines behind this mark, and
    /// why it ended, where it failed.
    pub(crate) fn listen(
        &self,
        texts: &[(&str, &str)],
        mark: &str,
    ) -> Result<(Vec<String>, Option<Refusal>), NixError> {
        let output = self.run(texts)?;
        let talk = String::from_utf8_lossy(&output.stderr);
        let told = |line: &'_ str| line.strip_prefix("trace: ")?.strip_prefix(mark).map(str::to_owned);
        let lines = talk.lines().filter_map(told).collect();
        if output.status.success() {
            return Ok((lines, None));
        }
        let rest: Vec<&str> = talk.lines().filter(|line| told(line).is_none()).collect();
        Ok((lines, Some(Refusal::of(&output, &rest.join("\n")))))
    }

    fn run(&self, texts: &[(&str, &str)]) -> Result<Output, NixError> {
        let mut command = nix_instantiate(self.store_root());
        command.args(["--eval", "--strict", "--json", "--read-write-mode"]).args(self.arguments(texts));
        command.args(["-E", self.expression]);
        command.stdin(Stdio::null()).output().map_err(|source| match source.kind() {
            ErrorKind::NotFound => NixError::NoNix,
            _ => NixError::Io { program: "nix-instantiate".to_owned(), source },
        })
    }

    /// What holds for all attributes; that it fails is the file's failure.
    pub(crate) fn check<T: DeserializeOwned>(&self, texts: &[(&str, &str)]) -> Result<T, NixError> {
        self.ask(texts).map_err(|error| match error {
            RunError::Fatal(error) => error,
            RunError::Evaluation(Refusal { message, .. }) => NixError::File { file: self.shown.clone(), message },
        })
    }
}

/// Whether a file is named as `<name>`.
#[must_use]
pub fn is_search_path(text: &str) -> bool {
    text.len() > 2 && text.starts_with('<') && text.ends_with('>')
}
