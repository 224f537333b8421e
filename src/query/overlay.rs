//! Remedies as edits of packages, in the terms of a Nix overlay: which attribute gets which edit.

use std::collections::{BTreeMap, BTreeSet};

use super::attribute_path::{components, interpreter, is_python};
use super::what_if::{Receiver, Remedies, Remedy};
use crate::graph::{AttributeId, EdgeId, Graph, NodeId, RecipeDigest};
use crate::ingest::raw::flag;
use crate::nix::normalise_pname;
use crate::reach::Treatment;
use crate::role::DependencyList;
use crate::verdict::Verdict;

/// The edits of an overlay, by the set that they are made in.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Overlay {
    /// The edits, by place and name.
    pub edits: BTreeMap<(Place, String), PackageEdits>,
    /// What the overlay cannot do; sorted.
    pub warnings: Vec<String>,
    /// The edges that stay in spite of the overlay, each told in a warning; sorted.
    pub left: Vec<EdgeId>,
    /// The receivers that the overlay does not give their input, each told in a warning; sorted.
    pub unserved: Vec<Receiver>,
}

/// The set of packages in which an edit is made.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub enum Place {
    /// The whole set.
    Top,
    /// A set within it, by its path.
    Set(Vec<String>),
    /// The packages of all python interpreters.
    Python,
}

/// The edits of one attribute.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct PackageEdits {
    /// Where the package is defined (`meta.position`), where that is known.
    pub positions: BTreeSet<String>,
    /// What is done, for people.
    pub comments: BTreeSet<String>,
    /// Attributes of other instances of the package, which the overlay changes where it is applied to
    /// the sets that make them.
    pub instances: BTreeSet<String>,
    /// Instances without an attribute (stages of a bootstrap).
    pub unnamed_instances: usize,
    /// What is done, by the interpreter's version (`3.11`); none: whatever it is.
    pub by_interpreter: BTreeMap<Option<String>, Steps>,
}

/// What is done to a package, in this order.
#[derive(Debug, Clone, Default, PartialEq, Eq, PartialOrd, Ord)]
pub struct Steps {
    /// Inputs that leave lists.
    pub removed: BTreeMap<String, BTreeSet<Wanted>>,
    /// Inputs that a list gets.
    pub added: BTreeMap<String, BTreeSet<Reference>>,
    /// Whether the tests move to a derivation of their own.
    pub detached: bool,
    /// Inputs that leave lists, but for those of the tests' derivation.
    pub moved: BTreeMap<String, BTreeSet<Wanted>>,
    /// Inputs that leave the lists of the inner build for those of the wrapper.
    pub split: BTreeMap<String, BTreeSet<Wanted>>,
}

impl Steps {
    /// Whether all of `other` is done here too.
    fn covers(&self, other: &Self) -> bool {
        fn within<T: Ord>(some: &BTreeMap<String, BTreeSet<T>>, all: &BTreeMap<String, BTreeSet<T>>) -> bool {
            some.iter().all(|(list, items)| all.get(list).is_some_and(|known| known.is_superset(items)))
        }
        within(&other.removed, &self.removed)
            && within(&other.added, &self.added)
            && within(&other.split, &self.split)
            && within(&other.moved, &self.moved)
            && (self.detached || !other.detached)
    }

    fn extend(&mut self, other: Self) {
        fn join<T: Ord>(into: &mut BTreeMap<String, BTreeSet<T>>, from: BTreeMap<String, BTreeSet<T>>) {
            from.into_iter().for_each(|(list, items)| into.entry(list).or_default().extend(items));
        }
        join(&mut self.removed, other.removed);
        join(&mut self.added, other.added);
        join(&mut self.split, other.split);
        join(&mut self.moved, other.moved);
        self.detached |= other.detached;
    }
}

/// Whether an input has to leave its lists for tests to be detached with it: what is no check input stays
/// when checks are off.
fn moves(remedy: &Remedy) -> bool {
    let checks = remedy.shown && remedy.verdict == Verdict::TestOnly;
    remedy.treatment == Treatment::Detach && !checks
}

/// How an overlay knows an input in a list.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub enum Wanted {
    /// By its pname (a file: by its name).
    Name(String),
    /// As this very package: the consumer has another input of the name.
    Package(Reference),
}

/// A package, by its attribute path in the whole set.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub struct Reference(pub Vec<String>);

