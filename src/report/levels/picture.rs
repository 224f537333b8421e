//! Levels as pictures.

use std::collections::BTreeMap;
use std::fmt::Write as _;

use crate::query::{LevelMember, LevelsReport, RepositoriesReport};
use crate::report::dot::{label, quoted};
use crate::report::table::{counted, number};
use crate::report::units::duration;

/// A node for each member, those of a level side by side; an arrow only where no third stands between.
pub(super) fn members(members: &[LevelMember], edges: &[[usize; 2]]) -> String {
    let mut dot = String::from("digraph levels {\n  rankdir=BT;\n  newrank=true;\n  node [shape=box];\n");
    let several = members.iter().any(|member| member.system != members[0].system);
    let mut by_level: BTreeMap<u32, Vec<usize>> = BTreeMap::new();
    for (at, member) in members.iter().enumerate() {
        by_level.entry(member.level).or_default().push(at);
        let time = member.hours.map(duration);
        let system = several.then(|| member.system.clone());
        let lines: Vec<String> = [member.name.clone()].into_iter().chain(system).chain(time).collect();
        // writing to a String cannot fail
        let _ = writeln!(dot, "  {} [label={}];", quoted(&member.drv), label(&lines));
    }
    for places in by_level.values() {
        let names: Vec<String> = places.iter().map(|&at| format!("{};", quoted(&members[at].drv))).collect();
        let _ = writeln!(dot, "  {{ rank=same; {} }}", names.join(" "));
    }
    for [input, consumer] in edges {
        let (input, consumer) = (&members[*input].drv, &members[*consumer].drv);
        let _ = writeln!(dot, "  {} -> {};", quoted(input), quoted(consumer));
    }
    dot.push_str("}\n");
    dot
}

/// A node for each level. Arrows that pass others over are thin, and do not place anything.
pub(super) fn levels(report: &LevelsReport) -> String {
    let mut dot = String::from("digraph levels {\n  rankdir=BT;\n  node [shape=box];\n");
    for level in &report.levels {
        let time = level.cost.map(|cost| duration(cost.hours.total));
        let names: Vec<&str> = level.first.iter().map(|member| member.name.as_str()).collect();
        let own = [format!("level {}", level.level), counted(level.derivations, "derivation")];
        let lines: Vec<String> = own.into_iter().chain(time).chain([names.join(", ")]).collect();
        let _ = writeln!(dot, "  {} [label={}];", level.level, label(&lines));
    }
    for edge in &report.level_edges {
        let style = if edge.to == edge.from + 1 { "" } else { ", color=gray, fontcolor=gray, constraint=false" };
        let _ = writeln!(dot, "  {} -> {} [label={}{style}];", edge.from, edge.to, quoted(&number(edge.pairs)));
    }
    dot.push_str("}\n");
    dot
}

/// A node for each repository; cycles in boxes, what is to be cut dashed.
pub(super) fn repositories(report: &RepositoriesReport) -> String {
    let mut dot = String::from("digraph repositories {\n  rankdir=BT;\n  node [shape=box];\n");
    let node = |repository: &crate::query::Repository| {
        let time = repository.cost.map(|cost| duration(cost.hours.total));
        let own = [repository.name.clone(), counted(repository.packages, "package")];
        let lines: Vec<String> = own.into_iter().chain(time).collect();
        format!("{} [label={}];", quoted(&repository.name), label(&lines))
    };
    for repository in report.repositories.iter().filter(|repository| repository.cycle.is_none()) {
        let _ = writeln!(dot, "  {}", node(repository));
    }
    for at in 0..report.cycles.len() {
        let _ = writeln!(dot, "  subgraph cluster_{at} {{\n    label=\"cycle {}\";", at + 1);
        for repository in report.repositories.iter().filter(|repository| repository.cycle == Some(at)) {
            let _ = writeln!(dot, "    {}", node(repository));
        }
        dot.push_str("  }\n");
    }
    for edge in &report.edges {
        let style = if edge.cut { ", style=dashed, color=red, constraint=false" } else { "" };
        let (from, to, packages) = (quoted(&edge.from), quoted(&edge.to), quoted(&number(edge.packages)));
        let _ = writeln!(dot, "  {from} -> {to} [label={packages}{style}];");
    }
    dot.push_str("}\n");
    dot
}
