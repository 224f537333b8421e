//! The table of nodes.

use super::cell::Cell;
use super::field::ValueKind::{Bool, Double, Int, List, Text};
use super::table::{Data, Definition};
use crate::cost::{Bytes, Time};
use crate::graph::NodeId;
use crate::ingest::raw::flag;
use crate::reach::hours;

pub(super) const COLUMNS: [Definition; 25] = [
    Definition::new(
        "id",
        Int,
        "number of the node, from 0 on without a gap, for this export alone; inputs have smaller ones than consumers",
        |_, row| Cell::int(row),
    ),
    Definition::new("path", Text, "store path of the .drv file, or of the input source", |data, row| {
        Cell::Text(data.graph.path(node(row)).into())
    }),
    Definition::new("name", Text, "name, without .drv", |data, row| Cell::Text(data.graph.name(node(row)).into())),
    Definition::or_null("pname", Text, "name without version; null for an input source", |data, row| {
        Cell::some_text(data.graph.pname(node(row)))
    }),
    Definition::or_null("version", Text, "version; null where there is none", |data, row| {
        Cell::some_text(data.graph.version(node(row)))
    }),
    Definition::or_null("system", Text, "what it is built on; null for an input source", |data, row| {
        Cell::some_text(data.graph.system(node(row)))
    }),
    Definition::new("kind", Text, "derivation or source", |data, row| {
        Cell::Text(if data.graph.is_derivation(node(row)) { "derivation" } else { "source" }.into())
    }),
    Definition::new(
        "fixed_output",
        Bool,
        "an output carries a hash, so that no input changes its path",
        |data, row| has(data, row, flag::FIXED),
    ),
    Definition::new("floating", Bool, "content-addressed: its path follows from what is built", |data, row| {
        has(data, row, flag::FLOATING)
    }),
    Definition::new("deferred", Bool, "its path is not known before the build, for an input's is not", |data, row| {
        has(data, row, flag::DEFERRED)
    }),
    Definition::new("impure", Bool, "never the same twice", |data, row| has(data, row, flag::IMPURE)),
    Definition::new("recipe_known", Bool, "more is known of it than name and inputs", |data, row| {
        let known = data.graph.flags(node(row)) & (flag::NO_RECIPE | flag::MISSING | flag::SOURCE) == 0;
        Cell::Bool(known)
    }),
    Definition::new("missing", Bool, "a hole: named as an input, but not in the closure", |data, row| {
        has(data, row, flag::MISSING)
    }),
    Definition::new("prefer_local", Bool, "so cheap that Nix builds it where it is asked to", |data, row| {
        has(data, row, flag::PREFER_LOCAL)
    }),
    Definition::new("features", List, "what a machine must have to build it (requiredSystemFeatures)", |data, row| {
        Cell::texts(data.graph.features(node(row)))
    }),
    Definition::new("outputs", List, "names of its outputs", |data, row| {
        Cell::texts(data.graph.outputs(node(row)).map(|(name, _)| name))
    }),
    Definition::new(
        "output_paths",
        List,
        "paths of the outputs that have one before the build, in the same order",
        |data, row| {
            let known = data.graph.outputs(node(row)).filter(|(_, digest)| digest.is_some());
            Cell::made(known.map(|(name, digest)| data.graph.output_path(node(row), name, digest)))
        },
    ),
    Definition::new("level", Int, "length of the longest chain of inputs below it", |data, row| {
        Cell::int(data.graph.level(node(row)))
    }),
    Definition::new("attributes", Int, "how many attributes name it", |data, row| {
        Cell::int(data.graph.attributes_of(node(row)).len())
    }),
    Definition::or_null(
        "position",
        Text,
        "where it is defined (meta.position), by its first attribute that says so",
        |data, row| {
            let positions =
                data.graph.attributes_of(node(row)).map(|attribute| data.graph.attribute_position(attribute));
            Cell::some_text(positions.into_iter().find(|position| !position.is_empty()).unwrap_or_default())
        },
    ),
    Definition::or_null(
        "hours",
        Double,
        "machine hours of its build or download; null unless costs are asked for",
        |data, row| Cell::of(time(data, row), |time| Cell::Double(hours(time.millis as f64))),
    ),
    Definition::or_null("time_measured", Bool, "whether a record says so; estimated otherwise", |data, row| {
        Cell::of(time(data, row), |time| Cell::Bool(time.measured))
    }),
    Definition::or_null("bytes", Int, "bytes of all its outputs; null unless sizes are given", |data, row| {
        Cell::of(size(data, row), |size| Cell::int(size.bytes))
    }),
    Definition::or_null(
        "size_measured",
        Bool,
        "whether records say so of every output; estimated otherwise",
        |data, row| Cell::of(size(data, row), |size| Cell::Bool(size.measured)),
    ),
    Definition::or_null(
        "download_bytes",
        Int,
        "what users download for it; null where no record tells of downloads",
        |data, row| {
            let download = data.costs.and_then(|costs| costs.download(node(row)));
            Cell::of(download, |download| Cell::int(download.bytes))
        },
    ),
];

fn node(row: usize) -> NodeId {
    NodeId(row as u32)
}

fn has(data: &Data<'_>, row: usize, flag: u32) -> Cell<'static> {
    Cell::Bool(data.graph.flags(node(row)) & flag != 0)
}

fn time(data: &Data<'_>, row: usize) -> Option<Time> {
    data.costs.map(|costs| costs.time(node(row)))
}

fn size(data: &Data<'_>, row: usize) -> Option<Bytes> {
    data.costs.and_then(|costs| costs.size(node(row)))
}
