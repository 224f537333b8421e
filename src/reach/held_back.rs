//! Which failures hold back what, and which of them to mend first.

use std::collections::BTreeSet;

use fixedbitset::FixedBitSet;
use rustc_hash::FxHashMap;

use super::rebuild::Propagation;
use super::settle::State;

/// With so many failures at most, the best sets to mend are found by trying all of them.
const EXACT: usize = 16;

/// How many steps are told at most.
const STEPS: usize = 32;

/// What the failures of a wave hold back.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct HeldBack {
    /// The nodes that failed, ascending. Failures are numbered by their place here.
    pub failures: Vec<u32>,
    /// What is held back, by the failures that do it. Ascending by the smallest node.
    pub classes: Vec<Class>,
}

/// Nodes that are held back by the same failures.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Class {
    /// The numbers of the failures: all of them must be mended.
    pub failures: FixedBitSet,
    /// The nodes, ascending.
    pub nodes: Vec<u32>,
}

/// A set of failures, and what is free when they are mended.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Mended {
    /// The numbers of the failures, ascending.
    pub failures: Vec<u32>,
    /// What their mending frees, by weight.
    pub freed: u64,
    /// Whether no set of as many failures frees more.
    pub optimal: bool,
}

impl HeldBack {
    /// What `nodes` in these states hold back. What is told to be built is held back by nothing, and passes nothing on.
    /// O(edges out of `nodes` · failures / 64).
    ///
    /// # Panics
    /// When a node is of another graph, or `states` is shorter than `nodes`.
    #[must_use]
    pub fn of(propagation: &Propagation, nodes: &[u32], states: &[State]) -> Self {
        let failures: Vec<u32> =
            nodes.iter().zip(states).filter(|(_, state)| state.is_root()).map(|(&node, _)| node).collect();
        // sets of failures, each once; those of a node by number
        let mut sets: Vec<FixedBitSet> = Vec::new();
        let mut numbers: FxHashMap<FixedBitSet, u32> = FxHashMap::default();
        let mut unions: FxHashMap<(u32, u32), u32> = FxHashMap::default();
        let mut number_of = |set: FixedBitSet, sets: &mut Vec<FixedBitSet>| {
            *numbers.entry(set).or_insert_with_key(|set| {
                sets.push(set.clone());
                sets.len() as u32 - 1
            })
        };
        let mut above: FxHashMap<u32, u32> = FxHashMap::default();
        let mut members: FxHashMap<u32, Vec<u32>> = FxHashMap::default();
        let states_of: FxHashMap<u32, State> = nodes.iter().copied().zip(states.iter().copied()).collect();
        let mut next = 0;
        for (&node, &state) in nodes.iter().zip(states) {
            let passed = if state.is_root() {
                // one of the evaluation may stand behind a build that failed: it needs both
                let mut own = match above.get(&node) {
                    Some(&set) => sets[set as usize].clone(),
                    None => FixedBitSet::with_capacity(failures.len()),
                };
                own.insert(next);
                next += 1;
                number_of(own, &mut sets)
            } else if state == State::Blocked
                && let Some(&set) = above.get(&node)
            {
                members.entry(set).or_default().push(node);
                set
            } else {
                continue;
            };
            for &consumer in propagation.consumers(node) {
                let held = |state: &State| *state == State::Blocked || state.is_root();
                if !states_of.get(&consumer).is_some_and(held) {
                    continue;
                }
                let joined = match above.get(&consumer) {
                    None => passed,
                    Some(&known) if known == passed => continue,
                    Some(&known) => *unions.entry((known, passed)).or_insert_with(|| {
                        let mut union = sets[known as usize].clone();
                        union.union_with(&sets[passed as usize]);
                        number_of(union, &mut sets)
                    }),
                };
                above.insert(consumer, joined);
            }
        }
        let mut classes: Vec<Class> =
            members.into_iter().map(|(set, nodes)| Class { failures: sets[set as usize].clone(), nodes }).collect();
        classes.sort_unstable_by_key(|class| class.nodes.first().copied());
        Self { failures, classes }
    }

    /// Which failures to mend first: sets that free more and more, each the best of its size where there are 16
    /// failures at most (all sets are tried), else a greedy choice: what frees most for each failure to mend, all
    /// that a class needs at once. The last one frees everything, if 32 steps do. `weights` are those of the classes, in
    /// their order. O(2^failures · failures), else O(steps · classes · failures / 64).
    #[must_use]
    pub fn to_mend(&self, weights: &[u64]) -> Vec<Mended> {
        let all: u64 = weights.iter().sum();
        if all == 0 {
            return Vec::new();
        }
        let mut steps = if self.failures.len() <= EXACT { self.exact(weights) } else { self.greedy(weights) };
        // what comes after frees nothing
        let enough = steps.iter().position(|step| step.freed == all).map_or(steps.len(), |at| at + 1);
        steps.truncate(enough);
        steps
    }

