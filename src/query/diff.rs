//! What changed between two evaluations, and which edit causes which part of it.

mod answer;
mod attributes;
mod causes;
mod compared;
mod judgement;
mod label;
mod listed;
mod matching;
mod notes;
mod owners;
mod people;
mod redirected;
mod spurious;
mod told;
mod variables;
mod words;

use std::collections::{BTreeMap, BTreeSet};

use rayon::prelude::*;

use self::attributes::{AttributeChanges, attribute_changes, names, rebuilt_counts, renamed};
use self::causes::{Edit, Edits, Origin};
use self::compared::Compared;
use super::cost_report::{CostParams, CostReport};
use super::impact::DistanceCount;
use super::labels::{branch, kernel_of, labels, rebuilds_nixos_tests};
use super::remaining::Remaining;
use super::{Needless, REPORT_VERSION};
use crate::cost::Costs;
use crate::graph::{AttributeId, Graph, NodeId};
use crate::ingest::Maintainers;
use crate::proof::Texts;
use crate::reach::{Blame, Takers};

pub use answer::{
    Cause, CauseKind, Change, ChangeKind, Counted, DiffCounts, DiffReport, FailingAttribute, HoursWeight, Judgement,
    OwnPullRequest, People, Person, RebuiltCounts, Redirected, Renamed, Root, Side, Weight,
};
pub use owners::{OwnerRules, OwnersError};
pub use people::{Touched, people};
pub use spurious::{Judged, SpuriousChanges, SpuriousInput};

/// How many instances of an edit are looked at for what changed; they change alike.
const INSTANCES: usize = 16;

/// How many causes get their distances, those with the largest shares first.
const WITH_DISTANCES: usize = 1_000;

/// How many names of what takes an edit up are given.
const USED_BY: usize = 5;

/// Two evaluations, compared.
#[derive(Debug)]
pub struct Diff<'g> {
    compared: Compared<'g>,
    attributes: AttributeChanges,
    edits: Edits,
    /// New derivations with a new output path that are not fixed-output; ascending.
    built: Vec<NodeId>,
    /// Likewise those that are.
    fetched: Vec<NodeId>,
}

impl<'g> Diff<'g> {
    /// Compares two evaluations: finds the counterparts of derivations, what is rebuilt, and the edits that
    /// cause it. Linear in nodes, edges, attributes, and the mentions of what changed.
    #[must_use]
    pub fn of(old: &'g Graph, new: &'g Graph) -> Self {
        let compared = Compared::of(old, new);
        let attributes = attribute_changes(&compared);
        let edits = Edits::of(&compared, &attributes.rebuilt);
        let is_new = |node: &NodeId| new.is_derivation(*node) && compared.is_new.contains(node.index());
        let (fetched, built) = new.nodes().filter(is_new).partition(|&node| new.is_fixed(node));
        Self { compared, attributes, edits, built, fetched }
    }

    /// The derivations whose texts tell what changed, on the old side and on the new one; ascending.
    #[must_use]
    pub fn wanted_texts(&self) -> [Vec<NodeId>; 2] {
        let mut wanted = [BTreeSet::new(), BTreeSet::new()];
        for edit in &self.edits.edits {
            for (old, new) in self.pairs(edit) {
                if self.compared.old.is_derivation(old) {
                    wanted[0].insert(old);
                    wanted[1].insert(new);
                }
            }
        }
        wanted.map(|nodes| nodes.into_iter().collect())
    }

    /// The new nodes at which all changes begin: a bump of these rebuilds what the diff rebuilds.
    #[must_use]
    pub fn bumped(&self) -> Vec<NodeId> {
        let compared = &self.compared;
        let edited = compared.edited.ones().filter_map(|at| compared.matching.now(NodeId(at as u32)));
        let edited = edited.filter(|node| compared.is_new.contains(node.index()));
        let added = compared.new.nodes().filter(|&node| compared.matching.was(node).is_none());
        let added = added.filter(|node| compared.is_new.contains(node.index()));
        edited.chain(added).collect::<BTreeSet<_>>().into_iter().collect()
    }

