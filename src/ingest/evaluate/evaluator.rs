//! Which program evaluates.

use std::ffi::OsStr;
use std::path::PathBuf;
use std::process::{Command, Stdio};

use super::jobs::in_path;

/// A program that evaluates Nix expressions.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub enum Evaluator {
    /// `nix-instantiate`, in batches.
    #[default]
    Instantiate,
    /// nix-eval-jobs, where it lies; `nix-instantiate` where that fails as a whole.
    Jobs(PathBuf),
}

impl Evaluator {
    /// What the environment has: nix-eval-jobs as `NIX_RIPPLE_EVAL_JOBS` names it (none where that is
    /// empty), else as PATH has it, else `nix-instantiate`.
    #[must_use]
    pub fn from_environment() -> Self {
        match std::env::var_os("NIX_RIPPLE_EVAL_JOBS") {
            Some(named) if named.is_empty() => Self::Instantiate,
            Some(named) => Self::Jobs(PathBuf::from(named)),
            None => in_path("nix-eval-jobs").map_or(Self::Instantiate, Self::Jobs),
        }
    }

    /// Tells one version of it from another: what it says of its version, else where it lies and when
    /// it was made.
    #[must_use]
    pub fn identity(&self) -> String {
        let version = |program: &OsStr| {
            let output = Command::new(program).arg("--version").stdin(Stdio::null()).output().ok()?;
            let text = String::from_utf8_lossy(&output.stdout).trim().to_owned();
            (output.status.success() && !text.is_empty()).then_some(text)
        };
        let nix = version(OsStr::new("nix-instantiate")).unwrap_or_default();
        match self {
            Self::Instantiate => nix,
            Self::Jobs(program) => {
                let own = version(program.as_os_str()).unwrap_or_else(|| {
                    let file = program.canonicalize().unwrap_or_else(|_| program.clone());
                    let made = file.metadata().map(|metadata| (metadata.len(), metadata.modified().ok()));
                    format!("{} {made:?}", file.display())
                });
                format!("nix-eval-jobs {own}; {nix}")
            }
        }
    }
}
