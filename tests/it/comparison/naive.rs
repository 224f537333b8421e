//! Trees at random, changed in ways of which it is known what they must come out as; and a naive reading:
//! digests replaced in the whole text.

use std::collections::BTreeMap;

use nix_ripple::nix::Digest;
use nix_ripple::proof::comparison::{CompareParams, compare};
use nix_ripple::proof::outputs::{Content, Entry, Tree};
use nix_ripple::verdict::Outcome;

use crate::support::Chance;

const DIGITS: &[u8] = b"0123456789abcdfghijklmnpqrsvwxyz";

/// The paths that texts name.
struct Paths {
    own: [String; 2],
    copy: [String; 2],
    input: String,
    exchanged: [String; 2],
    others: Vec<String>,
}

fn digest(chance: &mut Chance) -> String {
    (0..32).map(|_| char::from(*chance.pick(DIGITS))).collect()
}

fn path(chance: &mut Chance, name: &str) -> String {
    format!("/nix/store/{}-{name}", digest(chance))
}

impl Paths {
    fn new(chance: &mut Chance) -> Self {
        let pair = |chance: &mut Chance, one: &str, other: &str| [path(chance, one), path(chance, other)];
        Self {
            own: pair(chance, "own-1.0", "own-1.0"),
            copy: pair(chance, "copy-1-dev", "copy-1-dev"),
            input: path(chance, "input-3.1"),
            exchanged: pair(chance, "dep-1.9", "dep-1.10"),
            others: (0..3).map(|at| path(chance, &format!("other-{at}"))).collect(),
        }
    }

    fn params(&self) -> CompareParams {
        let of = |path: &String| Digest::from_prefix(&path.as_bytes()[11..]).unwrap();
        CompareParams {
            counterparts: [&self.own, &self.copy].into_iter().map(|[one, other]| (of(other), of(one))).collect(),
            exchanged: BTreeMap::from([(of(&self.exchanged[1]), of(&self.exchanged[0]))]),
            input: vec![of(&self.input)],
            ..CompareParams::default()
        }
    }
}

/// A piece of a text: what the first has, and what the second.
type Piece = [String; 2];

/// Text with store paths at random: own ones and copies are renamed in the second, nothing else differs.
fn text(chance: &mut Chance, paths: &Paths) -> Vec<Piece> {
    (0..chance.below(20))
        .map(|_| match chance.below(8) {
            0 => paths.own.clone(),
            1 => paths.copy.clone(),
            // a digest alone, glued to what looks like one
            2 => [0, 1].map(|side| format!("a{}0", &paths.own[side][11..43])),
            3 => {
                let other = chance.pick(&paths.others).clone();
                [other.clone(), other]
            }
            4 => [paths.input.clone(), paths.input.clone()],
            5 => ["\n".to_owned(), "\n".to_owned()],
            6 => {
                let digits = digest(chance);
                [digits.clone(), digits]
            }
            _ => {
                let word = format!(" w{}/x:", chance.below(100));
                [word.clone(), word]
            }
        })
        .collect()
}

/// Files by path, each in two versions.
type Files = BTreeMap<String, Vec<Piece>>;

fn trees(files: &Files) -> [Vec<(String, Tree)>; 2] {
    [0, 1].map(|side| {
        let mut tree = Tree::default();
        tree.entries.insert(Vec::new(), Entry::Directory);
        for (path, pieces) in files {
            let bytes: String = pieces.iter().map(|piece| piece[side].as_str()).collect();
            for (at, _) in path.match_indices('/') {
                tree.entries.insert(path.as_bytes()[..at].to_vec(), Entry::Directory);
            }
            let content = Content::Bytes(bytes.as_bytes().into());
            let entry = Entry::Regular { executable: false, size: bytes.len() as u64, content };
            tree.entries.insert(path.as_bytes().to_vec(), entry);
        }
        vec![("out".to_owned(), tree)]
    })
}

/// The whole text with the second's own digests replaced by the first's.
fn naive(pieces: &[Piece], side: usize, paths: &Paths) -> String {
    let text: String = pieces.iter().map(|piece| piece[side].as_str()).collect();
    [&paths.own, &paths.copy].iter().fold(text, |text, [one, other]| text.replace(&other[11..43], &one[11..43]))
}

fn same(text: &str) -> Piece {
    [text.to_owned(), text.to_owned()]
}

