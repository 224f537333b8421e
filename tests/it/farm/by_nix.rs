//! Order, time and choice of machines, held against the real Nix.

use std::collections::BTreeMap;
use std::fmt::Write as _;
use std::path::Path;
use std::time::{Duration, Instant};

use nix_ripple::cost::{Farm, Run, Schedule, Scheduler, Work, schedule};
use nix_ripple::graph::{BuildOptions, Graph, NodeId, build};
use nix_ripple::ingest::IngestOptions;
use nix_ripple::reach::RebuildSet;

use crate::nix_as_judge::{Store, build_in, nix, ran, sandbox_paths, sandbox_works};
use crate::{needs, support};

/// Three quarters of what a bump of minipkgs rebuilds, as derivations that only sleep, each for as long as it is said; and what these
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
        let mut rebuilt = RebuildSet::of(&shape, &bumps[0].nodes).nodes;
        // a quarter is there already, so that much can be built at once, and not all of it is equally near
        let there: Vec<NodeId> = rebuilt.iter().copied().skip(1).step_by(4).collect();
        rebuilt.retain(|node| there.binary_search(node).is_err());
        let mut numbers: BTreeMap<NodeId, usize> = (0..).zip(&rebuilt).map(|(number, &node)| (node, number)).collect();
        let mut text = HEAD.to_owned();
        let mut outside = Vec::new();
        for &node in &rebuilt {
            let inputs = shape.input_edges(node).map(|(_, input)| input);
            // of the others some will do; many have none then
            let is_kept = |input: &NodeId| input.0.is_multiple_of(9) || there.binary_search(input).is_ok();
            for input in inputs.filter(|&input| shape.is_derivation(input)).filter(is_kept) {
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

/// With one slot, times do not matter: Nix builds in exactly this order, whatever it is asked for. With more slots,
/// what it starts before it looks at what has ended does not hang on times either.
#[test]
fn nix_builds_in_this_order() {
    if !needs::nix() || !needs::sandbox(sandbox_works) {
        return;
    }
    for (slots, ask_all) in [(1, false), (1, true), (7, false), (7, true)] {
        let sleepers = Sleepers::new("attr:nghttp2.x86_64-linux", |_| 1);
        let asked = if ask_all { &sleepers.all } else { &sleepers.tops };
        let (built, _) = sleepers.build(&slots.to_string(), &options(asked));
        assert!(built.len() > 90, "{}", built.len());
        let made = sleepers.schedule(slots, Scheduler::Nix, asked);
        let mut expected: Vec<&Run> = made.runs.iter().collect();
        expected.sort_by_key(|run| run.start);
        let names = |nodes: &[NodeId]| nodes.iter().map(|&node| sleepers.graph.path(node)).collect::<Vec<_>>();
        if slots == 1 {
            let expected: Vec<NodeId> = expected.iter().map(|run| run.node).collect();
            assert_eq!(names(&built), names(&expected), "all asked for: {ask_all}");
        } else {
            let mut first: Vec<NodeId> = expected.iter().take(7).map(|run| run.node).collect();
            assert!(expected[6].start == 0 && expected[7].start > 0);
            let mut by_nix = built[..7].to_vec();
            first.sort();
            by_nix.sort();
            assert_eq!(names(&by_nix), names(&first), "all asked for: {ask_all}");
        }
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

/// Nix hands builds out to machines in the order and to the machines that are said: here machines that are stores on
/// this one. What becomes ready goes before what waits, by name.
#[test]
fn nix_hands_out_builds() {
    if !needs::nix() || !needs::sandbox(sandbox_works) {
        return;
    }
    let chain = [("a", "2", vec![]), ("b", "2", vec!["a"]), ("c", "2", vec![]), ("z", "2", vec![])];
    let several = ["p", "q", "r", "s", "t"].map(|name| (name, "4", vec![]));
    for (machines, derivations) in [(vec![("one", 1)], &chain[..]), (vec![("one", 3), ("two", 2)], &several[..])] {
        let store = Store::new();
        let mut text = HEAD.to_owned();
        for (number, (name, seconds, inputs)) in derivations.iter().enumerate() {
            writeln!(text, "{name} = d {number} \"{name}\" \"{seconds}\" [ {} ];", inputs.join(" ")).unwrap();
        }
        text.push('}');
        let file = store.folder().join("derivations.nix");
        std::fs::write(&file, text).unwrap();
        let mut instantiate = nix("nix-instantiate");
        let roots = ran(instantiate.args(["--store", store.path()]).arg(&file)).stdout;
        let list = store.folder().join("roots");
        std::fs::write(&list, roots).unwrap();
        let options = IngestOptions { store_root: Some(store.folder().to_path_buf()), ..IngestOptions::default() };
        let graph = build(&support::read(&[list], &options).unwrap().0, BuildOptions::default()).unwrap().0;

        let folder = |name: &str| store.folder().join(name).display().to_string();
        let builders: Vec<String> = machines
            .iter()
            .map(|(name, slots)| format!("local?root={} x86_64-linux - {slots} 1", folder(name)))
            .collect();
        let mut command = nix("nix-build");
        command.args(["--store", store.path(), "--no-out-link", "--max-jobs", "0", "--builders", &builders.join(";")]);
        command.args(["--option", "substitute", "false", "--option", "sandbox", "true"]);
        command.args(["--option", "fsync-metadata", "false", "--option", "build-users-group", ""]);
        command.args(["--option", "sandbox-paths", &sandbox_paths()]).arg(&file);
        let log = String::from_utf8(ran(&mut command).stderr).unwrap();
        let handed_out = log.lines().filter_map(|line| {
            let (drv, on) = line.strip_prefix("building '")?.split_once("' on '")?;
            let machine = machines.iter().position(|(name, _)| on.contains(&folder(name)))?;
            Some((drv.to_owned(), machine as u32))
        });

        let kinds: String = machines
            .iter()
            .map(|(name, slots)| format!("[[machine]]\nname = '{name}'\nslots = {slots}\nsystems = ['x86_64-linux']\n"))
            .collect();
        let nodes: Vec<NodeId> = graph.nodes().collect();
        let seconds = |node| derivations.iter().find(|(name, _, _)| *name == graph.name(node)).unwrap().1;
        let millis: Vec<u64> = graph.nodes().map(|node| seconds(node).parse::<u64>().unwrap() * 1_000).collect();
        let work = Work { graph: &graph, nodes: &nodes, millis: &millis, asked: None };
        let made = schedule(&work, &Farm::parse(&kinds, Path::new("farm")).unwrap(), Scheduler::Nix).unwrap();
        let mut runs: Vec<&Run> = made.runs.iter().collect();
        runs.sort_by_key(|run| (run.start, graph.name(run.node)));
        let expected: Vec<(String, u32)> = runs.iter().map(|run| (graph.path(run.node), run.kind)).collect();
        assert_eq!(handed_out.collect::<Vec<_>>(), expected, "{log}");
    }
}
