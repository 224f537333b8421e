//! A real day of nixpkgs: 66 commits of May 2018 (`../shared/data`).

use std::collections::{BTreeMap, BTreeSet};
use std::path::{Path, PathBuf};
use std::sync::LazyLock;

use serde::Deserialize;

use crate::cli::program::Program;
use crate::diff::answer::{Change, diff, near, unsound};
use crate::needs;

/// What Nix says of the day.
#[derive(Debug, Deserialize)]
struct Truth {
    rebuilt: BTreeSet<String>,
    changed: BTreeSet<String>,
    added: BTreeSet<String>,
    removed: BTreeSet<String>,
}

/// The edits of the day: kind, name, name before (the same where it is empty), rebuilt attributes that
/// none but it has as a cause, and that others have, too; how much that is as a share, in sixths.
///
/// These were found without the program, by a script that reads both closures: it goes from pairs of
/// attributes along their inputs (the same path, else the same name, else the same pname, else both
/// a source), compares all texts with store paths taken out, and the names of inputs and of sources.
/// With those that have no counterpart they reach every built derivation of the day. The figures are
/// what a search from each over the closure of the day before reaches.
#[rustfmt::skip]
const EDITS: [(&str, &str, &str, u64, u64, u64); 29] = [
    ("recipe", "bluez-5.49", "", 326, 5, 1971),
    ("recipe", "youtube-dl-2018.05.09", "youtube-dl-2018.05.01", 14, 2, 90),
    ("recipe", "python2.7-configobj-5.0.6", "", 12, 4, 82),
    ("recipe", "xterm-333", "xterm-332", 6, 0, 36),
    ("recipe", "python3.6-configobj-5.0.6", "", 5, 0, 30),
    ("recipe", "dwarf-fortress-original-0.44.09", "", 2, 3, 18),
    ("recipe", "python2.7-acme-0.24.0", "python2.7-acme-0.23.0", 2, 2, 16),
    ("recipe", "fmod-4.44.64", "", 2, 0, 12),
    ("recipe", "sleuthkit-4.6.1", "sleuthkit-4.6.0", 2, 0, 12),
    ("recipe", "acpid-2.0.29", "", 1, 0, 6),
    ("source", "enlightenment.suid-exes.patch", "", 1, 0, 6),
    ("recipe", "tor-browser-bundle-bin-7.5.4", "tor-browser-bundle-bin-7.5.3", 1, 0, 6),
    ("recipe", "docker-18.05.0-ce", "docker-18.04.0-ce", 1, 0, 6),
    ("recipe", "dwarf-fortress-init", "", 0, 3, 6),
    ("source", "dwarf-fortress.in", "", 0, 3, 6),
    ("recipe", "scowl-2018.04.16", "scowl-2017.08.24", 1, 0, 6),
    ("recipe", "pytrainer-1.12.1", "pytrainer-1.12.0", 1, 0, 6),
    ("recipe", "openbsm-1.1", "", 1, 0, 6),
    ("recipe", "i3status-2.12", "i3status-2.11", 1, 0, 6),
    ("added", "googleearth-7.1.8.3036", "-", 1, 0, 6),
    ("recipe", "seafile-client-6.1.8", "seafile-client-6.1.7", 1, 0, 6),
    ("recipe", "retroarch-1.7.1", "", 1, 0, 6),
    ("added", "theme-jade1-3.2", "-", 1, 0, 6),
    ("recipe", "python3.6-acme-0.24.0", "python3.6-acme-0.23.0", 1, 0, 6),
    ("recipe", "signal-desktop-1.10.0", "signal-desktop-1.9.0", 1, 0, 6),
    ("recipe", "gcc-7.3.0-mipsel-unknown-linux-uclibc-stage-static", "", 1, 0, 6),
    ("recipe", "wesnoth-1.14.1", "wesnoth-1.14.0", 1, 0, 6),
    ("recipe", "certbot-0.24.0", "certbot-0.23.0", 0, 2, 4),
    ("recipe", "qutebrowser-1.3.0", "qutebrowser-1.2.1", 0, 1, 3),
];

/// What changed in some of them, as kind and key.
#[rustfmt::skip]
const CHANGES: [(&str, &[(&str, &str)]); 7] = [
    ("acpid-2.0.29", &[("input-added", "autoreconfHook"), ("phase", "postPatch")]),
    ("openbsm-1.1", &[("patch", "bsm-add-audit_token_to_pid.patch")]),
    ("fmod-4.44.64", &[("input-added", "undmg-1.0.3"), ("variable", "shortVersion")]),
    ("docker-18.05.0-ce", &[("version", "version"), ("phase", "buildPhase")]),
    ("seafile-client-6.1.8", &[("version", "version")]),
    ("python3.6-configobj-5.0.6", &[
        ("flag", "doInstallCheck"),
        ("input-added", "python3.6-mock-2.0.0"),
        ("input-added", "python3.6-pytest-3.5.0"),
        ("phase", "checkPhase"),
    ]),
    ("gcc-7.3.0-mipsel-unknown-linux-uclibc-stage-static", &[("flag", "configureFlags")]),
];

/// A snapshot of each side, made once.
fn snapshots() -> &'static [PathBuf; 2] {
    static MADE: LazyLock<[PathBuf; 2]> = LazyLock::new(|| {
        let data = needs::shared().unwrap();
        ["nixpkgs-2018-before", "nixpkgs-2018"].map(|name| {
            let file = Path::new(env!("CARGO_TARGET_TMPDIR")).join(format!("{name}.ripple"));
            let mut arguments = vec!["ingest".to_owned(), "--keep-texts".to_owned(), "-o".to_owned()];
            arguments.push(file.to_str().unwrap().to_owned());
            let inputs = ["", "-attrs"].map(|end| data.join(format!("{name}{end}.json.zst")));
            arguments.extend(inputs.map(|input| input.to_str().unwrap().to_owned()));
            Program::new().run(&arguments).fine();
            file
        })
    });
    &MADE
}

