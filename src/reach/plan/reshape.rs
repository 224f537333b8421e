//! A wave more, a wave less.

use super::bits::{Rows, include, meet, ones};
use super::limits::Limits;
use super::problem::Problem;

/// The waves with one of them in two, where that adds least cost: a unit with all of its wave that is
/// before it goes ahead of the rest, or with all that is after it follows the rest. `None` where each
/// wave is one unit. O(units × units of the wave × classes / 64).
pub(super) fn split(problem: &Problem, waves: &[Vec<u32>]) -> Option<Vec<Vec<u32>>> {
    let classes = &problem.classes;
    let mut members = Rows::new(1, problem.units());
    let mut best: Option<(u64, usize, bool, Vec<u32>)> = None;
    for (at, wave) in waves.iter().enumerate().filter(|(_, wave)| wave.len() > 1) {
        members.row_mut(0).fill(0);
        wave.iter().for_each(|&unit| members.insert(0, unit as usize));
        let mut whole = classes.none();
        wave.iter().for_each(|&unit| classes.cover(&mut whole, unit));
        let whole = classes.cost(&whole);
        for &unit in wave {
            for ahead in [true, false] {
                let row = if ahead { problem.order.before(unit) } else { problem.order.after(unit) };
                let mut part: Vec<u32> =
                    ones(row).filter(|&other| members.contains(0, other)).map(|unit| unit as u32).collect();
                part.push(unit);
                if part.len() == wave.len() {
                    continue;
                }
                let (mut cover, mut rest) = (classes.none(), classes.none());
                part.iter().for_each(|&unit| classes.cover(&mut cover, unit));
                let stays = wave.iter().filter(|unit| !part.contains(unit));
                stays.for_each(|&unit| classes.cover(&mut rest, unit));
                let added = classes.cost(&cover) - (whole - classes.cost(&rest));
                if best.as_ref().is_none_or(|best| added < best.0) {
                    best = Some((added, at, ahead, part));
                }
            }
        }
    }
    let (_, at, ahead, part) = best?;
    let mut split = waves.to_vec();
    split[at].retain(|unit| !part.contains(unit));
    split.insert(if ahead { at } else { at + 1 }, part);
    Some(split)
}

/// The waves with two of them as one, where that saves most cost: of those that limits allow and that
/// no third wave keeps apart. `None` where there are none. O(waves² × (waves / 64 + classes / 8)).
pub(super) fn unite(problem: &Problem, limits: &Limits, waves: &[Vec<u32>]) -> Option<Vec<Vec<u32>>> {
    let (count, classes) = (waves.len(), &problem.classes);
    let mut covers = Rows::new(count, classes.len());
    let (mut members, mut later) = (Rows::new(count, problem.units()), Rows::new(count, problem.units()));
    for (at, wave) in waves.iter().enumerate() {
        for &unit in wave {
            classes.cover(covers.row_mut(at), unit);
            members.insert(at, unit as usize);
            include(later.row_mut(at), problem.order.after(unit));
        }
    }
    let (mut after, mut before) = (Rows::new(count, count), Rows::new(count, count));
    for a in (0..count).rev() {
        for b in a + 1..count {
            if meet(later.row(a), members.row(b)) {
                after.insert(a, b);
                after.include(a, b);
            }
        }
        ones(after.row(a)).for_each(|b| before.insert(b, a));
    }
    let mut pairs = Vec::new();
    for a in 0..count {
        for b in a + 1..count {
            if !meet(after.row(a), before.row(b)) {
                pairs.push((std::cmp::Reverse(classes.costs.shared(covers.row(a), covers.row(b))), a, b));
            }
        }
    }
    pairs.sort_unstable();
    let allowed = |a: usize, b: usize| limits.allow_wave(problem, &[&waves[a][..], &waves[b]].concat());
    let (_, a, b) = pairs.into_iter().find(|&(_, a, b)| allowed(a, b))?;
    // what is between them goes ahead, but for what is after the first
    let between = a + 1..b;
    let mut united = waves[..a].to_vec();
    united.extend(between.clone().filter(|&wave| !after.contains(a, wave)).map(|wave| waves[wave].clone()));
    united.push([&waves[a][..], &waves[b]].concat());
    united.extend(between.filter(|&wave| after.contains(a, wave)).map(|wave| waves[wave].clone()));
    united.extend_from_slice(&waves[b + 1..]);
    Some(united)
}
