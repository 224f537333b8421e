//! What remedies save together, over a year, in the best order, and what keeps a build: each against
//! editing the graph and counting again.

use std::collections::BTreeSet;

use nix_ripple::graph::{EdgeId, Graph, NodeId};
use nix_ripple::reach::{
    Action, BumpGroup, EdgeRemedy, Edits, RebuildSet, Savings, Treatment, Weights, Yearly, blockers, greedy,
    rebuild_edited, savings, savings_of_actions, yearly_savings,
};

use crate::graph_traits::{self, some};
use crate::support::{self, Chance, Recipe};
use crate::truth::nixpkgs;
use crate::weights::Loads;
use crate::what_if::random_graphs;

const TREATMENTS: [Treatment; 3] = [Treatment::Drop, Treatment::Detach, Treatment::Split];

/// Remedies of many edges, of some in several ways; of every other graph without receivers.
fn some_remedies(graph: &Graph, chance: &mut Chance) -> Vec<EdgeRemedy> {
    let mut remedies = Vec::new();
    let (treated, received, often) = (2 + chance.below(4), chance.below(2) == 0, 1 + chance.below(6));
    for edge in (0..graph.edge_count() as u32).map(EdgeId) {
        let several = 1 + usize::from(chance.below(often) == 0);
        for _ in 0..several {
            if chance.below(treated) == 0 {
                continue;
            }
            let receivers = if received { some_receivers(graph, chance, edge) } else { Vec::new() };
            remedies.push(EdgeRemedy { edge, treatment: *chance.pick(&TREATMENTS), receivers });
        }
    }
    remedies
}

fn some_receivers(graph: &Graph, chance: &mut Chance, edge: EdgeId) -> Vec<NodeId> {
    match chance.below(5) {
        // as those of a propagated input: what depends on the consumer
        0 | 1 => {
            let below = RebuildSet::of(graph, &[graph.edge_consumer(edge)]).nodes;
            (0..2).filter(|_| !below.is_empty()).map(|_| *chance.pick(&below)).collect()
        }
        // anything, or nothing of this graph
        2 => some(graph, chance, 3),
        3 if chance.below(4) == 0 => vec![NodeId(u32::MAX)],
        _ => Vec::new(),
    }
}

/// One remedy, those of an input or of a consumer, or any; now and then one that there is not.
fn some_action(graph: &Graph, chance: &mut Chance, remedies: &[EdgeRemedy]) -> Action {
    let all = 0..remedies.len() as u32;
    if remedies.is_empty() {
        return Action(vec![0]);
    }
    let one = chance.below(remedies.len()) as u32;
    let input = |at: u32| graph.edge_input(remedies[at as usize].edge);
    let consumer = |at: u32| graph.edge_consumer(remedies[at as usize].edge);
    let rare = 1 + chance.below(6);
    Action(match chance.below(6) {
        0 | 1 => vec![one],
        2 => all.filter(|&at| input(at) == input(one)).collect(),
        3 => all.filter(|&at| consumer(at) == consumer(one)).collect(),
        4 => all.chain([u32::MAX]).filter(|_| chance.below(rare) == 0).collect(),
        _ => (0..1 + chance.below(3))
            .map(|_| chance.below(remedies.len()) as u32)
            .collect::<BTreeSet<_>>()
            .into_iter()
            .collect(),
    })
}

/// Bumps of few nodes, most of which others depend on.
fn some_bumps(graph: &Graph, chance: &mut Chance) -> Vec<BumpGroup> {
    let rates = [0.0, 0.25, 1.0, 1.0, 1.0, 3.5, 52.0, -1.0, f64::NAN];
    let mut bump = || {
        let mut nodes = some(graph, chance, 3);
        nodes.iter_mut().filter(|_| chance.below(3) > 0).for_each(|node| node.0 /= 3);
        // in no order, and some twice
        nodes.extend(nodes.first().copied().filter(|_| chance.below(5) == 0));
        BumpGroup { nodes, rate: *chance.pick(&rates) }
    };
    (0..8).map(|_| bump()).collect()
}

fn edits<'a>(graph: &Graph, remedies: &[EdgeRemedy], actions: impl IntoIterator<Item = &'a Action>) -> Edits {
    let mut edits = Edits::default();
    for &at in actions.into_iter().flat_map(|action| &action.0) {
        if let Some(remedy) = remedies.get(at as usize) {
            edits.treat(remedy.edge, remedy.treatment);
            remedy.receivers.iter().for_each(|&receiver| edits.add(graph.edge_input(remedy.edge), receiver));
        }
    }
    edits
}

