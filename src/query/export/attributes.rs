//! The table of attributes, and of what did not evaluate.

use super::cell::Cell;
use super::field::ValueKind::{Bool, Int, List, Text};
use super::table::{Data, Definition};
use crate::graph::{AttributeId, FailedAttribute};

pub(super) const COLUMNS: [Definition; 8] = [
    Definition::new("name", Text, "path of the attribute, without system", |data, row| {
        Cell::Text(told(data, row, |attribute| data.graph.attribute_name(attribute), |failed| failed.name).into())
    }),
    Definition::or_null("system", Text, "what it was evaluated for; null where that is not given", |data, row| {
        Cell::some_text(told(data, row, |attribute| data.graph.attribute_system(attribute), |failed| failed.system))
    }),
    Definition::or_null("node", Int, "the derivation that it names; null where the closure lacks it", |data, row| {
        let node = told(data, row, |attribute| data.graph.attribute_node(attribute), |_| None);
        Cell::of(node, |node| Cell::int(node.0))
    }),
    Definition::or_null("position", Text, "where it is defined (meta.position)", |data, row| {
        Cell::some_text(told(data, row, |attribute| data.graph.attribute_position(attribute), |_| ""))
    }),
    Definition::new("maintainers", List, "who maintains it: @ and the GitHub handle, else the name", |data, row| {
        told(data, row, |attribute| Cell::texts(data.graph.maintainers(attribute)), |_| Cell::List(Vec::new()))
    }),
    Definition::new("teams", List, "the teams that do", |data, row| {
        told(data, row, |attribute| Cell::texts(data.graph.teams(attribute)), |_| Cell::List(Vec::new()))
    }),
    Definition::new("failed", Bool, "whether it did not evaluate", |data, row| {
        Cell::Bool(told(data, row, |_| false, |_| true))
    }),
    Definition::or_null("error", Text, "what Nix said, 2,000 characters at most", |data, row| {
        told(data, row, |_| Cell::Null, |failed| Cell::some_text(failed.error))
    }),
];

/// What an attribute says, or one that did not evaluate: these stand behind the others.
fn told<'e, T>(
    data: &Data<'e>,
    row: usize,
    attribute: impl FnOnce(AttributeId) -> T,
    failed: impl FnOnce(FailedAttribute<'e>) -> T,
) -> T {
    let graph = data.graph;
    match row.checked_sub(graph.attribute_count()) {
        None => attribute(AttributeId(row as u32)),
        Some(at) => failed(graph.failed_attribute(at)),
    }
}
