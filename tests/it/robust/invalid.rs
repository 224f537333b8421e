//! `testdata/invalid`, through the entry that the command line uses.

use std::collections::BTreeMap;
use std::path::Path;

use nix_ripple::graph::BuildOptions;

use crate::support::{self, Refused, testdata};

const NAME: &str = "0001x39905jwpbxh95qbvxcka0llljcd-x.drv";

/// What its README says of each file.
fn rows() -> BTreeMap<String, String> {
    let readme = std::fs::read_to_string(testdata("invalid/README.md")).unwrap();
    let row = |line: &str| {
        let (name, said) = line.strip_prefix("| `")?.strip_suffix(" |")?.split_once("` | ")?;
        Some((name.to_owned(), said.to_owned()))
    };
    readme.lines().filter_map(row).collect()
}

/// What must stand in the message of a file that parses, or of a closure, by the README's words.
const FRAGMENTS: [(&str, &str); 23] = [
    ("derivation-twice.closure.json", "stands twice"),
    ("input-itself.drv", "in a circle"),
    ("input-not-a-derivation.drv", "does not end in .drv"),
    ("list.closure.json", "expected '{'"),
    ("missing-input.closure.json", "the closure has holes: 1 missing"),
    ("missing-output.closure.json", "no such output"),
    ("no-outputs.drv", "a derivation without outputs"),
    ("output-impure-with-path.drv", "a combination of path, hash algorithm and hash"),
    ("output-kind-unknown.drv", "a combination of path, hash algorithm and hash"),
    ("output-twice.drv", "'out' stands twice"),
    ("path-bad-digit.drv", "32 digits of nixbase32"),
    ("path-bad-name.drv", "1 to 211 characters"),
    ("path-name-of-212.drv", "1 to 211 characters"),
    ("path-other-store.drv", "in the store directory '/gnu/store'"),
    ("path-short-hash.drv", "32 digits of nixbase32"),
    ("path-upwards.drv", "in the store directory '/nix/store/../../tmp'"),
    ("path-without-name.drv", "1 to 211 characters"),
    ("path-without-store.drv", "begins with the store directory"),
    ("self-cycle.closure.json", "in a circle"),
    ("two-cycle.closure.json", "in a circle"),
    ("upward-key.closure.json", "32 digits of nixbase32"),
    ("version-5.closure.json", "unknown version 5"),
    ("version-string.closure.json", "unknown version \"4\""),
];

/// What is said of a file: the error, which must name it. Holes are allowed, so that a file with
/// inputs is not refused for these alone.
fn said(name: &str, path: &Path) -> Result<(), Refused> {
    let allow_missing = name != "missing-input.closure.json";
    support::closure(&[path], BuildOptions { allow_missing, ..BuildOptions::default() }).map(drop)
}

/// `at byte N: …` → N.
fn offset_of(message: &str) -> Option<u64> {
    let rest = &message[message.find("at byte ")? + "at byte ".len()..];
    rest[..rest.find(':')?].parse().ok()
}

#[test]
fn every_file_is_refused_by_name_and_offset() {
    let rows = rows();
    let files = support::files(&testdata("invalid"));
    assert!(rows.len() > 50 && rows.len() + 1 == files.len());
    let mut wrong = Vec::new();
    for (name, text) in files.iter().filter(|(name, _)| name != "README.md") {
        let expect = rows[name].as_str();
        let folder = tempfile::tempdir().unwrap();
        let (path, wrapped) = if name.ends_with(".drv") {
            (folder.path().join(NAME), 0)
        } else if name.ends_with(".closure.json") {
            (folder.path().join(name), 0)
        } else {
            // a single derivation of JSON is what stands behind its path
            (folder.path().join(name), format!("{{\"/nix/store/{NAME}\":").len() as u64)
        };
        let mut content = text.clone();
        if wrapped > 0 {
            content = format!("{{\"/nix/store/{NAME}\":").into_bytes();
            content.extend_from_slice(text);
            // what is cut off stays cut off
            if name != "truncated.json" {
                content.extend_from_slice(b"}");
            }
        }
        std::fs::write(&path, content).unwrap();
        // also as the folder that it lies in
        for input in [path.as_path(), folder.path()] {
            if input == folder.path() && !name.ends_with(".drv") {
                continue;
            }
            let problem = match said(name, input) {
                Ok(()) => (!may_be_valid(name, expect)).then(|| "was read".to_owned()),
                Err(error) => complaint(name, expect, &path, wrapped, &error),
            };
            wrong.extend(problem.map(|problem| format!("{name}: {problem}\n    README: {expect}")));
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

/// What is well-formed as far as a reader of closures is concerned.
fn may_be_valid(name: &str, expect: &str) -> bool {
    expect.contains("valid: ")
        || matches!(name, "structured-in-env.json" | "input-twice.drv" | "input-without-outputs.drv")
}

fn complaint(name: &str, expect: &str, path: &Path, wrapped: u64, error: &Refused) -> Option<String> {
    let message = error.to_string();
    if may_be_valid(name, expect) && matches!(error, Refused::Ingest(_)) {
        return Some(format!("is well-formed, but: {message}"));
    }
    let fragment = FRAGMENTS.iter().find(|(file, _)| *file == name).map(|(_, fragment)| *fragment);
    let spoken = expect.starts_with("parses; ") || name.ends_with(".closure.json");
    match fragment {
        None if spoken && !may_be_valid(name, expect) => return Some("no fragment says what is expected".to_owned()),
        Some(fragment) if spoken && !message.contains(fragment) => return Some(format!("not '{fragment}': {message}")),
        _ => {}
    }
    match error {
        Refused::Build(_) => (expect.starts_with("at byte ")).then(|| format!("was read, then: {message}")),
        Refused::Ingest(_) if !message.contains(&path.display().to_string()) => {
            Some(format!("the file is not named: {message}"))
        }
        // the reader of the whole text follows nesting as deep as JSON's parser does
        Refused::Ingest(_) if message.contains("at most 128 deep") && name.starts_with("deep-") => None,
        Refused::Ingest(_) => match (offset_of(expect), offset_of(&message)) {
            (Some(_), None) => Some(format!("without an offset: {message}")),
            (None, None) if name.ends_with(".closure.json") || name.ends_with(".drv") => {
                Some(format!("without an offset: {message}"))
            }
            (Some(expected), Some(found)) if expected + wrapped != found => {
                Some(format!("at byte {found}, expected {}: {message}", expected + wrapped))
            }
            _ => None,
        },
    }
}
