//! Two builds compared: every file of every output.

use std::collections::{BTreeMap, BTreeSet};

use rayon::prelude::*;

use super::excerpt::{escaped, excerpt};
use super::file::{Difference, compare_files};
use super::params::{CompareParams, Comparison};
use super::paths::Rules;
use super::references::Recorded;
use super::walk::Mismatch;
use super::{gone, record, walk};
use crate::proof::outputs::{Content, Entry, Mapped, Tree, TreeError};
use crate::verdict::{Carrier, Change, FileChange, Outcome};

/// Compares the outputs of two builds, each with its name.
///
/// - [`Outcome::Identical`]: every output has the same names, links, executable bits and bytes, once each
///   digest that has a counterpart stands for it, in names, links and files.
/// - [`Outcome::ReferenceOnly`]: files differ in the store paths that they record, and in nothing else: a
///   path in the place of another version of it, or elements, lines and files that mention what was taken
///   out and are gone from a carrier that is known.
/// - [`Outcome::Different`]: anything else.
///
/// Where each rule over- or underestimates is told where it is made. Whether the builds are the same when
/// they are made twice is the caller's business.
///
/// O(bytes), in parallel; first byte by byte, and by the rules only where bytes differ.
///
/// # Errors
/// When a file cannot be read, or its content is not known.
pub fn compare(
    first: &[(String, Tree)],
    second: &[(String, Tree)],
    params: &CompareParams,
) -> Result<Comparison, TreeError> {
    let rules = Rules::new(params);
    let pairs = pairs(first, second, &rules);
    let one = |pair: &Pair<'_>| {
        let mut found = pair.compare(&rules)?;
        if let Some((first, second)) = pair.contents(found.as_ref())? {
            let recorded = Recorded::of(&first, &second, &params.store_dir);
            if let Some(found) = &mut found {
                found.recorded = recorded;
            }
        }
        Ok(found)
    };
    let judged: Vec<Result<Option<Found>, TreeError>> = pairs.par_iter().map(one).collect();
    let mut judged: Vec<Option<Found>> = judged.into_iter().collect::<Result<_, _>>()?;
    records(&pairs, &mut judged, &rules)?;
    folders(&pairs, &mut judged);
    let mut recorded = Recorded::default();
    let mut files = Vec::new();
    let mut outcome = Outcome::Identical;
    for (pair, found) in pairs.iter().zip(judged) {
        let Some(found) = found else { continue };
        recorded = recorded.and(found.recorded);
        if found.difference > Difference::Counterparts {
            files.push(FileChange { path: pair.shown(first.len() > 1 || second.len() > 1), ..found.change });
        }
        outcome = outcome.max(match found.difference {
            Difference::None | Difference::Counterparts => Outcome::Identical,
            Difference::References(_) => Outcome::ReferenceOnly,
            Difference::Content => Outcome::Different,
        });
    }
    files.sort();
    Ok(Comparison { outcome, files, total: pairs.len() as u64, references: recorded.changes(&rules) })
}

/// What stands at a path in the first and in the second.
type Sides<'t> = (Option<&'t Entry>, Option<&'t Entry>);

/// What stands at one path in both.
struct Pair<'t> {
    output: &'t str,
    path: Vec<u8>,
    first: Option<&'t Entry>,
    second: Option<&'t Entry>,
}

/// How it differs.
struct Found {
    difference: Difference,
    change: FileChange,
    recorded: Recorded,
}

impl Found {
    fn new(difference: Difference, change: Change) -> Self {
        let carriers = match &difference {
            Difference::References(carriers) => carriers.iter().copied().collect(),
            _ => Vec::new(),
        };
        let change = FileChange { path: String::new(), change, carriers, offset: None, before: None, after: None };
        Self { difference, change, recorded: Recorded::default() }
    }

    /// With an excerpt of both from where they differ.
    fn at(mut self, first: &[u8], second: &[u8], at: Mismatch) -> Self {
        self.change.offset = Some(at.first as u64);
        self.change.before = Some(excerpt(first, at.first));
        self.change.after = Some(excerpt(second, at.second));
        self
    }
}

