//! The formats of Nix: bytes to values and back, without I/O.
//!
//! The names follow nix-compat, so that a published nix-compat could take this module's place.

pub mod aterm;
pub(crate) mod blocks;
pub mod derivation;
#[cfg(test)]
mod fixtures;
pub mod fuzz;
pub mod hash;
#[cfg(test)]
mod invalid_tests;
pub mod json;
mod json_error;
mod literal;
pub mod name;
pub mod nar;
pub mod nixbase32;
pub mod store_path;

pub use derivation::{Derivation, Events, Output, OutputKind, Text};
pub use literal::string_literal;
pub(crate) use name::language_of_interpreter;
pub use name::{called, language_of, module_pname, normalise_pname, parse_drv_name};
pub use store_path::{Digest, StorePath, StorePathError};
