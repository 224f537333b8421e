//! A chosen plan, told in full.

use std::cmp::Reverse;
use std::collections::BTreeSet;

use rayon::prelude::*;

use super::builds::Builds;
use super::bumps::PlannedBump;
use super::made::{Changes, Made};
use super::pictures::PlanRow;
use super::plan::{Planned, WavesParams};
use super::reasons::Reasons;
use super::report::{
    Alternatives, BackEdge, Before, BumpRow, Chosen, FrontierPoint, HeavyBuild, PlannedOn, Rebuilds, SecurityBump,
    WaveBump, WaveRow, WavesReport,
};
use super::security::{SecurityParams, security_ways};
use super::shares::Shares;
use super::stakes::Stakes;
use super::units::{Together, suggested};
use super::wish::Pin;
use crate::graph::NodeId;
use crate::proof::outputs::{Metadata, MetadataError};
use crate::query::REPORT_VERSION;
use crate::query::cost_report::{TimedBuild, heaviest, heavyweights};
use crate::query::expense::{CostSum, Expense};
use crate::query::owned::Owned;
use crate::reach::{Edits, heaviest_chain, hours};

/// So many names of what settles are told, of so many builds that are looked at.
const SETTLING: usize = 3;
const MANY: usize = 100;

/// So many back edges are told, the most expensive first.
const BACK_EDGES: usize = 1_000;

/// Makes the rows of a report.
pub(super) struct Rows<'a> {
    pub(super) planned: &'a Planned<'a>,
    pub(super) shares: &'a Shares,
    /// What each wave makes, ascending.
    pub(super) nodes: Vec<Vec<NodeId>>,
    /// The number of the last wave that makes each node; 0 where none does.
    pub(super) last: Vec<u32>,
    /// The number of the wave of each unit.
    pub(super) wave: Vec<usize>,
}

impl<'a> Rows<'a> {
    pub(super) fn new(planned: &'a Planned<'a>, shares: &'a Shares) -> Self {
        let mut last = vec![0; planned.graph.node_count()];
        let mut wave = vec![0; planned.units.len()];
        let nodes: Vec<Vec<NodeId>> = planned.plan.waves.iter().map(|wave| planned.waves.nodes(wave)).collect();
        for (number, (units, nodes)) in (1..).zip(planned.plan.waves.iter().zip(&nodes)) {
            nodes.iter().for_each(|node| last[node.index()] = number as u32);
            units.iter().for_each(|&unit| wave[unit as usize] = number);
        }
        Self { planned, shares, nodes, last, wave }
    }

    /// The report without the frontier.
    pub(super) fn report(&self, mut chosen: Chosen, groups: Vec<Together>) -> WavesReport {
        let Planned { graph, bumps, units, .. } = *self.planned;
        let (back_edges, more_back_edges) = self.back_edges();
        let stakes = Stakes::new(graph, self.planned.params.maintainers);
        let reasons = Reasons::new(self.planned, self.shares, &self.wave);
        let notes = self.notes(&mut chosen);
        let bump_rows = self.bumps(&stakes, &reasons);
        let mut waves = self.waves(&stakes, &reasons);
        let mut locked: Vec<String> = Vec::new();
        for wave in &mut waves {
            locked.extend(wave.bumps.iter().map(|bump| bump.name.clone()));
            wave.locked.clone_from(&locked);
        }
        WavesReport {
            version: REPORT_VERSION,
            closure: PlannedOn::of(graph),
            bumps: bump_rows,
            groups,
            suggested_groups: suggested(graph, bumps, units),
            precedence: self.precedence(),
            back_edges,
            more_back_edges,
            chosen,
            alternatives: Alternatives::default(),
            merges: self.merges(),
            order: waves.iter().flat_map(|wave| wave.bumps.iter().map(|bump| bump.name.clone())).collect(),
            waves,
            heavy_builds: self.heavy_builds(),
            frontier: Vec::new(),
            late: Vec::new(),
            security: Vec::new(),
            major: None,
            unbuildable: Vec::new(),
            notes,
            pictures: None,
        }
    }

