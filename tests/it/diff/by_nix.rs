//! Edits of the small distribution (`testdata/minipkgs/changed.nix`): which attributes they change is
//! asked of Nix, which recipes they change is written beside them by hand.

use std::collections::{BTreeMap, BTreeSet};
use std::path::Path;
use std::sync::Mutex;
use std::sync::atomic::{AtomicU32, Ordering};

use nix_ripple::graph::{BuildOptions, Graph, build};
use nix_ripple::ingest::IngestOptions;
use nix_ripple::proof::TextSources;
use serde::Deserialize;

use crate::diff::answer::{Answer, Cause, Change, compare, near, unsound};
use crate::diff::rules::{Line, answered, rules};
use crate::needs;
use crate::nix_as_judge::{Store, nix, ran};
use crate::support::{self, testdata};

/// What is written of a case.
#[derive(Debug, Deserialize)]
struct Label {
    /// Whether it is compared with the set as it is.
    plain: bool,
    edits: BTreeMap<String, Vec<LabelledCause>>,
    /// What is rebuilt and changed, where the derivations' paths do not tell.
    rebuilt: Option<BTreeSet<String>>,
}

#[derive(Debug, Deserialize)]
struct LabelledCause {
    kind: String,
    name: String,
    old: Option<String>,
    /// "kind" or "kind key", each of which must be told; none where that is not said.
    changes: Option<Vec<String>>,
    /// Kinds that may be told, too; none where any may.
    also: Option<Vec<String>>,
    attributes: Option<Vec<String>>,
    exclusive: Option<u64>,
    shared: Option<u64>,
    #[serde(default)]
    optional: bool,
}

/// A case and some of its edits.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
struct Wanted {
    case: String,
    edits: Vec<String>,
}

type Sides = BTreeMap<Wanted, Vec<Line>>;

fn evaluate(store: &Store, arguments: &[&str]) -> Vec<u8> {
    let mut command = nix("nix-instantiate");
    command.args(["--store", store.path(), "--extra-experimental-features", "ca-derivations"]);
    command.args(["--eval", "--strict", "--json", "--read-write-mode"]);
    ran(command.arg(testdata("minipkgs/changed.nix")).args(arguments)).stdout
}

/// Evaluates some at a time, two at once.
fn sides(store: &Store, wanted: BTreeSet<Wanted>) -> Sides {
    let wanted = Vec::from_iter(wanted);
    let batches: Mutex<Vec<&[Wanted]>> = Mutex::new(wanted.chunks(6).collect());
    let sides = Mutex::new(Sides::new());
    std::thread::scope(|scope| {
        for _ in 0..2 {
            scope.spawn(|| {
                loop {
                    let Some(batch) = batches.lock().unwrap().pop() else { break };
                    let quote = |edits: &[String]| edits.iter().map(|edit| format!("{edit:?} ")).collect::<String>();
                    let item =
                        |one: &Wanted| format!("{{ case = {:?}; edits = [ {}]; }} ", one.case, quote(&one.edits));
                    let list = format!("[ {}]", batch.iter().map(item).collect::<String>());
                    let text = evaluate(store, &["-A", "sides", "--arg", "wanted", &list]);
                    let evaluated: Vec<Vec<Line>> = serde_json::from_slice(&text).unwrap();
                    assert_eq!(evaluated.len(), batch.len());
                    sides.lock().unwrap().extend(batch.iter().cloned().zip(evaluated));
                }
            });
        }
    });
    sides.into_inner().unwrap()
}

impl Label {
    fn ids(&self) -> Vec<String> {
        self.edits.keys().cloned().collect()
    }

    /// Whether each edit is one cause, so that undoing it is what Nix can do.
    fn singly(&self) -> bool {
        self.edits.len() > 1 && self.edits.values().all(|causes| causes.len() == 1)
    }

