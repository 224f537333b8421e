//! References, against what the real Nix records of what it has built.

use std::collections::{BTreeMap, BTreeSet};
use std::io::Write;
use std::path::{Path, PathBuf};
use std::sync::LazyLock;

use nix_ripple::nix::Digest;
use nix_ripple::proof::outputs::{Built, Metadata, Scanner, StoreDatabase, references};
use nix_ripple::verdict::ReferenceSource;
use serde_json::Value;

use crate::cli::program::Program;
use crate::needs;
use crate::nix_as_judge::{Store, build_in, nix, ran, sandbox_works};
use crate::support::testdata;

/// A store with a part of the small distribution and the outputs of `testdata/outputs`.
struct Judge {
    store: Store,
    /// What was built, with what Nix says that it refers to.
    references: BTreeMap<String, BTreeSet<String>>,
    compiler: bool,
}

impl Judge {
    fn database(&self) -> PathBuf {
        Path::new(self.store.path()).join("nix/var/nix/db/db.sqlite")
    }

    fn open(&self, path: &str) -> Built {
        Built::open(Path::new(path), Some(Path::new(self.store.path()))).unwrap_or_else(|error| panic!("{error}"))
    }

    /// The output with this name.
    fn named(&self, name: &str) -> &str {
        let found = self.references.keys().find(|path| path[44..] == *name);
        found.unwrap_or_else(|| panic!("no {name}"))
    }
}

fn judge() -> Option<&'static Judge> {
    static JUDGE: LazyLock<Judge> = LazyLock::new(|| {
        let store = Store::new();
        let minipkgs = testdata("minipkgs");
        let carriers = testdata("outputs/carriers.nix");
        let mut arguments = vec![minipkgs.to_str().unwrap(), "--argstr", "system", "x86_64-linux"];
        for attribute in ["curl", "python311Packages.pandas", "python311Packages.matplotlib", "perl"] {
            arguments.extend(["-A", attribute]);
        }
        build_in(&store, &arguments).unwrap_or_else(|log| panic!("{log}"));
        let small = ["dep", "silent", "several", "names", "link", "file", "carriers"];
        let mut arguments = vec![carriers.to_str().unwrap(), "--argstr", "system", "x86_64-linux"];
        small.iter().for_each(|attribute| arguments.extend(["-A", attribute]));
        build_in(&store, &arguments).unwrap_or_else(|log| panic!("{log}"));
        let compiler = Path::new("/usr/bin/gcc").exists();
        if compiler {
            build_in(&store, &[carriers.to_str().unwrap(), "-A", "elf"]).unwrap_or_else(|log| panic!("{log}"));
        } else {
            let _ =
                std::io::stderr().write_all(b"left out: run paths of ELF files, for there is no /usr/bin/gcc here\n");
        }
        let query = |arguments: &[&str]| {
            let mut command = nix("nix-store");
            let output = ran(command.args(["--store", store.path(), "--query"]).args(arguments));
            String::from_utf8(output.stdout).unwrap().lines().map(str::to_owned).collect::<BTreeSet<String>>()
        };
        let database = StoreDatabase::open(&Path::new(store.path()).join("nix/var/nix/db/db.sqlite")).unwrap();
        let paths = database.paths().unwrap().into_iter().filter(|path| !path.ends_with(".drv"));
        let references = paths.map(|path| (path.clone(), query(&["--references", &path]))).collect();
        Judge { store, references, compiler }
    });
    (needs::nix() && needs::sandbox(sandbox_works)).then(|| &*JUDGE)
}

/// A scan for all store paths of the store finds, for every output, what Nix found: neither more nor less.
#[test]
fn as_nix_itself() {
    let Some(judge) = judge() else { return };
    let database = StoreDatabase::open(&judge.database()).unwrap();
    let names: BTreeMap<Digest, String> = database
        .paths()
        .unwrap()
        .into_iter()
        .map(|path| (Digest::from_prefix(&path.as_bytes()["/nix/store/".len()..]).unwrap(), path))
        .collect();
    let scanner = Scanner::new(names.keys().copied());
    let (mut edges, mut without) = (0, 0);
    for (path, expected) in &judge.references {
        let mentions = judge.open(path).tree.mentions(&scanner).unwrap();
        let found: BTreeSet<String> = mentions.keys().map(|digest| names[digest].clone()).collect();
        if built_by_hand(path, expected, &found) {
            without += 1;
            continue;
        }
        assert_eq!(found, *expected, "{path}");
        edges += found.len();
    }
    assert!(judge.references.len() > 150 && edges > 150, "{} {edges}", judge.references.len());
    assert!(without < judge.references.len() / 2, "{without}");
}

/// Nix looks for nothing in what is fetched or added: sources may name paths that they do not refer to.
fn built_by_hand(path: &str, expected: &BTreeSet<String>, found: &BTreeSet<String>) -> bool {
    let source = [".tar.gz", ".sh", ".patch", ".nix", ".zip"].iter().any(|end| path.ends_with(end));
    source && expected.is_empty() && !found.is_empty()
}