/// Writes remedies as edits of packages.
///
/// An edit is made wherever an attribute names the consumer, for an overlay cannot know which of two
/// names is the other's alias; made twice it changes nothing. Other instances of one definition
/// (`pkgsi686Linux.zlib` beside `zlib`) are left to the edit of the plain attribute when that does as
/// much: overlays apply to them as well. An input is known by its name; where the consumer has another
/// input of this name that stays, by its attribute. O(remedies + attributes).
///
/// What it cannot do: what stands outside the dependency lists (a path in a phase or a flag) stays, and
/// what no attribute names cannot be edited; both are told, in warnings and in [`Overlay::left`]. Not
/// told: a closure may know a package by an alias alone (nix-env lists one name of each), and an
/// edit of an alias leaves those alone that use the other name. It does too much where the remedies
/// are for some systems or some instances only: an edit is made wherever the overlay applies.
#[must_use]
pub fn overlay(graph: &Graph, remedies: &Remedies) -> Overlay {
    let names = Names::new(graph);
    let mut work: BTreeMap<NodeId, Work> = BTreeMap::new();
    let mut overlay = Overlay::default();
    let treated: BTreeSet<EdgeId> = remedies.remedies.iter().map(|remedy| remedy.edge).collect();
    for remedy in &remedies.remedies {
        names.plan(remedy, &treated, &mut work, &mut overlay);
    }
    let mut fetchers: BTreeMap<NodeId, u64> = BTreeMap::new();
    for &receiver in &remedies.receivers {
        if graph.is_fixed(receiver.node) {
            overlay.unserved.push(receiver);
            *fetchers.entry(receiver.input).or_default() += 1;
        } else {
            names.serve(receiver, &mut work, &mut overlay);
        }
    }
    for (input, count) in fetchers {
        let input = graph.name(input);
        let warning = format!("fixed-output derivations that no longer see {input}, and are not edited: {count}");
        overlay.warnings.push(warning);
    }
    if remedies.content_addressed {
        overlay.warnings.push(
            "'ca' is a setting of the whole set and edits no package; 'impact --what-if ca' tells what it saves"
                .to_owned(),
        );
    }
    // the plain attributes first, for other instances are left to them
    let mut unnamed = Vec::new();
    let mut paths = Vec::new();
    for (&node, work) in &work {
        let named = names.paths(node);
        if named.is_empty() {
            unnamed.push((node, work));
        }
        paths.extend(named.into_iter().map(|path| (path, node, work)));
    }
    paths.sort_by(|(a, ..), (b, ..)| (a.parts.len(), &a.parts).cmp(&(b.parts.len(), &b.parts)));
    for (path, node, work) in paths {
        match names.plainer(&path, node, &work.steps, &overlay) {
            Some(edits) => _ = overlay.edits.entry(edits).or_default().instances.insert(path.parts.join(".")),
            None => overlay.add(path, work),
        }
    }
    for (node, work) in unnamed {
        names.unnamed(node, work, &mut overlay);
    }
    overlay.warnings.extend(remedies.remedies.iter().filter_map(|remedy| remedy.warning(graph)));
    overlay.warnings.sort();
    overlay.warnings.dedup();
    overlay.left.sort_unstable();
    overlay.left.dedup();
    overlay.unserved.sort_unstable();
    overlay
}

/// What is to be done to one derivation.
#[derive(Debug, Default)]
struct Work {
    steps: Steps,
    comments: BTreeSet<String>,
    edges: Vec<EdgeId>,
    receivers: Vec<Receiver>,
}

/// An attribute as a place and a name.
struct Path {
    parts: Vec<String>,
    place: Place,
    name: String,
    /// The version of the interpreter whose packages these are.
    interpreter: Option<String>,
    position: String,
}

impl Overlay {
    fn add(&mut self, path: Path, work: &Work) {
        let edits = self.edits.entry((path.place, path.name)).or_default();
        if !path.position.is_empty() {
            edits.positions.insert(path.position);
        }
        edits.comments.extend(work.comments.iter().cloned());
        edits.by_interpreter.entry(path.interpreter).or_default().extend(work.steps.clone());
    }

    fn warn(&mut self, edge: EdgeId, warning: String) {
        self.left.push(edge);
        self.warnings.push(warning);
    }
}

/// Name and pname; where there is no version, the recipe too (37 set-up hooks of 2018 are called just
/// `hook`).
type Likeness<'g> = (&'g str, &'g str, Option<RecipeDigest>);

fn likeness(graph: &Graph, node: NodeId) -> Likeness<'_> {
    let recipe = graph.version(node).is_empty().then(|| graph.recipe(node));
    (graph.name(node), graph.pname(node), recipe)
}

/// The graph, and which derivations are made alike.
struct Names<'g> {
    graph: &'g Graph,
    /// Derivations that attributes name, by what instances of a definition have in common.
    alike: BTreeMap<Likeness<'g>, Vec<NodeId>>,
}

