//! Store paths in texts, and which may stand for which.

use memchr::memmem::Finder;
use rustc_hash::FxHashSet;

use super::params::CompareParams;
use crate::nix::store_path::{DIGEST_LEN, is_name_byte};
use crate::nix::{Digest, parse_drv_name};
use crate::proof::outputs::parts_words;

/// What may stand for what, made ready to be asked often.
pub(super) struct Rules<'p> {
    params: &'p CompareParams,
    input: FxHashSet<Digest>,
    finders: Vec<Finder<'p>>,
    /// The store's folder with a slash.
    pub(super) store: Vec<u8>,
}

impl<'p> Rules<'p> {
    pub(super) fn new(params: &'p CompareParams) -> Self {
        let mut store = params.store_dir.as_bytes().to_vec();
        store.push(b'/');
        Self {
            input: params.input.iter().copied().collect(),
            finders: params.input.iter().map(|digest| Finder::new(&digest.0)).collect(),
            params,
            store,
        }
    }

    /// A digest of either, as the first has it.
    pub(super) fn normal(&self, digest: Digest) -> Digest {
        self.params.counterparts.get(&digest).copied().unwrap_or(digest)
    }

    /// Whether a text of the first mentions what was taken out. O(text · inputs).
    pub(super) fn mentions(&self, text: &[u8]) -> bool {
        text.len() >= DIGEST_LEN && self.finders.iter().any(|finder| finder.find(text).is_some())
    }

    /// Whether anything was taken out.
    pub(super) fn any_gone(&self) -> bool {
        !self.input.is_empty()
    }

    /// Whether a text of the first may be gone with what was taken out: it mentions it, and no other path.
    pub(super) fn goes(&self, text: &[u8]) -> bool {
        self.mentions(text) && self.other_paths(text) == 0
    }

    /// How many paths a text names that are not of what was taken out.
    fn other_paths(&self, text: &[u8]) -> usize {
        let absolute = |word: &&[u8]| word.first() == Some(&b'/') && word.len() > 1;
        let of_input = |word: &[u8]| self.mentions(word);
        let words = text.split(|&byte| parts_words(byte)).filter(absolute).filter(|word| !of_input(word)).count();
        // those that stand within a word: `-L/nix/store/…`
        let in_store = memchr::memmem::find_iter(text, &self.store).filter(|at| {
            let digest = text.get(at + self.store.len()..).and_then(Digest::from_prefix);
            digest.is_some_and(|digest| !self.input.contains(&digest))
        });
        words + in_store.count()
    }

    /// Whether a digest is of what was taken out.
    pub(super) fn is_input(&self, digest: Digest) -> bool {
        self.input.contains(&digest)
    }

    /// Whether the second of these digests stands where the first stood, whatever their names.
    pub(super) fn exchanged(&self, first: Digest, second: Digest) -> bool {
        self.params.exchanged.get(&second) == Some(&first)
    }

    /// Whether these names are of two versions of one package, and any version may stand for another.
    pub(super) fn versions(&self, first: &[u8], second: &[u8]) -> bool {
        self.params.any_version
            && match (Name::new(first), Name::new(second)) {
                (Some(first), Some(second)) => first.pname == second.pname && first.output == second.output,
                _ => false,
            }
    }

    /// A text with each digest as the first has it; the same text where none has a counterpart.
    pub(super) fn normalised(&self, text: &[u8]) -> Vec<u8> {
        let mut text = text.to_vec();
        let mut at = 0;
        while let Some(digest) = text.get(at..).filter(|rest| rest.len() >= DIGEST_LEN).map(Digest::from_prefix) {
            let counterpart = digest.and_then(|digest| self.params.counterparts.get(&digest));
            match (counterpart, text.get_mut(at..at + DIGEST_LEN)) {
                (Some(counterpart), Some(place)) => {
                    place.copy_from_slice(&counterpart.0);
                    at += DIGEST_LEN;
                }
                _ => at += 1,
            }
        }
        text
    }
}

/// The parts of a store path's name.
struct Name<'n> {
    pname: &'n str,
    /// Without the output.
    version: &'n str,
    /// What letters follow the version behind a dash: `dev`, or nothing.
    output: &'n str,
}

impl<'n> Name<'n> {
    fn new(name: &'n [u8]) -> Option<Self> {
        let (pname, version) = parse_drv_name(std::str::from_utf8(name).ok()?);
        let (version, output) = match version.rsplit_once('-') {
            Some((version, output)) if output.bytes().all(|byte| byte.is_ascii_alphabetic()) => (version, output),
            _ => (version, ""),
        };
        Some(Self { pname, version, output })
    }
}

/// The name behind a digest that starts at `at`, without the dash: what may stand in a name, but for `=`,
/// `?` and points at its end, which rather belong to the text around. Empty where there is none.
pub(super) fn name_at(text: &[u8], at: usize) -> &[u8] {
    let Some((b'-', rest)) = text.get(at + DIGEST_LEN..).and_then(<[u8]>::split_first) else { return &[] };
    let part = |byte: u8| is_name_byte(byte) && !matches!(byte, b'=' | b'?');
    let end = rest.iter().position(|&byte| !part(byte)).unwrap_or(rest.len());
    let name = rest.get(..end).unwrap_or_default();
    let end = name.iter().rposition(|&byte| byte != b'.').map_or(0, |at| at + 1);
    name.get(..end).unwrap_or_default()
}

/// How far the path in a store path goes that starts at `at`: to the first byte that parts words.
pub(super) fn rest_of_path(text: &[u8], at: usize) -> &[u8] {
    match text.get(at..) {
        Some(rest @ [b'/', ..]) => {
            let end = rest.iter().position(|&byte| parts_words(byte)).unwrap_or(rest.len());
            rest.get(..end).unwrap_or_default()
        }
        _ => &[],
    }
}

/// Whether two paths below a store path are the same but for the version in the store path's name, given
/// whole: `/share/x-1.2` below `x-1.2`, but not `/lib/python3.11` below `python3-3.11.4`.
pub(super) fn same_but_for_version(first: (&[u8], &[u8]), second: (&[u8], &[u8])) -> bool {
    let ((name, path), (other_name, other_path)) = (first, second);
    let (Some(name), Some(other_name)) = (Name::new(name), Name::new(other_name)) else { return false };
    let pieces = without(path, name.version.as_bytes());
    pieces.len() > 1 && pieces == without(other_path, other_name.version.as_bytes())
}

/// The pieces of a text between the places where a version stands whole.
fn without<'t>(text: &'t [u8], version: &[u8]) -> Vec<&'t [u8]> {
    let mut pieces = Vec::new();
    let mut start = 0;
    if version.iter().any(u8::is_ascii_digit) {
        for at in memchr::memmem::find_iter(text, version) {
            let (before, after) =
                (text.get(..at).unwrap_or_default(), text.get(at + version.len()..).unwrap_or_default());
            let digit = |byte: Option<&u8>| byte.is_some_and(u8::is_ascii_digit);
            let more_before = digit(before.last()) || before.last() == Some(&b'.') && digit(before.iter().nth_back(1));
            let more_after = digit(after.first()) || after.first() == Some(&b'.') && digit(after.get(1));
            if at >= start && !more_before && !more_after {
                pieces.push(text.get(start..at).unwrap_or_default());
                start = at + version.len();
            }
        }
    }
    pieces.push(text.get(start..).unwrap_or_default());
    pieces
}
