//! The changes of a recipe in words.

use std::collections::{BTreeMap, BTreeSet};

use super::answer::{Change, ChangeKind};
use crate::role::DependencyList;

/// How long a value may be to stand in a sentence.
const SHORT: usize = 60;

/// How many words of a list of flags a sentence tells.
const WORDS: usize = 6;

/// The changes in words, each a clause, once; an input in whose place another one stands is one.
/// O(changes · log).
pub(super) fn in_words(changes: &[Change]) -> Vec<String> {
    let replaced = replacements(changes);
    let gone: BTreeSet<usize> = replaced.values().copied().collect();
    let mut words = Vec::new();
    for (at, change) in changes.iter().enumerate().filter(|(at, _)| !gone.contains(at)) {
        match replaced.get(&at).and_then(|&gone| changes.get(gone)) {
            Some(gone) => {
                let lists = change.after.as_deref().unwrap_or_default();
                let (is, was) = (&change.key, &gone.key);
                words.push(if is == was {
                    format!("another {is} as input ({lists})")
                } else {
                    format!("input {is} instead of {was} ({lists})")
                });
            }
            None => words.push(clause(change)),
        }
    }
    // of instances whose whole texts differ, the same may be to be said
    let mut told = BTreeSet::new();
    words.retain(|clause| told.insert(clause.clone()));
    words
}

/// The added inputs in whose place another one stood, with that one: each is the only one that came to
/// its lists, and the other the only one that left them.
fn replacements(changes: &[Change]) -> BTreeMap<usize, usize> {
    let mut of_lists: BTreeMap<&Option<String>, [Vec<usize>; 2]> = BTreeMap::new();
    for (at, change) in changes.iter().enumerate() {
        match change.kind {
            ChangeKind::InputRemoved => of_lists.entry(&change.before).or_default()[0].push(at),
            ChangeKind::InputAdded => of_lists.entry(&change.after).or_default()[1].push(at),
            _ => {}
        }
    }
    let pair = |[gone, come]: &[Vec<usize>; 2]| match (gone.as_slice(), come.as_slice()) {
        (&[gone], &[come]) => Some((come, gone)),
        _ => None,
    };
    of_lists.values().filter_map(pair).collect()
}

fn clause(change: &Change) -> String {
    let key = change.key.as_str();
    let (before, after) = (change.before.as_deref(), change.after.as_deref());
    let lists = |lists: Option<&str>| {
        lists.filter(|lists| !lists.is_empty()).map(|lists| format!(" ({lists})")).unwrap_or_default()
    };
    match (change.kind, before, after) {
        (ChangeKind::New, _, Some(what)) => what.to_owned(),
        (ChangeKind::New, ..) => "new".to_owned(),
        (ChangeKind::Source, Some(was), Some(is)) if was == is && key.is_empty() => "its content changed".to_owned(),
        (ChangeKind::Source, was, is) if matches!(key, "url" | "urls" | "rev") => value(key, was, is),
        // what is unpacked from a forge is named just so
        (ChangeKind::Source, Some("source"), Some("source")) => format!("{} changed", source(key)),
        (ChangeKind::Source, Some(was), Some(is)) if was == is => format!("{} {is} changed", source(key)),
        (ChangeKind::Source, Some(was), Some(is)) => format!("{} {was} → {is}", source(key)),
        (ChangeKind::Source, None, Some(is)) => format!("{} added: {is}", source(key)),
        (ChangeKind::Source, Some(was), None) => format!("{} removed: {was}", source(key)),
        (ChangeKind::Patch, None, _) => format!("patch added: {key}"),
        (ChangeKind::Patch, _, None) => format!("patch removed: {key}"),
        (ChangeKind::Patch, Some(was), Some(is)) if was == is => format!("patch changed: {is}"),
        (ChangeKind::Patch, Some(was), Some(is)) => format!("patch {was} → {is}"),
        (ChangeKind::InputAdded, _, is) => format!("input added: {key}{}", lists(is)),
        (ChangeKind::InputRemoved, was, _) => format!("input removed: {key}{}", lists(was)),
        (ChangeKind::InputMoved, ..) if DependencyList::of_key(key).is_some() => format!("another order of {key}"),
        (ChangeKind::InputMoved, Some(was), Some(is)) => {
            let (was, is) = apart(was, is);
            format!("input moved: {key} from {was} to {is}")
        }
        (ChangeKind::Phase, None, Some(_)) => format!("{key} added"),
        (ChangeKind::Phase, Some(_), None) => format!("{key} removed"),
        (ChangeKind::Phase, ..) => format!("{key} changed"),
        (ChangeKind::Unknown, ..) => "something that a snapshot without texts does not tell".to_owned(),
        (ChangeKind::Flag, ..) => flags(key, before.unwrap_or_default(), after.unwrap_or_default()),
        (_, was, is) => value(key, was, is),
    }
}