    fn base(&self, case: &str) -> Wanted {
        Wanted { case: if self.plain { "nothing" } else { case }.to_owned(), edits: Vec::new() }
    }

    fn all(&self, case: &str) -> Wanted {
        Wanted { case: case.to_owned(), edits: self.ids() }
    }

    fn only(&self, case: &str, edit: &str) -> Wanted {
        Wanted { case: case.to_owned(), edits: vec![edit.to_owned()] }
    }

    fn without(&self, case: &str, edit: &str) -> Wanted {
        Wanted { case: case.to_owned(), edits: self.ids().into_iter().filter(|id| id != edit).collect() }
    }

    fn wanted(&self, case: &str) -> Vec<Wanted> {
        let mut wanted = vec![self.base(case), self.all(case)];
        if self.singly() {
            wanted.extend(self.edits.keys().flat_map(|edit| [self.only(case, edit), self.without(case, edit)]));
        }
        wanted
    }
}

/// Whether a change is the one that the label has: "kind" or "kind key". An input goes by its name,
/// with or without its version; what is in structured attributes, by its own name or its full one.
fn is(change: &Change, label: &str) -> bool {
    let (kind, key) = label.split_once(' ').unwrap_or((label, ""));
    let named = change.key == key || change.key.ends_with(&format!(".{key}"));
    change.kind == kind && (key.is_empty() || named || version_of(&change.key, key))
}

/// Whether `name` is `pname` with a version.
fn version_of(name: &str, pname: &str) -> bool {
    let rest = name.strip_prefix(pname).and_then(|rest| rest.strip_prefix('-'));
    rest.is_some_and(|rest| rest.starts_with(|first: char| first.is_ascii_digit()))
}

/// What a cause says that its label does not, and what it does not say.
fn told(cause: &Cause, label: &LabelledCause) -> Vec<String> {
    let mut wrong = Vec::new();
    let mut hold = |holds: bool, what: String| {
        if !holds {
            wrong.push(format!("{} {}: {what}", cause.kind, cause.name));
        }
    };
    if let Some(old) = &label.old {
        hold(cause.old_name.as_ref() == Some(old), format!("was {old}, not {:?}", cause.old_name));
    }
    if let Some(attributes) = &label.attributes {
        hold(cause.attributes == *attributes, format!("attributes {attributes:?}, not {:?}", cause.attributes));
    }
    for (count, expected, found) in
        [("exclusive", label.exclusive, cause.exclusive), ("shared", label.shared, cause.shared)]
    {
        hold(expected.is_none_or(|expected| expected == found), format!("{count} {expected:?}, not {found}"));
    }
    let Some(changes) = &label.changes else { return wrong };
    for expected in changes {
        let found = cause.changes.iter().find(|change| is(change, expected));
        hold(found.is_some(), format!("no '{expected}' in {:?}", cause.changes));
        let Some(change) = found else { continue };
        let (before, after) = (change.before.is_some(), change.after.is_some());
        let (words, sides): (&[&str], _) = match change.kind.as_str() {
            "version" => {
                (&[change.before.as_deref().unwrap_or(""), change.after.as_deref().unwrap_or("")], (true, true))
            }
            "input-added" => (&[change.key.as_str()], (false, true)),
            "input-removed" => (&[change.key.as_str()], (true, false)),
            "input-moved" => (&[change.key.as_str()], (true, true)),
            "new" | "source" | "name" | "outputs" => (&[], (before, after)),
            _ => (&[change.key.rsplit('.').next().unwrap()], (before, after)),
        };
        hold((before, after) == sides, format!("before and after of {change:?}"));
        let said = cause.what.iter().any(|what| words.iter().all(|word| what.contains(word)));
        hold(said, format!("'{expected}' is not in words: {:?}", cause.what));
    }
    if let Some(also) = &label.also {
        let known = |change: &&Change| changes.iter().any(|label| is(change, label)) || also.contains(&change.kind);
        let more: Vec<&Change> = cause.changes.iter().filter(|change| !known(change)).collect();
        hold(more.is_empty(), format!("changes that nobody made: {more:?}"));
    }
    wrong
}

