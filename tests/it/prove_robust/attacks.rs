//! Inputs that are listed, brought along, or shaped in odd ways.

use super::{Lab, answers, shell};
use crate::nix_as_judge::Store;

/// Packages, and what must come of their input `thing`: labels made by reading the package.
const CASES: [(&str, &str); 18] = [
    ("unused", "remove identical no-effect proven"),
    ("used", "remove different affects proven"),
    // the attribute `__structuredAttrs = false` stands in every derivation of a nixpkgs of today
    ("switched", "remove different affects proven"),
    ("twice", "remove different affects proven"),
    ("lines", "remove different affects proven"),
    ("tabs", "remove different affects proven"),
    ("both-lists", "remove different affects proven"),
    ("by-lines", "remove different affects proven"),
    ("by-tabs", "remove different affects proven"),
    ("by-linked-list", "remove different affects proven"),
    ("by-linked-folder", "remove different affects proven"),
    ("by-link", "remove different affects proven"),
    ("by-ring", "remove different affects proven"),
    // they ask whether it is there, and for no more
    ("file-input", "stub identical no-effect proven"),
    ("link-input", "stub identical no-effect proven"),
    ("empty-input", "stub identical no-effect proven"),
    ("as-file", "stub different affects proven"),
    // builds without saying so, and leaves nothing
    ("no-output", "stub identical no-effect proven"),
];

#[test]
fn odd_inputs() {
    let Some(lab) = Lab::new() else { return };
    let packages = CASES.map(|(package, _)| package);
    let ran = lab.prove(&packages, &[]);
    let expect = CASES.iter().map(|(package, answer)| ((*package).to_owned(), (*answer).to_owned())).collect();
    assert_eq!(answers(&ran), expect, "{}", ran.talk);
    assert_eq!(ran.code, 0, "{}", ran.talk);
    assert!(lab.evidence().iter().all(|experiment| experiment.sandboxed));
}

/// What the derivation says is brought along, but no list of the carrier's output: nothing can be taken out,
/// and whether the build finds it in another way is not known.
#[test]
fn in_no_list_of_its_carrier() {
    let Some(lab) = Lab::new() else { return };
    let ran = lab.prove(&["by-file", "by-own-list"], &[]);
    assert_eq!((ran.code, answers(&ran)), (2, [].into()), "{}", ran.talk);
    assert_eq!(ran.talk.matches("no experiment could be made: no list that the build sees has it").count(), 2);
    assert!(lab.evidence().is_empty());
}

/// A program that goes with the input, and that the machine has too, must not be found there.
#[test]
fn programs_of_the_machine() {
    let Some(lab) = Lab::new() else { return };
    let packages = ["program", "program-brought", "program-linked"];
    let ran = lab.prove(&packages, &[]);
    let expect = packages.map(|package| (package.to_owned(), "remove different affects proven".to_owned()));
    assert_eq!(answers(&ran), expect.into(), "{}", ran.talk);
    // where one entry lies in another nothing can be hidden, whatever an earlier run could
    std::fs::remove_file(lab.evidence_file()).unwrap();
    let nested = format!("{} /usr/bin", shell());
    let ran = lab.prove(&["program"], &["--option", "sandbox-paths", &nested]);
    assert_eq!(answers(&ran)["program"], "remove identical no-effect suspected", "{}", ran.talk);
}

/// Where the sandbox is open in one way or another, nothing is more than suspected.
#[test]
fn open_sandboxes() {
    let Some(lab) = Lab::new() else { return };
    let whole_store = format!("{} /proof=/nix?", shell());
    let of_store = format!("{} /proof=/nix/store?", shell());
    for options in [
        ["--option", "sandbox-paths", &whole_store],
        // an older name of the same setting
        ["--option", "build-sandbox-paths", &of_store],
        // it may add what it likes
        ["--option", "pre-build-hook", "/bin/true"],
    ] {
        let ran = lab.prove(&["unused"], &options);
        assert_eq!(answers(&ran)["unused"], "remove identical no-effect suspected", "{options:?}: {}", ran.talk);
    }
    assert!(lab.evidence().iter().all(|experiment| !experiment.sandboxed));
    // what was built so is not taken for an answer
    let ran = lab.prove(&["unused"], &[]);
    assert_eq!(answers(&ran)["unused"], "remove identical no-effect proven", "{}", ran.talk);
}

/// A store below a folder is always sandboxed; one in another folder is as the options say.
#[test]
fn no_sandbox() {
    let Some(mut lab) = Lab::new() else { return };
    // a store that is where it says: a sandbox has its own /dev/shm, where temporary folders may lie
    lab.store = Store::below(env!("CARGO_TARGET_TMPDIR"));
    let folder = lab.store.path().to_owned();
    for (key, name) in [("NIX_STORE_DIR", "store"), ("NIX_STATE_DIR", "state"), ("NIX_LOG_DIR", "log")] {
        lab.program = lab.program.env(key, &format!("{folder}/{name}"));
    }
    let prove = |package: &str, sandbox: &str| {
        let mut arguments = lab.arguments(&[package], "thing");
        let at = arguments.iter().position(|word| word == "--store-root").unwrap();
        arguments.drain(at..at + 2);
        // a state of its own does not know which users other builds have
        for (key, value) in [("build-users-group", ""), ("sandbox", sandbox)] {
            arguments.extend(["--option", key, value].map(str::to_owned));
        }
        let ran = lab.program.run(&arguments);
        answers(&ran).remove(package).unwrap_or_else(|| panic!("{}", ran.talk))
    };
    assert_eq!(prove("unused", "false"), "remove identical no-effect suspected");
    assert_eq!(prove("escapes", "relaxed"), "remove identical no-effect suspected");
    assert!(lab.evidence().iter().all(|experiment| !experiment.sandboxed));
    assert_eq!(prove("unused", "relaxed"), "remove identical no-effect proven");
}

#[test]
fn an_input_in_no_list() {
    let Some(lab) = Lab::new() else { return };
    let talk = lab.prove(&["in-arguments"], &[]).failed();
    assert!(talk.contains("has an input called 'thing'; theirs are other"), "{talk}");
    assert!(lab.evidence().is_empty());
}
