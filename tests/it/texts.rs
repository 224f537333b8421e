//! Snapshots that keep the texts of derivations.

use std::collections::BTreeMap;
use std::path::Path;

use nix_ripple::graph::{BuildOptions, Graph, build};
use nix_ripple::ingest::{IngestOptions, Input, Progress, ingest};
use nix_ripple::nix::aterm;

use crate::support::{self, Recipe, testdata};

/// The graph of these inputs with texts, read and built by so many threads.
fn kept<P: AsRef<Path>>(inputs: &[P], threads: usize) -> Graph {
    let inputs: Vec<Input> = inputs.iter().map(|path| Input::Path(path.as_ref().to_path_buf())).collect();
    let pool = rayon::ThreadPoolBuilder::new().num_threads(threads).build().unwrap();
    pool.install(|| {
        let options = IngestOptions { keep_texts: true, ..IngestOptions::default() };
        let (raw, _) = ingest(&inputs, &options, &Progress::default()).unwrap_or_else(|error| panic!("{error}"));
        build(&raw, BuildOptions { keep_texts: true, ..BuildOptions::default() }).unwrap().0
    })
}

/// Every text, by the derivation's base name.
fn texts(graph: &Graph) -> BTreeMap<String, Vec<u8>> {
    assert!(graph.has_texts());
    let with_text = |node| graph.text(node).map(|text| (graph.path(node)["/nix/store/".len()..].to_owned(), text));
    graph.nodes().filter_map(with_text).collect()
}

#[test]
fn every_text_is_the_file() {
    for folder in ["formats/drvs", "minipkgs/drvs"] {
        let folder = testdata(folder);
        let graph = kept(&[&folder], 2);
        let files: BTreeMap<_, _> = support::files(&folder).into_iter().collect();
        assert!(texts(&graph) == files, "{}", folder.display());
        let derivations = graph.nodes().filter(|&node| graph.is_derivation(node)).count();
        assert_eq!((derivations, graph.node_count() > derivations), (files.len(), true));
        // and from a file
        let into = tempfile::tempdir().unwrap();
        let file = into.path().join("x.ripple");
        graph.save(&file).unwrap();
        assert!(texts(&Graph::open(&file).unwrap()) == files);
    }
}

#[test]
fn the_same_bytes_by_any_number_of_threads() {
    let folder = testdata("minipkgs/drvs");
    let expected = support::snapshot(&kept(&[&folder], 1));
    for threads in [2, 7] {
        assert!(support::snapshot(&kept(&[&folder], threads)) == expected, "by {threads}");
    }
    let without = support::snapshot(&support::graph(&[&folder]));
    let text: usize = support::files(&folder).iter().map(|(_, text)| text.len()).sum();
    assert!(expected.len() - without.len() < text / 5, "{} more for {text}", expected.len() - without.len());
}

#[test]
fn json_is_written_as_derivations() {
    let files = support::closure_files(&support::minipkg("python3.11-Pillow-9.4.0.drv"));
    let expected: BTreeMap<_, _> = files
        .iter()
        .map(|file| (file.file_name().unwrap().to_str().unwrap().to_owned(), std::fs::read(file).unwrap()))
        .collect();
    let folder = tempfile::tempdir().unwrap();
    for (name, text) in support::shown(&support::texts(&files)) {
        let file = folder.path().join(format!("{name}.json"));
        std::fs::write(&file, text).unwrap();
        for threads in [1, 2] {
            assert!(texts(&kept(&[&file], threads)) == expected, "{name} by {threads}");
        }
    }
    for (name, _) in support::files(&testdata("formats/json")) {
        let graph = kept(&[testdata("formats/json").join(&name)], 2);
        for (drv, text) in texts(&graph) {
            let read = aterm::parse(&text).unwrap_or_else(|error| panic!("{name}: {drv}: {error}"));
            let mut sorted = read.clone();
            sorted.sort();
            assert_eq!(sorted, read, "{name}: {drv}");
        }
    }
}

#[test]
fn what_has_no_text() {
    let mut x = Recipe::new(1, "x-1.0");
    x.sources.push("/nix/store/00000000000000000000000000000900-builder.sh".to_owned());
    let folder = support::folder(&[x]);
    let graph = support::graph(&[folder.path()]);
    assert!(!graph.has_texts());
    assert!(graph.nodes().all(|node| graph.text(node).is_none()));
    let graph = kept(&[folder.path()], 1);
    let with_text: Vec<_> = graph.nodes().filter(|&node| graph.text(node).is_some()).collect();
    assert_eq!(with_text.iter().map(|&node| graph.name(node)).collect::<Vec<_>>(), ["x-1.0"]);
    // a closure read without them has none to keep; attributes alone have none either
    let (raw, _) = support::read(&[folder.path()], &IngestOptions::default()).unwrap();
    let (graph, _) = build(&raw, BuildOptions { keep_texts: true, ..BuildOptions::default() }).unwrap();
    assert!(graph.nodes().all(|node| graph.text(node).is_none()));
    assert_eq!(texts(&kept(&[testdata("minipkgs/outpaths.json")], 2)).len(), 0);
}
