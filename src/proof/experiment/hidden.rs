//! What the machine itself has of an input, where its folders are in the sandbox: left out of it.

use std::collections::BTreeSet;
use std::ffi::{OsStr, OsString};
use std::fs;
use std::path::{Path, PathBuf};

/// The sandbox for a build that must not find an input on the machine.
///
/// Files are hidden by showing their neighbours one by one instead of the folder. Nothing is ever put
/// over a file: the Nix of 2022 empties a file of the machine that another sandbox path is put over.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(super) struct Hidden {
    /// What is not to be seen, as builds name it. Sorted.
    pub(super) paths: Vec<PathBuf>,
    /// The setting `sandbox-paths` that leaves it out.
    pub(super) sandbox_paths: String,
}

/// A kind of thing that is found by its name.
#[derive(Debug, Clone, Copy)]
enum Offer {
    Program,
    Header,
    Library,
    PkgConfig,
    Cmake,
    Python,
}

/// Folders of an output or of the machine that hold what is offered; `*` is any text in a name.
const PLACES: [(Offer, &[&str]); 6] = [
    (Offer::Program, &["bin", "sbin", "local/bin", "local/sbin", "games"]),
    (Offer::Header, &["include", "include/*-linux-gnu", "local/include"]),
    (Offer::Library, &["lib", "lib64", "lib/*-linux-gnu", "local/lib"]),
    (Offer::PkgConfig, &["lib/pkgconfig", "lib64/pkgconfig", "share/pkgconfig", "lib/*-linux-gnu/pkgconfig"]),
    (Offer::Cmake, &["lib/cmake", "lib64/cmake", "share/cmake", "lib/*-linux-gnu/cmake"]),
    (Offer::Python, &["lib/python*/site-packages", "lib/python*/dist-packages", "local/lib/python*/dist-packages"]),
];

impl Hidden {
    /// What of `outputs` (on the disk; `follow` tells where links lead) the machine has too, in what the
    /// setting `sandbox-paths` shows of it: programs, headers, libraries to link, files of pkg-config and cmake, python modules.
    ///
    /// Underestimates: what is found by other names or in other places. Libraries by their versioned names
    /// stay, for the machine's own programs need them to run. Where one entry of the setting lies in another,
    /// nothing is left out; whoever builds finds out that it is not hidden.
    pub(super) fn of(outputs: &[PathBuf], sandbox_paths: &str, follow: &dyn Fn(PathBuf) -> Option<PathBuf>) -> Self {
        let offered: Vec<(Offer, &[&str], BTreeSet<OsString>)> = PLACES
            .into_iter()
            .map(|(offer, places)| {
                let folders =
                    outputs.iter().flat_map(|output| places.iter().flat_map(|place| expand(output, place, follow)));
                let names = folders.flat_map(|folder| names_in(&folder)).filter(|name| offer.takes(name));
                (offer, places, names.collect())
            })
            .collect();
        let mut hidden = Self::default();
        let mut shown = Vec::new();
        let insides: Vec<&str> = sandbox_paths.split_whitespace().map(inside_of).collect();
        // a file in a folder that is shown besides would be put over the machine's own
        let nested = insides
            .iter()
            .any(|one| insides.iter().any(|other| one != other && Path::new(one).starts_with(Path::new(other))));
        for entry in sandbox_paths.split_whitespace() {
            let path = entry.strip_suffix('?').unwrap_or(entry);
            let (inside, outside) = path.split_once('=').unwrap_or((path, path));
            let outside = Path::new(outside);
            let mut below: BTreeSet<PathBuf> = BTreeSet::new();
            for (_, places, names) in &offered {
                for folder in
                    places.iter().flat_map(|place| rests(outside, place)).flat_map(|rest| expand(outside, &rest, &Some))
                {
                    let Ok(folder) = folder.strip_prefix(outside) else { continue };
                    let there = names.iter().map(|name| folder.join(name));
                    below.extend(there.filter(|path| outside.join(path).symlink_metadata().is_ok()));
                }
            }
            if below.is_empty() || nested {
                hidden.paths.extend(below.into_iter().map(|path| Path::new(inside).join(path)));
                shown.push(entry.to_owned());
                continue;
            }
            shown.extend(neighbours(inside, outside, &below));
            hidden.paths.extend(below.into_iter().map(|path| Path::new(inside).join(path)));
        }
        hidden.paths.sort();
        hidden.paths.dedup();
        hidden.sandbox_paths = shown.join(" ");
        hidden
    }
}

/// What an entry of `sandbox-paths` is called in the sandbox.
fn inside_of(entry: &str) -> &str {
    let entry = entry.strip_suffix('?').unwrap_or(entry);
    entry.split_once('=').map_or(entry, |(inside, _)| inside)
}

/// Everything below `outside` but these, as entries of `sandbox-paths`: whole folders where nothing in them
/// is hidden. What the setting cannot name, for a space or a sign of its own in it, is left out too.
fn neighbours(inside: &str, outside: &Path, hidden: &BTreeSet<PathBuf>) -> Vec<String> {
    let mut shown = Vec::new();
    let mut open = vec![PathBuf::new()];
    while let Some(folder) = open.pop() {
        for name in names_in(&outside.join(&folder)) {
            let path = folder.join(&name);
            if hidden.contains(&path) {
                continue;
            }
            if hidden.iter().any(|other| other.starts_with(&path)) {
                open.push(path);
                continue;
            }
            if let Some(text) = path.to_str().filter(|text| !text.contains([' ', '\t', '\n', '=', '?'])) {
                shown.push(format!("{}/{text}={}/{text}?", inside.trim_end_matches('/'), outside.display()));
            }
        }
    }
    shown.sort();
    shown
}

