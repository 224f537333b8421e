//! One event after the other.

use std::cmp::Reverse;
use std::collections::BinaryHeap;

use super::jobs::Net;
use super::pool::{Pool, Slot};

/// How often Nix tries again what found no machine (`build-poll-interval`).
pub(super) const POLL_MILLIS: u64 = 5_000;

/// Who gets a slot when.
pub(super) enum Policy {
    /// What is ready, in the order given, whenever a slot is free.
    Longest,
    /// `nix-build -j`; what is ready at first, group after group.
    Local { first: Vec<Vec<u32>> },
    /// Nix's build hook; the same.
    Remote { first: Vec<Vec<u32>> },
}

/// When and where a job runs.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub(super) struct Placed {
    pub(super) start: u64,
    pub(super) end: u64,
    pub(super) kind: u32,
    pub(super) slot: u32,
}

/// Runs all jobs; `place` is the order among those that are ready, smallest first.
pub(super) fn simulate(net: &Net, place: &[u32], policy: Policy, pool: &mut Pool) -> Vec<Placed> {
    let by_hook = matches!(policy, Policy::Remote { .. });
    let as_nix = !matches!(policy, Policy::Longest);
    let mut run = Simulation {
        net,
        place,
        queue: Queue { heaps: vec![BinaryHeap::new(); pool.classes()] },
        pool,
        as_nix,
        now: 0,
        ends: BinaryHeap::new(),
        missing: net.missing(),
        placed: vec![Placed::default(); net.len()],
    };
    match policy {
        Policy::Longest => {
            let ready = (0..net.len() as u32).filter(|&job| run.missing[job as usize] == 0).collect();
            run.offer(ready);
        }
        Policy::Local { first } | Policy::Remote { first } => first.into_iter().for_each(|group| run.offer(group)),
    }
    if by_hook {
        run.by_hook();
    } else {
        while let Some(end) = run.next_end() {
            let ready = run.advance(end);
            // Nix's goals that wait for a slot come first
            if as_nix {
                run.start_waiting();
            }
            run.offer(ready);
        }
    }
    run.placed
}

struct Simulation<'a> {
    net: &'a Net,
    place: &'a [u32],
    pool: &'a mut Pool,
    as_nix: bool,
    now: u64,
    /// Running jobs, by their end.
    ends: BinaryHeap<Reverse<(u64, u32)>>,
    /// What is ready and does not run.
    queue: Queue,
    /// For how many jobs each waits.
    missing: Vec<u32>,
    placed: Vec<Placed>,
}

/// Ready jobs of each class, by place.
struct Queue {
    heaps: Vec<BinaryHeap<Reverse<(u32, u32)>>>,
}

impl Queue {
    fn is_empty(&self) -> bool {
        self.heaps.iter().all(BinaryHeap::is_empty)
    }

    /// The class whose first job comes first of those for which a slot is free.
    fn first(&self, pool: &Pool) -> Option<usize> {
        let open = self.heaps.iter().enumerate().filter(|&(class, _)| pool.is_open(class as u32));
        open.filter_map(|(class, heap)| heap.peek().map(|&Reverse((place, _))| (place, class))).min().map(|(_, at)| at)
    }
}

impl Simulation<'_> {
    fn next_end(&self) -> Option<u64> {
        self.ends.peek().map(|&Reverse((end, _))| end)
    }

    /// Goes on to a time; gives what gets ready by what ends then.
    fn advance(&mut self, time: u64) -> Vec<u32> {
        self.now = time;
        let mut ready = Vec::new();
        while let Some(&Reverse((end, job))) = self.ends.peek() {
            if end > time {
                break;
            }
            self.ends.pop();
            let Placed { kind, slot, .. } = self.placed[job as usize];
            self.pool.free(Slot { kind, number: slot });
            for &next in self.net.waiting(job) {
                self.missing[next as usize] -= 1;
                if self.missing[next as usize] == 0 {
                    ready.push(next);
                }
            }
        }
        ready
    }

    fn start(&mut self, job: u32, slot: Slot) {
        let takes = self.pool.duration(slot.kind, self.net.millis[job as usize]);
        let end = self.now.saturating_add(takes);
        self.placed[job as usize] = Placed { start: self.now, end, kind: slot.kind, slot: slot.number };
        self.ends.push(Reverse((end, job)));
    }

    /// Takes a slot for a job of this class.
    fn take(&mut self, class: u32) -> Option<Slot> {
        if self.as_nix { self.pool.take_as_nix(class) } else { self.pool.take_preferred(class) }
    }

    /// Starts what waits, as long as there are slots.
    fn start_waiting(&mut self) {
        while let Some(class) = self.queue.first(self.pool) {
            let Some(Reverse((_, job))) = self.queue.heaps[class].pop() else { break };
            let Some(slot) = self.take(class as u32) else { break };
            self.start(job, slot);
        }
    }

    /// Jobs that are ready now: Nix starts those of them that find a slot; all others wait.
    fn offer(&mut self, mut jobs: Vec<u32>) {
        if self.as_nix {
            jobs.sort_unstable_by_key(|&job| self.place[job as usize]);
        }
        for job in jobs {
            let class = self.net.class[job as usize];
            let slot = if self.as_nix && self.pool.is_open(class) { self.take(class) } else { None };
            match slot {
                Some(slot) => self.start(job, slot),
                None => self.queue.heaps[class as usize].push(Reverse((self.place[job as usize], job))),
            }
        }
        if !self.as_nix {
            self.start_waiting();
        }
    }

    /// What waits is tried again every so often, counted from when something began to wait.
    fn by_hook(&mut self) {
        let mut since: Option<u64> = None;
        loop {
            since = if self.queue.is_empty() { None } else { Some(since.unwrap_or(self.now)) };
            let could_start = self.queue.first(self.pool).is_some();
            let polls = |since: u64| (self.now - since) / POLL_MILLIS + 1;
            let poll = since.filter(|_| could_start).map(|since| since.saturating_add(polls(since) * POLL_MILLIS));
            let Some(time) = self.next_end().into_iter().chain(poll).min() else { break };
            let is_poll = time > self.now && since.is_some_and(|since| (time - since).is_multiple_of(POLL_MILLIS));
            let ready = self.advance(time);
            if is_poll || Some(time) == poll {
                self.start_waiting();
            }
            self.offer(ready);
        }
    }
}
