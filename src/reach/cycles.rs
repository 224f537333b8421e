//! Groups that depend on one another in a circle, and what it takes to end that.

use petgraph::algo::kosaraju_scc;
use petgraph::graph::DiGraph;

/// What depends on what among groups, from `from` to `to`.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Link {
    /// What is used.
    pub from: u32,
    /// Who uses it.
    pub to: u32,
    /// What it costs to remove this.
    pub weight: u128,
}

/// Groups and their order, as far as there is one.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Condensed {
    /// By group: the longest path to it, counted in cycles and groups that are in none. Those of a cycle share one.
    pub levels: Vec<u32>,
    /// The cycles, by their first groups.
    pub cycles: Vec<Cycle>,
}

/// Groups of which each reaches each.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Cycle {
    /// Ascending; two at least.
    pub groups: Vec<u32>,
    /// Indices of links that, removed together, leave no cycle among them, ascending; removed but one, they do not.
    pub cut: Vec<usize>,
    /// Whether nothing lighter does.
    pub optimal: bool,
}

/// Up to so many groups of a cycle, the lightest cut is found by trying everything that matters.
const EXACT: usize = 14;

/// At most so often every group is tried elsewhere.
const PASSES: usize = 30;

/// Finds the cycles among `count` groups, the lightest links to cut in each, and levels.
///
/// Links from a group to itself, or out of bounds, are passed over. Cycles of up to 14 groups are cut exactly, in
/// O(2^groups · groups · links); larger ones by a greedy order that is then improved by moving one group at a time,
/// O(groups²) each of at most 30 times.
#[must_use]
pub fn condense(count: usize, links: &[Link]) -> Condensed {
    let counts = |link: &Link| link.from != link.to && (link.from as usize) < count && (link.to as usize) < count;
    let mut graph: DiGraph<(), ()> = DiGraph::with_capacity(count, links.len());
    for _ in 0..count {
        graph.add_node(());
    }
    graph.extend_with_edges(links.iter().filter(|link| counts(link)).map(|link| (link.from, link.to)));
    let mut components: Vec<Vec<u32>> =
        kosaraju_scc(&graph).into_iter().map(|all| all.into_iter().map(|node| node.index() as u32).collect()).collect();
    // they come last to first
    components.reverse();
    let mut of_group = vec![0; count];
    for (at, groups) in components.iter().enumerate() {
        groups.iter().for_each(|&group| of_group[group as usize] = at);
    }
    let mut out: Vec<Vec<usize>> = vec![Vec::new(); components.len()];
    let mut within: Vec<Vec<usize>> = vec![Vec::new(); components.len()];
    for (at, link) in links.iter().enumerate().filter(|(_, link)| counts(link)) {
        let (from, to) = (of_group[link.from as usize], of_group[link.to as usize]);
        if from == to {
            within[from].push(at);
        } else {
            out[from].push(to);
        }
    }
    let mut level_of = vec![0u32; components.len()];
    for at in 0..components.len() {
        for &to in &out[at] {
            level_of[to] = level_of[to].max(level_of[at] + 1);
        }
    }
    let levels = of_group.iter().map(|&component| level_of[component]).collect();
    let mut cycles: Vec<Cycle> = components
        .into_iter()
        .zip(within)
        .filter(|(groups, _)| groups.len() > 1)
        .map(|(mut groups, within)| {
            groups.sort_unstable();
            cut(groups, &within, links)
        })
        .collect();
    cycles.sort_unstable_by(|a, b| a.groups.cmp(&b.groups));
    Condensed { levels, cycles }
}

/// The cut of a cycle: links that lead back in the best order.
fn cut(groups: Vec<u32>, within: &[usize], links: &[Link]) -> Cycle {
    let local = |group: u32| groups.binary_search(&group).unwrap_or(0);
    let own: Vec<(usize, usize, u128)> =
        within.iter().map(|&at| (local(links[at].from), local(links[at].to), links[at].weight)).collect();
    let optimal = groups.len() <= EXACT;
    let place = if optimal { best_order(groups.len(), &own) } else { good_order(groups.len(), &own) };
    let mut kept: Vec<Vec<usize>> = vec![Vec::new(); groups.len()];
    let mut back = Vec::new();
    for (&at, &(from, to, weight)) in within.iter().zip(&own) {
        if place[from] < place[to] {
            kept[from].push(to);
        } else {
            back.push((weight, at, from, to));
        }
    }
    // what closes no cycle with what is kept need not go: the heaviest first
    back.sort_unstable_by(|a, b| b.0.cmp(&a.0).then(a.1.cmp(&b.1)));
    let mut cut = Vec::new();
    for (_, at, from, to) in back {
        if reaches(&kept, to, from) {
            cut.push(at);
        } else {
            kept[from].push(to);
        }
    }
    cut.sort_unstable();
    Cycle { groups, cut, optimal }
}

