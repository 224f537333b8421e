//! Closures at random: for each cause that is told, it is undone in the model, all paths are made
//! afresh, and what is rebuilt is counted again.

use std::collections::{BTreeMap, BTreeSet};

use nix_ripple::graph::BuildOptions;
use nix_ripple::proof::TextSources;

use crate::diff::answer::{Answer, Weight, compare, near, unsound};
use crate::diff::model::{Edit, Model, SYSTEMS, Thing};
use crate::support::{self, Chance};

/// Attributes of a side, by name and system.
type Attributes = BTreeMap<(String, usize), usize>;

fn attributes(model: &Model, new: bool) -> Attributes {
    let mut attributes = Attributes::new();
    for (at, slot) in model.slots.iter().enumerate() {
        for name in &slot.attributes[usize::from(new)] {
            assert_eq!(attributes.insert((name.clone(), slot.system), at), None, "{name} twice");
        }
    }
    attributes
}

/// The names that are rebuilt, when these edits are done, and no others.
fn rebuilt(model: &Model, done: &dyn Fn(Thing) -> bool) -> BTreeSet<(String, usize)> {
    let (before, after) = (model.paths(&|_| false).made, model.paths(done).made);
    let old = attributes(model, false);
    let known: BTreeSet<(usize, &String)> = old.iter().map(|((_, system), &at)| (*system, &before[at])).collect();
    attributes(model, true)
        .into_iter()
        .filter(|((_, system), at)| {
            let slot = &model.slots[*at];
            // what has its first attribute has it by an edit
            let first = slot.added() || (slot.both() && slot.attributes[0].is_empty());
            (!first || done(Thing::Node(*at))) && !known.contains(&(*system, &after[*at]))
        })
        .map(|(key, _)| key)
        .collect()
}

fn names(keys: &BTreeSet<(String, usize)>) -> BTreeSet<String> {
    keys.iter().map(|(name, _)| name.clone()).collect()
}

/// The derivations that are built, when these edits are done, and no others.
fn built(model: &Model, done: &dyn Fn(Thing) -> bool) -> BTreeSet<usize> {
    let (before, after) = (model.paths(&|_| false).made, model.paths(done).made);
    let there = |at: usize| model.slots[at].old.is_some();
    let known: BTreeSet<&String> =
        before.iter().enumerate().filter(|(at, _)| there(*at)).map(|(_, made)| made).collect();
    let mut built = BTreeSet::new();
    // what takes something stands behind it
    for (at, slot) in model.slots.iter().enumerate().rev() {
        if slot.new.is_none() {
            continue;
        }
        let wanted = if slot.added() && slot.attributes[1].is_empty() {
            let takers: Vec<usize> = takers(model, at).collect();
            let taken = |&taker: &usize| {
                if model.slots[taker].added() { built.contains(&taker) } else { done(Thing::Node(taker)) }
            };
            if takers.is_empty() { done(Thing::Node(at)) } else { takers.iter().any(taken) }
        } else {
            !slot.added() || done(Thing::Node(at))
        };
        if wanted && !slot.fixed && !known.contains(&after[at]) {
            built.insert(at);
        }
    }
    built
}

fn takers(model: &Model, node: usize) -> impl Iterator<Item = usize> {
    model.slots.iter().enumerate().filter_map(move |(at, slot)| {
        let inputs = &slot.new.as_ref()?.inputs;
        (!slot.fixed && inputs.iter().any(|&(input, _)| input == node)).then_some(at)
    })
}

