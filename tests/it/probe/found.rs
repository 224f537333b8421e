//! Evidence, found again in closures of another day; made by hand.

use nix_ripple::graph::{BuildOptions, Graph, NodeId, RecipeDigest};
use nix_ripple::proof::{Package, Without};
use nix_ripple::query::{RemedyParams, WhatIf, remedies};
use nix_ripple::reach::Treatment;
use nix_ripple::role::EffectiveInputs;
use nix_ripple::verdict::{Evidence, EvidenceFile, Grade, InputRef, Judgement, Verdict, Verdicts};

use crate::support::{self, Chance, Recipe, folder};

fn node(graph: &Graph, name: &str) -> NodeId {
    graph.nodes().find(|&node| graph.name(node) == name).unwrap()
}

/// A consumer of these tools, each under a key of its own unless told otherwise, and of a library.
fn closure(first: usize, consumer: &str, tools: &[(&str, &str)]) -> Graph {
    let library = Recipe::new(1, "library-1");
    let mut recipe = Recipe::new(first, consumer).input(&library, "buildInputs");
    let mut all = vec![library];
    for (at, (name, key)) in tools.iter().enumerate() {
        let tool = Recipe::new(first + 1 + at, name);
        recipe.inputs.push((tool.path(), vec!["out".to_owned()]));
        match recipe.env.iter_mut().find(|(known, _)| known == key) {
            Some((_, value)) => *value = format!("{value} {}", tool.output_path("out")),
            None => recipe.env.push(((*key).to_owned(), tool.output_path("out"))),
        }
        all.push(tool);
    }
    all.push(recipe);
    let folder = folder(&all);
    support::closure(&[folder.path()], BuildOptions::default()).unwrap_or_else(|error| panic!("{error}"))
}

/// What comparing with a closure without some tools shows.
fn evidence(base: &Graph, without: &Graph) -> Evidence {
    let package = Package {
        attribute: "app".to_owned(),
        graph: base,
        base: node(base, "app-1"),
        without: Without::Node(without, node(without, "app-1")),
    };
    Evidence::CheckOnly(package.compare(&[]).unwrap())
}

/// The names of the inputs that evidence speaks of, and what is told beside.
fn found(graph: &Graph, evidence: &[Evidence]) -> (Vec<String>, Vec<String>) {
    let (verdicts, problems) = Verdicts::new(graph, evidence);
    let mut names: Vec<String> =
        verdicts.edges().map(|(edge, _)| graph.name(graph.edge_input(edge)).to_owned()).collect();
    names.sort();
    for node in graph.nodes() {
        for (edge, input) in graph.input_edges(node) {
            let known = names.contains(&graph.name(input).to_owned());
            assert_eq!(verdicts.is_check(edge), known);
            let expected = if known {
                Judgement {
                    verdict: Verdict::TestOnly,
                    grade: Some(Grade::Suspected),
                    evidence: vec![0],
                    remedy: Some(Treatment::Detach),
                    shown: true,
                    ..Judgement::UNKNOWN
                }
            } else {
                Judgement::UNKNOWN
            };
            assert_eq!(verdicts.of(edge), expected);
        }
    }
    (names, problems.iter().map(ToString::to_string).collect())
}

#[test]
fn by_pname_and_keys() {
    const N: &str = "nativeBuildInputs";
    let without = closure(50, "app-1", &[]);
    // the shape of the base, that of another day, what is found there, and what is told
    let check = |base: &[(&str, &str)], later: &[(&str, &str)], names: &[&str], told: &str| {
        let base = closure(100, "app-1", base);
        let evidence = [evidence(&base, &without)];
        assert_eq!(found(&base, &evidence).1, Vec::<String>::new());
        let later = closure(200, "app-1", later);
        let (found, problems) = found(&later, &evidence);
        assert_eq!(found, names);
        match problems.as_slice() {
            [] => assert_eq!(told, ""),
            [problem] => assert!(!told.is_empty() && problem.contains(told), "{problem}"),
            more => panic!("{more:?}"),
        }
    };
    check(&[("tool-1", N)], &[("tool-1", N)], &["tool-1"], "");
    check(&[("tool-1", N)], &[("tool-2", N)], &["tool-2"], "");
    check(&[("tool-1", N), ("other-1", N)], &[("tool-2", N), ("other-2", N)], &["other-2", "tool-2"], "");
    // all inputs of one pname, so that there is no need to tell them apart
    check(&[("hook", N), ("hook", N)], &[("hook", N), ("hook", N)], &["hook", "hook"], "");
    // another recipe: another key, another input, another version of the consumer
    let gone = "1 of 1 records speak of packages whose recipe in the closure is another one (the first: app-1)";
    check(&[("tool-1", N)], &[("tool-1", "buildInputs")], &[], gone);
    check(&[("tool-1", N)], &[("tool-1", N), ("other-1", N)], &[], gone);
    check(&[("tool-1", N)], &[("spanner-1", N)], &[], gone);

    let base = closure(100, "app-1", &[("tool-1", N)]);
    let evidence = [evidence(&base, &without)];
    let (names, problems) = found(&closure(200, "app-2", &[("tool-1", N)]), &evidence);
    assert_eq!((names.len(), problems.len()), (0, 1));
    // a closure without the package has nothing that evidence could be stale for
    let (names, problems) = found(&closure(200, "stranger-1", &[("tool-1", N)]), &evidence);
    assert_eq!((names.len(), problems.len()), (0, 0));
}

