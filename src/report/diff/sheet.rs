//! A row for each attribute, for spreadsheets.

use std::collections::{BTreeMap, BTreeSet};
use std::io::{self, Write};

use super::causes::{set_and_name, title};
use super::sentences::telling;
use crate::query::DiffReport;
use crate::report::rows::Rows;

/// What is said of an attribute.
#[derive(Default)]
pub(in crate::report) struct Said<'r> {
    failing: bool,
    added: bool,
    removed: bool,
    renamed: bool,
    rebuilt: bool,
    changed: bool,
    /// The causes that it is an attribute of.
    pub(in crate::report) causes: Vec<String>,
    /// Its old names, where it is renamed.
    pub(in crate::report) was: Vec<&'r str>,
    /// The systems for which it fails.
    pub(in crate::report) failing_on: BTreeSet<&'r str>,
    /// What Nix says of that.
    pub(in crate::report) errors: BTreeSet<&'r str>,
}

impl Said<'_> {
    /// The most telling word.
    pub(in crate::report) fn status(&self) -> &'static str {
        match self {
            Self { failing: true, .. } => "failing",
            Self { renamed: true, .. } => "renamed",
            Self { added: true, .. } => "added",
            Self { removed: true, .. } => "removed",
            Self { rebuilt: true, .. } => "rebuilt",
            Self { changed: true, .. } => "changed",
            _ => "edited",
        }
    }
}

/// What is said of each attribute of which anything is said, by name. O(attributes · log).
pub(in crate::report) fn said(report: &DiffReport) -> BTreeMap<&str, Said<'_>> {
    let mut all: BTreeMap<&str, Said<'_>> = BTreeMap::new();
    for (names, mark) in [
        (&report.rebuilt.list, (|said| said.rebuilt = true) as fn(&mut Said<'_>)),
        (&report.changed, |said| said.changed = true),
        (&report.added, |said| said.added = true),
        (&report.removed, |said| said.removed = true),
    ] {
        for name in names {
            mark(all.entry(name).or_default());
        }
    }
    for renamed in &report.renamed {
        let said = all.entry(&renamed.attribute).or_default();
        said.renamed = true;
        said.was.extend(renamed.was.iter().map(String::as_str));
    }
    for failing in &report.failing {
        let said = all.entry(&failing.attribute).or_default();
        said.failing = true;
        said.failing_on.insert(&failing.system);
        said.errors.insert(telling(&failing.error));
    }
    for cause in &report.causes {
        for attribute in &cause.attributes {
            all.entry(attribute).or_default().causes.push(title(cause));
        }
    }
    all
}

/// The columns: the attribute; the set that it is in; `status` (the most telling of failing, renamed,
/// added, removed, rebuilt, changed, edited); whether it is rebuilt, and changed; the causes that it
/// is an attribute of; the old names where it is renamed; where it fails, and with what line.
pub(super) fn write(report: &DiffReport, out: &mut dyn Write) -> io::Result<()> {
    let mut rows = Rows::new(out);
    rows.row(["attribute", "set", "status", "rebuilt", "changed", "cause", "was", "failing_on", "error"])?;
    let truth = |is: bool| if is { "true" } else { "false" };
    for (attribute, said) in said(report) {
        rows.row([
            attribute,
            set_and_name(attribute).0,
            said.status(),
            truth(said.rebuilt),
            truth(said.changed),
            &said.causes.join("; "),
            &said.was.join(" "),
            &joined(&said.failing_on, " "),
            &joined(&said.errors, "; "),
        ])?;
    }
    rows.finish()
}

fn joined(words: &BTreeSet<&str>, between: &str) -> String {
    words.iter().copied().collect::<Vec<_>>().join(between)
}