fn set(list: &[String]) -> BTreeSet<String> {
    list.iter().cloned().collect()
}

#[test]
fn what_nix_says() {
    let Some(data) = needs::shared() else { return };
    let [before, after] = snapshots();
    let answer = diff(&Program::new(), before, after);
    let file = data.join("truth/diff.json");
    let truth: Truth = serde_json::from_slice(&std::fs::read(file).unwrap()).unwrap();
    assert_eq!((truth.rebuilt.len(), truth.added.len(), truth.removed.len()), (397, 2, 1));
    assert_eq!(set(&answer.rebuilt.list), truth.rebuilt);
    assert_eq!(set(&answer.changed), truth.changed);
    assert_eq!(set(&answer.added), truth.added);
    assert_eq!(set(&answer.removed), truth.removed);
    assert_eq!((answer.rebuilt.of, answer.derivations.total, answer.renamed.len()), (16_155, 375, 0));
    assert_eq!(unsound(&answer), [""; 0]);

    // its edits, all and no others
    let expected: BTreeSet<_> = EDITS
        .iter()
        .map(|&(kind, name, was, ..)| {
            (kind, name, if was == "-" { None } else { Some(if was.is_empty() { name } else { was }) })
        })
        .collect();
    let found: BTreeSet<_> = answer
        .causes
        .iter()
        .map(|cause| (cause.kind.as_str(), cause.name.as_str(), cause.old_name.as_deref()))
        .collect();
    let more: Vec<_> = found.difference(&expected).collect();
    let less: Vec<_> = expected.difference(&found).collect();
    assert!(more.is_empty() && less.is_empty(), "too many: {more:?}; missing: {less:?}");
    let by_name: BTreeMap<&str, _> = answer.causes.iter().map(|cause| (cause.name.as_str(), cause)).collect();
    let mut wrong = Vec::new();
    for (_, name, _, exclusive, shared, sixths) in EDITS {
        let cause = by_name[name];
        let share = sixths as f64 / 6.0;
        if (cause.exclusive, cause.shared) != (exclusive, shared) || !near(cause.share, share, answer.rebuilt.total) {
            wrong.push(format!("{name}: {:?}, not {exclusive}, {shared}, {share}", cause.weight()));
        }
    }
    for (name, changes) in CHANGES {
        let found = &by_name[name].changes;
        let is = |change: &Change, kind: &str, key: &str| {
            change.kind == kind && (change.key == key || key.starts_with(&format!("{}-", change.key)))
        };
        for (kind, key) in changes {
            if !found.iter().any(|change| is(change, kind, key)) {
                wrong.push(format!("{name}: no {kind} of {key} in {found:?}"));
            }
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
    // one commit made bluez' two derivations and four of youtube-dl
    assert_eq!(by_name["bluez-5.49"].derivations.len(), 2);
    assert_eq!(by_name["youtube-dl-2018.05.09"].derivations.len(), 4);
}

#[test]
fn the_day_backwards() {
    if needs::shared().is_none() {
        return;
    }
    let [before, after] = snapshots();
    let answer = diff(&Program::new(), after, before);
    assert_eq!(unsound(&answer), [""; 0]);
    assert_eq!(answer.added, ["backup"]);
    assert_eq!(answer.removed, ["googleearth", "theme-jade1"]);
    let kinds = |name: &str| -> Vec<&str> {
        answer.causes.iter().filter(|cause| cause.name.starts_with(name)).map(|cause| cause.kind.as_str()).collect()
    };
    assert_eq!(kinds("backup"), ["added"]);
    assert_eq!(kinds("wesnoth-1.14.0"), ["recipe"]);
    assert_eq!(kinds("acpid"), ["recipe"]);
    assert_eq!(answer.causes.len(), EDITS.len() - 1);
}

/// What evidence says of the day is what it says of a bump of all that was edited.
#[test]
fn needless_as_of_a_bump() {
    let Some(data) = needs::shared() else { return };
    let program = Program::new();
    let [old, new] = snapshots().each_ref().map(|path| path.to_str().unwrap());
    let pairs = data.join("nixpkgs-2018-nocheck.json.zst");
    program.run(&["probe", "--compare", pairs.to_str().unwrap(), "-c", new, "-o", "evidence.json"]).fine();
    let diff = program.run(&["diff", old, new, "--evidence", "evidence.json", "--format", "json"]).json();
    let causes = diff["causes"].as_array().unwrap();
    let edited: Vec<&str> = causes
        .iter()
        .flat_map(|cause| cause["derivations"].as_array().unwrap())
        .map(|path| path.as_str().unwrap())
        .collect();
    program.write("edited.txt", edited.join("\n"));
    let arguments = ["impact", "@edited.txt", "--only", "-c", new, "--evidence", "evidence.json", "--format", "json"];
    let impact = program.run(&arguments).json();
    assert_eq!(impact["derivations"]["total"], diff["derivations"]["total"]);
    let by_grade = impact["needless"].as_array().unwrap();
    assert_eq!(by_grade.len(), 4);
    for needless in by_grade {
        let mut savings = needless.clone();
        let grade = savings.as_object_mut().unwrap().remove("grade").unwrap();
        assert_eq!(diff["needless"][grade.as_str().unwrap()], savings, "{grade}");
    }
    // by evidence alone, the bump of configobj has two test builds run that would be detached
    let arguments = ["diff", old, new, "--evidence", "evidence.json", "--no-rules", "--format", "json"];
    assert_eq!(program.run(&arguments).json()["needless"]["inferred"]["test_builds_added"], 2);
}
