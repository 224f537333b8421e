//! Remedies, against the real Nix: the overlay that the tool writes is applied to the small
//! distribution, an input is bumped, and what changes is compared with what was said to change.

use std::collections::{BTreeMap, BTreeSet};
use std::path::PathBuf;
use std::sync::Mutex;

use nix_ripple::graph::{BuildOptions, EdgeId, Graph, NodeId, build};
use nix_ripple::ingest::IngestOptions;
use nix_ripple::proof::{TextSources, compare_closures};
use nix_ripple::query::{Overlay, Remedies, RemedyParams, Selector, WhatIf, overlay, remedies, resolve};
use nix_ripple::reach::{Edits, Treatment, rebuild_edited};
use nix_ripple::role::EffectiveInputs;
use nix_ripple::verdict::Verdicts;
use serde::Deserialize;

use crate::needs;
use crate::nix_as_judge::{Store, nix, ran};
use crate::support::{self, Chance, testdata};

/// What Nix says of an attribute.
#[derive(Debug, Deserialize)]
struct Evaluated {
    drv: String,
    out: String,
    definition: Option<String>,
}

/// By attribute; `NAME#checks` for the detached tests of NAME.
type Attributes = BTreeMap<String, Evaluated>;

/// Evaluates each case (an overlay's file, a bump), and writes the derivations into the store.
fn evaluate(store: &Store, system: &str, cases: &[(Option<PathBuf>, Option<&str>)]) -> Vec<Attributes> {
    let word = |text: Option<String>| text.unwrap_or_else(|| "null".to_owned());
    let case = |(overlay, bump): &(Option<PathBuf>, Option<&str>)| {
        let overlay = word(overlay.as_ref().map(|file| file.display().to_string()));
        format!("{{ overlay = {overlay}; bump = {}; }} ", word(bump.map(|id| format!("{id:?}"))))
    };
    let cases = format!("[ {}]", cases.iter().map(case).collect::<String>());
    let mut command = nix("nix-instantiate");
    command.args(["--store", store.path(), "--eval", "--strict", "--json", "--read-write-mode"]);
    command.arg(testdata("minipkgs/overlaid.nix")).args(["--arg", "cases", &cases, "--argstr", "system", system]);
    serde_json::from_slice(&ran(&mut command).stdout).unwrap()
}

/// The closure of derivations in the store, and the attributes that name them.
fn closure(store: &Store, attributes: &BTreeMap<String, String>) -> Graph {
    let folder = tempfile::tempdir().unwrap();
    let roots = folder.path().join("roots");
    let names = folder.path().join("attributes.jsonl");
    let line = |(name, drv): (&String, &String)| {
        serde_json::json!({
            "attr": name, "attrPath": name.split('.').collect::<Vec<_>>(), "name": "x", "system": "x86_64-linux", "drvPath": drv,
        })
        .to_string()
    };
    std::fs::write(&roots, attributes.values().map(String::as_str).collect::<Vec<_>>().join("\n")).unwrap();
    std::fs::write(&names, attributes.iter().map(line).collect::<Vec<_>>().join("\n")).unwrap();
    let options = IngestOptions { store_root: Some(store.path().into()), ..IngestOptions::default() };
    let (raw, _) = support::read(&[roots, names], &options).unwrap();
    build(&raw, BuildOptions::default()).unwrap().0
}

fn graph_of(store: &Store, attributes: &Attributes) -> Graph {
    closure(store, &attributes.iter().map(|(name, known)| (name.clone(), known.drv.clone())).collect())
}

/// Remedies, as a user writes them, and a bump.
#[derive(Clone)]
struct Case {
    texts: Vec<String>,
    /// What kind of case: treatment, list, language.
    kind: String,
    remedies: Remedies,
    /// The definition that is bumped.
    bump: String,
}

/// The base, and what is known of it.
struct Base {
    system: &'static str,
    graph: Graph,
    /// The definition of each package, by name.
    definitions: BTreeMap<String, String>,
    verdicts: Verdicts,
}

