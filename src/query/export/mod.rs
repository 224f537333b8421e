//! A closure as flat tables, for other programs to go on from.

mod attributes;
mod cell;
mod edges;
mod field;
mod nodes;
mod rank;
mod table;

pub use cell::Cell;
pub use field::{Field, TableKind, ValueKind};
pub use table::{ExportParams, Table};
