//! What a plan takes from what a bump rebuilds, and what it adds.

use super::action::{Plan, any, stronger};
use super::spread::Spread;
use super::weights::sum;
use super::what_if::Treatment;

/// Plans tried on a spread, one at a time: [`Trial::apply`], look, [`Trial::undo`].
///
/// A treated edge whose input changes no longer arrives at the build. A build at which nothing arrives
/// any more is lost; it changes nothing for its consumers unless something arrives at its wrapper, and so
/// on. This finds the largest set that can be lost. What added edges then bring is built again. As
/// adding only adds, the outcome is that of [`super::rebuild_edited`]. O(edges of the plan + edges from
/// what is lost or brought).
///
/// Every array is zero between plans, and cleaned by going over what was touched.
pub(super) struct Trial<'g> {
    pub(super) spread: Spread<'g>,
    /// How many arrivals at a node's build are lost.
    lost_arrivals: Vec<u32>,
    /// Nodes of which some are.
    touched: Vec<u32>,
    /// How many more or fewer arrive at a node's wrapper.
    moved: Vec<i32>,
    /// Nodes of which that is not zero, some of them repeatedly.
    rewrapped: Vec<u32>,
    /// By edge: how it is treated, if not as the base does.
    treated: Vec<Option<Treatment>>,
    /// By node: whether an edge to it is.
    treats: Vec<bool>,
    /// What is brought: [`BUILT`], [`CHANGED`].
    brought: Vec<u8>,
    /// Builds that are lost, those that are brought back too.
    pub(super) lost: Vec<u32>,
    /// What no longer changes, and so is lost or else was wrapped alone; what is brought back too.
    pub(super) unchanged: Vec<u32>,
    /// Builds that added edges bring, back or anew.
    pub(super) rebuilt: Vec<u32>,
    /// What they have change, again or anew.
    pub(super) changed: Vec<u32>,
    /// Consumers of what is brought that have their test build run by it.
    tested: Vec<u32>,
}

const BUILT: u8 = 1;
const CHANGED: u8 = 2;

impl<'g> Trial<'g> {
    pub(super) fn new(spread: Spread<'g>) -> Self {
        let (nodes, edges) = (spread.ground.graph.node_count(), spread.ground.graph.edge_count());
        Self {
            spread,
            lost_arrivals: vec![0; nodes],
            touched: Vec::new(),
            moved: vec![0; nodes],
            rewrapped: Vec::new(),
            treated: vec![None; edges],
            treats: vec![false; nodes],
            brought: vec![0; nodes],
            lost: Vec::new(),
            unchanged: Vec::new(),
            rebuilt: Vec::new(),
            changed: Vec::new(),
            tested: Vec::new(),
        }
    }

    pub(super) fn apply(&mut self, plan: &Plan) {
        let base = self.spread.ground.base;
        for treated in &plan.edges {
            self.treated[treated.edge.index()] = stronger(base.treatment(treated.edge), treated.treatment);
            self.treats[treated.consumer as usize] = true;
        }
        for treated in &plan.edges {
            if !self.spread.changes(treated.input) {
                continue;
            }
            match (base.treatment(treated.edge), treated.treatment) {
                (None, Treatment::Drop | Treatment::Detach) => self.lose(treated.consumer),
                (None, Treatment::Split) => {
                    self.moved[treated.consumer as usize] += 1;
                    self.rewrapped.push(treated.consumer);
                    self.lose(treated.consumer);
                }
                (Some(Treatment::Split), Treatment::Drop | Treatment::Detach) => {
                    self.lose_at_wrapper(treated.consumer);
                }
                (Some(_), _) => {}
            }
        }
        let mut next = 0;
        while let Some(&node) = self.unchanged.get(next) {
            next += 1;
            let propagation = self.spread.ground.propagation;
            for &consumer in propagation.consumers(node) {
                match self.treatment(node, consumer) {
                    None => self.lose(consumer),
                    Some(Treatment::Split) => self.lose_at_wrapper(consumer),
                    Some(Treatment::Drop | Treatment::Detach) => {}
                }
            }
            base.added_to(node).iter().for_each(|&receiver| self.lose(receiver));
        }
        self.bring(plan);
    }

    /// How the base and the plan treat the edge from an input to its consumer.
    #[inline]
    fn treatment(&self, input: u32, consumer: u32) -> Option<Treatment> {
        let ground = &self.spread.ground;
        if !self.treats[consumer as usize] && (ground.base.is_plain() || !ground.base.treats(consumer)) {
            return None;
        }
        self.looked_up(input, consumer)
    }

    #[inline(never)]
    fn looked_up(&self, input: u32, consumer: u32) -> Option<Treatment> {
        let ground = &self.spread.ground;
        let edge = ground.edge(input, consumer)?;
        self.treated[edge.index()].or_else(|| ground.base.treatment(edge))
    }

