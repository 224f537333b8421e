//! Appending: by several at once, and where writing fails.

use std::path::Path;
use std::process::{Command, Stdio};
use std::sync::atomic::{AtomicBool, Ordering};

use nix_ripple::verdict::{EvidenceError, EvidenceFile, ExperimentKind, Failure, Outcome, PruneParams, Variant, prune};

use super::{closure, experiment, file, graph_of};
use crate::cli::program::Program;
use crate::support::folder;

/// Failures of these attributes; long enough that writing them byte by byte would tear lines.
fn failures(names: impl IntoIterator<Item = String>) -> EvidenceFile {
    let failure =
        |attribute: String| Failure { attribute, variant: Variant::Package, error: "no such thing; ".repeat(300) };
    EvidenceFile { failures: names.into_iter().map(failure).collect(), ..EvidenceFile::default() }
}

fn attributes(path: &Path) -> Vec<String> {
    let (file, problems) = EvidenceFile::load(path).unwrap();
    assert_eq!(problems, []);
    file.failures.into_iter().map(|failure| failure.attribute).collect()
}

/// Threads that each open the file anew (a lock is one of an open file), while another one puts a pruned
/// file in its place again and again.
#[test]
fn several_append_while_one_prunes() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("evidence.jsonl");
    let done = AtomicBool::new(false);
    EvidenceFile::append(&path, &EvidenceFile::default()).unwrap();
    std::thread::scope(|scope| {
        let writers: Vec<_> = (0..6)
            .map(|thread| {
                let path = &path;
                scope.spawn(move || {
                    for nth in 0..25 {
                        let name = format!("thread{thread}-{nth:02}");
                        let appended = EvidenceFile::append(path, &failures([name])).unwrap();
                        assert_eq!((appended.records, appended.ended_line), (1, false));
                    }
                })
            })
            .collect();
        let pruner = scope.spawn(|| {
            let mut count = 0;
            while !done.load(Ordering::Relaxed) {
                EvidenceFile::rewrite(&path, |reading| prune(reading, PruneParams::default()).file).unwrap();
                count += 1;
            }
            count
        });
        writers.into_iter().for_each(|writer| writer.join().unwrap());
        done.store(true, Ordering::Relaxed);
        assert!(pruner.join().unwrap() > 0);
    });
    let expected: Vec<String> =
        (0..6).flat_map(|thread| (0..25).map(move |nth| format!("thread{thread}-{nth:02}"))).collect();
    assert_eq!(attributes(&path), expected);
}

/// What `probe --compare` finds in derivations made by hand, under this attribute.
fn pairs(program: &Program, attribute: &str) -> String {
    let library = crate::support::Recipe::new(900, "library-1");
    let path = library.path();
    let gone = "x".repeat(3000);
    program.write(
        &format!("{attribute}.json"),
        format!(
            r#"{{"derivations": {{}}, "pairs": {{"{attribute}": {{"base": "{path}", "without_checks": "{gone}"}}, "fine{attribute}": {{"base": "{path}", "without_checks": "{path}"}}}}}}"#
        ),
    );
    format!("{attribute}.json")
}

#[test]
fn several_processes_append() {
    let program = Program::new();
    let drvs = folder(&[crate::support::Recipe::new(900, "library-1")]);
    let closure = drvs.path().to_str().unwrap();
    let names: Vec<String> = (0..12).map(|nth| format!("attribute{nth:02}")).collect();
    let children: Vec<_> = names
        .iter()
        .map(|name| {
            let pairs = pairs(&program, name);
            let mut command = program.command(&["probe", "--compare", &pairs, "-c", closure, "-o", "e.jsonl", "-q"]);
            command.stdout(Stdio::null()).spawn().unwrap()
        })
        .collect();
    for child in children {
        assert!(child.wait_with_output().unwrap().status.success());
    }
    let path = program.folder.path().join("e.jsonl");
    assert_eq!(attributes(&path), names);
    let text = std::fs::read_to_string(&path).unwrap();
    assert_eq!(text.lines().count(), 13, "one header, a line each");
    // what is there already is not written again
    program.run(&["probe", "--compare", "attribute03.json", "-c", closure, "-o", "e.jsonl", "-q"]).fine();
    assert_eq!(std::fs::read_to_string(&path).unwrap(), text);
}

