//! The sets of units that may be done before others: those that hold, with a unit, all before it.

use rustc_hash::FxHashMap;

use super::bits::ones;
use super::order::Order;

/// The ideals of an order of up to 64 units, by size. Bit `i` of a mask is the `i`-th unit of
/// [`Order::topological`].
pub(super) struct Ideals {
    pub(super) masks: Vec<u64>,
    /// Those of `s` units are `masks[sizes[s]..sizes[s + 1]]`.
    pub(super) sizes: Vec<usize>,
    /// By unit, those before it.
    pub(super) before: Vec<u64>,
    /// By unit, those after it.
    pub(super) after: Vec<u64>,
    index: Index,
}

enum Index {
    Table(Vec<u32>),
    Map(FxHashMap<u64, u32>),
}

impl Ideals {
    /// The ideals, where they are no more than `most`. O(ideals × log).
    pub(super) fn of(order: &Order, most: usize) -> Option<Self> {
        let units = order.units();
        if units > 64 {
            return None;
        }
        let mut place = vec![0usize; units];
        order.topological().iter().enumerate().for_each(|(at, &unit)| place[unit as usize] = at);
        let mask = |row: &[u64]| ones(row).map(|unit| 1u64 << place[unit]).sum();
        let before: Vec<u64> = order.topological().iter().map(|&unit| mask(order.before(unit))).collect();
        let after: Vec<u64> = order.topological().iter().map(|&unit| mask(order.after(unit))).collect();
        let all = (0..units).map(|at| 1u64 << at).sum();
        let mut masks = Vec::new();
        let whole = for_each_up_set(all, &before, |rest| {
            masks.push(all & !rest);
            masks.len() <= most
        });
        if !whole {
            return None;
        }
        masks.sort_unstable_by_key(|mask| (mask.count_ones(), *mask));
        let sizes = (0..=units as u32 + 1).map(|size| masks.partition_point(|mask| mask.count_ones() < size)).collect();
        let index = if units <= 20 {
            let mut table = vec![0; 1 << units];
            masks.iter().zip(0..).for_each(|(&mask, at)| table[mask as usize] = at);
            Index::Table(table)
        } else {
            Index::Map(masks.iter().copied().zip(0..).collect())
        };
        Some(Self { masks, sizes, before, after, index })
    }

    /// Where an ideal is in `masks`.
    #[inline]
    pub(super) fn at(&self, ideal: u64) -> usize {
        match &self.index {
            Index::Table(table) => table[ideal as usize] as usize,
            Index::Map(map) => map[&ideal] as usize,
        }
    }

    /// Calls `f` with each set of units whose removal from `ideal` leaves an ideal, the empty one
    /// too, until it says no; whether it never did.
    pub(super) fn for_each_removal(&self, ideal: u64, f: impl FnMut(u64) -> bool) -> bool {
        for_each_up_set(ideal, &self.before, f)
    }

    /// The units of an ideal that are before none other of it.
    pub(super) fn maximal(&self, ideal: u64) -> u64 {
        units(ideal).filter(|&unit| self.after[unit] & ideal == 0).map(|unit| 1 << unit).sum()
    }
}

/// The units of a mask, ascending.
pub(super) fn units(mask: u64) -> impl Iterator<Item = usize> {
    super::bits::ones_of(mask)
}

/// Each up-set within an ideal, once, in O(1) each: the highest unit that is left, with none after it
/// left undecided, either goes, or stays with all before it.
fn for_each_up_set(ideal: u64, before: &[u64], mut f: impl FnMut(u64) -> bool) -> bool {
    let mut stack = vec![(0u64, ideal)];
    while let Some((mut gone, mut left)) = stack.pop() {
        while left != 0 {
            let unit = 63 - left.leading_zeros() as usize;
            let bit = 1u64 << unit;
            stack.push((gone, left & !(before[unit] | bit)));
            gone |= bit;
            left ^= bit;
        }
        if !f(gone) {
            return false;
        }
    }
    true
}
