//! What an experiment costs.

use std::collections::BTreeMap;

use super::found::Group;
use crate::graph::Graph;
use crate::nix::parse_drv_name;
use crate::verdict::{Evidence, Verdict};

/// How long a build is taken to last where nothing tells, in minutes.
pub const DEFAULT_MINUTES: f64 = 5.0;

/// Builds of a package as it is.
const BASELINE: u32 = 2;

/// What the experiments on one candidate cost.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(super) struct Cost {
    pub(super) builds: u32,
    /// Minutes for each build.
    minutes: f64,
    pub(super) measured: bool,
}

impl Cost {
    /// Without the builds of the package as it is.
    pub(super) fn of(graph: &Graph, group: &Group, pace: &Pace) -> Self {
        // a check of the package, or one that looks whether the input is there, is expected to fail first
        let removed = if group.verdict == Verdict::NoEffect { 1 } else { 2 };
        let stubbed = 1;
        let known = pace.minutes.get(parse_drv_name(graph.name(group.consumer)).0);
        Self { builds: removed + stubbed, minutes: known.copied().unwrap_or(pace.default), measured: known.is_some() }
    }

    pub(super) fn with_baseline(self) -> Self {
        Self { builds: self.builds + BASELINE, ..self }
    }

    pub(super) fn minutes(&self) -> f64 {
        f64::from(self.builds) * self.minutes
    }
}

/// How long builds of packages last.
pub(super) struct Pace {
    /// Minutes, by pname.
    minutes: BTreeMap<String, f64>,
    default: f64,
}

impl Pace {
    /// The mean over experiments with a package, whatever its version. Overestimates: some of them took two
    /// builds or three. Those that took no time found their builds made.
    pub(super) fn of(evidence: &[Evidence], default: f64) -> Self {
        let mut seconds: BTreeMap<&str, (u64, u64)> = BTreeMap::new();
        for record in evidence {
            if let Evidence::Experiment(shown) = record
                && shown.seconds > 0
            {
                let (sum, count) = seconds.entry(parse_drv_name(&shown.package.name).0).or_default();
                *sum = sum.saturating_add(shown.seconds);
                *count += 1;
            }
        }
        let mean = |(pname, (sum, count)): (&str, (u64, u64))| (pname.to_owned(), sum as f64 / count as f64 / 60.0);
        Self { minutes: seconds.into_iter().map(mean).collect(), default }
    }
}