    /// Whom the change concerns: who stands behind rebuilt attributes and those of `causes`, by what the
    /// evaluations say of them, by a file, and by an owner's map.
    #[must_use]
    pub fn people(&self, causes: &[Cause], stated: &Maintainers, rules: Option<&OwnerRules>) -> Option<People> {
        let new = self.compared.new;
        let edited: BTreeSet<&str> = causes.iter().flat_map(|cause| &cause.attributes).map(String::as_str).collect();
        let rebuilt: BTreeSet<AttributeId> = self.attributes.rebuilt.iter().copied().collect();
        let touched = new.attributes().filter_map(|attribute| {
            let name = new.attribute_name(attribute);
            let (rebuilt, edited) = (rebuilt.contains(&attribute), edited.contains(name));
            let position = new.attribute_position(attribute);
            (rebuilt || edited).then(|| Touched {
                attribute: name,
                rebuilt,
                edited,
                position: (!position.is_empty()).then_some(position),
                maintainers: new.maintainers(attribute).collect(),
                teams: new.teams(attribute).collect(),
            })
        });
        people(touched, stated, rules)
    }

    /// The old and new nodes of an edit's instances, the first few.
    fn pairs(&self, edit: &Edit) -> impl Iterator<Item = (NodeId, NodeId)> {
        let pair = |origin: &Origin| match *origin {
            Origin::Edited(old) => Some((old, self.compared.matching.now(old)?)),
            Origin::Added(_) | Origin::Named(_) => None,
        };
        edit.origins.iter().filter_map(pair).take(INSTANCES)
    }

    /// The whole answer. `sides` are what the user calls them, `texts` hold what [`Diff::wanted_texts`]
    /// asks for, as far as it is at hand; `needless` is what evidence says of [`Diff::bumped`]; `price` tells the
    /// costs of the new side, where they are asked for.
    ///
    /// Linear, but for the causes: 512 at a time in one pass over what changed, besides one step for each
    /// cause of each rebuild.
    #[must_use]
    pub fn report(
        &self,
        sides: [String; 2],
        texts: [&Texts; 2],
        needless: Vec<Needless>,
        price: Option<CostParams<'_>>,
    ) -> DiffReport {
        let (old, new) = (self.compared.old, self.compared.new);
        let rebuilt = rebuilt_counts(new, &self.attributes.rebuilt);
        let has_attributes = old.attribute_count() + new.attribute_count() > 0;
        let (causes, order) = self.causes(has_attributes, texts, price.map(|price| price.costs));
        let stdenv: BTreeSet<String> = self
            .attributes
            .rebuilt
            .iter()
            .filter(|&&attribute| new.attribute_name(attribute) == "stdenv")
            .map(|&attribute| kernel_of(new.attribute_system(attribute)).to_owned())
            .collect();
        let stdenv: Vec<String> = stdenv.into_iter().collect();
        let tests = rebuilds_nixos_tests(rebuilt.list.iter().map(String::as_str));
        let [old_name, new_name] = sides;
        DiffReport {
            version: REPORT_VERSION,
            labels: if has_attributes { labels(&rebuilt.by_kernel, &stdenv, tests) } else { Vec::new() },
            branch: has_attributes.then(|| branch(&rebuilt.by_kernel, tests)),
            old: side(old, old_name),
            new: side(new, new_name),
            changed: names(new, &self.attributes.changed),
            added: names(new, &self.attributes.added),
            removed: names(old, &self.attributes.removed),
            renamed: renamed(&self.compared, &self.attributes),
            failing: self.attributes.failing.clone(),
            derivations: self.counts(),
            cost: price.map(|price| self.cost(price)),
            counted: if has_attributes { Counted::Attributes } else { Counted::Derivations },
            judgement: self.judgement(&causes, &order, &rebuilt, has_attributes),
            redirected: self.redirected(&order, has_attributes),
            needless: needless.into_iter().map(|needless| (needless.grade, needless.savings)).collect(),
            spurious: None,
            people: None,
            notes: self.notes(texts),
            causes,
            rebuilt,
        }
    }

    /// What is built and fetched again costs, all of it new; and what of it, and beside it, must really be built.
    fn cost(&self, price: CostParams<'_>) -> CostReport {
        let new = self.compared.new;
        let made: BTreeSet<NodeId> = self.built.iter().chain(&self.fetched).copied().collect();
        let made = Vec::from_iter(made);
        let mut cost = CostReport::of(new, &made, price);
        cost.to_build = price.cached.map(|cached| {
            let rebuilt = self.attributes.rebuilt.iter().filter_map(|&attribute| new.attribute_node(attribute));
            let wanted: BTreeSet<NodeId> = rebuilt.collect();
            // what no attribute needs is nobody's wish
            let wanted = if wanted.is_empty() { made.clone() } else { Vec::from_iter(wanted) };
            Box::new(Remaining::of_change(new, &made, &cached.to_build(new, &wanted), price))
        });
        cost
    }

