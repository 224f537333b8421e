//! Planning again, when waves are locked.

use std::collections::{BTreeMap, BTreeSet};

use serde::Serialize;

use super::bumps::{BumpsError, PlannedBump, named_twice, planned};
use super::made::{Changes, Made};
use super::plan_file::WavePlan;
use super::precedence::{Contradiction, Precedence, unit_of};
use super::units::Units;
use super::wish::{Pin, Wish, twice};
use crate::graph::Graph;
use crate::reach::Edits;

/// What is left of the bumps that wait when waves of a plan are locked.
#[derive(Debug, Clone, PartialEq)]
pub struct Kept {
    /// The bumps of the locked waves, by wave, then as the plan lists them.
    pub locked: Vec<LockedBump>,
    /// The same, to be planned with: they follow nothing any more, and pin what is planned with them.
    pub held: Vec<Wish>,
    /// Bumps that came too late for this major wave: they wait for the next one. In the order of the wishes.
    pub late: Vec<LateBump>,
    /// What is to be planned anew, in the order in which it was wished. What is locked is followed and pinned no more.
    pub wishes: Vec<Wish>,
    /// Bumps of later waves of the plan that are not wished any more.
    pub gone: Vec<String>,
}

/// A bump that is locked.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct LockedBump {
    /// What it is called.
    pub name: String,
    /// The number of its wave.
    pub wave: usize,
}

/// A bump that came too late.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct LateBump {
    /// What it is called.
    pub name: String,
    /// Whether it mends a security hole.
    pub security: bool,
    /// Why it must wait.
    pub reason: String,
    /// The locked bumps whose packages it would rebuild.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub rebuilds: Vec<String>,
    /// The derivations of a shortest way to the first of them.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub path: Vec<String>,
}

