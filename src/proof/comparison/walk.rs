//! Two texts in step: the same but for store paths that may stand for each other?

use super::paths::{Rules, name_at, rest_of_path, same_but_for_version};
use crate::nix::Digest;
use crate::nix::store_path::DIGEST_LEN;
use crate::proof::outputs::parts_words;

/// How far back from a difference the store path may begin in which it stands.
const LONGEST_PATH: usize = 1024;

/// What two texts that are the same but for store paths differ by.
#[derive(Debug, Default, PartialEq, Eq)]
pub(super) struct Walked {
    /// Whether a path stands for its counterpart somewhere.
    pub(super) counterparts: bool,
    /// Where in the first the digests stand in whose place the second has another path.
    pub(super) references: Vec<usize>,
}

/// Where two texts differ in more: the places in the first and in the second.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Mismatch {
    pub(super) first: usize,
    pub(super) second: usize,
}

/// Reads two texts side by side. Where they differ, a store path that began before must stand for one at
/// the same place in the other: a counterpart, digest by digest; or another version, with its name and, in
/// the path below it, its version. With `same_length` (what is no text) the two must be of one length.
///
/// **Overestimates** what is the same where a store path is glued to text that reads like its name
/// (`D-x-1.2.txt` and `D-x-1.3.md` of two versions of x). **Underestimates** it where a version has
/// another form below (`lib/python3.11` of 3.11.4), or a path is longer than 1,024 bytes.
///
/// O(length), but at each difference at most 1,024 places are looked at.
pub(super) fn walk(first: &[u8], second: &[u8], rules: &Rules<'_>, same_length: bool) -> Result<Walked, Mismatch> {
    let mut walked = Walked::default();
    let (mut a, mut b) = (0, 0);
    // no path begins before these
    let mut floor = (0, 0);
    loop {
        let (rest_a, rest_b) = (first.get(a..).unwrap_or_default(), second.get(b..).unwrap_or_default());
        let same = common_prefix(rest_a, rest_b);
        if same == rest_a.len() && same == rest_b.len() {
            return Ok(walked);
        }
        let at = Mismatch { first: a + same, second: b + same };
        match step(first, second, at, floor, rules, same_length) {
            Some(Step::Counterpart(back)) => {
                walked.counterparts = true;
                floor = (at.first - back, at.second - back);
                (a, b) = (floor.0 + DIGEST_LEN, floor.1 + DIGEST_LEN);
            }
            Some(Step::Reference { back, ends }) => {
                walked.references.push(at.first - back);
                (a, b) = ends;
                floor = ends;
            }
            None => return Err(at),
        }
    }
}

enum Step {
    /// A digest that begins so many bytes before the difference stands for its counterpart.
    Counterpart(usize),
    /// A path that begins there stands for another; where both end.
    Reference { back: usize, ends: (usize, usize) },
}

fn step(
    first: &[u8],
    second: &[u8],
    at: Mismatch,
    floor: (usize, usize),
    rules: &Rules<'_>,
    same_length: bool,
) -> Option<Step> {
    let most = (at.first - floor.0).min(at.second - floor.1).min(LONGEST_PATH);
    for back in 0..=most {
        let (a, b) = (at.first - back, at.second - back);
        if back > 0 && first.get(a).is_none_or(|&byte| parts_words(byte)) {
            return None;
        }
        let digest = |text: &[u8], at: usize| text.get(at..).and_then(Digest::from_prefix);
        let (Some(one), Some(other)) = (digest(first, a), digest(second, b)) else { continue };
        if one != other && back < DIGEST_LEN && rules.normal(one) == rules.normal(other) {
            return Some(Step::Counterpart(back));
        }
        if let Some(ends) = stands_for((first, a, one), (second, b, other), rules, same_length)
            && at.first <= ends.0
            && at.second <= ends.1
            && (at.first, at.second) != ends
        {
            return Some(Step::Reference { back, ends });
        }
    }
    None
}

/// Whether a path of the second stands for one of the first as another version of it; where both end.
fn stands_for(
    (first, a, one): (&[u8], usize, Digest),
    (second, b, other): (&[u8], usize, Digest),
    rules: &Rules<'_>,
    same_length: bool,
) -> Option<(usize, usize)> {
    let (name, other_name) = (name_at(first, a), name_at(second, b));
    let in_store = |text: &[u8], at: usize| text.get(..at).is_some_and(|before| before.ends_with(&rules.store));
    let exchanged =
        rules.exchanged(one, other) || rules.versions(name, other_name) && in_store(first, a) && in_store(second, b);
    if !exchanged || same_length && name.len() != other_name.len() {
        return None;
    }
    let dash = |name: &[u8]| usize::from(!name.is_empty());
    let end = a + DIGEST_LEN + dash(name) + name.len();
    let other_end = b + DIGEST_LEN + dash(other_name) + other_name.len();
    let (path, other_path) = (rest_of_path(first, end), rest_of_path(second, other_end));
    if path != other_path
        && same_but_for_version((name, path), (other_name, other_path))
        && (!same_length || path.len() == other_path.len())
    {
        return Some((end + path.len(), other_end + other_path.len()));
    }
    Some((end, other_end))
}

/// How many bytes two texts have in common from their starts.
pub(super) fn common_prefix(first: &[u8], second: &[u8]) -> usize {
    const STEP: usize = 4096;
    let shorter = first.len().min(second.len());
    let mut at = 0;
    while at < shorter {
        let end = (at + STEP).min(shorter);
        let (Some(one), Some(other)) = (first.get(at..end), second.get(at..end)) else { break };
        if one != other {
            return at + one.iter().zip(other).take_while(|(one, other)| one == other).count();
        }
        at = end;
    }
    shorter
}
