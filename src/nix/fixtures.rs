//! What the tests of this module read from `testdata`.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

/// `testdata/<name>`.
pub(super) fn path(name: &str) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("testdata").join(name)
}

/// The derivations that Nix 2.8.0 made from `testdata/formats/fixtures.nix`, by absolute path.
pub(super) fn derivations() -> BTreeMap<String, Vec<u8>> {
    let texts: BTreeMap<_, _> =
        files("formats/drvs").into_iter().map(|(name, text)| (format!("/nix/store/{name}"), text)).collect();
    assert!(texts.len() >= 39, "only {} fixtures", texts.len());
    texts
}

/// The files of a directory of `testdata`, by name.
pub(super) fn files(directory: &str) -> BTreeMap<String, Vec<u8>> {
    let entries = std::fs::read_dir(path(directory)).unwrap();
    let files = entries.map(|entry| entry.unwrap()).filter(|entry| entry.file_type().unwrap().is_file());
    files.map(|entry| (entry.file_name().into_string().unwrap(), std::fs::read(entry.path()).unwrap())).collect()
}