/// A full disk, played by a limit on the size of files: the file is as it was.
#[test]
fn a_full_disk() {
    let program = Program::new();
    let drvs = folder(&[crate::support::Recipe::new(900, "library-1")]);
    let closure = drvs.path().to_str().unwrap();
    let path = program.folder.path().join("e.jsonl");
    let before = EvidenceFile {
        failures: vec![Failure { attribute: "known".to_owned(), variant: Variant::Package, error: "no".to_owned() }],
        ..EvidenceFile::default()
    }
    .to_text();
    std::fs::write(&path, &before).unwrap();
    let pairs = pairs(&program, "large");
    let limited = |limit: &str| {
        let script = format!("trap '' XFSZ; ulimit -f {limit}; exec \"$0\" \"$@\"");
        let mut command = Command::new("sh");
        command.args(["-c", &script, env!("CARGO_BIN_EXE_nix-ripple"), "probe", "--compare", &pairs, "-c", closure]);
        command.args(["-o", "e.jsonl"]).current_dir(program.folder.path());
        command.output().unwrap()
    };
    let output = limited("1");
    let told = String::from_utf8(output.stderr).unwrap();
    assert_eq!(output.status.code(), Some(2), "{told}");
    assert!(told.contains("error: e.jsonl: File too large"), "{told}");
    assert_eq!(std::fs::read_to_string(&path).unwrap(), before);
    assert!(limited("unlimited").status.success());
    assert_eq!(attributes(&path), ["known", "large"]);
}

/// Wherever a writer was ended, what the next one appends is read, and nothing else is lost.
#[test]
fn an_unfinished_line_is_ended() {
    let graph = graph_of(&closure(100, "tool-1", ""));
    let first = file([experiment(&graph, "library-1", ExperimentKind::Remove, Outcome::Identical)]);
    let second = file([experiment(&graph, "tool-1", ExperimentKind::Remove, Outcome::Fails)]);
    let text = first.to_text();
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("e.jsonl");
    let header = text.find('\n').unwrap() + 1;
    for end in 0..=text.len() {
        std::fs::write(&path, &text.as_bytes()[..end]).unwrap();
        EvidenceFile::check_appendable(&path).unwrap();
        let appended = EvidenceFile::append(&path, &second).unwrap();
        assert_eq!(appended.ended_line, ![0, header, text.len()].contains(&end), "{end}");
        let (read, problems) = EvidenceFile::load(&path).unwrap();
        assert!(read.evidence.contains(&second.evidence[0]), "{end}");
        let whole = end + 1 >= text.len();
        assert_eq!(read.evidence.len(), if whole { 2 } else { 1 }, "{end}");
        assert_eq!(problems.is_empty(), whole || [0, header - 1, header].contains(&end), "{end}: {problems:?}");
        // appending once more what is there changes nothing
        let before = std::fs::read(&path).unwrap();
        EvidenceFile::append_new(&path, &second).unwrap();
        assert_eq!(std::fs::read(&path).unwrap(), before, "{end}");
    }
}

#[test]
fn what_cannot_be_appended_to() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("e.json");
    let more = failures(["x".to_owned()]);
    let document = "{\"version\": 2,\n\"evidence\": []}";
    std::fs::write(&path, document).unwrap();
    for error in [
        EvidenceFile::check_appendable(&path).unwrap_err(),
        EvidenceFile::append(&path, &more).unwrap_err(),
        EvidenceFile::append_new(&path, &more).unwrap_err(),
    ] {
        assert!(matches!(error, EvidenceError::NotAppendable { .. }), "{error}");
        assert!(error.to_string().contains("e.json -o NEW'"), "{error}");
    }
    assert_eq!(std::fs::read_to_string(&path).unwrap(), document);
    for (text, told) in [("{\"version\": 9}", "its version is 9"), ("a text\n", "line 1, column 1: expected value")] {
        std::fs::write(&path, text).unwrap();
        let error = EvidenceFile::append(&path, &more).unwrap_err().to_string();
        assert!(error.contains(told), "{error}");
        assert_eq!(std::fs::read_to_string(&path).unwrap(), text);
    }
    // nothing is made where there is nothing to rewrite
    let gone = folder.path().join("gone.jsonl");
    assert!(EvidenceFile::rewrite(&gone, |reading| reading.file).is_err());
    assert!(!gone.exists());
}
