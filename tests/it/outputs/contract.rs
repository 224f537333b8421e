//! `references` and `channels` on the command line: forms, sources, refusals.

use std::fs;
use std::os::unix::fs::{PermissionsExt, symlink};
use std::path::PathBuf;

use crate::cli::program::Program;

const A: &str = "0001x39905jwpbxh95qbvxcka0llljcd-app-1.0";
const PILLOW: &str = "1001x39905jwpbxh95qbvxcka0llljcd-python3.11-Pillow-9.4.0";
const ZLIB: &str = "2001x39905jwpbxh95qbvxcka0llljcd-zlib-1.2.13";

/// A folder that looks like an output.
fn output(program: &Program) -> PathBuf {
    let folder = program.folder.path().join(A);
    for inner in ["bin", "include/app", "lib/pkgconfig", "nix-support", "share", "lib/python3.11/site-packages/app"] {
        fs::create_dir_all(folder.join(inner)).unwrap();
    }
    let write = |path: &str, text: &str| fs::write(folder.join(path), text).unwrap();
    write("bin/app", &format!("#! /nix/store/{PILLOW}/bin/x\n/nix/store/{A}\n"));
    fs::set_permissions(folder.join("bin/app"), fs::Permissions::from_mode(0o755)).unwrap();
    write("include/app/app.h", "");
    write("lib/libapp.so", "");
    write("lib/pkgconfig/app.pc", &format!("Libs: -L/nix/store/{ZLIB}/lib -L/nix/store/{ZLIB}/lib64\n"));
    write("nix-support/propagated-build-inputs", &format!("/nix/store/{ZLIB}"));
    write("lib/python3.11/site-packages/app/__init__.py", "");
    write("share/x", &format!("see {ZLIB}|and |\u{1b}"));
    symlink(format!("/nix/store/{ZLIB}"), folder.join("share/link")).unwrap();
    folder
}

fn text(path: &std::path::Path) -> &str {
    path.to_str().unwrap()
}

#[test]
fn references_in_every_form() {
    let program = Program::new();
    let folder = output(&program);
    let run = |more: &[&str]| {
        let mut arguments = vec!["references", text(&folder)];
        arguments.extend(more);
        program.run(&arguments).fine()
    };
    insta::assert_snapshot!("references.table", run(&[]));
    insta::assert_snapshot!("references.markdown", run(&["--format", "markdown"]));
    insta::assert_snapshot!("references.csv", run(&["--format", "csv"]));
    insta::assert_snapshot!("references.json", run(&["--format", "json", "--input", "pillow"]));
    assert!(run(&["--input", "numpy"]).contains(": 0 references"));
}

#[test]
fn channels_in_every_form() {
    let program = Program::new();
    let folder = output(&program);
    let run = |more: &[&str]| {
        let mut arguments = vec!["channels", text(&folder)];
        arguments.extend(more);
        program.run(&arguments).fine()
    };
    insta::assert_snapshot!("channels.table", run(&[]));
    insta::assert_snapshot!("channels.markdown", run(&["--format", "markdown"]));
    insta::assert_snapshot!("channels.csv", run(&["--format", "csv"]));
    insta::assert_snapshot!("channels.json", run(&["--format", "json"]));
}

/// A listing tells the same channels as the files, but for what contents tell.
#[test]
fn listings() {
    let program = Program::new();
    let listing = program.write(
        "x.ls",
        r#"{"version":1,"root":{"type":"directory","entries":{
            "bin":{"type":"directory","entries":{"app":{"type":"regular","size":3,"executable":true}}},
            "nix-support":{"type":"directory","entries":{"propagated-build-inputs":{"type":"regular","size":3}}}}}}"#,
    );
    let ran = program.run(&["channels", text(&listing), "--format", "csv"]);
    assert!(ran.talk.contains("the content of nix-support/propagated-build-inputs is not known"), "{}", ran.talk);
    let out = ran.fine();
    assert!(out.contains(",programs,app\n") && out.contains(",propagated,propagated-build-inputs\n"), "{out}");
    let told = program.run(&["references", text(&listing)]).failed();
    assert!(told.contains("x.ls: a listing does not hold") && told.contains("--metadata"), "{told}");
}

