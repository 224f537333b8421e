//! Pairs of closures at random.

use std::collections::BTreeSet;

use crate::diff::model::{Model, Recipe, Slot, Source};
use crate::support::Chance;

/// Keys under which inputs stand.
const LISTS: [&str; 3] = ["buildInputs", "nativeBuildInputs", "propagatedBuildInputs"];

impl Model {
    /// A closure of so many families, and another that differs from it by some edits. A family is one
    /// derivation, or one for each system. `named` of ten families have attributes.
    pub(super) fn random(chance: &mut Chance, families: usize, systems: usize, named: usize) -> Self {
        let mut model = Self { slots: Vec::new(), sources: Vec::new(), systems };
        for number in 0..1 + families / 6 {
            let before = 1 + number as u32;
            let after = if chance.below(8) == 0 { before + 1000 } else { before };
            model.sources.push(Source { name: format!("fix-{number}.patch"), content: [before, after] });
        }
        for family in 0..families {
            model.family(chance, family, named);
        }
        model.leave_out();
        model.first_names(chance, named);
        model
    }

    fn family(&mut self, chance: &mut Chance, family: usize, named: usize) {
        let one_in = |chance: &mut Chance, bound: usize| chance.below(bound) == 0;
        let fixed = family > 0 && one_in(chance, 4);
        let earlier = |chance: &mut Chance| family - 1 - chance.below(family.min(9));
        // another way to fetch the same
        let twin = (fixed && one_in(chance, 4))
            .then(|| (0..family).rev().find(|&other| self.slots[other * self.systems].fixed))
            .flatten();
        let mut base =
            Recipe { version: chance.below(3) as u32, flags: 0, inputs: Vec::new(), sources: BTreeSet::new() };
        if family > 0 {
            for _ in 0..chance.below(if fixed { 2 } else { 5 }) {
                let input = earlier(chance);
                let slot = &self.slots[input * self.systems];
                if base.inputs.iter().all(|&(known, _)| known != input) && slot.old.is_some() {
                    base.inputs.push((input, if slot.fixed { "src" } else { *chance.pick(&LISTS) }));
                }
            }
        }
        if one_in(chance, 4) {
            base.sources.insert(chance.below(self.sources.len()));
        }
        let added = !fixed && family > 2 && one_in(chance, 14);
        let removed = family > 0 && !added && one_in(chance, 24);
        let edit = chance.below(22);
        let (rehash, apart) = (one_in(chance, 8), one_in(chance, 5));
        let outputs = if !fixed && one_in(chance, 3) { vec!["out", "dev"] } else { vec!["out"] };
        let name = format!("a{family}");
        let set = if one_in(chance, 3) { format!("set.{name}") } else { name };
        let mut attributes = [BTreeSet::new(), BTreeSet::new()];
        if chance.below(10) < named && (!fixed || one_in(chance, 4)) {
            attributes = [BTreeSet::from([set.clone()]), BTreeSet::from([set.clone()])];
            if one_in(chance, 12) {
                attributes[0].insert(format!("alias{family}"));
                attributes[1].insert(format!("alias{family}"));
            }
            match if fixed { 30 } else { chance.below(30) } {
                0 => attributes[1] = BTreeSet::from([format!("renamed{family}")]),
                1 => drop(attributes[1].insert(format!("other{family}"))),
                2 => attributes[1].clear(),
                _ => {}
            }
        }
        let taken = (family > 0).then(|| earlier(chance));
        let other_source = chance.below(self.sources.len());
        for system in 0..self.systems {
            let at = |family: usize| family * self.systems + system;
            let place = |recipe: &Recipe| Recipe {
                inputs: recipe.inputs.iter().map(|&(input, key)| (at(input), key)).collect(),
                ..recipe.clone()
            };
            let old = (!added).then(|| place(&base));
            let mut new = (!removed).then(|| {
                let mut recipe = place(&base);
                recipe.inputs.retain(|&(input, _)| self.slots[input].new.is_some());
                recipe
            });
            let same_names = attributes[0] == attributes[1];
            if let Some(recipe) = new.as_mut().filter(|_| !(apart && system == 1)) {
                let taken = taken.map(at).filter(|&input| {
                    self.slots[input].new.is_some() && recipe.inputs.iter().all(|&(known, _)| known != input)
                });
                match if added { 4 * (edit % 2) } else { edit } {
                    // the version, and with it what is fetched
                    0 | 1 if same_names && !added => recipe.version += 10,
                    2 | 3 => recipe.flags += 1,
                    // what is fetched stays as it is, if it is fetched in another way
                    4 | 5 if !fixed => {
                        if let Some(input) = taken {
                            let key = if self.slots[input].fixed { "src" } else { *chance.pick(&LISTS) };
                            recipe.inputs.push((input, key));
                        }
                    }
                    6 if !recipe.inputs.is_empty() => drop(recipe.inputs.remove(0)),
                    7 if !fixed => {
                        let moved = recipe.inputs.iter_mut().find(|(_, key)| *key != "src");
                        if let Some((_, key)) = moved {
                            *key = LISTS[(LISTS.iter().position(|list| list == key).unwrap() + 1) % 3];
                        }
                    }
                    8 if !fixed => drop(recipe.sources.insert(other_source)),
                    9 if !fixed => recipe.sources.clear(),
                    _ => {}
                }
            }
            let number = self.slots.len();
            let number = twin.map_or(number, |twin| self.slots[at(twin)].twin);
            let content = |new: bool| {
                let changed = new && rehash && fixed;
                family as u32 * 100 + if changed { 7 } else { 1 }
            };
            let mut slot = Slot {
                pname: format!("{}{family}", if fixed { "s" } else { "p" }),
                system,
                fixed,
                twin: number,
                outputs: outputs.clone(),
                old,
                new,
                content: [content(false), content(true)],
                attributes: attributes.clone(),
            };
            if number != self.slots.len() {
                let other = self.slots[number].clone();
                (slot.pname, slot.content) = (other.pname, other.content);
                let version = |recipe: &Option<Recipe>| recipe.as_ref().map(|recipe| recipe.version);
                for (recipe, other) in [(&mut slot.old, &other.old), (&mut slot.new, &other.new)] {
                    if let (Some(recipe), Some(version)) = (recipe, version(other).or(version(&self.slots[number].old)))
                    {
                        recipe.version = version;
                    }
                }
            }
            if slot.old.is_none() {
                slot.attributes[0].clear();
            }
            if slot.new.is_none() {
                slot.attributes[1].clear();
            }
            self.slots.push(slot);
        }
    }

