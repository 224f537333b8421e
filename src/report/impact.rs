//! The impact report as text.

use std::collections::BTreeMap;
use std::io::{self, Write};

use super::Render;
use super::cost::{HEAVYWEIGHTS, known};
use super::markdown::details;
use super::rows::Rows;
use super::table::{self, Column, Layout, counted, number};
use super::units::duration;
use super::words::{self, share_of, verdict};
use crate::query::{After, CostReport, ImpactReport, Listed};

/// How many rows of bumped derivations a table shows.
const SHOWN: usize = 20;

/// How many rebuilt derivations markdown lists: a comment may have 65,536 characters.
const COMMENT_ROWS: usize = 250;

const BUMPED: [Column; 3] = [("derivation", false), ("systems", false), ("how found", false)];
const HUBS: [Column; 4] = [("reached through", false), ("system", false), ("reaches", true), ("adds", true)];
const EACH: [Column; 7] = [
    ("bump", false),
    ("bumped", true),
    ("derivations", true),
    ("attributes", true),
    ("only by it", true),
    ("time", true),
    ("time only by it", true),
];
const LISTED: [Column; 6] = [
    ("distance", true),
    ("derivation", false),
    ("system", false),
    ("attributes", false),
    ("time", true),
    ("known", false),
];

impl ImpactReport {
    fn headline(&self) -> String {
        let derivations = format!(
            "{} rebuilt ({} that are not fixed-output)",
            counted(self.derivations.total, "derivation"),
            share_of(self.derivations.total, self.derivations.of)
        );
        if self.attributes.of == 0 {
            return format!("{derivations}; the closure has no attributes");
        }
        format!(
            "{derivations}, {} ({})",
            counted(self.attributes.total, "attribute"),
            share_of(self.attributes.total, self.attributes.of)
        )
    }

    /// A row for each name (and what is to be said of it), with the systems and how many on each.
    fn bumped_rows(&self) -> Vec<[String; 3]> {
        let mut rows: BTreeMap<(&str, bool, bool), BTreeMap<&str, u64>> = BTreeMap::new();
        for bumped in &self.bump.derivations {
            let row = rows.entry((&bumped.name, bumped.extended, bumped.fixed_output)).or_default();
            *row.entry(&bumped.system).or_default() += 1;
        }
        let more = rows.len().saturating_sub(SHOWN);
        let shown = rows.into_iter().take(SHOWN).map(|((name, extended, fixed_output), systems)| {
            let systems: Vec<String> = systems
                .into_iter()
                .map(|(system, count)| if count == 1 { system.to_owned() } else { format!("{system} x {count}") })
                .collect();
            let mut notes = vec![if extended { "another instance" } else { "named" }];
            if fixed_output {
                notes.push("fixed-output: fetched again");
            }
            [name.to_owned(), systems.join(", "), notes.join(", ")]
        });
        let rest = (more > 0).then(|| [format!("… and {} more", number(more as u64)), String::new(), String::new()]);
        shown.chain(rest).collect()
    }

    fn by_system(&self) -> Vec<String> {
        words::by_system(&self.derivations.by_system, &self.attributes.by_system)
    }

    fn distances(&self) -> String {
        let all: Vec<String> =
            self.by_distance.iter().map(|count| format!("{}: {}", count.distance, number(count.derivations))).collect();
        all.join("  ")
    }

    fn hub_rows(&self) -> impl Iterator<Item = [String; 4]> {
        self.hubs
            .iter()
            .map(|hub| [hub.name.clone(), hub.system.clone(), number(hub.reaches.into()), number(hub.adds.into())])
    }

    /// A table's columns: with the last two, where costs are told.
    fn columns<'c>(&self, all: &'c [Column]) -> &'c [Column] {
        if self.cost.is_some() { all } else { &all[..all.len() - 2] }
    }

    fn each_rows(&self) -> impl Iterator<Item = Vec<String>> {
        self.each.iter().map(|share| {
            let own = [
                share.selector.clone(),
                number(share.bumped),
                number(share.derivations),
                number(share.attributes),
                number(share.exclusive),
            ];
            own.into_iter().chain([share.hours, share.exclusive_hours].into_iter().flatten().map(duration)).collect()
        })
    }

    fn needless_lines(&self) -> Vec<String> {
        words::needless(self.needless.iter().map(|needless| (needless.grade, needless.savings)))
    }

    fn listed_rows(&self) -> impl Iterator<Item = Vec<String>> {
        self.list.iter().flatten().map(|listed| {
            let distance = if listed.fetched { "fetched".to_owned() } else { number(listed.distance.into()) };
            let distance = match listed.after {
                Some(_) => format!("{distance} ({})", listed.after_text()),
                None => distance,
            };
            let own = [distance, listed.name.clone(), listed.system.clone(), listed.attributes.join(" ")];
            let price = listed.price.map(|price| [duration(price.hours), known(price.measured).to_owned()]);
            own.into_iter().chain(price.into_iter().flatten()).collect()
        })
    }
}

impl Listed {
    /// What is left of it after the remedies.
    pub(super) fn after_text(&self) -> &'static str {
        match self.after {
            None => "",
            Some(After { build: true, .. }) => "build",
            Some(After { wrapper: true, tests: true, .. }) => "wrapper and tests",
            Some(After { wrapper: true, .. }) => "wrapper",
            Some(After { tests: true, .. }) => "tests",
            Some(_) => "spared",
        }
    }
}

