//! When a farm is done: which machine builds what, and what must wait.

mod by_nix;

use std::collections::BTreeMap;
use std::path::Path;

use nix_ripple::cost::{Farm, Schedule, Scheduler, Work, schedule};
use nix_ripple::graph::{Graph, NodeId};

use crate::support::{self, Chance, Recipe};

/// A graph of these derivations, and the nodes of each by its number less one.
fn graph_of(recipes: &[Recipe]) -> (Graph, Vec<NodeId>) {
    let folder = support::folder(recipes);
    let graph = support::graph(&[folder.path()]);
    let by_path: BTreeMap<String, NodeId> = graph.nodes().map(|node| (graph.path(node), node)).collect();
    let nodes = recipes.iter().map(|recipe| by_path[&recipe.path()]).collect();
    (graph, nodes)
}

fn derivation(number: usize, name: &str, system: &str, features: &str) -> Recipe {
    let mut recipe = Recipe::new(number, name);
    recipe.system = system.to_owned();
    if !features.is_empty() {
        recipe.env.push(("requiredSystemFeatures".to_owned(), features.to_owned()));
    }
    recipe
}

fn start_of(schedule: &Schedule, node: NodeId) -> u64 {
    schedule.run_of(node).unwrap().start
}

#[test]
fn each_build_finds_a_machine_that_can_build_it() {
    let recipes = [
        derivation(1, "plain", "x86_64-linux", ""),
        derivation(2, "old", "i686-linux", ""),
        derivation(3, "big", "x86_64-linux", "big-parallel"),
        derivation(4, "test", "x86_64-linux", "kvm nixos-test"),
        derivation(5, "arm", "aarch64-linux", ""),
        derivation(6, "fetch", "builtin", ""),
    ];
    let (graph, nodes) = graph_of(&recipes);
    let mut set = nodes.clone();
    set.sort_unstable();
    let millis = vec![1_000; graph.node_count()];
    let farm = "
        [[machine]]
        name = 'small'
        systems = ['x86_64-linux']
        slots = 2
        [[machine]]
        name = 'big'
        systems = ['x86_64-linux']
        features = ['kvm', 'big-parallel', 'nixos-test']
        mandatory-features = ['big-parallel']
        speed = 2.0
        [[machine]]
        name = 'tests'
        systems = ['x86_64-linux']
        features = ['kvm']
        mandatory-features = ['nixos-test']
        [[machine]]
        name = 'arm'
        systems = ['aarch64-linux']
        ";
    let work = Work { graph: &graph, nodes: &set, millis: &millis, asked: None };
    let read = |text: &str| Farm::parse(text, Path::new("farm.toml")).unwrap();
    for order in [Scheduler::Longest, Scheduler::Nix] {
        let made = schedule(&work, &read(farm), order).unwrap();
        let kinds: Vec<u32> = nodes.iter().map(|&node| made.run_of(node).unwrap().kind).collect();
        // the fetch runs everywhere but where only special builds do; arm's own comes first by name
        assert_eq!(kinds, [0, 0, 1, 2, 3, 0], "{order:?}");
        assert_eq!(made.machines.iter().map(|kind| kind.builds).collect::<Vec<_>>(), [3, 1, 1, 1], "{order:?}");
        assert_eq!(made.machines.iter().map(|kind| kind.busy).collect::<Vec<_>>(), [3_000, 500, 1_000, 1_000]);
        assert_eq!(made.runs.iter().map(|run| run.node).collect::<Vec<_>>(), set);
    }
    // two seconds on five slots, of which 5.5 are used; Nix comes back to what waits after five seconds
    let made = schedule(&work, &read(farm), Scheduler::Longest).unwrap();
    assert_eq!((made.makespan, made.utilisation()), (2_000, 0.55));
    assert_eq!(schedule(&work, &read(farm), Scheduler::Nix).unwrap().makespan, 6_000);
    // what nothing builds is told, by system and features
    let small = read("[[machine]]\nname = 'small'\nsystems = ['x86_64-linux']\nfeatures = ['kvm']");
    let lacking = schedule(&work, &small, Scheduler::Longest).unwrap_err();
    let told: Vec<(String, u64, NodeId)> =
        lacking.iter().map(|lacking| (lacking.to_string(), lacking.builds, lacking.first)).collect();
    let expected = [
        ("aarch64-linux".to_owned(), 1, nodes[4]),
        ("x86_64-linux with big-parallel".to_owned(), 1, nodes[2]),
        ("x86_64-linux with kvm, nixos-test".to_owned(), 1, nodes[3]),
    ];
    assert_eq!(told, expected);
}