/// Exclusive counts and shares, by Nix: each edit undone, and each edit alone.
fn weights(case: &str, label: &Label, sides: &Sides, answer: &Answer) -> Vec<String> {
    let old = &sides[&label.base(case)];
    let rebuilt = |wanted: &Wanted| rules(old, &sides[wanted]).rebuilt;
    let all = rebuilt(&label.all(case));
    let mut causes_of: BTreeMap<String, Vec<&String>> = BTreeMap::new();
    for edit in label.edits.keys() {
        let only = rebuilt(&label.only(case, edit));
        all.intersection(&only).for_each(|name| causes_of.entry(name.clone()).or_default().push(edit));
    }
    let mut wrong = Vec::new();
    if causes_of.len() != all.len() {
        wrong.push("not every rebuild is one of some edit alone".to_owned());
    }
    for (edit, causes) in &label.edits {
        let Some(cause) = answer.causes.iter().find(|cause| causes[0].name == cause.name) else { continue };
        let exclusive = all.difference(&rebuilt(&label.without(case, edit))).count() as u64;
        let having: Vec<usize> =
            causes_of.values().filter(|causes| causes.contains(&edit)).map(|causes| causes.len()).collect();
        let share: f64 = having.iter().map(|&causes| 1.0 / causes as f64).sum();
        let shared = having.len() as u64 - exclusive;
        let same = near(cause.share, share, all.len() as u64);
        if (cause.exclusive, cause.shared) != (exclusive, shared) || !same {
            wrong.push(format!("{}: {:?}, by Nix {exclusive}, {shared}, {share}", cause.name, cause.weight()));
        }
    }
    wrong
}

fn judge(case: &str, label: &Label, sides: &Sides, answer: &Answer) -> Vec<String> {
    let mut wrong = unsound(answer);
    let mut expected = rules(&sides[&label.base(case)], &sides[&label.all(case)]);
    if let Some(rebuilt) = &label.rebuilt {
        assert!(expected.rebuilt.is_superset(rebuilt) && expected.rebuilt != *rebuilt, "{case} needs no exception");
        expected.by_system = BTreeMap::from([("x86_64-linux".to_owned(), rebuilt.len() as u64)]);
        (expected.rebuilt, expected.changed) = (rebuilt.clone(), rebuilt.clone());
    }
    let found = answered(answer);
    let mut same = |what: &str, found: &BTreeSet<String>, expected: &BTreeSet<String>| {
        if found != expected {
            let first = |a: &BTreeSet<String>, b: &BTreeSet<String>| Vec::from_iter(a.difference(b).take(5).cloned());
            let (more, less) = (first(found, expected), first(expected, found));
            wrong.push(format!("{what}: too many {more:?} …, missing {less:?} … of {}", expected.len()));
        }
    };
    same("rebuilt", &found.rebuilt, &expected.rebuilt);
    same("changed", &found.changed, &expected.changed);
    same("added", &found.added, &expected.added);
    same("removed", &found.removed, &expected.removed);
    if found.renamed != expected.renamed || found.by_system != expected.by_system {
        wrong.push(format!("{found:?}, not {expected:?}"));
    }
    let labelled: Vec<&LabelledCause> = label.edits.values().flatten().collect();
    for label in &labelled {
        let mut causes = answer.causes.iter().filter(|cause| (&cause.kind, &cause.name) == (&label.kind, &label.name));
        match causes.next() {
            Some(cause) => wrong.extend(told(cause, label)),
            None if label.optional => {}
            None => wrong.push(format!("no cause {} {}", label.kind, label.name)),
        }
    }
    for cause in &answer.causes {
        if !labelled.iter().any(|label| (&cause.kind, &cause.name) == (&label.kind, &label.name)) {
            wrong.push(format!("{} {} is no cause: {:?}", cause.kind, cause.name, cause.what));
        }
    }
    if label.singly() {
        wrong.extend(weights(case, label, sides, answer));
    }
    wrong
}

