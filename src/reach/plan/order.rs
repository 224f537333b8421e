//! Which unit goes before which.

use super::bits::{Rows, meet, ones};

/// A strict partial order of units, numbered from 0.
#[derive(Debug, Clone)]
pub struct Order {
    /// Row `a`: the units that `a` is before.
    after: Rows,
    /// Row `b`: the units that are before `b`.
    before: Rows,
    /// All units, each after those before it, by level and then by number.
    topological: Vec<u32>,
    levels: Vec<u32>,
}

impl Order {
    /// The order that these pairs make, each of a unit and one that follows it. O(pairs × units / 64).
    ///
    /// # Errors
    /// With the units of a cycle, each before the next and the last before the first.
    ///
    /// # Panics
    /// When a pair names a unit that there is not.
    pub fn new(units: usize, pairs: impl IntoIterator<Item = (u32, u32)>) -> Result<Self, Vec<u32>> {
        let mut next: Vec<Vec<u32>> = vec![Vec::new(); units];
        for (a, b) in pairs {
            assert!((a as usize) < units && (b as usize) < units, "no such unit");
            next[a as usize].push(b);
        }
        let mut waiting = vec![0u32; units];
        for list in &mut next {
            list.sort_unstable();
            list.dedup();
            list.iter().for_each(|&b| waiting[b as usize] += 1);
        }
        let mut levels = vec![0u32; units];
        let mut topological: Vec<u32> = (0..units as u32).filter(|&unit| waiting[unit as usize] == 0).collect();
        let mut at = 0;
        while let Some(&a) = topological.get(at) {
            at += 1;
            for &b in &next[a as usize] {
                levels[b as usize] = levels[b as usize].max(levels[a as usize] + 1);
                waiting[b as usize] -= 1;
                if waiting[b as usize] == 0 {
                    topological.push(b);
                }
            }
        }
        if topological.len() < units {
            return Err(cycle(&next, &waiting));
        }
        let (mut after, mut before) = (Rows::new(units, units), Rows::new(units, units));
        for &a in topological.iter().rev() {
            for &b in &next[a as usize] {
                after.insert(a as usize, b as usize);
                after.include(a as usize, b as usize);
            }
        }
        for a in 0..units {
            ones(after.row(a)).for_each(|b| before.insert(b, a));
        }
        topological.sort_by_key(|&unit| (levels[unit as usize], unit));
        Ok(Self { after, before, topological, levels })
    }

    /// Number of units.
    #[must_use]
    pub fn units(&self) -> usize {
        self.levels.len()
    }

    /// Whether `a` is before `b`.
    ///
    /// # Panics
    /// When there is no such unit.
    #[must_use]
    pub fn is_before(&self, a: u32, b: u32) -> bool {
        assert!((b as usize) < self.units(), "no such unit");
        self.after.contains(a as usize, b as usize)
    }

    /// Of each unit the length of the longest chain that leads to it; 0 where nothing is before it.
    #[must_use]
    pub fn levels(&self) -> Vec<u32> {
        self.levels.clone()
    }

    /// The fewest pairs that make this order, ascending. O(units² × units / 64).
    #[must_use]
    pub fn reduced(&self) -> Vec<(u32, u32)> {
        let mut pairs = Vec::new();
        for a in 0..self.units() {
            let row = self.after.row(a);
            let direct = ones(row).filter(|&b| !meet(row, self.before.row(b)));
            pairs.extend(direct.map(|b| (a as u32, b as u32)));
        }
        pairs
    }

    /// The units that `unit` is before, as a row of bits.
    pub(super) fn after(&self, unit: u32) -> &[u64] {
        self.after.row(unit as usize)
    }

    /// The units before `unit`, as a row of bits.
    pub(super) fn before(&self, unit: u32) -> &[u64] {
        self.before.row(unit as usize)
    }

    /// All units, each after those before it, by level and then by number.
    pub(super) fn topological(&self) -> &[u32] {
        &self.topological
    }
}

/// A cycle among the units that wait for one another: each has one before it that waits, too.
fn cycle(next: &[Vec<u32>], waiting: &[u32]) -> Vec<u32> {
    let mut previous = vec![u32::MAX; next.len()];
    for (a, list) in next.iter().enumerate().rev().filter(|(a, _)| waiting[*a] > 0) {
        list.iter().for_each(|&b| previous[b as usize] = a as u32);
    }
    let Some(mut unit) = (0..next.len() as u32).find(|&unit| waiting[unit as usize] > 0) else { return Vec::new() };
    // as many steps as there are units lead into the cycle
    for _ in 0..next.len() {
        unit = previous[unit as usize];
    }
    let mut found = vec![unit];
    let mut at = previous[unit as usize];
    while at != unit {
        found.push(at);
        at = previous[at as usize];
    }
    found.reverse();
    let least = found.iter().zip(0..).min().map_or(0, |(_, at)| at);
    found.rotate_left(least);
    found
}
