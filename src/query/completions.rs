//! How a selector that is being typed can go on.

use std::collections::BTreeSet;

use crate::graph::Graph;

/// Up to so many names are told whole.
const FEW: usize = 100;

/// At most so many are told at all: beyond that, what they begin with.
const MOST: usize = 3000;

/// The forms of selectors.
const FORMS: [&str; 6] = ["attr:", "file:", "name:", "pname:", "src:", "@"];

/// What a selector can be that begins with this word: attributes, for a bare word also their last parts, pnames
/// (also in place of attributes where there are none), names and positions behind their forms, and the forms.
/// Ascending, each once. Many names are told up to the next part of theirs (`python3Packages.`), and where that is
/// too many up to the next letter, so that what all answers begin with is what all names begin with. Linear in the
/// names.
#[must_use]
pub fn complete_selector(graph: &Graph, word: &str) -> Vec<String> {
    let behind = |form: &str, names: BTreeSet<&str>, rest: &str, separator: char| {
        choices(&names, rest, separator).into_iter().map(|name| format!("{form}{name}")).collect()
    };
    if let Some(rest) = word.strip_prefix("attr:") {
        return behind("attr:", attributes(graph, rest), rest, '.');
    }
    if let Some(rest) = word.strip_prefix("pname:") {
        return behind("pname:", pnames(graph, rest), rest, '-');
    }
    if let Some(rest) = word.strip_prefix("name:") {
        let names = graph.nodes().filter(|&node| graph.is_derivation(node)).map(|node| graph.name(node));
        return behind("name:", names.filter(|name| name.starts_with(rest)).collect(), rest, '-');
    }
    if let Some(rest) = word.strip_prefix("file:") {
        return behind("file:", positions(graph, rest), rest, '/');
    }
    let mut names = attributes(graph, word);
    if graph.attribute_count() == 0 {
        names = pnames(graph, word);
    } else if !word.is_empty() && !word.contains('.') {
        let last = |name: &'_ str| name.rsplit('.').next().filter(|last| last.starts_with(word)).map(str::len);
        let all = graph.attributes().map(|attribute| graph.attribute_name(attribute));
        names.extend(all.filter_map(|name| last(name).map(|len| &name[name.len() - len..])));
    }
    let told = if word.is_empty() && names.len() > FEW {
        // the forms beside them keep a shell from typing the first letters of a package set by itself
        let mut sets = cut(&names, |name| part(name, 0, '.'));
        sets.retain(|name| name.ends_with('.'));
        sets
    } else {
        choices(&names, word, '.')
    };
    let forms = FORMS.into_iter().filter(|form| form.starts_with(word));
    let all: BTreeSet<&str> = told.into_iter().chain(forms).collect();
    all.into_iter().map(str::to_owned).collect()
}

/// The attributes that begin with this word, or what these go on with, as [`complete_selector`] tells them.
#[must_use]
pub fn complete_attribute(graph: &Graph, word: &str) -> Vec<String> {
    choices(&attributes(graph, word), word, '.').into_iter().map(str::to_owned).collect()
}

/// The systems of attributes and derivations that begin with this word, ascending.
#[must_use]
pub fn complete_system(graph: &Graph, word: &str) -> Vec<String> {
    let of_attributes = graph.attributes().map(|attribute| graph.attribute_system(attribute));
    let of_nodes = graph.nodes().map(|node| graph.system(node));
    let all: BTreeSet<&str> = of_attributes.chain(of_nodes).filter(|system| !system.is_empty()).collect();
    all.into_iter().filter(|system| system.starts_with(word) && *system != "builtin").map(str::to_owned).collect()
}

fn attributes<'g>(graph: &'g Graph, word: &str) -> BTreeSet<&'g str> {
    let names = graph.attributes().map(|attribute| graph.attribute_name(attribute));
    names.filter(|name| name.starts_with(word)).collect()
}

fn pnames<'g>(graph: &'g Graph, word: &str) -> BTreeSet<&'g str> {
    let built = graph.nodes().filter(|&node| graph.is_derivation(node) && !graph.is_fixed(node));
    built.map(|node| graph.pname(node)).filter(|pname| !pname.is_empty() && pname.starts_with(word)).collect()
}

