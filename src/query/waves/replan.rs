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

    /// The plan with one wave more that costs least more of those that set one unit of a wave apart; none where all are
    /// apart, or locked. What finds its upstreams locked goes on to. O(nodes of all sets).
    pub(super) fn split(&self, plan: &Plan) -> Option<Plan> {
        let mut best: Option<(u64, usize, u32)> = None;
        for (at, wave) in plan.waves.iter().enumerate().skip(self.locked.len()).filter(|(_, wave)| wave.len() > 1) {
            let mut makers = vec![0u32; self.nodes];
            let nodes = |unit: u32| self.made[unit as usize].nodes.iter().map(|node| node.index());
            wave.iter().flat_map(|&unit| nodes(unit)).for_each(|node| makers[node] += 1);
            for &unit in wave {
                let shared = nodes(unit).filter(|&node| makers[node] > 1);
                let more = shared.fold(0u64, |sum, node| sum.saturating_add(self.cost[node]));
                best = best.into_iter().chain([(more, at, unit)]).min();
            }
        }
        let (_, at, unit) = best?;
        let rest: Vec<u32> = plan.waves[at].iter().copied().filter(|&other| other != unit).collect();
        let with = |pair: [Vec<u32>; 2]| {
            let mut waves = plan.waves.clone();
            waves.splice(at..=at, pair);
            self.priced(waves, false)
        };
        let plans = [with([vec![unit], rest.clone()]), with([rest, vec![unit]])];
        plans.into_iter().min_by_key(|plan| (plan.cost, plan.settling, plan.urgency))
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
