//! What `ingest` takes, and how it takes it.

use nix_ripple::graph::Graph;
use std::os::unix::fs::PermissionsExt;
use std::path::Path;

use super::program::Program;
use crate::support::{self, minipkg, testdata};

/// The snapshot that a run wrote.
fn made(program: &Program, name: &str) -> Vec<u8> {
    std::fs::read(program.folder.path().join(name)).unwrap()
}

fn text(path: &Path) -> &str {
    path.to_str().unwrap()
}

#[test]
fn lines_of_nix_instantiate() {
    let root = minipkg("python3.11-Pillow-9.4.0.drv");
    let path = format!("/nix/store/{}", root.file_name().unwrap().to_str().unwrap());
    let expected = support::snapshot(&support::graph(&[&root]));
    let drvs = testdata("minipkgs/drvs");
    // a store root that is the folder itself, and one that holds nix/store
    let program = Program::new();
    let whole = program.folder.path().join("root");
    std::fs::create_dir_all(whole.join("nix/store")).unwrap();
    for file in support::closure_files(&root) {
        std::fs::copy(&file, whole.join("nix/store").join(file.file_name().unwrap())).unwrap();
    }
    for store_root in [&drvs, &whole] {
        for lines in [
            format!("{path}\n"),
            path.clone(),
            format!("{path}!bin\n{path}\n"),
            format!("{path}^bin\n"),
            format!("# one\n\n  \"{path}\"  \r\n"),
        ] {
            for arguments in [&["ingest", "-"][..], &["ingest"]] {
                let arguments = [arguments, &["--store-root", text(store_root), "-o", "x.ripple"]].concat();
                let ran = program.feed(&arguments, Some(lines.as_bytes()));
                assert_eq!((ran.code, ran.out.as_str()), (0, ""), "{lines:?}: {}", ran.talk);
                assert!(made(&program, "x.ripple") == expected, "{lines:?} in {}", store_root.display());
            }
        }
        // the path itself as argument
        let ran = program.run(&["ingest", &format!("{path}!out"), "--store-root", text(store_root), "-o", "x.ripple"]);
        assert_eq!(ran.code, 0, "{}", ran.talk);
        assert!(made(&program, "x.ripple") == expected);
    }
    // the folder that holds nix/store as an input
    assert_eq!(program.run(&["ingest", text(&whole), "-o", "x.ripple"]).code, 0);
    assert!(made(&program, "x.ripple") == expected);
    let told = program.feed(&["ingest"], Some(b"/nix/store/0001x39905jwpbxh95qbvxcka0llljcd-nowhere.drv\n")).failed();
    assert!(told.contains("standard input") && told.contains("--store-root"), "{told}");
    let told = program.feed(&["ingest"], Some(format!("{path}\n/nix/store/x\n").as_bytes())).failed();
    assert!(told.contains(&format!("at byte {}", path.len() + 1)), "{told}");
    assert!(program.feed(&["ingest"], Some(b"")).failed().contains("standard input: is empty"));
}

#[test]
fn json_from_standard_input() {
    let program = Program::new();
    for (name, json) in support::files(&testdata("formats/json")) {
        assert_eq!(program.run(&["ingest", text(&testdata("formats/json").join(&name)), "-o", "a.ripple"]).code, 0);
        let ran = program.feed(&["ingest", "-o", "b.ripple"], Some(&json));
        assert_eq!((ran.code, ran.out.as_str()), (0, ""), "{name}: {}", ran.talk);
        let packed = program.feed(&["ingest", "-", "-o", "c.ripple"], Some(&zstd::encode_all(&json[..], 1).unwrap()));
        assert_eq!(packed.code, 0, "{}", packed.talk);
        assert!(made(&program, "a.ripple") == made(&program, "b.ripple"), "{name}");
        assert!(made(&program, "a.ripple") == made(&program, "c.ripple"), "{name}");
    }
}

#[test]
fn holes_and_verification() {
    let program = Program::new();
    let file = minipkg("zlib-1.2.13.drv");
    let name = file.file_name().unwrap().to_str().unwrap();
    std::fs::create_dir(program.folder.path().join("alone")).unwrap();
    std::fs::copy(&file, program.folder.path().join("alone").join(name)).unwrap();
    let told = program.run(&["ingest", "alone"]).failed();
    assert!(told.contains("the closure has holes: 3") && told.contains("needed by"), "{told}");
    assert!(!program.folder.path().join("closure.ripple").exists(), "nothing is written");
    let ran = program.run(&["ingest", "alone", "--allow-missing"]);
    assert_eq!(ran.code, 0);
    assert!(ran.talk.contains("warning: closure-with-holes"), "{}", ran.talk);
    let report = program.run(&["impact", "pname:zlib", "--format", "json"]).json();
    assert!(report["notes"][0].as_str().unwrap().contains("3 holes"), "{report}");

    let ran = program.run(&["ingest", text(&testdata("formats/drvs")), "--verify", "-o", "v.ripple"]);
    assert_eq!(ran.code, 0, "{}", ran.talk);
    assert!(ran.talk.contains("verified: "), "{}", ran.talk);
    let changed = std::fs::read_to_string(&file).unwrap().replace("1.2.13", "1.2.14");
    std::fs::create_dir(program.folder.path().join("changed")).unwrap();
    // outputs are named after the derivation, so only what is no name is changed
    let changed = changed.replacen("1.2.14", "1.2.13", changed.matches("1.2.14").count() - 1);
    std::fs::write(program.folder.path().join("changed").join(name), changed).unwrap();
    let told = program.run(&["ingest", "changed", "--allow-missing", "--verify", "-o", "w.ripple"]).failed();
    assert!(told.contains("wrong-derivation-path") && told.contains(name), "{told}");
    assert!(!program.folder.path().join("w.ripple").exists());
}

