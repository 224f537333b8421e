//! The page of `diff`.

use super::cell::{Cell, Kind};
use super::cost::cost_facts;
use super::heavy::heavyweights_section;
use super::impact::count_fact;
use super::page::{Fact, Page, Pictured, Section};
use super::picture::{Bars, Measure, Picture, Series};
use super::rebuilt::{rebuilt_section, set_of};
use super::table::{Column, Table};
use crate::query::{Cause, CauseKind, Counted, DiffReport, Person, Root, SpuriousChanges, SpuriousInput};
use crate::report::DiffPage;
use crate::report::diff::{said, title};
use crate::report::spurious::remedy;
use crate::report::table::{counted, number};
use crate::report::words::share_of;

/// How many changes of a cause are told.
const CHANGES: usize = 6;

/// How many causes are drawn.
const DRAWN: usize = 25;

impl Pictured for DiffPage<'_> {
    fn page(&self) -> Page {
        let report = self.report;
        let sections = [
            self.causes_section(),
            rebuilt_section(self.built),
            self.attributes_section(),
            report.cost.as_ref().and_then(heavyweights_section),
            report.roots_section(),
            report.spurious.as_ref().and_then(spurious_section),
            report.people_section(),
        ];
        Page {
            command: "diff",
            title: "What this change rebuilds".to_owned(),
            headline: std::iter::once(format!("from {} to {}", short(&report.old.name), short(&report.new.name)))
                .chain(report.sentences())
                .collect(),
            facts: report.facts(),
            notes: report.notes.clone(),
            sections: sections.into_iter().flatten().collect(),
        }
    }
}

/// A side without the folders of what lies at an absolute path: a page is read elsewhere.
fn short(side: &str) -> String {
    let parts = side.split(" + ").map(|part| match part.strip_prefix('/') {
        Some(path) => path.rsplit('/').find(|name| !name.is_empty()).unwrap_or(part),
        None => part,
    });
    parts.collect::<Vec<_>>().join(" + ")
}

impl DiffPage<'_> {
    fn owners_of<S: AsRef<str>>(&self, attributes: &[S]) -> Vec<String> {
        self.owners.map_or_else(Vec::new, |owners| owners.of(attributes))
    }

    fn causes_section(&self) -> Option<Section> {
        let report = self.report;
        let whole = match report.counted {
            Counted::Attributes => "attributes",
            Counted::Derivations => "derivations",
        };
        let columns = vec![
            Column::new("cause", "cause", Kind::Text),
            Column::new("what", "what changed", Kind::Text),
            Column::facet("kind", "kind of edit", Kind::Text),
            Column::new("share", "share", Kind::Count),
            Column::new("exclusive", "only by it", Kind::Count),
            Column::new("shared", "shared", Kind::Count),
            Column::new("built_exclusive", "builds only by it", Kind::Count),
            Column::new("built_shared", "builds shared", Kind::Count),
            Column::new("hours", "time", Kind::Hours),
            Column::new("hours_exclusive", "time only by it", Kind::Hours),
            Column::new("hours_shared", "time shared", Kind::Hours),
            Column::new("attributes", "attributes", Kind::Names),
            Column::facet("owner", "owner", Kind::Names),
            Column::new("used_by", "used by", Kind::Names),
            Column::new("drv", "derivation", Kind::Path),
        ];
        // a cause's own part of what is measured is not known
        let measured = report.cost.as_ref().is_some_and(|cost| cost.hours.time.measured_share >= 1.0);
        let rows: Vec<Vec<Cell>> =
            report.causes.iter().map(|cause| cause_row(cause, self.owners_of(&cause.attributes), measured)).collect();
        let count = rows.len() as u64;
        if count == 0 {
            return None;
        }
        let mut empty = vec!["hours", "hours_exclusive", "hours_shared", "attributes", "owner", "used_by"];
        if report.counted == Counted::Derivations {
            empty.extend(["built_exclusive", "built_shared"]);
        }
        let rows = match report.counted {
            Counted::Attributes => rows,
            // the same figures twice
            Counted::Derivations => rows.into_iter().map(without_builds).collect(),
        };
        let table = Table { columns, rows }.without_empty(&empty);
        Some(Section {
            id: "causes",
            title: "What causes it".to_owned(),
            lead: format!(
                "{}. A rebuild with several causes counts for each; of the share each has its part of it.",
                counted(count, "edit")
            ),
            picture: Some(report.causes_picture(whole)),
            table,
        })
    }

    fn attributes_section(&self) -> Option<Section> {
        let columns = vec![
            Column::new("attribute", "attribute", Kind::Text),
            Column::facet("set", "package set", Kind::Text),
            Column::facet("status", "status", Kind::Text),
            Column::facet("owner", "owner", Kind::Names),
            Column::new("cause", "edited by", Kind::Names),
            Column::new("was", "was", Kind::Names),
            Column::new("failing_on", "fails on", Kind::Names),
            Column::new("error", "message", Kind::Text),
        ];
        let words = |words: &std::collections::BTreeSet<&str>| words.iter().map(|&word| word.to_owned()).collect();
        let rows: Vec<Vec<Cell>> = said(self.report)
            .into_iter()
            .map(|(attribute, said)| {
                vec![
                    Cell::Text(attribute.to_owned()),
                    Cell::Text(set_of(Some(attribute))),
                    Cell::Text(said.status().to_owned()),
                    Cell::Names(self.owners_of(&[attribute])),
                    Cell::Names(said.causes.clone()),
                    Cell::Names(said.was.iter().map(|&name| name.to_owned()).collect()),
                    Cell::Names(words(&said.failing_on)),
                    Cell::text(Vec::from_iter(said.errors.iter().copied()).join("; ")),
                ]
            })
            .collect();
        (!rows.is_empty()).then(|| Section {
            id: "attributes",
            title: "Attributes".to_owned(),
            lead: self.report.attributes_lead(),
            picture: None,
            table: Table { columns, rows }.without_empty(&["owner", "cause", "was", "failing_on", "error"]),
        })
    }
}

