//! Rules: each decides the pair that it names and leaves the other alone; what is no rule is told.

use std::collections::BTreeMap;
use std::path::Path;

use nix_ripple::graph::{EdgeId, Graph, NodeId};
use nix_ripple::role::EffectiveInputs;
use nix_ripple::verdict::{
    Carried, Case, CheckOnly, Evidence, Fits, Grade, InputRef, PackageRef, Rules, Verdict, Verdicts,
};

use crate::support::{Recipe, folder, graph};

/// A case as a graph: the input, its consumer, and what stands beside.
fn made(case: &Case) -> Graph {
    let parts = |text: &str| {
        let (name, key) = text.rsplit_once(": ").unwrap_or_else(|| panic!("'{text}' is no NAME: KEY"));
        (name.to_owned(), key.to_owned())
    };
    let mut input = Recipe::new(1, &case.input);
    let mut all = Vec::new();
    if let Some(text) = &case.input_has {
        let (name, key) = parts(text);
        let own = Recipe::new(2, &name);
        input = input.input(&own, &key);
        all.push(own);
    }
    let mut consumer = Recipe::new(3, &case.consumer);
    let mut values: BTreeMap<String, Vec<String>> = BTreeMap::new();
    let mut name = |consumer: &mut Recipe, other: &Recipe, keys: &[String]| {
        consumer.inputs.push((other.path(), vec!["out".to_owned()]));
        for key in keys {
            values.entry(key.clone()).or_default().push(other.output_path("out"));
        }
    };
    name(&mut consumer, &input, &case.keys);
    for (number, text) in (10..).zip(&case.beside) {
        let (other, key) = parts(text);
        let other = Recipe::new(number, &other);
        name(&mut consumer, &other, &[key]);
        all.push(other);
    }
    consumer.env.extend(values.into_iter().map(|(key, paths)| (key, paths.join(" "))));
    all.extend([input, consumer]);
    graph(&[folder(&all).path()])
}

fn node(graph: &Graph, name: &str) -> NodeId {
    graph.nodes().find(|&node| graph.name(node) == name).unwrap_or_else(|| panic!("no {name}"))
}

fn edge(graph: &Graph, case: &Case) -> EdgeId {
    let (input, consumer) = (node(graph, &case.input), node(graph, &case.consumer));
    graph.input_edges(consumer).find(|&(_, own)| own == input).unwrap().0
}

/// Evidence that the input vanishes with the checks.
fn vanishes(graph: &Graph, edge: EdgeId) -> Evidence {
    let (input, consumer) = (graph.edge_input(edge), graph.edge_consumer(edge));
    Evidence::CheckOnly(CheckOnly {
        package: PackageRef {
            attribute: String::new(),
            drv: graph.path(consumer),
            name: graph.name(consumer).to_owned(),
        },
        recipe: graph.recipe(consumer),
        inputs: vec![InputRef {
            drv: graph.path(input),
            name: graph.name(input).to_owned(),
            pname: graph.pname(input).to_owned(),
            outputs: vec!["out".to_owned()],
            keys: graph.mentions(edge).map(str::to_owned).collect(),
        }],
        appeared: Vec::new(),
        differing_keys: Some(Vec::new()),
        grade: Grade::Inferred,
    })
}

/// The id of the rule that decides a case.
fn decides(rules: &Rules, case: &Case) -> Option<String> {
    let graph = made(case);
    let fits = Fits::new(&graph, rules);
    let index = match case.carried_by.as_slice() {
        [] => fits.of_edge(edge(&graph, case), case.check),
        by => fits.of_carried(node(&graph, &case.input), node(&graph, &case.consumer), by),
    };
    index.map(|index| rules.get(index).unwrap().id.clone())
}

#[test]
fn each_decides_its_own_case() {
    let rules = Rules::embedded();
    assert!(rules.all().len() > 20);
    for rule in rules.all() {
        assert_eq!(decides(&rules, &rule.flags).as_deref(), Some(rule.id.as_str()), "{}: flags", rule.id);
        assert_ne!(decides(&rules, &rule.spares).as_deref(), Some(rule.id.as_str()), "{}: spares", rule.id);
        for text in [&rule.summary, &rule.assumes, &rule.exceptions, &rule.overestimates, &rule.underestimates] {
            assert!(!text.trim().is_empty(), "{} leaves something unsaid", rule.id);
        }
        assert!(rule.grade <= Some(Grade::Inferred), "{}", rule.id);
    }
}

/// The verdict on a case, and the rule that it stands on.
fn judged(rules: Rules, case: &Case) -> (Verdict, Option<Grade>, Option<String>) {
    let graph = made(case);
    let edge = edge(&graph, case);
    let evidence: Vec<Evidence> = case.check.then(|| vanishes(&graph, edge)).into_iter().collect();
    let (verdicts, problems) = Verdicts::with_rules(&graph, &evidence, rules);
    assert_eq!(problems, []);
    let judgement = verdicts.of(edge);
    let rule = judgement.rule.map(|index| verdicts.rules().get(index).unwrap().id.clone());
    (judgement.verdict, judgement.grade, rule)
}

