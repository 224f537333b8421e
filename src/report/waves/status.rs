//! How far waves are, as text.

use std::io::{self, Write};

use super::plan::listed;
use crate::query::waves::status::{
    Abandoned, Called, Concerned, Failure, FileStatus, MendStep, Part, StatusReport, WaveState, WaveStatus,
};
use crate::report::Render;
use crate::report::markdown::{code, details, heading, prose, row};
use crate::report::rows::Rows;
use crate::report::table::{self, Column, Layout, counted, number};
use crate::report::units::duration;

const WAVES: [Column; 9] = [
    ("wave", true),
    ("state", false),
    ("bumps", false),
    ("builds", true),
    ("built", true),
    ("failed", true),
    ("blocked", true),
    ("waiting", true),
    ("given up", true),
];

const FAILURES: [Column; 7] = [
    ("wave", true),
    ("failure", false),
    ("system", false),
    ("status", false),
    ("holds back", false),
    ("alone", true),
    ("maintainer", false),
];

const MEND: [Column; 5] =
    [("wave", true), ("mended", true), ("mend", false), ("frees", false), ("of what is held back", true)];

const GIVEN_UP: [Column; 5] =
    [("wave", true), ("given up", false), ("system", false), ("status", false), ("settled with it", false)];

const PEOPLE: [Column; 3] = [("maintainer", false), ("failing", true), ("held back", true)];

/// So many failures of a wave in a table.
const SHOWN: usize = 20;

/// So many failures of a wave that may be over.
const DOUBTFUL: usize = 5;

/// So many steps of mending in a table.
const STEPS: usize = 10;

/// So many bytes of a sentence in markdown.
const PROSE: usize = 400;

/// So many bytes of a note in a table.
const NOTE: usize = 60;

/// A table of markdown in which nobody is told by being named.
fn sheet<const N: usize>(columns: &[Column], rows: &[[String; N]]) -> String {
    let rows = rows.iter().map(|cells| row(&cells.each_ref().map(|cell| prose(cell, PROSE))));
    std::iter::once(heading(columns)).chain(rows).collect::<Vec<_>>().join("\n")
}

impl Part {
    /// `12 builds, 3 attributes, 1.5 h`.
    fn told(&self) -> String {
        let mut parts = vec![counted(self.derivations, "build")];
        if self.attributes > 0 {
            parts.push(counted(self.attributes, "attribute"));
        }
        parts.extend(self.hours.map(duration));
        parts.join(", ")
    }

    fn is_nothing(&self) -> bool {
        self.derivations == 0 && self.attributes == 0
    }
}

impl Called {
    /// Its shortest attribute, else its name.
    fn shown(&self) -> &str {
        self.attributes.iter().min_by_key(|name| (name.len(), *name)).unwrap_or(&self.name)
    }
}

/// What builds are called; with systems where these tell them apart.
fn names(builds: &[Called]) -> Vec<String> {
    let twice = |build: &Called| builds.iter().filter(|other| other.shown() == build.shown()).count() > 1;
    let name = |build: &Called| match twice(build) {
        true => format!("{} ({})", build.shown(), build.system),
        false => build.shown().to_owned(),
    };
    builds.iter().map(name).collect()
}

impl WaveStatus {
    /// Builds that are given up, or settled with such.
    fn given_up(&self) -> u64 {
        self.given_up.derivations + self.with_given_up.derivations
    }

    fn cells(&self) -> [String; 9] {
        let state = match self.blocked_by {
            Some(wave) => format!("{} by wave {wave}", self.state.as_str()),
            None => self.state.as_str().to_owned(),
        };
        [
            self.number.to_string(),
            state,
            listed(&self.bumps),
            number(self.all.derivations),
            number(self.built.derivations),
            number(self.failed.derivations),
            number(self.blocked.derivations),
            number(self.waiting.derivations),
            number(self.given_up()),
        ]
    }

    /// `failing: 5 of 12 builds settled, 1 failed, 6 blocked`.
    fn told(&self) -> String {
        let settled = self.built.derivations + self.given_up();
        let mut parts = vec![format!("{} of {} settled", number(settled), counted(self.all.derivations, "build"))];
        for (part, what) in [(&self.failed, "failed"), (&self.blocked, "blocked"), (&self.waiting, "waiting")] {
            if part.derivations > 0 {
                parts.push(format!("{} {what}", number(part.derivations)));
            }
        }
        if self.given_up() > 0 {
            parts.push(format!("{} given up", number(self.given_up())));
        }
        match self.blocked_by {
            Some(wave) => format!("blocked by wave {wave}: {}", parts.join(", ")),
            None => format!("{}: {}", self.state.as_str(), parts.join(", ")),
        }
    }