impl DiffReport {
    fn facts(&self) -> Vec<Fact> {
        let mut facts = Vec::new();
        if self.counted == Counted::Attributes {
            let of = share_of(self.rebuilt.total, self.rebuilt.of);
            facts.push(count_fact("rebuilt.total", "attributes rebuilt", self.rebuilt.total, of));
        }
        let of = share_of(self.derivations.total, self.derivations.of);
        facts.push(count_fact("derivations.total", "derivations built", self.derivations.total, of));
        if self.derivations.fetched > 0 {
            facts.push(count_fact("derivations.fetched", "fetched", self.derivations.fetched, String::new()));
        }
        facts.extend(self.cost.iter().flat_map(cost_facts));
        facts
    }

    fn causes_picture(&self, whole: &'static str) -> Picture {
        let measure = |key, title, [exclusive, shared]: [&'static str; 2]| Measure {
            key,
            title,
            series: vec![
                Series { column: exclusive, title: "only by it", tone: "accent" },
                Series { column: shared, title: "by others, too", tone: "plain" },
            ],
        };
        let mut measures = Vec::new();
        if self.cost.is_some() {
            measures.push(measure("hours", "machine time", ["hours_exclusive", "hours_shared"]));
        }
        let weights = ["exclusive", "shared"];
        match self.counted {
            Counted::Attributes => {
                measures.push(measure(whole, whole, weights));
                measures.push(measure("builds", "builds", ["built_exclusive", "built_shared"]));
            }
            Counted::Derivations => measures.push(measure("builds", "builds", weights)),
        }
        Picture::Bars(Bars {
            label: "What each edit has rebuilt".to_owned(),
            of: vec!["cause"],
            measures,
            longest: true,
            limit: DRAWN,
        })
    }

    fn attributes_lead(&self) -> String {
        let counts = [
            ("rebuilt", self.rebuilt.total),
            ("added", self.added.len() as u64),
            ("removed", self.removed.len() as u64),
            ("renamed", self.renamed.len() as u64),
            ("newly failing", self.failing.len() as u64),
        ];
        let told = counts.into_iter().filter(|(_, count)| *count > 0);
        let told: Vec<String> = told.map(|(what, count)| format!("{} {what}", number(count))).collect();
        if told.is_empty() { String::new() } else { format!("{}; each by its most telling word.", told.join(", ")) }
    }

    fn roots_section(&self) -> Option<Section> {
        let columns = vec![
            Column::new("drv", "input", Kind::Path),
            Column::new("taken_by", "taken up by", Kind::Names),
            Column::new("before", "its bump rebuilt", Kind::Count),
            Column::new("after", "and rebuilds now", Kind::Count),
        ];
        let row = |root: &Root| {
            vec![
                Cell::Path { path: root.drv.clone(), name: root.name.clone() },
                Cell::Names(root.taken_by.clone()),
                Cell::count(root.before),
                Cell::count(root.after),
            ]
        };
        let rows: Vec<Vec<Cell>> = self.judgement.roots.iter().map(row).collect();
        (!rows.is_empty()).then(|| Section {
            id: "roots",
            title: "What rebuilds more from now on".to_owned(),
            lead: "Inputs that an edit adds, and how many derivations a bump of each rebuilt before and rebuilds now."
                .to_owned(),
            picture: None,
            table: Table { columns, rows },
        })
    }

