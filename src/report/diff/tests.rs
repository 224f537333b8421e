//! Reports made by hand: one as of a real day, and some that no day will bring.

use std::collections::BTreeMap;

use super::*;
use crate::query::{
    Branch, Cause, CauseKind, Change, ChangeKind, Counted, DiffCounts, DistanceCount, FailingAttribute, Judgement,
    OwnPullRequest, RebuiltCounts, Redirected, Renamed, Root, Side, Weight,
};
use crate::reach::Savings;
use crate::report::{Format, render};
use crate::verdict::Grade;

fn strings(words: &str) -> Vec<String> {
    words.split_whitespace().map(str::to_owned).collect()
}

pub(super) fn text(page: &DiffPage<'_>, format: Format, width: Option<u16>) -> String {
    let mut out = Vec::new();
    render(page, format, Layout { width, ..Layout::default() }, &mut out).unwrap();
    String::from_utf8(out).unwrap()
}

/// `old>new` or `new`; what changed, with its kind; attributes; share, exclusive and shared.
pub(super) fn cause(
    names: &str,
    kind: ChangeKind,
    what: &[&str],
    attributes: &str,
    (share, exclusive, shared): (f64, u64, u64),
) -> Cause {
    let (old, name) = names.split_once('>').map_or((None, names), |(old, new)| (Some(old.to_owned()), new));
    let path = |name: &str| format!("/nix/store/00000000000000000000000000000000-{name}.drv");
    let change = |what: &&str| Change { kind, key: (*what).to_owned(), before: None, after: None };
    Cause {
        hours: None,
        drv: path(name),
        name: name.to_owned(),
        old_drv: old.as_deref().map(path),
        old_name: old,
        kind: if kind == ChangeKind::New { CauseKind::Added } else { CauseKind::Recipe },
        derivations: vec![path(name)],
        attributes: strings(attributes),
        used_by: Vec::new(),
        what: what.iter().map(|what| (*what).to_owned()).collect(),
        changes: what.iter().map(change).collect(),
        exclusive,
        shared,
        share,
        built: Weight { exclusive, shared, share },
        by_distance: vec![DistanceCount { distance: 0, derivations: 1 }],
    }
}

fn side(name: &str, failed: u64) -> Side {
    Side { name: name.to_owned(), derivations: 44_640, attributes: 16_108, failed }
}

pub(super) fn empty() -> DiffReport {
    DiffReport {
        cost: None,
        version: 1,
        old: side("old.ripple", 0),
        new: side("new.ripple", 0),
        rebuilt: RebuiltCounts::default(),
        changed: Vec::new(),
        added: Vec::new(),
        removed: Vec::new(),
        renamed: Vec::new(),
        failing: Vec::new(),
        derivations: DiffCounts::default(),
        labels: Vec::new(),
        branch: None,
        counted: Counted::Derivations,
        causes: Vec::new(),
        redirected: Vec::new(),
        needless: BTreeMap::new(),
        judgement: Judgement::default(),
        spurious: None,
        people: None,
        notes: Vec::new(),
    }
}

pub(super) fn person(name: &str, rebuilt: u64, edited: u64) -> Person {
    Person { name: name.to_owned(), rebuilt, edited }
}

