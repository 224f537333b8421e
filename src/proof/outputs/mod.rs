//! What was built: trees of files, from the disk, from archives, from listings; what they refer to, and
//! what they offer.

mod carrier;
mod mentions;
mod metadata;
mod metadata_error;
mod narinfo;
mod path_info;
pub mod run_path;
mod scan;
mod store_database;
mod store_paths;
mod tree;

pub use carrier::FileCarriers;
pub use mentions::{FileMention, Mentions};
pub use metadata::{Metadata, ReferenceSource, base_name};
pub use metadata_error::MetadataError;
pub use scan::{Hit, Scanner};
pub use store_database::StoreDatabase;
pub use store_paths::{Named, StorePaths};
pub use tree::{Content, Entry, Mapped, Tree, TreeError};
