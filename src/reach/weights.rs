//! What nodes weigh: time and bytes.

use serde::{Serialize, Serializer};

/// What each node of a graph costs, by its index.
#[derive(Debug, Clone, Copy)]
pub struct Weights<'w> {
    /// Milliseconds of machine time.
    pub millis: &'w [u64],
    /// Bytes of its outputs, where sizes are known at all.
    pub bytes: Option<&'w [u64]>,
}

/// What these nodes weigh together, each as often as it is there. 2^32 nodes of any weights fit.
pub(super) fn sum(weights: &[u64], nodes: impl IntoIterator<Item = u32>) -> i128 {
    nodes.into_iter().filter_map(|node| weights.get(node as usize)).map(|&weight| i128::from(weight)).sum()
}

/// A sum as reports hold it. It ends at 2^63: 292 million years, or 8 EiB.
pub(super) fn held(sum: i128) -> i64 {
    i64::try_from(sum).unwrap_or(if sum < 0 { i64::MIN } else { i64::MAX })
}

/// Milliseconds in hours.
#[must_use]
pub fn hours(millis: f64) -> f64 {
    millis / 3_600_000.0
}

/// As files and reports tell it.
pub(super) fn whole_as_hours<S: Serializer>(millis: &Option<i64>, serializer: S) -> Result<S::Ok, S::Error> {
    millis.map(|millis| hours(millis as f64)).serialize(serializer)
}

/// Likewise.
pub(super) fn as_hours<S: Serializer>(millis: &Option<f64>, serializer: S) -> Result<S::Ok, S::Error> {
    millis.map(hours).serialize(serializer)
}