/// A day on which nearly everything happens.
pub(super) fn day() -> DiffReport {
    use ChangeKind::{Flag, InputRemoved, New, Source, Version};
    let mut causes = vec![
        cause(
            "wesnoth-1.12>wesnoth-1.14",
            Version,
            &["version 1.12 → 1.14", "source"],
            "wesnoth wesnoth-dev",
            (500.5, 500, 1),
        ),
        cause("python3.6-x-1.0>python3.6-x-1.1", Version, &["version 1.0 → 1.1"], "python36Packages.x", (20.0, 18, 4)),
        cause("python2.7-x-1.0>python2.7-x-1.1", Version, &["version 1.0 → 1.1"], "python27Packages.x", (10.0, 10, 0)),
        // the same words by chance
        cause("other-1.0>other-1.1", Version, &["version 1.0 → 1.1"], "other", (9.0, 9, 0)),
    ];
    for name in ["kate", "dolphin", "okular"] {
        let names = format!("{name}-18.04.0>{name}-18.04.1");
        causes.push(cause(
            &names,
            Version,
            &["version 18.04.0 → 18.04.1", "source"],
            &format!("kdeApplications.{name} {name}"),
            (2.0, 2, 0),
        ));
    }
    for name in ["a", "b", "c", "d"] {
        let names = format!("{name}-1>{name}-1");
        causes.push(cause(&names, InputRemoved, &["input hook removed (nativeBuildInputs)"], name, (1.5, 1, 1)));
    }
    causes.push(cause("new-tool-0.1", New, &["new"], "new-tool", (1.0, 1, 0)));
    let mut stage = cause(
        "glibc-2.26>glibc-2.26",
        Flag,
        &["configureFlags: --enable-x added", "patch y.patch added", "postInstall", "NIX_CFLAGS"],
        "",
        (0.5, 0, 1),
    );
    stage.used_by = strings("stdenv gcc bash");
    causes.push(stage);
    causes.push(cause("src.tar.gz>src.tar.gz", Source, &["hash"], "", (0.02, 0, 1)));
    let list = strings(
        "a alias b c d dolphin kate new-tool okular other python27Packages.x python36Packages.x python36Packages.y wesnoth wesnoth-dev",
    );
    DiffReport {
        rebuilt: RebuiltCounts {
            total: 553,
            of: 16_109,
            by_system: BTreeMap::from([("aarch64-linux".to_owned(), 10), ("x86_64-linux".to_owned(), 553)]),
            by_kernel: BTreeMap::from([("linux".to_owned(), 553)]),
            list: list.clone(),
        },
        new: side("new.ripple", 2),
        changed: list,
        added: strings("new-tool"),
        removed: strings("old-tool older-tool"),
        renamed: vec![
            Renamed { attribute: "alias".to_owned(), was: strings("wesnoth"), gone: false },
            Renamed { attribute: "later".to_owned(), was: strings("sooner soonest"), gone: true },
        ],
        failing: ["aarch64-linux", "x86_64-linux"]
            .map(|system| FailingAttribute {
                attribute: "broken".to_owned(),
                system: system.to_owned(),
                error: "error:\n       … while evaluating\n\n       error: Package ‘broken-1’ is marked as broken\n```\n@someone".to_owned(),
            })
            .to_vec(),
        derivations: DiffCounts {
            total: 410,
            of: 19_914,
            by_system: BTreeMap::from([("aarch64-linux".to_owned(), 12), ("x86_64-linux".to_owned(), 398)]),
            fetched: 12,
            added: 15,
            removed: 3,
        },
        labels: strings("10.rebuild-darwin:0 10.rebuild-linux:501+ 10.rebuild-linux:501-1000"),
        branch: Some(Branch::PossibleMassRebuild),
        counted: Counted::Attributes,
        causes,
        redirected: vec![Redirected {
            attributes: strings("python3 python3Packages.*"),
            before: "python3-3.6.5".to_owned(),
            after: "python3-3.7.0".to_owned(),
            causes: vec![1, 2],
            alone: 28,
        }],
        needless: BTreeMap::from([
            (Grade::Suspected, Savings { builds: 9, attributes: 8, wrappers_added: 1, test_builds_added: 2, ..Savings::default() }),
            (Grade::Inferred, Savings { builds: 4, attributes: 4, wrappers_added: 0, test_builds_added: 1, ..Savings::default() }),
            (Grade::Proven, Savings::default()),
        ]),
        judgement: Judgement {
            own_pull_request: Some(OwnPullRequest { cause: 0, alone: 500, rest: 53, rest_branch: Some(Branch::Ok) }),
            roots: vec![Root {
                drv: "/nix/store/00000000000000000000000000000000-boost-1.66.drv".to_owned(),
                name: "boost-1.66".to_owned(),
                taken_by: strings("wesnoth-1.14"),
                before: 200,
                after: 512,
            }],
        },
        people: Some(People {
            maintainers: vec![person("@few", 2, 2), person("@many", 300, 0), person("Some One", 1, 0)],
            teams: vec![person("Games", 301, 2)],
            owners: vec![person("games", 301, 1), person("@NixOS/python", 12, 0), person("kde", 3, 0)],
            without: 7,
        }),
        notes: vec!["no evidence speaks of aarch64-linux: what is needless there is not counted".to_owned()],
        ..empty()
    }
}

#[test]
fn a_day_reads_so() {
    let day = day();
    let page = DiffPage::new(&day);
    insta::assert_snapshot!("day.table", text(&page, Format::Table, None));
    insta::assert_snapshot!("day.table-80", text(&page, Format::Table, Some(80)));
    insta::assert_snapshot!("day.table-100", text(&page, Format::Table, Some(100)));
    insta::assert_snapshot!("day.markdown", text(&page, Format::Markdown, None));
    insta::assert_snapshot!("day.csv", text(&page, Format::Csv, None));
    let few = DiffPage { causes: Some(2), mention: true, ..page };
    insta::assert_snapshot!("few.table-120", text(&few, Format::Table, Some(120)));
    let all = text(&DiffPage { causes: None, ..page }, Format::Table, None);
    assert!(!all.contains("\n … and"), "{all}");
    // the report itself is shown as its page is
    let mut out = Vec::new();
    day.markdown(&mut out).unwrap();
    assert_eq!(String::from_utf8(out).unwrap(), text(&page, Format::Markdown, None));
}