fn case(input: &str, keys: &[&str], consumer: &str, check: bool) -> Case {
    Case {
        input: input.to_owned(),
        keys: keys.iter().map(|&key| key.to_owned()).collect(),
        consumer: consumer.to_owned(),
        check,
        beside: Vec::new(),
        input_has: None,
        carried_by: Vec::new(),
    }
}

/// What set-up scripts ask for stays suspected, though it vanishes with the checks.
#[test]
fn what_is_held_back() {
    let tool = case("python3.6-pytest-runner-2.11.1", &["buildInputs"], "python3.6-foo-1", true);
    let suspected = (Verdict::TestOnly, Some(Grade::Suspected), Some("python-build-time".to_owned()));
    assert_eq!(judged(Rules::embedded(), &tool), suspected);
    assert_eq!(judged(Rules::default(), &tool), (Verdict::TestOnly, Some(Grade::Inferred), None));
    let unproven = Case { check: false, ..tool };
    assert_eq!(judged(Rules::embedded(), &unproven), (Verdict::Unknown, None, None));
}

const OWN: &str = r#"
[lists]
mine = ["zlib", "@more"]
more = ["b?ip2"]
empty = []

[[rule]]
id = "mine"
summary = "s"
verdict = "no-effect"
grade = "suspected"
keys = ["buildInputs"]
input.pname = ["@mine"]
assumes = "a"
exceptions = "e"
overestimates = "o"
underestimates = "u"
flags = { input = "zlib-1", keys = ["buildInputs"], consumer = "foo-1" }
spares = { input = "zlib-1", keys = ["nativeBuildInputs"], consumer = "foo-1" }
"#;

#[test]
fn own_rules_come_first() {
    let own = || Rules::parse(OWN, Path::new("own.toml")).unwrap();
    let zlib = case("zlib-1", &["buildInputs"], "foo-1", false);
    assert_eq!(judged(Rules::embedded(), &zlib), (Verdict::Unknown, None, None));
    let mine = (Verdict::NoEffect, Some(Grade::Suspected), Some("mine".to_owned()));
    assert_eq!(judged(own().then(Rules::embedded()).unwrap(), &zlib), mine);
    let bzip = case("bzip2-1", &["buildInputs"], "foo-1", false);
    assert_eq!(decides(&own(), &bzip).as_deref(), Some("mine"));
    for other in [&["nativeBuildInputs"][..], &["buildInputs", "src"]] {
        assert_eq!(decides(&own(), &case("zlib-1", other, "foo-1", false)), None);
    }
}

#[test]
fn what_is_no_rule_is_told() {
    for (from, to, told) in [
        ("id = \"mine\"", "id = \"Mine\"", "kebab case"),
        ("grade = \"suspected\"", "grade = \"observed\"", "at most inferred"),
        ("grade = \"suspected\"", "grade = \"certain\"", "certain"),
        ("grade = \"suspected\"", "", "grade is missing"),
        ("verdict = \"no-effect\"", "verdict = \"affects\"", "no rule says 'affects'"),
        ("verdict = \"no-effect\"", "verdict = \"unknown\"", "no grade"),
        ("@more", "@less", "no list 'less'"),
        ("b?ip2", "@mine", "names itself"),
        ("b?ip2", "[", "input.pname"),
        ("keys = [\"buildInputs\"]", "keys = []", "empty list"),
        ("keys = [\"buildInputs\"]", "keys = [\"buildInputs\"]\ncarried-by = [\"test-only\"]", "carried-by"),
        ("summary", "sumary", "sumary"),
        ("@mine", "@empty", "lists that are empty"),
        ("zlib\", \"@more", "Zlib\", \"@more", "lower case"),
        ("input.pname = [\"@mine\"]", "input.language = [\"pyhton\"]", "no language"),
        ("input.pname = [\"@mine\"]", "input.pname = [\"language:python\"]", "only-inputs"),
        ("keys = [\"buildInputs\"]\ninput.pname = [\"@mine\"]", "", "no condition"),
        ("[[rule]]", "[[rules]]", "rules"),
        ("[lists]", "[lists", "TOML"),
    ] {
        let text = OWN.replacen(from, to, 1);
        assert_ne!(text, OWN, "{from}");
        let error = Rules::parse(&text, Path::new("own.toml")).unwrap_err().to_string();
        assert!(error.starts_with("own.toml: ") && error.contains(told), "{from} -> {to}: {error}");
    }
    let twice = format!("{OWN}{}", OWN.split_once("[[rule]]").map(|(_, rule)| format!("[[rule]]{rule}")).unwrap());
    assert!(Rules::parse(&twice, Path::new("own.toml")).unwrap_err().to_string().contains("another rule of this id"));
    // of two files, and of a file and the program's own
    let own = |text: &str| Rules::parse(text, Path::new("own.toml")).unwrap();
    assert!(own(OWN).then(own(OWN)).unwrap_err().to_string().contains("two rules are called 'mine'"));
    let taken = OWN.replace("id = \"mine\"", "id = \"check-only\"");
    assert!(own(&taken).then(Rules::embedded()).unwrap_err().to_string().contains("'check-only'"));
    // more than a rule can be numbered by
    let many: String = (0..10_001)
        .map(|at| OWN.split_once("[[rule]]").unwrap().1.replace("\"mine\"", &format!("\"r{at}\"")))
        .map(|rule| format!("[[rule]]{}", rule.replace("@mine", "zlib")))
        .collect();
    assert!(Rules::parse(&many, Path::new("own.toml")).unwrap_err().to_string().contains("more than 10000 rules"));
}