/// The database, `nix path-info --json` and the texts alone say the same of every output.
#[test]
fn all_sources_agree() {
    let Some(judge) = judge() else { return };
    let program = Program::new();
    let mut command = nix("nix");
    command.args(["--extra-experimental-features", "nix-command", "--store", judge.store.path()]);
    let info = program.write("info.json", &ran(command.args(["path-info", "--json", "--all"])).stdout);
    let database = Metadata::open(&judge.database()).unwrap();
    let info = Metadata::open(&info).unwrap();
    assert_eq!((database.source(), info.source()), (ReferenceSource::StoreDb, ReferenceSource::PathInfo));
    let paths: Vec<&String> = judge.references.keys().collect();
    let outputs: Vec<Built> = paths.iter().map(|path| judge.open(path)).collect();
    let by_database = references(&outputs, &[database]).unwrap();
    let by_info = references(&outputs, &[info]).unwrap();
    let by_texts = references(&outputs, &[]).unwrap();
    for (nth, path) in paths.into_iter().enumerate() {
        let told = |report: &nix_ripple::proof::outputs::ReferencesReport| -> BTreeSet<String> {
            assert_eq!(report.outputs[nth].output, *path);
            report.outputs[nth].references.iter().map(|reference| reference.path.clone()).collect()
        };
        assert_eq!(told(&by_database), judge.references[path], "{path}");
        assert_eq!(by_database.outputs[nth].references, by_info.outputs[nth].references, "{path}");
        for reference in &by_database.outputs[nth].references {
            assert!(!reference.files.is_empty(), "{path}: {reference:?}");
        }
        // texts tell of paths by their names; what they name besides is not valid in this store
        let by_name: BTreeSet<String> = told(&by_texts).intersection(&judge.references[path]).cloned().collect();
        let nameless: BTreeSet<String> = &told(&by_database) - &by_name;
        assert!(nameless.is_empty() || path.ends_with("-several-1.0-dev"), "{path}: {nameless:?}");
    }
    assert!(by_database.notes.is_empty(), "{:?}", by_database.notes);
}

/// Each mention is told as what it was written as.
#[test]
fn carriers() {
    let Some(judge) = judge() else { return };
    let program = Program::new();
    let mut names = vec!["carriers-1.0"];
    names.extend(judge.compiler.then_some("elf-1.0"));
    for name in names {
        let arguments =
            ["references", judge.named(name), "--store-root", judge.store.path(), "--input", "dep", "--format", "json"];
        let report = program.run(&arguments).json();
        let [reference] = report["outputs"][0]["references"].as_array().unwrap().as_slice() else {
            panic!("{report:#}")
        };
        assert_eq!(reference["name"], "dep-1.0");
        let mut seen = 0;
        for file in reference["files"].as_array().unwrap() {
            let path = file["path"].as_str().unwrap();
            let expected = match path {
                "nix-support/propagated-build-inputs" => "propagated",
                "nix-support/setup-hook" => "nix-support",
                "lib/pkgconfig/x.pc" => "pkg-config",
                "lib/cmake/x-config.cmake" => "cmake",
                "lib/x.la" => "libtool",
                "carried/x-1.dist-info/direct_url.json" | "carried/x.pth" => "python-metadata",
                "carried/wrapper" | "carried/wrapper-2" => "wrapper",
                "carried/rpath" | "carried/rpath-old" | "carried/rpath-interpreter" => "rpath",
                "carried/shebang" => "shebang",
                "carried/path-list" => "path-list",
                "carried/symlink" => "symlink",
                other if other.starts_with("others/") => "other",
                other => panic!("{other}"),
            };
            let kinds: Vec<&String> = file["carriers"].as_object().unwrap().keys().collect();
            assert_eq!(kinds, [expected], "{path}");
            assert_eq!(file["offset"].is_null(), path == "carried/symlink", "{path}");
            seen += 1;
        }
        assert_eq!(seen, if name == "elf-1.0" { 5 } else { 15 }, "{report:#}");
    }
}

/// What is planted in outputs: names, links, the digits alone; not what is compressed or cut.
#[test]
fn planted() {
    let Some(judge) = judge() else { return };
    let names =
        |path: &str| -> Vec<&str> { judge.references[judge.named(path)].iter().map(|path| &path[44..]).collect() };
    let sorted = |path: &str| {
        let mut names = names(path);
        names.sort_unstable();
        names
    };
    assert_eq!(sorted("several-1.0"), ["several-1.0", "several-1.0-dev"]);
    assert_eq!(sorted("several-1.0-dev"), ["dep-1.0"]);
    assert_eq!(sorted("names-1.0"), ["dep-1.0", "silent-1.0"]);
    assert_eq!((sorted("link-1.0"), sorted("file-1.0")), (vec!["dep-1.0"], vec!["dep-1.0"]));
    let program = Program::new();
    let run = |path: &str, more: &[&str]| -> Value {
        let mut arguments = vec!["references", path, "--store-root", judge.store.path(), "--format", "json"];
        arguments.extend(more);
        program.run(&arguments).json()
    };
    // the digits alone have no name to be known by
    let several = judge.named("several-1.0-dev");
    assert_eq!(run(several, &["--scan"])["outputs"][0]["references"].as_array().unwrap().len(), 0);
    assert_eq!(run(several, &[])["outputs"][0]["references"][0]["files"][0]["path"], "hash");
    assert_eq!(run(several, &["--input", "silent"])["outputs"][0]["references"].as_array().unwrap().len(), 0);
    let link = run(judge.named("link-1.0"), &[]);
    assert_eq!(link["outputs"][0]["references"][0]["files"][0]["path"], ".");
    assert_eq!(link["outputs"][0]["source"], "store-db");
}
