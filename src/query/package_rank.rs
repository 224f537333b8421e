//! Which packages' bumps take the most in a year.

use serde::Serialize;

use super::bump_sums::BumpSums;
use super::rank::{BumpCost, By, RankError};
use super::spurious::{BumpRates, by_pname};
use super::{REPORT_VERSION, hours};
use crate::cost::Costs;
use crate::graph::{Graph, NodeId};

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

    fn add(&mut self, other: &Self) {
        let add = |sum: &mut Option<f64>, more: Option<f64>| {
            if let Some(more) = more {
                *sum = Some(sum.unwrap_or_default() + more);
            }
        };
        self.builds += other.builds;
        add(&mut self.hours, other.hours);
        if let Some(more) = other.bytes {
            self.bytes = Some(self.bytes.unwrap_or_default().saturating_add(more));
        }
        add(&mut self.critical_path_hours, other.critical_path_hours);
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
    let (pnames, bumps): (Vec<String>, Vec<Vec<NodeId>>) = by_pname(graph).into_iter().unzip();
    let sums = BumpSums::of_bumps(graph, params.costs, &bumps);
    sums.keys(params.by, params.costs)?;
    let with_sizes = params.costs.is_some_and(|costs| costs.bytes().is_some());
    let mut all = PackageYear::default();
    let mut bumps_per_year = 0.0;
    let mut packages: Vec<RankedPackage> = Vec::with_capacity(bumps.len());
    // by pname, so that sums are rounded in one way
    for (at, (package, bump)) in pnames.into_iter().zip(&bumps).enumerate() {
        let rate = params.rates.of(&package);
        let (sum, critical) = (sums.costs.get(at), sums.critical.get(at));
        let per_year = PackageYear {
            builds: rate * sums.nodes[at] as f64,
            hours: sum.map(|sum| rate * hours(sum.millis)),
            bytes: sum.filter(|_| with_sizes).map(|sum| (rate * sum.bytes as f64).round() as u64),
            critical_path_hours: critical.map(|&critical| rate * hours(critical)),
        };
        all.add(&per_year);
        bumps_per_year += rate;
        packages.push(RankedPackage {
            package,
            instances: bump.len() as u64,
            bumps_per_year: rate,
            builds: sums.nodes[at],
            cost: params.costs.map(|costs| BumpCost::new(costs, sums.costs[at], sums.critical[at])),
            per_year,
            share: 0.0,
        });
    }
    let whole = all.of(params.by);
    for package in &mut packages {
        package.share = if whole > 0.0 { package.per_year.of(params.by) / whole } else { 0.0 };
    }
    let total = packages.len() as u64;
    // stable: by name where they take the same
    packages.sort_by(|a, b| b.per_year.of(params.by).total_cmp(&a.per_year.of(params.by)));
    packages.truncate(params.top.unwrap_or(usize::MAX));
    Ok(PackageRankReport {
        version: REPORT_VERSION,
        by: params.by,
        total,
        bumps_per_year,
        per_year: all,
        closure: params.costs.map(|costs| BumpCost::of_closure(graph, costs, sums.longest)),
        packages,
    })
}
