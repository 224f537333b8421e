//! Builds that end without an answer, and runs that are ended.

use std::collections::BTreeSet;
use std::path::Path;
use std::process::{Child, Command};
use std::time::{Duration, Instant};

use super::{Lab, answers, experiments};

/// Packages, and what the run must say of each.
const ENDS: [(&str, &str); 10] = [
    ("child-killed", "something ended it from outside"),
    ("no-space", "its log says \"cc1: No space left on device\""),
    ("no-space-in-go", "its log says \"write x: no space left on device\""),
    ("make-killed", "its log says \"make: *** [Makefile:2: all] Killed\""),
    ("flaky", "failed once and went well another time; nothing was recorded"),
    ("fails-itself", "does not build as it is (it fails in configurePhase): no such luck"),
    ("needs-failing", "-failing.drv: cannot be built, and the experiment needs it"),
    ("needs-feature", "features {moonlight} is required"),
    ("escapes", "'__noChroot' set"),
    ("slow", "timed out after 15 seconds"),
];

#[test]
fn without_an_answer() {
    let Some(lab) = Lab::new() else { return };
    let mut packages = ENDS.map(|(package, _)| package).to_vec();
    packages.push("exits");
    let ran = lab.prove(&packages, &["--option", "timeout", "15"]);
    assert_eq!(ran.code, 2, "{}", ran.talk);
    for (package, words) in ENDS {
        let line = ran.talk.lines().find(|line| line.starts_with("warning: ") && line.contains(words));
        let line = line.unwrap_or_else(|| panic!("{package}: nobody says '{words}': {}", ran.talk));
        assert!(line.contains(package) || words.contains("failing"), "{package}: {line}");
    }
    assert!(ran.talk.contains("error: 10 of 11 inputs could not be settled"), "{}", ran.talk);
    // the others are settled all the same, and nothing else is recorded
    assert_eq!(answers(&ran).keys().collect::<Vec<_>>(), ["exits"]);
    let recorded: BTreeSet<String> = lab.evidence().into_iter().map(|shown| shown.package.attribute).collect();
    assert_eq!(recorded, BTreeSet::from(["exits".to_owned()]));
    let removed = &lab.evidence()[0];
    assert_eq!(removed.phase.as_deref(), Some("installPhase"), "{removed:?}");
}

#[test]
fn nothing_to_prove() {
    let Some(mut lab) = Lab::new() else { return };
    let talk = lab.prove(&["fixed"], &[]).failed();
    assert!(talk.contains("fixed: its output is fixed by a hash"), "{talk}");
    lab.program = lab.program.env("NIX_CONFIG", "experimental-features = ca-derivations");
    let talk = lab.prove(&["addressed"], &[]).failed();
    assert!(talk.contains("addressed: its outputs are content-addressed"), "{talk}");
    assert!(lab.evidence().is_empty());
}

fn wait_until(what: &str, child: &mut Child, mut there: impl FnMut() -> bool) {
    let begun = Instant::now();
    while !there() {
        assert!(begun.elapsed() < Duration::from_secs(240), "{what}: it takes too long");
        assert_eq!(child.try_wait().unwrap(), None, "{what}: it ended before");
        std::thread::sleep(Duration::from_millis(50));
    }
}

fn kill(process: u32) {
    assert!(Command::new("kill").args(["-9", &process.to_string()]).status().unwrap().success());
}

/// Processes whose parent is this one, by /proc.
fn children(parent: u32) -> Vec<u32> {
    let mut found = Vec::new();
    for entry in std::fs::read_dir("/proc").unwrap().flatten() {
        let Some(process) = entry.file_name().to_str().and_then(|name| name.parse().ok()) else { continue };
        let Ok(text) = std::fs::read_to_string(entry.path().join("stat")) else { continue };
        // number (name) state parent
        let rest = text.rsplit(") ").next().unwrap_or_default();
        if rest.split(' ').nth(1).and_then(|word| word.parse::<u32>().ok()) == Some(parent) {
            found.push(process);
        }
    }
    found
}

