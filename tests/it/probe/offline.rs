//! Comparing what is already there: the nixpkgs of 2018, and closures made by hand.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::LazyLock;

use nix_ripple::graph::{EdgeId, Graph, NodeId};
use nix_ripple::nix::parse_drv_name;
use nix_ripple::proof::{Pairs, TextSources, compare_pairs};
use nix_ripple::query::{Selector, needless, resolve};
use nix_ripple::role::EffectiveInputs;
use nix_ripple::verdict::{CheckOnly, Evidence, EvidenceFile, Grade, Verdict, Verdicts};

use crate::needs;
use crate::support;

/// Attribute to the paths of what vanishes.
pub(super) type Vanished = BTreeMap<String, BTreeSet<String>>;

/// The records of a file, which are all check-only.
pub(super) fn check_only(file: &EvidenceFile) -> impl Iterator<Item = &CheckOnly> {
    file.evidence.iter().map(|evidence| match evidence {
        Evidence::CheckOnly(evidence) => evidence,
        other => panic!("{}", other.kind()),
    })
}

pub(super) fn vanished(file: &EvidenceFile) -> Vanished {
    let mut vanished = Vanished::new();
    for evidence in &file.evidence {
        let Evidence::CheckOnly(evidence) = evidence else { panic!("a check-only record") };
        let paths: BTreeSet<String> = evidence.inputs.iter().map(|input| input.drv.clone()).collect();
        assert_eq!(paths.len(), evidence.inputs.len());
        assert!(vanished.insert(evidence.package.attribute.clone(), paths).is_none());
    }
    vanished
}

/// The nixpkgs of 2018 with its attributes, and what `probe --compare` finds of its python packages.
pub(crate) fn nixpkgs_2018() -> &'static (Graph, Vec<Evidence>) {
    static MADE: LazyLock<(Graph, Vec<Evidence>)> = LazyLock::new(|| {
        let data = needs::shared().expect("asked for by tests that have it alone");
        let closure = data.join("nixpkgs-2018.json.zst");
        let graph = support::graph(&[&closure, &data.join("nixpkgs-2018-attrs.json.zst")]);
        let file = data.join("nixpkgs-2018-nocheck.json.zst");
        let pairs = Pairs::read(&file).unwrap().expect("a file of pairs");
        let sources = TextSources { files: vec![closure], store_root: None };
        let compared = compare_pairs(&graph, &pairs, Some(&file), &sources).unwrap();
        (graph, compared.file.evidence)
    });
    &MADE
}