impl Base {
    fn new(store: &Store, system: &'static str) -> Self {
        let attributes = evaluate(store, system, &[(None, None)]).remove(0);
        let graph = graph_of(store, &attributes);
        let mut definitions = BTreeMap::new();
        for attribute in graph.attributes() {
            if let Some(definition) = &attributes[graph.attribute_name(attribute)].definition {
                let node = graph.attribute_node(attribute).unwrap();
                definitions.insert(graph.name(node).to_owned(), definition.clone());
            }
        }
        let verdicts = check_only(store, system, &graph);
        Self { system, graph, definitions, verdicts }
    }

    /// How the consumer is made.
    fn make(&self, edge: EdgeId, consumer: NodeId) -> &'static str {
        if self.graph.mentions(edge).any(|key| key.starts_with("__json.")) {
            "structured attributes"
        } else if self.is_python(consumer) {
            "python"
        } else if self.graph.outputs(consumer).count() > 1 {
            "several outputs"
        } else {
            "one output"
        }
    }

    fn is_python(&self, node: NodeId) -> bool {
        let name = self.graph.name(node);
        name.starts_with("python2.7-") || name.starts_with("python3.11-")
    }

    /// Every remedy that stands for an edge which a list makes, in all instances of input and
    /// consumer (for a check-only input: all tests of the consumer): its kind, its text, a bump.
    fn candidates(&self) -> Vec<(String, String, String)> {
        let graph = &self.graph;
        let effective = EffectiveInputs::new(graph);
        let mut pairs: BTreeMap<(&str, &str), (BTreeSet<&str>, &str, bool)> = BTreeMap::new();
        for consumer in graph.nodes().filter(|&node| graph.is_derivation(node) && !graph.is_fixed(node)) {
            for (edge, input) in graph.input_edges(consumer) {
                let lists: Vec<&str> = effective.lists(edge).iter().map(|(list, _)| list.key()).collect();
                if !lists.is_empty() && self.definitions.contains_key(graph.name(input)) {
                    let checks = self.verdicts.is_check(edge);
                    let pair = pairs.entry((graph.name(input), graph.name(consumer)));
                    let pair = pair.or_insert_with(|| (BTreeSet::new(), self.make(edge, consumer), checks));
                    pair.0.extend(lists);
                    pair.2 &= checks;
                }
            }
        }
        let mut candidates = Vec::new();
        for ((input, consumer), (lists, make, checks)) in pairs {
            let bump = self.definitions[input].clone();
            let lists = lists.into_iter().collect::<Vec<_>>().join("+");
            if checks {
                candidates.push((format!("detach, {make}"), format!("detach-tests:name:{consumer}"), bump));
            } else {
                for treatment in ["drop", "split"] {
                    let text = format!("{treatment}:name:{input}->name:{consumer}");
                    candidates.push((format!("{treatment} of {lists}, {make}"), text, bump.clone()));
                }
            }
        }
        // a bare word means something else than these definitions do (see `every_definition`)
        candidates.retain(|(_, _, bump)| !["babel", "linux", "perf"].contains(&bump.as_str()));
        candidates
    }

    /// Some of every kind, of those that save something and those that do not; by chance.
    fn pick(&self, chance: &mut Chance) -> Vec<Case> {
        let mut candidates = self.candidates();
        let mut tried: BTreeMap<String, [usize; 2]> = BTreeMap::new();
        let mut cases = Vec::new();
        while !candidates.is_empty() {
            let (kind, text, bump) = candidates.swap_remove(chance.below(candidates.len()));
            let tried = tried.entry(kind.clone()).or_default();
            if tried.iter().all(|&tried| tried >= EACH) || tried[0] + tried[1] >= TRIES {
                continue;
            }
            let case = self.case(kind, vec![text], bump);
            let builds =
                |edits: &Edits| rebuild_edited(&self.graph, &bumped(&self.graph, &case.bump), edits).builds.len();
            let saves = builds(&case.remedies.edits()) < builds(&Edits::default());
            tried[usize::from(saves)] += 1;
            if tried[usize::from(saves)] <= EACH {
                cases.push(case);
            }
        }
        cases
    }

    fn case(&self, kind: String, texts: Vec<String>, bump: String) -> Case {
        let what_ifs: Vec<WhatIf> = texts.iter().map(|text| WhatIf::parse(text).unwrap()).collect();
        let effective = EffectiveInputs::new(&self.graph);
        let found = remedies(&self.graph, &effective, &self.verdicts, &[], &what_ifs, RemedyParams::default());
        Case { remedies: found.unwrap_or_else(|error| panic!("{error}")), kind, texts, bump }
    }

    /// Cases with several of the remedies that were picked alone.
    fn together(&self, cases: &[Case], chance: &mut Chance) -> Case {
        let some: Vec<&Case> = (0..2 + chance.below(5)).map(|_| chance.pick(cases)).collect();
        let texts: Vec<String> = some.iter().flat_map(|case| case.texts.clone()).collect();
        self.case("several".to_owned(), texts, some[0].bump.clone())
    }
}

