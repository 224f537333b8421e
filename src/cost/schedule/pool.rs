//! The slots of a farm: which are free.

use std::cmp::Reverse;
use std::collections::{BTreeSet, BinaryHeap};

use crate::cost::farm::Farm;

/// Where one build runs.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Slot {
    /// The kind of machine.
    pub(super) kind: u32,
    /// Which of the kind's slots; those of its first machine come first.
    pub(super) number: u32,
}

pub(super) struct Pool {
    kinds: Vec<Kind>,
    /// For each class the kinds of machines that can build it, in the order of the farm.
    classes: Vec<Vec<u32>>,
    /// The same, in the order in which they are preferred: the fastest, of these what builds the least.
    preferred: Vec<Vec<u32>>,
    /// For each class how many kinds have a free slot.
    open: Vec<u32>,
}

struct Kind {
    speed: f64,
    /// Slots on each machine.
    slots: u32,
    /// The classes that it can build.
    classes: Vec<u32>,
    machines: Vec<Machine>,
    /// The machines that have a free slot: how many they have in use, and which they are.
    free: BTreeSet<(u32, u32)>,
}

/// Slots below `used` were in use at some time; those that are free again stand in `freed`.
#[derive(Clone, Default)]
struct Machine {
    load: u32,
    used: u32,
    freed: BinaryHeap<Reverse<u32>>,
}

impl Pool {
    /// All slots of a farm, free.
    pub(super) fn new(farm: &Farm, classes: &[Vec<u32>]) -> Self {
        let of_kind = |kind: u32| {
            let builds = classes.iter().enumerate().filter(move |(_, kinds)| kinds.contains(&kind));
            builds.map(|(class, _)| class as u32).collect::<Vec<u32>>()
        };
        let kinds: Vec<Kind> = (0..)
            .zip(farm.machines())
            .map(|(number, kind)| Kind {
                speed: kind.speed,
                slots: kind.slots,
                classes: of_kind(number),
                machines: vec![Machine::default(); kind.count as usize],
                free: (0..kind.count).map(|machine| (0, machine)).collect(),
            })
            .collect();
        let preferred = classes.iter().map(|class| {
            let mut class = class.clone();
            class.sort_by(|&a, &b| {
                let (a, b) = (&kinds[a as usize], &kinds[b as usize]);
                b.speed.total_cmp(&a.speed).then(a.classes.len().cmp(&b.classes.len()))
            });
            class
        });
        let open = classes.iter().map(|class| class.len() as u32).collect();
        Self { preferred: preferred.collect(), classes: classes.to_vec(), open, kinds }
    }

    /// How many classes there are.
    pub(super) fn classes(&self) -> usize {
        self.classes.len()
    }

    /// Whether a machine that can build this class has a free slot.
    pub(super) fn is_open(&self, class: u32) -> bool {
        self.open[class as usize] > 0
    }

    /// What `millis` take on a kind of machines.
    pub(super) fn duration(&self, kind: u32, millis: u64) -> u64 {
        let speed = self.kinds[kind as usize].speed;
        if speed == 1.0 { millis } else { (millis as f64 / speed).ceil() as u64 }
    }

    /// Takes a slot of the kind that builds this class best.
    pub(super) fn take_preferred(&mut self, class: u32) -> Option<Slot> {
        let kinds = &self.preferred[class as usize];
        let kind = kinds.iter().copied().find(|&kind| !self.kinds[kind as usize].free.is_empty())?;
        self.take(kind)
    }

    /// Takes a slot as Nix's build hook does.
    pub(super) fn take_as_nix(&mut self, class: u32) -> Option<Slot> {
        let mut best: Option<(u32, f64, f64, u32)> = None;
        for &kind in &self.classes[class as usize] {
            let Kind { speed, ref free, .. } = self.kinds[kind as usize];
            let Some(&(load, _)) = free.first() else { continue };
            let share = f64::from(load) / speed;
            let is_better = best.is_none_or(|(_, best_share, best_speed, best_load)| {
                (share, -speed, load) < (best_share, -best_speed, best_load)
            });
            if is_better {
                best = Some((kind, share, speed, load));
            }
        }
        self.take(best?.0)
    }

    fn take(&mut self, number: u32) -> Option<Slot> {
        let kind = &mut self.kinds[number as usize];
        let (load, at) = kind.free.pop_first()?;
        let machine = &mut kind.machines[at as usize];
        let slot = machine.freed.pop().map_or(machine.used, |Reverse(slot)| slot);
        machine.used = machine.used.max(slot + 1);
        machine.load = load + 1;
        if machine.load < kind.slots {
            kind.free.insert((machine.load, at));
        }
        if kind.free.is_empty() {
            kind.classes.iter().for_each(|&class| self.open[class as usize] -= 1);
        }
        Some(Slot { kind: number, number: at * kind.slots + slot })
    }

    /// Gives a slot back.
    pub(super) fn free(&mut self, slot: Slot) {
        let kind = &mut self.kinds[slot.kind as usize];
        if kind.free.is_empty() {
            kind.classes.iter().for_each(|&class| self.open[class as usize] += 1);
        }
        let at = slot.number / kind.slots;
        let machine = &mut kind.machines[at as usize];
        kind.free.remove(&(machine.load, at));
        machine.load -= 1;
        machine.freed.push(Reverse(slot.number % kind.slots));
        kind.free.insert((machine.load, at));
    }
}