fn reaches(kept: &[Vec<usize>], from: usize, to: usize) -> bool {
    let mut seen = vec![false; kept.len()];
    let mut stack = vec![from];
    while let Some(node) = stack.pop() {
        if node == to {
            return true;
        }
        if !std::mem::replace(&mut seen[node], true) {
            stack.extend(&kept[node]);
        }
    }
    false
}

/// The place of each in an order with the lightest links back, by dynamic programming over sets: what those of a set
/// cost when they come first does not depend on those behind.
fn best_order(count: usize, links: &[(usize, usize, u128)]) -> Vec<usize> {
    let mut out: Vec<Vec<(usize, u128)>> = vec![Vec::new(); count];
    links.iter().for_each(|&(from, to, weight)| out[from].push((to, weight)));
    let mut best: Vec<(u128, usize)> = vec![(u128::MAX, 0); 1 << count];
    best[0].0 = 0;
    for set in 1..best.len() {
        for last in (0..count).filter(|last| set >> last & 1 == 1) {
            let before = set & !(1 << last);
            let back: u128 = out[last].iter().filter(|(to, _)| before >> to & 1 == 1).map(|(_, weight)| weight).sum();
            let cost = best[before].0.saturating_add(back);
            if cost < best[set].0 {
                best[set] = (cost, last);
            }
        }
    }
    let mut place = vec![0; count];
    let mut set = (1 << count) - 1;
    for at in (0..count).rev() {
        let last = best[set].1;
        place[last] = at;
        set &= !(1 << last);
    }
    place
}

