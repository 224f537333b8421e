//! The table of bumps.

use super::cell::Cell;
use super::field::ValueKind::{Double, Int};
use super::table::{Data, Definition};
use crate::query::bump_sums::BumpSums;
use crate::query::expense::CostSum;
use crate::reach::hours;

pub(super) const COLUMNS: [Definition; 8] = [
    Definition::new("node", Int, "what is bumped, by itself", |_, row| Cell::int(row)),
    Definition::new("dependents", Int, "derivations that this rebuilds, itself not counted", |data, row| {
        let nodes = sums(data).and_then(|sums| sums.nodes.get(row)).copied().unwrap_or_default();
        Cell::int(nodes.saturating_sub(1))
    }),
    Definition::or_null(
        "hours",
        Double,
        "machine hours of these and of itself; null unless costs are asked for",
        |data, row| Cell::of(cost(data, row), |cost| Cell::Double(hours(cost.millis as f64))),
    ),
    Definition::or_null("hours_measured", Double, "those of them that records tell", |data, row| {
        Cell::of(cost(data, row), |cost| Cell::Double(hours(cost.millis_measured as f64)))
    }),
    Definition::or_null(
        "critical_path_hours",
        Double,
        "machine hours of the longest chain of builds among them",
        |data, row| {
            let longest = sums(data).and_then(|sums| sums.critical.get(row)).copied();
            Cell::of(longest, |millis| Cell::Double(hours(millis as f64)))
        },
    ),
    Definition::or_null("bytes", Int, "bytes of all their outputs; null unless sizes are given", |data, row| {
        Cell::of(sized(data, row), |cost| Cell::int(cost.bytes))
    }),
    Definition::or_null("bytes_measured", Int, "those of them that records tell", |data, row| {
        Cell::of(sized(data, row), |cost| Cell::int(cost.bytes_measured))
    }),
    Definition::or_null(
        "download_bytes",
        Int,
        "what users download for them; null where no record tells of downloads",
        |data, row| {
            let told = data.costs.is_some_and(|costs| costs.downloads().is_some());
            Cell::of(cost(data, row).filter(|_| told), |cost| Cell::int(cost.download_bytes))
        },
    ),
];

fn sums<'d>(data: &'d Data<'_>) -> Option<&'d BumpSums> {
    data.sums.as_ref()
}

fn cost<'d>(data: &'d Data<'_>, row: usize) -> Option<&'d CostSum> {
    sums(data).and_then(|sums| sums.costs.get(row))
}

fn sized<'d>(data: &'d Data<'_>, row: usize) -> Option<&'d CostSum> {
    cost(data, row).filter(|_| data.costs.is_some_and(|costs| costs.bytes().is_some()))
}