    fn mend_rows(&self) -> impl Iterator<Item = [String; 5]> {
        self.mend.iter().take(STEPS).map(|step| {
            [
                self.number.to_string(),
                number(step.mended),
                step.words(),
                step.freed.told(),
                format!("{:.1} %", step.share * 100.0),
            ]
        })
    }

    /// What else there is to know.
    fn findings(&self) -> Vec<String> {
        let mut lines = Vec::new();
        let wave = self.number;
        if self.failures.len() > SHOWN {
            lines.push(format!(
                "wave {wave}: {} more failures, all in JSON and CSV",
                number((self.failures.len() - SHOWN) as u64)
            ));
        }
        let untold =
            self.failures.iter().filter(|failure| failure.status.as_str() == "dependency-failed").count() as u64;
        if untold > 0 {
            lines.push(format!(
                "wave {wave}: of {} by a dependency, no result tells which one failed",
                counted(untold, "failure")
            ));
        }
        for fix in &self.fixes {
            let note = fix.note.as_ref().map(|note| format!(" ({note})")).unwrap_or_default();
            lines.push(format!("wave {wave}: fix of {} ({}): {}{note}", fix.name, fix.status.as_str(), fix.fix));
        }
        for doubtful in self.doubtful.iter().take(DOUBTFUL) {
            lines.push(format!(
                "wave {wave}: {} is told to have failed, but {}, which needs it, was built: is there a newer result?",
                doubtful.name, doubtful.built
            ));
        }
        if self.doubtful.len() > DOUBTFUL {
            let more = counted((self.doubtful.len() - DOUBTFUL) as u64, "more failure");
            lines.push(format!("wave {wave}: {more} of what something that was built needs"));
        }
        if !self.retried.is_empty() {
            let names: Vec<String> = self
                .retried
                .iter()
                .map(|retried| {
                    let statuses: Vec<&str> = retried.statuses.iter().map(|status| status.as_str()).collect();
                    format!("{} ({})", retried.name, statuses.join(", then "))
                })
                .collect();
            lines.push(format!("wave {wave}: told several times, the last one holds: {}", listed(&names)));
        }
        lines
    }
}

impl MendStep {
    /// What is mended besides the step before; all of it, where that has nothing of it.
    fn words(&self) -> String {
        let mend = listed(&names(&self.mend));
        match self.instead_of.as_slice() {
            _ if self.mended == self.mend.len() as u64 => mend,
            [] => format!("and {mend}"),
            others => format!("and {mend}, without {}", listed(&names(others))),
        }
    }
}

impl Failure {
    fn cells(&self, wave: usize) -> [String; 7] {
        [
            wave.to_string(),
            self.build.shown().to_owned(),
            self.build.system.clone(),
            self.status.as_str().to_owned(),
            if self.holds.is_nothing() { "nothing".to_owned() } else { self.holds.told() },
            number(self.alone.derivations),
            listed(&self.maintainers),
        ]
    }
}

impl Abandoned {
    fn cells(&self, wave: usize) -> [String; 5] {
        let note = self.note.as_deref().map(|note| format!(": {}", crate::report::markdown::cut(note, NOTE)));
        [
            wave.to_string(),
            self.build.shown().to_owned(),
            self.build.system.clone(),
            format!("{}{}", self.status.as_str(), note.unwrap_or_default()),
            if self.with.is_nothing() { "nothing".to_owned() } else { self.with.told() },
        ]
    }
}

impl Concerned {
    fn cells(&self) -> [String; 3] {
        [self.name.clone(), number(self.failing), number(self.held_back)]
    }
}

