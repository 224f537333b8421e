//! Evaluation by nix-eval-jobs, which evaluates on several processes and tells of each attribute.

use std::fs::{self, File};
use std::io::{BufRead, BufReader};
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

use serde::Deserialize;
use serde_json::Value;
use tempfile::TempDir;

use super::found::{Finding, Found};
use super::message::message;
use super::session::Session;
use super::walk::json;
use crate::ingest::Progress;
use crate::ingest::expression::own_store;

/// What our expression calls its roots, and the elements of lists.
const ROOT: &str = "nix-ripple-root-";
const ITEM: &str = "nix-ripple-item-";

/// The derivation that tells the system.
const SYSTEM: &str = "nix-ripple-system";

/// What begins the message for an attribute that is not there.
const MISSING: &str = "nix-ripple-missing: ";

/// How much of what it says is looked at when it fails.
const TALK: usize = 64 * 1024;

/// nix-eval-jobs, and how it is run.
pub(super) struct Jobs<'j> {
    pub(super) program: &'j Path,
    pub(super) session: &'j Session,
    /// Attribute paths, those that are asked for; one without names for all.
    pub(super) roots: &'j [Vec<String>],
    pub(super) workers: usize,
    /// Keeps the derivations from being collected as garbage while it is there.
    pub(super) gc_roots: &'j Path,
}

/// A line of its output.
#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Line {
    attr_path: Vec<String>,
    drv_path: Option<String>,
    #[serde(default)]
    system: String,
    meta: Option<Value>,
    error: Option<String>,
}

impl Jobs<'_> {
    /// Evaluates all.
    ///
    /// # Errors
    /// In words, when it cannot be run or fails as a whole.
    pub(super) fn run(&self, progress: &Progress) -> Result<Finding, String> {
        let mut finding = Finding::default();
        let mut told = false;
        self.lines("jobs", self.roots, true, |line| {
            progress.add(1);
            let Some((first, rest)) = line.attr_path.split_first() else { return };
            if first == SYSTEM {
                told = true;
                finding.system.clone_from(&line.system);
                return;
            }
            let Some(root) = first.strip_prefix(ROOT).and_then(|i| self.roots.get(i.parse::<usize>().ok()?)) else {
                return;
            };
            let below = rest.iter().map(|name| name.strip_prefix(ITEM).unwrap_or(name).to_owned());
            let path: Vec<String> = root.iter().cloned().chain(below).collect();
            match (line.drv_path, line.error) {
                (_, Some(error)) => match error.split_once(MISSING) {
                    Some((_, missing)) => {
                        finding.missing.insert(path, missing.lines().next().unwrap_or_default().to_owned());
                    }
                    None => {
                        finding.attributes.insert(path, Found::Failed(message(&error)));
                    }
                },
                (Some(drv_path), None) => {
                    let found = Found::derivation(drv_path, line.system, line.meta);
                    finding.attributes.insert(path, found);
                }
                (None, None) => {}
            }
        })?;
        if !told {
            return Err("it did not evaluate all that it was asked".to_owned());
        }
        self.without_meta(&mut finding)?;
        Ok(finding)
    }

    /// What failed may have failed in its `meta` alone.
    fn without_meta(&self, finding: &mut Finding) -> Result<(), String> {
        let failed = finding.attributes.iter().filter(|(_, found)| matches!(found, Found::Failed(_)));
        let failed: Vec<Vec<String>> = failed.map(|(path, _)| path.clone()).collect();
        if failed.is_empty() {
            return Ok(());
        }
        self.lines("derivations", &failed, false, |line| {
            if let ([root], Some(drv_path), None) = (line.attr_path.as_slice(), line.drv_path, line.error)
                && let Some(path) = root.strip_prefix(ROOT).and_then(|i| failed.get(i.parse::<usize>().ok()?))
            {
                let found = Found::derivation(drv_path, line.system, None);
                finding.attributes.insert(path.clone(), found);
            }
        })
    }

    /// Runs it, and hands over what it prints.
    fn lines(&self, mode: &str, roots: &[Vec<String>], meta: bool, mut take: impl FnMut(Line)) -> Result<(), String> {
        let failed = |error: std::io::Error| error.to_string();
        let folder = TempDir::with_prefix("nix-ripple-").map_err(failed)?;
        let file = |name: &str| folder.path().join(name);
        fs::write(file("evaluate.nix"), super::EXPRESSION).map_err(failed)?;
        // too many for an argument
        fs::write(file("roots.json"), json(&roots)).map_err(failed)?;
        let talk = file("talk");
        let mut command = Command::new(self.program);
        if meta {
            command.arg("--meta");
        }
        command.args(["--workers", &self.workers.to_string(), "--gc-roots-dir"]).arg(self.gc_roots);
        if let Some(store) = own_store(self.session.store_root()) {
            command.args(["--option", "store"]).arg(store);
        }
        command.args(self.session.arguments(&[("mode", mode)]));
        let roots = crate::nix::string_literal(&file("roots.json").display().to_string());
        command.args(["--arg", "roots", &format!("builtins.readFile {roots}")]).arg(file("evaluate.nix"));
        command.stdin(Stdio::null()).stdout(Stdio::piped());
        command.stderr(Stdio::from(File::create(&talk).map_err(failed)?));
        let mut child = command.spawn().map_err(failed)?;
        let mut wrong = None;
        if let Some(out) = child.stdout.take() {
            for line in BufReader::new(out).lines() {
                match line
                    .map_err(|error| error.to_string())
                    .and_then(|line| if line.trim().is_empty() { Ok(None) } else { parse(&line).map(Some) })
                {
                    Ok(Some(line)) => take(line),
                    Ok(None) => {}
                    Err(error) => {
                        wrong.get_or_insert(error);
                    }
                }
            }
        }
        let status = child.wait().map_err(failed)?;
        if !status.success() {
            return Err(format!("{status}: {}", message(&end_of(&talk))));
        }
        wrong.map_or(Ok(()), Err)
    }
}

fn parse(line: &str) -> Result<Line, String> {
    serde_json::from_str(line).map_err(|error| format!("a line that is none of nix-eval-jobs: {error}"))
}

/// The last of a text file.
fn end_of(file: &Path) -> String {
    let text = fs::read(file).unwrap_or_default();
    String::from_utf8_lossy(text.get(text.len().saturating_sub(TALK)..).unwrap_or_default()).into_owned()
}

/// The program as the search path for programs gives it.
pub(super) fn in_path(name: &str) -> Option<PathBuf> {
    let path = std::env::var_os("PATH")?;
    std::env::split_paths(&path).map(|folder| folder.join(name)).find(|file| {
        use std::os::unix::fs::PermissionsExt;
        file.metadata().is_ok_and(|metadata| metadata.is_file() && metadata.permissions().mode() & 0o111 != 0)
    })
}
