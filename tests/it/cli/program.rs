//! The program, run as a user does.

use std::io::Write;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::sync::LazyLock;

use serde_json::Value;

use crate::support::testdata;

/// What a run gave.
#[derive(Debug)]
pub(crate) struct Ran {
    pub(crate) code: i32,
    pub(crate) out: String,
    pub(crate) talk: String,
}

impl Ran {
    /// stdout of a run that went well.
    pub(crate) fn fine(self) -> String {
        assert_eq!(self.code, 0, "{self:?}");
        self.out
    }

    /// stderr of a run that failed; nothing is on stdout then.
    pub(crate) fn failed(self) -> String {
        assert_eq!((self.code, self.out.as_str()), (2, ""), "{self:?}");
        assert!(self.talk.starts_with("error: "), "{self:?}");
        self.talk
    }

    pub(crate) fn json(self) -> Value {
        serde_json::from_str(&self.fine()).unwrap()
    }
}

/// The program, in a folder of its own, without the user's settings.
pub(crate) struct Program {
    pub(crate) folder: tempfile::TempDir,
    env: Vec<(&'static str, String)>,
}

impl Program {
    pub(crate) fn new() -> Self {
        Self { folder: tempfile::tempdir().unwrap(), env: Vec::new() }
    }

    pub(crate) fn env(mut self, key: &'static str, value: &str) -> Self {
        self.env.push((key, value.to_owned()));
        self
    }

    pub(crate) fn write(&self, name: &str, content: impl AsRef<[u8]>) -> PathBuf {
        let file = self.folder.path().join(name);
        std::fs::write(&file, content).unwrap();
        file
    }

    pub(crate) fn command<S: AsRef<std::ffi::OsStr>>(&self, arguments: &[S]) -> Command {
        let mut command = Command::new(env!("CARGO_BIN_EXE_nix-ripple"));
        for key in [
            "NIX_RIPPLE_CLOSURE",
            "NIX_RIPPLE_CONFIG",
            "NIX_RIPPLE_PAGER",
            "PAGER",
            "NO_COLOR",
            "CLICOLOR",
            "CLICOLOR_FORCE",
            "NIX_PATH",
        ] {
            command.env_remove(key);
        }
        // where no user has defaults
        command.env("XDG_CONFIG_HOME", self.folder.path().join("config"));
        command.envs(self.env.iter().map(|(key, value)| (key, value)));
        command.args(arguments).current_dir(self.folder.path());
        command.stdin(Stdio::null()).stdout(Stdio::piped()).stderr(Stdio::piped());
        command
    }

    pub(crate) fn run<S: AsRef<std::ffi::OsStr>>(&self, arguments: &[S]) -> Ran {
        self.feed(arguments, None)
    }

    /// Runs with this on standard input.
    pub(crate) fn feed<S: AsRef<std::ffi::OsStr>>(&self, arguments: &[S], input: Option<&[u8]>) -> Ran {
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
pub(crate) fn minipkgs() -> &'static Path {
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
pub(crate) fn on_minipkgs(arguments: &[&str]) -> Ran {
    Program::new().env("NIX_RIPPLE_CLOSURE", minipkgs().to_str().unwrap()).run(arguments)
}
