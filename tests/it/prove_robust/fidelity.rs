//! Derivations printed as expressions: evaluated, each is the very same derivation again.

use std::path::{Path, PathBuf};

use nix_ripple::nix::derivation::OwnedAssembler;
use nix_ripple::nix::{Derivation, aterm};
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

fn owned(text: &[u8]) -> Derivation<'static> {
    let mut assembler = OwnedAssembler::default();
    aterm::parse_events(text, &mut assembler).unwrap();
    assembler.finish()
}

/// Which of these derivations are others when they are printed and evaluated again.
fn changed(store: &Path, derivations: &[(String, Vec<u8>)]) -> Vec<String> {
    let folder = tempfile::tempdir().unwrap();
    let mut wrong = Vec::new();
    for part in derivations.chunks(200) {
        let mut text = b"map (made: made.drvPath) [\n".to_vec();
        for (path, drv) in part {
            text.push(b'(');
            text.extend(written(owned(drv), path).unwrap());
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
    store.instantiate(&["--arg", "config", "{ recordInputs = false; }"]);
    let all = derivations(Path::new(store.path()));
    assert!(all.len() > 300, "{}", all.len());
    assert_eq!(changed(Path::new(store.path()), &all), Vec::<String>::new());
}