#[test]
fn builders_for_big_builds() {
    let recipes = [
        derivation(1, "a", "x86_64-linux", "big-parallel"),
        derivation(2, "b", "x86_64-linux", "big-parallel"),
        derivation(3, "c", "x86_64-linux", ""),
        derivation(4, "d", "aarch64-darwin", "kvm"),
    ];
    let (graph, nodes) = graph_of(&recipes);
    let mut set = nodes.clone();
    set.sort_unstable();
    let mut millis = vec![10_000; graph.node_count()];
    millis[nodes[3].index()] = 8_000;
    let work = Work { graph: &graph, nodes: &set, millis: &millis, asked: None };
    let starts = |farm: Farm, order: Scheduler| {
        let made = schedule(&work, &farm, order).unwrap();
        nodes.iter().map(|&node| start_of(&made, node)).collect::<Vec<_>>()
    };
    for order in [Scheduler::Longest, Scheduler::Nix] {
        assert_eq!(starts(Farm::builders(2, None), order), [0, 0, 10_000, 10_000], "{order:?}");
        assert_eq!(starts(Farm::builders(4, None), order), [0, 0, 0, 0], "{order:?}");
        // b waits for the one that can build it
        assert_eq!(starts(Farm::builders(2, Some(1)), order), [0, 10_000, 0, 0], "{order:?}");
    }
    assert_eq!(starts(Farm::builders(1, Some(1)), Scheduler::Longest), [0, 10_000, 0, 10_000]);
}

/// A fetch needs its fetcher, if that is built, too; sources take nothing, and what is not in the set is there.
#[test]
fn every_input_in_the_set_counts() {
    let curl = Recipe::new(1, "curl");
    let source = Recipe::new(2, "source").fixed().input(&curl, "fetcher");
    let mut package = Recipe::new(3, "package").input(&source, "src");
    package.sources.push("/nix/store/00000000000000000000000009000000-script.sh".to_owned());
    let (graph, nodes) = graph_of(&[curl, source, package]);
    let millis: Vec<u64> = graph.nodes().map(|node| if graph.is_derivation(node) { 100 } else { 7 }).collect();
    let run = |set: Vec<NodeId>, order: Scheduler| {
        let work = Work { graph: &graph, nodes: &set, millis: &millis, asked: None };
        schedule(&work, &Farm::builders(3, None), order).unwrap()
    };
    for order in [Scheduler::Longest, Scheduler::Nix] {
        let all = run(graph.nodes().collect(), order);
        assert_eq!(nodes.iter().map(|&node| start_of(&all, node)).collect::<Vec<_>>(), [0, 100, 200]);
        assert_eq!((all.runs.len(), all.makespan), (3, 300));
        let mut some = vec![nodes[0], nodes[2]];
        some.sort_unstable();
        let some = run(some, order);
        assert_eq!((some.makespan, some.run_of(nodes[1])), (100, None));
        let none = run(Vec::new(), order);
        assert_eq!((none.makespan, none.utilisation()), (0, 0.0));
    }
}

/// On random closures, with any set and any order: no build before its inputs, and no more at a time than slots.
#[test]
fn schedules_of_random_closures_are_possible() {
    for seed in 0..20 {
        let mut chance = Chance(seed);
        let (graph, nodes) = graph_of(&support::random_recipes(&mut chance, 60));
        let mut set: Vec<NodeId> = nodes.into_iter().filter(|_| chance.below(4) > 0).collect();
        set.sort_unstable();
        let millis: Vec<u64> = graph.nodes().map(|_| chance.below(5) as u64 * 700).collect();
        let asked: Vec<NodeId> = set.iter().copied().filter(|_| chance.below(3) == 0).collect();
        for (asked, order) in [(None, Scheduler::Longest), (None, Scheduler::Nix), (Some(&asked[..]), Scheduler::Nix)] {
            for (farm, slots) in
                [(Farm::builders(1, None), 1), (Farm::builders(3, None), 3), (Farm::builders(3, Some(2)), 5)]
            {
                let work = Work { graph: &graph, nodes: &set, millis: &millis, asked };
                let made = schedule(&work, &farm, order).unwrap();
                assert_eq!(made, schedule(&work, &farm, order).unwrap());
                assert_eq!(made.runs.iter().map(|run| run.node).collect::<Vec<_>>(), set);
                for run in &made.runs {
                    assert_eq!(run.end - run.start, millis[run.node.index()]);
                    let inputs = graph.input_edges(run.node).filter_map(|(_, input)| made.run_of(input));
                    assert!(inputs.into_iter().all(|input| input.end <= run.start), "seed {seed}, {order:?}");
                    let running = made.runs.iter().filter(|other| other.start <= run.start && run.start < other.end);
                    assert!(running.count() <= slots, "seed {seed}, {order:?}");
                }
            }
        }
    }
}