    fn exact(&self, weights: &[u64]) -> Vec<Mended> {
        let count = self.failures.len();
        let mut freed = vec![0_u64; 1 << count];
        for (class, weight) in self.classes.iter().zip(weights) {
            let set: usize = class.failures.ones().map(|failure| 1 << failure).sum();
            freed[set] += weight;
        }
        // sums over all subsets
        for bit in 0..count {
            for set in (0..1_usize << count).filter(|set| set >> bit & 1 == 1) {
                freed[set] += freed[set ^ (1 << bit)];
            }
        }
        let mut best: Vec<Option<usize>> = vec![None; count + 1];
        for set in 0..1_usize << count {
            let known = &mut best[set.count_ones() as usize];
            if known.is_none_or(|known| freed[known] < freed[set]) {
                *known = Some(set);
            }
        }
        let mut steps: Vec<Mended> = Vec::new();
        for set in best.into_iter().flatten().skip(1) {
            if freed[set] <= steps.last().map_or(0, |step| step.freed) {
                continue;
            }
            // rather with what is mended already, where that frees as much
            let size = set.count_ones();
            let before = steps.last().map_or(0, |step| step.failures.iter().map(|failure| 1_usize << failure).sum());
            let nested = (0..1_usize << count)
                .find(|&other| other.count_ones() == size && other & before == before && freed[other] == freed[set]);
            let set = nested.unwrap_or(set);
            let failures = (0..count as u32).filter(|failure| set >> failure & 1 == 1).collect();
            steps.push(Mended { failures, freed: freed[set], optimal: true });
        }
        steps
    }

