//! A comment on a pull request. It always fits: each part has a budget, and what is left of all goes
//! to the list of rebuilt attributes, which tells the least.

use std::collections::BTreeMap;

use super::causes::{self, columns, rest};
use super::sentences::{failing, renamed, telling};
use super::style::{MARKDOWN, and_more};
use super::{DiffPage, PEOPLE, groups, people_lines, person_cells, person_columns, rebuilt, spurious};
use crate::query::{CostReport, DiffReport, People, Renamed};
use crate::report::cost::HEAVYWEIGHTS;
use crate::report::markdown::{COMMENT, code, details, fenced, heading, prose, row, within};
use crate::report::table::counted;
use crate::report::words::verdict;

/// Bytes of the parts. Together with what stands around them they leave a fifth of the comment to the
/// rebuilt attributes at least; a test feeds more than fits.
mod budget {
    pub(super) const HEAD: usize = 5_000;
    pub(super) const CAUSES: usize = 16_000;
    pub(super) const NOTES: usize = 3_000;
    pub(super) const FAILING: usize = 8_000;
    pub(super) const HEAVYWEIGHTS: usize = 1_500;
    pub(super) const PEOPLE: usize = 2_000;
    pub(super) const NAMES: usize = 2_000;
}

/// How many bytes of one message of Nix are shown.
const MESSAGE: usize = 1_500;

/// How many bytes of a sentence are shown.
const SENTENCE: usize = 600;

pub(super) fn comment(page: &DiffPage<'_>) -> String {
    let report = page.report;
    let head = [head(report), cause_table(page), notes(report)];
    let needless = report.needless_lines();
    let spurious: Vec<(String, Vec<String>)> =
        report.spurious.iter().flat_map(|changes| spurious::parts(changes, MARKDOWN)).collect();
    let spurious = spurious.iter().map(|(heading, lines)| details(heading, &bullets(lines, budget::NAMES)));
    let spurious: Vec<String> = spurious.collect();
    let folded = [
        failing_part(report),
        report.cost.as_ref().and_then(heavyweights),
        names("added", &report.added),
        names("removed", &report.removed),
        renamed_part(&report.renamed),
        (!needless.is_empty()).then(|| details("needless rebuilds", &bullets(&needless, budget::NAMES))),
        (!spurious.is_empty()).then(|| spurious.join("\n\n")),
        report.people.as_ref().and_then(|people| people_part(people, page.mention)),
    ];
    let before = head.into_iter().flatten().collect::<Vec<_>>().join("\n\n");
    let after = folded.into_iter().flatten().collect::<Vec<_>>().join("\n\n");
    let mut parts = vec![before];
    let used: usize = parts.iter().map(String::len).sum::<usize>() + after.len();
    parts.extend(rebuilt::part(&report.rebuilt.list, COMMENT.saturating_sub(used)));
    if !after.is_empty() {
        parts.push(after);
    }
    let mut text = parts.join("\n\n");
    text.push('\n');
    text
}

/// Lines as a list.
fn bullets(lines: &[String], budget: usize) -> String {
    let items = lines.iter().map(|line| format!("- {line}"));
    within((items, lines.len()), "\n", budget, |shown| format!("- {}", and_more(lines.len() - shown)))
}

fn head(report: &DiffReport) -> Option<String> {
    let mut lines = vec![report.sides(MARKDOWN)];
    lines.extend(report.counts(MARKDOWN));
    let costs = report.cost.iter().flat_map(CostReport::lines);
    lines.extend(costs.map(|line| prose(line.trim_start(), SENTENCE)));
    if let Some(branch) = report.branch {
        lines.push(format!("labels: {}", listed(&report.labels, |label| code(label))));
        lines.push(format!("branch: **{}**", verdict(branch)));
    }
    lines.extend(report.judgement(MARKDOWN));
    Some(format!("**{}**\n\n{}", report.headline(MARKDOWN), bullets(&lines, budget::HEAD)))
}

fn cause_table(page: &DiffPage<'_>) -> Option<String> {
    let all = causes::rows(page.report);
    if all.is_empty() {
        return None;
    }
    let most = page.causes.unwrap_or(usize::MAX).min(all.len());
    let rest = |shown: usize| row(&rest(all.get(shown..).unwrap_or_default(), page.report, MARKDOWN));
    let shown = all.iter().take(most).map(|one| row(&one.cells(page.report, MARKDOWN)));
    let last = (most < all.len()).then(|| rest(most));
    let count = most + usize::from(last.is_some());
    Some(format!(
        "{}\n{}",
        heading(&columns(page.report)),
        within((shown.chain(last), count), "\n", budget::CAUSES, rest)
    ))
}

