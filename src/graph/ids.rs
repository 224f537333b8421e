//! Index spaces of a graph, each a type of its own.

/// A node: a derivation or an input source. Dense, valid only for the graph that made it.
///
/// Ids ascend from inputs to consumers: an edge always leads from a smaller id to a larger one, so
/// a loop over ids is a topological order.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Default)]
pub struct NodeId(pub u32);

/// An edge from an input to a consumer; index into the input lists. Dense, valid only for the graph
/// that made it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Default)]
pub struct EdgeId(pub u32);

/// An attribute. Dense, in the order of names and systems, valid only for the graph that made it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Default)]
pub struct AttributeId(pub u32);

/// An interned string. Dense, in the order of the bytes (so ids compare as their strings do), valid
/// only for the graph that made it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Default)]
pub struct StringId(pub u32);

macro_rules! index {
    ($($id:ident),*) => {$(
        impl $id {
            /// As an index into arrays.
            #[inline]
            #[must_use]
            pub const fn index(self) -> usize {
                self.0 as usize
            }
        }
    )*};
}
index!(NodeId, EdgeId, AttributeId, StringId);

/// Which way to go.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Direction {
    /// From a derivation to what it is built from.
    Inputs,
    /// From a derivation to what is built from it.
    Consumers,
}