/// The weights of edits, by undoing each, and by doing each alone.
fn weigh<T: Ord + Clone>(
    edits: &BTreeMap<Edit, BTreeSet<Thing>>,
    count: impl Fn(&dyn Fn(Thing) -> bool) -> BTreeSet<T>,
) -> (BTreeSet<T>, BTreeMap<Edit, Weight>) {
    let all = count(&|_| true);
    let alone: BTreeMap<&Edit, BTreeSet<T>> =
        edits.iter().map(|(edit, things)| (edit, count(&|thing| things.contains(&thing)))).collect();
    let causes = |one: &T| alone.values().filter(|set| set.contains(one)).count();
    let mut weights = BTreeMap::new();
    for (edit, things) in edits {
        // what is no edit by itself (a source for recipes that changed alone) is not left either
        let others = |thing| edits.values().any(|things| things.contains(&thing)) && !things.contains(&thing);
        let exclusive = (all.len() - count(&others).len()) as u64;
        let having: Vec<usize> = all.intersection(&alone[edit]).map(causes).collect();
        // undoing an edit, and doing it alone, tell of the same causes
        assert_eq!(having.iter().filter(|&&causes| causes == 1).count() as u64, exclusive, "{edit:?}");
        let share = having.iter().map(|&causes| 1.0 / causes as f64).sum();
        weights.insert(edit.clone(), Weight { exclusive, shared: having.len() as u64 - exclusive, share });
    }
    (all, weights)
}

fn set(list: &[String]) -> BTreeSet<String> {
    list.iter().cloned().collect()
}

/// Whether a new derivation is fixed-output, and makes what none made before.
fn fetches(model: &Model, before: &[String], after: &[String], at: usize) -> bool {
    let slot = &model.slots[at];
    let known = |was: usize| model.slots[was].old.is_some() && before[was] == after[at];
    slot.fixed && slot.new.is_some() && !(0..model.slots.len()).any(known)
}

