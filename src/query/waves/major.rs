//! Several major waves, staggered.

use std::collections::BTreeMap;

use serde::Serialize;

use crate::cost::{Farm, Schedule, Unbuildable, schedule_together};
use crate::graph::{Graph, NodeId};
use crate::reach::hours;

/// Into so many equal parts the time of a pipeline is cut to show the load.
pub const LOAD_PARTS: usize = 48;

/// Several major waves: staggered, and one after the other.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct MajorReport {
    /// How many major waves.
    pub major_waves: u32,
    /// Waves of each.
    pub waves: usize,
    /// Builds that the farm does at a time.
    pub builders: u64,
    /// The steps of the staggered ones, in their order.
    pub steps: Vec<MajorStep>,
    /// How they go staggered.
    pub staggered: Pace,
    /// How they go where each begins when the one before has ended.
    pub one_after_another: Pace,
}

/// Waves that run at the same time: each of another major wave.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct MajorStep {
    /// Its number, from 1.
    pub number: u32,
    /// When it begins.
    pub start_hours: f64,
    /// How long it takes: until the last of its waves is built.
    pub hours: f64,
    /// Builds and downloads of its waves.
    pub builds: u64,
    /// What machines do for it.
    pub busy_hours: f64,
    /// The share of the farm's time in which it builds, from 0 to 1.
    pub utilisation: f64,
    /// Its waves, the earliest major wave first.
    pub runs: Vec<MajorRun>,
}

/// A wave of a major wave in a step.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct MajorRun {
    /// The number of the major wave, from 1.
    pub major: u32,
    /// The number of its wave, from 1.
    pub wave: u32,
    /// How long it takes beside the others of its step.
    pub hours: f64,
    /// How long it takes where it has the farm alone.
    pub alone_hours: f64,
}

/// How fast major waves follow one another.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Pace {
    /// From the first start to the last end.
    pub hours: f64,
    /// How long one major wave takes from its start to its end: the longest.
    pub major_wave_hours: f64,
    /// The time from the end of a major wave to that of the next, in the mean; where there are several.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub interval_hours: Option<f64>,
    /// The share of the farm's time in which it builds, from 0 to 1.
    pub utilisation: f64,
    /// The same for equal parts of the time, in their order.
    pub load: Vec<f64>,
}

/// What runs at the same time.
struct Joint {
    schedules: Vec<Schedule>,
    millis: u64,
}

impl Joint {
    fn new(graph: &Graph, waves: &[&[NodeId]], millis: &[u64], farm: &Farm) -> Result<Self, Vec<Unbuildable>> {
        let schedules = schedule_together(graph, waves, millis, farm)?;
        let millis = schedules.iter().map(|schedule| schedule.makespan).max().unwrap_or_default();
        Ok(Self { schedules, millis })
    }

    fn builds(&self) -> u64 {
        self.schedules.iter().flat_map(|schedule| &schedule.machines).map(|kind| kind.builds).sum()
    }

    fn busy(&self) -> u64 {
        self.schedules.iter().flat_map(|schedule| &schedule.machines).map(|kind| kind.busy).sum()
    }
}

