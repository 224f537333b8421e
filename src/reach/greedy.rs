//! What to do first, second, third.

use super::action::{Action, Base, Plan};
use super::rebuild::Propagation;
use super::remedied::{Candidates, Remedied};
use super::savings::EdgeRemedy;
use super::spread::{Ground, Spread};
use super::trial::Trial;
use super::weights::{Weights, held};
use super::workers::share_out;
use super::yearly::{BumpGroup, Sums, Yearly, sums, weighted};
use crate::graph::{Graph, NodeId};

/// The action that saves most over a year of these bumps (machine time where weights are given, builds where not), then the one that saves most given the
/// first, and so on, each with what it saves given those before; of equals the first. Ends where
/// none saves anything, or after `steps`.
///
/// Exact: no bound from an earlier step is trusted, for two actions may save together what neither
/// saves alone. But a bump is gone through again only where the choice can matter to it: where it treats an
/// edge to a build that some actions together can spare, or has such a build built for another
/// reason. O(time of [`super::yearly_savings`]) at first, and for each step O(what those bumps
/// rebuild + edges and losses of what is tried there). Memory O(nodes + edges + actions) for each
/// thread, and O(actions that save something) for each bump.
///
/// # Panics
/// When an edge or a node is of another graph.
#[must_use]
pub fn greedy(
    graph: &Graph,
    remedies: &[EdgeRemedy],
    actions: &[Action],
    bumps: &[BumpGroup],
    steps: usize,
    weights: Option<Weights<'_>>,
) -> Vec<(u32, Yearly)> {
    let plans: Vec<Plan> = actions.iter().map(|action| Plan::of(graph, remedies, action)).collect();
    let bumps = weighted(bumps);
    let propagation = Propagation::new(graph);
    let mut base = Base::none(graph);
    let remedied = Remedied::new(Ground::new(graph, &propagation, &base), &plans);
    let matters = Matters::new(graph, remedies);
    let work = Work { graph, propagation: &propagation, plans: &plans, remedied: &remedied, bumps: &bumps, weights };

    let mut gains: Vec<Vec<(u32, i64)>> = vec![Vec::new(); bumps.len()];
    let mut totals = vec![0i128; plans.len()];
    // for each remedy, the bumps that it matters to
    let mut concerned: Vec<Vec<u32>> = vec![Vec::new(); remedies.len()];
    let mut always: Vec<u32> = Vec::new();
    let everything: Vec<u32> = (0..bumps.len() as u32).collect();
    for found in work.go_through(&base, &everything, Some(&matters)) {
        found.matters.iter().for_each(|&remedy| concerned[remedy as usize].push(found.bump));
        if found.strange {
            always.push(found.bump);
        }
        add(&mut totals, &found.gains, bumps[found.bump as usize].1);
        gains[found.bump as usize] = found.gains;
    }

    let mut chosen: Vec<u32> = Vec::new();
    while chosen.len() < steps {
        let best = (0..totals.len()).max_by_key(|&at| (totals[at], std::cmp::Reverse(at)));
        let Some(best) = best.filter(|&at| totals[at] > 0) else { break };
        chosen.push(best as u32);
        if chosen.len() == steps {
            break;
        }
        base.extend(&plans[best]);
        let mut again = always.clone();
        let own = actions[best].0.iter().filter_map(|&remedy| concerned.get(remedy as usize));
        again.extend(own.flatten());
        again.sort_unstable();
        again.dedup();
        for found in work.go_through(&base, &again, None) {
            let (known, weight) = (&mut gains[found.bump as usize], bumps[found.bump as usize].1);
            add(&mut totals, known, -weight);
            add(&mut totals, &found.gains, weight);
            *known = found.gains;
        }
    }
    with_gains(graph, remedies, actions, &bumps, weights, &chosen)
}

fn add(totals: &mut [i128], gains: &[(u32, i64)], weight: i128) {
    for &(plan, gain) in gains {
        let total = &mut totals[plan as usize];
        *total = total.saturating_add(weight.saturating_mul(i128::from(gain)));
    }
}