    fn people_section(&self) -> Option<Section> {
        let people = self.people.as_ref()?;
        let columns = vec![
            Column::facet("owner", "owner", Kind::Names),
            Column::facet("role", "role", Kind::Text),
            Column::new("rebuilt", "rebuilt attributes", Kind::Count),
            Column::new("edited", "edited attributes", Kind::Count),
        ];
        let row = |role: &str, person: &Person| {
            vec![
                Cell::Names(vec![person.name.clone()]),
                Cell::Text(role.to_owned()),
                Cell::count(person.rebuilt),
                Cell::count(person.edited),
            ]
        };
        let all = [("owner", &people.owners), ("maintainer", &people.maintainers), ("team", &people.teams)];
        let rows: Vec<Vec<Cell>> =
            all.into_iter().flat_map(|(role, people)| people.iter().map(move |person| row(role, person))).collect();
        let without = match people.without {
            0 => String::new(),
            count => format!("Without maintainer and team: {}.", counted(count, "rebuilt attribute")),
        };
        (!rows.is_empty()).then(|| Section {
            id: "people",
            title: "Whom it concerns".to_owned(),
            lead: without,
            picture: None,
            table: Table { columns, rows },
        })
    }
}

const fn kind(kind: CauseKind) -> &'static str {
    match kind {
        CauseKind::Recipe => "recipe",
        CauseKind::Fetch => "fetch",
        CauseKind::Source => "source",
        CauseKind::Added => "new",
        CauseKind::Named => "new attribute",
    }
}

fn cause_row(cause: &Cause, owners: Vec<String>, measured: bool) -> Vec<Cell> {
    let mut what: Vec<String> = cause.what.iter().take(CHANGES).cloned().collect();
    if cause.what.len() > CHANGES {
        what.push(format!("{} more", number((cause.what.len() - CHANGES) as u64)));
    }
    let hours = |of: fn(&crate::query::HoursWeight) -> f64| {
        let cell = if measured { Cell::Number } else { Cell::Estimate };
        cause.hours.as_ref().map_or(Cell::None, |hours| cell(of(hours)))
    };
    vec![
        Cell::Text(title(cause)),
        Cell::text(what.join("; ")),
        Cell::Text(kind(cause.kind).to_owned()),
        Cell::Number(cause.share),
        Cell::count(cause.exclusive),
        Cell::count(cause.shared),
        Cell::count(cause.built.exclusive),
        Cell::count(cause.built.shared),
        hours(|hours| hours.share),
        hours(|hours| hours.exclusive),
        hours(|hours| hours.shared),
        Cell::Names(cause.attributes.clone()),
        Cell::Names(owners),
        Cell::Names(cause.used_by.clone()),
        match cause.drv.is_empty() {
            true => Cell::None,
            false => Cell::Path { path: cause.drv.clone(), name: cause.name.clone() },
        },
    ]
}

/// A row without what is built, where that is what causes are weighed in.
fn without_builds(mut row: Vec<Cell>) -> Vec<Cell> {
    for cell in row.iter_mut().skip(6).take(2) {
        *cell = Cell::None;
    }
    row
}

fn spurious_section(changes: &SpuriousChanges) -> Option<Section> {
    let columns = vec![
        Column::facet("change", "change", Kind::Text),
        Column::new("input", "input", Kind::Path),
        Column::new("consumer", "of", Kind::Path),
        Column::new("keys", "named in", Kind::Names),
        Column::facet("verdict", "verdict", Kind::Text),
        Column::facet("grade", "grade", Kind::Grade),
        Column::new("rule", "rule", Kind::Text),
        Column::facet("remedy", "remedy", Kind::Text),
        Column::new("builds", "builds saved a bump", Kind::Count),
        Column::new("hours", "time saved a bump", Kind::Hours),
    ];
    let row = |change: &str, input: &SpuriousInput| {
        let saves = input.saves.as_ref();
        vec![
            Cell::Text(change.to_owned()),
            Cell::Path { path: input.input.drv.clone(), name: input.input.name.clone() },
            Cell::Path { path: input.consumer.drv.clone(), name: input.consumer.name.clone() },
            Cell::Names(input.keys.clone()),
            Cell::Text(input.verdict.as_str().to_owned()),
            input.grade.map_or(Cell::None, |grade| Cell::Text(grade.as_str().to_owned())),
            Cell::text(input.rule.clone().unwrap_or_default()),
            Cell::Text(remedy(input.remedy)),
            saves.map_or(Cell::None, |saves| Cell::Number(saves.builds as f64)),
            saves.and_then(|saves| saves.hours()).map_or(Cell::None, Cell::Number),
        ]
    };
    let all = [("added", &changes.added), ("removed", &changes.removed)];
    let rows: Vec<Vec<Cell>> =
        all.into_iter().flat_map(|(change, inputs)| inputs.iter().map(move |input| row(change, input))).collect();
    (!rows.is_empty()).then(|| Section {
        id: "spurious",
        title: "Inputs that cannot change what is built".to_owned(),
        lead: "Those that the change adds and removes, and what to treat each saves on one bump of it.".to_owned(),
        picture: None,
        table: Table { columns, rows }.without_empty(&["hours", "rule"]),
    })
}
