//! The four ways of a security bump, against slow and plain ways to find each figure.

use std::collections::{BTreeMap, BTreeSet};
use std::path::Path;

use nix_ripple::cost::{Costs, Farm, Scheduler, SizeRecords, Sizes, Times, Work, schedule};
use nix_ripple::graph::{Graph, NodeId};
use nix_ripple::proof::outputs::Metadata;
use nix_ripple::query::waves::{SecurityParams, SecurityReport, Way, WayKind, security_ways};
use nix_ripple::report::{Format, Layout, render};
use serde_json::{Value, json};

use crate::support::{Chance, Recipe, folder, graph, random_recipes};

type Output = (NodeId, String);

/// Who is made by whom, as sets.
struct Naive<'a> {
    graph: &'a Graph,
    costs: &'a Costs,
    /// All that a change of each node has built, itself counted.
    after: Vec<BTreeSet<NodeId>>,
}

impl<'a> Naive<'a> {
    fn new(graph: &'a Graph, costs: &'a Costs) -> Self {
        let mut after = vec![BTreeSet::new(); graph.node_count()];
        for node in graph.nodes().rev() {
            let mut own = BTreeSet::from([node]);
            for (_, consumer) in graph.consumer_edges(node).filter(|(_, consumer)| !graph.is_fixed(*consumer)) {
                own.extend(after[consumer.index()].iter().copied());
            }
            after[node.index()] = own;
        }
        Self { graph, costs, after }
    }

    fn made(&self, bumped: &[NodeId]) -> BTreeSet<NodeId> {
        let all = bumped.iter().flat_map(|node| self.after[node.index()].iter().copied());
        all.filter(|&node| self.graph.is_derivation(node)).collect()
    }

    fn needed(&self, made: &BTreeSet<NodeId>, target: &[NodeId]) -> BTreeSet<NodeId> {
        let needs = |node: &NodeId| target.iter().any(|target| self.after[node.index()].contains(target));
        made.iter().copied().filter(needs).collect()
    }

    fn millis(&self, nodes: &BTreeSet<NodeId>) -> u64 {
        nodes.iter().map(|&node| self.costs.time(node).millis).sum()
    }

    fn builds(&self, nodes: &BTreeSet<NodeId>) -> u64 {
        nodes.iter().filter(|&&node| !self.graph.is_fixed(node)).count() as u64
    }

    /// The longest chain: each after the slowest of its inputs.
    fn chain(&self, nodes: &BTreeSet<NodeId>) -> u64 {
        let mut done: BTreeMap<NodeId, u64> = BTreeMap::new();
        for &node in nodes {
            let before = self.graph.input_edges(node).filter_map(|(_, input)| done.get(&input)).max();
            done.insert(node, before.copied().unwrap_or(0) + self.costs.time(node).millis);
        }
        done.values().max().copied().unwrap_or(0)
    }

    /// What each output of the whole graph refers to.
    fn references(&self, known: &BTreeMap<Output, BTreeSet<Output>>) -> BTreeMap<Output, BTreeSet<Output>> {
        let mut all = BTreeMap::new();
        for node in self.graph.nodes() {
            for (name, _) in self.graph.outputs(node) {
                let used = self
                    .graph
                    .input_edges(node)
                    .flat_map(|(edge, input)| self.graph.used_outputs(edge).map(move |name| (input, name.to_owned())));
                let own: BTreeSet<Output> = if self.graph.is_fixed(node) { BTreeSet::new() } else { used.collect() };
                let output = (node, name.to_owned());
                let found = known.get(&output).cloned().unwrap_or(own);
                all.insert(output, found);
            }
        }
        all
    }
}

/// All outputs that are referred to, from some on.
fn closure(references: &BTreeMap<Output, BTreeSet<Output>>, from: BTreeSet<Output>) -> BTreeSet<Output> {
    let mut all = from;
    loop {
        let more: BTreeSet<Output> =
            all.iter().flat_map(|output| references.get(output).into_iter().flatten()).cloned().collect();
        let before = all.len();
        all.extend(more);
        if all.len() == before {
            return all;
        }
    }
}