    fn counts(&self) -> DiffCounts {
        let (old, new) = (self.compared.old, self.compared.new);
        let mut by_system: BTreeMap<&str, u64> = BTreeMap::new();
        for &node in &self.built {
            *by_system.entry(new.system(node)).or_default() += 1;
        }
        let added = |node: &&NodeId| self.compared.matching.was(**node).is_none();
        let derivations =
            |graph: &'g Graph| graph.nodes().filter(move |&node| graph.is_derivation(node) && !graph.is_missing(node));
        DiffCounts {
            total: self.built.len() as u64,
            of: derivations(new).filter(|&node| !new.is_fixed(node)).count() as u64,
            by_system: by_system
                .into_iter()
                .map(|(system, count)| (if system.is_empty() { "unknown" } else { system }.to_owned(), count))
                .collect(),
            fetched: self.fetched.len() as u64,
            added: self.built.iter().chain(&self.fetched).filter(added).count() as u64,
            removed: derivations(old).filter(|&node| self.compared.matching.now(node).is_none()).count() as u64,
        }
    }

    /// The causes, those with the largest share first, and of each the number of its edit.
    fn causes(&self, has_attributes: bool, texts: [&Texts; 2], costs: Option<&Costs>) -> (Vec<Cause>, Vec<usize>) {
        let count = self.edits.edits.len();
        let influence = &self.edits.influence;
        let units = self.edits.derivation_units(&self.compared, &self.built);
        let derivations = influence.blame(&units, count);
        let times = costs.map(|costs| {
            let millis: Vec<u64> = self.built.iter().map(|&node| costs.time(node).millis).collect();
            influence.blame_weighed(&units, &millis, count)
        });
        let weights = if has_attributes {
            influence.blame(&self.edits.attribute_units(&self.compared, &self.attributes.rebuilt), count)
        } else {
            derivations.clone()
        };
        let mut causes: Vec<(Cause, usize)> = self
            .edits
            .edits
            .par_iter()
            .zip(weights.par_iter().zip(&derivations))
            .enumerate()
            .map(|(at, (edit, (weight, built)))| {
                let time = times.as_ref().and_then(|times| times.get(at));
                (Cause { hours: time.map(HoursWeight::of), ..self.cause(edit, weight, built, texts) }, at)
            })
            // a fetch for nothing that is built, an attribute's own fetch on a side without attributes
            .filter(|(cause, _)| cause.exclusive + cause.shared + cause.built.exclusive + cause.built.shared > 0)
            .collect();
        causes.sort_by(|(one, _), (other, _)| {
            let order = other.share.total_cmp(&one.share).then(other.built.share.total_cmp(&one.built.share));
            order.then_with(|| (&one.name, &one.drv, one.kind).cmp(&(&other.name, &other.drv, other.kind)))
        });
        let takers = influence.takers();
        let built = self.edits.built_vertices(&self.compared, &self.built);
        causes.par_iter_mut().take(WITH_DISTANCES).for_each(|(cause, at)| {
            cause.by_distance = self.distances(&self.edits.edits[*at], &takers, &built);
        });
        causes.into_iter().unzip()
    }

    fn distances(&self, edit: &Edit, takers: &Takers, built: &rustc_hash::FxHashSet<u32>) -> Vec<DistanceCount> {
        let starts = self.edits.starts(&self.compared, edit);
        let mut counts: BTreeMap<u32, u64> = BTreeMap::new();
        for (vertex, distance) in self.edits.influence.distances(takers, &starts) {
            if built.contains(&vertex) {
                *counts.entry(distance).or_default() += 1;
            }
        }
        counts.into_iter().map(|(distance, derivations)| DistanceCount { distance, derivations }).collect()
    }

    fn cause(&self, edit: &Edit, weight: &Blame, built: &Blame, texts: [&Texts; 2]) -> Cause {
        let (old, new) = (self.compared.old, self.compared.new);
        let before = |origin: &Origin| match *origin {
            Origin::Edited(old) => Some(old),
            Origin::Added(_) => None,
            Origin::Named(attribute) => self.compared.matching.was(new.attribute_node(attribute)?),
        };
        let now: Vec<NodeId> = edit.origins.iter().filter_map(|&origin| self.node_of(origin)).collect();
        let principal = now.first().copied();
        let was = edit.origins.first().and_then(before);
        let attributes: BTreeSet<&str> = match edit.kind {
            CauseKind::Named => edit
                .origins
                .iter()
                .filter_map(|origin| match *origin {
                    Origin::Named(attribute) => Some(new.attribute_name(attribute)),
                    Origin::Edited(_) | Origin::Added(_) => None,
                })
                .collect(),
            _ => now.iter().flat_map(|&node| new.attributes_of(node)).map(|id| new.attribute_name(id)).collect(),
        };
        let derivations: BTreeSet<String> = now.iter().map(|&node| new.path(node)).collect();
        let changes = self.changes(edit, texts);
        Cause {
            drv: principal.map(|node| new.path(node)).unwrap_or_default(),
            name: principal.map(|node| new.name(node)).unwrap_or_default().to_owned(),
            old_drv: was.map(|node| old.path(node)),
            old_name: was.map(|node| old.name(node).to_owned()),
            kind: edit.kind,
            derivations: derivations.into_iter().collect(),
            used_by: if attributes.is_empty() { self.used_by(edit) } else { Vec::new() },
            attributes: attributes.into_iter().map(str::to_owned).collect(),
            what: words::in_words(&changes),
            changes,
            exclusive: weight.exclusive,
            shared: weight.shared,
            share: weight.share,
            built: Weight { exclusive: built.exclusive, shared: built.shared, share: built.share },
            hours: None,
            by_distance: Vec::new(),
        }
    }

