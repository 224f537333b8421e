//! What comes along: copies of inputs whose propagated lists are edited.

use std::collections::{BTreeMap, BTreeSet};
use std::ffi::OsString;
use std::fs;
use std::os::unix::ffi::OsStrExt;
use std::os::unix::fs::symlink;
use std::path::{Path, PathBuf};

use super::error::ExperimentError;
use super::nix::Nix;
use super::recipe::exchange;
use super::stand_in::{base_name, copy_tree, digest_of};

/// What a package is to see instead of an input: nothing, or something else.
#[derive(Debug, Clone, Default)]
pub(super) struct Edit {
    /// Output paths that are gone.
    pub(super) gone: BTreeSet<String>,
    /// Output paths, and what stands in their place.
    pub(super) exchanged: BTreeMap<String, String>,
    /// Whether copies name what is exchanged in all their files, as after a rebuild, or in their
    /// propagated lists alone.
    pub(super) everywhere: bool,
}

/// Copies of carriers.
#[derive(Debug, Clone, Default)]
pub(super) struct Copies {
    /// A carrier's path, and its copy's.
    pub(super) paths: BTreeMap<String, String>,
    /// What the copies refer to.
    pub(super) references: BTreeSet<String>,
}

impl Edit {
    fn touches(&self, path: &str) -> bool {
        self.gone.contains(path) || self.exchanged.contains_key(path)
    }
}

/// Copies each input that propagates, by however many links, what the edit touches: the copy has the
/// same name and the same files, but its `nix-support/propagated-*` lack what is gone and name what is
/// exchanged, and the copies of further carriers. Linear in the lists, and in the files of carriers.
pub(super) fn copy_carriers(nix: &Nix, listed: &[String], edit: &Edit) -> Result<Copies, ExperimentError> {
    // carriers in the order in which all that they carry comes before them; a loop instead of recursion,
    // for chains may be long
    let mut lists: BTreeMap<String, Vec<String>> = BTreeMap::new();
    let mut order: Vec<String> = Vec::new();
    let mut open: Vec<(String, usize)> = listed.iter().rev().map(|path| (path.clone(), 0)).collect();
    while let Some((path, at)) = open.pop() {
        if at == 0 {
            if edit.touches(&path) || lists.contains_key(&path) {
                continue;
            }
            lists.insert(path.clone(), propagated(nix, &path)?);
        }
        match lists.get(&path).and_then(|list| list.get(at)) {
            Some(next) => {
                let next = next.clone();
                open.push((path, at + 1));
                open.push((next, 0));
            }
            None => order.push(path),
        }
    }
    let mut copies = Copies::default();
    for path in order {
        let list = lists.get(&path).map(Vec::as_slice).unwrap_or_default();
        if list.iter().any(|next| edit.touches(next) || copies.paths.contains_key(next)) {
            let copy = copy(nix, &path, edit, &mut copies)?;
            copies.paths.insert(path, copy);
        }
    }
    Ok(copies)
}

/// These paths, and all that they bring along, by however many links. Linear in the lists.
pub(super) fn brought(nix: &Nix, paths: &BTreeSet<String>) -> Result<BTreeSet<String>, ExperimentError> {
    let mut found = paths.clone();
    let mut open: Vec<String> = paths.iter().cloned().collect();
    while let Some(path) = open.pop() {
        for next in propagated(nix, &path)? {
            if digest_of(&next).is_some() && found.insert(next.clone()) {
                open.push(next);
            }
        }
    }
    Ok(found)
}

/// The store paths in a path's propagated lists.
fn propagated(nix: &Nix, path: &str) -> Result<Vec<String>, ExperimentError> {
    let mut found = Vec::new();
    for (_, file) in lists_of(nix, path)? {
        let text = fs::read(&file).map_err(ExperimentError::io(&file))?;
        let text = String::from_utf8_lossy(&text).into_owned();
        found.extend(text.split_whitespace().map(str::to_owned));
    }
    Ok(found)
}

/// The files of a path that hold propagated lists: their names, and where they are. The path, its
/// `nix-support` and the files may be links.
fn lists_of(nix: &Nix, path: &str) -> Result<Vec<(OsString, PathBuf)>, ExperimentError> {
    let folder = nix.followed(&nix.place(path)).and_then(|path| nix.followed(&path.join("nix-support")));
    let Some(folder) = folder else { return Ok(Vec::new()) };
    let Ok(entries) = fs::read_dir(&folder) else { return Ok(Vec::new()) };
    let mut files = Vec::new();
    for entry in entries {
        let entry = entry.map_err(ExperimentError::io(&folder))?;
        let name = entry.file_name();
        if name.as_bytes().starts_with(b"propagated-")
            && let Some(file) = nix.followed(&entry.path()).filter(|file| file.is_file())
        {
            files.push((name, file));
        }
    }
    files.sort();
    Ok(files)
}

