//! What every node's bump rebuilds and costs: counted, and weighed.

use std::fs;
use std::hint::black_box;

use nix_ripple::cost::{Costs, Times};
use nix_ripple::graph::Graph;
use nix_ripple::query::{BumpRates, By, PackageRankParams, RankParams};
use nix_ripple::reach::{Propagation, dependents_of_all, longest, totals_of_all};

use super::{Corpus, ROUNDS, Row, generate, median, ms, own_peak, ratio, side_by_side, time};

/// One search a node, on all cores.
fn one_search_a_node(propagation: &Propagation) -> Vec<u32> {
    use rayon::prelude::*;
    let n = propagation.node_count();
    (0..n as u32)
        .into_par_iter()
        .map_init(
            || (vec![u32::MAX; n], Vec::new()),
            |(seen, stack), source| {
                let mut count = 0;
                stack.push(source);
                while let Some(node) = stack.pop() {
                    for &consumer in propagation.consumers(node) {
                        if seen[consumer as usize] != source {
                            seen[consumer as usize] = source;
                            count += 1;
                            stack.push(consumer);
                        }
                    }
                }
                count
            },
        )
        .collect()
}

/// A weight for each node, all of them different: whole seconds up to five hours, and bytes up to 16 MiB.
fn distinct(nodes: usize) -> [Vec<u64>; 2] {
    let mut random = generate::Random::new(7);
    [18_000, 1 << 24].map(|bound| (0..nodes).map(|_| 1_000 * (1 + random.below(bound) as u64)).collect())
}

pub(crate) fn rank(corpus: &Corpus, table: &mut Vec<Row>) {
    let graph = Graph::open(&corpus.snapshot).expect("a snapshot");
    let propagation = Propagation::new(&graph);
    assert_eq!(dependents_of_all(&propagation), one_search_a_node(&propagation), "both count the same");
    let counted = || drop(black_box(dependents_of_all(&Propagation::new(&graph))));
    let (ours, naive) = side_by_side(ROUNDS, counted, || drop(black_box(one_search_a_node(&propagation))));
    table.push([
        format!("rank of all {} nodes", propagation.node_count()),
        ms(ours),
        format!("one search a node on all cores: {}, {}", ms(naive), ratio(naive, ours)),
        "30 ms, 5 x".to_owned(),
    ]);
    let costs = Costs::new(&graph, &Times::default());
    let all_distinct = distinct(graph.node_count());
    for (what, weights) in [("estimated times", costs.millis()), ("times that all differ", &all_distinct[0])] {
        let weighed = || drop(black_box(totals_of_all(&Propagation::new(&graph), &[weights])));
        let (weighed, unweighed) = side_by_side(ROUNDS, weighed, counted);
        table.push([
            format!("the same by {what}"),
            ms(weighed),
            format!("counted: {}, {}", ms(unweighed), ratio(weighed, unweighed)),
            "120 ms".to_owned(),
        ]);
    }
    let by_hours = || {
        let params = RankParams { top: Some(20), by: By::Hours, costs: Some(&costs) };
        drop(black_box(nix_ripple::query::rank(&graph, params)));
    };
    let packages = || {
        let rates = BumpRates::default();
        let params = PackageRankParams { top: Some(20), by: By::Hours, costs: Some(&costs), rates: &rates };
        drop(black_box(nix_ripple::query::rank_packages(&graph, params)));
    };
    let (by_hours, packages) = side_by_side(ROUNDS, by_hours, packages);
    table.push([
        "rank --by hours, with critical paths".to_owned(),
        ms(by_hours),
        format!("--packages: {}", ms(packages)),
        "120 ms".to_owned(),
    ]);
    let open = median((0..ROUNDS).map(|_| time(|| Graph::open(&corpus.snapshot))).collect());
    table.push(["opening the snapshot".to_owned(), ms(open), String::new(), "milliseconds".to_owned()]);
}

/// Counted; weighed by one weight; and by all that a report with measured times and sizes tells, with chains.
pub(crate) fn generated(table: &mut Vec<Row>) {
    for nodes in [50_000, 100_000, 200_000, 400_000] {
        let propagation = generate::propagation(nodes, nodes * 13 / 2, 2018);
        let [times, sizes] = distinct(nodes);
        let ones = vec![1; nodes];
        // the peak from here on, where Linux forgets the one before
        let _ = fs::write("/proc/self/clear_refs", "5");
        let counted = || drop(black_box(dependents_of_all(&propagation)));
        let (one, counted) = side_by_side(5, || drop(black_box(totals_of_all(&propagation, &[&times]))), counted);
        let all = || {
            let sums = totals_of_all(&propagation, &[&ones, &times, &times, &sizes, &sizes]);
            drop(black_box((sums, longest(&propagation, &times))));
        };
        let all = median((0..5).map(|_| time(all)).collect());
        table.push([
            format!("rank of a generated graph by time, {nodes} nodes, {} edges", propagation.edge_count()),
            ms(one),
            format!("counted: {}; five weights and chains: {}, peak {}", ms(counted), ms(all), own_peak()),
            if nodes == 400_000 { "6 s, 1.5 GiB".to_owned() } else { String::new() },
        ]);
    }
}