/// Everything that stands in either, by output and path; the second's names as the first would have them.
fn pairs<'t>(first: &'t [(String, Tree)], second: &'t [(String, Tree)], rules: &Rules<'_>) -> Vec<Pair<'t>> {
    let mut found: BTreeMap<(&str, Vec<u8>), Sides<'_>> = BTreeMap::new();
    for (output, tree) in first {
        for (path, entry) in &tree.entries {
            found.entry((output, path.clone())).or_default().0 = Some(entry);
        }
    }
    for (output, tree) in second {
        for (path, entry) in &tree.entries {
            found.entry((output, rules.normalised(path))).or_default().1 = Some(entry);
        }
    }
    let pair = |((output, path), (first, second))| Pair { output, path, first, second };
    found.into_iter().map(pair).collect()
}

impl Pair<'_> {
    fn shown(&self, several: bool) -> String {
        let path = escaped(&self.path);
        match (several, path.is_empty()) {
            (true, true) => self.output.to_owned(),
            (true, false) => format!("{}/{path}", self.output),
            (false, true) => ".".to_owned(),
            (false, false) => path,
        }
    }

    fn map(&self, content: &Content) -> Result<Mapped, TreeError> {
        content.map(&self.shown(true))
    }

    fn compare(&self, rules: &Rules<'_>) -> Result<Option<Found>, TreeError> {
        let content = |change| Some(Found::new(Difference::Content, change));
        Ok(match (self.first, self.second) {
            (Some(Entry::Directory), Some(Entry::Directory)) | (None, None) => None,
            (Some(Entry::Symlink(first)), Some(Entry::Symlink(second))) => links(first, second, rules),
            (
                Some(Entry::Regular { executable, content: first, .. }),
                Some(Entry::Regular { executable: other, content: second, .. }),
            ) => {
                let (first, second) = (self.map(first)?, self.map(second)?);
                let (difference, at) = compare_files(&self.path, &first, &second, rules);
                let found = match difference {
                    _ if executable != other => Found::new(Difference::Content, Change::Executable),
                    Difference::None => return Ok(None),
                    Difference::Content => Found::new(difference, Change::Content),
                    Difference::Counterparts => return Ok(Some(Found::new(difference, Change::References))),
                    Difference::References(_) => Found::new(difference, Change::References),
                };
                Some(if let Some(at) = at { found.at(&first, &second, at) } else { found })
            }
            (Some(_), Some(_)) => content(Change::Kind),
            (None, Some(_)) => content(Change::Added),
            (Some(Entry::Regular { content: first, .. }), None) if rules.any_gone() => {
                let carrier = gone::file_gone(&self.path, &self.map(first)?, rules);
                carrier.map_or_else(
                    || content(Change::Gone),
                    |carrier| Some(Found::new(Difference::References(BTreeSet::from([carrier])), Change::Gone)),
                )
            }
            (Some(_), None) => content(Change::Gone),
        })
    }

    /// What files that differ hold, and links: to see which paths they record.
    fn contents(&self, found: Option<&Found>) -> Result<Option<(Mapped, Mapped)>, TreeError> {
        if found.is_none_or(|found| found.difference <= Difference::Counterparts) {
            return Ok(None);
        }
        let read = |entry: Option<&Entry>| match entry {
            Some(Entry::Regular { content, .. }) => self.map(content),
            Some(Entry::Symlink(target)) => Ok(Mapped::Bytes(target.as_slice().into())),
            _ => Ok(Mapped::Bytes(std::sync::Arc::default())),
        };
        Ok(Some((read(self.first)?, read(self.second)?)))
    }
}

fn last_part(path: &[u8]) -> &[u8] {
    path.rsplit(|&byte| byte == b'/').next().unwrap_or(path)
}