/// Over all bumps, one by one.
fn recounted(graph: &Graph, bumps: &[BumpGroup], edits: &Edits, weights: Option<Weights<'_>>) -> Yearly {
    let mut all = Yearly {
        millis: weights.map(|_| 0.0),
        bytes: weights.and_then(|weights| weights.bytes).map(|_| 0.0),
        ..Yearly::default()
    };
    for bump in bumps.iter().filter(|bump| bump.rate > 0.0) {
        let found = savings(graph, &bump.nodes, edits, weights);
        all.builds += bump.rate * found.builds as f64;
        all.wrappers_added += bump.rate * found.wrappers_added as f64;
        all.test_builds_added += bump.rate * found.test_builds_added as f64;
        for (all, found) in [(&mut all.millis, found.millis), (&mut all.bytes, found.bytes)] {
            assert_eq!(all.is_some(), found.is_some());
            *all = all.zip(found).map(|(all, found)| all + bump.rate * found as f64);
        }
    }
    all
}

#[test]
fn savings_of_actions_are_those_of_all_remedies_at_once() {
    let (mut together, mut more, mut spared_cheap) = (0, 0, 0);
    for (graph, mut chance) in random_graphs(31, 250) {
        let remedies = some_remedies(&graph, &mut chance);
        let bumps: Vec<Vec<NodeId>> = (0..4).map(|_| some(&graph, &mut chance, 2)).collect();
        let actions: Vec<(Action, Vec<NodeId>)> =
            (0..25).map(|_| (some_action(&graph, &mut chance, &remedies), chance.pick(&bumps).clone())).collect();
        let loads = Loads::some(&graph, &chance);
        let found = savings_of_actions(&graph, &remedies, &actions, None);
        let weighed = savings_of_actions(&graph, &remedies, &actions, Some(loads.weights()));
        assert_eq!((found.len(), weighed.len()), (actions.len(), actions.len()));
        for (((action, bumped), found), weighed) in actions.iter().zip(found).zip(weighed) {
            for (found, weights) in [(found, None), (weighed, Some(loads.weights()))] {
                assert_eq!(
                    found,
                    savings(&graph, bumped, &edits(&graph, &remedies, [action]), weights),
                    "{remedies:?} {action:?} {bumped:?} {weights:?}"
                );
            }
            let alone = action.0.iter().map(|&at| edits(&graph, &remedies, [&Action(vec![at])]));
            let alone: Vec<Savings> = alone.map(|edits| savings(&graph, bumped, &edits, None)).collect();
            together += usize::from(found.builds > 0 && alone.iter().all(|alone| alone.builds <= 0));
            more += usize::from(found.builds < 0);
            let cheap = alone.iter().map(|alone| alone.wrappers_added + alone.test_builds_added).max();
            spared_cheap += usize::from(found.wrappers_added + found.test_builds_added < cheap.unwrap_or(0));
        }
    }
    assert!(
        together > 20 && more > 20 && spared_cheap > 50,
        "{together} save only together, {more} cost builds, {spared_cheap} spare cheap builds of one another"
    );
}

#[test]
fn yearly_savings_are_sums_over_bumps() {
    let (mut some, mut more, mut nothing) = (0, 0, 0);
    for (graph, mut chance) in random_graphs(32, 250) {
        let remedies = some_remedies(&graph, &mut chance);
        let actions: Vec<Action> = (0..15).map(|_| some_action(&graph, &mut chance, &remedies)).collect();
        let bumps = some_bumps(&graph, &mut chance);
        let loads = Loads::some(&graph, &chance);
        let weights = Some(loads.weights());
        let found = yearly_savings(&graph, &remedies, &actions, &bumps, None);
        let weighed = yearly_savings(&graph, &remedies, &actions, &bumps, weights);
        assert_eq!((found.len(), weighed.len()), (actions.len(), actions.len()));
        for ((action, found), weighed) in actions.iter().zip(found).zip(weighed) {
            let edits = edits(&graph, &remedies, [action]);
            // the rates are sums of powers of two, so no order of adding them up tells
            assert_eq!(found, recounted(&graph, &bumps, &edits, None), "{remedies:?} {action:?} {bumps:?}");
            let expected = recounted(&graph, &bumps, &edits, weights);
            assert_eq!(weighed, expected, "{remedies:?} {action:?} {bumps:?} {loads:?}");
            match found.builds {
                0.0 => nothing += 1,
                builds if builds > 0.0 => some += 1,
                _ => more += 1,
            }
        }
    }
    assert!(some > 500 && more > 50 && nothing > 500, "{some} save builds, {more} cost some, {nothing} neither");
}

