//! Listings (`.ls`) that binary caches keep beside archives.

use std::collections::BTreeMap;

use serde::Deserialize;

use super::{Content, Entry, Tree};

/// Why a listing cannot be read.
#[derive(Debug, thiserror::Error)]
pub enum ListingError {
    /// JSON ends, or is none, or is nested deeper than some sixty folders.
    #[error("{path}: {source}; expected a listing of a binary cache, fetch it again")]
    Json {
        /// The file.
        path: String,
        /// What is wrong, with line and column.
        source: serde_json::Error,
    },
    /// Another version.
    #[error("{path}: a listing of version {version}; only version 1 is known")]
    Version {
        /// The file.
        path: String,
        /// Its version.
        version: u64,
    },
    /// An entry is not as it should be.
    #[error("{path}, entry '{entry}': {expected}; fetch the listing again")]
    Damaged {
        /// The file.
        path: String,
        /// Which entry.
        entry: String,
        /// What was expected.
        expected: &'static str,
    },
}

#[derive(Deserialize)]
struct Document {
    version: u64,
    root: Node,
}

#[derive(Deserialize)]
struct Node {
    #[serde(rename = "type")]
    kind: String,
    entries: Option<BTreeMap<String, Node>>,
    size: Option<u64>,
    #[serde(default)]
    executable: bool,
    target: Option<String>,
}

impl Tree {
    /// The files of a listing, without their contents. `shown` is for messages. O(n log n).
    ///
    /// # Errors
    /// When it is no listing of version 1, or an entry is not as it should be.
    pub fn of_listing(text: &[u8], shown: &str) -> Result<Self, ListingError> {
        let document: Document =
            serde_json::from_slice(text).map_err(|source| ListingError::Json { path: shown.to_owned(), source })?;
        if document.version != 1 {
            return Err(ListingError::Version { path: shown.to_owned(), version: document.version });
        }
        let mut tree = Self::default();
        let mut open = vec![(String::new(), document.root)];
        while let Some((path, node)) = open.pop() {
            let damaged = |expected| {
                let entry = if path.is_empty() { "root".to_owned() } else { path.clone() };
                Err(ListingError::Damaged { path: shown.to_owned(), entry, expected })
            };
            let entry = match (node.kind.as_str(), node.entries, node.size, node.target) {
                ("directory", Some(entries), ..) => {
                    for (name, inner) in entries {
                        if name.is_empty() || name == "." || name == ".." || name.contains(['/', '\0']) {
                            return damaged("expected entries whose names are no paths");
                        }
                        open.push((if path.is_empty() { name } else { format!("{path}/{name}") }, inner));
                    }
                    Entry::Directory
                }
                ("directory", ..) => return damaged("expected 'entries' of a directory"),
                ("regular", _, Some(size), _) => {
                    Entry::Regular { executable: node.executable, size, content: Content::Unknown }
                }
                ("regular", ..) => return damaged("expected 'size' of a regular file"),
                ("symlink", .., Some(target)) => Entry::Symlink(target.into_bytes()),
                ("symlink", ..) => return damaged("expected 'target' of a symlink"),
                _ => return damaged("expected a type of 'directory', 'regular' or 'symlink'"),
            };
            tree.entries.insert(path.into_bytes(), entry);
        }
        Ok(tree)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn reads() {
        let text = r#"{"version":1,"root":{"type":"directory","entries":{
            "bin":{"type":"directory","entries":{"x":{"type":"regular","size":3,"executable":true,"narOffset":400}}},
            "lib":{"type":"symlink","target":"bin"},"a":{"type":"regular","size":0}}}}"#;
        let tree = Tree::of_listing(text.as_bytes(), "x.ls").unwrap();
        let paths: Vec<String> = tree.entries.keys().map(|path| String::from_utf8_lossy(path).into_owned()).collect();
        assert_eq!(paths, ["", "a", "bin", "bin/x", "lib"]);
        assert_eq!(tree.entries[&b"lib".to_vec()], Entry::Symlink(b"bin".to_vec()));
        let Entry::Regular { executable: true, size: 3, content: Content::Unknown } = &tree.entries[&b"bin/x".to_vec()]
        else {
            panic!("{tree:?}")
        };
        let file = Tree::of_listing(br#"{"root":{"type":"regular","size":1},"version":1}"#, "x").unwrap();
        assert_eq!(file.entries.len(), 1);
    }

    #[test]
    fn damaged() {
        for (text, told) in [
            ("", "x.ls: EOF while parsing"),
            ("[]", "x.ls: "),
            (r#"{"version":2,"root":{"type":"directory","entries":{}}}"#, "of version 2"),
            (r#"{"version":1}"#, "missing field `root`"),
            (r#"{"version":1,"root":{"type":"fifo"}}"#, "x.ls, entry 'root': expected a type"),
            (r#"{"version":1,"root":{"type":"directory"}}"#, "expected 'entries'"),
            (r#"{"version":1,"root":{"type":"regular"}}"#, "expected 'size'"),
            (r#"{"version":1,"root":{"type":"regular","size":-1}}"#, "invalid value"),
            (r#"{"version":1,"root":{"type":"symlink"}}"#, "expected 'target'"),
            (
                r#"{"version":1,"root":{"type":"directory","entries":{"a":{"type":"directory","entries":{"b":{"type":"symlink"}}}}}}"#,
                "entry 'a/b': expected 'target'",
            ),
            (r#"{"version":1,"root":{"type":"directory","entries":{"..":{"type":"regular","size":1}}}}"#, "no paths"),
            (r#"{"version":1,"root":{"type":"directory","entries":{"a/b":{"type":"regular","size":1}}}}"#, "no paths"),
        ] {
            let error = Tree::of_listing(text.as_bytes(), "x.ls").unwrap_err().to_string();
            assert!(error.contains(told), "{text}: {error}");
        }
        let folder = r#"{"type":"directory","entries":{"a":"#;
        let deep = format!("{}{}", r#"{"version":1,"root":"#, folder.repeat(9999));
        let error = Tree::of_listing(deep.as_bytes(), "x.ls").unwrap_err().to_string();
        assert!(error.contains("recursion limit"), "{error}");
    }
}
