//! The table of causes: those with the same change in one row.

use std::collections::{BTreeMap, BTreeSet};

use super::style::Style;
use crate::nix::name::{is_interpreter, strip_interpreter};
use crate::nix::{normalise_pname, parse_drv_name};
use crate::query::{Cause, CauseKind, Change, ChangeKind, Counted, DiffReport};
use crate::report::table::{Column, fraction, number};
use crate::report::units::duration;

const COLUMNS: [Column; 6] = [
    ("cause", false),
    ("what changed", false),
    ("share", true),
    ("only by it", true),
    ("shared", true),
    ("attributes", false),
];

/// The columns; with that of machine time behind the share, where costs are known.
pub(super) fn columns(report: &DiffReport) -> Vec<Column> {
    let time = report.cost.as_ref().map(|_| ("time", true));
    let (before, behind) = COLUMNS.split_at(TIME);
    before.iter().copied().chain(time).chain(behind.iter().copied()).collect()
}

/// How many columns there are where there is little room.
pub(super) const FEW: usize = 5;

/// Where the cell of machine time stands.
const TIME: usize = 3;

/// Cells with that one put in.
fn with_time(cells: [String; 6], hours: Option<f64>) -> Vec<String> {
    let mut cells = Vec::from(cells);
    if let Some(hours) = hours {
        cells.insert(TIME, duration(hours));
    }
    cells
}

/// How many changes of a cause are told.
const CHANGES: usize = 3;

/// How many of its attributes are named.
const NAMES: usize = 2;

/// So many causes of one set with the same change are one row: a set that is bumped as a whole.
const SET: usize = 3;

/// Causes with the same change.
#[derive(Debug)]
pub(super) struct Row<'r> {
    /// Those with the largest share first.
    causes: Vec<&'r Cause>,
    share: f64,
}

/// What causes have in common that are drawn together: the change in the same words, and where these
/// speak of the package itself (its version, its source) also the package or its set.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
struct Likeness<'r> {
    kind: CauseKind,
    /// Without interpreters, and without those that names begin with.
    what: Vec<String>,
    /// What the words do not tell: of texts that are long, what came in the place of what.
    untold: Vec<String>,
    of: Subject<'r>,
}

impl<'r> Likeness<'r> {
    fn new(cause: &Cause, of: Subject<'r>) -> Self {
        let plain = |what: &str| what.split(' ').map(without_interpreter).collect::<Vec<_>>().join(" ");
        let mut what: Vec<String> = cause.what.iter().map(|what| plain(what)).collect();
        // without the interpreters, names stand in another order
        what.sort_unstable();
        let untold = cause.changes.iter().filter(|change| hides_its_text(cause, change));
        let untold = untold.map(|change| {
            let (gone, come) = replaced(change);
            format!("{}: {} → {}", change.key, plain(gone), plain(come))
        });
        Self { kind: cause.kind, what, untold: untold.collect(), of }
    }
}

/// Whether the words say that a text changed, and not how.
fn hides_its_text(cause: &Cause, change: &Change) -> bool {
    let kind = matches!(change.kind, ChangeKind::Phase | ChangeKind::Flag | ChangeKind::Variable | ChangeKind::Builder);
    let tells = |what: &String| {
        what.strip_prefix(change.key.as_str()).is_some_and(|how| [" changed", " added", " removed"].contains(&how))
    };
    kind && cause.what.iter().any(tells)
}

/// What is gone of a text, and what came in its place: all between the same start and the same end.
fn replaced(change: &Change) -> (&str, &str) {
    let (before, after) = (change.before.as_deref().unwrap_or_default(), change.after.as_deref().unwrap_or_default());
    let start = std::iter::zip(before.chars(), after.chars()).take_while(|(one, other)| one == other);
    let start: usize = start.map(|(c, _)| c.len_utf8()).sum();
    let (before, after) = (before.get(start..).unwrap_or_default(), after.get(start..).unwrap_or_default());
    let end = std::iter::zip(before.chars().rev(), after.chars().rev()).take_while(|(one, other)| one == other);
    let end: usize = end.map(|(c, _)| c.len_utf8()).sum();
    let cut = |text| str::get(text, ..text.len().saturating_sub(end)).unwrap_or_default();
    (cut(before), cut(after))
}

