//! Schedules against what a hand computes, against a simulation of every moment, and against the known bounds.

use std::path::Path;

use proptest::prelude::*;

use super::jobs::Net;
use super::pool::Pool;
use super::simulation::{POLL_MILLIS, Placed, Policy, simulate};
use crate::cost::farm::Farm;

#[derive(Debug, Clone, Copy, PartialEq)]
enum Order {
    Longest,
    Local,
    Remote,
}

/// Jobs, the classes they are of, and what can build each class.
#[derive(Debug, Clone)]
struct Case {
    net: Net,
    farm: Farm,
    classes: Vec<Vec<u32>>,
}

impl Case {
    /// On machines that all build everything.
    fn of(jobs: &[(u64, &[u32])], farm: Farm) -> Self {
        let classes = vec![(0..farm.machines().len() as u32).collect()];
        let millis = jobs.iter().map(|(millis, _)| *millis).collect();
        let net = Net::new(millis, vec![0; jobs.len()], jobs.iter().map(|(_, waiting)| waiting.to_vec()));
        Self { net, farm, classes }
    }

    /// The order among the ready; ranks are the numbers of the jobs.
    fn place(&self, order: Order) -> Vec<u32> {
        let rank: Vec<u32> = (0..self.net.len() as u32).collect();
        if order == Order::Longest { self.net.by_longest_path(&rank) } else { rank }
    }

    /// What is ready at first; every third job is found later than the others.
    fn first(&self) -> Vec<Vec<u32>> {
        let missing = self.net.missing();
        let ready: Vec<u32> = (0..self.net.len() as u32).filter(|&job| missing[job as usize] == 0).collect();
        let (late, soon) = ready.into_iter().partition(|job| job % 3 == 0);
        vec![soon, late]
    }

    fn run(&self, order: Order) -> Vec<Placed> {
        self.run_in(order, self.first())
    }

    fn run_in(&self, order: Order, first: Vec<Vec<u32>>) -> Vec<Placed> {
        let policy = match order {
            Order::Longest => Policy::Longest,
            Order::Local => Policy::Local { first },
            Order::Remote => Policy::Remote { first },
        };
        simulate(&self.net, &self.place(order), policy, &mut Pool::new(&self.farm, &self.classes))
    }

    fn inputs(&self) -> Vec<Vec<usize>> {
        let mut inputs = vec![Vec::new(); self.net.len()];
        for job in 0..self.net.len() {
            self.net.waiting(job as u32).iter().for_each(|&next| inputs[next as usize].push(job));
        }
        inputs
    }
}

/// A slot, and what runs in it.
struct Box {
    kind: usize,
    machine: u32,
    slot: u32,
    speed: f64,
    job: Option<(u64, usize)>,
}

/// Looks at every quarter of a second, and in it at every job and every slot.
struct Naive<'a> {
    case: &'a Case,
    order: Order,
    boxes: Vec<Box>,
    placed: Vec<Option<Placed>>,
}

const STEP: u64 = 250;

impl<'a> Naive<'a> {
    fn run(case: &'a Case, order: Order) -> Vec<Placed> {
        let mut boxes = Vec::new();
        for (kind, machine) in case.farm.machines().iter().enumerate() {
            for (number, slot) in (0..machine.count).flat_map(|at| (0..machine.slots).map(move |slot| (at, slot))) {
                boxes.push(Box { kind, machine: number, slot, speed: machine.speed, job: None });
            }
        }
        let mut naive = Self { case, order, boxes, placed: vec![None; case.net.len()] };
        naive.simulate();
        naive.placed.into_iter().map(Option::unwrap).collect()
    }