/// The causes of rows, each row's joined.
fn rows_of(causes: Vec<Cause>) -> Vec<String> {
    let report = DiffReport { causes, ..day() };
    let rows = causes::rows(&report);
    rows.iter().map(|row| format!("{} x{}", row.cells(&report, PLAIN)[0], row.causes())).collect()
}

#[test]
fn at_least_none_is_not_told() {
    let one = |names: &str, counts| cause(names, ChangeKind::InputAdded, &["input"], "", counts);
    let only = |counts: [(f64, u64, u64); 2]| {
        let report = DiffReport { causes: vec![one("a-1>a-1", counts[0]), one("b-1>b-1", counts[1])], ..day() };
        let [row] = &causes::rows(&report)[..] else { panic!("one row") };
        row.cells(&report, PLAIN)[3..5].join("|")
    };
    assert_eq!(only([(2.0, 1, 2), (2.0, 0, 3)]), "≥ 1|");
    assert_eq!(only([(1.0, 0, 2), (1.0, 0, 2)]), "|");
    assert_eq!(only([(0.0, 0, 0), (0.0, 0, 0)]), "0|0");
}

#[test]
fn alike_is_what_reads_alike() {
    use ChangeKind::{InputAdded, New, Unknown, Version};
    let one =
        |names: &str, kind, what: &[&str], attributes: &str, share| cause(names, kind, what, attributes, (share, 1, 0));
    // for two interpreters, whose packages are named after them
    let of = |python: &str, pytest: &str| {
        let what =
            [format!("input added: {python}-mock-1 (buildInputs)"), format!("input moved: {pytest} from a to b")];
        one(&format!("{python}-x-1>{python}-x-1"), InputAdded, &[&what[0], &what[1]], "", 1.0)
    };
    assert_eq!(
        rows_of(vec![of("python2.7", "python-2.7.14"), of("python3.6", "python3-3.6.5")]),
        ["python2.7-x-1 and 1 more with the same change x2"]
    );
    // two packages that lost the same input are alike, two that got the same version are not
    let other = |kind, what: &str| {
        rows_of(vec![one("a-1>a-2", kind, &[what], "s.a", 1.0), one("b-1>b-2", kind, &[what], "s.b", 1.0)]).len()
    };
    assert_eq!((other(InputAdded, "input"), other(Version, "version 1 → 2"), other(New, "new")), (1, 2, 2));
    // three of one set are
    let set_of = |kind, what: &str, sets: [&str; 3]| {
        let names = ["a-1>a-2", "b-1>b-2", "c-1>c-2"];
        rows_of(std::iter::zip(names, sets).map(|(names, set)| one(names, kind, &[what], set, 1.0)).collect())
    };
    let set = |sets: [&str; 3]| set_of(Version, "version 1 → 2", sets);
    assert_eq!(set(["s.a", "s.b", "s.c"]), ["a 1 → 2 and 2 more with the same change x3"]);
    assert_eq!(set(["s.a", "s.b", "t.c"]).len(), 3);
    assert_eq!(set(["a", "b", "c"]).len(), 3);
    // of what nobody knows, nobody knows that it is the same
    assert_eq!(set_of(Unknown, "something", ["s.a", "s.b", "s.c"]).len(), 3);
    let phases = |texts: [(&str, &str); 2]| {
        let phase = |(name, (before, after)): (&str, (&str, &str))| {
            let mut cause = one(name, ChangeKind::Phase, &["installPhase changed"], "", 1.0);
            cause.changes[0].key = "installPhase".to_owned();
            cause.changes[0].before = Some(before.to_owned());
            cause.changes[0].after = Some(after.to_owned());
            cause
        };
        rows_of(std::iter::zip(["a-1", "b-1"], texts).map(phase).collect()).len()
    };
    // the same edit of two texts, two edits, and what is cut off before it differs
    assert_eq!(phases([("cp a x", "cp -r a x"), ("cp b x", "cp -r b x")]), 1);
    assert_eq!(phases([("cp a x", "cp -r a x"), ("make", "ninja")]), 2);
    assert_eq!(phases([("long…", "long…"), ("long…", "long…")]), 2);
    let untold = |python: &str| one(&format!("{python}-x-1>{python}-x-1"), Unknown, &["something"], "", 1.0);
    assert_eq!(rows_of(vec![untold("python2.7"), untold("python3.6")]).len(), 2);
    // their shares are added, and put them in their place
    let rows = rows_of(vec![
        one("big-1>big-1", InputAdded, &["one"], "", 5.0),
        one("x-1>x-1", InputAdded, &["many"], "", 3.0),
        one("y-1>y-1", InputAdded, &["many"], "", 3.0),
    ]);
    assert_eq!(rows, ["x-1 and 1 more with the same change x2", "big-1 x1"]);
}