    /// One arrival less at a build.
    #[inline]
    fn lose(&mut self, node: u32) {
        let at = node as usize;
        if self.lost_arrivals[at] == 0 {
            self.touched.push(node);
        }
        self.lost_arrivals[at] += 1;
        if self.lost_arrivals[at] == self.spread.builds[at] {
            self.lost.push(node);
            if !self.is_wrapped(node) {
                self.unchanged.push(node);
            }
        }
    }

    /// One arrival less at a wrapper.
    fn lose_at_wrapper(&mut self, node: u32) {
        let at = node as usize;
        self.moved[at] -= 1;
        self.rewrapped.push(node);
        if self.lost_arrivals[at] == self.spread.builds[at] && !self.is_wrapped(node) {
            self.unchanged.push(node);
        }
    }

    /// Whether something arrives at the wrapper.
    fn is_wrapped(&self, node: u32) -> bool {
        i64::from(self.spread.wraps[node as usize]) + i64::from(self.moved[node as usize]) > 0
    }

    /// Whether something arrives at the build.
    pub(super) fn is_built(&self, node: u32) -> bool {
        let at = node as usize;
        self.spread.builds[at] > self.lost_arrivals[at] || self.brought[at] & BUILT != 0
    }

    /// Whether the output changes for those who depend on it.
    pub(super) fn is_changed(&self, node: u32) -> bool {
        self.is_built(node) || self.is_wrapped(node) || self.brought[node as usize] & CHANGED != 0
    }

    fn bring(&mut self, plan: &Plan) {
        for &(input, receiver) in &plan.added {
            if self.is_changed(input) {
                self.bring_build(receiver);
            }
        }
        let mut next = 0;
        while let Some(&node) = self.changed.get(next) {
            next += 1;
            let ground = self.spread.ground;
            for &consumer in ground.propagation.consumers(node) {
                match self.treatment(node, consumer) {
                    None => self.bring_build(consumer),
                    Some(Treatment::Split) => self.bring_change(consumer),
                    Some(Treatment::Detach) => self.tested.push(consumer),
                    Some(Treatment::Drop) => {}
                }
            }
            ground.base.added_to(node).iter().for_each(|&receiver| self.bring_build(receiver));
            plan.added_to(node).for_each(|receiver| self.bring_build(receiver));
        }
    }

    fn bring_build(&mut self, node: u32) {
        if !self.is_built(node) {
            self.bring_change(node);
            self.brought[node as usize] |= BUILT;
            self.rebuilt.push(node);
        }
    }

    fn bring_change(&mut self, node: u32) {
        if !self.is_changed(node) {
            self.brought[node as usize] |= CHANGED;
            self.changed.push(node);
        }
    }

    /// Full builds spared; fewer than none where more is brought than lost.
    pub(super) fn builds(&self) -> i64 {
        self.lost.len() as i64 - self.rebuilt.len() as i64
    }

    /// What the full builds spared weigh, less those that are brought. O(both).
    pub(super) fn spared(&self, weights: &[u64]) -> i128 {
        sum(weights, self.lost.iter().copied()) - sum(weights, self.rebuilt.iter().copied())
    }

    /// How many more wrappers and test builds of the plan's consumers change or run than there are
    /// such consumers in the spread. For a plain base.
    pub(super) fn cheap(&self, plan: &Plan) -> Cheap {
        let mut consumers: Vec<u32> = [&self.unchanged, &self.changed, &self.tested]
            .into_iter()
            .flatten()
            .copied()
            .filter(|&node| self.treats[node as usize])
            .collect();
        consumers.sort_unstable();
        consumers.dedup();
        let mut more = Cheap::default();
        for consumer in consumers {
            let own = plan.edges_of(consumer);
            let before = i64::from(self.spread.changes(consumer));
            let after = self.is_changed(consumer);
            if any(own, Treatment::Split) {
                more.wrappers += i64::from(after) - before;
            }
            if any(own, Treatment::Detach) {
                let mut detached = own.iter().filter(|treated| treated.treatment == Treatment::Detach);
                let runs = after || detached.any(|treated| self.is_changed(treated.input));
                more.tests += i64::from(runs) - before;
            }
        }
        more
    }

    pub(super) fn undo(&mut self, plan: &Plan) {
        self.touched.drain(..).for_each(|node| self.lost_arrivals[node as usize] = 0);
        self.rewrapped.drain(..).for_each(|node| self.moved[node as usize] = 0);
        for node in self.rebuilt.drain(..).chain(self.changed.drain(..)) {
            self.brought[node as usize] = 0;
        }
        for treated in &plan.edges {
            self.treated[treated.edge.index()] = None;
            self.treats[treated.consumer as usize] = false;
        }
        self.lost.clear();
        self.unchanged.clear();
        self.tested.clear();
    }
}

/// Cheap builds.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub(super) struct Cheap {
    pub(super) wrappers: i64,
    pub(super) tests: i64,
}
