//! `nix-ripple compare`, as a user runs it.

use std::os::unix::fs::PermissionsExt as _;
use std::path::PathBuf;
use std::process::Command;

use serde_json::Value;

use crate::cli::program::Program;
use crate::needs;
use crate::nix_as_judge::{Store, build_in, nix, ran, sandbox_works};
use crate::support::testdata;

const OWN: [&str; 2] = ["0001x39905jwpbxh95qbvxcka0llljcd-x-1", "1001x39905jwpbxh95qbvxcka0llljcd-x-1"];
const CURL: [&str; 2] =
    ["2001x39905jwpbxh95qbvxcka0llljcd-curl-7.59.0", "3001x39905jwpbxh95qbvxcka0llljcd-curl-7.60.0"];

/// Two outputs with these files, which lie as in a store.
fn outputs(program: &Program, files: [&[(&str, String)]; 2]) {
    for (own, files) in OWN.iter().zip(files) {
        let folder = program.folder.path().join(own);
        for (path, text) in files {
            let path = folder.join(path);
            std::fs::create_dir_all(path.parent().unwrap()).unwrap();
            std::fs::write(path, text).unwrap();
        }
    }
}

#[test]
fn says_whether_a_rebuild_was_needed() {
    let program = Program::new();
    let both = |curl: &str, own: &str, more: &str| {
        [
            ("bin/x", format!("#!/bin/sh\nexec /nix/store/{curl}/bin/curl /nix/store/{own}/share{more}\n")),
            ("share/y", "y".to_owned()),
        ]
    };
    outputs(&program, [&both(CURL[0], OWN[0], ""), &both(CURL[1], OWN[1], "")]);
    let run = |more: &[&str]| program.run(&[&["compare", OWN[0], OWN[1]], more].concat());
    let table = run(&["--fail-on-different"]).fine();
    assert!(table.starts_with("reference-only: 1 of 5 files differ, only in the store paths"), "{table}");
    assert!(table.contains(CURL[0]) && table.contains(CURL[1]) && !table.contains(OWN[0]), "{table}");
    let json = run(&["--format", "json"]).json();
    assert_eq!((&json["version"], &json["outcome"], &json["total"]), (&1.into(), &"reference-only".into(), &5.into()));
    assert_eq!(json["references"], serde_json::json!([{ "before": CURL[0], "after": CURL[1] }]));
    assert_eq!(json["files"][0]["path"], "bin/x");
    let csv = run(&["--format", "csv"]).fine();
    assert!(csv.starts_with("path,change,carriers,offset,before,after\nbin/x,references,"), "{csv}");
    let markdown = run(&["--format", "markdown"]).fine();
    assert!(markdown.contains("| bin/x"), "{markdown}");
    assert!(run(&["--format", "dot"]).failed().contains("no dot form"));

    outputs(&program, [&[], &both(CURL[1], OWN[1], " -k")]);
    let table = run(&[]).fine();
    assert!(table.starts_with("different: 1 of 5 files differ, 1 of them in more"), "{table}");
    assert_eq!(run(&["--fail-on-different"]).code, 1);
    outputs(&program, [&[], &both(CURL[0], OWN[1], "")]);
    let table = run(&[]).fine();
    assert!(table.starts_with("identical: 5 files are the same"), "{table}");
}

#[test]
fn outputs_inputs_and_names() {
    let program = Program::new();
    let list = |text: &str| [("nix-support/propagated-build-inputs", text.to_owned())];
    outputs(
        &program,
        [&list(&format!("/nix/store/{} /nix/store/{}\n", CURL[0], OWN[0])), &list(&format!("/nix/store/{}\n", OWN[1]))],
    );
    let run = |arguments: &[&str]| program.run(&[&["compare"], arguments].concat());
    let outcome = |arguments: &[&str]| run(&[arguments, &["--format", "json"]].concat()).json()["outcome"].clone();
    assert_eq!(outcome(&[OWN[0], OWN[1]]), "different");
    let input = format!("/nix/store/{}", CURL[0]);
    assert_eq!(outcome(&[OWN[0], OWN[1], "--input", &input]), "reference-only");
    // a name that tells nothing
    for (own, name) in OWN.iter().zip(["one", "two"]) {
        std::fs::rename(program.folder.path().join(own), program.folder.path().join(name)).unwrap();
    }
    let plain = run(&["one", "two", "--input", &input]);
    assert!(plain.talk.contains("the file names tell no store paths"), "{plain:?}");
    let own = format!("{},{}", OWN[0], OWN[1]);
    let told = run(&["one", "two", "--input", &input, "--own", &own]);
    assert_eq!(told.talk, "");
    let more = ["one", "one", "--own", &own, "--output", "dev=one,two", "--format", "json"];
    let json = run(&more).json();
    assert_eq!(
        (&json["outcome"], &json["files"][0]["path"]),
        (&"different".into(), &"dev/nix-support/propagated-build-inputs".into())
    );
    for (arguments, said) in [
        (&["one", "two", "--output", "dev=one"][..], "--output 'dev=one': expected NAME=OLD,NEW"),
        (&["one", "two", "--output", "out=one,two"], "expected another name"),
        (&["one", "two", "--input", "curl"], "--input 'curl': expected a store path"),
        (&["one", "two", "--own", "x,y"], "--own 'x,y': expected two store paths"),
        (&["one", "three"], "three: No such file"),
    ] {
        let talk = run(arguments).failed();
        assert!(talk.contains(said), "{talk}");
    }
}

