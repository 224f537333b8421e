//! The best cuts of a sequence of units into runs.

use super::keys::{Key, Keys};
use super::limits::{Limits, Load};
use super::problem::Problem;

/// A plan and what it is compared by.
pub(super) type Cut<K> = (Vec<Vec<u32>>, K);

/// For each number of waves up to those of `known`, the best plan whose waves are runs of `sequence`,
/// which has each unit once and keeps the order; only where it is better than what is known. Number
/// `k` is at `k - 1`.
///
/// Exact: f(k, j), the best of the first j units in k waves, is the least over i < j of
/// f(k - 1, i) + the run from i to j. What a run adds to the settling and the urgency is what all
/// units from its first on still have to do. O(waves × units² / 2 + units² × classes / 64), memory
/// O(units²).
pub(super) fn cuts<K: Keys>(
    problem: &Problem,
    limits: &Limits,
    keys: K,
    sequence: &[u32],
    known: &[K::Key],
) -> Vec<Option<Cut<K::Key>>> {
    let units = sequence.len();
    let runs = runs(problem, limits, keys, sequence);
    let mut best = vec![K::Key::NONE; units + 1];
    best[0] = K::Key::ZERO;
    // where the last of `k` runs to `j` starts
    let mut starts: Vec<Vec<u32>> = Vec::with_capacity(known.len());
    let mut found = Vec::with_capacity(known.len());
    for waves in 1..=known.len().min(units) {
        let mut next = vec![K::Key::NONE; units + 1];
        let mut from = vec![0; units + 1];
        for end in waves..=units {
            let own = &runs[end * (end - 1) / 2..end * (end + 1) / 2];
            let (mut least, mut at) = (K::Key::NONE, 0);
            for (start, (&before, &run)) in best[..end].iter().zip(own).enumerate().skip(waves - 1) {
                let sum = before + run;
                if sum < least {
                    (least, at) = (sum, start as u32);
                }
            }
            (next[end], from[end]) = (least, at);
        }
        found.push(next[units]);
        best = next;
        starts.push(from);
    }
    let plan = |waves: usize| {
        let mut end = units;
        let mut plan = Vec::with_capacity(waves);
        for starts in starts[..waves].iter().rev() {
            let start = starts[end] as usize;
            plan.push(sequence[start..end].to_vec());
            end = start;
        }
        plan.reverse();
        plan
    };
    let better = |(waves, (found, known)): (usize, (&K::Key, &K::Key))| (found < known).then(|| (plan(waves), *found));
    (1..).zip(found.iter().zip(known)).map(better).collect()
}

/// The run from `i` to `j` is at `j (j - 1) / 2 + i`.
fn runs<K: Keys>(problem: &Problem, limits: &Limits, keys: K, sequence: &[u32]) -> Vec<K::Key> {
    let classes = &problem.classes;
    let mut runs = vec![K::Key::NONE; sequence.len() * (sequence.len() + 1) / 2];
    let mut suffix = classes.none();
    let (mut late, mut waiting) = (0, 0);
    for start in (0..sequence.len()).rev() {
        late += classes.extend(&mut suffix, sequence[start]).1;
        waiting += problem.urgency[sequence[start] as usize];
        let mut cover = classes.none();
        let mut load = Load::default();
        for (end, &unit) in sequence.iter().enumerate().skip(start) {
            let (cost, millis) = classes.extend(&mut cover, unit);
            load.cost += cost;
            load.millis += millis;
            load.bumps += u64::from(problem.bumps[unit as usize]);
            if !limits.allow(end + 1 - start, load) {
                break;
            }
            runs[end * (end + 1) / 2 + start] = keys.key(load.cost, late, waiting);
        }
    }
    runs
}