#[test]
fn texts_are_kept_when_asked_for() {
    let program = Program::new();
    let drvs = testdata("minipkgs/drvs");
    for (options, kept) in
        [(&["--verify"][..], false), (&["--keep-texts"], true), (&["--verify", "--keep-texts"], true)]
    {
        let ran = program.run(&[&["ingest", text(&drvs), "-o", "x.ripple"], options].concat());
        assert_eq!((ran.code, ran.out.as_str()), (0, ""), "{options:?}: {}", ran.talk);
        let graph = Graph::open(&program.folder.path().join("x.ripple")).unwrap();
        assert_eq!(graph.has_texts(), kept, "{options:?}");
        let derivation = graph.nodes().find(|&node| graph.is_derivation(node)).unwrap();
        let file = std::fs::read(drvs.join(&graph.path(derivation)["/nix/store/".len()..])).unwrap();
        assert_eq!(graph.text(derivation), kept.then_some(file), "{options:?}");
    }
}

#[test]
fn attributes_alone() {
    let program = Program::new();
    let map = testdata("minipkgs/outpaths.json");
    let ran = program.run(&["ingest", text(&map), "-o", "map.ripple"]);
    assert_eq!((ran.code, ran.out.as_str()), (0, ""), "{}", ran.talk);
    assert!(ran.talk.contains("warning: attributes-without-derivation"), "{}", ran.talk);
    assert!(ran.talk.contains("map.ripple: 0 derivations"), "{}", ran.talk);
    // there is nothing to ask it
    for closure in [text(&map), "map.ripple"] {
        for query in [&["impact", "zlib"][..], &["rank"], &["inputs", "zlib"], &["why", "zlib", "curl"]] {
            let ran = program.run(&[query, &["-c", closure]].concat());
            assert_eq!((ran.code, ran.out.as_str()), (2, ""));
            assert!(ran.talk.contains("error: no derivation was read; give a closure as well"), "{}", ran.talk);
        }
    }
}

/// Puts a `nix-instantiate` of our own first in PATH.
fn with_nix(script: &str) -> Program {
    let program = Program::new();
    let bin = program.folder.path().join("bin");
    std::fs::create_dir(&bin).unwrap();
    let file = bin.join("nix-instantiate");
    std::fs::write(&file, format!("#!/bin/sh\n{script}\n")).unwrap();
    std::fs::set_permissions(&file, std::fs::Permissions::from_mode(0o755)).unwrap();
    let path = format!("{}:{}", bin.display(), std::env::var("PATH").unwrap_or_default());
    program.env("PATH", &path)
}

#[test]
fn expressions() {
    let root = minipkg("python3.11-Pillow-9.4.0.drv");
    let path = format!("/nix/store/{}", root.file_name().unwrap().to_str().unwrap());
    let drvs = testdata("minipkgs/drvs");
    let program = with_nix(&format!("echo \"$@\" > args; echo warning: talk >&2; echo '{path}!dev'; echo '{path}'"));
    let ran =
        program.run(&["ingest", "-f", "x.nix", "-A", "a.b", "-A", "c", "--store-root", text(&drvs), "-o", "x.ripple"]);
    assert_eq!((ran.code, ran.out.as_str()), (0, ""), "{}", ran.talk);
    assert_eq!(made(&program, "args"), b"x.nix -A a.b -A c\n");
    let read = Graph::open(&program.folder.path().join("x.ripple")).unwrap();
    let expected = support::graph(&[&root]);
    assert_eq!((read.node_count(), read.edge_count()), (expected.node_count(), expected.edge_count()));
    // each attribute gave one line, so each names a derivation
    let attributes: Vec<(&str, &str)> =
        read.attributes().map(|at| (read.attribute_name(at), read.name(read.attribute_node(at).unwrap()))).collect();
    assert_eq!(attributes, [("a.b", "python3.11-Pillow-9.4.0"), ("c", "python3.11-Pillow-9.4.0")]);
    // for a query at once
    let ran = program.run(&["impact", "pname:Pillow", "-f", "x.nix", "--store-root", text(&drvs), "--format", "json"]);
    assert_eq!(ran.json()["derivations"]["total"], 1);
    assert_eq!(made(&program, "args"), b"x.nix\n");

    let told =
        with_nix("echo 'error: attribute nonsense missing' >&2; exit 1").run(&["ingest", "-f", "x.nix"]).failed();
    assert!(told.contains("x.nix") && told.contains("error: attribute nonsense missing"), "{told}");
    let told = with_nix("exit 0").run(&["ingest", "-f", "x.nix"]).failed();
    assert!(told.contains("x.nix: names no derivation"), "{told}");
    let told = with_nix("echo nonsense").run(&["ingest", "-f", "x.nix"]).failed();
    assert!(told.contains("x.nix: at byte 0") && told.contains("nonsense"), "{told}");
}

#[test]
fn expressions_without_nix() {
    let program = Program::new().env("PATH", "/nonexistent");
    let told = program.run(&["ingest", "-f", "x.nix"]).failed();
    assert!(told.contains("nix-instantiate is not installed (or not in PATH)"), "{told}");
}

#[test]
fn outputs_that_cannot_be_written() {
    let program = Program::new();
    let told = program.run(&["ingest", text(&testdata("formats/drvs")), "-o", "gone/x.ripple"]).failed();
    assert!(told.contains("gone/x.ripple"), "{told}");
    // nothing is left behind
    assert_eq!(std::fs::read_dir(program.folder.path()).unwrap().count(), 0);
}
