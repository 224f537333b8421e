//! Reports that want to break out of a comment, or to be too long for one.

use super::tests::{cause, day, empty, person, text};
use super::*;
use crate::query::{
    Branch, ChangeKind, CostReport, Counted, CriticalPath, FailingAttribute, Heavyweight, Hours, HoursWeight,
    MachineTime, Named, OwnPullRequest, Redirected, Renamed, Root, SpuriousChanges, SpuriousInput, TimedBuild,
};
use crate::reach::{Savings, Treatment};
use crate::report::Format;
use crate::verdict::{Grade, Verdict};

/// What a comment may have: GitHub's 65,536 characters, less a line of a workflow's.
const LIMIT: usize = 65_000;

/// Bits of names and messages that mean something to markdown, to HTML, to GitHub or to a terminal.
const NASTY: [&str; 34] = [
    "|",
    "\\|",
    "\\",
    "`",
    "``",
    "```",
    "````\n",
    "\n",
    "\r\n",
    "\n\n",
    "<",
    "</details>",
    "<!--",
    "-->",
    "<script>",
    "@torvalds",
    "@NixOS/all ",
    "#1",
    "GH-1",
    "https://example.org",
    "www.example.org",
    "a@example.org",
    "[x](y)",
    "![",
    "**",
    "__",
    "~~~",
    "- ",
    "&lt;",
    "$x$",
    "é漢𝕏",
    "\u{202e}",
    "\u{1b}[2J",
    " ",
];

/// Numbers that look like chance, the same every time.
struct Chance(u64);

impl Chance {
    fn below(&mut self, end: usize) -> usize {
        self.0 = self.0.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        ((self.0 >> 33) as usize) % end
    }

    /// A text of so many bits.
    fn nasty(&mut self, bits: usize) -> String {
        let bit = |chance: &mut Self| match chance.below(3) {
            0 => format!("x{}", chance.below(1000)),
            _ => NASTY[chance.below(NASTY.len())].to_owned(),
        };
        (0..bits).map(|_| bit(self)).collect()
    }

    fn some(&mut self, count: usize, bits: usize) -> Vec<String> {
        (0..count).map(|_| self.nasty(bits)).collect()
    }
}

fn people(chance: &mut Chance, count: usize) -> People {
    let mut some =
        |sign: &str| (0..count).map(|at| person(&format!("{sign}{}", chance.nasty(4)), at as u64, 0)).collect();
    People { maintainers: some("@"), teams: some(""), owners: some("@x/"), without: 5 }
}

fn spurious(input: &str, consumer: &str) -> SpuriousInput {
    let node = |name: &str| Named { drv: String::new(), name: name.to_owned(), pname: String::new() };
    SpuriousInput {
        input: node(input),
        consumer: node(consumer),
        keys: Vec::new(),
        verdict: Verdict::TestOnly,
        grade: Some(Grade::Inferred),
        rule: Some("a-rule".to_owned()),
        remedy: Some(Treatment::Detach),
        saves: Some(Savings { builds: 1_234, ..Savings::default() }),
    }
}

fn cost(chance: &mut Chance, count: usize, bits: usize) -> CostReport {
    let time = MachineTime { total: 1e9, measured: 1.0, estimated: 1e9 - 1.0, measured_share: 1e-9 };
    let by_system = (0..count).map(|at| (chance.nasty(bits), at as f64)).collect();
    let build = |chance: &mut Chance, at: usize| TimedBuild {
        drv: chance.nasty(bits),
        name: chance.nasty(bits),
        system: chance.nasty(bits),
        hours: at as f64,
        measured: at.is_multiple_of(2),
    };
    let heavyweight = |chance: &mut Chance, at: usize| {
        let TimedBuild { drv, name, system, hours, measured } = build(chance, at);
        Heavyweight { drv, name, system, hours, share: 1.0 / at as f64, measured, bytes: Some(u64::MAX) }
    };
    CostReport {
        hours: Hours { time, by_system },
        bytes: Some(u64::MAX),
        bytes_measured: Some(1),
        download_bytes: Some(u64::MAX),
        critical_path: CriticalPath { hours: 9.0, chain: (0..count).map(|at| build(chance, at)).collect() },
        makespan: None,
        to_build: None,
        unbuildable: Vec::new(),
        heavyweights: (0..count).map(|at| heavyweight(chance, at)).collect(),
    }
}