    fn greedy(&self, weights: &[u64]) -> Vec<Mended> {
        let mut mended = FixedBitSet::with_capacity(self.failures.len());
        let mut steps = Vec::new();
        let mut open: Vec<(usize, &Class)> = self.classes.iter().enumerate().collect();
        let mut freed = 0;
        while !open.is_empty() && steps.len() < STEPS {
            // what each set of missing failures frees, by what it leaves missing nothing of
            let missing: Vec<FixedBitSet> =
                open.iter().map(|(_, class)| class.failures.difference(&mended).collect()).collect();
            let candidates: BTreeSet<Vec<usize>> = missing.iter().map(|set| set.ones().collect()).collect();
            let mut single: Vec<u64> = vec![0; self.failures.len()];
            let mut by_set: FxHashMap<Vec<usize>, u64> = FxHashMap::default();
            for ((at, _), set) in open.iter().zip(&missing) {
                let ones: Vec<usize> = set.ones().collect();
                let weight = weights.get(*at).copied().unwrap_or_default();
                if let [one] = ones.as_slice() {
                    single[*one] += weight;
                }
                *by_set.entry(ones).or_default() += weight;
            }
            // of a larger set count what it frees itself, and what its members do alone: a bound from below
            let value = |set: &Vec<usize>| -> u64 {
                let own = if set.len() > 1 { by_set.get(set).copied().unwrap_or_default() } else { 0 };
                own + set.iter().map(|&failure| single[failure]).sum::<u64>()
            };
            let better = |a: &Vec<usize>, b: &Vec<usize>| {
                let (left, right) = (u128::from(value(a)) * b.len() as u128, u128::from(value(b)) * a.len() as u128);
                left.cmp(&right).then(b.len().cmp(&a.len())).then(b.cmp(a))
            };
            let Some(chosen) = candidates.iter().max_by(|a, b| better(a, b)) else { break };
            mended.extend(chosen.iter().copied());
            open.retain(|(at, class)| {
                let free = class.failures.is_subset(&mended);
                if free {
                    freed += weights.get(*at).copied().unwrap_or_default();
                }
                !free
            });
            let failures = mended.ones().map(|failure| failure as u32).collect();
            steps.push(Mended { failures, freed, optimal: false });
        }
        steps
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::super::settle::{Told, settle};
    use super::*;

    fn held_back(lists: &[Vec<u32>], told: &[Option<Told>]) -> (HeldBack, Vec<State>) {
        let propagation = Propagation::from_consumers(lists);
        let nodes: Vec<u32> = (0..lists.len() as u32).collect();
        let states = settle(&propagation, &nodes, told);
        (HeldBack::of(&propagation, &nodes, &states), states)
    }

    fn lists(nodes: usize, edges: &[(u32, u32)]) -> Vec<Vec<u32>> {
        let mut lists = vec![Vec::new(); nodes];
        for &(a, b) in edges {
            if a != b && !lists[a.min(b) as usize].contains(&a.max(b)) {
                lists[a.min(b) as usize].push(a.max(b));
            }
        }
        lists
    }

    #[test]
    fn what_needs_two_is_free_with_both() {
        // 0, 1 and 2 fail; 3 needs 0, 4 needs 1 and 2, 5 needs 4
        let lists = lists(6, &[(0, 3), (1, 4), (2, 4), (4, 5)]);
        let (held, _) =
            held_back(&lists, &[Some(Told::Failed), Some(Told::Failed), Some(Told::Failed), None, None, None]);
        assert_eq!(held.failures, [0, 1, 2]);
        let classes: Vec<(Vec<usize>, &[u32])> =
            held.classes.iter().map(|class| (class.failures.ones().collect(), class.nodes.as_slice())).collect();
        assert_eq!(classes, [(vec![0], [3].as_slice()), (vec![1, 2], [4, 5].as_slice())]);
        let steps = held.to_mend(&[1, 2]);
        let told: Vec<(&[u32], u64)> = steps.iter().map(|step| (step.failures.as_slice(), step.freed)).collect();
        assert_eq!(told, [([0].as_slice(), 1), (&[1, 2], 2), (&[0, 1, 2], 3)]);
    }

    proptest! {
        #[test]
        fn as_defined(
            edges in prop::collection::vec((0_u32..14, 0_u32..14), 0..24),
            told in prop::collection::vec(0_usize..8, 14),
            weights in prop::collection::vec(0_u64..5, 14),
        ) {
            let lists = lists(14, &edges);
            let told: Vec<Option<Told>> = told
                .into_iter()
                .map(|at| [Some(Told::Built), Some(Told::GivenUp), Some(Told::Failed), Some(Told::NoEvaluation)].get(at).copied().flatten())
                .collect();
            let (held, states) = held_back(&lists, &told);
            let failed: Vec<u32> = (0..14).filter(|&node| states[node as usize] == State::Failed).collect();
            prop_assert_eq!(&held.failures, &failed);
            // held back is what the failures that are left reach over what is blocked
            let blocked = |mended: usize| -> Vec<bool> {
                let left = failed.iter().enumerate().filter(|(at, _)| mended >> at & 1 == 0);
                let mut open: Vec<u32> = left.map(|(_, &node)| node).collect();
                let mut reached = [false; 14];
                while let Some(node) = open.pop() {
                    for &consumer in &lists[node as usize] {
                        let passes = matches!(states[consumer as usize], State::Blocked | State::Failed);
                        if passes && !reached[consumer as usize] {
                            reached[consumer as usize] = true;
                            open.push(consumer);
                        }
                    }
                }
                (0..14).map(|node| reached[node] && states[node] == State::Blocked).collect()
            };
            let all_blocked: Vec<bool> = states.iter().map(|&state| state == State::Blocked).collect();
            prop_assert_eq!(blocked(0), all_blocked);
            let before = blocked(0);
            let all = 1_usize << failed.len();
            let freed: Vec<u64> = (0..all)
                .map(|set| {
                    let after = blocked(set);
                    (0..14).filter(|&node| before[node] && !after[node]).map(|node| weights[node]).sum()
                })
                .collect();
            let of_classes: Vec<u64> =
                held.classes.iter().map(|class| class.nodes.iter().map(|&node| weights[node as usize]).sum()).collect();
            for (set, &expect) in freed.iter().enumerate() {
                let found: u64 = held.classes.iter().zip(&of_classes)
                    .filter(|(class, _)| class.failures.ones().all(|failure| set >> failure & 1 == 1))
                    .map(|(_, weight)| weight).sum();
                prop_assert_eq!(found, expect, "set {:b}", set);
            }
            // each step is the best of its size, and each size that frees more is there
            let best = |size: usize| {
                freed.iter().enumerate().filter(|(set, _)| set.count_ones() as usize == size).map(|(_, freed)| *freed).max().unwrap()
            };
            let steps = held.to_mend(&of_classes);
            let mut last = 0;
            for size in 1..=failed.len() {
                match steps.iter().find(|step| step.failures.len() == size) {
                    Some(step) => {
                        let set: usize = step.failures.iter().map(|failure| 1 << failure).sum();
                        prop_assert_eq!((step.freed, freed[set]), (best(size), best(size)));
                        prop_assert!(step.freed > last);
                        last = step.freed;
                    }
                    None => prop_assert_eq!(best(size), last),
                }
            }
            prop_assert_eq!(last, freed[all - 1]);
            // the greedy choice frees what it says, ends with everything, and never beats the best
            let mut last = 0;
            let greedy = held.greedy(&of_classes);
            for step in &greedy {
                let set: usize = step.failures.iter().map(|failure| 1 << failure).sum();
                prop_assert_eq!(step.freed, freed[set]);
                prop_assert!(step.freed >= last && step.freed <= best(step.failures.len()));
                last = step.freed;
            }
            prop_assert_eq!(last, freed[all - 1]);
        }
    }
}
