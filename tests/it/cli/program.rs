//! The program, run as a user does.

use std::io::Write;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::sync::LazyLock;

use serde_json::Value;

use crate::support::testdata;

/// What a run gave.
#[derive(Debug)]
pub(super) struct Ran {
    pub(super) code: i32,
    pub(super) out: String,
    pub(super) talk: String,
}

impl Ran {
    /// stdout of a run that went well.
    pub(super) fn fine(self) -> String {
        assert_eq!(self.code, 0, "{self:?}");
        self.out
    }

    /// stderr of a run that failed; nothing is on stdout then.
    pub(super) fn failed(self) -> String {
        assert_eq!((self.code, self.out.as_str()), (2, ""), "{self:?}");
        assert!(self.talk.starts_with("error: "), "{self:?}");
        self.talk
    }

    pub(super) fn json(self) -> Value {
        serde_json::from_str(&self.fine()).unwrap()
    }
}

/// The program, in a folder of its own, without the user's settings.
pub(super) struct Program {
    pub(super) folder: tempfile::TempDir,
    env: Vec<(&'static str, String)>,
}

impl Program {
    pub(super) fn new() -> Self {
        Self { folder: tempfile::tempdir().unwrap(), env: Vec::new() }
    }

    pub(super) fn env(mut self, key: &'static str, value: &str) -> Self {
        self.env.push((key, value.to_owned()));
        self
    }

    pub(super) fn write(&self, name: &str, content: impl AsRef<[u8]>) -> PathBuf {
        let file = self.folder.path().join(name);
        std::fs::write(&file, content).unwrap();
        file
    }

    pub(super) fn command<S: AsRef<std::ffi::OsStr>>(&self, arguments: &[S]) -> Command {
        let mut command = Command::new(env!("CARGO_BIN_EXE_nix-ripple"));
        for key in ["NIX_RIPPLE_CLOSURE", "NO_COLOR", "CLICOLOR", "CLICOLOR_FORCE", "NIX_PATH"] {
            command.env_remove(key);
        }
        command.envs(self.env.iter().map(|(key, value)| (key, value)));
        command.args(arguments).current_dir(self.folder.path());
        command.stdin(Stdio::null()).stdout(Stdio::piped()).stderr(Stdio::piped());
        command
    }

    pub(super) fn run<S: AsRef<std::ffi::OsStr>>(&self, arguments: &[S]) -> Ran {
        self.feed(arguments, None)
    }

    /// Runs with this on standard input.
    pub(super) fn feed<S: AsRef<std::ffi::OsStr>>(&self, arguments: &[S], input: Option<&[u8]>) -> Ran {
        let mut command = self.command(arguments);
        if input.is_some() {
            command.stdin(Stdio::piped());
        }
        let mut child = command.spawn().unwrap();
        if let (Some(input), Some(mut stdin)) = (input, child.stdin.take()) {
            stdin.write_all(input).unwrap();
        }
        let output = child.wait_with_output().unwrap();
        Ran {
            code: output.status.code().expect("an exit code"),
            out: String::from_utf8(output.stdout).unwrap(),
            talk: String::from_utf8(output.stderr).unwrap(),
        }
    }
}

/// A snapshot of the small distribution with its attributes, made once.
pub(super) fn minipkgs() -> &'static Path {
    static SNAPSHOT: LazyLock<PathBuf> = LazyLock::new(|| {
        let file = Path::new(env!("CARGO_TARGET_TMPDIR")).join("minipkgs.ripple");
        let graph = crate::support::graph(&[
            testdata("minipkgs/drvs"),
            testdata("minipkgs/outpaths.json"),
            testdata("minipkgs/nix-env.json"),
        ]);
        graph.save(&file).unwrap();
        file
    });
    &SNAPSHOT
}

/// Runs on the small distribution.
pub(super) fn on_minipkgs(arguments: &[&str]) -> Ran {
    Program::new().env("NIX_RIPPLE_CLOSURE", minipkgs().to_str().unwrap()).run(arguments)
}
