//! A plan for Graphviz: waves as boxes, bumps in them, what comes before what.

use std::fmt::Write;

use crate::query::waves::WavesReport;
use crate::report::dot::{label, quoted};
use crate::report::table::counted;
use crate::report::units::duration;

impl WavesReport {
    pub(super) fn picture(&self) -> String {
        let mut text = String::from("digraph waves {\n  rankdir=LR;\n  node [shape=box];\n");
        // writing to a string cannot fail
        for wave in &self.waves {
            let title =
                format!("wave {}: {}, {}", wave.number, counted(wave.derivations, "build"), duration(wave.hours));
            let _ = writeln!(text, "  subgraph cluster_{} {{\n    label={};", wave.number, quoted(&title));
            for bump in self.bumps.iter().filter(|bump| bump.wave == wave.number) {
                let label = label(&[bump.shown(), duration(bump.rebuilds.hours)]);
                let _ = writeln!(text, "    {} [label={label}];", quoted(&bump.name));
            }
            text.push_str("  }\n");
        }
        for before in &self.precedence {
            let style = if before.reason == "upstream" { "" } else { " [style=dotted]" };
            let _ = writeln!(text, "  {} -> {}{style};", first(&before.before), first(&before.after));
        }
        for back in &self.back_edges {
            let _ = writeln!(text, "  {} -> {} [style=dashed, constraint=false];", first(&back.from), first(&back.to));
        }
        text.push_str("}\n");
        text
    }
}

/// Of bumps that move together the first stands for all.
fn first(unit: &[String]) -> String {
    quoted(unit.first().map_or("", String::as_str))
}