    fn simulate(&mut self) {
        let inputs = self.case.inputs();
        let place = self.case.place(self.order);
        let mut known = vec![false; self.case.net.len()];
        let mut waiting: Vec<usize> = Vec::new();
        for group in self.case.first() {
            let mut group: Vec<usize> = group.into_iter().map(|job| job as usize).collect();
            group.iter().for_each(|&job| known[job] = true);
            group.sort_by_key(|&job| place[job]);
            if self.order == Order::Longest {
                waiting.extend(group);
            } else {
                waiting.extend(group.into_iter().filter(|&job| !self.try_start(job, 0)));
            }
        }
        if self.order == Order::Longest {
            waiting.sort_by_key(|&job| place[job]);
            waiting.retain(|&job| !self.try_start(job, 0));
        }
        let mut since = (!waiting.is_empty()).then_some(0);
        for time in (0..).map(|step| step * STEP) {
            let mut is_first = true;
            loop {
                let ended: Vec<usize> = (0..self.boxes.len())
                    .filter(|&at| self.boxes[at].job.is_some_and(|(end, _)| end == time))
                    .collect();
                if ended.is_empty() && !is_first {
                    break;
                }
                ended.iter().for_each(|&at| self.boxes[at].job = None);
                let is_there = |job: usize| self.placed[job].is_some_and(|placed| placed.end <= time);
                let mut fresh: Vec<usize> = (0..known.len())
                    .filter(|&job| !known[job] && inputs[job].iter().all(|&input| is_there(input)))
                    .collect();
                fresh.iter().for_each(|&job| known[job] = true);
                fresh.sort_by_key(|&job| place[job]);
                if self.order == Order::Longest {
                    waiting.append(&mut fresh);
                }
                let polls = is_first && since.is_some_and(|since| time > since && (time - since) % POLL_MILLIS == 0);
                if self.order != Order::Remote || polls {
                    waiting.sort_by_key(|&job| place[job]);
                    waiting.retain(|&job| !self.try_start(job, time));
                }
                waiting.extend(fresh.into_iter().filter(|&job| !self.try_start(job, time)));
                since = if waiting.is_empty() { None } else { since.or(Some(time)) };
                is_first = false;
            }
            if self.placed.iter().all(|placed| placed.is_some_and(|placed| placed.end <= time)) {
                return;
            }
        }
    }

    fn try_start(&mut self, job: usize, time: u64) -> bool {
        let kinds = &self.case.classes[self.case.net.class[job] as usize];
        let free = self.boxes.iter().enumerate().filter(|(_, slot)| slot.job.is_none());
        let fit = free.filter(|(_, slot)| kinds.contains(&(slot.kind as u32)));
        let best = fit.min_by(|(_, a), (_, b)| {
            let key = |slot: &Box| {
                let of_machine = |other: &&Box| (other.kind, other.machine) == (slot.kind, slot.machine);
                let load = self.boxes.iter().filter(of_machine).filter(|slot| slot.job.is_some()).count() as f64;
                let builds = self.case.classes.iter().filter(|kinds| kinds.contains(&(slot.kind as u32))).count();
                let at = (slot.kind, slot.machine, slot.slot);
                match self.order {
                    Order::Longest => ([-slot.speed, builds as f64, slot.kind as f64, load], at),
                    _ => ([load / slot.speed, -slot.speed, load, 0.0], at),
                }
            };
            key(a).partial_cmp(&key(b)).unwrap()
        });
        let Some((at, _)) = best else { return false };
        let slot = &mut self.boxes[at];
        let end = time + (self.case.net.millis[job] as f64 / slot.speed) as u64;
        slot.job = Some((end, job));
        let slots = self.case.farm.machines()[slot.kind].slots;
        let number = slot.machine * slots + slot.slot;
        self.placed[job] = Some(Placed { start: time, end, kind: slot.kind as u32, slot: number });
        true
    }
}

/// Jobs with edges, of so many classes; times are whole seconds, some of them none.
fn net(classes: usize) -> impl Strategy<Value = Net> {
    (1usize..40, 0u64..4, any::<u64>()).prop_map(move |(count, degree, seed)| {
        let mut state = seed;
        let mut below = |bound: u64| {
            state = state.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
            (state >> 33) % bound
        };
        let millis = (0..count).map(|_| [0, 1, 1, 2, 3, 5, 9][below(7) as usize] * 1_000).collect();
        let class = (0..count).map(|_| below(classes as u64) as u32).collect();
        let waiting: Vec<Vec<u32>> = (0..count)
            .map(|job| {
                let behind = (count - job - 1) as u64;
                let many = if behind == 0 { 0 } else { below(degree + 1) };
                let mut list: Vec<u32> = (0..many).map(|_| job as u32 + 1 + below(behind) as u32).collect();
                list.sort_unstable();
                list.dedup();
                list
            })
            .collect();
        Net::new(millis, class, waiting.into_iter())
    })
}