/// The place of each in a good order: greedily what uses least of the rest first, then each where it costs least.
fn good_order(count: usize, links: &[(usize, usize, u128)]) -> Vec<usize> {
    let mut neighbours: Vec<Vec<(usize, u128, u128)>> = vec![Vec::new(); count];
    for &(from, to, weight) in links {
        neighbours[from].push((to, weight, 0));
        neighbours[to].push((from, 0, weight));
    }
    // what leads to each from those that are left
    let mut open: Vec<u128> = neighbours.iter().map(|all| all.iter().map(|(.., to_me)| to_me).sum()).collect();
    let mut left: Vec<usize> = (0..count).collect();
    let mut order: Vec<usize> = Vec::with_capacity(count);
    while let Some(at) = (0..left.len()).min_by_key(|&at| (open[left[at]], left[at])) {
        let next = left.remove(at);
        neighbours[next].iter().for_each(|&(to, weight, _)| open[to] = open[to].saturating_sub(weight));
        order.push(next);
    }
    let mut between: Vec<(u128, u128)> = vec![(0, 0); count];
    for _ in 0..PASSES {
        let mut improved = false;
        for (group, near) in neighbours.iter().enumerate() {
            for &(other, from_me, to_me) in near {
                between[other].0 += from_me;
                between[other].1 += to_me;
            }
            // put first, all that leads to it leads back; behind each other, what leads there does instead
            let without: Vec<usize> = order.iter().copied().filter(|&other| other != group).collect();
            let mut cost: u128 = without.iter().map(|&other| between[other].1).sum();
            let was = order.iter().position(|&other| other == group).unwrap_or(0);
            let mut now = cost;
            let mut best = (cost, 0);
            for (at, &other) in without.iter().enumerate() {
                let (from_me, to_me) = between[other];
                cost = cost + from_me - to_me;
                if at + 1 == was {
                    now = cost;
                }
                if cost < best.0 {
                    best = (cost, at + 1);
                }
            }
            if best.0 < now {
                order = without;
                order.insert(best.1, group);
                improved = true;
            }
            near.iter().for_each(|&(other, ..)| between[other] = (0, 0));
        }
        if !improved {
            break;
        }
    }
    let mut place = vec![0; count];
    order.into_iter().enumerate().for_each(|(at, group)| place[group] = at);
    place
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn links(count: usize) -> impl Strategy<Value = Vec<Link>> {
        let link = (0..count as u32, 0..count as u32, 1u128..20);
        prop::collection::vec(link, 0..count * 3)
            .prop_map(|all| all.into_iter().map(|(from, to, weight)| Link { from, to, weight }).collect())
    }

    /// Who reaches whom without some of the links.
    fn reach(count: usize, links: &[Link], without: &[usize]) -> Vec<Vec<bool>> {
        let mut reach = vec![vec![false; count]; count];
        for (at, link) in links.iter().enumerate() {
            reach[link.from as usize][link.to as usize] |= link.from != link.to && !without.contains(&at);
        }
        for via in 0..count {
            for from in 0..count {
                for to in 0..count {
                    reach[from][to] |= reach[from][via] && reach[via][to];
                }
            }
        }
        reach
    }

    /// The lightest cut of all, by trying every set of links.
    fn lightest(count: usize, links: &[Link]) -> u128 {
        let acyclic = |without: &[usize]| {
            let reach = reach(count, links, without);
            (0..count).all(|group| !reach[group][group])
        };
        (0u32..1 << links.len())
            .map(|set| (0..links.len()).filter(|at| set >> at & 1 == 1).collect::<Vec<usize>>())
            .filter(|without| acyclic(without))
            .map(|without| without.iter().map(|&at| links[at].weight).sum())
            .min()
            .unwrap()
    }

    fn check(count: usize, links: &[Link]) -> u128 {
        let found = condense(count, links);
        let all = reach(count, links, &[]);
        for (one, after) in all.iter().enumerate() {
            let cycle = found.cycles.iter().find(|cycle| cycle.groups.contains(&(one as u32)));
            let expected: Vec<u32> = (0..count).filter(|&to| after[to] && all[to][one]).map(|to| to as u32).collect();
            assert_eq!(cycle.map(|cycle| cycle.groups.clone()).unwrap_or_default(), expected);
            for to in (0..count).filter(|&to| after[to]) {
                let (own, above) = (found.levels[one], found.levels[to]);
                assert!(if expected.contains(&(to as u32)) { own == above } else { own < above });
            }
            // as deep as the deepest before it
            let before = (0..count).filter(|&from| all[from][one] && !after[from]);
            assert_eq!(before.map(|from| found.levels[from] + 1).max().unwrap_or(0), found.levels[one]);
        }
        let cut: Vec<usize> = found.cycles.iter().flat_map(|cycle| cycle.cut.iter().copied()).collect();
        let after = reach(count, links, &cut);
        assert!((0..count).all(|group| !after[group][group]), "{cut:?} of {links:?}");
        for &kept in &cut {
            let fewer: Vec<usize> = cut.iter().copied().filter(|&at| at != kept).collect();
            let after = reach(count, links, &fewer);
            assert!((0..count).any(|group| after[group][group]), "{kept} need not go");
        }
        cut.iter().map(|&at| links[at].weight).sum()
    }

    proptest! {
        #![proptest_config(ProptestConfig::with_cases(150))]
        #[test]
        fn small_ones_are_cut_at_their_lightest(links in links(5)) {
            let links = &links[..links.len().min(11)];
            prop_assert_eq!(check(5, links), lightest(5, links));
        }

        #[test]
        fn large_ones_are_cut(links in links(24)) {
            check(24, &links);
        }

        /// The order that is merely good, on what can be ordered best: never better, seldom much worse.
        #[test]
        fn good_orders(links in links(10)) {
            let own: Vec<(usize, usize, u128)> =
                links.iter().map(|link| (link.from as usize, link.to as usize, link.weight))
                    .filter(|(from, to, _)| from != to).collect();
            let back = |place: &[usize]| -> u128 {
                own.iter().filter(|(from, to, _)| place[*from] > place[*to]).map(|(.., weight)| weight).sum()
            };
            let (best, good) = (back(&best_order(10, &own)), back(&good_order(10, &own)));
            prop_assert!(best <= good && good <= best + best / 2 + 20, "{good} where {best} would do");
        }
    }

    #[test]
    fn by_hand() {
        let link = |from, to, weight| Link { from, to, weight };
        // 0 -> 1 <-> 2 -> 3, and 3 -> 3
        let links = [link(0, 1, 1), link(1, 2, 5), link(2, 1, 2), link(2, 3, 1), link(3, 3, 9), link(7, 0, 1)];
        let found = condense(4, &links);
        assert_eq!(found.levels, [0, 1, 1, 2]);
        assert_eq!(found.cycles, [Cycle { groups: vec![1, 2], cut: vec![2], optimal: true }]);
        assert_eq!(condense(0, &[]), Condensed { levels: Vec::new(), cycles: Vec::new() });
    }
}
