//! The graph of a closure: ids, both directions in flat arrays, the builder, the snapshot.

mod attributes;
mod builder;
mod cache;
#[expect(clippy::module_inception, reason = "one noun a file, and the noun is the graph")]
mod graph;
mod ids;
pub mod petgraph;
mod recipe;
mod replace_file;
mod snapshot;
mod texts;
mod validate;

pub use attributes::FailedAttribute;
pub use builder::{BuildError, BuildOptions, build};
pub use cache::{CacheKey, SnapshotCache};
pub use graph::{Adjacency, Graph};
pub use ids::{AttributeId, Direction, EdgeId, NodeId, StringId};
pub use recipe::{RecipeDigest, RecipeDigestError, RecipeText};
pub(crate) use replace_file::{file_in, replace_file};
pub use snapshot::{FORMAT_VERSION, SnapshotError};