/// What is left of a place when some of it is a folder's own end: of `lib/*-linux-gnu` in `/usr` all of it, in
/// `/lib` the last part.
fn rests(folder: &Path, place: &str) -> Vec<String> {
    let parts: Vec<&str> = place.split('/').collect();
    let own: Vec<String> = folder.iter().map(|part| part.to_string_lossy().into_owned()).collect();
    (0..=parts.len().min(own.len()))
        .filter(|&count| {
            let end = &own[own.len() - count..];
            end.iter().zip(&parts).all(|(own, part)| fits(own, part))
        })
        .map(|count| parts[count..].join("/"))
        .collect()
}

/// Whether a name is what a part of a place says.
fn fits(name: &str, part: &str) -> bool {
    match part.split_once('*') {
        None => name == part,
        Some((start, end)) => name.len() >= start.len() + end.len() && name.starts_with(start) && name.ends_with(end),
    }
}

impl Offer {
    fn takes(self, name: &OsStr) -> bool {
        let name = name.to_string_lossy();
        match self {
            Self::Program | Self::Header | Self::Cmake => true,
            Self::Library => name.starts_with("lib") && (name.ends_with(".so") || name.ends_with(".a")),
            Self::PkgConfig => name.ends_with(".pc"),
            Self::Python => {
                !name.starts_with("__")
                    && !name.ends_with(".pth")
                    && !name.ends_with("-info")
                    && name != "site-packages"
            }
        }
    }
}

/// The folders below `root` that a place names; `root` itself for none. `follow` tells where a link leads.
fn expand(root: &Path, place: &str, follow: &dyn Fn(PathBuf) -> Option<PathBuf>) -> Vec<PathBuf> {
    let mut folders: Vec<PathBuf> = follow(root.to_path_buf()).into_iter().collect();
    for part in place.split('/').filter(|part| !part.is_empty()) {
        let next = |folder: PathBuf| {
            if !part.contains('*') {
                return vec![folder.join(part)];
            }
            let names = names_in(&folder).into_iter().filter(|name| fits(&name.to_string_lossy(), part));
            names.map(|name| folder.join(name)).collect()
        };
        folders = folders.into_iter().flat_map(next).filter_map(follow).collect();
    }
    folders.retain(|folder| folder.is_dir());
    folders
}

/// Sorted; nothing where there is no such folder.
fn names_in(folder: &Path) -> Vec<OsString> {
    let Ok(entries) = fs::read_dir(folder) else { return Vec::new() };
    let mut names: Vec<OsString> = entries.filter_map(|entry| Some(entry.ok()?.file_name())).collect();
    names.sort();
    names
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_the_machine_has_too() {
        let folder = tempfile::tempdir().unwrap();
        let file = |path: &str| {
            let path = folder.path().join(path);
            fs::create_dir_all(path.parent().unwrap()).unwrap();
            fs::write(path, "x").unwrap();
        };
        for path in ["in/bin/xz", "in/bin/other", "in/include/z.h", "in/lib/libz.so", "in/lib/libz.so.1"] {
            file(path);
        }
        file("in/lib/python3.11/site-packages/yaml/__init__.py");
        for path in
            ["usr/bin/xz", "usr/bin/ls", "usr/include/x86_64-linux-gnu/z.h", "usr/lib/libz.so", "usr/lib/libz.so.1"]
        {
            file(path);
        }
        file("usr/lib/python3/dist-packages/yaml/__init__.py");
        file("usr/lib/python3/dist-packages/other.py");
        file("usr/share/x");
        let usr = folder.path().join("usr").display().to_string();
        let settings = format!("/usr={usr} /lib={usr}/lib? /etc /nowhere?");
        let found = Hidden::of(&[folder.path().join("in")], &settings, &Some);
        let hidden: Vec<&str> = found.paths.iter().map(|path| path.to_str().unwrap()).collect();
        let expect = [
            "/lib/libz.so",
            "/lib/python3/dist-packages/yaml",
            "/usr/bin/xz",
            "/usr/include/x86_64-linux-gnu/z.h",
            "/usr/lib/libz.so",
            "/usr/lib/python3/dist-packages/yaml",
        ];
        assert_eq!(hidden, expect);
        let shown: Vec<String> = found.sandbox_paths.split(' ').map(|entry| entry.replace(&usr, "@")).collect();
        let expect = [
            "/usr/bin/ls=@/bin/ls?",
            "/usr/lib/libz.so.1=@/lib/libz.so.1?",
            "/usr/lib/python3/dist-packages/other.py=@/lib/python3/dist-packages/other.py?",
            "/usr/share=@/share?",
            "/lib/libz.so.1=@/lib/libz.so.1?",
            "/lib/python3/dist-packages/other.py=@/lib/python3/dist-packages/other.py?",
            "/etc",
            "/nowhere?",
        ];
        assert_eq!(shown, expect);
    }

    #[test]
    fn nothing_in_common() {
        let folder = tempfile::tempdir().unwrap();
        let found = Hidden::of(&[folder.path().to_path_buf()], "/bin  /lib?", &Some);
        assert_eq!(found, Hidden { paths: Vec::new(), sandbox_paths: "/bin /lib?".to_owned() });
    }
}
