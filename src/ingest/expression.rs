//! Closures straight from a Nix expression, by the user's own `nix-instantiate`.

use std::fmt;
use std::io::ErrorKind;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

use super::problem::IngestError;

/// A Nix expression in a file, and which attributes of it.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Expression {
    /// The file, or a folder with a `default.nix`.
    pub file: PathBuf,
    /// Attribute paths; all of the expression when empty.
    pub attributes: Vec<String>,
}

/// The store at `store_root` where that is one, or can become one, for Nix's option `--store`; a store
/// that the environment names (`NIX_REMOTE`) is left to it, and so is a plain folder of derivations.
pub(crate) fn own_store(store_root: Option<&Path>) -> Option<PathBuf> {
    let named = std::env::var_os("NIX_REMOTE").is_some_and(|value| !value.is_empty());
    let is_store = |root: &&Path| {
        let empty = || std::fs::read_dir(root).map_or(true, |mut entries| entries.next().is_none());
        root.join("nix").is_dir() || empty()
    };
    let root = store_root.filter(|_| !named).filter(is_store)?;
    Some(std::path::absolute(root).unwrap_or_else(|_| root.to_path_buf()))
}

/// The user's own `nix-instantiate`, which writes into [`own_store`].
pub(crate) fn nix_instantiate(store_root: Option<&Path>) -> Command {
    let mut command = Command::new("nix-instantiate");
    if let Some(root) = own_store(store_root) {
        command.arg("--store").arg(root);
    }
    command
}

impl fmt::Display for Expression {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}", self.file.display())?;
        self.attributes.iter().try_for_each(|attribute| write!(f, " -A {attribute}"))
    }
}

impl Expression {
    /// Runs `nix-instantiate` and gives what it prints: a derivation path a line. The derivations are
    /// written where they are read from, see [`nix_instantiate`].
    ///
    /// # Errors
    /// When it is not installed, or fails: then with its own message.
    pub(crate) fn instantiate(&self, store_root: Option<&Path>) -> Result<String, IngestError> {
        let mut command = nix_instantiate(store_root);
        command.arg(&self.file);
        for attribute in &self.attributes {
            command.arg("-A").arg(attribute);
        }
        let output = command.stdin(Stdio::null()).output().map_err(|error| match error.kind() {
            ErrorKind::NotFound => IngestError::Nix(format!(
                "{self}: nix-instantiate is not installed (or not in PATH); install Nix, or give a closure that was made elsewhere"
            )),
            _ => IngestError::Nix(format!("{self}: nix-instantiate: {error}")),
        })?;
        if !output.status.success() {
            let message = String::from_utf8_lossy(&output.stderr);
            return Err(IngestError::Nix(format!(
                "{self}: nix-instantiate failed ({}):\n{}",
                output.status,
                message.trim_end()
            )));
        }
        String::from_utf8(output.stdout)
            .map_err(|_| IngestError::Nix(format!("{self}: nix-instantiate printed no UTF-8")))
    }
}