/// Why a plan cannot be kept.
#[derive(Debug, thiserror::Error)]
pub enum KeepError {
    /// It has fewer waves than are to be kept.
    #[error("{locked} waves are to be kept, but the plan has {waves}")]
    TooFew {
        /// How many are to be kept.
        locked: usize,
        /// How many it has.
        waves: usize,
    },
    /// Locked bumps that must move together are in several waves.
    #[error("{} must move together, but the plan has them in several waves: was it edited?", .bumps.join(", "))]
    Apart {
        /// Their names.
        bumps: Vec<String>,
    },
    /// Bumps cannot be planned.
    #[error(transparent)]
    Bumps(#[from] BumpsError),
    /// They contradict one another.
    #[error(transparent)]
    Contradiction(#[from] Contradiction),
}

/// Keeps the first `locked` waves of a plan, and tells of the bumps that wait now which are locked, which came too late,
/// and which are to be planned anew.
///
/// A bump is that of the plan which has its name, else its selectors. It is too late for a bump that the plan does not have
/// and that comes before a locked one, for it would rebuild what is locked; for one that must move together with a locked
/// one; for another version (`to`) of a locked one; and for what follows, or moves together with, one that is too late.
/// Bumps that the plan has in later waves stay: what they rebuild of locked packages was known when these were locked.
/// O(bumps × (nodes + edges)).
///
/// # Errors
/// When the plan has fewer waves, a selector names nothing, or bumps contradict one another.
pub fn keep(graph: &Graph, plan: &WavePlan, locked: usize, wishes: &[Wish]) -> Result<Kept, KeepError> {
    if locked > plan.waves() {
        return Err(KeepError::TooFew { locked, waves: plan.waves() });
    }
    let names = twice(wishes);
    if !names.is_empty() {
        return Err(BumpsError(names.into_iter().map(named_twice).collect()).into());
    }
    let mut held: Vec<&(Wish, usize)> = plan.bumps.iter().filter(|(_, wave)| *wave <= locked).collect();
    held.sort_by_key(|(_, wave)| *wave);
    let rest: Vec<&Wish> = plan.bumps.iter().filter(|(_, wave)| *wave > locked).map(|(wish, _)| wish).collect();
    let mut late: BTreeMap<usize, LateBump> = BTreeMap::new();
    let mut open: Vec<usize> = Vec::new();
    // what locked bumps are called in the wishes, and which of the wishes are newer versions of them
    let (mut called, mut newer): (BTreeMap<&str, &str>, BTreeSet<&str>) = Default::default();
    for (at, wish) in wishes.iter().enumerate() {
        let known = same(wish, held.iter().map(|(locked, _)| locked));
        match known {
            Some(known) if !same_selectors(wish, known) => {
                let reason = format!("{} is locked as {}", known.name, known.selectors.join(" "));
                late.insert(at, LateBump::of(wish, reason));
            }
            Some(known) if is_newer(wish, known) => {
                let (from, to) = (known.to.as_deref().unwrap_or_default(), wish.to.as_deref().unwrap_or_default());
                late.insert(at, LateBump::of(wish, format!("{} is locked at {from}; {to} comes after", known.name)));
                newer.insert(&wish.name);
            }
            Some(known) => {
                called.insert(&wish.name, &known.name);
            }
            None => open.push(at),
        }
    }
    for &at in &open {
        if let Some(other) = wishes[at].after.iter().find(|name| newer.contains(name.as_str())) {
            late.insert(at, LateBump::of(&wishes[at], format!("follows {other}, which waits")));
        }
    }
    // the locked bumps come first, then those that are open, in their order
    let first = held.len();
    let known: BTreeSet<&str> = held.iter().map(|(wish, _)| wish.name.as_str()).collect();
    let all = held.iter().map(|(wish, _)| wish).chain(open.iter().map(|&at| &wishes[at]));
    let names: BTreeSet<String> = all.clone().map(|wish| wish.name.clone()).collect();
    let prepared = |(at, wish): (usize, &Wish)| {
        if at < first {
            return within(wish, true, &names);
        }
        let mut wish = wish.clone();
        rename(&mut wish, &called);
        wish.after.retain(|name| !newer.contains(name.as_str()));
        wish
    };
    let all: Vec<Wish> = all.enumerate().map(prepared).collect();
    let bumps = planned(graph, all)?;
    let units = Units::new(graph, &bumps).units;
    let edits = Edits::default();
    let changes = Changes::new(graph, &bumps, &edits);
    let alone = changes.made();
    let made = Made::of_units(&units, &alone);
    let precedence = Precedence::new(graph, &bumps, &units, &changes, &made)?;
    let unit_of = unit_of(bumps.len(), &units);
    for (bump, &at) in (first..).zip(&open) {
        let wish = &wishes[at];
        if late.contains_key(&at) {
            continue;
        }
        let locked_in = |unit: u32| units[unit as usize].bumps.iter().copied().filter(|other| *other < first);
        if let Some(other) = locked_in(unit_of[bump]).next() {
            let reason = format!("moves together with {}, which is locked", bumps[other].wish.name);
            late.insert(at, LateBump::of(wish, reason));
            continue;
        }
        if same(wish, rest.iter().copied()).is_some_and(|known| same_selectors(wish, known)) {
            continue;
        }
        let own = &units[unit_of[bump] as usize];
        // what it was asked to come before is no reason: what that rebuilds counts for itself
        let is_upstream = |other: &usize| {
            let other = unit_of[*other];
            precedence.order.is_before(unit_of[bump], other)
                && !changes.way(own, &bumps[bump].named, &units[other as usize].principals).is_empty()
        };
        let before: Vec<usize> = (0..first).filter(is_upstream).collect();
        if let Some(&nearest) = before.first() {
            let rebuilds: Vec<String> = before.iter().map(|&other| bumps[other].wish.name.clone()).collect();
            let path = changes.way(own, &bumps[bump].named, &units[unit_of[nearest] as usize].principals);
            let mut row = LateBump::of(wish, format!("would rebuild {}, locked", rebuilds.join(", ")));
            row.rebuilds = rebuilds;
            row.path = path.into_iter().map(|node| graph.name(node).to_owned()).collect();
            late.insert(at, row);
        }
    }
    let apart = units.iter().find_map(|unit| {
        let waves: Vec<usize> = unit.bumps.iter().filter(|bump| **bump < first).map(|&bump| held[bump].1).collect();
        let name = |bump: usize| bumps[bump].wish.name.clone();
        waves.windows(2).any(|pair| pair[0] != pair[1]).then(|| unit.bumps.iter().map(|&bump| name(bump)).collect())
    });
    if let Some(bumps) = apart {
        return Err(KeepError::Apart { bumps });
    }
    // what hangs on those that wait, until nothing more does
    loop {
        let waiting: BTreeSet<usize> =
            (first..).zip(&open).filter(|(_, at)| late.contains_key(at)).map(|(bump, _)| bump).collect();
        let next = (first..).zip(&open).find_map(|(bump, &at)| {
            let hangs = || hangs(&bumps, bump, &units[unit_of[bump] as usize].bumps, &waiting);
            if late.contains_key(&at) { None } else { Some((at, hangs()?)) }
        });
        let Some((at, reason)) = next else { break };
        late.insert(at, LateBump::of(&wishes[at], reason));
    }
    let left: Vec<&Wish> = open.iter().filter(|at| !late.contains_key(at)).map(|&at| &wishes[at]).collect();
    let names: BTreeSet<String> =
        left.iter().copied().chain(held.iter().map(|(wish, _)| wish)).map(|wish| wish.name.clone()).collect();
    let left = left.iter().map(|wish| {
        let mut wish = (*wish).clone();
        rename(&mut wish, &called);
        let mut wish = within(&wish, false, &names);
        wish.after.retain(|name| !known.contains(name.as_str()));
        wish
    });
    let gone = rest.iter().filter(|wish| same(wish, wishes).is_none()).map(|wish| wish.name.clone()).collect();
    Ok(Kept {
        locked: held.iter().map(|(wish, wave)| LockedBump { name: wish.name.clone(), wave: *wave }).collect(),
        held: held.iter().map(|(wish, _)| within(wish, true, &names)).collect(),
        wishes: left.collect(),
        late: late.into_values().collect(),
        gone,
    })
}

impl LateBump {
    fn of(wish: &Wish, reason: String) -> Self {
        Self { name: wish.name.clone(), security: wish.security, reason, rebuilds: Vec::new(), path: Vec::new() }
    }
}

/// The bump among others that a wish is: by name, else by selectors.
fn same<'w>(wish: &Wish, others: impl IntoIterator<Item = &'w Wish> + Clone) -> Option<&'w Wish> {
    let by_name = others.clone().into_iter().find(|other| other.name == wish.name);
    by_name.or_else(|| others.into_iter().find(|other| same_selectors(wish, other)))
}

