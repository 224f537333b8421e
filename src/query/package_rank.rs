//! Which packages' bumps take the most in a year.

use serde::Serialize;

use super::REPORT_VERSION;
use super::bump_sums::BumpSums;
use super::rank::{BumpCost, By, RankError};
use super::spurious::{BumpRates, by_pname};
use crate::cost::Costs;
use crate::graph::{Graph, NodeId};
use crate::reach::hours;

/// What to report.
#[derive(Debug, Clone, Copy)]
pub struct PackageRankParams<'p> {
    /// The first so many; all when `None`.
    pub top: Option<usize>,
    /// What comes first, over a year.
    pub by: By,
    /// What builds cost, to tell it and to go by it.
    pub costs: Option<&'p Costs>,
    /// How often what is bumped.
    pub rates: &'p BumpRates,
}

/// The answer.
#[derive(Debug, Clone, Serialize)]
pub struct PackageRankReport {
    /// Version of this shape.
    pub version: u32,
    /// What comes first.
    pub by: By,
    /// How many packages there are.
    pub total: u64,
    /// Their bumps of a year, all of them.
    pub bumps_per_year: f64,
    /// What these take.
    pub per_year: PackageYear,
    /// What the whole closure costs, once; with costs.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub closure: Option<BumpCost>,
    /// Packages by what was asked for over a year, the most first, then by name.
    pub packages: Vec<RankedPackage>,
}

/// A package as a bump.
#[derive(Debug, Clone, Serialize)]
pub struct RankedPackage {
    /// Its pname in lower case, without the prefix of an interpreter.
    pub package: String,
    /// How many derivations are called so and are built: of all interpreters, systems and stages.
    pub instances: u64,
    /// How often it is bumped in a year.
    pub bumps_per_year: f64,
    /// Derivations that one bump of all its instances rebuilds, themselves counted.
    pub builds: u64,
    /// What that costs; with costs.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub cost: Option<BumpCost>,
    /// What its bumps of a year take.
    pub per_year: PackageYear,
    /// The part of a year of everything, from 0 to 1, in what was asked for.
    pub share: f64,
}

/// What bumps of a year take.
#[derive(Debug, Clone, Copy, Default, PartialEq, Serialize)]
pub struct PackageYear {
    /// Derivations that are built.
    pub builds: f64,
    /// Machine time; with costs.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub hours: Option<f64>,
    /// Bytes that are written, to the nearest whole one; with sizes.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub bytes: Option<u64>,
    /// Machine time of the longest chains, one bump after the other; with costs.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub critical_path_hours: Option<f64>,
}

impl PackageYear {
    /// What was asked for; 0 where it is not known.
    #[must_use]
    pub fn of(&self, by: By) -> f64 {
        let known = match by {
            By::Builds => Some(self.builds),
            By::Hours => self.hours,
            By::Bytes => self.bytes.map(|bytes| bytes as f64),
            By::CriticalPath => self.critical_path_hours,
        };
        known.unwrap_or_default()
    }

    /// Of what bumps change, each as often as it says; in one order, so that it is rounded in one way.
    fn new<'s>(costs: Option<&Costs>, bumps: impl IntoIterator<Item = (f64, &'s BumpSums, usize)>) -> Self {
        let mut sums = [0.0; 4];
        for (rate, of, at) in bumps {
            let cost = of.costs.get(at).copied().unwrap_or_default();
            let critical = of.critical.get(at).copied().unwrap_or_default();
            let own = [of.nodes[at], cost.millis, cost.bytes, critical];
            sums.iter_mut().zip(own).for_each(|(sum, own)| *sum += rate * own as f64);
        }
        let [builds, millis, bytes, critical] = sums;
        Self {
            builds,
            hours: costs.map(|_| hours(millis)),
            bytes: costs.and_then(Costs::bytes).map(|_| bytes.round() as u64),
            critical_path_hours: costs.map(|_| hours(critical)),
        }
    }
}

/// What a bump of every package rebuilds and costs, exactly, and what its bumps of a year take. A package is what
/// shares a pname, whatever its version and interpreter; all its derivations that are built are bumped together.
///
/// Over- and underestimates what moves together as [`super::spurious()`]' year does: unrelated packages of one pname
/// are one bump, and what has one source under several pnames is several. The source that a bump fetches is not
/// counted. Bumps of a year that meet, so that what both rebuild is built once, are counted each.
///
/// Time and memory are those of [`crate::reach::totals`].
///
/// # Errors
/// When it is to go by what is not known.
pub fn rank_packages(graph: &Graph, params: PackageRankParams<'_>) -> Result<PackageRankReport, RankError> {
    params.by.check(params.costs)?;
    let (pnames, bumps): (Vec<String>, Vec<Vec<NodeId>>) = by_pname(graph).into_iter().unzip();
    let sums = BumpSums::of_bumps(graph, params.costs, &bumps);
    let rates: Vec<f64> = pnames.iter().map(|package| params.rates.of(package)).collect();
    let year = |bumps: std::ops::Range<usize>| PackageYear::new(params.costs, bumps.map(|at| (rates[at], &sums, at)));
    let all = year(0..bumps.len());
    let whole = all.of(params.by);
    let ranked = |(at, package): (usize, String)| {
        let per_year = year(at..at + 1);
        RankedPackage {
            package,
            instances: bumps[at].len() as u64,
            bumps_per_year: rates[at],
            builds: sums.nodes[at],
            cost: params.costs.map(|costs| BumpCost::new(costs, sums.costs[at], sums.critical[at])),
            per_year,
            share: if whole > 0.0 { per_year.of(params.by) / whole } else { 0.0 },
        }
    };
    let mut packages: Vec<RankedPackage> = pnames.into_iter().enumerate().map(ranked).collect();
    let total = packages.len() as u64;
    // stable: by name where they take the same
    packages.sort_by(|a, b| b.per_year.of(params.by).total_cmp(&a.per_year.of(params.by)));
    packages.truncate(params.top.unwrap_or(usize::MAX));
    Ok(PackageRankReport {
        version: REPORT_VERSION,
        by: params.by,
        total,
        bumps_per_year: rates.iter().sum(),
        per_year: all,
        closure: params.costs.map(|costs| BumpCost::of_closure(graph, costs, sums.longest)),
        packages,
    })
}
