//! When a farm has built a set of derivations.

mod jobs;
mod keys;
mod passes;
mod pool;
mod simulation;
#[cfg(test)]
mod tests;
mod together;

use std::fmt;

use super::farm::Farm;
use crate::graph::{Graph, NodeId};
use jobs::Jobs;
use pool::Pool;
use simulation::{Placed, simulate};
pub use together::schedule_together;

/// In which order builds are started that could be.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Scheduler {
    /// First what the longest chain of builds waits for; each on the fastest machine that is free, of equally
    /// fast ones on that which can build the least. No order is best in every case, and this one is at most
    /// (2 − 1/m) times the best on m equal slots: what is attainable.
    #[default]
    Longest,
    /// As Nix does (read in 2.8's sources, and compared with it): by name, then path. See [`schedule`].
    Nix,
}

/// What is to be built.
#[derive(Debug, Clone, Copy)]
pub struct Work<'a> {
    /// Names, systems, features and inputs.
    pub graph: &'a Graph,
    /// The derivations to build or to fetch, ascending. All else is taken as there. Input sources and holes
    /// among them take nothing.
    pub nodes: &'a [NodeId],
    /// Milliseconds of every node of the graph on a machine of speed 1, by index.
    pub millis: &'a [u64],
    /// What Nix was asked for (it matters for its order alone); `None` where it was all of `nodes`. What these do
    /// not need comes last.
    pub asked: Option<&'a [NodeId]>,
}

/// When each derivation is built, and where.
#[derive(Debug, Clone, PartialEq)]
pub struct Schedule {
    /// Milliseconds from the first start to the last end.
    pub makespan: u64,
    /// The builds, ascending by node.
    pub runs: Vec<Run>,
    /// What each kind of machine does, in the farm's order.
    pub machines: Vec<Use>,
}

/// One build.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Run {
    /// What is built.
    pub node: NodeId,
    /// Milliseconds after the start of all.
    pub start: u64,
    /// The same; not before `start`.
    pub end: u64,
    /// The kind of machine, an index into [`Farm::machines`].
    pub kind: u32,
    /// Which of the kind's slots: those of its first machine come first, and so on.
    pub slot: u32,
}

/// What the machines of one kind do.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Use {
    /// What they are called.
    pub name: String,
    /// All their slots.
    pub slots: u64,
    /// How many builds they do.
    pub builds: u64,
    /// Milliseconds that their slots build, in all.
    pub busy: u64,
}

/// What no machine of a farm builds.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Unbuildable {
    /// For which system.
    pub system: String,
    /// What it requires, ascending.
    pub features: Vec<String>,
    /// How many derivations.
    pub builds: u64,
    /// The first of them by name.
    pub first: NodeId,
}

impl fmt::Display for Unbuildable {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.system)?;
        if !self.features.is_empty() {
            write!(f, " with {}", self.features.join(", "))?;
        }
        Ok(())
    }
}

impl Schedule {
    /// The share of the farm's time in which it builds, from 0 to 1; 0 where nothing takes any.
    #[must_use]
    pub fn utilisation(&self) -> f64 {
        let busy: f64 = self.machines.iter().map(|kind| kind.busy as f64).sum();
        let slots: f64 = self.machines.iter().map(|kind| kind.slots as f64).sum();
        let all = slots * self.makespan as f64;
        if all > 0.0 { busy / all } else { 0.0 }
    }

    /// When a node is built. Binary search.
    #[must_use]
    pub fn run_of(&self, node: NodeId) -> Option<&Run> {
        let at = self.runs.binary_search_by_key(&node, |run| run.node).ok()?;
        self.runs.get(at)
    }
}

/// Schedules `work` on a farm: a derivation starts when all its inputs among the work are there and a machine that
/// can build it is free; no machine waits on purpose. Every input counts, also that of what is only fetched.
/// Copying between machines takes no time. Equal input gives the same schedule.
///
/// [`Scheduler::Nix`] on [`Farm::is_local`] does what `nix-build -j` does:
/// - what waits for a slot goes before what becomes ready at the same moment; each by name, then path.
/// - At first Nix looks through its goals, from those it was asked for down to their inputs; what it finds to be
///   ready sooner (after fewer steps) starts before the rest, as long as there are slots.
///
/// On a farm it hands out builds as Nix does by its build hook:
/// - what becomes ready is tried at once. What finds no machine waits, and is tried again every five seconds (Nix's
///   `build-poll-interval`), by name: so a machine may idle for as long, and what is ready later may go first.
/// - Of the machines that can build it and have a free slot it takes that with the least load for its speed, of
///   these the fastest, of these the one named first. (Before 2.20 Nix rounds the load for the speed down.)
/// - Where Nix would build for itself (`preferLocalBuild`), a machine of the farm does it here.
///
/// What Nix asks of substituters takes no time here, and the work of Nix itself takes none.
///
/// O((n + e) log n) for n nodes and e edges, times the kinds of machines.
///
/// # Errors
/// What no machine can build, by system and features.
///
/// # Panics
/// When a node is of another graph, or `millis` is not of this one.
pub fn schedule(work: &Work<'_>, farm: &Farm, order: Scheduler) -> Result<Schedule, Vec<Unbuildable>> {
    let jobs = Jobs::new(work, farm, order)?;
    let mut pool = Pool::new(farm, &jobs.classes);
    let placed = match order {
        Scheduler::Longest => {
            let by_path = jobs.net.by_longest_path(&jobs.rank);
            simulate(&jobs.net, &by_path, simulation::Policy::Longest, &mut pool)
        }
        Scheduler::Nix => {
            let first = passes::first_ready(work, &jobs);
            let policy = if farm.is_local() {
                simulation::Policy::Local { first }
            } else {
                simulation::Policy::Remote { first }
            };
            simulate(&jobs.net, &jobs.rank, policy, &mut pool)
        }
    };
    Ok(Schedule::of(&jobs.nodes, farm, &placed))
}

impl Schedule {
    fn of(nodes: &[NodeId], farm: &Farm, placed: &[Placed]) -> Self {
        let mut machines: Vec<Use> = farm
            .machines()
            .iter()
            .map(|kind| Use {
                name: kind.name.clone(),
                slots: u64::from(kind.count) * u64::from(kind.slots),
                builds: 0,
                busy: 0,
            })
            .collect();
        for run in placed {
            let kind = &mut machines[run.kind as usize];
            kind.builds += 1;
            kind.busy = kind.busy.saturating_add(run.end - run.start);
        }
        let runs = nodes.iter().zip(placed);
        Self {
            makespan: placed.iter().map(|run| run.end).max().unwrap_or_default(),
            runs: runs
                .map(|(&node, run)| Run { node, start: run.start, end: run.end, kind: run.kind, slot: run.slot })
                .collect(),
            machines,
        }
    }
}
