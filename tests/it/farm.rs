//! When a farm is done, held against the real Nix.

use std::collections::BTreeMap;
use std::fmt::Write as _;
use std::path::Path;
use std::time::{Duration, Instant};

use nix_ripple::cost::{Farm, Schedule, Scheduler, Work, schedule};
use nix_ripple::graph::{BuildOptions, Graph, NodeId, build};
use nix_ripple::ingest::IngestOptions;
use nix_ripple::reach::RebuildSet;

use crate::nix_as_judge::{Store, build_in, nix, ran, sandbox_works};
use crate::support::{Chance, Recipe};
use crate::{needs, support};

/// What a bump of minipkgs rebuilds, as derivations that only sleep, each for as long as it is said; and what these
/// have as inputs beside, as derivations that do not even sleep.
struct Sleepers {
    store: Store,
    graph: Graph,
    /// What sleeps, ascending; the others are built already.
    set: Vec<NodeId>,
    millis: Vec<u64>,
    /// The attributes of what sleeps and nothing that sleeps needs.
    tops: Vec<(String, NodeId)>,
    /// The attributes of all that sleeps.
    all: Vec<(String, NodeId)>,
}

/// A bump of a shape that is neither a chain nor all at once.
const SHAPE: &str = "attr:glib.x86_64-linux";