/// An archive tells what the folder tells of which it was made.
#[test]
fn archives() {
    let program = Program::new();
    let folder = output(&program);
    let mut bytes = Vec::new();
    std::io::copy(&mut nix_nar::Encoder::new(&folder).unwrap(), &mut bytes).unwrap();
    let plain = program.write(&format!("{A}.nar"), &bytes);
    let packed = program.write(&format!("{A}.nar.zst"), zstd::encode_all(&bytes[..], 1).unwrap());
    for command in ["references", "channels"] {
        let told = |path: &PathBuf| program.run(&[command, text(path), "--format", "csv"]).fine();
        let expected = told(&folder);
        assert!(expected.lines().count() > 5, "{expected}");
        assert_eq!((told(&plain), told(&packed)), (expected.clone(), expected), "{command}");
    }
    let cut = program.write("cut.nar", &bytes[..bytes.len() / 2]);
    let told = program.run(&["references", text(&cut)]).failed();
    assert!(told.contains("cut.nar"), "{told}");
}

/// Metadata of every kind, also by the other names of the option.
#[test]
fn metadata() {
    let program = Program::new();
    let folder = output(&program);
    let info = program.write("i.json", format!(r#"{{"/nix/store/{A}":{{"references":["/nix/store/{PILLOW}"]}}}}"#));
    let narinfo = program.write("a.narinfo", format!("StorePath: /nix/store/{A}\nReferences: {PILLOW}\n"));
    for (option, file, source) in [
        ("--metadata", &info, "path-info"),
        ("--path-info", &info, "path-info"),
        ("--narinfo", &narinfo, "narinfo"),
        ("--store-db", &narinfo, "narinfo"),
    ] {
        let report = program.run(&["references", text(&folder), option, text(file), "--format", "json"]).json();
        let output = &report["outputs"][0];
        assert_eq!((output["source"].as_str(), output["references"].as_array().unwrap().len()), (Some(source), 1));
        assert_eq!(output["references"][0]["files"][0]["path"], "bin/app");
    }
    let other = program.write("o.narinfo", format!("StorePath: /nix/store/{PILLOW}\nReferences: {ZLIB}\n"));
    let ran = program.run(&["references", text(&folder), "--narinfo", text(&other), "--format", "csv"]);
    assert!(ran.talk.contains("the metadata does not know it"), "{}", ran.talk);
    assert!(ran.fine().contains("/nix/store/2001x"));
    for (name, content, told) in [
        ("damaged.json", "{\"", "damaged.json: EOF"),
        ("damaged.narinfo", "StorePath: x\n", "damaged.narinfo, line 1: StorePath: expected a store path"),
        ("db.sqlite", "SQLite format 3\0", "db.sqlite: file is not a database"),
        ("notes.txt", "42", "notes.txt: neither Nix's store database"),
    ] {
        let file = program.write(name, content);
        let failed = program.run(&["references", text(&folder), "--metadata", text(&file)]).failed();
        assert!(failed.contains(told), "{failed}");
    }
}

#[test]
fn refusals() {
    let program = Program::new();
    let folder = output(&program);
    for arguments in [&["references"][..], &["channels"], &["references", "x", "--scan", "--metadata", "y"]] {
        assert_eq!(program.run(arguments).code, 2, "{arguments:?}");
    }
    for command in ["references", "channels"] {
        assert!(program.run(&[command, "gone"]).failed().contains("gone: No such file"));
        assert!(program.run(&[command, text(&folder), "--format", "dot"]).failed().contains("no dot form"));
    }
    // what no store holds
    let pipe = folder.join("share/pipe");
    assert!(std::process::Command::new("mkfifo").arg(&pipe).status().unwrap().success());
    let told = program.run(&["references", text(&folder)]).failed();
    assert!(told.contains("share/pipe: neither a file, a folder nor a link"), "{told}");
}