#[test]
fn inputs_that_cannot_be_told_apart() {
    const N: &str = "nativeBuildInputs";
    // of two hooks one vanishes: later nothing tells which
    let base = closure(100, "app-1", &[("hook", N), ("hook", N)]);
    let mut evidence = evidence(&base, &closure(50, "app-1", &[]));
    let Evidence::CheckOnly(record) = &mut evidence else { panic!("a check-only record") };
    record.inputs.pop();
    let count = |graph: &Graph| {
        let (verdicts, problems) = Verdicts::new(graph, std::slice::from_ref(&evidence));
        (verdicts.count(), problems.iter().map(ToString::to_string).collect::<String>())
    };
    assert_eq!(count(&base), (1, String::new()));
    let (found, told) = count(&closure(200, "app-1", &[("hook", N), ("hook", N)]));
    assert_eq!(found, 0);
    assert!(told.contains("1 of the inputs that they name cannot be told") && told.contains("hook of app-1"), "{told}");
}

/// A text gives no pname of its own, and yet an input that is made otherwise without checks has not
/// vanished.
#[test]
fn an_input_made_otherwise_in_a_text() {
    let mut tool = Recipe::new(1, "tool-1");
    tool.env.push(("pname".to_owned(), "spanner".to_owned()));
    let other = Recipe::new(2, "other-1");
    let app = Recipe::new(3, "app-1").input(&tool, "buildInputs").input(&other, "nativeBuildInputs");
    let folder = folder(&[tool, other, app]);
    let base = support::graph(&[folder.path()]);
    assert_eq!(base.pname(node(&base, "tool-1")), "spanner");
    let off = Recipe::new(4, "app-1").input(&Recipe::new(5, "tool-1"), "buildInputs");
    let text: &'static str = Box::leak(off.text().into_boxed_str());
    let parsed = nix_ripple::nix::aterm::parse(text.as_bytes()).unwrap();
    let path = off.path();
    let package = Package {
        attribute: "app".to_owned(),
        graph: &base,
        base: node(&base, "app-1"),
        without: Without::Text(&path, &parsed),
    };
    let (vanished, appeared) = package.inputs();
    let names = |inputs: &[InputRef]| inputs.iter().map(|input| input.name.clone()).collect::<Vec<_>>();
    assert_eq!((names(&vanished), names(&appeared)), (vec!["other-1".to_owned()], vec!["tool-1".to_owned()]));
}

#[test]
fn nothing_is_known_without_a_recipe() {
    let base = closure(100, "app-1", &[("tool-1", "nativeBuildInputs")]);
    let mut evidence = evidence(&base, &closure(50, "app-1", &[]));
    let Evidence::CheckOnly(record) = &mut evidence else { panic!("a check-only record") };
    record.recipe = RecipeDigest::NONE;
    let (names, problems) = found(&base, &[evidence]);
    assert_eq!((names.len(), problems.len()), (0, 1));
    assert_eq!(Verdicts::new(&base, &[]).0.count(), 0);
    assert_eq!(Verdicts::new(&base, &[]).1, []);
}

