//! The rank report as text.

use std::io::{self, Write};

use super::Render;
use super::rows::Rows;
use super::table::{self, Column, Layout, number};
use crate::query::RankReport;

const COLUMNS: [Column; 2] = [("bump", false), ("rebuilds", true)];

impl RankReport {
    fn rows(&self) -> impl Iterator<Item = [String; 2]> {
        self.nodes.iter().map(|node| [node.name.clone(), number(node.dependents.into())])
    }
}

impl Render for RankReport {
    fn table(&self, out: &mut dyn Write, layout: Layout) -> io::Result<()> {
        writeln!(out, "{}", table::plain(&COLUMNS, layout, self.rows()))
    }

    fn markdown(&self, out: &mut dyn Write) -> io::Result<()> {
        writeln!(out, "{}", table::markdown(&COLUMNS, self.rows()))
    }

    fn csv(&self, out: &mut dyn Write) -> io::Result<()> {
        let mut rows = Rows::new(out);
        rows.row(["drv", "name", "dependents"])?;
        for node in &self.nodes {
            rows.row([&node.drv, &node.name, &node.dependents.to_string()])?;
        }
        rows.finish()
    }
}
