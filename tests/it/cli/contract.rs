//! Exit codes, streams, and where a closure comes from.

use std::io::Read;

use super::program::{Program, minipkgs, on_minipkgs};
use crate::support::testdata;

#[test]
fn exit_codes() {
    let help = Program::new().run(&["--help"]);
    assert_eq!((help.code, help.talk.as_str()), (0, ""));
    assert!(help.out.contains("Exit codes: 0 fine; 1 a threshold"), "{}", help.out);
    for arguments in [&["--version"][..], &["impact", "--help"], &["help", "rank"]] {
        let ran = Program::new().run(arguments);
        assert_eq!((ran.code, ran.talk.as_str()), (0, ""), "{arguments:?}");
        assert!(!ran.out.is_empty());
    }
    for arguments in [
        &[][..],
        &["nonsense"],
        &["impact"],
        &["impact", "x", "--nonsense"],
        &["rank", "--format", "nonsense"],
        &["rank", "--threads", "0"],
        &["rank", "-q", "-v"],
        &["why", "x"],
        &["impact", "x", "--print-drv", "--list"],
        &["rank", "--all", "-n", "3"],
        &["impact", "x", "-A", "y"],
    ] {
        let ran = Program::new().run(arguments);
        assert_eq!((ran.code, ran.out.as_str()), (2, ""), "{arguments:?}");
        assert!(!ran.talk.is_empty(), "{arguments:?}");
    }
}

#[test]
fn data_on_stdout_and_talk_on_stderr() {
    let ran = on_minipkgs(&["rank", "-v", "-n", "2", "--format", "json"]);
    assert!(ran.talk.contains("nodes"), "{}", ran.talk);
    assert_eq!(ran.json()["nodes"].as_array().unwrap().len(), 2);

    let program = Program::new();
    let drvs = testdata("minipkgs/drvs");
    let ran = program.run(&["ingest", drvs.to_str().unwrap(), "-o", "x.ripple"]);
    assert_eq!((ran.code, ran.out.as_str()), (0, ""));
    assert!(ran.talk.starts_with("x.ripple: 3218 derivations"), "{}", ran.talk);
    let quiet = program.run(&["ingest", drvs.to_str().unwrap(), "-o", "y.ripple", "--quiet"]);
    assert_eq!((quiet.code, quiet.out.as_str(), quiet.talk.as_str()), (0, "", ""));
    // an error is told all the same
    assert!(program.run(&["ingest", "gone", "-q"]).failed().contains("gone"));
}