    /// A plan of the frontier.
    pub(super) fn plan(&self, stakes: &Stakes<'_>, point: FrontierPoint, is_chosen: bool) -> PlanRow {
        let reasons = Reasons::new(self.planned, self.shares, &self.wave);
        PlanRow {
            point,
            is_chosen,
            waves: self.waves(stakes, &reasons),
            heavy_builds: self.heavy_builds(),
            merges: self.merges(),
        }
    }

    pub(super) fn name(&self, bump: usize) -> String {
        self.planned.bumps[bump].wish.name.clone()
    }

    pub(super) fn rebuilds<'n>(&self, nodes: impl Iterator<Item = &'n NodeId> + Clone) -> Rebuilds {
        let built = nodes.clone().filter(|&&node| !self.planned.graph.is_fixed(node));
        Rebuilds {
            derivations: built.count() as u64,
            hours: hours(CostSum::of(self.planned.params.costs, nodes).millis as f64),
        }
    }

    fn bumps(&self, stakes: &Stakes<'_>, reasons: &Reasons<'_>) -> Vec<BumpRow> {
        let Planned { graph, bumps, unit_of, alone, .. } = *self.planned;
        let owned = Owned::new(graph, self.planned.params.maintainers, self.planned.params.rules);
        let owners_of = |bump: &PlannedBump| -> Vec<String> {
            let all: BTreeSet<String> = bump.named.iter().flat_map(|&node| owned.of(node)).collect();
            all.into_iter().collect()
        };
        let row = |(at, bump): (usize, &PlannedBump)| {
            let wish = &bump.wish;
            let others = |numbers: &[usize]| numbers.iter().map(|&other| self.name(other)).collect();
            let pin = if wish.pin == Pin::All { vec!["*".to_owned()] } else { others(&bump.pins) };
            let mut principals: Vec<String> = bump.named.iter().map(|&node| graph.name(node).to_owned()).collect();
            principals.sort_unstable();
            principals.dedup();
            BumpRow {
                name: wish.name.clone(),
                selectors: wish.selectors.clone(),
                only: wish.only,
                from: wish.from.clone(),
                to: wish.to.clone(),
                group: wish.group.clone(),
                after: others(&bump.after),
                security: wish.security,
                pin,
                weight: wish.weight as f64 / 1_000.0,
                wave: self.wave[unit_of[at] as usize],
                reason: reasons.of(unit_of[at], at),
                principals,
                instances: bump.nodes.len() as u64,
                rebuilds: self.rebuilds(alone[at].nodes.iter()),
                at_stake: stakes.of(&alone[at].nodes),
                owners: owners_of(bump),
            }
        };
        bumps.par_iter().enumerate().map(row).collect()
    }

    fn precedence(&self) -> Vec<Before> {
        let Planned { graph, bumps, units, precedence, changes, .. } = *self.planned;
        let before = |(before, after): (u32, u32)| {
            let (one, other) = (&units[before as usize], &units[after as usize]);
            let path = changes.way(one, &one.named, &other.principals);
            let asked = other.bumps.iter().any(|&bump| bumps[bump].after.iter().any(|first| one.bumps.contains(first)));
            let reason = if path.is_empty() && asked { "asked for" } else { "upstream" };
            let path = path.into_iter().map(|node| graph.name(node).to_owned()).collect();
            Before { before: self.planned.unit_names(before), after: self.planned.unit_names(after), reason, path }
        };
        precedence.order.reduced().into_par_iter().map(before).collect()
    }

    /// Those that the plan makes, the most expensive first, and how many more there are.
    fn back_edges(&self) -> (Vec<BackEdge>, u64) {
        let Planned { graph, units, made, precedence, params, changes, .. } = *self.planned;
        let pairs =
            precedence.back.iter().enumerate().flat_map(|(from, to)| to.iter().map(move |&to| (from as u32, to)));
        let later = pairs.filter(|&(from, to)| self.wave[from as usize] > self.wave[to as usize]);
        let again = |from: u32, to: u32| -> Vec<NodeId> {
            let again = &made[from as usize].nodes;
            units[to as usize].nodes.iter().copied().filter(|node| again.binary_search(node).is_ok()).collect()
        };
        let mut all: Vec<(Reverse<u64>, u32, u32)> =
            later.map(|(from, to)| (Reverse(CostSum::of(params.costs, &again(from, to)).millis), from, to)).collect();
        all.sort_unstable();
        let more = all.len().saturating_sub(BACK_EDGES) as u64;
        all.truncate(BACK_EDGES);
        let row = |(_, from, to): (_, u32, u32)| {
            let own = &units[from as usize];
            let path = changes.way(own, &own.nodes, &units[to as usize].principals);
            BackEdge {
                from: self.planned.unit_names(from),
                to: self.planned.unit_names(to),
                locked_in: self.wave[to as usize],
                rebuilt_in: self.wave[from as usize],
                path: path.into_iter().map(|node| graph.name(node).to_owned()).collect(),
                again: self.rebuilds(again(from, to).iter()),
            }
        };
        (all.into_par_iter().map(row).collect(), more)
    }

    /// Without what is locked with each.
    fn waves(&self, stakes: &Stakes<'_>, reasons: &Reasons<'_>) -> Vec<WaveRow> {
        let Planned { graph, bumps, units, made, precedence, waves, params, plan, .. } = *self.planned;
        let mut rows = Vec::with_capacity(plan.waves.len());
        let starts = waves.starts(plan);
        let start = |time: u64| waves.is_timed().then(|| hours(time as f64));
        for (number, (wave, nodes)) in (1..).zip(plan.waves.iter().zip(&self.nodes)) {
            let begins = starts.get(number - 1).copied().unwrap_or_default();
            let sum = waves.of(wave);
            let stages = stages(wave, |a, b| precedence.order.is_before(a, b));
            let in_order: Vec<(u32, usize)> = stages
                .iter()
                .flatten()
                .flat_map(|&unit| units[unit as usize].bumps.iter().map(move |&bump| (unit, bump)))
                .collect();
            let own = Made::together(wave.iter().map(|&unit| &made[unit as usize]));
            let settled = nodes.iter().filter(|node| self.last[node.index()] == number as u32);
            let builds =
                Builds { graph, params, nodes, settles: |node: NodeId| self.last[node.index()] == number as u32 };
            let at_stake = stakes.of(nodes);
            rows.push(WaveRow {
                number,
                is_locked: number <= params.locked.iter().copied().max().unwrap_or_default(),
                bumps: in_order
                    .iter()
                    .map(|&(unit, bump)| WaveBump {
                        name: self.name(bump),
                        selectors: bumps[bump].wish.selectors.clone(),
                        reason: reasons.of(unit, bump),
                    })
                    .collect(),
                derivations: sum.derivations,
                fetched: nodes.len() as u64 - sum.derivations,
                attributes: at_stake.attributes,
                hours: hours(sum.cost.millis as f64),
                cost: Expense::of(params.costs, [(1.0, sum.cost)]),
                wrappers: own.wrappers.len() as u64,
                test_builds: own.tests.len() as u64,
                critical_path_hours: hours(heaviest_chain(graph, nodes, params.costs.millis()).1 as f64),
                makespan_hours: waves.has_farm().then(|| hours(sum.millis_long as f64)),
                start_hours: start(begins.in_turn),
                overlapping_start_hours: start(begins.overlapping),
                locked: Vec::new(),
                settles: self.rebuilds(settled),
                stages: stages
                    .iter()
                    .map(|stage| {
                        stage.iter().flat_map(|&unit| &units[unit as usize].bumps).map(|&bump| self.name(bump))
                    })
                    .map(Iterator::collect)
                    .collect(),
                heaviest: heavyweights(graph, params.costs, nodes, params.heaviest),
                settling: self.settling(number as u32, nodes),
                at_stake,
                builds: params.list.then(|| builds.rows()),
            });
        }
        rows
    }

    /// Names of what takes longest of what settles in a wave, each once.
    fn settling(&self, number: u32, nodes: &[NodeId]) -> Vec<String> {
        let settled: Vec<NodeId> = nodes.iter().copied().filter(|node| self.last[node.index()] == number).collect();
        let mut names: Vec<String> = Vec::new();
        for node in heaviest(self.planned.graph, self.planned.params.costs, &settled, settled.len().min(MANY)) {
            let name = self.planned.graph.name(node);
            if !names.iter().any(|known| known == name) {
                names.push(name.to_owned());
            }
        }
        names.truncate(SETTLING);
        names
    }

    fn heavy_builds(&self) -> Vec<HeavyBuild> {
        let Planned { graph, units, waves, params, plan, .. } = *self.planned;
        let nodes: Vec<NodeId> = graph.nodes().filter(|node| self.last[node.index()] > 0).collect();
        let heavy = heaviest(graph, params.costs, &nodes, params.heaviest);
        let row = |node: NodeId| {
            let last = self.last[node.index()] as usize;
            let of_wave = |wave: &Vec<u32>| wave.iter().any(|&unit| waves.makes(unit, node));
            let holding = plan.waves[last - 1].iter().filter(|&&unit| waves.makes(unit, node));
            let TimedBuild { drv, name, system, hours, measured } = TimedBuild::of(graph, params.costs, node);
            HeavyBuild {
                drv,
                name,
                system,
                hours,
                measured,
                waves: (1..).zip(&plan.waves).filter(|(_, wave)| of_wave(wave)).map(|(number, _)| number).collect(),
                held_by: holding.flat_map(|&unit| &units[unit as usize].bumps).map(|&bump| self.name(bump)).collect(),
            }
        };
        heavy.into_iter().map(row).collect()
    }

    /// The price of each bump that mends a security hole, in four ways, upon the plan without it.
    pub(super) fn security(&self, references: &[Metadata]) -> Result<Vec<SecurityBump>, MetadataError> {
        let Planned { graph, bumps, units, unit_of, alone, plan, params, .. } = *self.planned;
        let price =
            |bump: &PlannedBump, wave: Option<usize>, made: &[NodeId], waves: &[Vec<NodeId>], current: usize| {
                let WavesParams { costs, farm, fix_for, .. } = params;
                let params = SecurityParams { costs, farm, references, made: Some(made), waves, current };
                let report = security_ways(graph, &bump.nodes, fix_for.unwrap_or(made), params)?;
                Ok(SecurityBump { bump: bump.wish.name.clone(), wave, report })
            };
        let mut found = Vec::new();
        for (at, bump) in bumps.iter().enumerate().filter(|(_, bump)| bump.wish.security) {
            let number = self.wave[unit_of[at] as usize];
            let others = plan.waves[number - 1].iter().flat_map(|&unit| &units[unit as usize].bumps);
            let others: Vec<&Made> = others.filter(|&&other| other != at).map(|&other| &alone[other]).collect();
            let (mut waves, mut current) = (self.nodes.clone(), params.current);
            if others.is_empty() {
                // no wave without it
                waves.remove(number - 1);
                current -= usize::from(number < current);
            } else {
                waves[number - 1] = Made::together(others).nodes;
            }
            found.push(price(bump, Some(number), &alone[at].nodes, &waves, current)?);
        }
        for bump in params.late.iter().filter(|bump| bump.wish.security) {
            let nothing = Edits::default();
            let made = Changes::new(graph, std::slice::from_ref(bump), &nothing).made();
            let made = made.first().map(|made| made.nodes.as_slice()).unwrap_or_default();
            found.push(price(bump, None, made, &self.nodes, params.current)?);
        }
        Ok(found)
    }
}

/// The units of a wave, each behind those before it.
fn stages(wave: &[u32], is_before: impl Fn(u32, u32) -> bool) -> Vec<Vec<u32>> {
    let mut stages: Vec<Vec<u32>> = Vec::new();
    let mut rest: Vec<u32> = wave.to_vec();
    while !rest.is_empty() {
        let (first, later): (Vec<u32>, Vec<u32>) =
            rest.iter().partition(|&&unit| !rest.iter().any(|&other| is_before(other, unit)));
        if first.is_empty() {
            break;
        }
        stages.push(first);
        rest = later;
    }
    stages
}