impl Render for ImpactReport {
    fn table(&self, out: &mut dyn Write, layout: Layout) -> io::Result<()> {
        writeln!(
            out,
            "bump of {}: {}",
            table::printable(&self.bump.selectors.join(", ")),
            counted(self.bump.derivations.len() as u64, "derivation")
        )?;
        writeln!(out, "{}", table::plain(&BUMPED, layout, self.bumped_rows()))?;
        writeln!(out)?;
        writeln!(out, "{}", self.headline())?;
        for line in self.by_system() {
            writeln!(out, "  {}", table::printable(&line))?;
        }
        if self.derivations.fetched > 0 {
            writeln!(out, "  {} fetched again", counted(self.derivations.fetched, "fixed-output derivation"))?;
        }
        if let Some(branch) = self.branch {
            writeln!(out, "labels: {}", self.labels.join(", "))?;
            writeln!(out, "branch: {}", verdict(branch))?;
        }
        for line in self.cost.iter().flat_map(CostReport::lines).chain(self.needless_lines()) {
            writeln!(out, "{}", table::printable(&line))?;
        }
        writeln!(out, "by distance: {}", self.distances())?;
        if let Some(remedied) = &self.what_if {
            writeln!(out)?;
            remedied.table(out, layout)?;
        }
        if !self.each.is_empty() {
            writeln!(out)?;
            writeln!(out, "{}", table::plain(self.columns(&EACH), layout, self.each_rows()))?;
            if let Some(overlap) = self.overlap {
                writeln!(out, "rebuilt by more than one of them: {}", counted(overlap, "derivation"))?;
            }
        }
        if let Some(cost) = self.cost.as_ref().filter(|cost| !cost.heavyweights.is_empty()) {
            writeln!(out)?;
            writeln!(out, "{}", table::plain(&HEAVYWEIGHTS, layout, cost.heavyweight_rows()))?;
        }
        if !self.hubs.is_empty() {
            writeln!(out)?;
            writeln!(out, "{}", table::plain(&HUBS, layout, self.hub_rows()))?;
        }
        for note in &self.notes {
            writeln!(out, "note: {note}")?;
        }
        if self.list.is_some() {
            writeln!(out)?;
            writeln!(out, "{}", table::plain(self.columns(&LISTED), layout, self.listed_rows()))?;
        }
        Ok(())
    }

    fn markdown(&self, out: &mut dyn Write) -> io::Result<()> {
        writeln!(out, "### Rebuilds of {}", table::escape(&table::printable(&self.bump.selectors.join(", "))))?;
        writeln!(out)?;
        writeln!(out, "**{}**", self.headline())?;
        writeln!(out)?;
        for line in self.by_system() {
            writeln!(out, "- {}", table::escape(&line))?;
        }
        if self.derivations.fetched > 0 {
            writeln!(out, "- {} fetched again", counted(self.derivations.fetched, "fixed-output derivation"))?;
        }
        if let Some(branch) = self.branch {
            let labels: Vec<String> = self.labels.iter().map(|label| format!("`{label}`")).collect();
            writeln!(out, "- labels: {}", labels.join(", "))?;
            writeln!(out, "- branch: **{}**", verdict(branch))?;
        }
        for line in self.cost.iter().flat_map(CostReport::lines).chain(self.needless_lines()) {
            writeln!(out, "- {}", table::escape(&table::printable(line.trim_start())))?;
        }
        writeln!(out, "- by distance: {}", self.distances())?;
        for note in &self.notes {
            writeln!(out, "- note: {}", table::escape(note))?;
        }
        writeln!(out)?;
        if let Some(remedied) = &self.what_if {
            remedied.markdown(out)?;
            writeln!(out)?;
        }
        if !self.each.is_empty() {
            writeln!(out, "{}", table::markdown(self.columns(&EACH), self.each_rows()))?;
            writeln!(out)?;
        }
        if let Some(cost) = self.cost.as_ref().filter(|cost| !cost.heavyweights.is_empty()) {
            writeln!(out, "{}", table::markdown(&HEAVYWEIGHTS, cost.heavyweight_rows()))?;
            writeln!(out)?;
        }
        if !self.hubs.is_empty() {
            writeln!(out, "{}", table::markdown(&HUBS, self.hub_rows()))?;
            writeln!(out)?;
        }
        writeln!(out, "{}", details("bumped derivations", &table::markdown(&BUMPED, self.bumped_rows())))?;
        if self.list.is_some() {
            let more = self.list.iter().flatten().count().saturating_sub(COMMENT_ROWS);
            let mut rows = table::markdown(self.columns(&LISTED), self.listed_rows().take(COMMENT_ROWS));
            if more > 0 {
                rows.push_str(&format!("\n\n… and {} more", number(more as u64)));
            }
            writeln!(out, "{}", details("rebuilt derivations", &rows))?;
        }
        Ok(())
    }

    /// The list where there is one, else the bumped derivations are all there is to list: a row for
    /// each rebuilt derivation.
    fn csv(&self, out: &mut dyn Write) -> io::Result<()> {
        let mut rows = Rows::new(out);
        let after = self.what_if.is_some();
        let header = ["drv", "name", "system", "fetched", "distance", "attributes"];
        let price = ["hours", "measured", "bytes"].into_iter().filter(|_| self.cost.is_some());
        rows.row(header.into_iter().chain(after.then_some("after")).chain(price))?;
        for listed in self.list.iter().flatten() {
            let row = [
                listed.drv.as_str(),
                &listed.name,
                &listed.system,
                if listed.fetched { "true" } else { "false" },
                &listed.distance.to_string(),
                &listed.attributes.join(" "),
            ];
            let price = listed.price.map(|price| {
                let bytes = price.bytes.map(|bytes| bytes.to_string());
                [price.hours.to_string(), price.measured.to_string(), bytes.unwrap_or_default()]
            });
            let price = price.iter().flatten().map(String::as_str);
            rows.row(row.into_iter().chain(after.then(|| listed.after_text())).chain(price))?;
        }
        rows.finish()
    }
}
