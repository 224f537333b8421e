//! Two revisions of a repository, by the user's own git, whose checkout is left alone.

use std::ffi::OsStr;
use std::fs;
use std::io::ErrorKind;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

/// Why there is no tree.
#[derive(Debug, thiserror::Error)]
pub enum GitError {
    /// There is no git.
    #[error("git is not installed (or not in PATH)")]
    NoGit,
    /// It cannot be run, or a folder cannot be made.
    #[error("{what}: {source}")]
    Io {
        /// What cannot be used.
        what: String,
        /// The answer of the operating system.
        source: std::io::Error,
    },
    /// It refuses, and says why.
    #[error("git {what}: {message}")]
    Refused {
        /// What it was to do.
        what: String,
        /// Its own message.
        message: String,
    },
    /// A folder that is in none.
    #[error("{folder} is in no git repository: {message}")]
    NoRepository {
        /// The folder.
        folder: String,
        /// What git says.
        message: String,
    },
    /// A name that means nothing here.
    #[error("'{name}' names no commit of {folder}{}: {message}", shallow_hint(*.shallow))]
    NoRevision {
        /// The name.
        name: String,
        /// The repository.
        folder: String,
        /// It is a clone without all of the history.
        shallow: bool,
        /// What git says.
        message: String,
    },
    /// The text names no two revisions.
    #[error("'{0}' is no range of revisions; expected BASE..HEAD, BASE...HEAD (from where they parted), or BASE..")]
    NoRange(String),
}

/// What helps where a commit may only not have been fetched.
fn shallow_hint(shallow: bool) -> &'static str {
    if shallow { ", which is a shallow clone (git fetch --deepen N gets more of its history)" } else { "" }
}

/// A repository on this machine.
#[derive(Debug, Clone)]
pub struct Repository {
    folder: PathBuf,
}

/// A revision, resolved.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Revision {
    /// As it was named.
    pub name: String,
    /// Hash of the commit.
    pub commit: String,
    /// Hash of its tree: two commits with the same tree hold the same files.
    pub tree: String,
}

/// A range of revisions as git writes them.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Range {
    /// What is left of the dots; HEAD where nothing is.
    pub base: String,
    /// What is right of them, likewise.
    pub head: String,
    /// Three dots: the base is where the two have parted.
    pub from_merge_base: bool,
}

impl std::str::FromStr for Range {
    type Err = GitError;

    fn from_str(text: &str) -> Result<Self, GitError> {
        let (base, head, from_merge_base) = match (text.split_once("..."), text.split_once("..")) {
            (Some((base, head)), _) => (base, head, true),
            (None, Some((base, head))) => (base, head, false),
            (None, None) => return Err(GitError::NoRange(text.to_owned())),
        };
        if (base.is_empty() && head.is_empty()) || head.starts_with('.') || head.contains("..") {
            return Err(GitError::NoRange(text.to_owned()));
        }
        let or_head = |name: &str| if name.is_empty() { "HEAD" } else { name }.to_owned();
        Ok(Self { base: or_head(base), head: or_head(head), from_merge_base })
    }
}

impl Repository {
    /// The one that a folder lies in.
    ///
    /// # Errors
    /// When there is none, or no git.
    pub fn of(folder: &Path) -> Result<Self, GitError> {
        let here = Self { folder: folder.to_path_buf() };
        // git's own message for a folder that is not there names the wrong one
        fs::read_dir(folder).map_err(|source| GitError::Io { what: folder.display().to_string(), source })?;
        let found = here.git("rev-parse", ["--absolute-git-dir"]).map_err(|error| match error {
            GitError::Refused { message, .. } => {
                GitError::NoRepository { folder: folder.display().to_string(), message }
            }
            error => error,
        })?;
        let top = here.git("rev-parse", ["--show-toplevel"]).ok().filter(|top| !top.is_empty());
        Ok(Self { folder: PathBuf::from(top.unwrap_or(found)) })
    }

    /// Its top folder.
    #[must_use]
    pub fn folder(&self) -> &Path {
        &self.folder
    }

    /// Resolves a name.
    ///
    /// # Errors
    /// With git's own message, when it names no commit.
    pub fn revision(&self, name: &str) -> Result<Revision, GitError> {
        // an option it would be
        if name.starts_with('-') {
            return Err(GitError::NoRange(name.to_owned()));
        }
        let hash = |of: &str| {
            self.git("rev-parse", ["--verify", &format!("{name}^{{{of}}}")]).map_err(|error| match error {
                GitError::Refused { message, .. } => GitError::NoRevision {
                    name: name.to_owned(),
                    folder: self.folder.display().to_string(),
                    shallow: self.is_shallow(),
                    message,
                },
                error => error,
            })
        };
        Ok(Revision { name: name.to_owned(), commit: hash("commit")?, tree: hash("tree")? })
    }

    /// Whether it is a clone without all of the history.
    fn is_shallow(&self) -> bool {
        self.git("rev-parse", ["--is-shallow-repository"]).is_ok_and(|answer| answer == "true")
    }