/// Puts what a link leads to in the place of the link, as far as the propagated lists in it go: a folder
/// of links to what the other folder holds.
fn unfold(nix: &Nix, original: &Path, copy: &Path) -> Result<(), ExperimentError> {
    if !copy.is_symlink() {
        return Ok(());
    }
    let Some(folder) = nix.followed(original).filter(|folder| folder.is_dir()) else { return Ok(()) };
    fs::remove_file(copy).map_err(ExperimentError::io(copy))?;
    fs::create_dir(copy).map_err(ExperimentError::io(copy))?;
    let named = nix.named(&folder);
    for entry in fs::read_dir(&folder).map_err(ExperimentError::io(&folder))? {
        let name = entry.map_err(ExperimentError::io(&folder))?.file_name();
        let link = copy.join(&name);
        symlink(named.join(&name), &link).map_err(ExperimentError::io(&link))?;
    }
    Ok(())
}

fn copy(nix: &Nix, path: &str, edit: &Edit, copies: &mut Copies) -> Result<String, ExperimentError> {
    let folder = tempfile::tempdir().map_err(ExperimentError::io(&std::env::temp_dir()))?;
    let target = folder.path().join(base_name(path));
    let instead = |word: &str| copies.paths.get(word).or_else(|| edit.exchanged.get(word));
    // programs and archives take only what is as long as before
    let all: BTreeMap<String, String> =
        edit.exchanged.iter().chain(&copies.paths).map(|(from, to)| (from.clone(), to.clone())).collect();
    let fits = all.iter().all(|(from, to)| from.len() == to.len());
    let everywhere = if edit.everywhere && fits { all } else { BTreeMap::new() };
    // what is still named in the copy
    let mut named: Vec<Vec<u8>> = Vec::new();
    copy_tree(&nix.place(path), &target, &mut |relative, content| {
        let is_list = relative.starts_with(b"nix-support/propagated-");
        let edited = if is_list {
            edit_list(&content, &edit.gone, &instead)
        } else {
            exchange(&content, &everywhere).unwrap_or(content)
        };
        named.push(edited.clone());
        Some(edited)
    })?;
    unfold(nix, &nix.place(path), &target)?;
    if let Some(folder) = nix.followed(&nix.place(path)) {
        unfold(nix, &folder.join("nix-support"), &target.join("nix-support"))?;
    }
    for (name, file) in lists_of(nix, path)? {
        let list = target.join("nix-support").join(name);
        if list.is_symlink() {
            fs::remove_file(&list).map_err(ExperimentError::io(&list))?;
            let content = fs::read(&file).map_err(ExperimentError::io(&file))?;
            let edited = edit_list(&content, &edit.gone, &instead);
            fs::write(&list, &edited).map_err(ExperimentError::io(&list))?;
            named.push(edited);
        }
    }
    let copied = nix.add(&target)?;
    let names = |path: &str| {
        digest_of(path).is_some_and(|digest| named.iter().any(|text| memchr::memmem::find(text, &digest.0).is_some()))
    };
    let mut references = nix.references(path)?;
    references.push(path.to_owned());
    for reference in references {
        // what was exchanged is needed only where a file still names it
        let replaced = edit.touches(&reference) || copies.paths.contains_key(&reference) || reference == path;
        if !replaced || names(&reference) {
            copies.references.insert(reference.clone());
        }
        if let Some(other) = instead_of(&reference, edit, copies) {
            copies.references.insert(other);
        }
    }
    Ok(copied)
}

/// A propagated list without some of its paths, and with others in the place of some; what parts them
/// (spaces, lines) stays, but for a space behind a path that is gone.
fn edit_list<'t>(text: &[u8], gone: &BTreeSet<String>, instead: &impl Fn(&str) -> Option<&'t String>) -> Vec<u8> {
    let text = String::from_utf8_lossy(text);
    let mut edited = String::with_capacity(text.len());
    for part in text.split_inclusive(char::is_whitespace) {
        let word = part.trim_end();
        if gone.contains(word) {
            edited.push_str(part.get(word.len()..).unwrap_or_default().trim_start_matches(' '));
        } else {
            edited.push_str(instead(word).map_or(word, String::as_str));
            edited.push_str(part.get(word.len()..).unwrap_or_default());
        }
    }
    edited.into_bytes()
}

fn instead_of(path: &str, edit: &Edit, copies: &Copies) -> Option<String> {
    copies.paths.get(path).or_else(|| edit.exchanged.get(path)).cloned()
}
