//! The why report as text.

use std::collections::BTreeSet;
use std::fmt::Write as _;
use std::io::{self, Write};

use super::Render;
use super::rows::Rows;
use super::table::{self, Column, Layout, counted, number};
use crate::query::{PathNode, WhyReport};

const COLUMNS: [Column; 3] = [("path", true), ("derivation", false), ("depends on it through", false)];

impl WhyReport {
    fn rows(&self) -> impl Iterator<Item = [String; 3]> {
        self.paths.iter().enumerate().flat_map(|(at, path)| {
            path.iter().enumerate().map(move |(step, node)| {
                let number = if step == 0 { (at + 1).to_string() } else { String::new() };
                [number, node.name.clone(), node.keys.join(" ")]
            })
        })
    }

    fn summary(&self) -> String {
        if self.path_count == 0 {
            return format!("no path: {}", self.note.as_deref().unwrap_or_default());
        }
        let all = if self.all_path_count < 1e15 {
            number(self.all_path_count as u64)
        } else {
            format!("{:.1e}", self.all_path_count)
        };
        let steps = self.paths.first().map(|path| format!(" of {}", counted(path.len() as u64 - 1, "step")));
        format!(
            "{}{} ({all} of any length, over {})",
            counted(self.path_count, "shortest path"),
            steps.unwrap_or_default(),
            counted(self.nodes_between as u64, "derivation")
        )
    }

    fn on_every_path(&self) -> String {
        let names: Vec<&str> = self.dominators.iter().map(|node| node.name.as_str()).collect();
        if names.is_empty() { "none".to_owned() } else { names.join(", ") }
    }
}

impl Render for WhyReport {
    fn table(&self, out: &mut dyn Write, layout: Layout) -> io::Result<()> {
        writeln!(out, "{}", self.summary())?;
        if self.path_count > 0 {
            writeln!(out, "on every path: {}", self.on_every_path())?;
        }
        if !self.paths.is_empty() {
            writeln!(out)?;
            writeln!(out, "{}", table::plain(&COLUMNS, layout, self.rows()))?;
        }
        Ok(())
    }

    fn markdown(&self, out: &mut dyn Write) -> io::Result<()> {
        writeln!(out, "{}", table::escape(&self.summary()))?;
        if !self.paths.is_empty() {
            writeln!(out, "\non every path: {}\n", table::escape(&self.on_every_path()))?;
            writeln!(out, "{}", table::markdown(&COLUMNS, self.rows()))?;
        }
        Ok(())
    }

    fn csv(&self, out: &mut dyn Write) -> io::Result<()> {
        let mut rows = Rows::new(out);
        rows.row(["path", "step", "drv", "name", "keys"])?;
        for (at, path) in self.paths.iter().enumerate() {
            for (step, node) in path.iter().enumerate() {
                rows.row([&(at + 1).to_string(), &step.to_string(), &node.drv, &node.name, &node.keys.join(" ")])?;
            }
        }
        rows.finish()
    }

    fn dot(&self) -> Option<String> {
        let mut dot = String::from("digraph why {\n  rankdir=LR;\n  node [shape=box];\n");
        let nodes: BTreeSet<(&str, &str)> =
            self.paths.iter().flatten().map(|node| (node.drv.as_str(), node.name.as_str())).collect();
        let dominators: BTreeSet<&str> = self.dominators.iter().map(|node| node.drv.as_str()).collect();
        for (drv, name) in nodes {
            let style = if dominators.contains(drv) { ", style=bold" } else { "" };
            // writing to a String cannot fail
            let _ = writeln!(dot, "  {} [label={}{style}];", quoted(drv), quoted(name));
        }
        let edges: BTreeSet<(&str, &str, String)> =
            self.paths.iter().flat_map(|path| path.windows(2)).map(edge).collect();
        for (from, to, keys) in edges {
            let _ = writeln!(dot, "  {} -> {} [label={}];", quoted(from), quoted(to), quoted(&keys));
        }
        dot.push_str("}\n");
        Some(dot)
    }
}

fn edge(pair: &[PathNode]) -> (&str, &str, String) {
    (&pair[0].drv, &pair[1].drv, pair[1].keys.join(" "))
}

fn quoted(text: &str) -> String {
    format!("\"{}\"", table::printable(text).replace('\\', "\\\\").replace('"', "\\\""))
}