/// The strongest grade counts, and all evidence is named.
#[test]
fn several_records() {
    let base = closure(100, "app-1", &[("tool-1", "nativeBuildInputs")]);
    let weak = evidence(&base, &closure(50, "app-1", &[]));
    let mut strong = weak.clone();
    let Evidence::CheckOnly(record) = &mut strong else { panic!("a check-only record") };
    record.grade = Grade::Inferred;
    for records in [[weak.clone(), strong.clone()], [strong, weak]] {
        let (verdicts, problems) = Verdicts::new(&base, &records);
        assert_eq!(problems, []);
        let judged: Vec<_> = verdicts.edges().collect();
        assert_eq!(judged.len(), 1);
        assert_eq!((judged[0].1.grade, judged[0].1.evidence.as_slice()), (Some(Grade::Inferred), &[0, 1][..]));
    }
}

/// A receiver of what no longer is propagated needs it, unless evidence says that it does not, and that
/// is of the grade asked for.
#[test]
fn receivers_go_by_grade() {
    let tool = Recipe::new(11, "tool-1");
    let stdenv = Recipe::new(12, "stdenv");
    let carrier = Recipe::new(13, "carrier-1").input(&stdenv, "stdenv").input(&tool, "propagatedBuildInputs");
    let app = Recipe::new(14, "app-1").input(&tool, "nativeBuildInputs").input(&carrier, "buildInputs");
    let folder = folder(&[tool, stdenv, carrier, app]);
    let graph = support::graph(&[folder.path()]);
    let evidence = [evidence(&graph, &closure(50, "app-1", &[]))];
    let Evidence::CheckOnly(record) = &evidence[0] else { panic!("a check-only record") };
    let names: Vec<&str> = record.inputs.iter().map(|input| input.name.as_str()).collect();
    assert_eq!((names, record.grade), (vec!["tool-1", "carrier-1"], Grade::Suspected));
    let (verdicts, _) = Verdicts::new(&graph, &evidence);
    let effective = EffectiveInputs::new(&graph);
    let receivers = |min_grade: Option<Grade>, drops: &[&str]| {
        let drops: Vec<WhatIf> = drops.iter().map(|drop| WhatIf::parse(drop).unwrap()).collect();
        let params = RemedyParams { min_grade, only: false };
        let found = remedies(&graph, &effective, &verdicts, &[], &drops, params).unwrap();
        found.receivers.iter().map(|receiver| graph.name(receiver.node).to_owned()).collect::<Vec<_>>()
    };
    let drop = "drop:name:tool-1->name:carrier-1";
    assert_eq!(receivers(None, &[drop]), [""; 0]);
    assert_eq!(receivers(Some(Grade::Inferred), &[drop]), ["app-1"]);
    // who no longer has the carrier does not miss what came with it
    assert_eq!(receivers(Some(Grade::Inferred), &[drop, "drop:name:carrier-1->name:app-1"]), [""; 0]);
}

/// Whatever is in a file, it is read, or refused, or a line of it is left out and told; and what is read is
/// looked for.
#[test]
fn damaged_files() {
    let base = closure(100, "app-1", &[("tool-1", "nativeBuildInputs")]);
    let record = evidence(&base, &closure(50, "app-1", &[]));
    let text = EvidenceFile { evidence: vec![record], ..EvidenceFile::default() }.to_text();
    let mut chance = Chance(7);
    let (mut read, mut damaged, mut refused) = (0, 0, 0);
    for _ in 0..4000 {
        let mut bytes = text.clone().into_bytes();
        for _ in 0..=chance.next() % 3 {
            let at = chance.next() as usize % bytes.len().max(1);
            match chance.next() % 3 {
                0 => bytes.iter_mut().skip(at).take(1).for_each(|byte| *byte = chance.next() as u8),
                1 => drop(bytes.drain(at..(at + 1).min(bytes.len()))),
                _ => bytes.truncate(at + 1),
            }
        }
        match EvidenceFile::parse(&bytes, "e.json") {
            Ok((file, problems)) => {
                if file.evidence.is_empty() {
                    damaged += 1;
                    let header = EvidenceFile::default().to_text();
                    assert!(!problems.is_empty() || bytes.trim_ascii() == header.trim().as_bytes());
                } else {
                    read += 1;
                }
                assert!(Verdicts::new(&base, &file.evidence).0.count() <= 1);
                assert_eq!(EvidenceFile::parse(file.to_text().as_bytes(), "again").unwrap().0, file);
            }
            Err(error) => {
                refused += 1;
                assert!(error.to_string().starts_with("e.json: "), "{error}");
            }
        }
    }
    assert!(read > 100 && damaged > 100 && refused > 100, "{read} {damaged} {refused}");
}