/// Tries every action in each step, and counts everything again.
fn brute_force(
    graph: &Graph,
    remedies: &[EdgeRemedy],
    actions: &[Action],
    bumps: &[BumpGroup],
    steps: usize,
    weights: Option<Weights<'_>>,
) -> Vec<(u32, Yearly)> {
    let mut chosen: Vec<&Action> = Vec::new();
    let mut before = recounted(graph, bumps, &Edits::default(), weights);
    let counts = |yearly: Yearly| yearly.millis.unwrap_or(yearly.builds);
    let mut found = Vec::new();
    while found.len() < steps {
        let mut best: Option<(u32, Yearly)> = None;
        for (action, number) in actions.iter().zip(0..) {
            let together = edits(graph, remedies, chosen.iter().copied().chain([action]));
            let after = recounted(graph, bumps, &together, weights);
            if counts(after) > counts(best.map_or(before, |(_, best)| best)) {
                best = Some((number, after));
            }
        }
        let Some((number, after)) = best else { break };
        let gain = Yearly {
            builds: after.builds - before.builds,
            wrappers_added: after.wrappers_added - before.wrappers_added,
            test_builds_added: after.test_builds_added - before.test_builds_added,
            millis: after.millis.zip(before.millis).map(|(after, before)| after - before),
            bytes: after.bytes.zip(before.bytes).map(|(after, before)| after - before),
        };
        found.push((number, gain));
        chosen.push(&actions[number as usize]);
        before = after;
    }
    found
}

#[test]
fn greedy_is_brute_force() {
    let (mut rising, mut long, mut other, mut by_time) = (0, 0, 0, 0);
    for (graph, mut chance) in graph_traits::random_graphs(33, 150, 40) {
        for _ in 0..6 {
            let remedies = some_remedies(&graph, &mut chance);
            let actions: Vec<Action> = (0..10).map(|_| some_action(&graph, &mut chance, &remedies)).collect();
            let bumps = some_bumps(&graph, &mut chance);
            let steps = chance.below(9);
            let loads = Loads::some(&graph, &chance);
            let found = greedy(&graph, &remedies, &actions, &bumps, steps, None);
            let weighed = greedy(&graph, &remedies, &actions, &bumps, steps, Some(loads.weights()));
            for (found, weights) in [(&found, None), (&weighed, Some(loads.weights()))] {
                let expected = brute_force(&graph, &remedies, &actions, &bumps, steps, weights);
                assert_eq!(found, &expected, "{remedies:?} {actions:?} {bumps:?} {steps} {weights:?}");
            }
            by_time += usize::from(found.iter().map(|step| step.0).ne(weighed.iter().map(|step| step.0)));
            long += usize::from(found.len() > 2);
            // what only pays once something else is done, which no bound from before would show
            rising += usize::from(found.windows(2).any(|two| two[1].1.builds > two[0].1.builds));
            let mut alone: Vec<(u32, Yearly)> =
                (0..).zip(yearly_savings(&graph, &remedies, &actions, &bumps, None)).collect();
            alone.sort_by(|one, next| next.1.builds.total_cmp(&one.1.builds).then(one.0.cmp(&next.0)));
            other += usize::from(found.iter().zip(&alone).any(|(found, alone)| found.0 != alone.0));
        }
    }
    assert!(
        rising > 5 && long > 50 && other > 50 && by_time > 50,
        "{rising} rise, {long} are long, {other} differ from an order by each, {by_time} from that by time"
    );
}