fn without_interpreter(word: &str) -> &str {
    if is_interpreter(parse_drv_name(word).0) { "" } else { strip_interpreter(word) }
}

#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
enum Subject<'r> {
    Any,
    Package(String),
    Set(&'r str),
    Alone(usize),
}

/// The rows of all causes, the largest share first. O(causes · log).
pub(super) fn rows(report: &DiffReport) -> Vec<Row<'_>> {
    let mut of_sets: BTreeMap<Likeness<'_>, usize> = BTreeMap::new();
    for cause in &report.causes {
        if let Some(set) = set_of(cause) {
            *of_sets.entry(Likeness::new(cause, Subject::Set(set))).or_default() += 1;
        }
    }
    let mut places: BTreeMap<Likeness<'_>, usize> = BTreeMap::new();
    let mut rows: Vec<Row<'_>> = Vec::new();
    for (at, cause) in report.causes.iter().enumerate() {
        let like = |of| Likeness::new(cause, of);
        let in_set = set_of(cause).map(|set| like(Subject::Set(set)));
        let likeness = match in_set {
            _ if cause.what.is_empty() || is_untold(cause) => like(Subject::Alone(at)),
            _ if !is_its_own(cause) => like(Subject::Any),
            Some(set) if of_sets.get(&set).is_some_and(|count| *count >= SET) => set,
            _ => like(Subject::Package(normalise_pname(parse_drv_name(&cause.name).0))),
        };
        let place = *places.entry(likeness).or_insert(rows.len());
        match rows.get_mut(place) {
            Some(row) => {
                row.causes.push(cause);
                row.share += cause.share;
            }
            None => rows.push(Row { causes: vec![cause], share: cause.share }),
        }
    }
    // stable: rows of one share stay in the order of the causes
    rows.sort_by(|one, other| other.share.total_cmp(&one.share));
    rows
}

/// Whether what changed is of the package itself, so that the same words elsewhere are chance.
fn is_its_own(cause: &Cause) -> bool {
    cause.changes.first().is_none_or(|change| {
        matches!(change.kind, ChangeKind::New | ChangeKind::Version | ChangeKind::Name | ChangeKind::Source)
    })
}

/// Whether it is not known what changed, so that nothing can be said to have changed alike: there are no
/// texts, or they differ behind what is kept of them.
fn is_untold(cause: &Cause) -> bool {
    cause.changes.iter().any(|change| {
        change.kind == ChangeKind::Unknown || (hides_its_text(cause, change) && replaced(change) == ("", ""))
    })
}

/// The set of a cause's attributes, where they are in one.
fn set_of(cause: &Cause) -> Option<&str> {
    cause.attributes.iter().map(|attribute| set_and_name(attribute).0).find(|set| !set.is_empty())
}

/// An attribute's set (empty at the top) and its name there; a name with dots stands in quotes.
pub(in crate::report) fn set_and_name(attribute: &str) -> (&str, &str) {
    let dot = match attribute.strip_suffix('"').and_then(|open| open.rfind('"')) {
        Some(quote) => quote.checked_sub(1).filter(|at| attribute.as_bytes().get(*at) == Some(&b'.')),
        None => attribute.rfind('.'),
    };
    let parts = dot.and_then(|at| Some((attribute.get(..at)?, attribute.get(at + 1..)?)));
    parts.unwrap_or(("", attribute))
}

/// `name old → new`, the two names where they share none, or the one that there is.
pub(in crate::report) fn title(cause: &Cause) -> String {
    let name = cause.name.as_str();
    match cause.old_name.as_deref() {
        Some(old) if old != name => {
            let ((old_pname, before), (pname, after)) = (parse_drv_name(old), parse_drv_name(name));
            if old_pname == pname && !before.is_empty() && !after.is_empty() {
                return format!("{pname} {before} → {after}");
            }
            format!("{old} → {name}")
        }
        _ => name.to_owned(),
    }
}

