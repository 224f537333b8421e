//! What was built: trees of files, from the disk, from archives, from listings; what they refer to, and
//! what they offer.

mod carrier;
pub mod run_path;
mod tree;

pub use carrier::FileCarriers;
pub use tree::{Content, Entry, Mapped, Tree, TreeError};
