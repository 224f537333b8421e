//! Tables of a closure as files: CSV or Parquet, and a manifest beside them.

mod csv;
mod manifest;
#[cfg_attr(not(feature = "parquet"), path = "no_parquet.rs")]
mod parquet;

pub use self::csv::{SEPARATOR, write_csv};
pub use self::manifest::{EXPORT_VERSION, Manifest, ManifestTable};
pub use self::parquet::{PARQUET, write_parquet};
