//! What stands in the place of an input: copies, and stubs without content.

use std::fs;
use std::os::unix::ffi::OsStrExt;
use std::os::unix::fs::{PermissionsExt, symlink};
use std::path::{Path, PathBuf};

use super::error::ExperimentError;
use super::nix::Nix;
use crate::nix::{Digest, StorePath};
use crate::proof::outputs::{Content, Entry, Tree};

/// The digest of a store path.
pub(super) fn digest_of(path: &str) -> Option<Digest> {
    StorePath::from_absolute(path.as_bytes()).ok().map(|(_, path)| path.digest)
}

/// The name of a store path without its digest.
pub(super) fn base_name(path: &str) -> String {
    match StorePath::from_absolute(path.as_bytes()) {
        Ok((_, path)) => path.name.to_owned(),
        Err(_) => "input".to_owned(),
    }
}

/// Gets a file's path in its tree and its content, and gives what is written.
type EditFile<'e> = dyn FnMut(&[u8], Vec<u8>) -> Option<Vec<u8>> + 'e;

/// Copies a tree; `edit` gets each file's path in it and its content, and gives what is written, or
/// nothing for a file that is left out.
pub(super) fn copy_tree(from: &Path, to: &Path, edit: &mut EditFile<'_>) -> Result<(), ExperimentError> {
    let tree = Tree::of_path(from)?;
    for (relative, entry) in &tree.entries {
        let target =
            if relative.is_empty() { to.to_path_buf() } else { to.join(std::ffi::OsStr::from_bytes(relative)) };
        match entry {
            Entry::Directory => fs::create_dir(&target).map_err(ExperimentError::io(&target))?,
            Entry::Symlink(link) => {
                symlink(std::ffi::OsStr::from_bytes(link), &target).map_err(ExperimentError::io(&target))?;
            }
            Entry::Regular { executable, content, .. } => {
                let Content::File(file) = content else { continue };
                let text = fs::read(file).map_err(ExperimentError::io(file))?;
                let Some(edited) = edit(relative, text) else { continue };
                fs::write(&target, edited).map_err(ExperimentError::io(&target))?;
                let mode = if *executable { 0o555 } else { 0o444 };
                fs::set_permissions(&target, fs::Permissions::from_mode(mode)).map_err(ExperimentError::io(&target))?;
            }
        }
    }
    Ok(())
}

/// What a stub's files hold.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Filling {
    /// Nothing: whoever looks whether they are there is content.
    Nothing,
    /// What stops whoever runs, loads, includes or sources them.
    Poison,
}

/// Puts into the store what has the name, the folders, the files' names and the metadata of an output,
/// but no content.
///
/// Metadata are what says that the input is there and what it brings along: the propagated lists in
/// `nix-support`, `.dist-info` and `.egg-info` of python packages, and, in a stub that is empty, `.pc`
/// files. A setup hook is content, and so is what a link to somewhere else leads to. Compiled modules of
/// python (`__pycache__`) are left out, for an empty one is a damaged one. In the place of a module that is
/// a library stands poison in python: who loads what is no library gets the error of a module that is not
/// there, and many go on without it.
pub(super) fn stub(nix: &Nix, path: &str, filling: Filling) -> Result<String, ExperimentError> {
    let folder = tempfile::tempdir().map_err(ExperimentError::io(&std::env::temp_dir()))?;
    let target = folder.path().join(base_name(path));
    let place = nix.place(path);
    let mut modules: Vec<PathBuf> = Vec::new();
    copy_tree(&place, &target, &mut |relative, content| {
        if is_metadata(relative, filling) {
            return Some(content);
        }
        if let Some(module) = module_of(relative).filter(|_| filling == Filling::Poison) {
            modules.push(target.join(std::ffi::OsStr::from_bytes(&module)));
            return None;
        }
        (!relative.ends_with(b".pyc")).then(|| filling.text(relative))
    })?;
    for module in modules {
        fs::write(&module, filling.text(b".py")).map_err(ExperimentError::io(&module))?;
    }
    cut_links(nix, &place, &target, filling)?;
    nix.add(&target)
}

