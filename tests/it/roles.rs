//! Roles and effective inputs, on closures made by hand and by chance.

use std::collections::{BTreeMap, BTreeSet};

use nix_ripple::graph::{EdgeId, Graph, NodeId};
use nix_ripple::role::{DependencyList, EffectiveInputs, Role, RoleSet};

use crate::needs;
use crate::support::{self, Chance, Recipe, testdata};

/// Every edge has a role, and none is `unattributed`.
fn all_attributed(graph: &Graph) -> usize {
    let mut edges = 0;
    for node in graph.nodes() {
        for (edge, input) in graph.input_edges(node) {
            let roles = RoleSet::of_edge(graph, edge);
            assert!(
                !roles.0.is_empty() && !roles.0.contains(&Role::Unattributed),
                "{} is named nowhere in {}",
                graph.name(input),
                graph.name(node)
            );
            // a mention names an output that is used, or the thing itself
            for (key, output) in graph.mention_pairs(edge) {
                let used = graph.used_outputs(edge).any(|used| used == output);
                assert!(!key.is_empty() && (used || output.is_empty()), "{}: {key} names {output}", graph.name(node));
            }
            edges += 1;
        }
    }
    edges
}

#[test]
fn every_edge_of_minipkgs_has_a_role() {
    assert!(all_attributed(&support::graph(&[testdata("minipkgs/drvs")])) > 10_000);
}

#[test]
fn every_edge_of_2018_has_a_role() {
    let Some(data) = needs::shared() else { return };
    assert_eq!(all_attributed(&support::graph(&[data.join("nixpkgs-2018.json.zst")])), 355_426);
}

/// A package as a build sees it, beside the recipe that says so.
#[derive(Default)]
struct Package {
    outputs: Vec<String>,
    /// Key to the paths in it.
    lists: BTreeMap<&'static str, Vec<String>>,
    propagates: bool,
}

/// Packages that list some of those before them, by chance, in any list and by any output.
fn random_packages(chance: &mut Chance, count: usize) -> (Vec<Recipe>, Vec<Package>) {
    let stdenv = Recipe::new(1, "stdenv");
    let mut recipes = vec![stdenv.clone()];
    let mut packages = vec![Package::default()];
    for number in 0..count {
        let mut recipe = Recipe::new(number + 2, &format!("p{number}-1"));
        let all: [&[&str]; 4] = [&["out"], &["out", "dev"], &["bin", "dev", "lib", "out"], &["lib", "man"]];
        recipe = recipe.outputs(all[chance.below(4)]);
        let in_stdenv = chance.below(8) > 0;
        if in_stdenv {
            recipe = recipe.input(&stdenv, "stdenv");
        }
        let mut lists: BTreeMap<&'static str, Vec<String>> = BTreeMap::new();
        for _ in 0..chance.below(6) {
            if recipes.len() < 2 {
                break;
            }
            let input = recipes[1 + chance.below(recipes.len() - 1)].clone();
            let output = chance.pick(&input.outputs).clone();
            match recipe.inputs.iter_mut().find(|(path, _)| *path == input.path()) {
                Some((_, used)) if used.contains(&output) => {}
                Some((_, used)) => {
                    used.push(output.clone());
                    used.sort();
                }
                None => recipe.inputs.push((input.path(), vec![output.clone()])),
            }
            let list = chance.pick(&DependencyList::ALL).key();
            lists.entry(list).or_default().push(input.output_path(&output));
        }
        let phases = match chance.below(6) {
            0 => Some("unpackPhase installPhase"),
            1 => Some("installPhase fixupPhase"),
            2 => Some("text:0123456789"),
            _ => None,
        };
        recipe.env.extend(phases.map(|phases| ("phases".to_owned(), phases.to_owned())));
        recipe.env.extend(lists.iter().map(|(key, paths)| ((*key).to_owned(), paths.join(" "))));
        packages.push(Package {
            outputs: recipe.outputs.clone(),
            lists,
            propagates: in_stdenv && phases != Some("unpackPhase installPhase"),
        });
        recipes.push(recipe);
    }
    (recipes, packages)
}

type Seen = BTreeSet<(String, i8, i8)>;

/// Consumer and input, by their numbers.
type Without = BTreeSet<(usize, usize)>;

/// `findInputs` of the set-up script, word for word, by paths.
fn find_inputs(
    packages: &BTreeMap<String, (usize, String)>,
    all: &[Package],
    recipes: &[Recipe],
    (path, host, target): (String, i8, i8),
    without: &Without,
    (seen, links): (&mut Seen, &mut Without),
) {
    if !seen.insert((path.clone(), host, target)) {
        return;
    }
    let (number, output) = &packages[&path];
    let package = &all[*number];
    let first = |wanted: [&str; 2]| {
        let found = wanted.into_iter().find(|wanted| package.outputs.iter().any(|output| output == wanted));
        found.map_or_else(|| package.outputs.iter().min().unwrap().clone(), str::to_owned)
    };
    let dev = first(["dev", "out"]);
    if *output != dev || !package.propagates {
        return;
    }
    let map = |offset: i8| if offset <= 0 { offset + host } else { offset - 1 + target };
    for list in DependencyList::ALL.into_iter().filter(|list| list.is_propagated()) {
        let (next_host, next_target) = (map(list.offsets().host), map(list.offsets().target));
        if !(-1..=1).contains(&next_host) || !(-1..=1).contains(&next_target) {
            continue;
        }
        let mut file: Vec<String> = package.lists.get(list.key()).cloned().unwrap_or_default();
        file.retain(|path| !without.contains(&(*number, packages[path].0)));
        if list == DependencyList::PropagatedBuildInputs {
            let siblings = [first(["bin", "out"]), first(["lib", "out"])];
            file.extend(siblings.into_iter().filter(|output| *output != dev).map(|o| recipes[*number].output_path(&o)));
        }
        for path in file {
            links.insert((*number, packages[&path].0));
            find_inputs(packages, all, recipes, (path, next_host, next_target), without, (&mut *seen, &mut *links));
        }
    }
}

