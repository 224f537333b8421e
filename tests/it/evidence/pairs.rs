//! Evidence on inputs that come along with others.

use nix_ripple::graph::Graph;
use nix_ripple::query::{InputsParams, InputsReport, RemedyParams, WhatIf, inputs, needless, overlay, remedies};
use nix_ripple::role::EffectiveInputs;
use nix_ripple::verdict::{
    Carrier, Checks, Evidence, Experiment, ExperimentKind, Grade, Insistence, Outcome, Reference, ReferenceSource,
    References, Verdict, Verdicts,
};

use super::{closure, experiment, file, graph_of, node};
use crate::support::Recipe;

const REMOVE: ExperimentKind = ExperimentKind::Remove;

fn verdicts(graph: &Graph, evidence: &[Evidence]) -> (Verdicts, String) {
    let (verdicts, problems) = Verdicts::new(graph, evidence);
    (verdicts, problems.iter().map(ToString::to_string).collect())
}

#[test]
fn found_by_path_and_by_pname() {
    let graph = graph_of(&closure(100, "tool-1", ""));
    let evidence = file([experiment(&graph, "tool-1", REMOVE, Outcome::Different)]).evidence;
    let (app, carrier) = (node(&graph, "app-1"), node(&graph, "carrier-1"));
    let (found, told) = verdicts(&graph, &evidence);
    assert_eq!((found.edges().len(), found.pairs().len(), told.as_str()), (0, 1, ""));
    let judged = found.pair(&graph, app, node(&graph, "tool-1"));
    assert_eq!((judged.verdict, judged.grade), (Verdict::Affects, Some(Grade::Proven)));
    assert_eq!(found.pair(&graph, carrier, node(&graph, "tool-1")).verdict, Verdict::Unknown);

    // another day, another version
    let later = graph_of(&closure(300, "tool-2", ""));
    let (found, told) = verdicts(&later, &evidence);
    let judged = found.pair(&later, node(&later, "app-1"), node(&later, "tool-2"));
    assert_eq!((judged.verdict, told.as_str()), (Verdict::Affects, ""));

    // of two with the pname nothing tells which it is; what the app names itself is none of them
    let other = Recipe::new(350, "tool-3");
    let mut both = closure(300, "tool-2", "");
    both[3] = both[3].clone().input(&other, "depsHostHostPropagated");
    both.push(other);
    let (found, told) = verdicts(&graph_of(&both), &evidence);
    assert_eq!(found.pairs().len(), 0);
    assert!(told.contains("tool-1 of app-1"), "{told}");
}

#[test]
fn an_edge_goes_before_what_comes_along() {
    let graph = graph_of(&closure(100, "tool-1", ""));
    let evidence = file([experiment(&graph, "library-1", REMOVE, Outcome::Identical)]).evidence;
    let (found, _) = verdicts(&graph, &evidence);
    assert_eq!((found.edges().len(), found.pairs().len()), (1, 0));
    let judged = found.pair(&graph, node(&graph, "app-1"), node(&graph, "library-1"));
    assert_eq!((judged.verdict, judged.grade), (Verdict::NoEffect, Some(Grade::Proven)));
}

fn receivers(graph: &Graph, evidence: &[Evidence], min_grade: Option<Grade>) -> Vec<String> {
    let (verdicts, _) = Verdicts::new(graph, evidence);
    let effective = EffectiveInputs::new(graph);
    let drops = [WhatIf::parse("drop:name:tool-1->name:carrier-1").unwrap()];
    let params = RemedyParams { min_grade, only: false };
    let found = remedies(graph, &effective, &verdicts, &[], &drops, params).unwrap();
    found.receivers.iter().map(|receiver| graph.name(receiver.node).to_owned()).collect()
}

/// Who sees an input by way of another one, and is known not to need it, gets none of its own.
#[test]
fn receivers_go_by_their_own_verdict() {
    let graph = graph_of(&closure(100, "tool-1", ""));
    let of = |outcome| file([experiment(&graph, "tool-1", REMOVE, outcome)]).evidence;
    assert_eq!(receivers(&graph, &[], None), ["app-1"]);
    assert_eq!(receivers(&graph, &of(Outcome::Different), None), ["app-1"]);
    assert_eq!(receivers(&graph, &of(Outcome::Nondeterministic), None), ["app-1"]);
    for spared in [Outcome::Identical, Outcome::ReferenceOnly, Outcome::PresenceOnly] {
        assert_eq!(receivers(&graph, &of(spared), Some(Grade::Proven)), [""; 0], "{spared:?}");
    }
    let unsandboxed = Experiment { sandboxed: false, ..experiment(&graph, "tool-1", REMOVE, Outcome::Identical) };
    let unsandboxed = [Evidence::Experiment(unsandboxed)];
    assert_eq!(receivers(&graph, &unsandboxed, None), [""; 0]);
    assert_eq!(receivers(&graph, &unsandboxed, Some(Grade::Inferred)), ["app-1"]);
}

