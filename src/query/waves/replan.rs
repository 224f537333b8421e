//! Plans that go on from locked waves.

use fixedbitset::FixedBitSet;

use super::made::Made;
use crate::graph::NodeId;
use crate::reach::plan::{Limits, Order, Plan, Problem, frontier, strict};

/// What is planned, weights by node.
pub(super) struct Open<'a> {
    /// By unit.
    pub(super) made: &'a [Made],
    pub(super) cost: &'a [u64],
    pub(super) millis: &'a [u64],
    /// By unit.
    pub(super) urgency: &'a [u64],
    /// Bumps by unit.
    pub(super) bumps: &'a [u32],
    pub(super) order: &'a Order,
    /// The units of each locked wave.
    pub(super) locked: &'a [Vec<u32>],
    /// How many nodes there are.
    pub(super) nodes: usize,
}

/// The frontier, and the best strict plan.
pub(super) type Found = (Vec<Plan>, Option<Plan>);

impl Open<'_> {
    /// Plans what is not locked; the locked waves come first, as they are.
    pub(super) fn plans(&self, limits: &Limits) -> Found {
        let mut open = FixedBitSet::with_capacity(self.made.len());
        open.insert_range(..);
        self.locked.iter().flatten().for_each(|&unit| open.set(unit as usize, false));
        let open: Vec<u32> = open.ones().map(|unit| unit as u32).collect();
        let mut place = vec![u32::MAX; self.made.len()];
        (0u32..).zip(&open).for_each(|(at, &unit)| place[unit as usize] = at);
        if open.is_empty() {
            let plan = self.priced(self.locked.to_vec(), true);
            return (vec![plan.clone()], Some(plan));
        }
        let among = |&(before, after): &(u32, u32)| self.order.is_before(before, after);
        let all = open.iter().flat_map(|&before| open.iter().map(move |&after| (before, after)));
        let pairs = all.filter(among).map(|(before, after)| (place[before as usize], place[after as usize]));
        let Ok(order) = Order::new(open.len(), pairs) else {
            // a part of an order is one
            return (Vec::new(), None);
        };
        let of = |values: &[u64]| -> Vec<u64> { open.iter().map(|&unit| values[unit as usize]).collect() };
        let sets: Vec<Vec<NodeId>> = open.iter().map(|&unit| self.made[unit as usize].nodes.clone()).collect();
        let bumps: Vec<u32> = open.iter().map(|&unit| self.bumps[unit as usize]).collect();
        let problem = Problem::new(&sets, self.cost, self.millis, &of(self.urgency), &bumps, order);
        let whole = |plan: Plan| {
            if self.locked.is_empty() {
                return plan;
            }
            let units = |wave: Vec<u32>| wave.into_iter().map(|at| open[at as usize]).collect();
            let waves = self.locked.iter().cloned().chain(plan.waves.into_iter().map(units));
            self.priced(waves.collect(), plan.optimal)
        };
        let plans = frontier(&problem, limits).into_iter().map(whole).collect();
        (plans, strict(&problem, limits).map(whole))
    }

    /// A plan of these waves. Where what is open is planned best, all of it is: what locked waves cost is fixed, and
    /// when they settle depends on what all open waves make, whatever their order.
    fn priced(&self, waves: Vec<Vec<u32>>, optimal: bool) -> Plan {
        let mut last = vec![0u128; self.nodes];
        let (mut cost, mut peak, mut urgency) = (0u128, 0u64, 0u128);
        for (number, wave) in (1u128..).zip(&waves) {
            let mut set = FixedBitSet::with_capacity(self.nodes);
            for &unit in wave {
                set.extend(self.made[unit as usize].nodes.iter().map(|node| node.index()));
                urgency += u128::from(self.urgency[unit as usize]) * number;
            }
            let mut own = 0u64;
            for node in set.ones() {
                last[node] = number;
                own = own.saturating_add(self.cost[node]);
            }
            cost += u128::from(own);
            peak = peak.max(own);
        }
        let settling = last.iter().zip(self.millis).map(|(&number, &millis)| number * u128::from(millis)).sum();
        Plan { waves, cost, peak, settling, urgency, optimal }
    }
}
