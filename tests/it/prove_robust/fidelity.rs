//! Derivations printed as expressions: evaluated, each is the very same derivation again.

use std::path::{Path, PathBuf};
use std::process::Command;

use nix_ripple::nix::aterm;
use nix_ripple::proof::experiment::written;
use serde_json::Value;

use crate::needs;
use crate::nix_as_judge::{Store, nix, ran};
use crate::support::testdata;

/// The derivations in a store that are not fixed-output, and so can be experimented on.
fn derivations(store: &Path) -> Vec<(String, Vec<u8>)> {
    let mut found = Vec::new();
    for entry in std::fs::read_dir(store.join("nix/store")).unwrap() {
        let file = entry.unwrap().path();
        if file.extension().is_some_and(|end| end == "drv") {
            let text = std::fs::read(&file).unwrap();
            found.push((format!("/nix/store/{}", file.file_name().unwrap().to_str().unwrap()), text));
        }
    }
    found.sort();
    found.retain(|(_, text)| !aterm::parse(text).unwrap().is_fixed_output());
    found
}

/// Which of these derivations are others when they are printed and evaluated again.
fn changed(store: &Path, derivations: &[(String, Vec<u8>)]) -> Vec<String> {
    let folder = tempfile::tempdir().unwrap();
    let mut wrong = Vec::new();
    for part in derivations.chunks(200) {
        let mut text = b"map (made: made.drvPath) [\n".to_vec();
        for (path, drv) in part {
            text.push(b'(');
            text.extend(written(aterm::parse(drv).unwrap().into_owned(), path).unwrap());
            text.extend(b")\n");
        }
        text.extend(b"]\n");
        let file: PathBuf = folder.path().join("all.nix");
        std::fs::write(&file, text).unwrap();
        let mut command = nix("nix-instantiate");
        command.args(["--eval", "--strict", "--json", "--store"]).arg(store).arg(&file);
        let answer: Value = serde_json::from_slice(&ran(&mut command).stdout).unwrap();
        let made = answer.as_array().unwrap();
        assert_eq!(made.len(), part.len());
        wrong
            .extend(part.iter().zip(made).filter(|((path, _), made)| *made != path).map(|((path, _), _)| path.clone()));
    }
    wrong
}

#[test]
fn nasty_texts() {
    if !needs::nix() {
        return;
    }
    let store = Store::new();
    let mut command = nix("nix-instantiate");
    ran(command.args(["--store", store.path()]).arg(testdata("experiments/nasty.nix")));
    let all = derivations(Path::new(store.path()));
    assert!(all.len() > 17, "{}", all.len());
    assert_eq!(changed(Path::new(store.path()), &all), Vec::<String>::new());
}

/// All of the small distribution.
#[test]
fn every_derivation() {
    if !needs::nix() {
        return;
    }
    let store = Store::new();
    let roots = testdata("minipkgs/outpaths.nix");
    assert!(roots.exists());
    store.instantiate(&["--arg", "config", "{ recordInputs = false; }"]);
    let all = derivations(Path::new(store.path()));
    assert!(all.len() > 300, "{}", all.len());
    assert_eq!(changed(Path::new(store.path()), &all), Vec::<String>::new());
}

/// Those of a whole nixpkgs, where `NIX_RIPPLE_EXPRESSION` names one: not part of the usual run.
#[test]
fn of_an_expression() {
    let (Ok(file), true) = (std::env::var("NIX_RIPPLE_EXPRESSION"), needs::nix()) else { return };
    let store = Store::new();
    let attributes = std::env::var("NIX_RIPPLE_ATTRIBUTES").unwrap_or_default();
    let mut command: Command = nix("nix-instantiate");
    command.args(["--store", store.path(), &file]);
    attributes.split_whitespace().for_each(|name| drop(command.args(["-A", name])));
    ran(&mut command);
    let all = derivations(Path::new(store.path()));
    assert_eq!(changed(Path::new(store.path()), &all), Vec::<String>::new(), "of {}", all.len());
    eprintln!("{} derivations", all.len());
}