/// The first choice spares nothing on a bump of a and b, but has r built by it all the same.
#[test]
fn a_choice_may_matter_by_its_receivers_alone() {
    let leaf = |number, name| Recipe::new(number, name);
    let (a, b, h) = (leaf(1, "a"), leaf(2, "b"), leaf(3, "h"));
    let c = leaf(4, "c").input(&a, "x").input(&b, "y");
    let x = leaf(5, "x").input(&a, "x");
    let r = leaf(6, "r").input(&x, "x").input(&c, "y");
    let k = leaf(7, "k").input(&h, "x");
    let l = leaf(8, "l").input(&k, "x");
    let m = leaf(9, "m").input(&l, "x");
    let graph = support::graph(&[support::folder(&[a, b, h, c, x, r, k, l, m]).path()]);
    let node = |name: &str| graph.nodes().find(|&node| graph.name(node) == name).unwrap();
    let drop = |input: &str, consumer: &str, receivers: Vec<NodeId>| {
        let mut edges = graph.consumer_edges(node(input));
        let (edge, _) = edges.find(|&(_, found)| found == node(consumer)).unwrap();
        EdgeRemedy { edge, treatment: Treatment::Drop, receivers }
    };
    let remedies = [
        drop("a", "c", vec![node("r")]),
        drop("h", "k", Vec::new()),
        drop("x", "r", Vec::new()),
        drop("c", "r", Vec::new()),
    ];
    let actions = [Action(vec![2, 3]), Action(vec![0, 1])];
    let bumps = [["a", "b"], ["h", "h"]].map(|names| BumpGroup { nodes: names.map(node).to_vec(), rate: 1.0 });
    let alone = yearly_savings(&graph, &remedies, &actions, &bumps, None);
    assert_eq!(alone.iter().map(|saved| saved.builds).collect::<Vec<_>>(), [1.0, 3.0]);
    let found = greedy(&graph, &remedies, &actions, &bumps, 5, None);
    assert_eq!(found, [(1, Yearly { builds: 3.0, ..Yearly::default() })]);
}

#[test]
fn blockers_are_what_still_arrives() {
    let (mut some, mut several, mut none) = (0, 0, 0);
    for (graph, mut chance) in random_graphs(34, 250) {
        let remedies = some_remedies(&graph, &mut chance);
        let found = blockers(&graph, &remedies);
        assert_eq!(found.len(), remedies.len());
        for (at, (remedy, found)) in remedies.iter().zip(found).enumerate() {
            let (input, consumer) = (graph.edge_input(remedy.edge), graph.edge_consumer(remedy.edge));
            let after = rebuild_edited(&graph, &[input], &edits(&graph, &remedies, [&Action(vec![at as u32])]));
            let before = RebuildSet::of(&graph, &[input]);
            let distance = |node: NodeId| match before.nodes.binary_search(&node) {
                _ if node == input => 0,
                Ok(at) => before.distances[at],
                Err(_) => u32::MAX,
            };
            let mut arriving: Vec<(u32, EdgeId)> = graph
                .input_edges(consumer)
                .filter(|&(edge, from)| edge != remedy.edge && after.changed.contains(&from))
                .map(|(edge, from)| (distance(from), edge))
                .collect();
            arriving.sort_unstable();
            let nearest = arriving.first().filter(|_| after.builds.contains(&consumer));
            let expected = nearest.map(|&(_, edge)| (edge, arriving.len() as u32));
            assert_eq!(found, expected, "{remedy:?}");
            some += usize::from(found.is_some());
            several += usize::from(found.is_some_and(|(_, count)| count > 1));
            none += usize::from(found.is_none());
        }
    }
    assert!(some > 100 && several > 20 && none > 100, "{some} are kept, {several} by several edges, {none} are not");
}

