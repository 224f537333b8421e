//! Two outputs compared, file by file: are they the same, do they differ in the store paths that they
//! record alone, or in more?

mod binary_wrapper;
mod compare;
mod elf;
mod excerpt;
mod file;
mod gone;
mod gzip;
mod params;
mod paths;
mod record;
mod references;
mod shebang;
mod walk;
mod words;
mod wrapper;

#[cfg(test)]
mod tests;

pub use compare::compare;
pub use params::{CompareParams, Comparison, ReferenceChange};
