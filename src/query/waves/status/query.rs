//! How far the waves of a plan are.

use std::collections::BTreeSet;

use super::super::bumps::{BumpsError, planned};
use super::super::made::{Changes, Made};
use super::super::plan_file::WavePlan;
use super::super::report::PlannedOn;
use super::answer::{StatusReport, WaveState};
use super::concerned::concerned;
use super::telling::{ResultFile, StatusError, tell};
use super::wave::{Beside, Wave};
use crate::cost::Costs;
use crate::graph::{Graph, NodeId};
use crate::ingest::Maintainers;
use crate::query::{OwnerRules, REPORT_VERSION};
use crate::reach::{Edits, Propagation, State};

/// What is told beside a plan and results.
#[derive(Debug, Clone, Copy)]
pub struct StatusParams<'p> {
    /// What builds cost, where that is asked for.
    pub costs: Option<&'p Costs>,
    /// Only builds on these systems; on all where none is named.
    pub systems: &'p BTreeSet<String>,
    /// Who stands behind attributes, beside what the closure says.
    pub maintainers: &'p Maintainers,
    /// Who owns what.
    pub rules: Option<&'p OwnerRules>,
    /// List each build.
    pub list: bool,
}

/// The waves of a plan, in a closure.
#[derive(Debug, Clone)]
pub struct PlannedWaves {
    closure: PlannedOn,
    waves: Vec<Wave>,
    notes: Vec<String>,
    same_closure: bool,
}

impl PlannedWaves {
    /// What each wave of a plan rebuilds, anew, by its bumps' selectors. O(bumps × (nodes + edges)).
    ///
    /// # Errors
    /// When a selector names nothing in this closure, or a pin no bump.
    pub fn of(graph: &Graph, plan: &WavePlan) -> Result<Self, BumpsError> {
        let closure = PlannedOn::of(graph);
        let same_closure = closure.digest == plan.closure.digest;
        let wishes = plan.bumps.iter().map(|(wish, _)| {
            let mut wish = wish.clone();
            wish.after.clear();
            wish
        });
        let bumps = planned(graph, wishes.collect())?;
        let made = Changes::new(graph, &bumps, &Edits::default()).made();
        let mut notes = Vec::new();
        if !same_closure {
            notes.push(format!(
                "the closure is not the one that was planned on ({} derivations, then {}): waves are told as they would \
                 be of this one",
                closure.derivations, plan.closure.derivations
            ));
        }
        if plan.remedied {
            notes.push("the plan counts remedies in; here waves are told as they are without".to_owned());
        }
        let mut waves = Vec::with_capacity(plan.waves());
        for (number, &derivations) in (1..).zip(&plan.derivations) {
            let own = || plan.bumps.iter().zip(&made).filter(move |((_, wave), _)| *wave == number);
            let nodes = Made::together(own().map(|(_, made)| made).collect::<Vec<_>>()).nodes;
            let built = nodes.iter().filter(|&&node| !graph.is_fixed(node)).count() as u64;
            if same_closure && !plan.remedied && built != derivations {
                notes
                    .push(format!("wave {number} has {built} builds, but the plan says {derivations}: was it edited?"));
            }
            let bumps = own().map(|((wish, _), _)| wish.name.clone()).collect();
            waves.push(Wave { number, bumps, nodes: nodes.into_iter().map(|node| node.0).collect() });
        }
        Ok(Self { closure, waves, notes, same_closure })
    }
}

/// How far waves are, by results.
///
/// Results are matched by attribute, else by derivation, else by name; the last one of a build holds. See
/// [`crate::reach::settle`] for what they say of builds that no result names, and [`crate::reach::HeldBack`] for what to mend
/// first. Only propagating edges count: a fixed-output derivation that is there need not be fetched again.
/// O(results + waves × (nodes + edges)), times the number of files that do not say of which wave they tell.
///
/// # Errors
/// When results name a wave that there is not.
pub fn status(
    graph: &Graph,
    planned: &PlannedWaves,
    files: &[ResultFile],
    params: StatusParams<'_>,
) -> Result<StatusReport, StatusError> {
    let propagation = Propagation::new(graph);
    let mut notes = planned.notes.clone();
    let mut waves = planned.waves.clone();
    if !params.systems.is_empty() {
        for wave in &mut waves {
            wave.nodes
                .retain(|&node| graph.is_fixed(NodeId(node)) || params.systems.contains(graph.system(NodeId(node))));
        }
    }
    let (told, results) = tell(graph, &propagation, &waves, files)?;
    let beside = Beside { costs: params.costs, maintainers: params.maintainers, list: params.list };
    let mut rows = Vec::with_capacity(waves.len());
    let mut states: Vec<(NodeId, State)> = Vec::new();
    let mut current: Option<usize> = None;
    let mut locked = Vec::new();
    for (wave, told) in waves.iter().zip(&told) {
        let progress = wave.progress(graph, &propagation, told);
        states.extend(progress.counted());
        let row = progress.status(current, beside);
        match row.state {
            WaveState::Green => locked.extend(row.bumps.iter().cloned()),
            _ => current = current.or(Some(row.number)),
        }
        rows.push(row);
    }
    for row in &results {
        if row.waves.is_empty() && row.records > 0 {
            notes.push(format!("{}: all waves are green by what comes before; its results are of no wave", row.file));
        }
    }
    Ok(StatusReport {
        version: REPORT_VERSION,
        closure: planned.closure.clone(),
        same_closure: planned.same_closure,
        current,
        locked,
        waves: rows,
        results,
        people: concerned(graph, &states, params.maintainers, params.rules),
        notes,
    })
}