impl FileStatus {
    fn told(&self) -> String {
        let waves: Vec<String> = self.waves.iter().map(usize::to_string).collect();
        let waves = match waves.as_slice() {
            [] => String::new(),
            [one] => format!(" of wave {one}"),
            several => format!(" of waves {}", several.join(", ")),
        };
        let mut text = format!(
            "{}: {}{waves} ({}), {} used",
            self.file,
            counted(self.records, "result"),
            self.form,
            number(self.used)
        );
        if self.elsewhere > 0 {
            text.push_str(&format!(", {} of what the wave does not rebuild", number(self.elsewhere)));
        }
        if self.unknown > 0 {
            text.push_str(&format!(
                ", {} of what it does not have: {}",
                number(self.unknown),
                listed(&self.unknown_names)
            ));
        }
        text
    }
}

impl StatusReport {
    fn headline(&self) -> String {
        let all = self.waves.len();
        let locked = match self.locked.as_slice() {
            [] => "nothing is locked yet".to_owned(),
            names => format!("locked: {}", listed(names)),
        };
        match self.current {
            None => format!("all {} green; {locked}", counted(all as u64, "wave")),
            Some(number) => {
                let state = self.waves.iter().find(|wave| wave.number == number).map_or("", |wave| wave.state.as_str());
                format!("wave {number} of {all} is {state}; {locked}")
            }
        }
    }

    fn failure_rows(&self) -> Vec<[String; 7]> {
        let rows = self
            .waves
            .iter()
            .flat_map(|wave| wave.failures.iter().take(SHOWN).map(|failure| failure.cells(wave.number)));
        rows.collect()
    }

    fn abandoned_rows(&self) -> Vec<[String; 5]> {
        self.waves.iter().flat_map(|wave| wave.abandoned.iter().map(|row| row.cells(wave.number))).collect()
    }

    fn people_rows(&self) -> Vec<[String; 3]> {
        let people = self.people.iter();
        let all = people.flat_map(|people| people.maintainers.iter().chain(&people.teams).chain(&people.owners));
        all.map(Concerned::cells).collect()
    }

    fn findings(&self) -> Vec<String> {
        let mut lines: Vec<String> = self.waves.iter().flat_map(WaveStatus::findings).collect();
        let unneeded = self.waves.iter().filter(|wave| wave.unneeded > 0);
        let unneeded: Vec<String> =
            unneeded.map(|wave| format!("{} in wave {}", number(wave.unneeded), wave.number)).collect();
        if !unneeded.is_empty() {
            lines.push(format!("builds that no attribute needs, and that hold no wave back: {}", listed(&unneeded)));
        }
        lines.extend(self.results.iter().map(FileStatus::told));
        lines.extend(self.people.iter().filter(|people| people.without > 0).map(|people| {
            format!("nobody is known to maintain {} that failed or are held back", counted(people.without, "attribute"))
        }));
        lines.extend(self.notes.iter().map(|note| format!("note: {note}")));
        lines
    }

    fn is_listed(&self) -> bool {
        self.waves.iter().any(|wave| wave.builds.is_some())
    }
}

impl Render for StatusReport {
    fn table(&self, out: &mut dyn Write, layout: Layout) -> io::Result<()> {
        writeln!(out, "{}", table::printable(&self.headline()))?;
        writeln!(out, "\n{}", table::plain(&WAVES, layout, self.waves.iter().map(WaveStatus::cells)))?;
        let failures = self.failure_rows();
        if !failures.is_empty() {
            writeln!(out, "\n{}", table::plain(&FAILURES, layout, failures))?;
        }
        let mend: Vec<[String; 5]> = self.waves.iter().flat_map(WaveStatus::mend_rows).collect();
        if !mend.is_empty() {
            writeln!(out, "\n{}", table::plain(&MEND, layout, mend))?;
        }
        let abandoned = self.abandoned_rows();
        if !abandoned.is_empty() {
            writeln!(out, "\n{}", table::plain(&GIVEN_UP, layout, abandoned))?;
        }
        let people = self.people_rows();
        if !people.is_empty() {
            writeln!(out, "\n{}", table::plain(&PEOPLE, layout, people))?;
        }
        if self.is_listed() {
            let columns =
                [("wave", true), ("derivation", false), ("system", false), ("state", false), ("status", false)];
            let rows = self.waves.iter().flat_map(|wave| {
                wave.builds.iter().flatten().map(move |build| {
                    let status = build.status.map_or("", |status| status.as_str());
                    [
                        wave.number.to_string(),
                        build.build.name.clone(),
                        build.build.system.clone(),
                        build.state.to_owned(),
                        status.to_owned(),
                    ]
                })
            });
            writeln!(out, "\n{}", table::plain(&columns, layout, rows))?;
        }
        let findings = self.findings();
        if !findings.is_empty() {
            writeln!(out)?;
        }
        findings.iter().try_for_each(|line| writeln!(out, "{}", table::printable(line)))
    }