/// What is wrong with an answer, by the model.
fn judge(model: &Model, drvs: &[Option<String>], answer: &Answer) -> Vec<String> {
    let mut wrong = unsound(answer);
    let mut same = |what: &str, found: &dyn std::fmt::Debug, expected: &dyn std::fmt::Debug| {
        let (found, expected) = (format!("{found:?}"), format!("{expected:?}"));
        if found != expected {
            wrong.push(format!("{what}: {found}, not {expected}"));
        }
    };

    // lists, by the plain rules
    let (old, new) = (attributes(model, false), attributes(model, true));
    let (before, after) = (model.paths(&|_| false).made, model.paths(&|_| true).made);
    let changed = new.iter().filter(|(key, at)| old.get(*key).is_some_and(|was| before[*was] != after[**at]));
    let added = new.keys().filter(|key| !old.contains_key(*key));
    let removed = old.keys().filter(|key| !new.contains_key(*key));
    let keys = rebuilt(model, &|_| true);
    same("rebuilt", &set(&answer.rebuilt.list), &names(&keys));
    for (at, system) in SYSTEMS.iter().enumerate() {
        let count = keys.iter().filter(|(_, of)| *of == at).count() as u64;
        same(system, &answer.rebuilt.by_system.get(*system).copied().unwrap_or(0), &count);
    }
    same("changed", &set(&answer.changed), &changed.map(|((name, _), _)| name.clone()).collect::<BTreeSet<_>>());
    same("added", &set(&answer.added), &added.clone().map(|(name, _)| name.clone()).collect::<BTreeSet<_>>());
    same("removed", &set(&answer.removed), &removed.map(|(name, _)| name.clone()).collect::<BTreeSet<_>>());
    let mut renamed: BTreeMap<&String, BTreeSet<&String>> = BTreeMap::new();
    for key @ (name, system) in added.filter(|(name, _)| !answer.rebuilt.list.contains(name)) {
        let was = old.iter().filter(|((_, of), was)| of == system && before[**was] == after[new[key]]);
        renamed.entry(name).or_default().extend(was.map(|((name, _), _)| name));
    }
    let gone = |was: &BTreeSet<&String>| !new.keys().any(|(name, _)| was.contains(name));
    let expected: Vec<_> = renamed.iter().map(|(name, was)| (name, was, gone(was))).collect();
    // one that is free for one system and rebuilt for another may be told or not
    let free = answer.renamed.iter().filter(|one| !answer.rebuilt.list.contains(&one.attribute));
    let found: Vec<_> = free.map(|one| (&one.attribute, BTreeSet::from_iter(&one.was), one.gone)).collect();
    same("renamed", &found, &expected);

    // causes
    let edits = model.edits();
    let told: BTreeSet<Edit> = answer
        .causes
        .iter()
        .map(|cause| {
            let kind = ["recipe", "fetch", "source", "added", "named"].into_iter().find(|kind| cause.kind == *kind);
            // the name of what gets an attribute is the same on both sides
            (kind.unwrap_or("?"), cause.name.clone(), cause.old_name.clone())
        })
        .collect();
    let expected: BTreeSet<Edit> = edits.keys().cloned().collect();
    same("causes that nobody made", &told.difference(&expected).collect::<Vec<_>>(), &[(); 0]);
    same("edits that are not told", &expected.difference(&told).collect::<Vec<_>>(), &[(); 0]);

    // weights, by undoing
    let (built, in_derivations) = weigh(&edits, |done| built(model, done));
    let (_, in_attributes) = weigh(&edits, |done| names(&rebuilt(model, done)));
    let counts = &answer.derivations;
    let fetched: BTreeSet<usize> = (0..model.slots.len()).filter(|&at| fetches(model, &before, &after, at)).collect();
    let all_new = model.slots.iter().filter(|slot| slot.new.is_some() && !slot.fixed).count();
    // what fetches the same takes the place of one another
    let mut sides: BTreeMap<usize, [usize; 2]> = BTreeMap::new();
    for slot in &model.slots {
        let count = sides.entry(slot.twin).or_default();
        count[0] += usize::from(slot.old.is_some());
        count[1] += usize::from(slot.new.is_some());
    }
    let is_new = |twin: &usize| {
        let instances = model.slots.iter().enumerate().filter(|(_, slot)| slot.twin == *twin);
        !model.slots[*twin].fixed || instances.into_iter().any(|(at, _)| fetched.contains(&at))
    };
    let more = sides.iter().filter(|(twin, _)| is_new(twin)).map(|(_, [old, new])| new.saturating_sub(*old));
    let added: usize = more.sum();
    let removed: usize = sides.values().map(|[old, new]| old.saturating_sub(*new)).sum();
    same(
        "built, of, fetched, added, removed",
        &(counts.total, counts.of, counts.fetched, counts.added, counts.removed),
        &(built.len(), all_new, fetched.len(), added, removed),
    );
    let units = if answer.counted == "attributes" { &in_attributes } else { &in_derivations };
    for cause in &answer.causes {
        let edit = expected
            .iter()
            .find(|edit| (edit.0, &edit.1, &edit.2) == (cause.kind.as_str(), &cause.name, &cause.old_name));
        let Some(edit) = edit else { continue };
        for (unit, found, expected) in
            [("counted", cause.weight(), units[edit]), ("built", cause.built, in_derivations[edit])]
        {
            let shares = near(found.share, expected.share, model.slots.len() as u64);
            if (found.exclusive, found.shared) != (expected.exclusive, expected.shared) || !shares {
                same(&format!("{unit} of {edit:?}"), &found, &expected);
            }
        }
        let path = |thing: &Thing| match *thing {
            Thing::Node(node) => drvs[node].clone().unwrap(),
            Thing::Source(source) => model.source_path(source, true),
        };
        let instances: BTreeSet<String> = edits[edit].iter().map(path).collect();
        let found = set(&cause.derivations);
        if cause.kind == "fetch" {
            // another instance may be fetched for recipes that changed themselves
            same(&format!("instances of {edit:?} are there"), &found.is_superset(&instances), &true);
        } else {
            same(&format!("instances of {edit:?}"), &found, &instances);
        }
        if cause.kind == "recipe" {
            let nodes = edits[edit].iter().filter_map(|thing| match thing {
                Thing::Node(node) => Some(&model.slots[*node].attributes[1]),
                Thing::Source(_) => None,
            });
            let expected: BTreeSet<String> = nodes.flatten().cloned().collect();
            same(&format!("attributes of {edit:?}"), &set(&cause.attributes), &expected);
        }
    }
    wrong
}