/// A report with so many of everything, of names with so many bits.
fn monster(seed: u64, count: usize, bits: usize) -> DiffReport {
    let mut chance = Chance(seed);
    let mut report = empty();
    report.counted = Counted::Attributes;
    report.old.name = chance.nasty(bits * 10);
    report.rebuilt.list = (0..count).map(|at| format!("{}.{}{at}", chance.nasty(at % 3), chance.nasty(bits))).collect();
    report.rebuilt.total = count as u64;
    report.rebuilt.of = count as u64 * 2;
    for system in chance.some(count / 50, bits) {
        report.rebuilt.by_system.insert(system.clone(), 1);
        report.rebuilt.by_kernel.insert(system.clone(), 1);
        report.derivations.by_system.insert(system, 1);
    }
    report.labels = chance.some(count / 50, 3);
    report.branch = Some(Branch::MassRebuild);
    report.added = chance.some(count / 5, bits);
    report.removed = chance.some(count / 5, bits);
    report.renamed = (0..count / 10)
        .map(|_| Renamed { attribute: chance.nasty(bits), was: chance.some(7, bits), gone: chance.below(2) == 0 })
        .collect();
    report.failing = (0..count / 10)
        .map(|at| FailingAttribute {
            attribute: chance.nasty(bits),
            system: chance.nasty(2),
            error: chance.nasty(at % 400),
        })
        .collect();
    report.causes = (0..count / 50)
        .map(|at| {
            let kind = [ChangeKind::Version, ChangeKind::Flag, ChangeKind::New][at % 3];
            let what = chance.some(at % 6, bits);
            let what: Vec<&str> = what.iter().map(String::as_str).collect();
            let names = format!("{}>{}", chance.nasty(bits).replace('>', ""), chance.nasty(bits));
            let mut cause = cause(&names, kind, &what, "", (1.0 / at as f64, at as u64, 3));
            cause.attributes = chance.some(at % 4, bits);
            cause.used_by = chance.some(5, bits);
            cause.hours = (seed.is_multiple_of(2)).then(|| HoursWeight { share: at as f64, ..HoursWeight::default() });
            cause
        })
        .collect();
    report.judgement.own_pull_request =
        Some(OwnPullRequest { cause: 0, alone: 9, rest: 1, rest_branch: Some(Branch::Ok) });
    report.judgement.roots = (0..count / 50)
        .map(|_| Root {
            drv: chance.nasty(3),
            name: chance.nasty(bits),
            taken_by: chance.some(5, bits),
            before: 1,
            after: 2,
        })
        .collect();
    report.redirected = (0..count / 50)
        .map(|_| Redirected {
            attributes: chance.some(7, bits),
            before: chance.nasty(bits),
            after: chance.nasty(bits),
            causes: vec![0, 1],
            alone: 2,
        })
        .collect();
    report.cost = (seed.is_multiple_of(2)).then(|| cost(&mut chance, count / 50, bits));
    let mut some = || (0..count / 50).map(|_| spurious(&chance.nasty(bits), &chance.nasty(bits))).collect();
    report.spurious = Some(SpuriousChanges { added: some(), removed: some(), open: 3 });
    report.people = Some(people(&mut chance, count / 10));
    report.notes = chance.some(count / 50, bits * 5);
    report
}

/// A line without its code spans, as markdown finds them: a run of backticks is closed by the next one
/// of the same length.
fn without_code(line: &str) -> String {
    let mut rest = line;
    let mut outside = String::new();
    while let Some(at) = rest.find('`') {
        outside.push_str(&rest[..at]);
        let open = rest[at..].bytes().take_while(|byte| *byte == b'`').count();
        let after = &rest[at + open..];
        let runs = after.match_indices('`').map(|(start, _)| start);
        let close = runs.into_iter().find(|start| {
            let run = after[*start..].bytes().take_while(|byte| *byte == b'`').count();
            run == open && !after[..*start].ends_with('`')
        });
        let close = close.unwrap_or_else(|| panic!("a code span is not closed: {line}"));
        outside.push('\u{1}');
        rest = &after[close + open..];
    }
    outside.push_str(rest);
    outside
}

/// What markup is left of a line is the report's own.
fn check_inline(line: &str, mention: bool) {
    // a code element keeps references from being found
    let mut text = without_code(line);
    while let Some((before, after)) = text.split_once("<code>") {
        let (inside, after) = after.split_once("</code>").unwrap();
        assert!(!inside.contains(['<', '>', '`', '|', '*', '_', '[', ':', '.', '@']), "{line}");
        text = format!("{before}\u{1}{after}");
    }
    for own in ["<details>", "</details>", "<summary>", "</summary>", "< 0.1"] {
        text = text.replace(own, "");
    }
    let text = text.replace("**", "");
    assert!(!text.contains(['<', '>', '[', ']', '\\', '`', '*', '_', '~', '$', '\u{1b}', '\u{202e}']), "{line}");
    let entity =
        |at: usize| text[at..].starts_with("&#") && text[at + 2..].split(';').next().unwrap().parse::<u32>().is_ok();
    for (at, _) in text.match_indices('&') {
        assert!(entity(at), "{line}");
    }
    assert!(text.match_indices('#').all(|(at, _)| at > 0 && entity(at - 1)), "{line}");
    // as it is shown, when mentions and addresses are looked for
    let mut shown = String::new();
    for (at, part) in text.split("&#").enumerate() {
        let (number, rest) = if at == 0 { ("", part) } else { part.split_once(';').unwrap() };
        shown.extend(number.parse().ok().and_then(char::from_u32));
        shown.push_str(rest);
    }
    for mark in ["@", "#", "://", "www.", "GH-"] {
        for (at, _) in shown.match_indices(mark) {
            let next = shown[at + mark.len()..].chars().next();
            let bare = next.is_some_and(|next| next.is_ascii_alphanumeric());
            let handle = shown[..at + 1].rsplit(' ').next().is_some_and(|word| word.starts_with('@'));
            assert!(!bare || (mention && handle), "{mark} in {line}");
        }
    }
}

