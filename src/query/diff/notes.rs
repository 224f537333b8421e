//! What bears on the figures of a diff.

use std::collections::BTreeSet;

use rustc_hash::FxHashSet;

use super::Diff;
use super::causes::Edit;
use crate::graph::Graph;
use crate::ingest::raw::flag;
use crate::proof::Texts;
use crate::query::note_missing_kernels;

impl Diff<'_> {
    pub(super) fn notes(&self, texts: [&Texts; 2]) -> Vec<String> {
        let (old, new) = (self.compared.old, self.compared.new);
        let mut notes = Vec::new();
        self.note_sides(&mut notes);
        for (graph, side) in [(old, "old"), (new, "new")] {
            let count = |bit: u32| graph.all_flags().iter().filter(|&&flags| flags & bit != 0).count();
            let missing = count(flag::MISSING);
            if missing > 0 {
                notes.push(format!("the {side} closure has {missing} holes; what lies behind them is not compared"));
            }
            let bare = count(flag::NO_RECIPE);
            if bare > 0 {
                notes.push(format!(
                    "{bare} derivations of the {side} side are known by name and inputs only: edits of their recipes \
                     are seen by their names and inputs alone"
                ));
            }
        }
        let floating =
            self.built.iter().filter(|&&node| new.flags(node) & (flag::FLOATING | flag::DEFERRED) != 0).count();
        if floating > 0 {
            notes.push(format!(
                "content-addressed derivations (or such as wait for them) among the built ones: {floating}; where these \
                 come out the same, less is rebuilt"
            ));
        }
        let without_node =
            self.attributes.rebuilt.iter().filter(|&&attribute| new.attribute_node(attribute).is_none()).count();
        if without_node > 0 {
            notes.push(format!(
                "rebuilt attributes whose derivations are not at hand: {without_node}; they have no cause, and the \
                 shares add up to the others"
            ));
        }
        let unknown_before = self.known_by_paths_alone_before();
        if unknown_before > 0 {
            notes.push(format!(
                "rebuilt attributes whose old derivations are not at hand: {unknown_before}; what changed in these is not \
                 known, and they are told as new causes"
            ));
        }
        let unexplained = self.compared.unexplained.count_ones(..);
        if unexplained > 0 {
            notes.push(format!(
                "derivations that changed though neither recipe nor inputs differ in what is known of them: {unexplained}; \
                 each counts as an edit of its own"
            ));
        }
        let untold = self.edits.edits.iter().filter(|edit| !self.has_texts(edit, texts)).count();
        if untold > 0 {
            notes.push(format!(
                "edits of which the texts were not at hand, so that their flags and phases are not told: {untold}; give \
                 derivations, or snapshots made with --keep-texts"
            ));
        }
        let silent = self.fetched_otherwise();
        if silent > 0 {
            notes.push(format!(
                "fixed-output derivations that are fetched otherwise and come out at the same path: {silent}; they cause \
                 nothing"
            ));
        }
        if new.attribute_count() > 0 {
            note_missing_kernels(new, &mut notes);
        }
        notes
    }

    /// Whether the texts of an edit's recipe are at hand on both sides; a new one needs none.
    fn has_texts(&self, edit: &Edit, texts: [&Texts; 2]) -> bool {
        let (old, new) = (self.compared.old, self.compared.new);
        let known = |(before, after)| {
            !old.is_derivation(before)
                || (texts[0].get(&old.path(before)).is_some() && texts[1].get(&new.path(after)).is_some())
        };
        self.pairs(edit).next().is_none_or(known)
    }

    /// What the one side has and the other does not have at all.
    fn note_sides(&self, notes: &mut Vec<String>) {
        let (old, new) = (self.compared.old, self.compared.new);
        for (graph, side) in [(old, "old"), (new, "new")] {
            if graph.node_count() == 0 && graph.attribute_count() == 0 {
                notes.push(format!("the {side} side is empty"));
            } else if graph.node_count() == 0 {
                notes.push(format!(
                    "the {side} side has attributes without derivations: what is built and what causes it cannot be told"
                ));
            }
        }
        let systems = |graph: &Graph| -> BTreeSet<String> {
            graph.attributes().map(|attribute| graph.attribute_system(attribute).to_owned()).collect()
        };
        let (before, after) = (systems(old), systems(new));
        if before.is_empty() != after.is_empty() {
            let side = if before.is_empty() { "old" } else { "new" };
            notes.push(format!("the {side} side has no attributes"));
        } else {
            for system in after.difference(&before) {
                notes.push(format!(
                    "only the new side has attributes for {}: each counts as rebuilt",
                    if system.is_empty() { "no stated system" } else { system }
                ));
            }
            for system in before.difference(&after) {
                notes.push(format!(
                    "only the old side has attributes for {}: each counts as removed",
                    if system.is_empty() { "no stated system" } else { system }
                ));
            }
        }
        let nothing = old.node_count() > 0 && new.node_count() > 0;
        if nothing && self.compared.matching.new_of.iter().all(|&new| new == super::matching::NONE) {
            notes.push("the two sides have no derivation in common: are they of the same package set?".to_owned());
        }
    }

    /// Rebuilt attributes that were there, with outputs but without a derivation to compare.
    fn known_by_paths_alone_before(&self) -> usize {
        let (old, new) = (self.compared.old, self.compared.new);
        let known: FxHashSet<(&str, &str)> = old
            .attributes()
            .filter(|&attribute| old.attribute_node(attribute).is_none())
            .map(|attribute| (old.attribute_name(attribute), old.attribute_system(attribute)))
            .collect();
        let rebuilt = self.attributes.rebuilt.iter().copied();
        rebuilt
            .filter(|&attribute| new.attribute_node(attribute).is_some())
            .filter(|&attribute| known.contains(&(new.attribute_name(attribute), new.attribute_system(attribute))))
            .count()
    }

    /// Fixed-output derivations that are another recipe for the same path.
    fn fetched_otherwise(&self) -> usize {
        let (old, new) = (self.compared.old, self.compared.new);
        old.nodes()
            .filter(|&node| old.is_fixed(node))
            .filter_map(|node| Some((node, self.compared.matching.now(node)?)))
            .filter(|&(before, after)| {
                old.digest(before) != new.digest(after)
                    && old.outputs(before).eq(new.outputs(after))
                    && old.recipe_text(before).map(|text| text.bare) != new.recipe_text(after).map(|text| text.bare)
            })
            .count()
    }
}
