//! What an experiment costs.

use std::collections::BTreeMap;

use super::found::Group;
use crate::cost::Costs;
use crate::graph::{Graph, NodeId};
use crate::nix::parse_drv_name;
use crate::verdict::{Evidence, Verdict};

/// How long a build is taken to last where nothing tells, in minutes.
pub const DEFAULT_MINUTES: f64 = 5.0;

/// Less than that no build takes.
const LEAST_MILLIS: u64 = 1_000;

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
    pub(super) fn of(graph: &Graph, group: &Group, pace: &Pace<'_>) -> Self {
        // a check of the package, or one that looks whether the input is there, is expected to fail first
        let removed = if group.verdict == Verdict::NoEffect { 1 } else { 2 };
        let stubbed = 1;
        let (minutes, measured) = pace.build(graph, group.consumer);
        Self { builds: removed + stubbed, minutes, measured }
    }

    pub(super) fn with_baseline(self) -> Self {
        Self { builds: self.builds + BASELINE, ..self }
    }

    pub(super) fn minutes(&self) -> f64 {
        f64::from(self.builds) * self.minutes
    }
}

/// How long builds of packages last.
pub(super) struct Pace<'c> {
    /// Minutes, by pname.
    minutes: BTreeMap<String, f64>,
    costs: Option<&'c Costs>,
    default: f64,
}

impl<'c> Pace<'c> {
    /// The mean over experiments with a package, whatever its version. Overestimates: some of them took two
    /// builds or three. Those that took no time found their builds made.
    pub(super) fn of(evidence: &[Evidence], default: f64, costs: Option<&'c Costs>) -> Self {
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
        Self { minutes: seconds.into_iter().map(mean).collect(), costs, default }
    }

    /// Minutes of a build of a package, and whether that is measured: by experiments, else by what it costs.
    fn build(&self, graph: &Graph, package: NodeId) -> (f64, bool) {
        if let Some(&minutes) = self.minutes.get(parse_drv_name(graph.name(package)).0) {
            return (minutes, true);
        }
        self.costs.map_or((self.default, false), |costs| {
            let time = costs.time(package);
            // nothing starts a build and ends it in no time
            (time.millis.max(LEAST_MILLIS) as f64 / 60_000.0, time.measured)
        })
    }
}