fn farm(kinds: &[(u32, u32, f64)]) -> Farm {
    let kind = |(at, (count, slots, speed)): (usize, &(u32, u32, f64))| {
        format!("[[machine]]\nname = 'm{at}'\nsystems = ['x']\ncount = {count}\nslots = {slots}\nspeed = {speed}\n")
    };
    Farm::parse(&kinds.iter().enumerate().map(kind).collect::<String>(), Path::new("farm")).unwrap()
}

/// A farm of one to four kinds of machines, and what they can build.
fn heterogeneous() -> impl Strategy<Value = Case> {
    let speed = prop::sample::select(vec![0.5, 1.0, 1.0, 2.0, 4.0]);
    let kinds = prop::collection::vec((1u32..3, 1u32..4, speed), 1..5);
    (kinds, prop::collection::btree_set(1u32..16, 1..5)).prop_flat_map(|(kinds, masks)| {
        let farm = farm(&kinds);
        let count = kinds.len() as u32;
        let fit = |mask: u32| (0..count).filter(|kind| mask >> kind & 1 == 1).collect::<Vec<u32>>();
        let mut classes: Vec<Vec<u32>> = masks.into_iter().map(fit).filter(|kinds| !kinds.is_empty()).collect();
        classes.sort();
        classes.dedup();
        if classes.is_empty() {
            classes.push((0..count).collect());
        }
        net(classes.len()).prop_map(move |net| Case { net, farm: farm.clone(), classes: classes.clone() })
    })
}

/// No job before its inputs, no two at a time in a slot, each as long as it takes, where it can be built.
fn is_possible(case: &Case, placed: &[Placed]) -> Result<(), String> {
    for (job, (run, inputs)) in placed.iter().zip(case.inputs()).enumerate() {
        let machine = &case.farm.machines()[run.kind as usize];
        if run.end - run.start != (case.net.millis[job] as f64 / machine.speed) as u64 {
            return Err(format!("{job} takes {run:?}"));
        }
        if let Some(input) = inputs.into_iter().find(|&input| placed[input].end > run.start) {
            return Err(format!("{job} starts before {input} ends"));
        }
        if !case.classes[case.net.class[job] as usize].contains(&run.kind) || run.slot >= machine.count * machine.slots
        {
            return Err(format!("{job} cannot run at {run:?}"));
        }
        let overlaps = |other: &&Placed| {
            (other.kind, other.slot) == (run.kind, run.slot) && other.start < run.end && run.start < other.end
        };
        let others = placed[job + 1..].iter().filter(|other| other.end > other.start);
        if run.end > run.start && others.clone().any(|other| overlaps(&other)) {
            return Err(format!("{job} shares a slot"));
        }
    }
    Ok(())
}

fn makespan(placed: &[Placed]) -> u64 {
    placed.iter().map(|run| run.end).max().unwrap_or_default()
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(300))]

    #[test]
    fn equals_a_look_at_every_moment(case in heterogeneous()) {
        for order in [Order::Longest, Order::Local, Order::Remote] {
            let placed = case.run(order);
            prop_assert_eq!(is_possible(&case, &placed), Ok(()));
            prop_assert_eq!(placed, Naive::run(&case, order), "{:?}", order);
        }
    }

    /// Graham's bound for any order that leaves no slot idle without need.
    #[test]
    fn lies_between_the_bounds(net in net(1), slots in 1u32..9) {
        let case = Case { net, farm: Farm::builders(slots, None), classes: vec![vec![0]] };
        // the longest chain, from its end
        let mut chain = case.net.millis.clone();
        for (job, inputs) in case.inputs().into_iter().enumerate() {
            chain[job] += inputs.into_iter().map(|input| chain[input]).max().unwrap_or_default();
        }
        let critical = chain.iter().copied().max().unwrap_or_default();
        prop_assert_eq!(case.net.longest_paths().into_iter().max().unwrap_or_default(), critical);
        let (slots, total) = (u64::from(slots), case.net.millis.iter().sum::<u64>());
        let least_by_slots = total.max(critical * slots);
        for order in [Order::Longest, Order::Local] {
            let placed = case.run(order);
            prop_assert_eq!(is_possible(&case, &placed), Ok(()));
            let span = makespan(&placed);
            prop_assert!(span * slots >= least_by_slots, "{:?}: {} is too early", order, span);
            prop_assert!(span * slots * slots <= (2 * slots - 1) * least_by_slots, "{:?}: {} is too late", order, span);
        }
    }
}

