//! What remedies save over a year, together and in the best order.

use std::collections::{BTreeMap, BTreeSet};
use std::hint::black_box;

use nix_ripple::graph::{EdgeId, Graph, NodeId, StringId};
use nix_ripple::reach::{
    Action, BumpGroup, EdgeRemedy, Treatment, blockers, greedy, savings_of_actions, savings_of_edges, yearly_savings,
};
use nix_ripple::role::EffectiveInputs;

use super::{Corpus, Row, median, ms, own_peak, time};

/// Made-up remedies, as many as rules may find: what only a propagated list names is split from packages of
/// the same language, test tools are detached. Every one alone, all of a pair of pnames, all of an input's
/// pname; over a year in which every pname is bumped once.
pub(crate) fn spurious(corpus: &Corpus, table: &mut Vec<Row>) {
    let graph = Graph::open(&corpus.snapshot).expect("a snapshot");
    let remedies = made_up(&graph);
    let (input, consumer) =
        (|at: usize| graph.edge_input(remedies[at].edge), |at: usize| graph.edge_consumer(remedies[at].edge));
    let mut pairs: BTreeMap<(StringId, Option<StringId>), Vec<u32>> = BTreeMap::new();
    for at in 0..remedies.len() {
        let name = graph.pname_id(input(at));
        for key in [(name, Some(graph.pname_id(consumer(at)))), (name, None)] {
            pairs.entry(key).or_default().push(at as u32);
        }
    }
    let alone = (0..remedies.len() as u32).map(|at| Action(vec![at]));
    let actions: Vec<Action> = alone.chain(pairs.into_values().map(Action)).collect();
    let mut bumps: BTreeMap<StringId, Vec<NodeId>> = BTreeMap::new();
    for node in graph.nodes().filter(|&node| graph.is_derivation(node) && !graph.is_fixed(node)) {
        bumps.entry(graph.pname_id(node)).or_default().push(node);
    }
    let bumped = |action: &Action| {
        let names: BTreeSet<StringId> = action.0.iter().map(|&at| graph.pname_id(input(at as usize))).collect();
        names.iter().flat_map(|name| bumps[name].iter().copied()).collect()
    };
    let one_bump: Vec<(Action, Vec<NodeId>)> = actions.iter().map(|action| (action.clone(), bumped(action))).collect();
    let bumps: Vec<BumpGroup> = bumps.values().map(|nodes| BumpGroup { nodes: nodes.clone(), rate: 1.0 }).collect();

    let mut row = |what: String, work: &dyn Fn()| {
        let times = (0..3).map(|_| time(work)).collect();
        table.push([what, ms(median(times)), format!("peak memory so far: {}", own_peak()), "5 s in all".to_owned()]);
    };
    row(format!("{} remedies, savings of each on one bump", remedies.len()), &|| {
        black_box(savings_of_edges(&graph, &remedies, None));
    });
    row(format!("{} actions of them, savings on one bump", actions.len()), &|| {
        black_box(savings_of_actions(&graph, &remedies, &one_bump, None));
    });
    row(format!("the same over a year of {} bumps", bumps.len()), &|| {
        black_box(yearly_savings(&graph, &remedies, &actions, &bumps, None));
    });
    row("the best twenty in order".to_owned(), &|| {
        black_box(greedy(&graph, &remedies, &actions, &bumps, 20, None));
    });
    row("what keeps builds".to_owned(), &|| drop(black_box(blockers(&graph, &remedies))));
}

const TEST_TOOLS: [&str; 8] = ["pytest", "hypothesis", "mock", "nose", "coverage", "tox", "check", "doctest"];

fn made_up(graph: &Graph) -> Vec<EdgeRemedy> {
    let effective = EffectiveInputs::new(graph);
    let language = |node: NodeId| graph.name(node).split('-').next().unwrap_or_default();
    let remedy = |edge: EdgeId| {
        let (input, consumer) = (graph.edge_input(edge), graph.edge_consumer(edge));
        let mut keys = graph.mentions(edge);
        let propagated = keys.next() == Some("propagatedBuildInputs") && keys.next().is_none();
        if graph.is_fixed(consumer) || graph.is_fixed(input) || !graph.is_derivation(input) {
            None
        } else if TEST_TOOLS.iter().any(|tool| graph.pname(input).ends_with(tool)) {
            let receivers = effective.receivers(&BTreeSet::from([edge])).into_iter();
            let receivers = receivers.map(|(_, receiver, _)| receiver).collect();
            Some(EdgeRemedy { edge, treatment: Treatment::Detach, receivers })
        } else if propagated && language(input) == language(consumer) {
            Some(EdgeRemedy { edge, treatment: Treatment::Split, receivers: Vec::new() })
        } else {
            None
        }
    };
    (0..graph.edge_count() as u32).map(EdgeId).filter_map(remedy).collect()
}
