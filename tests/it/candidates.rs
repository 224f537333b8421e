//! What to prove next: which inputs, at what cost, in which order.

use std::collections::{BTreeMap, BTreeSet};

use nix_ripple::cost::Costs;
use nix_ripple::graph::{Graph, NodeId, RecipeDigest};
use nix_ripple::query::{BumpRates, Candidate, CandidatesParams, CandidatesReport, DEFAULT_MINUTES, candidates};
use nix_ripple::reach::{BumpGroup, Edits, savings};
use nix_ripple::role::EffectiveInputs;
use nix_ripple::verdict::{
    CheckOnly, Checks, Evidence, Experiment, ExperimentKind, Grade, InputRef, Outcome, PackageRef, Rules, Verdict,
    Verdicts,
};
use serde_json::json;

use crate::cli::program::Program;
use crate::support::{Chance, Recipe, folder, graph};
use crate::weights::{costs, records};

/// The recipes, and attributes for some of them.
fn made(recipes: &[Recipe], attributes: &[(&str, usize)]) -> Graph {
    let folder = folder(recipes);
    let line = |&(name, number): &(&str, usize)| {
        let recipe = recipes.iter().find(|recipe| recipe.number == number).unwrap();
        let line = json!({
            "attr": name, "attrPath": name.split('.').collect::<Vec<_>>(), "name": recipe.name,
            "system": recipe.system, "drvPath": recipe.path(), "outputs": {"out": recipe.output_path("out")},
        });
        format!("{line}\n")
    };
    let lines: String = attributes.iter().map(line).collect();
    let file = folder.path().join("attributes.jsonl");
    std::fs::write(&file, lines).unwrap();
    let drvs: Vec<_> = recipes.iter().map(|recipe| folder.path().join(recipe.base_name())).collect();
    graph(&[drvs, vec![file]].concat())
}

fn node(graph: &Graph, name: &str) -> NodeId {
    graph.nodes().find(|&node| graph.name(node) == name).unwrap_or_else(|| panic!("no {name}"))
}

fn asked(graph: &Graph, evidence: &[Evidence], bumps: &[BumpGroup]) -> CandidatesReport {
    priced(graph, evidence, bumps, None)
}

fn priced(graph: &Graph, evidence: &[Evidence], bumps: &[BumpGroup], costs: Option<&Costs>) -> CandidatesReport {
    let (verdicts, _) = Verdicts::with_rules(graph, evidence, Rules::embedded());
    let params = CandidatesParams { scope: None, bumps, costs, minutes: DEFAULT_MINUTES, file: "x.nix", top: None };
    let report = candidates(graph, &EffectiveInputs::new(graph), &verdicts, evidence, &params);
    assert_eq!(report.total, report.candidates.len() as u64);
    report
}

fn told(candidates: &[Candidate]) -> Vec<String> {
    let told =
        |one: &Candidate| format!("{}: {} {} {} builds", one.attribute, one.input.name, one.saves.builds, one.builds);
    candidates.iter().map(told).collect()
}

/// An experiment with an input of a package, as it would be recorded.
fn experiment(graph: &Graph, package: &str, input: &str, outcome: Outcome, seconds: u64) -> Experiment {
    let (package, input) = (node(graph, package), node(graph, input));
    let (edge, _) = graph.input_edges(package).find(|&(_, own)| own == input).unwrap();
    Experiment {
        package: PackageRef {
            attribute: String::new(),
            drv: graph.path(package),
            name: graph.name(package).to_owned(),
        },
        recipe: graph.recipe(package),
        input: InputRef {
            drv: graph.path(input),
            name: graph.name(input).to_owned(),
            pname: graph.pname(input).to_owned(),
            outputs: vec!["out".to_owned()],
            keys: graph.mentions(edge).map(str::to_owned).collect(),
        },
        chain: Vec::new(),
        experiment: ExperimentKind::Remove,
        against: None,
        poisoned: false,
        outcome,
        compared: None,
        checks: Checks::Passed,
        phase: None,
        referenced: false,
        sandboxed: true,
        files: Vec::new(),
        differing: 0,
        seconds,
    }
}