#[test]
fn python_packages_of_2018() {
    let Some(data) = needs::shared() else { return };
    let truth: Vanished = serde_json::from_slice(&std::fs::read(data.join("truth/check-only.json")).unwrap()).unwrap();
    let closure = data.join("nixpkgs-2018.json.zst");
    let graph = support::graph(&[&closure]);
    let pairs_file = data.join("nixpkgs-2018-nocheck.json.zst");
    let pairs = Pairs::read(&pairs_file).unwrap().expect("a file of pairs");
    assert!(Pairs::read(&data.join("nixpkgs-2018-attrs.json.zst")).unwrap().is_none());
    let sources = TextSources { files: vec![closure], store_root: None };
    let compared = compare_pairs(&graph, &pairs, Some(&pairs_file), &sources).unwrap();
    assert_eq!(vanished(&compared.file), truth);
    assert_eq!((compared.probed, compared.file.failures.len()), (pairs.0.len(), 0));
    // nothing but lists and flags differ there
    for evidence in &compared.file.evidence {
        let Evidence::CheckOnly(evidence) = evidence else { panic!("a check-only record") };
        assert_eq!((evidence.differing_keys.as_deref(), evidence.grade), (Some(&[][..]), Grade::Inferred));
        assert!(evidence.appeared.is_empty());
        for input in &evidence.inputs {
            assert!(!input.keys.is_empty(), "{}: no key names {}", evidence.package.name, input.name);
        }
    }

    // on the closure that they come from, evidence speaks of these edges and of no others
    let (verdicts, problems) = Verdicts::new(&graph, &compared.file.evidence);
    assert_eq!(problems, []);
    let mut expected = BTreeSet::new();
    for pair in pairs.0.iter().filter_map(|(attribute, pair)| Some((pair, truth.get(attribute)?))) {
        expected.extend(pair.1.iter().map(|input| (pair.0.base.clone(), input.clone())));
    }
    let found: BTreeSet<(String, String)> = verdicts
        .edges()
        .map(|(edge, judgement)| {
            assert_eq!((judgement.verdict, judgement.grade), (Verdict::TestOnly, Some(Grade::Inferred)));
            assert!(!judgement.evidence.is_empty() && verdicts.is_check(edge) && verdicts.of(edge) == *judgement);
            (graph.path(graph.edge_consumer(edge)), graph.path(graph.edge_input(edge)))
        })
        .collect();
    let lacks: Vec<_> = expected.difference(&found).collect();
    assert_eq!(lacks, Vec::<&(String, String)>::new());
    assert_eq!(verdicts.count(), found.len());
    let all = graph.nodes().flat_map(|node| graph.input_edges(node));
    assert_eq!(all.filter(|(edge, _)| verdicts.is_check(*edge)).count(), found.len());
    // what is found beyond them are other instances of the same recipe: same names, other inputs
    let names = |(consumer, input): &(String, String)| {
        let name = |path: &str| path.rsplit('/').next().unwrap()[33..].to_owned();
        (name(consumer), parse_drv_name(&name(input)).0.to_owned())
    };
    let known: BTreeSet<_> = expected.iter().map(names).collect();
    for instance in found.difference(&expected) {
        assert!(known.contains(&names(instance)), "{instance:?}");
    }

    // what the evidence is worth
    let probed = |edge: EdgeId| {
        let edge = (graph.path(graph.edge_consumer(edge)), graph.path(graph.edge_input(edge)));
        expected.contains(&edge)
    };
    for (word, now, detached) in [("hypothesis", 3044, 2165), ("pytest", 3040, 2733)] {
        assert_eq!(rebuilt(&graph, word, |_| false), now, "{word}");
        assert_eq!(rebuilt(&graph, word, |edge| verdicts.is_check(edge) && probed(edge)), detached, "{word}");
        // a recipe covers other instances of the package, too: those of home-assistant's own set
        let by_recipe = rebuilt(&graph, word, |edge| verdicts.is_check(edge));
        assert!(by_recipe < detached, "{word}");
        let bumped: Vec<NodeId> = resolve(&graph, &Selector::expand(&[word]).unwrap(), false).unwrap().remove(0).nodes;
        let needless = needless(&graph, &EffectiveInputs::new(&graph), &verdicts, &bumped, None);
        let spared = |grade| needless.iter().find(|needless| needless.grade == grade).unwrap().savings.builds;
        assert_eq!(spared(Grade::Inferred), (now - by_recipe) as i64, "{word}");
        assert_eq!((spared(Grade::Observed), spared(Grade::Suspected)), (0, spared(Grade::Inferred)), "{word}");
    }
}

/// How many derivations a bump of all that a word names rebuilds, over edges that are not left out.
fn rebuilt(graph: &Graph, word: &str, left_out: impl Fn(EdgeId) -> bool) -> usize {
    let selectors = Selector::expand(&[word]).unwrap();
    let mut reached = vec![false; graph.node_count()];
    for node in resolve(graph, &selectors, false).unwrap().iter().flat_map(|bump| &bump.nodes) {
        reached[node.index()] = true;
    }
    // inputs come before their consumers
    for node in graph.nodes().filter(|&node| !graph.is_fixed(node)) {
        let comes = graph.input_edges(node).any(|(edge, input)| reached[input.index()] && !left_out(edge));
        reached[node.index()] |= comes;
    }
    graph.nodes().filter(|node| reached[node.index()] && graph.is_derivation(*node) && !graph.is_fixed(*node)).count()
}
