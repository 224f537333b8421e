//! What a bump rebuilds, what that costs, and in what order bumps should go in: from Nix
//! derivation closures alone.

pub mod cli;
pub mod cost;
pub mod graph;
pub mod ingest;
pub mod nix;
pub mod proof;
pub mod query;
pub mod reach;
pub mod report;
pub mod role;
pub mod verdict;