/// References of some outputs by chance, as a file tells them: to anything that their builds can see.
fn told(graph: &Graph, naive: &Naive<'_>, chance: &mut Chance) -> (BTreeMap<Output, BTreeSet<Output>>, Metadata) {
    let mut known = BTreeMap::new();
    let mut file: Vec<Value> = Vec::new();
    let most = chance.below(4);
    for node in graph.nodes().filter(|&node| graph.is_derivation(node) && !graph.is_fixed(node)) {
        let seen: Vec<NodeId> = graph.nodes().filter(|&other| naive.after[other.index()].contains(&node)).collect();
        for (name, digest) in graph.outputs(node) {
            if chance.below(4) >= most {
                continue;
            }
            let mut to = BTreeSet::new();
            for _ in 0..chance.below(4) {
                let input = *chance.pick(&seen);
                to.extend(graph.outputs(input).next().map(|(name, _)| (input, name.to_owned())));
            }
            let path = |(node, name): &Output| {
                let (_, digest) = graph.outputs(*node).find(|(own, _)| own == name).unwrap();
                graph.output_path(*node, name, digest)
            };
            let own = graph.output_path(node, name, digest);
            file.push(
                json!({"path": own, "narSize": 1000, "references": to.iter().map(path).collect::<Vec<String>>()}),
            );
            known.insert((node, name.to_owned()), to);
        }
    }
    (known, Metadata::parse(&serde_json::to_vec(&file).unwrap(), "references").unwrap())
}

fn way(report: &SecurityReport, kind: WayKind) -> &Way {
    report.ways.iter().find(|way| way.way == kind).unwrap()
}

fn same(hours: f64, millis: u64, what: &str) {
    assert_eq!((hours * 3_600_000.0).round() as u64, millis, "{what}");
}

