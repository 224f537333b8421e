//! What builds cost together, and how much of that is measured.

use serde::Serialize;

use crate::cost::Costs;
use crate::graph::NodeId;
use crate::reach::hours;

/// What builds and downloads cost together.
#[derive(Debug, Clone, Copy, PartialEq, Serialize)]
pub struct Expense {
    /// Machine time.
    pub hours: MachineTime,
    /// Bytes of the NARs of all outputs, where sizes are given; over a year to the nearest whole one.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub bytes: Option<u64>,
    /// Those of them that a record says.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub bytes_measured: Option<u64>,
    /// What users download for them, packed as caches have it, measured or estimated; where a record tells of any
    /// download.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub download_bytes: Option<u64>,
}

/// Machine hours, on machines of speed 1.
#[derive(Debug, Clone, Copy, PartialEq, Serialize)]
pub struct MachineTime {
    /// All.
    pub total: f64,
    /// What records say.
    pub measured: f64,
    /// What is estimated.
    pub estimated: f64,
    /// The measured part of the total, from 0 to 1; 1 where nothing is built.
    pub measured_share: f64,
}

/// Sums of what nodes cost. They end at 2^64.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub(super) struct CostSum {
    pub(super) millis: u64,
    pub(super) millis_measured: u64,
    pub(super) bytes: u64,
    pub(super) bytes_measured: u64,
    pub(super) download_bytes: u64,
}

impl CostSum {
    /// Of these nodes, each as often as it is there.
    pub(super) fn of<'n>(costs: &Costs, nodes: impl IntoIterator<Item = &'n NodeId>) -> Self {
        let mut sum = Self::default();
        let add = |sum: &mut u64, more: u64| *sum = sum.saturating_add(more);
        for &node in nodes {
            let time = costs.time(node);
            add(&mut sum.millis, time.millis);
            add(&mut sum.millis_measured, if time.measured { time.millis } else { 0 });
            if let Some(size) = costs.size(node) {
                add(&mut sum.bytes, size.bytes);
                add(&mut sum.bytes_measured, if size.measured { size.bytes } else { 0 });
            }
            add(&mut sum.download_bytes, costs.download(node).map_or(0, |download| download.bytes));
        }
        sum
    }
}

impl Expense {
    /// Sums of bumps, each as often a year as it says; in one order, so that they are rounded in one way.
    pub(super) fn of(costs: &Costs, sums: impl IntoIterator<Item = (f64, CostSum)>) -> Self {
        let mut all = [0.0; 5];
        for (rate, sum) in sums {
            let own = [sum.millis, sum.millis_measured, sum.bytes, sum.bytes_measured, sum.download_bytes];
            all.iter_mut().zip(own).for_each(|(all, own)| *all += rate * own as f64);
        }
        let [millis, measured, bytes, bytes_measured, download_bytes] = all;
        let of_sizes = |bytes: f64| costs.bytes().map(|_| bytes.round() as u64);
        Self {
            hours: MachineTime {
                total: hours(millis),
                measured: hours(measured),
                estimated: hours((millis - measured).max(0.0)),
                measured_share: if millis > 0.0 { measured / millis } else { 1.0 },
            },
            bytes: of_sizes(bytes),
            bytes_measured: of_sizes(bytes_measured),
            download_bytes: costs.downloads().map(|_| download_bytes.round() as u64),
        }
    }
}