/// Two enumerations without what they have in common; whole, where one has nothing of its own.
fn apart(one: &str, other: &str) -> (String, String) {
    let without = |all: &str, others: &str| {
        let own = all.split(", ").filter(|item| others.split(", ").all(|other| other != *item));
        own.collect::<Vec<_>>().join(", ")
    };
    let (own, others) = (without(one, other), without(other, one));
    if own.is_empty() || others.is_empty() { (one.to_owned(), other.to_owned()) } else { (own, others) }
}

/// How a sentence calls what a key holds.
fn source(key: &str) -> String {
    match key {
        "" | "src" | "srcs" => "source".to_owned(),
        key => format!("source ({key})"),
    }
}

fn value(key: &str, was: Option<&str>, is: Option<&str>) -> String {
    let tells = |text: &str| text.chars().count() <= SHORT && !text.contains('\n') && !text.starts_with("text:");
    match (was, is) {
        // what it says is the same, and what it names another
        (Some(was), Some(is)) if was == is => format!("{key} changed"),
        (Some(was), Some(is)) if tells(was) && tells(is) => format!("{key} {was} → {is}"),
        (None, Some(is)) if tells(is) => format!("{key} set to {is}"),
        (None, Some(_)) => format!("{key} added"),
        (Some(was), None) if tells(was) => format!("{key} no longer set (was {was})"),
        (Some(_), None) => format!("{key} removed"),
        _ => format!("{key} changed"),
    }
}