    /// The two ends of a range.
    ///
    /// # Errors
    /// As [`Self::revision`]; also where three dots stand between revisions without a common one.
    pub fn range(&self, range: &Range) -> Result<(Revision, Revision), GitError> {
        let (mut base, head) = (self.revision(&range.base)?, self.revision(&range.head)?);
        if range.from_merge_base {
            let parted = self.git("merge-base", [&base.commit, &head.commit]).map_err(|error| match error {
                GitError::Refused { what, message } if message.is_empty() => GitError::Refused {
                    what,
                    message: format!(
                        "{} and {} have no common base{}",
                        base.name,
                        head.name,
                        shallow_hint(self.is_shallow())
                    ),
                },
                error => error,
            })?;
            // where the base has gone on since, its name means another commit
            if parted != base.commit {
                let name = format!("base of {} and {}", base.name, head.name);
                base = Revision { name, ..self.revision(&parted)? };
            }
        }
        Ok((base, head))
    }

    /// The commit that a checkout is of, when nothing in it differs from that: neither changed nor
    /// untracked files, nor ignored ones. `None` also where the folder is not the top of a checkout.
    #[must_use]
    pub fn clean_checkout(folder: &Path) -> Option<Revision> {
        let repository = Self::of(folder).ok()?;
        if repository.folder.canonicalize().ok()? != folder.canonicalize().ok()? {
            return None;
        }
        let status = repository.git("status", ["--porcelain", "--ignored", "--untracked-files=normal"]).ok()?;
        if status.is_empty() { repository.revision("HEAD").ok() } else { None }
    }

    /// Checks a revision out into `folder`, which must not exist; its parent must.
    ///
    /// Git's own file in it (`.git`) is put aside while the tree is there: an expression could read the
    /// commit from it, and what it has shall follow from the tree alone.
    ///
    /// # Errors
    /// With git's own message.
    pub fn check_out(&self, revision: &Revision, folder: &Path) -> Result<Worktree, GitError> {
        let io = |source| GitError::Io { what: folder.display().to_string(), source };
        let folder = std::path::absolute(folder).map_err(io)?;
        let worktree = Worktree { folder };
        let options = [OsStr::new("add"), "--detach".as_ref(), "--force".as_ref(), worktree.folder.as_os_str()];
        self.git("worktree", options.into_iter().chain([OsStr::new(&revision.commit)]))?;
        fs::rename(worktree.folder.join(".git"), aside(&worktree.folder)).map_err(io)?;
        Ok(worktree)
    }

    fn git<S: AsRef<OsStr>>(&self, what: &str, arguments: impl IntoIterator<Item = S>) -> Result<String, GitError> {
        let mut command = Command::new("git");
        // a hook of the repository is nothing that a diff should run
        command.arg("-C").arg(&self.folder).args(["-c", "core.hooksPath=/dev/null", "-c", "advice.detachedHead=false"]);
        command.arg(what).args(arguments);
        // whoever is started by a hook has these, and means another checkout
        for name in ["GIT_DIR", "GIT_WORK_TREE", "GIT_INDEX_FILE", "GIT_PREFIX"] {
            command.env_remove(name);
        }
        command.env("GIT_OPTIONAL_LOCKS", "0");
        let output = command.stdin(Stdio::null()).output().map_err(|source| match source.kind() {
            ErrorKind::NotFound => GitError::NoGit,
            _ => GitError::Io { what: "git".to_owned(), source },
        })?;
        if !output.status.success() {
            let message = String::from_utf8_lossy(&output.stderr).trim().to_owned();
            return Err(GitError::Refused { what: what.to_owned(), message });
        }
        Ok(String::from_utf8_lossy(&output.stdout).trim().to_owned())
    }
}

/// A tree that is checked out, until this goes.
#[derive(Debug)]
pub struct Worktree {
    folder: PathBuf,
}

impl Worktree {
    /// Where it lies.
    #[must_use]
    pub fn folder(&self) -> &Path {
        &self.folder
    }

    /// Removes what a run that was ended has left behind in this folder, if anything.
    pub fn remove_rest(folder: &Path) {
        if folder.exists() || aside(folder).exists() {
            drop(Self { folder: folder.to_path_buf() });
        }
    }
}

impl Drop for Worktree {
    fn drop(&mut self) {
        // what cannot be removed now cannot be told either; git forgets it in time
        let _ = fs::rename(aside(&self.folder), self.folder.join(".git"));
        let here = Repository { folder: self.folder.clone() };
        let options = [OsStr::new("remove"), "--force".as_ref(), "--force".as_ref(), self.folder.as_os_str()];
        if here.git("worktree", options).is_err() {
            let _ = fs::remove_dir_all(&self.folder);
        }
    }
}

/// Where git's own file of a worktree waits.
fn aside(folder: &Path) -> PathBuf {
    let mut name = folder.file_name().unwrap_or_default().to_owned();
    name.push(".git-file");
    folder.with_file_name(name)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ranges() {
        let check = |text: &str, expect: Option<(&str, &str, bool)>| {
            let range = text.parse::<Range>().ok();
            let range = range.as_ref().map(|range| (range.base.as_str(), range.head.as_str(), range.from_merge_base));
            assert_eq!(range, expect, "{text}");
        };
        check("a..b", Some(("a", "b", false)));
        check("a...b", Some(("a", "b", true)));
        check("a..", Some(("a", "HEAD", false)));
        check("..b", Some(("HEAD", "b", false)));
        check("origin/master...", Some(("origin/master", "HEAD", true)));
        for text in ["", "a", "..", "...", "a..b..c", "a....b"] {
            check(text, None);
        }
    }
}