fn starts(placed: &[Placed]) -> Vec<u64> {
    placed.iter().map(|run| run.start).collect()
}

#[test]
fn longest_first_is_done_sooner() {
    let case = Case::of(&[(1, &[]), (1, &[]), (2, &[])], Farm::builders(2, None));
    let all = || vec![vec![0, 1, 2]];
    assert_eq!(starts(&case.run_in(Order::Local, all())), [0, 0, 1]);
    assert_eq!(starts(&case.run_in(Order::Longest, all())), [0, 1, 0]);
    // what counts is the whole chain, not the build alone: 0 is the shortest
    let case = Case::of(&[(1, &[2]), (2, &[]), (3, &[])], Farm::builders(1, None));
    assert_eq!(starts(&case.run(Order::Longest)), [0, 4, 1]);
}

/// Where a slot is made free, what waits for one comes before what could be built only now, but later by name.
#[test]
fn with_nix_what_waits_comes_first() {
    let case = Case::of(&[(1_000, &[1]), (1_000, &[]), (1_000, &[])], Farm::builders(1, None));
    assert_eq!(starts(&case.run_in(Order::Local, vec![vec![0, 2]])), [0, 2_000, 1_000]);
    // nor does what is found later come before it
    assert_eq!(starts(&case.run_in(Order::Local, vec![vec![2], vec![0]])), [1_000, 2_000, 0]);
}

/// The build hook is asked at once for what is ready now, and every five seconds for what waits.
#[test]
fn with_nix_and_a_farm_what_waits_is_polled() {
    let case = Case::of(&[(1_000, &[1]), (1_000, &[]), (1_000, &[])], farm(&[(1, 1, 1.0)]));
    assert_eq!(starts(&case.run_in(Order::Remote, vec![vec![0, 2]])), [0, 1_000, 5_000]);
    let case = Case::of(&[(4_000, &[]), (4_000, &[]), (4_000, &[])], farm(&[(1, 1, 1.0)]));
    // 5 is after the first end, 10 after the second
    assert_eq!(starts(&case.run_in(Order::Remote, vec![vec![0, 1, 2]])), [0, 5_000, 10_000]);
}

#[test]
fn machines_are_chosen_by_their_load_and_speed() {
    let farm = farm(&[(2, 2, 1.0), (1, 3, 2.0)]);
    let case = Case::of(&[(10, [].as_slice()); 7], farm);
    let at = |placed: Vec<Placed>| placed.iter().map(|run| (run.kind, run.slot)).collect::<Vec<_>>();
    let all = || vec![(0..7).collect()];
    // shares of load: 0 everywhere, the fast one first; then 0 on the slow ones; 1/2 on the fast one; then 1 all over
    let nix = at(case.run_in(Order::Remote, all()));
    assert_eq!(nix, [(1, 0), (0, 0), (0, 2), (1, 1), (1, 2), (0, 1), (0, 3)]);
    // the fast one as long as it has slots
    let longest = at(case.run_in(Order::Longest, all()));
    assert_eq!(longest, [(1, 0), (1, 1), (1, 2), (0, 0), (0, 2), (0, 1), (0, 3)]);
}

#[test]
fn a_part_of_a_millisecond_counts() {
    let case = Case::of(&[(3, &[1]), (0, &[])], farm(&[(1, 1, 2.0)]));
    let placed = case.run(Order::Longest);
    assert_eq!((placed[0].end, placed[1].start, placed[1].end), (2, 2, 2));
}

#[test]
fn nothing_takes_no_time() {
    let case = Case::of(&[], Farm::builders(3, None));
    for order in [Order::Longest, Order::Local, Order::Remote] {
        assert!(case.run(order).is_empty());
    }
}

#[test]
fn times_without_end_do_no_harm() {
    let case = Case::of(&[(u64::MAX, &[1]), (u64::MAX, &[]), (7, &[])], farm(&[(1, 1, 0.5)]));
    for order in [Order::Longest, Order::Local, Order::Remote] {
        assert_eq!(makespan(&case.run(order)), u64::MAX, "{order:?}");
    }
}