/// What each choice saves given those before.
fn with_gains(
    graph: &Graph,
    remedies: &[EdgeRemedy],
    actions: &[Action],
    bumps: &[(Vec<NodeId>, i128)],
    weights: Option<Weights<'_>>,
    chosen: &[u32],
) -> Vec<(u32, Yearly)> {
    let mut together = Action::default();
    let mut plans = Vec::new();
    for &action in chosen {
        together.0.extend(&actions[action as usize].0);
        plans.push(Plan::of(graph, remedies, &together));
    }
    let mut before = Sums::default();
    let gain = |(&action, sums): (&u32, Sums)| (action, (sums - std::mem::replace(&mut before, sums)).yearly(weights));
    chosen.iter().zip(sums(graph, &plans, bumps, weights)).map(gain).collect()
}

/// The remedies of each input, with their consumers: those of input `i` are
/// `remedies[offsets[i]..offsets[i + 1]]`.
struct Matters<'r> {
    all: &'r [EdgeRemedy],
    offsets: Vec<u32>,
    remedies: Vec<(u32, NodeId)>,
}

impl<'r> Matters<'r> {
    fn new(graph: &Graph, all: &'r [EdgeRemedy]) -> Self {
        let mut inputs: Vec<(NodeId, u32)> =
            all.iter().zip(0u32..).map(|(remedy, at)| (graph.edge_input(remedy.edge), at)).collect();
        inputs.sort_unstable();
        let mut offsets = vec![0];
        for (&(input, _), at) in inputs.iter().zip(0u32..) {
            offsets.resize(offsets.len().max(input.index() + 1), at);
        }
        offsets.resize(graph.node_count() + 1, inputs.len() as u32);
        let consumer = |at: u32| graph.edge_consumer(all[at as usize].edge);
        Self { all, offsets, remedies: inputs.into_iter().map(|(_, at)| (at, consumer(at))).collect() }
    }

    /// The remedies that have an arrival less, or one more, at a build that is not there in the trial.
    fn of(&self, trial: &Trial<'_>) -> Vec<u32> {
        let nodes = trial.spread.ground.graph.node_count();
        let spared = |node: NodeId| node.index() < nodes && !trial.is_built(node.0);
        let mut found = Vec::new();
        for &input in &trial.spread.set {
            let range = self.offsets[input as usize] as usize..self.offsets[input as usize + 1] as usize;
            for &(at, consumer) in &self.remedies[range] {
                if spared(consumer) || self.all[at as usize].receivers.iter().any(|&receiver| spared(receiver)) {
                    found.push(at);
                }
            }
        }
        found
    }
}

struct Work<'g> {
    graph: &'g Graph,
    propagation: &'g Propagation,
    plans: &'g [Plan],
    remedied: &'g Remedied,
    bumps: &'g [(Vec<NodeId>, i128)],
    weights: Option<Weights<'g>>,
}

/// What plans save on a bump.
struct Found {
    bump: u32,
    /// Of those that save or cost something: builds, or milliseconds where weights are given.
    gains: Vec<(u32, i64)>,
    /// The remedies that can ever matter to it; asked for the first time only.
    matters: Vec<u32>,
    /// Whether all can.
    strange: bool,
}

impl Work<'_> {
    /// What counts of what is tried.
    fn gain(&self, trial: &Trial<'_>) -> i64 {
        self.weights.map_or_else(|| trial.builds(), |weights| held(trial.spared(weights.millis)))
    }

    /// Tries the plans on these bumps, in any order.
    fn go_through(&self, base: &Base, bumps: &[u32], matters: Option<&Matters<'_>>) -> Vec<Found> {
        let ground = Ground::new(self.graph, self.propagation, base);
        let worker = || (Trial::new(Spread::new(ground)), Candidates::new(self.plans.len()), Vec::new());
        let workers = share_out(bumps.len(), worker, |(trial, candidates, found), at| {
            let bump = bumps[at];
            trial.spread.bump(&self.bumps[bump as usize].0);
            let chances = candidates.find(self.remedied, &trial.spread);
            let mut gains = Vec::new();
            for &number in &candidates.plans {
                let plan = &self.plans[number as usize];
                trial.apply(plan);
                gains.extend(Some((number, self.gain(trial))).filter(|(_, gain)| *gain != 0));
                trial.undo(plan);
            }
            let matters = match matters.filter(|_| chances.losing) {
                Some(matters) => {
                    let everything = self.remedied.everything(&trial.spread);
                    trial.apply(&everything);
                    let found = matters.of(trial);
                    trial.undo(&everything);
                    found
                }
                None => Vec::new(),
            };
            found.push(Found { bump, gains, matters, strange: chances.strange });
            candidates.forget();
            trial.spread.forget();
        });
        workers.into_iter().flat_map(|(_, _, found)| found).collect()
    }
}