/// What is done to a file, and what must come of it.
fn change(chance: &mut Chance, paths: &Paths, files: &mut Files, number: usize) -> Outcome {
    use Outcome::{Different, Identical, ReferenceOnly};
    let [input, other] = [&paths.input, &paths.others[0]];
    let list = |first: &str, second: &str| vec![[first.to_owned(), second.to_owned()]];
    let (place, pieces, expect) = match chance.below(12) {
        0 => ("etc/x", vec![paths.own.clone(), same(" "), paths.copy.clone()], Identical),
        1 => ("etc/x", vec![same("a "), paths.exchanged.clone(), same("/lib b")], ReferenceOnly),
        2 => ("nix-support/propagated-x", list(&format!("{input} {other}"), other), ReferenceOnly),
        3 => ("bin/x", list(&format!("P={other}/bin:{input}/bin\n"), &format!("P={other}/bin\n")), ReferenceOnly),
        4 => ("lib/x.pc", list(&format!("Libs: -L{input}/lib -lx\n"), "Libs: -lx\n"), ReferenceOnly),
        5 => ("bin/x", list(&format!("#!{input}/bin/y -z\n"), "#!/usr/bin/env y -z\n"), ReferenceOnly),
        6 => ("lib/x.pc", list(&format!("Libs: -L{other}/lib -lx\n"), "Libs: -lx\n"), Different),
        7 => ("etc/x", list(&format!("a {input}/lib"), "a "), Different),
        8 => ("nix-support/propagated-x", list(&format!("{other} {}", paths.others[1]), other), Different),
        9 => ("etc/x", list(other, &paths.others[1]), Different),
        10 => ("etc/x", vec![paths.exchanged.clone(), [format!("/{number}"), "/y".to_owned()]], Different),
        _ => {
            ("etc/x", vec![[paths.own[1].clone(), paths.own[0].clone()], [" a".to_owned(), " b".to_owned()]], Different)
        }
    };
    let place = match place.rsplit_once('.') {
        Some((name, end)) => format!("{name}{number}.{end}"),
        None => format!("{place}{number}"),
    };
    files.insert(place, pieces);
    expect
}

#[test]
fn changes_that_are_known() {
    let mut seen = [0; 3];
    for seed in 0..1500 {
        let mut chance = Chance(seed);
        let paths = Paths::new(&mut chance);
        let mut files = Files::new();
        for number in 0..chance.below(6) {
            let text = text(&mut chance, &paths);
            assert_eq!(naive(&text, 0, &paths), naive(&text, 1, &paths));
            files.insert(format!("share/d{}/f{number}", chance.below(2)), text);
        }
        let mut expect = Outcome::Identical;
        for number in 0..chance.below(3) {
            expect = expect.max(change(&mut chance, &paths, &mut files, number));
        }
        let [first, second] = trees(&files);
        let found = compare(&first, &second, &paths.params()).unwrap();
        assert_eq!(found.outcome, expect, "seed {seed}: {files:#?} {found:#?}");
        let place = [Outcome::Identical, Outcome::ReferenceOnly, Outcome::Different].iter().position(|o| *o == expect);
        seen[place.unwrap()] += 1;
        // what differs is named: the files whose texts differ when digests are replaced
        let differing: Vec<&String> = files
            .iter()
            .filter(|(_, pieces)| naive(pieces, 0, &paths) != naive(pieces, 1, &paths))
            .map(|(path, _)| path)
            .collect();
        assert_eq!(found.files.iter().map(|file| &file.path).collect::<Vec<_>>(), differing, "seed {seed}");
    }
    assert!(seen.iter().all(|count| *count > 200), "{seen:?}");
}

/// One byte changed anywhere in what is identical is always found, unless it is the same again.
#[test]
fn no_byte_is_overlooked() {
    let mut found = 0;
    for seed in 0..400 {
        let mut chance = Chance(seed);
        let paths = Paths::new(&mut chance);
        let pieces = text(&mut chance, &paths);
        let mut bytes = pieces.iter().map(|piece| piece[1].as_str()).collect::<String>().into_bytes();
        if bytes.is_empty() {
            continue;
        }
        let at = chance.below(bytes.len());
        bytes[at] = if bytes[at] == b'#' { b'!' } else { b'#' };
        let mut files = Files::from([("etc/x".to_owned(), pieces.clone())]);
        let changed = String::from_utf8(bytes).unwrap();
        files.insert("etc/x".to_owned(), vec![[pieces.iter().map(|piece| piece[0].as_str()).collect(), changed]]);
        let [first, second] = trees(&files);
        assert_eq!(compare(&first, &second, &paths.params()).unwrap().outcome, Outcome::Different, "{files:?}");
        found += 1;
    }
    assert!(found > 300);
}
