//! Why a bump is in its wave.

use super::plan::Planned;
use super::shares::Shares;
use crate::query::expense::CostSum;
use crate::reach::hours;
use crate::reach::plan::Order;

/// So many bumps are named as a reason.
const NAMED: usize = 3;

/// What two bumps share is told from one part in so many of the larger one on.
const SHARE: u64 = 10;

/// The reasons of units, each found once.
pub(super) struct Reasons<'a> {
    planned: &'a Planned<'a>,
    /// By unit.
    of: Vec<String>,
}

impl<'a> Reasons<'a> {
    /// O(pairs of units in one wave × nodes / 64).
    pub(super) fn new(planned: &'a Planned<'a>, shares: &Shares, wave: &[usize]) -> Self {
        let order = &planned.precedence.order;
        let before = direct(order);
        let of = (0..planned.units.len()).map(|unit| {
            let (earlier, beside): (Vec<u32>, Vec<u32>) =
                before[unit].iter().copied().partition(|&other| wave[other as usize] < wave[unit]);
            let mut words = Vec::new();
            if before[unit].is_empty() {
                words.push("no other bump comes before it".to_owned());
            }
            if !earlier.is_empty() {
                let named = |&other: &u32| format!("{} (wave {})", planned.unit_name(other), wave[other as usize]);
                words.push(format!("follows {}", listed(earlier.iter().map(named).collect())));
            }
            if !beside.is_empty() {
                let named = |&other: &u32| planned.unit_name(other);
                words.push(format!(
                    "in one wave with {}, which comes before it",
                    listed(beside.iter().map(named).collect())
                ));
            }
            words.extend(Self::company(planned, shares, unit as u32, wave[unit]));
            words.join("; ")
        });
        let of = of.collect();
        Self { planned, of }
    }

    /// With which bump of its wave that is neither upstream nor downstream of it it shares most.
    fn company(planned: &Planned<'_>, shares: &Shares, unit: u32, number: usize) -> Option<String> {
        let order = &planned.precedence.order;
        let wave = planned.plan.waves.get(number.checked_sub(1)?)?;
        let others = wave
            .iter()
            .copied()
            .filter(|&other| other != unit && !order.is_before(other, unit) && !order.is_before(unit, other));
        let shared = |other: u32| shares.millis(planned, unit, other);
        let best = others.map(|other| (shared(other), std::cmp::Reverse(other))).max()?;
        let (millis, std::cmp::Reverse(other)) = best;
        let shared = hours(millis as f64);
        let shared = if shared < 1.0 { format!("{:.1} min", shared * 60.0) } else { format!("{shared:.1} h") };
        let alone = |unit: u32| CostSum::of(planned.params.costs, &planned.made[unit as usize].nodes).millis;
        // what is little of either is no reason
        let most = alone(unit).max(alone(other));
        (millis > 0 && millis.saturating_mul(SHARE) >= most)
            .then(|| format!("shares {shared} of builds with {}", planned.unit_name(other)))
    }

    /// Of a unit's bump.
    pub(super) fn of(&self, unit: u32, bump: usize) -> String {
        let own = &self.planned.units[unit as usize].bumps;
        let others = own.iter().filter(|&&other| other != bump);
        let others: Vec<String> = others.map(|&other| self.planned.bumps[other].wish.name.clone()).collect();
        let reason = &self.of[unit as usize];
        if others.is_empty() { reason.clone() } else { format!("moves with {}; {reason}", listed(others)) }
    }
}

/// For each unit those before it that nothing lies between.
fn direct(order: &Order) -> Vec<Vec<u32>> {
    let mut before = vec![Vec::new(); order.units()];
    for (earlier, later) in order.reduced() {
        before[later as usize].push(earlier);
    }
    before
}

fn listed(mut names: Vec<String>) -> String {
    let more = names.len().saturating_sub(NAMED);
    names.truncate(NAMED);
    match more {
        0 => names.join(", "),
        _ => format!("{} and {more} more", names.join(", ")),
    }
}
