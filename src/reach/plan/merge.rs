//! Merging of units, two groups at a time, by what that saves.

use rayon::prelude::*;

use super::bits::{Rows, include, meet, ones};
use super::limits::{Limits, Load};
use super::problem::Problem;
use super::sequence::Latest;

/// By what the next two groups to merge are chosen.
#[derive(Debug, Clone, Copy)]
pub(super) enum Score {
    /// The cost that is saved.
    Saved,
    /// Its share in what both cost together.
    Share,
    /// Its share in what the lighter of them costs.
    Contained,
}

/// A sequence of all units, in the order of a merging of all.
///
/// From groups of one unit each, the two that score most are merged, again and again: of those whose
/// merge keeps the limits and leaves the groups in a partial order (no third group is after one and
/// before the other). In the sequence each group that ever was is a run, and the order is kept: of
/// two groups that were merged, and of those that are left, the one that is before the other comes
/// first; where none is, the one that has less to do is the later, so that the rest settles early.
///
/// O(units² × classes / 8).
pub(super) fn merged(problem: &Problem, limits: &Limits, score: Score) -> Vec<u32> {
    let mut groups = Groups::new(problem, limits, score);
    while groups.merge() {}
    groups.sequence()
}

struct Groups<'p> {
    problem: &'p Problem,
    limits: &'p Limits,
    score: Score,
    /// By group, which bears the number of a unit of it: its classes, what it holds, its node of the
    /// tree, and which groups are after and before it.
    cover: Rows,
    load: Vec<Load>,
    node: Vec<usize>,
    after: Rows,
    before: Rows,
    alive: Vec<u32>,
    /// By two groups, the lower first: 1 + score, 0 where they are not to be merged.
    scores: Vec<u64>,
    /// By group the best of its scores with higher groups, and with which.
    best: Vec<(u64, u32)>,
    tree: Vec<Node>,
}

/// The units come first, then the merges, each with its two parts.
struct Node {
    cover: Vec<u64>,
    /// The parts, in their order.
    parts: Option<(usize, usize)>,
    /// Whether the first must be first.
    ordered: bool,
}

impl<'p> Groups<'p> {
    fn new(problem: &'p Problem, limits: &'p Limits, score: Score) -> Self {
        let units = problem.units();
        let classes = &problem.classes;
        let mut groups = Self {
            problem,
            limits,
            score,
            cover: Rows::new(units, classes.len()),
            load: Vec::new(),
            node: (0..units).collect(),
            after: Rows::new(units, units),
            before: Rows::new(units, units),
            alive: (0..units as u32).collect(),
            scores: Vec::new(),
            best: vec![(0, 0); units],
            tree: Vec::new(),
        };
        for unit in 0..units {
            let own = classes.of(unit as u32);
            groups.cover.row_mut(unit).copy_from_slice(own);
            groups.load.push(Load::of(problem, &[unit as u32]));
            groups.after.row_mut(unit).copy_from_slice(problem.order.after(unit as u32));
            groups.before.row_mut(unit).copy_from_slice(problem.order.before(unit as u32));
            groups.tree.push(Node { cover: own.to_vec(), parts: None, ordered: false });
        }
        groups.scores = (0..units * units)
            .into_par_iter()
            .with_min_len(units)
            .map(|at| if at / units < at % units { groups.scored(at / units, at % units) } else { 0 })
            .collect();
        (0..units).for_each(|group| groups.find_best(group));
        groups
    }

    /// 1 + the score of two groups, 0 where limits forbid them to be one.
    fn scored(&self, a: usize, b: usize) -> u64 {
        let classes = &self.problem.classes;
        let saved = classes.costs.shared(self.cover.row(a), self.cover.row(b));
        if !self.limits.none() {
            let together = self.together(a, b, saved);
            if !self.limits.allow(2, together) {
                return 0;
            }
        }
        let share = |whole: u64| (u128::from(saved) << 62).checked_div(whole.into()).unwrap_or(0) as u64;
        let (a, b) = (self.load[a].cost, self.load[b].cost);
        let score = match self.score {
            Score::Saved => saved,
            Score::Share => share((a - saved).saturating_add(b)),
            Score::Contained => share(a.min(b)),
        };
        score.saturating_add(1)
    }

    fn together(&self, a: usize, b: usize, saved: u64) -> Load {
        let (x, y) = (self.load[a], self.load[b]);
        let shared = self.problem.classes.times.shared(self.cover.row(a), self.cover.row(b));
        Load { bumps: x.bumps + y.bumps, cost: x.cost - saved + y.cost, millis: x.millis - shared + y.millis }
    }