/// Files by the ends of their paths: what stands behind a folder that all lie in, or begins as the word does.
fn positions<'g>(graph: &'g Graph, word: &str) -> BTreeSet<&'g str> {
    let all = graph.attributes().map(|attribute| graph.attribute_position(attribute));
    let all: BTreeSet<&str> =
        all.map(|position| position.rsplit_once(':').map_or(position, |(file, _)| file)).collect();
    let all: Vec<&str> = all.into_iter().filter(|file| !file.is_empty()).collect();
    if word.is_empty() {
        let (Some(first), Some(last)) = (all.first(), all.last()) else { return BTreeSet::new() };
        // what the first and the last share, all share
        let shared = first.bytes().zip(last.bytes()).take_while(|(a, b)| a == b).count();
        let folder = first.get(..shared).and_then(|shared| shared.rfind('/')).map_or(0, |at| at + 1);
        return all.into_iter().filter_map(|file| file.get(folder..)).collect();
    }
    let inner = format!("/{word}");
    let from = |file: &'g str| {
        if file.starts_with(word) { Some(file) } else { file.find(&inner).and_then(|at| file.get(at + 1..)) }
    };
    all.into_iter().filter_map(from).collect()
}

/// What to tell of names that all begin with `word`.
fn choices<'n>(names: &BTreeSet<&'n str>, word: &str, separator: char) -> Vec<&'n str> {
    if names.len() <= FEW {
        return names.iter().copied().collect();
    }
    let mut from = word.len();
    let mut groups = cut(names, |name| part(name, from, separator));
    // one alone would be taken for the answer
    while let [only] = groups.as_slice()
        && only.len() > from
    {
        from = only.len();
        groups = cut(names, |name| part(name, from, separator));
    }
    while groups.len() > MOST || groups.len() == 1 {
        let stems = cut(names, |name| part(name, from, '\0').get(..letter(name, from)).unwrap_or(name));
        if stems.len() > 1 || from >= longest(names) {
            return stems;
        }
        from = stems.first().map_or(from + 1, |stem| stem.len().max(from + 1));
    }
    groups
}

/// Where the letter behind `from` ends.
fn letter(name: &str, from: usize) -> usize {
    name.get(from..).and_then(|rest| rest.chars().next()).map_or(name.len(), |letter| from + letter.len_utf8())
}

fn longest(names: &BTreeSet<&str>) -> usize {
    names.iter().map(|name| name.len()).max().unwrap_or_default()
}

/// A name up to the separator behind `from`, if there is one.
fn part(name: &str, from: usize, separator: char) -> &str {
    let end = name.get(from..).and_then(|rest| rest.find(separator)).map(|at| from + at + separator.len_utf8());
    end.and_then(|end| name.get(..end)).unwrap_or(name)
}

/// Each once, in order.
fn cut<'n>(names: &BTreeSet<&'n str>, short: impl Fn(&'n str) -> &'n str) -> Vec<&'n str> {
    let cut: BTreeSet<&str> = names.iter().map(|&name| short(name)).collect();
    cut.into_iter().collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check(names: impl IntoIterator<Item = String>, word: &str, told: &[&str]) {
        let names: Vec<String> = names.into_iter().collect();
        let names = names.iter().map(String::as_str).filter(|name| name.starts_with(word)).collect();
        assert_eq!(choices(&names, word, '.'), told, "{word}");
    }

    fn many(set: &str, count: usize) -> impl Iterator<Item = String> {
        (0..count).map(move |at| format!("{set}.p{at:05}"))
    }

    #[test]
    fn few_are_told_whole() {
        check(many("a", 2).chain(many("b", 1)), "", &["a.p00000", "a.p00001", "b.p00000"]);
    }

    #[test]
    fn many_are_told_up_to_their_next_part() {
        let names = || many("a", 80).chain(many("b.c", 80)).chain(["curl".to_owned()]);
        check(names(), "", &["a.", "b.", "curl"]);
        check(names(), "b", &many("b.c", 80).collect::<Vec<_>>().iter().map(String::as_str).collect::<Vec<_>>());
    }

    #[test]
    fn one_set_alone_is_looked_into() {
        let names = || many("a.b", 80).chain(many("a.c", 80));
        check(names(), "", &["a.b.", "a.c."]);
        check(names(), "a.", &["a.b.", "a.c."]);
    }

    #[test]
    fn too_many_are_told_up_to_a_letter() {
        check(many("a", 20_000), "a.", &["a.p0", "a.p1"]);
        check(many("a", 20_000), "", &["a.p0", "a.p1"]);
        check(many("ä", 20_000).chain(["äö".to_owned()]), "", &["ä.", "äö"]);
    }
}
