//! What was built: trees of files, from the disk, from archives, from listings; what they refer to, and
//! what they offer.

mod carrier;
mod mentions;
mod nar;
pub mod run_path;
mod scan;
mod store_paths;
mod tree;

pub use carrier::FileCarriers;
pub use mentions::{FileMention, Mentions};
pub use scan::{Hit, Scanner};
pub use store_paths::{Named, StorePaths};
pub use tree::{Archive, Content, Entry, Mapped, Tree, TreeError};
