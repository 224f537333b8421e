//! How Nix finds out what it can build first.

use super::Work;
use super::jobs::Jobs;
use crate::graph::{Direction, NodeId};

/// The jobs that wait for no other, in the groups in which Nix comes to try them.
///
/// Nix works off its goals in passes, in each by key. At first there is a goal for each derivation that was asked
/// for. A goal makes goals of its inputs, which are worked off in the next pass, and waits for them; one without
/// inputs can be built. A goal whose outputs are there ends at once, and when the last that a goal waits for has
/// ended, that goal can be built one pass later. So what lies behind few others, and what has no inputs at all,
/// comes first.
pub(super) fn first_ready(work: &Work<'_>, jobs: &Jobs) -> Vec<Vec<u32>> {
    let count = jobs.nodes.len();
    let inputs = work.graph.adjacency(Direction::Inputs);
    let mut search = Search {
        made: vec![false; jobs.rank.len()],
        waits: vec![None; count],
        waiters: vec![Vec::new(); jobs.outside],
        awake: Vec::new(),
    };
    for &node in work.asked.unwrap_or(&jobs.nodes) {
        if let Some(goal) = jobs.goal(node).filter(|&goal| (goal as usize) < count) {
            search.make(goal);
        }
    }
    let mut groups = Vec::new();
    let mut is_found = vec![false; count];
    while !search.awake.is_empty() {
        let mut pass = std::mem::take(&mut search.awake);
        pass.sort_unstable_by_key(|&goal| jobs.rank[goal as usize]);
        let mut ready = Vec::new();
        for goal in pass {
            if goal as usize >= count {
                search.end(goal, goal as usize - count);
                continue;
            }
            let can_be_built = search.waits[goal as usize].is_some() || {
                let inputs = inputs.of(goal_node(jobs, goal).0).iter().filter_map(|&input| jobs.goal(NodeId(input)));
                search.wait_for(goal, count, inputs) == 0
            };
            if can_be_built {
                is_found[goal as usize] = true;
                ready.push(goal);
            }
        }
        if !ready.is_empty() {
            groups.push(ready);
        }
    }
    let missing = jobs.net.missing();
    groups.push((0..count as u32).filter(|&job| missing[job as usize] == 0 && !is_found[job as usize]).collect());
    groups
}

fn goal_node(jobs: &Jobs, job: u32) -> NodeId {
    jobs.nodes[job as usize]
}

struct Search {
    /// Whether there is such a goal now.
    made: Vec<bool>,
    /// For how many goals each job waits, once it has looked at its inputs.
    waits: Vec<Option<u32>>,
    /// The jobs that wait for each goal outside.
    waiters: Vec<Vec<u32>>,
    /// The goals of the next pass.
    awake: Vec<u32>,
}

impl Search {
    fn make(&mut self, goal: u32) {
        if !std::mem::replace(&mut self.made[goal as usize], true) {
            self.awake.push(goal);
        }
    }

    /// Makes goals of the inputs of a job, and tells for how many it waits.
    fn wait_for(&mut self, job: u32, count: usize, inputs: impl Iterator<Item = u32>) -> u32 {
        let mut waits = 0;
        for input in inputs {
            self.make(input);
            if let Some(waiters) = (input as usize).checked_sub(count).and_then(|at| self.waiters.get_mut(at)) {
                waiters.push(job);
            }
            waits += 1;
        }
        self.waits[job as usize] = Some(waits);
        waits
    }

    /// The outputs of a goal outside are there. Who wants them later makes a new goal.
    fn end(&mut self, goal: u32, at: usize) {
        self.made[goal as usize] = false;
        for job in std::mem::take(&mut self.waiters[at]) {
            if let Some(waits) = &mut self.waits[job as usize] {
                *waits -= 1;
                if *waits == 0 {
                    self.awake.push(job);
                }
            }
        }
    }
}