/// Puts stubs in the place of links that lead out of a tree.
fn cut_links(nix: &Nix, from: &Path, to: &Path, filling: Filling) -> Result<(), ExperimentError> {
    for (relative, entry) in &Tree::of_path(to)?.entries {
        let Entry::Symlink(link) = entry else { continue };
        let path = std::ffi::OsStr::from_bytes(relative);
        // the output itself may be one: a slash at its end would follow it
        let (original, copy) =
            if relative.is_empty() { (from.to_path_buf(), to.to_path_buf()) } else { (from.join(path), to.join(path)) };
        let link = Path::new(std::ffi::OsStr::from_bytes(link));
        let inside = link.is_relative()
            && original
                .canonicalize()
                .is_ok_and(|target| from.canonicalize().is_ok_and(|from| target.starts_with(from)));
        if inside {
            continue;
        }
        fs::remove_file(&copy).map_err(ExperimentError::io(&copy))?;
        if nix.followed(&original).is_some_and(|target| target.is_dir()) {
            fs::create_dir(&copy).map_err(ExperimentError::io(&copy))?;
            continue;
        }
        fs::write(&copy, filling.text(relative)).map_err(ExperimentError::io(&copy))?;
        // where it leads may not be at hand; what has no use for the right does not mind it
        fs::set_permissions(&copy, fs::Permissions::from_mode(0o555)).map_err(ExperimentError::io(&copy))?;
    }
    Ok(())
}

impl Filling {
    /// What stands in a file, by its name.
    fn text(self, relative: &[u8]) -> Vec<u8> {
        const WORDS: &str = "taken out of the build";
        if self == Self::Nothing {
            return Vec::new();
        }
        let ends = |ends: &[&str]| ends.iter().any(|end| relative.ends_with(end.as_bytes()));
        let text = if ends(&[".py"]) {
            format!("raise RuntimeError('{WORDS}')\n")
        } else if ends(&[".h", ".hpp", ".hh", ".hxx", ".inc"]) {
            format!("#error {WORDS}\n")
        } else if ends(&[".cmake"]) {
            format!("message(FATAL_ERROR \"{WORDS}\")\n")
        } else if relative.starts_with(b"nix-support/") {
            // sourced by the build's own shell
            format!("echo '{WORDS}' >&2; exit 97\n")
        } else {
            format!("#!/bin/sh\necho '{WORDS}' >&2\nexit 97\n")
        };
        text.into_bytes()
    }
}

/// For a library that python imports as a module (`x.cpython-311-x86_64-linux-gnu.so`), the name of the same
/// module in python.
fn module_of(relative: &[u8]) -> Option<Vec<u8>> {
    let (folder, name) = relative.split_at(relative.iter().rposition(|&byte| byte == b'/')? + 1);
    let of_python =
        folder.split(|&byte| byte == b'/').any(|part| [b"site-packages".as_slice(), b"dist-packages"].contains(&part));
    let stem = name.get(..memchr::memchr(b'.', name)?)?;
    let module = of_python && name.ends_with(b".so") && !stem.starts_with(b"lib");
    module.then(|| [folder, stem, b".py"].concat())
}

fn is_metadata(relative: &[u8], filling: Filling) -> bool {
    let parts: Vec<&[u8]> = relative.split(|&byte| byte == b'/').collect();
    let folders = parts.split_last().map_or(&[][..], |(_, folders)| folders);
    relative.starts_with(b"nix-support/propagated-")
        || relative.ends_with(b".egg-info")
        || (filling == Filling::Nothing && relative.ends_with(b".pc"))
        || folders.iter().any(|folder| folder.ends_with(b".dist-info") || folder.ends_with(b".egg-info"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn modules_are_told_by_their_path() {
        let check = |path: &str, expect: Option<&str>| {
            assert_eq!(module_of(path.as_bytes()).as_deref(), expect.map(str::as_bytes), "{path}");
        };
        let folder = "lib/python3.11/site-packages";
        check(&format!("{folder}/x/_fast.cpython-311-x86_64-linux-gnu.so"), Some(&format!("{folder}/x/_fast.py")));
        check(&format!("{folder}/fast.abi3.so"), Some(&format!("{folder}/fast.py")));
        check(&format!("{folder}/fast.so"), Some(&format!("{folder}/fast.py")));
        check(&format!("{folder}/x.libs/libz.so"), None);
        check(&format!("{folder}/x.py"), None);
        check("lib/x.so", None);
        check("x.so", None);
    }

    #[test]
    fn metadata_are_told_by_their_path() {
        let check =
            |path: &str, expect: bool| assert_eq!(is_metadata(path.as_bytes(), Filling::Nothing), expect, "{path}");
        check("nix-support/propagated-build-inputs", true);
        check("lib/python3.11/site-packages/x-1.dist-info/METADATA", true);
        check("lib/python3.11/site-packages/x.egg-info", true);
        check("lib/pkgconfig/z.pc", true);
        check("lib/python3.11/site-packages/x/__init__.py", false);
        check("share/nix-support/x", false);
        check("nix-support/setup-hook", false);
        assert!(!is_metadata(b"lib/pkgconfig/z.pc", Filling::Poison));
        check("bin/x", false);
    }
}
