//! The user's own Nix: adds paths, instantiates, builds.

use std::collections::BTreeMap;
use std::ffi::OsString;
use std::io::Write;
use std::path::{Path, PathBuf};
use std::process::{Command, Output, Stdio};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

use serde::Deserialize;

use super::error::ExperimentError;
use super::failure::{Built, builds_more, failed_derivation, failure, message};
use super::hidden::Hidden;
use crate::nix::StorePath;

/// How many links one after the other are followed, as Linux does.
const LINKS: usize = 40;

/// Nix, a store, and the options that the user passes on.
#[derive(Debug, Clone)]
pub struct Nix {
    /// A store of its own, below this folder.
    store: Option<PathBuf>,
    /// Options of `nix-store --realise`.
    options: Vec<OsString>,
    /// Whether a build ran on another machine.
    elsewhere: Arc<AtomicBool>,
}

/// A program that a program of Nix is run by, and what stands in for its standard input.
pub(super) struct Under {
    /// The program and its arguments.
    pub(super) words: Vec<OsString>,
    /// Its standard input.
    pub(super) input: Stdio,
}

/// What an instantiated expression is.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
pub(super) struct Instantiated {
    /// The derivation's path.
    pub(super) drv: String,
    /// Its outputs by name.
    pub(super) outputs: BTreeMap<String, String>,
}

impl Nix {
    /// The store of the environment, or that below `store`; `options` are passed on to each build.
    #[must_use]
    pub fn new(store: Option<&Path>, options: Vec<OsString>) -> Self {
        let store = store.map(|store| std::path::absolute(store).unwrap_or_else(|_| store.to_path_buf()));
        Self { store, options, elsewhere: Arc::default() }
    }

    /// The options that builds are made with.
    #[must_use]
    pub fn options(&self) -> &[OsString] {
        &self.options
    }

    /// Where a link leads, on this machine; the path itself where it is none. `None` where links go round.
    pub(super) fn followed(&self, path: &Path) -> Option<PathBuf> {
        let mut path = path.to_path_buf();
        for _ in 0..LINKS {
            let Ok(link) = std::fs::read_link(&path) else { return Some(path) };
            path = match (link.to_str(), path.parent()) {
                // in a store of its own, links name what lies below that store's folder
                (Some(text), _) if link.is_absolute() && self.place(text).symlink_metadata().is_ok() => {
                    self.place(text)
                }
                (_, Some(folder)) => folder.join(&link),
                (_, None) => link,
            };
        }
        None
    }

    /// Where a store path lies on this machine.
    #[must_use]
    pub fn place(&self, path: &str) -> PathBuf {
        match &self.store {
            Some(store) => store.join(path.trim_start_matches('/')),
            None => PathBuf::from(path),
        }
    }

    /// What builds call a place in the store.
    pub(super) fn named(&self, place: &Path) -> PathBuf {
        match self.store.as_ref().and_then(|store| place.strip_prefix(store).ok()) {
            Some(rest) => Path::new("/").join(rest),
            None => place.to_path_buf(),
        }
    }

    fn command(&self, program: &'static str) -> Command {
        self.command_under(program, None)
    }

    fn command_under(&self, program: &'static str, under: Option<Under>) -> Command {
        let mut command = Command::new(program);
        command.stdin(Stdio::null());
        if let Some(Under { words, input }) = under
            && let Some((first, rest)) = words.split_first()
        {
            command = Command::new(first);
            command.args(rest).arg(program).stdin(input);
        }
        // messages are read, so they must be Nix's own
        command.env("LC_ALL", "C");
        if let Some(store) = &self.store {
            command.arg("--store").arg(store);
        }
        command
    }

    fn run(&self, program: &'static str, command: &mut Command) -> Result<Output, ExperimentError> {
        command.output().map_err(|source| ExperimentError::NoNix { program, source })
    }

    fn succeed(&self, program: &'static str, command: &mut Command) -> Result<String, ExperimentError> {
        let output = self.run(program, command)?;
        if !output.status.success() {
            return Err(ExperimentError::Nix { program, message: message(&output) });
        }
        Ok(String::from_utf8_lossy(&output.stdout).trim_end().to_owned())
    }

    /// Puts a file or folder into the store, under its own name.
    pub(super) fn add(&self, path: &Path) -> Result<String, ExperimentError> {
        let text = self.succeed("nix-store", self.command("nix-store").arg("--add").arg(path))?;
        store_path("nix-store", &text)
    }