    fn markdown(&self, out: &mut dyn Write) -> io::Result<()> {
        writeln!(out, "**{}**\n", prose(&self.headline(), PROSE))?;
        for wave in &self.waves {
            let done = if wave.state == WaveState::Green { "x" } else { " " };
            let bumps: Vec<String> = wave.bumps.iter().map(|name| code(name)).collect();
            writeln!(out, "- [{done}] wave {}: {} – {}", wave.number, bumps.join(", "), prose(&wave.told(), PROSE))?;
            for failure in wave.failures.iter().take(SHOWN) {
                let holds = if failure.holds.is_nothing() { "nothing".to_owned() } else { failure.holds.told() };
                let who: Vec<String> = failure.maintainers.iter().map(|name| prose(name, PROSE)).collect();
                let who = if who.is_empty() { String::new() } else { format!("; {}", who.join(", ")) };
                let name = code(failure.build.shown());
                let system = &failure.build.system;
                writeln!(out, "  - [ ] {name} ({system}) {}, holds back {holds}{who}", failure.status.as_str())?;
            }
            for fix in &wave.fixes {
                writeln!(out, "  - fix of {}: {}", code(&fix.name), prose(&fix.fix, PROSE))?;
            }
            for given_up in &wave.abandoned {
                let name = code(given_up.build.shown());
                let note = given_up.note.as_deref().map(|note| format!(": {}", prose(note, PROSE))).unwrap_or_default();
                writeln!(out, "  - [x] {name} ({}) {}{note}", given_up.build.system, given_up.status.as_str())?;
            }
        }
        let mend: Vec<[String; 5]> = self.waves.iter().flat_map(WaveStatus::mend_rows).collect();
        if !mend.is_empty() {
            writeln!(out, "\n{}", details("What to mend first", &sheet(&MEND, &mend)))?;
        }
        let people = self.people_rows();
        if !people.is_empty() {
            writeln!(out, "\n{}", details("Whom it concerns", &sheet(&PEOPLE, &people)))?;
        }
        let findings = self.findings();
        if !findings.is_empty() {
            writeln!(out)?;
        }
        findings.iter().try_for_each(|line| writeln!(out, "- {}", prose(line, 4 * PROSE)))
    }

    fn csv(&self, out: &mut dyn Write) -> io::Result<()> {
        let mut rows = Rows::new(out);
        if self.is_listed() {
            rows.row(["wave", "drv", "name", "system", "attributes", "state", "status"])?;
            for wave in &self.waves {
                for build in wave.builds.iter().flatten() {
                    rows.row([
                        wave.number.to_string(),
                        build.build.drv.clone(),
                        build.build.name.clone(),
                        build.build.system.clone(),
                        build.build.attributes.join(" "),
                        build.state.to_owned(),
                        build.status.map_or("", |status| status.as_str()).to_owned(),
                    ])?;
                }
            }
            return rows.finish();
        }
        let mut header: Vec<&str> = vec!["wave", "state", "blocked_by", "bumps", "part", "derivations", "attributes"];
        let hours = self.waves.iter().any(|wave| wave.all.hours.is_some());
        header.extend(hours.then_some("hours"));
        rows.row(header)?;
        for wave in &self.waves {
            for (what, part) in [
                ("all", &wave.all),
                ("built", &wave.built),
                ("failed", &wave.failed),
                ("blocked", &wave.blocked),
                ("waiting", &wave.waiting),
                ("given-up", &wave.given_up),
                ("with-given-up", &wave.with_given_up),
            ] {
                let row = [
                    wave.number.to_string(),
                    wave.state.as_str().to_owned(),
                    wave.blocked_by.map(|wave| wave.to_string()).unwrap_or_default(),
                    wave.bumps.join(" "),
                    what.to_owned(),
                    part.derivations.to_string(),
                    part.attributes.to_string(),
                ];
                rows.row(row.into_iter().chain(part.hours.map(|hours| hours.to_string())))?;
            }
        }
        rows.finish()
    }
}
