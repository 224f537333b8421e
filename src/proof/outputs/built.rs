//! An output as it is given: a store path, a folder, an archive, a listing.

use std::fs::{self, File};
use std::io::{self, Read, Seek, SeekFrom};
use std::path::{Component, Path, PathBuf};

use super::{ListingError, Tree, TreeError, base_name, nar};
use crate::nix::store_path::DEFAULT_STORE_DIR;

/// How many links are followed to an output.
const MOST_LINKS: usize = 40;

/// The longest packed listing that is read.
const LONGEST_LISTING: u64 = 1 << 30;

/// Why what was given cannot be read.
#[derive(Debug, thiserror::Error)]
pub enum BuiltError {
    /// A file of the output.
    #[error(transparent)]
    Tree(#[from] TreeError),
    /// The listing.
    #[error(transparent)]
    Listing(#[from] ListingError),
    /// The operating system refused.
    #[error("{path}: {source}")]
    Io {
        /// What was given.
        path: String,
        /// Its answer.
        source: io::Error,
    },
    /// Links that lead nowhere.
    #[error("{0}: more than {MOST_LINKS} links, one to the other; give the output itself")]
    Links(String),
}

/// An output, as it was given.
#[derive(Debug)]
pub struct Built {
    /// As it was given.
    pub given: String,
    /// The base name of its store path, where it lies in a store.
    pub base_name: Option<String>,
    /// Its files.
    pub tree: Tree,
    /// Whether their contents are not known, for it is a listing.
    pub listed: bool,
}

/// Where a path of a store lies on the disk.
fn placed(path: &Path, store_root: Option<&Path>) -> PathBuf {
    let Some(root) = store_root.filter(|_| path.starts_with(DEFAULT_STORE_DIR)) else { return path.to_path_buf() };
    let mut placed = root.to_path_buf();
    placed.extend(path.components().filter(|part| matches!(part, Component::Normal(_))));
    placed
}

/// The base name, where it is that of a store path.
fn own_name(path: &Path) -> Option<String> {
    path.file_name().and_then(|name| name.to_str()).and_then(base_name).map(str::to_owned)
}

impl Built {
    /// Opens a store path, a folder, an archive (NAR) or a listing (`.ls`), the last two also packed with
    /// zstd or xz. Links that lead to a store (`result`) are followed, an output that is a link is not.
    /// `store_root` is where the store lies if not at `/nix/store` itself.
    ///
    /// # Errors
    /// When it cannot be read, or is damaged.
    pub fn open(path: &Path, store_root: Option<&Path>) -> Result<Self, BuiltError> {
        let given = path.display().to_string();
        let io = |source: io::Error| BuiltError::Io { path: given.clone(), source };
        let mut at = placed(path, store_root);
        let mut links = 0;
        let name = loop {
            let name = own_name(&at);
            if name.is_some() || !fs::symlink_metadata(&at).map_err(io)?.is_symlink() {
                break name;
            }
            links += 1;
            if links > MOST_LINKS {
                return Err(BuiltError::Links(given));
            }
            let target = fs::read_link(&at).map_err(io)?;
            at = placed(&at.parent().unwrap_or(Path::new("")).join(target), store_root);
        };
        if fs::symlink_metadata(&at).map_err(io)?.is_file() {
            if nar::begins_archive(&at)? {
                // an archive may have the name of what it holds
                let base_name = name.map(|name| bare(&name).to_owned());
                return Ok(Self { tree: Tree::of_nar(&at)?, given, base_name, listed: false });
            }
            if name.is_none()
                && let Some(built) = Self::listing(&at, &given)?
            {
                return Ok(built);
            }
            // one that is cut right at its start
            if name.is_none() && [".nar", ".nar.xz", ".nar.zst"].iter().any(|end| given.ends_with(end)) {
                return Err(TreeError::NoNar(given).into());
            }
        }
        Ok(Self { tree: Tree::of_path(&at)?, given, base_name: name, listed: false })
    }

    /// A listing; `None` where the file is none.
    fn listing(path: &Path, given: &str) -> Result<Option<Self>, BuiltError> {
        let io = |source: io::Error| BuiltError::Io { path: given.to_owned(), source };
        let file = File::open(path).map_err(io)?;
        let mut head = Vec::new();
        (&file).take(8).read_to_end(&mut head).map_err(io)?;
        (&file).seek(SeekFrom::Start(0)).map_err(io)?;
        let unpacked = nar::unpacking(&head, &file).map_err(io)?;
        let mut text = Vec::new();
        match unpacked {
            Some(unpacked) => unpacked.take(LONGEST_LISTING).read_to_end(&mut text),
            None if head.starts_with(b"{") && given.ends_with(".ls") => {
                (&file).take(LONGEST_LISTING).read_to_end(&mut text)
            }
            None => return Ok(None),
        }
        .map_err(io)?;
        let tree = Tree::of_listing(&text, given)?;
        Ok(Some(Self { given: given.to_owned(), base_name: None, tree, listed: true }))
    }
}

/// A name without what says that an archive is packed.
fn bare(name: &str) -> &str {
    let name = [".xz", ".zst"].iter().find_map(|end| name.strip_suffix(end)).unwrap_or(name);
    name.strip_suffix(".nar").unwrap_or(name)
}

#[cfg(test)]
mod tests {
    use super::*;

    const A: &str = "0001x39905jwpbxh95qbvxcka0llljcd-a";
    const B: &str = "1001x39905jwpbxh95qbvxcka0llljcd-b";

    #[test]
    fn store_paths_and_links_to_them() {
        let root = tempfile::tempdir().unwrap();
        let store = root.path().join("nix/store");
        fs::create_dir_all(store.join(A)).unwrap();
        std::os::unix::fs::symlink(format!("/nix/store/{A}/bin"), store.join(B)).unwrap();
        let result = root.path().join("result");
        std::os::unix::fs::symlink(format!("/nix/store/{A}"), root.path().join("first")).unwrap();
        std::os::unix::fs::symlink("first", &result).unwrap();
        let check = |path: &Path, name: &str, entries: usize| {
            let built = Built::open(path, Some(root.path())).unwrap();
            assert_eq!((built.base_name.as_deref(), built.tree.entries.len()), (Some(name), entries));
        };
        check(Path::new(&format!("/nix/store/{A}")), A, 1);
        check(&store.join(A), A, 1);
        check(&result, A, 1);
        // an output that is a link stays one
        check(Path::new(&format!("/nix/store/{B}")), B, 1);
        let ring = root.path().join("ring");
        std::os::unix::fs::symlink("ring", &ring).unwrap();
        let error = Built::open(&ring, None).unwrap_err().to_string();
        assert!(error.contains("more than 40 links"), "{error}");
        let error = Built::open(&root.path().join("none"), None).unwrap_err().to_string();
        assert!(error.contains("none: No such file"), "{error}");
    }

    #[test]
    fn listings() {
        let folder = tempfile::tempdir().unwrap();
        let text = br#"{"version":1,"root":{"type":"regular","size":1}}"#;
        for (name, bytes) in [("x.ls", text.to_vec()), ("y", zstd::encode_all(&text[..], 1).unwrap())] {
            let path = folder.path().join(name);
            fs::write(&path, bytes).unwrap();
            assert!(Built::open(&path, None).unwrap().listed, "{name}");
        }
        for (name, bytes, told) in [
            ("x.ls", &b"{"[..], "EOF"),
            ("y", b"\xfd7zXZ\0rest", "y: "),
            ("z", b"\x28\xb5\x2f\xfdno such thing", "z: "),
        ] {
            let path = folder.path().join(name);
            fs::write(&path, bytes).unwrap();
            let error = Built::open(&path, None).unwrap_err().to_string();
            assert!(error.contains(told), "{name}: {error}");
        }
        for name in ["a.nar", "a.nar.xz", "a.nar.zst"] {
            let path = folder.path().join(name);
            fs::write(&path, "").unwrap();
            let error = Built::open(&path, None).unwrap_err().to_string();
            assert!(error.contains("no NAR"), "{name}: {error}");
        }
        let plain = folder.path().join("plain");
        fs::write(&plain, "{}").unwrap();
        assert!(!Built::open(&plain, None).unwrap().listed);
    }
}