/// A share, and where the style has it how much of all that is.
fn share_text(share: f64, whole: u64, style: Style) -> String {
    let count = match share {
        share if share > 0.0 && share < 0.05 => "< 0.1".to_owned(),
        share if (share - share.round()).abs() < 1e-6 => number(share.round() as u64),
        share => format!("{}{}", number(share.trunc() as u64), tenths(share)),
    };
    if whole == 0 || !style.percent { count } else { format!("{count} ({})", fraction(share, whole)) }
}

/// `.5` of 7.52. Rounds down, so that it never reaches the next number.
fn tenths(share: f64) -> String {
    format!(".{}", (share.fract() * 10.0) as u8)
}

impl Row<'_> {
    /// How many causes it has.
    pub(super) fn causes(&self) -> usize {
        self.causes.len()
    }

    /// The cells. Of several causes, what only one of them has is at least what only they have; what
    /// they share among themselves and with others is not known here.
    pub(super) fn cells(&self, report: &DiffReport, style: Style) -> Vec<String> {
        with_time(self.plain_cells(report, style), self.hours())
    }

    /// Its share of machine time, where costs are known.
    fn hours(&self) -> Option<f64> {
        let mut all = self.causes.iter().filter_map(|cause| cause.hours).map(|hours| hours.share).peekable();
        all.peek().is_some().then(|| all.sum())
    }

    fn plain_cells(&self, report: &DiffReport, style: Style) -> [String; 6] {
        let Some(first) = self.causes.first() else { return <[String; 6]>::default() };
        let exclusive: u64 = self.causes.iter().map(|cause| cause.exclusive).sum();
        let shared: u64 = self.causes.iter().map(|cause| cause.shared).sum();
        let exact = self.causes.len() == 1 || shared == 0;
        [
            self.cause(first, style),
            what(first, style),
            share_text(self.share, whole(report), style),
            match (exact, exclusive) {
                (true, _) => number(exclusive),
                // at least none says nothing
                (false, 0) => String::new(),
                (false, _) => format!("≥ {}", number(exclusive)),
            },
            if exact { number(shared) } else { String::new() },
            self.attributes(first, style),
        ]
    }

    fn cause(&self, first: &Cause, style: Style) -> String {
        let name = (style.name)(&title(first));
        match self.causes.len() - 1 {
            0 => name,
            more => format!("{name} and {} more with the same change", number(more as u64)),
        }
    }

    fn attributes(&self, first: &Cause, style: Style) -> String {
        let all: BTreeSet<&str> = self.causes.iter().flat_map(|cause| &cause.attributes).map(String::as_str).collect();
        if !all.is_empty() {
            return style.names(&Vec::from_iter(all), NAMES);
        }
        used_by(first, style).unwrap_or_default()
    }

    /// The first [`FEW`] cells, for little room: without the attributes, and with costs without what is shared.
    pub(super) fn short_cells(&self, report: &DiffReport, style: Style) -> Vec<String> {
        let mut cells = self.cells(report, style);
        cells.truncate(FEW);
        if self.causes.iter().all(|cause| cause.attributes.is_empty())
            && let Some(used_by) = self.causes.first().and_then(|first| used_by(first, style))
            && let Some(what) = cells.get_mut(1)
        {
            *what = format!("{what} ({used_by})");
        }
        cells
    }
}

/// What takes an edit without attributes.
fn used_by(cause: &Cause, style: Style) -> Option<String> {
    (!cause.used_by.is_empty()).then(|| format!("used by {}", style.names(&cause.used_by, NAMES)))
}

/// What shares add up to.
pub(super) fn whole(report: &DiffReport) -> u64 {
    match report.counted {
        Counted::Attributes => report.rebuilt.total,
        Counted::Derivations => report.derivations.total,
    }
}