    /// Leaves out what is fetched for nobody, as a closure does.
    fn leave_out(&mut self) {
        for new in [false, true] {
            let mut used: BTreeSet<usize> = BTreeSet::new();
            for (at, slot) in self.slots.iter_mut().enumerate().rev() {
                if slot.fixed && slot.attributes[usize::from(new)].is_empty() && !used.contains(&at) {
                    *(if new { &mut slot.new } else { &mut slot.old }) = None;
                }
                used.extend(slot.recipe(new).iter().flat_map(|recipe| &recipe.inputs).map(|&(input, _)| input));
            }
        }
    }

    /// Gives an attribute to some that had none and stay as they are.
    fn first_names(&mut self, chance: &mut Chance, named: usize) {
        if named == 0 {
            return;
        }
        let (before, after) = (self.paths(&|_| false), self.paths(&|_| true));
        for family in 0..self.slots.len() / self.systems {
            let instances = family * self.systems..(family + 1) * self.systems;
            let same = instances.clone().all(|at| {
                let slot = &self.slots[at];
                slot.both() && slot.attributes.iter().all(BTreeSet::is_empty) && before.made[at] == after.made[at]
            });
            if same && chance.below(12) == 0 {
                for at in instances {
                    self.slots[at].attributes[1].insert(format!("first{family}"));
                }
            }
        }
    }
}
