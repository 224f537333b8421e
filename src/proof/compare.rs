//! Evidence from what is already there: no Nix is run.

use std::collections::{BTreeMap, BTreeSet};
use std::path::Path;

use super::counterfactual::{Index, Package, Without};
use super::pairs::Pairs;
use super::texts::{TextSources, Texts};
use crate::graph::{AttributeId, Graph, NodeId};
use crate::ingest::IngestError;
use crate::verdict::{Evidence, EvidenceFile, Failure, Variant};

/// What comparing gave.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Compared {
    /// The evidence and the failures.
    pub file: EvidenceFile,
    /// How many attributes were compared, with and without evidence.
    pub probed: usize,
}

/// Compares pairs in the closure that their packages are of. `pairs_file` holds the derivations without
/// checks that the closure does not have; `sources` tells where the texts of the closure's derivations
/// are.
///
/// # Errors
/// When a text cannot be read.
pub fn compare_pairs(
    graph: &Graph,
    pairs: &Pairs,
    pairs_file: Option<&Path>,
    sources: &TextSources,
) -> Result<Compared, IngestError> {
    let index = Index::new(graph);
    let outside: Vec<String> =
        pairs.0.values().map(|pair| &pair.without_checks).filter(|path| index.find(path).is_none()).cloned().collect();
    let from_file = TextSources {
        files: pairs_file.map(Path::to_path_buf).into_iter().collect(),
        store_root: sources.store_root.clone(),
    };
    let texts = Texts::read(&from_file, graph.store_dir(), &outside)?;
    let mut packages = Vec::new();
    let mut failures = Vec::new();
    for (attribute, pair) in &pairs.0 {
        let mut fail = |variant, error| failures.push(Failure { attribute: attribute.clone(), variant, error });
        let Some(base) = index.find(&pair.base) else {
            fail(Variant::Package, format!("{} is not in the closure", pair.base));
            continue;
        };
        let node = index.find(&pair.without_checks).map(|node| Without::Node(graph, node));
        let text = || texts.get(&pair.without_checks).map(|text| Without::Text(&pair.without_checks, text));
        match node.or_else(text) {
            Some(without) => packages.push(Package { attribute: attribute.clone(), graph, base, without }),
            None => fail(
                Variant::WithoutChecks,
                format!("{} is neither in the file of pairs nor in the closure", pair.without_checks),
            ),
        }
    }
    // what Nix itself has just made is the package with its checks off, whatever its flags say
    let made_elsewhere = pairs_file.is_some();
    compare(&[graph], packages, failures, graph.store_dir(), sources, &[&texts], made_elsewhere)
}

/// Compares a closure with another one, in which the packages have their checks off, by attribute and
/// system.
///
/// # Errors
/// When a text cannot be read.
pub fn compare_closures(graph: &Graph, other: &Graph, sources: &TextSources) -> Result<Compared, IngestError> {
    let key = |graph: &Graph, attribute: AttributeId| {
        (graph.attribute_name(attribute).to_owned(), graph.attribute_system(attribute).to_owned())
    };
    let others: BTreeMap<_, _> =
        other.attributes().map(|attribute| (key(other, attribute), other.attribute_node(attribute))).collect();
    let mut packages = Vec::new();
    let mut failures = Vec::new();
    for id in graph.attributes() {
        let (attribute, system) = key(graph, id);
        let mut fail = |variant, error: &str| {
            failures.push(Failure { attribute: attribute.clone(), variant, error: error.to_owned() });
        };
        let Some(base) = graph.attribute_node(id) else {
            fail(Variant::Package, "its derivation is not in the closure");
            continue;
        };
        match others.get(&(attribute.clone(), system)) {
            Some(Some(node)) => {
                packages.push(Package { attribute, graph, base, without: Without::Node(other, *node) });
            }
            Some(None) => fail(Variant::WithoutChecks, "its derivation is not in the closure without checks"),
            None => fail(Variant::WithoutChecks, "the closure without checks does not have it"),
        }
    }
    compare(&[graph, other], packages, failures, graph.store_dir(), sources, &[], true)
}

/// How many of the attributes that both have are other packages in one graph than in the pairs, whose
/// derivations are in the other graph: by output paths, for several derivations may make one.
#[must_use]
pub fn differing_packages(closure: &Graph, system: &str, probed: &Graph, pairs: &Pairs) -> usize {
    let index = Index::new(probed);
    let differs = |attribute: &AttributeId| {
        let base = pairs.0.get(closure.attribute_name(*attribute)).and_then(|pair| index.find(&pair.base));
        match (closure.attribute_node(*attribute), base) {
            (Some(one), Some(other)) => !closure.outputs(one).eq(probed.outputs(other)),
            _ => false,
        }
    };
    let of_system = |attribute: &AttributeId| ["", system].contains(&closure.attribute_system(*attribute));
    closure.attributes().filter(of_system).filter(differs).count()
}

/// The nodes of a graph that the packages are.
fn nodes_of(graph: &Graph, packages: &[Package<'_>]) -> Vec<NodeId> {
    let nodes = packages.iter().flat_map(|package| {
        let without = match package.without {
            Without::Node(of, node) => Some((of, node)),
            Without::Text(..) => None,
        };
        [Some((package.graph, package.base)), without]
    });
    let own = nodes.flatten().filter(|(of, _)| std::ptr::eq(*of, graph)).map(|(_, node)| node);
    own.collect::<BTreeSet<_>>().into_iter().collect()
}

/// Compares packages of these graphs; reads the texts of those that lose inputs. With `made_elsewhere`, inputs that vanish
/// while no flag of the checks goes off are no evidence: the derivations differ for another reason.
pub(super) fn compare(
    graphs: &[&Graph],
    packages: Vec<Package<'_>>,
    mut failures: Vec<Failure>,
    store_dir: &str,
    sources: &TextSources,
    texts: &[&Texts],
    made_elsewhere: bool,
) -> Result<Compared, IngestError> {
    let mut probed = packages.len();
    let losing: Vec<Package<'_>> = packages.into_iter().filter(|package| !package.inputs().0.is_empty()).collect();
    let mut kept = Texts::default();
    for graph in graphs {
        kept.join(Texts::kept(graph, &nodes_of(graph, &losing)));
    }
    let wanted: BTreeSet<String> = losing.iter().flat_map(Package::paths).collect();
    let wanted: Vec<String> = wanted.into_iter().filter(|path| kept.get(path).is_none()).collect();
    let mut more = Texts::read(sources, store_dir, &wanted)?;
    more.join(kept);
    let texts: Vec<&Texts> = texts.iter().copied().chain([&more]).collect();
    let mut file = EvidenceFile::default();
    for package in &losing {
        if made_elsewhere && package.switches_checks(&texts) == Some(false) {
            probed -= 1;
            failures.push(Failure {
                attribute: package.attribute.clone(),
                variant: Variant::WithoutChecks,
                error: "it loses inputs, but neither doCheck nor doInstallCheck is on in the one and off in the other"
                    .to_owned(),
            });
            continue;
        }
        match package.compare(&texts) {
            Some(evidence) if evidence.recipe.is_some() => file.evidence.push(Evidence::CheckOnly(evidence)),
            Some(_) => {
                probed -= 1;
                failures.push(Failure {
                    attribute: package.attribute.clone(),
                    variant: Variant::Package,
                    error:
                        "the closure knows its derivation by name and inputs alone, so that its recipe cannot be told"
                            .to_owned(),
                });
            }
            None => {}
        }
    }
    file.failures = failures;
    file.sort();
    Ok(Compared { file, probed })
}
