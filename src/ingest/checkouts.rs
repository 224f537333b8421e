//! Where trees are checked out to be evaluated.

use std::fs::{self, File, TryLockError};
use std::path::{Path, PathBuf};

use tempfile::TempDir;

use super::git::{GitError, Repository, Revision, Worktree};

/// A place for the trees of a repository, one at a time. All of them lie at the same path: where a
/// recipe has the path of its tree in it, that makes no difference between two trees.
#[derive(Debug)]
pub struct Checkouts {
    folder: PathBuf,
    /// Held while this is there, so that no other run uses the place.
    _lock: Option<File>,
    _temporary: Option<TempDir>,
}

impl Checkouts {
    /// In this folder, which stays the same from run to run; waits until no other run uses it, and calls
    /// `waits` before that.
    ///
    /// # Errors
    /// When the folder cannot be used.
    pub fn in_folder(folder: &Path, repository: &Repository, waits: impl FnOnce()) -> Result<Self, GitError> {
        let io = |source| GitError::Io { what: folder.display().to_string(), source };
        fs::create_dir_all(folder).map_err(io)?;
        let lock = File::create(folder.join("lock")).map_err(io)?;
        match lock.try_lock() {
            Ok(()) => {}
            Err(TryLockError::WouldBlock) => {
                waits();
                lock.lock().map_err(io)?;
            }
            Err(TryLockError::Error(error)) => return Err(io(error)),
        }
        let folder = folder.canonicalize().map_err(io)?.join(name_of(repository));
        Worktree::remove_rest(&folder);
        Ok(Self { folder, _lock: Some(lock), _temporary: None })
    }

    /// In a folder that is made for it and removed again.
    ///
    /// # Errors
    /// When none can be made.
    pub fn temporary(repository: &Repository) -> Result<Self, GitError> {
        let io = |source| GitError::Io { what: "a folder for temporary files".to_owned(), source };
        let temporary = TempDir::with_prefix("nix-ripple-").map_err(io)?;
        let folder = temporary.path().canonicalize().map_err(io)?.join(name_of(repository));
        Ok(Self { folder, _lock: None, _temporary: Some(temporary) })
    }

    /// Where every tree lies.
    #[must_use]
    pub fn folder(&self) -> &Path {
        &self.folder
    }

    /// Checks a revision out. The tree before it must be gone.
    ///
    /// # Errors
    /// With git's own message.
    pub fn check_out(&mut self, repository: &Repository, revision: &Revision) -> Result<Worktree, GitError> {
        repository.check_out(revision, &self.folder)
    }
}

/// The folder's name is that of the repository: a store path of the whole tree has it.
fn name_of(repository: &Repository) -> PathBuf {
    let name = repository.folder().file_name().filter(|name| *name != "lock");
    PathBuf::from(name.unwrap_or("tree".as_ref()))
}
