//! Real inputs, damaged by seeded chance: each is refused by name, or is a graph that holds
//! together; and what verification lets through is what Nix wrote.

use std::collections::BTreeSet;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::path::{Path, PathBuf};

use nix_ripple::graph::{BuildOptions, Graph, build};
use nix_ripple::ingest::{IngestOptions, verify};

use crate::support::{self, Chance, closure_files, minipkg, testdata};

/// Something to damage.
struct Case {
    /// The name under which it is read.
    name: String,
    content: Vec<u8>,
    /// What is read before it.
    beside: Vec<PathBuf>,
    store_root: Option<PathBuf>,
    /// A `.drv` file: verification must notice every change of it.
    derivation: bool,
    /// Known by name and inputs only, so that verification cannot tell.
    bare: bool,
}

impl Case {
    fn new(name: &str, content: Vec<u8>) -> Self {
        let derivation = name.ends_with(".drv");
        Self { name: name.to_owned(), content, beside: Vec::new(), store_root: None, derivation, bare: false }
    }
}

fn compressed(case: &Case) -> Case {
    let content = zstd::encode_all(&case.content[..], 3).unwrap();
    Case {
        name: format!("{}.zst", case.name),
        content,
        beside: case.beside.clone(),
        store_root: case.store_root.clone(),
        derivation: false,
        bare: case.bare,
    }
}

/// One change, or a few.
fn damage(text: &[u8], chance: &mut Chance) -> Vec<u8> {
    let mut text = text.to_vec();
    for _ in 0..1 + chance.below(3) / 2 {
        if text.is_empty() {
            break;
        }
        let at = chance.below(text.len());
        let end = (at + 1 + chance.below(40)).min(text.len());
        match chance.below(9) {
            0 => text[at] ^= 1 << chance.below(8),
            1 => text[at] = chance.next() as u8,
            2 => text[at] = *chance.pick(b"\"\\,()[]{}:/-^!0en \n\0"),
            3 => drop(text.drain(at..end)),
            4 => drop(text.remove(at)),
            5 => text.insert(at, *chance.pick(b"\"\\,()[]{}:/-^!0en \n\0")),
            6 => {
                let block = text[at..end].to_vec();
                let to = chance.below(text.len());
                text.splice(to..to, block);
            }
            7 => text.truncate(at),
            _ => {
                // digits of one path in another's place
                let from = chance.below(text.len().saturating_sub(32).max(1));
                let block = text[from..(from + 32).min(text.len())].to_vec();
                let end = (at + block.len()).min(text.len());
                text.splice(at..end, block);
            }
        }
    }
    text
}

fn derivation_paths(graph: &Graph) -> BTreeSet<String> {
    let known = graph.nodes().filter(|&node| graph.is_derivation(node) && !graph.is_missing(node));
    known.map(|node| graph.path(node)).collect()
}

/// Whether a message names the damaged file, or one of the store that it leads to.
fn names(message: &str, file: &Path, store_root: Option<&Path>) -> bool {
    let named = |path: &Path| message.contains(&path.display().to_string());
    named(file) || store_root.is_some_and(named)
}

/// Runs a case `times` over. Gives how many were refused and how many were read.
fn run(case: &Case, times: usize, chance: &mut Chance) -> (usize, usize) {
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join(&case.name);
    let inputs: Vec<&Path> = case.beside.iter().map(PathBuf::as_path).chain([file.as_path()]).collect();
    std::fs::write(&file, &case.content).unwrap();
    let options = IngestOptions { store_root: case.store_root.clone(), keep_texts: true, ..IngestOptions::default() };
    let (raw, _) = support::read(&inputs, &options).unwrap_or_else(|error| panic!("{}, undamaged: {error}", case.name));
    let (original, _) = build(&raw, BuildOptions { allow_missing: true, ..BuildOptions::default() }).unwrap();
    let (paths, snapshot) = (derivation_paths(&original), support::snapshot(&original));

    let (mut refused, mut taken) = (0, 0);
    for round in 0..times {
        let content = damage(&case.content, chance);
        std::fs::write(&file, &content).unwrap();
        let said = catch_unwind(AssertUnwindSafe(|| {
            let fault = |what: String| -> Result<bool, String> { Err(what) };
            let (raw, _) = match support::read(&inputs, &options) {
                Ok(read) => read,
                Err(error) if names(&error.to_string(), &file, case.store_root.as_deref()) => return Ok(false),
                Err(error) => return fault(format!("the file is not named: {error}")),
            };
            let problems = verify(&raw).problems;
            let noticed = problems.iter().any(|problem| problem.code == "wrong-derivation-path");
            if case.derivation && content != case.content && !noticed {
                return fault("verification noticed nothing".to_owned());
            }
            let Ok((graph, _)) = build(&raw, BuildOptions { allow_missing: true, ..BuildOptions::default() }) else {
                return Ok(false);
            };
            let _ = build(&raw, BuildOptions::default());
            let saved = folder.path().join("graph.ripple");
            graph.save(&saved).unwrap();
            let opened = Graph::open(&saved).map_err(|error| error.to_string())?;
            if opened.node_count() != graph.node_count() {
                return fault("the snapshot is another graph".to_owned());
            }
            if !noticed && !case.bare {
                let now = derivation_paths(&graph);
                if !now.is_subset(&paths) {
                    return fault(format!("verified, but new: {:?}", now.difference(&paths).next()));
                }
                if now == paths && graph.attribute_count() == 0 && support::snapshot(&graph) != snapshot {
                    return fault("verified, but another graph".to_owned());
                }
            }
            Ok(true)
        }));
        let failed = match said {
            Ok(Ok(true)) => {
                taken += 1;
                continue;
            }
            Ok(Ok(false)) => {
                refused += 1;
                continue;
            }
            Ok(Err(what)) => what,
            Err(_) => "panicked".to_owned(),
        };
        panic!("{}, round {round}: {failed}\n{}", case.name, String::from_utf8_lossy(&content));
    }
    (refused, taken)
}