#[test]
fn every_figure_on_random_closures() {
    let (mut grafts, mut built_in, mut locked, mut joined) = (0, 0, 0, 0);
    for seed in 0..150 {
        let mut chance = Chance(seed);
        let count = 3 + chance.below(40);
        let folder = folder(&random_recipes(&mut chance, count));
        let graph = graph(&[folder.path()]);
        let rows: Vec<String> = graph
            .nodes()
            .filter(|&node| graph.is_derivation(node))
            .map(|node| format!("{},{}\n", graph.path(node), 1 + chance.below(9_000)))
            .collect();
        let times = tempfile::tempdir().unwrap();
        let file = times.path().join("times.csv");
        std::fs::write(&file, format!("name,seconds\n{}", rows.concat())).unwrap();
        let costs = Costs::new(&graph, &Times::read(&[file]).unwrap());
        let naive = Naive::new(&graph, &costs);
        let all: Vec<NodeId> = graph.nodes().collect();
        let some = |chance: &mut Chance, most: usize| -> Vec<NodeId> {
            (0..1 + chance.below(most)).map(|_| *chance.pick(&all)).collect::<BTreeSet<_>>().into_iter().collect()
        };
        let bumped = some(&mut chance, 3);
        let target: Vec<NodeId> = some(&mut chance, 2).into_iter().filter(|&node| graph.is_derivation(node)).collect();
        let waves: Vec<BTreeSet<NodeId>> = (0..chance.below(5)).map(|_| naive.made(&some(&mut chance, 2))).collect();
        let lists: Vec<Vec<NodeId>> = waves.iter().map(|wave| wave.iter().copied().collect()).collect();
        let current = 1 + chance.below(waves.len() + 1);
        let (known, metadata) = told(&graph, &naive, &mut chance);
        let references = [metadata];
        let params =
            SecurityParams { costs: &costs, farm: None, references: &references, made: None, waves: &lists, current };
        let report = security_ways(&graph, &bumped, &target, params).unwrap();

        let made = naive.made(&bumped);
        let needed = naive.needed(&made, &target);
        let affected = target.iter().any(|node| made.contains(node));
        assert_eq!(report.affected, affected);
        assert_eq!(report.rebuilds.derivations, naive.builds(&made));
        same(report.rebuilds.hours, naive.millis(&made), "all");
        assert_eq!(report.target_rebuilds.derivations, naive.builds(&needed));

        // later: every wave after the current one, one by one
        let without = |wave: &BTreeSet<NodeId>| -> BTreeSet<NodeId> { made.difference(wave).copied().collect() };
        let later = (current..waves.len()).map(|at| (naive.millis(&without(&waves[at])), at + 1)).min();
        let (later, number) = later.map_or((naive.millis(&made), None), |(millis, at)| (millis, Some(at)));
        joined += usize::from(number.is_some());
        for kind in [WayKind::Graft, WayKind::ParallelWave, WayKind::Overlay] {
            let way = way(&report, kind);
            assert_eq!(way.later.unwrap().wave, number);
            same(way.later.unwrap().rebuilds.hours, later, "later");
            same(way.hours, later + (way.now.hours * 3_600_000.0).round() as u64, "in all");
        }

        let wave = waves.get(current - 1).cloned().unwrap_or_default();
        let own = way(&report, WayKind::CurrentWave);
        same(own.now.hours, naive.millis(&without(&wave)), "more in the current wave");
        same(own.hours, naive.millis(&without(&wave)), "in all");
        let before: BTreeSet<NodeId> = waves[..current - 1].iter().flatten().copied().collect();
        let again: BTreeSet<NodeId> = without(&wave).intersection(&before).copied().collect();
        locked += again.len();
        assert_eq!(own.again.unwrap().derivations, naive.builds(&again));
        same(own.again.unwrap().hours, naive.millis(&again), "locked");
        let together: BTreeSet<NodeId> = wave.union(&made).copied().collect();
        same(own.green_hours.unwrap(), naive.chain(&together), "green");
        let to_target = if affected { naive.chain(&naive.needed(&together, &target)) } else { 0 };
        same(own.target_hours, to_target, "the current wave's target");
        assert!(own.later.is_none());

        let own = way(&report, WayKind::ParallelWave);
        same(own.now.hours, naive.millis(&made), "parallel");
        same(own.target_hours, naive.chain(&needed), "the parallel wave's target");
        same(own.green_hours.unwrap(), naive.chain(&made), "the parallel wave");

        let own = way(&report, WayKind::Overlay);
        assert_eq!((own.now.derivations, own.user.unwrap().derivations), (0, naive.builds(&needed)));
        same(own.target_hours, naive.millis(&needed), "the user's builds");

        let references = naive.references(&known);
        let outputs = |nodes: &mut dyn Iterator<Item = NodeId>| -> BTreeSet<Output> {
            nodes.flat_map(|node| graph.outputs(node).map(move |(name, _)| (node, name.to_owned()))).collect()
        };
        let run_time = closure(&references, outputs(&mut target.iter().copied()));
        let patched: BTreeSet<NodeId> = made
            .iter()
            .copied()
            .filter(|&node| !graph.is_fixed(node))
            .filter(|node| {
                bumped.contains(node)
                    || graph.input_edges(*node).any(|(_, input)| {
                        bumped.contains(&input) && (graph.is_fixed(input) || !graph.is_derivation(input))
                    })
            })
            .filter(|node| run_time.iter().any(|output| output.0 == *node))
            .collect();
        let targets: BTreeSet<Output> = run_time.iter().filter(|output| patched.contains(&output.0)).cloned().collect();
        let rewritten: BTreeSet<Output> = run_time
            .iter()
            .filter(|output| !patched.contains(&output.0))
            .filter(|output| !closure(&references, BTreeSet::from([(*output).clone()])).is_disjoint(&targets))
            .cloned()
            .collect();
        let own = way(&report, WayKind::Graft);
        let graft = own.rewrites.as_ref().unwrap();
        assert_eq!(graft.paths, rewritten.len() as u64);
        grafts += rewritten.len();
        let of_bump: Vec<&Output> =
            run_time.iter().filter(|(node, _)| made.contains(node) && !graph.is_fixed(*node)).collect();
        let of_known = of_bump.iter().filter(|output| known.contains_key(**output)).count();
        assert_eq!((graft.known, graft.known + graft.assumed), (of_known as u64, of_bump.len() as u64));
        let quiet: BTreeSet<NodeId> = of_bump
            .iter()
            .map(|output| output.0)
            .filter(|node| !patched.contains(node) && rewritten.iter().all(|output| output.0 != *node))
            .collect();
        assert_eq!(graft.built_in, quiet.len() as u64);
        built_in += quiet.len();
        let fetched = bumped.iter().copied().filter(|&node| {
            graph.is_fixed(node) && graph.consumer_edges(node).any(|(_, consumer)| patched.contains(&consumer))
        });
        let builds: BTreeSet<NodeId> = patched.iter().copied().chain(fetched).collect();
        assert_eq!(own.now.derivations, patched.len() as u64);
        same(own.now.hours, naive.millis(&builds), "the patched package");
        same(graft.hours, 1_000 * rewritten.len() as u64, "rewriting");
        same(own.target_hours, naive.chain(&builds) + 1_000 * rewritten.len() as u64, "the graft's target");

        // on machines
        let farm = Farm::builders(2, None);
        let on_farm = SecurityParams { farm: Some((&farm, Scheduler::Longest)), ..params };
        let report = security_ways(&graph, &bumped, &target, on_farm).unwrap();
        let long = |nodes: &BTreeSet<NodeId>| {
            let nodes: Vec<NodeId> = nodes.iter().copied().collect();
            let work = Work { graph: &graph, nodes: &nodes, millis: costs.millis(), asked: None };
            schedule(&work, &farm, Scheduler::Longest).unwrap().makespan
        };
        same(way(&report, WayKind::ParallelWave).target_hours, long(&needed), "on the farm");
        same(way(&report, WayKind::CurrentWave).green_hours.unwrap(), long(&together), "on the farm");
    }
    assert!(grafts > 50 && built_in > 20 && locked > 50 && joined > 30, "{grafts} {built_in} {locked} {joined}");
}

