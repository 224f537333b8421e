//! The table of edges.

use super::cell::Cell;
use super::field::ValueKind::{Bool, Int, List, Text};
use super::table::{Data, Definition};
use crate::graph::EdgeId;
use crate::query::inputs::roles_by_evidence;
use crate::role::RoleSet;

pub(super) const COLUMNS: [Definition; 11] = [
    Definition::new("input", Int, "the node that is used", |data, row| Cell::int(data.graph.edge_input(edge(row)).0)),
    Definition::new("consumer", Int, "the node that uses it", |data, row| {
        Cell::int(data.graph.edge_consumer(edge(row)).0)
    }),
    Definition::new("outputs", List, "names of the outputs used; empty for an input source", |data, row| {
        Cell::texts(data.graph.used_outputs(edge(row)))
    }),
    Definition::new(
        "keys",
        List,
        "where the consumer names it: variables, paths in __json, args, builder",
        |data, row| Cell::texts(data.graph.mentions(edge(row))),
    ),
    Definition::new(
        "roles",
        List,
        "why it is there, by the keys and by evidence, as 'inputs' says; empty where the recipe is not known",
        roles,
    ),
    Definition::new(
        "propagates",
        Bool,
        "a rebuild of the input rebuilds the consumer: it is not fixed-output",
        |data, row| Cell::Bool(!data.graph.is_fixed(data.graph.edge_consumer(edge(row)))),
    ),
    Definition::new(
        "verdict",
        Text,
        "what a change of the input can change: affects, reference-only, test-only, no-effect, unknown",
        |data, row| Cell::Text(data.verdicts.of(edge(row)).verdict.as_str().into()),
    ),
    Definition::or_null("grade", Text, "how strongly that is known: suspected, inferred, observed, proven", grade),
    Definition::or_null("rule", Text, "the rule that says so; null where evidence does, or nothing", rule),
    Definition::or_null("remedy", Text, "drop, detach or split; null where there is none", |data, row| {
        Cell::of(data.verdicts.of(edge(row)).remedy, |remedy| Cell::Text(remedy.as_str().into()))
    }),
    Definition::new("evidence", Int, "how many records of evidence speak of it", |data, row| {
        Cell::int(data.verdicts.of(edge(row)).evidence.len())
    }),
];

fn edge(row: usize) -> EdgeId {
    EdgeId(row as u32)
}

fn grade<'e>(data: &Data<'e>, row: usize) -> Cell<'e> {
    Cell::of(data.verdicts.of(edge(row)).grade, |grade| Cell::Text(grade.as_str().into()))
}

fn rule<'e>(data: &Data<'e>, row: usize) -> Cell<'e> {
    let verdicts = data.verdicts;
    Cell::of(verdicts.rule_of(&verdicts.of(edge(row))), |rule| Cell::Text(rule.id.as_str().into()))
}

fn roles<'e>(data: &Data<'e>, row: usize) -> Cell<'e> {
    let mut roles = RoleSet::of_edge(data.graph, edge(row));
    roles.0.extend(roles_by_evidence(&data.verdicts.of(edge(row))));
    Cell::made(roles.names().into_iter())
}
