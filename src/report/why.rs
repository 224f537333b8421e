//! The why report as text.

use std::collections::BTreeSet;
use std::fmt::Write as _;
use std::io::{self, Write};

use super::Render;
use super::dot::quoted;
use super::rows::Rows;
use super::table::{self, Column, Layout, counted, number};
use crate::query::{CutEdge, PathNode, WhyReport};

const COLUMNS: [Column; 4] =
    [("path", true), ("derivation", false), ("system", false), ("depends on it through", false)];

const CUT: [Column; 5] =
    [("input", false), ("consumer", false), ("system", false), ("named in", false), ("remedy", false)];

impl WhyReport {
    fn rows(&self) -> impl Iterator<Item = [String; 4]> {
        self.paths.iter().enumerate().flat_map(|(at, path)| {
            path.iter().enumerate().map(move |(step, node)| {
                let number = if step == 0 { (at + 1).to_string() } else { String::new() };
                [number, node.name.clone(), node.system.clone(), node.keys.join(" ")]
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

    /// What it takes to cut the paths: a headline, and rows of edges or of the path that stays.
    fn cut_text(&self, table: impl Fn(&[Column], Vec<Vec<String>>) -> String) -> Option<String> {
        let cut = self.cut.as_ref()?;
        let mut text = if !cut.possible {
            "no cut: this path has no edge that may be cut".to_owned()
        } else if cut.edges.is_empty() {
            "nothing to cut".to_owned()
        } else {
            format!("cut by removing {}", counted(cut.edges.len() as u64, "edge"))
        };
        let edge = |edge: &CutEdge| {
            let remedy = edge.remedy.map_or("", |remedy| remedy.as_str());
            let grade = edge.grade.map(|grade| format!(" ({grade})")).unwrap_or_default();
            vec![
                edge.input.name.clone(),
                edge.consumer.name.clone(),
                edge.system.clone(),
                edge.keys.join(" "),
                format!("{remedy}{grade}"),
            ]
        };
        let step = |node: &PathNode| vec![node.name.clone(), node.system.clone(), node.keys.join(" ")];
        if !cut.edges.is_empty() {
            text.push_str(&format!("\n\n{}", table(&CUT, cut.edges.iter().map(edge).collect())));
        } else if !cut.uncut.is_empty() {
            text.push_str(&format!("\n\n{}", table(&COLUMNS[1..], cut.uncut.iter().map(step).collect())));
        }
        for note in &cut.notes {
            text.push_str(&format!("\nnote: {note}"));
        }
        Some(text)
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
        if let Some(text) = self.cut_text(|columns, rows| table::plain(columns, layout, rows)) {
            writeln!(out, "\n{text}")?;
        }
        Ok(())
    }

    fn markdown(&self, out: &mut dyn Write) -> io::Result<()> {
        writeln!(out, "{}", table::escape(&self.summary()))?;
        if !self.paths.is_empty() {
            writeln!(out, "\non every path: {}\n", table::escape(&self.on_every_path()))?;
            writeln!(out, "{}", table::markdown(&COLUMNS, self.rows()))?;
        }
        if let Some(text) = self.cut_text(table::markdown) {
            writeln!(out, "\n{text}")?;
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
