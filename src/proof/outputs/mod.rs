//! What was built: trees of files, from the disk, from archives, from listings; what they refer to, and
//! what they offer.

mod built;
mod carrier;
mod channel;
mod channels;
mod channels_report;
mod digit_runs;
mod listing;
mod mentions;
mod metadata;
mod metadata_error;
mod nar;
mod narinfo;
mod path_info;
mod recorded;
mod references;
pub mod run_path;
mod scan;
mod shown;
mod store_database;
mod store_paths;
mod tree;

pub use built::{Built, BuiltError};
pub use carrier::FileCarriers;
pub(crate) use carrier::{BINARY_WRAPPER, parts_words};
pub use channel::Channel;
pub use channels::Channels;
pub use channels_report::{ChannelsReport, Offered, OutputChannels};
pub use listing::ListingError;
pub use mentions::{FileMention, Mentions};
pub use metadata::{Metadata, base_name};
pub use metadata_error::MetadataError;
pub use recorded::{MOST_BYTES, Recorded};
pub use references::{MentioningFile, OutputReferences, Reference, ReferencesError, ReferencesReport, references};
pub use scan::{Hit, Scanner};
pub use shown::shown;
pub use store_database::StoreDatabase;
pub use store_paths::{Named, StorePaths};
pub use tree::{Archive, Content, Entry, Mapped, Tree, TreeError};
