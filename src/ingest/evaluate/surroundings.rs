//! What an evaluation depends on besides the files that it evaluates.

use std::path::{Path, PathBuf};

use super::argument::Argument;
use super::evaluation::EvaluateParams;

/// Files outside a tree that nixpkgs reads, below the user's home folder.
const SETTINGS: [&str; 4] =
    [".config/nixpkgs/config.nix", ".config/nixpkgs/overlays.nix", ".config/nixpkgs/overlays", ".nixpkgs/config.nix"];

impl EvaluateParams {
    /// What tells this evaluation from another of the same files, by name: what was asked, what
    /// evaluates, and those surroundings that nixpkgs reads (its variables and the user's settings).
    /// `None` where an argument or an entry of the search path names a file, for that may change.
    #[must_use]
    pub fn identity(&self) -> Option<Vec<(&'static str, String)>> {
        let arguments = self.effective_arguments();
        if arguments.iter().any(names_a_file) || self.search_path.iter().any(|entry| is_local(entry)) {
            return None;
        }
        let mut parts = vec![("evaluator", self.evaluator.identity())];
        let mut attributes = self.attributes.clone();
        attributes.sort_unstable();
        attributes.dedup();
        parts.extend(attributes.into_iter().map(|attribute| ("attribute", attribute)));
        parts.extend(arguments.iter().map(|argument| match argument {
            Argument::Expression(name, value) => ("argument", format!("{name} = {value}")),
            Argument::Text(name, value) => ("text", format!("{name} = {value}")),
        }));
        let mut systems = self.systems.clone();
        systems.sort_unstable();
        systems.dedup();
        if systems.is_empty() {
            systems.push(format!("{}-{}", std::env::consts::ARCH, std::env::consts::OS));
        }
        parts.extend(systems.into_iter().map(|system| ("system", system)));
        parts.extend(self.search_path.iter().map(|entry| ("search path", entry.clone())));
        parts.extend(environment().map(|variable| ("environment", variable)));
        parts.extend(settings().into_iter().map(|text| ("settings", text)));
        Some(parts)
    }
}

/// Whether an argument's expression has a path in it. (`//` joins sets.)
fn names_a_file(argument: &Argument) -> bool {
    match argument {
        Argument::Expression(_, expression) => expression.replace("//", "").contains('/'),
        Argument::Text(..) => false,
    }
}

/// Whether an entry of the search path is a place on this machine that may change: no address, and not in
/// the store.
fn is_local(entry: &str) -> bool {
    let place = entry.split_once('=').map_or(entry, |(_, place)| place);
    let is_address = place.contains("://") || ["channel:", "flake:"].iter().any(|scheme| place.starts_with(scheme));
    !is_address && !place.starts_with("/nix/store/")
}

/// The variables that Nix and nixpkgs go by, sorted.
fn environment() -> impl Iterator<Item = String> {
    let mut variables: Vec<String> = std::env::vars_os()
        .filter_map(|(name, value)| {
            let name = name.into_string().ok()?;
            let counts = name.starts_with("NIXPKGS_") || ["NIX_PATH", "NIX_CONFIG"].contains(&name.as_str());
            counts.then(|| format!("{name}={}", value.to_string_lossy()))
        })
        .collect();
    variables.sort_unstable();
    variables.into_iter()
}

/// The texts of the user's settings, where there are any.
fn settings() -> Vec<String> {
    let home = std::env::var_os("HOME").map(PathBuf::from);
    let mut files: Vec<PathBuf> = SETTINGS.iter().filter_map(|name| Some(home.as_ref()?.join(name))).collect();
    files.extend(std::env::var_os("NIXPKGS_CONFIG").map(PathBuf::from));
    let mut texts = Vec::new();
    for file in files {
        if file.is_dir() {
            let entries = std::fs::read_dir(&file).into_iter().flatten().flatten();
            let mut entries: Vec<PathBuf> = entries.map(|entry| entry.path()).collect();
            entries.sort_unstable();
            texts.extend(entries.iter().filter_map(|entry| text_of(entry)));
        } else {
            texts.extend(text_of(&file));
        }
    }
    texts
}

fn text_of(file: &Path) -> Option<String> {
    let text = std::fs::read(file).ok()?;
    Some(format!("{}: {}", file.display(), String::from_utf8_lossy(&text)))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn arguments_that_name_files() {
        let check = |expression: &str, expect: bool| {
            let argument = Argument::Expression("x".to_owned(), expression.to_owned());
            assert_eq!(names_a_file(&argument), expect, "{expression}");
            let mut params = EvaluateParams::new(".");
            params.arguments.push(argument);
            assert_eq!(params.identity().is_none(), expect, "{expression}");
        };
        check("{ allowUnfree = true; } // { }", false);
        check("import ./config.nix", true);
        check("[ (import ../overlay.nix) ]", true);
        check("import <nixpkgs> { }", false);
    }

    /// What lay there before was compared with what lies there now, and told as an edit of the trees.
    #[test]
    fn search_paths_that_may_change() {
        for (entry, expect) in [
            ("packages=/home/x/packages", true),
            ("/home/x", true),
            ("packages=.", true),
            ("packages=../packages", true),
            ("nixpkgs=https://example.org/x.tar.gz", false),
            ("nixpkgs=channel:nixos-unstable", false),
            ("packages=/nix/store/00000000000000000000000000000000-packages", false),
        ] {
            let mut params = EvaluateParams::new(".");
            params.search_path.push(entry.to_owned());
            assert_eq!(params.identity().is_none(), expect, "{entry}");
        }
    }

    #[test]
    fn what_is_asked_tells_evaluations_apart() {
        let identity = |change: &dyn Fn(&mut EvaluateParams)| {
            let mut params = EvaluateParams::new(".");
            change(&mut params);
            params.identity().unwrap()
        };
        let text = |value: &str| Argument::Text("x".to_owned(), value.to_owned());
        let plain = identity(&|_| {});
        assert_eq!(plain, identity(&|params| params.batch = 3));
        let changes: [&dyn Fn(&mut EvaluateParams); 5] = [
            &|params| params.attributes.push("x".to_owned()),
            &|params| params.arguments.push(text("1")),
            &|params| params.arguments.push(Argument::Expression("x".to_owned(), "1".to_owned())),
            &|params| params.systems.push("x86_64-freebsd".to_owned()),
            &|params| params.search_path.push("nixpkgs=channel:nixos-unstable".to_owned()),
        ];
        let identities: Vec<_> = changes.iter().map(|change| identity(change)).collect();
        for (i, one) in identities.iter().enumerate() {
            assert_ne!(*one, plain);
            assert!(identities.iter().skip(i + 1).all(|other| other != one));
        }
        // of several arguments of one name the last holds
        let twice = identity(&|params| params.arguments.extend([text("1"), text("2")]));
        assert_eq!(twice, identity(&|params| params.arguments.push(text("2"))));
    }
}