/// Evidence on what comes along alone can make a grade differ from the stronger ones: of who is a receiver.
#[test]
fn needless_goes_by_what_comes_along() {
    let graph = graph_of(&closure(100, "tool-1", ""));
    let carrier = {
        let (package, tool) = (node(&graph, "carrier-1"), node(&graph, "tool-1"));
        let mut shown = experiment(&graph, "tool-1", REMOVE, Outcome::Identical);
        shown.recipe = graph.recipe(package);
        let edge = graph.input_edges(package).find(|&(_, input)| input == tool).unwrap().0;
        shown.input.keys = graph.mentions(edge).map(str::to_owned).collect();
        shown
    };
    let other_version = Experiment {
        against: Some("tool-2".to_owned()),
        ..experiment(&graph, "tool-1", ExperimentKind::Perturb, Outcome::Identical)
    };
    let saved = |experiments: Vec<Experiment>| {
        let (verdicts, told) = verdicts(&graph, &file(experiments).evidence);
        assert_eq!(told, "");
        let found = needless(&graph, &EffectiveInputs::new(&graph), &verdicts, &[node(&graph, "tool-1")], None);
        found.iter().map(|needless| needless.savings.builds).collect::<Vec<_>>()
    };
    assert_eq!(saved(vec![carrier.clone()]), [1, 1, 1, 1]);
    assert_eq!(saved(vec![carrier, other_version]), [1, 2, 2, 2]);
}

fn report(graph: &Graph, evidence: &[Evidence]) -> InputsReport {
    let (verdicts, _) = Verdicts::new(graph, evidence);
    let effective = EffectiveInputs::new(graph);
    let params = InputsParams { effective: true };
    inputs(graph, &effective, &verdicts, evidence, &[node(graph, "app-1")], params)
}

#[test]
fn what_inputs_tells() {
    let graph = graph_of(&closure(100, "tool-1", ""));
    let removed = experiment(&graph, "tool-1", REMOVE, Outcome::Identical);
    let reference = |carriers: Vec<Carrier>| Reference { input: removed.input.clone(), files: 2, carriers };
    let evidence = [
        Evidence::Experiment(removed.clone()),
        Evidence::References(References {
            package: removed.package.clone(),
            recipe: removed.recipe,
            outputs: vec!["out".to_owned()],
            inputs: vec![reference(vec![Carrier::Wrapper, Carrier::Rpath])],
            source: ReferenceSource::Scan,
        }),
    ];
    let report = self::report(&graph, &evidence);
    let row = report.inputs.iter().find(|row| row.name == "tool-1").unwrap();
    assert_eq!((row.verdict, row.grade), (Verdict::ReferenceOnly, Some(Grade::Proven)));
    assert_eq!(row.roles, ["runtime", "propagated"]);
    assert_eq!(row.evidence, ["remove: identical, no checks", "references: 2 files mention it (wrapper, rpath; scan)"]);

    // references alone: a role, and no verdict
    let report = self::report(&graph, &evidence[1..]);
    let row = report.inputs.iter().find(|row| row.name == "tool-1").unwrap();
    assert_eq!((row.verdict, row.grade, row.remedy), (Verdict::Unknown, None, None));
    assert_eq!(row.roles, ["runtime", "propagated"]);
}

#[test]
fn stale_is_not_missing() {
    let before = graph_of(&closure(100, "tool-1", ""));
    let evidence = file([
        experiment(&before, "tool-1", REMOVE, Outcome::Identical),
        experiment(&before, "library-1", REMOVE, Outcome::Identical),
    ])
    .evidence;
    let after = graph_of(&closure(300, "tool-2", "another"));
    let report = self::report(&after, &evidence);
    let said = |name: &str| {
        let row = report.inputs.iter().find(|row| row.name == name).unwrap();
        assert_eq!((row.verdict, row.grade), (Verdict::Unknown, None));
        row.evidence.clone()
    };
    assert_eq!(said("tool-2"), ["stale: of another recipe (app-1)"]);
    assert_eq!(said("library-1"), ["stale: of another recipe (app-1)"]);
    assert_eq!(said("carrier-1"), [""; 0]);
}

/// A remedy that stands on a stub takes away what the build wants to see.
#[test]
fn a_build_that_insists() {
    let graph = graph_of(&closure(100, "tool-1", ""));
    let of = |kind, outcome, checks| Experiment { checks, ..experiment(&graph, "library-1", kind, outcome) };
    let fails = of(REMOVE, Outcome::Fails, Checks::Off);
    let stub = of(ExperimentKind::Stub, Outcome::Identical, Checks::None);
    let warnings = |experiments: Vec<Experiment>, what_if: &[&str]| {
        let (verdicts, _) = Verdicts::new(&graph, &file(experiments).evidence);
        let what_if: Vec<WhatIf> = what_if.iter().map(|text| WhatIf::parse(text).unwrap()).collect();
        let min_grade = what_if.is_empty().then_some(Grade::Proven);
        let params = RemedyParams { min_grade, only: false };
        let found = remedies(&graph, &EffectiveInputs::new(&graph), &verdicts, &[], &what_if, params).unwrap();
        let warnings = overlay(&graph, &found).warnings;
        let insists: Vec<Option<Insistence>> = found.remedies.iter().map(|remedy| remedy.insists).collect();
        (insists, warnings.into_iter().filter(|warning| !warning.contains("attribute")).collect::<Vec<_>>())
    };
    let told = "the build of app-1 insists on library-1 being there: proven with a stub".to_owned();
    let build = vec![Some(Insistence::Build)];
    assert_eq!(warnings(vec![fails.clone(), stub], &[]), (build.clone(), vec![told]));
    let told = "the build of app-1 fails without library-1".to_owned();
    assert_eq!(warnings(vec![fails], &["drop:name:library-1->name:app-1"]), (build, vec![told]));
    let same = of(REMOVE, Outcome::Identical, Checks::None);
    assert_eq!(warnings(vec![same], &[]), (vec![None], Vec::new()));
}
