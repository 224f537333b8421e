//! Which files of its inputs a build opens, by a trace of it (`testdata/minipkgs/traced.nix`).

use std::collections::{BTreeMap, BTreeSet};
use std::os::unix::fs::PermissionsExt;
use std::path::Path;

use nix_ripple::verdict::{Evidence, EvidenceFile, Trace};
use serde_json::Value;

use crate::cli::program::{Program, Ran};
use crate::needs;
use crate::nix_as_judge::{Store, nix, ran, sandbox_works};
use crate::support::testdata;

/// Files by phase.
type Files = BTreeMap<String, Vec<String>>;

struct Tracer {
    store: Store,
    program: Program,
}

impl Tracer {
    fn new() -> Self {
        let store = Store::new();
        let program = Program::new().env("NIX_REMOTE", store.path());
        Self { store, program }
    }

    fn prove(&self, arguments: &[&str]) -> Ran {
        let expression = testdata("minipkgs/traced.nix");
        let paths = sandbox_paths();
        let start = ["prove", "-f", expression.to_str().unwrap(), "-A", "package", "--trace", "--format", "json"];
        let end = ["--store-root", self.store.path(), "--", "--option", "sandbox-paths", &paths];
        let more = ["--option", "substitute", "false", "--option", "fsync-metadata", "false"];
        self.program.run(&[&start, arguments, &end, &more].concat())
    }

    fn traces(&self) -> Vec<Trace> {
        let path = self.program.folder.path().join("evidence.jsonl");
        let (file, problems) = EvidenceFile::load(&path).unwrap();
        assert_eq!(problems, []);
        let traces = file.evidence.into_iter().filter_map(|evidence| match evidence {
            Evidence::Trace(trace) => Some(trace),
            _ => None,
        });
        traces.collect()
    }

    /// The same program with this in the place of strace, or without any.
    fn with_strace(&self, script: Option<&str>) -> Ran {
        let folder = tempfile::tempdir().unwrap();
        let path = std::env::var_os("PATH").unwrap();
        for program in ["nix", "nix-store", "nix-instantiate"] {
            let mut places = std::env::split_paths(&path).map(|folder| folder.join(program));
            let place = places.find(|place| place.exists()).unwrap();
            std::os::unix::fs::symlink(place, folder.path().join(program)).unwrap();
        }
        if let Some(script) = script {
            let file = folder.path().join("strace");
            std::fs::write(&file, script).unwrap();
            std::fs::set_permissions(&file, std::fs::Permissions::from_mode(0o755)).unwrap();
        }
        let program = Program::new().env("NIX_REMOTE", self.store.path());
        let program = program.env("PATH", folder.path().to_str().unwrap());
        let expression = testdata("minipkgs/traced.nix");
        let arguments = ["prove", "-f", expression.to_str().unwrap(), "-A", "package", "--input", "idle", "--trace"];
        let end = ["--format", "json", "--store-root", self.store.path(), "--"];
        let more = ["--option", "sandbox-paths", &sandbox_paths(), "--option", "substitute", "false"];
        let ran = program.run(&[&arguments[..], &end, &more].concat());
        let (file, _) = EvidenceFile::load(&program.folder.path().join("evidence.jsonl")).unwrap();
        assert!(!file.evidence.is_empty() && file.evidence.iter().all(|evidence| evidence.kind() != "trace"));
        ran
    }
}

fn sandbox_paths() -> String {
    let paths: Vec<&str> =
        ["/bin", "/lib", "/lib64", "/usr"].into_iter().filter(|path| Path::new(path).exists()).collect();
    paths.join(" ")
}

fn labels() -> BTreeMap<String, Files> {
    let mut command = nix("nix-instantiate");
    let store = tempfile::tempdir().unwrap();
    command.args(["--eval", "--strict", "--json", "-A", "labels", "--store"]).arg(store.path());
    let output = ran(command.arg(testdata("minipkgs/traced.nix")));
    serde_json::from_slice(&output.stdout).unwrap()
}

/// What is said of how many files, and of the first.
fn summary(files: &Files) -> Vec<(String, u64, String)> {
    files.iter().map(|(phase, files)| (phase.clone(), files.len() as u64, files[0].clone())).collect()
}

fn found(opened: &Value) -> Vec<(String, u64, String)> {
    let below = |path: &str| path.splitn(5, '/').nth(4).unwrap_or_default().to_owned();
    let opened = opened.as_array().unwrap().iter().map(|opened| {
        let phase = opened["phase"].as_str().unwrap_or_default();
        (phase.to_owned(), opened["files"].as_u64().unwrap(), below(opened["first"].as_str().unwrap()))
    });
    opened.collect()
}

#[test]
fn what_a_build_opens_of_each_input() {
    if !needs::nix() || !needs::sandbox(sandbox_works) || !needs::strace() {
        return;
    }
    let tracer = Tracer::new();
    let labels = labels();
    let ran = tracer.prove(&["--input", "idle", "--input", "checked", "--input", "read"]);
    let lines: Vec<Value> = ran.fine().lines().map(|line| serde_json::from_str(line).unwrap()).collect();
    assert_eq!(lines.len(), 3);
    for line in &lines {
        let name = line["input"]["pname"].as_str().unwrap();
        assert_eq!(found(&line["opened"]), summary(&labels[name]), "{name}");
    }

    // one build tells of all inputs
    let traces = tracer.traces();
    let names: BTreeSet<&str> = traces.iter().map(|trace| trace.input.name.as_str()).collect();
    assert_eq!(names, labels.keys().map(String::as_str).collect::<BTreeSet<_>>());
    for trace in &traces {
        let name = trace.input.name.as_str();
        let opened = serde_json::to_value(&trace.opened).unwrap();
        assert_eq!(found(&opened), summary(&labels[name]), "{name}");
        assert!(trace.sandboxed, "{name}");
        assert_eq!(trace.referenced, name == "written", "{name}");
        assert_eq!(trace.chain, if name == "carried" { vec!["carrier"] } else { vec![] }, "{name}");
    }

    // what is known is not traced again
    let again = tracer.prove(&["--input", "idle"]);
    let line: Value = again.json();
    assert_eq!((found(&line["opened"]), tracer.traces().len()), (Vec::new(), traces.len()));

    // where nothing is seen nothing is recorded, and the experiments go on
    let forbidden = "#!/bin/sh\necho 'strace: PTRACE_TRACEME: Operation not permitted' >&2\nexit 1\n";
    let blind = "#!/bin/sh\nwhile [ \"$1\" != -- ]; do shift; done\nshift\nexec \"$@\" < /dev/null\n";
    for (script, said) in [
        (None, "install strace"),
        (Some(forbidden), "allow it to trace"),
        (Some(blind), "strace did not see the build"),
    ] {
        let ran = tracer.with_strace(script);
        let told = ran.talk.lines().filter(|line| line.contains("trace")).count();
        assert!(ran.talk.contains(said) && told == 1, "{said}: {}", ran.talk);
        let line: Value = ran.json();
        assert_eq!((&line["opened"], line["outcome"].as_str()), (&Value::Null, Some("identical")), "{said}");
    }
}