/// How many cases of each kind that save something, and that do not; and after how many tries there
/// are no more of one of them.
const EACH: usize = 2;
const TRIES: usize = 12;

/// Which inputs vanish with the checks, by Nix.
fn check_only(store: &Store, system: &str, graph: &Graph) -> Verdicts {
    let text = format!(
        "let lib = import {0}/lib.nix; off = _: {{ doCheck = false; doInstallCheck = false; }}; in
        builtins.listToAttrs (lib.concatMap
          ({{ path, drv }}: lib.optional (drv ? overrideAttrs)
            {{ name = path; value = ((drv.overridePythonAttrs or drv.overrideAttrs) off).drvPath; }})
          (lib.packagesOf \"\" (import {0} {{ system = {system:?}; }})))",
        testdata("minipkgs").display()
    );
    let mut command = nix("nix-instantiate");
    command.args(["--store", store.path(), "--eval", "--strict", "--json", "--read-write-mode", "-E", &text]);
    let without: BTreeMap<String, String> = serde_json::from_slice(&ran(&mut command).stdout).unwrap();
    let sources = TextSources { store_root: Some(store.path().into()), ..TextSources::default() };
    let compared = compare_closures(graph, &closure(store, &without), &sources).unwrap();
    let (verdicts, stale) = Verdicts::new(graph, &compared.file.evidence);
    assert!(verdicts.count() > 50 && stale.is_empty(), "{stale:?}");
    verdicts
}

/// What the overlay does of the remedies.
fn done(case: &Case, overlay: &Overlay) -> Remedies {
    let mut done = case.remedies.clone();
    done.remedies.retain(|remedy| overlay.left.binary_search(&remedy.edge).is_err());
    done.receivers.retain(|receiver| overlay.unserved.binary_search(receiver).is_err());
    done
}

fn bumped(graph: &Graph, definition: &str) -> Vec<NodeId> {
    let selectors = Selector::expand(&[definition.to_owned()]).unwrap();
    resolve(graph, &selectors, false).unwrap_or_else(|error| panic!("{error}")).remove(0).nodes
}

/// The nodes that some attribute needs after the edits, or its detached tests.
fn needed(graph: &Graph, done: &Remedies, edits: &Edits) -> BTreeSet<NodeId> {
    let added = added(done);
    let mut needed = BTreeSet::new();
    let mut waiting: Vec<NodeId> = graph.attributes().filter_map(|attribute| graph.attribute_node(attribute)).collect();
    while let Some(node) = waiting.pop() {
        if needed.insert(node) {
            waiting.extend(added.get(&node).into_iter().flatten());
            let tested = graph.attributes_of(node).len() > 0;
            let kept = graph.input_edges(node).filter(|&(edge, _)| match edits.treatment(edge) {
                Some(Treatment::Drop) => false,
                Some(Treatment::Detach) => tested,
                _ => true,
            });
            waiting.extend(kept.map(|(_, input)| input));
        }
    }
    needed
}

/// What receivers get.
fn added(done: &Remedies) -> BTreeMap<NodeId, Vec<NodeId>> {
    let mut added: BTreeMap<NodeId, Vec<NodeId>> = BTreeMap::new();
    for receiver in &done.receivers {
        added.entry(receiver.node).or_default().push(receiver.input);
    }
    added
}

/// For each node the first that is the same derivation after the edits: two that differed in a dropped
/// input alone become one.
fn merged(graph: &Graph, done: &Remedies, edits: &Edits) -> Vec<NodeId> {
    let mut added = added(done);
    let mut first = BTreeMap::new();
    let mut merged: Vec<NodeId> = Vec::new();
    for node in graph.nodes() {
        let kept = graph
            .input_edges(node)
            .filter(|&(edge, _)| !matches!(edits.treatment(edge), Some(Treatment::Drop | Treatment::Detach)));
        let mut inputs: Vec<NodeId> =
            kept.map(|(_, input)| input).chain(added.remove(&node).unwrap_or_default()).collect();
        inputs.iter_mut().for_each(|input| *input = merged[input.index()]);
        inputs.sort_unstable();
        let fixed = !graph.is_derivation(node) || graph.is_fixed(node);
        let own = if fixed { graph.path(node) } else { graph.name(node).to_owned() };
        let key = (own, graph.recipe(node), inputs);
        merged.push(*first.entry(key).or_insert(node));
    }
    merged
}

/// Derivations as name and system, several times where there are several.
type Built = Vec<(String, String)>;

fn compare<T: Ord + std::fmt::Debug>(what: &str, mut said: Vec<T>, mut by_nix: Vec<T>) -> Result<(), String> {
    said.sort();
    by_nix.sort();
    if said == by_nix {
        return Ok(());
    }
    let mut more = Vec::new();
    let mut rest = by_nix;
    for item in said {
        match rest.iter().position(|other| *other == item) {
            Some(at) => drop(rest.swap_remove(at)),
            None => more.push(item),
        }
    }
    Err(format!("{what}: only said {more:?}, only by Nix {rest:?}"))
}

/// The outcome of one case.
struct Outcome {
    /// Whether the overlay does all of the remedies.
    whole: bool,
    /// Derivations that a bump rebuilt before, and after.
    before: usize,
    after: usize,
    wrappers: usize,
    tests: usize,
}

fn judge(
    base: &Base,
    store: &Store,
    case: &Case,
    overlay: &Overlay,
    by_nix: &[Attributes; 2],
) -> Result<Outcome, String> {
    let graph = &base.graph;
    let [unbumped, bumped_set] = by_nix;
    let done = done(case, overlay);
    let edits = done.edits();
    let rebuild = rebuild_edited(graph, &bumped(graph, &case.bump), &edits);
    let needed = needed(graph, &done, &edits);

    // attributes
    let changed_by_nix: Vec<&String> =
        unbumped.iter().filter(|(name, known)| bumped_set[*name].out != known.out).map(|(name, _)| name).collect();
    let names = |nodes: &[NodeId], end: &str| -> Vec<String> {
        let attributes = nodes.iter().flat_map(|&node| graph.attributes_of(node));
        attributes.map(|attribute| format!("{}{end}", graph.attribute_name(attribute))).collect()
    };
    let mut said = names(&rebuild.changed, "");
    said.extend(names(&rebuild.tests, "#checks").into_iter().filter(|name| unbumped.contains_key(name)));
    compare("attributes", said.iter().collect(), changed_by_nix)?;

    // derivations
    let (before, after) = (graph_of(store, unbumped), graph_of(store, bumped_set));
    let known: BTreeSet<String> = outputs(&after);
    let mut changed: Built = Vec::new();
    for node in before.nodes().filter(|&node| before.is_derivation(node) && !before.is_fixed(node)) {
        if before.outputs(node).all(|(_, digest)| !known.contains(digest.as_str())) {
            changed.push((before.name(node).to_owned(), before.system(node).to_owned()));
        }
    }
    let splits = done.remedies.iter().filter(|remedy| remedy.treatment == Treatment::Split);
    let wrapped: BTreeSet<NodeId> = splits.map(|remedy| remedy.consumer).collect();
    let built = |node: NodeId, name: String| (name, graph.system(node).to_owned());
    let merged = merged(graph, &done, &edits);
    let distinct = |nodes: &[NodeId]| -> BTreeSet<NodeId> {
        nodes.iter().filter(|node| needed.contains(node)).map(|node| merged[node.index()]).collect()
    };
    let mut said: Built = Vec::new();
    for node in distinct(&rebuild.builds) {
        let inner = if wrapped.contains(&node) { "-inner" } else { "" };
        said.push(built(node, format!("{}{inner}", graph.name(node))));
    }
    for node in distinct(&rebuild.wrappers) {
        said.push(built(node, graph.name(node).to_owned()));
    }
    // tests are there for what an attribute names
    for &node in rebuild.tests.iter().filter(|&&node| graph.attributes_of(node).len() > 0) {
        let (name, version) = (graph.name(node), graph.version(node));
        let stem = name.strip_suffix(version).and_then(|stem| stem.strip_suffix('-')).filter(|_| base.is_python(node));
        said.push(built(node, stem.map_or(format!("{name}-checks"), |stem| format!("{stem}-checks-{version}"))));
    }
    compare("derivations", said, changed)?;
    let unedited = rebuild_edited(graph, &bumped(graph, &case.bump), &Edits::default());
    Ok(Outcome {
        whole: overlay.left.is_empty() && overlay.unserved.is_empty(),
        before: unedited.builds.len(),
        after: rebuild.builds.len(),
        wrappers: rebuild.wrappers.len(),
        tests: rebuild.tests.len(),
    })
}

fn outputs(graph: &Graph) -> BTreeSet<String> {
    graph.nodes().flat_map(|node| graph.outputs(node).map(|(_, digest)| digest.as_str().to_owned())).collect()
}

/// Writes the overlay, has Nix evaluate it with and without the bump, and compares.
fn tried(base: &Base, store: &Store, case: &Case) -> Result<Outcome, String> {
    let overlay = overlay(&base.graph, &case.remedies);
    let file = tempfile::NamedTempFile::with_suffix(".nix").unwrap();
    overlay.nix(&mut file.as_file()).unwrap();
    let path = file.path().to_path_buf();
    let evaluated = evaluate(store, base.system, &[(Some(path.clone()), None), (Some(path), Some(&case.bump))]);
    judge(base, store, case, &overlay, &evaluated.try_into().unwrap()).map_err(|error| {
        format!("{} ({}), bump of {}: {error}; {:?}", case.texts.join(" "), case.kind, case.bump, overlay.warnings)
    })
}

/// Tries all, two at a time.
fn tried_all<'c>(base: &Base, store: &Store, cases: &'c [Case]) -> Vec<(&'c Case, Result<Outcome, String>)> {
    let waiting: Mutex<Vec<&Case>> = Mutex::new(cases.iter().collect());
    let results = Mutex::new(Vec::new());
    std::thread::scope(|scope| {
        for _ in 0..2 {
            scope.spawn(|| {
                loop {
                    let Some(case) = waiting.lock().unwrap().pop() else { break };
                    let result = tried(base, store, case);
                    results.lock().unwrap().push((case, result));
                }
            });
        }
    });
    results.into_inner().unwrap()
}

/// The system of another kernel, whose set has other packages: what an edit does not find it leaves.
#[test]
fn on_darwin() {
    if !needs::nix() {
        return;
    }
    let store = Store::new();
    let base = Base::new(&store, "aarch64-darwin");
    let mut chance = Chance(4);
    let mut cases = base.pick(&mut chance);
    while cases.len() > 16 {
        cases.swap_remove(chance.below(cases.len()));
    }
    cases.push(base.together(&cases, &mut chance));
    let results = tried_all(&base, &store, &cases);
    let wrong: Vec<&String> = results.iter().filter_map(|(_, result)| result.as_ref().err()).collect();
    assert!(wrong.is_empty() && results.len() == 17, "{} of {}: {wrong:#?}", wrong.len(), cases.len());
}

#[test]
fn every_kind() {
    if !needs::nix() {
        return;
    }
    let store = Store::new();
    let base = Base::new(&store, "x86_64-linux");
    let mut chance = Chance(3);
    let mut cases = base.pick(&mut chance);
    for _ in 0..10 {
        let case = base.together(&cases, &mut chance);
        cases.push(case);
    }
    let results = tried_all(&base, &store, &cases);
    let wrong: Vec<&String> = results.iter().filter_map(|(_, result)| result.as_ref().err()).collect();
    assert!(wrong.is_empty(), "{} of {}: {wrong:#?}", wrong.len(), cases.len());

    // of every kind there is, some
    let count = |wanted: &dyn Fn(&Case, &Outcome) -> bool| {
        results.iter().filter(|(case, result)| result.as_ref().is_ok_and(|outcome| wanted(case, outcome))).count()
    };
    let graph = &base.graph;
    let consumers = |case: &Case, wanted: &dyn Fn(NodeId) -> bool| {
        case.remedies.remedies.iter().any(|remedy| wanted(remedy.consumer))
    };
    let figures: [(&str, usize, usize); 18] = [
        ("done in full", count(&|_, outcome| outcome.whole), 100),
        ("done in part", count(&|_, outcome| !outcome.whole), 1),
        ("drop", count(&|case, _| case.kind.starts_with("drop")), 40),
        ("split", count(&|case, _| case.kind.starts_with("split")), 40),
        ("detach", count(&|case, _| case.kind.starts_with("detach")), 8),
        ("python", count(&|case, _| case.kind.contains("python")), 20),
        ("several outputs", count(&|case, _| case.kind.contains("several outputs")), 20),
        ("structured attributes", count(&|case, _| case.kind.contains("structured")), 6),
        ("propagated", count(&|case, _| case.kind.contains("ropagated")), 20),
        ("native", count(&|case, _| case.kind.contains("ativeBuildInputs")), 20),
        ("receivers", count(&|case, _| !case.remedies.receivers.is_empty()), 15),
        ("i686", count(&|case, _| consumers(case, &|node| graph.system(node) == "i686-linux")), 20),
        ("without attribute", count(&|case, _| consumers(case, &|node| graph.attributes_of(node).len() == 0)), 20),
        ("saves", count(&|_, outcome| outcome.after < outcome.before), 30),
        ("saves nothing", count(&|_, outcome| outcome.after == outcome.before), 30),
        ("wrappers", count(&|_, outcome| outcome.wrappers > 0), 25),
        ("tests", count(&|_, outcome| outcome.tests > 0), 6),
        ("several", count(&|case, _| case.kind == "several"), 10),
    ];
    let few: Vec<_> = figures.iter().filter(|(_, count, least)| count < least).collect();
    assert!(few.is_empty(), "{} cases; too few of {few:?}", cases.len());
}

/// What stands in a list goes with the tests: into a derivation that tests what is built without it.
#[test]
fn detached_from_a_list() {
    if !needs::nix() {
        return;
    }
    let store = Store::new();
    let base = Base::new(&store, "x86_64-linux");
    let cases: Vec<Case> = [
        ("python3.11-hypothesis-6.68.2", "python3.11-numpy-1.24.2"),
        ("libxslt-1.1.37", "python3.11-lxml-4.9.2"),
        ("libwebp-1.3.0", "python3.11-Pillow-9.4.0"),
        ("python3.11-iniconfig-2.0.0", "python3.11-pytest-7.2.1"),
        ("libidn2-2.3.2", "wget-1.21.3"),
        ("ncurses-6.4", "vim-9.0.1441"),
        ("nghttp2-1.51.0", "curl-full-8.0.1"),
    ]
    .into_iter()
    .map(|(input, consumer)| {
        let text = format!("detach:name:{input}->name:{consumer}");
        base.case("detach".to_owned(), vec![text], base.definitions[input].clone())
    })
    .collect();
    let results = tried_all(&base, &store, &cases);
    let wrong: Vec<&String> = results.iter().filter_map(|(_, result)| result.as_ref().err()).collect();
    assert!(wrong.is_empty(), "{} of {}: {wrong:#?}", wrong.len(), cases.len());
    let whole =
        results.iter().filter(|(_, result)| result.as_ref().is_ok_and(|outcome| outcome.whole && outcome.tests > 0));
    assert!(whole.count() >= 5);
}