    /// Evaluates an expression that is a derivation, and writes it into the store.
    pub(super) fn instantiate(&self, expression: &[u8]) -> Result<Instantiated, ExperimentError> {
        let mut file = tempfile::Builder::new()
            .prefix("nix-ripple-")
            .suffix(".nix")
            .tempfile()
            .map_err(ExperimentError::io(Path::new("a temporary file")))?;
        file.write_all(b"let derivation' = ")
            .and_then(|()| file.write_all(expression))
            .and_then(|()| file.write_all(ANSWER.as_bytes()))
            .map_err(ExperimentError::io(file.path()))?;
        let mut command = self.command("nix-instantiate");
        command.args(["--eval", "--strict", "--json", "--read-write-mode"]).arg(file.path());
        let text = self.succeed("nix-instantiate", &mut command)?;
        serde_json::from_str(&text).map_err(|error| ExperimentError::Nix {
            program: "nix-instantiate",
            message: format!("it printed no answer: {error}"),
        })
    }

    /// The folder that store paths begin with.
    pub(super) fn store_dir(&self) -> Result<String, ExperimentError> {
        let mut command = self.command("nix-instantiate");
        let text = self.succeed("nix-instantiate", command.args(["--eval", "--json", "-E", "builtins.storeDir"]))?;
        serde_json::from_str(&text).map_err(|error| ExperimentError::Nix {
            program: "nix-instantiate",
            message: format!("it printed no answer: {error}"),
        })
    }

    /// The paths that a path refers to, by the store's own books.
    pub(super) fn references(&self, path: &str) -> Result<Vec<String>, ExperimentError> {
        self.query("--references", path)
    }

    /// The paths that a path needs to run, with itself, by the store's own books.
    pub(super) fn requisites(&self, path: &str) -> Result<Vec<String>, ExperimentError> {
        self.query("--requisites", path)
    }

    fn query(&self, what: &str, path: &str) -> Result<Vec<String>, ExperimentError> {
        let text = self.succeed("nix-store", self.command("nix-store").args(["--query", what, path]))?;
        text.lines().map(|line| store_path("nix-store", line)).collect()
    }

    /// Builds a derivation, with another setting of `sandbox-paths` where there is one.
    ///
    /// A failure of the builder of `drv` itself is an answer; every other failure is an error.
    pub(super) fn build(&self, drv: &str, hidden: Option<&Hidden>) -> Result<Built, ExperimentError> {
        let output = self.realise(&[drv.to_owned()], hidden, None)?;
        self.outcome(drv, &output)
    }

    /// Builds a derivation under another program; gives also whether Nix built anything else, or elsewhere.
    pub(super) fn build_under(&self, drv: &str, under: Under) -> Result<(Built, bool), ExperimentError> {
        let output = self.realise(&[drv.to_owned()], None, Some(under))?;
        let talk = String::from_utf8_lossy(&output.stderr);
        let others = builds_more(drv, &talk);
        Ok((self.outcome(drv, &output)?, others))
    }

    fn outcome(&self, drv: &str, output: &Output) -> Result<Built, ExperimentError> {
        if output.status.success() {
            return Ok(Built::Done);
        }
        let talk = String::from_utf8_lossy(&output.stderr).into_owned();
        let log = self.log(drv).unwrap_or_default();
        failure(drv, &talk, &log, message(output))
    }

    /// Whether a build ran on another machine.
    pub(super) fn built_elsewhere(&self) -> bool {
        self.elsewhere.load(Ordering::Relaxed)
    }

    /// Builds or fetches what an experiment needs.
    pub(super) fn provide(&self, outputs: &[String]) -> Result<(), ExperimentError> {
        if outputs.is_empty() {
            return Ok(());
        }
        // a long list of inputs is longer than a command line may be
        for part in outputs.chunks(500) {
            let mut output = self.realise(part, None, None)?;
            // Nix kills a builder that closes its output before it ends, as the tools of coreutils do
            if String::from_utf8_lossy(&output.stderr).contains("failed due to signal 9") {
                output = self.realise(part, None, None)?;
            }
            if !output.status.success() {
                let talk = String::from_utf8_lossy(&output.stderr);
                // the first says why; that all behind it cannot be built then goes without saying
                let first = talk.lines().map(str::trim).find(|line| line.contains("builder for '"));
                let message = first.map_or_else(|| message(&output), str::to_owned);
                let drv = failed_derivation(&talk).unwrap_or("an input").to_owned();
                return Err(ExperimentError::Needed { drv, message });
            }
        }
        Ok(())
    }