/// Whether the slow build, which waits for nothing but time, has begun.
fn sleeps(parent: u32) -> Option<u32> {
    children(parent).into_iter().find(|&nix| {
        let builders = children(nix).into_iter().flat_map(|child| [vec![child], children(child)].concat());
        let mut all = builders.flat_map(|child| [vec![child], children(child)].concat());
        all.any(|child| {
            std::fs::read(Path::new("/proc").join(child.to_string()).join("cmdline"))
                .is_ok_and(|text| text.starts_with(b"sleep\0"))
        })
    })
}

/// Ended between two pairs: what was settled is whole, and is not tried again.
#[test]
fn ended_itself() {
    let Some(lab) = Lab::new() else { return };
    let arguments = lab.arguments(&["three"], "*");
    let mut child = lab.program.command(&arguments).spawn().unwrap();
    let process = child.id();
    let recorded = || std::fs::read_to_string(lab.evidence_file()).unwrap_or_default().contains("\"remove\"");
    wait_until("the second input", &mut child, || recorded() && sleeps(process).is_some());
    kill(process);
    child.wait().unwrap();
    let names = |lab: &Lab| -> Vec<String> { lab.evidence().into_iter().map(|shown| shown.input.name).collect() };
    let before = names(&lab);
    let inputs = before.iter().collect::<BTreeSet<_>>().len();
    assert!((1..3).contains(&inputs), "{before:?}");

    let ran = lab.program.run(&arguments);
    assert_eq!(ran.out.lines().count(), 3, "{ran:?}");
    assert_eq!(ran.code, 0, "{ran:?}");
    let after = names(&lab);
    assert_eq!(after.iter().collect::<BTreeSet<_>>().len(), 3);
    let count = |names: &[String], name: &str| names.iter().filter(|known| *known == name).count();
    for name in &before {
        assert_eq!(count(&after, name), count(&before, name), "{name} was recorded again");
    }
}

/// Nix killed in the middle of a build.
#[test]
fn nix_ended() {
    let Some(lab) = Lab::new() else { return };
    let mut child = lab.program.command(&lab.arguments(&["slow"], "thing")).spawn().unwrap();
    let process = child.id();
    wait_until("the build", &mut child, || sleeps(process).is_some());
    kill(sleeps(process).unwrap());
    let output = child.wait_with_output().unwrap();
    let talk = String::from_utf8(output.stderr).unwrap();
    assert_eq!(output.status.code(), Some(2), "{talk}");
    assert!(talk.contains("the build ended without an answer"), "{talk}");
    assert!(talk.contains("signal: 9"), "{talk}");
    assert!(lab.evidence().is_empty());
}

/// The disk of the evidence file is full: said with its name, after the proof.
#[test]
fn no_space_for_evidence() {
    let full = Path::new("/dev/full");
    if !full.exists() {
        return;
    }
    let Some(lab) = Lab::new() else { return };
    let mut arguments = lab.arguments(&["unused"], "thing");
    let at = arguments.iter().position(|word| word == "-o").unwrap();
    arguments[at + 1] = full.display().to_string();
    let ran = lab.program.run(&arguments);
    assert_eq!(ran.code, 2, "{ran:?}");
    assert!(ran.talk.contains("/dev/full: ") && ran.talk.contains("No space left"), "{ran:?}");
    assert_eq!(ran.out, "", "what is not recorded is not told either");
}

/// Folders that nobody can write into.
#[test]
fn nowhere_to_write() {
    let Some(lab) = Lab::new() else { return };
    let mut arguments = lab.arguments(&["unused"], "thing");
    let at = arguments.iter().position(|word| word == "--store-root").unwrap();
    let store = std::mem::replace(&mut arguments[at + 1], "/proc/store".to_owned());
    let talk = lab.program.run(&arguments).failed();
    assert!(talk.contains("/proc/store"), "{talk}");

    arguments[at + 1] = store;
    let missing = lab.program.folder.path().join("missing");
    let ran = lab.program.command(&arguments).env("TMPDIR", &missing).output().unwrap();
    let talk = String::from_utf8(ran.stderr).unwrap();
    assert_eq!(ran.status.code(), Some(2), "{talk}");
    assert!(talk.contains("missing"), "{talk}");
    assert!(experiments(&lab.evidence_file()).is_empty());
}
