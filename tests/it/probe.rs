//! Check-only inputs: evidence from comparing a package with the same without its checks.

mod by_nix;
mod contract;
mod found;
pub(crate) mod offline;
