//! Questions: a graph and parameters in, an owned report out.

mod impact;
mod labels;
mod rank;
mod resolve;
mod selector;
mod suggest;
mod why;

pub use impact::{
    AttributeCounts, BumpReport, BumpedDerivation, DerivationCounts, DistanceCount, HubReport, ImpactParams,
    ImpactReport, Listed, Share, impact,
};
pub use labels::{Branch, branch, kernel_of, labels};
pub use rank::{RankParams, RankReport, RankedNode, rank};
pub use resolve::{Bump, ResolveError, resolve};
pub use selector::{Selector, SelectorError};
pub use why::{PathNode, WhyParams, WhyReport, why};

/// The version of every report's JSON; it grows when a field is renamed or removed.
pub const REPORT_VERSION: u32 = 1;
