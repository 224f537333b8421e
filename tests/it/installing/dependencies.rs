//! Nothing is depended on that is not used.

use std::path::{Path, PathBuf};

fn sources(folder: &Path, found: &mut String) {
    let mut entries: Vec<PathBuf> = std::fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().path()).collect();
    entries.sort();
    for path in entries {
        if path.is_dir() {
            sources(&path, found);
        } else if path.extension().is_some_and(|end| end == "rs") {
            for line in std::fs::read_to_string(&path).unwrap().lines() {
                if !line.trim_start().starts_with("//") {
                    *found += line;
                    found.push('\n');
                }
            }
        }
    }
}

/// Whether code names a crate: as the head of a path, or by itself in a `use`.
fn names(code: &str, name: &str) -> bool {
    let head = |at: usize| !code[..at].ends_with(|c: char| c.is_alphanumeric() || c == '_');
    code.match_indices(&format!("{name}::")).any(|(at, _)| head(at)) || code.contains(&format!("use {name};"))
}

#[test]
fn every_dependency_is_used() {
    let root = Path::new(env!("CARGO_MANIFEST_DIR"));
    let manifest: toml::Table = std::fs::read_to_string(root.join("Cargo.toml")).unwrap().parse().unwrap();
    let (mut own, mut all) = (String::new(), String::new());
    sources(&root.join("src"), &mut own);
    for folder in ["src", "tests", "benches"] {
        sources(&root.join(folder), &mut all);
    }
    let mut unused = Vec::new();
    for (table, code) in [("dependencies", &own), ("dev-dependencies", &all)] {
        for name in manifest[table].as_table().unwrap().keys() {
            if !names(code, &name.replace('-', "_")) {
                unused.push(format!("{table}: {name}"));
            }
        }
    }
    assert_eq!(unused, Vec::<String>::new());
    assert!(!names(&own, "no_such_crate") && names("use a::b;", "a") && !names("use da::b;", "a"));
}
