//! The same closure is the same bytes: by any number of threads, in any order, in any form.

use std::path::{Path, PathBuf};

use nix_ripple::graph::{BuildOptions, build};
use nix_ripple::ingest::{IngestOptions, Input, Progress, ingest};

use crate::support::{self, testdata};

/// The snapshot of these inputs, made by so many threads.
fn made<P: AsRef<Path> + Sync>(inputs: &[P], options: &IngestOptions, threads: usize) -> Vec<u8> {
    let pool = rayon::ThreadPoolBuilder::new().num_threads(threads).build().unwrap();
    pool.install(|| {
        let inputs: Vec<Input> = inputs.iter().map(|path| Input::Path(path.as_ref().to_path_buf())).collect();
        let (raw, _) = ingest(&inputs, options, &Progress::default()).unwrap_or_else(|error| panic!("{error}"));
        let (graph, _) = build(&raw, BuildOptions::default()).unwrap_or_else(|error| panic!("{error}"));
        support::snapshot(&graph)
    })
}

/// The fixtures of the formats but the one that is no UTF-8 and so has no JSON.
fn fixtures() -> tempfile::TempDir {
    let folder = tempfile::tempdir().unwrap();
    for (name, text) in support::files(&testdata("formats/drvs")) {
        if !name.ends_with("-bytes.drv") {
            std::fs::write(folder.path().join(name), text).unwrap();
        }
    }
    folder
}

/// All the ways to give the derivations of `folder`; JSON of every shape is that of `json`.
fn ways(folder: &Path, json: &[(String, Vec<u8>)], into: &Path) -> Vec<(PathBuf, IngestOptions)> {
    let root = IngestOptions { store_root: Some(folder.to_path_buf()), ..IngestOptions::default() };
    let write = |name: &str, text: &[u8]| {
        let file = into.join(name);
        std::fs::write(&file, text).unwrap();
        file
    };
    let paths: Vec<String> =
        support::files(folder).into_iter().map(|(name, _)| format!("/nix/store/{name}\n")).collect();
    let mut ways = vec![
        (folder.to_path_buf(), IngestOptions::default()),
        (write("list", paths.concat().as_bytes()), root.clone()),
        (write("list.zst", &zstd::encode_all(paths.concat().as_bytes(), 1).unwrap()), root),
    ];
    for (name, text) in json {
        ways.push((write(name, text), IngestOptions::default()));
        ways.push((write(&format!("{name}.zst"), &zstd::encode_all(&text[..], 1).unwrap()), IngestOptions::default()));
        let blanks: Vec<u8> = b" \n\t".iter().chain(text).chain(b"\n\n").copied().collect();
        ways.push((write(&format!("{name}.blanks"), &blanks), IngestOptions::default()));
    }
    ways
}

fn check(folder: &Path, json: &[(String, Vec<u8>)]) {
    let into = tempfile::tempdir().unwrap();
    let expected = made(&[folder], &IngestOptions::default(), 1);
    for (input, options) in ways(folder, json, into.path()) {
        for threads in [1, 2, 7] {
            let kept = IngestOptions { keep_texts: true, ..options.clone() };
            assert!(made(&[&input], &options, threads) == expected, "{} by {threads}", input.display());
            if threads == 2 {
                assert!(made(&[&input], &kept, threads) == expected, "{} with texts", input.display());
            }
        }
    }
}

#[test]
fn the_fixtures_in_every_form() {
    let folder = fixtures();
    let json = support::files(&testdata("formats/json"));
    assert!(json.len() >= 6);
    check(folder.path(), &json);
}

#[test]
fn a_package_in_every_form() {
    let files = support::closure_files(&support::minipkg("python3.11-Pillow-9.4.0.drv"));
    let folder = tempfile::tempdir().unwrap();
    for file in &files {
        std::fs::copy(file, folder.path().join(file.file_name().unwrap())).unwrap();
    }
    let shapes = support::shown(&support::texts(&files));
    let json: Vec<_> = shapes.into_iter().map(|(name, text)| (format!("{name}.json"), text.into_bytes())).collect();
    check(folder.path(), &json);

    // and read from its root on
    let root = folder.path().join(support::minipkg("python3.11-Pillow-9.4.0.drv").file_name().unwrap());
    let expected = made(&[folder.path()], &IngestOptions::default(), 1);
    for threads in [1, 2, 7] {
        assert!(made(&[&root], &IngestOptions::default(), threads) == expected);
    }
}

#[test]
fn inputs_in_every_order() {
    let drvs = testdata("minipkgs/drvs");
    let (outpaths, attributes) = (testdata("minipkgs/outpaths.json"), testdata("minipkgs/nix-env.json"));
    let options = IngestOptions::default();
    let expected = made(&[&drvs, &outpaths, &attributes], &options, 1);
    for (order, threads) in [
        ([&drvs, &outpaths, &attributes], 7),
        ([&drvs, &attributes, &outpaths], 2),
        ([&attributes, &drvs, &outpaths], 1),
        ([&outpaths, &attributes, &drvs], 7),
    ] {
        assert!(made(&order, &options, threads) == expected, "{order:?}");
    }
}
