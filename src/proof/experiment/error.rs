//! Why an experiment could not be made: none of these is evidence.

use std::io;

use crate::ingest::IngestError;
use crate::proof::outputs::TreeError;

/// Why an experiment shows nothing.
#[derive(Debug, thiserror::Error)]
pub enum ExperimentError {
    /// A program of Nix cannot be run.
    #[error("{program} cannot be run: {source}; install Nix, or put it into PATH")]
    NoNix {
        /// The program.
        program: &'static str,
        /// The answer of the operating system.
        source: io::Error,
    },
    /// A program of Nix fails, for a reason that says nothing of the package.
    #[error("{program} failed: {message}")]
    Nix {
        /// The program.
        program: &'static str,
        /// Its own words.
        message: String,
    },
    /// A build ended without an answer: killed, out of time, out of space.
    #[error("{drv}: the build ended without an answer ({reason}); nothing was recorded, try again")]
    Unsettled {
        /// The derivation.
        drv: String,
        /// What happened.
        reason: String,
    },
    /// Another derivation could not be built, so that the experiment could not begin.
    #[error(
        "{drv}: cannot be built, and the experiment needs it: {message}; builds run in a sandbox here: if it needs files of this machine, such as /bin/sh, name their folders behind '--', as in -- --option sandbox-paths '/bin /lib /lib64 /usr'"
    )]
    Needed {
        /// The derivation.
        drv: String,
        /// Nix's words.
        message: String,
    },
    /// The package does not build as it is.
    #[error("{drv}: the package does not build as it is{}: {message}", in_phase(.phase.as_deref()))]
    Baseline {
        /// The derivation.
        drv: String,
        /// The phase, where the build tells.
        phase: Option<String>,
        /// The end of its log.
        message: String,
    },
    /// A build failed once, and not the second time.
    #[error("{drv}: the build failed once and went well another time; nothing was recorded")]
    Flaky {
        /// The derivation.
        drv: String,
    },
    /// The package is none that can be proven.
    #[error("{name}: {reason}")]
    Unfit {
        /// Its name.
        name: String,
        /// Why not.
        reason: &'static str,
    },
    /// Printing the derivation does not give it back.
    #[error(
        "{drv}: written as an expression again it is another derivation ({other}), so that an edited one would show nothing; please report this"
    )]
    NotTheSame {
        /// The derivation.
        drv: String,
        /// What came out.
        other: String,
    },
    /// Builds cannot be traced on this machine.
    #[error("builds cannot be traced: {0}")]
    NoTrace(String),
    /// A build ran where strace does not see it.
    #[error(
        "{drv}: strace did not see the build, for it did not run below nix-store (a daemon or another machine builds); nothing was recorded of it; trace where the store is your own, such as one below --store-root, and without builders"
    )]
    Unseen {
        /// The derivation.
        drv: String,
    },
    /// Something else was built in the same run.
    #[error("{drv}: more than this derivation was built while it was traced; nothing was recorded of it, try again")]
    Mixed {
        /// The derivation.
        drv: String,
    },
    /// A build fails only under strace.
    #[error("{drv}: the build fails under strace{}: {message}", in_phase(.phase.as_deref()))]
    FailsTraced {
        /// The derivation.
        drv: String,
        /// The phase, where the build tells.
        phase: Option<String>,
        /// The end of its log.
        message: String,
    },
    /// A file cannot be read or written.
    #[error("{path}: {source}")]
    Io {
        /// The file.
        path: String,
        /// The answer of the operating system.
        source: io::Error,
    },
    /// An output cannot be read.
    #[error(transparent)]
    Tree(#[from] TreeError),
    /// A derivation cannot be read.
    #[error(transparent)]
    Ingest(#[from] IngestError),
}

fn in_phase(phase: Option<&str>) -> String {
    phase.map(|phase| format!(" (it fails in {phase})")).unwrap_or_default()
}

impl ExperimentError {
    pub(super) fn io(path: &std::path::Path) -> impl FnOnce(io::Error) -> Self {
        let path = path.display().to_string();
        |source| Self::Io { path, source }
    }
}
