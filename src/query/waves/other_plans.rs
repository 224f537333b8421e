//! Plans of the frontier in full.

use std::collections::BTreeSet;

use rayon::prelude::*;

use super::pictures::WavePictures;
use super::plan::Planned;
use super::report::{Alternatives, FrontierPoint};
use super::rows::Rows;
use super::stakes::Stakes;
use crate::reach::plan::Plan;

/// So many plans of a frontier are told in full, beside those that stand out.
pub const MOST_PLANS: usize = 60;

/// Of these the first are all told.
const FIRST: usize = 30;

/// What was found beside the chosen plan.
pub(super) struct Frontier<'f> {
    /// The best of each number of waves, fewest first.
    pub(super) plans: &'f [Plan],
    /// Their figures.
    pub(super) points: &'f [FrontierPoint],
    /// The chosen plan with one of its bumps set apart.
    pub(super) apart: Option<(&'f Plan, FrontierPoint)>,
}

impl Rows<'_> {
    /// What pictures are drawn from: plans of the frontier, each as [`super::waves`] tells it where it is asked for,
    /// so many of them that one can look around, and always the chosen one and its neighbours; and what a farm does.
    /// O(nodes + edges) for each wave, in parallel.
    pub(super) fn pictures(&self, frontier: &Frontier<'_>, alternatives: &Alternatives) -> WavePictures {
        let Frontier { plans, points, apart } = frontier;
        let planned = self.planned;
        let stakes = Stakes::new(planned.graph, planned.params.maintainers);
        let near = [&alternatives.cheaper, &alternatives.safer].into_iter().flatten().map(|other| other.point.waves);
        let wanted: BTreeSet<usize> = near.chain([planned.plan.waves.len()]).collect();
        let places = spread(plans.len());
        let is_told = |&(at, plan): &(usize, &Plan)| places.contains(&at) || wanted.contains(&plan.waves.len());
        let told: Vec<(usize, &Plan)> = plans.iter().enumerate().filter(is_told).collect();
        let row = |plan: &Plan, point: FrontierPoint| {
            let of = Planned { plan, ..*planned };
            Rows::new(&of, self.shares).plan(&stakes, point, plan.waves == planned.plan.waves)
        };
        // what is told as safer, where it is that with one bump set apart
        let safer = alternatives.safer.as_ref().map(|safer| safer.point);
        let apart =
            apart.filter(|&(plan, point)| Some(point) == safer && plans.iter().all(|other| other.waves != plan.waves));
        WavePictures {
            limits: planned.params.limits,
            plans: told.par_iter().map(|&(at, plan)| row(plan, points[at])).collect(),
            safer: apart.map(|(plan, point)| row(plan, point)),
            runs: self.runs(),
        }
    }
}

/// The places that are told of so many: all of the first, then at equal ratios up to the last.
fn spread(count: usize) -> BTreeSet<usize> {
    if count <= MOST_PLANS {
        return (0..count).collect();
    }
    let steps = (MOST_PLANS - FIRST) as f64;
    let ratio = (count as f64 / FIRST as f64).powf(1.0 / steps);
    let rest = (1..=MOST_PLANS - FIRST).map(|step| FIRST as f64 * ratio.powi(step as i32));
    (0..FIRST).chain(rest.map(|place| (place.round() as usize).clamp(1, count) - 1)).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn places() {
        for count in [0, 1, 30, 60] {
            assert_eq!(spread(count), (0..count).collect());
        }
        for count in [61, 100, 200, 5_000] {
            let places = spread(count);
            assert!(places.len() <= MOST_PLANS && places.len() > FIRST, "{count}: {places:?}");
            assert!((0..FIRST).all(|place| places.contains(&place)));
            assert_eq!(places.last(), Some(&(count - 1)));
            let rest: Vec<usize> = places.into_iter().skip(FIRST - 1).collect();
            assert!(rest.windows(3).all(|gap| gap[2] - gap[1] + 1 >= gap[1] - gap[0]), "{count}: {rest:?}");
        }
    }
}