impl<'g> Names<'g> {
    fn new(graph: &'g Graph) -> Self {
        let mut alike: BTreeMap<_, Vec<NodeId>> = BTreeMap::new();
        for node in graph.attributes().filter_map(|attribute| graph.attribute_node(attribute)) {
            alike.entry(likeness(graph, node)).or_default().push(node);
        }
        for nodes in alike.values_mut() {
            nodes.sort_unstable();
            nodes.dedup();
        }
        Self { graph, alike }
    }

    fn instances(&self, node: NodeId) -> &[NodeId] {
        self.alike.get(&likeness(self.graph, node)).map_or(&[], Vec::as_slice)
    }

    /// By what an overlay knows this input.
    fn name(&self, input: NodeId) -> &'g str {
        let pname = self.graph.pname(input);
        if pname.is_empty() { self.graph.name(input) } else { pname }
    }

    /// Adds what a remedy does to the work on its consumer and its receivers.
    fn plan(
        &self,
        remedy: &Remedy,
        treated: &BTreeSet<EdgeId>,
        work: &mut BTreeMap<NodeId, Work>,
        overlay: &mut Overlay,
    ) {
        let graph = self.graph;
        let (consumer, input) = (graph.name(remedy.consumer), graph.name(remedy.input));
        let mut lists: BTreeSet<&str> = BTreeSet::new();
        let mut texts: BTreeSet<&str> = BTreeSet::new();
        for key in graph.mentions(remedy.edge) {
            match DependencyList::of_key(key) {
                Some(list) => lists.insert(list.key()),
                None => texts.insert(key),
            };
        }
        if graph.flags(remedy.consumer) & flag::NO_RECIPE != 0 {
            return overlay.warn(
                remedy.edge,
                format!(
                    "of {consumer} nothing but name and inputs is known, so {input} stays; give its derivation too"
                ),
            );
        }
        if !texts.is_empty() || lists.is_empty() {
            let texts =
                if texts.is_empty() { "no list".to_owned() } else { texts.into_iter().collect::<Vec<_>>().join(", ") };
            overlay.warn(
                remedy.edge,
                format!("{consumer} names {input} in {texts}: that is not edited, so the input stays"),
            );
            // a wrapper around a build that still has the input would be of no use, nor tests beside it
            if lists.is_empty() || remedy.treatment == Treatment::Split || moves(remedy) {
                return;
            }
        }
        let wanted = match self.wanted(remedy, treated) {
            Ok(wanted) => wanted,
            Err(why) => return overlay.warn(remedy.edge, why),
        };
        let planned = work.entry(remedy.consumer).or_default();
        planned.edges.push(remedy.edge);
        let from = lists.iter().copied().collect::<Vec<_>>().join(", ");
        match remedy.treatment {
            Treatment::Drop => {
                planned.comments.insert(format!("drop {input} from {from}"));
                for list in &lists {
                    planned.steps.removed.entry((*list).to_owned()).or_default().insert(wanted.clone());
                }
            }
            Treatment::Detach => {
                planned.comments.insert(format!("detach the tests, and with them {input}"));
                planned.steps.detached = true;
                if moves(remedy) {
                    for list in &lists {
                        planned.steps.moved.entry((*list).to_owned()).or_default().insert(wanted.clone());
                    }
                }
            }
            Treatment::Split => {
                planned.comments.insert(format!("split: {input} (of {from}) in a wrapper"));
                for list in &lists {
                    planned.steps.split.entry((*list).to_owned()).or_default().insert(wanted.clone());
                }
            }
        }
    }

    /// Adds what a receiver gets to the work on it.
    fn serve(&self, receiver: Receiver, work: &mut BTreeMap<NodeId, Work>, overlay: &mut Overlay) {
        let (name, input) = (self.graph.name(receiver.node), self.graph.name(receiver.input));
        let Some(reference) = self.reference_for(receiver.node, receiver.input) else {
            overlay.unserved.push(receiver);
            overlay.warnings.push(format!("no attribute names {input}, which {name} should get by itself"));
            return;
        };
        let list = receiver.list.key();
        let planned = work.entry(receiver.node).or_default();
        planned.receivers.push(receiver);
        planned.comments.insert(format!("add {input} to {list}, for nothing propagates it any more"));
        planned.steps.added.entry(list.to_owned()).or_default().insert(reference);
    }

    /// How the input is known in the lists of its consumer.
    fn wanted(&self, remedy: &Remedy, treated: &BTreeSet<EdgeId>) -> Result<Wanted, String> {
        let name = self.name(remedy.input);
        let stays = self.graph.input_edges(remedy.consumer).find(|&(edge, other)| {
            !treated.contains(&edge)
                && self.name(other) == name
                && self.graph.mentions(edge).any(|key| DependencyList::of_key(key).is_some())
        });
        if stays.is_none() {
            return Ok(Wanted::Name(name.to_owned()));
        }
        self.reference(remedy.input).map(Wanted::Package).ok_or_else(|| {
            format!(
                "{} has two inputs called {name}, and no attribute names the one to take out",
                self.graph.name(remedy.consumer)
            )
        })
    }

    /// The attribute by which an edit of `receiver` names this package. Where no attribute names it
    /// on its system (the other half of an i686 package), it is named as its like, which is right
    /// within the edit of the receiver's like.
    fn reference_for(&self, receiver: NodeId, node: NodeId) -> Option<Reference> {
        self.reference(node).or_else(|| {
            let plain = |&other: &NodeId| self.paths(other).iter().any(|path| path.place == Place::Top);
            let alike = self.instances(receiver);
            let named = self.graph.attributes_of(receiver).len() > 0;
            let here = self.graph.system(receiver) == self.graph.system(node);
            let edited = if named { alike.iter().any(plain) } else { !alike.is_empty() };
            self.instances(node).iter().filter(|_| here && edited).find_map(|&other| self.reference(other))
        })
    }

    /// The attribute by which an overlay names this package: of those that name it or its like on
    /// this system, the plainest.
    fn reference(&self, node: NodeId) -> Option<Reference> {
        let graph = self.graph;
        let alike = self.instances(node).iter().filter(|&&other| graph.system(other) == graph.system(node));
        let attributes = alike.flat_map(|&other| graph.attributes_of(other).map(move |attribute| (other, attribute)));
        let own: BTreeSet<String> = self.paths(node).into_iter().map(|path| path.name).collect();
        let paths = attributes.filter_map(|(other, attribute)| {
            let path = components(graph.attribute_name(attribute))?;
            // `m4` rather than `bootstrap.stage1.m4`, which that stage may lack; a variant of another
            // name is another package
            let class = match (other == node, path.len() == 1) {
                (true, true) => 0,
                (false, true) if own.contains(&path[0]) => 1,
                (true, false) => 2,
                (false, true) => 3,
                (false, false) => 4,
            };
            let named_so = normalise_pname(path.last()?) == normalise_pname(graph.pname(node));
            Some((class, path.len(), !named_so, path))
        });
        paths.min().map(|(.., path)| Reference(path))
    }

    /// The edits of a plainer attribute (`zlib` for `pkgsi686Linux.zlib`) that do as much, where that
    /// names another instance.
    fn plainer(&self, path: &Path, node: NodeId, steps: &Steps, overlay: &Overlay) -> Option<(Place, String)> {
        (1..path.parts.len()).find_map(|skipped| {
            let parts = &path.parts[skipped..];
            let named = self.graph.find_attribute(&parts.join(".")).map(|at| AttributeId(at as u32));
            let mut named = named.filter_map(|attribute| self.graph.attribute_node(attribute));
            let other = named.find(|&other| other != node && self.instances(node).contains(&other))?;
            let plainer = self.path(parts.to_vec(), other)?;
            let key = (plainer.place, plainer.name);
            overlay.edits.get(&key)?.by_interpreter.get(&plainer.interpreter)?.covers(steps).then_some(key)
        })
    }

    fn path(&self, mut parts: Vec<String>, node: NodeId) -> Option<Path> {
        let all = parts.clone();
        let name = parts.pop()?;
        let (place, interpreter) = match parts.as_slice() {
            [] => (Place::Top, None),
            [packages] if is_python(packages) => (Place::Python, interpreter(packages, self.graph.name(node))),
            _ => (Place::Set(parts), None),
        };
        Some(Path { parts: all, place, name, interpreter, position: String::new() })
    }

    fn paths(&self, node: NodeId) -> Vec<Path> {
        let graph = self.graph;
        let path = |attribute| {
            let path = self.path(components(graph.attribute_name(attribute))?, node)?;
            Some(Path { position: graph.attribute_position(attribute).to_owned(), ..path })
        };
        graph.attributes_of(node).filter_map(path).collect()
    }

    /// A derivation that no attribute names: an edit of its like changes it too, if there is one.
    fn unnamed(&self, node: NodeId, work: &Work, overlay: &mut Overlay) {
        let like = self.instances(node).iter().flat_map(|&other| self.paths(other)).find_map(|path| {
            let key = (path.place, path.name);
            let steps = overlay.edits.get(&key)?.by_interpreter.get(&path.interpreter)?;
            steps.covers(&work.steps).then_some(key)
        });
        if let Some(edits) = like.and_then(|key| overlay.edits.get_mut(&key)) {
            edits.unnamed_instances += 1;
            return;
        }
        let path = self.graph.path(node);
        let warning = format!("no attribute names {path}, so no overlay can change it");
        overlay.left.extend(&work.edges);
        overlay.unserved.extend(&work.receivers);
        overlay.warnings.push(warning);
    }
}