/// openssl, curl that links it, a tool with it built in, a shell that refers to both; wave 1 is done, 2 under way.
fn by_hand() -> (Graph, Vec<NodeId>) {
    let openssl = Recipe::new(1, "openssl-3").outputs(&["out", "dev"]);
    let curl = Recipe::new(2, "curl-8").input(&openssl, "buildInputs");
    let tool = Recipe::new(3, "static-tool-1").input(&openssl, "buildInputs");
    let shell = Recipe::new(4, "shell-1").input(&curl, "buildInputs").input(&tool, "nativeBuildInputs");
    let other = Recipe::new(5, "other-1").input(&curl, "buildInputs");
    let drvs = folder(&[openssl, curl, tool, shell, other]);
    let graph = graph(&[drvs.path()]);
    let named = |name: &str| graph.nodes().find(|&node| graph.name(node) == name).unwrap();
    let nodes = ["openssl-3", "curl-8", "static-tool-1", "shell-1", "other-1"].map(named).to_vec();
    (graph, nodes)
}

#[test]
fn four_ways_by_hand() {
    let (graph, nodes) = by_hand();
    let [openssl, curl, tool, shell, other] = nodes[..] else { panic!() };
    let files = tempfile::tempdir().unwrap();
    let write = |name: &str, text: String| {
        let file = files.path().join(name);
        std::fs::write(&file, text).unwrap();
        file
    };
    let seconds = [(openssl, 600), (curl, 300), (tool, 60), (shell, 30), (other, 120)];
    let rows: Vec<String> =
        seconds.iter().map(|(node, seconds)| format!("{},{seconds}\n", graph.path(*node))).collect();
    let path = |node: NodeId| {
        let (name, digest) = graph.outputs(node).find(|(name, _)| *name == "out").unwrap();
        graph.output_path(node, name, digest)
    };
    let entry = |node: NodeId, to: &[NodeId]| {
        let to: Vec<String> = to.iter().map(|&node| path(node)).collect();
        json!({"path": path(node), "narSize": 200_000_000, "references": to})
    };
    let told =
        json!([entry(openssl, &[]), entry(curl, &[openssl, curl]), entry(tool, &[]), entry(shell, &[curl, tool])]);
    let sizes = write("sizes.json", told.to_string());
    let costs =
        Costs::new(&graph, &Times::read(&[write("times.csv", format!("name,seconds\n{}", rows.concat()))]).unwrap())
            .with_sizes(Sizes::new(&graph, SizeRecords::read(&[&sizes]).unwrap()));
    let references = [Metadata::open(&sizes).unwrap()];
    let waves = [vec![curl, shell, other], vec![shell], vec![other]].map(|mut wave| {
        wave.sort_unstable();
        wave
    });
    let params =
        SecurityParams { costs: &costs, farm: None, references: &references, made: None, waves: &waves, current: 2 };
    let report = security_ways(&graph, &[openssl], &[shell], params).unwrap();
    let mut text = Vec::new();
    render(&report, Format::Table, Layout::default(), &mut text).unwrap();
    let expect = "\
security: openssl-3 for shell-1, in wave 2: 5 derivations rebuilt in 18.5 min, 4 of them for it
 way            fixed after  all built after  builds now  time now  of them locked  added to a later wave  time in all
 graft             10.1 min                            1  10.0 min                             4 (wave 3)     26.5 min
 current wave      15.5 min         17.0 min           4  18.0 min               2                            18.0 min
 parallel wave     15.5 min         17.0 min           5  18.5 min                             4 (wave 3)     35.0 min
 overlay           16.5 min                            0         0                             4 (wave 3)     16.5 min

graft: 2 paths to rewrite, 381.47 MiB, their references are known; 1 derivation built with it and referring to nothing of it may have its code in itself: static-tool-1
overlay: each user builds 4 derivations, 16.5 min one after another
";
    assert_eq!(String::from_utf8(text).unwrap(), expect);
    let blind = security_ways(&graph, &[openssl], &[shell], SecurityParams { references: &[], ..params }).unwrap();
    let graft = way(&blind, WayKind::Graft).rewrites.as_ref().unwrap();
    assert_eq!((graft.paths, graft.known, graft.built_in), (3, 0, 0));
    let none = security_ways(&graph, &[other], &[shell], params).unwrap();
    assert!(!none.affected && none.ways.iter().all(|way| way.target_hours == 0.0), "{none:?}");
    assert_eq!(none.notes, ["the target is not rebuilt by this bump: it does not depend on it"]);
    let quiet = security_ways(&graph, &[openssl], &[tool], params).unwrap();
    assert_eq!(
        quiet.notes,
        ["nothing that the target needs at run time refers to what is bumped: a graft changes nothing"]
    );
    for (format, rows) in [(Format::Csv, 5), (Format::Markdown, 11)] {
        let mut text = Vec::new();
        render(&report, format, Layout::default(), &mut text).unwrap();
        assert_eq!(String::from_utf8(text).unwrap().lines().count(), rows, "{format:?}");
    }
    let farm = Farm::parse("[[machine]]\nname = 'a'\nsystems = ['aarch64-linux']", Path::new("farm")).unwrap();
    let elsewhere = SecurityParams { farm: Some((&farm, Scheduler::Longest)), ..params };
    let report = security_ways(&graph, &[openssl], &[shell], elsewhere).unwrap();
    assert_eq!(report.notes, ["no machine builds for x86_64-linux: times are those of the longest chains"]);
    same(way(&report, WayKind::ParallelWave).target_hours, 930_000, "the longest chain");
}