fn run_all(cases: &[Case], rounds: usize, seed: u64) {
    let mut chance = Chance(seed);
    let (mut refused, mut taken) = (0, 0);
    for case in cases {
        let (no, yes) = run(case, rounds.div_ceil(cases.len()), &mut chance);
        refused += no;
        taken += yes;
    }
    assert!(refused > 0 && taken > 0, "{refused} refused, {taken} read: the damage is too great or too small");
}

#[test]
fn derivations() {
    let mut cases: Vec<Case> =
        support::files(&testdata("formats/drvs")).into_iter().map(|(name, text)| Case::new(&name, text)).collect();
    for end in ["zlib-1.2.13.drv", "wget-1.21.3.drv", "python3.11-torchvision-0.14.1.drv"] {
        let file = minipkg(end);
        let name = file.file_name().unwrap().to_str().unwrap();
        cases.push(Case::new(name, std::fs::read(&file).unwrap()));
    }
    run_all(&cases, 2500, 1);
}

#[test]
fn derivation_json() {
    let mut cases: Vec<Case> =
        support::files(&testdata("formats/json")).into_iter().map(|(name, text)| Case::new(&name, text)).collect();
    let texts = support::texts(&closure_files(&minipkg("zlib-1.2.13.drv")));
    cases.extend(
        support::shown(&texts)
            .into_iter()
            .map(|(name, text)| Case::new(&format!("{name}-zlib.json"), text.into_bytes())),
    );
    let zst: Vec<Case> = cases.iter().take(2).map(compressed).collect();
    cases.extend(zst);
    run_all(&cases, 900, 2);
}

/// Lines of nix-eval-jobs for these derivations.
fn jobs(texts: &[(String, Vec<u8>)], inputs: bool) -> String {
    use serde_json::json;
    let mut lines = String::new();
    for (at, (path, text)) in texts.iter().enumerate() {
        let derivation = nix_ripple::nix::aterm::parse(text).unwrap();
        let text = |bytes: &[u8]| String::from_utf8(bytes.to_vec()).unwrap();
        let outputs = derivation.outputs.iter().map(|output| (text(&output.name), json!(text(&output.path))));
        let attr = format!("set.p{at}");
        let mut line = json!({
            "attr": attr, "attrPath": ["set", format!("p{at}")], "name": &path[44..path.len() - 4],
            "system": text(&derivation.system), "drvPath": path,
            "outputs": outputs.collect::<serde_json::Map<_, _>>(),
            "meta": {"position": format!("/x/pkgs/p{at}.nix:{at}")},
        });
        if inputs {
            let uses = derivation.input_derivations.iter();
            let uses = uses.map(|(path, used)| (text(path), used.names.iter().map(|name| json!(text(name))).collect()));
            line["inputDrvs"] = uses.collect::<serde_json::Map<_, _>>().into();
        }
        lines.push_str(&line.to_string());
        lines.push('\n');
    }
    lines.push_str(
        "{\"attr\":\"broken\",\"attrPath\":[\"broken\"],\"error\":\"error: attribute 'x' missing\\nat y\"}\n",
    );
    lines
}

#[test]
fn attributes() {
    let root = minipkg("zlib-1.2.13.drv");
    let files = closure_files(&root);
    let texts = support::texts(&files);
    let mut cases = Vec::new();
    let few = |name: &str| {
        let text = std::fs::read_to_string(testdata(name)).unwrap();
        let all: serde_json::Map<String, serde_json::Value> = serde_json::from_str(&text).unwrap();
        let some: serde_json::Map<_, _> = all
            .into_iter()
            .filter(|(attr, _)| attr.starts_with('z') || attr.starts_with("python311Packages.p"))
            .collect();
        assert!(some.len() > 5);
        serde_json::to_vec_pretty(&some).unwrap()
    };
    for (name, content) in [
        ("outpaths.json", few("minipkgs/outpaths.json")),
        ("nix-env.json", few("minipkgs/nix-env.json")),
        ("jobs.jsonl", jobs(&texts, false).into_bytes()),
    ] {
        let mut case = Case::new(name, content);
        case.beside = vec![root.clone()];
        cases.push(compressed(&case));
        cases.push(case);
    }
    let alone = Case::new("jobs-alone.jsonl", jobs(&texts, true).into_bytes());
    cases.push(Case { bare: true, ..alone });
    run_all(&cases, 600, 3);
}

#[test]
fn lists_of_derivations() {
    let folder = testdata("minipkgs/drvs");
    let files = closure_files(&minipkg("zlib-1.2.13.drv"));
    let list: String = support::texts(&files)
        .iter()
        .enumerate()
        .map(|(at, (path, _))| format!("{path}{}\n", ["", "!out", "^dev", " "][at % 4]))
        .collect();
    let mut case = Case::new("list.txt", list.into_bytes());
    case.store_root = Some(folder);
    run_all(&[compressed(&case), case], 500, 4);
}
