//! The rank report as text.

use std::io::{self, Write};

use super::Render;
use super::cost::{measured, share};
use super::rows::Rows;
use super::table::{self, Column, Layout, number, percent};
use super::units::{duration, size};
use crate::query::{BumpCost, RankReport};

/// Columns of costs, without and with sizes.
const COSTS: [Column; 3] = [("time", true), ("measured", true), ("critical path", true)];
const SIZES: [Column; 2] = [("bytes", true), ("of them measured", true)];

/// The same in CSV.
pub(super) const FIELDS: [&str; 5] = ["hours", "hours_measured", "critical_path_hours", "bytes", "bytes_measured"];

impl BumpCost {
    /// Columns for a table of costs like this one.
    pub(super) fn columns(&self) -> impl Iterator<Item = Column> + use<> {
        COSTS.into_iter().chain(self.all.bytes.iter().flat_map(|_| SIZES).collect::<Vec<_>>())
    }

    /// What stands in them.
    pub(super) fn cells(&self) -> impl Iterator<Item = String> {
        let hours = &self.all.hours;
        // nothing where there is nothing to measure
        let known = if hours.total > 0.0 { share(hours.measured_share) } else { String::new() };
        let times = [duration(hours.total), known, duration(self.critical_path_hours)];
        let known = |bytes: u64| percent(self.all.bytes_measured.unwrap_or_default(), bytes);
        let sizes = self.all.bytes.map(|bytes| [size(bytes), known(bytes)]);
        times.into_iter().chain(sizes.into_iter().flatten())
    }

    /// What stands in CSV.
    pub(super) fn fields(&self) -> [String; 5] {
        let known = |bytes: Option<u64>| bytes.map_or(String::new(), |bytes| bytes.to_string());
        [
            self.all.hours.total.to_string(),
            self.all.hours.measured.to_string(),
            self.critical_path_hours.to_string(),
            known(self.all.bytes),
            known(self.all.bytes_measured),
        ]
    }

    /// What the whole closure costs, in a line.
    pub(super) fn line(&self) -> String {
        let hours = &self.all.hours;
        let time = format!("{} ({})", duration(hours.total), measured(hours.measured_share, hours.total));
        let bytes = self.all.bytes.zip(self.all.bytes_known());
        let bytes = bytes.map_or(String::new(), |(bytes, known)| format!(", {} ({known})", size(bytes)));
        let chain = duration(self.critical_path_hours);
        format!("the whole closure: {time}{bytes}, its longest chain {chain}")
    }
}

impl RankReport {
    fn columns(&self) -> Vec<Column> {
        let costs = self.closure.iter().flat_map(BumpCost::columns);
        [("bump", false), ("rebuilds", true)].into_iter().chain(costs).collect()
    }

    fn rows(&self) -> impl Iterator<Item = Vec<String>> {
        self.nodes.iter().map(|node| {
            let costs = node.cost.iter().flat_map(BumpCost::cells);
            [node.name.clone(), number(node.dependents.into())].into_iter().chain(costs).collect()
        })
    }
}

impl Render for RankReport {
    fn table(&self, out: &mut dyn Write, layout: Layout) -> io::Result<()> {
        writeln!(out, "{}", table::plain(&self.columns(), layout, self.rows()))?;
        self.closure.iter().try_for_each(|closure| writeln!(out, "\n{}", closure.line()))
    }

    fn markdown(&self, out: &mut dyn Write) -> io::Result<()> {
        writeln!(out, "{}", table::markdown(&self.columns(), self.rows()))?;
        self.closure.iter().try_for_each(|closure| writeln!(out, "\n{}", closure.line()))
    }

    fn csv(&self, out: &mut dyn Write) -> io::Result<()> {
        let mut rows = Rows::new(out);
        let costs = self.closure.iter().flat_map(|_| FIELDS);
        rows.row(["drv", "name", "dependents"].into_iter().chain(costs))?;
        for node in &self.nodes {
            let own = [node.drv.clone(), node.name.clone(), node.dependents.to_string()];
            rows.row(own.into_iter().chain(node.cost.iter().flat_map(BumpCost::fields)))?;
        }
        rows.finish()
    }
}