/// Staggers major waves on a farm: step s runs wave w of major wave m wherever m + w = s + 1, so that with three of
/// each the third step runs 1.3, 2.2 and 3.1 (the triangle). `waves` are what each wave builds and fetches, ascending,
/// in the order of the plan; `millis` by node of the graph. At least one major wave is taken.
///
/// The waves of a step share the farm, what the longest chain waits for first ([`schedule_together`]); a step ends
/// when the last of them is built.
///
/// Over-estimates: a wave could begin when what it needs is locked, and not only when the step ends. Under-estimates:
/// nothing here fails and is mended. All major waves are taken to be like this one: the same sets, the same times; the
/// next quarter's are others.
///
/// O(n log n) for the n builds of all different steps, of which there are at most 2 × waves, and O(n) for each step.
///
/// # Errors
/// What no machine of the farm builds.
///
/// # Panics
/// As of [`schedule_together`].
pub fn major(
    graph: &Graph,
    waves: &[Vec<NodeId>],
    millis: &[u64],
    farm: &Farm,
    majors: u32,
) -> Result<MajorReport, Vec<Unbuildable>> {
    let (majors, last) = (majors.max(1), waves.len() as u32);
    let joint = |first: u32, last: u32| {
        let sets: Vec<&[NodeId]> = (first..=last).rev().map(|wave| waves[wave as usize - 1].as_slice()).collect();
        Joint::new(graph, &sets, millis, farm)
    };
    let alone: Vec<Joint> = (1..=last).map(|wave| joint(wave, wave)).collect::<Result<_, _>>()?;
    // the waves of a step follow one another: what runs is told by the first and the last of them
    let count = if last == 0 { 0 } else { majors + last - 1 };
    let spans: Vec<(u32, u32)> =
        (1..=count).map(|step| ((step + 1).saturating_sub(majors).max(1), step.min(last))).collect();
    let mut known: BTreeMap<(u32, u32), Joint> = BTreeMap::new();
    for &(first, last) in &spans {
        if first < last && !known.contains_key(&(first, last)) {
            known.insert((first, last), joint(first, last)?);
        }
    }
    let of = |span: &(u32, u32)| known.get(span).unwrap_or_else(|| &alone[span.0 as usize - 1]);
    let joints: Vec<&Joint> = spans.iter().map(of).collect();

    let slots = farm.slots();
    let mut steps = Vec::with_capacity(joints.len());
    let mut start = 0u64;
    for ((number, &joint), &(_, newest)) in (1..).zip(&joints).zip(&spans) {
        // the earliest major wave is the furthest
        let runs = (0..).zip(&joint.schedules).map(|(nth, schedule)| {
            let wave = newest - nth;
            MajorRun {
                major: number + 1 - wave,
                wave,
                hours: hours(schedule.makespan as f64),
                alone_hours: hours(alone[wave as usize - 1].millis as f64),
            }
        });
        steps.push(MajorStep {
            number,
            start_hours: hours(start as f64),
            hours: hours(joint.millis as f64),
            builds: joint.builds(),
            busy_hours: hours(joint.busy() as f64),
            utilisation: share(joint.busy(), slots, joint.millis),
            runs: runs.collect(),
        });
        start = start.saturating_add(joint.millis);
    }

    let sequence: Vec<&Joint> = (0..majors).flat_map(|_| &alone).collect();
    // the places of a major wave's first and last wave
    let staggered = (0..majors).map(|before| (before, before + last)).collect();
    let apart = (0..majors).map(|before| (before * last, (before + 1) * last)).collect();
    Ok(MajorReport {
        major_waves: majors,
        waves: waves.len(),
        builders: slots,
        steps,
        staggered: Pace::of(&joints, staggered, slots),
        one_after_another: Pace::of(&sequence, apart, slots),
    })
}

impl Pace {
    /// `spans` are the places of each major wave's first wave, and those behind its last.
    fn of(joints: &[&Joint], spans: Vec<(u32, u32)>, slots: u64) -> Self {
        let mut starts = vec![0u64];
        for joint in joints {
            starts.push(starts.last().copied().unwrap_or_default().saturating_add(joint.millis));
        }
        let at = |place: u32| starts.get(place as usize).copied().unwrap_or_default();
        let total = starts.last().copied().unwrap_or_default();
        let ends = spans.first().zip(spans.last()).filter(|_| spans.len() > 1);
        let longest = spans.iter().map(|&(first, end)| at(end) - at(first)).max();
        let busy: u64 = joints.iter().map(|joint| joint.busy()).sum();
        Self {
            hours: hours(total as f64),
            major_wave_hours: hours(longest.unwrap_or_default() as f64),
            interval_hours: ends
                .map(|(first, last)| hours((at(last.1) - at(first.1)) as f64) / (spans.len() - 1) as f64),
            utilisation: share(busy, slots, total),
            load: load(joints, total, slots),
        }
    }
}

/// How much of a farm's time is used.
fn share(busy: u64, slots: u64, millis: u64) -> f64 {
    let all = slots as f64 * millis as f64;
    if all > 0.0 { busy as f64 / all } else { 0.0 }
}

/// The share of the farm that builds in each part of the time.
fn load(joints: &[&Joint], total: u64, slots: u64) -> Vec<f64> {
    if total == 0 {
        return Vec::new();
    }
    let edge = |part: usize| (u128::from(total) * part as u128 / LOAD_PARTS as u128) as u64;
    let part_of = |time: u64| ((u128::from(time) * LOAD_PARTS as u128) / u128::from(total)) as usize;
    let mut busy = [0u64; LOAD_PARTS];
    let mut start = 0u64;
    for joint in joints {
        for run in joint.schedules.iter().flat_map(|schedule| &schedule.runs) {
            let (from, to) = (start.saturating_add(run.start), start.saturating_add(run.end));
            for (part, busy) in busy.iter_mut().enumerate().skip(part_of(from)) {
                if edge(part) >= to {
                    break;
                }
                *busy += to.min(edge(part + 1)).saturating_sub(from.max(edge(part)));
            }
        }
        start = start.saturating_add(joint.millis);
    }
    busy.iter().enumerate().map(|(part, &busy)| share(busy, slots, edge(part + 1) - edge(part))).collect()
}