    fn at(&self, a: usize, b: usize) -> usize {
        a.min(b) * self.problem.units() + a.max(b)
    }

    fn find_best(&mut self, group: usize) {
        let higher = &self.alive[self.alive.partition_point(|&other| other as usize <= group)..];
        let row = &self.scores[group * self.problem.units()..];
        let mut best = (0, 0);
        for &other in higher {
            if row[other as usize] > best.0 {
                best = (row[other as usize], other);
            }
        }
        self.best[group] = best;
    }

    /// Merges the two best; whether there were any.
    fn merge(&mut self) -> bool {
        loop {
            let best = self.alive.iter().map(|&group| (self.best[group as usize].0, std::cmp::Reverse(group))).max();
            let Some((1.., std::cmp::Reverse(a))) = best else { return false };
            let (a, b) = (a as usize, self.best[a as usize].1 as usize);
            let between = meet(self.after.row(a), self.before.row(b)) || meet(self.before.row(a), self.after.row(b));
            if !between {
                self.unite(a, b);
                return true;
            }
            // what is between two groups stays between them until one of them is merged
            let at = self.at(a, b);
            self.scores[at] = 0;
            self.find_best(a);
        }
    }

    fn unite(&mut self, a: usize, b: usize) {
        let second_first = self.before.contains(a, b);
        let ordered = second_first || self.after.contains(a, b);
        let (first, second) = if second_first { (b, a) } else { (a, b) };
        let saved = self.problem.classes.costs.shared(self.cover.row(a), self.cover.row(b));
        self.load[a] = self.together(a, b, saved);
        self.cover.include(a, b);
        let parts = Some((self.node[first], self.node[second]));
        self.node[a] = self.tree.len();
        self.tree.push(Node { cover: self.cover.row(a).to_vec(), parts, ordered });
        self.alive.retain(|&group| group as usize != b);

        self.after.include(a, b);
        self.before.include(a, b);
        for rows in [&mut self.after, &mut self.before] {
            rows.remove(a, a);
            rows.remove(a, b);
        }
        for group in 0..self.problem.units() {
            self.after.remove(group, b);
            self.before.remove(group, b);
        }
        for before in ones(self.before.row(a)).collect::<Vec<usize>>() {
            self.after.insert(before, a);
            self.after.include(before, a);
        }
        for after in ones(self.after.row(a)).collect::<Vec<usize>>() {
            self.before.insert(after, a);
            self.before.include(after, a);
        }

        for at in 0..self.alive.len() {
            let other = self.alive[at] as usize;
            if other != a {
                let (place, score) = (self.at(a, other), self.scored(a, other));
                self.scores[place] = score;
            }
        }
        self.find_best(a);
        for at in 0..self.alive.partition_point(|&other| (other as usize) < b) {
            let other = self.alive[at] as usize;
            let (score, with) = self.best[other];
            if with as usize == a || with as usize == b {
                self.find_best(other);
            } else if other < a && self.scores[self.at(other, a)] > score {
                self.best[other] = (self.scores[self.at(other, a)], a as u32);
            }
        }
    }

    fn sequence(&self) -> Vec<u32> {
        let mut latest = Latest::new(self.problem);
        let mut reversed = Vec::with_capacity(self.problem.units());
        let mut left = self.alive.clone();
        let mut remaining = Rows::new(1, self.problem.units());
        left.iter().for_each(|&group| remaining.insert(0, group as usize));
        while !left.is_empty() {
            // the last of those that are left: nothing left is after it
            let free = |&(_, &group): &(usize, &u32)| !meet(self.after.row(group as usize), remaining.row(0));
            let cost = |(at, &group): (usize, &u32)| {
                (latest.added(self.cover.row(group as usize)), std::cmp::Reverse(group), at)
            };
            let Some((_, _, at)) = left.iter().enumerate().filter(free).map(cost).min() else { break };
            let group = left.remove(at);
            remaining.remove(0, group as usize);
            let mut stack = vec![self.node[group as usize]];
            while let Some(node) = stack.pop() {
                match self.tree[node].parts {
                    Some((first, second)) => {
                        let (a, b) = (latest.added(&self.tree[first].cover), latest.added(&self.tree[second].cover));
                        let swap = !self.tree[node].ordered && a < b;
                        stack.extend(if swap { [second, first] } else { [first, second] });
                    }
                    None => {
                        reversed.push(node as u32);
                        include(&mut latest.cover, self.problem.classes.of(node as u32));
                    }
                }
            }
        }
        reversed.reverse();
        reversed
    }
}