/// The last row of a table that is cut: how many causes are not shown, and their share.
pub(super) fn rest(rows: &[Row<'_>], report: &DiffReport, style: Style) -> Vec<String> {
    let causes: usize = rows.iter().map(Row::causes).sum();
    let mut cells = <[String; 6]>::default();
    cells[0] = format!("… and {} more", number(causes as u64));
    cells[2] = share_text(rows.iter().map(|row| row.share).sum(), whole(report), style);
    with_time(cells, report.cost.as_ref().map(|_| rows.iter().filter_map(Row::hours).sum()))
}

/// The first changes, the most telling first; what the names tell already is left out.
fn what(cause: &Cause, style: Style) -> String {
    let told = title(cause);
    let telling: Vec<&String> = cause.what.iter().filter(|what| !repeats(what, &told)).collect();
    if telling.is_empty() && !cause.what.is_empty() {
        return "new version".to_owned();
    }
    let mut words: Vec<String> = telling.iter().take(CHANGES).map(|what| (style.words)(what)).collect();
    if telling.len() > CHANGES {
        words.push(format!("{} more", number((telling.len() - CHANGES) as u64)));
    }
    words.join("; ")
}

/// Whether a change is the one of the names: `version 1 → 2` and `source x-1.tar → x-2.tar` beside
/// `hello 1 → 2`.
fn repeats(what: &str, title: &str) -> bool {
    let Some((old, new)) = sides(title) else { return false };
    sides(what).is_some_and(|(before, after)| before.contains(old) && before.replace(old, new) == after)
}

/// The last word before the arrow, and all that stands after it.
fn sides(text: &str) -> Option<(&str, &str)> {
    let (before, after) = text.split_once(" → ")?;
    Some((before.rsplit(' ').next()?, after)).filter(|(before, _)| !before.is_empty())
}

#[cfg(test)]
mod tests {
    use super::super::style::MARKDOWN;
    use super::*;

    #[test]
    fn what_stands_in_the_place_of_what() {
        for (before, after, gone, come) in [
            (Some("cp a $out"), Some("cp -r a $out"), "", "-r "),
            (Some("aé b"), Some("aè b"), "é", "è"),
            (Some("aa"), Some("a"), "a", ""),
            (None, Some("x"), "", "x"),
            (Some("x"), Some("x"), "", ""),
            (None, None, "", ""),
        ] {
            let text = |text: Option<&str>| text.map(str::to_owned);
            let key = "installPhase".to_owned();
            let change = Change { kind: ChangeKind::Phase, key, before: text(before), after: text(after) };
            assert_eq!(replaced(&change), (gone, come), "{before:?} {after:?}");
        }
    }

    #[test]
    fn sets() {
        for (attribute, set, name) in [
            ("hello", "", "hello"),
            ("python3Packages.torch", "python3Packages", "torch"),
            ("a.b.c", "a.b", "c"),
            ("node.\"@a/b.c\"", "node", "\"@a/b.c\""),
            ("\"a.b\"", "", "\"a.b\""),
            ("\"a.b\".c", "\"a.b\"", "c"),
            ("\"", "", "\""),
            ("", "", ""),
        ] {
            assert_eq!(set_and_name(attribute), (set, name), "{attribute}");
        }
    }

    #[test]
    fn shares() {
        for (share, whole, text) in [
            (2.0, 4, "2 (50.0 %)"),
            (0.5, 4, "0.5 (12.5 %)"),
            (0.01, 400, "< 0.1 (< 0.1 %)"),
            (1234.96, 2000, "1,234.9 (61.7 %)"),
            (0.999_999_999, 4, "1 (25.0 %)"),
            (0.0, 0, "0"),
        ] {
            assert_eq!(share_text(share, whole, MARKDOWN), text);
        }
    }

    #[test]
    fn versions_are_told_once() {
        assert!(repeats("version 1 → 2", "hello 1 → 2"));
        assert!(repeats("source hello-1.tar.gz → hello-2.tar.gz", "hello 1 → 2"));
        assert!(!repeats("source hello-1.tar.gz → hello-2.tar.xz", "hello 1 → 2"));
        assert!(!repeats("version 1 → 2", "hello 1 → 2.1"));
        assert!(!repeats("input zlib removed", "hello 1 → 2"));
        assert!(!repeats("flag a → b", "a"));
    }
}
