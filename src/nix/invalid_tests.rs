//! `testdata/invalid/README.md` says what must be said of each file there. This holds the parsers
//! to it; what shows only in a whole closure is for the reader of closures to be held to.

use std::collections::BTreeMap;

use super::{aterm, fixtures, json};

/// What the parser of a single derivation says.
fn said(name: &str, text: &[u8]) -> String {
    let error = if name.ends_with(".drv") {
        aterm::parse(text).err().map(|error| error.to_string())
    } else {
        json::parse(text, "/nix/store", "x").err().map(|error| error.to_string())
    };
    error.unwrap_or_else(|| "parses".to_owned())
}

#[test]
fn what_is_said_of_invalid_derivations() {
    let mut files = fixtures::files("invalid");
    let readme = String::from_utf8(files.remove("README.md").unwrap()).unwrap();
    let rows: BTreeMap<&str, &str> =
        readme.lines().filter_map(|line| line.strip_prefix("| `")?.strip_suffix(" |")?.split_once("` | ")).collect();
    assert!(rows.keys().eq(files.keys()), "the table of the README and the files differ");
    for (name, text) in &files {
        let expect = rows[name.as_str()];
        if name.ends_with(".closure.json") {
            assert!(expect.starts_with("closure: "), "{name}");
        } else if expect.starts_with("parses; ") {
            assert_eq!(said(name, text), "parses", "{name}");
        } else {
            assert_eq!(said(name, text), expect, "{name}");
        }
    }
}
