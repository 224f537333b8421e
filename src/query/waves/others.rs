//! What else could be done, beside a chosen plan.

use super::made::{Changes, Made};
use super::plan::{Planned, is_strict};
use super::report::{Alternative, Alternatives, FrontierPoint, Merge, Rebuilds};
use super::rows::Rows;
use crate::graph::NodeId;
use crate::reach::plan::Plan;
use crate::reach::{Edits, hours};

impl Rows<'_> {
    /// What neighbours both make.
    pub(super) fn merges(&self) -> Vec<Merge> {
        let both = self.nodes.windows(2).map(|pair| -> Vec<NodeId> {
            pair[0].iter().copied().filter(|node| pair[1].binary_search(node).is_ok()).collect()
        });
        (1..).zip(both).map(|(at, both)| Merge { waves: [at, at + 1], saves: self.rebuilds(both.iter()) }).collect()
    }

    /// What the plan would rebuild if nothing were remedied.
    pub(super) fn without_remedies(&self) -> Rebuilds {
        let Planned { graph, bumps, units, plan, .. } = *self.planned;
        let nothing = Edits::default();
        let alone = Changes::new(graph, bumps, &nothing).made();
        let mut all = Rebuilds { derivations: 0, hours: 0.0 };
        for wave in &plan.waves {
            let own = wave.iter().flat_map(|&unit| &units[unit as usize].bumps).map(|&bump| &alone[bump]);
            let own: Vec<&Made> = own.collect();
            let rebuilds = self.rebuilds(Made::together(own).nodes.iter());
            all.derivations += rebuilds.derivations;
            all.hours += rebuilds.hours;
        }
        all
    }

    /// The neighbours of the chosen plan.
    ///
    /// `apart` is the plan with one of its bumps set apart.
    pub(super) fn alternatives(
        &self,
        plans: &[Plan],
        points: &[FrontierPoint],
        apart: Option<(&Plan, FrontierPoint)>,
    ) -> Alternatives {
        let chosen = self.planned.plan;
        let own: u128 = chosen.waves.iter().map(|wave| u128::from(self.planned.waves.of(wave).cost.millis)).sum();
        let alternative = |(plan, point): (&Plan, FrontierPoint)| {
            let sum: u128 = plan.waves.iter().map(|wave| u128::from(self.planned.waves.of(wave).cost.millis)).sum();
            let names = |wave: &Vec<u32>| {
                let bumps = wave.iter().flat_map(|&unit| &self.planned.units[unit as usize].bumps);
                bumps.map(|&bump| self.name(bump)).collect()
            };
            Alternative {
                point,
                more_hours: hours(sum as f64 - own as f64),
                plan: plan.waves.iter().map(names).collect(),
            }
        };
        let all = || plans.iter().zip(points.iter().copied());
        let fewer = |plan: &Plan| plan.waves.len() <= chosen.waves.len() && plan.cost < chosen.cost;
        let cheaper = all().filter(|(plan, _)| fewer(plan)).max_by_key(|(plan, _)| (plan.waves.len(), plan.cost));
        let is_strict = is_strict(chosen, &self.planned.precedence.order);
        let safer = all().filter(|(plan, point)| plan.waves.len() > chosen.waves.len() && point.strict >= is_strict);
        let safer = safer.chain(apart).min_by_key(|(plan, _)| (plan.waves.len(), plan.cost));
        Alternatives { cheaper: cheaper.map(alternative), safer: safer.map(alternative) }
    }
}
