//! What built outputs refer to and offer.

mod by_nix;
mod contract;
