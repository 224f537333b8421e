//! The import order, and what may lie where.

use std::collections::BTreeSet;
use std::path::{Path, PathBuf};
use std::process::Command;

/// From left to right: a module imports only from itself and from what stands before it.
const ORDER: [&str; 11] =
    ["nix", "ingest", "graph", "reach", "role", "verdict", "proof", "cost", "query", "report", "cli"];

/// What may lie at the top of the repository.
const TOP: [&str; 12] = [
    "Cargo.toml",
    "Cargo.lock",
    "src",
    "benches",
    "testdata",
    "scripts",
    "tests",
    "fuzz",
    "README.md",
    "LICENSE",
    "rustfmt.toml",
    "clippy.toml",
];

fn root() -> &'static Path {
    Path::new(env!("CARGO_MANIFEST_DIR"))
}

fn sources(folder: &Path, found: &mut Vec<PathBuf>) {
    for entry in std::fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        if path.is_dir() {
            sources(&path, found);
        } else if path.extension().is_some_and(|end| end == "rs") {
            found.push(path);
        }
    }
    found.sort();
}

/// The lines of a source without comments, literals and what stands behind `#[cfg(test)]`.
///
/// Knows as much of Rust as rustfmt's output needs: a test module's closing brace stands at the
/// indentation of its first line.
fn code(text: &str) -> Vec<String> {
    let mut kept = Vec::new();
    let mut until: Option<String> = None;
    let mut test = false;
    for line in text.lines() {
        let bare = line.trim_start();
        let indent = &line[..line.len() - bare.len()];
        if let Some(end) = &until {
            if line == end {
                until = None;
            }
            continue;
        }
        if bare.starts_with("#[cfg(test)]") {
            test = true;
            continue;
        }
        if test {
            if bare.starts_with("#[") {
                continue;
            }
            test = false;
            if bare.ends_with('{') {
                until = Some(format!("{indent}}}"));
            }
            continue;
        }
        kept.push(without_comment(bare));
    }
    kept
}

fn without_comment(line: &str) -> String {
    let mut quoted = false;
    let bytes = line.as_bytes();
    for at in 0..bytes.len() {
        match bytes[at] {
            b'"' if at == 0 || bytes[at - 1] != b'\\' => quoted = !quoted,
            b'/' if !quoted && bytes.get(at + 1) == Some(&b'/') => return line[..at].to_owned(),
            _ => {}
        }
    }
    line.to_owned()
}

/// The modules that a line of code names: `crate::graph`, `crate::{graph, nix}`.
fn named(line: &str) -> Vec<&str> {
    let mut found = Vec::new();
    for (at, prefix) in line.match_indices("crate::") {
        if line[..at].ends_with(|c: char| c.is_alphanumeric() || c == '_') {
            continue;
        }
        let rest = &line[at + prefix.len()..];
        if let Some(list) = rest.strip_prefix('{') {
            found.extend(list.split(['}', ',']).map(|item| word(item.trim())));
        } else {
            found.push(word(rest));
        }
    }
    found.retain(|name| !name.is_empty());
    found
}

fn word(text: &str) -> &str {
    &text[..text.find(|c: char| !c.is_alphanumeric() && c != '_').unwrap_or(text.len())]
}

#[test]
fn modules_import_leftwards() {
    let mut files = Vec::new();
    sources(&root().join("src"), &mut files);
    let mut wrong = Vec::new();
    let mut seen = 0;
    for file in files {
        let relative = file.strip_prefix(root().join("src")).unwrap();
        let Some(own) = relative.parent().and_then(|folder| folder.iter().next()).and_then(|part| part.to_str()) else {
            continue;
        };
        let place = |name: &str| ORDER.iter().position(|&known| known == name);
        let Some(own_place) = place(own) else {
            wrong.push(format!("{}: '{own}' is no module of the design", relative.display()));
            continue;
        };
        for line in code(&std::fs::read_to_string(&file).unwrap()) {
            for name in named(&line) {
                seen += 1;
                match place(name) {
                    Some(place) if place <= own_place => {}
                    Some(_) => wrong.push(format!("{}: {own} imports {name}: {line}", relative.display())),
                    None => wrong.push(format!("{}: '{name}' is no module: {line}", relative.display())),
                }
            }
        }
    }
    assert_eq!(wrong, Vec::<String>::new());
    assert!(seen > 50, "only {seen} imports found: the reader of sources is broken");
}

#[test]
fn library_and_program_hold_no_logic() {
    let lines = |file: &str| std::fs::read_to_string(root().join(file)).unwrap().lines().count();
    assert!(lines("src/main.rs") <= 12);
    for line in code(&std::fs::read_to_string(root().join("src/lib.rs")).unwrap()) {
        let allowed = line.is_empty() || line.starts_with("#!") || declares(&line);
        assert!(allowed, "src/lib.rs: {line}");
    }
}

fn declares(line: &str) -> bool {
    ["mod ", "pub mod ", "pub use ", "use ", "pub(crate) mod ", "pub(crate) use "]
        .iter()
        .any(|start| line.starts_with(start))
}

/// The command line's `mod.rs` puts the subcommands together; every other one only declares.
#[test]
fn module_roots_only_declare() {
    let mut files = Vec::new();
    sources(&root().join("src"), &mut files);
    for file in files.iter().filter(|file| file.ends_with("mod.rs") && !file.ends_with("cli/mod.rs")) {
        let text = std::fs::read_to_string(file).unwrap();
        let logic =
            code(&text).into_iter().find(|line| word(line) == "fn" || line.contains(" fn ") || word(line) == "impl");
        assert_eq!(logic, None, "{}", file.display());
    }
}

#[test]
fn the_top_level_is_that_of_the_design() {
    let allowed: BTreeSet<&str> = TOP.into_iter().collect();
    let listed = Command::new("git").args(["ls-files", "-z"]).current_dir(root()).output();
    let names: BTreeSet<String> = match listed {
        Ok(output) if output.status.success() => String::from_utf8(output.stdout)
            .unwrap()
            .split('\0')
            .filter(|path| !path.is_empty())
            .map(|path| path.split('/').next().unwrap().to_owned())
            .collect(),
        // no repository: what lies there, but for what building makes
        _ => std::fs::read_dir(root())
            .unwrap()
            .map(|entry| entry.unwrap().file_name().into_string().unwrap())
            .filter(|name| name != "target" && !name.ends_with(".orig"))
            .collect(),
    };
    let foreign: Vec<&String> =
        names.iter().filter(|name| !name.starts_with('.') && !allowed.contains(name.as_str())).collect();
    assert!(foreign.is_empty(), "{foreign:?}");
}

#[test]
fn reading_sources() {
    let text = "use crate::a::B; // crate::no\nlet x = \"//\"; crate::c::d();\n#[cfg(test)]\nmod tests {\n    use crate::e;\n}\nuse crate::{f, g::H};\nfn f() {\n    #[cfg(test)]\n    let y = crate::h::x();\n    crate::i::y();\n}\n";
    let code = code(text);
    let found: Vec<&str> = code.iter().flat_map(|line| named(line)).collect();
    assert_eq!(found, ["a", "c", "f", "g", "i"]);
}