/// Two tools that only a shell and checks name, of two packages, each with something above it.
fn small() -> (Vec<Recipe>, Vec<(&'static str, usize)>) {
    let shell = Recipe::new(1, "shell-tool-1");
    let check = Recipe::new(2, "check-tool-1");
    let other = Recipe::new(3, "check-tool-2");
    let one = Recipe::new(10, "one-1").input(&shell, "updateScript").input(&check, "checkPhase");
    // the same recipe with another version of an input
    let twin = Recipe::new(11, "one-1").input(&shell, "updateScript").input(&other, "checkPhase");
    let above = Recipe::new(12, "above-1").input(&one, "buildInputs");
    let two = Recipe::new(13, "two-1").input(&check, "checkPhase");
    // it has the tool built in all the same
    let kept = Recipe::new(14, "kept-1").input(&one, "buildInputs").input(&shell, "updateScript");
    let nameless = Recipe::new(15, "nameless-1").input(&shell, "updateScript");
    let all = vec![shell, check, other, one, twin, above, two, kept, nameless];
    (all, vec![("set.one", 10), ("one", 10), ("twin", 11), ("two", 13), ("kept", 14)])
}

#[test]
fn what_pays_most_comes_first() {
    let (recipes, attributes) = small();
    let graph = made(&recipes, &attributes);
    let report = asked(&graph, &[], &BumpRates::default().year(&graph));
    // 4 for 5 builds is more than 3 for 4; what is built as it is once is there for the second. A check is a build
    // more. `kept` is built for the tool of its own shell, whatever becomes of that of `one`
    assert_eq!(
        told(&report.candidates),
        ["one: check-tool-1 4 5 builds", "one: shell-tool-1 3 2 builds", "two: check-tool-1 1 5 builds"]
    );
    let first = &report.candidates[1];
    assert_eq!(
        (first.verdict, first.grade, first.rule.as_deref()),
        (Verdict::NoEffect, Grade::Inferred, Some("update-script"))
    );
    assert_eq!((first.instances, first.measured, first.minutes), (2, false, 10.0));
    assert_eq!((first.probability, first.expected, first.per_hour), (0.9, 3.0 * 0.9, 3.0 * 0.9 * 60.0 / 10.0));
    assert_eq!(first.command, "nix-ripple prove -f x.nix -A one --input shell-tool");
    assert_eq!((report.without_attribute, report.saving_nothing, report.tried), (1, 1, 0));
    assert_eq!(report.hours, 12.0 * 5.0 / 60.0);

    // of a scope, all instances count; the rest is not among them
    let verdicts = Verdicts::with_rules(&graph, &[], Rules::embedded()).0;
    let bumps = BumpRates::default().year(&graph);
    let scope = BTreeSet::from([node(&graph, "two-1")]);
    let params =
        CandidatesParams { scope: Some(scope), bumps: &bumps, costs: None, minutes: 60.0, file: "<x>", top: Some(1) };
    let report = candidates(&graph, &EffectiveInputs::new(&graph), &verdicts, &[], &params);
    assert_eq!((told(&report.candidates), report.hours), (vec!["two: check-tool-1 1 5 builds".to_owned()], 5.0));
    assert_eq!(report.candidates[0].command, "nix-ripple prove -f '<x>' -A two --input check-tool");
}

#[test]
fn what_experiments_have_told() {
    let (recipes, attributes) = small();
    let graph = made(&recipes, &attributes);
    let bumps = BumpRates::default().year(&graph);
    let left = |experiments: &[Experiment]| {
        let evidence: Vec<Evidence> = experiments.iter().cloned().map(Evidence::Experiment).collect();
        let report = asked(&graph, &evidence, &bumps);
        (told(&report.candidates), report.tried)
    };
    let of = |input: &str, outcome| experiment(&graph, "one-1", input, outcome, 0);
    let stub = |outcome| Experiment { experiment: ExperimentKind::Stub, poisoned: true, ..of("shell-tool-1", outcome) };
    let check = "one: check-tool-1 4 5 builds".to_owned();
    let two = "two: check-tool-1 1 5 builds".to_owned();
    // proven: done
    let proven = [of("shell-tool-1", Outcome::Identical), stub(Outcome::Identical)];
    assert_eq!(left(&proven), (vec![check.clone(), two.clone()], 0));
    // refuted: done as well, and told nowhere
    assert_eq!(left(&[of("shell-tool-1", Outcome::Different)]), (vec![check, two.clone()], 0));
    // not the same twice: nothing can be shown of the package
    assert_eq!(left(&[of("shell-tool-1", Outcome::Nondeterministic)]), (vec![two], 2));
    // without a sandbox nothing was shown
    let open = Experiment { sandboxed: false, ..of("shell-tool-1", Outcome::Nondeterministic) };
    assert_eq!(left(&[open]).0.len(), 3);

    // the pace: the mean of what took time, whatever the input, the outcome and the version
    let experiments = [60, 180, 0].map(|seconds| {
        let mut shown = experiment(&graph, "two-1", "check-tool-1", Outcome::Fails, seconds);
        shown.package.name = "two-0.9".to_owned();
        shown.recipe = RecipeDigest([7; 32]);
        Evidence::Experiment(shown)
    });
    let evidence = experiments.to_vec();
    let report = asked(&graph, &evidence, &bumps);
    let two = report.candidates.iter().find(|candidate| candidate.attribute == "two").unwrap();
    assert_eq!((two.measured, two.minutes), (true, 10.0));
    assert!(report.candidates.iter().all(|candidate| candidate.measured == (candidate.attribute == "two")));
}

/// What vanishes with the checks, for a reason that is not sure.
#[test]
fn what_is_suspected_counts_half() {
    let (recipes, attributes) = small();
    let graph = made(&recipes, &attributes);
    let shown = experiment(&graph, "two-1", "check-tool-1", Outcome::Fails, 0);
    let evidence = Evidence::CheckOnly(CheckOnly {
        package: shown.package,
        recipe: shown.recipe,
        inputs: vec![shown.input],
        appeared: Vec::new(),
        differing_keys: None,
        grade: Grade::Suspected,
    });
    let (verdicts, _) = Verdicts::new(&graph, std::slice::from_ref(&evidence));
    let bumps = BumpRates::default().year(&graph);
    let params = CandidatesParams { scope: None, bumps: &bumps, costs: None, minutes: 5.0, file: "x", top: None };
    let evidence = [evidence];
    let report = candidates(&graph, &EffectiveInputs::new(&graph), &verdicts, &evidence, &params);
    let [only] = report.candidates.as_slice() else { panic!("{report:?}") };
    assert_eq!((only.grade, only.probability, only.expected, only.rule.as_deref()), (Grade::Suspected, 0.5, 0.5, None));
}

/// Closures at random: every figure is what a search says, and the order is that of the best next one.
#[test]
fn as_brute_force() {
    let mut some = 0;
    for seed in 0..40 {
        let mut chance = Chance(seed);
        let mut recipes: Vec<Recipe> = Vec::new();
        for number in 0..14 {
            let mut recipe = Recipe::new(number + 1, &format!("p{}-1", chance.below(10)));
            let mut known = BTreeSet::new();
            for _ in 0..chance.below(4).min(number) {
                let input = recipes[chance.below(number)].clone();
                let key = ["buildInputs", "updateScript", "checkPhase", "propagatedUserEnvPkgs"][chance.below(4)];
                if known.insert(input.number) && recipe.env.iter().all(|(other, _)| other != key) {
                    recipe = recipe.input(&input, key);
                }
            }
            recipes.push(recipe);
        }
        let names: Vec<String> = (0..10).map(|at| format!("a{at}")).collect();
        let attributes: Vec<(&str, usize)> =
            names.iter().map(|name| (name.as_str(), 1 + chance.below(recipes.len()))).collect();
        let graph = made(&recipes, &attributes);
        let mut bumps = BumpRates::default().year(&graph);
        for bump in &mut bumps {
            bump.rate = chance.below(4) as f64 / 2.0;
        }
        let folder = tempfile::tempdir().unwrap();
        let costs = costs(&graph, &records(&graph, folder.path()));
        let costs = Some(&costs).filter(|_| seed % 2 == 1);
        let report = priced(&graph, &[], &bumps, costs);
        let verdicts = Verdicts::with_rules(&graph, &[], Rules::embedded()).0;
        some += report.candidates.len();
        let mut opened: BTreeSet<NodeId> = BTreeSet::new();
        let cost = |candidate: &Candidate, opened: &BTreeSet<NodeId>| {
            let own = if candidate.verdict == Verdict::NoEffect { 2 } else { 3 };
            own + if opened.contains(&candidate.node) { 0 } else { 2 }
        };
        for (at, candidate) in report.candidates.iter().enumerate() {
            // all edges of its recipe from inputs of the pname
            let mut edits = Edits::default();
            let recipe = graph.recipe(candidate.node);
            for (edge, judgement) in verdicts.edges() {
                let (input, consumer) = (graph.edge_input(edge), graph.edge_consumer(edge));
                if graph.recipe(consumer) == recipe && graph.pname(input) == candidate.input.pname {
                    edits.treat(edge, judgement.remedy.unwrap());
                }
            }
            let saved = |bump: &BumpGroup| {
                let saved = savings(&graph, &bump.nodes, &edits, costs.map(Costs::weights));
                (bump.rate * saved.builds as f64, bump.rate * saved.hours().unwrap_or_default())
            };
            let (builds, hours): (Vec<f64>, Vec<f64>) = bumps.iter().map(saved).unzip();
            let (saved, hours): (f64, f64) = (builds.iter().sum(), hours.iter().sum());
            assert!((candidate.saves.builds - saved).abs() < 1e-9, "{seed}: {candidate:?}, not {saved}");
            assert_eq!(candidate.saves.hours().is_some(), costs.is_some());
            assert!((candidate.saves.hours().unwrap_or_default() - hours).abs() < 1e-9, "{seed}: {candidate:?}");
            assert!(if costs.is_some() { hours > 0.0 } else { saved > 0.0 });
            if let Some(expected) = candidate.expected_hours {
                assert!((expected - hours * candidate.probability).abs() < 1e-9, "{seed}: {candidate:?}");
                assert_eq!(candidate.hours_per_hour, Some(expected * 60.0 / candidate.minutes));
            }
            assert_eq!(candidate.builds, cost(candidate, &opened), "{seed}: {candidate:?}");
            let minutes = |other: &Candidate| {
                costs.map_or(DEFAULT_MINUTES, |costs| costs.time(other.node).millis as f64 / 60_000.0)
            };
            let asked = f64::from(candidate.builds) * minutes(candidate);
            assert!((candidate.minutes - asked).abs() < 1e-9, "{seed}: {candidate:?}");
            let measured = costs.is_some_and(|costs| costs.time(candidate.node).measured);
            assert_eq!(candidate.measured, measured, "{seed}: {candidate:?}");
            let ratio = |other: &Candidate| {
                let time = f64::from(cost(other, &opened)) * minutes(other);
                other.expected_hours.unwrap_or(other.expected) / time
            };
            let best = report.candidates[at..].iter().map(ratio).fold(0.0, f64::max);
            assert!((ratio(candidate) - best).abs() < 1e-9 * best, "{seed}: {candidate:?}");
            opened.insert(candidate.node);
        }
        let mut again = BTreeMap::new();
        for candidate in &report.candidates {
            assert!(again.insert(&candidate.command, ()).is_none(), "{seed}: {}", candidate.command);
        }
    }
    assert!(some > 40, "{some}");
}

#[test]
fn told_in_every_form() {
    let program = Program::new();
    let (recipes, attributes) = small();
    made(&recipes, &attributes).save(&program.folder.path().join("x.ripple")).unwrap();
    let run = |arguments: &[&str]| program.run(&[&["candidates", "-c", "x.ripple"], arguments].concat());
    insta::assert_snapshot!("candidates.table", run(&[]).fine());
    insta::assert_snapshot!("candidates.markdown", run(&["--format", "markdown", "--top", "1"]).fine());
    insta::assert_snapshot!("candidates.csv", run(&["--format", "csv", "--top", "1"]).fine());
    let json = run(&["--format", "json", "--build-minutes", "1"]).json();
    assert_eq!((json["version"].as_u64(), json["total"].as_u64()), (Some(1), Some(3)));
    let first = json["candidates"][0].as_object().unwrap();
    assert_eq!((first["minutes"].as_f64(), first["saves"]["builds"].as_f64()), (Some(5.0), Some(4.0)));
    let nothing = run(&["--scope", "attr:two", "--no-rules"]).fine();
    assert_eq!(nothing, "nothing that is flagged without proof would save anything\n");
    for minutes in ["0", "-1", "NaN", "inf", "x", "1e9"] {
        let ran = run(&[&format!("--build-minutes={minutes}")]);
        assert_eq!(ran.code, 2);
        assert!(ran.talk.contains("expected minutes, above 0 and at most 10080"), "{}", ran.talk);
    }
    assert_eq!(run(&["--scope", "attr:nothing"]).code, 2);
}
