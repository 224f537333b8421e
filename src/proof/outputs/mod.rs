//! What was built: trees of files, from the disk, from archives, from listings.

mod tree;

pub use tree::{Content, Entry, Mapped, Tree, TreeError};
