//! Four ways to bring a security bump in, as text.

use std::io::{self, Write};

use crate::query::waves::{Rewrites, SecurityReport, Way, WayKind};
use crate::report::Render;
use crate::report::rows::Rows;
use crate::report::table::{self, Column, Layout, counted, number};
use crate::report::units::{duration, size};

const WAYS: [Column; 8] = [
    ("way", false),
    ("fixed after", true),
    ("all built after", true),
    ("builds now", true),
    ("time now", true),
    ("of them locked", true),
    ("added to a later wave", true),
    ("time in all", true),
];

impl WayKind {
    pub(in crate::report) fn as_str(self) -> &'static str {
        match self {
            Self::Graft => "graft",
            Self::CurrentWave => "current wave",
            Self::ParallelWave => "parallel wave",
            Self::Overlay => "overlay",
        }
    }
}

impl Way {
    fn cells(&self) -> [String; 8] {
        let later = self.later.map(|later| {
            let builds = number(later.rebuilds.derivations);
            match later.wave {
                Some(wave) => format!("{builds} (wave {wave})"),
                None => format!("{builds} (a wave of its own)"),
            }
        });
        [
            self.way.as_str().to_owned(),
            duration(self.target_hours),
            self.green_hours.map(duration).unwrap_or_default(),
            number(self.now.derivations),
            duration(self.now.hours),
            self.again.map(|again| number(again.derivations)).unwrap_or_default(),
            later.unwrap_or_default(),
            duration(self.hours),
        ]
    }

    /// What a user does for it.
    fn user_line(&self) -> Option<String> {
        let built = self.user.map(|user| {
            format!(
                "each user builds {}, {} one after another",
                counted(user.derivations, "derivation"),
                duration(user.hours)
            )
        });
        built
            .or_else(|| self.rewrites.as_ref().map(Rewrites::line))
            .map(|line| format!("{}: {line}", self.way.as_str()))
    }
}

impl Rewrites {
    fn line(&self) -> String {
        let bytes = self.bytes.map(|bytes| format!(", {}", size(bytes))).unwrap_or_default();
        let known = match (self.known, self.assumed) {
            (_, 0) => "their references are known".to_owned(),
            (0, _) => "at most: no references are known".to_owned(),
            (known, assumed) => {
                format!("at most: references are known of {} of {}", number(known), number(known + assumed))
            }
        };
        let built_in = match self.built_in {
            0 => String::new(),
            count => format!(
                "; {} built with it and referring to nothing of it may have its code in {}: {}",
                counted(count, "derivation"),
                if count == 1 { "itself" } else { "them" },
                some_of(&self.built_in_names, count)
            ),
        };
        format!("{} to rewrite{bytes}, {known}{built_in}", counted(self.paths, "path"))
    }
}

/// The first names of a list that may have been cut itself.
fn first(names: &[String]) -> String {
    match names {
        [one, two, three, _, ..] => format!("{one}, {two}, {three} and others"),
        few => few.join(", "),
    }
}

/// Names, and how many more there are than these.
fn some_of(names: &[String], count: u64) -> String {
    let more = count.saturating_sub(names.len() as u64);
    let shown = names.join(", ");
    if more == 0 { shown } else { format!("{shown} and {} more", number(more)) }
}

impl SecurityReport {
    fn headline(&self) -> String {
        format!(
            "security: {} for {}, in wave {}: {} rebuilt in {}, {} of them for it",
            first(&self.bumped),
            first(&self.target),
            self.current,
            counted(self.rebuilds.derivations, "derivation"),
            duration(self.rebuilds.hours),
            number(self.target_rebuilds.derivations)
        )
    }

    fn lines(&self) -> Vec<String> {
        let notes = self.notes.iter().map(|note| format!("note: {note}"));
        self.ways.iter().filter_map(Way::user_line).chain(notes).collect()
    }
}

impl Render for SecurityReport {
    fn table(&self, out: &mut dyn Write, layout: Layout) -> io::Result<()> {
        writeln!(out, "{}", table::printable(&self.headline()))?;
        writeln!(out, "{}\n", table::plain(&WAYS, layout, self.ways.iter().map(Way::cells)))?;
        self.lines().iter().try_for_each(|line| writeln!(out, "{}", table::printable(line)))
    }

    fn markdown(&self, out: &mut dyn Write) -> io::Result<()> {
        writeln!(out, "**{}**\n", table::escape(&table::printable(&self.headline())))?;
        writeln!(out, "{}\n", table::markdown(&WAYS, self.ways.iter().map(Way::cells)))?;
        self.lines().iter().try_for_each(|line| writeln!(out, "- {}", table::escape(&table::printable(line))))
    }

    fn csv(&self, out: &mut dyn Write) -> io::Result<()> {
        let mut rows = Rows::new(out);
        rows.row([
            "way",
            "target_hours",
            "green_hours",
            "derivations",
            "hours",
            "locked_derivations",
            "later_wave",
            "later_derivations",
            "later_hours",
            "hours_in_all",
            "user_derivations",
            "rewritten_paths",
        ])?;
        let told = |figure: Option<String>| figure.unwrap_or_default();
        for way in &self.ways {
            rows.row([
                way.way.as_str().to_owned(),
                way.target_hours.to_string(),
                told(way.green_hours.map(|hours| hours.to_string())),
                way.now.derivations.to_string(),
                way.now.hours.to_string(),
                told(way.again.map(|again| again.derivations.to_string())),
                told(way.later.and_then(|later| later.wave).map(|wave| wave.to_string())),
                told(way.later.map(|later| later.rebuilds.derivations.to_string())),
                told(way.later.map(|later| later.rebuilds.hours.to_string())),
                way.hours.to_string(),
                told(way.user.map(|user| user.derivations.to_string())),
                told(way.rewrites.as_ref().map(|rewrites| rewrites.paths.to_string())),
            ])?;
        }
        rows.finish()
    }
}