/// An input that comes along with what is there for the checks, with what is recorded, and with what is used.
#[test]
fn what_comes_along() {
    let python = |number, name: &str| Recipe::new(number, &format!("python3.6-{name}-1"));
    let stdenv = Recipe::new(1, "stdenv");
    let carried = [python(2, "pluggy"), python(3, "idna"), python(4, "numpy"), python(5, "shared")];
    let with = |recipe: Recipe, inputs: &[&Recipe], key: &str| {
        let mut recipe = recipe.input(&stdenv, "stdenv");
        recipe.inputs.extend(inputs.iter().map(|input| (input.path(), vec!["out".to_owned()])));
        let paths: Vec<String> = inputs.iter().map(|input| input.output_path("out")).collect();
        recipe.env.push((key.to_owned(), paths.join(" ")));
        recipe
    };
    let [pluggy, idna, numpy, shared] = &carried;
    let pytest = with(python(6, "pytest"), &[pluggy, shared], "propagatedBuildInputs");
    let requests = with(python(7, "requests"), &[idna, numpy], "propagatedBuildInputs");
    let tool = with(python(8, "tool"), &[shared], "propagatedBuildInputs");
    let app = with(python(9, "app"), &[&pytest, &tool], "buildInputs");
    let app = with(app, &[&requests], "propagatedBuildInputs");
    let mut all = vec![stdenv.clone(), pytest, requests, tool, app];
    all.extend(carried.clone());
    let graph = graph(&[folder(&all).path()]);
    let effective = EffectiveInputs::new(&graph);
    let (verdicts, _) = Verdicts::with_rules(&graph, &[], Rules::embedded());
    let found = Carried::new(&graph, &effective, &verdicts).of(node(&graph, "python3.6-app-1"));
    let told: BTreeMap<&str, (Verdict, Option<Grade>)> =
        found.iter().map(|(&input, judged)| (graph.name(input), (judged.verdict, judged.grade))).collect();
    let expected = [
        ("python3.6-idna-1", (Verdict::ReferenceOnly, Some(Grade::Inferred))),
        ("python3.6-numpy-1", (Verdict::Unknown, None)),
        ("python3.6-pluggy-1", (Verdict::TestOnly, Some(Grade::Inferred))),
        // the tool is a module among the build inputs: suspected, and so is what comes with it
        ("python3.6-shared-1", (Verdict::TestOnly, Some(Grade::Suspected))),
    ];
    assert_eq!(told, expected.into());
}

/// What comes along with what changes nothing changes nothing, though checks want something else as surely: it was
/// told to be there for the checks.
#[test]
fn what_comes_along_with_nothing() {
    let stdenv = Recipe::new(1, "stdenv");
    let (glyphs, subunit) = (Recipe::new(2, "glyphs-1"), Recipe::new(3, "subunit-1"));
    let tool = |number, name: &str, carried: &Recipe| {
        Recipe::new(number, name).input(&stdenv, "stdenv").input(carried, "propagatedBuildInputs")
    };
    let (doxygen, check) = (tool(4, "doxygen-1", &glyphs), tool(5, "check-1", &subunit));
    let library = Recipe::new(6, "library-1").input(&stdenv, "stdenv").input(&doxygen, "nativeBuildInputs");
    let library = library.input(&check, "buildInputs");
    let graph = graph(&[folder(&[stdenv, glyphs, subunit, doxygen, check, library]).path()]);
    let effective = EffectiveInputs::new(&graph);
    let (verdicts, _) = Verdicts::with_rules(&graph, &[], Rules::embedded());
    let found = Carried::new(&graph, &effective, &verdicts).of(node(&graph, "library-1"));
    let told: BTreeMap<&str, (Verdict, Option<Grade>)> =
        found.iter().map(|(&input, judged)| (graph.name(input), (judged.verdict, judged.grade))).collect();
    let suspected = |verdict| (verdict, Some(Grade::Suspected));
    let expected = [("glyphs-1", suspected(Verdict::NoEffect)), ("subunit-1", suspected(Verdict::TestOnly))];
    assert_eq!(told, expected.into());
}
