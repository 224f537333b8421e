//! Repositories as text.

use std::io::{self, Write};

use super::{cost_cells, cost_columns};
use crate::query::{Expense, RepositoriesReport, RepositoryEdge};
use crate::report::table::{self, Column, Layout, counted, number};

const REPOSITORIES: [Column; 6] = [
    ("level", true),
    ("repository", false),
    ("cycle", true),
    ("packages", true),
    ("derivations", true),
    ("attributes", true),
];

const EDGES: [Column; 5] =
    [("input in", false), ("needed by", false), ("packages", true), ("pairs", true), ("for example", false)];

impl RepositoriesReport {
    fn rows(&self) -> impl Iterator<Item = Vec<String>> {
        self.repositories.iter().map(|repository| {
            let own = [
                repository.level.map_or(String::new(), |level| level.to_string()),
                repository.name.clone(),
                repository.cycle.map_or(String::new(), |cycle| (cycle + 1).to_string()),
                number(repository.packages),
                number(repository.derivations),
                number(repository.attributes),
            ];
            own.into_iter().chain(cost_cells(repository.cost.as_ref())).collect()
        })
    }

    /// A headline for each cycle, with what to cut.
    fn cycles(&self) -> impl Iterator<Item = (String, Vec<[String; 5]>)> {
        self.cycles.iter().enumerate().map(|(at, cycle)| {
            let least = if cycle.optimal { "ends" } else { "ends, perhaps not with the fewest," };
            let packages = counted(cycle.packages, "package");
            let headline = format!(
                "cycle {} of {}: it {least} when {packages} {} without this:",
                at + 1,
                cycle.repositories.join(", "),
                if cycle.packages == 1 { "does" } else { "do" }
            );
            (headline, cycle.cut.iter().filter_map(|&edge| self.edges.get(edge)).map(edge_cells).collect())
        })
    }

    fn edge_rows(&self) -> impl Iterator<Item = [String; 5]> {
        self.edges.iter().map(edge_cells)
    }

    pub(super) fn table(&self, out: &mut dyn Write, layout: Layout, cost: Option<&Expense>) -> io::Result<()> {
        let columns: Vec<Column> = REPOSITORIES.into_iter().chain(cost_columns(cost)).collect();
        writeln!(out, "{}", table::plain(&columns, layout, self.rows()))?;
        for (headline, rows) in self.cycles() {
            writeln!(out, "\n{}\n{}", table::printable(&headline), table::plain(&EDGES, layout, rows))?;
        }
        if !self.edges.is_empty() {
            writeln!(out, "\n{}", table::plain(&EDGES, layout, self.edge_rows()))?;
        }
        Ok(())
    }

    pub(super) fn markdown(&self, out: &mut dyn Write, cost: Option<&Expense>) -> io::Result<()> {
        let columns: Vec<Column> = REPOSITORIES.into_iter().chain(cost_columns(cost)).collect();
        writeln!(out, "{}", table::markdown(&columns, self.rows()))?;
        for (headline, rows) in self.cycles() {
            let headline = table::printable(&headline).into_owned();
            writeln!(out, "\n{}\n\n{}", table::escape(&headline), table::markdown(&EDGES, rows))?;
        }
        if !self.edges.is_empty() {
            writeln!(out, "\n{}", table::markdown(&EDGES, self.edge_rows()))?;
        }
        Ok(())
    }
}

fn edge_cells(edge: &RepositoryEdge) -> [String; 5] {
    let example = edge.example.join(" → ");
    [edge.from.clone(), edge.to.clone(), number(edge.packages), number(edge.pairs), example]
}