/// What each derivation is.
const HEAD: &str = "let d = number: name: seconds: inputs: derivation {
  inherit number name inputs; system = \"x86_64-linux\"; builder = \"/bin/sh\"; PATH = \"/bin:/usr/bin\";
  args = [ \"-c\" \"sleep ${seconds} && echo > $out\" ];
}; in rec {\n";

impl Sleepers {
    /// `millis` says how long the nth derivation of the rebuild set sleeps.
    fn new(bump: &str, millis: impl Fn(usize) -> u64) -> Self {
        let shape = support::graph(&[support::testdata("minipkgs/drvs"), support::testdata("minipkgs/outpaths.json")]);
        let selectors = [nix_ripple::query::Selector::parse(bump).unwrap()];
        let bumps = nix_ripple::query::resolve(&shape, &selectors, true).unwrap();
        let rebuilt = RebuildSet::of(&shape, &bumps[0].nodes).nodes;
        let mut numbers: BTreeMap<NodeId, usize> = (0..).zip(&rebuilt).map(|(number, &node)| (node, number)).collect();
        let mut text = HEAD.to_owned();
        let mut outside = Vec::new();
        for &node in &rebuilt {
            let inputs = shape.input_edges(node).map(|(_, input)| input);
            // some of them will do; many have none then
            for input in inputs.filter(|&input| shape.is_derivation(input) && input.0 % 9 == 0) {
                let next = numbers.len();
                if *numbers.entry(input).or_insert(next) == next {
                    outside.push(input);
                    writeln!(text, "n{next} = d {next} \"{}\" \"0\" [];", shape.name(input)).unwrap();
                }
            }
        }
        for &node in &rebuilt {
            let inputs = shape.input_edges(node).filter_map(|(_, input)| numbers.get(&input));
            let inputs: String = inputs.map(|number| format!(" n{number}")).collect();
            let (number, seconds) = (numbers[&node], millis(numbers[&node]) as f64 / 1000.0);
            let name = shape.name(node);
            writeln!(text, "n{number} = d {number} \"{name}\" \"{seconds}\" [{inputs} ];").unwrap();
        }
        text.push('}');
        let store = Store::new();
        let file = store.folder().join("sleepers.nix");
        std::fs::write(&file, text).unwrap();
        let arguments =
            |number: std::ops::Range<usize>| number.flat_map(|number| ["-A".to_owned(), format!("n{number}")]);
        let mut instantiate = nix("nix-instantiate");
        instantiate.args(["--store", store.path()]).arg(&file).args(arguments(0..numbers.len()));
        let roots = String::from_utf8(ran(&mut instantiate).stdout).unwrap();
        let list = store.folder().join("roots");
        std::fs::write(&list, &roots).unwrap();
        let options = IngestOptions { store_root: Some(store.folder().to_path_buf()), ..IngestOptions::default() };
        let graph = build(&support::read(&[list], &options).unwrap().0, BuildOptions::default()).unwrap().0;
        let by_path: BTreeMap<String, NodeId> = graph.nodes().map(|node| (graph.path(node), node)).collect();
        let all: Vec<(String, NodeId)> = roots
            .lines()
            .take(rebuilt.len())
            .enumerate()
            .map(|(number, path)| (format!("n{number}"), by_path[path]))
            .collect();
        let mut times = vec![0; graph.node_count()];
        (0..).zip(&all).for_each(|(number, (_, node))| times[node.index()] = millis(number));
        let mut set: Vec<NodeId> = all.iter().map(|&(_, node)| node).collect();
        set.sort_unstable();
        let tops = all.iter().filter(|(_, node)| graph.consumer_edges(*node).len() == 0).cloned().collect();
        let sleepers = Self { store, graph, set, millis: times, tops, all };
        let outside: Vec<String> = arguments(rebuilt.len()..numbers.len()).collect();
        sleepers.build("8", &outside);
        sleepers
    }

    /// Builds attributes; gives what was built, in the order in which it was started, and how long all took.
    fn build(&self, jobs: &str, attributes: &[String]) -> (Vec<NodeId>, Duration) {
        let file = self.store.folder().join("sleepers.nix");
        let mut arguments = vec![file.to_str().unwrap(), "--max-jobs", jobs, "--option", "build-users-group", ""];
        arguments.extend(attributes.iter().map(String::as_str));
        let start = Instant::now();
        let built = build_in(&self.store, &arguments).unwrap_or_else(|log| panic!("{log}"));
        let took = start.elapsed();
        let by_path: BTreeMap<String, NodeId> = self.graph.nodes().map(|node| (self.graph.path(node), node)).collect();
        (built.iter().map(|path| by_path[path]).collect(), took)
    }

    fn schedule(&self, slots: u32, order: Scheduler, asked: &[(String, NodeId)]) -> Schedule {
        let asked: Vec<NodeId> = asked.iter().map(|&(_, node)| node).collect();
        let work = Work { graph: &self.graph, nodes: &self.set, millis: &self.millis, asked: Some(&asked) };
        schedule(&work, &Farm::builders(slots, None), order).unwrap()
    }
}

fn options(attributes: &[(String, NodeId)]) -> Vec<String> {
    attributes.iter().flat_map(|(name, _)| ["-A".to_owned(), name.clone()]).collect()
}

fn order(schedule: &Schedule) -> Vec<NodeId> {
    let mut runs = schedule.runs.clone();
    runs.sort_by_key(|run| run.start);
    runs.iter().map(|run| run.node).collect()
}

/// With one slot, times do not matter: Nix builds in exactly this order, whatever it is asked for.
#[test]
fn nix_builds_in_this_order() {
    if !needs::nix() || !needs::sandbox(sandbox_works) {
        return;
    }
    for ask_all in [false, true] {
        let sleepers = Sleepers::new("attr:nghttp2.x86_64-linux", |_| 1);
        let asked = if ask_all { &sleepers.all } else { &sleepers.tops };
        let (built, _) = sleepers.build("1", &options(asked));
        assert!(built.len() > 100, "{}", built.len());
        let expected = order(&sleepers.schedule(1, Scheduler::Nix, asked));
        let names = |nodes: &[NodeId]| nodes.iter().map(|&node| sleepers.graph.path(node)).collect::<Vec<_>>();
        assert_eq!(names(&built), names(&expected), "all asked for: {ask_all}");
    }
}

/// Nix takes as long as its own order says, and with the longest paths first it would not take longer.
///
/// What Nix does beside each build is measured first, by builds that do not sleep (12 ms each on a quiet machine),
/// and the sleeps are made long enough that it is a thirtieth of their mean. A load that comes later makes builds
/// longer, so the best of some tries counts.
#[test]
fn nix_takes_as_long() {
    if !needs::nix() || !needs::sandbox(sandbox_works) {
        return;
    }
    // they only sleep, and so do not disturb each other
    std::thread::scope(|scope| {
        for slots in [1, 2, 4, 8] {
            scope.spawn(move || {
                let mut tried = Vec::new();
                while tried.len() < 3 {
                    let (nix, said) = by_nix(slots);
                    if (nix - 1.0).abs() <= 0.1 {
                        return;
                    }
                    tried.push(said);
                }
                panic!("{}", tried.join("\n"));
            });
        }
    });
}

/// How long it should take by Nix's order, as a share of how long it took; and that in words.
fn by_nix(slots: u32) -> (f64, String) {
    let units = |number: usize| [3, 4, 4, 6, 8, 10, 16, 24][number * number % 31 % 8];
    let idle = Sleepers::new(SHAPE, |_| 0);
    let (built, took) = idle.build("1", &options(&idle.tops));
    let beside = took.as_millis() as u64 / built.len() as u64;
    let mean = (0..idle.set.len()).map(units).sum::<u64>() / idle.set.len() as u64;
    let unit = (beside * 30 / mean).clamp(50, 400);
    let sleepers = Sleepers::new(SHAPE, |number| units(number) * unit);
    let (built, took) = sleepers.build(&slots.to_string(), &options(&sleepers.tops));
    assert_eq!(built.len(), sleepers.set.len());
    let took = took.as_millis() as f64;
    let nix = sleepers.schedule(slots, Scheduler::Nix, &sleepers.tops).makespan as f64;
    let longest = sleepers.schedule(slots, Scheduler::Longest, &sleepers.tops).makespan as f64;
    let said = format!(
        "{slots} slots: {} builds, {unit} ms a unit, took {took} ms ({beside} ms each beside the build); \
         {nix} by Nix's order, {longest} by the longest path",
        built.len(),
    );
    assert!(longest <= took, "{said}");
    (nix / took, said)
}

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
