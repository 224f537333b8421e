//! The levels report as text.

mod picture;
mod repositories;

use std::io::{self, Write};

use super::Render;
use super::cost::{known, share};
use super::markdown::details;
use super::rows::Rows;
use super::table::{self, Column, Layout, counted, number};
use super::units::{duration, size};
use crate::query::{Expense, Level, LevelMember, LevelsReport};

/// Columns of levels; those of costs stand between them and the last.
const LEVELS: [Column; 3] = [("level", true), ("derivations", true), ("attributes", true)];

const LISTED: [Column; 5] =
    [("level", true), ("derivation", false), ("system", false), ("attributes", false), ("rebuilds", true)];

/// How many members markdown lists: a comment may have 65,536 characters.
const COMMENT_ROWS: usize = 250;

/// Columns of costs like these.
fn cost_columns(all: Option<&Expense>) -> Vec<Column> {
    let bytes = all.and_then(|all| all.bytes).map(|_| ("bytes", true));
    all.iter().flat_map(|_| [("time", true), ("measured", true)]).chain(bytes).collect()
}

/// What stands in them.
fn cost_cells(cost: Option<&Expense>) -> impl Iterator<Item = String> {
    let cells = cost.map(|cost| {
        let known = if cost.hours.total > 0.0 { share(cost.hours.measured_share) } else { String::new() };
        [Some(duration(cost.hours.total)), Some(known), cost.bytes.map(size)]
    });
    cells.into_iter().flatten().flatten()
}

impl LevelsReport {
    fn headline(&self) -> String {
        let of = if self.selectors.is_empty() { "all that is built".to_owned() } else { self.selectors.join(", ") };
        let attributes = match self.attributes {
            0 => String::new(),
            count => format!(", {}", counted(count, "attribute")),
        };
        let derivations = counted(self.derivations, "derivation");
        let time = self.cost.map(|cost| format!(", {} of machine time", duration(cost.hours.total)));
        let levels = counted(self.levels.len() as u64, "level");
        format!("{of}: {derivations}{attributes}{} on {levels}", time.unwrap_or_default())
    }

    fn left_out(&self) -> Option<String> {
        let what = if self.left_out == 1 { "one is" } else { "are" };
        let count = if self.left_out == 1 { String::new() } else { format!("{} ", number(self.left_out)) };
        (self.left_out > 0).then(|| format!("{count}{what} never built and left out: fetches, sources, holes"))
    }

    fn columns(&self) -> Vec<Column> {
        let first = if self.cost.is_some() { "takes longest" } else { "rebuild the most" };
        LEVELS.into_iter().chain(cost_columns(self.cost.as_ref())).chain([(first, false)]).collect()
    }

    fn rows(&self) -> impl Iterator<Item = Vec<String>> {
        self.levels.iter().map(|level| {
            let own = [level.level.to_string(), number(level.derivations), number(level.attributes)];
            own.into_iter().chain(cost_cells(level.cost.as_ref())).chain([level.first_text()]).collect()
        })
    }

    fn listed_columns(&self) -> Vec<Column> {
        let costs = self.cost.iter().flat_map(|_| [("time", true), ("known", false)]);
        let repository = self.repositories.iter().map(|_| ("repository", false));
        LISTED.into_iter().chain(costs).chain(repository).collect()
    }

    fn listed_rows(&self) -> impl Iterator<Item = Vec<String>> {
        self.members.iter().flatten().map(|member| {
            let own = [
                member.level.to_string(),
                member.name.clone(),
                member.system.clone(),
                member.attributes.join(" "),
                number(member.dependents.into()),
            ];
            let price = member.hours.zip(member.measured);
            let price = price.map(|(hours, measured)| [duration(hours), known(measured).to_owned()]);
            let repository = self.repositories.iter().map(|_| member.repository_text().to_owned());
            own.into_iter().chain(price.into_iter().flatten()).chain(repository).collect()
        })
    }
}

impl Level {
    /// The first few, each with why it is there.
    fn first_text(&self) -> String {
        let named = self.first.iter().map(|member| match member.hours {
            Some(hours) => format!("{} ({})", member.name, duration(hours)),
            None => format!("{} ({})", member.name, number(member.dependents.into())),
        });
        named.collect::<Vec<String>>().join(", ")
    }
}

impl LevelMember {
    fn repository_text(&self) -> &str {
        self.repository.as_deref().unwrap_or("-")
    }
}

impl Render for LevelsReport {
    fn table(&self, out: &mut dyn Write, layout: Layout) -> io::Result<()> {
        writeln!(out, "{}", table::printable(&self.headline()))?;
        self.left_out().iter().try_for_each(|line| writeln!(out, "  {line}"))?;
        writeln!(out)?;
        match &self.repositories {
            Some(repositories) => repositories.table(out, layout, self.cost.as_ref())?,
            None => writeln!(out, "{}", table::plain(&self.columns(), layout, self.rows()))?,
        }
        if self.members.is_some() {
            writeln!(out, "\n{}", table::plain(&self.listed_columns(), layout, self.listed_rows()))?;
        }
        Ok(())
    }

    fn markdown(&self, out: &mut dyn Write) -> io::Result<()> {
        writeln!(out, "**{}**\n", table::escape(&table::printable(&self.headline())))?;
        self.left_out().iter().try_for_each(|line| writeln!(out, "{line}\n"))?;
        match &self.repositories {
            Some(repositories) => repositories.markdown(out, self.cost.as_ref())?,
            None => writeln!(out, "{}", table::markdown(&self.columns(), self.rows()))?,
        }
        if let Some(members) = &self.members {
            let mut rows = table::markdown(&self.listed_columns(), self.listed_rows().take(COMMENT_ROWS));
            let more = members.len().saturating_sub(COMMENT_ROWS);
            if more > 0 {
                rows.push_str(&format!("\n\n… and {} more", number(more as u64)));
            }
            writeln!(out, "\n{}", details("all derivations", &rows))?;
        }
        Ok(())
    }

    /// A row for each member.
    fn csv(&self, out: &mut dyn Write) -> io::Result<()> {
        let mut rows = Rows::new(out);
        let header = ["drv", "name", "system", "level", "attributes", "dependents"];
        let costs = self.cost.iter().flat_map(|_| ["hours", "measured"]);
        rows.row(header.into_iter().chain(costs).chain(self.repositories.iter().map(|_| "repository")))?;
        for member in self.members.iter().flatten() {
            let own = [
                member.drv.clone(),
                member.name.clone(),
                member.system.clone(),
                member.level.to_string(),
                member.attributes.join(" "),
                member.dependents.to_string(),
            ];
            let price = member.hours.zip(member.measured);
            let price = price.into_iter().flat_map(|(hours, measured)| [hours.to_string(), measured.to_string()]);
            let repository = self.repositories.iter().map(|_| member.repository_text().to_owned());
            rows.row(own.into_iter().chain(price).chain(repository))?;
        }
        rows.finish()
    }

    fn dot(&self) -> Option<String> {
        Some(match (&self.repositories, &self.members) {
            (Some(repositories), _) => picture::repositories(repositories),
            (None, Some(members)) => picture::members(members, &self.member_edges),
            (None, None) => picture::levels(self),
        })
    }
}
