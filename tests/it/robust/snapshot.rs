//! Damaged snapshots: every byte counts, and a right checksum makes nothing valid.

use std::ops::Range;
use std::path::Path;

use nix_ripple::graph::{BuildOptions, FORMAT_VERSION, Graph, SnapshotError, build};
use nix_ripple::ingest::IngestOptions;

use crate::support::{self, Recipe};

/// A small graph with something in every section.
fn sample() -> Vec<u8> {
    let source = Recipe::new(1, "x-1.0.tar.gz").fixed();
    let mut dep = Recipe::new(2, "dep-2.0").outputs(&["out", "dev"]).input(&source, "src");
    dep.sources.push("/nix/store/00000000000000000000000000000900-builder.sh".to_owned());
    let x = Recipe::new(3, "x-1.0").input(&source, "src").input(&dep, "schlüssel");
    let y = Recipe::new(4, "y-1.0").input(&x, "buildInputs").input(&x, "propagatedBuildInputs").input(&dep, "src");
    let folder = support::folder(&[source, dep, x.clone(), y.clone()]);
    let attributes = folder.path().join("attributes.json");
    let entry = |recipe: &Recipe| {
        format!(
            r#"{{"system":"x86_64-linux","outPath":"{}","meta":{{"position":"a.nix:1","maintainers":["b","a"],"teams":["c"]}}}}"#,
            recipe.output_path("out")
        )
    };
    std::fs::write(&attributes, format!(r#"{{"x":{},"y":{},"z":{}}}"#, entry(&x), entry(&y), entry(&x))).unwrap();
    // one whose derivation is not there, and two that did not evaluate
    let jobs = folder.path().join("jobs.jsonl");
    let gone = Recipe::new(5, "gone-1.0").outputs(&["out", "dev"]);
    let outputs = format!(r#"{{"out":"{}","dev":"{}"}}"#, gone.output_path("out"), gone.output_path("dev"));
    let lines = format!(
        "{{\"attr\":\"zz\",\"system\":\"x86_64-linux\",\"drvPath\":\"{}\",\"outputs\":{outputs}}}\n\
         {{\"attr\":\"bad\",\"error\":\"error: no\"}}\n{{\"attr\":\"worse\",\"error\":\"error: none\"}}\n",
        gone.path()
    );
    std::fs::write(&jobs, lines).unwrap();
    let options = IngestOptions { keep_texts: true, ..IngestOptions::default() };
    let (raw, _) = support::read(&[folder.path(), &attributes, &jobs], &options).unwrap();
    support::snapshot(&build(&raw, BuildOptions { keep_texts: true, ..BuildOptions::default() }).unwrap().0)
}

fn open(folder: &Path, bytes: &[u8]) -> Result<Graph, SnapshotError> {
    let file = folder.join("x.ripple");
    // a mapped file is never written in place: each is a file of its own
    let _ = std::fs::remove_file(&file);
    std::fs::write(&file, bytes).unwrap();
    let opened = Graph::open(&file);
    if let Err(error) = &opened {
        assert!(error.to_string().starts_with(&file.display().to_string()), "{error}");
    }
    opened
}

#[test]
fn every_flipped_byte_is_noticed() {
    let bytes = sample();
    let folder = tempfile::tempdir().unwrap();
    assert!(open(folder.path(), &bytes).is_ok());
    for at in 0..bytes.len() {
        for bit in [0x01, 0x80] {
            let mut changed = bytes.clone();
            changed[at] ^= bit;
            let error = open(folder.path(), &changed).map(drop).expect_err("a changed byte");
            let right = match at {
                0..16 => matches!(error, SnapshotError::Foreign { .. }),
                16..20 => matches!(error, SnapshotError::Version { .. }),
                _ => matches!(error, SnapshotError::Damaged { .. }),
            };
            assert!(right, "byte {at}: {error}");
        }
    }
}

#[test]
fn every_cut_is_noticed() {
    let bytes = sample();
    let folder = tempfile::tempdir().unwrap();
    for len in 0..bytes.len() {
        let error = open(folder.path(), &bytes[..len]).map(drop).expect_err("a cut");
        let right = match len {
            0..10 => matches!(error, SnapshotError::Foreign { .. }),
            _ => matches!(error, SnapshotError::Damaged { .. }),
        };
        assert!(right, "{len} bytes: {error}");
    }
    let mut longer = bytes;
    longer.extend_from_slice(&[0; 64]);
    let error = open(folder.path(), &longer).unwrap_err();
    assert!(matches!(error, SnapshotError::Damaged { .. }), "{error}");
}

#[test]
fn other_files_and_versions_are_named() {
    let folder = tempfile::tempdir().unwrap();
    for text in [&b""[..], b"x", b"Derive([", b"{}", b"nix-rippl", b"nix-ripple is a program, and this is a text"] {
        let error = open(folder.path(), text).unwrap_err();
        assert!(matches!(error, SnapshotError::Foreign { .. }), "{error}");
        assert!(error.to_string().contains("nix-ripple ingest"), "{error}");
    }
    let gone = folder.path().join("gone");
    assert!(matches!(Graph::open(&gone), Err(SnapshotError::Io { path, .. }) if path == gone.display().to_string()));
    assert!(matches!(Graph::open(folder.path()), Err(SnapshotError::Io { .. })), "a folder is no snapshot");
    for version in [FORMAT_VERSION - 1, FORMAT_VERSION + 1, u32::MAX] {
        let mut patched = Patched::new(sample());
        patched.bytes[16..20].copy_from_slice(&version.to_le_bytes());
        let error = open(folder.path(), &patched.sealed()).unwrap_err();
        let SnapshotError::Version { found, expected, .. } = &error else { panic!("{error}") };
        assert_eq!((*found, *expected), (version, FORMAT_VERSION));
        let told = error.to_string();
        assert!(told.contains(&format!("version {version},")) && told.contains("make it again"), "{told}");
    }
}

/// The sections in the order of the file, as `src/graph/snapshot.rs` lists them.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
enum S {
    StringOffsets,
    StringBytes,
    NodeDigest,
    NodeName,
    NodePname,
    NodeVersion,
    NodeSystem,
    NodeFeatures,
    NodeFlags,
    NodeLevel,
    NodeRecipe,
    NodeText,
    OutputOffsets,
    OutputName,
    OutputDigest,
    InputOffsets,
    InputTarget,
    InputOutputs,
    InputMentions,
    ConsumerOffsets,
    ConsumerTarget,
    ConsumerEdge,
    ListOffsets,
    ListItems,
    AttributeName,
    AttributeSystem,
    AttributeNode,
    AttributePosition,
    AttributeMaintainers,
    AttributeTeams,
    AttributeOutputOffsets,
    AttributeOutputs,
    NodeAttributeOffsets,
    NodeAttributes,
    FailedName,
    FailedSystem,
    FailedError,
    NodeTextLength,
    TextBlockNodes,
    TextBlockOffsets,
    TextBlocks,
    Facts,
}

/// A snapshot whose sections are changed and whose checksum is then made right.
struct Patched {
    bytes: Vec<u8>,
}

impl Patched {
    fn new(bytes: Vec<u8>) -> Self {
        Self { bytes }
    }

    fn entry(section: S) -> usize {
        64 + section as usize * 16
    }

    fn u64_at(&self, at: usize) -> usize {
        u64::from_le_bytes(self.bytes[at..at + 8].try_into().unwrap()) as usize
    }

    fn range(&self, section: S) -> Range<usize> {
        let start = self.u64_at(Self::entry(section));
        start..start + self.u64_at(Self::entry(section) + 8)
    }

    fn words(&self, section: S) -> Vec<u32> {
        self.bytes[self.range(section)].chunks(4).map(|word| u32::from_le_bytes(word.try_into().unwrap())).collect()
    }

    fn len(&self, section: S) -> usize {
        self.range(section).len() / 4
    }

    fn set(&mut self, section: S, at: usize, value: u32) {
        let start = self.range(section).start + at * 4;
        self.bytes[start..start + 4].copy_from_slice(&value.to_le_bytes());
    }

    fn swap(&mut self, section: S, one: usize, other: usize) {
        let words = self.words(section);
        assert_ne!(words[one], words[other], "{section:?}: nothing would change");
        self.set(section, one, words[other]);
        self.set(section, other, words[one]);
    }

    fn set_offset(&mut self, section: S, offset: u64) {
        let at = Self::entry(section);
        self.bytes[at..at + 8].copy_from_slice(&offset.to_le_bytes());
    }

    fn set_len(&mut self, section: S, length: usize) {
        let at = Self::entry(section) + 8;
        self.bytes[at..at + 8].copy_from_slice(&(length as u64).to_le_bytes());
    }

    /// Shorter or longer by some bytes.
    fn resize(&mut self, section: S, by: isize) {
        let length = self.range(section).len().checked_add_signed(by).unwrap();
        self.set_len(section, length);
    }

    fn sealed(mut self) -> Vec<u8> {
        let mut hasher = blake3::Hasher::new();
        hasher.update(&self.bytes[..32]);
        hasher.update(&self.bytes[64..]);
        self.bytes[32..64].copy_from_slice(hasher.finalize().as_bytes());
        self.bytes
    }
}

fn refused(what: &str, expect: &str, change: impl FnOnce(&mut Patched)) {
    let folder = tempfile::tempdir().unwrap();
    let mut patched = Patched::new(sample());
    change(&mut patched);
    match open(folder.path(), &patched.sealed()) {
        Err(SnapshotError::Damaged { what: told, .. }) => assert_eq!(told, expect, "{what}"),
        Err(other) => panic!("{what}: {other}"),
        Ok(_) => panic!("{what}: was opened"),
    }
}

const OFFSETS: [S; 7] = [
    S::StringOffsets,
    S::OutputOffsets,
    S::InputOffsets,
    S::ConsumerOffsets,
    S::ListOffsets,
    S::NodeAttributeOffsets,
    S::AttributeOutputOffsets,
];

#[test]
fn the_helper_makes_valid_snapshots() {
    let bytes = sample();
    assert_eq!(Patched::new(bytes.clone()).sealed(), bytes);
    let patched = Patched::new(bytes);
    for section in [
        S::StringOffsets,
        S::InputTarget,
        S::AttributeNode,
        S::AttributeOutputs,
        S::NodeAttributes,
        S::FailedName,
        S::Facts,
    ] {
        assert!(patched.len(section) > 0, "{section:?} is empty");
    }
}

#[test]
fn a_table_of_sections_that_lies() {
    let file = sample().len() as u64;
    refused("too many sections", "its number of sections is wrong", |p| p.bytes[20] += 1);
    for (what, offset) in [("behind the file", file + 64), ("not aligned", 8), ("no number", u64::MAX - 63)] {
        refused(what, "a section lies outside the file", |p| p.set_offset(S::InputTarget, offset));
    }
    refused("longer than the file", "a section lies outside the file", |p| p.set_len(S::Facts, 1 << 40));
    refused("as long as can be", "a section lies outside the file", |p| p.set_len(S::Facts, usize::MAX));
}

#[test]
fn arrays_of_wrong_length() {
    refused("half a word", "a section's length is no multiple of four", |p| p.resize(S::NodeName, -1));
    refused("half a digest", "digests are cut off", |p| p.resize(S::NodeDigest, -1));
    refused("half an output", "digests are cut off", |p| p.resize(S::OutputDigest, -4));
    let differ = "arrays of one kind differ in length";
    for section in [
        S::NodeName,
        S::NodePname,
        S::NodeVersion,
        S::NodeSystem,
        S::NodeFeatures,
        S::NodeFlags,
        S::NodeLevel,
        S::OutputName,
        S::InputTarget,
        S::InputOutputs,
        S::InputMentions,
        S::ConsumerTarget,
        S::ConsumerEdge,
        S::AttributeName,
        S::AttributeSystem,
        S::AttributeNode,
        S::AttributePosition,
        S::AttributeMaintainers,
        S::AttributeTeams,
        S::FailedSystem,
        S::FailedError,
        S::Facts,
    ] {
        refused(&format!("{section:?} too short"), differ, |p| p.resize(section, -4));
    }
    refused("two facts", differ, |p| p.resize(S::Facts, 4));
    refused("a node less", differ, |p| p.resize(S::NodeDigest, -32));
    refused("a recipe less", differ, |p| p.resize(S::NodeRecipe, -32));
    refused("half a recipe", "digests are cut off", |p| p.resize(S::NodeRecipe, -1));
    refused("a recipe's text less", differ, |p| p.resize(S::NodeText, -32));
    refused("half an output of an attribute", "digests are cut off", |p| p.resize(S::AttributeOutputs, -1));
    refused("half a recipe's text", "digests are cut off", |p| p.resize(S::NodeText, -1));
    refused("an output less", differ, |p| p.resize(S::OutputDigest, -32));
}

#[test]
fn offsets_that_do_not_ascend() {
    let expect = "offsets do not ascend to the end of their array";
    for section in OFFSETS {
        refused(&format!("{section:?} begins late"), expect, |p| p.set(section, 0, 1));
        refused(&format!("{section:?} ends early"), expect, |p| {
            let last = p.len(section) - 1;
            let end = p.words(section)[last];
            p.set(section, last, end - 1);
        });
        refused(&format!("{section:?} goes back"), expect, |p| {
            let end = *p.words(section).last().unwrap();
            p.set(section, 1, end + 1);
        });
        refused(&format!("{section:?} is empty"), expect, |p| p.set_len(section, 0));
    }
    for section in
        [S::OutputOffsets, S::InputOffsets, S::ConsumerOffsets, S::NodeAttributeOffsets, S::AttributeOutputOffsets]
    {
        refused(&format!("{section:?} too short"), expect, |p| p.resize(section, -4));
    }
}

#[test]
fn strings_that_are_none() {
    refused("no UTF-8", "strings are not UTF-8", |p| {
        let start = p.range(S::StringBytes).start;
        p.bytes[start] = 0xff;
    });
    refused("inside a character", "a string begins inside a character", |p| {
        let bytes = p.bytes[p.range(S::StringBytes)].to_vec();
        let inside = bytes.iter().position(|byte| *byte >= 0x80).unwrap() as u32 + 1;
        let string = p.words(S::StringOffsets).iter().position(|&offset| offset > inside).unwrap();
        p.set(S::StringOffsets, string, inside);
    });
    // found by binary search
    refused("not in order", "strings do not ascend", |p| {
        let range = p.range(S::StringBytes);
        let text = p.bytes[range.clone()].to_vec();
        let at = text
            .windows(6)
            .position(|window| window == b"system")
            .or(text.windows(3).position(|w| w == b"src"))
            .unwrap();
        p.bytes[range.start + at] = b'~';
    });
}

#[test]
fn indices_out_of_bounds() {
    let expect = "an index points outside its array";
    for (section, of) in [
        (S::NodeName, S::StringOffsets),
        (S::NodePname, S::StringOffsets),
        (S::NodeVersion, S::StringOffsets),
        (S::NodeSystem, S::StringOffsets),
        (S::NodeFeatures, S::StringOffsets),
        (S::OutputName, S::StringOffsets),
        (S::ListItems, S::StringOffsets),
        (S::AttributeName, S::StringOffsets),
        (S::AttributeSystem, S::StringOffsets),
        (S::AttributePosition, S::StringOffsets),
        (S::FailedName, S::StringOffsets),
        (S::FailedSystem, S::StringOffsets),
        (S::FailedError, S::StringOffsets),
        (S::Facts, S::StringOffsets),
        (S::InputOutputs, S::ListOffsets),
        (S::InputMentions, S::ListOffsets),
        (S::AttributeMaintainers, S::ListOffsets),
        (S::AttributeTeams, S::ListOffsets),
    ] {
        // one past the end, and far away
        refused(&format!("{section:?}"), expect, |p| p.set(section, 0, p.len(of) as u32 - 1));
        refused(&format!("{section:?}"), expect, |p| p.set(section, p.len(section) - 1, u32::MAX));
    }
    refused("ConsumerEdge", expect, |p| p.set(S::ConsumerEdge, 0, p.len(S::InputTarget) as u32));
    refused("NodeAttributes", expect, |p| p.set(S::NodeAttributes, 0, p.len(S::AttributeName) as u32));
    refused("AttributeNode", expect, |p| p.set(S::AttributeNode, 0, p.len(S::NodeName) as u32));
}

#[test]
fn mentions_without_an_output() {
    refused("a key alone", "a list of mentions is no list of pairs", |p| {
        // the outputs used of an input: one name
        let outputs = p.words(S::InputOutputs);
        let offsets = p.words(S::ListOffsets);
        let odd = |list: &u32| (offsets[*list as usize + 1] - offsets[*list as usize]) % 2 == 1;
        let list = *outputs.iter().find(|list| odd(list)).unwrap();
        p.set(S::InputMentions, 0, list);
    });
}

#[test]
fn edges_that_are_none() {
    let inputs = "inputs do not ascend below their consumer";
    let mirror = "consumers do not mirror inputs";
    // the last node has two inputs, the last two edges
    refused("its own input", inputs, |p| {
        p.set(S::InputTarget, p.len(S::InputTarget) - 1, p.len(S::NodeName) as u32 - 1)
    });
    refused("a later input", inputs, |p| p.set(S::InputTarget, 0, p.len(S::NodeName) as u32 - 1));
    refused("no node", inputs, |p| p.set(S::InputTarget, 0, u32::MAX));
    refused("out of order", inputs, |p| p.swap(S::InputTarget, p.len(S::InputTarget) - 1, p.len(S::InputTarget) - 2));
    refused("twice", inputs, |p| {
        let edges = p.len(S::InputTarget);
        p.set(S::InputTarget, edges - 1, p.words(S::InputTarget)[edges - 2]);
    });
    refused("another consumer", mirror, |p| p.set(S::ConsumerTarget, 0, p.len(S::NodeName) as u32 - 1));
    refused("no consumer", mirror, |p| p.set(S::ConsumerTarget, 0, u32::MAX));
    refused("another edge", mirror, |p| p.swap(S::ConsumerEdge, 0, 1));
}

#[test]
fn what_follows_from_the_rest_and_does_not() {
    refused("a level too high", "levels are not those of the inputs", |p| {
        let last = p.len(S::NodeLevel) - 1;
        p.set(S::NodeLevel, last, p.words(S::NodeLevel)[last] + 1);
    });
    refused("a level of nothing", "levels are not those of the inputs", |p| p.set(S::NodeLevel, 0, 1));
    refused("attributes out of order", "attributes do not ascend", |p| p.swap(S::AttributeName, 0, 1));
    let mirror = "the attributes of nodes do not mirror the nodes of attributes";
    refused("another attribute", mirror, |p| p.swap(S::NodeAttributes, 0, 2));
    refused("an attribute twice", mirror, |p| p.set(S::NodeAttributes, 1, p.words(S::NodeAttributes)[0]));
    refused("another node", mirror, |p| p.set(S::AttributeNode, 0, 0));
    refused("an attribute without its node", mirror, |p| p.set(S::AttributeNode, 0, u32::MAX));
}

#[test]
fn what_attributes_and_failures_must_not_be() {
    let outputs = "the outputs of attributes do not ascend, or are those of a node";
    refused("out of order", outputs, |p| {
        let range = p.range(S::AttributeOutputs);
        p.bytes[range.start..range.start + 32].fill(b'z');
    });
    refused("twice", outputs, |p| {
        let start = p.range(S::AttributeOutputs).start;
        p.bytes.copy_within(start..start + 32, start + 32);
    });
    refused("no path", outputs, |p| {
        let start = p.range(S::AttributeOutputs).start;
        p.bytes[start..start + 32].fill(0);
    });
    // those of the last attribute, which has no node, given to the one before it
    refused("of a node", outputs, |p| {
        let last = p.len(S::AttributeOutputOffsets) - 1;
        assert_ne!(p.words(S::AttributeNode)[last - 2], u32::MAX);
        p.set(S::AttributeOutputOffsets, last - 1, 1);
    });
    for section in [S::AttributeMaintainers, S::AttributeTeams] {
        refused("people out of order", "the people of an attribute do not ascend", |p| {
            // a key and the output it names: two strings that descend
            let (offsets, items) = (p.words(S::ListOffsets), p.words(S::ListItems));
            let descends = |list: &u32| {
                let own = &items[offsets[*list as usize] as usize..offsets[*list as usize + 1] as usize];
                !own.is_sorted_by(|before, after| before < after)
            };
            let list = *p.words(S::InputMentions).iter().find(|list| descends(list)).unwrap();
            p.set(section, 1, list);
        });
    }
    let blocks = "the blocks of texts do not ascend to the end of theirs";
    refused("a text less", blocks, |p| p.resize(S::NodeTextLength, -4));
    refused("half a block", blocks, |p| p.resize(S::TextBlocks, -1));
    refused("a block without its end", blocks, |p| p.resize(S::TextBlockOffsets, -4));
    refused("no nodes", blocks, |p| p.set_len(S::TextBlockNodes, 0));
    refused("too few nodes", blocks, |p| p.set(S::TextBlockNodes, 1, p.len(S::NodeTextLength) as u32 - 1));
    refused("too many nodes", blocks, |p| p.set(S::TextBlockNodes, 1, u32::MAX));
    refused("a late start", blocks, |p| p.set(S::TextBlockOffsets, 0, 1));
    let parts = "there are no texts, and parts of them";
    refused("texts that are not there", parts, |p| p.set_len(S::TextBlockOffsets, 0));
    refused("lengths of no texts", parts, |p| {
        p.set_len(S::TextBlockOffsets, 0);
        p.set_len(S::TextBlockNodes, 0);
        p.set_len(S::TextBlocks, 0);
    });
    let long = "a block of texts is too long";
    refused("a text that is too long", long, |p| p.set(S::NodeTextLength, 0, (64 << 20) + 1));
    refused("texts that are too long together", long, |p| {
        (0..p.len(S::NodeTextLength)).for_each(|node| p.set(S::NodeTextLength, node, 40 << 20));
    });
    refused("as long as can be", long, |p| p.set(S::NodeTextLength, 1, u32::MAX));
    let failed = "what failed does not ascend, or is an attribute too";
    refused("failures out of order", failed, |p| p.swap(S::FailedName, 0, 1));
    refused("a failure twice", failed, |p| p.set(S::FailedName, 1, p.words(S::FailedName)[0]));
    for at in [0, 1, 2, 3] {
        refused("a failure and an attribute", failed, |p| {
            let (name, system) = (p.words(S::AttributeName)[at], p.words(S::AttributeSystem)[at]);
            p.set(S::FailedName, 1, name);
            p.set(S::FailedSystem, 1, system);
        });
    }
}

/// A snapshot that opens may still hold blocks that are none: then there is no text.
#[test]
fn texts_that_cannot_be_unpacked() {
    let folder = tempfile::tempdir().unwrap();
    let check = |what: &str, change: &dyn Fn(&mut Patched)| {
        let mut patched = Patched::new(sample());
        change(&mut patched);
        let graph = open(folder.path(), &patched.sealed()).unwrap_or_else(|error| panic!("{what}: {error}"));
        assert!(graph.has_texts());
        let found = graph.nodes().filter(|&node| graph.text(node).is_some()).count();
        assert_eq!(found, if what == "nothing" { 4 } else { 0 }, "{what}");
    };
    check("nothing", &|_| ());
    check("no frame", &|p| {
        let start = p.range(S::TextBlocks).start;
        p.bytes[start] ^= 0xff;
    });
    // what the frame says of its length does not fit: an empty frame, shorter and longer texts
    check("an empty frame", &|p| {
        let frame = zstd::bulk::compress(b"", 3).unwrap();
        let start = p.range(S::TextBlocks).start;
        p.bytes[start..start + frame.len()].copy_from_slice(&frame);
        p.set_len(S::TextBlocks, frame.len());
        p.set(S::TextBlockOffsets, 1, frame.len() as u32);
    });
    let node = |p: &Patched| p.words(S::NodeTextLength).iter().position(|&len| len > 0).unwrap();
    check("a text longer", &|p| p.set(S::NodeTextLength, node(p), p.words(S::NodeTextLength)[node(p)] + 1));
    check("a text shorter", &|p| p.set(S::NodeTextLength, node(p), p.words(S::NodeTextLength)[node(p)] - 1));
}

/// Whatever is changed: what opens can be asked anything.
#[test]
fn what_opens_answers() {
    use nix_ripple::query::{CutOver, InputsParams, RemedyParams, WhatIf, cut, inputs, overlay, remedies};
    use nix_ripple::query::{ImpactParams, RankParams, Selector, impact, rank, resolve};
    use nix_ripple::reach::savings;
    use nix_ripple::role::EffectiveInputs;
    use nix_ripple::verdict::Verdicts;

    let bytes = sample();
    let folder = tempfile::tempdir().unwrap();
    let mut chance = support::Chance(7);
    let mut opened = 0;
    for _ in 0..3000 {
        let mut patched = Patched::new(bytes.clone());
        for _ in 0..1 + chance.below(3) {
            let at = 64 + chance.below(bytes.len() - 64);
            patched.bytes[at] = *chance.pick(&[0, 1, 2, 3, 0x7f, 0x80, 0xff, chance.clone().next() as u8]);
        }
        let Ok(graph) = open(folder.path(), &patched.sealed()) else { continue };
        opened += 1;
        for node in graph.nodes() {
            assert!(graph.text(node).is_none_or(|text| text.len() <= 64 << 20));
            let _ = (graph.path(node), graph.pname(node), graph.version(node), graph.system(node), graph.level(node));
            for (output, digest) in graph.outputs(node) {
                let _ = graph.output_path(node, output, digest);
            }
            for (edge, input) in graph.input_edges(node) {
                assert_eq!((graph.edge_input(edge), graph.edge_consumer(edge)), (input, node));
                let _ =
                    (graph.used_outputs(edge).count(), graph.mentions(edge).count(), graph.mention_pairs(edge).count());
            }
        }
        for attribute in graph.attributes() {
            let _ = (graph.attribute_outputs(attribute).count(), graph.attribute_position(attribute));
            let _ = (graph.maintainers(attribute).count(), graph.teams(attribute).count());
        }
        assert!(graph.failed().all(|failed| failed.error.len() < bytes.len()));
        assert_eq!(rank(&graph, RankParams::default()).unwrap().nodes.len(), graph.node_count());
        let (effective, verdicts) = (EffectiveInputs::new(&graph), Verdicts::default());
        for node in graph.nodes() {
            let report = inputs(&graph, &effective, &verdicts, &[], &[node], InputsParams { effective: true });
            assert!(report.inputs.len() >= graph.input_edges(node).len());
            let _ =
                (graph.recipe(node), graph.recipe_text(node), effective.of(node).len(), effective.links(node).len());
        }
        let nodes: Vec<_> = graph.nodes().collect();
        let _ = cut(&graph, &effective, &verdicts, &nodes[..1], &nodes[nodes.len() - 1..], CutOver::Any);
        for remedy in ["drop:name:*->name:*", "split:name:*->name:*"] {
            let remedy = [WhatIf::parse(remedy).unwrap()];
            if let Ok(all) = remedies(&graph, &effective, &verdicts, &nodes[..1], &remedy, RemedyParams::default()) {
                overlay(&graph, &all).nix(&mut Vec::new()).unwrap();
                let _ = savings(&graph, &nodes[..1], &all.edits(), None);
            }
        }
        let words = Selector::expand(&["x", "y", "dep", "name:*", "src:x*"]).unwrap();
        for word in words {
            if let Ok(bumps) = resolve(&graph, &[word], false) {
                let _ = impact(&graph, &bumps, &ImpactParams { list: true, ..ImpactParams::default() });
            }
        }
    }
    assert!(opened > 100, "only {opened} opened");
}