    fn realise(
        &self,
        paths: &[String],
        hidden: Option<&Hidden>,
        under: Option<Under>,
    ) -> Result<Output, ExperimentError> {
        let mut command = self.command_under("nix-store", under);
        command.arg("--realise").args(paths);
        command.args(["--option", "sandbox", "true", "--option", "sandbox-fallback", "false"]);
        let mut settings = None;
        match hidden {
            // without words it would not be seen where a build ran
            None => drop(command.args(self.options.iter().filter(|option| *option != "--quiet"))),
            Some(hidden) => {
                command.args(self.options_without_paths());
                // longer than an argument may be
                let mut file = tempfile::NamedTempFile::new().map_err(ExperimentError::io(&std::env::temp_dir()))?;
                writeln!(file, "sandbox-paths = {}", hidden.sandbox_paths).map_err(ExperimentError::io(file.path()))?;
                command.env("NIX_USER_CONF_FILES", user_settings(file.path()));
                settings = Some(file);
            }
        }
        let output = self.run("nix-store", &mut command)?;
        // building '/nix/store/….drv' on 'ssh://…'
        if String::from_utf8_lossy(&output.stderr).lines().any(|line| line.contains(".drv' on '")) {
            self.elsewhere.store(true, Ordering::Relaxed);
        }
        drop(settings);
        Ok(output)
    }

    /// What a build printed, where it is known.
    pub(super) fn log(&self, drv: &str) -> Option<String> {
        let output = self.command("nix-store").args(["--read-log", drv]).output().ok()?;
        output.status.success().then(|| String::from_utf8_lossy(&output.stdout).into_owned())
    }

    /// The user's options without those that say what of the machine is in the sandbox.
    fn options_without_paths(&self) -> Vec<&OsString> {
        let names = |option: &OsString| {
            let text = option.to_string_lossy();
            let name = text.strip_prefix("--").unwrap_or(&text);
            is_called(name.strip_prefix("extra-").unwrap_or(name), "sandbox-paths")
        };
        let mut kept = Vec::new();
        let mut options = self.options.iter().peekable();
        while let Some(option) = options.next() {
            if option == "--option" && options.peek().is_some_and(|name| names(name)) {
                options.next();
                options.next();
            } else if names(option) {
                options.next();
            } else if option != "--quiet" {
                kept.push(option);
            }
        }
        kept
    }

    /// A setting that builds are made with: the last of the user's options, else what Nix is configured
    /// with. `None` where neither tells.
    pub(super) fn setting(&self, name: &str) -> Option<String> {
        let mut found = None;
        let mut extra = String::new();
        let options: Vec<std::borrow::Cow<'_, str>> =
            self.options.iter().map(|option| option.to_string_lossy()).collect();
        for at in 0..options.len() {
            let (key, value) = match options[at].as_ref() {
                "--option" => (options.get(at + 1).map(AsRef::as_ref), options.get(at + 2)),
                word => (word.strip_prefix("--"), options.get(at + 1)),
            };
            let (Some(key), Some(value)) = (key, value) else { continue };
            if is_called(key, name) {
                found = Some(value.to_string());
                extra.clear();
            } else if key.strip_prefix("extra-").is_some_and(|key| is_called(key, name)) {
                extra.push(' ');
                extra.push_str(value);
            }
        }
        // the second is its name since 2.20
        let configured = || {
            [["show-config"].as_slice(), &["config", "show"]].into_iter().find_map(|words| {
                let mut command = self.command("nix");
                command.args(["--extra-experimental-features", "nix-command"]).args(words);
                let text = self.succeed("nix", &mut command).ok()?;
                text.lines().find_map(|line| {
                    let (key, value) = line.split_once('=')?;
                    (key.trim() == name).then(|| value.trim().to_owned())
                })
            })
        };
        Some(found.or_else(configured)? + &extra)
    }
}

/// A line that a program of Nix prints, which must be a store path.
fn store_path(program: &'static str, line: &str) -> Result<String, ExperimentError> {
    match StorePath::from_absolute(line.as_bytes()) {
        Ok(_) => Ok(line.to_owned()),
        Err(_) => Err(ExperimentError::Nix {
            program,
            message: format!("expected it to print a store path, found '{}'", line.escape_debug()),
        }),
    }
}

/// Whether a setting has this name, or is an older one of it.
fn is_called(word: &str, name: &str) -> bool {
    word == name || (name == "sandbox-paths" && ["build-chroot-dirs", "build-sandbox-paths"].contains(&word))
}

/// The files of the user's own settings, one more before them: the first of them wins.
fn user_settings(first: &Path) -> OsString {
    let mut files = first.as_os_str().to_owned();
    let given = std::env::var_os("NIX_USER_CONF_FILES").or_else(|| {
        let folder = std::env::var_os("XDG_CONFIG_HOME").filter(|folder| !folder.is_empty()).map(PathBuf::from);
        let folder = folder.or_else(|| Some(PathBuf::from(std::env::var_os("HOME")?).join(".config")))?;
        Some(folder.join("nix/nix.conf").into_os_string())
    });
    if let Some(given) = given {
        files.push(":");
        files.push(given);
    }
    files
}

/// What is told of the derivation that stands before it.
const ANSWER: &str = "; in {
  drv = derivation'.drvPath;
  outputs = builtins.listToAttrs (map (name: { inherit name; value = derivation'.${name}.outPath; })
    (derivation'.drvAttrs.outputs or [ \"out\" ]));
}
";