/// The pair of a seed: one system or two, attributes for all, for some, or for none.
fn model(seed: u64) -> Model {
    let mut chance = Chance(seed);
    let families = 2 + chance.below(22);
    let systems = 1 + usize::from(chance.below(3) == 0);
    let named = [10, 10, 6, 0][chance.below(4)];
    Model::random(&mut chance, families, systems, named)
}

/// Writes both sides, compares them, and judges.
fn check(seed: u64) -> Vec<String> {
    let model = model(seed);
    let folder = tempfile::tempdir().unwrap();
    let folder = folder.path();
    let mut drvs = Vec::new();
    let [old, new] = [false, true].map(|new| {
        let side = if new { "new" } else { "old" };
        let (derivations, lines) = (folder.join(side), folder.join(format!("{side}.jsonl")));
        drvs = model.write(new, &derivations, &lines);
        let mut inputs = vec![derivations];
        if std::fs::metadata(&lines).unwrap().len() > 0 {
            inputs.push(lines);
        }
        support::closure(&inputs, BuildOptions::default()).unwrap_or_else(|error| panic!("{seed}: {error}"))
    });
    let sources = |side: &str| TextSources { files: vec![folder.join(side)], store_root: None };
    let answer = compare(&old, &new, [&sources("old"), &sources("new")]);
    judge(&model, &drvs, &answer)
}

const PAIRS: u64 = 400;

#[test]
fn closures_at_random() {
    let wrong: BTreeMap<u64, Vec<String>> = std::thread::scope(|scope| {
        let halves = [0, 1].map(|half| {
            scope.spawn(move || {
                let seeds = (0..PAIRS).filter(move |seed| seed % 2 == half);
                seeds.map(|seed| (seed, check(seed))).filter(|(_, wrong)| !wrong.is_empty()).collect::<Vec<_>>()
            })
        });
        halves.into_iter().flat_map(|half| half.join().unwrap()).collect()
    });
    let first: Vec<String> =
        wrong.iter().take(5).map(|(seed, wrong)| format!("seed {seed}:\n  {}", wrong.join("\n  "))).collect();
    assert!(wrong.is_empty(), "{} of {PAIRS} pairs are wrong\n{}", wrong.len(), first.join("\n"));
}

/// So that the test above cannot pass for want of edits.
#[test]
fn the_models_have_every_kind_of_edit() {
    let mut kinds: BTreeMap<&str, usize> = BTreeMap::new();
    let (mut shared, mut quiet, mut several) = (0, 0, 0);
    for seed in 0..PAIRS {
        let model = model(seed);
        let edits = model.edits();
        edits.keys().for_each(|(kind, ..)| *kinds.entry(kind).or_default() += 1);
        let (built, weights) = weigh(&edits, |done| built(&model, done));
        // every built derivation has a cause: the shares of the model itself add up
        let share: f64 = weights.values().map(|weight| weight.share).sum();
        assert!(near(share, built.len() as f64, built.len() as u64), "{seed}: {share} of {}", built.len());
        let (all, weights) = weigh(&edits, |done| names(&rebuilt(&model, done)));
        let share: f64 = weights.values().map(|weight| weight.share).sum();
        assert!(near(share, all.len() as f64, all.len() as u64), "{seed}: {share} of {}", all.len());
        shared += weights.values().filter(|weight| weight.shared > 0).count();
        quiet += usize::from(edits.is_empty());
        several += usize::from(edits.len() > 2);
    }
    let enough = |kind: &str, least: usize| kinds.get(kind).copied().unwrap_or(0) >= least;
    let every = enough("recipe", 400) && enough("fetch", 60) && enough("source", 40) && enough("added", 60);
    assert!(every && enough("named", 10), "{kinds:?}");
    assert!(shared > 300 && quiet > 5 && several > 150, "{shared} {quiet} {several}");
}