/// The graph of a side, made from the lines of its evaluation.
fn graph(folder: &Path, store: &Store, side: &[Line]) -> Graph {
    static NUMBER: AtomicU32 = AtomicU32::new(0);
    let text: String = side
        .iter()
        .map(|line| Line { attr_path: line.attr.split('.').map(str::to_owned).collect(), ..line.clone() })
        .map(|line| serde_json::to_string(&line).unwrap() + "\n")
        .collect();
    let lines = folder.join(format!("{}.jsonl", NUMBER.fetch_add(1, Ordering::Relaxed)));
    std::fs::write(&lines, text).unwrap();
    let options = IngestOptions { store_root: Some(store.path().into()), ..IngestOptions::default() };
    let (raw, problems) = support::read(&[lines], &options).unwrap();
    assert!(problems.is_empty(), "{problems:?}");
    build(&raw, BuildOptions::default()).unwrap().0
}

#[test]
fn edits_of_the_small_distribution() {
    if !needs::nix() {
        return;
    }
    let store = Store::new();
    let labels: BTreeMap<String, Label> = serde_json::from_slice(&evaluate(&store, &["-A", "labels"])).unwrap();
    let sides = sides(&store, labels.iter().flat_map(|(case, label)| label.wanted(case)).collect());
    let folder = tempfile::tempdir().unwrap();
    let graph = |wanted: Wanted| graph(folder.path(), &store, &sides[&wanted]);
    let plain = graph(labels["nothing"].base("nothing"));
    let texts = TextSources { files: Vec::new(), store_root: Some(store.path().into()) };
    let left: Mutex<Vec<(&String, &Label)>> = Mutex::new(labels.iter().collect());
    let wrong = Mutex::new(BTreeSet::new());
    std::thread::scope(|scope| {
        for _ in 0..2 {
            scope.spawn(|| {
                loop {
                    let Some((case, label)) = left.lock().unwrap().pop() else { break };
                    let own = (!label.plain).then(|| graph(label.base(case)));
                    let answer = compare(own.as_ref().unwrap_or(&plain), &graph(label.all(case)), [&texts, &texts]);
                    let found = judge(case, label, &sides, &answer);
                    wrong.lock().unwrap().extend(found.into_iter().map(|found| format!("{case}: {found}")));
                }
            });
        }
    });
    let wrong = wrong.into_inner().unwrap();
    assert!(wrong.is_empty(), "{} are wrong:\n{}", wrong.len(), Vec::from_iter(wrong).join("\n"));
}

/// So that the test above cannot pass by asking nothing.
#[test]
fn the_cases_are_many_and_of_every_kind() {
    if !needs::nix() {
        return;
    }
    let store = Store::new();
    let labels: BTreeMap<String, Label> = serde_json::from_slice(&evaluate(&store, &["-A", "labels"])).unwrap();
    let causes = || labels.values().flat_map(|label| label.edits.values().flatten());
    let kinds: BTreeSet<&str> = causes().map(|cause| cause.kind.as_str()).collect();
    assert_eq!(kinds, BTreeSet::from(["added", "fetch", "named", "recipe", "source"]));
    let changes: BTreeSet<&str> = causes()
        .flat_map(|cause| cause.changes.iter().flatten())
        .map(|change| change.split(' ').next().unwrap())
        .collect();
    let expected = [
        "flag",
        "input-added",
        "input-moved",
        "input-removed",
        "name",
        "new",
        "outputs",
        "patch",
        "phase",
        "source",
        "variable",
        "version",
    ];
    assert_eq!(changes, BTreeSet::from(expected));
    assert!(labels.len() > 50 && labels.values().filter(|label| label.singly()).count() >= 6);
}
