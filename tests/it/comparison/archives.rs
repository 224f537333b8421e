//! Outputs out of archives.

use std::io::Write as _;
use std::os::unix::ffi::OsStrExt as _;
use std::path::{Path, PathBuf};

use nix_ripple::proof::comparison::{CompareParams, compare};
use nix_ripple::proof::outputs::{Built, Tree};
use nix_ripple::verdict::Outcome;

fn write(folder: &Path, name: &str, bytes: &[u8]) -> PathBuf {
    let path = folder.join(name);
    std::fs::write(&path, bytes).unwrap();
    path
}

/// A small output with a program, an empty file, a link and a folder.
fn output(folder: &Path) -> PathBuf {
    let out = folder.join("out");
    std::fs::create_dir_all(out.join("bin/empty")).unwrap();
    let program = write(&out, "bin/x", b"#!/bin/sh\necho\n");
    std::fs::set_permissions(program, std::os::unix::fs::PermissionsExt::from_mode(0o755)).unwrap();
    write(&out, "bin-x", &[0, 1, 2].repeat(100_000));
    write(&out, "a", b"");
    std::os::unix::fs::symlink("../x", out.join("bin/link")).unwrap();
    out
}

/// As another writer of archives writes it.
fn packed(path: &Path) -> Vec<u8> {
    let mut bytes = Vec::new();
    std::io::copy(&mut nix_nar::Encoder::new(path).unwrap(), &mut bytes).unwrap();
    bytes
}

fn same(one: &Tree, other: &Tree) -> bool {
    let outputs = |tree: &Tree| [("out".to_owned(), tree.clone())];
    let found = compare(&outputs(one), &outputs(other), &CompareParams::default()).unwrap();
    one.entries.keys().eq(other.entries.keys()) && found.outcome == Outcome::Identical
}

#[test]
fn hold_what_was_packed() {
    let folder = tempfile::tempdir().unwrap();
    let out = output(folder.path());
    let whole = Tree::of_path(&out).unwrap();
    let bytes = packed(&out);
    let mut xz = lzma_rust2::XzWriter::new(Vec::new(), lzma_rust2::XzOptions::with_preset(6)).unwrap();
    xz.write_all(&bytes).unwrap();
    let files = [
        write(folder.path(), "plain", &bytes),
        write(folder.path(), "x.nar.zst", &zstd::encode_all(&bytes[..], 3).unwrap()),
        write(folder.path(), "x.nar.xz", &xz.finish().unwrap()),
    ];
    for file in &files {
        assert!(same(&whole, &Tree::of_nar(file).unwrap()), "{}", file.display());
        assert!(same(&whole, &Built::open(file, None).unwrap().tree), "{}", file.display());
    }
    for single in ["a", "bin/link", "bin/x"] {
        let file = write(folder.path(), "single", &packed(&out.join(single)));
        assert!(same(&Tree::of_path(&out.join(single)).unwrap(), &Tree::of_nar(&file).unwrap()), "{single}");
    }
    let named = "0001x39905jwpbxh95qbvxcka0llljcd-x-1";
    let file = write(folder.path(), &format!("{named}.nar"), &bytes);
    assert_eq!(Built::open(&file, None).unwrap().base_name.as_deref(), Some(named));
}

#[test]
fn damaged_or_none() {
    let folder = tempfile::tempdir().unwrap();
    let bytes = packed(&output(folder.path()));
    let told = |name: &str, bytes: &[u8]| Tree::of_nar(&write(folder.path(), name, bytes)).unwrap_err().to_string();
    let cut = told("cut", &bytes[..bytes.len() - 100]);
    assert!(cut.contains("cut: the archive is damaged at byte ") && cut.contains("make or fetch it again"), "{cut}");
    let zstd = zstd::encode_all(&bytes[..], 3).unwrap();
    let cut = told("cut.zst", &zstd[..zstd.len() - 10]);
    assert!(cut.contains("cut.zst: the packed archive is damaged"), "{cut}");
    for (name, bytes) in [("text", b"no archive at all, but a text".as_slice()), ("empty", b""), ("short", b"\x0d\0\0")]
    {
        let error = told(name, bytes);
        assert!(error.contains(name) && error.contains("no NAR"), "{error}");
    }
    let error = told("x.zst", &zstd::encode_all(&b"a packed text, but no archive"[..], 3).unwrap());
    assert!(error.contains("no NAR"), "{error}");
    let error = Tree::of_nar(folder.path()).unwrap_err().to_string();
    assert!(error.contains("no NAR"), "{error}");
    let error = Tree::of_nar(&folder.path().join("nothing")).unwrap_err().to_string();
    assert!(error.contains("nothing: No such file"), "{error}");
}

#[test]
fn names_that_are_no_text() {
    let folder = tempfile::tempdir().unwrap();
    let out = folder.path().join("out");
    std::fs::create_dir(&out).unwrap();
    std::fs::write(out.join(std::ffi::OsStr::from_bytes(b"a\xffb")), "x").unwrap();
    let tree = Tree::of_path(&out).unwrap();
    assert!(tree.entries.contains_key(b"a\xffb".as_slice()));
    let none = Tree::of_path(Path::new("/dev/null")).unwrap_err().to_string();
    assert!(none.contains("/dev/null: neither a file, a folder nor a link"), "{none}");
    let outputs = |tree: &Tree| [("out".to_owned(), tree.clone())];
    let found = compare(&outputs(&tree), &outputs(&Tree::default()), &CompareParams::default()).unwrap();
    assert_eq!(found.files.iter().map(|file| file.path.as_str()).collect::<Vec<_>>(), [".", "a\\xffb"]);
}