fn links(first: &[u8], second: &[u8], rules: &Rules<'_>) -> Option<Found> {
    if first == second {
        return None;
    }
    let references = || Difference::References(BTreeSet::from([Carrier::Symlink]));
    let (difference, at) = match walk::walk(first, second, rules, false) {
        Ok(walked) if walked.references.is_empty() => {
            return Some(Found::new(Difference::Counterparts, Change::References));
        }
        Ok(walked) => (references(), walked.references.first().copied().unwrap_or(0)),
        // as with an interpreter: the same program from elsewhere. A link that is gone is more: what an input
        // holds may decide which links there are
        Err(_) if rules.mentions(first) && last_part(first) == last_part(second) => (references(), 0),
        Err(at) => (Difference::Content, at.first),
    };
    let change = if difference == Difference::Content { Change::Content } else { Change::References };
    Some(Found::new(difference, change).at(first, second, Mismatch { first: at, second: at }))
}

/// Lists of files whose digests follow from files that differ: judged when these are.
fn records(pairs: &[Pair<'_>], judged: &mut [Option<Found>], rules: &Rules<'_>) -> Result<(), TreeError> {
    let mut later = Vec::new();
    for (at, pair) in pairs.iter().enumerate() {
        let differs = judged
            .get(at)
            .is_some_and(|found| found.as_ref().is_some_and(|found| found.change.change == Change::Content));
        if !differs || !pair.path.ends_with(b".dist-info/RECORD") {
            continue;
        }
        let Some((first, second)) = pair.contents(judged.get(at).and_then(Option::as_ref))? else { continue };
        let of = |path: &[u8]| {
            let place =
                pairs.binary_search_by(|other| (other.output, other.path.as_slice()).cmp(&(pair.output, path))).ok()?;
            let found = judged.get(place)?.as_ref();
            Some(found.map_or((Difference::None, false), |found| {
                (found.difference.clone(), found.change.change == Change::Gone)
            }))
        };
        if let Some(difference) = record::explained(&pair.path, &first, &second, rules, of) {
            let difference = match difference {
                Difference::References(_) => Difference::References(BTreeSet::from([Carrier::PythonMetadata])),
                other => other,
            };
            later.push((at, difference));
        }
    }
    for (at, difference) in later {
        if let Some(Some(found)) = judged.get_mut(at) {
            let change = std::mem::replace(&mut found.change, Found::new(Difference::None, Change::References).change);
            let new = Found::new(difference.clone(), Change::References).change;
            found.change = FileChange { carriers: new.carriers, change: Change::References, ..change };
            found.difference = difference;
        }
    }
    Ok(())
}

/// Folders that are gone because all that they held is gone as references.
fn folders(pairs: &[Pair<'_>], judged: &mut [Option<Found>]) {
    // of each folder that is gone, how its children went; children stand behind their folder
    let mut held: BTreeMap<(&str, &[u8]), Option<BTreeSet<Carrier>>> = BTreeMap::new();
    for (pair, found) in pairs.iter().zip(judged.iter_mut()).rev() {
        let Some(found) = found else {
            note(&mut held, pair, None);
            continue;
        };
        if let (Some(Entry::Directory), None) = (pair.first, pair.second)
            && let Some(Some(carriers)) = held.remove(&(pair.output, pair.path.as_slice()))
        {
            *found = Found::new(Difference::References(carriers), Change::Gone);
        }
        let went = match (&found.difference, found.change.change) {
            (Difference::References(carriers), Change::Gone) => Some(carriers),
            _ => None,
        };
        note(&mut held, pair, went);
    }
}

fn note<'p>(
    held: &mut BTreeMap<(&'p str, &'p [u8]), Option<BTreeSet<Carrier>>>,
    pair: &'p Pair<'_>,
    went: Option<&BTreeSet<Carrier>>,
) {
    if pair.path.is_empty() {
        return;
    }
    let folder = memchr::memrchr(b'/', &pair.path).and_then(|at| pair.path.get(..at)).unwrap_or_default();
    let entry = held.entry((pair.output, folder)).or_insert_with(|| Some(BTreeSet::new()));
    match (entry.as_mut(), went) {
        (Some(all), Some(carriers)) => all.extend(carriers.iter().copied()),
        _ => *entry = None,
    }
}