/// The builds that take longest.
fn heavyweights(cost: &CostReport) -> Option<String> {
    let all: Vec<[String; 5]> = cost.heavyweight_rows().collect();
    let more = |shown: usize| row(&[and_more(all.len() - shown).as_str(), "", "", "", ""]);
    let shown = all.iter().map(|[name, system, time, share, known]| {
        row(&[code(name), code(system), time.clone(), share.clone(), known.clone()])
    });
    let rows = within((shown, all.len()), "\n", budget::HEAVYWEIGHTS, more);
    (!all.is_empty()).then(|| details("builds that take longest", &format!("{}\n{rows}", heading(&HEAVYWEIGHTS))))
}

fn notes(report: &DiffReport) -> Option<String> {
    let notes: Vec<String> = report.notes.iter().map(|note| format!("note: {}", prose(note, SENTENCE))).collect();
    (!notes.is_empty()).then(|| bullets(&notes, budget::NOTES))
}

/// Failing attributes with Nix's messages, each message once.
fn failing_part(report: &DiffReport) -> Option<String> {
    let failing = failing(&report.failing);
    let mut messages: BTreeMap<&str, Vec<String>> = BTreeMap::new();
    let mut order: Vec<&str> = Vec::new();
    for (attribute, systems, error) in &failing {
        let on = if systems.is_empty() { String::new() } else { format!(" ({})", MARKDOWN.names(systems, 8)) };
        let attributes = messages.entry(error).or_insert_with(|| {
            order.push(error);
            Vec::new()
        });
        attributes.push(format!("{}{on}", code(attribute)));
    }
    let blocks = order.iter().filter_map(|error| Some((error, messages.get(error)?))).map(|(error, attributes)| {
        let names = listed(attributes, String::clone);
        let error = if error.trim().is_empty() { "no message" } else { error };
        format!("{names}:\n\n{}", fenced(shortened(error), MESSAGE))
    });
    let more = |shown: usize| format!("{} messages", and_more(order.len() - shown));
    let text = within((blocks, order.len()), "\n\n", budget::FAILING, more);
    (!failing.is_empty()).then(|| {
        let count = counted(failing.len() as u64, "attribute");
        details(&format!("newly failing: {count}"), &text)
    })
}

/// A message that is too long from the line on that tells what is wrong, if that is not its end.
fn shortened(error: &str) -> &str {
    if error.len() <= MESSAGE {
        return error;
    }
    let line = telling(error);
    error.find(line).and_then(|at| error.get(at..)).unwrap_or(error)
}

fn names(what: &str, names: &[String]) -> Option<String> {
    let summary = format!("{what}: {}", counted(names.len() as u64, "attribute"));
    (!names.is_empty()).then(|| details(&summary, &listed(names, |name| code(name))))
}

fn renamed_part(all: &[Renamed]) -> Option<String> {
    let summary = format!("renamed, not rebuilt: {}", counted(all.len() as u64, "attribute"));
    (!all.is_empty()).then(|| details(&summary, &listed(all, |one| renamed(one, MARKDOWN))))
}

/// What is listed in a line.
fn listed<T>(all: &[T], text: impl Fn(&T) -> String) -> String {
    within((all.iter().map(text), all.len()), ", ", budget::NAMES, |shown| and_more(all.len() - shown))
}

fn people_part(people: &People, mention: bool) -> Option<String> {
    let name = |name: &str| if mention && is_handle(name) { name.to_owned() } else { code(name) };
    let mut parts: Vec<String> = groups(people)
        .map(|(what, all)| {
            let more = |shown: usize| row(&[and_more(all.len() - shown).as_str(), "", ""]);
            let shown = all.iter().take(PEOPLE).map(|one| row(&person_cells(one, name)));
            let last = (all.len() > PEOPLE).then(|| more(PEOPLE));
            let count = all.len().min(PEOPLE) + usize::from(last.is_some());
            let rows = within((shown.chain(last), count), "\n", budget::PEOPLE, more);
            format!("{}\n{rows}", heading(&person_columns(what)))
        })
        .collect();
    let lines = people_lines(people, MARKDOWN);
    if !lines.is_empty() {
        parts.push(bullets(&lines, budget::PEOPLE));
    }
    (!parts.is_empty()).then(|| details("people", &parts.join("\n\n")))
}

/// `@name` or `@organisation/team`, as GitHub allows them: anything else is never written bare.
fn is_handle(name: &str) -> bool {
    let Some(handle) = name.strip_prefix('@') else { return false };
    let word = |word: &str| {
        (1..=100).contains(&word.len())
            && word.starts_with(|c: char| c.is_ascii_alphanumeric())
            && word.bytes().all(|byte| byte.is_ascii_alphanumeric() || byte == b'-')
    };
    match handle.split_once('/') {
        Some((organisation, team)) => word(organisation) && word(team),
        None => word(handle),
    }
}