#[test]
fn what_cannot_be_read_is_named() {
    let program = Program::new();
    outputs(&program, [&[("a", "x".to_owned())], &[("a", "y".to_owned())]]);
    let folder = program.folder.path();
    ran(Command::new("mkfifo").arg(folder.join(OWN[1]).join("pipe")));
    let run = || program.run(&["compare", OWN[0], OWN[1]]);
    let talk = run().failed();
    assert!(talk.contains("pipe: neither a file, a folder nor a link"), "{talk}");
    std::fs::remove_file(folder.join(OWN[1]).join("pipe")).unwrap();
    let file = folder.join(OWN[1]).join("a");
    std::fs::set_permissions(&file, std::fs::Permissions::from_mode(0o0)).unwrap();
    // root reads everything
    if std::fs::read(&file).is_err() {
        let talk = run().failed();
        assert!(talk.contains("/a: Permission denied"), "{talk}");
    }
}

/// Large files, without a byte on the disk, that differ at the end.
#[test]
fn large_files() {
    let program = Program::new();
    outputs(&program, [&[("a", "x".to_owned())], &[("a", "x".to_owned())]]);
    for (own, last) in OWN.iter().zip([b'a', b'b']) {
        use std::os::unix::fs::FileExt as _;
        let file = std::fs::File::create(program.folder.path().join(own).join("a")).unwrap();
        file.write_at(&[last], (1 << 27) - 1).unwrap();
    }
    let json = program.run(&["compare", OWN[0], OWN[1], "--format", "json"]).json();
    assert_eq!((&json["outcome"], &json["files"][0]["offset"]), (&"different".into(), &((1 << 27) - 1).into()));
}

/// Packages of the small distribution, built by the real Nix as they are and with something in their
/// recipe, or in an input's, that the build does not look at.
#[test]
fn real_builds() {
    if !needs::nix() || !needs::sandbox(sandbox_works) {
        return;
    }
    let (store, program) = (Store::new(), Program::new());
    let minipkgs = testdata("minipkgs");
    let build = |package: &str| -> Vec<PathBuf> {
        let expression = format!(
            "let p = import {} {{ config.recordInputs = false; }};
              salted = package: package.overrideAttrs (_: {{ salt = \"1\"; }});
              using = package: input: package.overrideAttrs (old: builtins.mapAttrs
                (_: map (i: if i.name or null == input.name then input else i))
                (builtins.intersectAttrs {{ buildInputs = 0; propagatedBuildInputs = 0; }} old));
             in {package}",
            minipkgs.display()
        );
        let file = program.folder.path().join("one.nix");
        std::fs::write(&file, expression).unwrap();
        let file = file.to_str().unwrap();
        build_in(&store, &[file]).unwrap();
        let drv = ran(nix("nix-instantiate").args(["--store", store.path(), file]));
        let drv = String::from_utf8(drv.stdout).unwrap();
        let query = ["--store", store.path(), "-q", "--outputs"];
        let outputs = ran(nix("nix-store").args(query).arg(drv.trim().split('!').next().unwrap()));
        let mut outputs: Vec<String> = String::from_utf8(outputs.stdout).unwrap().lines().map(str::to_owned).collect();
        // by name, not by hash
        outputs.sort_by_key(|path| path.rsplit('/').next().unwrap()[33..].to_owned());
        outputs.into_iter().map(PathBuf::from).collect()
    };
    // all outputs at once: they name each other
    let compared = |one: &[PathBuf], other: &[PathBuf]| -> Value {
        assert!(!one.is_empty() && one.len() == other.len());
        let text = |path: &PathBuf| path.to_str().unwrap().to_owned();
        let mut arguments = vec!["compare".to_owned(), text(&one[0]), text(&other[0])];
        for (at, (one, other)) in one.iter().zip(other).enumerate() {
            assert_ne!(one, other);
            if at > 0 {
                arguments.extend(["--output".to_owned(), format!("o{at}={},{}", text(one), text(other))]);
            }
        }
        arguments.extend(["--store-root", store.path(), "--format", "json"].map(str::to_owned));
        program.run(&arguments.iter().map(String::as_str).collect::<Vec<_>>()).json()
    };
    let curl = build("p.curl");
    for (one, other) in [(&build("p.zlib"), "salted p.zlib"), (&curl, "salted p.curl")] {
        let json = compared(one, &build(other));
        assert_eq!(json["outcome"], "identical", "{json:#}");
        assert!(json["total"].as_u64() > Some(5), "{json:#}");
    }
    let json = compared(&curl, &build("using p.curl (salted p.zlib)"));
    assert_eq!(json["outcome"], "reference-only", "{json:#}");
    let references = json["references"].as_array().unwrap();
    let of_zlib = |path: &Value| path.as_str().is_some_and(|path| path.contains("-zlib-"));
    assert!(!references.is_empty(), "{json:#}");
    assert!(references.iter().all(|change| of_zlib(&change["before"]) && of_zlib(&change["after"])), "{json:#}");
}