/// A comment is one: it fits, its tables have whole rows, and what is opened is closed.
fn check(page: &DiffPage<'_>) -> String {
    let comment = text(page, Format::Markdown, None);
    assert!(comment.len() < LIMIT && comment.chars().count() < LIMIT, "{} bytes", comment.len());
    assert_eq!(comment, text(page, Format::Markdown, None));
    let (mut fence, mut folded, mut cells) = (None::<usize>, false, None::<usize>);
    for line in comment.lines() {
        if let Some(open) = fence {
            // a closing fence is as long as the opening one, or longer
            if line.len() >= open && line.bytes().all(|byte| byte == b'`') {
                fence = None;
            }
            continue;
        }
        // with a backtick after the run, it is a code span that begins the line
        if line.starts_with("```") && !line.trim_start_matches('`').contains('`') {
            fence = Some(line.bytes().take_while(|byte| *byte == b'`').count());
            assert_eq!(line.trim_start_matches('`'), "text");
            continue;
        }
        if line.starts_with('|') {
            // where a bar parts cells, no code span keeps it from that
            let count = line.matches('|').count();
            assert_eq!(*cells.get_or_insert(count), count, "{line}");
        } else {
            cells = None;
            assert!(!without_code(line).contains('|'), "{line}");
        }
        match line {
            "</details>" => assert!(std::mem::take(&mut folded), "a part is closed twice"),
            _ if line.starts_with("<details>") => assert!(!std::mem::replace(&mut folded, true), "parts nest: {line}"),
            _ => assert!(!without_code(line).contains("details>"), "{line}"),
        }
        check_inline(line, page.mention);
    }
    assert_eq!((fence, folded), (None, false), "something is left open");
    comment
}

#[test]
fn comments_hold() {
    for seed in 0..6 {
        for (count, bits) in [(0, 0), (60, 1), (400, 3), (3_000, 2), (1_000, 40), (300, 300)] {
            let report = monster(seed, count, bits);
            for mention in [false, true] {
                check(&DiffPage { report: &report, causes: None, mention, built: &[], owners: None });
            }
            check(&DiffPage::new(&report));
        }
    }
    check(&DiffPage::new(&day()));
    check(&DiffPage::new(&empty()));
}

#[test]
fn a_hundred_thousand_attributes() {
    let report = monster(1, 100_000, 2);
    let comment = check(&DiffPage { report: &report, causes: None, mention: false, built: &[], owners: None });
    // it is used: what is cut is cut because there is no room
    assert!(comment.len() > 60_000, "{} bytes", comment.len());
    for part in [
        "rebuilt: 100,000 attributes",
        "newly failing: ",
        "added: 20,000",
        "removed: 20,000",
        "renamed",
        "people",
        "spurious inputs added: 2,000",
    ] {
        assert!(comment.contains(&format!("<summary>{part}")), "{part}");
    }
    for format in [Format::Table, Format::Csv] {
        let whole = text(&DiffPage::new(&report), format, Some(100));
        assert!(!whole.contains(['\u{1b}', '\u{202e}']) || format == Format::Csv);
    }
}

#[test]
fn the_least_telling_is_cut_first() {
    let mut report = day();
    report.rebuilt.list = (0..100_000).map(|at| format!("set{}.package-{at}", at % 7)).collect();
    let comment = check(&DiffPage::new(&report));
    let before = text(&DiffPage::new(&day()), Format::Markdown, None);
    // all that stands before and after the list stands as it did
    let (start, _) = before.split_once("<details><summary>rebuilt").unwrap();
    let (_, end) = before.split_once("<details><summary>newly").unwrap();
    assert!(comment.starts_with(start) && comment.ends_with(end));
    let lines: Vec<&str> = comment.lines().filter(|line| line.starts_with("- `set")).collect();
    assert_eq!(lines.len(), 7);
    for line in lines {
        assert!(
            line.matches("package-").count() > 200 && line.contains("… and 14,") || line.contains("… and 13,"),
            "{line}"
        );
    }
    assert!(comment.len() > 64_000, "{} bytes", comment.len());
}

#[test]
fn people_are_told_only_when_asked() {
    let mut day = day();
    let page = DiffPage::new(&day);
    assert!(text(&page, Format::Markdown, None).contains("| `@few` |"));
    assert!(text(&DiffPage { mention: true, ..page }, Format::Markdown, None).contains("| @few |"));
    // what is no handle is never written bare
    for name in ["@a b", "@a|b", "@", "@-a", "@a/b/c", "@é", "Some One", "@a\n", "@a<b>", "@a/"] {
        day.people = Some(People { maintainers: vec![person(name, 1, 0)], ..People::default() });
        let comment = check(&DiffPage { report: &day, causes: None, mention: true, built: &[], owners: None });
        assert!(!comment.contains(&format!("| {name} |")), "{name}");
    }
}
