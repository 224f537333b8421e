//! Where files of defaults are looked for.

use std::os::unix::fs::MetadataExt as _;
use std::path::{Path, PathBuf};

use etcetera::BaseStrategy;

/// The variable that names a file in place of the project's.
pub(super) const VARIABLE: &str = "NIX_RIPPLE_CONFIG";

/// What a project's file is called.
pub(super) const PROJECT: &str = ".nix-ripple.toml";

/// Whose defaults a file has.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Whose {
    /// Named by the environment.
    Named,
    /// The nearest from the current folder upwards.
    Project,
    /// The user's own.
    User,
}

impl Whose {
    pub(super) const fn told(self) -> &'static str {
        match self {
            Self::Named => "named by NIX_RIPPLE_CONFIG",
            Self::Project => "nearest from here upwards",
            Self::User => "your own",
        }
    }
}

/// A file that is looked for.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Place {
    pub(super) whose: Whose,
    pub(super) path: PathBuf,
    pub(super) is_there: bool,
}

/// The places in the order in which they count: a named file must be there, a project's is the nearest.
pub(super) fn places() -> Vec<Place> {
    let place = |whose, path: PathBuf| Place { whose, is_there: path.is_file(), path };
    let named = std::env::var_os(VARIABLE).filter(|value| !value.is_empty());
    let first = match named {
        Some(path) => place(Whose::Named, PathBuf::from(path)),
        None => {
            let here = std::env::current_dir().unwrap_or_default();
            let trusted = trusted(&here);
            let mut above = here.ancestors().map(|folder| folder.join(PROJECT));
            let nearest =
                above.find(|file| file.is_file() && owner(file).is_some_and(|owner| trusted.contains(&owner)));
            place(Whose::Project, nearest.unwrap_or_else(|| here.join(PROJECT)))
        }
    };
    let user = etcetera::choose_base_strategy().ok();
    let user = user.map(|base| place(Whose::User, base.config_dir().join("nix-ripple/config.toml")));
    std::iter::once(first).chain(user).collect()
}

/// Whose files count as a project's: the user's, root's, and those of who owns the folder that the user is in. Anybody
/// can put a file into `/tmp`, and a file of defaults decides what is claimed.
fn trusted(here: &Path) -> Vec<u32> {
    let own = rustix::process::geteuid().as_raw();
    [own, 0].into_iter().chain(owner(here)).collect()
}

fn owner(path: &Path) -> Option<u32> {
    std::fs::metadata(path).ok().map(|metadata| metadata.uid())
}

/// A path of a file in `folder`: `~` is the home folder, and what is relative is so to the folder.
pub(super) fn resolved(folder: &Path, text: &str) -> PathBuf {
    let path = Path::new(text);
    match path.strip_prefix("~") {
        Ok(rest) => match etcetera::home_dir() {
            // without a slash behind it where nothing follows
            Ok(home) if rest.as_os_str().is_empty() => home,
            Ok(home) => home.join(rest),
            Err(_) => path.to_path_buf(),
        },
        Err(_) => folder.join(path),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn paths_are_of_the_file() {
        let home = etcetera::home_dir().unwrap();
        for (text, expect) in [
            ("a/b", PathBuf::from("/x/a/b")),
            ("../b", PathBuf::from("/x/../b")),
            ("/a", PathBuf::from("/a")),
            ("~", home.clone()),
            ("~/a", home.join("a")),
            ("~a", PathBuf::from("/x/~a")),
        ] {
            assert_eq!(resolved(Path::new("/x"), text), expect, "{text}");
        }
    }
}