    /// The new node of an origin.
    fn node_of(&self, origin: Origin) -> Option<NodeId> {
        match origin {
            Origin::Edited(old) => self.compared.matching.now(old),
            Origin::Added(new) => Some(new),
            Origin::Named(attribute) => self.compared.new.attribute_node(attribute),
        }
    }

    fn changes(&self, edit: &Edit, texts: [&Texts; 2]) -> Vec<Change> {
        let (old, new) = (self.compared.old, self.compared.new);
        let one = |kind, before: Option<&str>, after: Option<&str>| {
            let owned = |text: Option<&str>| text.map(str::to_owned);
            vec![Change { kind, key: String::new(), before: owned(before), after: owned(after) }]
        };
        match edit.kind {
            CauseKind::Added => one(ChangeKind::New, None, Some("new")),
            CauseKind::Named => one(ChangeKind::New, None, Some("new attribute for a derivation that was there")),
            CauseKind::Fetch => {
                let names = self.pairs(edit).next().map(|(before, after)| (old.name(before), new.name(after)));
                let mut all = one(ChangeKind::Source, names.map(|(before, _)| before), names.map(|(_, after)| after));
                all.extend(
                    self.pairs(edit)
                        .take(1)
                        .flat_map(|(before, after)| told::fetch_changes(&self.compared, texts, before, after)),
                );
                all
            }
            CauseKind::Recipe => {
                let all = self
                    .pairs(edit)
                    .flat_map(|(before, after)| told::recipe_changes(&self.compared, texts, before, after));
                let mut all: Vec<Change> = all.collect();
                all.sort_by(|a, b| (a.kind, &a.key, &a.before, &a.after).cmp(&(b.kind, &b.key, &b.before, &b.after)));
                all.dedup();
                if all.len() > 1 {
                    // one instance tells what another one does not
                    all.retain(|change| change.kind != ChangeKind::Unknown);
                }
                all
            }
            CauseKind::Source => {
                let names = self.pairs(edit).next().map(|(before, after)| (old.name(before), new.name(after)));
                one(ChangeKind::Source, names.map(|(before, _)| before), names.map(|(_, after)| after))
            }
        }
    }

    /// What takes an edit up directly: attributes, else names.
    fn used_by(&self, edit: &Edit) -> Vec<String> {
        let new = self.compared.new;
        let mut found = BTreeSet::new();
        for node in edit.origins.iter().filter_map(|&origin| self.node_of(origin)) {
            for (_, consumer) in new.consumer_edges(node) {
                if self.compared.is_new.contains(consumer.index()) {
                    let attribute = new.attributes_of(consumer).map(|id| new.attribute_name(id)).next();
                    found.insert((attribute.is_none(), attribute.unwrap_or_else(|| new.name(consumer))));
                }
            }
        }
        found.into_iter().take(USED_BY).map(|(_, name)| name.to_owned()).collect()
    }

    /// The rebuilt attributes of one kernel.
    fn rebuilt_of_kernel(&self, kernel: &str) -> Vec<AttributeId> {
        let of_kernel = |attribute: &AttributeId| kernel_of(self.compared.new.attribute_system(*attribute)) == kernel;
        self.attributes.rebuilt.iter().copied().filter(of_kernel).collect()
    }
}

fn side(graph: &Graph, name: String) -> Side {
    let derivations = graph.nodes().filter(|&node| graph.is_derivation(node) && !graph.is_missing(node)).count();
    Side {
        name,
        derivations: derivations as u64,
        attributes: attributes::count(graph),
        failed: graph.failed().len() as u64,
    }
}