/// Remedies by chance of all edges among packages of python 3.6, alone and by input; bumps of all of these, three
/// at a time.
fn real(graph: &Graph) -> (Vec<EdgeRemedy>, Vec<Action>, Vec<BumpGroup>) {
    let mut chance = Chance(2018);
    let python = |node: NodeId| graph.name(node).starts_with("python3.6-");
    let edges = (0..graph.edge_count() as u32).map(EdgeId);
    let edges = edges
        .filter(|&edge| python(graph.edge_input(edge)) && python(graph.edge_consumer(edge)))
        .filter(|edge| edge.0 % 3 > 0);
    let remedies: Vec<EdgeRemedy> = edges
        .map(|edge| {
            let consumers: Vec<NodeId> =
                graph.consumer_edges(graph.edge_consumer(edge)).map(|(_, consumer)| consumer).collect();
            let receivers =
                if chance.below(4) == 0 && !consumers.is_empty() { vec![*chance.pick(&consumers)] } else { Vec::new() };
            EdgeRemedy { edge, treatment: *chance.pick(&TREATMENTS), receivers }
        })
        .collect();
    let mut actions: Vec<Action> = (0..remedies.len() as u32).step_by(10).map(|at| Action(vec![at])).collect();
    let mut order: Vec<u32> = (0..remedies.len() as u32).collect();
    order.sort_by_key(|&at| (graph.edge_input(remedies[at as usize].edge), at));
    let input = |at: &u32| graph.edge_input(remedies[*at as usize].edge);
    actions.extend(order.chunk_by(|one, next| input(one) == input(next)).map(|same| Action(same.to_vec())));
    let nodes: Vec<NodeId> = graph.nodes().filter(|&node| python(node) && !graph.is_fixed(node)).collect();
    let bumps =
        nodes.chunks(3).step_by(4).map(|nodes| BumpGroup { nodes: nodes.to_vec(), rate: 1.0 + chance.below(3) as f64 });
    (remedies, actions, bumps.collect())
}

#[test]
fn the_real_nixpkgs() {
    let Some(graph) = nixpkgs() else { return };
    let (remedies, actions, bumps) = real(graph);
    let few: Vec<BumpGroup> = bumps.iter().step_by(bumps.len() / 12).cloned().collect();
    // few weigh most, as it is with builds
    let heavy = |at: usize| if at.is_multiple_of(97) { 1 << 30 } else { at as u64 % 100 };
    let loads = Loads { millis: (0..graph.node_count()).map(heavy).collect(), bytes: None };
    let weights = Some(loads.weights());
    let found = yearly_savings(graph, &remedies, &actions, &few, weights);
    let mut told = 0;
    let picked: Vec<usize> = (0..actions.len()).step_by(actions.len() / 40).chain([actions.len() - 1]).collect();
    for &at in &picked {
        let edits = edits(graph, &remedies, [&actions[at]]);
        assert_eq!(found[at], recounted(graph, &few, &edits, weights), "{:?}", actions[at]);
        told += usize::from(found[at].builds > 0.0);
    }
    assert!(told > 3, "only {told} of {} save builds", picked.len());
    let steps = greedy(graph, &remedies, &actions, &bumps, 6, weights);
    assert_eq!(steps.len(), 6);
    let by_builds = greedy(graph, &remedies, &actions, &bumps, 6, None);
    assert!(steps.iter().map(|step| step.0).ne(by_builds.iter().map(|step| step.0)), "time tells nothing here");
    for (steps, weights) in [(&by_builds, None), (&steps, weights)] {
        each_step_is_the_best(graph, (&remedies, &actions, &bumps), steps, weights);
    }
    for threads in [1, 3] {
        let pool = rayon::ThreadPoolBuilder::new().num_threads(threads).build().unwrap();
        let again = pool.install(|| yearly_savings(graph, &remedies, &actions, &few, weights));
        assert_eq!(again, found, "{threads} threads");
        let again = pool.install(|| greedy(graph, &remedies, &actions, &bumps, 6, weights));
        assert_eq!(again, steps, "{threads} threads");
    }
}

/// Each step is the best of all that could be done then, by counting every one of them again.
fn each_step_is_the_best(
    graph: &Graph,
    (remedies, actions, bumps): (&[EdgeRemedy], &[Action], &[BumpGroup]),
    steps: &[(u32, Yearly)],
    weights: Option<Weights<'_>>,
) {
    let counts = |yearly: &Yearly| yearly.millis.unwrap_or(yearly.builds);
    let mut together = Vec::new();
    for (number, gain) in steps {
        let joint = |action: &Action| Action([&together, &action.0].into_iter().flatten().copied().collect());
        let mut all: Vec<Action> = actions.iter().map(joint).collect();
        all.push(joint(&Action::default()));
        let sums = yearly_savings(graph, remedies, &all, bumps, weights);
        let before = counts(&sums[actions.len()]);
        let best = sums[..actions.len()].iter().map(|sum| counts(sum) - before).fold(0.0, f64::max);
        assert_eq!(counts(gain), best);
        assert_eq!(sums.iter().position(|sum| counts(sum) - before == best), Some(*number as usize));
        together.extend(&actions[*number as usize].0);
    }
}
