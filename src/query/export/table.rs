//! A table whose cells are found when they are asked for.

use super::cell::Cell;
use super::field::{Field, TableKind, ValueKind};
use crate::cost::Costs;
use crate::graph::Graph;
use crate::query::bump_sums::BumpSums;
use crate::verdict::Verdicts;

/// What is known beside the closure.
#[derive(Debug, Clone, Copy)]
pub struct ExportParams<'p> {
    /// What builds cost, where that is asked for.
    pub costs: Option<&'p Costs>,
    /// What inputs can change.
    pub verdicts: &'p Verdicts,
}

/// A table of a closure. Nothing is kept a row but, for ranks, what bumps make; each cell is found when it is asked
/// for, and is the same every time.
pub struct Table<'e> {
    kind: TableKind,
    rows: usize,
    data: Data<'e>,
}

/// What cells are found in.
pub(super) struct Data<'e> {
    pub(super) graph: &'e Graph,
    pub(super) costs: Option<&'e Costs>,
    pub(super) verdicts: &'e Verdicts,
    /// Of all nodes as bumps; for ranks alone.
    pub(super) sums: Option<BumpSums>,
}

/// A column, and how its cells are found.
pub(super) struct Definition {
    pub(super) field: Field,
    cell: for<'d, 'e> fn(&'d Data<'e>, usize) -> Cell<'e>,
}

impl Definition {
    /// A column that every row has.
    pub(super) const fn new(
        name: &'static str,
        kind: ValueKind,
        about: &'static str,
        cell: for<'d, 'e> fn(&'d Data<'e>, usize) -> Cell<'e>,
    ) -> Self {
        Self { field: Field { name, kind, nullable: false, about }, cell }
    }

    /// A column that a row may lack.
    pub(super) const fn or_null(
        name: &'static str,
        kind: ValueKind,
        about: &'static str,
        cell: for<'d, 'e> fn(&'d Data<'e>, usize) -> Cell<'e>,
    ) -> Self {
        Self { field: Field { name, kind, nullable: true, about }, cell }
    }
}

impl<'e> Table<'e> {
    /// A table of a graph. That of ranks takes the time and memory of [`crate::reach::totals_of_all`], the others
    /// none.
    #[must_use]
    pub fn new(kind: TableKind, graph: &'e Graph, params: ExportParams<'e>) -> Self {
        let rows = match kind {
            TableKind::Nodes | TableKind::Rank => graph.node_count(),
            TableKind::Edges => graph.edge_count(),
            TableKind::Attributes => graph.attribute_count() + graph.failed().len(),
        };
        let sums = (kind == TableKind::Rank).then(|| BumpSums::of_all(graph, params.costs));
        Self { kind, rows, data: Data { graph, costs: params.costs, verdicts: params.verdicts, sums } }
    }

    /// Which one.
    #[must_use]
    pub fn kind(&self) -> TableKind {
        self.kind
    }

    /// How many rows it has.
    #[must_use]
    pub fn rows(&self) -> usize {
        self.rows
    }

    /// The cells of a row, by the columns of [`TableKind::fields`].
    ///
    /// # Panics
    /// When the table has no such row.
    pub fn row(&self, row: usize) -> impl ExactSizeIterator<Item = Cell<'e>> {
        self.kind.definitions().iter().map(move |definition| (definition.cell)(&self.data, row))
    }

    /// The cells of a column from row to row, by the column's place among [`TableKind::fields`].
    ///
    /// # Panics
    /// When the table has no such rows or column.
    pub fn column(&self, column: usize, rows: std::ops::Range<usize>) -> impl ExactSizeIterator<Item = Cell<'e>> {
        let cell = self.kind.definitions()[column].cell;
        rows.map(move |row| cell(&self.data, row))
    }
}

impl std::fmt::Debug for Table<'_> {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Table").field("kind", &self.kind).field("rows", &self.rows).finish_non_exhaustive()
    }
}