fn seen_by(
    consumer: usize,
    packages: &BTreeMap<String, (usize, String)>,
    all: &[Package],
    recipes: &[Recipe],
    taken: &Without,
    without: &Without,
) -> (Seen, Without) {
    let mut seen = Seen::new();
    // carrier and carried
    let mut links = Without::new();
    for list in DependencyList::ALL {
        let own = all[consumer].lists.get(list.key()).into_iter().flatten();
        for path in own.filter(|path| !taken.contains(&(consumer, packages[*path].0))) {
            let start = (path.clone(), list.offsets().host, list.offsets().target);
            find_inputs(packages, all, recipes, start, without, (&mut seen, &mut links));
        }
    }
    (seen, links)
}

#[test]
fn effective_inputs_are_those_of_the_set_up_script() {
    let mut chance = Chance(0x5eed);
    let (mut carried, mut received) = (0, 0);
    let none = Without::new();
    for _ in 0..60 {
        let (recipes, all) = random_packages(&mut chance, 14);
        let folder = support::folder(&recipes);
        let graph = support::graph(&[folder.path()]);
        let effective = EffectiveInputs::new(&graph);
        let node_of = |name: &str| graph.nodes().find(|&node| graph.name(node) == name);
        let mut packages = BTreeMap::new();
        for (number, recipe) in recipes.iter().enumerate() {
            for output in &recipe.outputs {
                packages.insert(recipe.output_path(output), (number, output.clone()));
            }
        }
        let path = |node: NodeId, output: &str| {
            let digest = graph.outputs(node).find(|(name, _)| *name == output).map(|(_, digest)| digest);
            graph.output_path(node, output, digest.unwrap())
        };
        for (number, recipe) in recipes.iter().enumerate().skip(1) {
            let node = node_of(&recipe.name).unwrap();
            let (expected, _) = seen_by(number, &packages, &all, &recipes, &none, &none);
            let found = effective.of(node);
            let said: Seen = found
                .iter()
                .map(|input| (path(input.node, input.output), input.offsets.host, input.offsets.target))
                .collect();
            assert_eq!(said, expected, "{}", recipe.name);
            assert_eq!(found.len(), said.len(), "each once");
            // every chain is one: its first link is listed, each further one is propagated by the one before
            let links = effective.links(node);
            for input in found.iter().filter(|input| !input.chain.is_empty()) {
                carried += 1;
                assert!(found.iter().any(|own| own.node == input.chain[0] && own.chain.is_empty()));
                let steps: Vec<NodeId> = input.chain.iter().copied().chain([input.node]).collect();
                assert!(steps.windows(2).all(|pair| links.contains(&(pair[0], pair[1]))), "{steps:?}");
            }
        }
        // receivers: those that see less without the edges, but for what they lose with their own
        let number = |node: NodeId| recipes.iter().position(|recipe| recipe.name == graph.name(node)).unwrap();
        let alone = (0..graph.edge_count() as u32).map(|edge| BTreeSet::from([EdgeId(edge)]));
        let some = |_| (0..2 + chance.below(4)).map(|_| EdgeId(chance.below(graph.edge_count()) as u32)).collect();
        for edges in alone.chain((0..20).map(some)).collect::<Vec<BTreeSet<EdgeId>>>() {
            let pairs: Without =
                edges.iter().map(|&edge| (number(graph.edge_consumer(edge)), number(graph.edge_input(edge)))).collect();
            let mut expected = BTreeSet::new();
            for consumer in 0..recipes.len() {
                let (before, links) = seen_by(consumer, &packages, &all, &recipes, &pairs, &none);
                let (after, _) = seen_by(consumer, &packages, &all, &recipes, &pairs, &pairs);
                for (path, host, target) in before.difference(&after) {
                    let input = packages[path].0;
                    // one of the edges brought it here, whatever else falls away with the others
                    if !pairs.iter().any(|pair| pair.1 == input && links.contains(pair)) {
                        continue;
                    }
                    let list = DependencyList::ALL[..6]
                        .iter()
                        .find(|list| (list.offsets().host, list.offsets().target) == (*host, *target));
                    let node = |number: usize| node_of(&recipes[number].name).unwrap();
                    expected.insert((node(input), node(consumer), *list.unwrap()));
                }
            }
            received += expected.len();
            assert_eq!(effective.receivers(&edges), expected, "{pairs:?}");
        }
    }
    assert!(carried > 500 && received > 200, "{carried} {received}");
}