/// The words that came and went.
fn flags(key: &str, was: &str, is: &str) -> String {
    let words = |text: &str| -> Vec<String> { text.split_whitespace().map(str::to_owned).collect() };
    let (was_words, is_words) = (words(was), words(is));
    if was_words.len() <= 1 && is_words.len() <= 1 {
        let some = |text: &str| (!text.is_empty()).then(|| text.to_owned());
        return value(key, some(was).as_deref(), some(is).as_deref());
    }
    let less = |one: &[String], other: &[String]| -> Vec<String> {
        let mut left: BTreeMap<&String, usize> = BTreeMap::new();
        other.iter().for_each(|word| *left.entry(word).or_default() += 1);
        let mut found = Vec::new();
        for word in one {
            match left.get_mut(word).filter(|count| **count > 0) {
                Some(count) => *count -= 1,
                None => found.push(word.clone()),
            }
        }
        found
    };
    let come = less(&is_words, &was_words);
    let gone = less(&was_words, &is_words);
    if come.is_empty() && gone.is_empty() {
        return format!("another order of {key}");
    }
    let more = (come.len() + gone.len()).saturating_sub(WORDS);
    let come = come.into_iter().map(|word| format!("+{word}"));
    let gone = gone.into_iter().map(|word| format!("-{word}"));
    let mut told: Vec<String> = come.chain(gone).take(WORDS).collect();
    if told.iter().any(|word| word.chars().count() > SHORT || word.contains("text:")) {
        return format!("{key} changed");
    }
    if more > 0 {
        told.push(format!("and {more} more"));
    }
    format!("{key} {}", told.join(" "))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check(kind: ChangeKind, key: &str, before: Option<&str>, after: Option<&str>, expect: &str) {
        let change = Change::of(kind, key, before.map(str::to_owned), after.map(str::to_owned));
        assert_eq!(in_words(&[change]), [expect]);
    }

    #[test]
    fn clauses() {
        use ChangeKind as K;
        check(K::Version, "version", Some("1.0"), Some("1.1"), "version 1.0 → 1.1");
        check(K::Name, "pname", Some("a"), Some("b"), "pname a → b");
        check(K::Source, "src", Some("a-1.tar"), Some("a-2.tar"), "source a-1.tar → a-2.tar");
        check(K::Source, "src", Some("source"), Some("source"), "source changed");
        check(K::Source, "src", Some("a.tar"), Some("a.tar"), "source a.tar changed");
        check(K::Source, "cargoDeps", None, Some("v"), "source (cargoDeps) added: v");
        check(K::Source, "", Some("hook.sh"), Some("hook.sh"), "its content changed");
        check(K::Patch, "fix.patch", None, Some("fix.patch"), "patch added: fix.patch");
        check(K::Patch, "fix.patch", Some("fix.patch"), None, "patch removed: fix.patch");
        check(K::Patch, "fix.patch", Some("fix.patch"), Some("fix.patch"), "patch changed: fix.patch");
        check(K::InputAdded, "zlib-1", None, Some("buildInputs"), "input added: zlib-1 (buildInputs)");
        check(K::InputRemoved, "zlib-1", Some(""), None, "input removed: zlib-1");
        check(
            K::InputMoved,
            "zlib-1",
            Some("buildInputs"),
            Some("nativeBuildInputs"),
            "input moved: zlib-1 from buildInputs to nativeBuildInputs",
        );
        let (was, is) = (Some("buildInputs, preConfigure"), Some("buildInputs, postConfigure"));
        check(K::InputMoved, "zlib-1", was, is, "input moved: zlib-1 from preConfigure to postConfigure");
        let is = Some("buildInputs, preConfigure, src");
        let more = "input moved: zlib-1 from buildInputs, preConfigure to buildInputs, preConfigure, src";
        check(K::InputMoved, "zlib-1", was, is, more);
        check(K::InputMoved, "buildInputs", Some("a b"), Some("b a"), "another order of buildInputs");
        check(K::Flag, "doCheck", Some("1"), None, "doCheck no longer set (was 1)");
        check(K::Flag, "configureFlags", Some("-a -b"), Some("-b -c"), "configureFlags +-c --a");
        check(K::Flag, "configureFlags", Some("a b"), Some("b a"), "another order of configureFlags");
        check(K::Phase, "installPhase", Some("x"), Some("y"), "installPhase changed");
        check(K::Variable, "X", Some("text:1"), Some("text:2"), "X changed");
        check(K::Variable, "X", None, Some("y"), "X set to y");
        check(K::Variable, "X", Some("gcc-1"), Some("gcc-1"), "X changed");
    }

    #[test]
    fn one_input_in_place_of_another() {
        let added = |name: &str| Change::of(ChangeKind::InputAdded, name, None, Some("buildInputs".to_owned()));
        let removed = |name: &str| Change::of(ChangeKind::InputRemoved, name, Some("buildInputs".to_owned()), None);
        assert_eq!(in_words(&[added("a"), removed("b")]), ["input a instead of b (buildInputs)"]);
        assert_eq!(in_words(&[added("a"), added("c"), removed("b")]).len(), 3);
        // the same edit of two instances that had different flags before
        let flags = |was: &str| {
            let (was, is) = (was.to_owned(), format!("{was} --new"));
            Change::of(ChangeKind::Flag, "configureFlags", Some(was), Some(is))
        };
        assert_eq!(in_words(&[flags("-a -b"), flags("-c -d")]), ["configureFlags +--new"]);
        // another derivation of the same name
        assert_eq!(in_words(&[added("a"), removed("a")]), ["another a as input (buildInputs)"]);
    }
}
