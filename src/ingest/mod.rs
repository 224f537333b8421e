//! Where closures come from: store directories, JSON in its many shapes, attribute maps, Nix itself.
//!
//! [`ingest`] takes any mix of [`Input`]s, tells their kinds from their content, and gives a
//! [`RawClosure`] with the findings made on the way. Whether the closure is whole is for the
//! graph's builder to say.

mod attribute;
mod checkouts;
mod collector;
mod drv_files;
pub mod evaluate;
mod expression;
mod failure;
mod file_error;
pub mod git;
mod input;
mod json;
mod json_stream;
mod maintainers;
mod mention;
mod meta;
mod phases;
mod problem;
mod progress;
pub mod raw;
mod recipe;
mod system;
mod texts;
mod verify;

pub(crate) use attribute::looks_like_a_job;
pub use checkouts::Checkouts;
pub use drv_files::ingest_texts;
pub use expression::Expression;
pub use file_error::FileError;
pub use input::{IngestOptions, Input, ingest, is_snapshot};
pub use maintainers::{Maintainers, Owners};
pub use problem::{IngestError, Problem};
pub use progress::{Done, Progress};
pub use raw::RawClosure;
pub use system::is_system;
pub(crate) use system::split_system;
pub use texts::{Texts, Unpacker};
pub use verify::{Verified, verify};