#[test]
fn findings_are_warnings_unless_quiet() {
    let program = Program::new();
    let attributes = program.write("a.json", r#"{"x":{"out":"/nix/store/00000000000000000000000000000000-x"}}"#);
    let drvs = testdata("minipkgs/drvs");
    let arguments = ["ingest", drvs.to_str().unwrap(), attributes.to_str().unwrap()];
    let ran = program.run(&arguments);
    assert!(ran.talk.contains("warning: attributes-without-derivation: 1 of 1"), "{}", ran.talk);
    assert_eq!(program.run(&[&arguments[..], &["-q"]].concat()).talk, "");
}

#[test]
fn a_closed_pipe_is_no_error() {
    let program = Program::new().env("NIX_RIPPLE_CLOSURE", minipkgs().to_str().unwrap());
    for arguments in [
        &["rank", "--all"][..],
        &["rank", "--format", "csv"],
        &["rank", "--format", "json"],
        &["rank", "--all", "--format", "markdown"],
        &["impact", "zlib", "--print-drv"],
        &["impact", "zlib", "--format", "csv"],
        &["impact", "zlib", "--list"],
    ] {
        let mut child = program.command(arguments).spawn().unwrap();
        let mut first = [0; 10];
        child.stdout.take().unwrap().read_exact(&mut first).unwrap();
        // and nobody reads on
        let output = child.wait_with_output().unwrap();
        assert_eq!(String::from_utf8_lossy(&output.stderr), "", "{arguments:?}");
        assert_eq!(output.status.code(), Some(0), "{arguments:?}");
    }
}

#[test]
fn thresholds() {
    // attributes where there are any
    let total = on_minipkgs(&["impact", "pillow", "--format", "json"]).json()["attributes"]["total"].as_u64().unwrap();
    for (limit, code) in [(total, 0), (total + 1, 0), (total - 1, 1), (0, 1)] {
        let ran = on_minipkgs(&["impact", "pillow", "--fail-over", &limit.to_string()]);
        assert_eq!(ran.code, code, "{limit}");
        // what was passed is said
        assert_eq!(ran.talk.contains("--fail-over"), code == 1, "{}", ran.talk);
        assert!(ran.out.starts_with("bump of pillow"), "the report comes all the same");
    }
    // else derivations
    let program = Program::new();
    let drvs = testdata("minipkgs/drvs");
    let arguments = ["impact", "pname:Pillow", "-c", drvs.to_str().unwrap()];
    let with = |limit: &str| program.run(&[&arguments[..], &["--fail-over", limit]].concat()).code;
    let total =
        program.run(&[&arguments[..], &["--format", "json"]].concat()).json()["derivations"]["total"].as_u64().unwrap();
    assert_eq!((with(&total.to_string()), with(&(total - 1).to_string())), (0, 1));
}

#[test]
fn where_the_closure_comes_from() {
    let text = Program::new().run(&["rank"]).failed();
    assert!(text.contains("no closure") && text.contains("hint: "), "{text}");

    // ./closure.ripple
    let program = Program::new();
    std::fs::copy(minipkgs(), program.folder.path().join("closure.ripple")).unwrap();
    let expected = program.run(&["rank", "-n", "5"]).fine();
    // the environment comes first
    let broken = program.write("broken", "nothing");
    let program = program.env("NIX_RIPPLE_CLOSURE", broken.to_str().unwrap());
    let text = program.run(&["rank"]).failed();
    assert!(text.contains("broken"), "{text}");
    // an empty one is none
    assert!(Program::new().env("NIX_RIPPLE_CLOSURE", "").run(&["rank"]).failed().contains("no closure"));
    // an argument comes before the environment, and may be given again
    let program = Program::new().env("NIX_RIPPLE_CLOSURE", "/gone");
    let ran = program.run(&["rank", "-n", "5", "-c", minipkgs().to_str().unwrap()]);
    assert_eq!(ran.fine(), expected);
    let (drvs, outpaths) = (testdata("minipkgs/drvs"), testdata("minipkgs/outpaths.json"));
    let ran = program.run(&[
        "impact",
        "attr:zlib",
        "--format",
        "json",
        "-c",
        drvs.to_str().unwrap(),
        "--closure",
        outpaths.to_str().unwrap(),
    ]);
    assert!(ran.json()["attributes"]["total"].as_u64().unwrap() > 0);
    // a snapshot is a closure of its own
    let ran = program.run(&["rank", "-c", minipkgs().to_str().unwrap(), "-c", drvs.to_str().unwrap()]);
    assert!(ran.failed().contains("a snapshot is a closure of its own"));
    let ran = program.run(&["ingest", minipkgs().to_str().unwrap()]);
    assert!(ran.failed().contains("a snapshot is a closure of its own"));
}

#[test]
fn damage_is_told_with_the_file() {
    let program = Program::new();
    let mut bytes = std::fs::read(minipkgs()).unwrap();
    let middle = bytes.len() / 2;
    bytes[middle] ^= 4;
    let file = program.write("x.ripple", bytes);
    let text = program.run(&["rank", "-c", file.to_str().unwrap()]).failed();
    assert!(text.contains("x.ripple: is damaged") && text.contains("make it again"), "{text}");
    let file = program.write("x.json", r#"{"/nix/store/0001x39905jwpbxh95qbvxcka0llljcd-x.drv": {"outputs": 1}}"#);
    let text = program.run(&["rank", "-c", file.to_str().unwrap()]).failed();
    assert!(text.contains("x.json: at byte "), "{text}");
}

#[test]
fn colour_is_for_talk_when_asked_for() {
    let coloured = |program: &Program, more: &[&str]| {
        let ran = program.run(&[&["impact", "nonsense", "-c", minipkgs().to_str().unwrap()], more].concat());
        assert_eq!((ran.code, ran.out.as_str()), (2, ""));
        assert!(ran.talk.contains("'nonsense' matches nothing"), "{}", ran.talk);
        ran.talk.contains('\u{1b}')
    };
    let plain = Program::new();
    assert!(!coloured(&plain, &[]), "stderr is no terminal");
    assert!(!coloured(&plain, &["--color", "never"]));
    assert!(coloured(&plain, &["--color", "always"]));
    let without = Program::new().env("NO_COLOR", "1");
    assert!(!coloured(&without, &[]));
    assert!(coloured(&without, &["--color", "always"]), "an argument comes before the environment");
    assert!(!coloured(&Program::new().env("NO_COLOR", "1").env("CLICOLOR_FORCE", "1"), &[]));
    // tables, where asked for; other forms never
    let ran = |more: &[&str]| on_minipkgs(&[&["rank", "-n", "3"], more].concat()).fine();
    let plain = ran(&[]);
    assert!(!plain.contains('\u{1b}'));
    let coloured = ran(&["--color", "always"]);
    assert!(coloured.contains("\u{1b}[1mbump\u{1b}[0m"), "{coloured}");
    assert_eq!(anstream::adapter::strip_str(&coloured).to_string(), plain);
    for form in ["json", "csv", "markdown"] {
        assert!(!ran(&["--color", "always", "--format", form]).contains('\u{1b}'), "{form}");
    }
}

#[test]
fn answers_do_not_depend_on_threads() {
    for arguments in [&["rank", "--format", "csv"][..], &["impact", "zlib", "curl", "--format", "json", "--list"]] {
        let one = on_minipkgs(&[arguments, &["--threads", "1"]].concat()).fine();
        assert!(on_minipkgs(&[arguments, &["--threads", "7"]].concat()).fine() == one);
    }
}