fn same_selectors(one: &Wish, other: &Wish) -> bool {
    let sorted = |wish: &Wish| wish.selectors.iter().cloned().collect::<BTreeSet<String>>();
    sorted(one) == sorted(other)
}

fn is_newer(wish: &Wish, known: &Wish) -> bool {
    wish.to.is_some() && known.to.is_some() && wish.to != known.to
}

/// Calls locked bumps by the names that the plan has for them.
fn rename(wish: &mut Wish, called: &BTreeMap<&str, &str>) {
    let pinned = match &mut wish.pin {
        Pin::These(names) => names.as_mut_slice(),
        Pin::Nothing | Pin::All => &mut [],
    };
    for name in wish.after.iter_mut().chain(pinned) {
        if let Some(known) = called.get(name.as_str()) {
            *name = (*known).to_owned();
        }
    }
}

/// A bump among those with these names: a locked one follows nothing any more, and none pins what is not there.
fn within(wish: &Wish, is_locked: bool, names: &BTreeSet<String>) -> Wish {
    let mut wish = wish.clone();
    if is_locked {
        wish.after.clear();
    }
    if let Pin::These(pinned) = &mut wish.pin {
        pinned.retain(|name| names.contains(name));
    }
    wish
}

/// Why a bump waits with others.
fn hangs(bumps: &[PlannedBump], bump: usize, together: &[usize], waiting: &BTreeSet<usize>) -> Option<String> {
    let name = |other: &usize| bumps.get(*other).map_or("", |bump| bump.wish.name.as_str());
    if let Some(other) = together.iter().find(|other| **other != bump && waiting.contains(other)) {
        return Some(format!("moves together with {}, which waits", name(other)));
    }
    let after = bumps.get(bump)?.after.iter().find(|other| waiting.contains(other));
    after.map(|other| format!("follows {}, which waits", name(other)))
}
